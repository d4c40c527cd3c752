"""How a judgement looks, and what is under every risk-of-bias figure: its domains and its legend. No Django here.

Judgements are told apart by symbol first and colour second. The hues are Okabe and Ito's colour-blind-safe
bluish green, yellow and vermilion, the first and last darkened until white on them has a contrast of 4.5:1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.figures.layout import INK, PAPER, SOFT_INK, Circle, Item, LayoutError, Line, Text
from reviews.figures.metrics import middle, text_width, wrap

SIZE = 12
SMALL = 11
TITLE = 14
LINE = 15
MARGIN = 16
RADIUS = 9


@dataclass(frozen=True, kw_only=True)
class Domain:
    """`key` heads the column (D1, A ...), `name` explains it below (nothing to explain where they are equal).

    Neighbours with the same `block` share a heading above theirs; a column `apart` has a gap before it.
    """

    key: str
    name: str
    block: str = ""
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class Level:
    """How one judgement looks. `symbol` is one of + - ! ? x, drawn as strokes, or up to two letters.

    A legend leaves out what is not `explained`: a number that says itself what it is.
    """

    label: str
    symbol: str
    fill: str
    ink: str = INK
    explained: bool = True


LEVELS: Mapping[str, Level] = {
    "low": Level(label="Low risk", symbol="+", fill="#007a59", ink=PAPER),
    "some_concerns": Level(label="Some concerns", symbol="!", fill="#f0e442"),
    "unclear": Level(label="Unclear risk", symbol="?", fill="#f0e442"),
    "moderate": Level(label="Moderate risk", symbol="!", fill="#f0e442"),
    "high": Level(label="High risk", symbol="-", fill="#b84d00", ink=PAPER),
    "serious": Level(label="Serious risk", symbol="-", fill="#b84d00", ink=PAPER),
    "very_high": Level(label="Very high risk", symbol="x", fill="#7a1f4f", ink=PAPER),
    "critical": Level(label="Critical risk", symbol="x", fill="#7a1f4f", ink=PAPER),
    "no_information": Level(label="No information", symbol="NI", fill="#c9d3dd"),
    "not_applicable": Level(label="Not applicable", symbol="NA", fill=PAPER),
}
NOT_JUDGED = "Not judged yet"


def symbol(
    x: float,
    y: float,
    judgement: str,
    *,
    radius: float = RADIUS,
    title: str = "",
    levels: Mapping[str, Level] = LEVELS,
) -> list[Item]:
    """The disc of one judgement, centred on (x, y). An empty judgement is a dotted ring: not judged yet."""
    if not judgement:
        return [Circle(x=x, y=y, radius=radius, fill=PAPER, stroke=SOFT_INK, dash="2 2", title=title)]
    level = level_of(judgement, levels)
    disc = Circle(x=x, y=y, radius=radius, fill=level.fill, stroke=INK, stroke_width=0.75, title=title)
    return [disc, *sign(x, y, level, radius)]


def level_of(judgement: str, levels: Mapping[str, Level]) -> Level:
    """How `judgement` looks; LayoutError naming the known ones."""
    try:
        return levels[judgement]
    except KeyError:
        known = ", ".join(levels)
        raise LayoutError(
            f"'{judgement}' is not a judgement this figure can draw; known are {known}."
        ) from None


def sign(x: float, y: float, level: Level, radius: float) -> list[Item]:
    """The symbol alone, centred on (x, y), as large as in a disc of this radius."""
    arm, pen = radius * 0.5, radius * 0.24

    def stroke(x1: float, y1: float, x2: float, y2: float) -> Line:
        return Line(x1=x + x1 * arm, y1=y + y1 * arm, x2=x + x2 * arm, y2=y + y2 * arm,
                    stroke=level.ink, width=pen, cap="round")  # fmt: skip

    match level.symbol:
        case "+":
            return [stroke(-1, 0, 1, 0), stroke(0, -1, 0, 1)]
        case "-" | "−":
            return [stroke(-1, 0, 1, 0)]
        case "x":
            return [stroke(-0.8, -0.8, 0.8, 0.8), stroke(-0.8, 0.8, 0.8, -0.8)]
        case "!":
            return [
                stroke(0, -1.05, 0, 0.25),
                Circle(x=x, y=y + arm * 0.98, radius=pen * 0.62, fill=level.ink),
            ]
    size = radius * (1.4 if len(level.symbol) == 1 else 0.95)
    return [Text(x=x, y=middle(y, size), text=level.symbol, size=size, weight="bold", anchor="middle",
                 fill=level.ink)]  # fmt: skip


def domain_list(domains: Sequence[Domain], y: float, width: float) -> tuple[list[Item], float]:
    """Keys and names of domains below `y`, and where they end; a domain whose key says it all is left out."""
    domains = [domain for domain in domains if domain.key != domain.name]
    if not domains:
        return [], y
    indent = MARGIN + 10 + max(text_width(d.key, SMALL, "bold") for d in domains)
    items: list[Item] = []
    for domain in domains:
        items.append(Text(x=MARGIN, y=y + SMALL, text=domain.key, size=SMALL, weight="bold"))
        for line in wrap(domain.name, SMALL, width - MARGIN - indent):
            items.append(Text(x=indent, y=y + SMALL, text=line, size=SMALL))
            y += LINE
    return items, y


def legend_items(
    keys: Sequence[str], y: float, width: float, levels: Mapping[str, Level], unjudged: bool
) -> tuple[list[Item], float]:
    """Discs with their meaning, in lines that fit `width`, below `y`; and where they end."""
    entries = [(key, level_of(key, levels).label) for key in keys] + ([("", NOT_JUDGED)] if unjudged else [])
    items: list[Item] = []
    x, row = float(MARGIN), y + 10
    for key, label in entries:
        lines = wrap(label, SMALL, width - 2 * MARGIN - 22)
        step = 16 + 8 + max(text_width(line, SMALL) for line in lines) + 20
        if x > MARGIN and x + step - 20 > width - MARGIN:
            x, row = float(MARGIN), row + 22
        items += symbol(x + 8, row, key, radius=8, levels=levels)
        for line in lines:
            items.append(Text(x=x + 22, y=middle(row, SMALL), text=line, size=SMALL))
            row += LINE
        row -= LINE
        x += step
    return items, row + 10


def footnotes(notes: Sequence[str], y: float, width: float) -> tuple[list[Item], float]:
    """Remarks below the legend, and where they end."""
    items: list[Item] = []
    y += 8 if notes else 0
    for note in notes:
        for line in wrap(note, SMALL, width - 2 * MARGIN):
            items.append(Text(x=MARGIN, y=y + SMALL, text=line, size=SMALL, fill=SOFT_INK))
            y += LINE
    return items, y


def occurring(judgements: Sequence[Sequence[str]], levels: Mapping[str, Level]) -> list[str]:
    """The judgements that occur, in the order of `levels`."""
    present = {judgement for row in judgements for judgement in row}
    return [key for key in levels if key in present]


def explained(
    legend: Sequence[str], judgements: Sequence[Sequence[str]], levels: Mapping[str, Level]
) -> list[str]:
    """The legend asked for, and whatever else occurs."""
    found = (key for key in occurring(judgements, levels) if levels[key].explained)
    return [*legend, *(key for key in found if key not in legend)]


def level_label(judgement: str, levels: Mapping[str, Level] = LEVELS) -> str:
    """The judgement in words, also when there is none yet."""
    return level_of(judgement, levels).label if judgement else NOT_JUDGED


def check_shape(
    studies: Sequence[object],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    per_study: Sequence[object],
) -> None:
    """LayoutError unless there is a judgement per study and domain, and nothing or one thing per study."""
    if not studies or not domains:
        raise LayoutError("A risk-of-bias figure needs at least one study and one domain.")
    if len(judgements) != len(studies) or any(len(row) != len(domains) for row in judgements):
        raise LayoutError(
            f"Judgements must be {len(studies)} rows of {len(domains)}, one per study and domain."
        )
    if per_study and len(per_study) != len(studies):
        raise LayoutError(f"{len(studies)} studies need as many links or weights, not {len(per_study)}.")


def widest(texts: Sequence[str], low: float, high: float) -> float:
    """The width of the widest text, kept between ``low`` and ``high``."""
    return min(max(low, *(text_width(text, SIZE) for text in texts)), high)


def text_item(
    x: float, y: float, text: str, *, weight: str = "normal", anchor: str = "start", title: str = ""
) -> Text:
    """A text of the usual size."""
    return Text(x=x, y=y, text=text, size=SIZE, weight=weight, anchor=anchor, title=title)


def heading(title: str, width: float) -> tuple[list[Item], float]:
    """The figure's title in as many lines as it needs, and where they end."""
    lines = wrap(title, TITLE, width - 2 * MARGIN, "bold")
    top = MARGIN + TITLE
    items: list[Item] = [
        Text(x=MARGIN, y=top + 18 * i, text=line, size=TITLE, weight="bold") for i, line in enumerate(lines)
    ]
    return items, top + 18 * len(lines) - 10


def label_lines(lines: Sequence[str], x: float, centre: float, title: str = "") -> list[Item]:
    """Lines of text, centred on ``centre`` together."""
    first = middle(centre, SIZE) - LINE * (len(lines) - 1) / 2
    return [text_item(x, first + LINE * i, line, title=title) for i, line in enumerate(lines)]
