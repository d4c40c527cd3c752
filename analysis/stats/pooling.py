"""Pooling effects under a common-effect or a random-effects model.

    weights  w = 1/(vi + tau2);  estimate  sum w y / sum w;  variance  1/sum w

and with weights a of one's own: estimate sum a y / sum a, variance sum a^2 (vi + tau2) / (sum a)^2. The model is
the intercept-only case of the regression fitted by `fit_model`, which `regression` uses too. Handbook 10.3 and
10.10.4; metafor: `rma(yi, vi, method=, test=, level=)` and `predict()`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns
from analysis.stats.distributions import check_level, critical_value, two_sided
from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    NoStudies,
    RankDeficient,
    TooFewStudies,
    UnknownOption,
)
from analysis.stats.generalised_q import generalised_q
from analysis.stats.heterogeneity import heterogeneity
from analysis.stats.least_squares import WeightedFit, dispersion, rank_of, weighted_fit
from analysis.stats.moments import MeanOfOne, moments_of
from analysis.stats.results import Effects, Heterogeneity, ModelData, Pooled, frozen_array
from analysis.stats.tau2 import COMMON_EFFECT, Estimator, estimate_tau2, estimator_name


def _unscaled(ratio: float) -> float:
    return 1.0


def _knapp_hartung(ratio: float) -> float:
    return ratio


def _knapp_hartung_adhoc(ratio: float) -> float:
    return max(1.0, ratio)


#: What each test multiplies the variance by, given RSS/(k - p); t-based unless the name is z.
TESTS: dict[str, Callable[[float], float]] = {
    "z": _unscaled,
    "t": _unscaled,
    "knha": _knapp_hartung,
    "adhoc": _knapp_hartung_adhoc,
}
OTHER_SPELLINGS = {"hksj": "knha", "hk": "knha", "knapp-hartung": "knha"}


#: Degrees of freedom of a prediction interval, given those of the residuals (k - 1 in pooling) and of the test.
PREDICTIONS: dict[str, Callable[[int, int | None], int | None]] = {
    "as test": lambda residual, test: test,
    "z": lambda residual, test: None,
    "t(k-1)": lambda residual, test: residual,
    "t(k-2)": lambda residual, test: residual - 1,
}
OTHER_PREDICTIONS = {"normal": "z", "metafor": "as test", "hts": "t(k-2)", "v": "t(k-1)"}


@dataclass(frozen=True)
class ModelFit:
    """The numbers of a fitted model before they are given names; arrays of length p (and (p, p), (k,)).

    `factor`: what the test multiplied the covariance of the coefficients by to give `vcov`."""

    coefficients: np.ndarray
    vcov: np.ndarray
    factor: float
    se: np.ndarray
    stat: np.ndarray
    pval: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    tau2: float
    se_tau2: float | None
    method: str
    test: str
    df: int | None
    level: float
    weights: np.ndarray
    heterogeneity: Heterogeneity
    notes: tuple[str, ...]


NOT_MEANT = "The Knapp-Hartung method is meant for random effects; with a common effect it mixes two models."
NARROWER = (
    "The Knapp-Hartung interval is narrower than that of the z test, because these effects differ even less than "
    "chance alone would let expect; do not read it as precision, and see test z or adhoc beside it."
)


def test_name(test: str) -> str:
    """The dictionary's spelling of a test: z, t, knha (Knapp-Hartung) or adhoc."""
    name = str(test).lower()
    name = OTHER_SPELLINGS.get(name, name)
    if name not in TESTS:
        raise UnknownOption(f"There is no test {test!r}; choose one of {', '.join(TESTS)}.")
    return name


def fit_model(
    yi: np.ndarray,
    vi: np.ndarray,
    design: np.ndarray,
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
    weights: np.ndarray | None = None,
) -> ModelFit:
    """Fit y = Xb + u + e, var(u) = tau2, var(e) = vi, for finite arrays (k,), (k,), (k, p) of full rank, k >= p.

    `weights` A (k,) of one's own change the coefficients, b = (X'AX)^-1 X'Ay, and their covariance,
    (X'AX)^-1 X'A(V + tau2)AX (X'AX)^-1; tau2 (but for GENQ) and RSS below do not depend on them.

    Knapp-Hartung multiplies the covariance (X'WX)^-1 by RSS/(k - p), RSS weighted by 1/(vi + tau2), and uses t with
    k - p degrees of freedom; adhoc holds the multiplier at 1 or more. With k = p the test is z, as in metafor. A
    Knapp-Hartung interval that is narrower than the Wald interval comes with a note (Roever, Knapp & Friede 2015,
    doi 10.1186/s12874-015-0091-1)."""
    k, p = design.shape
    test, level = test_name(test), check_level(level)
    _check_range(yi, vi)
    method = getattr(tau2, "__name__", "function") if callable(tau2) else estimator_name(tau2)
    notes = []
    if k == p and test != "z":
        test = "z"
        notes.append("The test is z: with no degrees of freedom left there is no t or Knapp-Hartung test.")
    if p > 1 and np.max(vi) > 1e7 * np.min(vi):
        notes.append(
            "The largest sampling variance is more than ten million times the smallest; with moderators the later "
            "digits of the results cannot be relied on."
        )
    moments = moments_of(yi, vi, design) if k > p and vi.min() > 0.0 else None
    value, se_value = estimate_tau2(tau2, yi, vi, design, moments)
    common = method in COMMON_EFFECT
    inverse_variances = 1.0 / (vi + value)
    if isinstance(moments, MeanOfOne):
        m = moments.recall(value)
        coefficients, covariance = np.array([m.mean]), np.array([[1.0 / m.total]])
        ratio = dispersion(yi, inverse_variances, m.rss, k - p)
    else:
        fit = weighted_fit(yi, design, inverse_variances)
        coefficients, covariance, ratio = fit.coefficients, fit.covariance, fit.dispersion(yi)
    factor = TESTS[test](ratio)
    if weights is not None:
        coefficients, covariance = _own_weights(yi, vi + value, design, weights)
    vcov = factor * covariance
    se = np.sqrt(np.diagonal(vcov))
    df = None if test == "z" else k - p
    if se.min() == 0.0:
        notes.append(
            "The effects are identical, so the Knapp-Hartung standard error is 0 and says nothing about precision; "
            "use test adhoc or z."
        )
    elif test == "knha" and math.sqrt(factor) * critical_value(level, df) < critical_value(level, None):
        notes.append(NARROWER)
    if common and test in ("knha", "adhoc"):
        notes.append(NOT_MEANT)
    stat = coefficients / se if se.min() > 0.0 else _quietly(coefficients, se)
    margin = critical_value(level, df) * se
    return ModelFit(
        coefficients=coefficients,
        vcov=vcov,
        factor=factor,
        se=se,
        stat=stat,
        pval=np.array([two_sided(s, df) if not math.isnan(s) else math.nan for s in stat.tolist()]),
        ci_low=coefficients - margin,
        ci_high=coefficients + margin,
        tau2=value,
        se_tau2=se_value,
        method=method,
        test=test,
        df=df,
        level=level,
        weights=inverse_variances if weights is None else weights,
        heterogeneity=heterogeneity(yi, vi, design, value, common_effect=common, moments=moments),
        notes=tuple(notes),
    )


def _quietly(values: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """values/spread where a spread is 0: infinite, or nan."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return values / spread


def _own_weights(
    yi: np.ndarray, variances: np.ndarray, design: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and covariance under weights that are not the inverse variances; a weight of 0 is allowed."""
    used = weights > 0.0
    if rank_of(design[used]) < design.shape[1]:
        raise RankDeficient(
            "The studies with a weight above 0 are too few or too alike to tell the coefficients apart; give more of "
            "them a weight."
        )
    fit: WeightedFit = weighted_fit(yi[used], design[used], weights[used])
    inverse = np.linalg.inv(fit.triangle)
    bread = inverse @ (fit.basis * np.sqrt(weights[used])[:, None]).T  # (X'AX)^-1 X'A
    return fit.coefficients, (bread * variances[used]) @ bread.T


def own_weights(weights: object, keep: np.ndarray) -> np.ndarray | None:
    """Weights for the rows kept, given one per row of the effects; None stays None."""
    if weights is None:
        return None
    values = as_columns({"weights": weights})["weights"]
    if len(values) != len(keep):
        raise LengthMismatch(f"There are {len(values)} weights for {len(keep)} studies; give one per study.")
    chosen = values[keep]
    bad = np.flatnonzero(keep)[~(np.isfinite(chosen) & (chosen >= 0.0))]
    if bad.size:
        row = int(bad[0])
        raise InvalidValue(
            f"Row {row + 1}: the weight is {values[row]:g}, but a weight is a number of 0 or more.",
            column="weights",
            row=row,
        )
    if not np.any(chosen > 0.0):
        raise InvalidValue("All weights are 0, so there is nothing to average.", column="weights")
    return chosen


def named_estimator(tau2: str | Estimator, weights: np.ndarray | None) -> str | Estimator:
    """GENQ with its weights as an estimator; every other name or function as it is."""
    if callable(tau2) or str(tau2).upper() not in ("GENQ", "GENQM"):
        return tau2
    if weights is None:
        raise UnknownOption(
            f"The estimator {tau2} needs weights: give one per study, for instance 1/sqrt(vi)."
        )
    return generalised_q(weights, median=str(tau2).upper() == "GENQM")


def prediction_interval(
    centre: np.ndarray | float,
    spread: np.ndarray | float,
    *,
    prediction: str,
    residual_df: int,
    test_df: int | None,
    level: float,
) -> tuple[Any, Any, str] | None:
    """centre -/+ c spread by a variant named in `PREDICTIONS`, with its name; None without degrees of freedom."""
    name = str(prediction).lower()
    name = OTHER_PREDICTIONS.get(name, name)
    if name not in PREDICTIONS:
        known = ", ".join(PREDICTIONS)
        raise UnknownOption(f"There is no prediction interval {prediction!r}; choose one of {known}.")
    df = PREDICTIONS[name](residual_df, test_df)
    if df is not None and df < 1:
        return None
    method = "normal" if df is None else f"t with {df} degree{'s' if df > 1 else ''} of freedom"
    margin = critical_value(level, df) * spread
    return centre - margin, centre + margin, method


def _check_range(yi: np.ndarray, vi: np.ndarray) -> None:
    """Refuse numbers whose squares and cubed inverses would leave the range of double precision."""
    least = vi.min()
    if least == 0.0:
        least = np.min(vi[vi > 0.0], initial=1.0)
    if max(yi.max(), -yi.min(), vi.max()) > 1e50 or least < 1e-50:
        raise InvalidValue(
            "An effect or a variance is larger than 1e50, or a variance smaller than 1e-50: too far from 1 to "
            "calculate with. Check the units of the data."
        )


def pool(
    effects: Effects,
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
    prediction: str = "as test",
    weights: object = None,
) -> Pooled:
    """Pool effects: inverse-variance weighted mean with its interval, heterogeneity and prediction interval.

    `effects`: from `effect_sizes`. `tau2`: a name in `ESTIMATORS` (CE, FE and EE are the common-effect model; DL,
    HE, HS, HSk, SJ, ML, REML, EB, PM, PMM) or a function (yi, vi, design) -> (tau2, se). `test`: z, t, knha or
    adhoc. `level`: of both intervals, 0.95 for 95 %.

    Prediction interval: estimate -/+ c sqrt(se^2 + tau2). `prediction` "as test": c from z (test z) or t with k - 1
    degrees of freedom (the other tests), metafor's `predict()`; "z"; "t(k-1)" (meta's V, or HK with test knha);
    "t(k-2)" (Higgins, Thompson & Spiegelhalter; with knha that of Partlett & Riley). `pi_method` names it. A
    common effect has none. k = 1 returns the study's own effect with tau2 = 0.

    `weights`: one per row of `effects`, to replace the inverse variances in the mean; tau2 is then still
    estimated as named, except by "GENQ" (generalised Q with these weights; "GENQM" is its median-unbiased
    sibling).

    Errors: `NoStudies`, `UnknownEstimator`, `UnknownOption`, `ZeroVariance`, `NotConverged`, `InvalidValue`.
    Source: Handbook 10.3, 10.10.4; Knapp & Hartung 2003, doi 10.1002/sim.1482; prediction: Higgins, Thompson &
    Spiegelhalter 2009; Riley, Higgins & Deeks 2011; Partlett & Riley 2017. metafor: `rma(yi, vi, method=, test=,
    level=, weights=)`."""
    keep = effects.usable
    yi = effects.yi[keep]
    if not len(yi):
        raise NoStudies(_nothing_left(effects))
    data = ModelData(yi, effects.vi[keep], np.ones((len(yi), 1)), own_weights(weights, keep))
    tau2 = named_estimator(tau2, data.weights)
    fit = fit_model(yi, data.vi, data.design, tau2=tau2, test=test, level=level, weights=data.weights)
    estimate, se = float(fit.coefficients[0]), float(fit.se[0])
    notes = list(fit.notes)
    predicted = _predicted(fit, prediction, len(yi), notes)
    if len(yi) == 1:
        notes.append("One study: nothing to pool, its own effect is shown.")
    h = fit.heterogeneity
    return Pooled(
        estimate=estimate,
        se=se,
        ci_low=float(fit.ci_low[0]),
        ci_high=float(fit.ci_high[0]),
        stat=float(fit.stat[0]),
        pval=float(fit.pval[0]),
        tau2=fit.tau2,
        i2=h.i2,
        h2=h.h2,
        q=h.q,
        q_pval=h.q_pval,
        q_df=h.q_df,
        pi_low=predicted[0],
        pi_high=predicted[1],
        pi_method=predicted[2],
        k=len(yi),
        measure=effects.measure,
        tau2_method=fit.method,
        test=fit.test,
        level=fit.level,
        df=fit.df,
        se_tau2=fit.se_tau2,
        slab=effects.slab if len(yi) == len(keep) else tuple(compress(effects.slab, keep)),
        weights=frozen_array(fit.weights / np.add.reduce(fit.weights)),
        dropped=effects.dropped,
        notes=tuple(notes),
        data=data,
    )


def _predicted(
    fit: ModelFit, prediction: str, k: int, notes: list[str]
) -> tuple[float | None, float | None, str | None]:
    """Lower and upper limit and the name of the prediction interval; None for each where there is none."""
    estimate, spread = float(fit.coefficients[0]), math.sqrt(float(fit.vcov[0, 0]) + fit.tau2)
    found = prediction_interval(
        estimate, spread, prediction=prediction, residual_df=k - 1, test_df=fit.df, level=fit.level
    )
    if fit.method in COMMON_EFFECT:
        return None, None, None
    if found is None:
        notes.append(f"A prediction interval with {prediction} needs more than {k} studies; there is none.")
        return None, None, None
    return found


def need_studies(effects: Effects, least: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The usable yi and vi, or `NoStudies`/`TooFewStudies` naming what needs more of them."""
    keep = effects.usable
    k = int(np.count_nonzero(keep))
    if k == 0:
        raise NoStudies(_nothing_left(effects))
    if k < least:
        studies = "1 study" if k == 1 else f"{k} studies"
        raise TooFewStudies(f"{what} at least {least} studies, and this is {studies}.")
    return effects.yi[keep], effects.vi[keep]


def _nothing_left(effects: Effects) -> str:
    if not len(effects):
        return "There are no studies to pool."
    first = effects.dropped[0] if effects.dropped else None
    why = f" The first, {first.label}: {first.reason}" if first else ""
    return f"None of the {len(effects)} rows has an effect and a variance, so there is nothing to pool.{why}"
