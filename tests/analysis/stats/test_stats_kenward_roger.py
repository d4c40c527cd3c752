"""Kenward and Roger's test: against the general matrix formulae of 1997, closed cases, and laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import stats

BCG = Path(__file__).parent / "reference" / "bcg__RR.json"


def general(yi, vi, tau2, information):
    """Kenward & Roger 1997, p. 986-987, with matrices, for V = diag(vi) + tau2 I and the contrast of the mean."""
    k = len(yi)
    x = np.ones((k, 1))
    inverse = np.diag(1 / (vi + tau2))
    phi = np.linalg.inv(x.T @ inverse @ x)
    projector = inverse - inverse @ x @ phi @ x.T @ inverse
    half = np.trace(projector @ projector) / 2
    known = half if information == "expected" else yi @ projector @ projector @ projector @ yi - half
    w = 1 / known
    p = -x.T @ inverse @ inverse @ x
    q = x.T @ inverse @ inverse @ inverse @ x
    adjusted = phi + 2 * phi @ (w * (q - p @ phi @ p)) @ phi
    theta = np.linalg.inv(phi)
    a1 = w * np.trace(theta @ phi @ p @ phi) ** 2
    a2 = w * np.trace(theta @ phi @ p @ phi @ theta @ phi @ p @ phi)
    ell = 1
    b = (a1 + 6 * a2) / (2 * ell)
    g = ((ell + 1) * a1 - (ell + 4) * a2) / ((ell + 2) * a2)
    c1, c2, c3 = (v / (3 * ell + 2 * (1 - g)) for v in (g, ell - g, ell + 2 - g))
    mean = 1 / (1 - a2 / ell)
    variance = 2 / ell * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * mean**2)
    df = 4 + (ell + 2) / (ell * rho - 1)
    return np.sqrt(adjusted.item()), df, df / (mean * (df - 2))


@pytest.mark.parametrize("information", ["expected", "observed"])
def test_agrees_with_the_general_formulae(information):
    case = json.loads(BCG.read_text(encoding="utf-8"))
    yi, vi = np.array(case["yi"]), np.array(case["vi"])
    effects = stats.effect_sizes("GEN", yi=yi, vi=vi)
    ours = stats.kenward_roger(effects, information=information)
    se, df, scale = general(yi, vi, ours.tau2, information)
    assert ours.se == pytest.approx(se, rel=1e-10)
    assert ours.df == pytest.approx(df, rel=1e-8)
    assert scale == pytest.approx(1.0, rel=1e-8)
    reml = stats.pool(effects)
    assert (ours.estimate, ours.se_unadjusted, ours.tau2) == pytest.approx(
        (reml.estimate, reml.se, reml.tau2)
    )
    assert ours.se > reml.se


def test_equal_variances_give_t_with_one_less_than_the_studies():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.9, -0.4, 0.5], vi=[0.1] * 4)
    ours = stats.kenward_roger(effects)
    plain = stats.pool(effects, test="t")
    assert ours.df == pytest.approx(3.0)
    assert (ours.se, ours.ci_low, ours.pval) == pytest.approx((plain.se, plain.ci_low, plain.pval))
    assert ours.pi_method == "t with 2 degrees of freedom"


rows = st.lists(
    st.tuples(st.floats(-5, 5).map(lambda x: round(x, 3)), st.floats(0.05, 3).map(lambda x: round(x, 3))),
    min_size=2,
    max_size=9,
)


@given(rows, st.sampled_from([1e-4, 1e3]))
def test_laws(studies, unit):
    def run(sign=1.0, factor=1.0):
        yi, vi = zip(*studies, strict=True)
        return stats.kenward_roger(
            stats.effect_sizes("GEN", yi=[sign * factor * y for y in yi], vi=[factor**2 * v for v in vi])
        )

    one, flipped, scaled = run(), run(-1.0), run(1.0, unit)
    assert one.se >= one.se_unadjusted * (1 - 1e-12)
    assert one.df > 0.0
    assert flipped.estimate == pytest.approx(-one.estimate, abs=1e-9)
    assert flipped.df == pytest.approx(one.df, rel=1e-6)
    assert scaled.se / unit == pytest.approx(one.se, rel=1e-6)
    assert scaled.df == pytest.approx(one.df, rel=1e-5)


def test_edges_and_refusals():
    identical = stats.kenward_roger(stats.effect_sizes("GEN", yi=[0.2, 0.2, 0.2], vi=[0.1, 0.2, 0.4]))
    assert "tau2 is 0" in identical.notes[0]
    assert json.loads(json.dumps(identical.to_dict()))["test"] == "kr"
    one = stats.effect_sizes("GEN", yi=[0.2], vi=[0.1])
    with pytest.raises(stats.TooFewStudies, match="at least 2 studies"):
        stats.kenward_roger(one)
    with pytest.raises(stats.ZeroVariance, match="variance is 0"):
        stats.kenward_roger(stats.effect_sizes("GEN", yi=[0.2, 0.3], vi=[0.1, 0.0]))
    two = stats.effect_sizes("GEN", yi=[0.2, 0.3], vi=[0.1, 0.2])
    with pytest.raises(stats.UnknownOption, match="no information"):
        stats.kenward_roger(two, information="total")
    with pytest.raises(stats.NotConverged, match="not above 0"):
        stats.kenward_roger(two, information="observed")
