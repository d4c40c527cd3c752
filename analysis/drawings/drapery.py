"""The drapery plot of a run."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.drawings.shared import absent, links, null_of, reading_of, titled
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.drapery import Curve, drapery
from analysis.figures.plot_settings import DraperySettings
from analysis.wording import NONE, Scale
from reviews.figures.layout import Figure

#: p values of the table, as far as the curves reach.
LEVELS = (0.5, 0.2, 0.1, 0.05, 0.01, 0.001)


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    href, found = links(snapshot, address), result["drapery"]
    pooled, predicted = found["pooled"], found["prediction"]
    return drapery(
        found["p"],
        Curve(label="Pooled effect", low=pooled["low"], high=pooled["high"]),
        [
            Curve(
                label=one["study"],
                low=[one["centre"] - z * one["se"] for z in found["z"]],
                high=[one["centre"] + z * one["se"] for z in found["z"]],
                href=href(one),
            )
            for one in found["studies"]
        ],
        measure_label=Scale.of(result["pooled"]).label,
        prediction=predicted and Curve(label="Prediction", low=predicted["low"], high=predicted["high"]),
        null=null_of(result),
        reading=reading_of(result),
        look=DraperySettings.read(settings),
        title=titled("Drapery plot", snapshot),
    )


def text(snapshot: Data, result: Data) -> Table:
    """The pooled interval and the prediction at some p values: the nearest of those computed."""
    scale, found = Scale.of(result["pooled"]), result["drapery"]
    rows = []
    for level in LEVELS:
        at = min(range(len(found["p"])), key=lambda i: abs(found["p"][i] - level))
        pooled, predicted = found["pooled"], found["prediction"]
        rows.append(
            (
                f"{found['p'][at]:.4g}",
                scale.interval(pooled["low"][at], pooled["high"][at]),
                scale.interval(predicted["low"][at], predicted["high"][at]) if predicted else NONE,
            )
        )
    return Table(("P value", f"{scale.label}, pooled", "Prediction"), rows)


DRAWING = Drawing(
    key="drapery",
    title="Drapery plot",
    about="At each p value the bold curve is as wide as the pooled confidence interval of that level.",
    draw=draw,
    why_not=absent("drapery", points="studies"),
    text=text,
    form=form_of(DraperySettings),
)
