"""Groups that stand already, and records that a person keeps apart."""

from dataclasses import replace

import pytest

from records.dedup import DedupRecord, Partition, find_pairs

TRIAL = DedupRecord(
    id=0,
    title="Mindfulness-based cognitive therapy for chronic depression: a randomised trial",
    authors=["Silva, Ana", "Berg, Ben"],
    year=2018,
    journal="Depression and Anxiety",
    volume="35",
    issue="10",
    pages="914-924",
)


def copies(*ids, **fields):
    return [replace(TRIAL, id=pk, **fields) for pk in ids]


def ends(pairs):
    return {frozenset((pair.left_id, pair.right_id)) for pair in pairs}


def test_told_apart_directly_or_through_others_never_meets():
    groups = Partition([(1, 2), (3, 4)], [(2, 5)])
    assert groups.must_not_meet(1, 5)
    assert not groups.must_not_meet(1, 3)
    groups.join(4, 5)
    assert groups.must_not_meet(1, 3)
    assert groups.members(3) == groups.members(5)


def test_apart_and_yet_together_holds_nothing_back():
    groups = Partition([(1, 2)], [(1, 2)])
    assert not groups.must_not_meet(1, 2)
    groups.join(2, 3)
    assert groups.find(1) == groups.find(3)


def test_a_pair_told_apart_is_no_pair_and_hides_no_weaker_one():
    weaker = replace(TRIAL, id=3, type="thesis", year=2016, journal="", volume="", issue="", pages="")
    found = find_pairs([*copies(1, 2), weaker])
    assert len([pair for pair in found if 3 in (pair.left_id, pair.right_id)]) == 1, (
        "one question for the group"
    )
    kept = ends(find_pairs([*copies(1, 2), weaker], apart=[(1, 2)]))
    assert kept == {frozenset((1, 3)), frozenset((2, 3))}


def test_what_stands_together_is_one_question():
    other = replace(TRIAL, id=3, title="Mindfulness-based cognitive therapy for depression", pages="")
    assert len(ends(find_pairs([other], against=copies(1, 2), merge=1.01, review=0.1))) == 2
    assert (
        len(ends(find_pairs([other], against=copies(1, 2), merge=1.01, review=0.1, together=[(1, 2)]))) == 1
    )


def test_what_tick_raises_ends_the_search():
    def stop(compared):
        raise StopIteration(compared)

    with pytest.raises((StopIteration, RuntimeError)):
        find_pairs(copies(1, 2, 3), tick=stop)
