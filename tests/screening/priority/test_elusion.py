"""The check by a random sample: exact intervals, and how large a clean sample has to be."""

from fractions import Fraction
from math import comb

import pytest

from screening.priority.elusion import elusion, sample_size


def chance(finds, marked, population, sampled):
    """P(X = finds) as a fraction."""
    if marked - finds > population - sampled or finds > marked:
        return Fraction(0)
    return Fraction(
        comb(marked, finds) * comb(population - marked, sampled - finds), comb(population, sampled)
    )


def exact_interval(sampled, relevant, unscreened, error):
    """Every number among the unscreened that neither tail rejects at `error`."""
    kept = [
        marked
        for marked in range(relevant, unscreened - sampled + relevant + 1)
        if sum(chance(x, marked, unscreened, sampled) for x in range(relevant + 1)) > error
        and sum(chance(x, marked, unscreened, sampled) for x in range(relevant, sampled + 1)) > error
    ]
    return kept[0], kept[-1]


@pytest.mark.parametrize(
    ("sampled", "relevant", "unscreened"), [(40, 0, 120), (40, 3, 120), (7, 7, 20), (30, 1, 30)]
)
def test_the_interval_is_every_number_that_is_not_rejected(sampled, relevant, unscreened):
    ours = elusion(sampled, relevant, unscreened, 50)
    low, high = exact_interval(sampled, relevant, unscreened, Fraction(1, 40))
    assert (ours.left_low + relevant, ours.left_high + relevant) == (low, high)
    one_sided = exact_interval(sampled, relevant, unscreened, Fraction(1, 20))[1]
    assert ours.recall_at_least == pytest.approx((50 + relevant) / (50 + one_sided))


def test_recall_counts_the_finds_of_the_sample():
    ours = elusion(200, 2, 1000, 97)
    assert (ours.rate, ours.left) == (0.01, 8)
    assert ours.recall == pytest.approx(99 / 107)
    # R 4.2.2: phyper(2, 33, 967, 200) = 0.0251, phyper(2, 34, 966, 200) = 0.0209
    assert ours.rate_high == pytest.approx(0.033)
    assert ours.recall_low == pytest.approx(99 / 130)
    assert ours.recall_high == 1


def test_all_read_leaves_no_doubt():
    ours = elusion(30, 1, 30, 4)
    assert (ours.left_low, ours.left_high, ours.recall_low) == (0, 0, 1)
    assert elusion(30, 0, 30, 0).recall == 1


@pytest.mark.parametrize(("unscreened", "included"), [(1000, 97), (5000, 300), (300, 12)])
@pytest.mark.parametrize("relevant", [0, 1, 3])
def test_the_planned_sample_is_just_large_enough(unscreened, included, relevant):
    size = sample_size(unscreened, included, relevant=relevant)
    assert elusion(size, relevant, unscreened, included).recall_at_least >= 0.95
    assert elusion(size - 1, relevant, unscreened, included).recall_at_least < 0.95


def test_a_clean_sample_by_hand():
    # 97 found: six left would be too many (97 / 103). R 4.2.2: phyper(0, 6, 994, 393) = 0.04988, of 392: 0.05038
    assert sample_size(1000, 97) == 393
    # 19 found and one record left: 19 of 20 is 95 %.
    assert sample_size(1, 19) == 0
    assert sample_size(1, 19, relevant=2) is None


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((5, 6, 10, 1), "6 relevant records cannot be in a sample of 5"),
        ((11, 0, 10, 1), "sample of 11 cannot be drawn from 10"),
        ((0, 0, 10, 1), "empty sample"),
        ((-1, 0, 10, 1), "negative"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(numbers, says):
    with pytest.raises(ValueError, match=says):
        elusion(*numbers)
    with pytest.raises(ValueError, match="confidence"):
        elusion(5, 0, 10, 1, confidence=2)
    with pytest.raises(ValueError, match="0 or more"):
        sample_size(10, 1, relevant=-1)
