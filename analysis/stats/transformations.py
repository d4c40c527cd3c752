"""From the scale on which effects are pooled back to the one people read.

Ratios are pooled as logarithms, proportions as logits or arcsines, correlations as Fisher's z; the interval is
transformed by its ends. metafor: `predict(fit, transf=exp)`, `transf.ilogit`, `transf.iarcsin`, `transf.ipft`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.stats.errors import InvalidValue
from analysis.stats.results import Pooled

# ---------------------------------------------------------------- there


def logit(p: Any) -> np.ndarray:
    """log(p/(1 - p)). metafor: `transf.logit`."""
    p = np.asarray(p, dtype=float)
    return np.log(p / (1.0 - p))


def arcsine(p: Any) -> np.ndarray:
    """asin sqrt p. metafor: `transf.arcsin`."""
    return np.arcsin(np.sqrt(np.asarray(p, dtype=float)))


def freeman_tukey(p: Any, ni: Any) -> np.ndarray:
    """(asin sqrt(x/(n+1)) + asin sqrt((x+1)/(n+1)))/2 with x = n p (Freeman & Tukey 1950). metafor: `transf.pft`."""
    n = np.asarray(ni, dtype=float)
    x = n * np.asarray(p, dtype=float)
    return (np.arcsin(np.sqrt(x / (n + 1.0))) + np.arcsin(np.sqrt((x + 1.0) / (n + 1.0)))) / 2.0


def freeman_tukey_rate(rate: Any, ti: Any) -> np.ndarray:
    """(sqrt(x/t) + sqrt((x + 1)/t))/2 with x = t times the rate (Freeman & Tukey 1950). metafor: `transf.irft`."""
    rate = np.asarray(rate, dtype=float)
    return (np.sqrt(rate) + np.sqrt(rate + 1.0 / np.asarray(ti, dtype=float))) / 2.0


def alpha_cube_root(alpha: Any) -> np.ndarray:
    """1 - (1 - alpha)^(1/3) (Hakstian & Whalen 1976). metafor: `transf.ahw`."""
    return 1.0 - np.cbrt(1.0 - np.asarray(alpha, dtype=float))


def alpha_log(alpha: Any) -> np.ndarray:
    """-log(1 - alpha) (Bonett 2002). metafor: `transf.abt`."""
    return -np.log1p(-np.asarray(alpha, dtype=float))


# ---------------------------------------------------------------- and back


def logistic(x: np.ndarray) -> np.ndarray:
    """exp(x)/(1 + exp(x)), without overflow. metafor: `transf.ilogit`."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=float)))


def sine_squared(x: np.ndarray) -> np.ndarray:
    """sin(x)^2, with x held within [0, pi/2], where asin sqrt p lies. metafor: `transf.iarcsin`."""
    return np.sin(np.clip(x, 0.0, np.pi / 2.0)) ** 2


def square(x: np.ndarray) -> np.ndarray:
    """x^2, with x held at 0 or more. metafor: `transf.isqrt`."""
    return np.maximum(x, 0.0) ** 2


def freeman_tukey_inverse(x: np.ndarray, ni: float) -> np.ndarray:
    """The proportion behind a double arcsine value, for sample size `ni` (Miller 1978).

    p = (1 - sign(cos 2x) sqrt(1 - (sin 2x + (sin 2x - 1/sin 2x)/n)^2))/2, held within [0, 1]; for a pooled value
    `ni` is by convention the harmonic mean of the sizes, a choice that moves the result (Schwarzer et al.
    2019). metafor: `transf.ipft`, and `transf.ipft.hm` with the harmonic mean."""
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


def freeman_tukey_rate_inverse(x: np.ndarray, ti: float) -> np.ndarray:
    """The rate behind a Freeman-Tukey value, for person-time `ti`: (x - 1/(4 x t))^2, 0 below the value of no events.

    For a pooled value `ti` is by convention the harmonic mean of the person-times. metafor: `transf.iirft`."""
    x = np.asarray(x, dtype=float)
    t = np.asarray(ti, dtype=float)
    low = np.sqrt(1.0 / t) / 2.0
    inside = np.maximum(x, low)
    return np.where(x <= low, 0.0, (inside - 1.0 / (4.0 * inside * t)) ** 2)


def cube_root_alpha(x: np.ndarray) -> np.ndarray:
    """1 - (1 - x)^3. metafor: `transf.iahw`."""
    return 1.0 - (1.0 - np.asarray(x, dtype=float)) ** 3


def log_alpha(x: np.ndarray) -> np.ndarray:
    """1 - exp(-x). metafor: `transf.iabt`."""
    return -np.expm1(-np.asarray(x, dtype=float))


def tanh_squared(x: np.ndarray) -> np.ndarray:
    """tanh(x)^2, with x held at 0 or more."""
    return np.tanh(np.maximum(x, 0.0)) ** 2


Back = tuple[Callable[..., np.ndarray], str]


def _same(names: str, function: Callable[..., np.ndarray], scale: str) -> dict[str, Back]:
    return dict.fromkeys(names.split(), (function, scale))


#: Measure -> (function, what the result is called). A measure that is not here is read on its own scale.
NATURAL_SCALE: dict[str, Back] = {
    **_same("OR PETO MPOR MPORC MPORM MPPETO D2ORL D2ORN", np.exp, "odds ratio"),
    **_same("RR MPRR", np.exp, "risk ratio"),
    **_same("ROM ROMC", np.exp, "ratio of means"),
    **_same("VR VRC", np.exp, "ratio of standard deviations"),
    **_same("CVR CVRC", np.exp, "ratio of coefficients of variation"),
    **_same("MNLN", np.exp, "mean"),
    **_same("SDLN", np.exp, "standard deviation"),
    **_same("CVLN", np.exp, "coefficient of variation"),
    **_same("IRR", np.exp, "rate ratio"),
    **_same("OE", np.exp, "hazard ratio"),
    **_same("REH", np.exp, "relative excess heterozygosity"),
    **_same("IRLN", np.exp, "rate"),
    **_same("IRS", square, "rate"),
    **_same("IRFT", freeman_tukey_rate_inverse, "rate"),
    **_same("PLN", np.exp, "proportion"),
    **_same("PLO", logistic, "proportion"),
    **_same("PAS", sine_squared, "proportion"),
    **_same("PFT", freeman_tukey_inverse, "proportion"),
    **_same("ZCOR ZPCOR ZSPCOR ZPHI ZTET ZPB ZBIS", np.tanh, "correlation"),
    **_same("ZR2", tanh_squared, "coefficient of determination"),
    **_same("AHW", cube_root_alpha, "Cronbach's alpha"),
    **_same("ABT", log_alpha, "Cronbach's alpha"),
}

#: Measures whose way back needs a sample size or a person-time, and the argument that gives it.
NEEDS_SIZE = {"PFT": "ni", "IRFT": "ti"}


def back_transform(
    values: Any, measure: str, *, ni: float | None = None, ti: float | None = None
) -> np.ndarray:
    """Values of `measure` (any shape) on the natural scale; PFT needs `ni`, a sample size, and IRFT `ti`, a
    person-time.

    Measures pooled on their natural scale (RD, MD, SMD, PR, ...) come back unchanged. Errors: `InvalidValue`
    without the size that is needed, or one that is not above 0."""
    values = np.asarray(values, dtype=float)
    function, _ = NATURAL_SCALE.get(measure, (None, ""))
    if function is None:
        return values
    if measure not in NEEDS_SIZE:
        return function(values)
    name = NEEDS_SIZE[measure]
    size = ni if name == "ni" else ti
    if size is None:
        what = "sample size" if name == "ni" else "person-time"
        raise InvalidValue(
            f"Give {name}, the {what} at which {'double arcsine' if name == 'ni' else 'Freeman-Tukey'} values are "
            "turned back.",
            column=name,
        )
    if not np.all(np.isfinite(size)) or not np.all(np.asarray(size) > 0):
        raise InvalidValue(f"{name} is {size}, but it must be above 0.", column=name)
    return function(values, size)


def harmonic_mean(ni: Any) -> float:
    """n / sum(1/ni): the conventional sample size for turning back a pooled PFT, or person-time for IRFT."""
    sizes = np.asarray(ni, dtype=float)
    return float(len(sizes) / np.sum(1.0 / sizes))


def natural_scale(pooled: Pooled, *, ni: float | None = None, ti: float | None = None) -> dict[str, Any]:
    """Estimate, confidence and prediction limits of a pooled effect on the natural scale, and that scale's name.

    Keys: scale, estimate, ci_low, ci_high, pi_low, pi_high (None where there is none). `ni`: PFT only; `ti`: IRFT
    only."""
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    values = [getattr(pooled, name) for name in names]
    turned = [None if v is None else float(back_transform(v, pooled.measure, ni=ni, ti=ti)) for v in values]
    return {
        "scale": NATURAL_SCALE.get(pooled.measure, (None, ""))[1],
        **dict(zip(names, turned, strict=True)),
    }
