"""Quantiles and tail probabilities of z, t, chi-squared and F.

scipy is imported when the first number is asked for, not when `analysis.stats` is imported: that keeps the
import of the package under 0.3 s, which every management command and worker pays."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np

from analysis.stats.errors import UnknownOption


@cache
def special() -> Any:
    """scipy.special, imported when first asked for."""
    import scipy.special

    return scipy.special


def z_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution (R: qnorm)."""
    return float(special().ndtri(probability))


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t with `df` degrees of freedom (R: qt)."""
    return float(special().stdtrit(df, probability))


def chi2_quantile(probability: float, df: float) -> float:
    """Quantile of chi-squared with `df` degrees of freedom (R: qchisq)."""
    return float(2.0 * special().gammaincinv(df / 2.0, probability))


def z_two_sided_each(stats: np.ndarray) -> np.ndarray:
    """P(|Z| >= |stat|) for every element."""
    return np.asarray(special().erfc(np.abs(stats) / math.sqrt(2.0)))


def z_two_sided(stat: float) -> float:
    """P(|Z| >= |stat|)."""
    return math.erfc(abs(stat) / math.sqrt(2.0))


def t_two_sided(stat: float, df: float) -> float:
    """P(|T| >= |stat|) with `df` degrees of freedom, by the incomplete beta function (accurate in the tail)."""
    if math.isinf(stat):
        return 0.0
    return float(special().betainc(df / 2.0, 0.5, df / (df + stat * stat)))


def chi2_upper(stat: float, df: float) -> float:
    """P(chi-squared >= stat); 1 when there are no degrees of freedom, as metafor reports it."""
    return 1.0 if df <= 0 else float(special().chdtrc(df, max(stat, 0.0)))


def f_upper(stat: float, df1: float, df2: float) -> float:
    """P(F >= stat)."""
    return 0.0 if math.isinf(stat) else float(special().fdtrc(df1, df2, max(stat, 0.0)))


def check_level(level: float) -> float:
    """A confidence level strictly between 0 and 1."""
    if not isinstance(level, (int, float)) or not 0.0 < level < 1.0:
        raise UnknownOption(
            f"The confidence level is {level!r}; give a fraction between 0 and 1, such as 0.95."
        )
    return float(level)


@lru_cache(maxsize=256)
def critical_value(level: float, df: float | None) -> float:
    """Two-sided critical value of z (df None) or t for a confidence level such as 0.95."""
    probability = 0.5 + level / 2.0
    return z_quantile(probability) if df is None else t_quantile(probability, df)


def two_sided(stat: float, df: float | None) -> float:
    """Two-sided p value of z (df None) or t."""
    return z_two_sided(stat) if df is None else t_two_sided(stat, df)
