"""Generalised linear mixed models for rare events: counts are modelled themselves, with no correction for zeros.

Two groups give log odds ratios or log rate ratios under four models (see `glmm_models`), one group logit
proportions or log rates. Maximum likelihood; the integrals over the random effects are adaptive Gauss-Hermite
quadrature, refined until the answer no longer moves. Stijnen, Hamza & Ozdemir 2010, doi 10.1002/sim.4040; Jackson
et al. 2018, doi 10.1002/sim.7588; Handbook 10.4.4. metafor: `rma.glmm`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_named
from analysis.stats.distributions import check_level, chi2_upper, critical_value, f_upper, two_sided
from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    NoStudies,
    RankDeficient,
    TooFewStudies,
    UnknownOption,
)
from analysis.stats.glmm_fit import CountFit, Homogeneity, fit_counts, homogeneity, loglik_at_modes
from analysis.stats.glmm_models import (
    MODELS,
    RAW_COLUMNS,
    Events,
    Model,
    read_events,
    require_determined,
)
from analysis.stats.heterogeneity import heterogeneity
from analysis.stats.least_squares import rank_of
from analysis.stats.regression import design_matrix
from analysis.stats.results import Dropped, Effects, Pooled, Regression, frozen_array, plain

METHODS = {"ML": "ML", "CE": "CE", "FE": "CE", "EE": "CE"}


@dataclass(frozen=True, eq=False, kw_only=True)
class CountModel:
    """What a fit to counts has beside the usual columns.

    `model`: UM.FS, UM.RS, CM.EL, CM.AL or one group. `sigma2`: variance of the study effects (UM.RS). `q_lrt`: the
    likelihood ratio test of homogeneity (`q`: the Wald test), both on `q_df`. `loglik`: with all constants, marginal;
    `loglik_at_modes`: given the random effects at their modes, which is what metafor 3.8 prints for models that
    glmer fits with several nodes. `points`: nodes per random effect; 0 where nothing was integrated."""

    model: str = ""
    sigma2: float | None = None
    q_lrt: float = math.nan
    q_lrt_pval: float = math.nan
    loglik: float = math.nan
    loglik_at_modes: float = math.nan
    aic: float = math.nan
    parameters: int = 0
    points: int = 0

    def _extras(self) -> dict[str, Any]:
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(CountModel)}


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledCounts(CountModel, Pooled):
    """A `Pooled` from a model of the counts; `se_tau2` from the observed information."""

    def to_dict(self) -> dict[str, Any]:
        return {**Pooled.to_dict(self), "q_df": self.q_df, "se_tau2": plain(self.se_tau2), **self._extras()}


@dataclass(frozen=True, eq=False, kw_only=True)
class CountRegression(CountModel, Regression):
    """A `Regression` from a model of the counts, in which the moderators act on the effect."""

    def to_dict(self) -> dict[str, Any]:
        return {**Regression.to_dict(self), **self._extras()}


def glmm(
    measure: str,
    *,
    model: str | None = None,
    method: str = "ML",
    test: str = "z",
    level: float = 0.95,
    moderators: Mapping[str, Any] | None = None,
    points: int | None = None,
    drop00: bool = True,
    slab: Iterable[Any] | None = None,
    **columns: Any,
) -> PooledCounts | CountRegression:
    """Pool odds ratios, rate ratios, proportions or rates by a mixed model for the counts themselves.

        OR    ai bi ci di or ai n1i ci n2i    UM.FS (default), UM.RS, CM.EL, CM.AL
        IRR   x1i t1i x2i t2i                 UM.FS (default), UM.RS, CM.EL
        PLO   xi ni or xi mi                  logit = mu + u_i
        IRLN  xi ti                           log rate = mu + u_i

    `model`: fixed or random study effects (UM), or conditional on each study's events, exact or approximate (CM);
    see `glmm_models`. `method`: ML, or CE (FE, EE) for tau2 = 0. `test`: z, or t with k - p degrees of freedom.
    `moderators`: as in `regress`; the result is then a `CountRegression`. `points`: None integrates until the
    estimates move by less than 1e-8; a number takes just so many nodes per random effect, as glmer does (1 is
    Laplace's approximation; metafor uses 7, and 1 for UM.RS). `drop00`: leave out studies without events (or without
    non-events) in both groups; they carry information in UM.RS only, and are left out elsewhere in any case.

    Results are on the log or logit scale. I2 and H2 compare tau2 with the typical sampling variance, empty cells
    with 0.5 added for that purpose alone. `q` is the Wald and `q_lrt` the likelihood ratio test of homogeneity.

    Errors: `UnknownMeasure`, `UnknownOption`, `MissingColumns`, `InvalidValue` (counts that are not whole; no event
    in a group of any study), `NoStudies`, `TooFewStudies`, `RankDeficient`, `NotConverged`.
    Source: Stijnen et al. 2010; Jackson et al. 2018; Handbook 10.4.4. metafor: `rma.glmm(measure=, model=, ...)`."""
    moderators = as_named("moderators", moderators)
    name, method, level = _model_name(measure, model), _method(method), check_level(level)
    if test not in ("z", "t"):
        raise UnknownOption(f"There is no test {test!r} for models of counts; choose z or t.")
    if points is not None and (points != int(points) or not 1 <= points <= 100):
        raise UnknownOption(f"points is {points!r}; give a whole number from 1 to 100, or None.")
    given = {n: v for n, v in columns.items() if n in RAW_COLUMNS[measure] and v is not None}
    effects = effect_sizes(measure, slab=slab, add=0.5, **given)
    effects, events, design, names = _studies(measure, name, given, effects, moderators, drop00)
    require_determined(measure, events)
    k, p = design.shape
    notes: list[str] = []
    if k == p:
        if method == "ML":
            notes.append(
                "With no study to spare the variance between them cannot be estimated; it is taken as 0."
            )
        method, test = "CE", "z"
    scaled, turn = _orthogonal(design)
    built = MODELS[measure][name](events, scaled)
    common = fit_counts(built.counts.without_spread(built.counts.dimensions - 1), points)
    fit = fit_counts(built.counts, points) if method == "ML" else common
    tests = homogeneity(built, common, scaled, points)
    if tests.infinite:
        notes.append(
            f"{tests.infinite} of {k} studies have an infinite effect of their own and add nothing to the Wald "
            "test of homogeneity, so its p value is too large; read the likelihood ratio test."
        )
    if method == "ML" and fit.spread[-1] > 3.0:
        notes.append(
            f"A standard deviation of {fit.spread[-1]:.2g} between studies, on the log scale, is beyond what "
            "effects do; few studies here have events in both groups."
        )
    columns_of = _coefficients(built, fit, turn, test, level, k - p)
    shared = _shared(effects, design, built, fit, tests, method, test, level) | {
        "model": name,
        "notes": tuple(notes),
    }
    if moderators:
        return CountRegression(names=names, **columns_of, **_omnibus(columns_of, test, k), r2=None, **shared)
    single: dict[str, Any] = {
        n: float(v[0]) for n, v in columns_of.items() if n not in ("vcov", "coefficients")
    }
    estimate, se, tau2 = float(columns_of["coefficients"][0]), single["se"], shared["tau2"]
    margin = critical_value(level, shared["df"]) * math.sqrt(se**2 + tau2)
    random = method == "ML"
    return PooledCounts(
        estimate=estimate,
        **single,
        pi_low=estimate - margin if random else None,
        pi_high=estimate + margin if random else None,
        pi_method=("normal" if test == "z" else f"t with {k - 1} degrees of freedom") if random else None,
        **shared,
    )


def _coefficients(
    built: Model, fit: CountFit, turn: np.ndarray, test: str, level: float, df: int
) -> dict[str, Any]:
    """Estimates of the effect's coefficients on the scale of the moderators, with errors, tests and limits."""
    chosen = slice(built.first_effect, built.first_effect + len(turn))
    coefficients = turn @ fit.shared[chosen]
    vcov = turn @ fit.covariance[chosen, chosen] @ turn.T
    se = np.sqrt(np.diagonal(vcov))
    stat = coefficients / se
    margin = critical_value(level, None if test == "z" else df) * se
    return {
        "coefficients": frozen_array(coefficients),
        "se": frozen_array(se),
        "stat": frozen_array(stat),
        "pval": frozen_array([two_sided(s, None if test == "z" else df) for s in stat.tolist()]),
        "ci_low": frozen_array(coefficients - margin),
        "ci_high": frozen_array(coefficients + margin),
        "vcov": frozen_array(vcov),
    }


def _shared(
    effects: Effects,
    design: np.ndarray,
    built: Model,
    fit: CountFit,
    tests: Homogeneity,
    method: str,
    test: str,
    level: float,
) -> dict[str, Any]:
    """The fields that a pooled effect and a regression have in common."""
    k, p = design.shape
    several = built.first_effect == 1  # UM.RS: study effects have a variance as well
    random = method == "ML"
    tau = float(fit.spread[-1]) if random else 0.0
    h = heterogeneity(effects.yi, effects.vi, design, tau**2, common_effect=False)
    parameters = len(fit.shared) + len(fit.spread) + built.own_parameters
    return {
        "tau2": tau**2,
        "se_tau2": 2.0 * tau * math.sqrt(fit.covariance[-1, -1]) if tau > 0.0 else None,
        "sigma2": float(fit.spread[0]) ** 2 if several else None,
        "i2": h.i2,
        "h2": h.h2,
        "q": tests.wald,
        "q_df": k - p,
        "q_pval": chi2_upper(tests.wald, k - p),
        "q_lrt": tests.lrt,
        "q_lrt_pval": chi2_upper(tests.lrt, k - p),
        "k": k,
        "measure": effects.measure,
        "tau2_method": method,
        "test": test,
        "level": level,
        "df": None if test == "z" else k - p,
        "slab": effects.slab,
        "dropped": effects.dropped,
        "loglik": fit.loglik,
        "loglik_at_modes": loglik_at_modes(fit),
        "aic": 2.0 * parameters - 2.0 * fit.loglik,
        "parameters": parameters,
        "points": fit.points if fit.counts.dimensions else 0,
    }


def _omnibus(columns_of: Mapping[str, np.ndarray], test: str, k: int) -> dict[str, Any]:
    """The Wald test of all coefficients but the intercept: chi-squared, or F with test t."""
    b, vcov = columns_of["coefficients"][1:], columns_of["vcov"][1:, 1:]
    m, df = len(b), k - len(b) - 1
    qm = float(b @ np.linalg.solve(vcov, b))
    if test == "z":
        return {"qm": qm, "qm_df": (m,), "qm_pval": chi2_upper(qm, m)}
    return {"qm": qm / m, "qm_df": (m, df), "qm_pval": f_upper(qm / m, m, df)}


def _model_name(measure: str, model: str | None) -> str:
    if measure not in MODELS:
        raise UnknownOption(
            f"Models of counts exist for {', '.join(MODELS)}, not for {measure!r}. Use pool() for other measures."
        )
    known = MODELS[measure]
    if model is None or len(known) == 1:
        return next(iter(known))
    if model not in known:
        raise UnknownOption(f"There is no model {model!r} for {measure}; choose one of {', '.join(known)}.")
    return model


def _method(method: str) -> str:
    if method not in METHODS:
        raise UnknownOption(
            f"Models of counts are fitted by ML, or CE for a common effect; {method!r} is not one of them."
        )
    return METHODS[method]


def _studies(
    measure: str,
    model: str,
    given: Mapping[str, Any],
    effects: Effects,
    moderators: Mapping[str, Any] | None,
    drop00: bool,
) -> tuple[Effects, Events, np.ndarray, tuple[str, ...]]:
    """The effects, events and design of the studies that are used, with the others listed in `effects.dropped`."""
    columns = as_columns(given)
    _require_whole(measure, columns)
    events = read_events(measure, columns)
    why: dict[int, str] = {d.row: d.reason for d in effects.dropped}
    _, n = events.both
    _leave_out(why, np.any(n <= 0.0, axis=1), "A group has no people or no person-time.")
    if drop00 or model != "UM.RS":
        _leave_out(why, events.one_sided, "No events, or nothing but events, in both groups.")
    for name, values in (moderators or {}).items():
        if len(values) != len(effects):
            raise LengthMismatch(
                f"{name} has {len(values)} values for {len(effects)} studies; give one per study."
            )
        _leave_out(why, np.array([_blank(v) for v in values]), f"{name} is missing.")
    keep = np.array([row not in why for row in range(len(effects))], dtype=bool)
    if not np.any(keep):
        raise NoStudies("No study has events that a model of counts could use, so there is nothing to fit.")
    k = int(np.count_nonzero(keep))
    names: tuple[str, ...] = ("intrcpt",)
    design = np.ones((k, 1))
    if moderators:
        names, design = design_matrix(moderators, keep)
        if k < design.shape[1]:
            raise TooFewStudies(
                f"{design.shape[1]} coefficients need at least as many studies; there are {k}."
            )
        if rank_of(design) < design.shape[1]:
            raise RankDeficient(
                f"The moderators {', '.join(moderators)} repeat one another (or do not vary) in these {k} studies, "
                "so their coefficients cannot be told apart. Leave one out."
            )
    lost = tuple(Dropped(row, effects.slab[row], why[row]) for row in sorted(why))
    used = effects.select(keep)
    return dataclasses.replace(used, dropped=lost), events.rows(keep), design, names


def _leave_out(why: dict[int, str], rows: np.ndarray, reason: str) -> None:
    for row in np.flatnonzero(rows).tolist():
        why.setdefault(row, reason)


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return bool(np.isnan(as_columns({"moderator": [value]})["moderator"][0]))


def _require_whole(measure: str, columns: Mapping[str, np.ndarray]) -> None:
    for name, column in columns.items():
        if name in ("t1i", "t2i", "ti"):
            continue
        bad = np.flatnonzero(~np.isnan(column) & (column != np.round(column)))
        if bad.size:
            row = int(bad[0])
            raise InvalidValue(
                f"Row {row + 1}: {name} is {column[row]:g}, but it is a count, so it must be a whole number for a "
                "model of counts.",
                column=name,
                row=row,
            )


def _orthogonal(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The design with orthogonal columns of mean square 1, and the matrix that turns its coefficients back."""
    k, p = design.shape
    if p == 1 and np.all(design == 1.0):
        return design, np.eye(1)
    basis, triangle = np.linalg.qr(design)
    return basis * math.sqrt(k), np.linalg.inv(triangle) * math.sqrt(k)
