"""When may a team stop screening? A test of "too many relevant records are still unread".

The test of Callaghan and Müller-Hansen (2020, Systematic Reviews 9:273, doi:10.1186/s13643-020-01521-4).
The records are read in an order that puts the likely ones first. Call the records in the order they were
read 1..t, of `total`; `found` of them are relevant. The worry (null hypothesis) is that the recall is
below the target:

    found / K < target,  that is  K >= K0 = floor(found / target) + 1   (K: all relevant records)

Pick any record s < t that was read. If the reading from s on was no better than a lottery among
the total - s records unread at s, of which K0 - found(s) were relevant under the worry, the number found
since is hypergeometric, and

    p(s) = P(X <= found - found(s)),  X ~ Hypergeometric(total - s, K0 - found(s), t - s)

is the chance to find so few. An order better than a lottery finds more, so p(s) errs to the side of caution.
The published test takes the smallest p(s) over all s and stops when it is below 1 - confidence.

Here p(s) is computed from its other side, which needs the same two numbers in every window: with `left` =
K0 - found records missing and u = total - t unread, p(s) = P(Y >= left), Y ~ Hypergeometric(total - s,
K0 - found(s), u). Among windows with the same finds the longest has the smallest p, so that only s = 0 and
the places just after a find are windows worth a look: found + 1 of them, whatever the number of records.

Asked after every record, the published test errs more often than 1 - confidence when the order is no better
than a lottery: a team that stops at the first p below 0.05 takes the best of many looks, each the best of
many windows. Measured (`benchmarks/stopping.md`): 5 % for one relevant record, 15 % for a hundred, 30 % for
400. The rule `REPEATED_LOOKS`, which is the default, asks more of p, by a factor found by simulation:

    corrected p = min(1, 2 sqrt(left) p),    left = K0 - found

With it less than 5 % stop too early in every order that was tried in which the next record is at least as
likely relevant as an unread one drawn by lot, looks after every record included. `PUBLISHED` is the test as
it was published. Neither can know of an order that is worse than a lottery at its end.

Labels are in the order of reading: 1, True for relevant, 0, False for not. `total` counts all records of the
stage, read or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from screening.priority import heuristics
from screening.priority.tails import log_factorials, upper_tail

PUBLISHED = "published"
REPEATED_LOOKS = "repeated_looks"
DEFAULT_RULE = REPEATED_LOOKS

# Windows times moments that are worked on at once: 16 MB an array.
_CELLS = 2_000_000


@dataclass(frozen=True)
class Judgement:
    """What the test says now: `stop` is whether `p` is at or below `level`."""

    rule: str
    total: int
    read: int
    found: int
    target: float
    confidence: float
    level: float
    p: float
    """The p-value of `rule`: corrected for repeated looks, or the published one."""
    published_p: float
    missing: int
    """The smallest number of unread relevant records with which the recall would be below the target."""
    stop: bool
    more: int | None
    """How many more records without a find until the test would say stop (0 when it does now)."""


@dataclass(frozen=True)
class Curve:
    """The p-value of the rule after `read` records, and the published one; `found` relevant ones by then."""

    read: NDArray[np.int64]
    found: NDArray[np.int64]
    p: NDArray[np.float64]
    published_p: NDArray[np.float64]
    level: float


@dataclass(frozen=True)
class LowerRecall:
    """The recall is at least `recall`: more than `left` relevant unread records are rejected at `level`."""

    recall: float
    left: int
    level: float


def hypergeometric(labels: ArrayLike, total: int, *, target: float = 0.95) -> float:
    """The p-value of "recall below target" after all of `labels` were read (published test, all windows)."""
    history = History.of(labels, total)
    return history.p_value(history.read, smallest_missing(history.found, target))


def curve(
    labels: ArrayLike,
    total: int,
    *,
    target: float = 0.95,
    confidence: float = 0.95,
    rule: str = DEFAULT_RULE,
    at: Sequence[int] | None = None,
    points: int = 300,
) -> Curve:
    """The p-value at the moments `at` (numbers of records read), or at about `points` even ones.

    `rule` stops at or below `level`. The last moment is always among the even ones.
    """
    history = History.of(labels, total)
    if at is None:
        steps = np.linspace(0, history.read, min(points, history.read) + 1)
        moments = np.unique(np.round(steps).astype(np.int64))[1:]
    else:
        moments = np.asarray(at, dtype=np.int64)
        if moments.size and (moments.min() < 1 or moments.max() > history.read):
            raise ValueError(f"The curve can be drawn at 1 to {history.read} records read.")
    found = history.found_by(moments)
    missing = np.array([smallest_missing(int(count), target) for count in found], dtype=np.int64)
    published = history.p_values(moments, missing)
    corrected = np.minimum(1.0, published * penalty(rule, missing))
    return Curve(moments, found, corrected, published, level_of(confidence))


def judge(
    labels: ArrayLike,
    total: int,
    *,
    target: float = 0.95,
    confidence: float = 0.95,
    rule: str = DEFAULT_RULE,
) -> Judgement:
    """What the test says after all of `labels` were read, and how many more without a find it would need."""
    history = History.of(labels, total)
    missing = smallest_missing(history.found, target)
    level, factor = level_of(confidence), float(penalty(rule, np.array([missing]))[0])
    published = history.p_value(history.read, missing)
    needed = history.first_at(history.read, history.total, missing, level / factor)
    return Judgement(
        rule=rule,
        total=history.total,
        read=history.read,
        found=history.found,
        target=target,
        confidence=confidence,
        level=level,
        p=min(1.0, published * factor),
        published_p=published,
        missing=missing,
        stop=needed == history.read,
        more=None if needed is None else needed - history.read,
    )


def lower_recall(
    labels: ArrayLike, total: int, *, confidence: float = 0.95, rule: str = DEFAULT_RULE
) -> LowerRecall:
    """The lower bound of recall: the largest number left that the test does not reject, turned into a recall.

    The same test read the other way round: `judge` says stop exactly when this recall reaches the target.
    With nothing found there is no recall to speak of; it is 0 unless nothing can be left.
    """
    history = History.of(labels, total)
    level = level_of(confidence)
    left = history.largest_left(level, rule)
    everything = history.found + left
    return LowerRecall(history.found / everything if everything else 1.0, left, level)


def stops_at(
    labels: ArrayLike,
    total: int,
    *,
    target: float = 0.95,
    confidence: float = 0.95,
    rule: str = DEFAULT_RULE,
) -> int | None:
    """After how many records a team stops that asks the test after every record; None when it never says so."""
    history = History.of(labels, total)
    level = level_of(confidence)
    ends = np.append(history.starts[1:] - 1, history.read)
    missing = np.array([smallest_missing(found, target) for found in range(history.found + 1)])
    at_ends = history.p_values(ends, missing) * penalty(rule, missing)
    # Without a find the p-value only falls: the first stretch that ends low enough holds the first stop.
    low_enough = np.flatnonzero(at_ends <= level)
    if not low_enough.size:
        return None
    found = int(low_enough[0])
    needed = level / float(penalty(rule, missing[[found]])[0])
    last = int(ends[found])
    moment = history.first_at(int(history.starts[found]), last, int(missing[found]), needed)
    # At the very last record of the stretch a quotient and a product may differ in the last bit.
    return last if moment is None else moment


def smallest_missing(found: int, target: float) -> int:
    """The smallest number of relevant records left with which `found` of all is less than `target`.

    floor(found / target) + 1 - found, in exact arithmetic (0.95 is 19/20, not the float beside it).
    """
    share = Fraction(str(target))
    if not 0 < share <= 1:
        raise ValueError(f"The target recall is a share above 0, at most 1 (0.95, say), not {target}.")
    return int(found / share) + 1 - found


def level_of(confidence: float) -> float:
    """The p-value at or below which a rule stops: 1 - confidence."""
    if not 0.5 <= confidence < 1:
        raise ValueError(f"The confidence is a share from 0.5 to below 1 (0.95, say), not {confidence}.")
    return float(1 - Fraction(str(confidence)))


def penalty(rule: str, missing: NDArray[np.int64]) -> NDArray[np.float64]:
    """The factor of the published p-value: 1, or 2 sqrt(missing) for looks after every record.

    Where it comes from: under an order by lot, the 5 % quantile of the smallest p over all looks falls from
    about 0.035 where one missing is too many as 1 / sqrt(missing); `benchmarks/stopping.md` has the table.
    """
    if rule == PUBLISHED:
        return np.ones(missing.shape)
    if rule == REPEATED_LOOKS:
        return np.asarray(2 * np.sqrt(np.maximum(missing, 1)))
    raise ValueError(f"There is no stopping rule “{rule}”; there are “{PUBLISHED}” and “{REPEATED_LOOKS}”.")


@dataclass(frozen=True)
class History:
    """What was read, as the test sees it: where the finds are."""

    total: int
    read: int
    starts: NDArray[np.int64]
    """Where windows begin: 0, then the number of records read at each find."""
    log_factorials: NDArray[np.float64]

    @classmethod
    def of(cls, labels: ArrayLike, total: int) -> "History":
        values: NDArray[Any] = np.asarray(labels)
        if values.ndim != 1 or not np.isin(values, (0, 1)).all():
            raise ValueError(
                "Labels are one row of 0 (not relevant) and 1 (relevant), in the order of reading."
            )
        if total < values.size:
            raise ValueError(f"{values.size} records were read, more than the {total} there are.")
        starts = np.append(0, np.flatnonzero(values) + 1).astype(np.int64)
        return cls(int(total), int(values.size), starts, log_factorials(int(total)))

    @property
    def found(self) -> int:
        return self.starts.size - 1

    def found_by(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many finds there were after each of `moments` records."""
        return np.searchsorted(self.starts, moments, side="right").astype(np.int64) - 1

    def p_value(self, moment: int, left: int) -> float:
        """The smallest chance over the windows up to `moment` to find so few with `left` missing."""
        return float(self.p_values(np.array([moment]), np.array([left]))[0])

    def p_values(self, moments: NDArray[np.int64], left: NDArray[np.int64]) -> NDArray[np.float64]:
        """`p_value` for many moments at once, each with its number left."""
        result = np.ones(moments.size)
        found = self.found_by(moments)
        rows = max(1, _CELLS // self.starts.size)
        for begin in range(0, moments.size, rows):
            part = slice(begin, begin + rows)
            windows = int(found[part].max(initial=0)) + 1
            before = np.arange(windows)
            inside = before <= found[part, None]
            tails = upper_tail(
                np.broadcast_to(left[part, None], inside.shape)[inside],
                np.broadcast_to(self.total - self.starts[:windows], inside.shape)[inside],
                (found[part, None] + left[part, None] - before)[inside],
                np.broadcast_to(self.total - moments[part, None], inside.shape)[inside],
                self.log_factorials,
            )
            grid = np.ones(inside.shape)
            grid[inside] = tails
            result[part] = grid.min(axis=1)
        return result

    def first_at(self, first: int, last: int, left: int, level: float) -> int | None:
        """The first moment from `first` to `last` whose p is at or below `level`; nothing is found meanwhile.

        Without a find the p-value only falls, so halving the stretch finds the moment.
        """
        if last < first or self.p_value_without_find(last, left, first) > level:
            return None
        low, high = first, last
        while low < high:
            middle = (low + high) // 2
            if self.p_value_without_find(middle, left, first) <= level:
                high = middle
            else:
                low = middle + 1
        return low

    def p_value_without_find(self, moment: int, left: int, since: int) -> float:
        """The p-value at `moment` when no record after `since` is relevant."""
        found = int(self.found_by(np.array([since]))[0])
        before = np.arange(found + 1)
        tails = upper_tail(
            np.full(found + 1, left),
            self.total - self.starts[: found + 1],
            found + left - before,
            np.full(found + 1, self.total - moment),
            self.log_factorials,
        )
        return float(tails.min())

    def largest_left(self, level: float, rule: str) -> int:
        """The largest number left that `rule` does not reject at `level`; what is more is rejected, too."""
        low, high = 0, self.total - self.read
        while low < high:
            middle = (low + high + 1) // 2
            p = self.p_value(self.read, middle) * float(penalty(rule, np.array([middle]))[0])
            if p > level:
                low = middle
            else:
                high = middle - 1
        return low


def rules_in_order(
    labels: ArrayLike, total: int, *, target: float = 0.95, confidence: float = 0.95
) -> dict[str, dict[str, float | int | None]]:
    """When each rule would have stopped in a finished order, and with which recall.

    `labels` are those of all records in the order of reading; the rule is asked after every record (the knee
    at its own looks).
    `stopped_at` is the number read, `recall` the share of the relevant found by then, `read` the share of
    the records read. A rule that never stops has None for `stopped_at` and `recall` 1 (everything was read).
    """
    values = np.asarray(labels).astype(np.int64)
    tests = {
        rule: stops_at(values, total, target=target, confidence=confidence, rule=rule)
        for rule in (REPEATED_LOOKS, PUBLISHED)
    }
    moments = tests | heuristics.all_at(values, total)
    found = np.append(0, np.cumsum(values))
    relevant = int(values.sum())

    def outcome(moment: int | None) -> dict[str, float | int | None]:
        by_then = int(found[-1 if moment is None else moment])
        return {
            "stopped_at": moment,
            "recall": by_then / relevant if relevant else 1.0,
            "read": (values.size if moment is None else moment) / total if total else 1.0,
        }

    return {rule: outcome(moment) for rule, moment in moments.items()}
