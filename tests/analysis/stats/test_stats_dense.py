"""The public face against the plain matrix formulae, with dense inverses and a grid search, on random data."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm, t

from analysis import stats


def projection(vi, design, tau2):
    """(X'WX)^-1 and P = W - WX(X'WX)^-1X'W with full matrices."""
    w = np.linalg.inv(np.diag(vi + tau2))
    bread = np.linalg.inv(design.T @ w @ design)
    return bread, w - w @ design @ bread @ design.T @ w


def log_likelihood(yi, vi, design, tau2, restricted):
    bread, p = projection(vi, design, tau2)
    value = -0.5 * (np.sum(np.log(vi + tau2)) + yi @ p @ yi)
    return value + 0.5 * np.linalg.slogdet(bread)[1] if restricted else value


def study_set(seed):
    """Effects of 2 to 40 studies with tau2 of 0 to 20 in units from 1e-5 to 1e3, and a design of 1 to 3 columns."""
    rng = np.random.default_rng(seed)
    k, unit = int(rng.choice([2, 3, 5, 9, 15, 40])), 10.0 ** rng.choice([-5, -2, 0, 0, 3])
    vi = np.exp(rng.uniform(math.log(0.01), math.log(rng.choice([0.02, 0.3, 30.0])), k))
    tau2 = rng.choice([0.0, 0.0, 0.05, 1.0, 20.0])
    yi = rng.normal(0.5, 1.0, k) * np.sqrt(vi + tau2)
    p = int(rng.integers(1, 4)) if k >= 9 else 1
    return yi * unit, vi * unit**2, np.column_stack([np.ones(k), rng.normal(size=(k, p - 1))])


def fitted(yi, vi, design, **options):
    effects = stats.effect_sizes("GEN", yi=yi, vi=vi)
    if design.shape[1] == 1:
        return stats.pool(effects, **options)
    return stats.regress(effects, {f"x{j}": x for j, x in enumerate(design.T[1:])}, **options)


@pytest.mark.parametrize("seed", range(32))
def test_everything_from_dense_matrices(seed):
    yi, vi, design = study_set(seed)
    k, p = design.shape
    tests, methods = ("z", "t", "knha", "adhoc"), ("REML", "ML", "DL", "HE", "SJ", "PM", "EB", "HS")
    test, method = tests[seed % 4], methods[seed // 4 % 8]
    level = 0.9 if seed % 3 else 0.99
    ours = fitted(yi, vi, design, tau2=method, test=test, level=level)
    bread, projected = projection(vi, design, ours.tau2)
    b = bread @ design.T @ (yi / (vi + ours.tau2))
    dispersion = yi @ projected @ yi / (k - p)
    factor = {"z": 1.0, "t": 1.0, "knha": dispersion, "adhoc": max(1.0, dispersion)}[test]
    se = np.sqrt(factor * np.diagonal(bread))
    law = norm() if test == "z" else t(k - p)
    margin = law.ppf(0.5 + level / 2) * se
    estimate = ours.estimate if p == 1 else ours.coefficients
    assert estimate / se == pytest.approx(b / se, rel=1e-9, abs=1e-9)
    assert se / ours.se == pytest.approx(np.ones(p), rel=1e-9)
    assert ours.ci_low / se == pytest.approx((b - margin) / se, rel=1e-9, abs=1e-9)
    assert np.atleast_1d(ours.pval) == pytest.approx(2 * law.sf(np.abs(b / se)), rel=1e-7)
    common = projection(vi, design, 0.0)[1]
    assert ours.q == pytest.approx(yi @ common @ yi, rel=1e-9)
    assert ours.q_pval == pytest.approx(chi2.sf(ours.q, k - p), rel=1e-7)
    typical = (k - p) / np.trace(common)
    assert ours.i2 == pytest.approx(100 * ours.tau2 / (ours.tau2 + typical), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("seed", range(100, 115))
def test_no_tau2_on_a_fine_grid_is_likelier(seed, method):
    yi, vi, design = study_set(seed)
    ours = fitted(yi, vi, design, tau2=method)
    restricted = method == "REML"
    reached = log_likelihood(yi, vi, design, ours.tau2, restricted)
    grid = [0.0, *np.geomspace(1e-4 * vi.min(), 4.0 * np.ptp(yi) ** 2 + vi.max(), 120)]
    assert reached >= max(log_likelihood(yi, vi, design, tau2, restricted) for tau2 in grid) - 1e-9


@pytest.mark.parametrize("seed", range(200, 220))
def test_q_profile_limits_solve_their_equation(seed):
    yi, vi, design = study_set(seed)
    interval = stats.confidence_tau2(fitted(yi, vi, design), level=0.95)
    df = len(yi) - design.shape[1]
    for limit, share in ((interval.tau2_low, 0.975), (interval.tau2_high, 0.025)):
        q = yi @ projection(vi, design, limit)[1] @ yi
        target = chi2.ppf(share, df)
        assert q == pytest.approx(target, rel=1e-7) if limit > 0.0 else q <= target * (1 + 1e-9)


@pytest.mark.parametrize("method", sorted(stats.ESTIMATORS))
def test_one_study_without_a_variance_is_refused(method):
    with pytest.raises(stats.ZeroVariance, match="check that row"):
        stats.pool(stats.effect_sizes("GEN", yi=[0.4], vi=[0.0]), tau2=method)


def test_a_huge_fail_safe_number_is_the_next_whole_one():
    effects = stats.effect_sizes("GEN", yi=[999998.0, 1e6, 1000003.0, 999999.0], vi=[1.0] * 4)
    found = stats.fail_safe_n(effects)
    assert found.n == math.ceil(found.exact_n) == 5913784151488
