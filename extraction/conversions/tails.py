"""Two-sided quantiles of the normal and of Student's t distribution. No Django here."""

from __future__ import annotations


def z_of_p(p: float) -> float:
    """The z whose two-sided p value is ``p``, 0 or more; ``p`` in (0, 1]."""
    from scipy.special import ndtri

    return abs(float(ndtri(p / 2)))


def t_of_p(p: float, df: float) -> float:
    """The t with ``df`` degrees of freedom whose two-sided p value is ``p``, 0 or more."""
    from scipy.special import stdtrit

    return abs(float(stdtrit(df, p / 2)))


def z_of_level(level: float) -> float:
    """1.96 for a level of 0.95."""
    return z_of_p(1 - level)


def t_of_level(level: float, df: float) -> float:
    """Half the width of an interval at ``level``, in standard errors."""
    return t_of_p(1 - level, df)
