"""Bayesian pooling: against integrals computed in R, closed forms, a published table, and laws for any data."""

import json
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats

#: Coaching and SAT scores in eight schools (Rubin 1981, J Educ Stat 6:377): mean differences, standard errors.
SCHOOLS = ((28, 8, -3, 7, -1, 1, 18, 12), (15, 10, 16, 11, 9, 11, 10, 18))
FIVE = ((-0.6, -0.1, -0.9, -1.4, 0.2), (0.3, 0.25, 0.5, 0.7, 0.4))
#: R 4.2.2: integrate() at rel.tol 1e-12 over 40 pieces of tau/(1 + tau), quantiles by uniroot() at 1e-12.
IN_R = [
    (
        SCHOOLS,
        {"prior": "half-cauchy", "scale": 5},
        {
            "mu": (7.803020898549, 4.465026489338, 7.788894314506, -0.914662513806, 16.605084077173),
            "p": 0.039086984501,
            "tau": (3.63386728589, 3.26255645795, 2.77418335386, 0.12421763542, 12.06226570027),
            "prediction": (-5.1399832621, 21.0343421668),
            "shrinkage": (9.3328238799, 6.2086382697, 7.8060417788, 5.2769059771),
            "bf": (1.5810805852, None),
        },
    ),
    (
        SCHOOLS,
        {"prior": "half-normal", "scale": 5, "mean_prior": (0, 10)},
        {
            "mu": (6.545620762751, 3.987412219472, 6.550294311420, -1.293416737213, 14.356772930768),
            "p": 0.050346262936,
            "tau": (3.27624417006, 2.47954938189, 2.76923860383, 0.12884064014, 9.22304522543),
            "prediction": (-5.0029097814, 17.9731645687),
            "shrinkage": (7.8896230673, 5.5009429127, 6.7285605323, 4.9066781582),
            "bf": (1.216148407, 0.64296718046),
        },
    ),
    (
        FIVE,
        {"prior": "half-normal", "scale": 0.5},
        {
            "mu": (-0.402553734739, 0.256472926045, -0.390423524673, -0.955464216105, 0.074232030311),
            "p": 0.955079818608,
            "tau": (0.333962979016, 0.233332461361, 0.296169485087, 0.015768596933, 0.883443869773),
            "prediction": (-1.46910231437, 0.55826484168),
            "shrinkage": (-0.48102732743, 0.24730367472, -0.23148241149, 0.21817611651),
            "bf": (0.99302582858, None),
        },
    ),
    (
        FIVE,
        {"prior": "log-normal", "scale": (-2.56, 1.74), "mean_prior": (0, 4)},
        {
            "mu": (-0.393368709553, 0.241741992409, -0.384129675080, -0.902428493716, 0.055006805301),
            "p": 0.959834807031,
            "tau": (0.301564806751, 0.213772374078, 0.250777401091, 0.050731216323, 0.844100808442),
            "prediction": (-1.34350906943, 0.46157555127),
            "shrinkage": (-0.47085336405, 0.23979332354, -0.23955139889, 0.21306023429),
            "bf": (0.97776412568, 3.4601382041),
        },
    ),
]


def effects_of(data):
    return stats.effect_sizes("GEN", yi=list(data[0]), sei=list(data[1]))


@pytest.mark.parametrize(("data", "options", "theirs"), IN_R)
def test_agrees_with_integrals_computed_in_r(data, options, theirs):
    ours = stats.bayes(effects_of(data), **options)
    for name in ("mu", "tau"):
        s = getattr(ours, name)
        assert (s.mean, s.sd, s.median, s.low, s.high) == pytest.approx(theirs[name], rel=1e-9, abs=1e-9)
    assert ours.p_below_zero == pytest.approx(theirs["p"], rel=1e-9)
    assert (ours.prediction.low, ours.prediction.high) == pytest.approx(theirs["prediction"], rel=1e-9)
    drawn = [x for study in ours.shrinkage[:2] for x in (study.mean, study.sd)]
    assert drawn == pytest.approx(theirs["shrinkage"], rel=1e-9)
    assert ours.bf_tau == pytest.approx(theirs["bf"][0], rel=1e-9)
    assert ours.bf_mu == (None if theirs["bf"][1] is None else pytest.approx(theirs["bf"][1], rel=1e-9))


def test_eight_schools_as_published():
    # Gelman et al., Bayesian Data Analysis, 3rd edition, table 5.3: medians of 200 draws, uniform prior on tau
    ours = stats.bayes(effects_of(SCHOOLS), prior="uniform")
    medians = (10, 8, 7, 8, 5, 6, 10, 8)
    assert [s.mean for s in ours.shrinkage] == pytest.approx(medians, abs=1.6)
    assert ours.mu.mean == pytest.approx(7.9, abs=0.1)


# ---------------------------------------------------------------- closed forms


def test_one_study_leaves_the_prior_of_tau_as_it_is():
    ours = stats.bayes(effects_of(((1.0,), (0.5,))), prior="half-normal", scale=2.0)
    normal = statistics.NormalDist()
    assert ours.tau.mean == pytest.approx(2 * math.sqrt(2 / math.pi), rel=1e-13)
    assert ours.tau.sd == pytest.approx(2 * math.sqrt(1 - 2 / math.pi), rel=1e-12)
    assert ours.tau.median == pytest.approx(2 * normal.inv_cdf(0.75), rel=1e-12)
    assert (ours.tau.low, ours.tau.high) == pytest.approx(
        (2 * normal.inv_cdf(0.5125), 2 * normal.inv_cdf(0.9875)), rel=1e-11
    )
    assert (ours.tau.shortest_low, ours.tau.shortest_high) == pytest.approx((0.0, 2 * normal.inv_cdf(0.975)))
    assert ours.tau.mode == 0.0
    assert ours.mu.mean == pytest.approx(1.0, abs=1e-13)
    assert ours.mu.sd == pytest.approx(math.sqrt(0.25 + 4.0), rel=1e-12)
    assert ours.bf_tau == pytest.approx(1.0, rel=1e-12)


def test_half_cauchy_quantiles():
    ours = stats.bayes(effects_of(((1.0,), (0.5,))), prior="half-cauchy", scale=3.0)
    assert ours.tau.median == pytest.approx(3.0, rel=1e-11)
    assert ours.tau.high == pytest.approx(3 * math.tan(math.pi * 0.975 / 2), rel=1e-10)
    assert (ours.tau.mean, ours.tau.sd, ours.mu.mean) == (None, None, None)  # they do not exist


def test_log_normal_prior_is_of_tau_squared():
    ours = stats.bayes(effects_of(((1.0,), (0.5,))), prior="log-normal", scale=(-2.56, 1.74))
    assert ours.tau.median**2 == pytest.approx(math.exp(-2.56), rel=1e-12)
    assert ours.tau.high**2 == pytest.approx(math.exp(-2.56 + 1.959963984540054 * 1.74), rel=1e-10)
    assert ours.tau.mode == pytest.approx(math.exp(-1.28 - 0.87**2), rel=1e-9)


def test_a_prior_that_shuts_tau_at_zero_gives_the_conjugate_posterior():
    y, s = np.array(FIVE[0]), np.array(FIVE[1])
    precision = np.sum(s**-2) + 2.0**-2
    mean = (np.sum(y / s**2) + 0.5 / 2.0**2) / precision
    ours = stats.bayes(effects_of(FIVE), prior="half-normal", scale=1e-7, mean_prior=(0.5, 2.0))
    assert ours.mu.mean == pytest.approx(mean, rel=1e-10)
    assert ours.mu.sd == pytest.approx(precision**-0.5, rel=1e-10)
    z = 1.959963984540054 * precision**-0.5
    assert (ours.mu.low, ours.mu.high) == pytest.approx((mean - z, mean + z), rel=1e-10)
    assert (ours.mu.shortest_low, ours.mu.shortest_high) == pytest.approx((mean - z, mean + z), rel=1e-8)
    assert ours.p_below_zero == pytest.approx(statistics.NormalDist().cdf(-mean * math.sqrt(precision)))
    # Savage and Dickey: the Bayes factor of mu = 0 is the ratio of posterior and prior density there
    prior = statistics.NormalDist(0.5, 2.0).pdf(0.0)
    assert ours.bf_mu == pytest.approx(ours.posterior_mu.density(0.0) / prior, rel=1e-8)


def test_savage_dickey_ratio_of_tau():
    ours = stats.bayes(effects_of(FIVE), prior="half-normal", scale=0.5)
    prior = 2 * statistics.NormalDist(0.0, 0.5).pdf(0.0)
    assert ours.bf_tau == pytest.approx(ours.posterior_tau.density(0.0) / prior, rel=1e-12)


@pytest.mark.parametrize("data", [FIVE, ((0.1, 0.9, 1.6, -0.4, 2.2, 0.5), (0.2, 0.3, 0.2, 0.25, 0.4, 0.1))])
def test_flat_priors_peak_at_the_restricted_maximum_likelihood(data):
    effects = effects_of(data)
    ours = stats.bayes(effects, prior="uniform")
    assert ours.tau.mode**2 == pytest.approx(stats.pool(effects, tau2="REML").tau2, rel=1e-8)


def test_a_function_or_an_object_may_take_the_place_of_a_name():
    from analysis.stats.bayes_priors import half_normal

    effects = effects_of(FIVE)
    named = stats.bayes(effects, prior="half-normal", scale=0.5)
    given_object = stats.bayes(effects, prior=half_normal(0.5))
    function = stats.bayes(effects, prior=lambda tau: -0.5 * (tau / 0.5) ** 2)
    assert given_object.mu == named.mu
    assert function.mu.median == pytest.approx(named.mu.median, rel=1e-12)
    assert function.bf_tau is None


# ---------------------------------------------------------------- laws

studies = st.lists(
    st.tuples(st.floats(-5, 5).map(lambda x: round(x, 3)), st.floats(0.1, 2).map(lambda x: round(x, 3))),
    min_size=2,
    max_size=6,
)
few = settings(max_examples=6, deadline=None)
priors = st.sampled_from(["half-normal", "half-cauchy", "exponential"])


def run(rows, prior, scale=0.5, **options):
    return stats.bayes(effects_of(tuple(zip(*rows, strict=True))), prior=prior, scale=scale, **options)


@few
@given(studies, priors)
def test_flipping_the_sign_flips_the_posterior(rows, prior):
    one, other = run(rows, prior), run([(-y, s) for y, s in rows], prior)
    assert other.mu.median == pytest.approx(-one.mu.median, abs=1e-9)
    assert (other.mu.low, other.mu.high) == pytest.approx((-one.mu.high, -one.mu.low), abs=1e-9)
    assert other.p_below_zero == pytest.approx(1 - one.p_below_zero, abs=1e-12)
    assert other.tau.median == pytest.approx(one.tau.median, rel=1e-9)


@few
@given(studies, priors, st.sampled_from([1e-4, 1e3]))
def test_units_do_not_matter(rows, prior, unit):
    one, other = run(rows, prior), run([(y * unit, s * unit) for y, s in rows], prior, scale=0.5 * unit)
    assert other.mu.median / unit == pytest.approx(one.mu.median, abs=1e-9)
    assert other.tau.high / unit == pytest.approx(one.tau.high, rel=1e-8)
    assert other.bf_tau == pytest.approx(one.bf_tau, rel=1e-9)


@few
@given(studies, priors)
def test_intervals_hold_what_they_say(rows, prior):
    r = run(rows, prior, level=0.9)
    for summary, posterior in ((r.mu, r.posterior_mu), (r.tau, r.posterior_tau)):
        assert posterior.cdf(summary.high) - posterior.cdf(summary.low) == pytest.approx(0.9, abs=1e-9)
        held = posterior.cdf(summary.shortest_high) - posterior.cdf(summary.shortest_low)
        assert held == pytest.approx(0.9, abs=1e-8)
        assert summary.shortest_high - summary.shortest_low <= summary.high - summary.low + 1e-9
        assert summary.low < summary.median < summary.high
    assert r.prediction.high - r.prediction.low > r.mu.high - r.mu.low


@few
@given(studies, priors)
def test_studies_are_drawn_towards_the_mean(rows, prior):
    r = run(rows, prior)
    low, high = min(y for y, _ in rows), max(y for y, _ in rows)
    for study in r.shrinkage:
        assert low - 1e-9 <= study.mean <= high + 1e-9


def test_many_studies_of_unlike_precision():
    rng = np.random.default_rng(4)
    s = np.exp(rng.uniform(-4, 1, 300))
    effects = stats.effect_sizes(
        "GEN", yi=1.0 + 0.3 * rng.standard_normal(300) + s * rng.standard_normal(300), sei=s
    )
    ours = stats.bayes(effects, prior="uniform")
    reml = stats.pool(effects, tau2="REML")
    assert ours.tau.mode**2 == pytest.approx(reml.tau2, rel=1e-6)
    assert ours.mu.mean == pytest.approx(reml.estimate, abs=2e-3)
    assert ours.mu.sd == pytest.approx(reml.se, rel=0.02)


# ---------------------------------------------------------------- edges and refusals


def test_scale_of_log_ratios_has_a_default_and_that_of_others_has_not():
    ratio = stats.effect_sizes("OR", ai=[4, 7], n1i=[20, 30], ci=[8, 9], n2i=[20, 30], slab=["Ito", "Berg"])
    ours = stats.bayes(ratio)
    assert (ours.prior, ours.scale, ours.measure) == ("half-normal", 0.5, "OR")
    assert stats.natural_scale(ours)["estimate"] == pytest.approx(math.exp(ours.mu.median))
    assert "carries much" in ours.notes[0]
    with pytest.raises(stats.InvalidValue, match="Give the scale of the half-normal prior"):
        stats.bayes(effects_of(FIVE))


@pytest.mark.parametrize(
    ("data", "options", "error", "words"),
    [
        (((1.0, 2.0), (1.0, 1.0)), {"prior": "uniform"}, stats.TooFewStudies, "at least 3 studies"),
        (((1.0,), (0.0,)), {"scale": 1}, stats.ZeroVariance, "variance is 0"),
        (FIVE, {"prior": "flat"}, stats.UnknownOption, "no prior 'flat'"),
        (FIVE, {"scale": -1}, stats.InvalidValue, "must be a number above 0"),
        (FIVE, {"prior": "log-normal", "scale": 0.5}, stats.InvalidValue, "of log tau2"),
        (FIVE, {"scale": 1, "mean_prior": (0, 0)}, stats.InvalidValue, "sd above 0"),
        (FIVE, {"scale": 1, "level": 95}, stats.UnknownOption, "fraction"),
        (((None,), (1.0,)), {"scale": 1}, stats.NoStudies, "nothing to pool"),
        (FIVE, {"prior": lambda tau: 5 * np.log1p(tau)}, stats.NotConverged, "does not die away"),
    ],
)
def test_refusals(data, options, error, words):
    with pytest.raises(error, match=words):
        stats.bayes(effects_of(data), **options)


def test_result_is_fit_for_json():
    keys = json.loads(json.dumps(stats.bayes(effects_of(FIVE), scale=0.5).to_dict()))
    assert {"mu", "tau", "prediction", "shrinkage", "p_below_zero", "bf_tau"} <= set(keys)
    assert "posterior_mu" not in keys
