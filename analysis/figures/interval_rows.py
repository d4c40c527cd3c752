"""Rows of refits: the pooled effect without each study in turn, or with one study after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.figures.axis import Axis, number, plot_range
from analysis.figures.forest_marks import diamond, whisker
from analysis.figures.forest_rows import ForestSummary
from analysis.figures.plot_frame import (
    DASHED,
    PLAIN,
    POINT,
    SHADE,
    AxisOf,
    Frame,
    Page,
    Plot,
    Reading,
    spaced,
)
from reviews.figures.layout import (
    FAINT,
    INK,
    SOFT_INK,
    Figure,
    Group,
    Item,
    LayoutError,
    Line,
    Rect,
    Text,
)
from reviews.figures.metrics import DESCENT, Bounds, text_width, wrap

#: The plot is never narrower than so many text sizes; columns of numbers go first.
NARROWEST = 9.0
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """A fit: its numbers, or (estimate None) the `reason` why there are none. `i2` in percent."""

    label: str
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    i2: float | None = None
    tau2: float | None = None
    reason: str = ""
    href: str = ""

    @property
    def is_known(self) -> bool:
        return None not in (self.estimate, self.ci_low, self.ci_high)

    def told(self, reading: Reading) -> str:
        if self.estimate is None or self.ci_low is None or self.ci_high is None:
            return NOT_ESTIMABLE
        return f"{reading.text(self.estimate)} ({reading.interval(self.ci_low, self.ci_high)})"


@dataclass(frozen=True)
class Columns:
    """Where things stand, in pixels: labels, the plot, then right-aligned numbers (heading, edge, texts)."""

    label_width: float
    plot: tuple[float, float]
    numbers: tuple[tuple[str, float, tuple[str, ...]], ...]


def interval_rows(
    rows: Sequence[IntervalRow],
    total: IntervalRow | None,
    *,
    heading: str,
    measure_label: str,
    level: float = 95,
    null: float | None = 0.0,
    reading: Reading = PLAIN,
    heterogeneity: bool = True,
    notes: Sequence[str] = (),
    title: str,
    page: Page,
    figure_id: str,
) -> Figure:
    """A row for each fit in the order given, then `total`, the planned one, whose interval is shaded behind all.

    `heading` stands over the labels. Row k has the id `<figure_id>-row-k`. Raises `LayoutError` without a fit that is
    known, or with an interval that does not hold its estimate.
    """
    _check([*rows, *([total] if total else [])])
    page = replace(page, size=page.size * (1 if len(rows) <= 100 else 0.85))
    frame = Frame(figure_id, title, page)
    everything = [*rows, *([total] if total else [])]
    columns = _columns(frame.page, everything, heading, measure_label, level, reading, heterogeneity)
    _heading(frame, columns, heading)
    top = frame.y
    axis = _axis(rows, total, null, reading)
    left, right = columns.plot
    plot = Plot(axis, AxisOf(0, 1), Bounds(left, top, right, top + 1))
    for i, row in enumerate(rows):
        _row(frame, plot, columns, row, i, f"{figure_id}-row-{i + 1}", reading)
    if total:
        frame.items.append(_rule(frame, FAINT))
        _row(frame, plot, columns, total, len(rows), f"{figure_id}-total", reading, is_total=True)
    behind = _behind(frame, axis, Bounds(left, top, right, frame.y), total, null)
    frame.items[:0] = behind
    _ticks(frame, plot, axis)
    reasons = dict.fromkeys(row.reason for row in rows if not row.is_known and row.reason)
    frame.notes([*notes, *(f"Not estimable: {reason}" for reason in reasons)])
    return frame.figure(f"{measure_label} with {level:g}% confidence interval. {_told(rows, total, reading)}")


def _told(rows: Sequence[IntervalRow], total: IntervalRow | None, reading: Reading) -> str:
    """The planned fit and the two furthest apart; every fit is in the table beside the figure."""
    known = sorted((row for row in rows if row.is_known), key=lambda row: row.estimate or 0.0)
    ends = [known[0], known[-1]] if len(known) > 1 else known
    named = [*([total] if total else []), *ends]
    return f"{len(rows)} fits. {' '.join(f'{row.label}: {row.told(reading)}.' for row in named)}"


def _check(rows: Sequence[IntervalRow]) -> None:
    for row in rows:
        if row.estimate is None or row.ci_low is None or row.ci_high is None:
            continue
        if not all(map(math.isfinite, (row.estimate, row.ci_low, row.ci_high))):
            raise LayoutError(f"'{row.label}' has an effect or interval that is not a number.")
        if not row.ci_low <= row.estimate <= row.ci_high:
            raise LayoutError(f"The interval of '{row.label}' does not hold its effect.")
    if not any(row.is_known for row in rows):
        raise LayoutError("There is no fit to draw.")


def _columns(
    page: Page,
    rows: Sequence[IntervalRow],
    heading: str,
    measure_label: str,
    level: float,
    reading: Reading,
    heterogeneity: bool,
) -> Columns:
    size = page.size
    name = f"{measure_label} ({level:g}%\u00a0CI)"
    effects = (name, tuple(row.told(reading) for row in rows))
    stacked = (name, tuple(text.replace(" (", "\n(", 1) for text in effects[1]))
    more = [
        ("I²", tuple(f"{row.i2:.0f}%" if row.i2 is not None else "" for row in rows)),
        ("τ²", tuple(number(row.tau2, 3) if row.tau2 is not None else "" for row in rows)),
    ]
    more = [one for one in more if any(one[1])] if heterogeneity else []
    labels = max(text_width(text, size, "bold") for text in (heading, *(row.label for row in rows)))
    label_width = min(labels, page.room * 0.36)
    # What there is room for: everything; no heterogeneity; the interval below its estimate.
    for shown in ([effects, *more], [effects], [stacked]):
        left = page.margin + label_width + size * 1.2
        edge, placed = page.width - page.margin, []
        for column, texts in reversed(shown):
            width = max(_least(column, size), *(_least(text, size, "\n") for text in texts))
            placed.append((column, edge, texts))
            edge -= width + size * 1.2
        if edge - left >= NARROWEST * size:
            break
    if edge - left < NARROWEST * size:
        label_width -= NARROWEST * size - (edge - left)
        left = page.margin + label_width + size * 1.2
    if label_width < 4 * size:
        raise LayoutError("The numbers leave no room for the plot; make the figure wider.")
    return Columns(label_width, (left, edge), tuple(reversed(placed)))


def _least(text: str, size: float, between: str = " ") -> float:
    """The room a text needs that may break at these signs: a heading between its words."""
    return max(text_width(part, size, "bold") for part in text.split(between))


def _heading(frame: Frame, columns: Columns, heading: str) -> None:
    page, size = frame.page, frame.page.size
    cells = [(wrap(heading, size, columns.label_width, "bold", max_lines=3), page.margin, "start")]
    lefts = [columns.plot[1], *(edge for _, edge, _ in columns.numbers)]
    for (name, edge, _), left in zip(columns.numbers, lefts, strict=False):
        cells.append((wrap(name, size, edge - left - size * 0.8, "bold", max_lines=3), edge, "end"))
    deepest = max(len(lines) for lines, _, _ in cells)
    base = frame.y + page.line * deepest
    for lines, x, anchor in cells:
        for i, line in enumerate(reversed(lines)):
            words = Text(
                x=x, y=base - page.line * i - size * 0.25, text=line, size=size, weight="bold", anchor=anchor
            )
            frame.items.append(words)
    frame.y = base + size * 0.2
    frame.items.append(_rule(frame, INK))


def _rule(frame: Frame, stroke: str) -> Line:
    frame.y += frame.page.size * 0.3
    y = frame.y
    frame.y += frame.page.size * 0.2
    return Line(x1=frame.page.margin, y1=y, x2=frame.page.width - frame.page.margin, y2=y, stroke=stroke)


def _axis(
    rows: Sequence[IntervalRow], total: IntervalRow | None, null: float | None, reading: Reading
) -> AxisOf:
    known = [row for row in (*rows, *([total] if total else [])) if row.is_known]
    points = [row.estimate for row in known if row.estimate is not None]
    intervals = [
        (row.ci_low, row.ci_high) for row in known if row.ci_low is not None and row.ci_high is not None
    ]
    return AxisOf(*plot_range(points, intervals, null, side=0.05), "", reading)


def _row(
    frame: Frame,
    plot: Plot,
    columns: Columns,
    row: IntervalRow,
    place: int,
    name: str,
    reading: Reading,
    *,
    is_total: bool = False,
) -> None:
    page, size = frame.page, frame.page.size
    weight = "bold" if is_total else "normal"
    lines = wrap(row.label, size, columns.label_width, weight, max_lines=2)
    deepest = max(len(lines), *(texts[place].count("\n") + 1 for _, _, texts in columns.numbers))
    height = max(size * 1.55, page.line * deepest + size * 0.35)
    centre = frame.y + height / 2
    first = centre + size * 0.344 - page.line * (len(lines) - 1) / 2
    full = row.label if lines[-1].endswith("…") else ""
    items: list[Item] = []
    if row.href:
        target = Rect(
            x=page.margin / 2, y=frame.y, width=page.width - page.margin, height=height, fill="transparent"
        )
        items.append(target)
    items += [
        Text(x=page.margin, y=first + page.line * i, text=line, size=size, weight=weight, title=full)
        for i, line in enumerate(lines)
    ]
    items += _interval(plot, row, centre, size, reading, is_total=is_total)
    items += [cell for column in columns.numbers for cell in _cell(row, column, place, centre, page, weight)]
    frame.items.append(Group(items=tuple(items), id=name, href=row.href, label=row.label if row.href else ""))
    frame.y += height


def _cell(
    row: IntervalRow,
    column: tuple[str, float, tuple[str, ...]],
    place: int,
    centre: float,
    page: Page,
    weight: str,
) -> list[Item]:
    """A number at the right edge of its column, or why there is none."""
    _, edge, texts = column
    lines, size = texts[place].split("\n"), page.size
    missing = texts[place] == NOT_ESTIMABLE
    first = centre + size * 0.344 - page.line * (len(lines) - 1) / 2
    return [
        Text(
            x=edge,
            y=first + page.line * i,
            text=line,
            size=size,
            weight=weight,
            anchor="end",
            italic=missing,
            title=row.reason if missing else "",
        )
        for i, line in enumerate(lines)
        if line
    ]


def _interval(
    plot: Plot, row: IntervalRow, y: float, size: float, reading: Reading, *, is_total: bool
) -> list[Item]:
    """As in a forest plot: a whisker with a square, or a diamond for the total."""
    if row.estimate is None or row.ci_low is None or row.ci_high is None:
        return []
    axis = Axis(plot.x_axis.low, plot.x_axis.high, plot.box.left, plot.box.right)
    told, unit = f"{row.label}: {row.told(reading)}", size / 12
    if is_total:
        total = ForestSummary(label=told, effect=row.estimate, ci_low=row.ci_low, ci_high=row.ci_high)
        return diamond(axis, total, y, INK, unit)
    items = whisker(axis, row.ci_low, row.ci_high, y, INK, 1.1, unit)
    if axis.holds(row.estimate):
        side = size * 0.6
        x = axis.x(row.estimate) - side / 2
        items.append(Rect(x=x, y=y - side / 2, width=side, height=side, fill=POINT, title=told))
    return items


def _behind(
    frame: Frame, axis: AxisOf, box: Bounds, total: IntervalRow | None, null: float | None
) -> list[Item]:
    """The interval of the planned fit as a band, its middle dashed, and the line of no effect."""
    plot = Plot(axis, AxisOf(0, 1), box)
    if total and total.estimate is not None and total.ci_low is not None and total.ci_high is not None:
        plot.area([(total.ci_low, 0), (total.ci_low, 1)], [(total.ci_high, 0), (total.ci_high, 1)], SHADE)
        plot.vertical(total.estimate, stroke=SOFT_INK, width=0.9, dash=DASHED)
    if null is not None:
        plot.vertical(null, stroke=SOFT_INK, width=1)
    return plot.behind


def _ticks(frame: Frame, plot: Plot, axis: AxisOf) -> None:
    size, y = frame.page.small, frame.y + frame.page.size * 0.2
    left, right = plot.box.left, plot.box.right
    frame.items.append(Line(x1=left, y1=y, x2=right, y2=y))
    for value, text in spaced(axis, right - left, lambda text: text_width(text, size) + size * 0.7):
        x = plot.x(value)
        frame.items.append(Line(x1=x, y1=y, x2=x, y2=y + size * 0.4))
        frame.items.append(Text(x=x, y=y + size * 1.5, text=text, size=size, anchor="middle"))
    frame.y = y + size * (1.5 + DESCENT)
