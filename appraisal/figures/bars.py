"""Summary bars: per domain the share of studies, or of the weight pooled, with each judgement. No Django here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from appraisal.figures.symbols import (
    LEVELS,
    LINE,
    MARGIN,
    SIZE,
    SMALL,
    Domain,
    Level,
    check_shape,
    explained,
    footnotes,
    heading,
    label_lines,
    legend_items,
    level_label,
    level_of,
    sign,
    text_item,
    widest,
)
from reviews.figures.layout import INK, PAPER, SOFT_INK, Figure, Item, LayoutError, Line, Rect, Text
from reviews.figures.metrics import middle, text_width, wrap

PLOT = 440.0
BAR = 20


def summary_bars(
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    legend: Sequence[str] = (),
    *,
    weights: Sequence[float] = (),
    title: str = "Risk of bias across studies",
    levels: Mapping[str, Level] = LEVELS,
    figure_id: str = "risk-summary",
    notes: Sequence[str] = (),
) -> Figure:
    """One bar per domain: the share of studies with each judgement.

    `judgements` as for `traffic_light`. `weights`, one per study, makes the shares those of the weight in the
    meta-analysis instead of the number of studies; `notes` are lines below the legend.
    """
    check_shape(judgements, domains, judgements, weights)
    if weights and (min(weights) < 0 or sum(weights) <= 0):
        raise LayoutError("Weights of studies must not be negative, and not all zero.")
    label_width = widest([d.name for d in domains], low=80, high=260)
    left = MARGIN + label_width + 14
    width = left + PLOT + MARGIN + 12
    keys = explained(legend, judgements, levels)
    items, y = heading(title, width)
    y += 6
    for j, domain in enumerate(domains):
        head, y = _block(domain, domains[j - 1] if j else None, y, width)
        items += head
        lines = wrap(domain.name, SIZE, label_width)
        height = max(28.0, LINE * len(lines) + 8)
        items += label_lines(lines, MARGIN, y + height / 2)
        shares = _shares([row[j] for row in judgements], weights or [1.0] * len(judgements))
        items += _bar(shares, [*keys, ""], left, y + height / 2 - BAR / 2, levels, domain)
        y += height
    items += _percent_axis(left, y + 4, "Share of weight" if weights else "Share of studies")
    below, y = legend_items(keys, y + 52, width, levels, any(not j for row in judgements for j in row))
    items += below
    below, y = footnotes(notes, y, width)
    return Figure(id=figure_id, width=width, height=y + MARGIN, title=title, items=(*items, *below),
                  desc=_desc(domains, judgements, weights, levels))  # fmt: skip


def _block(domain: Domain, before: Domain | None, y: float, width: float) -> tuple[list[Item], float]:
    """The heading of a block that begins here, or the gap before a bar that stands apart."""
    same = before is not None and before.block == domain.block
    if not domain.block or same:
        gap = before is not None and (domain.apart or not same)
        return [], y + (8 if gap else 0)
    y += 8 if before else 0
    items: list[Item] = []
    for line in wrap(domain.block, SIZE, width - 2 * MARGIN, "bold"):
        items.append(text_item(MARGIN, y + SIZE, line, weight="bold"))
        y += LINE + 3
    return items, y


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
    levels: Mapping[str, Level],
    domain: Domain,
) -> list[Item]:
    items: list[Item] = []
    x = left
    for key in keys:
        share = shares.get(key, 0.0)
        if not share:
            continue
        level = level_of(key, levels) if key else Level(label=level_label(""), symbol="", fill=PAPER)
        percent = f"{share:.0%}"
        told = f"{domain.name}: {level.label} {percent}"
        items.append(
            Rect(x=x, y=top, width=PLOT * share, height=BAR, fill=level.fill, stroke=INK, title=told)
        )
        items += _mark(x + PLOT * share / 2, top + BAR / 2, PLOT * share, percent, level)
        x += PLOT * share
    return items


def _mark(x: float, y: float, room: float, percent: str, level: Level) -> list[Item]:
    """Symbol and percentage inside a segment, as far as there is room."""
    wide = text_width(percent, SMALL, "bold")

    def number(centre: float) -> Text:
        return Text(x=centre, y=middle(y, SMALL), text=percent, size=SMALL, weight="bold", anchor="middle",
                    fill=level.ink)  # fmt: skip

    if not level.symbol:
        return [number(x)] if room >= wide + 8 else []
    if room >= wide + 34:
        return [*sign(x - wide / 2 - 4, y, level, 8), number(x + 10)]
    return sign(x, y, level, 8) if room >= 18 else []


def _percent_axis(left: float, y: float, label: str) -> list[Item]:
    items: list[Item] = [Line(x1=left, y1=y, x2=left + PLOT, y2=y)]
    for percent in (0, 25, 50, 75, 100):
        x = left + PLOT * percent / 100
        items.append(Line(x1=x, y1=y, x2=x, y2=y + 5))
        items.append(Text(x=x, y=y + 17, text=f"{percent}%", size=SMALL, anchor="middle"))
    items.append(Text(x=left + PLOT / 2, y=y + 34, text=label, size=SMALL, anchor="middle", fill=SOFT_INK))
    return items


def _desc(
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
