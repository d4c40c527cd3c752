"""An import that is undone leaves the review whole, and may come again."""

import pytest

from records.models import Record
from records.services import NothingToUndo
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import CUT_XML, events_of, pair, ris, undo

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})


def test_takes_the_records_out_and_says_who(bring_in, review, ana, ben):
    batch = undo(bring_in(TWO), by=ana)
    assert (batch.state, batch.undone_by) == ("undone", ana)
    assert batch.undone_at is not None
    assert not Record.objects.live().exists()
    assert Record.objects.count() == 2, "rows stay for the history"
    event = events_of(review, "records.import_undone")[0]
    assert (event.actor, event.sentence) == (
        ana,
        "undid the import of medline.ris: 2 records left the review.",
    )


def test_twice_is_refused(bring_in, ana):
    batch = undo(bring_in(TWO), by=ana)
    with pytest.raises(NothingToUndo, match=r"medline\.ris is undone: there is nothing to undo"):
        undo(batch, by=ana)


def test_of_a_failed_import_is_refused(bring_in, ana):
    with pytest.raises(NothingToUndo, match="is failed"):
        undo(bring_in(CUT_XML, "cut.xml"), by=ana)


def test_lets_the_same_file_come_again(bring_in, ana):
    undo(bring_in(TWO), by=ana)
    assert bring_in(TWO).state == "done"
    assert Record.objects.live().count() == 2


def test_passes_its_groups_on_and_takes_lent_fields_back(review, ana):
    leaving, staying = make_batch(review), make_batch(review, make_search(review, "Embase"))
    leader = make_record(review, "A trial", batch=leaving, doi="10.1/leader")
    second = make_record(review, "A trial", batch=staying, pages="1-9")
    third = make_record(review, "A trial.", batch=staying, abstract="Long", issue="4")
    for other in (second, third):
        pair(leader, other, state="merged")
        Record.objects.filter(pk=other.pk).update(duplicate_of=leader)
    Record.objects.filter(pk=leader.pk).update(pages="1-9", filled={"pages": second.pk})
    undo(leaving, by=ana)
    for record in (leader, second, third):
        record.refresh_from_db()
    assert (leader.duplicate_of, leader.pages, leader.filled) == (None, "", {})
    assert (third.duplicate_of, third.pages, third.filled) == (None, "1-9", {"pages": second.pk})
    assert (second.duplicate_of, second.doi) == (third, "")
    assert not Record.objects.filter(doi="10.1/leader", batch=staying).exists()


def test_takes_back_what_its_records_lent(review, ana):
    staying, leaving = make_batch(review), make_batch(review)
    leader = make_record(review, "A trial", batch=staying, doi="10.1/lent")
    lender = make_record(review, "A trial", batch=leaving, doi="10.1/lent")
    pair(leader, lender, state="merged")
    Record.objects.filter(pk=leader.pk).update(filled={"doi": lender.pk})
    Record.objects.filter(pk=lender.pk).update(duplicate_of=leader)
    undo(leaving, by=ana)
    leader.refresh_from_db()
    lender.refresh_from_db()
    assert (leader.doi, leader.filled, lender.duplicate_of) == ("", {}, None)
