"""The figures and files a sheet of judgements can become."""

from collections.abc import Sequence

from appraisal import plots
from appraisal.robvis import robvis_csv
from appraisal.sheet import Sheet
from reviews.figures.layout import Figure
from reviews.models import Review

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


def robvis_of(sheet: Sheet) -> str:
    """The sheet as the CSV that robvis reads. Raises NotForRobvis for a tool that robvis cannot draw."""
    return robvis_csv(sheet.instrument, [(row.label, row.row) for row in sheet.rows])


def robvis_name(review: Review, sheet: Sheet) -> str:
    return f"{review.slug}-{sheet.instrument.key}-robvis.csv"


def _title(sheet: Sheet, plot: str) -> str:
    about = f", {sheet.about}" if sheet.about else ""
    return f"{TITLES[plot]}: {sheet.instrument.name}{about}"
