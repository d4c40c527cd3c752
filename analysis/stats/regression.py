"""Moderators and subgroups: the model of which pooling is the intercept.

    y = Xb + u + e,  var(u) = tau2,  var(e) = vi

Handbook 10.11; metafor: `rma(yi, vi, mods = ~ ...)`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_labels, as_named
from analysis.stats.distributions import chi2_upper, f_upper
from analysis.stats.errors import (
    LengthMismatch,
    MissingColumns,
    NoStudies,
    RankDeficient,
    StatsError,
    TooFewStudies,
)
from analysis.stats.least_squares import rank_of
from analysis.stats.pooling import NARROWER, ModelFit, fit_model, named_estimator, own_weights, pool
from analysis.stats.results import (
    Dropped,
    Effects,
    ModelData,
    Pooled,
    Regression,
    Subgroup,
    Subgroups,
    frozen_array,
)
from analysis.stats.tau2 import COMMON_EFFECT, Estimator


def regress(
    effects: Effects,
    moderators: Mapping[str, Any],
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
    intercept: bool = True,
    weights: object = None,
) -> Regression:
    """Meta-regression of effects on moderators (mixed-effects; with tau2 CE, a weighted fixed-effects one).

    `moderators`: name -> one value per row of `effects`; numbers stay numbers, text becomes indicator columns
    against its first level in sorted order (all levels when `intercept` is false and it comes first). Rows with a
    missing moderator are left out and listed. Coefficients are in units of the effect per unit of the moderator.

    `qm` tests all coefficients but the intercept: chi-squared, or F(m, k - p) with t-based tests. R2 =
    100 max(0, tau2_0 - tau2)/tau2_0, tau2_0 from the model without moderators (Raudenbush 2009); for a common
    effect, 100 max(0, 1 - H2/H2_0). `weights`: as in `pool`. With the result, `predict` gives the effects to
    expect at values of the moderators, `likelihood_ratio` compares it with a smaller model, `confidence_tau2` the
    interval of what is left.

    Errors: `RankDeficient` for moderators that repeat one another (metafor drops them with a warning),
    `TooFewStudies` unless k > p, `LengthMismatch`, and those of `pool`.
    Source: Handbook 10.11.4; Knapp & Hartung 2003. metafor: `rma(yi, vi, mods = ~ x, method=, test=)`."""
    moderators = as_named("moderators", moderators)
    if not moderators:
        raise MissingColumns("Give at least one moderator; without any, use pool().")
    for name, values in moderators.items():
        if len(values) != len(effects):
            raise LengthMismatch(
                f"{name} has {len(values)} values for {len(effects)} studies; give one per study."
            )
    known = np.all([present(values) for values in moderators.values()], axis=0)
    keep = effects.usable & known
    if not np.any(keep):
        raise NoStudies("No study has both an effect and all the moderators, so there is nothing to fit.")
    names, design = design_matrix(moderators, keep, intercept=intercept)
    k, p = design.shape
    if rank_of(design) < p:
        raise RankDeficient(
            f"The moderators {', '.join(moderators)} repeat one another (or do not vary) in these {k} studies, so "
            "their coefficients cannot be told apart. Leave one out."
        )
    if k <= p:
        raise TooFewStudies(f"{p} coefficients need more than {p} studies; there are {k}.")
    data = ModelData(effects.yi[keep], effects.vi[keep], design, own_weights(weights, keep))
    tau2 = named_estimator(tau2, data.weights)
    fit = fit_model(data.yi, data.vi, design, tau2=tau2, test=test, level=level, weights=data.weights)
    first = 1 if intercept and p > 1 else 0
    qm, qm_df, qm_pval = _omnibus(fit, slice(first, p))
    labels = as_labels(effects.slab, len(effects))
    missing = [
        Dropped(row, labels[row], "A moderator is missing.")
        for row in np.flatnonzero(effects.usable & ~known).tolist()
    ]
    h = fit.heterogeneity
    return Regression(
        names=names,
        coefficients=frozen_array(fit.coefficients),
        se=frozen_array(fit.se),
        stat=frozen_array(fit.stat),
        pval=frozen_array(fit.pval),
        ci_low=frozen_array(fit.ci_low),
        ci_high=frozen_array(fit.ci_high),
        vcov=frozen_array(fit.vcov),
        qm=qm,
        qm_df=qm_df,
        qm_pval=qm_pval,
        tau2=fit.tau2,
        se_tau2=fit.se_tau2,
        i2=h.i2,
        h2=h.h2,
        r2=_explained(fit, data, tau2) if intercept else None,
        q=h.q,
        q_df=h.q_df,
        q_pval=h.q_pval,
        k=k,
        measure=effects.measure,
        tau2_method=fit.method,
        test=fit.test,
        level=fit.level,
        df=fit.df,
        slab=tuple(labels[row] for row in np.flatnonzero(keep).tolist()),
        dropped=tuple(sorted((*effects.dropped, *missing))),
        notes=fit.notes,
        data=data,
    )


def design_matrix(
    moderators: Mapping[str, Any], keep: np.ndarray, *, intercept: bool = True
) -> tuple[tuple[str, ...], np.ndarray]:
    """Column names and matrix (kept rows, p) for moderators; text becomes indicators, sorted, the first left out."""
    rows = np.flatnonzero(keep)
    names: list[str] = ["intrcpt"] if intercept else []
    columns: list[np.ndarray] = [np.ones(len(rows))] if intercept else []
    for name, values in moderators.items():
        chosen = [values[row] for row in rows] if not hasattr(values, "iloc") else list(values.iloc[rows])
        if not any(isinstance(value, str) for value in chosen):
            names.append(name)
            columns.append(as_columns({name: chosen})[name])
            continue
        text = [str(value) for value in chosen]
        levels = sorted(set(text))
        if columns and len(levels) == 1:
            raise RankDeficient(
                f"{name} is {levels[0]} in all these studies, so it cannot explain any difference."
            )
        for level in levels[1:] if columns else levels:
            names.append(f"{name}: {level}")
            columns.append(np.array([float(value == level) for value in text]))
    return tuple(names), np.column_stack(columns)


def subgroups(
    effects: Effects,
    by: Iterable[Any],
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
    common_tau2: bool = False,
) -> Subgroups:
    """Pool each level of `by` and test whether the levels differ.

    `by`: one label per row of `effects`; rows with a blank one are left out. With separate tau2 (the default)
    each level is pooled on its own and Q_between = sum w (b - mean)^2, w = 1/se^2, on levels - 1 degrees of
    freedom. With `common_tau2` one model with a mean per level and a single tau2 is fitted, and the test is that
    of its contrasts.

    A level with one study cannot be pooled: its own effect stands there, with a note saying so, and it takes part
    in the test of differences as that effect (as in metafor and RevMan). A level without usable studies has no
    numbers.

    Errors: `NoStudies`, `LengthMismatch`, those of `pool`. Source: Borenstein & Higgins 2013; Handbook 10.11.3.1.
    metafor: separate `rma` fits, then `rma(b, sei=se, mods = ~ level, method="FE")`; or `rma(yi, vi, mods = ~
    level)`."""
    labels = ["" if value is None or value != value else str(value).strip() for value in by]
    if len(labels) != len(effects):
        raise LengthMismatch(
            f"There are {len(labels)} subgroup labels for {len(effects)} studies; give one per study."
        )
    named = np.array([bool(label) for label in labels], dtype=bool)
    keep = effects.usable & named
    if not np.any(keep):
        raise NoStudies("No study has both an effect and a subgroup, so there is nothing to compare.")
    blank = [
        Dropped(row, effects.slab[row], "The subgroup is missing.") for row in np.flatnonzero(~named).tolist()
    ]
    groups = []
    for name in sorted(set(labels) - {""}):
        member = np.array([label == name for label in labels], dtype=bool)
        groups.append(_subgroup(name, effects.select(member), tau2, test, level))
    pooled = [group.pooled for group in groups if group.pooled is not None]
    dropped = tuple(sorted({d.row: d for d in (*blank, *effects.dropped)}.values()))
    notes = []
    if len(pooled) < 2:
        notes.append("There is one subgroup with studies, so there is no difference to test.")
    elif any(p.k == 1 for p in pooled):
        notes.append("A subgroup with one study enters the test of differences with that study's own effect.")
    narrow = [g.name for g in groups if g.pooled is not None and NARROWER in g.pooled.notes]
    if narrow and not common_tau2:  # with one model these are not the intervals shown
        notes.append(f"Subgroup {', '.join(narrow)}: {NARROWER[0].lower()}{NARROWER[1:]}")
    if common_tau2 and len(pooled) > 1:
        kept = [label for label, used in zip(labels, keep, strict=True) if used]
        model = regress(effects.select(keep), {"subgroup": kept}, tau2=tau2, test=test, level=level)
        between = (model.qm, model.qm_df[0], model.qm_pval)
        groups = _means_of_one_model(groups, effects.select(keep), kept, tau2, test, level)
    else:
        between = _between(pooled)
    return Subgroups(tuple(groups), *between, common_tau2=common_tau2, dropped=dropped, notes=tuple(notes))


def _subgroup(name: str, effects: Effects, tau2: str | Estimator, test: str, level: float) -> Subgroup:
    if effects.k == 0:
        return Subgroup(name, None, "No study with a usable effect.")
    pooled = pool(effects, tau2=tau2, test=test, level=level)
    note = "One study: not pooled, its own effect is shown." if pooled.k == 1 else ""
    return Subgroup(name, pooled, note)


def _between(pooled: list[Pooled]) -> tuple[float | None, int, float | None]:
    """Q_between, its degrees of freedom and p; None where there are no two levels with a standard error."""
    df = len(pooled) - 1
    if df < 1 or any(not p.se > 0.0 for p in pooled):
        return None, max(df, 0), None
    weights = np.array([p.se**-2.0 for p in pooled])
    estimates = np.array([p.estimate for p in pooled])
    q = float(np.sum(weights * (estimates - np.sum(weights * estimates) / np.sum(weights)) ** 2))
    return q, df, chi2_upper(q, df)


def _means_of_one_model(
    groups: list[Subgroup], effects: Effects, kept: list[str], tau2: Any, test: str, level: float
) -> list[Subgroup]:
    """The levels' means from one model with one tau2; Q, I2 and k stay those of the level."""
    model = regress(effects, {"subgroup": kept}, tau2=tau2, test=test, level=level, intercept=False)
    found = {name.removeprefix("subgroup: "): i for i, name in enumerate(model.names)}
    changed = []
    for group in groups:
        if group.pooled is None:
            changed.append(group)
            continue
        i = found[group.name]
        values = {n: float(getattr(model, n)[i]) for n in ("se", "ci_low", "ci_high", "stat", "pval")}
        shared = {"estimate": float(model.coefficients[i]), "tau2": model.tau2, "se_tau2": model.se_tau2}
        single = {"test": model.test, "df": model.df, "pi_low": None, "pi_high": None, "pi_method": None}
        fields = {f: getattr(group.pooled, f) for f in group.pooled.__dataclass_fields__}
        changed.append(Subgroup(group.name, Pooled(**(fields | values | shared | single)), group.note))
    return changed


def _omnibus(fit: ModelFit, tested: slice) -> tuple[float | None, tuple[int, ...], float | None]:
    coefficients, vcov = fit.coefficients[tested], fit.vcov[tested, tested]
    m = len(coefficients)
    try:
        stat = float(coefficients @ np.linalg.solve(vcov, coefficients))
    except np.linalg.LinAlgError:  # a Knapp-Hartung covariance of zero: no test
        return None, (m,) if fit.df is None else (m, fit.df), None
    if fit.df is None:
        return stat, (m,), chi2_upper(stat, m)
    return stat / m, (m, fit.df), f_upper(stat / m, m, fit.df)


def _explained(fit: ModelFit, data: ModelData, tau2: str | Estimator) -> float | None:
    """R2 in percent against the model without moderators; 0 where there was nothing to explain."""
    try:
        empty = fit_model(data.yi, data.vi, np.ones((len(data.yi), 1)), tau2=tau2, weights=data.weights)
    except StatsError:  # the model asked for stands; only its comparison with the empty one does not
        return None
    if fit.method in COMMON_EFFECT:
        before, after = empty.heterogeneity.h2, fit.heterogeneity.h2
    else:
        before, after = empty.tau2, fit.tau2
    if before is None or after is None:
        return None
    if before == 0.0:
        return 0.0
    return 100.0 * max(0.0, (before - after) / before)


def present(values: Any) -> np.ndarray:
    """Which values are there: not None, nan or blank text."""
    return np.array([_ispresent(value) for value in values], dtype=bool)


def _ispresent(value: Any) -> bool:
    if value is None or type(value).__name__ == "NAType":
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return not (isinstance(value, (float, np.floating)) and math.isnan(value))
