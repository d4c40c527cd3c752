"""Bayesian random-effects meta-analysis: normal effects, normal or flat prior on the mean, any prior on tau.

    y_i ~ N(theta_i, v_i),   theta_i ~ N(mu, tau^2),   mu ~ N(m, s^2) or flat,   tau ~ prior

Given tau all is normal and in closed form; what remains is one integral, done by quadrature. Roever 2020, J Stat
Softw 93(6), doi 10.18637/jss.v093.i06 (R: `bayesmeta(y, sigma, mu.prior=, tau.prior=)`); Handbook 10.13."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.stats.bayes_posterior import (
    Mixture,
    Summary,
    TauGrid,
    summarise_mixture,
    summarise_tau,
)
from analysis.stats.bayes_priors import LogDensity, TauPrior, tau_prior
from analysis.stats.distributions import check_level
from analysis.stats.errors import InvalidValue, TooFewStudies, ZeroVariance
from analysis.stats.pooling import need_studies
from analysis.stats.results import Dropped, Effects, Result, plain


@dataclass(frozen=True)
class Shrinkage(Result):
    """A study's own effect beside its posterior: drawn towards the mean, the more so the larger its variance."""

    label: str
    yi: float
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Bayes(Result):
    """Posterior of the mean `mu`, of `tau`, and of the effect in a new study (`prediction`).

    `p_below_zero`: P(mu < 0). `bf_mu`, `bf_tau`: Bayes factors of mu = 0 and of tau = 0 against the model (above 1
    in their favour), None with an improper prior. `log_marginal`: log p(y). `shrinkage`: one per study. `estimate`,
    `ci_*`, `pi_*` are medians and equal-tailed limits, which survive back-transformation."""

    mu: Summary
    tau: Summary
    prediction: Summary
    p_below_zero: float
    bf_mu: float | None
    bf_tau: float | None
    log_marginal: float | None
    shrinkage: tuple[Shrinkage, ...]
    k: int
    measure: str
    prior: str
    scale: Any
    mean_prior: tuple[float, float] | None
    level: float
    slab: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    posterior_mu: Mixture | None = field(default=None, repr=False)
    posterior_tau: TauGrid | None = field(default=None, repr=False)
    posterior_prediction: Mixture | None = field(default=None, repr=False)

    estimate = property(lambda self: self.mu.median)
    ci_low = property(lambda self: self.mu.low)
    ci_high = property(lambda self: self.mu.high)
    pi_low = property(lambda self: self.prediction.low)
    pi_high = property(lambda self: self.prediction.high)

    def to_dict(self) -> dict[str, Any]:
        names = [f.name for f in dataclasses.fields(self) if not f.name.startswith("posterior")]
        return {name: plain(getattr(self, name)) for name in names}


class NormalModel:
    """The likelihood with mu integrated out, and what is normal given tau. Arrays over tau have shape (n,).

    A normal prior on mu counts as one more observation of it, without tau."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, mean_prior: tuple[float, float] | None):
        self.yi, self.vi, self.mean_prior = yi, vi, mean_prior

    def conditional(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and variance of mu given tau, and log p(y | tau) (up to a constant with a flat prior)."""
        w = 1.0 / (self.vi + tau[:, None] ** 2)
        total, shift = np.sum(w, axis=1), np.sum(w * (self.yi - self.yi[0]), axis=1)
        log_density = 0.5 * np.sum(np.log(w / (2.0 * math.pi)), axis=1)
        if self.mean_prior is not None:
            m, s = self.mean_prior
            total, shift = total + s**-2, shift + (m - self.yi[0]) / s**2
            log_density = log_density - 0.5 * math.log(2.0 * math.pi * s * s)
        mean = self.yi[0] + shift / total
        rss = np.sum(w * (self.yi - mean[:, None]) ** 2, axis=1)
        if self.mean_prior is not None:
            rss = rss + ((self.mean_prior[0] - mean) / self.mean_prior[1]) ** 2
        return mean, 1.0 / total, log_density + 0.5 * np.log(2.0 * math.pi / total) - 0.5 * rss

    def at_zero(self, tau: np.ndarray) -> np.ndarray:
        """log p(y | mu = 0, tau)."""
        w = 1.0 / (self.vi + tau[:, None] ** 2)
        return 0.5 * np.sum(np.log(w / (2.0 * math.pi)) - w * self.yi**2, axis=1)


def bayes(
    effects: Effects,
    *,
    prior: str | TauPrior | LogDensity = "half-normal",
    scale: Any = None,
    mean_prior: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Bayes:
    """Pool effects with a prior on tau, by deterministic quadrature.

    `prior` of tau: half-normal, half-cauchy or exponential with `scale` in units of the effect (0.5 when left out,
    for log ratios only), log-normal with scale=(mean, sd) of log tau2, uniform (improper), a `TauPrior`, or a
    function tau -> log density. `mean_prior`: (mean, sd) of a normal prior on mu; None is flat. `level`: of all
    intervals.

    One study is enough with a proper prior on tau. A note tells when the prior decides much, as with few studies.

    Errors: `NoStudies`, `TooFewStudies` (uniform prior), `ZeroVariance`, `InvalidValue`, `UnknownOption`,
    `NotConverged`. Source: Roever 2020; priors: Roever et al. 2021, doi 10.1002/jrsm.1475; Turner et al. 2012, doi
    10.1093/ije/dys041. R: `bayesmeta`."""
    level = check_level(level)
    yi, vi = need_studies(effects, 1, "A Bayesian analysis needs")
    if np.any(vi <= 0.0):
        raise ZeroVariance("A sampling variance is 0; the Bayesian model needs every variance above 0.")
    chosen = tau_prior(prior, scale, effects.measure)
    mean_prior = _mean_prior(mean_prior)
    k = len(yi)
    falls = k - 1 if mean_prior is None else k  # the likelihood falls like tau^-falls
    if not chosen.proper and not callable(prior) and falls < 2:
        least = 3 if mean_prior is None else 2
        raise TooFewStudies(
            f"A uniform prior on tau needs at least {least} studies, and this is {k}; choose a proper prior."
        )
    model = NormalModel(yi, vi, mean_prior)
    size = _size(yi, vi, chosen)
    grid = TauGrid(lambda tau: model.conditional(tau)[2] + chosen.log_density(tau), size)
    mean, variance, _ = model.conditional(grid.tau)
    mu = Mixture(grid.weight, mean, np.sqrt(variance))
    prediction = Mixture(grid.weight, mean, np.sqrt(variance + grid.tau**2))
    tail = chosen.tail + falls
    labels = tuple(label for label, used in zip(effects.slab, effects.usable, strict=True) if used)
    bf_mu, bf_tau = _bayes_factors(model, grid, chosen, size)
    return Bayes(
        mu=summarise_mixture(mu, level, tail if mean_prior is None else math.inf),
        tau=summarise_tau(grid, level, tail),
        prediction=summarise_mixture(prediction, level, tail),
        p_below_zero=mu.cdf(0.0),
        bf_mu=bf_mu,
        bf_tau=bf_tau,
        log_marginal=grid.log_total if chosen.proper and mean_prior is not None else None,
        shrinkage=_shrinkage(yi, vi, labels, grid, mean, variance, level),
        k=k,
        measure=effects.measure,
        prior=chosen.name,
        scale=0.5 if scale is None and chosen.name not in ("uniform", "function") else scale,
        mean_prior=mean_prior,
        level=level,
        slab=labels,
        dropped=effects.dropped,
        notes=_notes(k, chosen),
        posterior_mu=mu,
        posterior_tau=grid,
        posterior_prediction=prediction,
    )


def _mean_prior(prior: tuple[float, float] | None) -> tuple[float, float] | None:
    if prior is None:
        return None
    if np.shape(prior) != (2,) or not np.all(np.isfinite(prior)) or prior[1] <= 0.0:
        raise InvalidValue("The prior of the mean is (mean, sd) with an sd above 0, or None for a flat one.")
    return float(prior[0]), float(prior[1])


def _size(yi: np.ndarray, vi: np.ndarray, prior: TauPrior) -> float:
    """A value of tau near the middle, on the log scale, of those that prior and data suggest."""
    data = math.sqrt(float(np.median(vi)) + float(np.var(yi)))
    return data if not prior.proper else math.sqrt(data * prior.size)


def _shrinkage(
    yi: np.ndarray,
    vi: np.ndarray,
    labels: tuple[str, ...],
    grid: TauGrid,
    mean: np.ndarray,
    variance: np.ndarray,
    level: float,
) -> tuple[Shrinkage, ...]:
    """theta_i given tau: mean B y + (1 - B) E(mu), variance B v + (1 - B)^2 var(mu), B = tau2/(tau2 + v)."""
    found = []
    half = (1.0 - level) / 2.0
    for y, v, label in zip(yi.tolist(), vi.tolist(), labels, strict=True):
        own = grid.tau**2 / (grid.tau**2 + v)
        rest = v / (grid.tau**2 + v)
        theta = Mixture(grid.weight, own * y + rest * mean, np.sqrt(own * v + rest**2 * variance))
        found.append(
            Shrinkage(label, y, theta.mean(), theta.sd(), theta.quantile(half), theta.quantile(1 - half))
        )
    return tuple(found)


def _bayes_factors(
    model: NormalModel, grid: TauGrid, prior: TauPrior, size: float
) -> tuple[float | None, float | None]:
    """p(y | mu = 0)/p(y), which needs a proper prior on mu too, and p(y | tau = 0)/p(y)."""
    if not prior.proper:
        return None, None
    bf_tau = math.exp(float(model.conditional(np.zeros(1))[2][0]) - grid.log_total)
    if model.mean_prior is None:
        return None, bf_tau
    null = TauGrid(lambda tau: model.at_zero(tau) + prior.log_density(tau), size)
    return math.exp(null.log_total - grid.log_total), bf_tau


def _notes(k: int, prior: TauPrior) -> tuple[str, ...]:
    if k < 5 and prior.proper:
        studies = "1 study" if k == 1 else f"{k} studies"
        return (
            f"With {studies} the prior on tau carries much of the result; repeat the analysis with another scale.",
        )
    return ()
