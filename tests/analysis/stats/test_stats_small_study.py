"""Trim and fill, fail-safe N, excess significance, Henmi-Copas, Baujat: metafor's values, hand values, refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import binom, gamma, norm

from analysis import stats
from tests.analysis.stats.reference_case import Case
from tests.analysis.stats.reference_small_study import CHECKS

PINNED = sorted((Path(__file__).parent / "reference" / "small_study").glob("*.json"))
OPEN = Path(__file__).parents[4] / "shared" / "reference" / "stats" / "open"
SHARED = [
    path
    for path in sorted(OPEN.glob("*.json"))
    if path.stem not in {pin.stem for pin in PINNED} and '"bias"' in path.read_text(encoding="utf-8")
]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def differences(data):
    case = Case(data)
    return [sentence for check in CHECKS for sentence in check(case)]


@pytest.mark.parametrize("path", [p for p in PINNED if not p.stem.startswith("sel_")], ids=lambda p: p.stem)
def test_pinned_case_agrees(path):
    assert differences(read(path)) == []


@pytest.mark.parametrize("path", SHARED or [None], ids=lambda p: p.stem if p else "absent")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("the full set of reference values is not beside the repository")
    assert differences(read(path)) == []


def test_the_checks_can_fail():
    data = read(next(p for p in PINNED if p.stem == "bcg__RR"))
    block = next(b for b in data["bias"]["trimfill"] if b["k0"] and b["method"] == "DL")
    block["beta"] *= 1 + 1e-7
    data["bias"]["fsn"]["Rosenthal"]["fsnum"] += 1
    data["bias"]["tes"]["chi2"]["E"] *= 1 + 1e-7
    data["bias"]["hc"]["se"] *= 1 + 1e-7
    data["sensitivity"][0]["baujat"]["y"][3] *= 1 + 1e-6
    assert len(differences(data)) >= 5


def effects(yi, vi, **more):
    return stats.effect_sizes("GEN", yi=yi, vi=vi, **more)


BCG = Case(read(next(p for p in PINNED if p.stem == "bcg__RR"))).effects
LOPSIDED = effects([0.1, 0.15, 0.2, 0.3, 0.9, 1.1, 1.4], [0.01, 0.012, 0.015, 0.02, 0.2, 0.25, 0.4])


# ---------------------------------------------------------------- trim and fill

#: Passive smoking and lung cancer, log odds ratios of 37 studies (Hackshaw 1998; metadat's dat.hackshaw1998).
HACKSHAW_YI = """
    0.165514 0.371564 0.703098 0.182322 -0.287682 0.727549 0.756122 -0.223144 -0.235722 0.698135
    0.207014 0.182322 0.41871 0.029559 0.438255 0.029559 0.850151 0.500775 0.173953 0.41871 0.770108
    0.076961 0.936093 0.482426 0.058269 -0.235722 -0.301105 0.81978 -0.030459 0.470004 0.173953
    0.506818 0.231112 0.09531 0.506818 0.14842 0.10436
"""
HACKSHAW_VI = """
    0.018777 0.033044 0.540196 0.031268 0.079656 0.227321 0.088922 0.19268 0.339016 0.098066
    0.045556 0.23175 0.079643 0.217395 0.076958 0.071502 0.292566 0.032438 0.036273 0.483851
    0.123816 0.071085 0.398195 0.089623 0.03372 0.016129 0.180233 0.317148 0.012547 0.113696
    0.089337 0.175986 0.010029 0.086214 0.039875 0.0364 0.06642
"""
HACKSHAW = effects([float(x) for x in HACKSHAW_YI.split()], [float(x) for x in HACKSHAW_VI.split()])


def test_published_example():
    # Viechtbauer 2010, J Stat Softw 36(3): 7 studies missing on the left, estimate 0.1556 (0.0842 to 0.2270)
    result = stats.trim_and_fill(HACKSHAW, tau2="CE")
    assert (result.k0, result.side) == (7, "left")
    assert result.se_k0 == pytest.approx(4.0405, abs=5e-5)
    found = (result.pooled.estimate, result.pooled.ci_low, result.pooled.ci_high)
    assert found == pytest.approx((0.1556, 0.0842, 0.2270), abs=5e-5)


def test_a_symmetric_funnel_is_left_alone():
    symmetric = effects([-1.0, -0.4, 0.0, 0.4, 1.0], [0.4, 0.1, 0.01, 0.1, 0.4])
    for estimator in ("L0", "R0", "Q0"):
        result = stats.trim_and_fill(symmetric, estimator=estimator)
        assert result.k0 == 0
        assert result.pooled == result.observed
        assert len(result.filled_yi) == 0


def test_ranks_by_hand():
    # Common effect of the first round 0.19: positive deviations are the ranks 7, 6, 5 and 3 of seven, S = 21.
    # L0 = (4 * 21 - 56)/13 = 2.15; trimming two, then three, it settles.
    result = stats.trim_and_fill(LOPSIDED, tau2="CE", side="left")
    assert result.side == "left"
    assert result.k0 == 3
    centre = stats.pool(LOPSIDED.select([0, 1, 2, 3]), tau2="CE").estimate
    assert sorted(result.filled_yi) == pytest.approx(sorted(2 * centre - np.array([0.9, 1.1, 1.4])))
    assert result.effects.slab[-3:] == ("Filled 1", "Filled 2", "Filled 3")
    assert result.pooled.k == 10


def test_the_side_away_from_which_effects_drift():
    mirrored = effects((-LOPSIDED.yi).tolist(), LOPSIDED.vi.tolist())
    assert stats.trim_and_fill(LOPSIDED).side == "left"
    assert stats.trim_and_fill(mirrored).side == "right"
    two = effects([0.1, 0.9], [0.01, 0.5])
    assert stats.trim_and_fill(two, tau2="DL").side == "left"


finite = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))
studies = st.lists(st.tuples(finite, st.floats(0.01, 1.0)), min_size=4, max_size=12, unique_by=lambda s: s[0])


@settings(max_examples=40, deadline=None)
@given(studies, st.floats(-3, 3), st.floats(0.1, 10.0), st.sampled_from(["L0", "R0"]))
def test_trim_and_fill_moves_with_the_effects(rows, shift, factor, estimator):
    yi, vi = np.array(rows).T
    try:
        one = stats.trim_and_fill(effects(yi, vi), estimator=estimator, side="left", tau2="DL")
    except stats.StatsError:
        return
    moved = effects(shift + factor * yi, factor**2 * vi)
    other = stats.trim_and_fill(moved, estimator=estimator, side="left", tau2="DL")
    mirror = stats.trim_and_fill(effects(-yi, vi), estimator=estimator, side="right", tau2="DL")
    if one.k0 == other.k0:  # rounding of a tie apart
        assert other.pooled.estimate == pytest.approx(shift + factor * one.pooled.estimate, abs=1e-9)
    assert mirror.k0 == one.k0
    assert mirror.pooled.estimate == pytest.approx(-one.pooled.estimate, abs=1e-9)


def test_trim_and_fill_refuses_with_a_sentence():
    with pytest.raises(stats.UnknownOption, match="estimator"):
        stats.trim_and_fill(BCG, estimator="L1")
    with pytest.raises(stats.UnknownOption, match="side"):
        stats.trim_and_fill(BCG, side="top")
    with pytest.raises(stats.TooFewStudies):
        stats.trim_and_fill(effects([0.3], [0.1]))
    with pytest.raises(stats.StatsError, match="Q0 is not defined"):
        # Ranks 2, 3, 4 of four above the centre: S = 9, 4S = 36 > 2k^2 + 1/4
        stats.trim_and_fill(
            effects([0, 1, 1.1, 1.2], [0.001, 0.1, 0.1, 0.1]), estimator="Q0", side="left", tau2="CE"
        )


def test_trimming_that_goes_round_in_circles_is_refused(monkeypatch):
    from analysis.stats.trim_and_fill import MISSING

    answers = iter([1.0, 2.0] * 60)
    monkeypatch.setitem(MISSING, "L0", lambda ranks: (next(answers), lambda k0: 1.0))
    with pytest.raises(stats.NotConverged, match="does not settle"):
        stats.trim_and_fill(BCG)


# ---------------------------------------------------------------- fail-safe N


def test_orwin_by_hand():
    # Mean 0.6 of 12 studies, to 0.2: 12 (0.6 - 0.2)/0.2 = 24
    result = stats.fail_safe_n(effects([0.6] * 12, [0.04] * 12), method="Orwin", target=0.2)
    assert (result.n, result.estimate) == (24, pytest.approx(0.6))


def test_general_with_a_common_effect_is_rosenberg():
    one = stats.fail_safe_n(BCG, method="Rosenberg")
    other = stats.fail_safe_n(BCG, method="General", tau2="CE")
    assert one.exact_n == pytest.approx(other.exact_n)
    assert other.tau2 == 0.0


def test_general_does_what_it_says():
    result = stats.fail_safe_n(BCG, method="General", tau2="DL")
    harmonic = 1 / np.mean(1 / BCG.vi)
    weights = 1 / (BCG.vi + result.tau2)
    for n, significant in ((result.n - 1, True), (result.n, False)):
        total = np.sum(weights) + n / (harmonic + result.tau2)
        z = abs(np.sum(weights * BCG.yi)) / math.sqrt(total)
        assert (z > norm.ppf(0.975)) == significant
    halved = stats.fail_safe_n(BCG, method="General", tau2="DL", target=result.estimate / 2)
    total = np.sum(weights) + halved.exact_n / (harmonic + result.tau2)
    assert np.sum(weights * BCG.yi) / total == pytest.approx(result.estimate / 2)


def test_fail_safe_refuses_with_a_sentence():
    with pytest.raises(stats.InvalidValue, match="target"):
        stats.fail_safe_n(BCG, method="Orwin", target=0.3)
    with pytest.raises(stats.UnknownOption, match="target effect"):
        stats.fail_safe_n(BCG, target=0.3)
    with pytest.raises(stats.UnknownOption):
        stats.fail_safe_n(BCG, method="Rosental")
    with pytest.raises(stats.ZeroVariance, match="variance"):
        stats.fail_safe_n(effects([1, 2], [0.0, 1.0]))


def test_not_significant_needs_none():
    assert stats.fail_safe_n(effects([0.1, -0.1, 0.05], [1, 1, 1])).n == 0


# ---------------------------------------------------------------- excess significance


def test_exact_test_with_equal_powers_is_binomial():
    same = effects([0.5, 0.4, 0.6, 0.1, 0.3], [0.04] * 5)
    exact = stats.excess_significance(same, test="exact")
    assert exact.pval == pytest.approx(stats.excess_significance(same, test="binom").pval)
    assert exact.pval == pytest.approx(binom.sf(exact.observed - 1, 5, exact.expected / 5))


def test_power_with_heterogeneity_is_the_average_power():
    result = stats.excess_significance(BCG, tau2="DL")
    v, crit = float(BCG.vi[0]), norm.ppf(0.975)

    def integrand(theta):
        own = norm.sf(crit - theta / v**0.5) + norm.cdf(-crit - theta / v**0.5)
        return own * norm.pdf(theta, result.theta, result.tau2**0.5)

    assert result.power[0] == pytest.approx(quad(integrand, -6, 6, epsabs=1e-12)[0], rel=1e-9)


def test_studies_that_cannot_fail_to_be_significant():
    sure = effects([5.0, 6.0, 5.5], [1e-4] * 3)  # metafor stops here
    result = stats.excess_significance(sure)
    assert (result.observed, result.expected, result.pval) == (3, pytest.approx(3.0), 1.0)


def test_excess_refuses_with_a_sentence():
    with pytest.raises(stats.UnknownOption):
        stats.excess_significance(BCG, test="fisher")
    with pytest.raises(stats.UnknownOption):
        stats.excess_significance(BCG, alternative="up")
    with pytest.raises(stats.UnknownOption):
        stats.excess_significance(BCG, alpha=5)


def test_directed_studies():
    up = stats.excess_significance(BCG, alternative="greater")
    down = stats.excess_significance(BCG, alternative="less")
    assert up.observed + down.observed >= stats.excess_significance(BCG).observed
    assert down.expected > up.expected


# ---------------------------------------------------------------- Henmi and Copas


def test_henmi_copas_from_matrices():
    yi, vi = BCG.yi, BCG.vi
    k, w = len(yi), 1 / vi
    w1, w2 = w.sum(), (w**2).sum()
    centre = (w * yi).sum() / w1
    q = (w * (yi - centre) ** 2).sum()
    tau2 = max(0.0, (q - (k - 1)) / (w1 - w2 / w1))
    cov = np.diag(vi + tau2)
    sd = math.sqrt(w @ cov @ w) / w1
    c = cov @ w / w1 / sd
    a = np.diag(w) - np.outer(w, w) / w1
    rest = cov - np.outer(c, c)
    moments = np.trace(a @ rest), c @ a @ c, 2 * np.trace(a @ rest @ a @ rest), 4 * c @ a @ rest @ a @ c

    def tail(t):
        def integrand(z):
            mean, variance = moments[0] + moments[1] * z * z, moments[2] + moments[3] * z * z
            bound = (k - 1) + (w1 - w2 / w1) * (w1 / w2) * (z * z * sd**2 * w1 / t**2 - 1)
            return gamma.cdf(bound, mean**2 / variance, scale=variance / mean) * norm.pdf(z)

        start = t / math.sqrt(w1) / sd
        return 2 * quad(integrand, start, start + 10, epsabs=1e-13, epsrel=1e-11, limit=300)[0]

    multiplier = brentq(lambda t: tail(t) - 0.05, 1, 5, xtol=1e-11)
    result = stats.henmi_copas(BCG)
    assert result.multiplier == pytest.approx(multiplier, rel=1e-10)
    assert result.ci_high == pytest.approx(result.estimate + multiplier * sd, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(studies, st.floats(1e-3, 1e3))
def test_henmi_copas_has_no_unit(rows, factor):
    yi, vi = np.array(rows).T
    one, other = stats.henmi_copas(effects(yi, vi)), stats.henmi_copas(effects(factor * yi, factor**2 * vi))
    assert other.multiplier == pytest.approx(one.multiplier, rel=1e-8)
    assert stats.henmi_copas(effects(-yi, vi)).ci_low == pytest.approx(-one.ci_high)
    wider = stats.henmi_copas(effects(yi, vi), level=0.99)
    assert wider.multiplier > one.multiplier


# ---------------------------------------------------------------- coordinates


def test_baujat_adds_up_to_q():
    assert np.sum(stats.baujat(BCG, tau2="CE").x) == pytest.approx(stats.pool(BCG).q)


def test_radial_plot_slope_is_the_estimate():
    points = stats.galbraith(BCG)
    assert points.x @ points.y / (points.x @ points.x) == pytest.approx(points.estimate)
    assert points.margin == pytest.approx(1.959964, rel=1e-6)


def test_labbe_proportions():
    points = stats.labbe(
        ai=[4, 6, None], n1i=[10, 20, 5], ci=[5, 10, 1], n2i=[20, 20, 5], slab=["a", "b", "c"]
    )
    assert points.slab == ("a", "b")
    assert points.x.tolist() == [0.25, 0.5]
    assert points.y.tolist() == [0.4, 0.3]
    assert points.size.tolist() == [30.0, 40.0]


def test_results_are_ready_for_json():
    results = (stats.trim_and_fill(BCG), stats.fail_safe_n(BCG), stats.excess_significance(BCG))
    for result in (*results, stats.henmi_copas(BCG), stats.baujat(BCG), stats.galbraith(BCG)):
        assert json.loads(json.dumps(result.to_dict()))


def test_a_sample_size_that_is_not_known_is_named():
    effects = stats.effect_sizes(
        "GEN", yi=[0.1, 0.4, 0.2], vi=[0.1, 0.2, 0.3], ni=[40, None, 20], slab=["A", "B", "C"]
    )
    with pytest.raises(stats.MissingColumns, match="that of B is not known"):
        stats.egger(effects, predictor="sqrtninv")
