"""Records whose outcome came with their file, in the boxes of the diagram: never screened, always adding up."""

import pytest

from records.services import merge
from reporting.prisma import BOXES, flow_counts, rows_behind
from reporting.table import as_table
from screening.models import Intake
from screening.services import begin_intake, carry_out, cast_vote, reopen, set_full_text_state, undo_intake
from tests.factories import make_batch, make_record, make_search
from tests.reporting.conftest import include_title, settle

Kind = Intake.Kind


@pytest.fixture
def updated(review, flowing, ana):
    """The flowing review and a file of three from its previous version; one of them was found again."""
    batch = make_batch(review, make_search(review, "Review of 2019", source_type="other"))
    batch.rows = [make_record(review, f"From before {number}", batch=batch) for number in range(3)]
    batch.again = make_record(review, "From before 0", batch=flowing.embase, duplicate_of=batch.rows[0])
    return batch


@pytest.fixture
def say(review, ana):
    def bring(batch, kind):
        intake = begin_intake(review=review, batch=batch, kind=kind, by=ana, why="Previous version")
        carry_out(intake=intake)
        return intake

    return bring


def numbers(review):
    counts = flow_counts(review)
    assert counts.problems() == []
    for key in BOXES:
        shown = getattr(counts, {"included": "reports"}.get(key, key), None)
        if isinstance(shown, int):
            assert rows_behind(review, key).count() == shown, key
    assert as_table(review, counts)
    return counts


@pytest.mark.parametrize("kind", [Kind.FULL_TEXT, Kind.INCLUDED, Kind.EXCLUDED])
def test_nothing_of_it_counts_as_found_or_screened_and_undo_restores_all(
    kind, review, flowing, updated, say, ana
):
    before = numbers(review)
    intake = say(updated, kind)
    after = numbers(review)
    assert after.screened == before.screened
    assert after.other_sources == before.other_sources - 3
    assert after.identified == before.identified
    assert after.duplicates == before.duplicates + 1  # found again
    assert after.studies == before.studies
    assert after.previous_studies == (3 if kind == Kind.INCLUDED else 0)
    assert after.total_studies == before.studies + after.previous_studies
    assert after.excluded_before == (3 if kind == Kind.EXCLUDED else 0)
    # the one that a database had counts in the first column
    assert (after.carried, after.other_carried) == ((1, 2) if kind == Kind.FULL_TEXT else (0, 0))
    assert (after.sought, after.excluded) == (before.sought + after.carried, before.excluded)
    undo_intake(review=review, intake=intake, by=ana)
    assert numbers(review) == before


def test_what_went_to_full_text_goes_on_as_any_report(review, flowing, updated, say, ana, ben, cleo):
    say(updated, Kind.FULL_TEXT)
    first, second, third = updated.rows
    for record in (first, second):
        set_full_text_state(review=review, record=record, state="retrieved", by=ana)
    set_full_text_state(review=review, record=third, state="not_retrieved", by=ana, why_not="lost")
    for by in (ben, cleo):
        cast_vote(review=review, record=first, stage="full_text", reviewer=by, vote="include")
        cast_vote(
            review=review, record=second, stage="full_text", reviewer=by, vote="exclude", reason=flowing.wrong
        )
    counts = numbers(review)
    assert (counts.studies, counts.reports) == (3, 4)
    assert counts.other_not_retrieved == 1
    assert dict(counts.other_reasons) == {"Wrong population": 1}


def test_a_group_led_by_a_new_record_keeps_to_the_rule(review, flowing, updated, say, ana):
    """What came from before was merged into a record that a new search found, before or after it was said."""
    merge(
        review=review,
        records=[flowing.waiting, updated.rows[1]],
        primary=flowing.waiting,
        by=ana,
        anyway=True,
    )
    say(updated, Kind.INCLUDED)
    counts = numbers(review)
    assert counts.previous_reports == 3
    merge(
        review=review,
        records=[flowing.excluded, updated.rows[2]],
        primary=flowing.excluded,
        by=ana,
        anyway=True,
    )
    after = numbers(review)
    assert after.previous_reports == 2  # the outcome of the record that stays counts
    assert after.excluded == counts.excluded


def test_opened_again_it_is_found_and_screened_here(review, flowing, updated, say, dora):
    say(updated, Kind.EXCLUDED)
    reopen(review=review, record=updated.rows[1], stage="title_abstract", by=dora, why="Read it again")
    counts = numbers(review)
    assert (counts.excluded_before, counts.other_awaiting_screening) == (2, 1)


def test_a_new_report_of_a_previous_study_makes_no_new_study(review, flowing, updated, say, ana):
    from screening.models import Report

    say(updated, Kind.INCLUDED)
    study = updated.rows[0].report.study
    report = make_record(review, "New report", batch=flowing.medline)
    include_title(report)
    settle(report, "full_text", "included")
    Report.objects.create(study=study, record=report)
    counts = numbers(review)
    assert (counts.studies, counts.reports, counts.previous_studies) == (2, 4, 3)
    assert (counts.total_studies, counts.total_reports) == (5, 7)
