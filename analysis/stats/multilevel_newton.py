"""The maximum of the likelihood of a multilevel model: Newton's method from several starts.

Gradient and Hessian are exact; directions of wrong curvature are turned round (|eigenvalues|), steps are limited and
halved until the likelihood rises. A stop is a maximum only when g'H^-1 g, twice the likelihood still to be gained,
is below 1e-16 (1e-10 where rounding errors allow no better), and a stationary point that curves upwards (a variance
of 0 that ought to be positive) is left again. metafor leaves the search to general optimisers, and so to a tolerance
in the likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.stats.errors import NotConverged
from analysis.stats.multilevel_likelihood import Fitted, Model, evaluate

STEPS, DONE, ENOUGH, USABLE = 200, 1e-24, 1e-16, 1e-10


@dataclass(frozen=True, eq=False)
class Optimum:
    """A stationary point: parameters, the fit there, how far from level (`decrement`, g'H^-1 g), lower maxima?"""

    theta: np.ndarray
    fitted: Fitted
    decrement: float
    several: bool = False


@dataclass(frozen=True, eq=False)
class _Point:
    theta: np.ndarray
    fitted: Fitted
    gradient: np.ndarray
    hessian: np.ndarray


def maximise(model: Model, starts: list[np.ndarray], fixed: dict[int, float] | None = None) -> Optimum:
    """The highest maximum reached from the starting values; parameters in `fixed` keep their value.

    `NotConverged` when no start reaches a maximum."""
    fixed = {**model.fixed, **(fixed or {})}
    free = np.array([i for i in range(model.size) if i not in fixed], dtype=int)
    best: Optimum | None = None
    heights = []
    for start in starts:
        theta = np.array(start, dtype=float)
        for i, value in fixed.items():
            theta[i] = value
        found = _climb(model, theta, free, best)
        if found is None:
            continue
        heights.append(found.fitted.value)
        if best is None or found.fitted.value > best.fitted.value + 1e-10:
            best = found
    if best is None:
        raise NotConverged(
            "The likelihood of this model has no maximum that could be found: the random effects are probably more "
            "than these data can estimate. Use a simpler structure, fewer levels, or method ML."
        )
    return replace(best, several=min(heights) < best.fitted.value - 1e-5)


def _climb(model: Model, theta: np.ndarray, free: np.ndarray, best: Optimum | None) -> Optimum | None:
    point = _at(model, theta, free)
    if point is None:
        return None
    if not free.size:
        return Optimum(theta, point.fitted, 0.0)
    last, stalled, saddles = np.inf, 0, 0
    for number in range(STEPS):
        values, vectors = np.linalg.eigh(-point.hessian)
        steepest = max(1.0, float(np.max(np.abs(values))))
        along = vectors.T @ point.gradient
        step = vectors @ (along / np.maximum(np.abs(values), 1e-10 * steepest))
        decrement = float(point.gradient @ step)
        stalled = stalled + 1 if decrement >= 0.25 * last else 0
        nearer = None
        if not (decrement < DONE or (decrement < ENOUGH and stalled) or (decrement < USABLE and stalled > 4)):
            if best is not None and decrement < 0.1 and _same(point, best, model):
                return best
            nearer = _line(model, point, step, decrement, free)
            if nearer is None and decrement >= USABLE:
                return None
        if nearer is None:  # as level as it gets: a maximum, or a saddle to leave
            if values[0] >= -1e-7 * steepest:
                return Optimum(point.theta, point.fitted, decrement)
            if number == 0 and best is not None:  # a start that is a saddle adds nothing to the others
                return None
            saddles += 1
            nearer = _leave(model, point, vectors[:, 0], free) if saddles <= 10 else None
            if nearer is None:
                return None
            decrement = np.inf
        point, last = nearer, decrement
    return None


def _at(model: Model, theta: np.ndarray, free: np.ndarray) -> _Point | None:
    lam, jacobian, second = model.covariances(theta)
    fitted = evaluate(model, lam)
    if fitted is None:
        return None
    n = jacobian.shape[1]
    curvature = (fitted.gradient @ second.reshape(len(lam), n * n)).reshape(n, n)
    hessian = jacobian.T @ fitted.hessian @ jacobian + curvature
    gradient = jacobian.T @ fitted.gradient
    return _Point(theta, fitted, gradient[free], hessian[np.ix_(free, free)])


def _line(model: Model, point: _Point, step: np.ndarray, decrement: float, free: np.ndarray) -> _Point | None:
    """The point along the step at which the likelihood has risen enough; near the top, the full step as it is."""
    limit = max(2.0, float(np.linalg.norm(point.theta)))
    length = float(np.linalg.norm(step))
    share = min(1.0, limit / length) if length > 0.0 else 1.0
    noise = 1e-13 * (1.0 + abs(point.fitted.value) + model.k)
    for _ in range(40):
        theta = point.theta.copy()
        theta[free] += share * step
        tried = _at(model, theta, free)
        if tried is not None and tried.fitted.value >= point.fitted.value + 1e-4 * share * decrement - noise:
            return tried
        share *= 0.4
    return None


def _leave(model: Model, point: _Point, direction: np.ndarray, free: np.ndarray) -> _Point | None:
    """A higher point beside a saddle, along the direction that curves upwards."""
    for size in (0.5, 0.1, 0.02, 0.004, 0.0008):
        for sign in (1.0, -1.0):
            theta = point.theta.copy()
            theta[free] += sign * size * direction
            tried = _at(model, theta, free)
            if tried is not None and tried.fitted.value > point.fitted.value:
                return tried
    return None


def _same(point: _Point, best: Optimum, model: Model) -> bool:
    """Whether a climb is about to end in the maximum that is known already."""
    here, there = model.covariances(point.theta)[0], model.covariances(best.theta)[0]
    close = np.max(np.abs(here - there)) <= 0.1 * (1e-3 + float(np.max(np.abs(there))))
    return bool(close) and best.fitted.value - 0.1 <= point.fitted.value <= best.fitted.value + 1e-8


def starting_values(model: Model) -> list[np.ndarray]:
    """Starts: the variance beyond chance shared out evenly, most of it on each term in turn, and none."""
    residuals = model.y - model.design @ (model.design.T @ model.y)
    spread = float(np.sum(residuals**2)) / max(1, model.k - model.p)
    variances = model.sampling if model.sampling.ndim == 1 else np.diagonal(model.sampling)
    beyond = max(spread - float(np.mean(variances)), 0.2 * spread, 1e-2)
    n = len(model.terms)
    even = np.full(n, 1.0 / n)
    shares = [even]
    if n > 1:
        shares += [np.where(np.arange(n) == i, 0.9, 0.1 / (n - 1)) for i in range(n)]
    # All variances 0 is stationary, and taken when it is a maximum. (Squares of squares need a small value.)
    shares += [even * (0.03 if any(term.power == 2 for term in model.terms) else 0.0)]
    starts = [_start(model, share * beyond, 0.0) for share in shares]
    if any(term.angles for term in model.terms):
        starts += [_start(model, even * beyond, angle) for angle in (0.9, -0.6)]
    return starts


def _start(model: Model, variances: np.ndarray, angle: float) -> np.ndarray:
    pairs = zip(model.terms, variances.tolist(), strict=True)
    return np.concatenate([term.start(variance, angle) for term, variance in pairs])
