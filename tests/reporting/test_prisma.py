"""The counts come from the records, add up, and hand out their rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import ImportBatch
from reporting.prisma import BOXES, NO_REASON, flow_counts, rows_behind
from reporting.table import as_table
from screening.models import FullText, Verdict
from tests.factories import make_batch, make_record, make_search
from tests.reporting.conftest import include_title


def test_every_record_is_counted_where_it_stands(review, flowing):
    counts = flow_counts(review)
    assert dict(counts.databases) == {"MEDLINE": 4, "Embase": 3}
    assert (counts.duplicates, counts.screened, counts.excluded) == (1, 5, 1)
    assert (counts.sought, counts.not_retrieved, counts.assessed) == (4, 1, 3)
    assert counts.reasons == [("Wrong population", 1)]
    assert (counts.websites, counts.other_duplicates, counts.other_excluded) == (3, 1, 1)
    assert (counts.other_sought, counts.other_assessed) == (1, 1)
    assert (counts.studies, counts.reports) == (2, 3)
    assert counts.awaiting_screening == 1
    assert counts.problems() == []


@pytest.mark.parametrize(
    ("key", "titles"),
    [
        ("duplicates", ["Included trial"]),
        ("screened", None),
        ("awaiting_screening", ["Nobody voted yet"]),
        ("not_retrieved", ["Never retrieved"]),
        ("excluded_reports", ["Excluded at full text"]),
        ("other_excluded", ["Site, excluded"]),
        ("included", ["Included trial", "Second report of it", "Only on the site"]),
    ],
)
def test_a_number_hands_out_its_rows(review, flowing, key, titles):
    rows = rows_behind(review, key)
    if titles is None:
        assert rows.count() == flow_counts(review).screened
    else:
        assert [row.title for row in rows] == titles


def test_every_box_counts_as_many_as_it_lists(review, flowing):
    counts = flow_counts(review)
    for key in BOXES:
        shown = getattr(counts, {"included": "reports"}.get(key, key), None)
        if isinstance(shown, int):
            assert rows_behind(review, key).count() == shown, key


def test_awaiting_ongoing_and_not_sought_are_neither_excluded_nor_included(review, flowing):
    full_text = Verdict.objects.filter(stage="full_text")
    full_text.filter(record=flowing.refused).update(state="ongoing", reason=None)
    full_text.filter(record=flowing.site_only).update(state="awaiting")
    flowing.site_only.report.delete()
    FullText.objects.filter(record=flowing.missing).update(state="not_sought", why_not="A protocol")
    counts = flow_counts(review)
    assert counts.problems() == []
    assert (counts.assessed, counts.reasons, counts.ongoing, counts.awaiting_classification) == (3, [], 1, 0)
    assert (counts.other_assessed, counts.other_awaiting_classification) == (1, 1)
    assert (counts.sought, counts.not_sought, counts.not_retrieved) == (3, 1, 0)
    assert (counts.studies, counts.reports) == (1, 2)
    assert [row.title for row in rows_behind(review, "ongoing")] == ["Excluded at full text"]
    lines = {line.label: line.n for line in as_table(review, counts)}
    assert lines["Reports of ongoing studies"] == lines["Reports not sought"] == 1
    assert lines["Reports awaiting classification (other methods)"] == 1
    for key in BOXES:
        shown = getattr(counts, {"included": "reports"}.get(key, key), None)
        if isinstance(shown, int):
            assert rows_behind(review, key).count() == shown, key


def test_a_report_that_is_merely_on_its_way_counts_as_sought(review, flowing):
    before = flow_counts(review)
    new = make_record(review, "Included a minute ago", batch=flowing.medline)
    include_title(new, FullText.State.SOUGHT)
    counts = flow_counts(review)
    assert counts.sought == before.sought + 1
    assert counts.awaiting_full_text == before.awaiting_full_text + 1
    assert (counts.not_retrieved, counts.problems()) == (before.not_retrieved, [])


def test_lines_of_a_box_hand_out_their_rows(review, flowing):
    assert rows_behind(review, "databases", "Embase").count() == 3
    assert [r.title for r in rows_behind(review, "reasons", "Wrong population")] == ["Excluded at full text"]
    Verdict.objects.filter(record=flowing.refused, stage="full_text").update(reason=None)
    assert flow_counts(review).reasons == [(NO_REASON, 1)]
    assert rows_behind(review, "reasons", NO_REASON).count() == 1


def test_a_group_led_by_a_website_record_still_counts_in_the_database_column(review):
    site = make_batch(review, make_search(review, "Site", source_type="website"))
    database = make_batch(review, make_search(review, "MEDLINE"))
    leader = make_record(review, "Same", batch=site)
    for _ in range(2):
        make_record(review, "Same", batch=database, duplicate_of=leader)
    counts = flow_counts(review)
    assert (counts.identified, counts.duplicates, counts.awaiting_screening) == (2, 1, 1)
    assert counts.other_duplicates == 1
    assert rows_behind(review, "duplicates").count() == 1
    assert counts.problems() == []


def test_an_undone_import_is_not_counted(review, flowing):
    flowing.embase.state = ImportBatch.State.UNDONE
    flowing.embase.save()
    counts = flow_counts(review)
    assert dict(counts.databases) == {"MEDLINE": 4}
    assert counts.problems() == []


def test_more_records_cost_no_more_queries(review, flowing, django_assert_num_queries):
    with CaptureQueriesContext(connection) as before:
        flow_counts(review)
    for _ in range(10):
        make_record(review)
    with django_assert_num_queries(len(before)):
        flow_counts(review)
