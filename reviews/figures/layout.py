"""The shapes a figure is made of. Plain numbers in CSS pixels (1/96 inch); y grows downwards.

A layout function returns a `Figure`; `render.render_svg` draws it. Coordinates are absolute: nothing is
moved by a parent, so a test reads positions as they will be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

INK = "#1b2430"
SOFT_INK = "#55606e"
FAINT = "#c5ccd4"
PAPER = "#ffffff"

Point = tuple[float, float]


class LayoutError(ValueError):
    """A figure was asked for with numbers or texts that cannot be drawn; the sentence says which."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """One line of text; `y` is the baseline. `anchor` is start, middle or end; `rotate` in degrees clockwise.

    `title` is the full text where `text` had to be shortened: a tooltip in browsers.
    """

    x: float
    y: float
    text: str
    size: float = 12
    weight: str = "normal"
    italic: bool = False
    anchor: str = "start"
    fill: str = INK
    rotate: float = 0
    title: str = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = INK
    width: float = 1
    dash: str = ""
    cap: str = "butt"
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str = "none"
    stroke: str = "none"
    stroke_width: float = 1
    radius: float = 0
    id: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Circle:
    x: float
    y: float
    radius: float
    fill: str = "none"
    stroke: str = "none"
    stroke_width: float = 1
    dash: str = ""
    id: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Polygon:
    """A closed shape through `points`: diamonds, arrow heads."""

    points: tuple[Point, ...]
    fill: str = INK
    stroke: str = "none"
    stroke_width: float = 1
    id: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Polyline:
    """An open path through `points`: connectors with corners, curves sampled finely."""

    points: tuple[Point, ...]
    stroke: str = INK
    width: float = 1
    dash: str = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Items that belong together: an element with an id, and a link when `href` is given.

    Links do not nest. `href` is a path, a fragment or an http(s) address: anything else is refused, so that
    no stored text can become a script.
    """

    items: tuple[Item, ...]
    id: str = ""
    href: str = ""
    label: str = ""  # the link's accessible name, when its texts do not say enough

    def __post_init__(self) -> None:
        # Browsers skip control characters inside a scheme and blanks before it, so those are refused outright.
        hidden = self.href.startswith(" ") or any(char < " " for char in self.href)
        if hidden or urlsplit(self.href).scheme not in {"", "http", "https"}:
            raise LayoutError(f"A figure links to pages only, not to '{self.href[:60]}'.")


Shape = Text | Line | Rect | Circle | Polygon | Polyline
Item = Shape | Group


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A finished layout. `id` is unique on the page: title and description elements are named after it.

    `paged` lays out the same over several pages, for files that have pages; None where one is enough.
    """

    id: str
    width: float
    height: float
    title: str
    desc: str
    items: tuple[Item, ...]
    paged: Callable[[], Sequence[Figure]] | None = field(default=None, compare=False, repr=False)

    def walk(self) -> Iterator[Shape]:
        """Every shape in drawing order, groups opened."""
        return walk(self.items)

    def groups(self) -> Iterator[Group]:
        """Every group in drawing order, outer before inner."""
        return _groups(self.items)

    @property
    def has_links(self) -> bool:
        return any(group.href for group in self.groups())


def walk(items: Iterable[Item]) -> Iterator[Shape]:
    """Every shape among the items and in their groups, in drawing order."""
    for item in items:
        if isinstance(item, Group):
            yield from walk(item.items)
        else:
            yield item


def _groups(items: Iterable[Item]) -> Iterator[Group]:
    for item in items:
        if isinstance(item, Group):
            yield item
            yield from _groups(item.items)
