"""The bubble plots of a run's moderators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from analysis.drawings.options import form_of
from analysis.drawings.shared import COMPUTED_BEFORE, links, null_of, reading_of, titled
from analysis.figures.axis import number
from analysis.figures.bubble import Bubble, Panel, Prediction, bubble_plot
from analysis.figures.catalogue import Address, Data, Drawing, Table
from analysis.figures.plot_settings import BubbleSettings
from analysis.wording import Scale, p_value, plain_number
from reviews.figures.layout import Figure

NUMBER = "number"
NO_MODERATORS = "The plan has no moderators. Add them to the plan to see a meta-regression."
Part = Mapping[str, Any]


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    look, href = BubbleSettings.read(settings), links(snapshot, address)
    chosen = _chosen(result, look.moderator)
    panels = [
        Panel(
            name=one["name"],
            bubbles=[
                Bubble(
                    label=point["study"], x=point["x"], y=point["y"], weight=point["weight"], href=href(point)
                )
                for point in one["points"]
            ],
            line=[Prediction(**place) for place in one["line"]],
            is_number=one["type"] == NUMBER,
            notes=_notes(one),
        )
        for one in chosen
    ]
    return bubble_plot(
        panels,
        measure_label=Scale.of(result["pooled"]).label,
        null=null_of(result),
        level=result["pooled"]["level"],
        reading=reading_of(result),
        look=look,
        title=titled("Meta-regression", snapshot),
    )


def _drawn(result: Data) -> list[Part]:
    return [one for one in result.get("bubbles") or () if "reason" not in one]


def _chosen(result: Data, name: str) -> list[Part]:
    """The moderator of this name; all of them where it is empty or gone from the plan."""
    return [one for one in _drawn(result) if one["name"] == name] or _drawn(result)


def _notes(one: Part) -> list[str]:
    """The test of the moderator, then what the model has to say."""
    model = one["model"]
    df = ", ".join(f"{float(d):g}" for d in model["qm_df"] if d is not None)
    r2 = "" if model["r2"] is None else f"; R² = {number(model['r2'], 0)}%"
    test = f"{one['name']}: QM = {plain_number(model['qm'])}, df = {df} ({p_value(model['qm_pval'])}){r2}."
    return [test, *model["notes"]]


def why_not(snapshot: Data, result: Data) -> str:
    if not snapshot["plan"].get("moderators"):
        return NO_MODERATORS
    if result.get("bubbles") is None:
        return COMPUTED_BEFORE
    return "" if _drawn(result) else " ".join(dict.fromkeys(one["reason"] for one in result["bubbles"]))


def text(snapshot: Data, result: Data) -> Table:
    """What is predicted: at both ends and in the middle of a number, for every category."""
    scale = Scale.of(result["pooled"])
    rows = [
        (
            one["name"],
            place["x"] if isinstance(place["x"], str) else f"{place['x']:g}",
            scale.text(place["estimate"]),
            scale.interval(place["ci_low"], place["ci_high"]),
            scale.interval(place["pi_low"], place["pi_high"]),
        )
        for one in _drawn(result)
        for place in _places(one)
    ]
    return Table(("Moderator", "Value", scale.label, "Confidence interval", "Prediction interval"), rows)


def _places(one: Part) -> Sequence[Part]:
    line = one["line"]
    return [line[0], line[len(line) // 2], line[-1]] if one["type"] == NUMBER else line


class BubbleForm(form_of(BubbleSettings)):  # type: ignore[misc]  # a class made of the settings
    """The moderator is one of the plan's."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [one["name"] for one in self.snapshot["plan"].get("moderators") or ()]
        before = self.fields["moderator"]
        self.fields["moderator"] = forms.ChoiceField(
            choices=[("", "Each in a panel of its own"), *((name, name) for name in names)],
            required=False,
            label=before.label,
            initial="",
        )


DRAWING = Drawing(
    key="bubble",
    title="Bubble plot of the meta-regression",
    about="Each circle is a study at its value of the moderator; the line is what the regression expects there.",
    draw=draw,
    why_not=why_not,
    text=text,
    form=BubbleForm,
)
