"""Fitting a model for counts: starts, refinement of the quadrature, variances of zero, tests of homogeneity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.stats.errors import NotConverged
from analysis.stats.glmm_families import Binomial, Poisson
from analysis.stats.glmm_likelihood import UNDETERMINED, Counts, Maximum, Wide, climb, mode
from analysis.stats.glmm_models import Model

#: Nodes per random effect, by their number, raised until the answer stays.
NODES: dict[int, tuple[int, ...]] = {
    0: (1,),
    1: (11, 21, 41, Wide(81), Wide(161)),
    2: (9, 17, 33, Wide(49), Wide(81)),
}
STARTS = (0.3, 1.0)


@dataclass(frozen=True)
class CountFit:
    """A fitted model: `shared` coefficients, all standard deviations `spread` (zeros included), their variances.

    `covariance`: of shared and of the spreads that are not 0. `points`: nodes per random effect."""

    maximum: Maximum
    shared: np.ndarray
    spread: np.ndarray
    covariance: np.ndarray
    loglik: float
    points: int
    counts: Counts


@dataclass(frozen=True)
class Homogeneity:
    """Tests that all studies have the effect that the design gives them: likelihood ratio and Wald."""

    lrt: float
    wald: float
    infinite: int


def fit_counts(counts: Counts, points: int | None) -> CountFit:
    """The maximum of the likelihood over all starts; a standard deviation that ends at 0 is taken out of the model.

    `points`: None refines until the coefficients move by less than 1e-8 of themselves; a number maximises that
    approximation itself. Errors: `NotConverged`."""
    q = counts.dimensions
    found = _best_start(counts, points)
    spread = found.maximum.theta[counts.shared.shape[-1] :]
    for column in range(q):
        if spread[column] < 0.02:
            smaller = fit_counts(counts.without_spread(column), points)
            if smaller.loglik >= found.loglik - 1e-9:
                return replace(smaller, spread=np.insert(smaller.spread, column, 0.0))
    return found


def _best_start(counts: Counts, points: int | None) -> CountFit:
    levels = NODES[counts.dimensions] if points is None else (points,)
    derivatives = "louis" if points is None else "difference"
    try:
        best = _first_level(counts, levels[0], derivatives)
    except NotConverged:  # few nodes may have misled: begin with many
        levels = tuple(level for level in levels if isinstance(level, Wide))
        if not levels:
            raise
        best = _first_level(counts, levels[0], derivatives)
    used, moved = levels[0], 0.0
    for used in levels[1:]:
        before = best.theta
        best = _climb(counts, best.own, before, used, derivatives)
        moved = float(np.max(np.abs(best.theta - before) / (1.0 + np.abs(before))))
        if moved < 1e-8:
            break
    if moved > 1e-5:
        raise NotConverged(
            f"With {used} nodes the integrals over the random effects still move the estimates by {moved:.1g}; the "
            "data are too sparse for this model."
        )
    p = counts.shared.shape[-1]
    return CountFit(best, best.theta[:p], best.theta[p:], best.covariance, best.loglik, int(used), counts)


def _first_level(counts: Counts, points: int, derivatives: str) -> Maximum:
    """The highest maximum reached from any start; `NotConverged` if none is."""
    own, shared = starting_values(counts)
    attempts: list[Maximum] = []
    refusal = NotConverged(UNDETERMINED)
    for value in STARTS if counts.dimensions else (0.0,):
        theta = np.concatenate([shared, np.full(counts.dimensions, value)])
        try:
            attempts.append(_climb(counts, own, theta, points, derivatives))
        except NotConverged as error:
            refusal = error
    if not attempts:
        raise refusal
    return max(attempts, key=lambda m: m.loglik)


def _climb(counts: Counts, own: np.ndarray, theta: np.ndarray, points: int, derivatives: str) -> Maximum:
    try:
        return climb(counts, own, theta, points=points, derivatives=derivatives)
    except np.linalg.LinAlgError:
        raise NotConverged(
            "The likelihood of the counts is flat in some direction, so the data do not determine the model."
        ) from None


def starting_values(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Log odds or log rates with half an event added, per study, and the shared coefficients nearest to them."""
    family, k = counts.family, len(counts.offset)
    if isinstance(family, Binomial):
        eta = np.log((family.y + 0.5) / (family.n - family.y + 0.5)) - counts.offset
    elif isinstance(family, Poisson):
        eta = np.log(family.y + 0.5) - counts.offset
    else:
        eta = np.zeros_like(counts.offset)
    p = counts.shared.shape[-1]
    if counts.own is not None and np.all(counts.own == 1.0):
        return np.mean(eta, axis=1), np.zeros(p)
    shared = np.linalg.lstsq(counts.shared.reshape(-1, p), eta.ravel(), rcond=None)[0]
    return np.zeros(k), shared


def homogeneity(model: Model, common: CountFit, design: np.ndarray, points: int | None) -> Homogeneity:
    """Likelihood ratio against, and Wald test within, the model in which every study has an effect of its own."""
    effects, precision = model.effects, np.diag(model.precision)
    if isinstance(model.saturated, Counts):
        saturated, effects, precision = _fitted_effects(model.saturated, points)
    else:
        saturated = model.saturated
    weighted = precision @ design
    coefficients = np.linalg.lstsq(design.T @ weighted, weighted.T @ effects, rcond=None)[0]
    rest = effects - design @ coefficients
    return Homogeneity(
        lrt=max(0.0, 2.0 * (saturated - common.loglik)),
        wald=float(rest @ precision @ rest),
        infinite=int(np.count_nonzero(np.diagonal(precision) <= 1e-12)),
    )


def _fitted_effects(counts: Counts, points: int | None) -> tuple[float, np.ndarray, np.ndarray]:
    """UM.RS with an effect per study: log-likelihood, effects (k,) and their joint precision (k, k)."""
    fit = fit_counts(counts, points)
    top = fit.maximum
    shared = top.cross @ np.linalg.solve(top.information, top.cross.T)
    return fit.loglik, top.own, np.diag(top.own_information) - shared


def loglik_at_modes(fit: CountFit) -> float:
    """Log-likelihood of the counts given the random effects at their modes (what glmer's deviance is made of)."""
    counts, top = fit.maximum, fit.counts
    p = top.shared.shape[-1]
    centre, loading = top.centre(counts.own, counts.theta[:p]), top.spread * counts.theta[p:]
    if loading.shape[-1]:
        z, _ = mode(top, centre, loading)
        centre = centre + np.sum(loading * z[:, None, :], axis=-1)
    return float(np.sum(top.family(centre[..., None])[0]) + np.sum(top.family.constant))
