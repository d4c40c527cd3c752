"""Trim and fill: how many small studies would make the funnel symmetric, and what pooling with them gives.

A sensitivity analysis, not a correction: asymmetry has many causes besides missing studies, and with heterogeneity
the method moves effects that were never biased (Handbook 13.3.5.6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats.errors import NotConverged, StatsError, TooFewStudies, UnknownOption
from analysis.stats.least_squares import rank_of
from analysis.stats.pooling import fit_model, need_studies, pool
from analysis.stats.results import Effects, Pooled, Result, frozen_array
from analysis.stats.tau2 import Estimator

SIDES = ("auto", "left", "right")
LIMIT = 100


@dataclass(frozen=True, eq=False)
class TrimAndFill(Result):
    """`k0` studies estimated to be missing on `side` of the funnel, and the pooled effect with them filled in.

    `se_k0`: its standard error. `p_k0`: p of "none is missing on this side" (R0 only). `observed`, `pooled`: the
    effect before and after. `effects`: the studies used, then the filled ones (labelled "Filled 1", ...), which
    `filled_yi` and `filled_vi` show alone."""

    estimator: str
    side: str
    k0: int
    se_k0: float
    p_k0: float | None
    filled_yi: np.ndarray
    filled_vi: np.ndarray
    observed: Pooled
    pooled: Pooled
    effects: Effects
    notes: tuple[str, ...] = ()


def _rank_sum_variance(k: int, k0: float) -> float:
    """Variance of the sum of positive ranks with k observed and k0 missing studies.

    A cubic in k0 that is meant for k0 >= 0 and may fall below 0 for a negative k0; then that at 0 stands in."""
    own = k * (k + 1) * (2 * k + 1)
    more = 10 * k0**3 + 27 * k0**2 + 17 * k0 - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0
    return (own + more if own + more >= 0.0 else own) / 24.0


def run_estimator(signed_ranks: np.ndarray) -> tuple[float, Callable[[float], float]]:
    """R0: length of the run of positive signs at the largest distances, less one."""
    k = len(signed_ranks)
    largest = float(np.max(np.abs(signed_ranks[signed_ranks <= 0.0]), initial=0.0))
    return k - largest - 1.0, lambda k0: math.sqrt(2.0 * max(0.0, k0) + 2.0)


def linear_estimator(signed_ranks: np.ndarray) -> tuple[float, Callable[[float], float]]:
    """L0: (4 S - k(k + 1))/(2k - 1), S the sum of positive ranks."""
    k = len(signed_ranks)
    total = float(np.sum(signed_ranks[signed_ranks > 0.0]))
    value = (4.0 * total - k * (k + 1)) / (2 * k - 1)
    return value, lambda k0: 4.0 * math.sqrt(_rank_sum_variance(k, k0)) / (2 * k - 1)


def quadratic_estimator(signed_ranks: np.ndarray) -> tuple[float, Callable[[float], float]]:
    """Q0: k - 1/2 - sqrt(2k^2 - 4 S + 1/4)."""
    k = len(signed_ranks)
    total = float(np.sum(signed_ranks[signed_ranks > 0.0]))
    inside = 2.0 * k**2 - 4.0 * total + 0.25
    if inside < 0.0:
        raise StatsError(
            "The estimator Q0 is not defined for these effects: the funnel is so lopsided that no number of missing "
            "studies gives these ranks. Use L0 or R0."
        )

    def se(k0: float) -> float:
        spread = math.sqrt(max(0.0, (k - 0.5) ** 2 - k0 * (2 * k - k0 - 1)))
        return 2.0 * math.sqrt(_rank_sum_variance(k, k0)) / spread if spread > 0.0 else math.inf

    return k - 0.5 - math.sqrt(inside), se


#: Name -> function of the signed ranks, giving the number missing (before rounding) and its standard error.
MISSING: dict[str, Callable[[np.ndarray], tuple[float, Callable[[float], float]]]] = {
    "L0": linear_estimator,
    "R0": run_estimator,
    "Q0": quadratic_estimator,
}


def trim_and_fill(
    effects: Effects,
    *,
    estimator: str = "L0",
    side: str = "auto",
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
) -> TrimAndFill:
    """Duval and Tweedie's trim and fill.

    The k0 most extreme effects on the full side are trimmed, the rest pooled to b, all studies ranked by |y - b|,
    and k0 estimated again from the signed ranks until it stays the same; then every trimmed effect is
    mirrored, 2b - y with the same variance, and all are pooled. `estimator`: L0, R0 or Q0. `side`: where studies
    are missing; auto takes the side away from which effects drift as standard errors grow. `tau2`, `test`, `level`:
    of every pooling.

    Errors: `TooFewStudies` below 2 or when none would be left, `NotConverged` when k0 goes round in circles,
    `StatsError` where Q0 is not defined, `UnknownOption`, those of `pool`. metafor stops with R's own words at these,
    and at equal standard errors and identical effects, which give k0 = 0 or a side here.
    Source: Duval & Tweedie 2000, doi 10.1111/j.0006-341X.2000.00455.x and 10.1080/01621459.2000.10473905.
    metafor: `trimfill(rma(yi, vi, method=), estimator=, side=)`."""
    estimator = str(estimator).upper()
    if estimator not in MISSING:
        raise UnknownOption(f"There is no estimator {estimator!r}; choose one of {', '.join(MISSING)}.")
    if side not in SIDES:
        raise UnknownOption(f"There is no side {side!r}; choose one of {', '.join(SIDES)}.")
    yi, vi = need_studies(effects, 2, "Trim and fill needs")
    kept = effects.select(effects.usable)
    observed = pool(kept, tau2=tau2, test=test, level=level)
    if side == "auto":
        side = missing_side(yi, vi, tau2)
    sign = 1.0 if side == "left" else -1.0
    order = np.argsort(sign * yi, kind="stable")
    count, value, se, centre = _settle(kept.select(order), sign, estimator, tau2)
    trimmed = order[len(order) - count :]
    filled = kept if not count else _with_mirror_images(kept, trimmed, centre)
    return TrimAndFill(
        estimator=estimator,
        side=side,
        k0=count,
        se_k0=se(value),
        p_k0=0.5 ** (count + 1) if estimator == "R0" else None,
        filled_yi=frozen_array(filled.yi[len(yi) :]),
        filled_vi=frozen_array(filled.vi[len(yi) :]),
        observed=observed,
        pooled=pool(filled, tau2=tau2, test=test, level=level) if count else observed,
        effects=filled,
        notes=_remarks(len(yi), count),
    )


def missing_side(yi: np.ndarray, vi: np.ndarray, tau2: str | Estimator) -> str:
    """Right when effects fall as standard errors grow (small studies lie left, so their mirror images are
    missing), else left. Equal standard errors say nothing: left."""
    design = np.column_stack([np.ones_like(yi), np.sqrt(vi)])
    if rank_of(design) < 2:
        return "left"
    if len(yi) == 2:  # the line goes through both whatever their weights
        return "right" if (yi[1] - yi[0]) * (vi[1] - vi[0]) < 0.0 else "left"
    return "right" if fit_model(yi, vi, design, tau2=tau2).coefficients[1] < 0.0 else "left"


def _remarks(k: int, count: int) -> tuple[str, ...]:
    notes = []
    if k < 10:
        notes.append(
            f"With {k} studies the symmetry of a funnel can hardly be judged; ten is a usual minimum."
        )
    if 2 * count >= k:
        notes.append(
            f"{count} of {k} studies were trimmed: the result rests on mirror images more than on studies."
        )
    return tuple(notes)


def _settle(
    ordered: Effects, sign: float, estimator: str, tau2: str | Estimator
) -> tuple[int, float, Callable[[float], float], float]:
    """k0, its value before it is held at 0, its standard error and the centre; effects come missing side first."""
    k, count, seen = len(ordered), 0, []
    for _ in range(LIMIT):
        centre = pool(ordered.select(np.arange(k - count)), tau2=tau2).estimate
        value, se = MISSING[estimator](_signed_ranks(sign * (ordered.yi - centre), ordered.yi))
        rounded = max(0, round(value))
        if rounded == count:
            return count, value, se, centre
        if rounded >= k:
            raise TooFewStudies(
                f"Trim and fill with {estimator} would trim all {k} studies, so no centre is left to mirror them at."
            )
        if (count, rounded) in seen:
            break
        seen.append((count, rounded))
        count = rounded
    tried = ", ".join(str(n) for _, n in seen)
    raise NotConverged(
        f"Trim and fill with {estimator} does not settle on a number of missing studies (tried {tried}); use another "
        "estimator."
    )


def _signed_ranks(deviations: np.ndarray, yi: np.ndarray) -> np.ndarray:
    """Ranks of |deviation|, with its sign; 0 where it is only rounding error. Ties keep the order given."""
    clean = np.where(np.abs(deviations) <= 1e-14 * np.max(np.abs(yi)), 0.0, deviations)
    ranks = np.empty(len(clean))
    ranks[np.argsort(np.abs(clean), kind="stable")] = np.arange(1.0, len(clean) + 1.0)
    return np.where(clean > 0.0, ranks, -ranks)


def _with_mirror_images(kept: Effects, trimmed: np.ndarray, centre: float) -> Effects:
    return Effects(
        measure=kept.measure,
        yi=frozen_array(np.concatenate([kept.yi, 2.0 * centre - kept.yi[trimmed]])),
        vi=frozen_array(np.concatenate([kept.vi, kept.vi[trimmed]])),
        slab=(*kept.slab, *(f"Filled {n}" for n in range(1, len(trimmed) + 1))),
    )
