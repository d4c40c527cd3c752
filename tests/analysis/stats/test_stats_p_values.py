"""Combining p values and counting directions.

Expected numbers: R 4.2.2's distribution functions on the published statistics, binom.test(), and Becker's example
(1994, The Handbook of Research Synthesis, p. 229) as printed in R metap."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, combine_pvalues

from analysis import stats
from analysis.stats.p_values import COMBINATIONS, edgington

P = [0.016, 0.12, 0.3, 0.45, 0.004]
BECKER = [0.016, 0.067, 0.250, 0.405, 0.871]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, 0.002123254130233688),
        ({"method": "stouffer", "weights": [10, 20, 15, 30, 12]}, 0.01778132734116426),
        ({"method": "logit"}, 0.00150029788497112),
        ({"method": "wilkinson", "r": 2}, 0.002479058845695997),
        ({"method": "tippett"}, 0.01984063872102404),
        ({"method": "pearson"}, 0.005485874044649073),
        ({"method": "binomial"}, 0.0225925),
        ({"method": "edgington"}, 0.89**5 / 120),
    ],
)
def test_against_r(arguments, expected):
    assert stats.combine_p(P, **arguments).pval == pytest.approx(expected, rel=1e-9)


def test_beckers_example():
    result = stats.combine_p(BECKER)
    assert (round(result.stat, 3), result.df) == (18.533, 10)
    assert stats.combine_p(BECKER, method="edgington").stat == pytest.approx(1.609)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("fisher", "fisher"), ("stouffer", "stouffer"), ("tippett", "tippett"), ("pearson", "pearson")],
)
def test_against_scipy(ours, theirs):
    assert stats.combine_p(BECKER, method=ours).pval == pytest.approx(
        combine_pvalues(BECKER, method=theirs).pvalue, rel=1e-10
    )


def test_sum_of_p_values_is_irwin_hall():
    assert edgington(np.array([0.4, 0.5]), np.ones(2), 1, 0.05)[1] == pytest.approx(0.9**2 / 2)
    assert edgington(np.array([0.9, 0.8]), np.ones(2), 1, 0.05)[1] == pytest.approx(1 - 0.3**2 / 2)
    assert edgington(np.full(3, 0.5), np.ones(3), 1, 0.05)[1] == pytest.approx(0.5)
    many = edgington(np.full(120, 0.47), np.ones(120), 1, 0.05)[1]  # the series cancels in floating point
    assert many == pytest.approx(0.1278, abs=2e-4)  # normal approximation: mean 60, variance 10


def test_wilkinson_at_its_ends():
    assert stats.combine_p(P, method="wilkinson", r=1).pval == pytest.approx(
        stats.combine_p(P, method="tippett").pval
    )
    assert stats.combine_p(P, method="wilkinson", r=5).pval == pytest.approx(0.45**5)


values = st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=15)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from([*COMBINATIONS]), st.randoms())
def test_order_does_not_matter_and_p_is_a_probability(p, method, random):
    one = stats.combine_p(p, method=method)
    shuffled = p[:]
    random.shuffle(shuffled)
    assert 0.0 <= one.pval <= 1.0
    assert stats.combine_p(shuffled, method=method).pval == pytest.approx(one.pval, rel=1e-9, abs=1e-300)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e-6, 0.999),
    st.sampled_from(["fisher", "stouffer", "tippett", "wilkinson", "pearson", "edgington"]),
)
def test_one_p_value_stays_itself(p, method):
    assert stats.combine_p([p], method=method).pval == pytest.approx(p, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    values, st.sampled_from(["fisher", "stouffer", "tippett", "pearson", "edgington"]), st.floats(0.1, 0.9)
)
def test_smaller_p_values_combine_to_smaller_ones(p, method, factor):
    smaller = [factor * value for value in p]
    assert stats.combine_p(smaller, method=method).pval <= stats.combine_p(p, method=method).pval * (
        1 + 1e-12
    )


def test_tiny_p_values():
    assert 0.0 < stats.combine_p([1e-100, 1e-90], method="stouffer").pval < 1e-150
    assert stats.combine_p([1e-200], method="tippett").pval == pytest.approx(1e-200)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (stats.InvalidValue, {"pvalues": [0.0, 0.2]}),
        (stats.InvalidValue, {"pvalues": [1.2]}),
        (stats.InvalidValue, {"pvalues": [1.0], "method": "stouffer"}),
        (stats.InvalidValue, {"pvalues": [0.2], "method": "wilkinson", "r": 2}),
        (stats.InvalidValue, {"pvalues": [0.2, 0.3], "method": "stouffer", "weights": [1, 0]}),
        (stats.LengthMismatch, {"pvalues": [0.2, 0.3], "method": "stouffer", "weights": [1]}),
        (stats.UnknownOption, {"pvalues": [0.2], "weights": [1]}),
        (stats.UnknownOption, {"pvalues": [0.2], "method": "fischer"}),
        (stats.NoStudies, {"pvalues": []}),
        (stats.NoStudies, {"pvalues": [None, math.nan]}),
        (stats.NonNumericInput, {"pvalues": ["<0.05"]}),
    ],
)
def test_refused_with_a_sentence(error, arguments):
    with pytest.raises(error) as caught:
        stats.combine_p(**arguments)
    assert str(caught.value).endswith(".")


def test_missing_values_are_left_out():
    assert stats.combine_p([0.1, None, 0.2]).k == 2


def test_one_sided_p_values_of_effects():
    effects = stats.effect_sizes("GEN", yi=[1.959963984540054, -1.0, None], vi=[1, 1, 1])
    up, down = stats.one_sided_p(effects), stats.one_sided_p(effects, alternative="less")
    assert up[0] == pytest.approx(0.025)
    assert up + down == pytest.approx([1.0, 1.0])
    with pytest.raises(stats.UnknownOption):
        stats.one_sided_p(effects, alternative="two-sided")


# ---------------------------------------------------------------- counting directions


def test_counting_against_r():
    result = stats.vote_count([1] * 9 + [-1] * 3 + [0, None])  # R: binom.test(9, 12)
    assert (result.favour, result.against, result.unclear, result.k) == (9, 3, 1, 12)
    assert result.pval == pytest.approx(0.14599609375)
    assert (result.ci_low, result.ci_high) == pytest.approx(
        (0.4281415381218109, 0.9451393554720072), rel=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.sampled_from([0.8, 0.95, 0.99]))
def test_counting_against_scipy(favour, against, level):
    if favour + against == 0:
        return
    result = stats.vote_count([1] * favour + [-1] * against, level=level)
    known = binomtest(favour, favour + against)
    assert result.pval == pytest.approx(known.pvalue)
    assert (result.ci_low, result.ci_high) == pytest.approx(
        tuple(known.proportion_ci(level, "exact")), abs=1e-9
    )


def test_counting_effects_whose_benefit_is_negative():
    effects = stats.effect_sizes("GEN", yi=[-0.5, -0.1, 0.3, None], vi=[1, 1, 1, 1])
    result = stats.vote_count(effects, benefit="negative")
    assert (result.favour, result.against, result.proportion) == (2, 1, pytest.approx(2 / 3))


def test_counting_refuses_with_a_sentence():
    with pytest.raises(stats.TooFewStudies, match="direction"):
        stats.vote_count([0, None])
    with pytest.raises(stats.UnknownOption):
        stats.vote_count([1], benefit="good")


def test_results_are_ready_for_json():
    assert json.dumps(stats.combine_p(P).to_dict())
    assert json.dumps(stats.vote_count([1, -1]).to_dict())
