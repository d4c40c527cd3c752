"""Selection models: metafor's values, an independent likelihood, and what is refused."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, simpson
from scipy.stats import norm

from analysis import stats
from analysis.stats.selection_weights import CURVES, Smooth, Steps
from tests.analysis.stats.reference_case import Case
from tests.analysis.stats.reference_small_study import check_selection
from tests.analysis.stats.test_stats_small_study import HACKSHAW

PINNED = sorted((Path(__file__).parent / "reference" / "small_study").glob("sel_*.json"))
OPEN = Path(__file__).parents[4] / "shared" / "reference" / "stats" / "open"
SHARED = [path for path in sorted(OPEN.glob("sel_*.json")) if path.stem not in {pin.stem for pin in PINNED}]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PINNED, ids=lambda p: p.stem)
def test_pinned_case_agrees(path):
    assert check_selection(Case(read(path))) == []


@pytest.mark.parametrize("path", SHARED or [None], ids=lambda p: p.stem if p else "none")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("no selection models beyond the pinned ones")
    assert check_selection(Case(read(path))) == []


def test_the_check_can_fail():
    data = read(PINNED[0])
    data["step_025"]["beta"][0] += 1e-4
    data["step_025"]["se"][0] *= 1.001
    assert len(check_selection(Case(data))) == 2


BANGERT = Case(read(PINNED[0])).effects


def effects(yi, vi):
    return stats.effect_sizes("GEN", yi=yi, vi=vi)


# ---------------------------------------------------------------- the pieces


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("name", [*CURVES, "step"])
@pytest.mark.parametrize("plateau", [None, 0.05])
def test_normaliser_is_the_integral(name, two_sided, plateau):
    if plateau and name in ("beta", "step"):
        return
    delta = np.array([1.0, 0.4, 0.2]) if name == "step" else np.array([1.3, 1.7][: len(CURVES[name].neutral)])
    weighting = (
        Steps((0.025, 0.5, 1.0), two_sided)
        if name == "step"
        else Smooth(CURVES[name].curve, two_sided, plateau=plateau)
    )
    for mean, variance in ((0.3, 1.0), (-1.5, 4.0), (2.0, 30.0)):
        ends = -norm.ppf(np.array([1e-5, 0.025, 0.05, 0.5]) / (2 if two_sided else 1))
        breaks = [-60.0, *sorted({*ends.tolist(), *(-ends).tolist(), 0.0}), 60.0]

        def integrand(z, mean=mean, variance=variance):
            p = 2 * norm.sf(abs(z)) if two_sided else norm.sf(z)
            log_w = weighting.log_weight(np.array([p]), delta)[0][0]
            return math.exp(log_w) * norm.pdf(z, mean, variance**0.5)

        exact = sum(quad(integrand, a, b, epsabs=1e-13)[0] for a, b in itertools.pairwise(breaks))
        ours = weighting.normaliser(np.array([mean]), np.array([variance]), delta)
        assert ours.value[0] == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("name", [*CURVES, "step"])
@pytest.mark.parametrize("plateau", [None, 0.05])
def test_derivatives(name, two_sided, plateau):
    delta = np.array([1.0, 0.4, 0.2]) if name == "step" else np.array([1.3, 1.7][: len(CURVES[name].neutral)])
    weighting = (
        Steps((0.025, 0.5, 1.0), two_sided)
        if name == "step"
        else Smooth(CURVES[name].curve, two_sided, plateau=plateau)
    )
    point, h = [np.array([0.4]), np.array([2.5]), delta], 1e-6
    at = weighting.normaliser(*point)
    by = [at.by_mean[0], at.by_variance[0], *at.by_delta[0]]
    for i, slope in enumerate(by):
        sides = []
        for step in (h, -h):
            moved = [part.copy() for part in point]
            moved[min(i, 2)][max(i - 2, 0)] += step
            sides.append(weighting.normaliser(*moved).value[0])
        assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def direct(par, yi, vi, weight):
    """Log-likelihood by Simpson's rule on 4,001 points, p held at 1e-5 as the engine and metafor do."""
    mu, tau2, *delta = par
    se, s = np.sqrt(vi), np.sqrt(vi + tau2)

    def w(z):
        return weight(np.clip(norm.sf(z), 1e-5, 1 - 1e-5), delta)

    end = norm.isf(1e-5)
    z = np.linspace(-end, end, 4001)
    density = norm.pdf(z[:, None], mu / se, s / se)
    a = simpson(w(z)[:, None] * density, x=z, axis=0)
    a += w(2 * end) * norm.sf(end, mu / se, s / se) + w(-2 * end) * norm.cdf(-end, mu / se, s / se)
    return float(np.sum(np.log(w(yi / se)) + norm.logpdf(yi, mu, s) - np.log(a)))


def test_standard_errors_of_a_smooth_function():
    # metafor's are 0.786, 0.309 and 1.006 here: second differences of integrals that are good to 1e-4.
    ours = stats.selection_model(BANGERT, weight="power")
    x = np.array([ours.estimate, ours.tau2, *ours.delta])
    yi, vi = BANGERT.yi, BANGERT.vi

    def likelihood(par):
        return direct(par, yi, vi, lambda p, d: (1 - p) ** d[0])

    centre = likelihood(x)
    assert ours.loglik == pytest.approx(centre, abs=1e-9)
    h = 2e-3 * np.maximum(np.abs(x), 0.05)
    information = np.zeros((3, 3))
    for i in range(3):
        for j in range(i, 3):
            if i == j:
                up, down = (likelihood(x + sign * h * np.eye(3)[i]) for sign in (1, -1))
                information[i, i] = -(up + down - 2 * centre) / h[i] ** 2
            else:
                a, b = h * np.eye(3)[i], h * np.eye(3)[j]
                crossed = (
                    likelihood(x + a + b)
                    - likelihood(x + a - b)
                    - likelihood(x - a + b)
                    + likelihood(x - a - b)
                )
                information[i, j] = information[j, i] = -crossed / (4 * h[i] * h[j])
    expected = np.sqrt(np.diagonal(np.linalg.inv(information)))
    assert [ours.se, ours.se_tau2, *ours.delta_se] == pytest.approx(expected.tolist(), rel=1e-3)


#: (estimate, se, tau2, delta, log-likelihood) of metafor 3.8-1's selmodel(..., steps=0.05) on dat.hackshaw1998
PLATEAUS = {
    "halfnorm": (0.1017189671, 0.1189253088, 0.03216472549, 2.026039204, -8.881963491),
    "negexp": (0.02283498261, 0.1489159885, 0.02822141921, 2.636181532, -8.143551869),
    "logistic": (0.04306340634, 0.1473285801, 0.03041592877, 3.116946047, -8.333755192),
    "power": (0.1164826083, 0.08461337737, 0.03247830135, 0.6320226826, -9.148821568),
}


@pytest.mark.parametrize("name", PLATEAUS)
def test_a_function_that_starts_to_fall_at_a_step(name):
    ours = stats.selection_model(HACKSHAW, weight=name, steps=[0.05])
    estimate, _, tau2, delta, loglik = PLATEAUS[name]
    assert ours.estimate == pytest.approx(estimate, abs=2e-4)
    assert ours.tau2 == pytest.approx(tau2, abs=1e-4)
    assert ours.delta[0] == pytest.approx(delta, abs=1e-3)
    assert ours.loglik == pytest.approx(loglik, abs=2e-4)


# ---------------------------------------------------------------- what must hold


def test_weights_of_one_are_no_selection():
    fixed = stats.selection_model(BANGERT, steps=[0.025, 0.5], delta=[1, 1, 1])
    plain = stats.pool(BANGERT, tau2="ML")
    assert (fixed.estimate, fixed.tau2) == pytest.approx((plain.estimate, plain.tau2), rel=1e-6)
    assert (fixed.lrt, fixed.lrt_df, fixed.lrt_pval) == (pytest.approx(0.0, abs=1e-9), 0, None)
    assert np.all(np.isnan(fixed.delta_se))


def test_less_is_greater_mirrored():
    mirrored = effects((-BANGERT.yi).tolist(), BANGERT.vi.tolist())
    one, other = stats.selection_model(BANGERT), stats.selection_model(mirrored, alternative="less")
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-8)
    assert (other.ci_low, other.ci_high) == pytest.approx((-one.ci_high, -one.ci_low), rel=1e-8)
    assert other.loglik == pytest.approx(one.loglik)


@settings(max_examples=6, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_selection_has_no_unit(factor):
    scaled = effects((factor * BANGERT.yi).tolist(), (factor**2 * BANGERT.vi).tolist())
    one, other = stats.selection_model(BANGERT), stats.selection_model(scaled)
    assert other.estimate == pytest.approx(factor * one.estimate, rel=1e-6)
    assert other.delta == pytest.approx(one.delta, rel=1e-6)
    assert other.lrt == pytest.approx(one.lrt, rel=1e-6)


def test_simulated_selection_is_undone():
    rng = np.random.default_rng(7)
    vi = rng.uniform(0.01, 0.2, 3000)
    yi = rng.normal(0.2, np.sqrt(vi + 0.02))
    seen = (norm.sf(yi / np.sqrt(vi)) < 0.025) | (rng.uniform(size=3000) < 0.3)
    selected = effects(yi[seen].tolist(), vi[seen].tolist())
    result = stats.selection_model(selected)
    assert result.unadjusted.ci_low > 0.25  # far off without a model
    assert abs(result.estimate - 0.2) < 3 * result.se
    assert abs(result.delta[1] - 0.3) < 3 * result.delta_se[1]
    assert result.lrt_pval < 1e-6


def test_common_effect_model():
    result = stats.selection_model(BANGERT, tau2="CE")
    assert (result.tau2, result.se_tau2) == (0.0, None)
    assert result.unadjusted.tau2 == 0.0


def test_no_heterogeneity_is_said():
    even = effects(
        [0.3, 0.31, 0.29, 0.32, 0.3, 0.28, 0.05, 0.6], [0.02, 0.02, 0.03, 0.02, 0.03, 0.04, 0.04, 0.06]
    )
    result = stats.selection_model(even)
    assert result.tau2 == 0.0
    assert result.se_tau2 is None
    assert any("estimated as 0" in note for note in result.notes)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (stats.UnknownOption, {"weight": "stepp"}),
        (stats.UnknownOption, {"alternative": "up"}),
        (stats.UnknownOption, {"tau2": "REML"}),
        (stats.InvalidValue, {"steps": []}),
        (stats.InvalidValue, {"steps": [0.0]}),
        (stats.InvalidValue, {"steps": [2.5]}),
        (stats.InvalidValue, {"delta": [1.0]}),
        (stats.InvalidValue, {"delta": [1.0, -1.0]}),
        (stats.InvalidValue, {"weight": "beta", "smallest": 0.5}),
        (stats.InvalidValue, {"weight": "beta", "steps": [0.05]}),
        (stats.InvalidValue, {"weight": "power", "steps": [0.05, 0.5]}),
        (stats.TooFewStudies, {"steps": [1e-12]}),
    ],
)
def test_refused_with_a_sentence(error, arguments):
    with pytest.raises(error) as caught:
        stats.selection_model(BANGERT, **arguments)
    assert str(caught.value)[-1] in ".;)" or len(str(caught.value)) > 20


def test_too_few_studies():
    with pytest.raises(stats.TooFewStudies):
        stats.selection_model(effects([0.1, 0.9], [0.1, 0.1]))
    with pytest.raises(stats.TooFewStudies, match="more than there are studies"):
        stats.selection_model(effects([0.1, 0.9, -0.4], [0.1, 0.1, 0.1]), steps=[0.025, 0.5])
    with pytest.raises(stats.ZeroVariance):
        stats.selection_model(effects([0.1, 0.9, 0.2], [0.1, 0.0, 0.1]))


small = st.lists(st.tuples(st.floats(-1.0, 2.0), st.floats(0.01, 0.5)), min_size=4, max_size=12)


@settings(max_examples=12, deadline=None)
@given(small, st.sampled_from(["step", "halfnorm", "beta"]))
def test_a_number_or_a_named_refusal(rows, weight):
    yi, vi = np.array(rows).T
    try:
        result = stats.selection_model(effects(yi.tolist(), vi.tolist()), weight=weight, steps=[0.3])
    except stats.StatsError:
        return
    assert math.isfinite(result.estimate)
    assert result.se > 0.0
    assert result.tau2 >= 0.0
    assert np.all(result.delta >= 0.0)
    assert result.lrt >= 0.0
    assert json.dumps(result.to_dict())
