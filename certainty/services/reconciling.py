"""Agreeing on one rating of a finding; the raters' own stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from certainty.comparison import START, completed_after, differing, stamp_of, to_compare
from certainty.evidence import Evidences, hash_of
from certainty.grade import DOMAINS, DOWN, suggest
from certainty.models import Finding, Grade
from certainty.services.errors import Incomplete, NotYours
from certainty.services.guards import lock
from certainty.services.steps import check_start, check_step, put, set_evidence, worded
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Membership, User
from reviews.permissions import Permission


@dataclass(frozen=True)
class Agreed:
    """What a person settles on."""

    start: str
    start_reason: str
    changes: Mapping[str, int]
    reasons: Mapping[str, str]


@transaction.atomic
def reconcile_grades(
    *,
    finding: Finding,
    by: User,
    start: str,
    changes: Mapping[str, int],
    reasons: Mapping[str, str],
    stamp: str,
    start_reason: str = "",
) -> Grade:
    """Agree on one rating from two complete ones; an earlier consensus is superseded and kept.

    ``changes`` and ``reasons`` are by domain key; domains that may raise the certainty may be left out. Needs the
    permission to reconcile unless the raters agree on the start and every domain, and this is what they agree on
    (then any rater of the review may confirm). ``stamp`` is that of the ``comparison`` the person looked at; when
    anything of it changed it is a Conflict. Raises Incomplete, NeedsReason, InvalidGrade, NotYours, Conflict.
    """
    finding = lock(finding)
    agreed = Agreed(start, worded(start_reason), changes, {key: worded(one) for key, one in reasons.items()})
    evidences = Evidences(finding.review, [finding])
    today = evidences.of(finding)
    old = Grade.objects.agreed().filter(finding=finding).prefetch_related("steps").first()
    originals = _originals(finding, by, old)
    if stamp_of(originals, old, hash_of(today)) != stamp:
        raise Conflict(
            f"The ratings of “{finding}”, their consensus or the evidence changed since you looked; nothing was "
            "saved. Load the page again and then decide."
        )
    _check(agreed, today)
    differed = differing(originals)
    _check_right(finding, by, originals, differed, agreed, old)
    grade = _write(finding, by, agreed, old, evidences, today)
    did = "changed" if old else "recorded"
    record_event(
        review=finding.review,
        actor=by,
        verb="certainty.reconciled",
        target=finding,
        sentence=f"{did} the agreed certainty of “{finding}”: {grade.level.label.lower()}.",
        detail={
            "old": {"level": old.level.value, "start": old.start, "changes": old.changes} if old else None,
            "new": {"level": grade.level.value, "start": grade.start, "changes": grade.changes},
            "reasons": dict(agreed.reasons),
            "differed": list(differed),
        },
    )
    return grade


def _originals(finding: Finding, by: User, old: Grade | None) -> tuple[Grade, ...]:
    of_finding = Grade.objects.filter(finding=finding).current().individual()
    complete = of_finding.complete().select_related("rater").prefetch_related("steps")
    found = to_compare(complete.order_by("completed_at", "pk"), old)
    if of_finding.filter(rater=by, state=Grade.State.DRAFT).not_settled().exists():
        raise Incomplete(f"Complete your own rating of “{finding}” first, so that it stays independent.")
    if len(found) < 2:
        raise Incomplete(
            f"A consensus on “{finding}” needs two complete ratings; there "
            f"{'is one' if found else 'is none'} so far."
        )
    return found


def _check(agreed: Agreed, today: dict[str, Any]) -> None:
    for domain, change in agreed.changes.items():
        check_step(domain, change)
    for domain in agreed.reasons:
        check_step(domain, 0)
    check_start(today, agreed.start, agreed.start_reason)
    if missing := [DOMAINS[key].label.lower() for key in DOWN if key not in agreed.changes]:
        raise Incomplete(f"The consensus still lacks: {', '.join(missing)}.", field="changes")


def _check_right(
    finding: Finding,
    by: User,
    originals: tuple[Grade, ...],
    differed: tuple[str, ...],
    agreed: Agreed,
    old: Grade | None,
) -> None:
    member = Membership.objects.filter(review=finding.review, user=by, left_at=None).first()
    may = member.may if member else frozenset()
    if Permission.RECONCILE in may:
        return
    if Permission.GRADE not in may:
        raise NotYours("Your role cannot take part in rating the certainty.")
    if old and not any(completed_after(one, old) for one in originals):
        raise NotYours(f"“{finding}” has its consensus. Only someone who may reconcile can change it.")
    first = originals[0]
    other = [key for key in DOMAINS if agreed.changes.get(key, 0) != first.changes.get(key, 0)]
    keys = {*differed, *other, *([START] if agreed.start != first.start else [])}
    if keys:
        labels = [DOMAINS[key].label.lower() for key in DOMAINS if key in keys]
        labels = [START, *labels] if START in keys else labels
        raise NotYours(
            f"The ratings or your choice differ on: {', '.join(labels)}. Someone who may reconcile (adjudicator, "
            "manager or owner) has to settle that."
        )


def _write(
    finding: Finding, by: User, agreed: Agreed, old: Grade | None, evidences: Evidences, today: dict[str, Any]
) -> Grade:
    now = timezone.now()
    if old:
        Grade.objects.filter(pk=old.pk).update(superseded_at=now)
    grade = Grade(
        finding=finding,
        rater=by,
        kind=Grade.Kind.CONSENSUS,
        state=Grade.State.COMPLETE,
        start=agreed.start,
        start_reason=agreed.start_reason,
        created_at=now,
        changed_at=now,
        completed_at=now,
    )
    set_evidence(grade, evidences, today)
    grade.save()
    found = suggest(today, agreed.start)
    for domain in DOMAINS:
        if domain in agreed.changes:
            put(grade, found[domain], agreed.changes[domain], agreed.reasons.get(domain, ""))
    return Grade.objects.select_related("finding", "rater", "run").prefetch_related("steps").get(pk=grade.pk)
