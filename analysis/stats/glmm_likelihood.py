"""The marginal likelihood of counts with normal random effects, by adaptive Gauss-Hermite quadrature.

    eta_ij = offset_ij + own_ij a_i + sum_p shared_ijp b_p + sum_r spread_ijr s_r z_ir,   z_ir ~ N(0, 1)
    l_i = log of the integral of prod_j f(y_ij | eta_ij) phi(z_i) dz_i

for study i with counts j: a_i its own coefficient (or none), b shared coefficients, s standard deviations of the
random effects. The nodes of each study are centred at the mode of its integrand and scaled by its curvature there
(Liu & Pierce 1994, doi 10.1093/biomet/81.3.624; Pinheiro & Bates 1995); one node is Laplace's approximation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from analysis.stats.errors import NotConverged
from analysis.stats.glmm_families import Family


@dataclass(frozen=True)
class Counts:
    """k studies with J counts each: the family and how eta is built.

    `offset` (k, J); `own` (k, J) or None; `shared` (k, J, p); `spread` (k, J, q), q standard deviations."""

    family: Family
    offset: np.ndarray
    own: np.ndarray | None
    shared: np.ndarray
    spread: np.ndarray

    @property
    def dimensions(self) -> int:
        return self.spread.shape[-1]

    def without_spread(self, column: int) -> Counts:
        """The same model with one standard deviation fixed at 0."""
        return replace(self, spread=np.delete(self.spread, column, axis=-1))

    def centre(self, own: np.ndarray, shared: np.ndarray) -> np.ndarray:
        """eta without random effects, (k, J)."""
        eta = self.offset + self.shared @ shared
        return eta if self.own is None else eta + self.own * own[:, None]


@dataclass(frozen=True)
class Quadrature:
    """Values at the nodes: `loglik` (k,), posterior `weight` (k, n), `z` (k, n, q), slopes, curvatures (k, J, n)."""

    loglik: np.ndarray
    weight: np.ndarray
    z: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray


def mode(
    counts: Counts, centre: np.ndarray, loading: np.ndarray, start: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Where each study's integrand peaks, z (k, q), and minus its second derivative there (k, q, q); Newton."""
    k, _, q = loading.shape
    z = np.zeros((k, q)) if start is None else start
    identity = np.eye(q)
    best, slope, curvature = _integrand(counts, centre, loading, z)
    for _ in range(200):
        gradient = np.sum(slope[..., None] * loading, axis=1) - z
        information = identity - np.einsum("kj,kjq,kjr->kqr", curvature, loading, loading)
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        if np.max(np.abs(gradient * step), initial=0.0) < 1e-26:
            break
        size = np.ones(k)
        for _ in range(40):  # halve the step of the studies in which it overshoots
            value, slope, curvature = _integrand(counts, centre, loading, z + size[:, None] * step)
            worse = value < best - 1e-12 * (1.0 + np.abs(best))
            if not np.any(worse):
                break
            size = np.where(worse, size / 2.0, size)
        z, best = z + size[:, None] * step, value
        if np.max(np.abs(step), initial=0.0) < 1e-12:
            break
    return z, identity - np.einsum("kj,kjq,kjr->kqr", curvature, loading, loading)


def _integrand(counts: Counts, centre: np.ndarray, loading: np.ndarray, z: np.ndarray):
    eta = centre + np.sum(loading * z[:, None, :], axis=-1)
    value, slope, curvature = (x[..., 0] for x in counts.family(eta[..., None]))
    return np.sum(value, axis=1) - 0.5 * np.sum(z**2, axis=1), slope, curvature


def quadrature(
    counts: Counts,
    own: np.ndarray,
    shared: np.ndarray,
    spread: np.ndarray,
    points: int,
    start: np.ndarray | None = None,
) -> Quadrature:
    """The integral of every study with `points` nodes per random effect; `start`: z (k, q) near the modes."""
    centre, loading = counts.centre(own, shared), counts.spread * spread
    k, _, q = loading.shape
    if q == 0:
        value, slope, curvature = counts.family(centre[..., None])
        loglik = np.sum(value, axis=(1, 2)) + counts.family.constant
        return Quadrature(loglik, np.ones((k, 1)), np.zeros((k, 1, 0)), slope, curvature)
    top, information = mode(counts, centre, loading, start)
    nodes, log_weights = wide_nodes(information, points) if isinstance(points, Wide) else hermite(points, q)
    factor = np.linalg.cholesky(information)
    inverse = np.swapaxes(np.linalg.inv(factor), -1, -2)
    z = top[:, None, :] + nodes @ np.swapaxes(inverse, -1, -2)
    eta = centre[..., None] + np.einsum("kjq,knq->kjn", loading, z)
    value, slope, curvature = counts.family(eta)
    terms = np.sum(value, axis=1) - 0.5 * np.sum(z**2, axis=-1) + log_weights
    high = np.max(terms, axis=-1, keepdims=True)
    scaled = np.exp(terms - high)
    total = np.sum(scaled, axis=-1, keepdims=True)
    log_det = 2.0 * np.sum(np.log(np.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)
    loglik = (high + np.log(total))[:, 0] - 0.5 * log_det + counts.family.constant
    return Quadrature(loglik, scaled / total, z, slope, curvature)


class Wide(int):
    """A number of nodes that reach out to where the normal density ends, whatever the curvature at the mode."""


def wide_nodes(information: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (k, n, q) and log weights (k, n): the trapezoidal rule in t with x = sinh t, dense at the mode.

    For integrands that are narrow on one side and wide on the other, as with a large variance between studies and
    an arm without events; there Gauss-Hermite converges slowly (Takahasi & Mori 1973; Trefethen & Weideman 2014)."""
    q = information.shape[-1]
    reach = np.arcsinh(9.0 * np.sqrt(np.max(np.linalg.eigvalsh(information), axis=-1)))
    t = np.linspace(-1.0, 1.0, points)
    grid = np.stack(np.meshgrid(*[t] * q, indexing="ij"), axis=-1).reshape(-1, q) * reach[:, None, None]
    step = 2.0 * reach / (points - 1)
    log_weights = q * np.log(step / np.sqrt(2.0 * np.pi))[:, None] + np.sum(np.log(np.cosh(grid)), axis=-1)
    return np.sinh(grid), log_weights


@lru_cache(maxsize=64)
def hermite(points: int, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, q) and log weights (n,) for integrals over exp(-|x|^2/2)/(2 pi)^(q/2) times e^(|x|^2/2)."""
    x, w = np.polynomial.hermite_e.hermegauss(points)
    log_w = np.log(w) - 0.5 * np.log(2.0 * np.pi) + 0.5 * x**2
    grid = np.stack(np.meshgrid(*[x] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    weights = np.stack(np.meshgrid(*[log_w] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    return grid, np.sum(weights, axis=-1)


@dataclass(frozen=True)
class Slopes:
    """Per study: log-likelihood (k,), its gradient (k, m) and Hessian (k, m, m) in (own,) shared, spread."""

    loglik: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


def by_louis(counts: Counts, own: np.ndarray, theta: np.ndarray, points: int) -> Slopes:
    """Derivatives as posterior moments: gradient E(S), Hessian E(S') + cov(S), S the score given z (Louis 1982).

    Exact up to the error of the quadrature itself, so meant for many nodes."""
    p = counts.shared.shape[-1]
    at = quadrature(counts, own, theta[:p], theta[p:], points)
    k, n = at.weight.shape
    j = counts.offset.shape[1]
    parts = [] if counts.own is None else [np.broadcast_to(counts.own[:, :, None, None], (k, j, n, 1))]
    parts.append(np.broadcast_to(counts.shared[:, :, None, :], (k, j, n, p)))
    parts.append(counts.spread[:, :, None, :] * at.z[:, None])
    columns = np.concatenate(parts, axis=-1)
    score = np.einsum("kjn,kjnm->knm", at.slope, columns)
    gradient = np.einsum("kn,knm->km", at.weight, score)
    weighted = (at.weight[:, None, :] * at.curvature)[..., None] * columns
    hessian = np.einsum("kjnm,kjnl->kml", weighted, columns)
    centred = score - gradient[:, None]
    hessian += np.einsum("kn,knm,knl->kml", at.weight, centred, centred)
    return Slopes(at.loglik, gradient, hessian)


def by_difference(
    counts: Counts, own: np.ndarray, theta: np.ndarray, points: int, *, curved: bool = True
) -> Slopes:
    """Derivatives of the approximation with `points` nodes itself, by fourth-order central differences."""
    p = counts.shared.shape[-1]
    first = 0 if counts.own is None else 1
    m = first + len(theta)

    def loglik(shift: np.ndarray) -> np.ndarray:
        moved = theta + shift[first:]
        start = own + shift[0] if first else own
        return quadrature(counts, start, moved[:p], moved[p:], points, near).loglik

    near, _ = mode(counts, counts.centre(own, theta[:p]), counts.spread * theta[p:])
    unit = np.eye(m)
    here = loglik(np.zeros(m))
    gradient, hessian = np.empty((len(here), m)), np.empty((len(here), m, m))
    h, wide = 2e-3, 1e-2
    for i in range(m):
        one, two = (loglik(s * unit[i]) - loglik(-s * unit[i]) for s in (h, 2 * h))
        gradient[:, i] = (8.0 * one - two) / (12.0 * h)
        if not curved:
            continue
        one, two = (loglik(s * unit[i]) + loglik(-s * unit[i]) for s in (wide, 2 * wide))
        hessian[:, i, i] = (16.0 * one - two - 30.0 * here) / (12.0 * wide**2)
        for j in range(i):
            cross = [_cross(loglik, s * unit[i], s * unit[j]) / (4.0 * s**2) for s in (wide, 2 * wide)]
            hessian[:, i, j] = hessian[:, j, i] = (4.0 * cross[0] - cross[1]) / 3.0
    return Slopes(here, gradient, hessian)


def _cross(loglik, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return loglik(one + other) - loglik(one - other) - loglik(other - one) + loglik(-one - other)


def by_both(counts: Counts, own: np.ndarray, theta: np.ndarray, points: int) -> Slopes:
    """The gradient of the approximation, with the curvature of the true likelihood: enough to find the maximum."""
    rough = by_difference(counts, own, theta, points, curved=False)
    return Slopes(rough.loglik, rough.gradient, by_louis(counts, own, theta, max(points, 9)).hessian)


#: How to find the maximum, and the derivatives that are reported there.
DERIVATIVES = {"louis": (by_louis, by_louis), "difference": (by_both, by_difference)}


UNDETERMINED = (
    "The likelihood of the counts has no maximum that could be found; the data do not determine the model."
)


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is highest: `own` (k,), `theta` = shared then spread, `covariance` of theta, `loglik`.

    `own_information` (k,), `cross` (k, m), `information` (m, m): the blocks of minus the Hessian."""

    own: np.ndarray
    theta: np.ndarray
    loglik: float
    covariance: np.ndarray
    own_information: np.ndarray
    cross: np.ndarray
    information: np.ndarray


def climb(
    counts: Counts, own: np.ndarray, theta: np.ndarray, *, points: int, derivatives: str = "louis"
) -> Maximum:
    """Newton's method from a start; the studies' own coefficients are eliminated, so a step costs k m^2.

    Directions of upward curvature are turned round, and far away steps are halved until the likelihood rises. Errors:
    `NotConverged`, also when a coefficient runs away because the data do not bound it."""
    slopes, final = DERIVATIVES[derivatives]
    p = counts.shared.shape[-1]
    first = 0 if counts.own is None else 1
    at = slopes(counts, own, theta, points)
    for _ in range(200):
        own_step, step, gain = _newton(at, first)
        total, size = float(np.sum(at.loglik)), 1.0
        while (
            gain > 0.01
        ):  # far away the value has to rise; close by the zero of the gradient is what is sought
            there = theta + size * step
            value = quadrature(counts, own + size * own_step, there[:p], there[p:], points).loglik
            if np.sum(value) >= total:
                break
            size /= 2.0
            if size < 1e-9:
                raise NotConverged(UNDETERMINED)
        theta, own = theta + size * step, own + size * own_step
        _refuse_runaway(theta[:p], theta[p:])
        if gain < 1e-15 * (1.0 + abs(total)):
            break
        at = slopes(counts, own, theta, points)
    else:
        raise NotConverged(UNDETERMINED)
    theta = np.concatenate([theta[:p], np.abs(theta[p:])])
    return _maximum(final(counts, own, theta, points), own, theta, first)


def _blocks(at: Slopes, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    information = -np.sum(at.hessian[:, first:, first:], axis=0)
    if not first:
        k = len(at.loglik)
        return np.ones(k), np.zeros((k, len(information))), information
    return np.maximum(-at.hessian[:, 0, 0], 1e-300), -at.hessian[:, 0, 1:], information


def _newton(at: Slopes, first: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Steps of own and of theta, and twice the rise that they promise."""
    diagonal, cross, information = _blocks(at, first)
    own_gradient = at.gradient[:, 0] if first else np.zeros(len(at.loglik))
    ratio = cross / diagonal[:, None]
    reduced = information - cross.T @ ratio
    gradient = np.sum(at.gradient[:, first:], axis=0) - ratio.T @ own_gradient
    values, vectors = np.linalg.eigh((reduced + reduced.T) / 2.0)
    scale = np.maximum(np.abs(values), 1e-8 * max(1e-300, float(np.max(np.abs(values)))))
    step = vectors @ ((vectors.T @ gradient) / scale)
    length = float(np.max(np.abs(step), initial=0.0))
    step = step * min(1.0, 3.0 / length) if length > 0.0 else step
    own_step = np.clip(own_gradient / diagonal - ratio @ step, -3.0, 3.0) if first else np.zeros(len(ratio))
    return own_step, step, float(abs(gradient @ step) + np.sum(own_gradient**2 / diagonal))


def _maximum(at: Slopes, own: np.ndarray, theta: np.ndarray, first: int) -> Maximum:
    diagonal, cross, information = _blocks(at, first)
    reduced = information - cross.T @ (cross / diagonal[:, None])
    return Maximum(
        own=own,
        theta=theta,
        loglik=float(np.sum(at.loglik)),
        covariance=np.linalg.inv(reduced),
        own_information=diagonal,
        cross=cross,
        information=information,
    )


def _refuse_runaway(shared: np.ndarray, spread: np.ndarray) -> None:
    if np.max(np.abs(shared), initial=0.0) > 50.0:
        raise NotConverged(
            "A coefficient grows without bound: within the data events and non-events are perfectly separated."
        )
    if np.max(np.abs(spread), initial=0.0) > 25.0:
        raise NotConverged(
            "The variance between the studies grows without bound: too few studies have events in both groups."
        )
