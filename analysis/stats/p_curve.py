"""The p-curve: do the significant p values look like those of a true effect?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import z_quantile
from analysis.stats.errors import TooFewStudies
from analysis.stats.results import Effects, Result, frozen_array
from analysis.stats.small_study import studies_with_variance

ALPHA = 0.05
FLAT_POWER = 1.0 / 3.0


@dataclass(frozen=True, eq=False)
class PCurve(Result):
    """Of `k` studies `significant` have p < 0.05 and `half` p < 0.025.

    `z_*`, `p_*`: Stouffer's tests. right: is the curve right-skewed, as true effects make it (full: all significant
    p values, half: those below 0.025)? flat: is it flatter than studies with 33 % power would make it?
    `p_binomial_*`: the same by counting p values below 0.025. `power`: of the significant studies, corrected for
    their selection, with a 90 % interval. `verdict`: evidential value, no or inadequate evidential value, or
    inconclusive."""

    k: int
    significant: int
    half: int
    z_right: float
    p_right: float
    z_right_half: float | None
    p_right_half: float | None
    p_binomial_right: float
    z_flat: float
    p_flat: float
    z_flat_half: float | None
    p_flat_half: float | None
    p_binomial_flat: float
    power: float
    power_low: float
    power_high: float
    verdict: str
    pvalues: np.ndarray
    notes: tuple[str, ...] = ()


def p_curve(effects: Effects) -> PCurve:
    """Simonsohn, Nelson and Simmons' p-curve analysis of two-sided p values of y/se.

    Given significance, p/0.05 is uniform when there is no effect. The probability pp of a p value at least as
    extreme, under no effect (pp = p/0.05; half curve p/0.025) or under the effect that gives 33 % power, goes to
    Stouffer's z = sum Phi^-1(pp)/sqrt(n). Evidential value: half curve p < 0.05, or half and full both < 0.1. No or
    inadequate evidential value: flatter than 33 % power with full p < 0.05, or half and binomial both < 0.1. `power`
    is where z is 0, its interval where z is -/+ 1.645; between 5 % and 99 %.

    Errors: `TooFewStudies` without two significant results, `ZeroVariance`. Heterogeneity biases the power upwards
    (Simonsohn et al. 2014; van Aert et al. 2016). Source: Simonsohn, Nelson & Simmons 2014, doi 10.1037/a0033242;
    2015, doi 10.1037/xge0000104 (half curve, decision rule)."""
    from scipy.special import bdtr, bdtrc, ndtr

    yi, vi = studies_with_variance(effects, 2, "A p-curve needs")
    z = np.abs(yi) / np.sqrt(vi)
    cut, cut_half = z_quantile(1.0 - ALPHA / 2.0), z_quantile(1.0 - ALPHA / 4.0)
    found, half = z[z > cut], z[z > cut_half]
    n = len(found)
    if n < 2:
        raise TooFewStudies(
            f"A p-curve is drawn from significant results, at least 2 of them; of these {len(z)} studies {n} "
            f"{'is' if n == 1 else 'are'} significant."
        )
    shift = shift_of_power(FLAT_POWER)
    right = stouffer_given(found, 0.0, cut, rising=False)
    flat = stouffer_given(found, shift, cut, rising=True)
    right_half = stouffer_given(half, 0.0, cut_half, rising=False) if len(half) else None
    flat_half = stouffer_given(half, shift, cut_half, rising=True) if len(half) else None
    share = exceedance(np.array([cut_half]), shift)[0] / FLAT_POWER
    p_right, p_flat = float(ndtr(right)), float(ndtr(flat))
    p_right_half = None if right_half is None else float(ndtr(right_half))
    p_flat_half = None if flat_half is None else float(ndtr(flat_half))
    p_binomial_flat = float(bdtr(len(half), n, share))
    return PCurve(
        k=len(z),
        significant=n,
        half=len(half),
        z_right=right,
        p_right=p_right,
        z_right_half=right_half,
        p_right_half=p_right_half,
        p_binomial_right=float(bdtrc(len(half) - 1, n, 0.5)) if len(half) else 1.0,
        z_flat=flat,
        p_flat=p_flat,
        z_flat_half=flat_half,
        p_flat_half=p_flat_half,
        p_binomial_flat=p_binomial_flat,
        **_power(found, cut),
        verdict=_verdict(p_right, p_right_half, p_flat, p_flat_half, p_binomial_flat),
        pvalues=frozen_array(2.0 * ndtr(-found)),
        notes=_remarks(yi[np.abs(yi) > cut * np.sqrt(vi)], n),
    )


def exceedance(z: np.ndarray, shift: float) -> np.ndarray:
    """P(|Z + shift| > z)."""
    from scipy.special import ndtr

    return ndtr(shift - z) + ndtr(-shift - z)


def shift_of_power(power: float) -> float:
    """The mean of z at which a two-sided test at 0.05 has this power."""
    from scipy.optimize import brentq

    cut = np.array([z_quantile(1.0 - ALPHA / 2.0)])
    return float(brentq(lambda d: exceedance(cut, d)[0] - power, 0.0, 40.0, xtol=1e-14))


def stouffer_given(z: np.ndarray, shift: float, cut: float, *, rising: bool) -> float:
    """sum Phi^-1(pp)/sqrt(n) given |Z| > cut: pp the chance of a larger |Z| (`rising`: of a smaller one)."""
    from scipy.special import ndtri

    above = exceedance(z, shift) / exceedance(np.array([cut]), shift)[0]
    scores = ndtri(np.clip(above, 1e-300, 1.0 - 1e-16))
    total = float(np.sum(scores)) / math.sqrt(len(z))
    return -total if rising else total


def _power(z: np.ndarray, cut: float) -> dict[str, float]:
    """Power at which Stouffer's z is 0, and at which it is 1.645 and -1.645."""
    from scipy.optimize import brentq

    top = shift_of_power(0.99)

    def solve(target: float) -> float:
        def excess(shift: float) -> float:
            return stouffer_given(z, shift, cut, rising=True) - target

        if excess(0.0) <= 0.0:
            return ALPHA
        if excess(top) >= 0.0:
            return 0.99
        shift = float(brentq(excess, 0.0, top, xtol=1e-12))
        return float(exceedance(np.array([cut]), shift)[0])

    margin = z_quantile(0.95)
    return {"power": solve(0.0), "power_low": solve(margin), "power_high": solve(-margin)}


def _verdict(
    right: float, right_half: float | None, flat: float, flat_half: float | None, binomial: float
) -> str:
    if right_half is not None and (right_half < 0.05 or (right_half < 0.1 and right < 0.1)):
        return "evidential value"
    if flat < 0.05 or (flat_half is not None and flat_half < 0.1 and binomial < 0.1):
        return "no or inadequate evidential value"
    return "inconclusive"


def _remarks(significant: np.ndarray, n: int) -> tuple[str, ...]:
    notes = []
    if np.any(significant > 0.0) and np.any(significant < 0.0):
        notes.append("Significant effects point in both directions; a p-curve is about one hypothesis.")
    if n < 10:
        notes.append(f"A curve of {n} significant results says little about power.")
    return tuple(notes)
