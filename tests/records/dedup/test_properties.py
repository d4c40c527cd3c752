"""Whatever the records, the answer does not depend on their order."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from records.dedup import MERGE_THRESHOLD, DedupRecord, choose_primary, cluster, find_pairs
from records.dedup.block import FULL_BLOCK, candidate_pairs
from records.dedup.normalise import prepare
from records.dedup.score import verdict

WORDS = [
    "therapy",
    "depression",
    "trial",
    "of",
    "chronic",
    "mindfulness",
    "part",
    "I",
    "II",
    "reply",
    "erratum",
    "12",
]
titles = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    st.sampled_from(["Editorial", "Cognitive therapy for chronic depression: a randomised trial", ""]),
    st.text(max_size=60),
)
records = st.builds(
    DedupRecord,
    id=st.just(0),
    title=titles,
    authors=st.lists(
        st.sampled_from(["Smith, J.", "Wang X", "Müller, Änne", "", "World Health Organization"]), max_size=3
    ),
    year=st.one_of(st.none(), st.integers(1900, 2030)),
    journal=st.sampled_from(
        ["", "Lancet", "The Lancet", "J Affect Disord", "Journal of Affective Disorders"]
    ),
    volume=st.sampled_from(["", "1", "35 Suppl 1", "UNKNOWN"]),
    issue=st.sampled_from(["", "2", "Suppl. 3"]),
    pages=st.sampled_from(["", "12-20", "12", "S12", "e99", "i-ix", "-"]),
    doi=st.sampled_from(["", "10.1/a", "10.1/b"]),
    pmid=st.sampled_from(["", "1", "2"]),
    abstract=st.sampled_from(["", "Long words about a trial of therapy. " * 9]),
    type=st.sampled_from(["", "article", "conference", "register"]),
)


def numbered(items):
    return [replace(item, id=n) for n, item in enumerate(items)]


@given(records, records)
@settings(max_examples=300, deadline=None)
def test_symmetric_and_between_0_and_1(left, right):
    one, two = prepare(left), prepare(right)
    there, back = verdict(one, two), verdict(two, one)
    assert there[0] == back[0]
    assert there[1] == back[1]
    assert set(there[2]) == set(back[2])
    assert 0 <= there[0] <= 1


@given(st.lists(records, max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_records_changes_nothing(items, rng: random.Random):
    given_order = numbered(items)
    shuffled = list(given_order)
    rng.shuffle(shuffled)
    pairs = find_pairs(given_order)
    assert pairs == find_pairs(shuffled)
    assert cluster(pairs, MERGE_THRESHOLD) == cluster(list(reversed(pairs)), MERGE_THRESHOLD)
    if items:
        assert choose_primary(given_order) == choose_primary(shuffled)


@given(st.lists(records, max_size=10))
@settings(max_examples=100, deadline=None)
def test_pairs_are_unique_and_of_two_records(items):
    pairs = find_pairs(numbered(items))
    ends = [frozenset((p.left_id, p.right_id)) for p in pairs]
    assert all(len(end) == 2 for end in ends)
    assert len(ends) == len(set(ends))


def test_candidates_grow_with_the_records_not_with_their_square():
    """A thousand editorials share every key; each meets its neighbours only."""
    same = [
        prepare(DedupRecord(n, "Editorial", ["Smith, J."], 2010, "Lancet", "3", "1", "1"))
        for n in range(1000)
    ]
    pairs = sum(1 for _ in candidate_pairs(same))
    assert 999 <= pairs < 1000 * FULL_BLOCK
