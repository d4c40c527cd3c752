"""Thresholds of a review: what they would change is said before, and the old ones, set again, undo it."""

import pytest

from records.dedup.settle import _HELD
from records.models import DeduplicationSettings, DuplicateCandidate
from records.queue import pairs_to_decide
from records.services import (
    NotACandidate,
    WrongThresholds,
    deduplicate,
    last_change,
    mark_distinct,
    merge_candidate,
    reopen_candidate,
    request_trial,
    set_thresholds,
    thresholds_of,
    what_thresholds_change,
)
from records.services.lots import HELD
from reviews import jobs
from tests.factories import make_record
from tests.records.conftest import pair
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


@pytest.fixture
def ladder(review):
    """Pairs of records of their own that wait for a person, by their score."""
    return {
        score: pair(make_record(review), make_record(review), score=score) for score in (0.93, 0.9, 0.7, 0.55)
    }


def states(ladder):
    return {score: fresh(candidate).state for score, candidate in ladder.items()}


class TestThresholds:
    def test_without_a_setting_they_are_those_of_the_comparison(self, review):
        assert thresholds_of(review) == (0.95, 0.5)

    @pytest.mark.parametrize(
        ("merge_at", "ask_at", "says", "field"),
        [
            (0.5, 0.6, "0.6 is above 0.5", "ask_at"),
            (1.1, 0.6, "Merge from a score between", "merge_at"),
            (0.9, 0.1, "Ask a person from a score between", "ask_at"),
            (float("nan"), 0.5, "Merge from a score between", "merge_at"),
            (0.9, float("nan"), "Ask a person from a score between", "ask_at"),
        ],
    )
    def test_nonsense_is_refused_and_nothing_changes(self, review, ana, merge_at, ask_at, says, field):
        with pytest.raises(WrongThresholds, match=says) as refusal:
            set_thresholds(review=review, merge_at=merge_at, ask_at=ask_at, by=ana)
        assert refusal.value.field == field
        assert not DeduplicationSettings.objects.exists()

    def test_below_the_safe_floor_they_warn(self, review):
        assert what_thresholds_change(review, 0.95, 0.4).warnings == []
        (said,) = what_thresholds_change(review, 0.9, 0.5).warnings
        assert "held back for a person" in said


class TestWhatChanges:
    def test_it_is_said_before_and_done_just_so(self, review, ana, ladder):
        change = what_thresholds_change(review, 0.85, 0.6)
        assert (change.merges, change.parts) == ([ladder[0.93].pk, ladder[0.9].pk], [])
        assert (change.asked_no_more, change.asked_again, change.compares) == (1, 0, False)
        assert set(states(ladder).values()) == {"waiting"}, "nothing was done yet"
        set_thresholds(review=review, merge_at=0.85, ask_at=0.6, by=ana)
        assert states(ladder) == {0.93: "merged", 0.9: "merged", 0.7: "waiting", 0.55: "waiting"}
        assert all(fresh(ladder[score]).automatic for score in (0.93, 0.9))
        assert [*pairs_to_decide(review)] == [ladder[0.7].pk]
        check_the_groups(review)

    def test_the_old_ones_set_again_undo_it(self, review, ana, ladder):
        before = groups(review), states(ladder)
        set_thresholds(review=review, merge_at=0.85, ask_at=0.6, by=ana)
        old = last_change(review).detail["old"]
        assert old == {"merge_at": 0.95, "ask_at": 0.5}
        change = set_thresholds(review=review, by=ana, **old)
        assert (len(change.parts), change.asked_again) == (2, 1)
        assert (groups(review), states(ladder)) == before
        assert [*pairs_to_decide(review)] == [ladder[score].pk for score in (0.93, 0.9, 0.7, 0.55)]

    def test_who_led_before_leads_again(self, review, ana, three):
        a, b, c = three
        merge_candidate(candidate=pair(b, c), by=ana, primary=c)
        merge_candidate(candidate=pair(a, make_record(review)), by=ana, primary=a)
        pair(a, b, score=0.9)
        set_thresholds(review=review, merge_at=0.85, ask_at=0.5, by=ana)
        assert {fresh(each).duplicate_of for each in (b, c)} == {a}
        set_thresholds(review=review, merge_at=0.95, ask_at=0.5, by=ana)
        assert (fresh(a).duplicate_of, fresh(b).duplicate_of, fresh(c).duplicate_of) == (None, c, None)

    def test_a_persons_word_is_not_touched(self, review, ana, ben, ladder, three):
        mark_distinct(candidate=ladder[0.93], by=ben)
        merge_candidate(candidate=ladder[0.9], by=ben)
        merge_candidate(candidate=ladder[0.7], by=ben)
        reopen_candidate(candidate=ladder[0.7], by=ben)
        set_thresholds(review=review, merge_at=0.6, ask_at=0.6, by=ana)
        assert states(ladder) == {0.93: "distinct", 0.9: "merged", 0.7: "waiting", 0.55: "waiting"}
        assert [*pairs_to_decide(review)] == [ladder[0.7].pk], "what a person opened again is asked"
        set_thresholds(review=review, merge_at=1, ask_at=0.95, by=ana)
        assert states(ladder)[0.9] == "merged", "merged by a person"
        assert [*pairs_to_decide(review)] == [ladder[0.7].pk]

    def test_pairs_that_would_bring_together_what_contradicts_wait(self, review, ana):
        held = pair(
            make_record(review),
            make_record(review),
            score=0.94,
            reasons=["same title", "would join records that contradict each other"],
        )
        assert what_thresholds_change(review, 0.9, 0.5).merges == []
        set_thresholds(review=review, merge_at=0.9, ask_at=0.5, by=ana)
        assert fresh(held).state == "waiting"

    def test_the_comparison_says_so_in_the_same_words(self):
        assert _HELD == HELD

    def test_it_is_in_the_history_and_a_search_follows(self, review, ana, ladder):
        set_thresholds(review=review, merge_at=0.85, ask_at=0.6, by=ana)
        event = review.events.get(verb="records.thresholds_changed")
        assert event.sentence == (
            "set the thresholds of de-duplication: merge from 0.85 (was 0.95), ask from 0.6 (was 0.5); "
            "2 pairs were merged."
        )
        assert review.jobs.get().task == "records.deduplicate"
        with pytest.raises(NotACandidate, match="hold already"):
            set_thresholds(review=review, merge_at=0.85, ask_at=0.6, by=ana)


class TestSearchWithThem:
    def test_a_search_uses_and_records_them(self, review, ana, three, looks_alike):
        a, b, c = three
        set_thresholds(review=review, merge_at=0.8, ask_at=0.4, by=ana)
        looks_alike({(a, b): 0.85, (b, c): 0.45})
        assert deduplicate(review=review, by=ana)["merged"] == 1
        assert groups(review) == {frozenset((a.pk, b.pk)), frozenset((c.pk,))}
        detail = review.events.get(verb="records.deduplicated").detail
        assert (detail["merge_at"], detail["ask_at"], detail["to_decide"]) == (0.8, 0.4, 1)

    def test_those_changed_while_it_compares_hold(self, review, ana, three, looks_alike, monkeypatch):
        from records.services import deduplication

        a, b, _ = three
        looks_alike({(a, b): 0.96})
        found = deduplication.find_pairs

        def slow(records, **how):
            set_thresholds(review=review, merge_at=0.99, ask_at=0.5, by=ana)
            return found(records, **how)

        monkeypatch.setattr(deduplication, "find_pairs", slow)
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 1}

    def test_a_trial_counts_and_stores_nothing(self, review, ana, three, looks_alike):
        a, b, c = three
        looks_alike({(a, b): 0.85, (b, c): 0.45})
        job = request_trial(review=review, merge_at=0.8, ask_at=0.4, by=ana)
        jobs.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, job.result["merges"], job.result["questions"]) == ("done", 1, 1)
        assert not DuplicateCandidate.objects.exists()
        assert thresholds_of(review) == (0.95, 0.5)
