"""One person's rating of a finding."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from certainty.evidence import Evidences
from certainty.grade import DOMAINS, DOWN, suggest, suggest_start
from certainty.models import Finding, Grade, Step
from certainty.services.errors import AlreadySettled, Incomplete, InvalidGrade, Outdated
from certainty.services.guards import lock, own, own_draft
from certainty.services.steps import (
    check_reason,
    check_start,
    check_step,
    keep_proposals,
    put,
    set_evidence,
    worded,
)
from certainty.staleness import differs
from reviews.audit import record_event
from reviews.models import User

#: So many complete ratings can be compared; another would not be independent.
QUORUM = 2


@transaction.atomic
def begin_grade(*, finding: Finding, by: User) -> Grade:
    """The person's own draft of the finding; the existing rating, if there is one of this round.

    It keeps today's evidence and starts where the designs of the studies say. After a consensus it is a new rating
    that takes the place of the person's earlier one and begins with its steps. Raises AlreadySettled once two others
    are complete: they can be read then.
    """
    finding = lock(finding)
    mine = _current(finding, by)
    if mine and not _is_past(mine):
        return mine
    round_ = Grade.objects.filter(finding=finding).current().individual().complete().not_settled()
    if round_.exclude(rater=by).count() >= QUORUM:
        raise AlreadySettled(
            f"“{finding}” has two complete ratings already. They can be compared now, so another one would not be "
            "independent."
        )
    return _anew(finding, by, mine, "began to rate")


@transaction.atomic
def rate(*, grade: Grade, domain: str, change: int, by: User, seen_version: int, reason: str = "") -> Grade:
    """Say by how many levels a domain changes the certainty of one's own draft, and why.

    A reason is needed for every level, and where the data suggest another change. Raises InvalidGrade, NeedsReason,
    NotYours, AlreadySettled, Conflict.
    """
    grade = own_draft(grade, by, seen_version)
    check_step(domain, change)
    put(grade, suggest(grade.evidence, grade.start)[domain], change, worded(reason))
    return _saved(grade, f"rated {DOMAINS[domain].label.lower()}", {"domain": domain, "change": change})


@transaction.atomic
def unrate(*, grade: Grade, domain: str, by: User, seen_version: int) -> Grade:
    """Take back what was said of a domain in one's own draft."""
    grade = own_draft(grade, by, seen_version)
    check_step(domain, 0)
    if not grade.steps.filter(domain=domain).delete()[0]:
        return grade
    return _saved(grade, f"took back what they said of {DOMAINS[domain].label.lower()}", {"domain": domain})


@transaction.atomic
def accept_suggestion(*, grade: Grade, domain: str, by: User, seen_version: int, reason: str = "") -> Grade:
    """Rate a domain as the data suggest; the reason is the suggestion's sentence unless given.

    Raises InvalidGrade where they suggest nothing.
    """
    grade = own_draft(grade, by, seen_version)
    check_step(domain, 0)
    found = suggest(grade.evidence, grade.start)[domain]
    if found.change is None:
        raise InvalidGrade(
            f"The data suggest nothing for {DOMAINS[domain].label.lower()}: {found.sentence}", field="domain"
        )
    put(grade, found, found.change, worded(reason) or (found.sentence if found.change else ""))
    return _saved(
        grade,
        f"accepted what the data suggest for {DOMAINS[domain].label.lower()}",
        {"domain": domain, "change": found.change},
    )


@transaction.atomic
def accept_suggestions(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Accept what the data suggest for every domain that is not rated yet."""
    grade = own_draft(grade, by, seen_version)
    rated = set(grade.changes)
    taken = [
        one
        for key, one in suggest(grade.evidence, grade.start).items()
        if key not in rated and one.change is not None
    ]
    if not taken:
        raise InvalidGrade("The data suggest nothing for the domains that are not rated yet.")
    for one in taken:
        put(grade, one, one.change or 0, one.sentence if one.change else "")
    labels = ", ".join(DOMAINS[one.domain].label.lower() for one in taken)
    return _saved(
        grade,
        f"accepted what the data suggest for {labels}",
        {"changes": {one.domain: one.change for one in taken}},
    )


@transaction.atomic
def set_start(*, grade: Grade, start: str, by: User, seen_version: int, reason: str = "") -> Grade:
    """Where one's own draft begins: "high" or "low"; another start than the designs suggest needs a reason."""
    grade = own_draft(grade, by, seen_version)
    check_start(grade.evidence, start, reason := worded(reason))
    grade.start, grade.start_reason = start, reason
    keep_proposals(grade)
    return _saved(grade, f"set the start to {start}", {"start": start, "why": reason})


@transaction.atomic
def look_again(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Put today's evidence under one's own draft; what was rated stays, the proposals beside it are today's."""
    grade = own_draft(grade, by, seen_version)
    evidences = Evidences(grade.finding.review, [grade.finding])
    today = evidences.of(grade.finding)
    news = differs(grade, today)
    set_evidence(grade, evidences, today)
    keep_proposals(grade)
    return _saved(grade, "looked at today's evidence", {"changed": news})


@transaction.atomic
def complete_grade(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Hand in one's own rating: all five domains that may lower it rated, every level with its reason.

    Raises Incomplete, NeedsReason, Outdated (the evidence changed since: ``look_again`` first), NotYours,
    AlreadySettled, Conflict.
    """
    grade = own_draft(grade, by, seen_version)
    changes = grade.changes
    if missing := [DOMAINS[key].label.lower() for key in DOWN if key not in changes]:
        raise Incomplete(f"Not complete yet. Still to be rated: {', '.join(missing)}.")
    keep_proposals(grade)
    check_start(grade.evidence, grade.start, grade.start_reason)
    found = suggest(grade.evidence, grade.start)
    for step in grade.steps.all():
        check_reason(step.domain, step.change, found[step.domain], step.reason)
    if news := differs(grade, Evidences(grade.finding.review, [grade.finding]).of(grade.finding)):
        raise Outdated(
            f"The evidence changed since you looked at it: {' '.join(news)} Look at it again, and then complete."
        )
    now = timezone.now()
    grade.state, grade.completed_at, grade.changed_at = Grade.State.COMPLETE, now, now
    grade.version += 1
    grade.save()
    record_event(
        review=grade.finding.review,
        actor=by,
        verb="certainty.completed",
        target=grade.finding,
        sentence=f"completed their rating of the certainty of “{grade.finding}”.",
    )
    return grade


@transaction.atomic
def reopen_grade(*, grade: Grade, by: User) -> Grade:
    """A new draft in place of one's own complete rating, with its steps; the old one stays readable.

    Refused (AlreadySettled) once a colleague's of the same round is complete, unless there is a consensus: then this
    begins a new round.
    """
    grade = own(grade, by)
    if not grade.is_complete:
        return grade
    colleagues = Grade.objects.filter(finding=grade.finding).current().individual().complete().not_settled()
    if not _is_past(grade) and colleagues.exclude(rater=by).exists():
        raise AlreadySettled(
            f"A second rating of “{grade.finding}” is complete, so the two can be compared and stay as they are. "
            "Settle differences in the consensus."
        )
    return _anew(grade.finding, by, grade, "reopened their rating of")


@transaction.atomic
def discard_grade(*, grade: Grade, by: User) -> None:
    """Take back one's own draft; it stays in the history, and a rating it took the place of counts again."""
    grade = own(grade, by)
    if grade.is_complete:
        raise AlreadySettled("A complete rating is not thrown away. Reopen it first.")
    now = timezone.now()
    Grade.objects.filter(pk=grade.pk).update(superseded_at=now, changed_at=now)
    before = Grade.objects.individual().filter(
        finding=grade.finding, rater=by, superseded_at=grade.created_at
    )
    before.complete().update(superseded_at=None)
    record_event(
        review=grade.finding.review,
        actor=by,
        verb="certainty.discarded",
        target=grade.finding,
        sentence=f"discarded their draft about the certainty of “{grade.finding}”.",
    )


def _current(finding: Finding, by: User) -> Grade | None:
    mine = Grade.objects.filter(finding=finding, rater=by).current().individual()
    found = mine.select_related("rater", "run").prefetch_related("steps").first()
    if found:
        found.finding = finding
    return found


def _is_past(grade: Grade) -> bool:
    """Whether the finding was agreed on after this rating was completed, or without this draft."""
    since = grade.completed_at or grade.created_at
    return Grade.objects.filter(
        finding=grade.finding, kind=Grade.Kind.CONSENSUS, completed_at__gte=since
    ).exists()


def _anew(finding: Finding, by: User, before: Grade | None, did: str) -> Grade:
    """A draft on today's evidence, in place of ``before`` and with its steps."""
    now = timezone.now()
    if before:
        Grade.objects.filter(pk=before.pk).update(superseded_at=now)
    evidences = Evidences(finding.review, [finding])
    today = evidences.of(finding)
    start = suggest_start(today).start
    grade = Grade(finding=finding, rater=by, created_at=now, changed_at=now)
    if before and before.is_complete:
        grade.start, grade.start_reason = before.start, before.start_reason
    elif start:
        grade.start = start
    set_evidence(grade, evidences, today)
    grade.save()
    if before and before.is_complete:
        _copy_steps(before, grade)
    record_event(
        review=finding.review,
        actor=by,
        verb="certainty.begun",
        target=finding,
        sentence=f"{did} the certainty of “{finding}”.",
    )
    return _fresh(grade)


def _copy_steps(before: Grade, grade: Grade) -> None:
    found = suggest(grade.evidence, grade.start)
    Step.objects.bulk_create(
        Step(
            grade=grade,
            domain=step.domain,
            change=step.change,
            proposed=found[step.domain].change,
            proposal=found[step.domain].sentence,
            reason=step.reason,
        )
        for step in before.steps.all()
    )


def _saved(grade: Grade, did: str, detail: Mapping[str, Any]) -> Grade:
    """The draft at its next version, with its line in the history, which only its rater reads."""
    grade.version += 1
    grade.changed_at = timezone.now()
    grade.save()
    record_event(
        review=grade.finding.review,
        actor=grade.rater,
        verb="certainty.rated",
        target=grade.finding,
        sentence=f"{did} in their rating of “{grade.finding}”.",
        detail=dict(detail),
        blinded=True,
    )
    return _fresh(grade)


def _fresh(grade: Grade) -> Grade:
    """The rating with its steps read again."""
    finding = grade.finding
    grade = Grade.objects.select_related("rater", "run").prefetch_related("steps").get(pk=grade.pk)
    grade.finding = finding
    return grade
