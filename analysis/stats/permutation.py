"""Permutation tests of a pooled effect and of moderators: p values that lean on no distribution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from analysis.stats.batch import CHUNK
from analysis.stats.columns import as_named
from analysis.stats.errors import (
    LengthMismatch,
    NotConverged,
    RankDeficient,
    TooFewStudies,
    UnknownOption,
    ZeroVariance,
)
from analysis.stats.least_squares import rank_of
from analysis.stats.pooling import need_studies, test_name
from analysis.stats.regression import design_matrix, present
from analysis.stats.results import Effects, Result, frozen_array
from analysis.stats.stacks import DesignStack, Stack, estimate_many
from analysis.stats.tau2 import Estimator, estimator_name

#: All arrangements are gone through when nothing is said and there are no more than this (8! is 40,320).
FEASIBLE = 50_000
#: Beyond this many, all arrangements are refused even when asked for.
TOO_MANY = 5_000_000
#: Statistics closer than this, relative to the observed one, count as equal to it.
EQUAL = 1e-8


@dataclass(frozen=True, eq=False)
class PermutationTest(Result):
    """p values by permutation for each coefficient in `names`, and of all moderators together.

    `stat`: observed statistics (as the test named makes them). `pval`: share of the arrangements whose statistic is
    at least as far from 0. `qm`, `qm_pval`: the same for the moderators together, None without moderators. `exact`:
    all `permutations` arrangements were gone through; otherwise that many were drawn, from `seed`."""

    names: tuple[str, ...]
    stat: np.ndarray
    pval: np.ndarray
    qm: float | None
    qm_pval: float | None
    exact: bool
    permutations: int
    k: int
    measure: str
    tau2_method: str
    test: str
    seed: int | None


def permutation_test(
    effects: Effects,
    moderators: Mapping[str, Any] | None = None,
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    exact: bool | None = None,
    iterations: int = 1000,
    seed: int = 0,
) -> PermutationTest:
    """Test a pooled effect by flipping signs, or moderators by rearranging them among the studies.

    Without moderators each effect may as well have had the other sign: 2^k arrangements. With moderators their rows
    go to any study: k! arrangements, fewer when rows are equal. The model is fitted to each arrangement, tau2
    included; p is the share of arrangements with |statistic| at least the observed one, which is among them.

    `exact`: go through all arrangements (True), draw `iterations` of them with `seed` (False), or whichever is
    feasible (None: all when at most 50,000 have to be fitted). Drawn ones give p = (1 + as extreme)/(1 + iterations),
    never 0. `moderators`: as in `regress`; studies lacking one are left out.

    Errors: `TooFewStudies` unless k > p, `RankDeficient`, `UnknownOption`, those of `pool`. Source: Higgins &
    Thompson 2004, doi 10.1002/sim.1752; Follmann & Proschan 1999; Phipson & Smyth 2010 (drawn). metafor:
    `permutest(rma(...))`, whose drawn p is the share among `iter` arrangements, the observed one being the first."""
    if iterations < 1:
        raise UnknownOption(f"{iterations} permutations cannot be drawn; give a number of 1 or more.")
    all_of_them = Arrangements(effects, moderators, tau2=tau2, test=test)
    number = all_of_them.number
    if exact and number > TOO_MANY:
        raise UnknownOption("There are too many arrangements to go through all of them; draw some instead.")
    exact = number <= FEASIBLE if exact is None else exact
    if exact:
        extreme, drawn = all_of_them.extreme(all_of_them.every())
    else:
        extreme, drawn = all_of_them.extreme(all_of_them.drawn(iterations, np.random.default_rng(seed)))
    return all_of_them.tested(extreme, drawn, exact=exact, seed=seed)


class Arrangements:
    """The arrangements that a permutation test goes through, to be gone through in parts.

    `names`: of the coefficients; `number`: how many arrangements have to be fitted; `observed`: their statistics as
    the studies are, the last one of all moderators together. Counts by `extreme` add up over parts. Arguments and
    errors as in `permutation_test`."""

    def __init__(
        self,
        effects: Effects,
        moderators: Mapping[str, Any] | None = None,
        *,
        tau2: str | Estimator = "REML",
        test: str = "z",
    ):
        self.test = test_name(test)
        self.tau2_method = getattr(tau2, "__name__", "function") if callable(tau2) else estimator_name(tau2)
        self.measure = effects.measure
        moderators = as_named("moderators", moderators)
        yi, vi, self.names, design = _data(effects, moderators)
        self.k, self.p = design.shape
        if np.any(vi == 0.0):
            raise ZeroVariance(
                "A sampling variance is zero: leave that study out of a permutation test.", column="vi"
            )
        self._kinds = _kinds(design) if moderators else None
        self.flips = self._kinds is None
        self.number = 2 ** (self.k - 1) if self._kinds is None else _arrangements(self._kinds)
        self._size = max(16, CHUNK // self.k)
        self._model = _Model(yi, vi, design, tau2, self.test)
        as_it_is = np.ones((1, self.k)) if self.flips else np.arange(self.k)[None, :]
        self.observed = self._model.statistics(as_it_is, self.flips)[:, 0]

    def every(self, begin: int = 0, end: int | None = None) -> Iterator[np.ndarray]:
        """Those numbered `begin` to before `end` (all), in chunks."""
        return _every(self.k, self._kinds, self._size, begin, self.number if end is None else end)

    def drawn(self, count: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
        """`count` of them drawn at random, in chunks."""
        return _drawn(self.k, self.flips, count, self._size, generator)

    def extreme(self, chunks: Iterable[np.ndarray]) -> tuple[np.ndarray, int]:
        """How many are at least as far from 0 as observed, for each statistic; and how many there are."""
        least = np.abs(self.observed) - EQUAL * np.maximum(1.0, np.abs(self.observed))
        extreme, seen = np.zeros(self.p + 1), 0
        for chunk in chunks:
            extreme += np.sum(np.abs(self._model.statistics(chunk, self.flips)) >= least[:, None], axis=1)
            seen += len(chunk)
        return extreme, seen

    def tested(self, extreme: np.ndarray, seen: int, *, exact: bool, seed: int | None) -> PermutationTest:
        """The test that these counts make; with fewer than all arrangements seen, that of those seen so far."""
        pval = extreme / seen if exact else (1.0 + extreme) / (1.0 + seen)
        return PermutationTest(
            names=self.names,
            stat=frozen_array(self.observed[: self.p]),
            pval=frozen_array(pval[: self.p]),
            qm=None if self.flips else float(self.observed[self.p]),
            qm_pval=None if self.flips else float(pval[self.p]),
            exact=exact,
            permutations=2 * seen if exact and self.flips else seen,
            k=self.k,
            measure=self.measure,
            tau2_method=self.tau2_method,
            test=self.test,
            seed=None if exact else seed,
        )


class _Model:
    """The model to fit again and again: `statistics` gives its tests for many arrangements at once."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, tau2: str | Estimator, test: str):
        self.yi, self.vi, self.design = yi, vi, design
        self.tau2, self.test = tau2 if callable(tau2) else estimator_name(tau2), test

    def statistics(self, arrangements: np.ndarray, flips: bool) -> np.ndarray:
        """Test statistics (p + 1, n), the last one of all moderators together.

        `arrangements`: (n, k), signs of the effects, or which study is given each row of the moderators."""
        with np.errstate(all="ignore"):
            if flips:
                y = (self.yi * arrangements).T
                found = self._of_means(Stack(y, np.broadcast_to(self.vi[:, None], y.shape), None))
            else:
                stack = DesignStack(self.yi[arrangements].T, self.vi[arrangements].T, self.design)
                found = self._of_designs(stack)
        if np.isnan(found).any():
            raise NotConverged(
                "An arrangement of these effects has no test statistic: effects and spread are both 0."
            )
        return found

    def _of_means(self, s: Stack) -> np.ndarray:
        mean, total, rss = s.many.fit(estimate_many(self.tau2, s))
        stat = mean * np.sqrt(total / self._factor(rss, s.df))
        return np.stack((stat, stat * stat))

    def _of_designs(self, s: DesignStack) -> np.ndarray:
        coefficients, covariance, rss = s.many.fit(estimate_many(self.tau2, s))
        factor = self._factor(rss, s.df)
        p = len(coefficients)
        stat = coefficients / np.sqrt(factor * np.einsum("aan->an", covariance))
        first = 1 if p > 1 else 0
        tested = np.moveaxis(covariance[first:, first:], -1, 0)
        solved = np.linalg.solve(tested, coefficients[first:].T[..., None])[..., 0]
        qm = np.einsum("na,an->n", solved, coefficients[first:]) / factor
        if self.test != "z":
            qm = qm / (p - first)
        return np.concatenate((stat, qm[None, :]))

    def _factor(self, rss: np.ndarray, df: np.ndarray) -> np.ndarray:
        if self.test in ("z", "t"):
            return np.ones_like(rss)
        return np.maximum(rss / df, 1.0 if self.test == "adhoc" else 0.0)


def _data(
    effects: Effects, moderators: Mapping[str, Any] | None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    if not moderators:
        yi, vi = need_studies(effects, 2, "A permutation test needs")
        return yi, vi, ("intrcpt",), np.ones((len(yi), 1))
    for name, values in moderators.items():
        if len(values) != len(effects):
            raise LengthMismatch(
                f"{name} has {len(values)} values for {len(effects)} studies; give one per study."
            )
    known = np.all([present(values) for values in moderators.values()], axis=0)
    part = effects.select(known)
    yi, vi = need_studies(part, 2, "A permutation test needs")
    names, design = design_matrix(moderators, effects.usable & known)
    k, p = design.shape
    if rank_of(design) < p:
        raise RankDeficient(
            f"The moderators {', '.join(moderators)} repeat one another (or do not vary) in these {k} studies, so "
            "their coefficients cannot be told apart. Leave one out."
        )
    if k <= p:
        raise TooFewStudies(f"{p} coefficients need more than {p} studies; there are {k}.")
    return yi, vi, names, design


def _kinds(design: np.ndarray) -> np.ndarray:
    """A number for each row of the design, the same for equal rows."""
    return np.unique(design, axis=0, return_inverse=True)[1].ravel()


def _arrangements(kinds: np.ndarray) -> int:
    """How many different orders there are: k!/prod(m!)."""
    counts = np.bincount(kinds).tolist()
    return math.factorial(len(kinds)) // math.prod(math.factorial(m) for m in counts)


def _every(k: int, kinds: np.ndarray | None, size: int, begin: int, end: int) -> Iterator[np.ndarray]:
    """Arrangements begin to end, in chunks: signs with the first study's kept (the rest are mirrors), or orders."""
    if kinds is None:
        bits = np.arange(k - 1)
        for first in range(begin, end, size):
            codes = np.arange(first, min(first + size, end))
            signs = 1.0 - 2.0 * ((codes[:, None] >> bits) & 1)
            yield np.concatenate((np.ones((len(codes), 1)), signs), axis=1)
        return
    orders = islice(_orders(kinds), begin, end)
    while kept := list(islice(orders, size)):
        yield np.array(kept)


def _orders(kinds: np.ndarray) -> Iterator[list[int]]:
    """Every different way to give the rows of the design to the studies: order[row] = study."""
    rows_of = [np.flatnonzero(kinds == kind).tolist() for kind in range(int(kinds.max()) + 1)]
    left = [len(rows) for rows in rows_of]
    order = [0] * len(kinds)

    def place(study: int) -> Iterator[list[int]]:
        if study == len(order):
            yield order.copy()
            return
        for kind, rows in enumerate(rows_of):
            if left[kind]:
                left[kind] -= 1
                order[rows[left[kind]]] = study
                yield from place(study + 1)
                left[kind] += 1

    yield from place(0)


def _drawn(
    k: int, flips: bool, iterations: int, size: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    for begin in range(0, iterations, size):
        n = min(size, iterations - begin)
        if flips:
            yield 1.0 - 2.0 * generator.integers(0, 2, size=(n, k))
        else:
            yield generator.permuted(np.broadcast_to(np.arange(k), (n, k)), axis=1)
