"""How quickly somebody screens, and when a stage will be done at the present pace. No Django here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, sqrt
from statistics import NormalDist, fmean, stdev

#: A longer look at one record, or between two votes, is a break and tells nothing of the pace.
LONGEST = 15 * 60
#: Days that a forecast looks back on, and how many of them must have seen work.
WINDOW, ACTIVE = 28, 3
RANGE = 0.8
FURTHEST = 20 * 365


@dataclass(frozen=True)
class Pace:
    """``seconds`` is the mean time of a decision over ``votes`` votes, ``per_hour`` how many that makes an hour."""

    votes: int
    seconds: float
    per_hour: float


@dataclass(frozen=True)
class Forecast:
    """When the rest will be done at ``per_day`` records; ``late`` is None where the pace may come to nothing."""

    per_day: float
    on: date
    early: date
    late: date | None


def pace_of(votes: Iterable[tuple[datetime, int | None]]) -> Pace | None:
    """The pace of one person's votes (when, seconds in view if known) in any order; None for fewer than five.

    A decision took the seconds its record was in view; where these are unknown, the time since the vote before.
    Times above 15 minutes (``LONGEST``) are breaks and are left out.
    """
    ordered = sorted(votes, key=lambda vote: vote[0])
    took: list[float] = []
    before: datetime | None = None
    for at, seconds in ordered:
        if seconds is None and before is not None:
            took.append((at - before).total_seconds())
        elif seconds is not None:
            took.append(seconds)
        before = at
    counted = [max(each, 1.0) for each in took if each <= LONGEST]
    if len(counted) < 5:
        return None
    mean = fmean(counted)
    return Pace(len(counted), mean, 3600 / mean)


def forecast(daily: Sequence[int], left: int, today: date) -> Forecast | None:
    """When ``left`` records will be done; ``daily`` counts those done on each day before ``today``, idle days too.

    The pace is the mean m of the days with their standard deviation s. The range has 80 of 100 chance if days go on
    varying as they did: the mean of the D = left / m days to come differs from m by normally distributed
    s sqrt(1/n + 1/D). None for fewer than 3 days with work (``ACTIVE``), or when nothing is left.
    """
    if left <= 0 or sum(done > 0 for done in daily) < ACTIVE:
        return None
    mean = fmean(daily)
    need = left / mean
    spread = stdev(daily) * sqrt(1 / len(daily) + 1 / max(need, 1))
    margin = NormalDist().inv_cdf(0.5 + RANGE / 2) * spread
    slow = mean - margin
    late = left / slow if slow > 0 else None
    if need > FURTHEST:
        return None

    def after(days: float) -> date:
        return today + timedelta(days=ceil(days) - 1)

    return Forecast(
        per_day=mean,
        on=after(need),
        early=after(left / (mean + margin)),
        late=after(late) if late is not None and late <= FURTHEST else None,
    )
