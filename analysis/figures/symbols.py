"""Signs for the members of groups, told apart by shape first, so that they read in grey and by everyone.

The colours are those of Okabe and Ito (2008), which differ in lightness too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from analysis.figures.plot_frame import POINT
from reviews.figures.layout import PAPER, Circle, Item, Point, Polygon, Rect, Shape

#: (shape, fill) of the first group, the second, and so on; later ones are the same, hollow.
STYLES = (
    ("circle", "#0072b2"),
    ("square", "#d55e00"),
    ("triangle", "#009e73"),
    ("diamond", "#1b2430"),
    ("down", "#cc79a7"),
    ("cross", "#e69f00"),
    ("star", "#56b4e9"),
    ("bar", "#7b8794"),
)
SINGLE = ("circle", POINT)
#: Circles of many sizes: light, so that lines and smaller circles show.
BUBBLE = ("circle", "#a9c3de", POINT)


def symbol(
    shape: str, x: float, y: float, radius: float, *, fill: str, stroke: str = PAPER, title: str = ""
) -> Shape:
    """One sign around a place; all shapes of one `radius` look about equally large."""
    if shape == "circle":
        return Circle(x=x, y=y, radius=radius, fill=fill, stroke=stroke, stroke_width=0.75, title=title)
    if shape == "square":
        half = radius * 0.89
        return Rect(
            x=x - half, y=y - half, width=2 * half, height=2 * half,
            fill=fill, stroke=stroke, stroke_width=0.75, title=title,
        )  # fmt: skip
    outline = tuple((x + radius * dx, y + radius * dy) for dx, dy in OUTLINES[shape])
    return Polygon(points=outline, fill=fill, stroke=stroke, stroke_width=0.75, title=title)


def style(number: int) -> tuple[str, str, str]:
    """Shape, fill and outline of the group with this number, from 0."""
    shape, colour = STYLES[number % len(STYLES)]
    hollow = number // len(STYLES) % 2
    return (shape, PAPER, colour) if hollow else (shape, colour, PAPER)


def sign(shape: str, fill: str, stroke: str, size: float) -> Callable[[float, float], list[Item]]:
    """The sign as a legend draws it."""
    return lambda x, y: [symbol(shape, x, y, size * 0.42, fill=fill, stroke=stroke)]


def _regular(corners: int, radius: float = 1.0, turn: float = -90, inner: float = 0.0) -> tuple[Point, ...]:
    points = []
    steps = corners * (2 if inner else 1)
    for i in range(steps):
        angle = math.radians(turn + 360 * i / steps)
        reach = inner if inner and i % 2 else radius
        points.append((reach * math.cos(angle), reach * math.sin(angle)))
    return tuple(points)


def _cross(arm: float = 1.05, half: float = 0.36) -> tuple[Point, ...]:
    a, h = arm, half
    return (
        (-h, -a), (h, -a), (h, -h), (a, -h), (a, h), (h, h),
        (h, a), (-h, a), (-h, h), (-a, h), (-a, -h), (-h, -h),
    )  # fmt: skip


#: Corners around (0, 0) for a radius of 1.
OUTLINES = {
    "triangle": _regular(3, 1.25),
    "down": _regular(3, 1.25, 90),
    "diamond": _regular(4, 1.2),
    "cross": _cross(),
    "star": _regular(5, 1.3, inner=0.6),
    "bar": ((-1.2, -0.5), (1.2, -0.5), (1.2, 0.5), (-1.2, 0.5)),
}
