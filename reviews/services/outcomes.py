"""Planned outcomes: defined once here, offered in risk of bias, extraction, analysis and certainty."""

import math
from typing import Any

from django.db import transaction

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Outcome, Review, User
from reviews.services._rows import (
    check_values,
    in_words,
    label_of,
    locked,
    next_order,
    refuse_overwriting,
    set_values,
)

FIELDS = (
    "name",
    "kind",
    "domain",
    "scale",
    "direction",
    "scale_low",
    "scale_high",
    "unit",
    "time_point",
    "time_points",
    "minimal_important_difference",
    "is_primary",
)


class OutcomeRefused(Refused):
    """An outcome that cannot be saved as it is."""


@transaction.atomic
def add_outcome(*, review: Review, by: User, name: str, **values: Any) -> Outcome:
    """Plan an outcome; ``values`` are any other of FIELDS, with the model's defaults for those left out."""
    review = locked(review)
    outcome = Outcome(review=review)
    _write(outcome, {"name": name, **values})
    outcome.order = next_order(review.outcomes.all())
    outcome.save()
    _record(
        outcome,
        by,
        "outcome_added",
        f"added the outcome “{outcome}”",
        {"new": {field: getattr(outcome, field) for field in FIELDS}},
    )
    return outcome


@transaction.atomic
def edit_outcome(
    *, outcome: Outcome, by: User, changes: dict[str, Any], why: str = "", seen: dict | None = None
) -> Outcome:
    """Change a planned outcome; the reason belongs into ``why``, as the protocol was registered without it."""
    locked(outcome.review)
    outcome = Outcome.objects.select_related("review").get(pk=outcome.pk)
    refuse_overwriting(outcome, changes, seen or {})
    label = str(outcome)
    different = _write(outcome, changes)
    if different:
        outcome.save(update_fields=different.keys())
        fields = in_words([label_of(outcome, field) for field in different])
        sentence = f"changed {fields} of the outcome “{label}”"
        _record(outcome, by, "outcome_changed", sentence, {"changes": different, "why": why.strip()})
    return outcome


def _write(outcome: Outcome, changes: dict[str, Any]) -> dict[str, dict]:
    if unknown := sorted(changes.keys() - set(FIELDS)):
        raise OutcomeRefused(f"An outcome has no field called {in_words(unknown)}.", field=unknown[0])
    different = set_values(outcome, changes)
    check_values(outcome, FIELDS, OutcomeRefused)
    difference = outcome.minimal_important_difference
    if difference is not None and not 0 < difference < math.inf:
        raise OutcomeRefused(
            "The minimal important difference is a size without a sign: give a number above 0, or leave it empty.",
            field="minimal_important_difference",
        )
    _check_scale(outcome)
    outcome.time_points = _check_time_points(outcome.time_points)
    twins = Outcome.objects.filter(review=outcome.review, name__iexact=outcome.name).exclude(pk=outcome.pk)
    if twins.exists():
        raise OutcomeRefused(f"There is already an outcome called “{outcome.name}”.", field="name")
    return different


def _check_scale(outcome: Outcome) -> None:
    low, high = outcome.scale_low, outcome.scale_high
    for name in ("scale_low", "scale_high"):
        if not math.isfinite(getattr(outcome, name) or 0):
            raise OutcomeRefused("A possible score is a finite number.", field=name)
    if low is not None and high is not None and low >= high:
        raise OutcomeRefused(
            f"The lowest possible score ({low:g}) must be below the highest ({high:g}).", field="scale_high"
        )


def _check_time_points(given: Any) -> list[str]:
    """The further time points without blanks and repetitions, in their order."""
    if not isinstance(given, list) or not all(isinstance(each, str) and len(each) <= 120 for each in given):
        raise OutcomeRefused(
            "Further time points are a list of texts of at most 120 characters, such as 6 months.",
            field="time_points",
        )
    if len(given) > 30:
        raise OutcomeRefused("An outcome has at most 30 further time points.", field="time_points")
    return list(dict.fromkeys(" ".join(each.split()) for each in given if each.strip()))


def _record(outcome: Outcome, by: User, verb: str, sentence: str, detail: dict) -> None:
    record_event(
        review=outcome.review,
        actor=by,
        verb=f"reviews.{verb}",
        target=outcome,
        sentence=sentence,
        detail=detail,
    )
