"""Every treatment against a reference: a name, its interval as a line, its prediction interval as a thin one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.axis import Axis, plot_range
from analysis.figures.forest_sheet import whisker
from analysis.figures.names import shortened
from analysis.figures.plot_frame import ACCENT, POINT, AxisOf, Frame, Page, Plot, Reading
from reviews.figures.layout import INK, SOFT_INK, Figure, Group, Item, LayoutError, Rect, Text
from reviews.figures.metrics import middle, text_width

ROW = 24.0


@dataclass(frozen=True, kw_only=True)
class Against:
    """A treatment: `told` are its numbers as printed, `note` stands beside them; `wide`: its prediction interval."""

    name: str
    estimate: float
    low: float
    high: float
    told: str
    wide: tuple[float, float] | None = None
    note: str = ""


def against_reference(
    rows: Sequence[Against],
    *,
    title: str,
    axis_label: str,
    headings: tuple[str, str] = ("", ""),
    null: float | None = 0.0,
    reading: Reading | None = None,
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "network-forest",
) -> Figure:
    """Rows from top to bottom in the order given; `headings` of the numbers and of the notes beside them. Intervals
    beyond the axis end in arrows. Raises `LayoutError` without rows."""
    if not rows:
        raise LayoutError("There is no estimate to draw.")
    page, reading = page or Page(), reading or Reading()
    frame = Frame(figure_id, title, page)
    told_width = max(text_width(text, page.small, "bold") for text in (headings[0], *(r.told for r in rows)))
    note_width = max(text_width(text, page.small, "bold") for text in (headings[1], *(r.note for r in rows)))
    right = told_width + page.small + (note_width + page.small if note_width else 0)
    low, high = plot_range(
        [row.estimate for row in rows],
        [(row.low, row.high) for row in rows],
        null,
        also=[row.wide for row in rows if row.wide],
    )
    names = [shortened(row.name, page.small, (page.room - right) * 0.42) for row in rows]
    if any(headings):
        frame.y += page.line
    plot = frame.plot(
        AxisOf(low, high, axis_label, reading),
        AxisOf(0.0, len(rows), "", marks=[(i + 0.5, name) for i, name in enumerate(names)]),
        height=ROW * page.size / 12 * len(rows),
        right=right,
        down=True,
    )
    if null is not None:
        plot.vertical(null, stroke=SOFT_INK)
    x_told = plot.box.right + page.small + told_width
    x_note = x_told + page.small + note_width
    for i, row in enumerate(rows):
        items = [*_interval(plot, row, i + 0.5, page), _number(x_told, plot.y(i + 0.5), row.told, page)]
        if row.note:
            items.append(_number(x_note, plot.y(i + 0.5), row.note, page))
        plot.items.append(Group(items=tuple(items), id=f"{figure_id}-row-{i + 1}"))
    for x, heading in ((x_told, headings[0]), (x_note, headings[1])):
        if heading:
            plot.items.append(_number(x, plot.box.top - page.line / 2, heading, page, bold=True))
    frame.close(plot)
    frame.notes(notes)
    told = " ".join(f"{row.name}: {row.told}." for row in rows)
    return frame.figure(f"{axis_label}. {told}")


def _number(right: float, centre: float, text: str, page: Page, *, bold: bool = False) -> Text:
    y = middle(centre, page.small)
    return Text(x=right, y=y, text=text, size=page.small, anchor="end", weight="bold" if bold else "normal")


def _interval(plot: Plot, row: Against, at: float, page: Page) -> list[Item]:
    axis, y = Axis(plot.x_axis.low, plot.x_axis.high, plot.box.left, plot.box.right), plot.y(at)
    items: list[Item] = []
    if row.wide:
        items += whisker(axis, *row.wide, y, ACCENT, 0.9)
    items += whisker(axis, row.low, row.high, y, INK, 1.8)
    if axis.holds(row.estimate):
        half, x = page.size * 0.33, axis.x(row.estimate)
        told = f"{row.name}: {row.told}"
        items.append(Rect(x=x - half, y=y - half, width=2 * half, height=2 * half, fill=POINT, title=told))
    return items
