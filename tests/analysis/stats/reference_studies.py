"""Mantel-Haenszel, Peto, small-study effects and case diagnostics against a reference case.

Each check returns a list of sentences, one per value that is out of tolerance; empty means agreement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import CLOSED, LOOSE, Case, different, numbers, or_nan
from tests.analysis.stats.reference_models import moderator_columns

# ---------------------------------------------------------------- tables


TABLE_ARGS: dict[str, dict[str, Any]] = {
    "default": {},
    "correctF": {"correct": False},
    "drop00F": {"drop00": False},
}


def check_tables(case: Case) -> list[str]:
    found = []
    if "inputs" not in case.data:
        return found
    inputs = {name: numbers(values) for name, values in case.data["inputs"].items()}
    for block in case.data.get("mh", []):
        if block["variant"] not in TABLE_ARGS or "leave1out" in block:
            continue
        args = TABLE_ARGS[block["variant"]]
        label = f"MH {block['measure']} {block['variant']}"
        found += _check_table(
            label, block, lambda b=block, a=args: stats.mantel_haenszel(b["measure"], **inputs, **a)
        )
    if "peto" in case.data:
        found += _check_table("Peto", case.data["peto"]["fit"], lambda: stats.peto(**inputs))
    return found


def _check_table(label: str, block: dict, run: Callable[[], Any]) -> list[str]:
    if block.get("beta") is None:
        try:
            run()
        except stats.StatsError:
            return []
        return [f"{label}: not defined in metafor ({block.get('error')}), but here"]
    ours = run()
    names = {
        **{
            "estimate": "beta",
            "se": "se",
            "stat": "zval",
            "pval": "pval",
            "ci_low": "ci_lb",
            "ci_high": "ci_ub",
        },
        **{"k": "k", "k_effects": "k_yi", "q": "QE", "q_pval": "QEp", "i2": "I2", "h2": "H2"},
        **{
            "mh_stat": "MH",
            "mh_pval": "MHp",
            "bd_stat": "BD",
            "bd_pval": "BDp",
            "ta_stat": "TA",
            "ta_pval": "TAp",
        },
    }
    found = []
    for name, theirs in names.items():
        if block.get(theirs) is None or (name in ("q", "q_pval", "i2", "h2") and not ours.k_effects):
            continue
        found += different(f"{label} {name}", or_nan(getattr(ours, name)), block[theirs], 1e-9, 1e3)
    return found


# ---------------------------------------------------------------- small-study effects, influence


def check_small_study(case: Case) -> list[str]:
    found = []
    bias = case.data.get("bias", {})
    if (
        "yi" not in case.data or case.effects.k < 3
    ):  # with two studies metafor reports 0/0 or a saturated model
        return found
    effects = case.effects
    for block in bias.get("regtest", []):
        if block.get("stat") is None or block.get("pval") is None:
            continue
        args = {"predictor": block["predictor"], "model": block["model"]}
        if block["model"] == "rma":
            args |= {"tau2": block["fit_method"], "test": block["fit_test"]}
        label = f"egger {args}"
        if np.ptp(effects.yi[effects.usable]) == 0.0 and block["predictor"] and args.get("test") != "z":
            if not _refused(lambda a=args: stats.egger(effects, **a)):
                found.append(f"{label}: rounding error over rounding error must be refused")
            continue
        ours = stats.egger(effects, **args)
        tolerance = max(1e-8, case.tolerance(block.get("fit_method", "FE")))
        found += different(f"{label} stat", ours.stat, block["stat"], tolerance, 1e6)
        found += different(f"{label} pval", ours.pval, block["pval"], 100 * tolerance, 1e6)
        for name, theirs in (
            ("limit", "limit_est"),
            ("limit_low", "limit_ci_lb"),
            ("limit_high", "limit_ci_ub"),
        ):
            if block.get(theirs) is not None:
                found += different(
                    f"{label} {name}",
                    or_nan(getattr(ours, name)),
                    block[theirs],
                    tolerance,
                    1e6 * case.scale,
                )
    for exact, name in ((True, "ranktest_exact"), (False, "ranktest_normal")):
        block = bias.get(name, {})
        if block.get("tau") is None or block.get("pval") is None:
            continue
        ours = stats.begg(effects, exact=exact)
        found += different(f"{name} tau", ours.tau, block["tau"], CLOSED, 1.0)
        found += different(f"{name} pval", ours.pval, block["pval"], 1e-9, 1.0)
    return found


def _refused(run: Callable[[], Any]) -> bool:
    try:
        run()
    except stats.StatsError:
        return True
    return False


SEQUENCE = {
    "estimate": "estimate",
    "se": "se",
    "pval": "pval",
    "ci_low": "ci.lb",
    "ci_high": "ci.ub",
    "q": "Q",
    "tau2": "tau2",
    "i2": "I2",
    "h2": "H2",
}
DIAGNOSTICS = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat", "weight")


def check_sensitivity(case: Case) -> list[str]:
    found = []
    for block in case.data.get("sensitivity") or []:
        args = {"tau2": block["method"], "test": block["test"]}
        label = f"{block['method']} {block['test']}"
        tolerance = max(1e-9, case.tolerance(block["method"], refit=True))
        runs: dict[str, Callable[[], Any]] = {
            "leave1out": lambda a=args: stats.leave_one_out(case.effects, **a),
            "cumul": lambda a=args: stats.cumulative(case.effects, **a),
            "cumul_by_precision": lambda a=args: stats.cumulative(case.effects, order=case.effects.vi, **a),
        }
        for name, run in runs.items():
            theirs = block.get(name, {})
            if "estimate" not in theirs:
                continue
            ours = run()
            for column, key in SEQUENCE.items():
                if key in theirs and None not in theirs[key]:  # a refit of metafor's that did not converge
                    floor = 1e6 * {"tau2": case.scale**2, "estimate": case.scale, "se": case.scale}.get(
                        column, 1.0
                    )
                    found += different(
                        f"{label} {name} {column}", ours.column(column), theirs[key], tolerance, floor
                    )
        found += _check_diagnostics(case, label, block, args, None, tolerance)
    more = case.data.get("sensitivity_metareg")
    if more and case.data.get("metareg"):
        prepared = moderator_columns(case, case.data["metareg"][0])
        for block in (more["results"] or []) if prepared else []:
            args = {"tau2": block["method"], "test": block["test"]}
            found += _check_diagnostics(case, f"{more['formula']} {args}", block, args, prepared, LOOSE)
    return found


def _check_diagnostics(
    case: Case, label: str, block: dict, args: dict, prepared: Any, tolerance: float
) -> list[str]:
    theirs = block.get("influence", {})
    if "rstudent" not in theirs:
        return []
    effects, moderators = case.effects, None
    if prepared is not None:
        columns, (used, _) = prepared
        effects = case.effects.select(used)
        moderators = {name: values[used] for name, values in columns.items()}
    ours = stats.influence(effects, moderators=moderators, **args)
    known = np.isfinite(
        numbers(theirs["rstudent"])
    )  # nan: metafor's refit failed; inf: no spread left, nan here

    def compare(name: str, mine: np.ndarray, values: list, floor: float = 1e6) -> list[str]:
        return different(f"{label} {name}", mine[known], numbers(values)[known].tolist(), tolerance, floor)

    found = []
    for name in DIAGNOSTICS:
        found += compare(
            name, getattr(ours, name), theirs[name], 1e6 * (case.scale**2 if name == "tau2_del" else 1.0)
        )
    found += compare("q_del", ours.q_del, theirs["QE_del"])
    if prepared is None:
        found += compare("dfbs", ours.dfbs[:, 0], theirs["dfbs"])
    if "z" in block.get("rstandard", {}):
        found += compare("rstandard", ours.rstandard, block["rstandard"]["z"])
    flags = [bool(f) for f, sure in zip(theirs["is_infl"], known, strict=True) if sure]
    if ours.flagged[known].tolist() != flags:
        found.append(f"{label} flagged: {ours.flagged.tolist()}, reference {theirs['is_infl']}")
    return found
