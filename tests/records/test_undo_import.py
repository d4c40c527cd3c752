"""An import that is undone leaves the review whole, and may come again."""

import pytest

from records.models import Record
from records.services import (
    Loss,
    NothingToUndo,
    UndoNotConfirmed,
    undo_import,
    undoing,
    what_undo_loses,
)
from screening.models import Decision, Stage
from screening.services import cast_vote
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
    third = make_record(review, "A trial.", batch=staying, abstract="Long", keywords=["rest"])
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


@pytest.mark.core
class TestLoss:
    """What goes is said before it goes, and work of people needs a yes to just this much of it."""

    def losses(self, batch):
        return {loss.kind: (loss.count, loss.lasting) for loss in what_undo_loses(batch).losses}

    def test_of_records_nobody_worked_on_there_is_none(self, bring_in):
        told = what_undo_loses(bring_in(TWO))
        assert (told.records, told.losses, told.confirm) == (2, (), 0)

    def test_merges_by_rule_come_again_and_decisions_of_people_do_not(self, review, ana):
        leaving, staying = make_batch(review), make_batch(review)
        one, two, three = (make_record(review, batch=leaving) for _ in range(3))
        pair(one, make_record(review, batch=staying), state="merged", automatic=True)
        pair(two, make_record(review, batch=staying), state="merged")
        pair(three, make_record(review, batch=staying), state="distinct")
        pair(two, three, state="waiting")
        pair(make_record(review, batch=staying), make_record(review, batch=staying), state="merged")
        assert self.losses(leaving) == {
            "merges": (1, False),
            "decisions": (1, True),
            "apart": (1, False),
        }
        assert what_undo_loses(leaving).confirm == 1

    def test_corrections_and_records_typed_by_hand_are_counted(self, review):
        batch = make_batch(review)
        make_record(review, batch=batch, original={"title": "A tral"})
        make_record(review, batch=batch)
        assert self.losses(batch) == {"corrections": (1, True)}
        batch.format = "manual"
        assert self.losses(batch) == {"corrections": (1, True), "by_hand": (2, True)}

    def test_blanks_of_records_that_stay_are_counted(self, review):
        staying, leaving = make_batch(review), make_batch(review)
        leader = make_record(review, batch=staying)
        lender = make_record(review, batch=leaving, duplicate_of=leader)
        other = make_record(review, batch=staying, duplicate_of=leader)
        Record.objects.filter(pk=leader.pk).update(
            filled={"doi": lender.pk, "pages": lender.pk, "issue": other.pk}
        )
        assert self.losses(leaving) == {"filled": (2, False)}
        assert self.losses(staying) == {}

    def test_rooms_downstream_add_theirs(self, bring_in, monkeypatch):
        batch = bring_in(TWO)
        told = [Loss("votes", 3, "3 votes count no more."), Loss("notes", 0, "No note.")]
        monkeypatch.setattr(undoing, "LOSSES", [lambda given: told if given == batch else []])
        assert what_undo_loses(batch).losses == (told[0],)

    def test_without_a_yes_nothing_is_undone_and_the_loss_is_listed(self, bring_in, ana, monkeypatch):
        batch = bring_in(TWO)
        monkeypatch.setattr(undoing, "LOSSES", [lambda batch: [Loss("votes", 3, "3 votes count no more.")]])
        with pytest.raises(UndoNotConfirmed, match=r"loses work: 3 votes .* Nothing was undone\. Confirm 3"):
            undo_import(batch=batch, by=ana)
        batch.refresh_from_db()
        assert (batch.state, Record.objects.live().count()) == ("done", 2)

    @pytest.mark.parametrize("confirm", [0, 2, 4])
    def test_a_yes_to_another_number_is_none(self, bring_in, ana, monkeypatch, confirm):
        batch = bring_in(TWO)
        monkeypatch.setattr(undoing, "LOSSES", [lambda batch: [Loss("votes", 3, "3 votes count no more.")]])
        with pytest.raises(
            UndoNotConfirmed, match=f"You confirmed {confirm}, but there is other work on it now"
        ):
            undo_import(batch=batch, by=ana, confirm=confirm)

    def test_it_is_logged_with_its_numbers(self, bring_in, review, ana, monkeypatch):
        batch = bring_in(TWO)
        monkeypatch.setattr(undoing, "LOSSES", [lambda batch: [Loss("votes", 3, "3 votes count no more.")]])
        undo_import(batch=batch, by=ana, confirm=3)
        event = events_of(review, "records.import_undone")[0]
        assert event.detail["lost"] == [
            {"kind": "votes", "count": 3, "sentence": "3 votes count no more.", "lasting": True}
        ]

    def test_votes_stay_as_rows_and_come_not_back_with_the_file(self, bring_in, review, ana, ben):
        batch = bring_in(TWO)
        record = Record.objects.live().first()
        cast_vote(review=review, record=record, stage=Stage.TITLE_ABSTRACT, reviewer=ben, vote="include")
        assert what_undo_loses(batch).confirm > 0
        undo(batch, by=ana)
        assert Decision.objects.count() == 1
        bring_in(TWO)
        again = Record.objects.live().get(title=record.title)
        assert again.pk != record.pk
        assert not Decision.objects.filter(record=again).exists()
