"""Tests of funnel asymmetry by author, the one proposed for a measure, PET-PEESE and the p-curve.

The expected numbers of the regressions are R's lm() with the published variables and weights; those of Schwarzer's
test cor.test(method="kendall", exact=FALSE) on moments summed from dhyper(); R 4.2.2, metadat's dat.bcg and
dat.normand1999; Thompson-Sharp and Ruecker metafor 3.8-1's regtest(rma(method="DL", test="t"))."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, nchypergeom_fisher, norm

from analysis import stats
from analysis.stats.asymmetry import _kendall, noncentral
from analysis.stats.proposal import BOUNDED, SINGLE_GROUP, STANDARDISED, TWO_GROUPS

BCG = {
    "ai": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "bi": [119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886],
    "ci": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "di": [128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825],
}
NORMAND = {
    "m1i": [55, 27, 64, 66, 14, 19, 52, 21, 30],
    "sd1i": [47, 7, 17, 20, 8, 7, 45, 16, 27],
    "n1i": [155, 31, 75, 18, 8, 57, 34, 110, 60],
    "m2i": [75, 29, 119, 137, 18, 18, 41, 31, 23],
    "sd2i": [64, 4, 29, 48, 11, 4, 34, 27, 20],
    "n2i": [156, 32, 71, 18, 13, 52, 33, 183, 52],
}
FROM_R = {
    "harbord": (-1.2564743440450639, 0.2349719521220658),
    "peters": (-1.3624761993970105, 0.2002917922841355),
    "macaskill": (4.721496130877286, 6.279250919643726e-04),
    "deeks": (-1.80181252295840033, 0.09901593137028744),
    "rucker": (-4.15679040199496, 0.00159799619596589),
    "schwarzer": (0.366053325651938, 0.71432528466629),
}


@pytest.mark.parametrize("name", FROM_R)
def test_against_r(name):
    result = stats.ASYMMETRY_TESTS[name](**BCG)
    assert (result.stat, result.pval) == pytest.approx(FROM_R[name], rel=1e-9)
    assert (result.name, result.k, result.notes) == (name, 13, ())


def test_slopes_against_r():
    found = [stats.ASYMMETRY_TESTS[n](**BCG) for n in ("harbord", "peters", "macaskill", "deeks")]
    expected = [-2.092991540794237, -563.6882039133434, 6.129870274173665e-06, -50.29716994003311]
    for result, slope in zip(found, expected, strict=True):
        assert result.slope == pytest.approx(slope, rel=1e-9)
    assert [r.limit is None for r in found] == [False, False, True, False]


def test_thompson_sharp_against_metafor():
    result = stats.thompson_sharp(stats.effect_sizes("OR", **BCG))
    expected = (-0.771850048517161, 0.456465347311821, 0.337472134904735)
    assert (result.stat, result.pval, result.tau2) == pytest.approx(expected, rel=1e-9)


def test_pustejovsky_rodgers_against_r():
    effects = stats.effect_sizes("SMD", **NORMAND)
    result = stats.pustejovsky_rodgers(effects, n1i=NORMAND["n1i"], n2i=NORMAND["n2i"])
    expected = (-0.41882178267692954, 4.51482453713991, -0.09276590468391677, 0.9286887051492252)
    assert (result.slope, result.slope_se, result.stat, result.pval) == pytest.approx(expected, rel=1e-9)
    assert "Handbook" in result.notes[0]  # nine studies


def test_harbord_in_its_own_form():
    # Z/sqrt(V) on sqrt(V) without weights: the same line, with the intercept as the test
    a, b, c, d = (np.array(BCG[n], dtype=float) for n in ("ai", "bi", "ci", "di"))
    n1, n2, total = a + b, c + d, a + b + c + d
    v = n1 * n2 * (a + c) * (b + d) / (total**2 * (total - 1))
    z = a - (a + c) * n1 / total
    design = np.column_stack([np.ones(13), np.sqrt(v)])
    coefficients, rss, *_ = np.linalg.lstsq(design, z / np.sqrt(v), rcond=None)
    se = np.sqrt(rss[0] / 11 * np.linalg.inv(design.T @ design)[0, 0])
    result = stats.harbord(**BCG)
    assert (result.slope, result.slope_se) == pytest.approx((coefficients[0], se))


def test_noncentral_moments():
    for n1, n2, events, log_or in ((12, 30, 7, 0.8), (5, 5, 9, -1.0), (400, 300, 60, 0.2)):
        known = nchypergeom_fisher(n1 + n2, n1, events, np.exp(log_or))
        assert noncentral(n1, n2, events, log_or) == pytest.approx((known.mean(), known.var()), rel=1e-8)


def test_kendall_with_ties():
    x, y = np.array([1.0, 2, 2, 3, 4, 4, 5]), np.array([2.0, 1, 3, 3, 5, 4, 4])
    known = kendalltau(x, y, method="asymptotic")
    tau, z = _kendall(x, y)
    assert tau == pytest.approx(known.statistic)
    assert 2 * norm.sf(abs(z)) == pytest.approx(known.pvalue)


# ---------------------------------------------------------------- what must hold


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(13)), st.sampled_from([*FROM_R]))
def test_order_does_not_matter(order, name):
    shuffled = {column: [values[i] for i in order] for column, values in BCG.items()}
    assert stats.ASYMMETRY_TESTS[name](**shuffled).stat == pytest.approx(FROM_R[name][0], rel=1e-8)


@pytest.mark.parametrize("name", ["harbord", "peters", "macaskill", "deeks", "rucker"])
def test_swapping_groups_turns_the_sign(name):
    swapped = {"ai": BCG["ci"], "bi": BCG["di"], "ci": BCG["ai"], "di": BCG["bi"]}
    assert stats.ASYMMETRY_TESTS[name](**swapped).stat == pytest.approx(-FROM_R[name][0], rel=1e-9)


def test_tables_that_say_nothing_are_left_out():
    more = {name: [*values, 0 if name in ("ai", "ci") else 50, None] for name, values in BCG.items()}
    for name in ("harbord", "peters", "schwarzer"):
        assert stats.ASYMMETRY_TESTS[name](**more).pval == pytest.approx(FROM_R[name][1], rel=1e-9)


@pytest.mark.parametrize("name", [n for n in FROM_R if n != "schwarzer"])
def test_refusals(name):
    test = stats.ASYMMETRY_TESTS[name]
    with pytest.raises(stats.TooFewStudies):
        test(**{column: values[:2] for column, values in BCG.items()})
    with pytest.raises(stats.RankDeficient):
        test(ai=[1, 2, 3], n1i=[10, 10, 10], ci=[3, 2, 1], n2i=[10, 10, 10])
    with pytest.raises(stats.MissingColumns):
        test(ai=[1, 2, 3])
    with pytest.raises(stats.InvalidValue):
        test(ai=[11, 2, 3], n1i=[10, 20, 30], ci=[3, 2, 1], n2i=[10, 20, 30])


def test_sizes_must_fit():
    effects = stats.effect_sizes("SMD", **NORMAND)
    with pytest.raises(stats.LengthMismatch):
        stats.pustejovsky_rodgers(effects, n1i=[10], n2i=[10])


# ---------------------------------------------------------------- proposals


@pytest.mark.parametrize(
    ("measure", "more", "test"),
    [
        ("OR", {}, "harbord"),
        ("OR", {"tau2": 0.4}, "rucker"),
        ("OR", {"tables": False}, "egger"),
        ("OR", {"diagnostic": True}, "deeks"),
        ("RR", {}, "peters"),
        ("SMD", {}, "pustejovsky-rodgers"),
        ("SMD", {"tables": False}, "egger"),
        ("MD", {}, "egger"),
        ("PLO", {}, "egger"),
        ("COR", {}, "egger"),
        ("GEN", {}, "egger"),
    ],
)
def test_proposals(measure, more, test):
    proposal = stats.propose_asymmetry_test(measure, 12, **more)
    assert proposal.test == test
    assert proposal.enough
    assert proposal.reason.endswith(".")
    assert proposal.notes == ()


def test_proposals_are_about_measures_that_exist():
    assert {*STANDARDISED, *TWO_GROUPS, *SINGLE_GROUP, *BOUNDED} <= {*stats.MEASURES}


def test_every_measure_has_a_proposal_that_exists():
    known = {*stats.ASYMMETRY_TESTS, "egger", "begg"}
    for measure in stats.MEASURES:
        proposal = stats.propose_asymmetry_test(measure, 9)
        assert {proposal.test, *proposal.alternatives} <= known
        assert not proposal.enough
        assert "10" in proposal.notes[0]


# ---------------------------------------------------------------- PET-PEESE and p-curve


def test_pet_peese_against_r():
    effects = stats.effect_sizes("RR", **BCG)
    result = stats.pet_peese(effects)
    assert result.pet.limit == pytest.approx(-0.1909286423598201, rel=1e-9)
    assert result.peese.limit == pytest.approx(-0.3799535064282706, rel=1e-9)
    assert result.pet_pval == pytest.approx(0.4041839817055977 / 2, rel=1e-9)
    assert (result.chosen, result.estimate) == ("PET", result.pet.limit)
    assert "unreliable" in result.notes[1]
    again = stats.pet_peese(effects, alpha=0.3)
    assert (again.chosen, again.estimate) == ("PEESE", result.peese.limit)
    assert again.ci_low < again.estimate < again.ci_high


def test_pet_peese_with_random_effects():
    effects = stats.effect_sizes("RR", **BCG)
    result = stats.pet_peese(effects, model="rma", tau2="DL", test="z")
    line = stats.regress(effects, {"se": effects.sei}, tau2="DL", test="z")
    assert result.pet.limit == pytest.approx(line.coefficients[0])
    assert result.pet_pval == pytest.approx(line.pval[0] / 2)


def curve(z):
    return stats.p_curve(stats.effect_sizes("GEN", yi=z, vi=[1.0] * len(z)))


def test_p_curve_from_its_definitions():
    # R: pchisq(z^2, 1, ncp), uniroot for 33 % power, qnorm and Stouffer
    result = curve([2.1, 2.3, 2.6, 3.0, 2.05, 3.4, 1.2, 2.9])
    assert (result.k, result.significant, result.half) == (8, 7, 5)
    assert (result.z_right, result.z_right_half) == pytest.approx(
        (-1.8508607202482, -1.5462741477416), rel=1e-10
    )
    assert (result.z_flat, result.z_flat_half) == pytest.approx(
        (0.079813960186322, 0.15440851158508), rel=1e-9
    )
    assert (result.p_binomial_right, result.p_binomial_flat) == pytest.approx((0.2265625, 0.63977833543155))
    expected = (0.3548795576036, 0.060585503085638, 0.75694183138957)
    assert (result.power, result.power_low, result.power_high) == pytest.approx(expected, rel=1e-9)
    assert result.verdict == "evidential value"  # half curve 0.061 and full curve 0.032


def test_p_curve_verdicts():
    assert curve([1.97, 1.99, 2.0, 2.02, 2.05, 1.98]).verdict == "no or inadequate evidential value"
    assert curve([2.0, 2.3, 2.4]).verdict == "inconclusive"
    strong = curve([5.0, 6.0, 7.0, 40.0])
    assert (strong.verdict, strong.power) == ("evidential value", 0.99)
    assert any("both directions" in note for note in curve([2.5, -2.5]).notes)


def test_p_curve_power_of_simulated_studies():
    rng = np.random.default_rng(3)
    z = rng.normal(2.2, 1.0, 4000)
    result = curve(z.tolist())
    assert abs(result.power - 0.5948) < 0.04  # P(|Z| > 1.96) at a mean of 2.2


def test_p_curve_refuses_with_a_sentence():
    with pytest.raises(stats.TooFewStudies, match="significant"):
        curve([0.1, 2.5, 1.0])
    with pytest.raises(stats.ZeroVariance):
        stats.p_curve(stats.effect_sizes("GEN", yi=[1, 2], vi=[0, 1]))


def test_results_are_ready_for_json():
    effects = stats.effect_sizes("RR", **BCG)
    proposal = stats.propose_asymmetry_test("RR", 5)
    for result in (stats.harbord(**BCG), stats.pet_peese(effects), stats.p_curve(effects), proposal):
        assert json.loads(json.dumps(result.to_dict()))
