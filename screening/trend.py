"""The chart of agreement over time, as plain numbers for a template: points, intervals, a line and its ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from screening.pair_tables import Period

WIDTH, HEIGHT = 640.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 12.0, 10.0, 26.0


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    low: float
    high: float
    start: date
    value: float
    records: int
    labelled: bool


@dataclass(frozen=True)
class Trend:
    """AC1 with its interval in each period; ``ticks`` are (y, value). Nothing to draw with fewer than two points."""

    points: list[Point]
    ticks: list[tuple[float, str]]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    base: float = HEIGHT - BOTTOM

    @property
    def line(self) -> str:
        return " ".join(f"{point.x},{point.y}" for point in self.points)


def trend(periods: Sequence[Period]) -> Trend | None:
    """AC1 by period, since it stays defined and steady where few records are included."""
    shown = [period for period in periods if period.agreement.ac1.value is not None]
    if len(shown) < 2:
        return None
    lows = [_low(period) for period in shown]
    floor = min(0.0, *lows) if min(lows) < 0 else 0.0

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - floor) / (1 - floor) * (HEIGHT - TOP - BOTTOM), 1)

    step = (WIDTH - LEFT - RIGHT) / len(shown)
    every = -(-len(shown) // 8)
    points = []
    for place, period in enumerate(shown):
        ac1 = period.agreement.ac1
        value = ac1.value or 0.0
        points.append(
            Point(
                x=round(LEFT + step * (place + 0.5), 1),
                y=y(value),
                low=y(_low(period)),
                high=y(value if ac1.high is None else ac1.high),
                start=period.start,
                value=value,
                records=period.agreement.records,
                labelled=place % every == 0,
            )
        )
    marks = [floor, 0.0, 0.5, 1.0] if floor < -0.15 else [0.0, 0.5, 1.0]
    return Trend(points, [(y(mark), f"{mark:.1f}") for mark in dict.fromkeys(marks)])


def _low(period: Period) -> float:
    ac1 = period.agreement.ac1
    value = ac1.value or 0.0
    return max(-1.0, value if ac1.low is None else ac1.low)
