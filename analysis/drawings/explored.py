"""The figures of explorations: GOSH and the specification curve, from what an exploration found.

An exploration's result stands in the result of its run under the exploration's key.
"""

from __future__ import annotations

from typing import Any, cast

from django import forms

from analysis.choices import has_no_effect, is_curved, is_ratio, natural
from analysis.drawings.options import form_of
from analysis.explorations.gosh import members_of
from analysis.explorations.words import said, tables
from analysis.figures.catalogue import Address, Data, Drawing, Table, row_key
from analysis.figures.gosh import Cloud, GoshSettings, gosh
from analysis.figures.plot_frame import Reading
from analysis.figures.plot_settings import PlotSettings
from analysis.figures.specification_curve import Choice, Specification, specification_curve
from analysis.wording import Scale
from reviews.figures.layout import Figure

GOSH, MULTIVERSE = "gosh", "multiverse"


class GoshForm(form_of(GoshSettings)):  # type: ignore[misc]  # a class that is made
    """The study to set apart is one of the run's."""

    study = forms.ChoiceField(
        label="Set apart", required=False, initial="", help_text="Colours the subsets that hold this study."
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        studies = [(str(row_key(row)), row["study"]) for row in self.snapshot["rows"]]
        field = cast(forms.ChoiceField, self.fields["study"])
        field.choices = [("", "the study that moves the effect most"), *studies]


def draw_gosh(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    found, measure = result[GOSH], snapshot["plan"]["measure"]
    look = GoshSettings.read(settings)
    place = _chosen(found, look.study)
    study = found["studies"][place] if place is not None else None
    points, k = found["points"], len(found["studies"])
    inside = [bool(members_of(text, k)[place]) for text in points["members"]] if study else []
    return gosh(
        Cloud(
            points["estimate"],
            points["i2"],
            found["low"],
            found["high"],
            found["bins"],
            inside,
            study["bins"] if study else (),
        ),
        title=f"{snapshot['outcome']['name']}: subsets of the studies",
        label=Scale(measure).label,
        desc=" ".join(said(GOSH, snapshot, found)),
        chosen=study["study"] if study else "",
        reading=_reading(measure),
        null=0.0 if has_no_effect(measure) else None,
        notes=[_subsets(found)],
        look=look,
    )


def draw_multiverse(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    found, measure = result[MULTIVERSE], snapshot["plan"]["measure"]
    columns, factors = found["columns"], found["factors"]
    places = {
        factor["key"]: {level["key"]: i for i, level in enumerate(factor["levels"])} for factor in factors
    }
    level = f"{found['level']:g}%"
    return specification_curve(
        [
            Specification(
                columns["estimate"][i],
                columns["ci_low"][i],
                columns["ci_high"][i],
                tuple(of[columns[key][i]] for key, of in places.items()),
                i == found["planned"],
            )
            for i in range(found["specifications"])
        ],
        [Choice(factor["label"], tuple(level["label"] for level in factor["levels"])) for factor in factors],
        title=f"{snapshot['outcome']['name']}: every choice",
        label=Scale(measure).label,
        desc=" ".join(said(MULTIVERSE, snapshot, found)),
        reading=_reading(measure),
        null=0.0 if has_no_effect(measure) else None,
        notes=[
            f"Each specification with its {level} interval, blue where it lies to one side of no effect; "
            "the planned analysis stands out in orange."
            if found["planned"] is not None
            else f"Each specification with its {level} interval, blue where it lies to one side of no effect. "
            "The planned analysis is not among them."
        ],
        look=PlotSettings.read(settings),
    )


def _chosen(found: Data, key: str) -> int | None:
    """The place of the study to set apart: the one asked for, else the one that moves the mean effect most."""
    studies = found["studies"]
    asked = next((i for i, one in enumerate(studies) if str(one["row"]) == key), None)
    if asked is not None:
        return asked
    known = [
        i
        for i, one in enumerate(studies)
        if one["estimate_with"] is not None and one["estimate_without"] is not None
    ]
    if not known:
        return None
    return max(known, key=lambda i: abs(studies[i]["estimate_with"] - studies[i]["estimate_without"]))


def _subsets(found: Data) -> str:
    which = "All" if found["exact"] else "A random sample of"
    points = len(found["points"]["k"])
    drawn = f"; {points:,} of them drawn as points" if points < found["subsets"] else ""
    return f"{which} {found['subsets']:,} subsets, counted in the steps on top{drawn}."


def _reading(measure: str) -> Reading:
    if is_curved(measure):
        return Reading(natural=lambda value: natural(value, measure, None))
    return Reading(log=is_ratio(measure))


def _why_not(key: str, title: str):
    def why_not(snapshot: Data, result: Data) -> str:
        return "" if result.get(key) else f"Not computed for this run yet: see Explorations, {title}."

    return why_not


def _table(key: str):
    def text(snapshot: Data, result: Data) -> Table:
        found = tables(key, snapshot, result[key])[0]
        return Table(found.headings, found.rows)

    return text


DRAWING_GOSH = Drawing(
    key=GOSH,
    title="GOSH plot",
    draw=draw_gosh,
    why_not=_why_not(GOSH, "GOSH"),
    text=_table(GOSH),
    about="Each point is a subset of the studies: its pooled effect and its I². Clouds apart from each other mean "
    "that studies disagree in groups; colours that part mean that one study makes the difference.",
    form=GoshForm,
)
DRAWING_MULTIVERSE = Drawing(
    key=MULTIVERSE,
    title="Specification curve",
    draw=draw_multiverse,
    why_not=_why_not(MULTIVERSE, "Multiverse"),
    text=_table(MULTIVERSE),
    form=form_of(PlotSettings),
    about="Each column is one way to analyse these studies: on top its effect and interval, below the choices that "
    "make it.",
)
DRAWN = {one.key: one for one in (DRAWING_GOSH, DRAWING_MULTIVERSE)}
