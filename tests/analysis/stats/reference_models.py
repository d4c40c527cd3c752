"""Effect sizes, regressions and subgroups against a reference case.

Each check returns a list of sentences, one per value that is out of tolerance; empty means agreement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import (
    CLOSED,
    ITERATED,
    PERCENT,
    ROUNDED,
    Case,
    number,
    numbers,
    or_nan,
    refused,
)
from tests.analysis.stats.reference_pooling import check_interval, check_likelihood

# ---------------------------------------------------------------- effect sizes

# : metafor's tetrachoric correlation comes from a general optimiser with its default rule: four digits after the
# point.
IMPRECISE = {"RTET": (1e-4, 1e6)}


def check_effect_sizes(case: Case) -> list[str]:
    if case.measure not in stats.MEASURES or "inputs" not in case.data:
        return []
    inputs = {name: numbers(values) for name, values in case.data["inputs"].items()}
    if "error" in case.data:
        stopped = refused(lambda: stats.effect_sizes(case.measure, **inputs))
        return case.note(
            "refusals", stopped, f"metafor refuses these inputs ({case.data['error']}), we did not"
        )
    variants = case.data.get("escalc_variants") or [{"variant": "default", "args": {}, **case.data}]
    complete = np.all([np.isfinite(v) for n, v in inputs.items() if n not in ("r2i",)], axis=0)
    precision = IMPRECISE.get(case.measure, (CLOSED, 1.0))
    topic = "effect sizes (tetrachoric)" if case.measure == "RTET" else "effect sizes"
    found = []
    for variant in variants:
        if "yi" not in variant:  # metafor has no such variance type for the measure; neither have we
            continue
        ours = stats.effect_sizes(case.measure, edition="3.8", **inputs, **variant["args"])
        yi, vi = numbers(variant["yi"]), numbers(variant["vi"])
        averaged = variant["args"].get("vtype", "").startswith("AV")
        if averaged and np.isnan(yi + vi).all():
            continue  # one undefined row makes metafor's average undefined for all; ours is over the usable rows
        name = f"{case.measure} {variant['variant']}"
        undefined = ~np.isfinite(yi) | ~np.isfinite(vi)
        if not averaged:
            undefined |= ~complete
        if (
            case.measure == "RTET"
        ):  # an empty cell: the correlation is 1 in metafor, with a variance of millions
            undefined |= np.abs(yi) > 1 - 1e-6
        for column, mine, theirs in (("yi", ours.yi, yi), ("vi", ours.vi, vi)):
            theirs = np.where(undefined, math.nan, theirs).tolist()
            found += case.compare(topic, f"{name} {column}", mine, theirs, *precision)
    return found


# ---------------------------------------------------------------- regression


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
    if len(rows) == len(used) and used.sum() != len(rows):  # R padded the design with rows of NA
        used &= np.isfinite(rows).all(axis=1)
        rows = rows[used]
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
            found += _refuses(case, model, "metafor stops, or the design does not fit the rows")
            continue
        columns, (used, rows) = prepared
        if not columns:  # metafor dropped the only moderator, because it does not vary
            found += _refuses(case, model, "metafor drops what does not vary, here it is refused")
            continue
        for fit in model["fits"]:
            if "converge" in fit.get("error", ""):  # metafor's search failed; the estimate exists
                continue
            if fit.get("k") == fit.get("p") or "tau2" not in fit:  # metafor stops, or fits a saturated model
                stopped = refused(lambda c=columns, f=fit: stats.regress(case.effects, c, tau2=f["method"]))
                found += case.note("refusals", stopped, f"{model['formula']} {fit['method']}: not refused")
                continue
            for test, block in fit["tests"].items():
                if "beta" in block:
                    found += check_model(case, model["formula"], columns, fit, test, block)
        for name, block in model.get("confint", {}).items():
            label = f"{model['formula']} {name}"
            found += check_interval(label, case, block, rows, case.effects.select(used))
        found += _check_likelihood_ratio(case, model, columns, used)
    return found


def _refuses(case: Case, model: dict, why: str) -> list[str]:
    """The columns themselves are given to our `regress`, which must not fit them."""
    columns = {n: v for n, v in case.data["moderators"].items() if n in model["formula"]}
    stopped = refused(lambda: stats.regress(case.effects, columns))
    return case.note("refusals", stopped, f"{model['formula']}: {why}")


def check_model(
    case: Case, formula: str, columns: dict, fit: dict, test: str, block: dict, *, intercept: bool = True
) -> list[str]:
    """Every number of one regression. Coefficients are compared in units of their standard error."""
    ours = stats.regress(case.effects, columns, tau2=fit["method"], test=test, intercept=intercept)
    tolerance, label = max(1e-9, case.tolerance(fit["method"])), f"{formula} {fit['method']} {test}"
    topic = "meta-regression, iterated" if fit["method"] in ITERATED else "meta-regression"

    def compare(name: str, mine: Any, theirs: Any, factor: float, scale: float) -> list[str]:
        return case.compare(topic, f"{label} {name}", mine, theirs, factor * tolerance, scale)

    found = compare("tau2", ours.tau2, fit["tau2"], 1.0, ROUNDED * case.scale**2)
    found += compare("se_tau2", or_nan(ours.se_tau2), fit["se_tau2"], 1.0, case.scale**2)
    for name, theirs in (
        ("i2", "I2"),
        ("h2", "H2"),
        ("q", "QE"),
        ("q_pval", "QEp"),
        ("k", "k"),
        ("q_df", "QEdf"),
    ):
        floor = PERCENT if name == "i2" else 1.0
        found += compare(name, or_nan(getattr(ours, name)), fit[theirs], 1.0, floor)
    found += compare("p and m", [len(ours.names), ours.qm_df[0]], [fit["p"], fit["m"]], 1.0, 1.0)
    if fit.get("R2") is not None and not _nothing_to_explain(case, fit["method"]):
        found += compare("R2", or_nan(ours.r2), fit["R2"], 1.0, 1e8)
    se = np.maximum(numbers(block["se"]), 1e-300)
    for name, theirs in (("coefficients", "beta"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        mine, reference = getattr(ours, name) / se, (numbers(block[theirs]) / se).tolist()
        found += compare(name, mine, reference, 10.0, 1e6)
    found += compare("se", ours.se, block["se"], 10.0, case.scale)
    found += compare("stat", ours.stat, block["stat"], 10.0, 1e6)
    sharp = max(1.0, float(np.nanmax(np.minimum(np.abs(numbers(block["stat"])), 1e3))))
    found += compare("pval", ours.pval, block["pval"], 10.0 * sharp**2, 1.0)
    vb = np.array([numbers(row) for row in block["vb"]]) / np.outer(se, se)
    found += compare("vcov", (ours.vcov / np.outer(se, se)).ravel(), vb.ravel().tolist(), 10.0, 1e6)
    if "df" in block:
        found += compare("df", ours.df, block["df"], 1.0, 1.0)
    if block.get("QM") is not None:
        found += compare("QM", or_nan(ours.qm), block["QM"], 100.0, 1e6)
        found += compare("QMp", or_nan(ours.qm_pval), block["QMp"], 1000.0, 1e6)
        theirs = [df for df in block["QMdf"] if df is not None]
        found += compare("QMdf", ours.qm_df, theirs, 1.0, 1.0)
    return found + (check_likelihood(case, fit, ours, label) if test == "z" else [])


def _check_likelihood_ratio(case: Case, model: dict, columns: dict, used: np.ndarray) -> list[str]:
    theirs = model.get("loglik_test", {})
    if "LRT" not in theirs:
        return []
    effects = case.effects.select(used)
    full = stats.regress(effects, {name: values[used] for name, values in columns.items()}, tau2="ML")
    ours = stats.likelihood_ratio(full, stats.pool(effects, tau2="ML"))
    label = f"{model['formula']} LRT"
    found = case.compare("likelihood", label, ours.stat, theirs["LRT"], 1e-7, 1e6)
    found += case.compare("likelihood", f"{label} p", ours.pval, theirs["pval"], 1e-6, 1e6)
    return found + case.compare("likelihood", f"{label} df", ours.df, theirs["df"], 0.0, 1.0)


def _nothing_to_explain(case: Case, method: str) -> bool:
    """metafor's R2 against a tau2 of rounding error is a ratio of two rounding errors."""
    null = [fit["tau2"] for fit in case.data["fits"] if fit["method"] == method and "tau2" in fit]
    return method != "FE" and bool(null) and null[0] < 1e-10 * case.scale**2


# ---------------------------------------------------------------- subgroups


def check_subgroups(case: Case) -> list[str]:
    found = []
    for block in case.data.get("subgroup", []):
        labels = _labels(case.data["moderators"][block["by"]], block["levels"])
        for fit in block["separate_tau2"]:
            found += _check_separate(case, block, labels, fit)
        for name, first in (("common_tau2_metareg", 0), ("common_tau2_contrast", 1)):
            columns = {str(level): _indicator(labels, str(level)) for level in block["levels"][first:]}
            for fit in block[name]:
                for test, one in fit.get("tests", {}).items():
                    if "beta" in one:
                        formula = f"by {block['by']} {name}"
                        found += check_model(case, formula, columns, fit, test, one, intercept=bool(first))
                        found += _check_common(case, block, labels, fit, test, one, first)
    return found


def _labels(values: list, levels: list) -> list[str]:
    """Subgroup labels as R prints them; '' where missing."""
    by = ["" if v is None else str(v) for v in values]
    if set(map(str, levels)) <= set(by):
        return by
    return ["" if v is None else v if isinstance(v, str) else f"{v:g}" for v in values]


def _indicator(labels: list[str], level: str) -> np.ndarray:
    return np.array([math.nan if not label else float(label == level) for label in labels])


def _check_separate(case: Case, block: dict, labels: list[str], fit: dict) -> list[str]:
    ours = stats.subgroups(case.effects, labels, tau2=fit["method"], test=fit["test"])
    groups = {g.name: g.pooled for g in ours.groups}
    ordered = [groups[str(level)] for level in block["levels"]]
    label, tolerance = f"by {block['by']} {fit['method']} {fit['test']}", case.tolerance(fit["method"])
    s = case.scale
    names = {
        **{"estimate": ("beta", s), "se": ("se", s), "ci_low": ("ci_lb", s), "ci_high": ("ci_ub", s)},
        **{"tau2": ("tau2", ROUNDED * s**2), "i2": ("I2", PERCENT), "q": ("QE", 1.0), "q_pval": ("QEp", 1.0)},
        **{"k": ("k", 1.0)},
    }
    found = []
    for name, (theirs, scale) in names.items():
        mine = [or_nan(getattr(p, name)) for p in ordered]
        found += case.compare("subgroups", f"{label} {name}", mine, fit[theirs], tolerance, scale)
    sharp = max(1.0, max(min(abs(p.stat), 1e3) for p in ordered))
    mine = [p.pval for p in ordered]
    found += case.compare("subgroups", f"{label} pval", mine, fit["pval"], tolerance * sharp**2, 1.0)
    if fit.get("Q_between") is not None and math.isfinite(number(fit["Q_between"])):
        between = [or_nan(ours.q_between), ours.q_between_df]
        theirs = [fit["Q_between"], fit["df"]]
        found += case.compare("subgroups", f"{label} Qb", between, theirs, 10 * tolerance, 1e6)
        p = or_nan(ours.q_between_pval)
        found += case.compare("subgroups", f"{label} Qb p", p, fit["Q_between_p"], 100 * tolerance, 1e6)
    return found


def _check_common(
    case: Case, block: dict, labels: list[str], fit: dict, test: str, one: dict, first: int
) -> list[str]:
    """`subgroups(common_tau2=True)` against the model of means, or against the test of its contrasts."""
    ours = stats.subgroups(case.effects, labels, tau2=fit["method"], test=test, common_tau2=True)
    tolerance, label = case.tolerance(fit["method"]), f"by {block['by']} common {fit['method']} {test}"
    if first:
        if one.get("QM") is None:
            return []
        found = case.compare(
            "subgroups", f"{label} QM", or_nan(ours.q_between), one["QM"], 100 * tolerance, 1e6
        )
        p = or_nan(ours.q_between_pval)
        return found + case.compare("subgroups", f"{label} QMp", p, one["QMp"], 1000 * tolerance, 1e6)
    groups = {g.name: g.pooled for g in ours.groups}
    found = []
    for name, theirs in (("estimate", "beta"), ("se", "se"), ("ci_low", "ci_lb"), ("ci_high", "ci_ub")):
        mine = [getattr(groups[str(level)], name) for level in block["levels"]]
        found += case.compare("subgroups", f"{label} {name}", mine, one[theirs], 10 * tolerance, case.scale)
    return found
