"""The figures and files a sheet of judgements can become."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appraisal import plots
from appraisal.figures import Domain, level_label
from appraisal.robvis import Layout, robvis_csv
from appraisal.sheet import Sheet, SheetRow
from reviews.figures.layout import Figure
from reviews.models import Review


@dataclass(frozen=True)
class SheetTable:
    """``rows`` are (row of the sheet, its judgements in words), in the order of ``columns``."""

    columns: list[Domain]
    rows: list[tuple[SheetRow, list[str]]]


@dataclass(frozen=True)
class ShareTable:
    """``rows`` are (domain, counts), in the order of ``headings``."""

    headings: list[str]
    rows: list[tuple[str, list[int]]]


PLOTS = ("traffic-light", "summary")
TITLES = {"traffic-light": "Risk of bias in each study", "summary": "Risk of bias across studies"}


def plot_of(sheet: Sheet, plot: str, hrefs: Sequence[str] = ()) -> Figure:
    """The named plot of a sheet that has rows, as one figure."""
    rows = [row.row for row in sheet.rows]
    if plot == "summary":
        return plots.summary(sheet.instrument, rows, title=_title(sheet, plot))
    labels = [row.label for row in sheet.rows]
    return plots.traffic_light(
        sheet.instrument, labels, rows, title=_title(sheet, plot), hrefs=hrefs, notes=sheet.notes
    )


def pages_of(sheet: Sheet, plot: str, hrefs: Sequence[str] = ()) -> list[Figure]:
    """The named plot on as many pages as it needs to stay readable in print."""
    if plot == "summary":
        return [plot_of(sheet, plot)]
    return plots.traffic_light_pages(
        sheet.instrument,
        [row.label for row in sheet.rows],
        [row.row for row in sheet.rows],
        title=_title(sheet, plot),
        hrefs=hrefs,
        notes=sheet.notes,
    )


def robvis_of(sheet: Sheet, layout: Layout | None = None) -> str:
    """The sheet as the CSV that robvis reads, by default in the tool's own layout.

    Raises NotForRobvis for a tool that robvis cannot draw.
    """
    return robvis_csv(sheet.instrument, [(row.label, row.row) for row in sheet.rows], layout)


def sheet_table(sheet: Sheet) -> SheetTable:
    """The traffic-light plot as a table."""
    looks = plots.looks(sheet.instrument)
    grid = plots.grid(sheet.instrument, [row.row for row in sheet.rows])
    return SheetTable(
        plots.columns(sheet.instrument),
        [
            (row, [level_label(key, looks) for key in line])
            for row, line in zip(sheet.rows, grid, strict=True)
        ],
    )


def share_table(sheet: Sheet) -> ShareTable:
    """The summary plot as a table: how many rows have which judgement, in each domain."""
    looks, columns = plots.looks(sheet.instrument), plots.columns(sheet.instrument)
    grid = plots.grid(sheet.instrument, [row.row for row in sheet.rows])
    if sheet.instrument.counts:
        grid, columns = [line[:-1] for line in grid], columns[:-1]
    found = {key for line in grid for key in line}
    keys = [key for key in (*looks, "") if key in found]
    counts = [Counter(line[j] for line in grid) for j in range(len(columns))]
    return ShareTable(
        [level_label(key, looks) for key in keys],
        [(column.name, [count[key] for key in keys]) for column, count in zip(columns, counts, strict=True)],
    )


def robvis_name(review: Review, sheet: Sheet) -> str:
    return f"{review.slug}-{sheet.instrument.key}-robvis.csv"


def _title(sheet: Sheet, plot: str) -> str:
    about = f", {sheet.about}" if sheet.about else ""
    return f"{TITLES[plot]}: {sheet.instrument.name}{about}"
