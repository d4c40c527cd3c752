"""The forest plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.plots import forest_plot
from analysis.wording import NONE, Scale
from reviews.figures.layout import Figure


def forest_of(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    return forest_plot(snapshot, result, risk=risk, address=address)


def why_not(snapshot: Data, result: Data) -> str:
    drawn = any(study["yi"] is not None for study in result["studies"])
    return "" if drawn else "No study has a usable effect, so there is nothing to draw."


def text(snapshot: Data, result: Data) -> Table:
    scale = Scale.of(result["pooled"])
    rows = [
        (
            study["study"],
            scale.text(study["yi"]),
            scale.interval(study["ci_low"], study["ci_high"]),
            NONE if study["weight"] is None else f"{study['weight']:.1f}%",
        )
        for study in result["studies"]
        if study["yi"] is not None
    ]
    return Table(("Study", scale.label, "Confidence interval", "Weight"), rows)


DRAWING = Drawing(
    key="forest",
    title="Forest plot",
    about="Each square is a study, its size the weight; the diamond is the pooled effect.",
    draw=forest_of,
    why_not=why_not,
    text=text,
)
