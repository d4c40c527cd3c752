"""Reports are what is screened, studies are what was done: linking the one to the other."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from records.models import DuplicateCandidate
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import AuditEvent, Review, User
from reviews.permissions import Permission
from screening.linked import linked
from screening.models import Report, Study
from screening.services.guards import NotEligible, require
from screening.services.verdicts import drop_or_repair, free_label, make_study

GROUPED = "screening.reports_grouped"
#: Studies whose design may be said in one gesture.
MOST_STUDIES = 1_000


class LabelTaken(Conflict):
    """Another study of the review has this name."""


@transaction.atomic
def group_reports(*, review: Review, study: Study, reports: Iterable[Report], by: User) -> Study:
    """Put ``reports`` under ``study``; a study they leave without any report is removed if nothing hangs on it."""
    return _group(review, study, {report.pk for report in reports}, by)[0]


@transaction.atomic
def group_linked(*, review: Review, pair: DuplicateCandidate, by: User) -> tuple[Study, AuditEvent]:
    """Put the studies of two records that were linked (another report of one study) together.

    The one with more reports, then the older one, keeps its name, unless data hang on the other. Returns the study
    and the event that ``undo_grouping`` takes back. Raises NotEligible when they are not two studies (any more).
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    found = next((link for link in linked(review) if link.pair.pk == pair.pk), None)
    if found is None:
        raise NotEligible("These records are not linked reports of two studies (any more).")
    stays, goes = sorted((found.one, found.other), key=lambda study: (-study.reports.count(), study.pk))
    try:
        with transaction.atomic():
            return _group(review, stays, set(goes.reports.values_list("pk", flat=True)), by)
    except NotEligible:  # data hang on the one that would go
        return _group(review, goes, set(stays.reports.values_list("pk", flat=True)), by)


@transaction.atomic
def undo_grouping(*, review: Review, event: AuditEvent, by: User) -> list[Study]:
    """Give the reports that ``event`` moved back to the studies they came from, made anew where they had gone.

    Raises NotEligible when one of them was moved on since.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    moved = event.detail.get("moved", []) if event.review_id == review.pk and event.verb == GROUPED else []
    there = Report.objects.filter(study__review=review, record__in=[record for record, *_ in moved])
    reports = {
        report.record_id: report
        for report in there.select_related("record")
        if str(report.study_id) == event.target_id
    }
    if not moved or len(reports) < len(moved):
        raise NotEligible(
            "The reports were moved on since, or this was no grouping: there is nothing to undo."
        )
    target = Study.objects.get(pk=event.target_id)
    back: dict[int, Study] = {}
    for record, old, label, was_main in moved:
        report = reports[record]
        study = back.get(old) or Study.objects.filter(review=review, pk=old).first()
        back[old] = study or _made_again(review, report, label)
        Report.objects.filter(pk=report.pk).update(study=back[old], is_main=was_main)
    for study in (target, *back.values()):
        drop_or_repair(study)
    names = ", ".join(sorted(str(study) for study in back.values()))
    record_event(
        review=review,
        actor=by,
        verb="screening.grouping_undone",
        sentence=f"took {len(moved)} report{'s' if len(moved) > 1 else ''} out of the study {target} again: {names}",
        target=target,
        detail={"event": event.pk, "records": sorted(reports)},
    )
    return list(back.values())


def _made_again(review: Review, report: Report, label: str) -> Study:
    return Study.objects.create(
        review=review,
        label=free_label(review, label),
        year=report.record.year,
        registration=", ".join(report.record.registry_ids)[:120],
    )


def _group(review: Review, study: Study, wanted: set[int], by: User) -> tuple[Study, AuditEvent]:
    require(review, by, Permission.MANAGE_FULL_TEXT)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    moving = list(
        Report.objects.filter(pk__in=wanted, study__review=review).select_related("study", "record")
    )
    if study.review_id != review.pk or len(moving) != len(wanted):
        raise NotEligible("A study and its reports must belong to the same review.")
    moving = [report for report in moving if report.study_id != study.pk]
    if not moving:
        raise NotEligible(f"Choose at least one report that is not yet under {study}.", field="reports")
    left = {report.study_id: report.study for report in moving}
    moved = [[report.record_id, report.study_id, str(report.study), report.is_main] for report in moving]
    Report.objects.filter(pk__in=[report.pk for report in moving]).update(study=study, is_main=False)
    removed = [str(old) for old in left.values() if drop_or_repair(old)]
    event = record_event(
        review=review,
        actor=by,
        verb=GROUPED,
        sentence=f"put {', '.join(str(report) for report in moving)} under the study {study}",
        target=study,
        detail={
            "records": [report.record_id for report in moving],
            "from": [str(old) for old in left.values()],
            "studies_removed": removed,
            "moved": moved,
        },
    )
    return study, event


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


@transaction.atomic
def set_design(*, review: Review, studies: Iterable[Study], design: str, by: User) -> list[Study]:
    """Say of which design these studies are ("" for not known yet); gives those that had another one.

    Risk of bias chooses its tools and extraction its forms by the design.
    """
    require(review, by, Permission.ASSESS)
    if design and design not in Study.Design.values:
        raise NotEligible(
            f"“{design}” is not a study design. Choose one of: {', '.join(Study.Design.values)}.",
            field="design",
        )
    wanted = {study.pk for study in studies}
    if not wanted or len(wanted) > MOST_STUDIES:
        raise NotEligible(f"Choose between one and {MOST_STUDIES:,} studies.", field="studies")
    found = list(Study.objects.select_for_update().filter(review=review, pk__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        raise NotEligible("One of these studies does not belong to the review.", field="studies")
    changed = [study for study in found if study.design != design]
    for study in changed:
        old, study.design = study.design, design
        study.save(update_fields=["design"])
        named = study.get_design_display() or "not known"
        record_event(
            review=review,
            actor=by,
            verb="screening.study_design",
            sentence=f"set the design of {study} to {named[:1].lower()}{named[1:]}",
            target=study,
            detail={"old": old, "new": design},
        )
    return changed
