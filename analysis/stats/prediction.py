"""What a fitted model expects: effects at given moderators, and the true effects of the studies themselves.

    at x:     x'b,  variance x'Vx (V the covariance of b);  of a new study's true effect  x'Vx + tau2
    study i:  u_i = l y_i + (1 - l) x'b,  l = tau2/(tau2 + vi),  variance  l vi + (1 - l)^2 x'Vx

metafor: `predict(rma(...), newmods=)`, `blup(rma(...))`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns
from analysis.stats.distributions import check_level, critical_value
from analysis.stats.errors import MissingColumns, UnknownOption, ZeroVariance
from analysis.stats.fit_statistics import data_of
from analysis.stats.pooling import prediction_interval
from analysis.stats.results import Pooled, Regression, Result, frozen_array
from analysis.stats.tau2 import COMMON_EFFECT


@dataclass(frozen=True, eq=False)
class Predictions(Result):
    """Expected effects (n,) with their intervals; `pi_*` None for a common effect, `pi_method` names the variant."""

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    pi_low: np.ndarray | None
    pi_high: np.ndarray | None
    pi_method: str | None
    level: float


@dataclass(frozen=True, eq=False)
class Blups(Result):
    """The studies' own true effects, best linear unbiased predictions, with standard errors and intervals."""

    slab: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray
    level: float


def predict(
    result: Pooled | Regression,
    moderators: Mapping[str, Any] | None = None,
    *,
    level: float | None = None,
    prediction: str = "as test",
) -> Predictions:
    """Effects that a model of `pool` or `regress` expects, with confidence and prediction intervals.

    `moderators`: coefficient name -> one value per prediction, in the units of the model ("year": [1950, 1960]);
    for text moderators the indicator names ("alloc: random": [0, 1]). Indicators left out are 0; a number must be
    given. Without `moderators` the model's own rows. `prediction`: as in `pool`; t(k-1) and t(k-2) count from k -
    p. `level`: that of the result unless given. `natural_scale` for a measure is the caller's, through
    `back_transform`.

    Errors: `MissingColumns`, `UnknownOption`. Source: Handbook 10.11.4; Higgins, Thompson & Spiegelhalter 2009.
    metafor: `predict(fit, newmods=, pi.type=)`."""
    data = data_of(result)
    level = check_level(result.level if level is None else level)
    if isinstance(result, Pooled):
        rows, b, vcov = np.ones((1, 1)), np.array([result.estimate]), np.array([[result.se**2]])
    else:
        rows = data.design if moderators is None else _rows(result, moderators)
        b, vcov = result.coefficients, result.vcov
    variance = np.maximum(np.einsum("ij,jk,ik->i", rows, vcov, rows), 0.0)
    estimate, se = rows @ b, np.sqrt(variance)
    margin = critical_value(level, result.df) * se
    k, p = data.design.shape
    found = prediction_interval(
        estimate,
        np.sqrt(variance + result.tau2),
        prediction=prediction,
        residual_df=k - p,
        test_df=result.df,
        level=level,
    )
    if result.tau2_method in COMMON_EFFECT:
        found = None
    return Predictions(
        estimate=frozen_array(estimate),
        se=frozen_array(se),
        ci_low=frozen_array(estimate - margin),
        ci_high=frozen_array(estimate + margin),
        pi_low=None if found is None else frozen_array(found[0]),
        pi_high=None if found is None else frozen_array(found[1]),
        pi_method=None if found is None else found[2],
        level=level,
    )


def _rows(result: Regression, moderators: Mapping[str, Any]) -> np.ndarray:
    given = as_columns(moderators)
    strange = [name for name in given if name not in result.names]
    needed = [name for name in result.names if name != "intrcpt" and ": " not in name and name not in given]
    if strange or needed or not given:
        known = ", ".join(name for name in result.names if name != "intrcpt")
        what = f"{strange[0]} is not one of them" if strange else f"{(needed or ['one'])[0]} is missing"
        raise MissingColumns(f"The model has the moderators {known}; {what}.")
    n = len(next(iter(given.values())))
    rows = np.zeros((n, len(result.names)))
    for j, name in enumerate(result.names):
        rows[:, j] = 1.0 if name == "intrcpt" else given.get(name, 0.0)
    return rows


def blup(result: Pooled | Regression, *, level: float | None = None) -> Blups:
    """Each study's own true effect: its estimate drawn towards the mean (or the regression line) by its imprecision.

    Formula at the head of this module; intervals by z, or by t as in the test of the model. Errors:
    `UnknownOption` for a common-effect model, where all true effects are the mean, and for weights of one's own;
    `ZeroVariance`. Source: Robinson 1991, doi 10.1214/ss/1177011926; Raudenbush & Bryk 1985. metafor:
    `blup(rma(...))`."""
    data = data_of(result)
    if result.tau2_method in COMMON_EFFECT:
        raise UnknownOption(
            "Under a common effect every study's true effect is the pooled one; there is no BLUP."
        )
    if data.weights is not None:
        raise UnknownOption("Predictions of the studies' effects need a model without weights of one's own.")
    if np.any(data.vi + result.tau2 == 0.0):
        raise ZeroVariance("A sampling variance is zero and so is tau2, so the prediction is not defined.")
    level = check_level(result.level if level is None else level)
    expected = predict(result, level=level)  # one row for a pooled effect, one per study for a regression
    line, spread = expected.estimate, expected.se
    share = result.tau2 / (result.tau2 + data.vi)
    estimate = share * data.yi + (1.0 - share) * line
    se = np.sqrt(share * data.vi + (1.0 - share) ** 2 * spread**2)
    margin = critical_value(level, result.df) * se
    return Blups(
        slab=result.slab,
        estimate=frozen_array(estimate),
        se=frozen_array(se),
        pi_low=frozen_array(estimate - margin),
        pi_high=frozen_array(estimate + margin),
        level=level,
    )
