"""Effect sizes, pooled effects, intervals, regressions and subgroups against a reference case.

Each check returns a list of sentences, one per value that is out of tolerance; empty means agreement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import (
    CLOSED,
    LIMITS,
    PERCENT,
    Case,
    different,
    number,
    numbers,
    or_nan,
)

# ---------------------------------------------------------------- effect sizes


def check_effect_sizes(case: Case) -> list[str]:
    if case.measure not in stats.MEASURES or "inputs" not in case.data:
        return []
    inputs = {name: numbers(values) for name, values in case.data["inputs"].items()}
    if "error" in case.data:
        try:
            stats.effect_sizes(case.measure, **inputs)
        except stats.StatsError:
            return []
        return [f"metafor refuses these inputs ({case.data['error']}), we did not"]
    variants = case.data.get("escalc_variants") or [{"variant": "default", "args": {}, **case.data}]
    complete = np.all([np.isfinite(v) for n, v in inputs.items() if n not in ("r2i",)], axis=0)
    found = []
    for variant in variants:
        if "yi" not in variant:  # metafor has no such variance type for the measure; neither have we
            continue
        ours = stats.effect_sizes(case.measure, **inputs, **variant["args"])
        yi, vi = numbers(variant["yi"]), numbers(variant["vi"])
        if variant["args"].get("vtype", "").startswith("AV") and np.isnan(yi + vi).all():
            continue  # one undefined row makes metafor's average undefined for all; ours is over the usable rows
        name = f"{case.measure} {variant['variant']}"
        undefined = ~np.isfinite(yi) | ~np.isfinite(vi) | ~complete
        found += different(f"{name} yi", ours.yi, np.where(undefined, math.nan, yi).tolist(), CLOSED, 1.0)
        found += different(f"{name} vi", ours.vi, np.where(undefined, math.nan, vi).tolist(), CLOSED, 1.0)
    return found


# ---------------------------------------------------------------- pooling


def check_fits(case: Case) -> list[str]:
    found = []
    for fit in case.data.get("fits", []):
        if fit["method"] not in stats.ESTIMATORS:
            continue
        if "tau2" not in fit:  # metafor stopped: so must we
            try:
                stats.pool(case.effects, tau2=fit["method"])
            except stats.StatsError:
                continue
            found.append(f"{fit['method']}: metafor stops ({fit.get('error')}), we did not")
            continue
        for test, block in fit["tests"].items():
            found += _check_pool(case, fit, test, block, 0.95)
    for fit in case.data.get("fits_level90_REML_knha", []):
        for test, block in fit.get("tests", {}).items():
            found += _check_pool(case, fit, test, block, 0.90)
    return found


def _check_pool(case: Case, fit: dict, test: str, block: dict, level: float) -> list[str]:
    if "beta" not in block:
        return []
    ours = stats.pool(case.effects, tau2=fit["method"], test=test, level=level)
    tolerance, s = case.tolerance(fit["method"]), case.scale
    label = f"{fit['method']} {test} {level:g}"
    found = []
    for name, theirs in (("tau2", fit["tau2"]), ("se_tau2", fit["se_tau2"])):
        found += different(f"{label} {name}", or_nan(getattr(ours, name)), theirs, tolerance, s**2)
    for name, theirs in (("i2", fit["I2"]), ("h2", fit["H2"]), ("q", fit["QE"]), ("q_pval", fit["QEp"])):
        floor = PERCENT if name == "i2" else 1.0
        found += different(f"{label} {name}", or_nan(getattr(ours, name)), theirs, tolerance, floor)
    pairs = {
        "estimate": "beta",
        "se": "se",
        "ci_low": "ci_lb",
        "ci_high": "ci_ub",
        "pi_low": "pi_lb",
        "pi_high": "pi_ub",
    }
    for name, theirs in pairs.items():
        if theirs in block:
            found += different(f"{label} {name}", or_nan(getattr(ours, name)), block[theirs], tolerance, s)
    sharp = max(1.0, abs(number(block["stat"][0])) if math.isfinite(number(block["stat"][0])) else 1.0)
    found += different(f"{label} stat", ours.stat, block["stat"], tolerance, 1e6)
    found += different(f"{label} pval", ours.pval, block["pval"], tolerance * sharp**2, 1.0)
    if fit.get("k") is not None and ours.k != fit["k"]:
        found.append(f"{label} k: {ours.k}, reference {fit['k']}")
    return found


def check_confidence(case: Case) -> list[str]:
    found = []
    for name, block in case.data.get("confint", {}).items():
        if not name.startswith("QP_"):
            continue
        found += _check_interval(name, case, block, name[3:], None)
    return found


def _check_interval(
    label: str, case: Case, block: dict, method: str, design: Any, effects: Any = None
) -> list[str]:
    effects = case.effects if effects is None else effects
    if "tau2" not in block:
        try:
            stats.confidence_tau2(effects, tau2=method, design=design)
        except stats.StatsError:
            return []
        return [f"{label}: metafor stops ({block.get('error')}), we did not"]
    ours = stats.confidence_tau2(effects, tau2=method, design=design)
    limits = [ours.tau2, ours.tau2_low, ours.tau2_high]
    found = []
    if bool(block.get("null_set")):
        return [] if ours.empty else [f"{label}: the set is empty in metafor, not here"]
    if block.get("ub_sign") == ">":  # metafor's search ended at its largest tau2; the limit is above it
        return [] if ours.tau2_high > number(block["tau2"][2]) else [f"{label}: the upper limit is too low"]
    found += different(f"{label} tau2", limits, block["tau2"], LIMITS, case.scale**2)
    found += different(f"{label} I2", [ours.i2, ours.i2_low, ours.i2_high], block["I2"], LIMITS, 1.0)
    found += different(f"{label} H2", [ours.h2, ours.h2_low, ours.h2_high], block["H2"], LIMITS, 1.0)
    return found


# ---------------------------------------------------------------- regression and subgroups


def moderator_columns(case: Case, model: dict) -> tuple[dict[str, np.ndarray], Any] | None:
    """The columns of metafor's design (without its intercept) spread over all rows, nan where a row was not used."""
    if "rows" not in model["design"]:
        return None
    rows = np.array([numbers(r) for r in model["design"]["rows"]])
    names = model["design"]["colnames"]
    names = names if isinstance(names, list) else [names]
    used = case.effects.usable.copy()
    for name, values in case.data.get("moderators", {}).items():
        if name in model["formula"]:
            used &= np.array([v is not None for v in values])
    if used.sum() != len(rows):
        return None
    columns = {}
    for j, name in enumerate(names):
        if name == "intrcpt":
            continue
        columns[name] = np.full(len(used), math.nan)
        columns[name][used] = rows[:, j]
    return columns, (used, rows)


def check_regression(case: Case) -> list[str]:
    found = []
    for model in case.data.get("metareg", []):
        prepared = moderator_columns(case, model)
        if prepared is None:
            continue
        columns, (used, rows) = prepared
        for fit in model["fits"]:
            if "tau2" not in fit or fit.get("k") == fit.get("p"):  # metafor stops, or fits a saturated model
                continue
            for test, block in fit["tests"].items():
                found += _check_regression(case, model["formula"], columns, fit, test, block)
        for name, block in model.get("confint", {}).items():
            if name == "QP_REML":
                label = f"{model['formula']} {name}"
                found += _check_interval(label, case, block, "REML", rows, case.effects.select(used))
    return found


def _check_regression(
    case: Case, formula: str, columns: dict, fit: dict, test: str, block: dict
) -> list[str]:
    if "beta" not in block:
        return []
    ours = stats.regress(case.effects, columns, tau2=fit["method"], test=test)
    tolerance, label = max(1e-9, case.tolerance(fit["method"])), f"{formula} {fit['method']} {test}"
    found = different(f"{label} tau2", ours.tau2, fit["tau2"], tolerance, case.scale**2)
    for name, theirs in (("i2", "I2"), ("h2", "H2"), ("q", "QE"), ("q_pval", "QEp")):
        floor = PERCENT if name == "i2" else 1.0
        found += different(f"{label} {name}", or_nan(getattr(ours, name)), fit[theirs], tolerance, floor)
    if fit.get("R2") is not None and not _nothing_to_explain(case, fit["method"]):
        found += different(f"{label} R2", or_nan(ours.r2), fit["R2"], tolerance, 1e8)
    se = numbers(block["se"])
    for name, theirs in (("coefficients", "beta"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        gap = np.abs(getattr(ours, name) - numbers(block[theirs])) / np.maximum(se, 1e-300)
        if np.any(
            gap > 10 * tolerance * np.maximum(1.0, np.abs(numbers(block[theirs])) / np.maximum(se, 1e-300))
        ):
            found.append(f"{label} {name}: {getattr(ours, name)}, reference {block[theirs]}")
    found += different(f"{label} se", ours.se, block["se"], 10 * tolerance, case.scale)
    if block.get("QM") is not None:
        found += different(f"{label} QM", or_nan(ours.qm), block["QM"], 100 * tolerance, 1e6)
        found += different(f"{label} QMp", or_nan(ours.qm_pval), block["QMp"], 1000 * tolerance, 1e6)
    return found


def _nothing_to_explain(case: Case, method: str) -> bool:
    """metafor's R2 against a tau2 of rounding error is a ratio of two rounding errors."""
    null = [fit["tau2"] for fit in case.data["fits"] if fit["method"] == method and "tau2" in fit]
    return method != "FE" and bool(null) and null[0] < 1e-10 * case.scale**2


def check_subgroups(case: Case) -> list[str]:
    found = []
    for block in case.data.get("subgroup", []):
        by = ["" if v is None else str(v) for v in case.data["moderators"][block["by"]]]
        if not set(block["levels"]) <= set(by):  # R prints numeric levels in its own way
            by = [
                "" if v is None else v if isinstance(v, str) else f"{v:g}"
                for v in case.data["moderators"][block["by"]]
            ]
        for fit in block["separate_tau2"]:
            label, tolerance = (
                f"by {block['by']} {fit['method']} {fit['test']}",
                case.tolerance(fit["method"]),
            )
            ours = stats.subgroups(case.effects, by, tau2=fit["method"], test=fit["test"])
            groups = {g.name: g.pooled for g in ours.groups}
            ordered = [groups[str(level)] for level in block["levels"]]
            for name, theirs in (
                ("estimate", "beta"),
                ("se", "se"),
                ("ci_low", "ci_lb"),
                ("ci_high", "ci_ub"),
            ):
                mine = [getattr(p, name) for p in ordered]
                found += different(f"{label} {name}", mine, fit[theirs], tolerance, case.scale)
            found += different(
                f"{label} tau2", [p.tau2 for p in ordered], fit["tau2"], tolerance, case.scale**2
            )
            found += different(f"{label} I2", [or_nan(p.i2) for p in ordered], fit["I2"], tolerance, PERCENT)
            found += different(f"{label} Q", [p.q for p in ordered], fit["QE"], tolerance, 1.0)
            if fit.get("Q_between") is not None:
                found += different(f"{label} Qb", ours.q_between, fit["Q_between"], 10 * tolerance, 1e6)
                found += different(
                    f"{label} Qb p", ours.q_between_pval, fit["Q_between_p"], 100 * tolerance, 1e6
                )
        for fit in block["common_tau2_contrast"]:
            for test, one in fit.get("tests", {}).items():
                if "QM" not in one:
                    continue
                tolerance = case.tolerance(fit["method"])
                ours = stats.subgroups(case.effects, by, tau2=fit["method"], test=test, common_tau2=True)
                label = f"by {block['by']} common {fit['method']} {test}"
                found += different(f"{label} QM", ours.q_between, one["QM"], 100 * tolerance, 1e6)
                found += different(f"{label} QMp", ours.q_between_pval, one["QMp"], 1000 * tolerance, 1e6)
        for fit in block["common_tau2_metareg"]:
            for test, one in fit.get("tests", {}).items():
                ours = stats.subgroups(case.effects, by, tau2=fit["method"], test=test, common_tau2=True)
                groups = {g.name: g.pooled for g in ours.groups}
                ordered = [groups[str(level)] for level in block["levels"]]
                tolerance, label = (
                    case.tolerance(fit["method"]),
                    f"by {block['by']} means {fit['method']} {test}",
                )
                for name, theirs in (("estimate", "beta"), ("se", "se"), ("ci_low", "ci_lb")):
                    mine = [getattr(p, name) for p in ordered]
                    found += different(f"{label} {name}", mine, one[theirs], 10 * tolerance, case.scale)
    return found
