"""The files a sheet of judgements can become."""

from collections.abc import Callable, Sequence

from appraisal import plots
from appraisal.sheet import Sheet
from reviews.figures.convert import to_pdf, to_png, to_tiff
from reviews.figures.layout import Figure
from reviews.models import Review

PLOTS = ("traffic-light", "summary")
#: extension -> (content type, converter from SVG text)
FORMATS: dict[str, tuple[str, Callable[[str], bytes | str]]] = {
    "svg": ("image/svg+xml", str),
    "png": ("image/png", to_png),
    "pdf": ("application/pdf", to_pdf),
    "tiff": ("image/tiff", to_tiff),
}


def plot_of(sheet: Sheet, plot: str, hrefs: Sequence[str] = ()) -> Figure:
    """The named plot of a sheet that has rows."""
    values = [row.values for row in sheet.rows]
    if plot == "summary":
        return plots.summary(sheet.instrument, values)
    return plots.traffic_light(sheet.instrument, [row.study for row in sheet.rows], values, hrefs=hrefs)


def robvis_name(review: Review, sheet: Sheet) -> str:
    return f"{review.slug}-{sheet.instrument.key}-robvis.csv"
