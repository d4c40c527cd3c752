"""Every treatment against one reference: a forest plot of the network's estimates."""

from __future__ import annotations

from typing import Any

from django import forms

from analysis.choices import is_ratio
from analysis.drawings.options import form_of
from analysis.figures.against_reference import Against, against_reference
from analysis.figures.catalogue import NETWORK, Address, Data, Drawing, Table
from analysis.figures.plot_frame import Reading
from analysis.figures.synthesis_settings import NetworkForestSettings
from analysis.network_words import against, cell_text
from analysis.wording import THREE_DIGITS, Scale
from reviews.figures.layout import Figure


class NetworkForestForm(form_of(NetworkForestSettings)):  # type: ignore[misc]
    """The treatments of the network are what the others may be compared with."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [one["name"] for one in (self.result or {}).get("treatments", [])]
        self.fields["reference"] = forms.ChoiceField(
            label="Compared with",
            required=False,
            initial="",
            choices=[("", "As the plan has it"), *((name, name) for name in names)],
        )


def reference_of(result: Data, wanted: str) -> str:
    """The treatment that was chosen, as long as the network has it."""
    names = {one["name"] for one in result["treatments"]}
    return wanted if wanted in names else result["reference"]


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look = NetworkForestSettings.read(settings)
    scale, reference = Scale(result["measure"]), reference_of(result, look.reference)
    rows = _sorted(against(result, reference), look.order)
    shown = look.prediction and any(row["pi_low"] is not None for row in rows)
    lower = snapshot["outcome"]["direction"] == "lower"
    return against_reference(
        [_row(scale, row, shown) for row in rows],
        page=look.page,
        title=f"{snapshot['outcome']['name']}: every treatment against {reference}",
        axis_label=f"{scale.label} against {reference}",
        headings=(f"{scale.label} ({result['level']:g}% CI)", "Direct"),
        reading=Reading(log=is_ratio(scale.measure), digits=3 if scale.measure in THREE_DIGITS else 2),
        notes=[
            f"Left of the line: {'better' if lower else 'worse'} than {reference}. Direct: the number of studies "
            "that compared the two."
            + (f" Thin lines: {result['level']:g}% prediction intervals." if shown else "")
        ],
    )


def _sorted(rows: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    if order == "rank":
        return rows
    return sorted(rows, key=lambda row: row["estimate"] if order == "effect" else row["treatment"].casefold())


def _row(scale: Scale, row: Data, prediction: bool) -> Against:
    return Against(
        name=row["treatment"],
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        told=cell_text(scale, row),
        wide=(row["pi_low"], row["pi_high"]) if prediction and row["pi_low"] is not None else None,
        note=str(row["direct"]["studies"]) if row["direct"] else "–",
    )


def why_not(snapshot: Data, result: Data) -> str:
    if against(result, result["reference"]):
        return ""
    return f"No study connects {result['reference']} with another treatment."


def text(snapshot: Data, result: Data) -> Table:
    scale, rows = Scale(result["measure"]), against(result, result["reference"])
    return Table(
        (
            "Treatment",
            f"{scale.label} against {result['reference']}",
            "Prediction interval",
            "Direct studies",
        ),
        [
            (
                row["treatment"],
                cell_text(scale, row),
                scale.interval(row["pi_low"], row["pi_high"]),
                str(row["direct"]["studies"]) if row["direct"] else "0",
            )
            for row in rows
        ],
    )


DRAWING = Drawing(
    key="network-forest",
    title="Treatments against a reference",
    about="The network's estimate of every treatment against one of them, with confidence and prediction interval.",
    kinds=frozenset({NETWORK}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=NetworkForestForm,
)
