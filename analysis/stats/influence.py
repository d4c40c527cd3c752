"""Which studies carry the result: leave-one-out, cumulative pooling, residuals and case diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from typing import Any

import numpy as np

from analysis.stats.batch import fit_many
from analysis.stats.columns import as_named
from analysis.stats.errors import InvalidValue, LengthMismatch
from analysis.stats.fit_statistics import data_of
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.pooling import ModelFit, fit_model, need_studies, pool
from analysis.stats.regression import present, regress
from analysis.stats.results import Effects, Influence, Sequence, frozen_array
from analysis.stats.tau2 import Estimator

#: Fits without a study are made so many at a time, which bounds the memory.
BLOCK = 1000


def leave_one_out(
    effects: Effects, *, tau2: str | Estimator = "REML", test: str = "z", level: float = 0.95
) -> Sequence:
    """Pool again without each usable study in turn; `labels[i]` is the study left out of `pooled[i]`.

    Errors: `TooFewStudies` below 2, those of `pool`. metafor: `leave1out(rma(...))`, which refits with its loose
    default stopping rule; every refit here is converged."""
    need_studies(effects, 2, "Leaving one study out needs")
    rows = np.flatnonzero(effects.usable)
    refits = (
        pool(effects.select(rows[rows != row]), tau2=tau2, test=test, level=level) for row in rows.tolist()
    )
    return Sequence(tuple(effects.slab[row] for row in rows.tolist()), tuple(refits))


def cumulative(
    effects: Effects,
    *,
    order: Rows[Any] | np.ndarray | None = None,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
) -> Sequence:
    """Pool the first study, the first two, and so on; `labels[i]` is the study added at step i.

    `order`: one sortable value per row of `effects`, such as the year; ties keep the order of the rows. Default:
    the order given. metafor: `cumul(rma(...), order=)`."""
    need_studies(effects, 1, "A cumulative analysis needs")
    rows = np.flatnonzero(effects.usable)
    if order is not None:
        if len(order) != len(effects):
            raise LengthMismatch(
                f"order has {len(order)} values for {len(effects)} studies; give one per study."
            )
        blank = rows[~present(order)[rows]]
        if blank.size:
            raise InvalidValue(
                f"Row {blank[0] + 1} has no place in the order: its value is missing.", column="order"
            )
        rows = rows[np.argsort(np.asarray(order)[rows], kind="stable")]
    refits = (
        pool(effects.select(rows[: n + 1]), tau2=tau2, test=test, level=level) for n in range(len(rows))
    )
    return Sequence(tuple(effects.slab[row] for row in rows.tolist()), tuple(refits))


def influence(
    effects: Effects,
    *,
    moderators: Mapping[str, Any] | None = None,
    tau2: str | Estimator = "REML",
    test: str = "z",
) -> Influence:
    """Case diagnostics of a pooled effect or, with `moderators`, of a meta-regression.

    With b, V, tau2 of the full fit, h its hat values, and (-i) for the fit without study i:

        rstandard  (y - Xb)/se of the residual,  var = diag((I - H) S (I - H)')
        rstudent   (y_i - x_i b(-i)) / sqrt(vi + tau2(-i) + x_i V(-i) x_i')
        dffits     (x_i b - x_i b(-i)) / sqrt(h_i (vi + tau2(-i)))
        cook_d     (b - b(-i))' V^-1 (b - b(-i));    cov_r  |V(-i)|/|V|
        dfbs       (b_j - b_j(-i)) / sqrt(diag((X'W(-i)X)^-1)_j), W(-i) = 1/(vi + tau2(-i)) over all studies

    A study is flagged when |dffits| > 3 sqrt(p/(k - p)), P(chi-squared_p > cook_d) < 0.5, h > 3p/k or |dfbs| > 1.
    Values are nan where the fit without the study is not defined. With Knapp-Hartung the variances
    of the fit without the study, vi + tau2(-i) included, are multiplied by that fit's factor, as metafor does.
    Rows with a missing moderator are left out. Errors: `TooFewStudies` below p + 1, and those of `regress`.
    Source: Viechtbauer & Cheung 2010, doi 10.1002/jrsm.11. metafor: `influence()`, `rstudent()`, `rstandard()`."""
    moderators = as_named("moderators", moderators)
    if moderators:  # checked as the regression checks them; rows without one are left out
        regression = regress(effects, moderators, tau2=tau2, test=test)
        data, slab = data_of(regression), regression.slab
        yi, vi, design = data.yi, data.vi, data.design
    else:
        yi, vi = need_studies(effects, 2, "Case diagnostics need")
        design, slab = np.ones((len(yi), 1)), effects.select(effects.usable).slab
    k, p = design.shape
    full = fit_model(yi, vi, design, tau2=tau2, test=test)
    own = weighted_fit(yi, design, full.weights)
    hat = own.leverage
    if moderators:
        columns, dfbs = _deletions(full, yi, vi, design, hat, tau2, test)
    else:
        columns, dfbs = _deletions_of_mean(full, yi, vi, hat, tau2, test)
    spread = np.sqrt(_residual_variance(full, vi, hat))
    rstandard = np.divide(own.residuals, spread, out=np.full(k, np.nan), where=spread > 0.0)
    return Influence(
        slab=slab,
        rstandard=frozen_array(rstandard),
        **{name: frozen_array(values) for name, values in columns.items()},
        hat=frozen_array(hat),
        weight=frozen_array(100.0 * full.weights / np.sum(full.weights)),
        dfbs=frozen_array(dfbs),
        flagged=_flags(columns, hat, dfbs, k, p),
    )


def _deletions(
    full: ModelFit,
    yi: np.ndarray,
    vi: np.ndarray,
    design: np.ndarray,
    hat: np.ndarray,
    tau2: str | Estimator,
    test: str,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The columns that compare with the fit without each study, fitted one after the other."""
    k, p = design.shape
    columns = {n: np.full(k, np.nan) for n in ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del")}
    dfbs = np.full((k, p), np.nan)
    for i in range(k):
        rest = np.arange(k) != i
        if rank_of(design[rest]) < p:
            continue
        part = fit_model(yi[rest], vi[rest], design[rest], tau2=tau2, test=test)
        values, dfbs[i] = _deleted(i, full, part, yi, vi, design, float(hat[i]))
        for name, value in values.items():
            columns[name][i] = value
    return columns, dfbs


def _deletions_of_mean(
    full: ModelFit, yi: np.ndarray, vi: np.ndarray, hat: np.ndarray, tau2: str | Estimator, test: str
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The same for a mean: all fits at once, in blocks."""
    k = len(yi)
    blocks = [np.arange(begin, min(begin + BLOCK, k)) for begin in range(0, k, BLOCK)]
    parts = [_block_of_mean(full, yi, vi, hat, tau2, test, block) for block in blocks]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return columns, columns.pop("dfbs")[:, None]


def _block_of_mean(
    full: ModelFit,
    yi: np.ndarray,
    vi: np.ndarray,
    hat: np.ndarray,
    tau2: str | Estimator,
    test: str,
    rows: np.ndarray,
) -> dict[str, np.ndarray]:
    mask = np.arange(len(yi)) != rows[:, None]
    part = fit_many(yi, vi, tau2=tau2, test=test, mask=mask)
    shift = full.coefficients[0] - part.estimate
    own, variance = float(full.vcov[0, 0]), part.se**2
    total = part.factor * (vi[rows] + part.tau2)
    with np.errstate(divide="ignore", invalid="ignore"):
        every = part.factor / np.sum(1.0 / (vi + part.tau2[:, None]), axis=1)
        columns = {
            "rstudent": _ratios(yi[rows] - part.estimate, total + variance),
            "dffits": _ratios(shift, hat[rows] * total),
            "cook_d": shift * shift / own,
            "cov_r": variance / own,
            "tau2_del": part.tau2,
            "q_del": part.q,
            "dfbs": _ratios(shift, every),
        }
    return columns


def _ratios(values: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """value/sqrt(variance), nan where the fit left no spread to measure against."""
    return np.divide(values, np.sqrt(variances), out=np.full(len(values), np.nan), where=variances > 0.0)


def _deleted(
    i: int, full: ModelFit, part: ModelFit, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, hat: float
) -> tuple[dict[str, float], np.ndarray]:
    x = design[i]
    shift = full.coefficients - part.coefficients
    total = part.factor * (vi[i] + part.tau2)
    scale = weighted_fit(yi, design, 1.0 / (vi + part.tau2))
    values = {
        "rstudent": _ratio(yi[i] - x @ part.coefficients, np.sqrt(total + x @ part.vcov @ x)),
        "dffits": _ratio(x @ shift, np.sqrt(hat * total)),
        "cook_d": shift @ np.linalg.solve(full.vcov, shift),
        "cov_r": np.linalg.det(part.vcov) / np.linalg.det(full.vcov),
        "tau2_del": part.tau2,
        "q_del": np.nan if part.heterogeneity.q is None else part.heterogeneity.q,
    }
    spread = np.sqrt(part.factor * np.diagonal(scale.covariance))
    return values, np.array([_ratio(a, b) for a, b in zip(shift.tolist(), spread.tolist(), strict=True)])


def _ratio(value: float, spread: float) -> float:
    """value/spread, nan where the fit left no spread to measure against (identical effects under Knapp-Hartung)."""
    return float(value / spread) if spread > 0.0 else float("nan")


def _residual_variance(full: ModelFit, vi: np.ndarray, hat: np.ndarray) -> np.ndarray:
    """diag((I - H) S (I - H)'), which inverse-variance weights reduce to (vi + tau2)(1 - h)."""
    return (vi + full.tau2) * np.maximum(1.0 - hat, 0.0)


def _flags(columns: dict[str, np.ndarray], hat: np.ndarray, dfbs: np.ndarray, k: int, p: int) -> np.ndarray:
    from scipy.special import chdtrc

    with np.errstate(invalid="ignore"):
        flags = (
            (np.abs(columns["dffits"]) > 3.0 * np.sqrt(p / (k - p)))
            | (chdtrc(p, columns["cook_d"]) < 0.5)
            | (hat > 3.0 * p / k)
            | np.any(np.abs(dfbs) > 1.0, axis=1)
        )
    flags.setflags(write=False)
    return flags
