"""How well a model describes the effects: log-likelihoods, information criteria, the test of nested models.

With S = diag(vi + tau2), residuals r = y - Xb and m parameters (p coefficients, and tau2 unless a common effect)

    l_ML    -1/2 (k log 2 pi + log |S| + r'S^-1 r)
    l_REML  -1/2 ((k - p) log 2 pi + log |S| + r'S^-1 r + log |X'S^-1 X| - log |X'X|)
    AIC  -2 l + 2 m;   BIC  -2 l + m log n;   AICc  -2 l + 2 m n'/(n' - m - 1),   n = k (ML) or k - p (REML),
    n' = max(n, m + 2)

metafor: `fitstats(rma(...))`, `anova(full, reduced)`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import chi2_upper
from analysis.stats.errors import UnknownOption
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.results import ModelData, Pooled, Regression, Result
from analysis.stats.tau2 import COMMON_EFFECT


@dataclass(frozen=True)
class FitStatistics(Result):
    """Log-likelihood, deviance from the saturated model (ML) and criteria, under ML and under REML."""

    loglik_ml: float
    deviance_ml: float
    aic_ml: float
    bic_ml: float
    aicc_ml: float
    loglik_reml: float
    aic_reml: float
    bic_reml: float
    aicc_reml: float
    parameters: int


@dataclass(frozen=True)
class LikelihoodRatio(Result):
    """Twice the difference of two log-likelihoods, chi-squared on `df`; `method` is the likelihood, ML or REML."""

    stat: float
    df: int
    pval: float
    loglik: float
    loglik_reduced: float
    method: str


def fit_statistics(result: Pooled | Regression) -> FitStatistics:
    """Log-likelihoods, AIC, BIC and AICc of a result of `pool` or `regress`, at its tau2 and coefficients.

    None (nan) where not defined: BIC by REML without degrees of freedom, the deviance with a variance of zero. They
    compare models fitted to the same rows; REML ones only models with the same moderators. Formulas and source
    stand at the head of this module; Burnham & Anderson 2002 for AICc. metafor: `fitstats()`."""
    data = data_of(result)
    k, p = data.design.shape
    sigma = data.vi + result.tau2
    b = np.atleast_1d(result.estimate if isinstance(result, Pooled) else result.coefficients)
    residuals = data.yi - data.design @ b
    base = float(np.sum(np.log(sigma)) + np.sum(residuals**2 / sigma))
    ml = -0.5 * (base + k * math.log(2.0 * math.pi))
    fisher = weighted_fit(data.yi, data.design, 1.0 / sigma).log_det
    own = weighted_fit(data.yi, data.design, np.ones(k)).log_det
    reml = -0.5 * (base + (k - p) * math.log(2.0 * math.pi) + float(fisher - own))
    saturated = math.nan  # a sampling variance of 0 leaves nothing to compare with
    if np.all(data.vi > 0.0):
        saturated = -0.5 * float(np.sum(np.log(2.0 * math.pi * data.vi)))
    m = p + (result.tau2_method not in COMMON_EFFECT)
    aic_ml, bic_ml, aicc_ml = _criteria(ml, m, k)
    aic_reml, bic_reml, aicc_reml = _criteria(reml, m, k - p)
    return FitStatistics(
        loglik_ml=ml,
        deviance_ml=2.0 * (saturated - ml),
        aic_ml=aic_ml,
        bic_ml=bic_ml,
        aicc_ml=aicc_ml,
        loglik_reml=reml,
        aic_reml=aic_reml,
        bic_reml=bic_reml,
        aicc_reml=aicc_reml,
        parameters=m,
    )


def _criteria(loglik: float, m: int, n: int) -> tuple[float, float, float]:
    padded = max(n, m + 2)
    bic = -2.0 * loglik + m * math.log(n) if n > 0 else math.nan
    return -2.0 * loglik + 2.0 * m, bic, -2.0 * loglik + 2.0 * m * padded / (padded - m - 1)


def likelihood_ratio(full: Pooled | Regression, reduced: Pooled | Regression) -> LikelihoodRatio:
    """Test a model against a smaller one within it, fitted to the same rows by the same estimator of tau2.

    2 (l_full - l_reduced), chi-squared on the difference in parameters. Moderators are compared by ML
    (`tau2="ML"` in both); models with the same moderators that differ in tau2 (REML against CE) may be compared
    by REML, where the p-value is too large, tau2 = 0 being at the edge.

    Errors: `UnknownOption` for different rows or weights, models that do not nest, or REML with different
    moderators. Source: Pinheiro & Bates 2000, ch. 2. metafor: `anova(full, reduced)`."""
    a, b = data_of(full), data_of(reduced)
    if len(a.yi) != len(b.yi) or np.any(a.yi != b.yi) or np.any(a.vi != b.vi):
        raise UnknownOption(
            "The two models were fitted to different rows, so their likelihoods cannot be compared."
        )
    if rank_of(np.column_stack((a.design, b.design))) > a.design.shape[1]:
        raise UnknownOption(
            "The smaller model is not part of the larger one, so there is no likelihood-ratio test."
        )
    big, small = fit_statistics(full), fit_statistics(reduced)
    df = big.parameters - small.parameters
    if df < 1:
        raise UnknownOption("The first model must have more parameters than the second.")
    restricted = "REML" in (full.tau2_method, reduced.tau2_method)
    if restricted and a.design.shape[1] != b.design.shape[1]:
        raise UnknownOption(
            "Restricted likelihoods of models with different moderators cannot be compared; fit both with tau2='ML'."
        )
    if len({full.tau2_method, reduced.tau2_method} - COMMON_EFFECT) > 1:
        raise UnknownOption("Fit both models with the same estimator of tau2.")
    higher, lower = (big.loglik_reml, small.loglik_reml) if restricted else (big.loglik_ml, small.loglik_ml)
    stat = max(0.0, 2.0 * (higher - lower))
    return LikelihoodRatio(stat, df, chi2_upper(stat, df), higher, lower, "REML" if restricted else "ML")


def data_of(result: Pooled | Regression) -> ModelData:
    """What a result was fitted to; refused for results that do not carry it (Mantel-Haenszel, Peto)."""
    if result.data is None:
        raise UnknownOption(
            "This result does not carry the effects it was fitted to; use a result of pool() or regress()."
        )
    return result.data
