"""Pooling: laws that hold for any data, the edges, and refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis import stats
from analysis.stats.tau2 import log_likelihood

ITERATED = ("ML", "REML", "PM", "EB")
numbers = st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 4))
variances = st.floats(-4, 2).map(lambda x: round(10**x, 6))
studies = st.lists(st.tuples(numbers, variances), min_size=2, max_size=12)
methods = st.sampled_from(list(stats.ESTIMATORS))


def effects_of(rows):
    return stats.effect_sizes("GEN", yi=[y for y, _ in rows], vi=[v for _, v in rows])


def close(a, b, scale):
    return a == pytest.approx(b, rel=1e-7, abs=1e-7 * scale)


@given(studies, methods, st.randoms())
def test_order_does_not_matter(rows, method, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    one, other = (stats.pool(effects_of(r), tau2=method) for r in (rows, shuffled))
    scale = max(math.sqrt(max(v for _, v in rows)), *(abs(y) for y, _ in rows))
    assert close(other.estimate, one.estimate, scale)
    assert close(other.se, one.se, scale)
    assert close(other.tau2, one.tau2, scale**2)


@given(studies, methods, st.sampled_from(list(stats.TESTS)))
def test_flipping_the_sign_flips_the_result(rows, method, test):
    one = stats.pool(effects_of(rows), tau2=method, test=test)
    other = stats.pool(effects_of([(-y, v) for y, v in rows]), tau2=method, test=test)
    assert other.estimate == -one.estimate
    assert (other.ci_low, other.ci_high) == (-one.ci_high, -one.ci_low)
    assert other.tau2 == one.tau2
    assert other.to_dict()["pval"] == one.to_dict()["pval"]  # None for 0/0: identical effects of 0 under knha


@given(studies, methods, st.sampled_from([1e-6, 1e-3, 1e4, 1e6]))
def test_units_do_not_matter(rows, method, unit):
    one = stats.pool(effects_of(rows), tau2=method)
    other = stats.pool(effects_of([(y * unit, v * unit**2) for y, v in rows]), tau2=method)
    scale = max(math.sqrt(max(v for _, v in rows)), *(abs(y) for y, _ in rows))
    assert close(other.estimate / unit, one.estimate, scale)
    assert close(other.tau2 / unit**2, one.tau2, scale**2)
    assert other.i2 == pytest.approx(one.i2, abs=1e-4)


@given(studies, methods)
def test_the_pooled_value_is_inside_the_range_and_weights_sum_to_one(rows, method):
    pooled = stats.pool(effects_of(rows), tau2=method)
    low, high = min(y for y, _ in rows), max(y for y, _ in rows)
    assert low - 1e-9 <= pooled.estimate <= high + 1e-9
    assert np.sum(pooled.weights) == pytest.approx(1.0, abs=1e-12)
    assert np.all(pooled.weights > 0)
    assert pooled.tau2 >= 0
    assert 0 <= pooled.i2 <= 100
    assert pooled.ci_low <= pooled.estimate <= pooled.ci_high
    if pooled.pi_low is not None:
        assert pooled.pi_low <= pooled.ci_low
        assert pooled.ci_high <= pooled.pi_high


@given(studies, st.sampled_from(["ML", "REML"]))
def test_the_likelihood_is_highest_at_the_estimate(rows, method):
    effects = effects_of(rows)
    design = np.ones((len(rows), 1))
    found = stats.pool(effects, tau2=method).tau2
    best = log_likelihood(effects.yi, effects.vi, design, found, restricted=method == "REML")
    spread = float(np.ptp(effects.yi)) ** 2 + float(np.max(effects.vi))
    for other in (0.0, *np.geomspace(1e-8, 10, 120)):
        value = log_likelihood(effects.yi, effects.vi, design, other * spread, restricted=method == "REML")
        assert value <= best + 1e-8 * max(1.0, abs(best))


@given(studies)
def test_paule_mandel_solves_its_equation(rows):
    effects = effects_of(rows)
    tau2 = stats.pool(effects, tau2="PM").tau2
    weights = 1 / (effects.vi + tau2)
    mean = np.sum(weights * effects.yi) / np.sum(weights)
    q = float(np.sum(weights * (effects.yi - mean) ** 2))
    df = len(rows) - 1
    assert q == pytest.approx(df, rel=1e-9) if tau2 > 0 else q <= df * (1 + 1e-9)


@given(studies)
def test_a_copy_of_a_study_pulls_the_common_effect_towards_it(rows):
    before = stats.pool(effects_of(rows), tau2="CE")
    after = stats.pool(effects_of([*rows, rows[0]]), tau2="CE")
    assert abs(after.estimate - rows[0][0]) <= abs(before.estimate - rows[0][0]) + 1e-9
    assert after.se < before.se


@given(studies)
def test_the_adhoc_interval_is_never_narrower_than_t(rows):
    t, adhoc = (stats.pool(effects_of(rows), test=test) for test in ("t", "adhoc"))
    assert adhoc.se >= t.se * (1 - 1e-12)


@given(st.lists(st.tuples(numbers, variances), min_size=3, max_size=10))
def test_q_profile_limits_are_ordered_and_reach_their_quantiles(rows):
    interval = stats.confidence_tau2(effects_of(rows))
    assert 0 <= interval.tau2_low <= interval.tau2_high
    assert interval.i2_low <= interval.i2_high
    if interval.empty:
        assert interval.tau2_high == 0


# ---------------------------------------------------------------- edges


def test_dictionary_has_the_promised_keys_and_is_json():
    pooled = stats.pool(effects_of([(0.1, 0.02), (0.4, 0.05), (0.9, 0.03)]))
    result = pooled.to_dict()
    keys = (
        "estimate se ci_low ci_high stat pval tau2 i2 h2 q q_pval pi_low pi_high k measure tau2_method test"
    )
    assert " ".join(result) == keys
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_one_study_is_its_own_result():
    pooled = stats.pool(effects_of([(0.4, 0.05)]), test="knha")
    assert (pooled.estimate, pooled.tau2, pooled.i2, pooled.h2, pooled.q, pooled.q_pval) == (
        0.4,
        0,
        0,
        1,
        0,
        1,
    )
    assert pooled.test == "z"
    assert pooled.se == pytest.approx(math.sqrt(0.05))
    assert any("One study" in note for note in pooled.notes)


def test_a_common_effect_has_no_prediction_interval():
    for name in ("CE", "FE", "EE"):
        pooled = stats.pool(effects_of([(0.1, 0.02), (0.4, 0.05)]), tau2=name)
        assert (pooled.tau2_method, pooled.tau2, pooled.pi_low, pooled.pi_method) == (name, 0.0, None, None)


def test_prediction_interval_says_its_variant():
    rows = [(0.1, 0.02), (0.4, 0.05), (0.9, 0.03)]
    assert stats.pool(effects_of(rows)).pi_method == "normal"
    assert stats.pool(effects_of(rows), test="knha").pi_method == "t with 2 degrees of freedom"


def test_identical_effects_under_knapp_hartung_come_with_a_warning():
    pooled = stats.pool(effects_of([(0.25, 0.1), (0.25, 0.2), (0.25, 0.3)]), test="knha")
    assert pooled.se == 0
    assert any("identical" in note for note in pooled.notes)
    json.dumps(pooled.to_dict(), allow_nan=False)


@given(studies)
def test_a_knapp_hartung_interval_narrower_than_that_of_z_says_so(rows):
    own, usual = (stats.pool(effects_of(rows), test=test) for test in ("knha", "z"))
    if own.se > 0 and own.test == "knha":
        narrower = own.ci_high - own.ci_low < usual.ci_high - usual.ci_low
        assert any("narrower" in note for note in own.notes) == narrower
    assert not any(
        "narrower" in note for note in (*usual.notes, *stats.pool(effects_of(rows), test="adhoc").notes)
    )


def test_a_likelihood_with_two_maxima_gives_the_higher():
    path = Path(__file__).parent / "reference" / "gibson2002__MD.json"
    case = json.loads(path.read_text(encoding="utf-8"))
    effects = stats.effect_sizes("GEN", yi=case["yi"], vi=case["vi"])
    keep = effects.usable
    yi, vi, design = effects.yi[keep], effects.vi[keep], np.ones((effects.k, 1))

    def height(tau2):
        return log_likelihood(yi, vi, design, tau2, restricted=True)

    found = stats.pool(effects).tau2
    assert found == pytest.approx(9.679, abs=1e-3)
    assert height(0.0) > height(0.01)  # 0 is a maximum too, where a climb from below would stop
    assert height(found) > height(0.0)


def test_estimator_may_be_a_function_and_names_ignore_case():
    rows = [(0.1, 0.02), (0.4, 0.05), (0.9, 0.03)]
    pooled = stats.pool(effects_of(rows), tau2=lambda yi, vi, design: (0.5, None))
    assert pooled.tau2 == 0.5
    assert stats.pool(effects_of(rows), tau2="reml", test="KNHA").tau2_method == "REML"
    assert stats.pool(effects_of(rows), test="hksj").test == "knha"


def test_zero_variance():
    effects = effects_of([(0.1, 0.0), (0.3, 0.03), (0.5, 0.04), (0.2, 0.05)])
    assert stats.pool(effects, tau2="SJ").q is None
    for name in ("CE", "DL", "REML", "HE"):
        with pytest.raises(stats.ZeroVariance, match="leave the study out"):
            stats.pool(effects, tau2=name)


def test_missing_rows_are_named_in_the_result():
    effects = stats.effect_sizes("GEN", yi=[0.1, None, 0.3], vi=[0.1, 0.1, 0.2], slab="abc")
    pooled = stats.pool(effects)
    assert (pooled.k, pooled.slab) == (2, ("a", "c"))
    assert pooled.dropped == ((1, "b", "yi is missing."),)


@pytest.mark.parametrize(
    ("error", "sentence", "arguments"),
    [
        (
            stats.UnknownEstimator,
            "no between-study variance estimator 'XX'; choose one of CE",
            {"tau2": "XX"},
        ),
        (stats.UnknownOption, "no test 'w'; choose one of z, t, knha, adhoc", {"test": "w"}),
        (stats.UnknownOption, "level is 95; give a fraction", {"level": 95}),
        (stats.NotConverged, "came out as -1", {"tau2": lambda yi, vi, design: (-1.0, None)}),
    ],
)
def test_unknown_choices_are_refused(error, sentence, arguments):
    with pytest.raises(error) as caught:
        stats.pool(effects_of([(0.1, 0.02), (0.4, 0.05)]), **arguments)
    assert sentence in str(caught.value)


def test_every_interval_checks_its_level():
    effects = effects_of([(0.1, 0.02), (0.4, 0.05), (0.2, 0.03)])
    tables = {"ai": [10, 4], "bi": [90, 46], "ci": [20, 9], "di": [80, 41]}
    for run in (
        lambda: stats.confidence_tau2(effects, level=95),
        lambda: stats.egger(effects, level=95),
        lambda: stats.mantel_haenszel("OR", level=95, **tables),
        lambda: stats.peto(level=95, **tables),
    ):
        with pytest.raises(stats.UnknownOption, match="level is 95"):
            run()


def test_one_overwhelming_study_leaves_digits_for_the_others():
    # Sums of weights without the heaviest study must not be taken as a difference: exact values by fractions.
    from fractions import Fraction

    rows = [(1.0, 1e-12), (2.0, 1.0), (4.0, 2.0)]
    w = [1 / Fraction(v) for _, v in rows]
    y = [Fraction(y) for y, _ in rows]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    trace = sum(w) - sum(a * a for a in w) / sum(w)
    pooled = stats.pool(effects_of(rows), tau2="DL")
    assert pooled.q == pytest.approx(float(q), rel=1e-13)
    assert pooled.tau2 == pytest.approx(float((q - 2) / trace), rel=1e-12)


def test_nothing_to_pool():
    with pytest.raises(stats.NoStudies, match="There are no studies to pool"):
        stats.pool(stats.effect_sizes("GEN", yi=[], vi=[]))
    with pytest.raises(stats.NoStudies, match=r"None of the 1 rows.*yi is missing"):
        stats.pool(stats.effect_sizes("GEN", yi=[None], vi=[1]))


@pytest.mark.parametrize(
    "rows", [[(1.0, 1e-320), (2.0, 1.0)], [(1.0, 1e300), (2.0, 1.0)], [(1e80, 1.0), (2.0, 1.0)]]
)
def test_numbers_beyond_double_precision_are_refused(rows):
    with pytest.raises(stats.InvalidValue, match="Check the units"):
        stats.pool(effects_of(rows))


@pytest.mark.parametrize("method", stats.ESTIMATORS)
def test_variances_ten_orders_apart_are_no_trouble(method):
    pooled = stats.pool(effects_of([(1.0, 1e-8), (2.0, 1e4), (1.5, 1.0), (-1.0, 1e-3)]), tau2=method)
    assert -1 <= pooled.estimate <= 2


def test_natural_scale():
    pooled = stats.pool(stats.effect_sizes("OR", yi=[-0.4, -0.7], vi=[0.1, 0.2]))
    natural = stats.natural_scale(pooled)
    assert natural["scale"] == "odds ratio"
    assert natural["estimate"] == pytest.approx(math.exp(pooled.estimate))
    assert natural["pi_high"] == pytest.approx(math.exp(pooled.pi_high))
    assert stats.natural_scale(stats.pool(effects_of([(1, 2), (2, 3)])))["scale"] == ""
    proportions = stats.effect_sizes("PFT", xi=[3, 8], ni=[20, 40])
    size = stats.harmonic_mean(proportions.ni)
    turned = stats.natural_scale(stats.pool(proportions), ni=size)
    assert 0.15 < turned["estimate"] < 0.2
    with pytest.raises(stats.InvalidValue, match="Give ni"):
        stats.natural_scale(stats.pool(proportions))


@given(st.integers(0, 40), st.integers(1, 40))
def test_double_arcsine_returns_to_the_proportion(events, size):
    assume(events <= size)
    effect = stats.effect_sizes("PFT", xi=[events], ni=[size]).yi
    assert stats.back_transform(effect, "PFT", ni=size)[0] == pytest.approx(events / size, abs=1e-7)


# ---------------------------------------------------------------- tables


def test_mantel_haenszel_by_hand():
    tables = {"ai": [10, 4], "bi": [90, 46], "ci": [20, 9], "di": [80, 41]}
    pooled = stats.mantel_haenszel("OR", **tables)
    top, bottom = 10 * 80 / 200 + 4 * 41 / 100, 90 * 20 / 200 + 46 * 9 / 100
    assert pooled.estimate == pytest.approx(math.log(top / bottom), rel=1e-14)
    assert pooled.tau2_method == "MH"
    assert pooled.weights.sum() == pytest.approx(1)
    assert list(pooled.to_dict()) == list(stats.Pooled.KEYS)


@pytest.mark.parametrize("measure", ["OR", "RR", "IRR"])
def test_ratio_without_events_in_a_group_is_refused(measure):
    tables = {"ai": [0, 0], "n1i": [20, 30], "ci": [2, 3], "n2i": [20, 30]}
    rates = {"x1i": [0, 0], "t1i": [20, 30], "x2i": [2, 3], "t2i": [20, 30]}
    with pytest.raises(stats.TooFewStudies, match="one of the groups has no event"):
        stats.mantel_haenszel(measure, **(rates if measure == "IRR" else tables))


def test_tables_that_cannot_be_pooled():
    with pytest.raises(stats.TooFewStudies, match="Peto's method needs"):
        stats.peto(ai=[0], n1i=[20], ci=[0], n2i=[20])
    with pytest.raises(stats.NoStudies, match="No complete table"):
        stats.peto(ai=[None], n1i=[20], ci=[0], n2i=[20])
    with pytest.raises(stats.MissingColumns, match="given: ai"):
        stats.peto(ai=[1])
    with pytest.raises(stats.UnknownOption, match="no Mantel-Haenszel method for 'SMD'"):
        stats.mantel_haenszel("SMD", ai=[1], n1i=[20], ci=[0], n2i=[20])
