"""The verbs of risk of bias: start, answer, complete, reopen, reconcile."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from appraisal.comparison import Row, compare
from appraisal.instruments import INSTRUMENTS, Domain, Instrument
from appraisal.models import Assessment, Judgement
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, User
from reviews.permissions import Permission
from screening.models import Study


class UnknownInstrument(Refused):
    """No instrument, domain or level has this name."""


class NotYours(Refused):
    """Somebody else's assessment, or a gesture this role does not have."""

    status = 403


class Incomplete(Refused):
    """Something is still to be judged, or a second assessment is missing."""


class AlreadySettled(Refused):
    """Too late: the assessment is complete, or the study has its consensus."""


def start_assessment(*, study: Study, instrument: str, assessor: User) -> Assessment:
    """The assessor's own independent assessment of ``study``; the one that exists, if there is one.

    Refused once two others are complete: they can be read now, so a third would not be independent.
    """
    tool = _instrument(instrument)
    with transaction.atomic():
        _lock(study)
        existing = Assessment.objects.of(study, tool.key)
        mine = existing.independent().filter(assessor=assessor).first()
        if mine:
            return mine
        if existing.independent().complete().count() >= 2:
            raise AlreadySettled(
                f"{study} already has two complete assessments with {tool.name}. They can be compared now, so "
                "another one would not be independent."
            )
        assessment = Assessment.objects.create(
            review=study.review, study=study, instrument=tool.key, assessor=assessor
        )
        record_event(
            review=study.review,
            actor=assessor,
            verb="appraisal.started",
            target=assessment,
            sentence=f"started assessing the risk of bias of {study} ({tool.name}).",
        )
    return assessment


def answer(*, assessment: Assessment, domain: str, value: str, by: User, support: str = "") -> Judgement:
    """Store the judgement of one domain of one's own draft. ``value`` may be "" while only support is written.

    The same answer again changes nothing, also in a complete assessment: an autosave may arrive late.
    """
    with transaction.atomic():
        assessment = _own(assessment, by)
        place = _domain(assessment.tool, domain)
        _check_level(assessment.tool, place, value)
        old = assessment.judgements.filter(domain=domain).first()
        before = {"value": old.value, "support": old.support} if old else None
        if old and before == {"value": value, "support": support}:
            return old
        _require_draft(assessment)
        judgement, _ = Judgement.objects.update_or_create(
            assessment=assessment,
            domain=domain,
            defaults={"value": value, "support": support, "changed_at": timezone.now()},
        )
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.answered",
            target=assessment,
            sentence=f"judged {place.label.lower()} of {assessment.study}.",
            detail={"domain": domain, "old": before, "new": {"value": value, "support": support}},
            blinded=True,
        )
    return judgement


def complete_assessment(*, assessment: Assessment, by: User) -> Assessment:
    """Hand in one's own assessment; every domain must be judged."""
    with transaction.atomic():
        assessment = _own_draft(assessment, by)
        judged = assessment.values
        missing = [domain.label for domain in assessment.tool.domains if domain.key not in judged]
        if missing:
            raise Incomplete(f"Not complete yet. Still to be judged: {'; '.join(missing)}.")
        assessment.state = Assessment.State.COMPLETE
        assessment.completed_at = timezone.now()
        assessment.save(update_fields=["state", "completed_at"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.completed",
            target=assessment,
            sentence=f"completed the risk-of-bias assessment of {assessment.study} ({assessment.tool.name}).",
        )
    return assessment


def reopen(*, assessment: Assessment, by: User) -> Assessment:
    """Take one's own assessment back, as long as no colleague's complete one can be compared with it."""
    with transaction.atomic():
        assessment = _own(assessment, by)
        if not assessment.is_complete:
            return assessment
        others = Assessment.objects.of(assessment.study, assessment.instrument).complete()
        if others.exclude(pk=assessment.pk).exists():
            raise AlreadySettled(
                f"A second assessment of {assessment.study} is complete, so the two can be compared and stay as "
                "they are. Settle differences in the consensus."
            )
        assessment.state = Assessment.State.DRAFT
        assessment.completed_at = None
        assessment.save(update_fields=["state", "completed_at"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.reopened",
            target=assessment,
            sentence=f"reopened their risk-of-bias assessment of {assessment.study}.",
        )
    return assessment


def reconcile(
    *,
    study: Study,
    instrument: str,
    by: User,
    values: Mapping[str, str],
    supports: Mapping[str, str] | None = None,
    seen: str = "",
) -> Assessment:
    """Agree on one judgement per domain; the independent assessments stay as they are.

    Needs two complete independent assessments, and the permission to reconcile unless they agree on every
    domain (then any assessor may confirm). ``seen`` is ``consensus_stamp`` of the consensus the person looked at;
    another one in the meantime is a Conflict.
    """
    tool = _instrument(instrument)
    supports = supports or {}
    with transaction.atomic():
        _lock(study)
        rows = _comparison(study, tool, by)
        _check_values(tool, values)
        old = Assessment.objects.of(study, tool.key).consensus().prefetch_related("judgements").first()
        _check_right(study, by, rows, values, old)
        if consensus_stamp(old) != seen:
            raise Conflict(
                f"The consensus on {study} was changed by {old.assessor} in the meantime; nothing was overwritten. "
                "Look at it again and then decide."
                if old
                else f"The consensus on {study} you looked at is gone; load the page again."
            )
        before = old.values if old else None
        consensus = _write_consensus(study, tool, by, values, supports, old)
        record_event(
            review=study.review,
            actor=by,
            verb="appraisal.reconciled",
            target=consensus,
            sentence=f"{'changed' if old else 'recorded'} the agreed risk of bias of {study} ({tool.name}).",
            detail={
                "old": before,
                "new": dict(values),
                "supports": dict(supports),
                "differed": [row.domain.key for row in rows if row.differs],
            },
        )
    return consensus


def consensus_stamp(consensus: Assessment | None) -> str:
    """What a page remembers of the consensus it showed, so that a later change is noticed."""
    return consensus.completed_at.isoformat() if consensus and consensus.completed_at else ""


def _instrument(key: str) -> Instrument:
    if key not in INSTRUMENTS:
        raise UnknownInstrument(
            f"There is no instrument '{key}'. Instruments on offer: {', '.join(INSTRUMENTS)}."
        )
    return INSTRUMENTS[key]


def _domain(tool: Instrument, key: str) -> Domain:
    try:
        return tool.domain(key)
    except KeyError:
        known = ", ".join(domain.key for domain in tool.domains)
        raise UnknownInstrument(f"{tool.name} has no domain '{key}'. Its domains: {known}.") from None


def _check_level(tool: Instrument, domain: Domain, value: str) -> None:
    known = {level.key for level in tool.levels_of(domain)}
    if value and value not in known:
        raise UnknownInstrument(
            f"'{value}' is not a judgement of {domain.label.lower()} in {tool.name}. "
            f"Choose one of: {', '.join(sorted(known))}."
        )


def _check_values(tool: Instrument, values: Mapping[str, str]) -> None:
    for key, value in values.items():
        _check_level(tool, _domain(tool, key), value)
    missing = [domain.label for domain in tool.domains if not values.get(domain.key)]
    if missing:
        raise Incomplete(f"The consensus still lacks: {'; '.join(missing)}.")


def _lock(study: Study) -> None:
    """Whoever starts or settles an assessment of this study waits for the one before."""
    Study.objects.select_for_update().get(pk=study.pk)


def _own(assessment: Assessment, by: User) -> Assessment:
    _lock(assessment.study)
    assessment = Assessment.objects.select_related("study", "review", "assessor").get(pk=assessment.pk)
    if assessment.is_consensus:
        raise NotYours("A consensus is changed on the page that compares the assessments.")
    if assessment.assessor_id != by.pk:
        raise NotYours(f"Only {assessment.assessor} may change this assessment.")
    return assessment


def _own_draft(assessment: Assessment, by: User) -> Assessment:
    assessment = _own(assessment, by)
    _require_draft(assessment)
    return assessment


def _require_draft(assessment: Assessment) -> None:
    if assessment.is_complete:
        raise AlreadySettled("This assessment is complete. Reopen it to change it.")
    if Assessment.objects.of(assessment.study, assessment.instrument).consensus().exists():
        raise AlreadySettled(f"The risk of bias of {assessment.study} was agreed on without this draft.")


def _comparison(study: Study, tool: Instrument, by: User) -> list[Row]:
    every = Assessment.objects.of(study, tool.key).independent()
    complete = list(every.complete().prefetch_related("judgements"))
    if len(complete) < 2:
        raise Incomplete(
            f"A consensus on {study} needs two complete independent assessments; "
            f"there {'is one' if complete else 'is none'} so far."
        )
    if every.filter(assessor=by, state=Assessment.State.DRAFT).exists():
        raise Incomplete(f"Complete your own assessment of {study} first, so that it stays independent.")
    return compare(tool, complete)


def _check_right(
    study: Study, by: User, rows: list[Row], values: Mapping[str, str], old: Assessment | None
) -> None:
    member = Membership.objects.filter(review=study.review, user=by).first()
    may = member.may if member else frozenset()
    if Permission.RECONCILE in may:
        return
    if Permission.ASSESS not in may:
        raise NotYours("Your role cannot take part in assessing the risk of bias.")
    if old:
        raise NotYours(f"{study} has its consensus. Only someone who may reconcile can change it.")
    differing = [row.domain.label for row in rows if row.differs or values[row.domain.key] != row.agreed]
    if differing:
        raise NotYours(
            f"The assessments or your choice differ on: {'; '.join(differing)}. "
            "Someone who may reconcile (adjudicator, manager or owner) has to settle that."
        )


def _write_consensus(
    study: Study,
    tool: Instrument,
    by: User,
    values: Mapping[str, str],
    supports: Mapping[str, str],
    old: Assessment | None,
) -> Assessment:
    now = timezone.now()
    consensus = old or Assessment(
        review=study.review, study=study, instrument=tool.key, kind=Assessment.Kind.CONSENSUS
    )
    consensus.assessor, consensus.state, consensus.completed_at = by, Assessment.State.COMPLETE, now
    consensus.save()
    for domain in tool.domains:
        Judgement.objects.update_or_create(
            assessment=consensus,
            domain=domain.key,
            defaults={
                "value": values[domain.key],
                "support": supports.get(domain.key, ""),
                "changed_at": now,
            },
        )
    return consensus
