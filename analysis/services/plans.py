"""Write a plan, change it, take it out of use and bring it back."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from analysis.models import Plan, PlanChange
from analysis.plan_settings import PLAIN, PLAN_SETTINGS
from analysis.services.errors import InvalidPlan
from analysis.services.plan_checks import check_plan, known_settings, reset_what_is_not_of_the_kind
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Outcome, Review, User
from screening.models import Study

#: What is carried over to a plan that differs from another in one setting.
SETTINGS = tuple(name for name in PLAIN if name not in ("name", "prespecified"))


def draft_plan(
    *, review: Review, outcome: Outcome, excluded_studies: Iterable[Study] = (), **settings: Any
) -> Plan:
    """A plan with these settings that is checked but not saved, to look at what it would take in.

    Raises InvalidPlan.
    """
    known_settings(settings)
    plan = Plan(review=review, outcome=outcome, **_tidied(settings))
    check_plan(plan, list(excluded_studies))
    return plan


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
    """A new plan. ``settings`` are any other of ``analysis.plan_settings.PLAN_SETTINGS``, else their defaults.

    Raises InvalidPlan.
    """
    left_out = list(excluded_studies)
    plan = draft_plan(review=review, name=name, outcome=outcome, excluded_studies=left_out, **settings)
    plan.created_by, plan.slug = by, _free_slug(review, plan.name)
    plan.save()
    plan.excluded_studies.set(left_out)
    record_event(
        review=review,
        actor=by,
        verb="analysis.plan_written",
        target=plan,
        sentence=f"wrote the analysis plan “{plan.name}”" + (", prespecified." if plan.prespecified else "."),
        detail=_values(plan, left_out),
    )
    return plan


@transaction.atomic
def change_plan(*, plan: Plan, by: User | None, seen_version: int, reason: str, **settings: Any) -> Plan:
    """Change the given settings; what was before, what it became and why stay with the plan.

    A change of a prespecified plan, or after a run was asked for, is post hoc, unless it is one of wording (the name,
    the words in the figures). With another ``kind``, settings that the new kind has not go back to their defaults.
    Raises Conflict when ``seen_version`` is not the plan's any more or it was retired, InvalidPlan when there is no
    reason, nothing differs, or a setting is wrong.
    """
    known_settings(settings)
    plan = Plan.objects.select_for_update(of=("self",)).select_related("outcome", "review").get(pk=plan.pk)
    _refuse_to_overwrite(plan, seen_version)
    if not (reason := reason.strip()):
        raise InvalidPlan("Say why the plan is changed; the reason is shown with the change.", field="reason")
    studies = list(plan.excluded_studies.all())
    before = _values(plan, studies)
    left_out = list(settings.pop("excluded_studies", studies))
    for name, value in _tidied(settings).items():
        setattr(plan, name, value)
    if before["kind"] != plan.kind:
        reset_what_is_not_of_the_kind(plan, settings)
    check_plan(plan, left_out)
    after = _values(plan, left_out)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        raise InvalidPlan("Nothing is different from the plan as it stands, so nothing was saved.")
    plan.version += 1
    plan.save()
    plan.excluded_studies.set(left_out)
    change = PlanChange.objects.create(
        plan=plan,
        version=plan.version,
        changed=changed,
        reason=reason,
        post_hoc=(before["prespecified"] or plan.runs.exists())
        and any(not PLAN_SETTINGS[name].wording for name in changed),
        changed_by=by,
    )
    labels = ", ".join(PLAN_SETTINGS[name].label.lower() for name in changed)
    record_event(
        review=plan.review,
        actor=by,
        verb="analysis.plan_changed",
        target=plan,
        sentence=f"changed the analysis plan “{plan.name}”{' post hoc' if change.post_hoc else ''}: {labels}.",
        detail={"changed": changed, "why": reason, "post_hoc": change.post_hoc, "version": plan.version},
    )
    return plan


@transaction.atomic
def retire_plan(*, plan: Plan, by: User | None) -> None:
    """Take a plan out of use; it and its runs stay readable, and ``restore_plan`` brings it back."""
    if not Plan.objects.live().filter(pk=plan.pk).update(retired_at=timezone.now()):
        raise Conflict(f"“{plan.name}” was retired already.")
    _record(plan, by, "analysis.plan_retired", "retired")


@transaction.atomic
def restore_plan(*, plan: Plan, by: User | None) -> None:
    """Bring a retired plan back into use."""
    if not Plan.objects.filter(pk=plan.pk, retired_at__isnull=False).update(retired_at=None):
        raise Conflict(f"“{plan.name}” is in use already.")
    _record(plan, by, "analysis.plan_restored", "brought back")


def _record(plan: Plan, by: User | None, verb: str, did: str) -> None:
    plan.refresh_from_db()
    record_event(
        review=plan.review,
        actor=by,
        verb=verb,
        target=plan,
        sentence=f"{did} the analysis plan “{plan.name}”.",
    )


def _refuse_to_overwrite(plan: Plan, seen_version: int) -> None:
    if plan.retired_at:
        raise Conflict(f"“{plan.name}” is retired. Bring it back to change it.")
    if plan.version != seen_version:
        last = plan.changes.select_related("changed_by").last()
        who = f" by {last.changed_by}" if last and last.changed_by else ""
        raise Conflict(
            f"“{plan.name}” was changed in the meantime{who} and is at version {plan.version} now (you saw "
            f"{seen_version}). Nothing was overwritten: open it again, and make your change to what it says now."
        )


def _tidied(settings: dict[str, Any]) -> dict[str, Any]:
    """Texts without white space around them and with plain line ends."""
    return {
        name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
        for name, value in settings.items()
    }


def _values(plan: Plan, left_out: Iterable[Study]) -> dict[str, Any]:
    """Every setting as JSON, the outcome and studies by their names."""
    names = {"outcome": plan.outcome.name, "excluded_studies": sorted(study.label for study in left_out)}
    return {name: names[name] if name in names else getattr(plan, name) for name in PLAN_SETTINGS}


def _free_slug(review: Review, name: str) -> str:
    base = slugify(name)[:50] or "plan"
    taken = set(Plan.objects.filter(review=review, slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
    )
