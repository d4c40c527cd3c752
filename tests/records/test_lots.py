"""All pairs above a score at once, and all of them back at once."""

import pytest

from records.models import DuplicateCandidate
from records.queue import pairs_to_decide
from records.services import (
    DecidedMeanwhile,
    NotACandidate,
    deduplicate,
    lots,
    mark_distinct,
    merge_all_above,
    merge_candidate,
    reopen_candidate,
    undo_lot,
    what_merges_above,
)
from records.services.lots import HELD
from tests.factories import make_record
from tests.records.conftest import pair
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


@pytest.fixture
def ten(review):
    """Ten pairs, 0.9 down to 0.81."""
    return [pair(make_record(review), make_record(review), score=round(0.9 - n / 100, 2)) for n in range(10)]


def everything(review):
    names = ("pk", "state", "score", "rule", "reasons", "automatic")
    records = review.records.values_list("pk", "duplicate_of", "filled", "doi", "pages").order_by("pk")
    return [*review.duplicate_candidates.order_by("pk").values_list(*names)], [*records]


class TestAccept:
    def test_it_says_how_many_and_shows_the_lowest(self, review, ten):
        found = what_merges_above(review, 0.83)
        assert (found.count, found.left_out) == (8, 0)
        assert [candidate.score for candidate in found.lowest] == [0.83, 0.84, 0.85, 0.86, 0.87]

    def test_it_goes_by_the_score_that_is_shown(self, review):
        for score in (0.8649, 0.8651, 0.869):
            pair(make_record(review), make_record(review), score=score)
        assert what_merges_above(review, 0.87).count == 2, "0.8651 reads 0.87"
        assert what_merges_above(review, 0.869).count == 1, "a bound with more decimals is meant exactly"

    def test_it_says_which_are_left_out_and_why(self, review, ana):
        a, b, c, d, e = (make_record(review) for _ in range(5))
        pair(a, b, score=0.9)
        pair(b, c, score=0.89)
        settled = pair(a, c, score=0.88)
        mark_distinct(candidate=pair(c, d), by=ana)
        apart = pair(a, d, score=0.86)
        held = pair(d, e, score=0.85, reasons=["same title", HELD])
        assert [(left.pk, why) for left, why in what_merges_above(review, 0.8).left] == [
            (settled.pk, "settled by the others"),
            (apart.pk, "merged, it would bring together records that somebody told apart"),
            (held.pk, "merged, it would bring together records that contradict each other"),
        ]

    def test_it_says_what_speaks_against_them(self, review):
        for reasons in (["same title", "different DOIs"], ["same DOI but different titles"], ["same year"]):
            pair(make_record(review), make_record(review), reasons=reasons)
        assert what_merges_above(review, 0.5).objections == [
            ("different DOIs", 1),
            ("same DOI but different titles", 1),
        ]

    def test_it_says_how_many_of_the_records_people_worked_on(self, review, ten, monkeypatch):
        worked_on = {ten[0].left_id: "2 votes", ten[9].left_id: "a PDF"}
        say = [lambda ids: {pk: worked_on[pk] for pk in ids if pk in worked_on}]
        monkeypatch.setattr("records.services.groups.WORDS_ABOUT", say)
        assert what_merges_above(review, 0.83).touched == 1
        assert what_merges_above(review, 0.8).touched == 2

    def test_all_of_them_and_no_more_are_merged(self, review, ana, ten):
        event = merge_all_above(review=review, score=0.83, by=ana, expected=8)
        assert [fresh(candidate).state for candidate in ten] == ["merged"] * 8 + ["waiting"] * 2
        assert {(candidate.decided_by, candidate.automatic) for candidate in ten[:8]} == {(ana, False)}
        assert event.sentence == "merged all 8 pairs that score 0.83 or more."
        assert event.detail["pairs"] == [candidate.pk for candidate in ten[:8]]
        assert (event.detail["merge_at"], event.detail["score"]) == (0.95, 0.83)
        check_the_groups(review)

    def test_with_another_number_by_now_nothing_is_merged(self, review, ana, ten):
        with pytest.raises(DecidedMeanwhile, match="There are 8 such pairs by now, not 7"):
            merge_all_above(review=review, score=0.83, by=ana, expected=7)
        assert not DuplicateCandidate.objects.exclude(state="waiting").exists()

    @pytest.mark.parametrize("score", [0, -1, 1.5, float("nan")])
    def test_a_score_that_is_none_is_refused(self, review, ana, score):
        with pytest.raises(NotACandidate, match="Give a score above 0"):
            merge_all_above(review=review, score=score, by=ana)

    def test_where_there_is_none_nothing_is_done(self, review, ana, ten):
        with pytest.raises(NotACandidate, match=r"No waiting pair scores 0\.95 or more"):
            merge_all_above(review=review, score=0.95, by=ana)

    def test_pairs_in_a_row_become_one_group_and_told_apart_stay_apart(self, review, ana, three):
        a, b, c = three
        pair(a, b, score=0.9)
        pair(b, c, score=0.85)
        d = make_record(review)
        mark_distinct(candidate=pair(a, d), by=ana)
        pair(c, d, score=0.8)
        found = what_merges_above(review, 0.7)
        assert (found.count, found.left_out) == (2, 1)
        merge_all_above(review=review, score=0.7, by=ana)
        assert groups(review) == {frozenset((a.pk, b.pk, c.pk)), frozenset((d.pk,))}
        check_the_groups(review)

    def test_what_a_person_opened_again_may_be_accepted_with_the_others(self, review, ana, ten):
        merge_candidate(candidate=ten[0], by=ana)
        reopen_candidate(candidate=ten[0], by=ana)
        assert what_merges_above(review, 0.9).pairs == [ten[0].pk]


class TestUndo:
    def test_everything_is_as_it_was(self, review, ana, ten):
        chained = pair(ten[0].right, ten[1].left, score=0.7)
        before, asked = everything(review), pairs_to_decide(review)
        event = merge_all_above(review=review, score=0.6, by=ana)
        assert everything(review) != before
        assert fresh(chained).state == "merged"
        assert undo_lot(review=review, event=event, by=ana) == 11
        assert everything(review) == before
        assert pairs_to_decide(review) == asked
        assert review.events.get(verb="records.merges_undone").detail["lot"] == event.pk
        check_the_groups(review)

    def test_no_rule_merges_them_again(self, review, ana, three, looks_alike):
        a, b, _ = three
        pair(a, b, score=0.9)
        undo_lot(review=review, event=merge_all_above(review=review, score=0.9, by=ana), by=ana)
        looks_alike({(a, b): 0.99})
        assert deduplicate(review=review, by=ana)["merged"] == 0

    def test_groups_get_their_chosen_leaders_back(self, review, ana, three):
        a, b, c = three
        merge_candidate(candidate=pair(b, c), by=ana, primary=c)
        merge_candidate(candidate=pair(a, make_record(review)), by=ana, primary=a)
        pair(a, b, score=0.9)
        event = merge_all_above(review=review, score=0.9, by=ana)
        assert event.detail["removed"] == [c.pk]
        undo_lot(review=review, event=event, by=ana)
        assert (fresh(a).duplicate_of, fresh(b).duplicate_of, fresh(c).duplicate_of) == (None, c, None)

    def test_what_was_decided_anew_since_then_stays(self, review, ana, ben, ten):
        event = merge_all_above(review=review, score=0.89, by=ana)
        for candidate in ten[:2]:
            reopen_candidate(candidate=candidate, by=ben)
        mark_distinct(candidate=fresh(ten[0]), by=ben)
        merge_candidate(candidate=fresh(ten[1]), by=ana)
        with pytest.raises(DecidedMeanwhile, match="there is nothing to undo"):
            undo_lot(review=review, event=event, by=ana)
        assert (fresh(ten[0]).state, fresh(ten[1]).state) == ("distinct", "merged")

    def test_the_lots_are_listed_with_what_stands_of_them(self, review, ana, ten):
        first = merge_all_above(review=review, score=0.88, by=ana)
        second = merge_all_above(review=review, score=0.85, by=ana)
        reopen_candidate(candidate=ten[0], by=ana)
        assert [(lot.event, lot.merged, lot.standing) for lot in lots(review)] == [
            (second, 3, 3),
            (first, 3, 2),
        ]

    def test_an_event_of_another_kind_or_review_is_no_lot(self, review, ana, eve, ten):
        merge_candidate(candidate=ten[0], by=ana)
        event = review.events.get(verb="records.merged")
        with pytest.raises(DecidedMeanwhile):
            undo_lot(review=review, event=event, by=ana)
        other = eve.memberships.get().review
        lot = merge_all_above(review=review, score=0.8, by=ana)
        with pytest.raises(DecidedMeanwhile):
            undo_lot(review=other, event=lot, by=eve)


def test_ten_times_as_many_cost_few_more_queries(review, ana, django_assert_max_num_queries):
    for _ in range(60):
        pair(make_record(review), make_record(review))
    with django_assert_max_num_queries(30):
        event = merge_all_above(review=review, score=0.8, by=ana)
    with django_assert_max_num_queries(30):
        assert undo_lot(review=review, event=event, by=ana) == 60
