"""Assessments made with an older version of an own tool, and how they come to the current one."""

from django.db import transaction

from appraisal.instruments.versions import Fit, fitting
from appraisal.models import Assessment
from appraisal.proposing import OVERALL, gaps
from appraisal.registry import current_version, tool_of
from appraisal.services.assessments import back_to_draft
from appraisal.services.guards import AlreadySettled, own
from reviews.audit import record_event
from reviews.models import Review, User


def outdated(review: Review, key: str):
    """Assessments of ``review`` made with an older version of the tool ``key``: they need another look."""
    made = Assessment.objects.filter(review=review, instrument=key)
    return made.filter(tool_version__lt=current_version(review, key))


def take_over_version(*, assessment: Assessment, by: User) -> Assessment:
    """Move one's own assessment to the tool's current version, keeping what that still offers.

    A complete one becomes a draft again if something is missing now. Judgements that no longer fit are told in
    history, which its author alone can read.
    """
    with transaction.atomic():
        assessment = own(assessment, by)
        current = current_version(assessment.review, assessment.instrument)
        if assessment.tool_version == current:
            return assessment
        agreed = Assessment.objects.alike(assessment).consensus().filter(tool_version__gte=current)
        if agreed.exists():
            raise AlreadySettled(
                f"The risk of bias of {assessment.about} was agreed on with version {current} already."
            )
        old, tool = assessment.tool_version, tool_of(assessment.review, assessment.instrument, current)
        fit = fitting(tool, assessment.given, assessment.values, assessment.overall)
        _drop(assessment, fit)
        assessment.tool_version = current
        assessment.save(update_fields=["tool_version"])
        record_event(
            review=assessment.review,
            actor=by,
            verb="appraisal.version_taken",
            target=assessment,
            sentence=f"took their assessment of {assessment.about} from version {old} to {current} of {tool.name}.",
            detail={"old": old, "new": current, "dropped": list(fit.dropped)},
            blinded=True,
        )
        assessment = own(assessment, by)
        if assessment.is_complete and gaps(assessment):
            back_to_draft(assessment, by)
    return assessment


def _drop(assessment: Assessment, fit: Fit) -> None:
    """Take out what the current version has no place for; support without a value goes only with its domain."""
    for answer in assessment.answers.all():
        if answer.value and answer.question not in fit.answers:
            answer.delete()
    for judgement in assessment.judgements.all():
        kept = fit.overall if judgement.domain == OVERALL else fit.values.get(judgement.domain)
        if judgement.value and not kept:
            judgement.delete()
