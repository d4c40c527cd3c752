"""Reports are what is screened, studies are what was done: linking the one to the other."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import Report, Study
from screening.services.guards import NotEligible, require
from screening.services.verdicts import drop_or_repair, make_study


class LabelTaken(Conflict):
    """Another study of the review has this name."""


@transaction.atomic
def group_reports(*, review: Review, study: Study, reports: Iterable[Report], by: User) -> Study:
    """Put ``reports`` under ``study``; a study they leave without any report is removed if nothing hangs on it."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    wanted = {report.pk for report in reports}
    moving = list(
        Report.objects.filter(pk__in=wanted, study__review=review).select_related("study", "record")
    )
    if study.review_id != review.pk or len(moving) != len(wanted):
        raise NotEligible("A study and its reports must belong to the same review.")
    moving = [report for report in moving if report.study_id != study.pk]
    if not moving:
        raise NotEligible(f"Choose at least one report that is not yet under {study}.", field="reports")
    left = {report.study_id: report.study for report in moving}
    Report.objects.filter(pk__in=[report.pk for report in moving]).update(study=study, is_main=False)
    removed = [str(old) for old in left.values() if drop_or_repair(old)]
    record_event(
        review=review,
        actor=by,
        verb="screening.reports_grouped",
        sentence=f"put {', '.join(str(report) for report in moving)} under the study {study}",
        target=study,
        detail={
            "records": [report.record_id for report in moving],
            "from": [str(old) for old in left.values()],
            "studies_removed": removed,
        },
    )
    return study


@transaction.atomic
def separate_report(*, review: Review, report: Report, by: User) -> Study:
    """Make a report a study of its own; what was extracted stays with the study it leaves."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    report = Report.objects.select_related("study", "record").get(pk=report.pk, study__review=review)
    if report.study.reports.count() < 2:
        raise NotEligible(f"{report} is the only report of {report.study}: there is nothing to separate.")
    old, record = report.study, report.record
    report.delete()
    drop_or_repair(old)
    study = make_study(review, record)
    record_event(
        review=review,
        actor=by,
        verb="screening.report_separated",
        sentence=f"made {record} a study of its own, apart from {old}",
        target=study,
        detail={"record": record.pk, "from": str(old)},
    )
    return study


def rename_study(*, review: Review, study: Study, label: str, by: User) -> Study:
    """Give a study another label, unique in the review (LabelTaken otherwise)."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    label, old = " ".join(label.split()), study.label
    if not label:
        raise NotEligible("A study needs a label, for example Nakagawa 2017.", field="label")
    if len(label) > 120:
        raise NotEligible(f"The label has {len(label)} characters; 120 are possible.", field="label")
    if study.review_id != review.pk:
        raise NotEligible("This study does not belong to the review.")
    if label == old:
        return study
    study.label = label
    try:
        with transaction.atomic():
            study.save(update_fields=["label"])
            record_event(
                review=review,
                actor=by,
                verb="screening.study_renamed",
                sentence=f"renamed the study {old} to {label}",
                target=study,
                detail={"old": old, "new": label},
            )
    except IntegrityError as error:
        study.label = old
        raise LabelTaken(f"Another study of this review is already called {label}.", field="label") from error
    return study
