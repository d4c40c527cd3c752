"""The Galbraith plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.shared import absent, links, reading_of, texts, titled
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.galbraith import RadialPoint, Slope, galbraith
from analysis.figures.plot_settings import GalbraithSettings
from analysis.wording import Scale
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    href, found = links(snapshot, address), result["galbraith"]
    return galbraith(
        [
            RadialPoint(label=one["study"], x=one["x"], y=one["y"], href=href(one))
            for one in found["points"]
            if one["x"]
        ],
        Slope(
            estimate=found["estimate"],
            ci_low=found["ci_low"],
            ci_high=found["ci_high"],
            margin=found["margin"],
            level=result["pooled"]["level"],
        ),
        measure_label=Scale.of(result["pooled"]).label,
        with_tau2=bool(found["tau2"]),
        reading=reading_of(result),
        look=GalbraithSettings.read(settings),
        title=titled("Galbraith plot", snapshot),
    )


def text(snapshot: Data, result: Data) -> Table:
    found = result["galbraith"]
    rows = [
        texts(one["study"], one["x"], one["y"], one["y"] - found["estimate"] * one["x"])
        for one in found["points"]
        if one["x"]
    ]
    return Table(("Study", "Precision", "Standardised effect", "Distance from the pooled effect"), rows)


DRAWING = Drawing(
    key="galbraith",
    title="Galbraith plot",
    about="Precise studies stand far right. Points outside the band differ more than chance and the model explain.",
    draw=draw,
    why_not=absent("galbraith"),
    text=text,
    form=form_of(GalbraithSettings),
)
