"""Small-study effects against a reference case: each check returns a sentence per value out of tolerance.

Closed forms agree to 1e-9. Looser, and why: metafor's trimfill refits with its default rule (tau2 to 1e-5, absolute);
tes and hc solve for limits with uniroot's default tolerance (1.2e-4), hc besides with integrals to as much."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import ITERATED, LOOSE, Case, different, number, numbers, or_nan

SOLVED = 1.3e-4  # uniroot's default tolerance, in the units of the effect
FSN: dict[str, dict[str, Any]] = {
    "Rosenthal": {},
    "Rosenthal_alpha01": {"alpha": 0.01},
    "Orwin": {"method": "Orwin"},
    "Orwin_weighted": {"method": "Orwin", "weighted": True},
    "Rosenberg": {"method": "Rosenberg"},
}
STEPS: dict[str, dict[str, Any]] = {
    "step_025": {"steps": [0.025]},
    "step_05": {"steps": [0.05]},
    "step_3": {"steps": [0.025, 0.1, 0.5]},
    "step_025_5": {"steps": [0.025, 0.5]},
    "step_two": {"steps": [0.025], "alternative": "two.sided"},
    "step_less": {"steps": [0.025], "alternative": "less"},
    "delta_fixed_VW_moderate": {
        "steps": [0.005, 0.01, 0.05, 0.10, 0.25, 0.35, 0.50, 0.65, 0.75, 0.90, 0.95, 0.99, 0.995, 1],
        "delta": [1, 0.99, 0.95, 0.80, 0.75, 0.65, 0.60, 0.55, 0.50, 0.50, 0.50, 0.50, 0.50, 0.50],
    },
}


def _try(run: Any) -> Any:
    try:
        return run()
    except stats.StatsError as error:
        return error


def check_trim_and_fill(case: Case) -> list[str]:
    found = []
    for block in case.data["bias"].get("trimfill") or []:
        method, estimator, side = block["method"], block["estimator"], block["side_arg"]
        label = f"trim and fill {method} {estimator} {side}"
        ours = _try(
            lambda m=method, e=estimator, s=side: stats.trim_and_fill(
                case.effects, estimator=e, side=s, tau2=m
            )
        )
        if isinstance(ours, stats.StatsError):
            if "error" not in block:
                found.append(f"{label}: refused here ({ours})")
        elif "error" not in block:
            found += _same_filling(case, label, ours, block)
    return found


def _same_filling(case: Case, label: str, ours: stats.TrimAndFill, block: dict) -> list[str]:
    if (ours.side, ours.k0) != (block["side"], block["k0"]):
        return [f"{label}: {ours.k0} {ours.side}, reference {block['k0']} {block['side']}"]
    vi = case.effects.vi[case.effects.usable]
    tolerance = LOOSE + 2e-4 / float(np.median(vi)) if block["method"] in ITERATED else 1e-9
    found = []
    if (
        block["se_k0"] is not None and len(vi) - ours.k0 > 1
    ):  # alone, a study's deviation is 0, not rounding error
        found += different(f"{label} se_k0", ours.se_k0, block["se_k0"], 1e-10, 1.0)
    found += different(f"{label} p_k0", or_nan(ours.p_k0), block["p_k0"], 1e-10, 1.0)
    if tolerance > 0.1:
        return found  # variances far below metafor's absolute stopping rule
    for name, theirs in (("estimate", "beta"), ("se", "se"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        value = getattr(ours.pooled, name)
        found += different(f"{label} {name}", value, block[theirs], tolerance, 1e6 * case.scale)
    if block["method"] not in ITERATED:
        found += different(f"{label} q", or_nan(ours.pooled.q), block["QE"], tolerance, 1e6)
        found += different(f"{label} i2", or_nan(ours.pooled.i2), block["I2"], tolerance, 1e6)
    if "filled_yi" in block:
        found += different(f"{label} filled", ours.filled_yi, block["filled_yi"], tolerance, 1e6 * case.scale)
        found += different(f"{label} filled v", ours.filled_vi, block["filled_vi"], 1e-12, 1.0)
    return found


def check_fail_safe(case: Case) -> list[str]:
    found = []
    for name, block in (case.data["bias"].get("fsn") or {}).items():
        ours = _try(lambda n=name: stats.fail_safe_n(case.effects, **FSN[n]))
        if isinstance(ours, stats.StatsError):
            if "error" not in block and math.isfinite(number(block["fsnum"])):
                found.append(f"fsn {name}: refused here ({ours})")
        elif "error" not in block:
            found += different(f"fsn {name}", ours.n, block["fsnum"], 1e-12, 1.0)
            for mine, theirs in (("pval", "pval"), ("estimate", "meanes"), ("target", "target")):
                if block[theirs] is not None:
                    found += different(
                        f"fsn {name} {mine}", or_nan(getattr(ours, mine)), block[theirs], 1e-9, 1.0
                    )
    return found


def check_excess(case: Case) -> list[str]:
    found = []
    names = ("observed", "O"), ("expected", "E"), ("ratio", "OEratio"), ("stat", "X2"), ("pval", "pval")
    for name, block in (case.data["bias"].get("tes") or {}).items():
        ours = _try(lambda n=name: stats.excess_significance(case.effects, test=n))
        if isinstance(ours, stats.StatsError) or "error" in block:
            if "error" not in block:
                found.append(f"tes {name}: refused here ({ours})")
            continue
        for mine, theirs in (*names, ("theta", "theta")):
            if block[theirs] is not None:
                found += different(
                    f"tes {name} {mine}", or_nan(getattr(ours, mine)), block[theirs], 1e-9, 1.0
                )
        limit, theirs = ours.theta_limit, block["theta_lim"]
        if (limit is None) != (theirs is None) or (limit is not None and abs(limit - theirs) > SOLVED):
            found.append(f"tes {name} theta_limit: {limit}, reference {theirs}")
    return found


def check_henmi_copas(case: Case) -> list[str]:
    block = case.data["bias"]["hc"]
    ours = _try(lambda: stats.henmi_copas(case.effects))
    if isinstance(ours, stats.StatsError) or "error" in block:
        return [] if "error" in block else [f"hc: refused here ({ours})"]
    found = []
    for mine, theirs in (("estimate", "beta"), ("se", "se"), ("tau2", "tau2")):
        found += different(f"hc {mine}", getattr(ours, mine), block[theirs], 1e-9, 1e3 * case.scale)
    theirs = (number(block["ci_ub"]) - number(block["beta"])) / number(block["se"])
    if abs(ours.multiplier / theirs - 1.0) > 1e-3:
        found.append(f"hc multiplier: {ours.multiplier}, reference {theirs}")
    return found


def check_baujat(case: Case) -> list[str]:
    found = []
    for block in case.data.get("sensitivity") or []:
        theirs = block.get("baujat") or {}
        if "x" not in theirs or None in theirs["x"] + theirs["y"]:
            continue
        ours = stats.baujat(case.effects, tau2=block["method"], test=block["test"])
        refit = max(1e-9, case.tolerance(block["method"], refit=True))
        found += different(f"baujat {block['method']} x", ours.x, theirs["x"], 1e-7, 1e6)
        found += different(f"baujat {block['method']} y", ours.y, theirs["y"], refit, 1e6)
    return found


def check_lines(case: Case) -> list[str]:
    """Coefficients behind the regression tests."""
    found = []
    if case.effects.k < 3:
        return found
    for block in case.data["bias"].get("regtest") or []:
        if "coef" not in block or None in numbers(block["coef"]).tolist() or block.get("pval") is None:
            continue
        args = {"predictor": block["predictor"], "model": block["model"]}
        if block["model"] == "rma":
            args |= {"tau2": block["fit_method"], "test": block["fit_test"]}
        ours = _try(lambda a=args: stats.egger(case.effects, **a))
        if isinstance(ours, stats.StatsError):
            continue
        tolerance = max(1e-8, case.tolerance(block.get("fit_method", "FE")))
        intercept, slope = numbers(block["coef"]).tolist()
        spread = numbers(block["coef_se"]).tolist()
        found += different(f"{args} slope", ours.slope, slope, tolerance, 1e6 * spread[1])
        found += different(f"{args} slope se", ours.slope_se, spread[1], tolerance, spread[1])
        if ours.limit is not None:
            found += different(f"{args} limit", ours.limit, intercept, tolerance, 1e6 * spread[0])
    return found


CHECKS = (
    check_trim_and_fill,
    check_fail_safe,
    check_excess,
    check_henmi_copas,
    check_baujat,
    check_lines,
)


def check_selection(case: Case) -> list[str]:
    """Step functions to 1e-4 of a standard error. In smooth functions metafor's integrals are good to 1e-4 and its
    optimiser stops early: there our likelihood must be at least as high, and the estimate near."""
    found = []
    for name, block in case.data.items():
        if not isinstance(block, dict) or "LRT" not in block:
            continue
        smooth = block["type"] != "stepfun"
        ours = stats.selection_model(case.effects, **({"weight": name} if smooth else STEPS[name]))
        if ours.loglik < block["loglik"] - (5e-4 if smooth else 1e-6):
            found.append(f"{name}: log-likelihood {ours.loglik}, reference {block['loglik']}")
        if smooth:
            there = stats.selection_model(case.effects, weight=name, delta=numbers(block["delta"]))
            if there.loglik > ours.loglik + 1e-9:
                found.append(f"{name}: the log-likelihood is higher at the reference's weights")
        tolerance = 5e-3 if smooth else 1e-4
        for what, mine, theirs, unit in (
            ("estimate", ours.estimate, block["beta"], ours.se),
            ("tau2", ours.tau2, block["tau2"], ours.se_tau2),
            ("delta", ours.delta, block["delta"], np.nanmax([*ours.delta_se, 1e-3])),
        ):
            distance = np.max(np.abs(np.atleast_1d(mine) - numbers(theirs)))
            if distance > 4 * tolerance * unit:
                found.append(f"{name} {what}: {mine}, reference {theirs}")
        found += different(f"{name} LRT", ours.lrt, block["LRT"], 2e-3 if smooth else 1e-5, 1.0)
        if not smooth:
            found += _same_errors(name, ours, block)
    return found


def _same_errors(name: str, ours: stats.SelectionModel, block: dict) -> list[str]:
    found = different(f"{name} loglik", ours.loglik, block["loglik"], 1e-7, 1.0)
    for mine, theirs in (("se", "se"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub"), ("se_tau2", "se_tau2")):
        found += different(f"{name} {mine}", getattr(ours, mine), block[theirs], 1e-4, 1e6 * ours.se)
    for mine, theirs in (("delta_se", "se_delta"), ("delta_pval", "pval_delta")):
        found += different(f"{name} {mine}", getattr(ours, mine), block[theirs], 1e-4, 1e6)
    found += different(f"{name} df", ours.lrt_df, block["LRTdf"], 0.0, 1.0)
    return found
