"""Tests of funnel asymmetry by author, and which of them suits a measure.

Egger's test rests on effects that do not depend on their standard errors. Odds ratios and standardised mean
differences do, so that it finds asymmetry where there is none; the tests here measure precision in another way.
Handbook 13.3.5.4; Sterne et al. 2011, doi 10.1136/bmj.d4002."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, require_sizes
from analysis.stats.distributions import two_sided
from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.errors import LengthMismatch, MissingColumns, RankDeficient, TooFewStudies
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.mantel_haenszel import mantel_haenszel
from analysis.stats.measures import hypergeometric
from analysis.stats.pooling import fit_model
from analysis.stats.results import Effects, Result
from analysis.stats.small_study import slope_tested, studies_with_variance
from analysis.stats.tables import CellPolicy, Tables, two_by_two
from analysis.stats.tau2 import Estimator

ENOUGH = 10


@dataclass(frozen=True)
class AsymmetryTest(Result):
    """A test of funnel asymmetry by its author's name.

    Regressions: `slope` of the effect on `predictor` with its standard error, t with `df` degrees of freedom (None:
    z), and `limit`, the effect where the predictor vanishes in an infinitely large study. Rank tests: `slope` is
    Kendall's tau, without the rest. `tau2`: between-study variance of a random-effects regression."""

    name: str
    predictor: str
    stat: float
    df: int | None
    pval: float
    slope: float
    slope_se: float | None
    limit: float | None
    limit_low: float | None
    limit_high: float | None
    k: int
    tau2: float | None = None
    notes: tuple[str, ...] = ()


def few_studies(k: int) -> tuple[str, ...]:
    """The remark due below ten studies."""
    if k >= ENOUGH:
        return ()
    return (
        f"With {k} studies a test of asymmetry cannot tell chance from a real pattern; {ENOUGH} is the usual minimum "
        "(Handbook 13.3.5.4).",
    )


def harbord(*, level: float = 0.95, **columns: Any) -> AsymmetryTest:
    """Harbord's modified Egger test for odds ratios, on efficient scores.

    Z = a - E, V its hypergeometric variance: Z/V is regressed on 1/sqrt(V) with weights V (Harbord's own form is
    Z/sqrt(V) on sqrt(V)), t with k - 2. `columns`: ai bi ci di or ai n1i ci n2i. Tables without events, or with
    nothing but events, have V = 0 and are left out.

    Errors: `TooFewStudies` below 3, `RankDeficient`, those of the columns.
    Source: Harbord, Egger & Sterne 2006, doi 10.1002/sim.2380. R: `metabias(metabin(...), method="Harbord")`."""
    tables = _tables(columns)
    expected, variance = hypergeometric(tables)
    z = tables.a - expected
    return _regression("harbord", "1/sqrt(V)", z / variance, variance**-0.5, variance, level)


def peters(*, level: float = 0.95, **columns: Any) -> AsymmetryTest:
    """Peters' test: log odds ratios on 1/N, weights 1/(1/(a + c) + 1/(b + d)), t with k - 2.

    `columns`: as `harbord`; 0.5 is added to all cells of the tables with an empty one. Errors: as `harbord`.
    Source: Peters et al. 2006, doi 10.1001/jama.295.6.676. R: `metabias(..., method="Peters")`."""
    tables, log_or, weights = _averaged(columns)
    return _regression("peters", "1/N", log_or, 1.0 / tables.total, weights, level)


def macaskill(*, level: float = 0.95, **columns: Any) -> AsymmetryTest:
    """Macaskill's test: log odds ratios on the sample size N, weights as in `peters`, t with k - 2.

    Errors: as `harbord`. Source: Macaskill, Walter & Irwig 2001, doi 10.1002/sim.698 (pooled variances)."""
    tables, log_or, weights = _averaged(columns)
    return _regression("macaskill", "N", log_or, tables.total, weights, level, limit=False)


def deeks(*, level: float = 0.95, **columns: Any) -> AsymmetryTest:
    """Deeks' test for diagnostic odds ratios: log ratios on 1/sqrt(ESS), weights ESS = 4 n1 n2/(n1 + n2).

    Group 1 are the diseased (ai: true positives of n1i), group 2 the others (ci: false positives of n2i). 0.5 is
    added to all cells of the tables with an empty one. Errors: as `harbord`.
    Source: Deeks, Macaskill & Irwig 2005, doi 10.1016/j.jclinepi.2005.01.016. R: `metabias(..., method="Deeks")`."""
    tables = _tables(columns)
    ess = 4.0 * tables.n1 * tables.n2 / tables.total
    return _regression("deeks", "1/sqrt(ESS)", _log_odds_ratio(tables), ess**-0.5, ess, level)


def thompson_sharp(
    effects: Effects, *, tau2: str | Estimator = "DL", test: str = "t", level: float = 0.95
) -> AsymmetryTest:
    """Thompson and Sharp's test: effects on their standard errors, weights 1/(v + tau2), residual tau2 additive.

    Egger's test with random effects; `test` t has k - 2 degrees of freedom. Errors: `TooFewStudies` below 3,
    `RankDeficient`, those of the estimator. Source: Thompson & Sharp 1999 (Stat Med 18:2693).
    metafor: `regtest(rma(yi, vi, method="DL", test="t"))`."""
    yi, vi = studies_with_variance(effects, 3, "A regression test for asymmetry needs")
    return _random_effects("thompson-sharp", yi, vi, tau2, test, level)


def rucker(
    *, tau2: str | Estimator = "DL", test: str = "t", level: float = 0.95, **columns: Any
) -> AsymmetryTest:
    """Ruecker's test: arcsine differences (whose variance depends on sizes alone) in `thompson_sharp`'s regression.

    Nothing is added to empty cells, and tables without events count. Errors: as `harbord`.
    Source: Ruecker, Schwarzer & Carpenter 2008, doi 10.1002/sim.2971. metafor: `regtest` on measure "AS"."""
    effects = effect_sizes("AS", **columns)
    yi, vi = studies_with_variance(effects, 3, "A regression test for asymmetry needs")
    return _random_effects("rucker", yi, vi, tau2, test, level)


def schwarzer(**columns: Any) -> AsymmetryTest:
    """Schwarzer's rank test for sparse tables.

    Kendall's tau between (a - E)/sqrt(V) and 1/V, with E and V of the noncentral hypergeometric distribution at the
    Mantel-Haenszel odds ratio: the counts themselves, no log ratios. The p value is the normal approximation,
    S over its standard deviation with ties.

    Errors: `TooFewStudies` below 3 or without a Mantel-Haenszel odds ratio.
    Source: Schwarzer, Antes & Schumacher 2007, doi 10.1002/sim.2588. R: `metabias(..., method="Schwarzer")`."""
    tables = _tables(columns)
    pooled = mantel_haenszel("OR", ai=tables.a, bi=tables.b, ci=tables.c, di=tables.d)
    moments = np.array([noncentral(*row, pooled.estimate) for row in _rows(tables)])
    standardised, inverse = (tables.a - moments[:, 0]) / np.sqrt(moments[:, 1]), 1.0 / moments[:, 1]
    tau, z = _kendall(standardised, inverse)
    return AsymmetryTest(
        name="schwarzer",
        predictor="1/V",
        stat=z,
        df=None,
        pval=two_sided(z, None),
        slope=tau,
        **dict.fromkeys(("slope_se", "limit", "limit_low", "limit_high")),
        k=len(standardised),
        notes=few_studies(len(standardised)),
    )


def pustejovsky_rodgers(effects: Effects, *, n1i: Any, n2i: Any, level: float = 0.95) -> AsymmetryTest:
    """Pustejovsky and Rodgers' test for standardised mean differences.

    Egger's regression with sqrt(1/n1 + 1/n2) in the place of the standard error, as predictor and in the weights
    n1 n2/(n1 + n2), because the usual one contains the effect. `n1i`, `n2i`: one per row of `effects`.

    Errors: `TooFewStudies` below 3, `RankDeficient`, `LengthMismatch`, `InvalidValue`.
    Source: Pustejovsky & Rodgers 2019, doi 10.1002/jrsm.1332. R: `metabias(..., method="Pustejovsky")`."""
    sizes = as_columns({"n1i": n1i, "n2i": n2i})
    require_sizes(sizes, "n1i", "n2i")
    if len(sizes["n1i"]) != len(effects):
        raise LengthMismatch(
            f"n1i has {len(sizes['n1i'])} values for {len(effects)} studies; give one per study."
        )
    n1, n2 = sizes["n1i"], sizes["n2i"]
    keep = effects.usable & np.isfinite(n1) & np.isfinite(n2)
    spread = np.sqrt(1.0 / n1[keep] + 1.0 / n2[keep])
    return _regression(
        "pustejovsky-rodgers", "sqrt(1/n1 + 1/n2)", effects.yi[keep], spread, spread**-2.0, level
    )


#: Name -> test. All but thompson-sharp and pustejovsky-rodgers (which take effects) take the columns of 2x2 tables.
ASYMMETRY_TESTS: dict[str, Callable[..., AsymmetryTest]] = {
    "harbord": harbord,
    "peters": peters,
    "macaskill": macaskill,
    "deeks": deeks,
    "thompson-sharp": thompson_sharp,
    "rucker": rucker,
    "schwarzer": schwarzer,
    "pustejovsky-rodgers": pustejovsky_rodgers,
}


# ---------------------------------------------------------------- what they share


def _tables(columns: dict[str, Any]) -> Tables:
    """Tables with a figure in every cell and something to say (V > 0)."""
    known = ("ai", "bi", "ci", "di", "n1i", "n2i")
    given = as_columns({name: columns[name] for name in known if columns.get(name) is not None})
    if not {"ai", "ci"} <= set(given) or not ({"bi", "n1i"} & set(given) and {"di", "n2i"} & set(given)):
        raise MissingColumns("This test needs the columns ai bi ci di or ai n1i ci n2i.")
    tables = two_by_two(given)
    keep = np.isfinite(tables.total) & ~tables.one_sided & (tables.n1 > 0) & (tables.n2 > 0)
    return tables.rows(keep)


def _log_odds_ratio(tables: Tables) -> np.ndarray:
    t = tables.prepared(CellPolicy())
    return np.log(t.a * t.d / (t.b * t.c))


def _averaged(columns: dict[str, Any]) -> tuple[Tables, np.ndarray, np.ndarray]:
    """Tables, log odds ratios and the weights of the average event rate."""
    tables = _tables(columns)
    weights = 1.0 / (1.0 / (tables.a + tables.c) + 1.0 / (tables.b + tables.d))
    return tables, _log_odds_ratio(tables), weights


def _rows(tables: Tables) -> list[tuple[float, float, float]]:
    return list(zip(tables.n1.tolist(), tables.n2.tolist(), (tables.a + tables.c).tolist(), strict=True))


def noncentral(n1: float, n2: float, events: float, log_or: float) -> tuple[float, float]:
    """Mean and variance of the events in group 1 given all margins and the odds ratio (Fisher's distribution)."""
    from scipy.special import gammaln

    x = np.arange(max(0.0, events - n2), min(n1, events) + 1.0)
    log = (
        x * log_or
        - gammaln(x + 1.0)
        - gammaln(n1 - x + 1.0)
        - gammaln(events - x + 1.0)
        - gammaln(n2 - events + x + 1.0)
    )
    chance = np.exp(log - np.max(log))
    chance /= np.sum(chance)
    mean = float(chance @ x)
    return mean, float(chance @ (x - mean) ** 2)


def _kendall(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b, and S over its standard deviation when there is no association (Kendall & Gibbons 1990)."""
    k = len(x)
    pairs = np.triu_indices(k, 1)
    s = float(np.sum(np.sign(x[pairs[0]] - x[pairs[1]]) * np.sign(y[pairs[0]] - y[pairs[1]])))
    ties = [np.unique(values, return_counts=True)[1].astype(float) for values in (x, y)]
    full = k * (k - 1.0)
    two = [float(np.sum(t * (t - 1.0))) for t in ties]
    three = [float(np.sum(t * (t - 1.0) * (t - 2.0))) for t in ties]
    five = [float(np.sum(t * (t - 1.0) * (2.0 * t + 5.0))) for t in ties]
    if full == two[0] or full == two[1]:
        raise RankDeficient("All studies have the same precision, so asymmetry cannot be tested.")
    variance = (full * (2.0 * k + 5.0) - sum(five)) / 18.0
    variance += three[0] * three[1] / (9.0 * full * (k - 2.0)) + two[0] * two[1] / (2.0 * full)
    return 2.0 * s / np.sqrt((full - two[0]) * (full - two[1])), s / float(np.sqrt(variance))


def _regression(
    name: str,
    predictor: str,
    y: np.ndarray,
    x: np.ndarray,
    weights: np.ndarray,
    level: float,
    limit: bool = True,
) -> AsymmetryTest:
    """Weighted least squares with a multiplicative dispersion; the slope is tested by t with k - 2."""
    design = _design(x)
    fit = weighted_fit(y, design, weights)
    se = np.sqrt(np.diagonal(fit.covariance) * fit.dispersion(y))
    return _result(name, predictor, fit.coefficients, se, len(y) - 2, level, len(y), limit=limit)


def _random_effects(
    name: str, yi: np.ndarray, vi: np.ndarray, tau2: str | Estimator, test: str, level: float
) -> AsymmetryTest:
    fit = fit_model(yi, vi, _design(np.sqrt(vi)), tau2=tau2, test=test, level=level)
    return _result(name, "sei", fit.coefficients, fit.se, fit.df, level, len(yi), tau2=fit.tau2)


def _design(x: np.ndarray) -> np.ndarray:
    if len(x) < 3:
        raise TooFewStudies(
            f"A regression test for asymmetry needs at least 3 usable studies; there "
            f"{'is' if len(x) == 1 else 'are'} {len(x)}."
        )
    design = np.column_stack([np.ones_like(x), x])
    if rank_of(design) < 2:
        raise RankDeficient("All studies have the same precision, so asymmetry cannot be tested.")
    return design


def _result(
    name: str,
    predictor: str,
    coefficients: np.ndarray,
    se: np.ndarray,
    df: int | None,
    level: float,
    k: int,
    *,
    limit: bool = True,
    tau2: float | None = None,
) -> AsymmetryTest:
    return AsymmetryTest(
        name=name,
        predictor=predictor,
        k=k,
        tau2=tau2,
        notes=few_studies(k),
        **slope_tested(coefficients, se, df, level, limit=limit),
    )
