"""The check by a random sample of the unread records (elusion test): how many relevant ones may be left?

A sample of `sampled` records is drawn at random, all equally likely, from the `unscreened` ones and read like
any other. The number of relevant records in it is hypergeometric, whatever the order of screening was, so that
the interval for the number among all unscreened is exact: the classical inversion of two one-sided tests
(Clopper and Pearson 1934 for the binomial; Buonaccorsi 1987, The American Statistician 41:215, for a finite
population). Elusion: Roitblat, Kershaw and Oot 2010, doi:10.1002/asi.21233. Callaghan and Müller-Hansen 2020
(doi:10.1186/s13643-020-01521-4) use the same sample as the last part of their method.

The sample must be drawn once and judged when all of it was read. Peeking while it is read, or adding to a
sample that did not please, makes the errors larger than stated.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from screening.priority.stopping import smallest_missing
from screening.priority.tails import log_factorials, upper_tail


@dataclass(frozen=True)
class Elusion:
    """What a sample of the unscreened says.

    `left` counts relevant records that are still unread after the sample (the sampled finds are found);
    `recall` is that of everything included by then, sampled finds and all. Intervals are two-sided at
    `confidence`; `recall_at_least` is the one-sided bound that a claim "recall is at least" needs.
    """

    sampled: int
    relevant: int
    unscreened: int
    included: int
    confidence: float
    rate: float
    rate_low: float
    rate_high: float
    left: float
    left_low: int
    left_high: int
    recall: float
    recall_low: float
    recall_high: float
    recall_at_least: float


def elusion(
    sampled: int, relevant: int, unscreened: int, included: int, *, confidence: float = 0.95
) -> Elusion:
    """The number left and the recall from `relevant` finds in a random sample of `sampled` from `unscreened`.

    `included` counts the relevant records found before the sample; `unscreened` counts the records that
    could have been drawn, the sampled ones among them. The point estimate is relevant / sampled of the
    unscreened.
    """
    _check(sampled, relevant, unscreened, included)
    error = float(1 - Fraction(str(confidence)))
    if not 0 < error <= 0.5:
        raise ValueError(f"The confidence is a share from 0.5 to below 1 (0.95, say), not {confidence}.")
    if sampled == 0:
        raise ValueError("An empty sample says nothing: at least one unscreened record must have been drawn.")
    low = _fewest(sampled, relevant, unscreened, error / 2)
    high = _most(sampled, relevant, unscreened, error / 2)
    worst = _most(sampled, relevant, unscreened, error)
    rate = relevant / sampled
    likely = rate * unscreened
    found = included + relevant

    def recall(everywhere: float) -> float:
        return found / (included + everywhere) if included + everywhere else 1.0

    return Elusion(
        sampled, relevant, unscreened, included, confidence,
        rate, low / unscreened, high / unscreened,
        likely - relevant, low - relevant, high - relevant,
        recall(likely), recall(high), recall(low), recall(worst),
    )  # fmt: skip


def sample_size(
    unscreened: int, included: int, *, target: float = 0.95, confidence: float = 0.95, relevant: int = 0
) -> int | None:
    """How many unscreened records to draw so that at most `relevant` finds show a recall of at least `target`.

    With `relevant` = 0 this is the size of a "clean" sample: if it holds no relevant record, a recall below
    the target is rejected with the `confidence` asked for. The smallest n with P(X <= relevant) <= 1 -
    confidence, X hypergeometric with the fewest relevant records that would put the recall below the target.
    None when no sample can show it (more finds allowed than relevant records that would matter); 0 when the
    target is reached whatever is left.
    """
    _check(0, 0, unscreened, included)
    if relevant < 0:
        raise ValueError(f"The number of finds to allow is 0 or more, not {relevant}.")
    level = float(1 - Fraction(str(confidence)))
    if not 0 < level <= 0.5:
        raise ValueError(f"The confidence is a share from 0.5 to below 1 (0.95, say), not {confidence}.")
    feared = smallest_missing(included + relevant, target) + relevant
    if feared > unscreened:
        return 0 if relevant == 0 else None
    sizes = np.arange(relevant + 1, unscreened + 1)
    at_most = 1 - _at_least(relevant + 1, feared, sizes, unscreened)
    enough = np.flatnonzero(at_most <= level + 1e-12)
    return int(sizes[enough[0]]) if enough.size else None


def _most(sampled: int, relevant: int, unscreened: int, error: float) -> int:
    """The largest number among the unscreened with P(X <= relevant) > error."""
    low, high = relevant, unscreened - (sampled - relevant)
    while low < high:
        middle = (low + high + 1) // 2
        chance = 1 - _at_least(relevant + 1, middle, np.array([sampled]), unscreened)[0]
        low, high = (middle, high) if chance > error else (low, middle - 1)
    return low


def _fewest(sampled: int, relevant: int, unscreened: int, error: float) -> int:
    """The smallest number among the unscreened with P(X >= relevant) > error."""
    low, high = relevant, unscreened - (sampled - relevant)
    while low < high:
        middle = (low + high) // 2
        chance = _at_least(relevant, middle, np.array([sampled]), unscreened)[0]
        low, high = (low, middle) if chance > error else (middle + 1, high)
    return low


def _at_least(finds: int, marked: int, sizes: np.ndarray, population: int) -> np.ndarray:
    """P(X >= finds) in samples of `sizes`."""
    shape = sizes.shape
    return upper_tail(
        np.full(shape, finds),
        np.full(shape, population),
        np.full(shape, marked),
        sizes,
        log_factorials(population),
    )


def _check(sampled: int, relevant: int, unscreened: int, included: int) -> None:
    if min(sampled, relevant, unscreened, included) < 0:
        raise ValueError("Numbers of records cannot be negative.")
    if relevant > sampled:
        raise ValueError(f"{relevant} relevant records cannot be in a sample of {sampled}.")
    if sampled > unscreened:
        raise ValueError(f"A sample of {sampled} cannot be drawn from {unscreened} unscreened records.")
