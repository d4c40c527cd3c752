"""Many meta-analyses at once: the numbers of `pool`, row for row, and the search that both rest on."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis import stats
from analysis.stats import batch, search, tau2
from analysis.stats.moments import DesignOfMany, DesignOfOne, MeanOfMany, MeanOfOne
from tests.analysis.stats.reference_case import numbers

PINNED = Path(__file__).parent / "reference"
FIELDS = ("estimate", "se", "ci_low", "ci_high", "stat", "pval", "tau2", "i2", "h2", "q", "k")


def simulated(rows, k, *, shape=1.0, spread=0.3, seed=1):
    generator = np.random.default_rng(seed)
    vi = generator.gamma(shape, 1.0 / shape, (rows, k)) + 1e-3
    return generator.normal(0.5, np.sqrt(vi + spread)), vi


def differences(found, yi, vi, mask=None, **options):
    """Where a row of the batch is not what `pool` gives for it."""
    wrong = []
    for row in range(len(found)):
        used = np.ones(yi.shape[1], dtype=bool) if mask is None else mask[row]
        used = used & ~np.isnan(yi[row]) & ~np.isnan(vi[row])
        y, v = yi[row][used], vi[row][used]
        one = stats.pool(stats.effect_sizes("GEN", yi=y, vi=v), **options)
        se, scale = one.se, float(np.median(v))
        floors = {
            "tau2": 1e-6 * scale,
            "i2": 1e-4,
            "q": 1e-6,
            "estimate": se,
            "ci_low": se,
            "ci_high": se,
            "stat": 1,
        }
        for name in FIELDS:
            ours, theirs = getattr(found, name)[row], getattr(one, name)
            theirs = math.nan if theirs is None else theirs
            if ours == theirs or (np.isnan(ours) and np.isnan(theirs)):
                continue
            if not abs(ours - theirs) <= 1e-10 * max(abs(theirs), floors.get(name, 0.0)):
                wrong.append((row, name, ours, theirs))
    return wrong


@pytest.mark.parametrize("test", list(stats.TESTS))
@pytest.mark.parametrize("method", list(stats.ESTIMATORS))
def test_every_row_is_what_pool_gives(method, test):
    for k, shape, spread in ((2, 8.0, 0.0), (3, 0.5, 1.0), (14, 0.3, 0.3)):
        yi, vi = simulated(12, k, shape=shape, spread=spread)
        found = stats.fit_many(yi, vi, tau2=method, test=test, level=0.9)
        assert differences(found, yi, vi, tau2=method, test=test, level=0.9) == []


def test_masks_and_missing_values_leave_studies_out():
    yi, vi = simulated(30, 6)
    yi[3, 2] = vi[4, 1] = np.nan
    mask = np.random.default_rng(2).random(yi.shape) < 0.6
    mask[:, 0] = True
    mask[5] = [True] + [False] * 5  # one study
    found = stats.fit_many(yi, vi, test="knha", mask=mask)
    assert differences(found, yi, vi, mask, test="knha") == []
    assert found.k[5] == 1
    assert found.tau2[5] == 0.0


def test_one_row_may_be_shared():
    yi, vi = simulated(5, 7)
    assert differences(stats.fit_many(yi, vi[0]), yi, np.broadcast_to(vi[0], yi.shape)) == []
    assert differences(stats.fit_many(yi[0], vi), np.broadcast_to(yi[0], vi.shape), vi) == []
    assert len(stats.fit_many(yi[0], vi[0])) == 1


def test_chunks_leave_no_seam(monkeypatch):
    yi, vi = simulated(100, 5)
    whole = stats.fit_many(yi, vi)
    monkeypatch.setattr(batch, "CHUNK", 17 * 5)
    parts = stats.fit_many(yi, vi)
    assert np.allclose(parts.tau2, whole.tau2, rtol=1e-12, atol=0.0)
    assert whole.to_dict()["estimate"] == pytest.approx(parts.estimate.tolist(), rel=1e-13)


def test_likelihoods_with_two_peaks_give_the_higher_one():
    for name, expected in (("gibson2002__MD", True), ("morris2008_trt__MC", False)):
        data = json.loads((PINNED / f"{name}.json").read_text(encoding="utf-8"))
        keep = [y is not None for y in data["yi"]]
        yi, vi = numbers(data["yi"])[keep], numbers(data["vi"])[keep]
        found = stats.fit_many(np.tile(yi, (3, 1)), vi)
        assert differences(found, np.tile(yi, (3, 1)), np.tile(vi, (3, 1))) == []
        assert not expected or found.tau2[0] == pytest.approx(9.679, abs=1e-3)


def test_a_function_may_estimate_tau2():
    yi, vi = simulated(4, 5)
    found = stats.fit_many(yi, vi, tau2=tau2.dersimonian_laird)
    assert found.tau2 == pytest.approx(stats.fit_many(yi, vi, tau2="DL").tau2, rel=1e-12)
    assert found.tau2_method == "dersimonian_laird"


def test_a_zero_variance_is_judged_as_pool_judges_it():
    yi, vi = simulated(3, 5)
    vi[1, 2] = 0.0
    found = stats.fit_many(yi, vi, tau2="SJ")
    assert differences(found, yi, vi, tau2="SJ") == []
    assert np.isnan(found.q[1])
    with pytest.raises(stats.ZeroVariance, match="zero"):
        stats.fit_many(yi, vi, tau2="REML")


def test_identical_effects_have_no_knapp_hartung_spread():
    yi, vi = np.full((2, 4), 0.3), np.full((2, 4), 0.1)
    found = stats.fit_many(yi, vi, test="knha")
    assert found.se.tolist() == [0.0, 0.0]
    assert found.tau2.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("yi", "vi", "options", "error"),
    [
        ([[1.0, 2.0]], [[0.1, 0.1, 0.1]], {}, stats.LengthMismatch),
        ([[1.0, math.inf]], [[0.1, 0.1]], {}, stats.NonFiniteInput),
        ([[1.0, 2.0]], [[0.1, -0.1]], {}, stats.NegativeVariance),
        ([[1.0, math.nan]], [[0.1, 0.1]], {"mask": [[False, True]]}, stats.NoStudies),
        ([[]], [[]], {}, stats.NoStudies),
        ([[1.0, 2.0]], [[0.1, 0.1]], {"tau2": "XX"}, stats.UnknownEstimator),
        ([[1.0, 2.0]], [[0.1, 0.1]], {"test": "f"}, stats.UnknownOption),
        ([[1.0, 1e80]], [[0.1, 0.1]], {}, stats.InvalidValue),
    ],
)
def test_nonsense_is_refused(yi, vi, options, error):
    with pytest.raises(error):
        stats.fit_many(yi, vi, **options)


effects = hnp.arrays(float, 6, elements=st.floats(-5, 5).map(lambda x: round(x, 3)))
variances = hnp.arrays(float, 6, elements=st.floats(-4, 2).map(lambda x: round(10**x, 5)))


@given(effects, variances, st.booleans())
def test_the_search_never_misses_a_higher_peak(yi, vi, restricted):
    """No tau2 on a dense grid has a higher likelihood than the highest of the peaks found."""
    ones = np.ones((6, 1))
    own = MeanOfOne(yi, vi, restricted=restricted)
    rss = float(np.sum((yi - yi.mean()) ** 2))
    upper = search.ceiling(vi.min(), vi.mean(), rss / (5 if restricted else 6))
    found = search.search_one(own, float(vi.min()), float(upper))
    if found is None:
        return
    grid = np.concatenate(([0.0], np.geomspace(1e-3 * vi.min(), 10.0 * (rss + vi.max()), 300)))
    own_value = max(tau2.log_likelihood(yi, vi, ones, peak, restricted=restricted) for peak in found)
    best = max(tau2.log_likelihood(yi, vi, ones, t, restricted=restricted) for t in grid.tolist())
    assert best <= own_value + 1e-9 * (1.0 + abs(own_value))


def test_most_likelihoods_are_proved_to_have_one_peak():
    yi, vi = simulated(2000, 12, shape=0.5)
    many = MeanOfMany(yi.T, vi.T)
    rss = np.sum((yi - yi.mean(axis=1, keepdims=True)) ** 2, axis=1)
    upper = search.ceiling(vi.min(axis=1), vi.mean(axis=1), rss / 11, np.sqrt)
    _, unproved = search.search_many(many, many.at(np.zeros(2000)), vi.min(axis=1), upper)
    assert unproved.mean() < 0.02


@pytest.mark.parametrize("restricted", [True, False])
def test_moments_agree_with_matrices_and_with_differences(restricted):
    yi, vi = (values[0] for values in simulated(1, 7))
    x = np.column_stack((np.ones(7), np.arange(7.0) ** 2))
    for design in (np.ones((7, 1)), x):
        one = (MeanOfOne if design.shape[1] == 1 else DesignOfOne)(
            yi, vi, *([] if design.shape[1] == 1 else [design]), restricted=restricted
        )
        many = (MeanOfMany if design.shape[1] == 1 else DesignOfMany)(
            yi[:, None], vi[:, None], *([] if design.shape[1] == 1 else [design]), restricted=restricted
        )
        w = np.diag(1.0 / (vi + 0.4))
        p = w - w @ design @ np.linalg.inv(design.T @ w @ design) @ design.T @ w
        t = p if restricted else w
        expected = (yi @ p @ p @ yi, np.trace(t), 2.0 * yi @ p @ p @ p @ yi, np.trace(t @ t), yi @ p @ yi)
        assert one.at(0.4)[:5] == pytest.approx(expected, rel=1e-12)
        assert [float(v[0]) for v in many.at(np.array([0.4]))[:5]] == pytest.approx(expected, rel=1e-12)
