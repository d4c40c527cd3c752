"""Random effects of a multilevel model: which rows share one, and how their covariances depend on the parameters.

Every term adds sum_c lambda_c B_c to the covariance of the effects, B_c a fixed 0/1 pattern ("same school", "same
trial, outcomes a and b") and

    lambda_c = t_i t_j R_c(phi)

t standard deviations, R a correlation. The parameters are free of bounds: a variance that all rows share is the
square of one, the standard deviations of several levels are squares, and a correlation is middle + half-range
sin(phi). An estimate on the border of what is possible (a variance of 0, a correlation of 1) is so a stationary point
like others, which Newton's method reaches to the last digits.

Structures of inner | outer terms, named as in metafor's `struct`: ID, DIAG, CS, HCS, UN, AR, HAR, CAR."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analysis.stats.errors import (
    RankDeficient,
    TooFewStudies,
)

#: phi -> R (c,), its first derivatives (c, n) and second derivatives (c, n, n).
Correlations = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
STRUCTURES = ("ID", "DIAG", "CS", "HCS", "UN", "AR", "HAR", "CAR")
ONE_VARIANCE = frozenset({"ID", "CS", "AR", "CAR"})


@dataclass(frozen=True, eq=False)
class Term:
    """One random-effects term over k rows.

    `outer`: codes (k,) of the groups whose effects are independent. `inner`: codes (k,) into `levels`, None for a
    random intercept. `pattern(a, b)`: for inner codes, the number of the pattern, or -1 where the covariance is 0.
    `first`, `second`: per pattern, which standard deviations it multiplies. `angles`: how many parameters `shape`
    (the correlations) takes; `bounds`: of a single correlation."""

    name: str
    struct: str
    outer: np.ndarray
    groups: tuple[str, ...]
    inner: np.ndarray | None
    levels: tuple[str, ...]
    pattern: Callable[[np.ndarray, np.ndarray], np.ndarray]
    first: np.ndarray
    second: np.ndarray
    deviations: int
    angles: int
    shape: Correlations
    bounds: tuple[float, float] = (-1.0, 1.0)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.deviations + self.angles

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs of levels whose correlations are reported; (0, 1) stands for a single shared one."""
        if not self.angles:
            return ()
        q = len(self.levels)
        return tuple((i, j) for i in range(q) for j in range(i + 1, q)) if self.struct == "UN" else ((0, 1),)

    def basis(self, rows: np.ndarray) -> np.ndarray:
        """Patterns of blocks of rows: indices (blocks, m), -1 for padding, give (patterns, blocks, m, m)."""
        outer = np.where(rows >= 0, self.outer[rows], -1)
        same = (outer[:, :, None] == outer[:, None, :]) & (outer >= 0)[:, :, None]
        if self.inner is None:
            return same[None].astype(float)
        inner = self.inner[rows]
        number = np.where(same, self.pattern(inner[:, :, None], inner[:, None, :]), -1)
        return (number[None] == np.arange(len(self.first))[:, None, None, None]).astype(float)

    def covariances(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """lambda (c,), its derivatives (c, n) and second derivatives (c, n, n) at the parameters (n,)."""
        d, n = self.deviations, self.size
        t = theta[:d] ** self.power
        r, dr, d2r = self.shape(theta[d:])
        ti, tj = t[self.first], t[self.second]
        is_first, is_second, twice = self._places
        slope = is_first * tj[:, None] + is_second * ti[:, None]
        if not self.angles:
            return ti * tj * r, slope * r[:, None], twice * r[:, None, None]
        jacobian, hessian = np.zeros((len(r), n)), np.zeros((len(r), n, n))
        product = (ti * tj)[:, None]
        jacobian[:, :d] = slope * r[:, None]
        jacobian[:, d:] = product * dr
        hessian[:, :d, :d] = twice * r[:, None, None]
        hessian[:, d:, d:] = product[:, :, None] * d2r
        mixed = slope[:, :, None] * dr[:, None, :]
        hessian[:, :d, d:], hessian[:, d:, :d] = mixed, np.swapaxes(mixed, 1, 2)
        if self.power == 2:
            self._square(theta, jacobian, hessian)
        return ti * tj * r, jacobian, hessian

    def _square(self, theta: np.ndarray, jacobian: np.ndarray, hessian: np.ndarray) -> None:
        """Derivatives by t, changed in place to those by theta, t = theta^2."""
        d = self.deviations
        inner = np.concatenate([2.0 * theta[:d], np.ones(self.angles)])
        hessian *= np.multiply.outer(inner, inner)
        for i in range(d):
            hessian[:, i, i] += 2.0 * jacobian[:, i]
        jacobian *= inner

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """d t_i/d t, d t_j/d t of each pattern (c, d), and d2 (t_i t_j)/d t d t (c, d, d)."""
        places = np.arange(self.deviations)
        is_first = np.equal.outer(self.first, places).astype(float)
        is_second = np.equal.outer(self.second, places).astype(float)
        cross = is_first[:, :, None] * is_second[:, None, :]
        return is_first, is_second, cross + np.swapaxes(cross, 1, 2)

    def angle(self, rho: float) -> float:
        """The parameter of a correlation, single or the first of a row of UN."""
        low, high = self.bounds
        return math.asin(min(1.0, max(-1.0, (2.0 * rho - low - high) / (high - low))))

    def correlation(self, angle: float) -> float:
        """The inverse of `angle`."""
        low, high = self.bounds
        return 0.5 * (low + high) + 0.5 * (high - low) * math.sin(angle)

    def rho(self, theta: np.ndarray) -> np.ndarray:
        """The correlations of `pairs` at the parameters."""
        phi = theta[self.deviations :]
        if self.struct != "UN":
            return np.array([self.correlation(float(angle)) for angle in phi])
        matrix = self.correlation_matrix(theta)
        return np.array([matrix[i, j] for i, j in self.pairs])

    def tau2(self, theta: np.ndarray) -> np.ndarray:
        """The variances at the parameters: one, or one per inner level."""
        return theta[: self.deviations] ** (2 * self.power)

    def start(self, variance: float, angle: float) -> np.ndarray:
        """Parameters with every variance and angle at these values."""
        deviation = variance ** (0.5 / self.power)
        return np.concatenate([np.full(self.deviations, deviation), np.full(self.angles, angle)])

    @property
    def power(self) -> int:
        """t is a parameter to this power: 2 where its sign would count, because it multiplies other levels' t."""
        return 2 if self.deviations > 1 and self.angles else 1

    @property
    def pattern_names(self) -> tuple[str, ...]:
        """What the covariances belong to, in words."""
        if self.deviations == 1:
            return tuple(
                self.name if c == 0 else f"{self.name} (correlation)" for c in range(len(self.first))
            )
        pairs = zip(self.first.tolist(), self.second.tolist(), strict=True)
        return tuple(
            f"{self.name}: {self.levels[i]}" + (f", {self.levels[j]}" if i != j else "") for i, j in pairs
        )

    def correlation_matrix(self, theta: np.ndarray) -> np.ndarray:
        """The correlations of a UN term, (q, q)."""
        return _unstructured(theta[self.deviations :], len(self.levels))[0]

    def from_correlations(self, deviations: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """The parameters of a UN term from its standard deviations (q,) and correlations (q, q)."""
        root = np.linalg.cholesky(0.999999 * matrix + 0.000001 * np.eye(len(matrix)))
        angles = []
        for i in range(1, len(matrix)):
            rest = 1.0
            for m in range(i):
                angles.append(math.asin(max(-1.0, min(1.0, root[i, m] / rest))))
                rest *= max(math.cos(angles[-1]), 1e-8)
        return np.concatenate([deviations, angles])

    def reordered(self, levels: tuple[int, ...]) -> Term:
        """The same UN term with its inner levels in another order (positions of the old ones)."""
        position = np.argsort(levels)
        assert self.inner is not None
        names = tuple(self.levels[i] for i in levels)
        return structured(
            self.name,
            self.struct,
            position[self.inner],
            names,
            self.outer,
            self.groups,
            np.arange(len(names)),
        )


def intercept(name: str, codes: np.ndarray, groups: tuple[str, ...]) -> Term:
    """A random intercept: one effect per group, all with the same variance."""
    if len(groups) < 2:
        raise TooFewStudies(
            f"{name} is the same in all rows, so a variance between its groups cannot be estimated; leave it out."
        )
    zero = np.zeros(1, dtype=int)
    return Term(
        name, "intercept", codes, groups, None, (), _same_or_not, zero, zero, 1, 0, _constant(np.ones(1))
    )


def structured(
    name: str,
    struct: str,
    inner: np.ndarray,
    levels: tuple[str, ...],
    outer: np.ndarray,
    groups: tuple[str, ...],
    times: np.ndarray,
    known_rho: bool = False,
) -> Term:
    """An inner | outer term: effects of the inner levels, correlated within each outer group as `struct` says.

    `times` (levels,): where AR, HAR and CAR place the levels. `RankDeficient` when the data cannot show a
    covariance that the structure has."""
    q = len(levels)
    seen = np.zeros((q, q), dtype=bool)
    most = 1
    for group in range(len(groups)):
        members = np.unique(inner[outer == group])
        seen[np.ix_(members, members)] = True
        most = max(most, len(members))
    apart = seen & ~np.eye(q, dtype=bool)
    if struct not in ("ID", "DIAG") and not apart.any() and not known_rho:
        raise RankDeficient(
            f"{name}: no group has two different levels, so their correlation cannot be estimated. Use struct "
            "DIAG or ID."
        )
    a, b = (np.triu(seen) if struct in ("HCS", "UN", "HAR") else np.eye(q, dtype=bool)).nonzero()
    zeros = np.zeros(q, dtype=int)
    least = -1.0 / (most - 1) if struct in ("CS", "HCS") and most > 1 else 0.0 if struct == "CAR" else -1.0
    bounds = (least, 1.0)
    build = {
        "ID": lambda: (
            np.where(np.eye(q, dtype=bool), 0, -1),
            zeros[:1],
            zeros[:1],
            0,
            _constant(np.ones(1)),
        ),
        "DIAG": lambda: (_table(q, a, b), a, b, 0, _constant(np.ones(q))),
        "CS": lambda: (_same_or_not, zeros[:2], zeros[:2], 1, _powers(np.array([0.0, 1.0]), bounds)),
        "HCS": lambda: (_table(q, a, b), a, b, 1, _powers((a != b).astype(float), bounds)),
        "UN": lambda: (_table(q, a, b), a, b, q * (q - 1) // 2, _pairs_of(a, b, q)),
        "AR": lambda: _by_lag(times, seen, bounds),
        "CAR": lambda: _by_lag(times, seen, bounds),
        "HAR": lambda: (_table(q, a, b), a, b, 1, _powers(np.abs(times[a] - times[b]), bounds)),
    }
    if struct == "UN" and not seen.all():
        i, j = np.argwhere(~seen)[0]
        raise RankDeficient(
            f"{name}: {levels[i]} and {levels[j]} never occur in the same group, so their correlation cannot be "
            "estimated. Use struct HCS (one correlation) or DIAG (none)."
        )
    pattern, first, second, angles, shape = build[struct]()
    look_up = pattern if callable(pattern) else _looked_up(pattern)
    count = 1 if struct in ONE_VARIANCE else q
    return Term(
        name, struct, outer, groups, inner, levels, look_up, first, second, count, angles, shape, bounds
    )


def _same_or_not(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a == b, 0, 1)


def _looked_up(table: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda a, b: table[a, b]


def _table(q: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    table = np.full((q, q), -1)
    table[a, b] = table[b, a] = np.arange(len(a))
    return table


def _by_lag(times: np.ndarray, seen: np.ndarray, bounds: tuple[float, float]) -> tuple[Any, ...]:
    lags = np.abs(np.subtract.outer(times, times))
    found, number = np.unique(lags[seen], return_inverse=True)
    table = np.full(lags.shape, -1)
    table[seen] = number.reshape(-1)
    zeros = np.zeros(len(found), dtype=int)
    return table, zeros, zeros, 1, _powers(found, bounds)


def _constant(values: np.ndarray) -> Correlations:
    c = len(values)
    return lambda phi: (values, np.zeros((c, 0)), np.zeros((c, 0, 0)))


def _powers(exponents: np.ndarray, bounds: tuple[float, float]) -> Correlations:
    """R = rho^exponent: 0 and 1 for compound symmetry, the lag for autoregression."""
    middle, half = 0.5 * (bounds[0] + bounds[1]), 0.5 * (bounds[1] - bounds[0])

    def shape(phi: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sine, cosine = math.sin(phi[0]), math.cos(phi[0])
        rho, slope, bend = middle + half * sine, half * cosine, -half * sine
        e = exponents
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.where(e == 0.0, 0.0, e * rho ** np.maximum(e - 1.0, 0.0))
            second = np.where((e == 0.0) | (e == 1.0), 0.0, e * (e - 1.0) * rho ** np.maximum(e - 2.0, 0.0))
        return rho**e, (first * slope)[:, None], (second * slope**2 + first * bend)[:, None, None]

    return shape


def _pairs_of(a: np.ndarray, b: np.ndarray, q: int) -> Correlations:
    def shape(phi: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        r, dr, d2r = _unstructured(phi, q)
        return r[a, b], dr[a, b], d2r[a, b]

    return shape


def _unstructured(phi: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Any correlation matrix (q, q) as UU', row i of U at angles phi on the unit sphere of i + 1 dimensions.

    Returned with its derivatives by the angles, (q, q, n) and (q, q, n, n). Pinheiro & Bates 1996, section 2.3,
    doi 10.1007/BF00140873, with sines in place of cosines so that angles of 0 are correlations of 0."""
    n = len(phi)
    u, du, d2u = np.zeros((q, q)), np.zeros((q, q, n)), np.zeros((q, q, n, n))
    u[0, 0] = 1.0
    start = 0
    for i in range(1, q):
        own = phi[start : start + i]
        below = np.tri(
            i + 1, i, -1, dtype=bool
        )  # component m has the cosine of the angles before m, the sine of m
        on = np.eye(i + 1, i, dtype=bool)
        value = np.where(below, np.cos(own), np.where(on, np.sin(own), 1.0))
        slope = np.where(below, -np.sin(own), np.where(on, np.cos(own), 0.0))
        bend = np.where(below | on, -value, 0.0)
        u[i, : i + 1] = np.prod(value, axis=1)
        for r in range(i):
            changed = value.copy()
            changed[:, r] = slope[:, r]
            du[i, : i + 1, start + r] = np.prod(changed, axis=1)
            for s in range(i):
                twice = changed.copy()
                twice[:, s] = bend[:, s] if r == s else slope[:, s]
                d2u[i, : i + 1, start + r, start + s] = np.prod(twice, axis=1)
        start += i
    dr = np.einsum("amr,bm->abr", du, u)
    both = np.einsum("amr,bms->abrs", du, du)
    d2r = np.einsum("amrs,bm->abrs", d2u, u) + both
    correlations = u @ u.T
    np.fill_diagonal(correlations, 1.0)
    return correlations, dr + np.swapaxes(dr, 0, 1), d2r + np.swapaxes(d2r, 0, 1)
