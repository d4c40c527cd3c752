"""How many of the included were found after how much screening, as plain numbers for a table and a template.

Outcomes that everybody is told only, in the order in which they were settled, so that it shows nobody anything they
could not read record by record. Outcomes that came with a file were screened elsewhere and are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from reviews.models import Review
from screening.models import Placement, Verdict

WIDTH, HEIGHT = 640.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 14.0, 10.0, 42.0
PIECES = 10


@dataclass(frozen=True)
class Row:
    """After ``screened`` records ``included`` of them were included."""

    screened: int
    included: int


@dataclass(frozen=True)
class Found:
    """The curve, and the same as ``rows``; ``marks`` are (place, number) along the axes, ``even`` is what the same
    records would have shown if the included were spread evenly."""

    screened: int
    included: int
    rows: list[Row]
    line: str
    even: str
    marks_x: list[tuple[float, int]]
    marks_y: list[tuple[float, int]]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    base: float = HEIGHT - BOTTOM
    middle: float = (LEFT + WIDTH - RIGHT) / 2


def found(review: Review, stage: str) -> Found | None:
    """The curve of a stage; None with fewer than two outcomes, or with none included."""
    placed = Placement.objects.live().filter(record=OuterRef("record"), stage=OuterRef("stage"))
    told = Verdict.objects.at(stage).told().filter(~Exists(placed), review=review)
    states = told.order_by("settled_at", "record_id").values_list("state", flat=True)
    return curve([state == Verdict.State.INCLUDED for state in states])


def curve(labels: Sequence[bool]) -> Found | None:
    """``labels``: whether each record was included, in the order of screening."""
    screened, included = len(labels), sum(labels)
    if screened < 2 or not included:
        return None

    def x(number: float) -> float:
        return round(LEFT + number / screened * (WIDTH - LEFT - RIGHT), 1)

    def y(number: float) -> float:
        return round(HEIGHT - BOTTOM - number / included * (HEIGHT - TOP - BOTTOM), 1)

    steps = [place for place, label in enumerate(labels, start=1) if label]
    points = [(x(0), y(0))]
    for number, place in enumerate(steps, start=1):
        points += [(x(place), y(number - 1)), (x(place), y(number))]
    points.append((x(screened), y(included)))
    ends = dict.fromkeys(round(screened * piece / PIECES) for piece in range(1, PIECES + 1))
    return Found(
        screened=screened,
        included=included,
        rows=[Row(end, sum(labels[:end])) for end in ends if end],
        line=" ".join(f"{across},{up}" for across, up in dict.fromkeys(points)),
        even=f"{x(0)},{y(0)} {x(screened)},{y(included)}",
        marks_x=[(x(number), number) for number in _marks(screened)],
        marks_y=[(y(number), number) for number in _marks(included)],
    )


def _marks(largest: int) -> list[int]:
    """Three or four round numbers from 0 up to ``largest``."""
    step = next(
        size * 10**power for power in range(9) for size in (1, 2, 5) if largest / (size * 10**power) <= 4
    )
    return list(range(0, largest + 1, step))
