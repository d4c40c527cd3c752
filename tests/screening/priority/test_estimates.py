"""The expected number left: what it must do in plain cases, and how often its interval holds."""

import numpy as np
import pytest
from scipy.integrate import quad

from screening.priority import estimates


@pytest.mark.parametrize("family", [estimates._Falling, estimates._Slowing])
def test_integrals_are_those_of_the_rates(family):
    shapes = family.grid()
    for place in np.random.default_rng(0).choice(shapes.floor.size, 8, replace=False):
        points = np.clip(np.linspace(0, 0.4, 9)[1:-1], 0, 0.4)
        area, _ = quad(
            lambda x, at=place: float(shapes.rate(np.array([x]))[at]), 0, 0.4, points=points, limit=200
        )
        assert shapes.integral(0.4)[place] == pytest.approx(area, rel=1e-6)


def test_no_find_no_estimate_and_all_read_nothing_left():
    assert estimates.remaining([0, 0], 10) is None
    done = estimates.remaining([0, 1], 2)
    assert (done.expected, done.low, done.high, done.recall) == (0, 0, 0, 1)
    with pytest.raises(ValueError, match="more than the 1 there are"):
        estimates.remaining([0, 1], 1)


def test_the_numbers_fit_together():
    now = estimates.remaining([1] * 30 + [0, 1, 0, 0, 1] + [0] * 100, 1000)
    assert now.low <= now.expected <= now.high <= 865
    assert now.recall == pytest.approx(32 / (32 + now.expected))
    assert (now.recall_low, now.recall_high) == pytest.approx((32 / (32 + now.high), 32 / (32 + now.low)))


def test_the_longer_nothing_is_found_the_fewer_are_expected():
    expected = [estimates.remaining([1] * 30 + [0] * dry, 1000).expected for dry in (50, 200, 600, 900)]
    assert expected == sorted(expected, reverse=True)
    assert expected[-1] < 0.2


def test_no_more_are_expected_than_are_unread():
    assert estimates.remaining([1] * 8, 10).expected <= 2
    assert estimates.remaining([1] * 8, 10).high <= 2


def test_the_interval_holds_about_as_often_as_it_says():
    """Falling rates with a tail, a third read; the shape is none of the grid's (a sum of two)."""
    dice = np.random.default_rng(8)
    total, held, reviews = 900, 0, 40
    places = np.arange(total) / total
    rate = 0.4 * np.exp(-((places / 0.15) ** 2)) + 0.05 * np.exp(-places / 0.3)
    for _ in range(reviews):
        labels = (dice.random(total) < rate).astype(int)
        now = estimates.remaining(labels[:300], total)
        held += now.low <= labels[300:].sum() <= now.high
    assert held >= 0.9 * reviews
