"""The effect-direction plot of a synthesis without meta-analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.drawings.options import form_of
from analysis.figures.catalogue import NARRATIVE, Address, Data, Drawing, Table
from analysis.figures.effect_direction import DirectionRow, effect_direction
from analysis.figures.synthesis_settings import EffectDirectionSettings
from analysis.narrative_words import direction, labels
from analysis.wording import NONE, p_value
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look = EffectDirectionSettings.read(settings)
    shown = risk if look.risk else None
    rows = [_row(study, result, shown) for study in _sorted(result["studies"], look.order)]
    if look.groups and snapshot["plan"].get("subgroup_by"):
        order = list(dict.fromkeys(study["subgroup"] for study in result["studies"]))
        rows.sort(key=lambda row: order.index(row.group))
    else:
        rows = [DirectionRow(**{**vars(row), "group": ""}) for row in rows]
    return effect_direction(
        rows,
        sides=labels(snapshot),
        page=look.page,
        title=f"{snapshot['outcome']['name']}: direction of effect",
        risk_levels=shown.levels if shown else None,
        notes=["Arrows show directions only, neither the size of an effect nor whether chance explains it."],
    )


def _sorted(studies: Sequence[Data], order: str) -> list[Data]:
    if order == "direction":
        return sorted(studies, key=lambda one: {1: 0, 0: 1, -1: 2, None: 3}[one["direction"]])
    if order == "people":
        return sorted(studies, key=lambda one: -(one["people"] or 0))
    if order == "name":
        return sorted(studies, key=lambda one: one["study"].casefold())
    return list(studies)


def _row(study: Data, result: Data, risk: Any) -> DirectionRow:
    own = [row for row in result["rows"] if row["study_id"] == study["study_id"]]
    return DirectionRow(
        label=study["study"],
        arrows=tuple((row["direction"], row["people1"]) for row in own),
        people="" if study["people"] is None else f"{study['people']:,}",
        p=_p(study),
        group=study["subgroup"],
        risk=risk.of(study["study_id"])[-1] if risk else "",
    )


def _p(study: Data) -> str:
    return p_value(study["p"]).removeprefix("p ").removeprefix("= ")


def why_not(snapshot: Data, result: Data) -> str:
    return "" if result["studies"] else "There is no study to draw."


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            row["study"],
            direction(snapshot, row["direction"]),
            row["basis"],
            NONE if row["people"] is None else f"{row['people']:,}",
            _p(row),
        )
        for row in result["rows"]
    ]
    return Table(("Study", "Direction", "From", "People", "p"), rows)


DRAWING = Drawing(
    key="effect-direction",
    title="Effect-direction plot",
    about="An arrow for each result: up favours what is tested, down what it is compared with; large: many people.",
    kinds=frozenset({NARRATIVE}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(EffectDirectionSettings),
)
