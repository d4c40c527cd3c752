"""Random decisions, searches and undone imports: the groups always add up."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from records.dedup import Pair
from records.models import DuplicateCandidate
from records.services import (
    choose_primary,
    deduplicate,
    deduplication,
    dissolve,
    link_reports,
    mark_distinct,
    merge,
    merge_all_above,
    merge_candidate,
    reopen_candidate,
    set_thresholds,
    split,
    undo_lot,
    what_thresholds_change,
    who_stays,
)
from records.services.groups import BLANK, FILLABLE
from reviews.errors import Refused
from tests.factories import join, make_batch, make_record, make_review, make_user
from tests.records.conftest import pair, undo
from tests.records.groups import check_the_groups

State = DuplicateCandidate.State


VERBS = ["merge", "left", "apart", "link", "reopen", "split", "by hand", "search", "undo import"]
VERBS += ["lead", "dissolve", "accept", "undo accepted", "thresholds", "search new"]
LEVELS = [(0.95, 0.5), (0.8, 0.5), (0.99, 0.7), (0.6, 0.6)]
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    min_size=1,
    max_size=14,
)
SCORES = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda ends: ends[0] < ends[1]),
    st.sampled_from([0.6, 0.8, 0.96, 0.99, 1.0]),
    max_size=12,
)


class TestWhateverIsDone(TestCase):
    """Random decisions, searches and undone imports on eight records of four imports."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(scores=SCORES, operations=OPERATIONS)
    def test_the_groups_add_up(self, scores, operations):
        review = make_review("random")
        ana = join(review, make_user("random"), "owner").user
        batches = [make_batch(review) for _ in range(4)]
        records = [
            make_record(
                review, f"T{n}", batch=batches[n % 4], pages=str(n) * (n % 3), doi=f"10.1/{n}" * (n % 2)
            )
            for n in range(8)
        ]
        as_read = {record.pk: {name: getattr(record, name) for name in FILLABLE} for record in records}
        for verb, one, other in operations:
            left, right = sorted((records[one], records[other]), key=lambda record: record.pk)
            candidate = DuplicateCandidate.objects.filter(left=left, right=right).first()
            if candidate is None and left != right and verb in ("merge", "left", "apart", "link"):
                candidate = pair(left, right)
            try:
                if verb == "search":
                    search(review, ana, scores, records)
                elif verb == "search new":
                    search(review, ana, scores, records, only_new=True)
                elif verb == "lead":
                    assert choose_primary(record=left, by=ana).duplicate_of is None
                elif verb == "dissolve":
                    dissolve(record=left, by=ana)
                elif verb == "accept":
                    accept_and_maybe_undo(review, ana, 0.5 + one / 20)
                elif verb == "undo accepted":
                    accept_and_maybe_undo(review, ana, 0.5 + one / 20, undone=True)
                elif verb == "thresholds":
                    merge_at, ask_at = LEVELS[one % 4]
                    change = what_thresholds_change(review, merge_at, ask_at)
                    assert set_thresholds(review=review, merge_at=merge_at, ask_at=ask_at, by=ana) == change
                elif verb == "undo import":
                    undo(batches[one % 4], by=ana)
                elif verb == "split":
                    split(record=left, by=ana)
                elif verb == "by hand":
                    merge(review=review, records=[left, right], primary=right, by=ana)
                elif candidate and verb == "merge":
                    candidate.refresh_from_db()  # with its records
                    both_are_here = review.records.live().filter(pk__in=(left.pk, right.pk)).count() == 2
                    announced = who_stays(candidate) if both_are_here else None
                    assert merge_candidate(candidate=candidate, by=ana) == announced
                elif candidate and verb == "left":
                    merge_candidate(candidate=candidate, by=ana, primary=left)
                elif candidate and verb == "apart":
                    mark_distinct(candidate=candidate, by=ana)
                elif candidate and verb == "link":
                    link_reports(candidate=candidate, by=ana)
                elif candidate:
                    reopen_candidate(candidate=candidate, by=ana)
            except Refused:
                pass  # refusing is fine; what was refused must have left no trace either
            check_the_groups(review)
        for record in review.records.all():
            own = {n: BLANK[n] if n in record.filled else getattr(record, n) for n in FILLABLE}
            assert own == as_read[record.pk], "what was read is what remains"


def accept_and_maybe_undo(review, by, score, *, undone=False):
    before = everything(review)
    event = merge_all_above(review=review, score=score, by=by)
    if undone:
        assert undo_lot(review=review, event=event, by=by) == len(event.detail["pairs"])
        assert everything(review) == before, "every pair and every record is as it was"


def everything(review):
    pairs = review.duplicate_candidates.order_by("pk").values_list("pk", "state", "automatic")
    records = review.records.order_by("pk").values_list("pk", "duplicate_of", "filled", *FILLABLE)
    return [*pairs], [*records]


def search(review, by, scores, records, **part):
    found = [
        Pair(records[one].pk, records[other].pk, score, "rule", ()) for (one, other), score in scores.items()
    ]
    real = deduplication.find_pairs
    deduplication.find_pairs = lambda compared, **how: sorted(found, key=lambda pair: -pair.score)
    try:
        deduplicate(review=review, by=by, **part)
        again = deduplicate(review=review, by=by, **part)
        assert (again["merged"], again["to_decide"]) == (0, 0), "a second search finds nothing new"
    finally:
        deduplication.find_pairs = real
