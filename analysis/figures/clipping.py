"""Lines through points in pixels: cut at the edges of a box, and without points that change nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from reviews.figures.layout import Point
from reviews.figures.metrics import Bounds


def clipped(points: Sequence[Point], box: Bounds) -> list[list[Point]]:
    """The pieces of a line through points that lie within a box."""
    pieces: list[list[Point]] = []
    for start, end in pairwise(points):
        part = _segment(start, end, box)
        if part is None:
            continue
        if pieces and pieces[-1][-1] == part[0] and part[0] == start:
            pieces[-1].append(part[1])
        else:
            pieces.append(list(part))
    return pieces


def simpler(points: Sequence[Point], off: float = 0.08) -> list[Point]:
    """A line without the points that lie on it anyway, within `off` pixels: straight curves need two."""
    kept = [points[0]]
    for i in range(1, len(points) - 1):
        (x1, y1), (x, y), (x2, y2) = kept[-1], points[i], points[i + 1]
        length = math.hypot(x2 - x1, y2 - y1)
        if length == 0 or abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length > off:
            kept.append(points[i])
    return [*kept, points[-1]]


def _segment(start: Point, end: Point, box: Bounds) -> tuple[Point, Point] | None:
    """The part of a segment within a box (Liang and Barsky 1984)."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    first, last = 0.0, 1.0
    for p, q in ((-dx, x1 - box.left), (dx, box.right - x1), (-dy, y1 - box.top), (dy, box.bottom - y1)):
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            first = max(first, q / p)
        else:
            last = min(last, q / p)
    if first >= last:
        return None
    begin = start if first == 0 else (x1 + first * dx, y1 + first * dy)
    finish = end if last == 1 else (x1 + last * dx, y1 + last * dy)
    return begin, finish
