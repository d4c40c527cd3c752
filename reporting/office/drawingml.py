"""Pieces of DrawingML that Word and PowerPoint share: places, outlines, fills and connectors. No Django.

Sizes are in EMU (914,400 to the inch, 9,525 to the CSS pixel). Names are those of ECMA-376 part 1, chapter 20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from reporting.flow.sheet import Arrow, Label, Placed, Sheet
from reviews.figures.layout import INK, PAPER

EMU = 9525
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
FONT = "Arial"
RADIUS = 8
#: Connection sites of a rectangle.
TOP, LEFT, BOTTOM, RIGHT = range(4)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(words: str) -> str:
    """Escaped, without what XML cannot hold."""
    return escape(_NOT_XML.sub("", words))


def attribute(words: str) -> str:
    """The same as a quoted attribute."""
    return quoteattr(_NOT_XML.sub("", words))


def colour(value: str) -> str:
    """RRGGBB."""
    return value.lstrip("#").upper()


@dataclass(frozen=True)
class Scale:
    """How a sheet's pixels become a page's EMU: its left upper corner goes to 0, 0, and all is made smaller."""

    left: float = 0
    top: float = 0
    factor: float = 1

    def x(self, pixels: float) -> int:
        return round((pixels - self.left) * EMU * self.factor)

    def y(self, pixels: float) -> int:
        return round((pixels - self.top) * EMU * self.factor)

    def by(self, pixels: float) -> int:
        return round(pixels * EMU * self.factor)

    def points(self, pixels: float) -> float:
        """A font size or line height in points, down to a half."""
        return int(pixels * 0.75 * self.factor * 2) / 2


def outline(shape: Placed | Label, scale: Scale) -> str:
    """Place, form, fill and border of a box or label, for inside an spPr."""
    rounded = isinstance(shape, Label)
    fill = shape.fill if isinstance(shape, Label) else shape.box.fill or PAPER
    part = round(RADIUS / min(shape.width, shape.height) * 100_000)
    form = (
        f'<a:prstGeom prst="roundRect"><a:avLst><a:gd name="adj" fmla="val {part}"/></a:avLst></a:prstGeom>'
        if rounded
        else '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
    )
    place = (
        f'<a:xfrm><a:off x="{scale.x(shape.x)}" y="{scale.y(shape.y)}"/>'
        f'<a:ext cx="{scale.by(shape.width)}" cy="{scale.by(shape.height)}"/></a:xfrm>'
    )
    return f"{place}{form}{_filled(fill)}{_line(scale)}"


def _filled(fill: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour(fill)}"/></a:solidFill>'


def _line(scale: Scale, arrow: bool = False) -> str:
    head = '<a:round/><a:tailEnd type="triangle" w="med" len="med"/>' if arrow else ""
    return f'<a:ln w="{max(scale.by(1), 3175)}">{_filled(INK)}{head}</a:ln>'


def connector(arrow: Arrow, scale: Scale) -> str:
    """Place, form and line of a connector: straight, or around one corner that it begins towards by going down."""
    (x1, y1), (x2, y2) = arrow.points[0], arrow.points[-1]
    if len(arrow.points) == 2:
        turned, form = "", "straightConnector1"
        left, top, width, height = min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)
    else:
        # Unturned it goes right, then down. A quarter turn makes that down, then left; mirrored and turned the
        # other way it is down, then right. The frame is that before the turn, around the same centre.
        turned = ' rot="5400000"' if x2 < x1 else ' rot="16200000" flipH="1"'
        form = "bentConnector2"
        width, height = abs(y2 - y1), abs(x2 - x1)
        left, top = (x1 + x2 - width) / 2, (y1 + y2 - height) / 2
    return (
        f'<a:xfrm{turned}><a:off x="{scale.x(left)}" y="{scale.y(top)}"/>'
        f'<a:ext cx="{scale.by(width)}" cy="{scale.by(height)}"/></a:xfrm>'
        f'<a:prstGeom prst="{form}"><a:avLst/></a:prstGeom>{_line(scale, arrow=True)}'
    )


def glue(arrow: Arrow, ids: dict[str, int]) -> str:
    """Which boxes the connector sticks to, and at which side; moved boxes take it along."""
    found = ""
    (x1, _), (x2, _) = arrow.points[:2]
    if arrow.source in ids:
        found += f'<a:stCxn id="{ids[arrow.source]}" idx="{BOTTOM if x1 == x2 else RIGHT}"/>'
    (x3, _), (x4, _) = arrow.points[-2:]
    side = TOP if x3 == x4 else LEFT if x3 < x4 else RIGHT
    if arrow.target in ids:
        found += f'<a:endCxn id="{ids[arrow.target]}" idx="{side}"/>'
    return found


def box_name(placed: Placed) -> str:
    """What the list of objects calls a box."""
    return placed.box.heading.rstrip("*:") or placed.box.lines[0].label or placed.box.id


def arrow_name(arrow: Arrow) -> str:
    return f"Arrow to {arrow.target.replace('_', ' ')}"


def body_area(sheet: Sheet) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of labels, boxes and arrows, with room for their borders."""
    placed: list[Label | Placed] = [*sheet.labels, *sheet.boxes]
    shapes = [(s.x, s.y, s.x + s.width, s.y + s.height) for s in placed]
    left, top = min(s[0] for s in shapes), min(s[1] for s in shapes)
    return left - 1, top - 1, max(s[2] for s in shapes) + 1, max(s[3] for s in shapes) + 1
