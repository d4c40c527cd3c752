"""Shapes as SVG elements. Written here and not by templates: a figure of 300 studies has thousands of them.

Every text and attribute is escaped; numbers have at most two decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from reviews.figures.layout import Circle, Group, Item, Line, Point, Polygon, Polyline, Rect, Text


def draw(items: Iterable[Item]) -> str:
    """The elements one after the other."""
    return "".join([DRAW[type(item)](item) for item in items])


def number(value: float) -> str:
    """'12', '0.50', '-3.21': no decimals for a whole number, else two, a half away from zero."""
    if value == int(value):
        return str(int(value))
    text = f"{value + (1e-9 if value > 0 else -1e-9):.2f}"
    return "0.00" if text == "-0.00" else text


def _id(item: Any) -> str:
    return f' id="{escape(item.id)}"' if item.id else ""


def _border(item: Rect | Circle | Polygon) -> str:
    if item.stroke == "none":
        return ""
    return f' stroke="{escape(item.stroke)}" stroke-width="{number(item.stroke_width)}"'


def _dash(item: Line | Circle | Polyline) -> str:
    return f' stroke-dasharray="{escape(item.dash)}"' if item.dash else ""


def _closed(name: str, attributes: str, title: str) -> str:
    if not title:
        return f"<{name}{attributes}/>"
    return f"<{name}{attributes}><title>{escape(title)}</title></{name}>"


def _points(points: Iterable[Point]) -> str:
    return " ".join([f"{number(x)},{number(y)}" for x, y in points])


def _text(item: Text) -> str:
    x, y = number(item.x), number(item.y)
    found = f'<text{_id(item)} x="{x}" y="{y}" font-size="{number(item.size)}" fill="{escape(item.fill)}"'
    if item.anchor != "start":
        found += f' text-anchor="{escape(item.anchor)}"'
    if item.weight != "normal":
        found += f' font-weight="{escape(item.weight)}"'
    if item.italic:
        found += ' font-style="italic"'
    if item.rotate:
        found += f' transform="rotate({number(item.rotate)} {x} {y})"'
    title = f"<title>{escape(item.title)}</title>" if item.title else ""
    return f"{found}>{title}{escape(item.text)}</text>"


def _line(item: Line) -> str:
    cap = f' stroke-linecap="{escape(item.cap)}"' if item.cap != "butt" else ""
    return (
        f'<line{_id(item)} x1="{number(item.x1)}" y1="{number(item.y1)}" x2="{number(item.x2)}" '
        f'y2="{number(item.y2)}" stroke="{escape(item.stroke)}" stroke-width="{number(item.width)}"'
        f"{_dash(item)}{cap}/>"
    )


def _rect(item: Rect) -> str:
    rounded = f' rx="{number(item.radius)}"' if item.radius else ""
    attributes = (
        f'{_id(item)} x="{number(item.x)}" y="{number(item.y)}" width="{number(item.width)}" '
        f'height="{number(item.height)}" fill="{escape(item.fill)}"{_border(item)}{rounded}'
    )
    return _closed("rect", attributes, item.title)


def _circle(item: Circle) -> str:
    attributes = (
        f'{_id(item)} cx="{number(item.x)}" cy="{number(item.y)}" r="{number(item.radius)}" '
        f'fill="{escape(item.fill)}"{_border(item)}{_dash(item)}'
    )
    return _closed("circle", attributes, item.title)


def _polygon(item: Polygon) -> str:
    attributes = f'{_id(item)} points="{_points(item.points)}" fill="{escape(item.fill)}"{_border(item)}'
    return _closed("polygon", attributes, item.title)


def _polyline(item: Polyline) -> str:
    return (
        f'<polyline{_id(item)} points="{_points(item.points)}" fill="none" stroke="{escape(item.stroke)}" '
        f'stroke-width="{number(item.width)}"{_dash(item)}/>'
    )


def _group(item: Group) -> str:
    if not item.href:
        return f"<g{_id(item)}>{draw(item.items)}</g>"
    label = f' aria-label="{escape(item.label)}"' if item.label else ""
    return f'<a class="drawing-link"{_id(item)} href="{escape(item.href)}"{label}>{draw(item.items)}</a>'


DRAW: dict[type, Callable[[Any], str]] = {
    Text: _text,
    Line: _line,
    Rect: _rect,
    Circle: _circle,
    Polygon: _polygon,
    Polyline: _polyline,
    Group: _group,
}
