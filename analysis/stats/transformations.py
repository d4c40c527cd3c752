"""From the scale on which effects are pooled back to the one people read.

Ratios are pooled as logarithms, proportions as logits or arcsines, correlations as Fisher's z; the interval is
transformed by its ends. metafor: `predict(fit, transf=exp)`, `transf.ilogit`, `transf.iarcsin`, `transf.ipft`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.stats.errors import InvalidValue
from analysis.stats.results import Pooled


def logistic(x: np.ndarray) -> np.ndarray:
    """exp(x)/(1 + exp(x)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def sine_squared(x: np.ndarray) -> np.ndarray:
    """sin(x)^2, with x held within [0, pi/2], where asin sqrt p lies."""
    return np.sin(np.clip(x, 0.0, np.pi / 2.0)) ** 2


def square(x: np.ndarray) -> np.ndarray:
    """x^2, with x held at 0 or more."""
    return np.maximum(x, 0.0) ** 2


def freeman_tukey_inverse(x: np.ndarray, ni: float) -> np.ndarray:
    """The proportion behind a double arcsine value, for sample size `ni` (Miller 1978).

    p = (1 - sign(cos 2x) sqrt(1 - (sin 2x + (sin 2x - 1/sin 2x)/n)^2))/2, held within [0, 1]; for a pooled value
    `ni` is by convention the harmonic mean of the sizes, a choice that moves the result (Schwarzer et al.
    2019)."""
    x = np.asarray(x, dtype=float)
    n = np.asarray(ni, dtype=float)
    low = np.arcsin(np.sqrt(1.0 / (n + 1.0))) / 2.0  # the value of x = 0 events
    high = (np.arcsin(np.sqrt(n / (n + 1.0))) + np.pi / 2.0) / 2.0
    inside = np.clip(x, low, high)
    s = np.sin(2.0 * inside)
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(0.0, 1.0 - (s + (s - 1.0 / s) / n) ** 2))
    p = 0.5 * (1.0 - np.sign(np.cos(2.0 * inside)) * root)
    return np.where(x <= low, 0.0, np.where(x >= high, 1.0, p))


#: Measure -> (function, what the result is called). A measure that is not here is read on its own scale.
NATURAL_SCALE: dict[str, tuple[Callable[..., np.ndarray], str]] = {
    "OR": (np.exp, "odds ratio"),
    "PETO": (np.exp, "odds ratio"),
    "RR": (np.exp, "risk ratio"),
    "ROM": (np.exp, "ratio of means"),
    "IRR": (np.exp, "rate ratio"),
    "IRLN": (np.exp, "rate"),
    "IRS": (square, "rate"),
    "PLN": (np.exp, "proportion"),
    "PLO": (logistic, "proportion"),
    "PAS": (sine_squared, "proportion"),
    "PFT": (freeman_tukey_inverse, "proportion"),
    "ZCOR": (np.tanh, "correlation"),
}


def back_transform(values: Any, measure: str, *, ni: float | None = None) -> np.ndarray:
    """Values of `measure` (any shape) on the natural scale; PFT needs `ni`, a sample size.

    Measures pooled on their natural scale (RD, MD, SMD, PR, ...) come back unchanged."""
    values = np.asarray(values, dtype=float)
    function, _ = NATURAL_SCALE.get(measure, (None, ""))
    if function is None:
        return values
    if measure == "PFT":
        if ni is None:
            raise InvalidValue(
                "Give ni, the sample size at which double arcsine values are turned back.", column="ni"
            )
        return function(values, ni)
    return function(values)


def harmonic_mean(ni: Any) -> float:
    """n / sum(1/ni): the conventional sample size for turning back a pooled PFT."""
    sizes = np.asarray(ni, dtype=float)
    return float(len(sizes) / np.sum(1.0 / sizes))


def natural_scale(pooled: Pooled, *, ni: float | None = None) -> dict[str, Any]:
    """Estimate, confidence and prediction limits of a pooled effect on the natural scale, and that scale's name.

    Keys: scale, estimate, ci_low, ci_high, pi_low, pi_high (None where there is none). `ni`: PFT only."""
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    values = [getattr(pooled, name) for name in names]
    turned = [None if v is None else float(back_transform(v, pooled.measure, ni=ni)) for v in values]
    return {
        "scale": NATURAL_SCALE.get(pooled.measure, (None, ""))[1],
        **dict(zip(names, turned, strict=True)),
    }
