"""The files a sheet of judgements can become."""

from collections.abc import Sequence

from appraisal import plots
from appraisal.sheet import Sheet
from reviews.figures.layout import Figure
from reviews.models import Review

PLOTS = ("traffic-light", "summary")


def plot_of(sheet: Sheet, plot: str, hrefs: Sequence[str] = ()) -> Figure:
    """The named plot of a sheet that has rows."""
    values = [row.values for row in sheet.rows]
    if plot == "summary":
        return plots.summary(sheet.instrument, values)
    return plots.traffic_light(sheet.instrument, [row.study for row in sheet.rows], values, hrefs=hrefs)


def robvis_name(review: Review, sheet: Sheet) -> str:
    return f"{review.slug}-{sheet.instrument.key}-robvis.csv"
