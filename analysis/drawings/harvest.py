"""The harvest plot of a synthesis without meta-analysis."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.figures.catalogue import NARRATIVE, Address, Data, Drawing, Table
from analysis.figures.harvest import Bar, harvest
from analysis.figures.synthesis_settings import HarvestSettings
from analysis.narrative_words import direction, labels
from analysis.wording import NONE
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look = HarvestSettings.read(settings)
    shown = risk if look.risk else None
    grouped = look.groups and snapshot["plan"].get("subgroup_by")
    known = [study for study in result["studies"] if study["direction"] is not None]
    unknown = [study["study"] for study in result["studies"] if study["direction"] is None]
    return harvest(
        [
            Bar(
                label=study["study"],
                direction=study["direction"],
                people=study["people"],
                group=study["subgroup"] if grouped else "",
                risk=shown.of(study["study_id"])[-1] if shown else "",
            )
            for study in known
        ],
        sides=labels(snapshot),
        page=look.page,
        title=f"{snapshot['outcome']['name']}: studies by direction of effect",
        risk_levels=shown.levels if shown else None,
        notes=[f"Not drawn, because no direction is reported: {', '.join(unknown)}."] if unknown else [],
    )


def why_not(snapshot: Data, result: Data) -> str:
    known = any(study["direction"] is not None for study in result["studies"])
    return "" if known else "No study reports a direction of effect."


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            study["study"],
            direction(snapshot, study["direction"]),
            NONE if study["people"] is None else f"{study['people']:,}",
            study["subgroup"] or NONE,
        )
        for study in result["studies"]
    ]
    return Table(("Study", "Direction", "People", "Subgroup"), rows)


DRAWING = Drawing(
    key="harvest",
    title="Harvest plot",
    about="A bar for each study in the column of its direction; the higher, the more people.",
    kinds=frozenset({NARRATIVE}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(HarvestSettings),
)
