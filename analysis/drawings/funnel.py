"""The funnel plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.shared import absent, links, null_of, orders, reading_of, texts, titled
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.funnel import FunnelPoint, funnel
from analysis.figures.plot_settings import FunnelSettings
from analysis.wording import Scale, plain_number
from reviews.figures.layout import Figure

NO_SE = "Not drawn, because its standard error is 0: {}."


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look, found, href = FunnelSettings.read(settings), result["funnel"], links(snapshot, address)
    points = [
        FunnelPoint(
            label=one["study"],
            effect=one["yi"],
            se=one["sei"],
            n=one["n"],
            group=one["subgroup"],
            href=href(one),
        )
        for one in found["points"]
        if one["sei"]
    ]
    added = found["filled"] if look.filled else []
    return funnel(
        points,
        measure_label=Scale.of(result["pooled"]).label,
        centre=found["centre"],
        level=found["level"],
        null=null_of(result),
        filled=[FunnelPoint(label=one["label"], effect=one["yi"], se=one["sei"]) for one in added],
        adjusted=found["filled_centre"] if added else None,
        contours=[one["level"] for one in found["contours"]],
        groups=orders(snapshot["rows"]) if look.subgroups else (),
        reading=reading_of(result),
        look=look,
        notes=_notes(result, look),
        title=titled("Funnel plot", snapshot),
    )


def _notes(result: Data, look: FunnelSettings) -> list[str]:
    notes = [NO_SE.format(one["study"]) for one in result["funnel"]["points"] if not one["sei"]]
    filled = result.get("trim_and_fill") or {}
    if look.filled and "reason" in filled:
        notes.append(str(filled["reason"]))
    elif look.filled and not filled.get("k0"):
        notes.append("Trim and fill finds no study missing.")
    return notes


def text(snapshot: Data, result: Data) -> Table:
    scale = Scale.of(result["pooled"])
    found = result["funnel"]
    studies = [
        (
            one["study"],
            scale.text(one["yi"]),
            plain_number(one["sei"], 3),
            *texts(one["n"]),
            one["subgroup"],
        )
        for one in found["points"]
    ]
    added = [
        (one["label"], scale.text(one["yi"]), plain_number(one["sei"], 3), "", "") for one in found["filled"]
    ]
    return Table(("Study", scale.label, "Standard error", "Participants", "Subgroup"), [*studies, *added])


DRAWING = Drawing(
    key="funnel",
    title="Funnel plot",
    about="Each point is a study, the more precise the higher. Asymmetry has many causes besides missing studies.",
    draw=draw,
    why_not=absent("funnel", least=2, few="A funnel plot needs two studies."),
    text=text,
    form=form_of(FunnelSettings),
)
