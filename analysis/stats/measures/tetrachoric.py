"""The tetrachoric correlation: the correlation of two normal variables that a 2x2 table has cut in two."""

from __future__ import annotations

import numpy as np

from analysis.stats.measures.base import Pair
from analysis.stats.tables import Tables


def tetrachoric(t: Tables) -> Pair:
    """Maximum likelihood estimates and large-sample variances, each of shape (rows,); nan where a cell is empty or
    missing, since the correlation is then -1 or 1 and has no variance.

    r solves P(X <= h, Y <= k; r) = d/N, with h and k the normal quantiles of (c + d)/N and (b + d)/N. The variance
    is that of the cells' shares p (multinomial) by the delta method: (sum p u^2 - (sum p u)^2)/(N f^2), with f the
    normal density at (h, k; r), s^2 = 1 - r^2, A = P(Z < (k - rh)/s), B = P(Z < (h - rk)/s), and u = 0, -B, -A,
    1 - A - B for the cells a, b, c, d. Sources: Pearson 1900; Hamdan 1970 (Biometrika 57:212). metafor:
    measure="RTET", whose optimiser stops some 1e-5 short of the maximum; here r is solved to the last digits."""
    rows = [_one(*cells) for cells in zip(t.a, t.b, t.c, t.d, strict=True)]
    both = np.array(rows, dtype=float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _one(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    from scipy.optimize import brentq
    from scipy.special import ndtri

    if not min(a, b, c, d) > 0:
        return np.nan, np.nan
    n = a + b + c + d
    h, k = float(ndtri((c + d) / n)), float(ndtri((b + d) / n))
    if abs(a * d - b * c) <= 1e-14 * (a * d + b * c):
        r = 0.0
    else:
        r = float(brentq(lambda rho: both_below(h, k, rho) - d / n, -1.0, 1.0, xtol=1e-16, rtol=1e-15))
    return r, _variance(np.array([a, b, c, d]) / n, n, h, k, r)


def _variance(p: np.ndarray, n: float, h: float, k: float, r: float) -> float:
    from scipy.special import ndtr

    s2 = (1 - r) * (1 + r)
    density = np.exp(-(h**2 - 2 * r * h * k + k**2) / (2 * s2)) / (2 * np.pi * np.sqrt(s2))
    row, col = ndtr((k - r * h) / np.sqrt(s2)), ndtr((h - r * k) / np.sqrt(s2))
    u = np.array([0.0, -col, -row, 1 - row - col])
    return float(np.sum(p * (u - np.sum(p * u)) ** 2) / (n * density**2))


def both_below(h: float, k: float, r: float) -> float:
    """P(X <= h, Y <= k) for standard normal X and Y with correlation r, by Owen's T (Owen 1956)."""
    from scipy.special import ndtr, owens_t

    if r >= 1.0:
        return float(ndtr(min(h, k)))
    if r <= -1.0:
        return max(0.0, float(ndtr(h) + ndtr(k)) - 1.0)
    if h == 0.0 and k == 0.0:
        return 0.25 + float(np.arcsin(r)) / (2 * np.pi)
    s = np.sqrt((1 - r) * (1 + r))
    t_h = float(owens_t(h, (k / h - r) / s)) if h != 0.0 else float(np.copysign(0.25, k))
    t_k = float(owens_t(k, (h / k - r) / s)) if k != 0.0 else float(np.copysign(0.25, h))
    sides = np.sign(h) * np.sign(k)
    opposite = 0.5 if sides < 0 or (sides == 0 and h + k < 0) else 0.0
    return float(0.5 * (ndtr(h) + ndtr(k))) - t_h - t_k - opposite
