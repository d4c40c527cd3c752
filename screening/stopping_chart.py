"""The chart of stopping as plain numbers for a template: finds and the test's p-value along the way."""

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from screening.priority.stopping import Curve

WIDTH, LEFT, RIGHT = 640.0, 48.0, 16.0
FOUND_TOP, FOUND_BASE = 28.0, 112.0
P_TOP, P_BASE = 150.0, 262.0
HEIGHT = 292.0
LOWEST = 1e-4
ROWS = 12


@dataclass(frozen=True)
class Chart:
    """Two panels over one axis of records screened: how many were included, and p on a logarithmic scale.

    ``found`` and ``p`` are the points of a polyline; ticks are (place, label); ``level`` is the height of the line
    at or below which the test says stop. ``rows`` are (screened, included, p) for the table.
    """

    found: str
    p: str
    level: float
    level_value: float
    found_ticks: list[tuple[float, str]]
    p_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    rows: list[tuple[int, int, float]]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    found_top: float = FOUND_TOP
    found_base: float = FOUND_BASE
    p_top: float = P_TOP
    p_base: float = P_BASE


def chart(curve: "Curve", total: int) -> Chart:
    """The chart of a curve over ``total`` records."""
    read = [int(value) for value in curve.read]
    found = [int(value) for value in curve.found]
    p = [float(value) for value in curve.p]
    most = max(found[-1], 1)

    def x(records: float) -> float:
        return round(LEFT + records / total * (WIDTH - LEFT - RIGHT), 1)

    def y_found(number: float) -> float:
        return round(FOUND_BASE - number / most * (FOUND_BASE - FOUND_TOP), 1)

    def y_p(value: float) -> float:
        share = log10(max(value, LOWEST)) / log10(LOWEST)
        return round(P_TOP + share * (P_BASE - P_TOP), 1)

    every = max(1, len(read) // ROWS)
    kept = sorted({*range(every - 1, len(read), every), len(read) - 1})
    marks = [most] if most == 1 else [most // 2, most]
    return Chart(
        found=_points((x(0), y_found(0)), *((x(a), y_found(b)) for a, b in zip(read, found, strict=True))),
        p=_points((x(0), y_p(1)), *((x(a), y_p(b)) for a, b in zip(read, p, strict=True))),
        level=y_p(curve.level),
        level_value=curve.level,
        found_ticks=[(y_found(0), "0"), *((y_found(mark), f"{mark:,}") for mark in marks)],
        p_ticks=[
            (y_p(value), label) for value, label in ((1, "1"), (0.1, "0.1"), (0.01, "0.01"), (0.001, "0.001"))
        ],
        x_ticks=[(x(share * total), f"{round(share * total):,}") for share in (0, 0.25, 0.5, 0.75, 1)],
        rows=[(read[place], found[place], p[place]) for place in kept],
    )


def _points(*places: tuple[float, float]) -> str:
    return " ".join(f"{across},{down}" for across, down in places)
