"""Where studies stand in the plots of single studies: Baujat, Galbraith (radial) and L'Abbe. Numbers, no pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_labels
from analysis.stats.distributions import check_level, critical_value
from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.least_squares import weighted_fit
from analysis.stats.pooling import fit_model, need_studies
from analysis.stats.results import Effects, Result, frozen_array
from analysis.stats.tau2 import Estimator


@dataclass(frozen=True, eq=False)
class Baujat(Result):
    """`x`: each study's share of heterogeneity; `y`: its influence on the pooled effect."""

    slab: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Galbraith(Result):
    """`x`: precision; `y`: effect over its standard error. A line through 0 with slope `estimate` is the pooled
    effect; studies more than `margin` above or below it are further from it than chance would put them."""

    slab: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    estimate: float
    ci_low: float
    ci_high: float
    margin: float


@dataclass(frozen=True, eq=False)
class Labbe(Result):
    """`x`: the event proportion of the second group, `y`: of the first; `size`: participants."""

    slab: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    size: np.ndarray


def baujat(effects: Effects, *, tau2: str | Estimator = "REML", test: str = "z") -> Baujat:
    """Coordinates of a Baujat plot.

        x = (y_i - b)^2 / (v_i + tau2);   y = (b - b(-i))^2 / var(b(-i))

    (-i) without study i, tau2 estimated again. Without between-study variance x is the study's part of Q.

    Errors: `TooFewStudies` below 2, those of `pool`. Source: Baujat et al. 2002, doi 10.1002/sim.1221. metafor:
    `baujat(rma(yi, vi))`."""
    yi, vi = need_studies(effects, 2, "A Baujat plot needs")
    k, ones = len(yi), np.ones((len(yi), 1))
    full = fit_model(yi, vi, ones, tau2=tau2, test=test)
    own = weighted_fit(yi, ones, 1.0 / (vi + full.tau2))
    y = np.empty(k)
    for i in range(k):
        rest = np.arange(k) != i
        part = fit_model(yi[rest], vi[rest], ones[rest], tau2=tau2, test=test)
        y[i] = float((full.coefficients[0] - part.coefficients[0]) ** 2 / part.vcov[0, 0])
    return Baujat(_labels(effects), frozen_array(own.weights * own.residuals**2), frozen_array(y))


def galbraith(effects: Effects, *, tau2: str | Estimator = "CE", level: float = 0.95) -> Galbraith:
    """Coordinates of a radial plot: x = 1/sqrt(v + tau2), y = effect/sqrt(v + tau2).

    Errors: those of `pool`. Source: Galbraith 1988, doi 10.1002/sim.4780070807. metafor: `radial(rma(yi, vi))`."""
    yi, vi = need_studies(effects, 1, "A radial plot needs")
    fit = fit_model(yi, vi, np.ones((len(yi), 1)), tau2=tau2, level=level)
    x = 1.0 / np.sqrt(vi + fit.tau2)
    return Galbraith(
        slab=_labels(effects),
        x=frozen_array(x),
        y=frozen_array(x * yi),
        estimate=float(fit.coefficients[0]),
        ci_low=float(fit.ci_low[0]),
        ci_high=float(fit.ci_high[0]),
        margin=critical_value(check_level(level), None),
    )


def labbe(*, slab: Any = None, **columns: Any) -> Labbe:
    """Event proportions of two groups against one another, from the columns of a 2x2 table (as `effect_sizes`).

    Rows with a missing count are left out. Errors: those of `effect_sizes`.
    Source: L'Abbe, Detsky & O'Rourke 1987, doi 10.7326/0003-4819-107-2-224. metafor: `labbe(rma(measure="RD"))`."""
    effects = effect_sizes("RD", slab=slab, **columns)
    names = {name: np.array(values, dtype=float) for name, values in columns.items()}
    n1 = names["n1i"] if "n1i" in names else names["ai"] + names["bi"]
    n2 = names["n2i"] if "n2i" in names else names["ci"] + names["di"]
    keep = np.isfinite(names["ai"] / n1) & np.isfinite(names["ci"] / n2)
    labels = as_labels(slab, len(effects))
    return Labbe(
        slab=tuple(labels[row] for row in np.flatnonzero(keep).tolist()),
        x=frozen_array((names["ci"] / n2)[keep]),
        y=frozen_array((names["ai"] / n1)[keep]),
        size=frozen_array((n1 + n2)[keep]),
    )


def _labels(effects: Effects) -> tuple[str, ...]:
    return tuple(label for label, kept in zip(effects.slab, effects.usable, strict=True) if kept)
