import math

import pytest

from analysis.figures.axis import Axis, number, plot_range, ticks


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.4912, 2, "−0.49"),
        (0.5, 2, "0.50"),
        (-0.001, 2, "0.00"),
        (0.0, 1, "0.0"),
        (71.2, 0, "71"),
        (-3, 0, "−3"),
    ],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value, digits, text):
    assert number(value, digits) == text


def test_values_map_to_pixels():
    axis = Axis(-1, 1, left=100, right=300)
    assert [axis.x(value) for value in (-1, 0, 0.5)] == [100, 200, 250]
    assert axis.holds(1)
    assert not axis.holds(1.01)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-2.2, 0.6, ["−2.0", "−1.5", "−1.0", "−0.5", "0.0", "0.5"]),
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (-0.021, 0.019, ["−0.02", "−0.01", "0.00", "0.01"]),
        (1000, 6000, ["1000", "2000", "3000", "4000", "5000", "6000"]),
    ],
)
def test_ticks_are_round_numbers(low, high, labels):
    assert [label for _, label in ticks(low, high)] == labels


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.09, 22, ["0.1", "0.3", "1", "3", "10"]),
        (0.12, 9, ["0.2", "0.5", "1", "2", "5"]),
        (0.0008, 1500, ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]),
        (0.93, 1.08, ["0.950", "0.975", "1.000", "1.025", "1.050", "1.075"]),
    ],
)
def test_ratio_ticks_are_round_ratios(low, high, labels):
    marks = ticks(math.log(low), math.log(high), log=True)
    assert [label for _, label in marks] == labels
    assert all(math.exp(value) == pytest.approx(float(label)) for value, label in marks)


@pytest.mark.parametrize("exponent", range(-12, 13, 3))
@pytest.mark.parametrize("offset", [0, -0.3, 0.71])
def test_ticks_of_any_size_are_inside_few_and_different(exponent, offset):
    low, high = (offset - 1) * 10.0**exponent, (offset + 1) * 10.0**exponent
    marks = ticks(low, high)
    assert 3 <= len(marks) <= 8
    assert all(low <= value <= high for value, _ in marks)
    assert len({label for _, label in marks}) == len(marks)


@pytest.mark.parametrize("width", [0.01, 0.1, 0.5, 1, 2, 5, 10, 30])
@pytest.mark.parametrize("centre", [-3, 0, 0.2, 4])
def test_ratio_ticks_of_any_size_are_inside_few_and_different(width, centre):
    marks = ticks(centre - width, centre + width, log=True)
    assert 2 <= len(marks) <= 9
    assert all(centre - width - 1e-9 <= value <= centre + width + 1e-9 for value, _ in marks)
    assert len({label for _, label in marks}) == len(marks)


def test_range_holds_points_null_and_usual_intervals():
    low, high = plot_range([-0.5, -0.4], [(-0.9, -0.1), (-0.8, 0.0)], 0.0)
    assert low < -0.9
    assert high > 0


def test_one_very_wide_interval_does_not_squeeze_the_others():
    low, high = plot_range([-0.5, -0.4, -0.3], [(-0.9, -0.1), (-0.8, 0.0), (-90.0, 90.0)], 0.0)
    assert -3 < low < -0.9
    assert high < 3


def test_a_huge_summary_neither_squeezes_the_studies_nor_counts_as_typical():
    studies = [(-0.9, -0.1), (-0.8, 0.0)]
    low, high = plot_range([-0.5, -0.4], studies, 0.0, also=[(-40.0, 40.0), (-90.0, 90.0)])
    assert -1.5 < low < -0.9
    assert 0.4 < high < 1.5


def test_a_summary_within_reach_is_shown_whole():
    low, high = plot_range([-0.5, -0.4], [(-0.9, -0.1), (-0.8, 0.0)], 0.0, also=[(-1.1, 0.3)])
    assert low < -1.1
    assert high > 0.3


def test_both_sides_of_the_null_have_room():
    low, high = plot_range([2.0, 3.0], [(1.5, 2.5), (2.5, 3.5)], 0.0)
    assert -low / (high - low) >= 0.18


def test_range_without_a_null_or_without_width():
    low, high = plot_range([0.2, 0.3], [(0.1, 0.3), (0.2, 0.4)], None)
    assert 0 < low < 0.1
    assert 0.4 < high < 0.5
    low, high = plot_range([0.0], [(0.0, 0.0)], 0.0)
    assert low < 0 < high
