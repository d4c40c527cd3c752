"""What a person does with a group: another leader, values of its members, one out, all apart, linked reports."""

from itertools import combinations

import pytest

from records.models import DuplicateCandidate, Record
from records.queue import pairs_to_decide
from records.services import (
    WORDS_ABOUT,
    DecidedMeanwhile,
    NotACandidate,
    choose_primary,
    choose_values,
    deduplicate,
    dissolve,
    link_reports,
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    split,
    words_about,
)
from records.services.corrections import CannotCorrect
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


@pytest.fixture
def trio(review, ana):
    """A group of three: the first leads."""
    medline, embase = make_batch(review), make_batch(review, make_search(review, "Embase"))
    records = [
        make_record(review, "A trial", batch=medline, doi="10.1000/a"),
        make_record(review, "A trial of rest", batch=medline, pages="1-9"),
        make_record(review, "A trial", batch=embase, volume="7", year=2018),
    ]
    merge(review=review, records=records, primary=records[0], by=ana)
    return fresh(*records)


class TestPrimary:
    def test_another_one_leads_and_is_lent_what_it_lacks(self, review, ben, trio):
        first, second, third = trio
        assert choose_primary(record=second, by=ben) == second
        fresh(*trio)
        assert (first.duplicate_of, second.duplicate_of, third.duplicate_of) == (second, None, second)
        assert (second.doi, second.volume, second.filled) == ("10.1000/a", "", {"doi": first.pk}), (
            "it has pages already: the volume of a record without them may be another"
        )
        assert (first.pages, first.filled) == ("", {}), "what it borrowed it gave back"
        event = review.events.get(verb="records.primary_chosen")
        assert (event.actor, event.detail) == (ben, {"kept": second.pk, "removed": [first.pk]})
        check_the_groups(review)

    def test_it_stays_so_when_others_join(self, review, ben, trio, looks_alike):
        choose_primary(record=trio[2], by=ben)
        later = make_record(
            review, "A trial", batch=make_batch(review), abstract="Long", doi="10.1000/a", pages="1"
        )
        looks_alike({(trio[0], later): 1.0})
        deduplicate(review=review, by=ben)
        assert {fresh(record).duplicate_of for record in (*trio[:2], later)} == {trio[2]}

    def test_and_after_a_merge_into_another_group_is_undone(self, review, ben, trio):
        choose_primary(record=trio[1], by=ben)
        other = make_record(review)
        candidate = pair(trio[0], other)
        merge_candidate(candidate=candidate, by=ben, primary=other)
        assert fresh(trio[1]).duplicate_of == other
        reopen_candidate(candidate=candidate, by=ben)
        assert {fresh(record).duplicate_of for record in (trio[0], trio[2])} == {trio[1]}

    def test_one_that_stands_already_is_refused(self, ben, trio, three):
        for record in (trio[0], three[0]):
            with pytest.raises(NotACandidate, match="it stands already"):
                choose_primary(record=record, by=ben)


class TestValues:
    def test_a_members_value_stands_and_the_own_one_is_kept(self, review, ben, trio):
        first, second, third = trio
        record = choose_values(record=first, values={"title": second.pk, "year": third.pk}, by=ben)
        assert (record.title, record.year, record.doi) == ("A trial of rest", 2018, "10.1000/a")
        assert record.original == {"title": "A trial", "year": 2017}
        event = review.events.get(verb="records.record_corrected")
        assert f"as in record {second.pk} (MEDLINE) and record {third.pk} (Embase)" in event.sentence
        check_the_groups(review)

    def test_asked_of_a_member_it_is_the_leader_that_says_so(self, ben, trio):
        record = choose_values(record=trio[2], values={"year": trio[2].pk}, by=ben)
        assert (record, record.year) == (trio[0], 2018)

    def test_what_cannot_be_chosen_is_refused(self, ben, trio, three):
        for values, says in (
            ({"banana": trio[1].pk}, "no field “banana” to choose"),
            ({"title": three[0].pk}, "is not in the group of record"),
            ({"title": trio[2].pk}, "says this already"),
            ({}, "says this already"),
        ):
            with pytest.raises(NotACandidate, match=says):
                choose_values(record=trio[0], values=values, by=ben)

    def test_a_value_that_cannot_stand_is_refused_with_its_sentence(self, ben, trio):
        Record.objects.filter(pk=trio[1].pk).update(title="")
        with pytest.raises((CannotCorrect, Exception), match="a record needs one"):
            choose_values(record=trio[0], values={"title": trio[1].pk}, by=ben)


class TestDissolve:
    def test_every_pair_waits_again(self, review, ben, trio):
        event = dissolve(record=trio[1], by=ben)
        assert groups(review) == {frozenset((record.pk,)) for record in trio}
        assert len(pairs_to_decide(review)) == 3, "also the two that were only merged through the third"
        assert event.sentence == f"parted the 3 records of {trio[0].citation}; 3 pairs wait for a decision."
        assert event.detail["pairs"] == sorted(pairs_to_decide(review))
        assert (event.actor, event.detail["kept"]) == (ben, trio[0].pk)
        assert event.detail["members"] == [record.pk for record in trio]
        assert fresh(trio[0]).filled == {}
        check_the_groups(review)

    def test_no_rule_puts_them_together_again(self, review, ben, trio, looks_alike):
        dissolve(record=trio[0], by=ben)
        looks_alike(dict.fromkeys(combinations(trio, 2), 1.0))
        assert deduplicate(review=review, by=ben)["merged"] == 0

    @pytest.mark.parametrize("most", [30, 2])
    def test_nor_through_a_record_that_comes_later(self, review, ben, trio, looks_alike, monkeypatch, most):
        monkeypatch.setattr("records.services.members.MOST_PAIRED", most)
        dissolve(record=trio[0], by=ben)
        later = make_record(review, "A trial", batch=make_batch(review))
        looks_alike({(one, later): 0.99 for one in trio} | dict.fromkeys(combinations(trio, 2), 1.0))
        assert deduplicate(review=review, by=ben)["merged"] == 1
        assert max(map(len, groups(review))) == 2

    def test_the_pairs_nobody_proposed_are_shown_as_the_comparison_sees_them(self, review, ben, trio):
        dissolve(record=trio[0], by=ben)
        made = review.duplicate_candidates.get(left=trio[1], right=trio[2])
        assert (made.state, made.decided_by, made.automatic) == (State.WAITING, ben, False)
        assert made.score > 0
        assert made.reasons

    def test_of_very_many_records_only_the_merged_pairs_wait(self, review, ben, trio, monkeypatch):
        monkeypatch.setattr("records.services.members.MOST_PAIRED", 2)
        assert len(dissolve(record=trio[0], by=ben).detail["pairs"]) == 2 == len(pairs_to_decide(review))

    def test_one_on_its_own_has_no_group(self, ben, three):
        with pytest.raises(NotACandidate, match="is in no group"):
            dissolve(record=three[0], by=ben)


class TestTakeOut:
    def test_as_another_report_of_the_same_study(self, review, ben, trio):
        first, second, third = trio
        split(record=third, by=ben, linked=True)
        assert groups(review) == {frozenset((first.pk, second.pk)), frozenset((third.pk,))}
        states = {(c.left_id, c.right_id): c.state for c in review.duplicate_candidates.all()}
        assert states[first.pk, third.pk] == State.LINKED
        assert states[second.pk, third.pk] == State.LINKED, "whichever of them leads one day"
        assert len({c.decided_at for c in review.duplicate_candidates.filter(decided_by=ben)}) == 1
        check_the_groups(review)


class TestLinked:
    def test_they_are_not_merged_and_never_asked_about_again(self, review, ana, ben, three, looks_alike):
        a, b, c = three
        candidate = pair(a, b)
        link_reports(candidate=candidate, by=ben)
        assert (fresh(candidate).state, candidate.decided_by) == (State.LINKED, ben)
        assert [*pairs_to_decide(review)] == []
        looks_alike({(a, b): 1.0, (a, c): 0.99, (b, c): 0.98})
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 1, "to_decide": 0}
        assert groups(review) == {frozenset((a.pk, c.pk)), frozenset((b.pk,))}
        event = review.events.get(verb="records.reports_linked")
        assert event.detail == {"left": a.pk, "right": b.pk, "score": 0.8}
        check_the_groups(review)

    def test_a_person_cannot_join_them_through_a_third_one(self, review, ana, three):
        a, b, c = three
        link_reports(candidate=pair(a, b), by=ana)
        merge_candidate(candidate=pair(a, c), by=ana)
        with pytest.raises(
            NotACandidate, match=r"linked as two reports of one study by Ana\. Undo that under Same"
        ):
            merge_candidate(candidate=pair(b, c), by=ana)

    def test_it_can_be_opened_again_and_decided_otherwise(self, review, ana, three):
        candidate = pair(three[0], three[1])
        link_reports(candidate=candidate, by=ana)
        with pytest.raises(DecidedMeanwhile, match="linked as two reports of one study meanwhile"):
            mark_distinct(candidate=candidate, by=ana)
        reopen_candidate(candidate=candidate, by=ana)
        assert [*pairs_to_decide(review)] == [candidate.pk]
        merge_candidate(candidate=candidate, by=ana)
        assert fresh(candidate).state == "merged"


def test_rooms_downstream_say_what_was_done_with_records(monkeypatch):
    monkeypatch.setattr("records.services.groups.WORDS_ABOUT", words := [])
    assert words_about([1, 2]) == {}
    words += [lambda ids: {1: "2 votes"}, lambda ids: {pk: "a PDF" for pk in ids if pk < 3}]
    assert words_about([1, 2, 3]) == {1: "2 votes; a PDF", 2: "a PDF"}
    assert isinstance(WORDS_ABOUT, list)
