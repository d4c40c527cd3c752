"""Small-study effects: do small studies report other effects than large ones?

An association has many causes besides unpublished studies; with fewer than ten studies these tests say little
(Handbook 13.3.5.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.stats.distributions import check_level, critical_value, two_sided
from analysis.stats.errors import MissingColumns, RankDeficient, StatsError, UnknownOption, ZeroVariance
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.pooling import fit_model, need_studies
from analysis.stats.results import Effects, RankTest, RegressionTest
from analysis.stats.tau2 import COMMON_EFFECT, Estimator

EXACT = 1000
#: Predictor -> (function of sampling variances and sample sizes, whether its value 0 is an infinitely large study).
PREDICTORS: dict[str, tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], bool]] = {
    "sei": (lambda vi, ni: np.sqrt(vi), True),
    "vi": (lambda vi, ni: vi, True),
    "ni": (lambda vi, ni: ni, False),
    "ninv": (lambda vi, ni: 1.0 / ni, True),
    "sqrtni": (lambda vi, ni: np.sqrt(ni), False),
    "sqrtninv": (lambda vi, ni: 1.0 / np.sqrt(ni), True),
}


def studies_with_variance(effects: Effects, least: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The usable yi and vi, at least `least` of them and every variance above 0."""
    yi, vi = need_studies(effects, least, what)
    if np.any(vi <= 0.0):
        row = int(np.flatnonzero(effects.usable)[np.argmin(vi)])
        raise ZeroVariance(
            f"The sampling variance of {effects.slab[row]} is zero, and this method divides by it. A zero variance "
            "usually means a standard deviation or a standard error of 0 in the data: check that row, or leave the "
            "study out.",
            column="vi",
            row=row,
        )
    return yi, vi


def egger(
    effects: Effects,
    *,
    model: str = "lm",
    predictor: str = "sei",
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
) -> RegressionTest:
    """Egger's regression test for funnel plot asymmetry, and its relatives.

    Effects are regressed on `predictor` (sei, vi, ni, ninv, sqrtni, sqrtninv) with weights 1/vi and a multiplicative
    dispersion (`model` "lm": Egger's own test, t with k - 2 degrees of freedom), or in a random-effects
    meta-regression with `tau2` and `test` (`model` "rma"). The slope is tested; the intercept, where the predictor
    vanishes in an infinitely large study, is the limit estimate with its `level` interval.

    Errors: `TooFewStudies` below 3, `RankDeficient` when all predictors are equal, `MissingColumns` without sample
    sizes. Source: Egger et al. 1997, doi 10.1136/bmj.315.7109.629; Sterne & Egger 2005; Moreno et al. 2009.
    metafor: `regtest(yi, vi, model="lm", predictor=)`, `regtest(rma(...))`."""
    if predictor not in PREDICTORS:
        raise UnknownOption(f"There is no predictor {predictor!r}; choose one of {', '.join(PREDICTORS)}.")
    yi, vi = studies_with_variance(effects, 3, "A regression test for asymmetry needs")
    function, has_limit = PREDICTORS[predictor]
    if "ni" in predictor and effects.ni is None:
        raise MissingColumns(
            f"The predictor {predictor} needs sample sizes (ni), and these effects have none."
        )
    ni = np.ones_like(yi) if effects.ni is None else effects.ni[effects.usable]
    if "ni" in predictor and not np.all(ni > 0.0):
        unknown = effects.select(effects.usable).slab[int(np.flatnonzero(~(ni > 0.0))[0])]
        raise MissingColumns(
            f"The predictor {predictor} needs the sample size of every study; that of {unknown} is not known."
        )
    design = np.column_stack([np.ones_like(yi), function(vi, ni)])
    if rank_of(design) < 2:
        raise RankDeficient(f"All studies have the same {predictor}, so asymmetry cannot be tested.")
    if model == "lm":
        df: int | None = len(yi) - 2
        fit = weighted_fit(yi, design, 1.0 / vi)
        coefficients = fit.coefficients
        se = np.sqrt(np.diagonal(fit.covariance) * fit.dispersion(yi))
        between, common = None, True
    elif model == "rma":
        mixed = fit_model(yi, vi, design, tau2=tau2, test=test, level=level)
        coefficients, se, df = mixed.coefficients, mixed.se, mixed.df
        between, common = mixed.tau2, mixed.method in COMMON_EFFECT
    else:
        raise UnknownOption(f"There is no model {model!r}; choose lm (Egger's test) or rma (random effects).")
    return RegressionTest(
        model=model,
        predictor=predictor,
        tau2=0.0 if common and between is not None else between,
        k=len(yi),
        **slope_tested(coefficients, se, df, level, limit=has_limit),
    )


def slope_tested(
    coefficients: np.ndarray, se: np.ndarray, df: int | None, level: float, *, limit: bool
) -> dict[str, Any]:
    """What every regression test of asymmetry reports of a line (intercept, slope): the test of the slope and, where
    the intercept is the large-study limit, that with its interval."""
    if se[1] == 0.0:
        raise StatsError(
            "The effects lie exactly on a line (usually because all are identical), so there is no scatter to test "
            "asymmetry against."
        )
    stat, centre = float(coefficients[1] / se[1]), float(coefficients[0])
    margin = critical_value(check_level(level), df) * float(se[0])
    return {
        "stat": stat,
        "df": df,
        "pval": two_sided(stat, df),
        "slope": float(coefficients[1]),
        "slope_se": float(se[1]),
        "limit": centre if limit else None,
        "limit_low": centre - margin if limit else None,
        "limit_high": centre + margin if limit else None,
    }


def begg(effects: Effects, *, exact: bool = True) -> RankTest:
    """Begg and Mazumdar's rank correlation test.

    Kendall's tau between (yi - b)/sqrt(vi - 1/sum w), w = 1/vi and b the common effect, and vi. `exact`: the
    exact p value where there are no ties and at most 1,000 studies (more take long and change nothing), else the
    normal approximation without continuity correction.

    Errors: `TooFewStudies` below 3. Source: Begg & Mazumdar 1994. metafor: `ranktest(yi, vi, exact=)`."""
    from scipy.stats import kendalltau

    yi, vi = studies_with_variance(effects, 3, "A rank test for asymmetry needs")
    weights = 1.0 / vi
    centre = np.sum(weights * yi) / np.sum(weights)
    standardised = (yi - centre) / np.sqrt(vi - 1.0 / np.sum(weights))
    ties = len(set(standardised.tolist())) < len(yi) or len(set(vi.tolist())) < len(vi)
    method = "exact" if exact and not ties and len(yi) <= EXACT else "asymptotic"
    outcome = kendalltau(standardised, vi, method=method)
    return RankTest(float(outcome.statistic), float(outcome.pvalue), method == "exact", len(yi))
