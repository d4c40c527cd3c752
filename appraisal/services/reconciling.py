"""Agreeing on one assessment; the independent ones stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from appraisal.instruments import Tool
from appraisal.models import Answer, Assessment, Judgement
from appraisal.proposing import OVERALL, gaps_in, label_of, proposals
from appraisal.registry import UnknownInstrument, tool_of
from appraisal.services.assessments import check_result
from appraisal.services.guards import (
    Incomplete,
    NeedsReason,
    NotYours,
    check_answer,
    check_direction,
    check_level,
    domain_of,
    lock,
)
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Membership, Outcome, User
from reviews.permissions import Permission
from screening.models import Study


@dataclass(frozen=True)
class Agreed:
    """What a person settles on; keys are domain keys and, where the tool has one, "overall"."""

    values: dict[str, str]
    supports: dict[str, str] = field(default_factory=dict)
    override_reasons: dict[str, str] = field(default_factory=dict)
    directions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    several_together: bool | None = None

    @property
    def domains(self) -> dict[str, str]:
        return {key: value for key, value in self.values.items() if key != OVERALL}


def reconcile(
    *,
    study: Study,
    instrument: str,
    by: User,
    values: Mapping[str, str],
    supports: Mapping[str, str] | None = None,
    outcome: Outcome | None = None,
    time_point: str = "",
    overall: str = "",
    several_together: bool | None = None,
    override_reasons: Mapping[str, str] | None = None,
    directions: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    seen: str = "",
) -> Assessment:
    """Agree on one judgement per domain, and overall where the tool judges that; the originals stay as they are.

    ``supports``, ``override_reasons`` and ``directions`` are by domain key or "overall". ``answers`` ({question:
    option}) are recorded with the consensus where given; a value that differs from what they propose needs a reason.
    Needs two complete independent assessments, and the permission to reconcile unless they agree on every domain and
    overall (then any assessor may confirm). ``seen`` is ``consensus_stamp`` of the consensus the person looked at;
    another one in the meantime is a Conflict.
    """
    time_point = check_result(study, tool_of(study.review, instrument), outcome, time_point)
    agreed = Agreed(
        values={**values, OVERALL: overall} if overall else dict(values),
        supports=dict(supports or {}),
        override_reasons=_worded(override_reasons),
        directions=_worded(directions),
        answers=_worded(answers),
        several_together=several_together,
    )
    with transaction.atomic():
        lock(study)
        every = Assessment.objects.of(study, instrument, outcome, time_point)
        originals = _originals(every, study, by)
        tool = originals[0].tool
        _check(tool, agreed)
        old = every.consensus().select_related("assessor", "study", "review", "outcome").first()
        differed = differing(tool, originals)
        _check_right(study, by, tool, originals, differed, agreed, old)
        _check_seen(study, old, seen)
        before = _told(old) if old else None
        consensus = _write(originals[0], by, agreed, old)
        did = "changed" if old else "recorded"
        record_event(
            review=study.review,
            actor=by,
            verb="appraisal.reconciled",
            target=consensus,
            sentence=f"{did} the agreed risk of bias of {consensus.about} ({tool.name}).",
            detail={
                "old": before,
                "new": dict(agreed.values),
                "supports": agreed.supports,
                "answers": agreed.answers,
                "override_reasons": agreed.override_reasons,
                "differed": differed,
            },
        )
    return consensus


def consensus_stamp(consensus: Assessment | None) -> str:
    """What a page remembers of the consensus it showed, so that a later change is noticed."""
    return consensus.completed_at.isoformat() if consensus and consensus.completed_at else ""


def differing(tool: Tool, assessments: list[Assessment]) -> list[str]:
    """Keys of the domains, and "overall", that the assessments judge differently (judgements prefetched)."""
    keys = [
        domain.key for domain in tool.domains if len({one.values.get(domain.key) for one in assessments}) > 1
    ]
    return keys + ([OVERALL] if len({one.overall for one in assessments}) > 1 else [])


def _worded(given: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value.strip() for key, value in (given or {}).items() if value.strip()}


def _originals(every, study: Study, by: User) -> list[Assessment]:
    independent = every.independent()
    complete = independent.complete().select_related("assessor", "outcome", "study", "review")
    found = list(complete.prefetch_related("judgements", "answers").order_by("pk"))
    if len(found) < 2:
        raise Incomplete(
            f"A consensus on {study} needs two complete independent assessments; "
            f"there {'is one' if found else 'is none'} so far."
        )
    if independent.filter(assessor=by, state=Assessment.State.DRAFT).exists():
        raise Incomplete(f"Complete your own assessment of {study} first, so that it stays independent.")
    versions = {one.tool_version for one in found}
    if len(versions) > 1:
        older = ", ".join(str(one.assessor) for one in found if one.tool_version < max(versions))
        raise Incomplete(
            f"The assessments were made with different versions of {found[0].tool.name}. Take these over to version "
            f"{max(versions)} first: {older}'s."
        )
    return found


def _check(tool: Tool, agreed: Agreed) -> None:
    for question, value in agreed.answers.items():
        check_answer(tool, question, value)
    for key, value in agreed.values.items():
        check_level(tool, key, value)
    for key in (*agreed.supports, *agreed.override_reasons, *agreed.directions):
        if key != OVERALL:
            domain_of(tool, key)
    for direction in agreed.directions.values():
        check_direction(tool, direction)
    if agreed.several_together is not None and not tool.together:
        raise UnknownInstrument(f"{tool.name} does not ask whether several concerns count together.")
    missing = gaps_in(
        tool,
        agreed.answers,
        agreed.domains,
        agreed.values.get(OVERALL, ""),
        agreed.several_together,
        set(agreed.override_reasons),
        without_answers=True,
    )
    if missing.domains:
        raise Incomplete(f"The consensus still lacks: {'; '.join(missing.domains)}.")
    if missing.together:
        raise Incomplete(f"The consensus still lacks an answer: {missing.together}", field="several_together")
    if missing.questions:
        raise Incomplete(f"The consensus still lacks answers to: {', '.join(missing.questions)}.")
    if missing.unexplained:
        raise NeedsReason(" ".join(missing.unexplained), field="override_reasons")


def _check_right(
    study: Study,
    by: User,
    tool: Tool,
    originals: list[Assessment],
    differed: list[str],
    agreed: Agreed,
    old: Assessment | None,
) -> None:
    member = Membership.objects.filter(review=study.review, user=by, left_at=None).first()
    may = member.may if member else frozenset()
    if Permission.RECONCILE in may:
        return
    if Permission.ASSESS not in may:
        raise NotYours("Your role cannot take part in assessing the risk of bias.")
    if old:
        raise NotYours(f"{study} has its consensus. Only someone who may reconcile can change it.")
    first = {**originals[0].values, OVERALL: originals[0].overall}
    other = [key for key, value in agreed.values.items() if key not in differed and first.get(key) != value]
    keys = [key for key in (*(domain.key for domain in tool.domains), OVERALL) if key in (*differed, *other)]
    labels = [label_of(tool, key) for key in keys]
    labels += [f"question {key}" for key, value in agreed.answers.items() if _nobodys(originals, key, value)]
    if labels:
        raise NotYours(
            f"The assessments or your choice differ on: {'; '.join(labels)}. "
            "Someone who may reconcile (adjudicator, manager or owner) has to settle that."
        )


def _nobodys(originals: list[Assessment], question: str, value: str) -> bool:
    """Whether nobody gave this answer."""
    return value not in {one.given.get(question) for one in originals}


def _check_seen(study: Study, old: Assessment | None, seen: str) -> None:
    if consensus_stamp(old) == seen:
        return
    raise Conflict(
        f"The consensus on {study} was changed by {old.assessor} in the meantime; nothing was overwritten. "
        "Look at it again and then decide."
        if old
        else f"The consensus on {study} you looked at is gone; load the page again."
    )


def _write(original: Assessment, by: User, agreed: Agreed, old: Assessment | None) -> Assessment:
    now, tool = timezone.now(), original.tool
    consensus = old or Assessment(
        review=original.review,
        study=original.study,
        instrument=original.instrument,
        outcome=original.outcome,
        time_point=original.time_point,
        kind=Assessment.Kind.CONSENSUS,
    )
    consensus.tool_version, consensus.result_label = original.tool_version, original.result_label
    consensus.several_together = agreed.several_together
    consensus.assessor, consensus.state, consensus.completed_at = by, Assessment.State.COMPLETE, now
    consensus.save()
    consensus.judgements.exclude(domain__in=agreed.values).delete()
    consensus.answers.exclude(question__in=agreed.answers).delete()
    found = proposals(tool, agreed.answers, agreed.domains, agreed.several_together)
    for key, value in agreed.values.items():
        proposal = found.get(key)
        Judgement.objects.update_or_create(
            assessment=consensus,
            domain=key,
            defaults={
                "value": value,
                "support": agreed.supports.get(key, ""),
                "override_reason": agreed.override_reasons.get(key, ""),
                "direction": agreed.directions.get(key, ""),
                "proposed": (proposal.level if proposal else None) or "",
                "changed_at": now,
            },
        )
    for question, value in agreed.answers.items():
        Answer.objects.update_or_create(
            assessment=consensus, question=question, defaults={"value": value, "changed_at": now}
        )
    return consensus


def _told(consensus: Assessment) -> dict[str, str]:
    return consensus.values | ({OVERALL: consensus.overall} if consensus.overall else {})
