"""The steps of a rating: what may be said, what needs a reason, and what the data suggest beside it."""

from typing import Any

from certainty.evidence import Evidences, hash_of
from certainty.grade import DOMAINS, START_LEVELS, Suggestion, suggest, suggest_start
from certainty.grade.levels import check
from certainty.models import Grade, Step
from certainty.services.errors import InvalidGrade, NeedsReason

LONGEST_REASON = 4000


def worded(reason: str) -> str:
    """A reason without white space around it. Raises InvalidGrade for one that is no text, or too long."""
    reason = reason.replace("\r\n", "\n").strip()
    if "\0" in reason:
        raise InvalidGrade("The reason holds a character that is no text.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidGrade(f"A reason has {LONGEST_REASON:,} characters at most.", field="reason")
    return reason


def check_step(domain: str, change: int) -> None:
    """InvalidGrade unless the domain is known and may change the level so."""
    try:
        check(domain, change)
    except ValueError as error:
        raise InvalidGrade(str(error), field="change" if domain in DOMAINS else "domain") from error


def check_start(evidence: dict[str, Any], start: str, reason: str) -> None:
    """InvalidGrade for a start that is none, NeedsReason for one that the designs do not suggest."""
    if start not in START_LEVELS:
        raise InvalidGrade(f"A rating starts at one of: {', '.join(START_LEVELS)}.", field="start")
    found = suggest_start(evidence)
    if found.start != start and not reason:
        raise NeedsReason(f"{found.sentence} Say why the rating starts at {start}.", field="start_reason")


def check_reason(domain: str, change: int, found: Suggestion, reason: str) -> None:
    """NeedsReason for a level, or an override of what the data suggest, without one."""
    if reason:
        return
    label = DOMAINS[domain].label
    if change:
        raise NeedsReason(f"{label}: say why the certainty changes; it becomes the footnote.", field="reason")
    if found.change:
        raise NeedsReason(
            f"{label}: the data suggest {found.change:+d}. Say why the certainty is not changed. {found.sentence}",
            field="reason",
        )


def put(grade: Grade, found: Suggestion, change: int, reason: str) -> None:
    """Write one step, beside what the data suggest. Raises NeedsReason."""
    check_reason(found.domain, change, found, reason)
    values = {"change": change, "proposed": found.change, "proposal": found.sentence, "reason": reason}
    Step.objects.update_or_create(grade=grade, domain=found.domain, defaults=values)


def keep_proposals(grade: Grade) -> None:
    """Store what the data suggest now: evidence or start may have changed since a domain was rated."""
    found = suggest(grade.evidence, grade.start)
    for step in grade.steps.all():
        proposed, proposal = found[step.domain].change, found[step.domain].sentence
        if (step.proposed, step.proposal) != (proposed, proposal):
            step.proposed, step.proposal = proposed, proposal
            step.save(update_fields=["proposed", "proposal"])


def set_evidence(grade: Grade, evidences: Evidences, today: dict[str, Any]) -> None:
    """Say what a rating is about; the caller saves it."""
    grade.run, grade.evidence, grade.evidence_hash = evidences.run_of(grade.finding), today, hash_of(today)
