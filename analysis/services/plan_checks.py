"""What makes the settings of a plan an analysis; refused with a sentence that names the setting."""

import math
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from analysis.choices import (
    METHOD_MEASURES,
    PREDICTION_LABELS,
    SENSITIVITY,
    SMALL_STUDY_TESTS,
    TAU2_LABELS,
    TEST_LABELS,
    measure_names,
    method_fits,
)
from analysis.intake import OF_ONE_GROUP
from analysis.models import Plan
from analysis.plan_settings import NETWORK, PLAIN, PLAN_SETTINGS, belongs, default_of
from analysis.selection import Selection, SelectionError
from analysis.services.errors import InvalidPlan
from analysis.services.wording import first_fault
from analysis.stats import NETWORK_TAU2
from screening.models import Study

NO_TEXT = re.compile("[\0\ud800-\udfff]")
MODERATOR_TYPES = ("number", "category")
MOST_MODERATORS = 10
LONGEST_NAME = 80


def check_plan(plan: Plan, left_out: list[Study]) -> None:
    """Raise InvalidPlan for the first setting at fault; put lists into their usual form."""
    _refuse_wrong_types(plan)
    _refuse_what_is_not_of_the_kind(plan)
    _refuse_unknown_names(plan)
    _check_measure(plan)
    if plan.outcome.review_id != plan.review_id:
        raise InvalidPlan("The outcome belongs to another review.", field="outcome")
    _check_left_out(plan, left_out)
    _check_selection(plan)
    plan.moderators = _moderators(plan.moderators)
    plan.sensitivity = _sensitivity(plan.sensitivity)
    plan.small_study_tests = _keys("small_study_tests", plan.small_study_tests, SMALL_STUDY_TESTS)
    if plan.common_tau2 and not plan.subgroup_by:
        raise InvalidPlan(
            "One between-study variance for all subgroups needs subgroups. Choose them, or leave this out.",
            field="common_tau2",
        )
    try:
        plan.full_clean(exclude=["slug", "created_by"])
    except ValidationError as error:
        raise InvalidPlan(first_fault(error), field=next(iter(error.message_dict))) from error


def known_settings(given: Iterable[str]) -> None:
    """Raise InvalidPlan for a name that is no setting of a plan."""
    if unknown := sorted(set(given) - set(PLAN_SETTINGS)):
        raise InvalidPlan(
            f"A plan has no setting called {', '.join(unknown)}. Its settings: {', '.join(PLAN_SETTINGS)}."
        )


def reset_what_is_not_of_the_kind(plan: Plan, given: Iterable[str] = ()) -> None:
    """After a change of kind: settings the new kind has not go back to their defaults, but for those ``given``."""
    for name in PLAIN:
        if not belongs(name, plan.kind) and name not in given:
            setattr(plan, name, default_of(name))


def _refuse_wrong_types(plan: Plan) -> None:
    for name in PLAIN:
        value, wanted = getattr(plan, name), default_of(name)
        if not _can_be_stored(value):
            raise InvalidPlan(
                f"{PLAN_SETTINGS[name].label} ({name}) holds a character that is no text, or a number that is none.",
                field=name,
            )
        fits = (
            isinstance(value, int | float) if isinstance(wanted, float) else isinstance(value, type(wanted))
        )
        if wanted is not None and not (fits and isinstance(value, bool) == isinstance(wanted, bool)):
            words = {
                str: "a text",
                bool: "true or false",
                float: "a number",
                list: "a list",
                dict: "an object",
            }
            raise InvalidPlan(
                f"{PLAN_SETTINGS[name].label} ({name}): give {words[type(wanted)]}, not {value!r:.40}.",
                field=name,
            )


def _can_be_stored(value: Any) -> bool:
    """Whether a value of JSON is one that every database takes: no NUL, no half characters, finite numbers."""
    if isinstance(value, str):
        return not NO_TEXT.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_can_be_stored(one) for pair in value.items() for one in pair)
    return all(map(_can_be_stored, value)) if isinstance(value, list) else True


def _refuse_what_is_not_of_the_kind(plan: Plan) -> None:
    if plan.kind not in Plan.Kind.values:
        raise InvalidPlan(
            f"There is no kind '{plan.kind}'; choose one of {', '.join(Plan.Kind.values)}.", field="kind"
        )
    for name in PLAIN:
        if not belongs(name, plan.kind) and getattr(plan, name) != default_of(name):
            raise InvalidPlan(
                f"“{PLAN_SETTINGS[name].label}” ({name}) is not a setting of this kind: "
                f"{Plan.Kind(plan.kind).label.lower()}. Leave it out.",
                field=name,
            )


def _refuse_unknown_names(plan: Plan) -> None:
    choices: dict[str, Iterable[str]] = {
        "measure": measure_names(),
        "method": Plan.Method.values,
        "tau2_method": NETWORK_TAU2 if plan.kind == NETWORK else TAU2_LABELS,
        "test": TEST_LABELS,
        "prediction": PREDICTION_LABELS,
    }
    for field, names in choices.items():
        if getattr(plan, field) not in names:
            raise InvalidPlan(
                f"There is no {field} '{getattr(plan, field)}'; choose one of {', '.join(names)}.",
                field=field,
            )


def _check_measure(plan: Plan) -> None:
    if not method_fits(plan.method, plan.measure):
        raise InvalidPlan(
            f"{Plan.Method(plan.method).label} pools {', '.join(METHOD_MEASURES[plan.method])}; the plan's measure "
            f"is {plan.measure}. Choose one of these measures, or inverse variance.",
            field="method",
        )
    if plan.kind == NETWORK and plan.measure in OF_ONE_GROUP:
        raise InvalidPlan(
            f"A network compares treatments; {plan.measure} is about one group. Choose a measure of two groups.",
            field="measure",
        )


def _check_left_out(plan: Plan, left_out: list[Study]) -> None:
    if strangers := [study.label for study in left_out if study.review_id != plan.review_id]:
        raise InvalidPlan(
            f"{', '.join(strangers)}: not a study of this review, so it cannot be left out.",
            field="excluded_studies",
        )
    if left_out and not plan.exclusion_note.strip():
        raise InvalidPlan(
            "Say why these studies are left out; the reason stands beside them in the result.",
            field="exclusion_note",
        )


def _check_selection(plan: Plan) -> None:
    try:
        selection = Selection.read(plan.selection)
    except SelectionError as error:
        raise InvalidPlan(str(error), field="selection") from error
    if plan.prefer_rater and selection.raters:
        raise InvalidPlan(
            "The rater is said twice, by “prefer_rater” and in the order of raters. Keep the order.",
            field="prefer_rater",
        )
    plan.selection = selection.to_dict()


def _moderators(given: Any) -> list[dict[str, str]]:
    if not isinstance(given, list) or len(given) > MOST_MODERATORS:
        raise InvalidPlan(f"Moderators are a list of at most {MOST_MODERATORS}.", field="moderators")
    found: list[dict[str, str]] = []
    for one in given:
        if not isinstance(one, dict) or set(one) != {"name", "type"} or one["type"] not in MODERATOR_TYPES:
            raise InvalidPlan(
                'A moderator has a name and a type, "number" or "category": {"name": "age", "type": "number"}.',
                field="moderators",
            )
        name = one["name"].strip() if isinstance(one["name"], str) else ""
        if not 0 < len(name) <= LONGEST_NAME:
            raise InvalidPlan(
                f"A moderator is the name of a characteristic, at most {LONGEST_NAME} characters.",
                field="moderators",
            )
        if name in (earlier["name"] for earlier in found):
            raise InvalidPlan(f"“{name}” is there twice. Keep it once.", field="moderators")
        found.append({"name": name, "type": one["type"]})
    return found


def _sensitivity(given: Any) -> list[str] | None:
    """None, all of them, also where each is named."""
    if given is None:
        return None
    keys = _keys("sensitivity", given, SENSITIVITY)
    return None if len(keys) == len(SENSITIVITY) else keys


def _keys(field: str, given: Any, known: dict[str, str]) -> list[str]:
    """The given keys in the order in which they are offered."""
    if not isinstance(given, list) or any(key not in known for key in given):
        raise InvalidPlan(
            f"{PLAN_SETTINGS[field].label}: a list of some of {', '.join(known)}.",
            field=field,
        )
    return [key for key in known if key in given]
