"""What a person may choose about the plots of points, curves and intervals: one frozen class per figure.

Every field says its choices and words itself, so that the form of a figure is made from its class
(`analysis.drawings.options.form_of`) and nothing is listed twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self

from analysis.figures.plot_frame import PAGES, Page
from reviews.figures.layout import LayoutError

WIDTHS = {
    "double": "Two columns of a journal (174 mm)",
    "single": "One column of a journal (85 mm)",
    "slide": "A slide (254 mm)",
}
NAMES = {
    "notable": "Of the studies that stand out",
    "all": "Of all studies, as far as there is room",
    "none": "None",
}


def option(
    default: Any,
    label: str,
    *,
    choices: Mapping[str, str] | None = None,
    help_text: str = "",
    between: tuple[float, float] | None = None,
) -> Any:
    """A field of a settings class. `choices`: what it may be; `between`: the ends of a number."""
    words = {"label": label, "choices": choices, "help_text": help_text, "between": between}
    return field(default=default, metadata=words)


@dataclass(frozen=True, kw_only=True)
class PlotSettings:
    """What every plot lets choose."""

    width: str = option("double", "Width", choices=WIDTHS)
    title: bool = option(True, "Title", help_text="Print it above the figure.")

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From JSON; what is absent or empty is the default. Raises LayoutError naming the setting at fault."""
        known = {one.name: one for one in fields(cls)}
        if strange := sorted(set(data) - set(known)):
            raise LayoutError(
                f"There is no setting '{strange[0]}' of this figure; there are {', '.join(known)}."
            )
        return cls(
            **{name: _read(known[name], value) for name, value in data.items() if value not in (None, "")}
        )

    def to_dict(self) -> dict[str, Any]:
        """What differs from the defaults."""
        named = ((one.name, getattr(self, one.name), one.default) for one in fields(self))
        return {name: value for name, value, default in named if value != default}

    @property
    def page(self) -> Page:
        page = PAGES[self.width]
        return Page(page.width, page.size, self.title)


def _read(one: Field[Any], value: Any) -> Any:
    choices, between = one.metadata["choices"], one.metadata["between"]
    if choices is not None:
        if value not in choices:
            raise LayoutError(f"'{one.name}' cannot be '{value}'; choose {', '.join(choices)}.")
        return value
    if between is not None:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not between[0] <= number <= between[1]:
            raise LayoutError(
                f"'{one.name}' cannot be '{value}'; give a number from {between[0]:g} to {between[1]:g}."
            )
        return number
    if type(value) is not type(one.default):
        raise LayoutError(f"'{one.name}' cannot be '{value}'.")
    return value


@dataclass(frozen=True, kw_only=True)
class FunnelSettings(PlotSettings):
    y: str = option(
        "se",
        "Up the side",
        choices={
            "se": "Standard error",
            "precision": "Precision (1 / standard error)",
            "variance": "Sampling variance",
            "n": "Participants",
        },
    )
    limits: bool = option(True, "Pseudo confidence limits")
    contours: bool = option(
        False, "Contours of significance", help_text="Shaded around no effect: p = 0.10, 0.05 and 0.01."
    )
    filled: bool = option(False, "Studies filled in by trim and fill")
    subgroups: bool = option(True, "A sign of its own for each subgroup")
    names: str = option(
        "none",
        "Names",
        choices={
            "none": NAMES["none"],
            "notable": "Of studies outside the pseudo confidence limits",
            "all": NAMES["all"],
        },
    )


@dataclass(frozen=True, kw_only=True)
class BaujatSettings(PlotSettings):
    names: str = option("notable", "Names", choices=NAMES)


@dataclass(frozen=True, kw_only=True)
class GalbraithSettings(PlotSettings):
    arc: bool = option(True, "Arc with the scale of the effects")
    names: str = option(
        "notable", "Names", choices=NAMES | {"notable": "Of studies further off than chance would put them"}
    )


@dataclass(frozen=True, kw_only=True)
class LabbeSettings(PlotSettings):
    sized: str = option(
        "size",
        "Area of the circles",
        choices={"size": "Participants", "weight": "Weight in the analysis", "same": "All alike"},
    )
    whole: bool = option(False, "Show the axes from 0 to 100%")
    names: str = option("none", "Names", choices=NAMES)


@dataclass(frozen=True, kw_only=True)
class BubbleSettings(PlotSettings):
    moderator: str = option("", "Moderator", help_text="Empty: each in a panel of its own.")
    interval: bool = option(True, "Confidence interval of the line")
    prediction: bool = option(True, "Prediction interval")
    names: str = option("none", "Names", choices=NAMES)


@dataclass(frozen=True, kw_only=True)
class LeaveOneOutSettings(PlotSettings):
    sort: str = option(
        "order",
        "Order",
        choices={
            "order": "As in the analysis",
            "estimate": "Pooled effect without the study",
            "i2": "I² without the study",
            "name": "Name",
        },
    )
    heterogeneity: bool = option(True, "Columns of I² and τ²")


@dataclass(frozen=True, kw_only=True)
class CumulativeSettings(PlotSettings):
    by: str = option(
        "year",
        "Studies are added",
        choices={"year": "By year", "precision": "By precision, the most precise first"},
    )
    heterogeneity: bool = option(True, "Columns of I² and τ²")


@dataclass(frozen=True, kw_only=True)
class DraperySettings(PlotSettings):
    scale: str = option(
        "z",
        "Scale of the p values",
        choices={"z": "Standard deviations (curves are straight)", "p": "As they are"},
    )
    studies: bool = option(True, "Curves of the single studies")
    prediction: bool = option(True, "Prediction region")
