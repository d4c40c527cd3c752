"""Location-scale models: moderators of the effect, and moderators of how much the effects differ.

    y = Xb + u + e,  var(u_i) = exp(z_i'a),  var(e_i) = vi

With S = diag(vi + exp(Za)), W = S^-1, P = W - WX(X'WX)^-1X'W and d_j = exp(Za) z_j

    dl/da_j        = -1/2 (tr(P D_j) - y'P D_j P y)                        REML; tr(W D_j) for ML
    d2l/da_j da_l  = -1/2 (tr(P D_jl) - tr(P D_l P D_j) - y'P D_jl P y + 2 y'P D_l P D_j P y)

Newton's method climbs from several starts; standard errors of a come from the observed information at the maximum.
Source: Viechtbauer & Lopez-Lopez 2022, doi 10.1002/jrsm.1562. metafor: `rma(yi, vi, mods = ~ x, scale = ~ z)`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_named
from analysis.stats.distributions import check_level, critical_value, two_sided
from analysis.stats.errors import (
    LengthMismatch,
    NoStudies,
    NotConverged,
    RankDeficient,
    TooFewStudies,
    UnknownOption,
    ZeroVariance,
)
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.regression import design_matrix, present
from analysis.stats.results import Dropped, Effects, Result, frozen_array

FLAT = (
    "The model of the heterogeneity has no maximum: tau2 drifts towards 0 in some studies. There is too little "
    "heterogeneity, or too few studies, to say what it depends on; fit the model without these scale moderators."
)
STEPS = 200
FLATTEST = 1e-7  # curvature per study below which a standardised coefficient is not determined


@dataclass(frozen=True, eq=False)
class Coefficients(Result):
    """One part of the model: estimates by `names` with standard errors, tests and intervals; `vcov` (p, p)."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    se: np.ndarray
    stat: np.ndarray
    pval: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    vcov: np.ndarray


@dataclass(frozen=True, eq=False)
class LocationScale(Result):
    """`location`: coefficients of the effect; `scale`: of log tau2; `tau2`: per usable study, by `slab`."""

    location: Coefficients
    scale: Coefficients
    tau2: np.ndarray
    loglik_ml: float
    loglik_reml: float
    k: int
    measure: str
    tau2_method: str
    test: str
    level: float
    slab: tuple[str, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class _Problem:
    yi: np.ndarray
    vi: np.ndarray
    design: np.ndarray
    scale: np.ndarray
    restricted: bool


@dataclass(frozen=True)
class _Point:
    alpha: np.ndarray
    loglik: float
    gradient: np.ndarray
    hessian: np.ndarray


def location_scale(
    effects: Effects,
    scale: Mapping[str, Any],
    moderators: Mapping[str, Any] | None = None,
    *,
    tau2: str = "REML",
    test: str = "z",
    level: float = 0.95,
) -> LocationScale:
    """Model the effects by `moderators` and the logarithm of tau2 by `scale`, both name -> one value per row.

    `tau2`: REML or ML. `test`: z, or t with k - p (location) and k - q (scale) degrees of freedom. Both parts
    have an intercept; {} is the intercept alone (then exp of it is the usual tau2). Rows with a missing moderator
    are left out.

    Errors: `NotConverged` where the likelihood has no maximum (tau2 drifts to 0), `TooFewStudies`, `RankDeficient`,
    `ZeroVariance`, `UnknownOption`, `LengthMismatch`. Source and metafor's spelling: at the head of this module."""
    method, test = str(tau2).upper(), str(test).lower()
    if method not in ("ML", "REML") or test not in ("z", "t"):
        raise UnknownOption("A location-scale model is fitted by ML or REML with test z or t.")
    level, mods = check_level(level), as_named("moderators", moderators)
    scale = as_named("scale", scale)
    for name, values in {**mods, **scale}.items():
        if len(values) != len(effects):
            raise LengthMismatch(
                f"{name} has {len(values)} values for {len(effects)} studies; give one per study."
            )
    known = np.all(
        [np.ones(len(effects), dtype=bool), *map(present, [*mods.values(), *scale.values()])], axis=0
    )
    keep = effects.usable & known
    if not np.any(keep):
        raise NoStudies("No study has both an effect and all the moderators, so there is nothing to fit.")
    names, design = design_matrix(mods, keep)
    scale_names, z = design_matrix(scale, keep)
    problem = _Problem(effects.yi[keep], effects.vi[keep], design, z, method == "REML")
    _check(problem)
    alpha, vcov = _climb_from_everywhere(problem)
    spread = np.exp(z @ alpha)
    fit = weighted_fit(problem.yi, design, 1.0 / (problem.vi + spread))
    k = len(problem.yi)
    dropped = [
        Dropped(row, effects.slab[row], "A moderator is missing.")
        for row in np.flatnonzero(effects.usable & ~known).tolist()
    ]
    return LocationScale(
        location=_table(names, fit.coefficients, fit.covariance, k, test, level),
        scale=_table(scale_names, alpha, vcov, k, test, level),
        tau2=frozen_array(spread),
        loglik_ml=_log_likelihood(problem, spread, restricted=False),
        loglik_reml=_log_likelihood(problem, spread, restricted=True),
        k=k,
        measure=effects.measure,
        tau2_method=method,
        test=test,
        level=level,
        slab=tuple(effects.slab[row] for row in np.flatnonzero(keep).tolist()),
        dropped=tuple(sorted((*effects.dropped, *dropped))),
    )


def _check(problem: _Problem) -> None:
    k, p = problem.design.shape
    q = problem.scale.shape[1]
    for matrix, what in ((problem.design, "moderators"), (problem.scale, "scale moderators")):
        if rank_of(matrix) < matrix.shape[1]:
            raise RankDeficient(
                f"The {what} repeat one another (or do not vary), so their coefficients are undefined."
            )
    if k <= max(p, q) + 1:
        raise TooFewStudies(
            f"{p} and {q} coefficients need more than {max(p, q) + 1} studies; there are {k}."
        )
    if np.any(problem.vi == 0.0):
        raise ZeroVariance(
            "A sampling variance is zero, which a location-scale model cannot weigh.", column="vi"
        )


def _climb_from_everywhere(problem: _Problem) -> tuple[np.ndarray, np.ndarray]:
    """The highest maximum found from flat and tilted starts on standardised moderators, with its covariance."""
    turn = _standardising(problem.scale)
    easy = _Problem(problem.yi, problem.vi, problem.design, problem.scale @ turn, problem.restricted)
    q = problem.scale.shape[1]
    rss = weighted_fit(problem.yi, problem.design, np.ones(len(problem.yi))).rss
    level = math.log(max(float(rss) / len(problem.yi), 1e-3 * float(np.median(problem.vi))))
    starts = [np.concatenate(([level + shift], np.zeros(q - 1))) for shift in (0.0, -2.0, -4.0)]
    for j in range(1, q):
        starts += [starts[1] + sign * np.eye(q)[j] for sign in (-1.0, 1.0)]
    found = [point for point in (_climb(easy, start) for start in starts) if point is not None]
    if not found:
        raise NotConverged(FLAT)
    best = max(found, key=lambda point: point.loglik)
    return turn @ best.alpha, turn @ np.linalg.inv(-best.hessian) @ turn.T


def _standardising(scale: np.ndarray) -> np.ndarray:
    """The matrix T that turns the columns after the intercept into mean 0 and standard deviation 1, as scale @ T."""
    q = scale.shape[1]
    centre, width = np.mean(scale[:, 1:], axis=0), np.std(scale[:, 1:], axis=0)
    turn = np.eye(q)
    turn[0, 1:], turn[range(1, q), range(1, q)] = -centre / width, 1.0 / width
    return turn


def _climb(problem: _Problem, start: np.ndarray) -> _Point | None:
    """Newton's method with damping; None where it leaves the range in which tau2 can be told from 0."""
    floor = math.log(1e-10 * float(np.min(problem.vi)))
    point, damping = _at(problem, start), 1e-3
    for _ in range(STEPS):
        size = float(np.max(np.abs(point.hessian))) or 1.0
        try:
            step = np.linalg.solve(-point.hessian + damping * size * np.eye(len(start)), point.gradient)
        except np.linalg.LinAlgError:
            damping *= 10.0
            continue
        step *= min(1.0, 3.0 / max(float(np.max(np.abs(step))), 1e-300))
        following = _at(problem, point.alpha + step)
        if math.isfinite(following.loglik) and following.loglik >= point.loglik - 1e-13 * abs(point.loglik):
            damping = damping / 10.0 if damping > 1e-14 else 0.0
            small = np.max(np.abs(step)) <= 1e-12 * max(1.0, float(np.max(np.abs(point.alpha))))
            point = following
            if small and damping < 1e-8:
                break
        else:
            damping = max(damping, 1e-14) * 10.0
            if damping > 1e10:
                break
    low = np.all(problem.scale @ point.alpha < floor)
    curvature = np.linalg.eigvalsh(-point.hessian)
    if low or curvature[0] <= FLATTEST * len(problem.yi):
        return None
    left = float(
        point.gradient @ np.linalg.solve(-point.hessian, point.gradient)
    )  # what Newton would still gain
    return point if left <= 1e-12 else None


def _at(problem: _Problem, alpha: np.ndarray) -> _Point:
    """Log-likelihood (profiled over the coefficients) with gradient and Hessian at `alpha`."""
    z = problem.scale
    with np.errstate(over="ignore"):
        tau2 = np.exp(np.minimum(z @ alpha, 600.0))
    fit = weighted_fit(problem.yi, problem.design, 1.0 / (problem.vi + tau2))
    w, py = fit.weights, fit.weights * fit.residuals
    trace = w * fit.complement if problem.restricted else w
    pull = tau2 * (trace - py**2)
    slopes = tau2[:, None] * z  # column j is d_j
    basis = np.sqrt(w)[:, None] * fit.basis  # P = diag(w) - basis basis'
    pairs = (basis[:, :, None] * basis[:, None, :]).reshape(len(w), -1)
    own = w**2
    if problem.restricted:
        own = w**2 - 2.0 * w * np.sum(basis**2, axis=1)
    squared = (slopes * own[:, None]).T @ slopes
    if problem.restricted:
        squared += (pairs.T @ slopes).T @ (pairs.T @ slopes)
    bent = slopes * py[:, None]  # D_j P y
    cross = (bent * w[:, None]).T @ bent - (basis.T @ bent).T @ (basis.T @ bent)
    hessian = -0.5 * ((z * pull[:, None]).T @ z - squared + 2.0 * cross)
    return _Point(
        alpha, _log_likelihood(problem, tau2, restricted=problem.restricted), -0.5 * z.T @ pull, hessian
    )


def _log_likelihood(problem: _Problem, tau2: np.ndarray, *, restricted: bool) -> float:
    k, p = problem.design.shape
    sigma = problem.vi + tau2
    fit = weighted_fit(problem.yi, problem.design, 1.0 / sigma)
    value = float(np.sum(np.log(sigma)) + fit.rss)
    if not restricted:
        return -0.5 * (value + k * math.log(2.0 * math.pi))
    own = weighted_fit(problem.yi, problem.design, np.ones(k)).log_det
    return -0.5 * (value + (k - p) * math.log(2.0 * math.pi) + float(fit.log_det - own))


def _table(
    names: tuple[str, ...], values: np.ndarray, vcov: np.ndarray, k: int, test: str, level: float
) -> Coefficients:
    df = None if test == "z" else k - len(values)
    se = np.sqrt(np.diagonal(vcov))
    stat, margin = values / se, critical_value(level, df) * se
    return Coefficients(
        names=names,
        coefficients=frozen_array(values),
        se=frozen_array(se),
        stat=frozen_array(stat),
        pval=frozen_array([two_sided(s, df) for s in stat.tolist()]),
        ci_low=frozen_array(values - margin),
        ci_high=frozen_array(values + margin),
        vcov=frozen_array(vcov),
    )
