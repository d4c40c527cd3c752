"""How wide a text is, measured from the shipped font (Liberation Sans, metric-compatible with Arial).

Widths are sums of glyph advances. Kerning is left out: it only ever brings letters a little closer, so what
is measured here is what a text needs at most.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

from reviews.figures.layout import Circle, Figure, Line, Polygon, Polyline, Rect, Shape, Text, walk

FONT_DIR = Path(__file__).resolve().parents[2] / "static" / "fonts"
FONT_FAMILY = "Liberation Sans, Arial, Helvetica, sans-serif"
FONT_FILES = {
    "normal": FONT_DIR / "LiberationSans-Regular.ttf",
    "bold": FONT_DIR / "LiberationSans-Bold.ttf",
    "italic": FONT_DIR / "LiberationSans-Italic.ttf",
}

# Parts of the font size, from the font's own tables: capital height 1409/2048, ascender and descender.
CAP_HEIGHT = 0.688
ASCENT = 0.905
DESCENT = 0.212

ELLIPSIS = "…"

# Where a line may break: at white space, but not at no-break spaces.
_BREAKS = re.compile(r"[^\S\u00a0\u202f]+")


@dataclass(frozen=True)
class Bounds:
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Bounds, slack: float = 0.0) -> bool:
        """Whether the two share more than `slack` pixels both ways."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > slack and down > slack

    def inside(self, width: float, height: float) -> bool:
        return self.left >= 0 and self.top >= 0 and self.right <= width and self.bottom <= height


@lru_cache(maxsize=3)
def _advances(face: str) -> tuple[dict[int, float], float]:
    """Advance per code point and of the 'missing' glyph, as parts of the font size."""
    with TTFont(FONT_FILES[face], lazy=True) as font:
        em = font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        advances = {code: metrics[name][0] / em for code, name in font.getBestCmap().items()}
        return advances, metrics[".notdef"][0] / em


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float, weight: str = "normal", italic: bool = False) -> float:
    """Width in pixels. A letter the font does not hold counts as wide as other fonts may draw it."""
    advances, missing = _advances("bold" if weight == "bold" else "italic" if italic else "normal")
    return size * sum(advances[ord(c)] if ord(c) in advances else _fallback(c, missing) for c in text)


def _fallback(char: str, missing: float) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    return 1.0 if unicodedata.east_asian_width(char) in "WF" else max(missing, 0.75)


def middle(y: float, size: float) -> float:
    """The baseline that centres capitals of this size on `y`."""
    return y + size * CAP_HEIGHT / 2


def ellipsis(text: str, size: float, width: float, weight: str = "normal", italic: bool = False) -> str:
    """The text, or as much of it as fits with '…' behind."""
    if text_width(text, size, weight, italic) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        half = (low + high + 1) // 2
        if text_width(text[:half].rstrip() + ELLIPSIS, size, weight, italic) <= width:
            low = half
        else:
            high = half - 1
    return text[:low].rstrip() + ELLIPSIS


def wrap(
    text: str, size: float, width: float, weight: str = "normal", italic: bool = False, max_lines: int = 0
) -> list[str]:
    """Lines no wider than `width`; words that are too long are cut, no-break spaces kept.

    `max_lines` ends the last line with '…' (0: no limit). Never empty: an empty text is one empty line.
    """
    lines: list[str] = []
    line = ""
    for word in _fitting_words(text, size, width, weight, italic):
        candidate = f"{line} {word}" if line else word
        if not line or text_width(candidate, size, weight, italic) <= width:
            line = candidate
        else:
            lines.append(line)
            line = word
    lines.append(line)
    if max_lines and len(lines) > max_lines:
        rest = " ".join(lines[max_lines - 1 :])
        lines[max_lines - 1 :] = [ellipsis(rest, size, width, weight, italic)]
    return lines


def _fitting_words(text: str, size: float, width: float, weight: str, italic: bool) -> list[str]:
    words = []
    for word in _BREAKS.split(text.strip()):
        if text_width(word, size, weight, italic) <= width:
            words.append(word)
            continue
        piece, used = "", 0.0
        for char in word:
            advance = text_width(char, size, weight, italic)
            if piece and advance and used + advance > width:
                words.append(piece)
                piece, used = "", 0.0
            piece, used = piece + char, used + advance
        words.append(piece)
    return words


def bounds(shape: Shape) -> Bounds:
    """The box a shape fills, strokes not counted. Text may be turned by quarter turns only."""
    match shape:
        case Text():
            return _text_bounds(shape)
        case Line():
            xs, ys = (shape.x1, shape.x2), (shape.y1, shape.y2)
        case Rect():
            xs, ys = (shape.x, shape.x + shape.width), (shape.y, shape.y + shape.height)
        case Circle():
            xs = (shape.x - shape.radius, shape.x + shape.radius)
            ys = (shape.y - shape.radius, shape.y + shape.radius)
        case Polygon() | Polyline():
            xs, ys = zip(*shape.points, strict=True)
    return Bounds(min(xs), min(ys), max(xs), max(ys))


def _text_bounds(text: Text) -> Bounds:
    width = text_width(text.text, text.size, text.weight, text.italic)
    start = {"start": 0.0, "middle": -width / 2, "end": -width}[text.anchor]
    up, down = ASCENT * text.size, DESCENT * text.size
    if text.rotate % 360 == 0:
        return Bounds(text.x + start, text.y - up, text.x + start + width, text.y + down)
    if text.rotate % 360 == 270:  # reads upwards
        return Bounds(text.x - up, text.y - start - width, text.x + down, text.y - start)
    raise ValueError(f"Text turned by {text.rotate} degrees is not measured.")


def link_areas(figure: Figure) -> list[tuple[Bounds, str]]:
    """The rectangle and address of every link, for formats whose links are areas on a page."""
    return [
        (_around([bounds(shape) for shape in walk(group.items)]), group.href)
        for group in figure.groups()
        if group.href
    ]


def _around(boxes: list[Bounds]) -> Bounds:
    return Bounds(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
