"""What stands around a pooled effect: prediction, intervals of tau2, likelihoods, predictions of true effects.

Laws that hold for any data, hand-computed values and published ones."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats
from analysis.stats.generalised_q import upper_tail
from analysis.stats.least_squares import weighted_fit

FEW = settings(max_examples=25)
numbers = st.floats(-20, 20, allow_nan=False).map(lambda x: round(x, 3))
variances = st.floats(-3, 2).map(lambda x: round(10**x, 5))
studies = st.lists(st.tuples(numbers, variances), min_size=3, max_size=10)
intervals = st.sampled_from(sorted(stats.INTERVALS))
cells = st.integers(1, 40)
tables = st.lists(st.tuples(cells, cells, cells, cells), min_size=2, max_size=8)
TRIALS = json.loads((Path(__file__).parent / "reference" / "bcg__RR.json").read_text(encoding="utf-8"))


def effects_of(rows, **more):
    return stats.effect_sizes("GEN", yi=[y for y, _ in rows], vi=[v for _, v in rows], **more)


def bcg():
    return stats.effect_sizes("GEN", yi=TRIALS["yi"], vi=TRIALS["vi"])


def columns_of(rows):
    return dict(zip(("ai", "bi", "ci", "di"), map(list, zip(*rows, strict=True)), strict=True))


# ---------------------------------------------------------------- prediction intervals, I2


@pytest.mark.parametrize(
    ("test", "prediction", "upper"),
    [
        ("z", "as test", 0.438),  # metafor
        ("z", "t(k-1)", 0.566),  # meta: V
        ("z", "t(k-2)", 0.579),  # meta: HTS
        ("z", "HTS", 0.579),
        ("knha", "as test", 0.567),  # meta: HK
    ],
)
def test_prediction_intervals_of_the_bcg_trials(test, prediction, upper):
    pooled = stats.pool(bcg(), test=test, prediction=prediction)
    assert pooled.pi_high == pytest.approx(upper, abs=5e-4)
    df = {"as test": 12 if test == "knha" else None, "t(k-1)": 12}.get(prediction, 11)
    assert pooled.pi_method == ("normal" if df is None else f"t with {df} degrees of freedom")


def test_i2_by_both_definitions():
    pooled = stats.pool(bcg())
    by_q = stats.i2_interval(pooled)
    assert pooled.i2 == pytest.approx(92.22, abs=5e-3)  # metafor, from tau2
    assert (by_q.i2, by_q.i2_low, by_q.i2_high) == pytest.approx(
        (92.12, 88.3, 94.7), abs=5e-2
    )  # meta, RevMan
    assert by_q.i2 == pooled.i2_q == pytest.approx(stats.pool(bcg(), tau2="DL").i2)
    assert by_q.h2 == pytest.approx(pooled.h2_q) == pytest.approx(pooled.q / 12)


def test_the_interval_of_i2_when_q_is_small():
    """Q = 0.5 (0.5^2/0.5) with k = 3: H = 1, se(log H) = sqrt((1 - 1/3)/2) = 0.57735 (Higgins & Thompson, eq. 27)."""
    found = stats.i2_interval(stats.pool(effects_of([(0.0, 1.0), (0.5, 1.0), (1.0, 1.0)])))
    h2 = math.exp(2 * 1.959963984540054 * math.sqrt(1 / 3))
    assert (found.i2, found.i2_low) == (0.0, 0.0)
    assert found.i2_high == pytest.approx(100 * (1 - 1 / h2), rel=1e-12)
    assert stats.i2_interval(stats.pool(effects_of([(0.0, 1.0), (0.5, 1.0)]))).i2_high is None


@given(studies)
@FEW
def test_wider_claims_have_wider_intervals(rows):
    effects = effects_of(rows)
    narrow, wide = stats.pool(effects, level=0.9), stats.pool(effects, level=0.99)
    assert wide.pi_low < narrow.pi_low < narrow.pi_high < wide.pi_high
    by_df = [stats.pool(effects, prediction=name) for name in ("z", "t(k-1)", "t(k-2)")]
    assert by_df[0].pi_high < by_df[1].pi_high < by_df[2].pi_high
    assert len({p.estimate for p in by_df}) == 1


# ---------------------------------------------------------------- weights of one's own


def test_equal_weights_give_the_plain_mean():
    yi, vi = np.array([0.1, 0.5, -0.2, 0.7]), np.array([0.04, 0.03, 0.05, 0.02])
    pooled = stats.pool(stats.effect_sizes("GEN", yi=yi, vi=vi), tau2="REML", weights=[2, 2, 2, 2])
    assert pooled.estimate == pytest.approx(np.mean(yi), rel=1e-14)
    assert pooled.se == pytest.approx(math.sqrt(np.sum(vi + pooled.tau2)) / 4, rel=1e-14)
    assert pooled.weights == pytest.approx([0.25] * 4)
    assert pooled.tau2 == stats.pool(stats.effect_sizes("GEN", yi=yi, vi=vi)).tau2


@given(studies, st.floats(0.1, 10))
@FEW
def test_generalised_q_contains_the_known_estimators(rows, factor):
    effects = effects_of(rows)
    for weights, method in ((factor / effects.vi, "DL"), (np.full(len(rows), factor), "HE")):
        scale = float(np.max(effects.vi) + np.ptp(effects.yi) ** 2)
        general, known = stats.pool(effects, tau2="GENQ", weights=weights), stats.pool(effects, tau2=method)
        assert general.tau2 == pytest.approx(known.tau2, rel=1e-9, abs=1e-12 * scale)
        assert general.se_tau2 == pytest.approx(known.se_tau2, rel=1e-8, abs=1e-12 * scale)
    inverse = stats.pool(effects, weights=factor / (effects.vi + stats.pool(effects).tau2))
    assert inverse.estimate == pytest.approx(stats.pool(effects).estimate, rel=1e-9, abs=1e-9)
    assert np.sum(inverse.weights) == pytest.approx(1.0, abs=1e-12)


def test_own_weights_agree_with_metafor():
    """R 4.2.2, metafor 3.8-1: rma(yi, vi, weights=rep(1, 13), method=, test=); method="GENQ", weights=1/sqrt(vi);
    REML with control=list(threshold=1e-14)."""
    z = stats.pool(bcg(), weights=[1] * 13)
    hartung = stats.pool(bcg(), weights=[1] * 13, test="knha")
    common = stats.pool(bcg(), weights=[1] * 13, tau2="FE")
    assert (z.estimate, z.se) == pytest.approx((-0.740650381210937, 0.189339908799874), rel=1e-10)
    found = (hartung.se, hartung.pi_low, hartung.pi_high)
    assert found == pytest.approx((0.190403847291389, -2.028726645461937, 0.547425883040065), rel=1e-10)
    found = (common.estimate, common.se, common.q, common.i2)
    assert found == pytest.approx((-0.740650381210937, 0.108415708377876, 152.233008082373, 92.1173468545621))
    ablat = {"ablat": TRIALS["moderators"]["ablat"]}
    model = stats.regress(bcg(), ablat, tau2="GENQ", weights=1 / np.sqrt(bcg().vi))
    assert (model.tau2, model.se_tau2) == pytest.approx((0.111170759500069, 0.0827329621060287), rel=1e-9)
    assert (model.tau2_method, model.r2) == ("GENQ", pytest.approx(64.76, abs=5e-3))


def test_the_median_unbiased_estimator_puts_q_at_its_median():
    effects, weights = bcg(), 1 / np.sqrt(bcg().vi)
    tau2 = stats.pool(effects, tau2="GENQM", weights=weights).tau2
    q = float(weighted_fit(effects.yi, np.ones((13, 1)), weights).rss)
    assert upper_tail(q, np.ones((13, 1)), weights, effects.vi + tau2) == pytest.approx(0.5, abs=1e-9)


def test_knapp_hartung_around_a_common_effect_is_remarked_upon():
    assert "meant for random effects" in stats.pool(bcg(), tau2="CE", test="knha").notes[0]
    assert stats.pool(bcg(), tau2="CE").notes == ()


def test_a_weight_of_zero_leaves_the_study_to_tau2_only():
    rows = [(0.1, 0.04), (0.5, 0.03), (-0.2, 0.05), (9.0, 0.02)]
    without = stats.pool(effects_of(rows[:3]), tau2="GENQ", weights=[1, 2, 3])
    silent = stats.pool(effects_of(rows), tau2="GENQ", weights=[1, 2, 3, 0])
    assert (silent.estimate, silent.tau2) == pytest.approx((without.estimate, without.tau2), rel=1e-12)


# ---------------------------------------------------------------- intervals of tau2


@pytest.mark.parametrize("k", [2, 3, 5, 20, 21, 22, 60, 400])
@pytest.mark.parametrize("where", [0.3, 0.9, 1.0, 1.2, 2.5])
def test_the_distribution_of_q_is_chi_squared_under_equal_variances(k, where):
    from scipy.stats import chi2

    design, variances = np.ones((k, 1)), np.full(k, 0.3)
    found = upper_tail(where * k, design, 1 / variances, variances)
    assert found == pytest.approx(chi2.sf(where * k, k - 1), abs=2e-12)


def test_the_distribution_of_q_is_that_of_simulated_data():
    rng = np.random.default_rng(7)
    design = np.column_stack((np.ones(6), [0.1, 1.2, -0.4, 0.6, 2.0, -1.0]))
    vi, weights = np.array([0.05, 3.0, 0.4, 1.1, 0.2, 8.0]), np.array([1, 2, 0.5, 3, 1, 0.2])
    draws = rng.normal(size=(100_000, 6)) * np.sqrt(vi)
    basis = weighted_fit(np.zeros(6), design, weights).basis
    scaled = draws * np.sqrt(weights)
    q = np.sum(scaled**2, axis=1) - np.sum((scaled @ basis) ** 2, axis=1)
    for value in (0.5, 3.0, 12.0):
        assert upper_tail(value, design, weights, vi) == pytest.approx(np.mean(q >= value), abs=0.005)


@given(studies, intervals)
@FEW
def test_intervals_of_tau2_are_ordered_and_equivariant(rows, method):
    one = stats.confidence_tau2(effects_of(rows), method=method)
    assert 0.0 <= one.tau2_low <= one.tau2_high
    assert one.i2_low <= one.i2_high
    assert (one.tau_low, one.tau_high) == (math.sqrt(one.tau2_low), math.sqrt(one.tau2_high))
    flipped = stats.confidence_tau2(effects_of([(-y, v) for y, v in reversed(rows)]), method=method)
    scaled = stats.confidence_tau2(effects_of([(1e3 * y, 1e6 * v) for y, v in rows]), method=method)
    scale = max(v for _, v in rows) + np.ptp([y for y, _ in rows]) ** 2
    for name in ("tau2_low", "tau2_high"):
        assert getattr(flipped, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-8 * scale)
        assert getattr(scaled, name) == pytest.approx(1e6 * getattr(one, name), rel=1e-6, abs=1e-2 * scale)


def test_limits_reach_the_probabilities_they_promise():
    effects = bcg()
    design, observed = np.ones((13, 1)), stats.pool(effects).q
    found = stats.confidence_tau2(effects, method="BJ", level=0.9)
    for limit, tail in ((found.tau2_low, 0.05), (found.tau2_high, 0.95)):
        assert upper_tail(observed, design, 1 / effects.vi, effects.vi + limit) == pytest.approx(
            tail, abs=1e-9
        )
    likely = stats.confidence_tau2(effects, method="PL", level=0.9)
    best = stats.fit_statistics(stats.pool(effects)).loglik_reml
    for limit in (likely.tau2_low, likely.tau2_high):
        there = stats.pool(effects, tau2=lambda yi, vi, design, t=limit: (t, None))
        drop = 2 * (best - stats.fit_statistics(there).loglik_reml)
        assert drop == pytest.approx(2.705543454095404, abs=1e-9)  # the 90 % quantile of chi-squared(1)


def test_results_carry_what_their_intervals_need():
    effects, model = bcg(), stats.regress(bcg(), {"ablat": TRIALS["moderators"]["ablat"]}, tau2="ML")
    assert stats.confidence_tau2(stats.pool(effects)) == stats.confidence_tau2(effects)
    residual = stats.confidence_tau2(model, method="PL")
    assert residual.tau2 == model.tau2
    assert residual.tau2_low < model.tau2 < residual.tau2_high


# ---------------------------------------------------------------- likelihoods, nested models


def test_the_likelihood_of_two_studies_by_hand():
    """y = 0, 1 with v = 1 and tau2 = 0: mean 1/2, log-likelihood -log(2 pi) - 1/4."""
    found = stats.fit_statistics(stats.pool(effects_of([(0.0, 1.0), (1.0, 1.0)]), tau2="CE"))
    assert found.loglik_ml == pytest.approx(-math.log(2 * math.pi) - 0.25, rel=1e-14)
    assert found.loglik_reml == pytest.approx(-0.5 * math.log(2 * math.pi) - 0.25, rel=1e-14)
    assert found.deviance_ml == pytest.approx(0.5)
    assert (found.parameters, found.aic_ml - found.bic_ml) == (1, pytest.approx(2 - math.log(2)))


@given(studies, st.integers(0, 1000))
@FEW
def test_a_moderator_never_lowers_the_likelihood(rows, seed):
    effects = effects_of(rows)
    x = np.random.default_rng(seed).random(len(rows))
    full = stats.regress(effects, {"x": x}, tau2="ML")
    found = stats.likelihood_ratio(full, stats.pool(effects, tau2="ML"))
    assert found.stat >= 0.0
    assert 0.0 <= found.pval <= 1.0
    assert found.loglik >= found.loglik_reduced - 1e-8 * abs(found.loglik)


# ---------------------------------------------------------------- predictions


@given(studies)
@FEW
def test_true_effects_lie_between_the_estimate_and_the_mean(rows):
    pooled = stats.pool(effects_of(rows))
    found = stats.blup(pooled)
    for own, (y, _) in zip(found.estimate, rows, strict=True):
        low, high = sorted((y, pooled.estimate))
        assert low - 1e-9 <= own <= high + 1e-9
    assert np.all(found.pi_low <= found.estimate)
    if pooled.tau2 == 0.0:
        assert found.estimate == pytest.approx(np.full(len(rows), pooled.estimate))


def test_true_effects_in_a_regression_agree_with_metafor():
    """R 4.2.2, metafor 3.8-1: blup(rma(yi, vi, mods = ~ ablat, test = "knha", control = ...)), threshold 1e-14."""
    model = stats.regress(bcg(), {"ablat": TRIALS["moderators"]["ablat"]}, test="knha")
    first = {name: getattr(stats.blup(model), name)[0] for name in ("estimate", "se", "pi_low", "pi_high")}
    metafor = (-1.002472074894, 0.280434252998655, -1.61970370412543, -0.38524044566258)
    assert tuple(first.values()) == pytest.approx(metafor, rel=1e-10)


@given(studies, st.sampled_from(["z", "knha"]))
@FEW
def test_predicting_a_pooled_effect_gives_it_back(rows, test):
    pooled = stats.pool(effects_of(rows), test=test)
    found = stats.predict(pooled)
    mine = [found.estimate[0], found.se[0], found.ci_low[0], found.pi_low[0], found.pi_high[0]]
    theirs = [pooled.estimate, pooled.se, pooled.ci_low, pooled.pi_low, pooled.pi_high]
    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_predictions_name_their_moderators():
    allocation = TRIALS["moderators"]["alloc"]
    model = stats.regress(bcg(), {"ablat": TRIALS["moderators"]["ablat"], "alloc": allocation})
    found = stats.predict(model, {"ablat": [10, 50], "alloc: random": [1, 0]}, prediction="t(k-1)")
    assert found.pi_method == "t with 9 degrees of freedom"
    b = dict(zip(model.names, model.coefficients, strict=True))
    assert found.estimate[0] == pytest.approx(b["intrcpt"] + 10 * b["ablat"] + b["alloc: random"])
    assert found.estimate[1] == pytest.approx(b["intrcpt"] + 50 * b["ablat"])  # the first level
    assert len(stats.predict(model).estimate) == 13
    with pytest.raises(stats.MissingColumns, match="ablat is missing"):
        stats.predict(model, {"alloc: random": [1]})


# ---------------------------------------------------------------- location and scale


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_a_constant_scale_is_the_ordinary_model(seed):
    rng = np.random.default_rng(seed)
    vi = rng.uniform(0.02, 0.2, 12)
    effects = stats.effect_sizes("GEN", yi=rng.normal(0, np.sqrt(0.3 + vi)), vi=vi)
    pooled = stats.pool(effects)
    if pooled.tau2 < 1e-3:
        return
    found = stats.location_scale(effects, {})
    assert math.exp(found.scale.coefficients[0]) == pytest.approx(pooled.tau2, rel=1e-7)
    assert found.location.coefficients[0] == pytest.approx(pooled.estimate, rel=1e-7, abs=1e-9)
    assert found.loglik_reml == pytest.approx(stats.fit_statistics(pooled).loglik_reml, abs=1e-9)


def test_a_scale_moderator_is_found_and_units_do_not_matter():
    rng = np.random.default_rng(3)
    x = np.repeat([0.0, 1.0], 150)
    vi = rng.uniform(0.01, 0.05, 300)
    yi = rng.normal(0.2, np.sqrt(np.exp(-3 + 2 * x) + vi))
    effects = stats.effect_sizes("GEN", yi=yi, vi=vi)
    found = stats.location_scale(effects, {"x": x}, {"x": x}, tau2="ML")
    assert np.all(np.abs(found.scale.coefficients - [-3, 2]) < 3 * found.scale.se)
    years = stats.location_scale(effects, {"x": 1990 + 10 * x}, {"x": x}, tau2="ML")
    assert years.scale.coefficients[1] * 10 == pytest.approx(found.scale.coefficients[1], rel=1e-6)
    assert years.scale.se[1] * 10 == pytest.approx(found.scale.se[1], rel=1e-5)
    separate = stats.pool(effects.select(x == 1.0), tau2="ML")
    assert math.exp(found.scale.coefficients.sum()) == pytest.approx(separate.tau2, rel=1e-6)


# ---------------------------------------------------------------- tables


@given(tables, st.sampled_from(["OR", "RR", "RD", "PETO"]), st.randoms(use_true_random=False))
@FEW
def test_tables_in_any_order_and_with_the_groups_swapped(rows, measure, random):
    def pooled(given_rows):
        columns = columns_of(given_rows)
        return stats.peto(**columns) if measure == "PETO" else stats.mantel_haenszel(measure, **columns)

    one, shuffled = pooled(rows), rows.copy()
    random.shuffle(shuffled)
    other, swapped = pooled(shuffled), pooled([(c, d, a, b) for a, b, c, d in rows])
    assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se), rel=1e-9, abs=1e-12)
    assert (swapped.estimate, swapped.se) == pytest.approx((-one.estimate, one.se), rel=1e-9, abs=1e-12)
    assert np.sum(one.weights) == pytest.approx(1.0, abs=1e-12)
    doubled = pooled([*rows, *rows])
    assert (doubled.estimate, doubled.se) == pytest.approx(
        (one.estimate, one.se / math.sqrt(2)), rel=1e-9, abs=1e-12
    )


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 20)), min_size=2, max_size=8))
@FEW
def test_observed_minus_expected_is_a_common_effect(rows):
    oei, voi = (np.round(column, 4) for column in zip(*rows, strict=True))
    trials = stats.peto(oei=oei, voi=voi)
    common = stats.pool(stats.effect_sizes("GEN", yi=oei / voi, vi=1 / voi), tau2="CE")
    mine, theirs = ([p.estimate, p.se, p.q, p.ci_low] for p in (trials, common))
    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    assert stats.peto(oi=oei + 5, ei=np.full(len(oei), 5.0), voi=voi).estimate == pytest.approx(
        trials.estimate
    )


def test_leaving_tables_out_and_adding_them():
    columns = columns_of([(4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209)])
    left = stats.leave_one_out_tables("RR", slab=["A", "B", "C"], **columns)
    added = stats.cumulative_tables("RR", order=[3, 1, 2], slab=["A", "B", "C"], **columns)
    without_a = columns_of([(6, 300, 29, 274), (3, 228, 11, 209)])
    assert left.pooled[0].estimate == stats.mantel_haenszel("RR", **without_a).estimate
    assert added.labels == ("B", "C", "A")
    assert added.pooled[1].estimate == pytest.approx(left.pooled[0].estimate)
    assert added.pooled[-1].estimate == pytest.approx(stats.mantel_haenszel("RR", **columns).estimate)


# ---------------------------------------------------------------- regression


@given(studies, st.integers(0, 1000), st.sampled_from(["DL", "REML", "PM"]))
@FEW
def test_a_moderator_may_change_its_unit_and_origin(rows, seed, method):
    effects, x = effects_of([*rows, (0.3, 0.1)]), np.random.default_rng(seed).uniform(0, 5, len(rows) + 1)
    one = stats.regress(effects, {"x": x}, tau2=method)
    other = stats.regress(effects, {"x": 1900 + 10 * x}, tau2=method)
    assert other.coefficients[1] * 10 == pytest.approx(one.coefficients[1], rel=1e-5, abs=1e-6)
    assert other.tau2 == pytest.approx(one.tau2, rel=1e-5, abs=1e-6)
    assert other.q == pytest.approx(one.q, rel=1e-6, abs=1e-9)
    flipped = stats.regress(effects_of([(-y, v) for y, v in [*rows, (0.3, 0.1)]]), {"x": x}, tau2=method)
    assert flipped.coefficients == pytest.approx(-one.coefficients, rel=1e-7, abs=1e-7)
