"""Every edge at which metafor refuses, warns or gives a number nobody should read: what is said here instead.

The rows follow `edge_behaviour.md` of the reference set; numbers in brackets are metafor's."""

import math

import numpy as np
import pytest

from analysis import stats
from analysis.stats.pooling import NARROWER

TABLE = {
    "ai": [0, 1, 0, 3, 0],
    "n1i": [50, 60, 40, 80, 30],
    "ci": [0, 4, 2, 5, 0],
    "n2i": [50, 58, 41, 79, 30],
}
NO_EVENTS = {"ai": [0, 0, 0], "n1i": [20, 30, 40], "ci": [0, 0, 0], "n2i": [20, 31, 42]}
ONE_ARM = {"ai": [0, 0, 0, 0], "n1i": [20, 30, 40, 50], "ci": [2, 3, 1, 4], "n2i": [20, 31, 42, 50]}
ALWAYS_POOLABLE = sorted(set(stats.ESTIMATORS))


def given(yi, vi, **more):
    return stats.effect_sizes("GEN", yi=yi, vi=vi, **more)


# ---------------------------------------------------------------- few studies


@pytest.mark.parametrize("method", ALWAYS_POOLABLE)
@pytest.mark.parametrize("test", sorted(stats.TESTS))
def test_one_study_is_its_own_result(method, test):
    one = stats.pool(given([0.4], [0.05]), tau2=method, test=test)
    assert (one.estimate, one.se, one.tau2, one.q, one.test) == (0.4, math.sqrt(0.05), 0.0, 0.0, "z")
    assert "One study" in one.notes[-1]
    if one.pi_low is not None:  # with no heterogeneity to add, what is predicted is what is estimated
        assert (one.pi_low, one.pi_high) == (one.ci_low, one.ci_high)


@pytest.mark.parametrize("method", sorted(stats.INTERVALS))
def test_one_study_has_no_interval_of_heterogeneity(method):
    with pytest.raises(stats.TooFewStudies, match="at least 2 studies"):
        stats.confidence_tau2(given([0.4], [0.05]), method=method)
    with pytest.raises(stats.TooFewStudies, match="two studies"):
        stats.i2_interval(stats.pool(given([0.4], [0.05])))
    with pytest.raises(stats.TooFewStudies):
        stats.leave_one_out(given([0.4], [0.05]))


def test_prediction_needs_the_degrees_of_freedom_it_names():
    two, three = given([0.4, 0.1], [0.05, 0.02]), given([0.4, 0.1, 0.3], [0.05, 0.02, 0.04])
    none = stats.pool(two, prediction="t(k-2)")
    assert (none.pi_low, none.pi_high, none.pi_method) == (None, None, None)
    assert "prediction interval with t(k-2)" in none.notes[0]
    assert stats.pool(two, prediction="t(k-1)").pi_method == "t with 1 degree of freedom"
    assert stats.pool(three, prediction="t(k-2)").pi_method == "t with 1 degree of freedom"


def test_two_studies_far_apart_have_a_finite_upper_limit():
    found = stats.confidence_tau2(given([2, -2], [0.05, 0.02]))
    # Q(tau2) = (2 - -2)^2/(0.07 + 2 tau2) = 0.000982069..., the 2.5 % quantile of chi-squared(1)
    assert found.tau2_high == pytest.approx((16 / 0.000982069117175256 - 0.07) / 2, rel=1e-9)
    assert not found.empty


def test_two_studies_close_together_are_no_precision():
    close = stats.pool(given([0.2, 0.21], [0.01, 0.02]), test="knha")
    assert close.tau2 == 0.0
    assert close.notes == (NARROWER,)
    assert stats.pool(given([0.2, 0.21], [0.01, 0.02]), test="adhoc").se == pytest.approx(math.sqrt(1 / 150))


# ---------------------------------------------------------------- no heterogeneity, or nothing but


@pytest.mark.parametrize("method", ALWAYS_POOLABLE)
def test_identical_effects_have_no_heterogeneity(method):
    effects = given([0.25] * 6, [0.1, 0.2, 0.05, 0.3, 0.15, 0.08])
    pooled = stats.pool(effects, tau2=method)
    assert (pooled.estimate, pooled.tau2, pooled.q, pooled.i2) == (pytest.approx(0.25, abs=1e-16), 0, 0, 0)
    hartung = stats.pool(effects, tau2=method, test="knha")
    assert hartung.se == 0.0
    assert "identical" in hartung.notes[0]
    assert stats.pool(effects, tau2=method, test="adhoc").se == pytest.approx(pooled.se)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("k", [3, 15, 60])
def test_moderators_of_identical_effects_find_nothing_whatever_is_rounded(method, k):
    model = stats.regress(given([0.5] * k, [0.04] * k), {"x": [float(i % 5) for i in range(k)]}, tau2=method)
    assert model.tau2 == 0
    assert model.coefficients == pytest.approx([0.5, 0.0], abs=1e-12)


def test_too_little_spread_has_an_empty_interval():
    for method in ("QP", "BJ", "J"):
        found = stats.confidence_tau2(given([0.25] * 5, [0.1] * 5), method=method)
        assert (found.tau2_low, found.tau2_high, found.empty) == (0.0, 0.0, True)
    likely = stats.confidence_tau2(given([0.25] * 5, [0.1] * 5), method="PL")
    assert not likely.empty  # the likelihood has its maximum at 0 and falls from there
    assert likely.tau2_low == 0.0 < likely.tau2_high


@pytest.mark.parametrize("method", ["DL", "HE", "SJ", "REML", "EB", "PM"])
def test_equal_variances_make_the_estimators_equal(method):
    yi = [0.1, 0.5, -0.2, 0.7, 0.3]  # variance 0.122, of which 0.04 is sampling error
    pooled = stats.pool(given(yi, [0.04] * 5), tau2=method)
    if method == "SJ":  # two steps from the crude variance, not a moment equation
        assert pooled.tau2 == pytest.approx(0.0976 * 0.122 / (0.0976 + 0.04))
        return
    assert pooled.tau2 == pytest.approx(0.082, rel=1e-12)
    assert stats.confidence_tau2(given(yi, [0.04] * 5), method="BJ").tau2_high == pytest.approx(
        stats.confidence_tau2(given(yi, [0.04] * 5), method="QP").tau2_high, rel=1e-9
    )


# ---------------------------------------------------------------- variances that cannot be, or hardly


@pytest.mark.parametrize("method", ALWAYS_POOLABLE)
def test_a_zero_variance_is_refused_where_it_divides(method):
    effects = given([0.1, 0.3, 0.5, 0.2], [0, 0.03, 0.04, 0.05])
    if method in ("SJ", "HE"):  # tau2 > 0 keeps the weights finite; Q and I2 are not defined
        found = stats.pool(effects, tau2=method) if method == "SJ" else None
        assert found is None or (found.q, found.i2, found.h2) == (None, None, None)
        return
    with pytest.raises(stats.ZeroVariance, match="sampling variance is zero") as refused:
        stats.pool(effects, tau2=method)
    assert (refused.value.column, refused.value.row) == ("vi", 0)


def test_a_negative_variance_is_refused():
    with pytest.raises(stats.NegativeVariance) as refused:  # metafor sets it to 0 with a warning
        given([0.1, 0.2, 0.5, 0.2], [-0.01, 0.03, 0.04, 0.05])
    assert (refused.value.column, refused.value.row) == ("vi", 0)


def test_a_precise_study_among_vague_ones_keeps_its_digits():
    pooled = stats.pool(given([0.1, 0.2, -0.2, 0.7], [1e-8, 0.03, 2, 50]))
    assert pooled.tau2 == 0.0
    # sum w y / sum w, by hand: 0.1 + (0.1/0.03 - 0.3/2 + 0.6/50)/(1e8 + 1/0.03 + 1/2 + 1/50)
    by_hand = 0.1 + (0.1 / 0.03 - 0.3 / 2 + 0.6 / 50) / (1e8 + 1 / 0.03 + 0.5 + 0.02)
    assert pooled.estimate == pytest.approx(by_hand, rel=1e-15)
    with_moderator = stats.regress(given([0.1, 0.5, -0.2, 0.7], [1e-9, 0.03, 2, 50]), {"x": [1, 2, 4, 3]})
    assert "ten million times" in with_moderator.notes[0]


def test_large_effects_with_a_small_spread_keep_their_digits():
    pooled = stats.pool(given(1e6 + np.array([1, -2, 3, 0.0]), [1, 1, 1, 1]))
    assert pooled.tau2 == pytest.approx(13 / 3 - 1, rel=1e-9)  # the variance of 1, -2, 3, 0, less 1
    assert pooled.estimate == pytest.approx(1e6 + 0.5, rel=1e-15)


def test_units_do_not_matter_and_the_impossible_is_refused():
    yi, vi = np.array([0.1, 0.5, -0.2, 0.7, 0.3]), np.array([0.04, 0.03, 0.05, 0.02, 0.06])
    plain, tiny = stats.pool(given(yi, vi)), stats.pool(given(yi * 1e-9, vi * 1e-18))
    assert tiny.tau2 == pytest.approx(plain.tau2 * 1e-18, rel=1e-10)
    with pytest.raises(stats.InvalidValue, match="too far from 1"):
        stats.pool(given(yi * 1e61, vi))
    with pytest.raises(stats.NonFiniteInput):
        given([0.1, math.inf], [0.1, 0.1])


# ---------------------------------------------------------------- missing values


def test_missing_values_leave_their_row_out_and_say_so():
    effects = given([0.1, None, 0.3, 0.5, 0.2, 0.9], [0.02, 0.03, None, 0.04, 0.05, 0.02], slab="ABCDEF")
    pooled = stats.pool(effects)
    assert pooled.k == 4
    assert [(d.row, d.label) for d in pooled.dropped] == [(1, "B"), (2, "C")]
    model = stats.regress(effects, {"x": [1, 2, 3, None, 5, 6]})
    assert (model.k, [d.label for d in model.dropped]) == (3, ["B", "C", "D"])


def test_nothing_left_is_an_error():
    effects = given([None, None, None], [0.1, 0.2, None])
    for run in (stats.pool, stats.confidence_tau2, stats.leave_one_out):
        with pytest.raises(stats.NoStudies):
            run(effects)
    with pytest.raises(stats.NoStudies):
        stats.regress(given([0.1, 0.2], [0.1, 0.1]), {"x": [None, None]})


# ---------------------------------------------------------------- zeros in tables


def test_double_zeros_are_kept_or_dropped_on_request():
    kept, dropped = stats.effect_sizes("OR", **TABLE), stats.effect_sizes("OR", drop00=True, **TABLE)
    assert (kept.k, dropped.k) == (5, 3)
    assert stats.pool(kept).estimate == pytest.approx(-0.80727, abs=5e-6)  # metafor's default
    assert stats.pool(dropped).estimate == pytest.approx(-0.941, abs=5e-4)  # meta's and RevMan's
    assert "not defined" in dropped.dropped[0].reason or "events" in dropped.dropped[0].reason
    assert stats.effect_sizes("RD", **TABLE).k == 5


def test_no_event_anywhere():
    assert stats.pool(stats.effect_sizes("OR", **NO_EVENTS)).tau2 == 0.0
    for measure in ("OR", "RR"):
        with pytest.raises(stats.TooFewStudies, match="not defined"):  # metafor: NA
            stats.mantel_haenszel(measure, **NO_EVENTS)
    with pytest.raises(stats.TooFewStudies, match="Peto"):
        stats.peto(**NO_EVENTS)
    difference = stats.mantel_haenszel("RD", **NO_EVENTS)
    assert (difference.estimate, difference.se, math.isnan(difference.pval)) == (0.0, 0.0, True)
    assert "standard error is 0" in difference.notes[0]
    rates = {"x1i": [0, 0, 0], "t1i": [100, 220, 310], "x2i": [3, 9, 2], "t2i": [110, 200, 305]}
    with pytest.raises(stats.TooFewStudies):
        stats.mantel_haenszel("IRR", **rates)
    assert stats.mantel_haenszel("IRD", **rates).estimate < 0.0


@pytest.mark.parametrize("flip", [False, True])
def test_one_arm_without_events(flip):
    names = {"ai": "ci", "n1i": "n2i", "ci": "ai", "n2i": "n1i"} if flip else {n: n for n in ONE_ARM}
    table = {names[name]: values for name, values in ONE_ARM.items()}
    with pytest.raises(stats.TooFewStudies):
        stats.mantel_haenszel("OR", **table)
    side = 1 if flip else -1
    assert stats.peto(**table).estimate == pytest.approx(side * 2.0412, abs=5e-5)
    assert stats.mantel_haenszel("RD", **table).estimate == pytest.approx(side * 0.070168, abs=5e-7)


def test_all_of_one_group_and_none_of_the_other():
    """R 4.2.2, metafor 3.8-1: rma.mh(measure="RD", ...)."""
    extreme = {"ai": [0, 0, 0, 0], "n1i": [29, 11, 27, 4], "ci": [37, 18, 21, 24], "n2i": [37, 18, 21, 24]}
    all_or_none = stats.mantel_haenszel("RD", **extreme)
    assert (all_or_none.estimate, all_or_none.se) == (-1.0, 0.0)
    assert "no precision" in all_or_none.notes[0]
    nearly = stats.mantel_haenszel("RD", ai=[27, 23], n1i=[32, 23], ci=[0, 0], n2i=[25, 28])
    assert (nearly.estimate, nearly.se) == pytest.approx((0.9177504, 0.03523798), rel=2e-7)
    rates = {"x1i": [0, 2], "t1i": [15, 20], "x2i": [0, 3], "t2i": [17, 20]}
    assert stats.mantel_haenszel("IRD", drop00=(True, True), **rates).k == 1
    with pytest.raises(stats.NoStudies):
        stats.mantel_haenszel("IRD", drop00=(True, True), x1i=[0], t1i=[15], x2i=[0], t2i=[17])
    added = stats.cumulative_tables("IRD", drop00=(True, True), **rates)
    assert math.isnan(added.pooled[0].estimate)
    assert added.pooled[1].k == 1


def test_refits_of_tables_that_are_not_defined_are_marked_not_lost():
    found = stats.cumulative_tables("OR", slab="ABCDE", **TABLE)
    assert math.isnan(found.pooled[0].estimate)
    assert "not defined" in found.pooled[0].notes[0]
    assert found.pooled[-1].estimate == stats.mantel_haenszel("OR", **TABLE).estimate
    assert found.labels == tuple("ABCDE")


def test_more_events_than_people_is_refused():
    with pytest.raises(stats.InvalidValue) as refused:
        stats.effect_sizes("OR", ai=[5, 12], n1i=[10, 10], ci=[3, 4], n2i=[10, 10])
    assert (refused.value.column, refused.value.row) == ("n1i", 1) or refused.value.row == 1


# ---------------------------------------------------------------- effects that are not defined


@pytest.mark.parametrize(
    ("measure", "columns", "usable"),
    [
        ("ZCOR", {"ri": [1, 0.5, 0.3, -1], "ni": [20, 30, 40, 25]}, [1, 2]),
        ("ZCOR", {"ri": [0.2, 0.5, 0.3, -0.4], "ni": [3, 4, 5, 2]}, [1, 2]),
        ("PLO", {"xi": [0, 0, 0], "ni": [10, 20, 30]}, [0, 1, 2]),
        ("PFT", {"xi": [0, 10, 25, 0, 7], "ni": [10, 10, 25, 30, 14]}, [0, 1, 2, 3, 4]),
        ("IRLN", {"xi": [0, 3], "ti": [10, 20]}, [0, 1]),
    ],
)
def test_undefined_rows_are_left_out_with_a_reason(measure, columns, usable):
    effects = stats.effect_sizes(measure, **columns)
    assert np.flatnonzero(effects.usable).tolist() == usable
    assert len(effects.dropped) == len(effects) - len(usable)
    assert all(d.reason for d in effects.dropped)


def test_a_standard_deviation_of_zero_leaves_the_study_out():
    means = {"m1i": [5, 6, 7], "n1i": [10, 12, 14], "m2i": [4, 6, 5], "n2i": [10, 12, 15]}
    effects = stats.effect_sizes("SMD", sd1i=[0, 1, 2], sd2i=[0, 1.5, 2], **means)
    assert effects.usable.tolist() == [False, True, True]
    ratio = stats.effect_sizes("ROM", **(means | {"m1i": [5, -6, 7]}), sd1i=[1, 1, 2], sd2i=[1, 1.5, 2])
    assert ratio.usable.tolist() == [True, False, True]


# ---------------------------------------------------------------- moderators

SIX = ([0.1, 0.5, -0.2, 0.7, 0.3, 0.2], [0.04, 0.03, 0.05, 0.02, 0.06, 0.04])


@pytest.mark.parametrize(
    "moderators",
    [
        {"x": [1, 2, 3, 4, 5, 6], "z": [2, 4, 6, 8, 10, 12]},
        {"x": [3, 3, 3, 3, 3, 3]},
        {"species": ["a", "a", "a", "a", "a", "a"]},
        {"x": [1, 2, 3, 4, 5, 6], "shifted": [1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 4, 1e6 + 5, 1e6 + 6]},
    ],
)
def test_moderators_that_say_nothing_of_their_own_are_refused(moderators):
    with pytest.raises(stats.RankDeficient):  # metafor drops one of them with a warning
        stats.regress(given(*SIX), moderators)


def test_as_many_coefficients_as_studies_are_refused():
    with pytest.raises(stats.TooFewStudies, match="3 coefficients need more than 3"):
        stats.regress(given([0.1, 0.5, -0.2], [0.04, 0.03, 0.05]), {"g": ["a", "b", "c"]})


def test_missing_moderators_and_factors_together():
    effects = given([*SIX[0], 0.8], [*SIX[1], 0.03], slab="ABCDEFG")
    moderators = {"x": [1, None, 3, 4, 5, 6, 7], "g": ["b", "a", "b", None, "a", "c", "c"]}
    model = stats.regress(effects, moderators)
    assert model.names == ("intrcpt", "x", "g: b", "g: c")
    assert [d.label for d in model.dropped] == ["B", "D"]
    assert stats.subgroups(effects, moderators["g"]).dropped[0].label == "D"


# ---------------------------------------------------------------- several maxima, or none


def test_the_higher_of_two_maxima_is_taken():
    effects = given([0, 0.1, -0.1, 5, -5], [0.01, 0.012, 0.009, 20, 20])
    pooled, grid = stats.pool(effects), np.geomspace(1e-6, 1e3, 400)
    highest = max(
        stats.fit_statistics(stats.pool(effects, tau2=lambda y, v, x, t=t: (t, None))).loglik_reml
        for t in [0.0, *grid.tolist()]
    )
    assert stats.fit_statistics(pooled).loglik_reml >= highest - 1e-12


def test_an_interval_with_gaps_says_so():
    """Two precise effects agree, two vague ones lie far off: tau2 is small or large, hardly in between."""
    effects = given([0.1, -0.5, 30.2, 43.7], [0.06, 0.04, 472.91, 207.08])
    found = stats.confidence_tau2(effects, method="PL", level=0.5)
    assert "several maxima" in found.notes[0]
    assert found.tau2_low < found.tau2 < 1.0 < found.tau2_high


def test_an_estimator_that_fails_is_not_believed():
    for value in (math.nan, -0.5, math.inf):
        with pytest.raises(stats.NotConverged):
            stats.pool(given(*SIX), tau2=lambda yi, vi, design, v=value: (v, None))


def test_a_scale_model_without_heterogeneity_has_no_maximum():
    effects = given([0.25, 0.26, 0.24, 0.25, 0.255, 0.245], [0.1, 0.2, 0.05, 0.3, 0.15, 0.08])
    with pytest.raises(stats.NotConverged, match="drifts towards 0"):
        stats.location_scale(effects, {})
    with pytest.raises(stats.RankDeficient):
        stats.location_scale(given(*SIX), {"x": [1, 1, 1, 1, 1, 1]})
    with pytest.raises(stats.ZeroVariance):
        stats.location_scale(given(SIX[0], [0, *SIX[1][1:]]), {"x": [1, 2, 3, 4, 5, 6]})


# ---------------------------------------------------------------- choices that do not exist


def test_unknown_choices_are_named_with_what_there_is():
    effects = given(*SIX)
    with pytest.raises(stats.UnknownOption, match=r"as test, z, t\(k-1\), t\(k-2\)"):
        stats.pool(effects, prediction="bayes")
    with pytest.raises(stats.UnknownOption, match=r"QP .*PL .*BJ .*J"):
        stats.confidence_tau2(effects, method="ST")
    with pytest.raises(stats.UnknownOption, match="ML or REML"):
        stats.confidence_tau2(effects, method="PL", tau2="DL")
    with pytest.raises(stats.UnknownOption, match="needs weights"):
        stats.pool(effects, tau2="GENQ")
    with pytest.raises(stats.InvalidValue, match="Row 2"):
        stats.pool(effects, weights=[1, -1, 1, 1, 1, 1])
    with pytest.raises(stats.LengthMismatch):
        stats.pool(effects, weights=[1, 1])
    with pytest.raises(stats.InvalidValue, match="All weights are 0"):
        stats.pool(effects, weights=[0] * 6)


def test_models_that_do_not_nest_are_not_compared():
    effects, x = given(*SIX), {"x": [1, 2, 3, 4, 5, 7]}
    null, model = stats.pool(effects, tau2="ML"), stats.regress(effects, x, tau2="ML")
    assert stats.likelihood_ratio(model, null).df == 1
    for full, reduced in (
        (null, model),
        (model, stats.pool(effects.select(range(5)), tau2="ML")),
        (stats.regress(effects, x), stats.pool(effects)),
        (model, stats.regress(effects, {"z": [1, 0, 1, 0, 0, 1]}, tau2="ML")),
        (model, stats.pool(effects, tau2="DL")),
    ):
        with pytest.raises(stats.UnknownOption):
            stats.likelihood_ratio(full, reduced)
    with pytest.raises(stats.UnknownOption, match="does not carry"):
        stats.fit_statistics(stats.mantel_haenszel("OR", **TABLE))
    with pytest.raises(stats.UnknownOption, match="common effect"):
        stats.blup(stats.pool(effects, tau2="CE"))
    with pytest.raises(stats.MissingColumns):
        stats.predict(model, {"year": [1]})


@pytest.mark.parametrize("weights", [[1, 0, 0, 0, 0, 0], [0.5, 2, 0, 0, 0, 0]])
def test_weights_that_leave_too_little_are_refused(weights):
    effects, x = given(*SIX), {"x": [1, 1, 3, 4, 5, 6]}
    with pytest.raises(stats.RankDeficient, match="weight above 0"):
        stats.regress(effects, x, weights=weights)
    with pytest.raises(stats.TooFewStudies):
        stats.regress(effects, x, tau2="GENQ", weights=weights)
