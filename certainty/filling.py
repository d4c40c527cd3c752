"""A rating as a page shows it: each domain with what is proposed, what is said, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from certainty import services
from certainty.grade import (
    DOMAINS,
    Domain,
    Level,
    Start,
    Suggestion,
    cautions,
    in_words,
    level_of,
    suggest,
    suggest_start,
)
from certainty.models import Grade, Step
from certainty.wording import signed
from reviews.errors import Conflict, Refused
from reviews.models import User


@dataclass
class Part:
    """One domain. ``change`` is None while nothing is said; ``error`` is why what was sent is not saved, and
    ``kept`` what is."""

    number: int
    domain: Domain
    suggestion: Suggestion
    change: int | None = None
    reason: str = ""
    error: str = ""
    kept: int | None = None

    @property
    def choices(self) -> list[tuple[int, str, str]]:
        """(change, words, sign) of everything that may be chosen."""
        return [(change, self.domain.words(change), signed(change)) for change in self.domain.changes]

    @property
    def is_as_proposed(self) -> bool:
        return self.change is not None and self.change == self.suggestion.change

    @property
    def proposed_words(self) -> str:
        return _in_words(self.domain, self.suggestion.change)

    @property
    def words(self) -> str:
        return _in_words(self.domain, self.change)


@dataclass
class Rating:
    """A grade with its parts, in the order of the domains. ``start`` is what the form shows; ``problems``: of the
    start, or of all."""

    grade: Grade
    parts: list[Part]
    proposed_start: Start
    start: str
    start_reason: str
    problems: list[str] = field(default_factory=list)

    @property
    def level(self) -> Level:
        return level_of(self.grade.start, self.changes)

    @property
    def changes(self) -> dict[str, int]:
        """What is saved."""
        return {part.domain.key: part.kept for part in self.parts if part.kept is not None}

    @property
    def sentence(self) -> str:
        return in_words(self.grade.start, self.changes)

    @property
    def cautions(self) -> list[str]:
        return cautions(self.grade.start, self.changes)

    @property
    def lowering(self) -> list[Part]:
        return [part for part in self.parts if part.domain.lowers]

    @property
    def raising(self) -> list[Part]:
        return [part for part in self.parts if not part.domain.lowers]

    @property
    def raises(self) -> bool:
        """Whether rating up is likely to be looked at: the rating starts low, or a domain raises it."""
        return self.grade.start == "low" or any(part.change or part.error for part in self.raising)

    @property
    def unrated(self) -> int:
        """How many of the domains that must be rated are not."""
        return sum(part.kept is None for part in self.lowering)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.domain.key == key), None)


def rating_of(grade: Grade) -> Rating:
    """The grade as it is stored, beside what the evidence it rests on suggests."""
    steps = {step.domain: step for step in grade.steps.all()}
    proposals = suggest(grade.evidence, grade.start)
    parts = [
        _part(number, domain, proposals[key], steps.get(key))
        for number, (key, domain) in enumerate(DOMAINS.items(), 1)
    ]
    return Rating(grade, parts, suggest_start(grade.evidence), grade.start, grade.start_reason)


def keep_part(rating: Rating, key: str, sent: Mapping[str, Any], by: User, seen: int) -> Rating:
    """Save one domain of the form; what is refused stands in the part's ``error`` with what was sent.

    Raises what concerns the whole rating: that it changed meanwhile, is complete, or is somebody else's.
    """
    part = rating.part(key)
    if part is None or not _read(part, sent):
        return rating
    try:
        grade = services.rate(
            grade=rating.grade, domain=key, change=_change(part), by=by, seen_version=seen, reason=part.reason
        )
    except (services.NeedsReason, services.InvalidGrade) as refusal:
        part.error = str(refusal)
        return rating
    return rating_of(_fresh(grade))


def keep_everything(rating: Rating, sent: Mapping[str, Any], by: User, seen: int) -> Rating:
    """Save the whole form, all or nothing; what is refused stands in ``problems`` and in the parts' ``error``."""
    try:
        with transaction.atomic():
            return _keep_all(rating, sent, by, seen)
    except _Unfinished as unfinished:
        return unfinished.rating


class _Unfinished(Exception):
    """Something of the form was refused, so none of it is kept."""

    def __init__(self, rating: Rating) -> None:
        super().__init__()
        self.rating = rating


def _keep_all(rating: Rating, sent: Mapping[str, Any], by: User, seen: int) -> Rating:
    grade, refused = rating.grade, False
    rating.start = sent.get("start", grade.start)
    rating.start_reason = sent.get("start_reason", grade.start_reason).strip()
    if (rating.start, rating.start_reason) != (grade.start, grade.start_reason):
        try:
            grade = services.set_start(
                grade=grade, start=rating.start, by=by, seen_version=seen, reason=rating.start_reason
            )
            seen = grade.version
        except (services.NeedsReason, services.InvalidGrade) as refusal:
            rating.problems.append(str(refusal))
    for part in rating.parts:
        before = part.change, part.reason
        if not _read(part, sent) or (part.change, part.reason) == before:
            continue
        try:
            grade = services.rate(
                grade=grade,
                domain=part.domain.key,
                change=_change(part),
                by=by,
                seen_version=seen,
                reason=part.reason,
            )
            seen = grade.version
        except (services.NeedsReason, services.InvalidGrade) as refusal:
            part.error, refused = str(refusal), True
    if refused or rating.problems:
        rating.problems.append("Nothing is saved yet: mend what is marked and save again.")
        raise _Unfinished(rating)
    return rating_of(_fresh(grade))


def seen_version(sent: Mapping[str, Any]) -> int:
    """The version the person looked at. Raises Conflict where the form does not say it."""
    seen = str(sent.get("seen_version", ""))
    if not (seen.isdecimal() and len(seen) < 10):
        raise Conflict("The page does not say which version of the rating it shows. Reload it and try again.")
    return int(seen)


def _in_words(domain: Domain, change: int | None) -> str:
    """'serious (−1)'; '' where nothing is said."""
    if change is None:
        return ""
    return f"{domain.words(change)} ({signed(change)})" if change else domain.words(change)


def _part(number: int, domain: Domain, suggestion: Suggestion, step: Step | None) -> Part:
    if step is None:
        return Part(number, domain, suggestion)
    return Part(number, domain, suggestion, step.change, step.reason, kept=step.change)


def _read(part: Part, sent: Mapping[str, Any]) -> bool:
    """Put what was sent into the part; False where it says nothing of the domain."""
    key, change = part.domain.key, str(sent.get(f"change_{part.domain.key}", ""))
    part.reason = str(sent.get(f"reason_{key}", part.reason)).strip()
    if change not in {str(one) for one in part.domain.changes}:
        return part.change is not None and f"reason_{key}" in sent
    part.change = int(change)
    return True


def _change(part: Part) -> int:
    if part.change is None:
        raise Refused("Choose by how much the domain changes the certainty.")
    return part.change


def _fresh(grade: Grade) -> Grade:
    return (
        Grade.objects.select_related("finding__outcome", "finding__review", "rater", "run")
        .prefetch_related("steps")
        .get(pk=grade.pk)
    )
