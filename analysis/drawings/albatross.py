"""The albatross plot of a synthesis without meta-analysis."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.figures.albatross import AlbatrossPoint, Contour, albatross
from analysis.figures.catalogue import NARRATIVE, Address, Data, Drawing, Table
from analysis.figures.plot_settings import PlotSettings
from analysis.narrative_words import direction, labels
from analysis.wording import p_value
from reviews.figures.layout import Figure

#: More groups than this share one sign.
MOST_GROUPS = 8


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    found, drawn = result["albatross"], _drawn(result)
    grouped = snapshot["plan"].get("subgroup_by")
    groups = list(dict.fromkeys(study["subgroup"] for study in drawn)) if grouped else []
    lost = len(result["studies"]) - len(drawn)
    return albatross(
        [
            AlbatrossPoint(
                label=study["study"],
                z=study["z"],
                people=study["people"],
                told=f"{p_value(study['p'])}, {study['people']:,} people",
                group=study["subgroup"],
            )
            for study in drawn
        ],
        [Contour(label=one["label"], per_z2=one["per_z2"]) for one in found["contours"]],
        sides=labels(snapshot),
        page=PlotSettings.read(settings).page,
        title=f"{snapshot['outcome']['name']}: people against p value",
        groups=groups if len(groups) <= MOST_GROUPS else (),
        notes=[
            found["assumption"],
            *(
                [
                    f"Without a p value or a number of people, so not drawn: {lost} of {len(result['studies'])}."
                ]
                * bool(lost)
            ),
        ],
    )


def _drawn(result: Data) -> list[Data]:
    return [study for study in result["studies"] if study["z"] is not None and study["people"]]


def why_not(snapshot: Data, result: Data) -> str:
    return result["albatross"].get("reason", "")


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            study["study"],
            direction(snapshot, study["direction"]),
            p_value(study["p"]).removeprefix("p "),
            f"{study['people']:,}",
        )
        for study in _drawn(result)
    ]
    return Table(("Study", "Direction", "p", "People"), rows)


DRAWING = Drawing(
    key="albatross",
    title="Albatross plot",
    about="People against p value. A study on a contour has about the effect that the contour is named for.",
    kinds=frozenset({NARRATIVE}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(PlotSettings),
)
