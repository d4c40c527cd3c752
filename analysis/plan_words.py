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
from analysis.plan_settings import PLAN_SETTINGS, belongs
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


class Line(NamedTuple):
    """A setting of a plan: what it is called, and one or more sentences or names."""

    name: str
    label: str
    words: list[str]


def in_words(name: str, value: Any) -> list[str]:
    """The value of the setting ``name`` (as JSON: outcome and studies by their names), a text or several."""
    match name:
        case "measure":
            return [f"{short(value)} ({value})"]
        case "level":
            return [f"{value:g}%"]
        case "selection":
            return selection_in_words(value)
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
    return [
        Line(name, setting.label, in_words(name, values[name] if name in values else getattr(plan, name)))
        for name, setting in PLAN_SETTINGS.items()
        if belongs(name, plan.kind)
    ]


def selection_in_words(value: dict[str, Any]) -> list[str]:
    """What a plan takes of the results there are."""
    return [f"{key.replace('_', ' ')}: {one}" for key, one in value.items()] or [
        "the result of each study marked as preferred in extraction"
    ]


def _type(name: str) -> str:
    return "a number" if name == "number" else "categories"
