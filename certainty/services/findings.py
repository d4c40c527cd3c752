"""Findings: the rows of the summary of findings."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from analysis.models import Plan
from certainty.models import Finding
from certainty.services.errors import InvalidFinding
from certainty.services.finding_checks import MOST_IN_SUMMARY, check_finding
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Outcome, Review, User

__all__ = [
    "FIELDS",
    "MOST_IN_SUMMARY",
    "add_finding",
    "change_finding",
    "order_findings",
    "restore_finding",
    "retire_finding",
]

#: What a person may say of a finding, besides its outcome and plan.
FIELDS = (
    *(
        "label",
        "population",
        "setting",
        "intervention",
        "comparison",
        "time_point",
        "importance",
        "in_summary",
    ),
    *(
        "baselines",
        "minimal_important_difference",
        "optimal_information_size",
        "narrative",
        "statement",
        "comments",
    ),
)
CHANGEABLE = ("outcome", "plan", *FIELDS)


@transaction.atomic
def add_finding(
    *,
    review: Review,
    by: User | None,
    plan: Plan | None = None,
    outcome: Outcome | None = None,
    **fields: Any,
) -> Finding:
    """A new finding, at the end of the list. ``fields`` are any of FIELDS.

    With a ``plan`` its outcome and the names of its groups are taken unless given otherwise. Raises InvalidFinding.
    """
    _known(fields)
    Review.objects.select_for_update().get(pk=review.pk)
    if plan is not None:
        outcome = outcome or plan.outcome
        fields.setdefault("intervention", plan.experimental_label)
        fields.setdefault("comparison", plan.comparator_label)
    if outcome is None:
        raise InvalidFinding(
            "Say which outcome, or which analysis plan, the finding is about.", field="outcome"
        )
    last = review.findings.aggregate(last=Max("order"))["last"]
    finding = Finding(
        review=review,
        outcome=outcome,
        plan=plan,
        created_by=by,
        order=0 if last is None else last + 1,
        **_tidied(fields),
    )
    check_finding(finding)
    finding.save()
    _record(finding, by, "certainty.finding_added", "added", _values(finding))
    return finding


@transaction.atomic
def change_finding(*, finding: Finding, by: User | None, seen_version: int, **fields: Any) -> Finding:
    """Change the given fields (any of FIELDS, "plan", "outcome"); with a plan comes its outcome.

    Raises Conflict when it was changed since ``seen_version`` or retired, InvalidFinding when nothing differs or a
    field is wrong.
    """
    _known(fields, CHANGEABLE)
    Review.objects.select_for_update().get(pk=finding.review_id)
    fresh = Finding.objects.select_for_update(of=("self",)).select_related("review", "outcome", "plan")
    finding = fresh.get(pk=finding.pk)
    if finding.retired_at:
        raise Conflict(f"“{finding}” was taken out of use. Bring it back to change it.")
    if finding.version != seen_version:
        raise Conflict(
            f"“{finding}” was changed in the meantime and is at version {finding.version} now (you saw "
            f"{seen_version}). Nothing was overwritten: open it again, and make your change to what it says now."
        )
    before = _values(finding)
    if fields.get("plan") is not None and "outcome" not in fields:
        fields["outcome"] = fields["plan"].outcome
    for name, value in _tidied(fields).items():
        setattr(finding, name, value)
    check_finding(finding)
    after = _values(finding)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        raise InvalidFinding("Nothing is different from the finding as it stands, so nothing was saved.")
    finding.version += 1
    finding.save()
    _record(finding, by, "certainty.finding_changed", "changed", {"changed": changed}, tuple(changed))
    return finding


@transaction.atomic
def retire_finding(*, finding: Finding, by: User | None) -> None:
    """Take a finding out of use; it and its ratings stay readable, and ``restore_finding`` brings it back."""
    if not Finding.objects.live().filter(pk=finding.pk).update(retired_at=timezone.now()):
        raise Conflict(f"“{finding}” was taken out of use already.")
    _record(finding, by, "certainty.finding_retired", "took out of use")


@transaction.atomic
def restore_finding(*, finding: Finding, by: User | None) -> None:
    """Bring a retired finding back. Raises InvalidFinding where another took its place, or the summary is full."""
    Review.objects.select_for_update().get(pk=finding.review_id)
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    if not finding.retired_at:
        raise Conflict(f"“{finding}” is in use already.")
    finding.retired_at = None
    check_finding(finding)
    finding.save(update_fields=["retired_at"])
    _record(finding, by, "certainty.finding_restored", "brought back")


@transaction.atomic
def order_findings(*, review: Review, by: User | None, order: Iterable[int]) -> None:
    """Put the live findings into the order of the given ids; those not named follow as they were."""
    Review.objects.select_for_update().get(pk=review.pk)
    live = {one.pk: one for one in Finding.objects.live().filter(review=review)}
    wanted = list(dict.fromkeys(order))
    if unknown := [str(pk) for pk in wanted if pk not in live]:
        raise InvalidFinding(f"There is no finding {', '.join(unknown)} in this review.", field="order")
    arranged = [live[pk] for pk in wanted] + [one for pk, one in live.items() if pk not in wanted]
    if arranged == list(live.values()):
        return
    for place, one in enumerate(arranged):
        one.order = place
    Finding.objects.bulk_update(arranged, ["order"])
    record_event(
        review=review,
        actor=by,
        verb="certainty.findings_ordered",
        sentence="put the findings into another order.",
        detail={"order": [str(one) for one in arranged]},
    )


def _known(given: Iterable[str], known: tuple[str, ...] = FIELDS) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise InvalidFinding(f"A finding has no {', '.join(unknown)}. It has: {', '.join(known)}.")


def _tidied(fields: dict[str, Any]) -> dict[str, Any]:
    """Texts without white space around them and with plain line ends."""
    return {
        name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _values(finding: Finding) -> dict[str, Any]:
    """Every field as JSON, outcome and plan by their names."""
    names = {"outcome": finding.outcome.name, "plan": finding.plan.name if finding.plan else ""}
    return {name: names[name] if name in names else getattr(finding, name) for name in CHANGEABLE}


def _record(
    finding: Finding,
    by: User | None,
    verb: str,
    did: str,
    detail: dict[str, Any] | None = None,
    what: tuple[str, ...] = (),
) -> None:
    fields = f": {', '.join(name.replace('_', ' ') for name in what)}" if what else ""
    record_event(
        review=finding.review,
        actor=by,
        verb=verb,
        target=finding,
        sentence=f"{did} the finding “{finding}” ({finding.intervention} against {finding.comparison}){fields}.",
        detail=detail,
    )
