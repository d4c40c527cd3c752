"""Selection models: an effect adjusted for the chance that a study with its p value is published at all.

A sensitivity analysis: what would the effect be if selection worked like this? With few studies, or few of them not
significant, the answer rests on the assumption (Handbook 13.3.5.6)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from analysis.stats.distributions import (
    check_level,
    chi2_upper,
    critical_value,
    z_two_sided,
    z_two_sided_each,
)
from analysis.stats.errors import InvalidValue, NotConverged, TooFewStudies, UnknownOption
from analysis.stats.pooling import pool
from analysis.stats.results import Effects, Pooled, Result, frozen_array
from analysis.stats.selection_weights import CURVES, SMALLEST, Smooth, Steps, Weighting
from analysis.stats.small_study import studies_with_variance
from analysis.stats.tau2 import COMMON_EFFECT, log_likelihood

ALTERNATIVES = ("greater", "less", "two-sided")
FLOOR, CEILING = 1e-10, 1e6  # of a weight parameter


@dataclass(frozen=True, eq=False)
class SelectionModel(Result):
    """The adjusted effect, and the weights of selection.

    `delta`: parameters of the weight function (step: chance of being seen relative to the first interval, which is
    1), with `delta_se`, `delta_low`, `delta_high`, `delta_pval` (test of no selection); nan where fixed or at a
    boundary. `intervals`: (from p, to p, studies) of a step function. `lrt`: likelihood ratio test against
    `unadjusted`, the maximum-likelihood fit without selection."""

    weight: str
    alternative: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    stat: float
    pval: float
    tau2: float
    se_tau2: float | None
    delta: np.ndarray
    delta_se: np.ndarray
    delta_low: np.ndarray
    delta_high: np.ndarray
    delta_pval: np.ndarray
    intervals: tuple[tuple[float, float, int], ...]
    lrt: float
    lrt_df: int
    lrt_pval: float | None
    loglik: float
    unadjusted: Pooled
    k: int
    level: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Problem:
    """Minus the log-likelihood in (mu, tau2, delta), some of them fixed; yi and vi in units of the median se."""

    yi: np.ndarray
    vi: np.ndarray
    pval: np.ndarray
    weighting: Weighting
    fixed: np.ndarray  # nan where free

    def full(self, free: np.ndarray) -> np.ndarray:
        values = self.fixed.copy()
        values[np.isnan(values)] = free
        return values

    def __call__(self, free: np.ndarray) -> tuple[float, np.ndarray]:
        mu, tau2, *rest = self.full(free).tolist()
        delta = np.array(rest)
        total = self.vi + tau2
        residual = self.yi - mu
        with np.errstate(divide="ignore", invalid="ignore"):
            log_w, log_w_slopes = self.weighting.log_weight(self.pval, delta)
        sei = np.sqrt(self.vi)
        a = self.weighting.normaliser(mu / sei, total / self.vi, delta)
        if not (np.all(a.value > 0.0) and np.all(np.isfinite(log_w)) and np.all(np.isfinite(log_w_slopes))):
            return math.inf, np.zeros(len(free))
        value = np.sum(
            log_w - 0.5 * np.log(2.0 * math.pi * total) - residual**2 / (2.0 * total) - np.log(a.value)
        )
        gradient = np.array(
            [
                np.sum(residual / total - a.by_mean / (a.value * sei)),
                np.sum(0.5 * (residual / total) ** 2 - 0.5 / total - a.by_variance / (a.value * self.vi)),
                *np.sum(log_w_slopes - a.by_delta / a.value[:, None], axis=0),
            ]
        )
        return -float(value), -gradient[np.isnan(self.fixed)]

    def hessian(self, free: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Central (at a bound one-sided) differences of the gradient."""
        rows = []
        for i, x in enumerate(free.tolist()):
            h = 1e-5 * max(abs(x), 1e-2)
            up, down = free.copy(), free.copy()
            up[i] = x + h
            down[i] = max(x - h, lower[i])
            rows.append((self(up)[1] - self(down)[1]) / (up[i] - down[i]))
        matrix = np.array(rows).reshape(len(free), len(free))
        return 0.5 * (matrix + matrix.T)


def selection_model(
    effects: Effects,
    *,
    weight: str = "step",
    steps: float | Iterable[float] | None = None,
    alternative: str = "greater",
    delta: Iterable[float] | None = None,
    tau2: str = "ML",
    smallest: float = SMALLEST,
    level: float = 0.95,
) -> SelectionModel:
    """Random-effects model with selection by p value, fitted by maximum likelihood.

        density of y_i:  w(p_i) N(y_i; mu, v_i + tau2) / A_i,   A_i the mean of w over the effects there could be

    `weight`: step (one chance per interval of p, the first set to 1; with one step the three-parameter
    model), or a function of p in `CURVES` (beta, halfnorm, negexp, logistic, power, negexppow). `steps`: ends of the
    intervals of p, 1 understood (default 0.025); for a function other than beta, the p value up to which it is 1.
    `alternative`: the direction in which p is one-sided, or two-sided. `delta`: the weights themselves, taken as
    known (Vevea & Woods 2005). `tau2`: ML, or CE for no between-study variance. `smallest`: the functions take p
    values nearer to 0 or 1 than this as if they were this far (metafor's pval.min); beta and power have no finite
    value there, and results can depend on it. Standard errors from the observed information.

    Errors: `TooFewStudies` below 3, with fewer studies than parameters, or with an interval without studies
    (metafor estimates on and warns); `NotConverged`; `ZeroVariance`; `UnknownOption`; `InvalidValue`.
    Source: Vevea & Hedges 1995, doi 10.1007/BF02294384; Vevea & Woods 2005, doi 10.1037/1082-989X.10.4.428; Preston
    et al. 2004; Citkowicz & Vevea 2017. metafor: `selmodel(rma(yi, vi, method="ML"), type=, steps=)`."""
    alternative = {"two.sided": "two-sided"}.get(alternative, alternative)
    if alternative not in ALTERNATIVES:
        known = ", ".join(ALTERNATIVES)
        raise UnknownOption(f"There is no alternative {alternative!r}; choose one of {known}.")
    common = str(tau2).upper() in COMMON_EFFECT
    if not common and str(tau2).upper() != "ML":
        raise UnknownOption(f"A selection model is fitted by ML, or with tau2 CE; not by {tau2}.")
    check_level(level)
    yi, vi = studies_with_variance(effects, 3, "A selection model needs")
    sign = -1.0 if alternative == "less" else 1.0
    unit = float(np.median(np.sqrt(vi)))
    pval = _pvalues(sign * yi / np.sqrt(vi), alternative)
    choice = _choose(weight, steps, alternative == "two-sided", delta, smallest)
    intervals = _intervals(choice.weighting, pval, checked=delta is None)
    fixed = np.concatenate([[math.nan, 0.0 if common else math.nan], choice.known])
    free = np.isnan(fixed)
    if len(yi) < int(np.sum(free)):
        raise TooFewStudies(
            f"This selection model estimates {int(np.sum(free))} quantities, more than there are studies ({len(yi)})."
        )
    plain = pool(effects, tau2="CE" if common else "ML", level=level)
    problem = _Problem(sign * yi / unit, vi / unit**2, pval, choice.weighting, fixed)
    origins = _origins(sign * plain.estimate / unit, plain.tau2 / unit**2)
    starts = [np.array([*origin, *start])[free] for start in choice.starts for origin in origins]
    found, variances, bounded = _polish(problem, _climb(problem, starts))
    scale = np.array([sign * unit, unit**2, *np.ones(len(choice.known))])
    spread = np.full(len(fixed), math.nan)
    spread[free] = np.sqrt(variances) * np.abs(scale[free])
    loglik = -problem(found)[0] - len(yi) * math.log(unit)
    return SelectionModel(
        weight=weight,
        alternative=alternative,
        **_effect(problem.full(found) * scale, spread, choice.neutral, level),
        intervals=intervals,
        **_ratio_test(loglik, yi, vi, plain.tau2, int(np.sum(np.isnan(choice.known)))),
        loglik=loglik,
        unadjusted=plain,
        k=len(yi),
        level=float(level),
        notes=_remarks(
            bounded, intervals, beyond=not np.min(yi) <= problem.full(found)[0] * scale[0] <= np.max(yi)
        ),
    )


def _origins(mu: float, tau2: float) -> tuple[tuple[float, float], ...]:
    """Where to start mu and tau2: without selection, at no effect, and far below with more heterogeneity."""
    return (mu, tau2), (0.0, 1.0 + tau2), (mu - 2.0 * math.sqrt(1.0 + tau2), 4.0 * (1.0 + tau2))


def _effect(
    values: np.ndarray, spread: np.ndarray, neutral: tuple[float, ...], level: float
) -> dict[str, Any]:
    """The fields of the effect, tau2 and delta from (mu, tau2, delta) and their standard errors."""
    estimate, se, margin = float(values[0]), float(spread[0]), critical_value(level, None)
    delta, delta_se = values[2:], spread[2:]
    z = (delta - np.array(neutral)) / delta_se
    return {
        "estimate": estimate,
        "se": se,
        "ci_low": estimate - margin * se,
        "ci_high": estimate + margin * se,
        "stat": estimate / se,
        "pval": z_two_sided(estimate / se),
        "tau2": float(values[1]),
        "se_tau2": None if math.isnan(spread[1]) else float(spread[1]),
        "delta": frozen_array(delta),
        "delta_se": frozen_array(delta_se),
        "delta_low": frozen_array(np.maximum(delta - margin * delta_se, 0.0)),
        "delta_high": frozen_array(delta + margin * delta_se),
        "delta_pval": frozen_array([z_two_sided(x) if math.isfinite(x) else math.nan for x in z.tolist()]),
    }


def _ratio_test(loglik: float, yi: np.ndarray, vi: np.ndarray, tau2: float, df: int) -> dict[str, Any]:
    """Twice the gain in log-likelihood over no selection; without a test when the weights are given."""
    base = log_likelihood(yi, vi, np.ones((len(yi), 1)), tau2, restricted=False)
    gain = max(0.0, 2.0 * (loglik - base))
    return {"lrt": gain, "lrt_df": df, "lrt_pval": chi2_upper(gain, df) if df else None}


def _pvalues(z: np.ndarray, alternative: str) -> np.ndarray:
    from scipy.special import ndtr

    return z_two_sided_each(z) if alternative == "two-sided" else ndtr(-z)


class _Choice(NamedTuple):
    """A weight function, its known parameters (nan: to be estimated), starting values, and those of no selection."""

    weighting: Weighting
    known: np.ndarray
    starts: tuple[tuple[float, ...], ...]
    neutral: tuple[float, ...]


def _choose(
    weight: str,
    steps: float | Iterable[float] | None,
    two_sided: bool,
    delta: Iterable[float] | None,
    smallest: float,
) -> _Choice:
    if weight == "step":
        ends = _ends((0.025,) if steps is None else steps)
        more = len(ends) - 1
        choice = _Choice(
            Steps(ends, two_sided),
            np.array([1.0] + [math.nan] * more),
            tuple((1.0, *(value,) * more) for value in (1.0, 0.3, 0.05, 3.0)),
            (1.0,) * len(ends),
        )
    elif weight in CURVES:
        family = CURVES[weight]
        if not 0.0 < smallest <= 0.01:
            raise InvalidValue(
                "The smallest p value told apart from 0 must lie between 0 and 0.01, such as 1e-5."
            )
        known = np.full(len(family.neutral), math.nan)
        smooth = Smooth(family.curve, two_sided, smallest, _plateau(weight, steps))
        choice = _Choice(smooth, known, family.starts, family.neutral)
    else:
        names = ", ".join(CURVES)
        raise UnknownOption(f"There is no weight function {weight!r}; choose step or one of {names}.")
    if delta is None:
        return choice
    given = np.array([float(value) for value in delta])
    if len(given) != len(choice.neutral):
        raise InvalidValue(
            f"delta has {len(given)} values; this weight function needs {len(choice.neutral)}."
        )
    least = 0.0 if weight in CURVES and 0.0 in choice.neutral else 1e-10
    if not np.all(np.isfinite(given)) or np.any(given < least):
        raise InvalidValue("The weights delta must be finite and positive.")
    return choice._replace(known=given, starts=(tuple(given.tolist()),))


def _plateau(weight: str, steps: float | Iterable[float] | None) -> float | None:
    """The p value up to which a smooth weight function is 1."""
    if steps is None:
        return None
    given = _ends(steps)[:-1]
    if weight == "beta" or len(given) > 1:
        raise InvalidValue(f"The weight function {weight} takes {'no' if weight == 'beta' else 'one'} step.")
    return given[0]


def _ends(steps: float | Iterable[float]) -> tuple[float, ...]:
    given = steps if isinstance(steps, Iterable) else (steps,)
    ends = tuple(sorted({float(step) for step in given} | {1.0}))
    if len(ends) < 2 or ends[0] <= 0.0 or ends[-1] > 1.0 or any(math.isnan(end) for end in ends):
        raise InvalidValue(
            "The steps are p values between 0 and 1, at least one of them below 1, such as 0.025."
        )
    return ends


def _intervals(
    weighting: Weighting, pval: np.ndarray, *, checked: bool
) -> tuple[tuple[float, float, int], ...]:
    if not isinstance(weighting, Steps):
        return ()
    ends = weighting.steps
    counts = np.bincount(weighting.interval(pval), minlength=len(ends)).tolist()
    rows = tuple(zip((0.0, *ends[:-1]), ends, counts, strict=True))
    empty = [f"{low:g} to {high:g}" for low, high, count in rows if not count]
    if empty and checked:
        raise TooFewStudies(
            f"No study has a p value from {', '.join(empty)}, so its chance of being seen cannot be estimated. "
            "Choose other steps."
        )
    return rows


def _bounds(problem: _Problem) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of the free parameters."""
    weights = len(problem.fixed) - 2
    free = np.isnan(problem.fixed)
    lower = np.array([-np.inf, 0.0, *[FLOOR] * weights])[free]
    return lower, np.array([np.inf, np.inf, *[CEILING] * weights])[free]


def _climb(problem: _Problem, starts: list[np.ndarray]) -> np.ndarray:
    """The best of the maxima that the starting values lead to."""
    from scipy.optimize import minimize

    lower, upper = _bounds(problem)
    best, least = None, math.inf
    for start in starts:
        with np.errstate(all="ignore"):
            done = minimize(
                problem,
                np.clip(start, lower, upper),
                jac=True,
                method="L-BFGS-B",
                bounds=list(zip(lower.tolist(), upper.tolist(), strict=True)),
                options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-11, "gtol": 1e-7},
            )
        if np.isfinite(done.fun) and done.fun < least - 1e-9:
            best, least = done.x, float(done.fun)
    if best is None:
        raise NotConverged("The likelihood of the selection model cannot be evaluated for these studies.")
    return best


def _polish(problem: _Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Newton steps to the last digits: the free parameters, their variances (nan at a bound), and those at one.

    Refuses what is no maximum."""
    lower, upper = _bounds(problem)
    for _ in range(50):
        value, gradient = problem(x)
        bound = (x <= lower + 1e-9) & (gradient > 0.0)
        x = np.where(bound, lower, x)
        inside = np.flatnonzero(~bound)
        hessian = problem.hessian(x, lower)[np.ix_(inside, inside)]
        try:
            np.linalg.cholesky(hessian)
        except np.linalg.LinAlgError:
            raise NotConverged(FLAT) from None
        step = np.zeros(len(x))
        step[inside] = np.linalg.solve(hessian, gradient[inside])
        decrement = float(gradient @ step)
        if decrement < 1e-14:
            break
        size = 1.0
        while size > 1e-8:
            trial = np.clip(x - size * step, lower, upper)
            if problem(trial)[0] <= value:
                break
            size *= 0.5
        else:
            if decrement < 1e-8:
                break
            raise NotConverged(FLAT)
        x = trial
    else:
        raise NotConverged(FLAT)
    if np.any(x >= 0.99 * upper):
        raise NotConverged(FLAT)
    variances = np.full(len(x), math.nan)
    variances[inside] = np.diagonal(np.linalg.inv(hessian))
    free_names = np.flatnonzero(np.isnan(problem.fixed))
    return x, variances, free_names[bound].tolist()


FLAT = (
    "The selection model did not settle: these studies do not determine the weights. Use fewer steps, another weight "
    "function, or fix the weights (delta)."
)


def _remarks(
    bounded: list[int], intervals: tuple[tuple[float, float, int], ...], *, beyond: bool
) -> tuple[str, ...]:
    notes = []
    if beyond:
        notes.append(
            "The adjusted effect lies beyond all observed effects: these studies hardly determine the model."
        )
    if 1 in bounded:
        notes.append("The between-study variance is estimated as 0; standard errors take it as known.")
    if any(i >= 2 for i in bounded):
        notes.append("A weight is estimated at its boundary, so it has no standard error.")
    few = [row for row in intervals if 0 < row[2] < 4]
    if few:
        named = "; ".join(f"p {low:g} to {high:g}: {count}" for low, high, count in few)
        notes.append(f"Few studies in an interval of p values ({named}): its weight is hardly known.")
    return tuple(notes)
