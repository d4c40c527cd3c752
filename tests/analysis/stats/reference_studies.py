"""Mantel-Haenszel, Peto, small-study effects and case diagnostics against a reference case.

Each check returns a list of sentences, one per value that is out of tolerance; empty means agreement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import (
    CLOSED,
    ITERATED,
    ITERATIVE,
    Case,
    numbers,
    or_nan,
    refused,
)
from tests.analysis.stats.reference_models import moderator_columns

# ---------------------------------------------------------------- tables


TABLE_ARGS: dict[str, dict[str, Any]] = {
    "default": {},
    "add0": {"add": 0, "to": "none"},
    "addall": {"add": (0.5, 0.5), "to": ("only0", "only0")},
    "correctF": {"correct": False},
    "drop00F": {"drop00": False},
}
TABLE = {
    **{"estimate": "beta", "se": "se", "stat": "zval", "pval": "pval", "ci_low": "ci_lb", "ci_high": "ci_ub"},
    **{"k": "k", "k_pos": "k_pos", "k_effects": "k_yi", "q": "QE", "q_pval": "QEp", "i2": "I2", "h2": "H2"},
    **{"mh_stat": "MH", "mh_pval": "MHp", "bd_stat": "BD", "bd_df": "BDdf", "bd_pval": "BDp"},
    **{"ta_stat": "TA", "ta_df": "TAdf", "ta_pval": "TAp"},
}
OF_EFFECTS = ("q", "q_pval", "i2", "h2")  # without a single own effect metafor reports 0 or nan; None here
REFITS = {
    **{
        "estimate": "estimate",
        "se": "se",
        "stat": "zval",
        "pval": "pval",
        "ci_low": "ci.lb",
        "ci_high": "ci.ub",
    },
    **{"q": "Q", "q_pval": "Qp", "i2": "I2", "h2": "H2"},
}


def check_tables(case: Case) -> list[str]:
    found = []
    if "inputs" not in case.data:
        return found
    inputs = {name: numbers(values) for name, values in case.data["inputs"].items()}
    for block in case.data.get("mh", []):
        measure, label = block["measure"], f"MH {block['measure']} {block['variant']}"
        args = TABLE_ARGS[block["variant"]] | inputs
        if "leave1out" in block:
            found += _check_refits(case, label, measure, block, inputs)
            continue
        found += _check_table(case, label, block, lambda m=measure, a=args: stats.mantel_haenszel(m, **a))
    if "peto" in case.data:
        found += _check_table(case, "Peto", case.data["peto"]["fit"], lambda: stats.peto(**inputs))
        found += _check_refits(case, "Peto", "PETO", case.data["peto"], inputs)
    return found


def _check_table(case: Case, label: str, block: dict, run: Callable[[], Any]) -> list[str]:
    if block.get("beta") is None:
        sentence = f"{label}: not defined in metafor ({block.get('error')}), but here"
        return case.note("refusals", refused(run), sentence)
    ours = run()
    found = []
    for name, theirs in TABLE.items():
        if name[:3] in ("bd_", "ta_") and (ours.k_pos or 0) < 2:  # one table agrees with itself: no test here
            continue
        if block.get(theirs) is None or (name in OF_EFFECTS and not ours.k_effects):
            continue
        mine = or_nan(getattr(ours, name))
        found += case.compare("Mantel-Haenszel and Peto", f"{label} {name}", mine, block[theirs], 1e-9, 1e3)
    return found


def _check_refits(case: Case, label: str, measure: str, block: dict, inputs: dict) -> list[str]:
    complete = np.flatnonzero(np.all([np.isfinite(v) for v in inputs.values()], axis=0))
    found = []
    for name, run in (("leave1out", stats.leave_one_out_tables), ("cumul", stats.cumulative_tables)):
        theirs = block.get(name, {})
        if "estimate" not in theirs:
            continue
        ours = run(measure, **inputs)
        kept = complete if len(theirs["estimate"]) == len(next(iter(inputs.values()))) else slice(None)
        usable = np.array([getattr(p, "k_effects", 0) > 0 for p in ours.pooled])
        for column, key in REFITS.items():
            mine, reference = ours.column(column), numbers(theirs[key])[kept]
            if column in OF_EFFECTS:
                mine, reference = mine[usable], reference[usable]
            what, tolerance = f"{label} {name} {column}", 1e-9
            if (
                column == "q_pval"
            ):  # with one degree of freedom p falls by the root of Q, so from rounding error to 1e-7
                tolerance = 1e-6
            found += case.compare("Mantel-Haenszel and Peto", what, mine, reference.tolist(), tolerance, 1e3)
    return found


# ---------------------------------------------------------------- small-study effects


def check_small_study(case: Case) -> list[str]:
    """The asymmetry tests; trim and fill, fail-safe N and their kin have tests of their own."""
    bias = case.data.get("bias", {})
    if (
        "yi" not in case.data or case.effects.k < 3
    ):  # with two studies metafor reports 0/0 or a saturated model
        return []
    found = []
    for block in bias.get("regtest", []):
        if block.get("stat") is not None and block.get("pval") is not None:
            found += _check_asymmetry(case, block)
    for exact, name in ((True, "ranktest_exact"), (False, "ranktest_normal")):
        block = bias.get(name, {})
        if block.get("tau") is None or block.get("pval") is None:
            continue
        ours = stats.begg(case.effects, exact=exact)
        found += case.compare("asymmetry tests", f"{name} tau", ours.tau, block["tau"], CLOSED, 1.0)
        found += case.compare("asymmetry tests", f"{name} pval", ours.pval, block["pval"], 1e-9, 1.0)
    return found


def _check_asymmetry(case: Case, block: dict) -> list[str]:
    args = {"predictor": block["predictor"], "model": block["model"]}
    if block["model"] == "rma":
        args |= {"tau2": block["fit_method"], "test": block["fit_test"]}
    label, effects = f"egger {args}", case.effects
    if np.ptp(effects.yi[effects.usable]) == 0.0 and block["predictor"] and args.get("test") != "z":
        sentence = f"{label}: rounding error over rounding error must be refused"
        return case.note("refusals", refused(lambda: stats.egger(effects, **args)), sentence)
    ours = stats.egger(effects, **args)
    tolerance = max(1e-8, case.tolerance(block.get("fit_method", "FE")))
    topic = "asymmetry tests"
    found = case.compare(topic, f"{label} stat", ours.stat, block["stat"], tolerance, 1e6)
    found += case.compare(topic, f"{label} pval", ours.pval, block["pval"], 100 * tolerance, 1e6)
    if block.get("df") is not None:
        found += case.compare(topic, f"{label} df", or_nan(ours.df), block["df"], 0.0, 1.0)
    names = (("limit", "limit_est"), ("limit_low", "limit_ci_lb"), ("limit_high", "limit_ci_ub"))
    for name, theirs in names:
        if block.get(theirs) is not None:
            mine = or_nan(getattr(ours, name))
            found += case.compare(topic, f"{label} {name}", mine, block[theirs], tolerance, 1e6 * case.scale)
    return found


# ---------------------------------------------------------------- leave-one-out, cumulative, case diagnostics

DIAGNOSTICS = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat", "weight")


def check_sensitivity(case: Case) -> list[str]:
    found = []
    for block in case.data.get("sensitivity") or []:
        args = {"tau2": block["method"], "test": block["test"]}
        label = f"{block['method']} {block['test']}"
        tolerance = max(1e-9, case.tolerance(block["method"]))
        runs: dict[str, Callable[[], Any]] = {
            "leave1out": lambda a=args: stats.leave_one_out(case.effects, **a),
            "cumul": lambda a=args: stats.cumulative(case.effects, **a),
            "cumul_by_precision": lambda a=args: stats.cumulative(case.effects, order=case.effects.vi, **a),
        }
        for name, run in runs.items():
            theirs = block.get(name, {})
            if "estimate" in theirs:
                found += _check_sequence(case, f"{label} {name}", run(), theirs, block["method"], tolerance)
            elif "error" in theirs:
                sentence = f"{label} {name}: metafor stops ({theirs['error']}), we did not"
                found += case.note("refusals", refused(run) or name == "cumul", sentence)
        found += _check_blup(case, label, block, args)
        found += _check_diagnostics(case, label, block, args, None, tolerance)
    more = case.data.get("sensitivity_metareg")
    if more and case.data.get("metareg"):
        prepared = moderator_columns(case, case.data["metareg"][0])
        for block in (more["results"] or []) if prepared else []:
            args = {"tau2": block["method"], "test": block["test"]}
            found += _check_diagnostics(case, f"{more['formula']} {args}", block, args, prepared, ITERATIVE)
    return found


def _topic(method: str) -> str:
    return "leave-one-out, cumulative" + (", iterated" if method in ITERATED else "")


def _check_sequence(
    case: Case, label: str, ours: Any, theirs: dict, method: str, tolerance: float
) -> list[str]:
    found = []
    scales = {"tau2": case.scale**2, "estimate": case.scale, "se": case.scale}
    for column, key in {**REFITS, "stat": "zval" if "zval" in theirs else "tval", "tau2": "tau2"}.items():
        if key not in theirs:
            continue
        reference = numbers(theirs[key])
        known = np.isfinite(reference)  # nan: a refit of metafor's that did not converge
        mine, scale = ours.column(column)[known], 1e6 * scales.get(column, 1.0)
        if column == "stat":  # a statistic follows the relative error of its standard error
            scale = 1e6 * max(1.0, float(np.max(np.abs(reference[known]), initial=0.0)))
        reference = reference[known].tolist()
        found += case.compare(_topic(method), f"{label} {column}", mine, reference, tolerance, scale)
    return found


def _check_blup(case: Case, label: str, block: dict, args: dict) -> list[str]:
    theirs = block.get("blup") or {}
    if "pred" not in theirs:
        if "error" not in theirs:
            return []
        stopped = refused(lambda: stats.blup(stats.pool(case.effects, **args)))
        return case.note("refusals", stopped, f"{label} blup: metafor stops ({theirs['error']}), we did not")
    ours = stats.blup(stats.pool(case.effects, **args))
    found = []
    for name, key in (("estimate", "pred"), ("se", "se"), ("pi_low", "pi_lb"), ("pi_high", "pi_ub")):
        mine, scale = getattr(ours, name), 1e6 * case.scale
        tolerance = case.tolerance(block["method"])
        found += case.compare(
            "predictions of true effects", f"{label} blup {name}", mine, theirs[key], tolerance, scale
        )
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
    # nan: metafor's refit failed; inf: no spread left, nan here
    known = np.isfinite(numbers(theirs["rstudent"]))
    topic = "case diagnostics" + (", iterated" if block["method"] in ITERATED else "")

    def compare(name: str, mine: np.ndarray, values: list, floor: float = 1e6) -> list[str]:
        reference = numbers(values)[known].tolist()
        return case.compare(topic, f"{label} {name}", mine[known], reference, tolerance, floor)

    found = []
    for name in DIAGNOSTICS:
        floor = 1e6 * (case.scale**2 if name == "tau2_del" else 1.0)
        found += compare(name, getattr(ours, name), theirs[name], floor)
    found += compare("q_del", ours.q_del, theirs["QE_del"])
    found += _check_dfbetas(compare, ours, theirs, prepared)
    for name in ("rstandard", "rstudent"):
        if "z" in block.get(name, {}):
            found += compare(f"{name} z", getattr(ours, name), block[name]["z"])
    if prepared is None:
        found += _check_residuals(compare, case, ours, block, args)
    flags = [bool(f) for f, sure in zip(theirs["is_infl"], known, strict=True) if sure]
    agree = ours.flagged[known].tolist() == flags
    return found + case.note(
        topic, agree, f"{label} flagged: {ours.flagged.tolist()}, reference {theirs['is_infl']}"
    )


def _check_residuals(compare: Callable, case: Case, ours: Any, block: dict, args: dict) -> list[str]:
    """Residuals from the pooled effect and from that without the study; their standard errors are residual over z."""
    yi = case.effects.yi[case.effects.usable]
    centres = {
        "rstandard": lambda: stats.pool(case.effects, **args).estimate,
        "rstudent": lambda: stats.leave_one_out(case.effects, **args).column("estimate"),
    }
    found = []
    for name, centre in centres.items():
        if "resid" not in block.get(name, {}):
            continue
        residuals, z = yi - centre(), getattr(ours, name)
        found += compare(f"{name} resid", residuals, block[name]["resid"], 1e6 * case.scale)
        with np.errstate(invalid="ignore", divide="ignore"):
            clear = np.abs(z) > 1e-3  # a residual of 0 has a standard error, but not by this division
            se = np.where(clear, residuals / z, numbers(block[name]["se"]))
        found += compare(f"{name} se", se, block[name]["se"], 1e6 * case.scale)
    return found


def _check_dfbetas(compare: Callable, ours: Any, theirs: dict, prepared: Any) -> list[str]:
    if prepared is None:
        return compare("dfbs", ours.dfbs[:, 0], theirs["dfbs"])
    if not isinstance(theirs["dfbs"], dict):  # no refit of metafor's has worked
        return []
    columns = ["intrcpt", *prepared[0]] if np.all(prepared[1][1][:, 0] == 1.0) else list(prepared[0])
    found = []
    for j, name in enumerate(columns):
        if len(theirs["dfbs"].get(name, ())) == len(ours.dfbs):
            found += compare(f"dfbs {name}", ours.dfbs[:, j], theirs["dfbs"][name])
    return found
