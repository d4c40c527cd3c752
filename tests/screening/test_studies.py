"""Studies come of reports included at full text; several reports may be of one study."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reviews.models import AuditEvent
from screening.models import Study
from screening.services import (
    LabelTaken,
    NotAllowed,
    NotEligible,
    group_reports,
    rename_study,
    separate_report,
    set_design,
)
from tests.factories import make_arms, make_record, make_review, make_study
from tests.screening.conftest import undo_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(review, include):
    """Two studies of one author and year."""
    return [
        include(make_record(review, title, authors=["Nakagawa, Atsuo"], registry_ids=["UMIN000001218"]))
        for title in ("The trial", "The follow-up")
    ]


def test_an_included_report_makes_a_study_named_after_it(pair):
    first, second = pair
    assert (first.label, first.year, first.registration) == ("Nakagawa 2017", 2017, "UMIN000001218")
    assert second.label == "Nakagawa 2017b"
    assert first.reports.get().is_main


def test_grouping_moves_reports_and_removes_the_empty_study(review, pair, ben):
    first, second = pair
    group_reports(review=review, study=first, reports=second.reports.all(), by=ben)
    assert [report.is_main for report in first.reports.all()] == [True, False]
    assert not Study.objects.filter(pk=second.pk).exists()
    with pytest.raises(NotEligible, match="not yet under"):
        group_reports(review=review, study=first, reports=first.reports.all(), by=ben)


def test_a_study_with_data_is_not_emptied(review, pair, ben):
    first, second = pair
    make_arms(second)
    with pytest.raises(NotEligible, match="data hang on it"):
        group_reports(review=review, study=first, reports=second.reports.all(), by=ben)
    assert second.reports.count() == 1


def test_when_the_main_report_leaves_another_takes_its_place(review, pair, ben, include):
    first, second = pair
    group_reports(review=review, study=first, reports=second.reports.all(), by=ben)
    third = include(make_record(review, "A third"))
    group_reports(review=review, study=third, reports=first.reports.filter(is_main=True), by=ben)
    assert first.reports.get().is_main


def test_separating_gives_a_study_of_its_own(review, pair, ben):
    first, second = pair
    report = second.reports.get()
    with pytest.raises(NotEligible, match="the only report"):
        separate_report(review=review, report=report, by=ben)
    group_reports(review=review, study=first, reports=[report], by=ben)
    report.refresh_from_db()
    apart = separate_report(review=review, report=report, by=ben)
    assert apart.label == "Nakagawa 2017b"
    assert apart.reports.get().record == report.record
    assert first.reports.count() == 1


def test_rename(review, pair, ben, stan):
    first, second = pair
    assert rename_study(review=review, study=first, label="  CBT   trial ", by=ben).label == "CBT trial"
    with pytest.raises(LabelTaken, match="already called CBT trial"):
        rename_study(review=review, study=second, label="CBT trial", by=ben)
    with pytest.raises(NotEligible, match="needs a label"):
        rename_study(review=review, study=first, label="  ", by=ben)
    with pytest.raises(NotEligible, match="121 characters"):
        rename_study(review=review, study=first, label="x" * 121, by=ben)
    with pytest.raises(NotAllowed):
        rename_study(review=review, study=first, label="Mine", by=stan)


def test_studies_and_reports_of_another_review_are_refused(review, pair, ben):
    foreign = make_study(make_review("elsewhere"))
    with pytest.raises(NotEligible, match="same review"):
        group_reports(review=review, study=pair[0], reports=foreign.reports.all(), by=ben)
    with pytest.raises(NotEligible, match="does not belong"):
        rename_study(review=review, study=foreign, label="Mine", by=ben)


def test_current_studies_leave_with_their_records(review, pair):
    first, second = pair
    assert set(Study.objects.current()) == {first, second}
    record = second.reports.get().record
    record.duplicate_of = first.reports.get().record
    record.save()
    assert list(Study.objects.current()) == [first]
    undo_import(record.batch)
    assert not Study.objects.current().exists()


def test_the_design_of_several_studies_is_set_at_once(review, pair, ben, stan):
    first, second = pair
    set_design(review=review, studies=[second], design="cohort", by=ben)
    changed = set_design(review=review, studies=pair, design="cohort", by=ben)
    assert changed == [first]
    first.refresh_from_db()
    assert first.get_design_display() == "Cohort study"
    event = AuditEvent.objects.filter(verb="screening.study_design").latest("pk")
    assert event.sentence == f"set the design of {first} to cohort study"
    assert event.detail == {"old": "", "new": "cohort"}
    with pytest.raises(NotEligible, match="not a study design"):
        set_design(review=review, studies=pair, design="sort of", by=ben)
    with pytest.raises(NotEligible, match="between one and"):
        set_design(review=review, studies=[], design="cohort", by=ben)
    with pytest.raises(NotEligible, match="does not belong"):
        set_design(
            review=review, studies=[first, make_study(make_review("elsewhere"))], design="cohort", by=ben
        )
    with pytest.raises(NotAllowed):
        set_design(review=review, studies=pair, design="cohort", by=stan)


def test_the_design_by_command(review, pair, ben):
    out = StringIO()
    label = pair[0].label
    call_command("study_design", review="trd", study=[label], design="cohort", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"review": "trd", "design": "cohort", "changed": [label]}
    with pytest.raises(CommandError, match="no study called Nobody 1999"):
        call_command("study_design", review="trd", study=["Nobody 1999"], design="cohort")
