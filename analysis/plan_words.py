"""The settings of a plan as people read them, one value at a time."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from analysis.choices import (
    PREDICTION_LABELS,
    SENSITIVITY,
    SMALL_STUDY_TESTS,
    TAU2_LABELS,
    TEST_LABELS,
    short,
)
from analysis.models import Plan
from analysis.plan_settings import PLAIN, PLAN_SETTINGS, belongs
from analysis.selection import Selection
from extraction.models import Result

NONE = "none"
LABELS: dict[str, dict[str, str]] = {
    "kind": {str(key): str(label) for key, label in Plan.Kind.choices},
    "method": {str(key): str(label) for key, label in Plan.Method.choices},
    "tau2_method": TAU2_LABELS,
    "test": TEST_LABELS,
    "prediction": PREDICTION_LABELS,
    "prefer_rater": {"": "whoever is preferred in extraction"}
    | {
        str(key): f"{label} where there is one, else the preferred result"
        for key, label in Result.Rater.choices
    },
    "risk_of_bias": {"": "all studies"} | {str(key): str(label) for key, label in Plan.RiskOfBias.choices},
    "subgroup_by": {"": NONE},
}


#: Settings that stand elsewhere on the page of a plan, and those that say nothing while they are empty.
APART = ("name", "question", "prespecified")
SILENT = ("exclusion_note", "moderators", "leave_out_derived", "common_tau2", "excluded_studies")


class Line(NamedTuple):
    """A setting of a plan: what it is called, and one or more names, or whole sentences."""

    name: str
    label: str
    words: list[str]
    shown: bool = True

    @property
    def sentences(self) -> bool:
        return self.name == "selection"


def in_words(name: str, value: Any) -> list[str]:
    """The value of the setting ``name`` (as JSON: outcome and studies by their names), a text or several."""
    match name:
        case "measure":
            return [f"{short(value)} ({value})"]
        case "level":
            return [f"{value:g}%"]
        case "selection":
            return Selection.read(value).in_words()
        case "moderators":
            return [f"{one['name']} (as {_type(one['type'])})" for one in value] or [NONE]
        case "sensitivity":
            return [SENSITIVITY[key] for key in value] or [NONE] if value is not None else ["all that apply"]
        case "small_study_tests":
            return [SMALL_STUDY_TESTS[key] for key in value] or ["the one proposed for the measure"]
        case "excluded_studies":
            return list(value) or [NONE]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [LABELS.get(name, {}).get(value, str(value)) or NONE]


def lines_of(plan: Plan, left_out: Iterable[str]) -> list[Line]:
    """Every setting that plans of this kind have, in the order of the list; ``left_out``: labels of studies."""
    values = {"outcome": plan.outcome.name, "excluded_studies": list(left_out)}
    values |= {name: getattr(plan, name) for name in PLAIN}
    return [
        Line(
            name,
            setting.label,
            in_words(name, values[name]),
            name not in APART and bool(values[name] or name not in SILENT),
        )
        for name, setting in PLAN_SETTINGS.items()
        if belongs(name, plan.kind)
    ]


def _type(name: str) -> str:
    return "a number" if name == "number" else "categories"
