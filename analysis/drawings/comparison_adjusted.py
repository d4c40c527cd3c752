"""The comparison-adjusted funnel plot of a network."""

from __future__ import annotations

from typing import Any

from analysis.choices import is_ratio
from analysis.drawings.options import form_of
from analysis.figures.catalogue import NETWORK, Address, Data, Drawing, Table
from analysis.figures.comparison_adjusted import AdjustedPoint, comparison_adjusted
from analysis.figures.plot_settings import PlotSettings
from analysis.network_words import small_study
from analysis.wording import Scale, plain_number
from reviews.figures.layout import Figure


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    scale, reference = Scale(result["measure"]), result["reference"]
    log = "log " if is_ratio(scale.measure) else ""
    better = "left" if snapshot["outcome"]["direction"] == "lower" else "right"
    return comparison_adjusted(
        [
            AdjustedPoint(
                study=one["study"],
                comparison=f"{one['treatment']} against {one['comparator']}",
                centred=one["centred"],
                se=one["se"],
            )
            for one in result["funnel"]
        ],
        axis_label=f"{_first_lower(scale.label, log)} less the mean of its comparison",
        level=result["level"],
        page=PlotSettings.read(settings).page,
        title=f"{snapshot['outcome']['name']}: comparison-adjusted funnel plot",
        notes=[
            f"Points to the {better} favour the treatment named first. {reference} stands second in every "
            "comparison; the others are in alphabetical order, so only comparisons with it tell a direction of "
            "small-study effects. Comparisons that one study made are left out.",
            small_study(result),
        ],
    )


def _first_lower(label: str, log: str) -> str:
    return f"{log}{label[:1].lower()}{label[1:]}".capitalize() if log else label


def why_not(snapshot: Data, result: Data) -> str:
    if result["funnel"]:
        return ""
    return "Every comparison was made by one study only, so all points would be at 0."


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            one["study"],
            f"{one['treatment']} against {one['comparator']}",
            plain_number(one["centred"]),
            plain_number(one["se"], 3),
        )
        for one in result["funnel"]
    ]
    return Table(("Study", "Comparison", "Effect less the mean of its comparison", "Standard error"), rows)


DRAWING = Drawing(
    key="comparison-adjusted",
    title="Comparison-adjusted funnel plot",
    about="Each point is a comparison of a study, less what its comparison shows on average, against its precision.",
    kinds=frozenset({NETWORK}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(PlotSettings),
)
