"""The leave-one-out plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.refits import row_of, shown, table_of, total_of, why_none
from analysis.drawings.shared import links, titled
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.leave_one_out import leave_one_out
from analysis.figures.plot_settings import LeaveOneOutSettings
from reviews.figures.layout import Figure

HEADING = "Study left out"


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    href = links(snapshot, address)
    return leave_one_out(
        [row_of(fit, fit["label"], href(fit)) for fit in result["leave_one_out"]],
        total_of(result),
        look=LeaveOneOutSettings.read(settings),
        title=titled("Leave-one-out analysis", snapshot),
        **shown(result),
    )


def text(snapshot: Data, result: Data) -> Table:
    return table_of(result["leave_one_out"], result, HEADING)


DRAWING = Drawing(
    key="leave-one-out",
    title="Leave-one-out plot",
    about="The pooled effect without each study in turn; the shaded band is the interval of all studies.",
    draw=draw,
    why_not=why_none(lambda result: result.get("leave_one_out")),
    text=text,
    form=form_of(LeaveOneOutSettings),
)
