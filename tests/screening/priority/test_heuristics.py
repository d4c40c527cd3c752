"""The simple rules, on orders that can be counted by hand."""

import numpy as np
import pytest

from screening.priority import heuristics

LABELS = [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("length", "moment"), [(2, 3), (3, 7), (4, 12), (5, None)])
def test_in_a_row(length, moment):
    assert heuristics.in_a_row_at(LABELS, length) == moment


def test_a_row_begins_after_the_first_find():
    assert heuristics.in_a_row_at([0, 0, 0, 0], 2) is None
    assert heuristics.irrelevant_now(LABELS) == 4
    assert heuristics.irrelevant_now([0, 0]) == 2
    assert heuristics.irrelevant_now([]) == 0


@pytest.mark.parametrize(
    ("total", "share", "moment"), [(20, 0.5, 10), (21, 0.5, 11), (30, 0.5, None), (10, 0.3, 3)]
)
def test_a_share_of_the_records(total, share, moment):
    assert heuristics.share_at(LABELS, total, share) == moment


def test_safe_needs_all_of_its_conditions():
    now = heuristics.safe(LABELS, 100, expected=7, key_records_left=1, length=4)
    assert now == heuristics.Safe(
        share_read=True, irrelevant_in_a_row=True, twice_expected=False, key_records_found=False
    )
    assert not now.met
    assert heuristics.safe(LABELS, 100, expected=6, length=4).met
    assert heuristics.safe_at(LABELS, 50, length=2) == 6
    assert heuristics.safe_at(LABELS, 50, length=4) == 12
    assert heuristics.safe_at(LABELS, 121, length=4) is None


def test_safe_at_is_the_first_moment_that_safe_is_met():
    dice = np.random.default_rng(2)
    for _ in range(20):
        labels = (dice.random(80) < 0.2).astype(int)
        met = [n for n in range(1, 81) if heuristics.safe(labels[:n], 200, length=8).met]
        assert heuristics.safe_at(labels, 200, length=8) == (met[0] if met else None)


def test_the_knee_by_hand():
    # 10 of the first 10, then none of 30: before 10 / 10, after (0 + 1) / 30.
    assert heuristics.knee_ratio([1] * 10 + [0] * 30) == pytest.approx(30)
    assert heuristics.knee_ratio([0, 0, 0]) == 1
    assert heuristics.knee_ratio([0, 0, 0, 1]) == 1


def test_the_knee_needs_less_of_a_bend_the_more_was_found():
    # Looks are after 100, 110, 121 ... records. 20 found: a ratio of 136 is asked for; 300 found: 6.
    assert heuristics.knee_at([1] * 20 + [0] * 2000) == 160
    assert heuristics.knee_at([1] * 300 + [0] * 2000) == 309
    assert heuristics.knee_at([1] * 20 + [0] * 50 + [1] + [0] * 2000) == 309  # 290 asked for
    assert heuristics.knee_at([1, 0] * 500) is None
