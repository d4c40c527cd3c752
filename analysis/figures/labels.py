"""Names beside points, placed so that none covers another name or a point.

Greedy: names are placed in the order given, each at the first of some places around its point that is free, close by
or at the end of a thin line. A name for which there is no place is left out; its point tells it as a tooltip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures.names import shortened
from reviews.figures.layout import INK, SOFT_INK, Item, Line, Text
from reviews.figures.metrics import ASCENT, DESCENT, Bounds, text_width

#: Ways from a point to its name: right, left, above, below, then the corners.
WAYS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
#: From the edge of the point to the name, in text sizes; further away a line joins them.
DISTANCES = (0.25, 1.0, 2.0, 3.2, 4.6)
CLEAR = 1.0


@dataclass(frozen=True)
class Label:
    """A name and the point it belongs to, in pixels."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True)
class Placed:
    items: tuple[Item, ...]
    left_out: int


class _Taken:
    """Boxes nothing may cover, as one array that grows."""

    def __init__(self, boxes: Sequence[Bounds], more: int) -> None:
        self.count = len(boxes)
        self.array = np.empty((len(boxes) + more, 4))
        for i, box in enumerate(boxes):
            self.array[i] = (box.left, box.top, box.right, box.bottom)

    def add(self, left: float, top: float, right: float, bottom: float) -> None:
        if self.count == len(self.array):
            self.array = np.concatenate([self.array, np.empty_like(self.array)])
        self.array[self.count] = (left, top, right, bottom)
        self.count += 1

    def free(self, boxes: np.ndarray) -> np.ndarray:
        """Which of some boxes (left, top, right, bottom) cover none of these."""
        taken = self.array[: self.count]
        across = (taken[:, 0] < boxes[:, 2:3] + CLEAR) & (taken[:, 2] > boxes[:, 0:1] - CLEAR)
        down = (taken[:, 1] < boxes[:, 3:4]) & (taken[:, 3] > boxes[:, 1:2])
        return ~np.any(across & down, axis=1)


def place(
    labels: Sequence[Label],
    inside: Bounds,
    *,
    size: float,
    points: Sequence[Bounds] = (),
    lines: Sequence[Bounds] = (),
    widest: float = 0.0,
) -> Placed:
    """Names of `size` within a region that cover neither each other nor `points` (boxes, their own included).

    Places that do not cover `lines` either are taken first. A name wider than `widest` pixels (0: 45% of the
    region) is cut in the middle and told in full as a tooltip.
    """
    room = widest or (inside.right - inside.left) * 0.45
    taken, soft = _Taken(points, more=8 * len(labels) + 8), _Taken(lines, more=0)
    items: list[Item] = []
    left_out = 0
    for label in labels:
        text = shortened(label.text, size, room)
        width = text_width(text, size)
        spot = _spot(label, width, inside, taken, size, soft, DISTANCES[:2]) if lines else None
        spot = spot or _spot(label, width, inside, taken, size)
        if spot is None:
            left_out += 1
            continue
        box, joint = spot
        taken.add(box.left, box.top, box.right, box.bottom)
        if joint:
            items.append(joint)
            for x, y in _along(joint):
                taken.add(x - 0.5, y - 0.5, x + 0.5, y + 0.5)
        items.append(
            Text(
                x=box.left,
                y=box.top + ASCENT * size,
                text=text,
                size=size,
                fill=INK,
                title=label.text if text != label.text else "",
            )
        )
    return Placed(tuple(items), left_out)


def _spot(
    label: Label,
    width: float,
    inside: Bounds,
    taken: _Taken,
    size: float,
    soft: _Taken | None = None,
    distances: Sequence[float] = DISTANCES,
) -> tuple[Bounds, Line | None] | None:
    """The first free place, close by or at the end of a line that crosses nothing."""
    boxes = _around(label, width, size, distances)
    free = (boxes[:, 0] >= inside.left) & (boxes[:, 1] >= inside.top)
    free &= (boxes[:, 2] <= inside.right) & (boxes[:, 3] <= inside.bottom)
    free[free] = taken.free(boxes[free])
    if soft:
        free[free] = soft.free(boxes[free])
    for i in np.flatnonzero(free).tolist():
        left, top, right, bottom = boxes[i].tolist()
        box = Bounds(left, top, right, bottom)
        if distances[i // len(WAYS)] < 0.5:
            return box, None
        joint = _joint(label, WAYS[i % len(WAYS)], box)
        own = label.radius + 1.0
        between = [(x, y) for x, y in _along(joint) if abs(x - label.x) > own or abs(y - label.y) > own]
        if bool(np.all(taken.free(np.array([(x, y, x, y) for x, y in between]).reshape(-1, 4)))):
            return box, joint
    return None


def _around(label: Label, width: float, size: float, distances: Sequence[float]) -> np.ndarray:
    """All places for a name of this width: (distances x ways) rows of left, top, right, bottom."""
    height = (ASCENT + DESCENT) * size
    ways = np.array(WAYS, dtype=float)
    part = np.where(np.all(ways != 0, axis=1), 0.8, 1.0)
    reach = label.radius + np.repeat(distances, len(WAYS)) * size
    steps = np.tile(ways * part[:, None], (len(distances), 1)) * reach[:, None]
    turns = np.tile(ways, (len(distances), 1))
    left = label.x + steps[:, 0] + (turns[:, 0] - 1) * width / 2
    top = label.y + steps[:, 1] + (turns[:, 1] - 1) * height / 2
    return np.column_stack([left, top, left + width, top + height])


def _joint(label: Label, way: tuple[int, int], box: Bounds) -> Line:
    """From the edge of the point to the nearest side of the name."""
    across, down = way
    x2 = {1: box.left - 1, -1: box.right + 1, 0: (box.left + box.right) / 2}[across]
    y2 = {1: box.top, -1: box.bottom, 0: (box.top + box.bottom) / 2}[down]
    if across and down:
        y2 = (box.top + box.bottom) / 2
    dx, dy = x2 - label.x, y2 - label.y
    part = label.radius / max((dx * dx + dy * dy) ** 0.5, 1e-9)
    return Line(x1=label.x + dx * part, y1=label.y + dy * part, x2=x2, y2=y2, stroke=SOFT_INK, width=0.6)


def _along(line: Line) -> list[tuple[float, float]]:
    steps = max(2, int(abs(line.x2 - line.x1) + abs(line.y2 - line.y1)) // 4)
    return [
        (line.x1 + (line.x2 - line.x1) * i / steps, line.y1 + (line.y2 - line.y1) * i / steps)
        for i in range(steps + 1)
    ]
