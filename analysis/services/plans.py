"""The verbs of this room: write a plan, ask for a run, cancel it."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from analysis.choices import TAU2_LABELS, TEST_LABELS, measure_names
from analysis.models import Plan
from analysis.services.errors import InvalidPlan
from analysis.services.wording import first_fault, plain
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Outcome, Review, User
from screening.models import Study

#: What is carried over to a plan that differs from another in one setting.
SETTINGS = (
    "measure",
    "tau2_method",
    "test",
    "level",
    "subgroup_by",
    "exclusion_note",
    "prefer_rater",
    "leave_out_derived",
    "risk_of_bias",
    "experimental_label",
    "comparator_label",
)


@transaction.atomic
def write_plan(
    *,
    review: Review,
    name: str,
    outcome: Outcome,
    by: User | None,
    excluded_studies: Iterable[Study] = (),
    **settings: Any,
) -> Plan:
    """A new plan. ``settings`` are the Plan's fields (measure, tau2_method, test, level, subgroup_by, ...).

    Raises InvalidPlan.
    """
    plan = Plan(review=review, outcome=outcome, name=name.strip(), created_by=by, **settings)
    plan.slug = _free_slug(review, plan.name)
    left_out = list(excluded_studies)
    _check_plan(plan, left_out)
    plan.save()
    plan.excluded_studies.set(left_out)
    record_event(
        review=review,
        actor=by,
        verb="analysis.plan_written",
        target=plan,
        sentence=f"wrote the analysis plan “{plan.name}”" + (", prespecified." if plan.prespecified else "."),
        detail={
            "measure": plan.measure,
            "tau2_method": plan.tau2_method,
            "test": plan.test,
            **plain(settings),
            "outcome": outcome.name,
            "excluded_studies": [study.label for study in left_out],
        },
    )
    return plan


@transaction.atomic
def retire_plan(*, plan: Plan, by: User) -> None:
    """Take a plan out of use; it and its runs stay readable."""
    if not Plan.objects.live().filter(pk=plan.pk).update(retired_at=timezone.now()):
        raise Conflict(f"“{plan.name}” was retired already.")
    plan.refresh_from_db()
    record_event(
        review=plan.review,
        actor=by,
        verb="analysis.plan_retired",
        target=plan,
        sentence=f"retired the analysis plan “{plan.name}”.",
    )


def _check_plan(plan: Plan, left_out: list[Study]) -> None:
    choices = {"measure": measure_names(), "tau2_method": list(TAU2_LABELS), "test": list(TEST_LABELS)}
    for field, names in choices.items():
        if getattr(plan, field) not in names:
            raise InvalidPlan(
                f"There is no {field} '{getattr(plan, field)}'; choose one of {', '.join(names)}.",
                field=field,
            )
    if plan.outcome.review_id != plan.review_id:
        raise InvalidPlan("The outcome belongs to another review.", field="outcome")
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
    try:
        plan.full_clean(exclude=["slug"])
    except ValidationError as error:
        raise InvalidPlan(first_fault(error), field=next(iter(error.message_dict))) from error


def _free_slug(review: Review, name: str) -> str:
    base = slugify(name)[:50] or "plan"
    taken = set(Plan.objects.filter(review=review, slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
    )
