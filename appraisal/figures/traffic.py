"""The traffic-light plot: studies down, domains across, one disc each. No Django here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from appraisal.figures.symbols import (
    LEVELS,
    LINE,
    MARGIN,
    SIZE,
    Domain,
    Level,
    check_shape,
    domain_list,
    explained,
    footnotes,
    heading,
    label_lines,
    legend_items,
    level_label,
    symbol,
    text_item,
    widest,
)
from reviews.figures.layout import FAINT, INK, SOFT_INK, Figure, Group, Item, Line
from reviews.figures.metrics import text_width, wrap

#: As many studies as are readable on one printed page.
PAGE_ROWS = 40
#: Beyond this many studies the description counts judgements; the table beside the figure has each of them.
DESCRIBED = 40
GAP = 12
BETWEEN = 30
NARROWEST = 440


@dataclass(frozen=True)
class _Grid:
    """One stack of rows: where its labels begin, how wide they are, and the centres of its columns."""

    left: float
    label_width: float
    centres: tuple[float, ...]
    right: float


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
    stacks: int = 1,
    first: int = 1,
    notes: Sequence[str] = (),
) -> Figure:
    """Studies down, domains across, one disc each; the domains are spelled out below.

    `judgements[i][j]` is a key of `levels` for study i and domain j, "" when not judged yet. `legend` lists
    the keys to explain, in order (default: those that occur). `hrefs[i]` links study i's row, whose id is
    `<figure_id>-study-<first + i>`. With `stacks` the studies stand in that many columns side by side; `notes`
    are lines below the legend. Raises
    `LayoutError` when the shapes do not match or a judgement is unknown.
    """
    check_shape(studies, domains, judgements, hrefs)
    count = -(-len(studies) // max(1, stacks))
    parts = [range(start, min(start + count, len(studies))) for start in range(0, len(studies), count)]
    label_width = widest([*studies, "Study"], low=80, high=300 if len(parts) == 1 else 200)
    grids = _grids(domains, label_width, len(parts))
    width = max(grids[-1].right + MARGIN, NARROWEST)

    items, top = heading(title, width)
    ends = []
    for grid, part in zip(grids, parts, strict=True):
        head, y = _head(grid, domains, top)
        items += head
        for i in part:
            row, height = _study_row(studies[i], domains, judgements[i], y, grid, levels)
            items.append(Group(items=tuple(row), id=f"{figure_id}-study-{first + i}",
                               href=hrefs[i] if hrefs else ""))  # fmt: skip
            y += height
            items.append(
                Line(x1=grid.left, y1=y, x2=grid.right, y2=y, stroke=INK if i == part[-1] else FAINT)
            )
        ends.append(y)
    below, y = domain_list(domains, max(ends) + 14, width)
    items += below
    keys = explained(legend, judgements, levels)
    below, y = legend_items(keys, y + 8, width, levels, any(not j for row in judgements for j in row))
    items += below
    below, y = footnotes(notes, y, width)
    return Figure(id=figure_id, width=width, height=y + MARGIN, title=title, items=(*items, *below),
                  desc=_desc(studies, domains, judgements, levels))  # fmt: skip


def traffic_light_pages(
    studies: Sequence[str],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    legend: Sequence[str] = (),
    *,
    title: str = "Risk of bias in each study",
    hrefs: Sequence[str] = (),
    levels: Mapping[str, Level] = LEVELS,
    figure_id: str = "traffic-light",
    per_page: int = PAGE_ROWS,
    notes: Sequence[str] = (),
) -> list[Figure]:
    """The same plot on pages of `per_page` studies, spread evenly; every page has heading and legend."""
    check_shape(studies, domains, judgements, hrefs)
    count = len(studies)
    pages = -(-count // per_page)
    size = -(-count // pages)
    keys = explained(legend, judgements, levels)
    figures: list[Figure] = []
    for start in range(0, count, size):
        part = slice(start, start + size)
        last = min(start + size, count)
        figures.append(
            traffic_light(
                studies[part],
                domains,
                judgements[part],
                keys,
                title=title if pages == 1 else f"{title} (studies {start + 1} to {last} of {count})",
                hrefs=hrefs[part],
                levels=levels,
                figure_id=figure_id if pages == 1 else f"{figure_id}-page-{len(figures) + 1}",
                first=start + 1,
                notes=notes,
            )
        )
    return figures


def _grids(domains: Sequence[Domain], label_width: float, stacks: int) -> list[_Grid]:
    left = float(MARGIN)
    grids = []
    for _ in range(stacks):
        x = left + label_width + 14
        centres = []
        for j, domain in enumerate(domains):
            x += GAP if j and (domain.apart or domain.block != domains[j - 1].block) else 0
            column = max(34, 14 + text_width(domain.key, SIZE, "bold"))
            centres.append(x + column / 2)
            x += column
        grids.append(_Grid(left, label_width, tuple(centres), x))
        left = x + BETWEEN
    return grids


def _head(grid: _Grid, domains: Sequence[Domain], y: float) -> tuple[list[Item], float]:
    """Headings of blocks and columns, a rule below them, and where the rows begin."""
    spans = _spans(grid, domains)
    deepest = max((len(lines) for lines, _, _ in spans), default=0)
    base = y + 18 + LINE * deepest + (4 if deepest else 0)
    items: list[Item] = []
    for lines, left, right in spans:
        for i, line in enumerate(reversed(lines)):
            items.append(text_item((left + right) / 2, base - LINE * (i + 1) - 4, line, anchor="middle"))
        items.append(
            Line(x1=left, y1=base - LINE + 1, x2=right, y2=base - LINE + 1, stroke=SOFT_INK, width=0.75)
        )
    items.append(text_item(grid.left, base, "Study", weight="bold"))
    for x, domain in zip(grid.centres, domains, strict=True):
        items.append(text_item(x, base, domain.key, weight="bold", anchor="middle"))
    items.append(Line(x1=grid.left, y1=base + 10, x2=grid.right, y2=base + 10))
    return items, base + 10


def _spans(grid: _Grid, domains: Sequence[Domain]) -> list[tuple[list[str], float, float]]:
    """Headings over several columns: their lines, left and right edge."""
    spans = []
    for block, members in groupby(range(len(domains)), key=lambda j: domains[j].block):
        js = list(members)
        if block:
            left, right = grid.centres[js[0]] - 17, grid.centres[js[-1]] + 17
            spans.append((wrap(block, SIZE, right - left, max_lines=3), left, right))
    return spans


def _study_row(
    study: str,
    domains: Sequence[Domain],
    row: Sequence[str],
    y: float,
    grid: _Grid,
    levels: Mapping[str, Level],
) -> tuple[list[Item], float]:
    lines = wrap(study, SIZE, grid.label_width, max_lines=3)
    height = max(26.0, LINE * len(lines) + 9)
    centre = y + height / 2
    shortened = study if lines[-1].endswith("…") else ""
    items = label_lines(lines, grid.left, centre, shortened)
    for x, domain, judgement in zip(grid.centres, domains, row, strict=True):
        told = f"{study}, {domain.name}: {level_label(judgement, levels)}"
        items += symbol(x, centre, judgement, title=told, levels=levels)
    return items, height


def _desc(
    studies: Sequence[str],
    domains: Sequence[Domain],
    judgements: Sequence[Sequence[str]],
    levels: Mapping[str, Level],
) -> str:
    if len(studies) > DESCRIBED:
        return _counted(len(studies), domains, judgements, levels)
    rows = (
        f"{study}: "
        + ", ".join(f"{d.name} {level_label(j, levels).lower()}" for d, j in zip(domains, row, strict=True))
        for study, row in zip(studies, judgements, strict=True)
    )
    return ". ".join(rows) + "."


def _counted(
    count: int, domains: Sequence[Domain], judgements: Sequence[Sequence[str]], levels: Mapping[str, Level]
) -> str:
    sentences = [f"{count} studies, each with {len(domains)} judgements"]
    for j, domain in enumerate(domains):
        found = Counter(level_label(row[j], levels).lower() for row in judgements)
        sentences.append(f"{domain.name}: " + ", ".join(f"{label} {n}" for label, n in found.most_common()))
    return ". ".join(sentences) + "."
