"""Multilevel and multivariate meta-analysis: effects that depend on one another.

    y = Xb + random effects + e,   var(y) = M = V + sum of the random-effects covariances

V is the covariance of the sampling errors (diagonal, or in full where effects share patients), and the random
effects are intercepts of nested or crossed groups (~ 1 | study/arm) or inner | outer structures (~ outcome | study).

    b = (X'M^-1 X)^-1 X'M^-1 y,   var(b) = (X'M^-1 X)^-1

Source: Konstantopoulos 2011, doi 10.1002/jrsm.35; Van den Noortgate et al. 2013, doi 10.3758/s13428-012-0261-6;
Berkey et al. 1998 (Stat Med 17:2537); Handbook 10.10 for the case of one variance. metafor: `rma.mv`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.stats.columns import as_named
from analysis.stats.distributions import check_level, chi2_upper, critical_value, f_upper, two_sided
from analysis.stats.errors import (
    LengthMismatch,
    UnknownOption,
)
from analysis.stats.fit_statistics import FitStatistics
from analysis.stats.multilevel_formula import build_terms, parse
from analysis.stats.multilevel_input import (
    coefficient_design,
    given_components,
    sampling_errors,
    used_rows,
)
from analysis.stats.multilevel_likelihood import (
    Fitted,
    Model,
    build_model,
    evaluate,
    require_identified,
)
from analysis.stats.multilevel_newton import maximise, starting_values
from analysis.stats.multilevel_terms import Term
from analysis.stats.results import Dropped, Effects, Result, frozen_array, plain

METHODS = ("REML", "ML")
TESTS = ("z", "t")


@dataclass(frozen=True)
class RandomIntercept(Result):
    """The variance between the groups of one level: `sigma2`, number of groups, and share of the total (I2, %)."""

    name: str
    sigma2: float
    groups: int
    i2: float | None


@dataclass(frozen=True, eq=False)
class RandomStructure(Result):
    """An inner | outer term: `tau2` (one, or one per level), `rho` by `pairs` of levels (one pair: it is shared)."""

    name: str
    struct: str
    levels: tuple[str, ...]
    groups: int
    tau2: tuple[float, ...]
    rho: tuple[float, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Multilevel(Result):
    """A multilevel model: coefficients by `names`, variance components, the test `qm` and the residual `q`.

    `intercepts`, `structures`: the random effects in the order given. `i2`: percent of the total variance that is not
    sampling error, None where it differs between rows. `pi_low`, `pi_high`: for the effect of a new group of every
    level, models with one mean and one total variance only. `statistics`: likelihoods and criteria. `problem` keeps
    the data for `robust`, `confidence_components` and `random_effects`; `to_dict()` leaves it out."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    se: np.ndarray
    stat: np.ndarray
    pval: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    vcov: np.ndarray
    intercepts: tuple[RandomIntercept, ...]
    structures: tuple[RandomStructure, ...]
    i2: float | None
    pi_low: float | None
    pi_high: float | None
    qm: float | None
    qm_df: tuple[int, ...]
    qm_pval: float | None
    q: float
    q_df: int
    q_pval: float
    statistics: FitStatistics
    k: int
    measure: str
    method: str
    test: str
    level: float
    df: int | None
    slab: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    problem: Problem | None = field(default=None, repr=False)

    @property
    def sigma2(self) -> tuple[float, ...]:
        """The variances of the random intercepts."""
        return tuple(term.sigma2 for term in self.intercepts)

    @property
    def tau2(self) -> tuple[float, ...]:
        """The variances of the first inner | outer term."""
        return self.structures[0].tau2 if self.structures else ()

    @property
    def rho(self) -> tuple[float, ...]:
        """The correlations of the first inner | outer term."""
        return self.structures[0].rho if self.structures else ()

    @property
    def loglik(self) -> float:
        """The log-likelihood of the method fitted."""
        return self.statistics.loglik_reml if self.method == "REML" else self.statistics.loglik_ml

    def to_dict(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__ if name != "problem"}


@dataclass(frozen=True, eq=False)
class Problem:
    """What a fit was made from: the model, its parameters and its likelihood, `keep` the rows of `effects` used.

    `several`: lower maxima of the likelihood were found too."""

    effects: Effects
    keep: np.ndarray
    design: np.ndarray
    model: Model
    theta: np.ndarray
    fitted: Fitted
    several: bool = False


def multilevel(
    effects: Effects,
    *,
    random: str | Mapping[str, Any] | Iterable[Any] | None = None,
    data: Mapping[str, Any] | None = None,
    struct: str | Iterable[str] = "CS",
    sigma2: Any = None,
    tau2: Any = None,
    rho: Any = None,
    V: Any = None,
    moderators: Mapping[str, Any] | None = None,
    intercept: bool = True,
    method: str = "REML",
    test: str = "z",
    level: float = 0.95,
) -> Multilevel:
    """Fit a model with nested, crossed or structured random effects by REML or ML.

    `random`: a term or a list of terms, as metafor writes them, with their columns (a label per row of `effects`) in
    `data`: "~ 1 | district/school" (nested: a variance between districts, and one between schools within them),
    ["~ 1 | author", "~ 1 | lab"] (crossed), "~ outcome | trial" (correlated effects within a trial). A mapping
    {"district": [...], "school": [...]} is nested too, outermost first. Without any, M = V. `struct`, for inner |
    outer terms (one name, or one per term; t variances, r correlations): ID one t, no r; DIAG t per level, no r; CS
    one t, one r; HCS t per level, one r; UN t per level, r per pair; AR, HAR r^|lag| for whole-numbered inner values
    with one t or one per level; CAR the same for any inner values, r >= 0. `sigma2`, `tau2`, `rho`: values
    to keep instead of estimating them, one per component of all terms, None for a free one (rho=0.5 for network
    meta-analysis). `V`: None for the variances in `effects`,
    or the full (rows, rows) covariance matrix of the sampling errors, see `sampling_covariance`. `moderators`,
    `intercept`: as in `regress`. `test`: z, or t with k - p degrees of freedom.

    `q` is the generalised y'Py with M = V, on k - p. I2 = 100 sum sigma2/(sum sigma2 + s2), s2 = (k - p)/tr(P), P
    that of V; and with a single sigma2 in the numerator, that level's share (Nakagawa & Santos 2012).

    The maximum is exact to about 1e-10 in every parameter, and the highest of those reached from several starts.
    Errors: `RankDeficient` (moderators, or random effects that cannot be told apart), `TooFewStudies`,
    `NotConverged`, `MissingColumns`, `LengthMismatch`, `InvalidValue` (V). metafor: `rma.mv(yi, V, mods=, random=,
    struct=, method=, test=)`."""
    method, test, level = (
        _one_of(METHODS, str(method).upper()),
        _one_of(TESTS, str(test).lower()),
        check_level(level),
    )
    moderators = as_named("moderators", moderators)
    parsed, columns = parse(random, data)
    for name, values in {**columns, **(moderators or {})}.items():
        if len(values) != len(effects):
            raise LengthMismatch(
                f"{name} has {len(values)} values for {len(effects)} studies; give one per study."
            )
    keep, dropped = used_rows(effects, columns, moderators or {})
    names, design = coefficient_design(moderators, keep, intercept)
    terms = build_terms(parsed, columns, keep, struct, known_rho=rho is not None)
    yi, sampling = effects.yi[keep], sampling_errors(effects, V, keep)
    model = build_model(yi, design, sampling, terms, restricted=method == "REML")
    model = replace(model, fixed=given_components(model, sigma2, tau2, rho))
    require_identified(model)
    starts = starting_values(model) if terms else [np.zeros(0)]
    best = maximise(model, starts)
    problem = Problem(effects, keep, design, model, best.theta, best.fitted, best.several)
    return _result(problem, names, method, test, level, bool(intercept), dropped)


def _one_of(known: tuple[str, ...], name: str) -> str:
    if name not in known:
        raise UnknownOption(f"There is no {name!r} for this model; choose one of {', '.join(known)}.")
    return name


def _result(
    problem: Problem,
    names: tuple[str, ...],
    method: str,
    test: str,
    level: float,
    intercept: bool,
    dropped: tuple[Dropped, ...],
) -> Multilevel:
    model, fitted, unit = problem.model, problem.fitted, problem.model.unit
    k, p = model.k, model.p
    inverse = np.linalg.inv(model.triangle)
    coefficients = unit * (inverse @ fitted.gamma)
    vcov = unit**2 * (inverse @ fitted.covariance @ inverse.T)
    se = np.sqrt(np.diagonal(vcov))
    df = None if test == "z" else k - p
    margin = critical_value(level, df) * se
    first = 1 if intercept and p > 1 else 0
    qm = float(coefficients[first:] @ np.linalg.solve(vcov[first:, first:], coefficients[first:]))
    m = p - first
    qm, qm_df, qm_pval = (
        (qm, (m,), chi2_upper(qm, m)) if df is None else (qm / m, (m, df), f_upper(qm / m, m, df))
    )
    plain_fit = evaluate(model, np.zeros_like(model.covariances(problem.theta)[0]), derivatives=False)
    assert plain_fit is not None  # V has been checked to be positive definite
    intercepts, structures = _components(problem)
    total = _total_variance(problem)
    typical = _typical_variance(model, plain_fit) * unit**2
    i2 = None if total is None else 100.0 * total / (total + typical)
    pi_low = pi_high = None
    if p == 1 and intercept and total is not None and model.terms:
        wide = critical_value(level, df) * math.sqrt(float(se[0]) ** 2 + total)
        pi_low, pi_high = float(coefficients[0]) - wide, float(coefficients[0]) + wide
    return Multilevel(
        names=names,
        coefficients=frozen_array(coefficients),
        se=frozen_array(se),
        stat=frozen_array(coefficients / se),
        pval=frozen_array([two_sided(float(b / s), df) for b, s in zip(coefficients, se, strict=True)]),
        ci_low=frozen_array(coefficients - margin),
        ci_high=frozen_array(coefficients + margin),
        vcov=frozen_array(vcov),
        intercepts=tuple(
            RandomIntercept(
                term.name, s2, len(term.groups), None if total is None else 100.0 * s2 / (total + typical)
            )
            for term, s2 in intercepts
        ),
        structures=structures,
        i2=i2,
        pi_low=pi_low,
        pi_high=pi_high,
        qm=qm,
        qm_df=qm_df,
        qm_pval=qm_pval,
        q=plain_fit.rss,
        q_df=k - p,
        q_pval=chi2_upper(plain_fit.rss, k - p),
        statistics=_statistics(model, fitted, plain_fit),
        k=k,
        measure=problem.effects.measure,
        method=method,
        test=test,
        level=level,
        df=df,
        slab=tuple(problem.effects.slab[row] for row in np.flatnonzero(problem.keep).tolist()),
        dropped=dropped,
        notes=_notes(intercepts, structures, problem.several),
        problem=problem,
    )


def _components(
    problem: Problem,
) -> tuple[list[tuple[Term, float]], tuple[RandomStructure, ...]]:
    model = problem.model
    intercepts, structures = [], []
    for term, theta in zip(model.terms, model.parts(problem.theta), strict=True):
        variances = tuple(_cleared(v) * model.unit**2 for v in term.tau2(theta).tolist())
        if term.inner is None:
            intercepts.append((term, variances[0]))
            continue
        pairs = tuple((term.levels[i], term.levels[j]) for i, j in term.pairs)
        rho = tuple(min(1.0, max(-1.0, r)) for r in term.rho(theta).tolist())
        structures.append(
            RandomStructure(term.name, term.struct, term.levels, len(term.groups), variances, rho, pairs)
        )
    return intercepts, tuple(structures)


def _cleared(variance: float) -> float:
    """0 for a variance (in units of the sampling variance) that is 0 but for rounding."""
    return 0.0 if variance < 1e-14 else variance


def _total_variance(problem: Problem) -> float | None:
    """The sum of the random variances of a row, None where it differs between rows."""
    total = 0.0
    for term, theta in zip(problem.model.terms, problem.model.parts(problem.theta), strict=True):
        if term.deviations > 1:
            return None
        total += _cleared(float(term.tau2(theta)[0])) * problem.model.unit**2
    return total


def _typical_variance(model: Model, plain_fit: Fitted) -> float:
    """(k - p)/tr(P), P for M = V (Higgins & Thompson 2002 generalised)."""
    trace = 0.0
    for w, wx, _ in plain_fit.weighted:
        trace += float(np.einsum("nii->", w)) - float(np.einsum("nmp,pq,nmq->", wx, plain_fit.covariance, wx))
    padding = sum(int(np.count_nonzero(stack.rows < 0)) for stack in model.stacks)  # variance 1, trace 1 each
    return (model.k - model.p) / (trace - padding)


def _statistics(model: Model, fitted: Fitted, plain_fit: Fitted) -> FitStatistics:
    """Under ML and REML at the fitted parameters; the saturated model has y for its mean and M = V."""
    k, p = model.k, model.p
    m = p + model.size - len(model.fixed)
    base = fitted.log_det_m + fitted.rss
    ml = -0.5 * (base + k * math.log(2.0 * math.pi)) - k * math.log(model.unit)
    # log_det_xwx is that of the orthonormal design, so log|X'X| has been taken off
    reml = -0.5 * (base + fitted.log_det_xwx + (k - p) * math.log(2.0 * math.pi))
    reml -= (k - p) * math.log(model.unit)
    saturated = -0.5 * (plain_fit.log_det_m + k * math.log(2.0 * math.pi)) - k * math.log(model.unit)

    def criteria(value: float, n: int) -> tuple[float, float, float]:
        room = max(n, m + 2)
        return tuple(-2.0 * value + m * cost for cost in (2.0, math.log(n), 2.0 * room / (room - m - 1)))  # type: ignore[return-value]

    return FitStatistics(
        ml, -2.0 * (ml - saturated), *criteria(ml, k), reml, *criteria(reml, k - p), parameters=m
    )


def _notes(
    intercepts: list[tuple[Term, float]], structures: tuple[RandomStructure, ...], several: bool
) -> tuple[str, ...]:
    notes = [f"The variance of {term.name} is estimated as 0." for term, value in intercepts if value == 0.0]
    for s in structures:
        if 0.0 in s.tau2:
            notes.append(f"A variance of {s.name} is estimated as 0, so its correlations say nothing.")
        elif any(abs(r) > 1.0 - 1e-9 for r in s.rho):
            notes.append(
                f"A correlation of {s.name} is estimated as 1 or -1, the border of what is possible; a simpler "
                "structure may suit these data better."
            )
    if intercepts and not structures and all(len(term.groups) < len(term.outer) for term, _ in intercepts):
        notes.append(
            f"Effects of the same {intercepts[-1][0].name} are taken to differ by chance alone; a further level with "
            "one group per effect would let them differ."
        )
    if several:
        notes.append("The likelihood of this model has several maxima; the highest one found is reported.")
    return tuple(notes)
