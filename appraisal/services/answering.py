"""Answering questions and judging domains in one's own draft."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from appraisal.models import Answer, Assessment, Judgement
from appraisal.proposing import OVERALL, label_of, level_label, proposals, proposals_of
from appraisal.services.guards import (
    NeedsReason,
    check_answer,
    check_direction,
    check_full_text,
    check_level,
    own,
    own_draft,
    require_draft,
)
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import User
from screening.models import FullText

#: What stands in history beside the value only where it was written.
WORDS = ("support", "quote", "page", "override_reason", "direction", "proposed")


def answer_question(
    *,
    assessment: Assessment,
    question: str,
    value: str,
    by: User,
    support: str = "",
    quote: str = "",
    page: str = "",
    full_text: FullText | None = None,
) -> Answer:
    """Store the answer to one question of one's own draft. ``value`` may be "" while only support is written.

    The same answer again changes nothing, also in a complete assessment: an autosave may arrive late. An answer to
    a question that is not needed now is kept and counts only once it is. Where nothing was and is, nothing is stored.
    """
    fields = {"value": value, "support": support, "quote": quote, "page": page, "full_text": full_text}
    with transaction.atomic():
        assessment = own(assessment, by)
        check_answer(assessment.tool, question, value)
        check_full_text(assessment.study, full_text)
        old = next((one for one in assessment.answers.all() if one.question == question), None)
        if old and _same(old, fields):
            return old
        if old is None and not any(fields.values()):
            return Answer(assessment=assessment, question=question)  # nothing was written
        require_draft(assessment)
        before = _told(old)
        answer, _ = Answer.objects.update_or_create(
            assessment=assessment, question=question, defaults=fields | {"changed_at": timezone.now()}
        )
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.answered",
            target=assessment,
            sentence=f"answered question {question} about {assessment.about}.",
            detail={"question": question, "old": before, "new": _told(answer)},
            blinded=True,
        )
    return answer


def judge(
    *,
    assessment: Assessment,
    domain: str,
    value: str,
    by: User,
    support: str = "",
    override_reason: str = "",
    direction: str = "",
    quote: str = "",
    page: str = "",
    full_text: FullText | None = None,
) -> Judgement:
    """Store the judgement of one domain (or "overall") of one's own draft, with what the tool's rule proposed.

    ``value`` may be "" while only support is written. Another value than a proposed one needs ``override_reason``.
    The same judgement again changes nothing, also in a complete assessment.
    """
    reason = override_reason.strip()
    fields: dict[str, Any] = {
        "value": value,
        "support": support,
        "override_reason": reason,
        "direction": direction,
        "quote": quote,
        "page": page,
        "full_text": full_text,
    }
    with transaction.atomic():
        assessment = own(assessment, by)
        check_level(assessment.tool, domain, value)
        check_direction(assessment.tool, direction)
        check_full_text(assessment.study, full_text)
        old = next((one for one in assessment.judgements.all() if one.domain == domain), None)
        if old and assessment.is_complete and _same(old, fields):
            return old
        if old is None and not any(fields.values()):
            return Judgement(assessment=assessment, domain=domain)  # nothing was written
        require_draft(assessment)
        fields["proposed"] = _proposed(assessment, domain, value, reason)
        if old and _same(old, fields):
            return old
        return _write(assessment, domain, fields, by, old)


def say_together(*, assessment: Assessment, yes: bool | None, by: User) -> Assessment:
    """Answer the tool's question whether several concerns together lower confidence; None takes the answer back."""
    with transaction.atomic():
        assessment = own(assessment, by)
        if assessment.several_together == yes:
            return assessment
        if not assessment.tool.together:
            raise Refused(f"{assessment.tool.name} does not ask whether several concerns count together.")
        require_draft(assessment)
        old, assessment.several_together = assessment.several_together, yes
        assessment.save(update_fields=["several_together"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.answered",
            target=assessment,
            sentence=f"said whether the concerns about {assessment.about} count together.",
            detail={"question": "several_together", "old": old, "new": yes},
            blinded=True,
        )
    return assessment


def accept_proposals(*, assessment: Assessment, by: User) -> list[Judgement]:
    """Take over what the rules propose, domain by domain and then overall, in one's own draft.

    Only where nothing is judged yet, or where an earlier proposal was taken over and the answers changed since: what
    a person judged stays. An overall proposal that asks something first is left to the person. Returns what changed.
    """
    with transaction.atomic():
        assessment = own_draft(assessment, by)
        known = {one.domain: one for one in assessment.judgements.all()}
        found = proposals_of(assessment)
        changed = []
        values = dict(assessment.values)
        for domain in assessment.tool.domains:
            level = found[domain.key].level if domain.key in found else None
            if level and _follows(known.get(domain.key), level):
                changed.append(_accept(assessment, domain.key, level, by, known.get(domain.key)))
                values[domain.key] = level
        if assessment.tool.judges_overall:
            last = proposals(assessment.tool, assessment.given, values, assessment.several_together)[OVERALL]
            if last.level and not last.asks and _follows(known.get(OVERALL), last.level):
                changed.append(_accept(assessment, OVERALL, last.level, by, known.get(OVERALL)))
    return changed


def _follows(old: Judgement | None, level: str) -> bool:
    if old is None or not old.value:
        return True
    return old.value == old.proposed != level


def _accept(assessment: Assessment, domain: str, level: str, by: User, old: Judgement | None) -> Judgement:
    return _write(assessment, domain, {"value": level, "proposed": level}, by, old)


def _proposed(assessment: Assessment, domain: str, value: str, reason: str) -> str:
    """The rule's level for ``domain`` now, "" if it gives none; NeedsReason when ``value`` differs without one."""
    proposal = proposals_of(assessment).get(domain)
    level = proposal.level if proposal else None
    if not level:
        return ""
    if value and value != level and not reason:
        tool = assessment.tool
        first = f" Or answer first: {proposal.asks}" if proposal and proposal.asks else ""
        raise NeedsReason(
            f"{label_of(tool, domain)}: the tool proposes {level_label(tool, domain, level)}. Say why you judge "
            f"{level_label(tool, domain, value)} (the reason for the override), or take over the proposal.{first}",
            field="override_reason",
        )
    return level


def _write(
    assessment: Assessment, domain: str, fields: dict[str, Any], by: User, old: Judgement | None
) -> Judgement:
    before = _told(old)
    judgement, _ = Judgement.objects.update_or_create(
        assessment=assessment, domain=domain, defaults=fields | {"changed_at": timezone.now()}
    )
    record_event(
        review=assessment.review,
        actor=by,
        verb="appraisal.judged",
        target=assessment,
        sentence=f"judged {label_of(assessment.tool, domain).lower()} of {assessment.about}.",
        detail={"domain": domain, "old": before, "new": _told(judgement)},
        blinded=True,
    )
    return judgement


def _same(old: Answer | Judgement, fields: dict[str, Any]) -> bool:
    return all(getattr(old, name) == value for name, value in fields.items())


def _told(one: Answer | Judgement | None) -> dict | None:
    """What history keeps: the value and support, and what else was written."""
    if one is None:
        return None
    rest = {name: getattr(one, name, "") for name in WORDS[1:]}
    told = {"value": one.value, "support": one.support} | {
        name: value for name, value in rest.items() if value
    }
    return told | ({"full_text": one.full_text_id} if one.full_text_id else {})
