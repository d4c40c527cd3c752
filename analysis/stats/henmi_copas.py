"""Henmi and Copas' interval: a random-effects interval around the common-effect estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import check_level
from analysis.stats.errors import NotConverged
from analysis.stats.results import Effects, Result
from analysis.stats.small_study import studies_with_variance
from analysis.stats.tau2 import dersimonian_laird


@dataclass(frozen=True)
class HenmiCopas(Result):
    """The common-effect estimate with an interval that allows for heterogeneity: estimate -/+ `multiplier` x `se`."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    multiplier: float
    tau2: float
    k: int
    level: float


def henmi_copas(effects: Effects, *, level: float = 0.95) -> HenmiCopas:
    """Common-effect weights, which small studies sway less, with an interval for random effects.

        estimate  b = sum wy/sum w, w = 1/v;   V = (1 + tau2 W2/W1)/W1, tau2 of DerSimonian-Laird, Wj = sum w^j

    The multiplier of sqrt(V) solves P(|b - theta| > t sqrt(V)) = 1 - level, V being random through Q. Given b, Q is a
    quadratic form whose mean and variance are known; a gamma distribution with these moments stands for it, and
    the rest is one integral over b.

    Errors: `TooFewStudies` below 2, `ZeroVariance`, `NotConverged`.
    Source: Henmi & Copas 2010, doi 10.1002/sim.4029. metafor: `hc(rma(yi, vi, method="DL"))`."""
    yi, vi = studies_with_variance(effects, 2, "Henmi and Copas' interval needs")
    check_level(level)
    weights = 1.0 / vi
    w1, w2 = float(np.sum(weights)), float(np.sum(weights**2))
    estimate = float(np.sum(weights * yi)) / w1
    tau2 = dersimonian_laird(yi, vi, np.ones((len(yi), 1)))[0]
    se = math.sqrt((1.0 + tau2 * w2 / w1) / w1)
    multiplier = _multiplier(weights, tau2, level)
    margin = multiplier * se
    return HenmiCopas(
        estimate, se, estimate - margin, estimate + margin, multiplier, tau2, len(yi), float(level)
    )


def _multiplier(weights: np.ndarray, tau2: float, level: float) -> float:
    """t with P(|b - theta|/sqrt(V(Q)) > t) = 1 - level.

    With z the true standardised error of b and r = tau2 W2/W1, the event is z^2 (1 + r) > t^2 (1 + r(Q)),
    r(Q) = W2/W1 max(0, Q - (k - 1))/(W1 - W2/W1): it needs z^2 (1 + r) > t^2, and then Q below a bound."""
    from scipy.optimize import brentq
    from scipy.special import gammainc

    k = len(weights)
    scaled = weights / np.sum(weights)  # w/W1; everything below is free of units
    ratio = float(np.sum(scaled**2))  # W2/W1^2
    between = tau2 * float(np.sum(weights))  # tau2 W1
    r = between * ratio
    mean0, mean2, var0, var2 = _moments_of_q(scaled, between)
    nodes, node_weights = np.polynomial.legendre.leggauss(200)
    far = 38.0  # the normal density is 0 in double precision beyond

    def tail(t: float) -> float:
        start = t / math.sqrt(1.0 + r)
        z = start + 0.5 * (nodes + 1.0) * min(12.0, far - start)
        bound = (k - 1) + (1.0 - ratio) / ratio * (z**2 * (1.0 + r) / t**2 - 1.0)
        mean, variance = mean0 + mean2 * z**2, var0 + var2 * z**2
        chance = gammainc(mean**2 / variance, bound * mean / variance)
        density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
        return float(2.0 * np.sum(node_weights * chance * density) * 0.5 * min(12.0, far - start))

    try:
        return float(brentq(lambda t: tail(t) - (1.0 - level), 1e-8, 30.0 * math.sqrt(1.0 + r), xtol=1e-13))
    except (ValueError, RuntimeError) as error:
        raise NotConverged(f"Henmi and Copas' interval could not be solved for: {error}.") from error


def _moments_of_q(scaled: np.ndarray, between: float) -> tuple[float, float, float, float]:
    """Mean m0 + m2 z^2 and variance v0 + v2 z^2 of Q given the standardised error z of the estimate.

    In units of 1/W1: errors e ~ N(0, S), S = diag(1/s + tau2 W1), s = w/W1; b = s'e; Q = e'Ae, A = diag(s) - ss'.
    Given b = z sqrt(s'Ss), e ~ N(c z, S - cc') with c = Ss/sqrt(s'Ss); then the usual moments of a quadratic form."""
    s, spread = scaled, 1.0 / scaled + between
    norm = float(np.sum(s**2 * spread))
    c = s * spread / math.sqrt(norm)
    a_c = s * c - s * float(np.sum(s * c))  # A c
    c_a_c = float(c @ a_c)
    weighted = s * spread  # diagonal of diag(s) S
    trace = float(np.sum(weighted) - np.sum(s**2 * spread))  # tr(AS)
    # tr(ASAS) = sum w^2 S^2 - 2 sum s^3 S^2 + (sum s^2 S)^2 with the terms of ss' taken off
    trace2 = float(np.sum(weighted**2) - 2.0 * np.sum(s * weighted**2) + np.sum(s * weighted) ** 2)
    c_asa_c = float(np.sum(a_c**2 * spread))  # c'ASAc
    mean0 = trace - c_a_c
    var0 = 2.0 * (trace2 - 2.0 * c_asa_c + c_a_c**2)
    var2 = 4.0 * (c_asa_c - c_a_c**2)
    return mean0, c_a_c, max(var0, 0.0), max(var2, 0.0)
