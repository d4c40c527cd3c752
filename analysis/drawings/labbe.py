"""The L'Abbé plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.shared import absent, links, texts, titled
from analysis.figures.axis import number
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.labbe import LabbePoint, labbe
from analysis.figures.plot_settings import LabbeSettings
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    href, found, plan = links(snapshot, address), result["labbe"], snapshot["plan"]
    lost = found["left_out"]
    return labbe(
        [
            LabbePoint(
                label=one["study"],
                x=one["x"],
                y=one["y"],
                size=one["size"],
                weight=one["weight"],
                href=href(one),
            )
            for one in found["points"]
        ],
        [(one["x"], one["y"]) for one in found["line"]],
        groups=(plan["experimental_label"], plan["comparator_label"]),
        look=LabbeSettings.read(settings),
        notes=[f"Not drawn, because their events are not known: {', '.join(lost)}."] if lost else [],
        title=titled("L'Abbé plot", snapshot),
    )


def text(snapshot: Data, result: Data) -> Table:
    plan = snapshot["plan"]
    rows = [
        (
            one["study"],
            f"{number(100 * one['y'], 1)}%",
            f"{number(100 * one['x'], 1)}%",
            *texts(f"{one['size']:g}"),
        )
        for one in result["labbe"]["points"]
    ]
    headings = (
        "Study",
        f"Events, {plan['experimental_label']}",
        f"Events, {plan['comparator_label']}",
        "Participants",
    )
    return Table(headings, rows)


DRAWING = Drawing(
    key="labbe",
    title="L'Abbé plot",
    about="Each circle is a study: how often the event happened in both groups. The dashed line is no difference.",
    draw=draw,
    why_not=absent("labbe"),
    text=text,
    form=form_of(LabbeSettings),
)
