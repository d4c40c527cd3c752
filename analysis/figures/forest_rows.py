"""What a forest plot is told, and how wide its columns have to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.figures.axis import Axis, number
from appraisal.figures import Domain
from reviews.figures.metrics import text_width

SIZE = 12
MARGIN = 16
GAP = 14
PLOT_WIDTH = 300
RISK_STEP = 21
WIDEST_LABEL = 250
WIDEST_CELL = 130


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of raw data. Neighbours with the same `group` share a heading above theirs."""

    heading: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """One study. `cells` match the columns, as texts; without arm data leave them empty and say so in `note`.

    `weight` in percent; `marked` puts a dagger to the label (explained below the figure); `risk` holds one
    judgement per risk-of-bias domain; `subgroup` names a `Subgroup`.
    """

    label: str
    effect: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    cells: tuple[str, ...] = ()
    note: str = ""
    marked: bool = False
    risk: tuple[str, ...] = ()
    subgroup: str = ""
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class ForestSummary:
    """A pooled effect. `notes` are lines below it, such as `heterogeneity_line(...)`."""

    label: str
    effect: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    prediction: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """A heading over the rows that name it. Fewer than two rows are never shown as pooled."""

    name: str
    summary: ForestSummary | None = None


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where the columns stand: right edges of the cells, the axis, right edges of the numbers beside it."""

    label_width: float
    cell_widths: tuple[float, ...]
    cell_rights: tuple[float, ...]
    axis: Axis
    estimate_right: float
    interval_right: float
    effect_left: float
    measure_label: str
    weight_right: float | None
    risk_centres: tuple[float, ...]
    width: float
    shown: Callable[[float], float]

    @property
    def text_right(self) -> float:
        """Where text left of the plot has to end."""
        return self.axis.left - GAP

    def estimate(self, value: float) -> str:
        return number(self.shown(value))

    def interval(self, low: float, high: float) -> str:
        return f"[{self.estimate(low)}, {self.estimate(high)}]"


def measure(
    rows: Sequence[ForestRow],
    summaries: Sequence[ForestSummary],
    columns: Sequence[Column],
    headings: Sequence[str],
    measure_label: str,
    risk_domains: Sequence[Domain],
    limits: tuple[float, float],
    shown: Callable[[float], float],
) -> Grid:
    """Place every column from left to right, as wide as what stands in it (within limits)."""
    labels = [f"{row.label} †" if row.marked else row.label for row in rows]
    wanted = max(text_width(text, SIZE) + 10 for text in [*labels, *headings])
    label_width = min(max(wanted, 90 if columns else 200), WIDEST_LABEL)
    widths = _cell_widths(columns, rows)
    rights, x = [], MARGIN + label_width
    for j, column in enumerate(columns):
        x += GAP + (8 if j and column.group != columns[j - 1].group else 0) + widths[j]
        rights.append(x)
    axis = Axis(*limits, left=x + GAP + 6, right=x + GAP + 6 + PLOT_WIDTH)

    def told(value: float) -> str:
        return number(shown(value))

    items: list[ForestRow | ForestSummary] = [*rows, *summaries]
    pairs = [(i.ci_low, i.ci_high) for i in items] + [s.prediction for s in summaries if s.prediction]
    estimate = max(text_width(told(item.effect), SIZE, "bold") for item in items)
    interval = max(text_width(f"[{told(low)}, {told(high)}]", SIZE, "bold") for low, high in pairs)
    effect_left = axis.right + GAP
    estimate_right = effect_left + max(estimate, 100 - interval)
    interval_right = x = estimate_right + 5 + interval
    weighted = any(item.weight is not None for item in items)
    if weighted:
        x += GAP + text_width("Weight", SIZE, "bold")
    centres, right = _risk_centres(risk_domains, x)
    return Grid(
        label_width=label_width,
        cell_widths=tuple(widths),
        cell_rights=tuple(rights),
        axis=axis,
        estimate_right=estimate_right,
        interval_right=interval_right,
        effect_left=effect_left,
        measure_label=measure_label,
        weight_right=x if weighted else None,
        risk_centres=centres,
        width=right + MARGIN,
        shown=shown,
    )


def _risk_centres(domains: Sequence[Domain], x: float) -> tuple[tuple[float, ...], float]:
    """The middle of each column of judgements, and where the last one ends; a block stands apart from the next."""
    x += GAP if domains else 0
    centres = []
    for j, domain in enumerate(domains):
        x += 8 if j and (domain.apart or domain.block != domains[j - 1].block) else 0
        step = max(RISK_STEP, text_width(domain.key, SIZE, "bold") + 4)
        centres.append(x + step / 2)
        x += step
    return tuple(centres), x


def _cell_widths(columns: Sequence[Column], rows: Sequence[ForestRow]) -> list[float]:
    widths = []
    for j, column in enumerate(columns):
        cells = [text_width(row.cells[j], SIZE) for row in rows if row.cells]
        widths.append(min(max([text_width(column.heading, SIZE, "bold"), *cells]), WIDEST_CELL))
    for group, members in groupby(range(len(columns)), key=lambda j: columns[j].group):
        js = list(members)
        longest = max((text_width(word, SIZE, "bold") for word in group.split()), default=0.0)
        missing = min(longest, WIDEST_CELL) - sum(widths[j] for j in js) - GAP * (len(js) - 1)
        for j in js:
            widths[j] += max(0.0, missing) / len(js)
    return widths
