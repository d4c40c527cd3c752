"""Pairs of an import that was undone are not counted; the lists still show them, marked."""

import pytest

from records.appendix import Appendix
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair, text, undo


@pytest.fixture
def one_of_two_undone(review, ana):
    """Two merges by rule, and two pairs told apart; of each one is with a file that was undone."""
    kept = make_batch(review)
    gone = make_batch(review, make_search(review, "Embase"))
    for state in ("merged", "distinct"):
        for batch in (kept, gone):
            left, right = make_record(review, batch=kept), make_record(review, batch=batch)
            pair(left, right, state=state, automatic=state == "merged")
    undo(gone, ana)


def test_the_report_counts_living_pairs(review, one_of_two_undone):
    said = Appendix(review).deduplication
    assert "1 pair was merged by rule, 0 by a person, 1 told apart by a person" in said


def test_so_do_the_tabs(as_user, ana, to, review, one_of_two_undone):
    client = as_user(ana)
    for state, tab in (("merged", "Merged 1"), ("distinct", "Not duplicates 1")):
        assert tab in text(client.get(to("decided", state)))
