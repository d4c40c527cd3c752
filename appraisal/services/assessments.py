"""Starting, completing, reopening and throwing away one's own assessment."""

from django.db import transaction
from django.utils import timezone

from appraisal.instruments import Tool
from appraisal.models import Assessment, Judgement
from appraisal.proposing import gaps, proposals_of
from appraisal.registry import current_version, offered, tool_of
from appraisal.services.guards import AlreadySettled, Incomplete, lock, own, own_draft
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Outcome, User
from screening.models import Study

QUORUM = 2


def start_assessment(
    *,
    study: Study,
    instrument: str,
    assessor: User,
    outcome: Outcome | None = None,
    time_point: str = "",
    result_label: str = "",
) -> Assessment:
    """The assessor's own independent assessment of ``study`` or of its result; the existing one, if there is one.

    A result is an outcome, at ``time_point`` unless that is "" (the main one); ``result_label`` says which numbers
    were assessed. Refused once two others are complete: they can be read now, so a third would not be independent.
    """
    tool = tool_of(study.review, instrument)
    time_point = check_result(study, tool, outcome, time_point)
    with transaction.atomic():
        lock(study)
        existing = Assessment.objects.of(study, tool.key, outcome, time_point)
        mine = existing.independent().filter(assessor=assessor).first()
        if mine:
            return mine
        if tool.key not in offered(study.review):
            raise Refused(f"{tool.name} is not among the tools of this review; add it to them first.")
        if existing.independent().complete().count() >= QUORUM:
            raise AlreadySettled(
                f"{study} already has two complete assessments with {tool.name}. They can be compared now, so "
                "another one would not be independent."
            )
        assessment = Assessment.objects.create(
            review=study.review,
            study=study,
            instrument=tool.key,
            tool_version=current_version(study.review, tool.key),
            outcome=outcome,
            time_point=time_point,
            result_label=_label(result_label),
            assessor=assessor,
        )
        record_event(
            review=study.review,
            actor=assessor,
            verb="appraisal.started",
            target=assessment,
            sentence=f"started assessing the risk of bias of {assessment.about} ({tool.name}).",
        )
    return assessment


def check_result(study: Study, tool: Tool, outcome: Outcome | None, time_point: str) -> str:
    """The time point as the protocol spells it; refused when this result cannot be assessed with ``tool``."""
    time_point = " ".join(time_point.split())
    if outcome and outcome.review_id != study.review_id:
        raise Refused(f"There is no outcome '{outcome}' in this review.", field="outcome")
    if outcome is None and tool.per_result:
        raise Refused(f"{tool.name} is about one result: say which outcome is assessed.", field="outcome")
    if outcome is None and time_point:
        raise Refused(
            "A time point is of an outcome: say which outcome, or leave it out.", field="time_point"
        )
    if len(time_point) > 120:
        raise Refused("A time point has 120 characters at most.", field="time_point")
    planned = [outcome.time_point, *outcome.time_points] if outcome else []
    return next((each for each in planned if each.casefold() == time_point.casefold()), time_point)


def name_result(*, assessment: Assessment, result_label: str, by: User) -> Assessment:
    """Say which numerical result one's own draft is about, for example "SMD -0.4"."""
    with transaction.atomic():
        assessment = own(assessment, by)
        if assessment.result_label == (result_label := _label(result_label)):
            return assessment
        assessment = own_draft(assessment, by)
        old, assessment.result_label = assessment.result_label, result_label
        assessment.save(update_fields=["result_label"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.result_named",
            target=assessment,
            sentence=f"said which result of {assessment.about} they assess.",
            detail={"old": old, "new": result_label},
            blinded=True,
        )
    return assessment


def complete_assessment(*, assessment: Assessment, by: User, without_answers: bool = False) -> Assessment:
    """Hand in one's own assessment: needed questions answered, domains and overall judged, overrides explained.

    ``without_answers`` is for judgements that came with a file: domains without any answer are taken as judged.
    """
    with transaction.atomic():
        assessment = own_draft(assessment, by)
        missing = gaps(assessment, without_answers=without_answers)
        if missing:
            raise Incomplete(f"Not complete yet. {' '.join(missing.sentences)}")
        _keep_proposals(assessment)
        assessment.state = Assessment.State.COMPLETE
        assessment.completed_at = timezone.now()
        assessment.save(update_fields=["state", "completed_at"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.completed",
            target=assessment,
            sentence=f"completed the risk-of-bias assessment of {assessment.about} ({assessment.tool.name}).",
        )
    return assessment


def reopen(*, assessment: Assessment, by: User) -> Assessment:
    """Take one's own assessment back, as long as no colleague's complete one can be compared with it."""
    with transaction.atomic():
        assessment = own(assessment, by)
        if not assessment.is_complete:
            return assessment
        # One made with an older version of the tool cannot be compared with this one.
        others = Assessment.objects.alike(assessment).complete().exclude(pk=assessment.pk)
        if others.filter(tool_version__gte=assessment.tool_version).exists():
            raise AlreadySettled(
                f"A second assessment of {assessment.about} is complete, so the two can be compared and stay as "
                "they are. Settle differences in the consensus."
            )
        back_to_draft(assessment, by)
    return assessment


def back_to_draft(assessment: Assessment, by: User) -> None:
    """Make a complete assessment a draft again, with its line in history; whether it may be is asked before."""
    assessment.state = Assessment.State.DRAFT
    assessment.completed_at = None
    assessment.save(update_fields=["state", "completed_at"])
    record_event(
        review=assessment.review,
        actor=by,
        verb="appraisal.reopened",
        target=assessment,
        sentence=f"reopened their risk-of-bias assessment of {assessment.about}.",
    )


def discard_assessment(*, assessment: Assessment, by: User) -> None:
    """Throw away one's own draft, for example of a result that should not be assessed. History keeps what it held."""
    with transaction.atomic():
        assessment = own(assessment, by)
        if assessment.is_complete:
            raise AlreadySettled("A complete assessment is not thrown away. Reopen it first.")
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.discarded",
            target=assessment,
            sentence=f"threw away their draft about {assessment.about} ({assessment.tool.name}).",
            detail={
                "answers": assessment.given,
                "values": assessment.values,
                "overall": assessment.overall,
                "supports": {one.domain: one.support for one in assessment.judgements.all() if one.support},
            },
            blinded=True,
        )
        assessment.answers.all().delete()
        assessment.judgements.all().delete()
        assessment.delete()


def _keep_proposals(assessment: Assessment) -> None:
    """Store what the rules propose now: answers may have changed since a domain was judged."""
    found = proposals_of(assessment)
    stale = []
    for judgement in assessment.judgements.all():
        proposal = found.get(judgement.domain)
        level = (proposal.level if proposal else None) or ""
        if judgement.proposed != level:
            judgement.proposed = level
            stale.append(judgement)
    Judgement.objects.bulk_update(stale, ["proposed"])


def _label(result_label: str) -> str:
    result_label = " ".join(result_label.split())
    if len(result_label) > 300:
        raise Refused("What the result is called has 300 characters at most.", field="result_label")
    return result_label
