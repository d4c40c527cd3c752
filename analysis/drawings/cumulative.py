"""The cumulative plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.refits import row_of, shown, table_of, total_of, why_none
from analysis.drawings.shared import links, titled
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.cumulative import cumulative
from analysis.figures.plot_settings import CumulativeSettings
from reviews.figures.layout import Figure

BY = {"year": "by year", "precision": "by precision"}


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look, href = CumulativeSettings.read(settings), links(snapshot, address)
    return cumulative(
        [row_of(fit, fit["label"], href(fit)) for fit in result["cumulative"][look.by]],
        total_of(result),
        look=look,
        title=titled(f"Cumulative meta-analysis {BY[look.by]}", snapshot),
        **shown(result),
    )


def text(snapshot: Data, result: Data) -> Table:
    """Both orders, one after the other."""
    tables = {by: table_of(fits, result, "Study added") for by, fits in result["cumulative"].items()}
    rows = [(BY[by], *row) for by, table in tables.items() for row in table.rows]
    return Table(("Order", *tables["year"].headings), rows)


def _fits(result: Data) -> Any:
    found = result.get("cumulative")
    return found if found is None or "reason" in found else found["year"]


DRAWING = Drawing(
    key="cumulative",
    title="Cumulative plot",
    about="The pooled effect of the first study, the first two, and so on: when it settled, and where.",
    draw=draw,
    why_not=why_none(_fits),
    text=text,
    form=form_of(CumulativeSettings),
)
