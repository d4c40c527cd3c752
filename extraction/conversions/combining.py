"""Combined p values, and I2 from a reported Q. No Django here."""

from __future__ import annotations

from math import exp, log, sqrt

from .base import Group, Input, Values, require
from .spread import LEVEL
from .tails import z_of_level

conversion = Group()

Q = Input("Cochran's Q", "not negative")
K = Input("studies", "sample")


@conversion(
    "pvalues.fisher",
    inputs={"p": Input("one-sided p values, all in the same direction", "p", depth=1)},
    outputs={"chi2": "chi-squared", "df": "degrees of freedom", "p": "combined p value"},
    formula="chi2 = -2 * sum of ln(p); df = 2k",
    source="Fisher 1932, Statistical Methods for Research Workers",
    caution="Says that at least one effect is not null, not how large it is.",
)
def fisher(p: tuple[float, ...]) -> Values:
    """Combined p value by Fisher's method."""
    from scipy.special import chdtrc

    chi2, df = -2 * sum(log(part) for part in p), 2 * len(p)
    return {"chi2": chi2, "df": df, "p": float(chdtrc(df, chi2))}


@conversion(
    "pvalues.stouffer",
    inputs={"p": Input("one-sided p values, all in the same direction", "share", depth=1)},
    outputs={"z": "combined z", "p": "combined p value, one-sided"},
    formula="z = sum of Phi^-1(1 - p) / sqrt(k)",
    source="Stouffer et al. 1949, The American Soldier",
    caution="Says that at least one effect is not null, not how large it is.",
)
def stouffer(p: tuple[float, ...]) -> Values:
    """Combined p value by Stouffer's method."""
    from scipy.special import ndtr, ndtri

    z = -sum(float(ndtri(part)) for part in p) / sqrt(len(p))
    return {"z": z, "p": float(ndtr(-z))}


@conversion(
    "i2.from_q",
    inputs={"Q": Q, "k": K},
    outputs={"I2": "I2, percent", "H": "H"},
    formula="I2 = 100 * (Q - (k - 1)) / Q, 0 or more; H = sqrt(Q / (k - 1)), 1 or more",
    source="Higgins & Thompson 2002, Stat Med 21:1539",
)
def i2_from_q(Q: float, k: int) -> Values:
    """I2 and H from Cochran's Q."""
    h2 = max(1.0, Q / (k - 1))
    return {"I2": 100 * (1 - 1 / h2), "H": sqrt(h2)}


@conversion(
    "i2.ci_test_based",
    inputs={"Q": Q, "k": K, "level": LEVEL},
    outputs={"H": "H", "H_ci": "its interval", "I2": "I2, percent", "I2_ci": "its interval, percent"},
    formula="H_ci = exp(ln(H) -+ z(level) * se), 1 or more; I2 = 100 * (H^2 - 1) / H^2; "
    "se = (ln(Q) - ln(k - 1)) / (2 * (sqrt(2*Q) - sqrt(2*k - 3))) if Q > k, "
    "else sqrt((1 - 1/(3*(k - 2)^2)) / (2*(k - 2)))",
    source="Higgins & Thompson 2002, Stat Med 21:1539 (test-based)",
)
def i2_ci_test_based(Q: float, k: int, level: float) -> Values:
    """I2 and H from Cochran's Q with test-based intervals."""
    require(
        k < Q or k > 2,
        "with two studies and a Q up to 2 there is no interval. Report Q and its p value.",
        "k",
    )
    h = sqrt(max(1.0, Q / (k - 1)))
    if k < Q:
        se = (log(Q) - log(k - 1)) / (2 * (sqrt(2 * Q) - sqrt(2 * k - 3)))
    else:
        se = sqrt((1 - 1 / (3 * (k - 2) ** 2)) / (2 * (k - 2)))
    half = z_of_level(level) * se
    ends = (max(1.0, exp(log(h) - half)), max(1.0, exp(log(h) + half)))
    return {"H": h, "H_ci": ends, "I2": _i2(h), "I2_ci": (_i2(ends[0]), _i2(ends[1]))}


def _i2(h: float) -> float:
    return 100 * (1 - 1 / h**2)
