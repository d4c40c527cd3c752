"""The settings of a plan as a file has them: one JSON object, the outcome by its name and studies by their labels."""

import json
from collections.abc import Iterable
from typing import Any

from analysis.models import Plan
from analysis.plan_settings import PLAN_SETTINGS, belongs
from analysis.services.errors import InvalidPlan
from reviews.models import Outcome, Review
from screening.models import Study


def settings_of(plan: Plan) -> dict[str, Any]:
    """Every setting that the plan's kind has, as ``read_settings`` takes it."""
    names = {
        "outcome": plan.outcome.name,
        "excluded_studies": [study.label for study in plan.excluded_studies.all()],
    }
    return {
        name: names[name] if name in names else getattr(plan, name)
        for name in PLAN_SETTINGS
        if belongs(name, plan.kind)
    }


def read_settings(review: Review, file: bytes | None = None, pairs: Iterable[str] = ()) -> dict[str, Any]:
    """The keywords for services.write_plan from a file of JSON and from ``NAME=VALUE``, which goes first.

    Raises InvalidPlan for what is not JSON, and for an outcome or study that the review has not.
    """
    given = _object(file) if file is not None else {}
    given |= dict(_pair(one) for one in pairs)
    if unknown := sorted(set(given) - set(PLAN_SETTINGS)):
        raise InvalidPlan(
            f"A plan has no setting called {', '.join(unknown)}. Its settings: {', '.join(PLAN_SETTINGS)}."
        )
    if "outcome" in given:
        given["outcome"] = _outcome(review, given["outcome"])
    if "excluded_studies" in given:
        given["excluded_studies"] = _studies(review, given["excluded_studies"])
    return given


def _object(file: bytes) -> dict[str, Any]:
    try:
        given = json.loads(file)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidPlan(f"The settings are not JSON: {error}.") from error
    if not isinstance(given, dict):
        raise InvalidPlan('The settings are one JSON object, such as {"measure": "OR", "level": 90}.')
    return given


def _pair(text: str) -> tuple[str, Any]:
    """'measure=OR' is a text, 'level=90' and 'moderators=[...]' are JSON, as the setting wants it."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidPlan(f"“{text}” is no setting. Write NAME=VALUE, such as measure=OR.")
    name = name.strip()
    if name not in PLAN_SETTINGS or isinstance(PLAN_SETTINGS[name].default, str) or name == "outcome":
        return name, value
    try:
        return name, json.loads(value)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidPlan(f'{name} is given as JSON, such as true, 90 or ["A"], not “{value}”.') from error


def _outcome(review: Review, name: Any) -> Outcome:
    found = Outcome.objects.filter(review=review, name__iexact=str(name).strip()).first()
    if found is None:
        known = ", ".join(Outcome.objects.filter(review=review).values_list("name", flat=True)) or "none yet"
        raise InvalidPlan(f"The protocol has no outcome “{name}”. Its outcomes: {known}.", field="outcome")
    return found


def _studies(review: Review, labels: Any) -> list[Study]:
    if not isinstance(labels, list):
        raise InvalidPlan('Studies are a list of labels, such as ["Smith 2010"].', field="excluded_studies")
    known = {study.label: study for study in Study.objects.filter(review=review, label__in=map(str, labels))}
    if missing := [str(label) for label in labels if str(label) not in known]:
        raise InvalidPlan(
            f"The review has no study called {', '.join(missing)}. Write labels as they stand in the review.",
            field="excluded_studies",
        )
    return [known[str(label)] for label in dict.fromkeys(labels)]
