"""After a multilevel fit: intervals of the variance components, predicted random effects, comparison of models."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.stats.distributions import check_level, chi2_quantile, chi2_upper, critical_value
from analysis.stats.errors import NotConverged, UnknownOption
from analysis.stats.fit_statistics import LikelihoodRatio
from analysis.stats.least_squares import rank_of
from analysis.stats.multilevel import Multilevel, Problem
from analysis.stats.multilevel_likelihood import Model
from analysis.stats.multilevel_newton import Optimum, maximise
from analysis.stats.multilevel_terms import Term
from analysis.stats.results import Result, frozen_array

#: From a parameter and starting values: how far the profile is below the limit, and the values it ended at.
Excess = Callable[[float, np.ndarray], tuple[float, np.ndarray]]
LARGEST = 1e4  # variances above this many times the sampling variance count as unlimited


@dataclass(frozen=True)
class ComponentInterval(Result):
    """Profile likelihood limits of a variance (`kind` sigma2 or tau2) or correlation (rho).

    `ci_low`, `ci_high`: None where no value is refuted on that side (a variance without an upper limit). With
    `low_is_border` or `high_is_border` the interval reaches the border of what is possible: 0, or -1 and 1."""

    name: str
    kind: str
    estimate: float
    ci_low: float | None
    ci_high: float | None
    low_is_border: bool
    high_is_border: bool
    level: float


@dataclass(frozen=True, eq=False)
class RandomEffects(Result):
    """Predicted effects of the groups of one random intercept (BLUP), with standard errors and intervals."""

    name: str
    groups: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


@dataclass(frozen=True, eq=False)
class _Target:
    """A reported parameter as one parameter of the model, which may have its inner levels reordered."""

    name: str
    kind: str
    term: Term
    model: Model
    start: np.ndarray
    place: int
    scale: float


def confidence_components(fit: Multilevel, *, level: float | None = None) -> tuple[ComponentInterval, ...]:
    """Profile likelihood intervals of every variance and correlation of a multilevel model.

    The limits are where 2 [l(max) - l(profile)] reaches the chi-squared quantile on 1 degree of freedom, l(profile)
    being maximised over all other parameters (restricted likelihood for REML), solved to 1e-10. `level`: as in the
    fit.

    Errors: `NotConverged`. Source: Viechtbauer 2010; Hardy & Thompson 1996 (Stat Med 15:619). metafor:
    `confint(rma.mv(...))`, whose refits stop at a looser tolerance and may fail."""
    problem = _problem(fit)
    level = fit.level if level is None else check_level(level)
    return tuple(
        _interval(target, problem, level)
        for target in _targets(problem)
        if target.place not in target.model.fixed
    )


def _problem(fit: Multilevel) -> Problem:
    if fit.problem is None:
        raise UnknownOption("This fit does not carry its data any more; fit the model again.")
    return fit.problem


def _targets(problem: Problem) -> list[_Target]:
    model, start = problem.model, 0
    targets = []
    for number, term in enumerate(model.terms):
        kind = "sigma2" if term.inner is None else "tau2"
        for i in range(term.deviations):
            name = f"{term.name}: {term.levels[i]}" if term.deviations > 1 else term.name
            targets.append(_Target(name, kind, term, model, problem.theta, start + i, model.unit**2))
        for i, j in term.pairs:
            shared = term.struct != "UN"
            name = term.name if shared else f"{term.name}: {term.levels[i]}, {term.levels[j]}"
            if shared or i == 0:
                place = start + term.deviations + (0 if shared else j * (j - 1) // 2)
                targets.append(_Target(name, "rho", term, model, problem.theta, place, 1.0))
                continue
            targets.append(_reordered(problem, number, start, (i, j), name))
        start += term.size
    return targets


def _reordered(problem: Problem, number: int, start: int, pair: tuple[int, int], name: str) -> _Target:
    """The correlation of a pair as that of the first two levels of a UN term."""
    term = problem.model.terms[number]
    order = pair + tuple(i for i in range(len(term.levels)) if i not in pair)
    terms = list(problem.model.terms)
    terms[number] = term.reordered(order)
    stacks = tuple(
        replace(stack, basis=np.concatenate([t.basis(stack.rows) for t in terms]))
        for stack in problem.model.stacks
    )
    places = {start + old: start + new for new, old in enumerate(order)}
    fixed = {places.get(place, place): value for place, value in problem.model.fixed.items()}
    model = replace(problem.model, terms=tuple(terms), stacks=stacks, fixed=fixed)
    theta = problem.theta.copy()
    own = theta[start : start + term.size]
    theta[start : start + term.size] = terms[number].from_correlations(
        own[list(order)], term.correlation_matrix(own)[np.ix_(order, order)]
    )
    return _Target(name, "rho", term, model, theta, start + term.deviations, 1.0)


def _interval(target: _Target, problem: Problem, level: float) -> ComponentInterval:
    best = problem.fitted.value
    quantile = chi2_quantile(level, 1)
    estimate = float(target.start[target.place])

    def excess(parameter: float, start: np.ndarray) -> tuple[float, np.ndarray]:
        found: Optimum = maximise(target.model, [start, target.start], {target.place: parameter})
        gap = 2.0 * (best - found.fitted.value)
        if gap < -1e-6:
            raise NotConverged(
                f"A higher likelihood was found while profiling {target.name}; the model has several maxima that lie "
                "close, and its intervals cannot be relied on."
            )
        return gap - quantile, found.theta

    if target.kind == "rho":
        middle = math.asin(math.sin(estimate))
        low, low_border = _limit(excess, middle, -math.pi / 2.0, target.start)
        high, high_border = _limit(excess, middle, math.pi / 2.0, target.start)
        rho, rho_low, rho_high = (target.term.correlation(angle) for angle in (estimate, low, high))
        return ComponentInterval(target.name, "rho", rho, rho_low, rho_high, low_border, high_border, level)
    estimate, power = abs(estimate), 2 * target.term.power
    low, low_border = _limit(excess, estimate, 0.0, target.start)
    upper = _upper(excess, estimate, target.start)
    return ComponentInterval(
        name=target.name,
        kind=target.kind,
        estimate=estimate**power * target.scale,
        ci_low=low**power * target.scale,
        ci_high=None if upper is None else upper**power * target.scale,
        low_is_border=low_border,
        high_is_border=False,
        level=level,
    )


def _upper(excess: Excess, estimate: float, start: np.ndarray) -> float | None:
    """The upper limit of a standard deviation, None when none is refuted."""
    outer, warm = max(2.0 * estimate, 0.5), start
    while outer <= LARGEST:
        gap, warm = excess(outer, warm)
        if gap > 0.0:
            return _limit(excess, estimate, outer, start)[0]
        outer *= 2.0
    return None


def _limit(excess: Excess, inner: float, outer: float, start: np.ndarray) -> tuple[float, bool]:
    """The parameter between the estimate and `outer` at which the profile falls off enough; else `outer` itself."""
    from scipy.optimize import brentq

    warm = [start]

    def function(parameter: float) -> float:
        gap, warm[0] = excess(parameter, warm[0])
        return gap

    if abs(outer - inner) < 1e-12 or function(outer) <= 0.0:
        return outer, True
    warm[0] = start
    try:
        return float(brentq(function, inner, outer, xtol=1e-11, rtol=1e-11, maxiter=200)), False
    except (RuntimeError, ValueError) as error:
        raise NotConverged(f"A profile likelihood limit could not be solved for: {error}.") from error


def random_effects(fit: Multilevel) -> tuple[RandomEffects, ...]:
    """Predicted random effects of the groups of each random intercept, shrunken towards 0.

        u = G Z'Py,   var(u_hat - u) = G - G Z'P Z G,   G = sigma2 I

    Intervals with z or t as in the fit. Source: Robinson 1991, doi 10.1214/ss/1177011926. metafor: `ranef`."""
    problem = _problem(fit)
    model = problem.model
    parts = model.parts(problem.theta)
    margin = critical_value(fit.level, fit.df)
    found = []
    for term, theta in zip(model.terms, parts, strict=True):
        if term.inner is not None:
            continue
        sigma2, n = float(theta[0]) ** 2, len(term.groups)
        total, slope, spread = np.zeros(n), np.zeros((n, model.p)), np.zeros(n)
        for stack, (w, wx, u) in zip(model.stacks, problem.fitted.weighted, strict=True):
            real = stack.rows >= 0
            codes = term.outer[stack.rows]
            np.add.at(total, codes[real], u[real])
            np.add.at(slope, codes[real], wx[real])
            same = real[:, :, None] & real[:, None, :] & (codes[:, :, None] == codes[:, None, :])
            block, i, _ = np.nonzero(same)
            np.add.at(spread, codes[block, i], w[same])
        shared = np.einsum("ni,ij,nj->n", slope, problem.fitted.covariance, slope)
        variance = np.maximum(sigma2 - sigma2**2 * (spread - shared), 0.0)
        estimate, se = sigma2 * total * model.unit, np.sqrt(variance) * model.unit
        found.append(
            RandomEffects(
                term.name,
                term.groups,
                frozen_array(estimate),
                frozen_array(se),
                frozen_array(estimate - margin * se),
                frozen_array(estimate + margin * se),
            )
        )
    return tuple(found)


def compare_multilevel(full: Multilevel, reduced: Multilevel) -> LikelihoodRatio:
    """Test a multilevel model against a smaller one within it, fitted to the same rows by the same method.

    2 (l_full - l_reduced), chi-squared on the difference in parameters: whether a level is needed (leave it out, or
    give its variance as 0), which structure, which moderators (these by ML only). A variance of 0 is on the border of
    what is possible, so the p value for leaving one out is too large (about twice, for a single variance).

    Errors: `UnknownOption` for other rows or V, other methods, REML with other moderators, models that do not nest.
    Source: Self & Liang 1987, doi 10.1080/01621459.1987.10478472. metafor: `anova(full, reduced)`."""
    a, b = _problem(full), _problem(reduced)
    rows = np.array_equal(a.keep, b.keep) and np.array_equal(a.effects.yi[a.keep], b.effects.yi[b.keep])
    own, other = (part.model.unit**2 * part.model.sampling for part in (a, b))
    if not rows or own.shape != other.shape or not np.allclose(own, other, rtol=1e-12):
        raise UnknownOption("The two models were fitted to different rows or sampling covariances.")
    if full.method != reduced.method:
        raise UnknownOption(
            "The two models were fitted by different methods; fit both by REML or both by ML."
        )
    joined = rank_of(np.column_stack([a.design, b.design]))
    if full.method == "REML" and not joined == a.design.shape[1] == b.design.shape[1]:
        raise UnknownOption(
            "Restricted likelihoods of models with different moderators cannot be compared; use ML."
        )
    df = full.statistics.parameters - reduced.statistics.parameters
    stat = 2.0 * (full.loglik - reduced.loglik)
    if df < 1 or joined > a.design.shape[1] or stat < -1e-8:
        raise UnknownOption(
            "The second model is not part of the first one, so there is no likelihood-ratio test."
        )
    stat = max(0.0, stat)
    return LikelihoodRatio(stat, df, chi2_upper(stat, df), full.loglik, reduced.loglik, full.method)
