"""Risk-of-bias figures: a traffic-light plot (study by domain) and summary bars (share per domain).

Judgements are told apart by symbol first and colour second. The hues are Okabe and Ito's colour-blind-safe
bluish green, yellow and vermilion, the first and last darkened until white on them has a contrast of 4.5:1.
No Django here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.figures.layout import (
    FAINT,
    INK,
    PAPER,
    SOFT_INK,
    Circle,
    Figure,
    Group,
    Item,
    LayoutError,
    Line,
    Rect,
    Text,
)
from reviews.figures.metrics import middle, text_width, wrap

SIZE = 12
SMALL = 11
TITLE = 14
LINE = 15
MARGIN = 16
RADIUS = 9


@dataclass(frozen=True, kw_only=True)
class Domain:
    """`key` heads the column (D1, A ...), `name` explains it below."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Level:
    """How one judgement looks. `symbol` is one of + - ! ? x, drawn as strokes, or up to two letters."""

    label: str
    symbol: str
    fill: str
    ink: str = INK


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
    level = _level(judgement, levels)
    disc = Circle(x=x, y=y, radius=radius, fill=level.fill, stroke=INK, stroke_width=0.75, title=title)
    return [disc, *_sign(x, y, level, radius)]


def _level(judgement: str, levels: Mapping[str, Level]) -> Level:
    try:
        return levels[judgement]
    except KeyError:
        known = ", ".join(levels)
        raise LayoutError(
            f"'{judgement}' is not a judgement this figure can draw; known are {known}."
        ) from None


def _sign(x: float, y: float, level: Level, radius: float) -> list[Item]:
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


def traffic_light(
    studies: Sequence[str],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    legend: Sequence[str] = (),
    *,
    title: str = "Risk of bias in each study",
    hrefs: Sequence[str] = (),
    levels: Mapping[str, Level] = LEVELS,
    figure_id: str = "traffic-light",
) -> Figure:
    """Studies down, domains across, one disc each; the domains are spelled out below.

    `judgements[i][j]` is a key of `levels` for study i and domain j, "" when not judged yet. `legend` lists
    the keys to explain, in order (default: those that occur). `hrefs[i]` links study i's row. Raises
    `LayoutError` when the shapes do not match or a judgement is unknown.
    """
    _check_shape(studies, domains, judgements, hrefs)
    label_width = _widest([*studies, "Study"], low=80, high=300)
    column = max(34, 14 + max(text_width(d.key, SIZE, "bold") for d in domains))
    left = MARGIN + label_width + 14
    right = left + column * len(domains)
    width = max(right + MARGIN, 440)
    centres = [left + column * (j + 0.5) for j in range(len(domains))]

    heading, y = _heading(title, width)
    items: list[Item] = [*heading, _text(MARGIN, y + 18, "Study", weight="bold")]
    items += [
        _text(x, y + 18, d.key, weight="bold", anchor="middle") for x, d in zip(centres, domains, strict=True)
    ]
    y += 28
    items.append(Line(x1=MARGIN, y1=y, x2=right, y2=y))
    for i, study in enumerate(studies):
        row, height = _study_row(study, domains, judgements[i], y, label_width, centres, levels)
        items.append(Group(items=tuple(row), id=f"{figure_id}-study-{i + 1}", href=hrefs[i] if hrefs else ""))
        y += height
        items.append(Line(x1=MARGIN, y1=y, x2=right, y2=y, stroke=FAINT if i + 1 < len(studies) else INK))
    below, y = domain_list(domains, y + 14, width)
    items += below
    keys = _explained(legend, judgements, levels)
    below, y = legend_items(keys, y + 8, width, levels, any(not j for row in judgements for j in row))
    return Figure(id=figure_id, width=width, height=y + MARGIN, title=title, items=(*items, *below),
                  desc=_traffic_desc(studies, domains, judgements, levels))  # fmt: skip


def summary_bars(
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    legend: Sequence[str] = (),
    *,
    weights: Sequence[float] = (),
    title: str = "Risk of bias across studies",
    levels: Mapping[str, Level] = LEVELS,
    figure_id: str = "risk-summary",
) -> Figure:
    """One bar per domain: the share of studies with each judgement.

    `judgements` as for `traffic_light`. `weights`, one per study, makes the shares those of the weight in the
    meta-analysis instead of the number of studies.
    """
    _check_shape(judgements, domains, judgements, weights)
    if weights and (min(weights) < 0 or sum(weights) <= 0):
        raise LayoutError("Weights of studies must not be negative, and not all zero.")
    label_width = _widest([d.name for d in domains], low=80, high=260)
    left, plot = MARGIN + label_width + 14, 440.0
    width = left + plot + MARGIN + 12
    keys = _explained(legend, judgements, levels)
    items, y = _heading(title, width)
    y += 6
    for j, domain in enumerate(domains):
        lines = wrap(domain.name, SIZE, label_width)
        height = max(28.0, LINE * len(lines) + 8)
        items += _label_lines(lines, MARGIN, y + height / 2)
        shares = _shares([row[j] for row in judgements], weights or [1.0] * len(judgements))
        items += _bar(shares, [*keys, ""], left, y + height / 2 - 10, plot,
                      levels, domain)  # fmt: skip
        y += height
    items += _percent_axis(left, plot, y + 4, "Share of weight" if weights else "Share of studies")
    below, y = legend_items(keys, y + 52, width, levels, any(not j for row in judgements for j in row))
    return Figure(id=figure_id, width=width, height=y + MARGIN, title=title, items=(*items, *below),
                  desc=_summary_desc(domains, judgements, weights, levels))  # fmt: skip


def _check_shape(
    studies: Sequence[object],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    per_study: Sequence[object],
) -> None:
    if not studies or not domains:
        raise LayoutError("A risk-of-bias figure needs at least one study and one domain.")
    if len(judgements) != len(studies) or any(len(row) != len(domains) for row in judgements):
        raise LayoutError(
            f"Judgements must be {len(studies)} rows of {len(domains)}, one per study and domain."
        )
    if per_study and len(per_study) != len(studies):
        raise LayoutError(f"{len(studies)} studies need as many links or weights, not {len(per_study)}.")


def _widest(texts: Sequence[str], low: float, high: float) -> float:
    return min(max(low, *(text_width(text, SIZE) for text in texts)), high)


def _text(
    x: float, y: float, text: str, *, weight: str = "normal", anchor: str = "start", title: str = ""
) -> Text:
    return Text(x=x, y=y, text=text, size=SIZE, weight=weight, anchor=anchor, title=title)


def _heading(title: str, width: float) -> tuple[list[Item], float]:
    lines = wrap(title, TITLE, width - 2 * MARGIN, "bold")
    top = MARGIN + TITLE
    items: list[Item] = [
        Text(x=MARGIN, y=top + 18 * i, text=line, size=TITLE, weight="bold") for i, line in enumerate(lines)
    ]
    return items, top + 18 * len(lines) - 10


def _label_lines(lines: Sequence[str], x: float, centre: float, title: str = "") -> list[Item]:
    first = middle(centre, SIZE) - LINE * (len(lines) - 1) / 2
    return [_text(x, first + LINE * i, line, title=title) for i, line in enumerate(lines)]


def _study_row(
    study: str,
    domains: Sequence[Domain],
    row: Sequence[str],
    y: float,
    label_width: float,
    centres: Sequence[float],
    levels: Mapping[str, Level],
) -> tuple[list[Item], float]:
    lines = wrap(study, SIZE, label_width, max_lines=3)
    height = max(26.0, LINE * len(lines) + 9)
    centre = y + height / 2
    shortened = study if lines[-1].endswith("…") else ""
    items = _label_lines(lines, MARGIN, centre, shortened)
    for x, domain, judgement in zip(centres, domains, row, strict=True):
        told = f"{study}, {domain.name}: {level_label(judgement, levels)}"
        items += symbol(x, centre, judgement, title=told, levels=levels)
    return items, height


def domain_list(domains: Sequence[Domain], y: float, width: float) -> tuple[list[Item], float]:
    """Keys and names of domains below `y`, and where they end."""
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
    entries = [(key, _level(key, levels).label) for key in keys] + ([("", NOT_JUDGED)] if unjudged else [])
    items: list[Item] = []
    x, row = float(MARGIN), y + 10
    for key, label in entries:
        step = 16 + 8 + text_width(label, SMALL) + 20
        if x > MARGIN and x + step - 20 > width - MARGIN:
            x, row = float(MARGIN), row + 22
        items += symbol(x + 8, row, key, radius=8, levels=levels)
        items.append(Text(x=x + 22, y=middle(row, SMALL), text=label, size=SMALL))
        x += step
    return items, row + 10


def occurring(judgements: Sequence[Sequence[str]], levels: Mapping[str, Level]) -> list[str]:
    """The judgements that occur, in the order of `levels`."""
    present = {judgement for row in judgements for judgement in row}
    return [key for key in levels if key in present]


def _explained(
    legend: Sequence[str], judgements: Sequence[Sequence[str]], levels: Mapping[str, Level]
) -> list[str]:
    """The legend asked for, and whatever else occurs."""
    return [*legend, *(key for key in occurring(judgements, levels) if key not in legend)]


def level_label(judgement: str, levels: Mapping[str, Level] = LEVELS) -> str:
    """The judgement in words, also when there is none yet."""
    return _level(judgement, levels).label if judgement else NOT_JUDGED


def _shares(judgements: Sequence[str], weights: Sequence[float]) -> dict[str, float]:
    total = sum(weights)
    shares: dict[str, float] = defaultdict(float)
    for judgement, weight in zip(judgements, weights, strict=True):
        shares[judgement] += weight / total
    return dict(shares)


def _bar(
    shares: Mapping[str, float],
    keys: Sequence[str],
    left: float,
    top: float,
    plot: float,
    levels: Mapping[str, Level],
    domain: Domain,
) -> list[Item]:
    items: list[Item] = []
    x = left
    for key in keys:
        share = shares.get(key, 0.0)
        if not share:
            continue
        level = _level(key, levels) if key else Level(label=NOT_JUDGED, symbol="", fill=PAPER)
        percent = f"{share:.0%}"
        told = f"{domain.name}: {level.label} {percent}"
        items.append(Rect(x=x, y=top, width=plot * share, height=20, fill=level.fill, stroke=INK, title=told))
        items += _bar_mark(x + plot * share / 2, top + 10, plot * share, percent, level)
        x += plot * share
    return items


def _bar_mark(x: float, y: float, room: float, percent: str, level: Level) -> list[Item]:
    """Symbol and percentage inside a segment, as far as there is room."""
    wide = text_width(percent, SMALL, "bold")
    number = Text(
        x=x, y=middle(y, SMALL), text=percent, size=SMALL, weight="bold", anchor="middle", fill=level.ink
    )
    if not level.symbol:
        return [number] if room >= wide + 8 else []
    if room >= wide + 34:
        moved = Text(
            x=x + 10, y=number.y, text=percent, size=SMALL, weight="bold", anchor="middle", fill=level.ink
        )
        return [*_sign(x - wide / 2 - 4, y, level, 8), moved]
    return _sign(x, y, level, 8) if room >= 18 else []


def _percent_axis(left: float, plot: float, y: float, label: str) -> list[Item]:
    items: list[Item] = [Line(x1=left, y1=y, x2=left + plot, y2=y)]
    for percent in (0, 25, 50, 75, 100):
        x = left + plot * percent / 100
        items.append(Line(x1=x, y1=y, x2=x, y2=y + 5))
        items.append(Text(x=x, y=y + 17, text=f"{percent}%", size=SMALL, anchor="middle"))
    items.append(Text(x=left + plot / 2, y=y + 34, text=label, size=SMALL, anchor="middle", fill=SOFT_INK))
    return items


def _traffic_desc(
    studies: Sequence[str],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    levels: Mapping[str, Level],
) -> str:
    rows = (
        f"{study}: "
        + ", ".join(f"{d.name} {level_label(j, levels).lower()}" for d, j in zip(domains, row, strict=True))
        for study, row in zip(studies, judgements, strict=True)
    )
    return ". ".join(rows) + "."


def _summary_desc(
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    weights: Sequence[float],
    levels: Mapping[str, Level],
) -> str:
    sentences = []
    for j, domain in enumerate(domains):
        shares = _shares([row[j] for row in judgements], weights or [1.0] * len(judgements))
        parts = ", ".join(f"{level_label(key, levels).lower()} {share:.0%}" for key, share in shares.items())
        sentences.append(f"{domain.name}: {parts}")
    return ". ".join(sentences) + "."
