"""What a person says about pairs: the same, not the same, undo."""

import pytest

from records.models import DuplicateCandidate, Record
from records.queue import pairs_to_decide
from records.services import (
    DecidedMeanwhile,
    NotACandidate,
    deduplicate,
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    split,
)
from records.services.groups import FILLABLE
from tests.factories import make_batch, make_record
from tests.records.conftest import pair, undo
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


class TestToldApart:
    def test_a_pair_is_never_proposed_or_merged_again(self, review, ana, ben, three, looks_alike):
        a, b, _ = three
        mark_distinct(candidate=pair(a, b), by=ben)
        looks_alike({(a, b): 1.0})
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 0}
        candidate = DuplicateCandidate.objects.get()
        assert (candidate.state, candidate.decided_by) == (State.DISTINCT, ben)
        assert review.events.get(verb="records.told_apart").actor == ben

    def test_not_through_a_third_record_either(self, review, ana, three, looks_alike):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, c): 0.99})
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 1, "to_decide": 0}
        assert groups(review) == {frozenset((a.pk, c.pk)), frozenset((b.pk,))}

    def test_not_through_two_groups_either(self, review, ana, looks_alike):
        a, b, c, d = (make_record(review) for _ in range(4))
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, d): 0.99, (c, d): 0.98})
        assert deduplicate(review=review, by=ana)["merged"] == 2
        assert groups(review) == {frozenset((a.pk, c.pk)), frozenset((b.pk, d.pk))}

    def test_a_question_about_their_groups_is_not_asked(self, review, ana, three, looks_alike):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, c): 0.8})
        assert deduplicate(review=review, by=ana)["to_decide"] == 0

    def test_a_person_cannot_join_them_through_a_third_one(self, review, ana, ben, three):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        merge_candidate(candidate=pair(a, c), by=ana)
        third = pair(b, c)
        assert [*pairs_to_decide(review)] == []
        with pytest.raises(
            NotACandidate, match=r"were told apart by Ana\. Undo that under Not duplicates first\."
        ):
            merge_candidate(candidate=third, by=ben)
        with pytest.raises(NotACandidate, match="were told apart by Ana"):
            merge(review=review, records=[b, c], primary=b, by=ben)
        check_the_groups(review)

    def test_a_merge_that_a_person_undid_waits_for_a_person(self, review, ana, three, looks_alike):
        a, b, c = three
        looks_alike({(a, b): 1.0, (b, c): 0.99, (a, c): 0.98})
        deduplicate(review=review, by=ana)
        undone = DuplicateCandidate.objects.get(left=b, right=c)
        reopen_candidate(candidate=undone, by=ana)
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 0}
        assert groups(review) == {frozenset((a.pk, b.pk)), frozenset((c.pk,))}
        assert [*pairs_to_decide(review)] == [undone.pk]


class TestDecisions:
    def test_the_same(self, review, ana, ben, three):
        a, b, _ = three
        candidate = pair(a, b)
        kept = merge_candidate(candidate=candidate, by=ben)
        fresh(candidate, a, b)
        assert (candidate.state, candidate.decided_by, candidate.automatic) == (State.MERGED, ben, False)
        assert {a.duplicate_of, b.duplicate_of} == {None, kept}
        event = review.events.get(verb="records.merged")
        assert (event.actor, event.detail["kept"]) == (ben, kept.pk)
        check_the_groups(review)

    @pytest.mark.parametrize("side", [0, 1])
    def test_a_person_may_choose_which_stays_and_it_stays_for_good(
        self, review, ana, three, looks_alike, side
    ):
        chosen, other, third = three[side], three[1 - side], three[2]
        assert merge_candidate(candidate=pair(chosen, other), by=ana, primary=chosen) == chosen
        looks_alike({(other, third): 1.0})
        deduplicate(review=review, by=ana)
        assert {fresh(record).duplicate_of for record in (other, third)} == {chosen}

    def test_two_groups_become_one(self, review, ana):
        a, b, c, d = (make_record(review) for _ in range(4))
        merge_candidate(candidate=pair(a, b), by=ana, primary=a)
        merge_candidate(candidate=pair(c, d), by=ana, primary=c)
        assert merge_candidate(candidate=pair(b, d), by=ana, primary=d) == c, "the group of d is led by c"
        assert {fresh(record).duplicate_of for record in (a, b, d)} == {c}
        check_the_groups(review)

    def test_one_that_is_not_of_the_pair_cannot_stay(self, review, ana, three):
        a, b, c = three
        with pytest.raises(NotACandidate, match="must be one of the two"):
            merge_candidate(candidate=pair(a, b), by=ana, primary=c)

    @pytest.mark.parametrize("verb", [merge_candidate, mark_distinct])
    def test_decided_by_somebody_meanwhile(self, ana, ben, three, verb):
        candidate = pair(three[0], three[1])
        mark_distinct(candidate=candidate, by=ben)
        with pytest.raises(DecidedMeanwhile, match="was told apart meanwhile") as refusal:
            verb(candidate=candidate, by=ana)
        assert refusal.value.status == 409

    def test_settled_through_other_pairs_meanwhile(self, ana, three):
        a, b, c = three
        last = pair(a, c)
        merge_candidate(candidate=pair(a, b), by=ana)
        merge_candidate(candidate=pair(b, c), by=ana)
        with pytest.raises(DecidedMeanwhile, match="nothing is left to decide"):
            merge_candidate(candidate=last, by=ana)
        with pytest.raises(NotACandidate, match="Undo the wrong one of those under Merged"):
            mark_distinct(candidate=last, by=ana)

    def test_a_record_whose_import_was_undone_cannot_be_merged(self, review, ana):
        here, gone = make_record(review), make_record(review, batch=make_batch(review))
        candidate = pair(here, gone)
        undo(gone.batch, by=ana)
        assert [*pairs_to_decide(review)] == []
        with pytest.raises(NotACandidate, match="was undone meanwhile"):
            merge_candidate(candidate=candidate, by=ana)

    def test_records_may_be_merged_by_hand(self, review, ana, three):
        a, b, c = three
        assert merge(review=review, records=three, primary=b, by=ana, why="seen in the paper") == b
        assert {fresh(a).duplicate_of, fresh(c).duplicate_of} == {b}
        event = review.events.get(verb="records.merged")
        assert event.detail == {"kept": b.pk, "removed": [a.pk, c.pk], "why": "seen in the paper"}
        check_the_groups(review)

    def test_by_hand_takes_two_records_of_this_review(self, review, ana, three, eve):
        a, b, c = three
        foreign = make_record(eve.memberships.get().review)
        for records, primary in (([a], a), ([a, b], c), ([a, foreign], a)):
            with pytest.raises(NotACandidate, match="Choose at least two records of this review"):
                merge(review=review, records=records, primary=primary, by=ana)
        merge(review=review, records=[a, b], primary=a, by=ana)
        with pytest.raises(NotACandidate, match="in one group already"):
            merge(review=review, records=[a, b], primary=b, by=ana)


class TestUndo:
    def test_a_merge_that_is_undone_gives_everything_back(self, review, ana):
        stays, goes = (
            make_record(review, "A trial", doi="10.1/a"),
            make_record(review, "A trial", pages="1-9"),
        )
        before = [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")]
        candidate = pair(stays, goes)
        merge_candidate(candidate=candidate, by=ana)
        assert [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")] != before
        reopen_candidate(candidate=candidate, by=ana)
        assert [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")] == before
        fresh(candidate)
        assert (candidate.state, candidate.decided_by, candidate.automatic) == (State.WAITING, ana, False)
        assert review.events.get(verb="records.pair_reopened").detail["was"] == "merged"

    def test_each_side_of_an_undone_pair_keeps_its_own(self, review, ana):
        a, b, c, d = (make_record(review) for _ in range(4))
        ab, bc, cd = pair(a, b), pair(b, c), pair(c, d)
        for candidate in (ab, bc, cd):
            merge_candidate(candidate=candidate, by=ana)
        reopen_candidate(candidate=bc, by=ana)
        assert groups(review) == {frozenset((a.pk, b.pk)), frozenset((c.pk, d.pk))}
        check_the_groups(review)

    def test_a_pair_told_apart_waits_again(self, review, ana, three):
        candidate = pair(three[0], three[1])
        mark_distinct(candidate=candidate, by=ana)
        assert [*pairs_to_decide(review)] == []
        reopen_candidate(candidate=candidate, by=ana)
        assert [*pairs_to_decide(review)] == [candidate.pk]

    def test_a_waiting_pair_has_nothing_to_undo(self, ana, three):
        with pytest.raises(DecidedMeanwhile, match="there is nothing to undo"):
            reopen_candidate(candidate=pair(three[0], three[1]), by=ana)

    def test_a_record_taken_out_stays_out_and_the_rest_stays_together(self, review, ana, looks_alike):
        a, b, c, d = (make_record(review, "A trial") for _ in range(4))
        scores = {(a, b): 1.0, (b, c): 0.99, (b, d): 0.98}
        looks_alike(scores)
        deduplicate(review=review, by=ana)
        out = b if fresh(b).duplicate_of else a
        leader = out.duplicate_of
        split(record=out, by=ana)
        rest = frozenset({a.pk, b.pk, c.pk, d.pk} - {out.pk})
        assert groups(review) == {frozenset((out.pk,)), rest}
        assert fresh(leader).duplicate_of is None, "the group keeps its leader"
        looks_alike(scores | {(a, c): 0.97, (c, d): 0.96, (a, d): 0.95})
        deduplicate(review=review, by=ana)
        assert groups(review) == {frozenset((out.pk,)), rest}
        assert review.events.get(verb="records.split").detail == {"record": out.pk, "from": sorted(rest)}
        check_the_groups(review)

    def test_a_record_that_stands_for_itself_cannot_be_taken_out(self, ana, three):
        with pytest.raises(NotACandidate, match="is not marked as a duplicate"):
            split(record=three[0], by=ana)

    def test_records_joined_only_by_an_import_that_is_undone_stay_together(self, review, ana):
        a, c = make_record(review), make_record(review)
        between = make_record(review, batch=make_batch(review))
        for candidate in (pair(a, between), pair(between, c)):
            merge_candidate(candidate=candidate, by=ana)
        undo(between.batch, by=ana)
        assert groups(review) == {frozenset((a.pk, c.pk))}
        check_the_groups(review)
