"""The Baujat plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.shared import absent, links, texts, titled
from analysis.figures.baujat import BaujatPoint, baujat
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.plot_settings import BaujatSettings
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    href, found = links(snapshot, address), result["baujat"]["points"]
    known = [one for one in found if _is_known(one)]
    lost = [one["study"] for one in found if not _is_known(one)]
    return baujat(
        [BaujatPoint(label=one["study"], x=one["x"], y=one["y"], href=href(one)) for one in known],
        look=BaujatSettings.read(settings),
        notes=[f"Not drawn, because there is no fit without it: {', '.join(lost)}."] if lost else [],
        title=titled("Baujat plot", snapshot),
    )


def _is_known(one: Data) -> bool:
    return one["x"] is not None and one["y"] is not None


def why_not(snapshot: Data, result: Data) -> str:
    if why := absent("baujat")(snapshot, result):
        return why
    known = any(map(_is_known, result["baujat"]["points"]))
    return (
        ""
        if known
        else "Without any study the effect would be as sure as can be, so influence has no measure."
    )


def text(snapshot: Data, result: Data) -> Table:
    rows = [texts(one["study"], one["x"], one["y"]) for one in result["baujat"]["points"]]
    return Table(("Study", "Part of the heterogeneity", "Influence on the pooled effect"), rows)


DRAWING = Drawing(
    key="baujat",
    title="Baujat plot",
    about="The further right, the more a study adds to the heterogeneity; the higher, the more it moves the result.",
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(BaujatSettings),
)
