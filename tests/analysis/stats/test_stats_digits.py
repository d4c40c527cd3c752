"""Digits: badly scaled data against exact rational arithmetic, and any data at all finite or refused."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats


def effects_of(yi, vi):
    return stats.effect_sizes("GEN", yi=yi, vi=vi)


# ---------------------------------------------------------------- against exact arithmetic


def exact_common_effect(yi, vi, columns):
    """Coefficients and Q of a weighted regression in rational arithmetic: no rounding at all."""
    w = [1 / Fraction(v) for v in vi]
    y, x = [Fraction(v) for v in yi], [[Fraction(v) for v in column] for column in columns]
    p = len(x)
    rows = [
        [sum(map(prod, zip(w, x[i], x[j], strict=True))) for j in range(p)]
        + [sum(map(prod, zip(w, x[i], y, strict=True)))]
        for i in range(p)
    ]
    for i in range(p):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in set(range(p)) - {i}:
            rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    b = [row[p] for row in rows]
    fitted = [sum(map(prod, zip(b, row, strict=True))) for row in zip(*x, strict=True)]
    q = sum(wi * (yi - f) ** 2 for wi, yi, f in zip(w, y, fitted, strict=True))
    return [float(value) for value in b], float(q)


YEARS = [1990, 1995, 2000, 2001, 2005, 2010, 2015, 2020]


@pytest.mark.parametrize(("degree", "digits"), [(1, 1e-13), (2, 1e-10)])
def test_years_need_no_centring(degree, digits):
    """metafor's normal equations lose digits here: it stops at the square, or gives Q to seven digits."""
    yi, vi = [0.1, 0.5, -0.2, 0.7, 0.3, 0.2, 0.8, 0.1], [0.04, 0.03, 0.05, 0.02, 0.06, 0.04, 0.03, 0.02]
    powers = {f"year^{n}": [year**n for year in YEARS] for n in range(1, degree + 1)}
    coefficients, q = exact_common_effect(yi, vi, [[1] * 8, *powers.values()])
    model = stats.regress(effects_of(yi, vi), powers, tau2="CE")
    assert model.coefficients == pytest.approx(coefficients, rel=10 * digits)
    assert model.q == pytest.approx(q, rel=digits)


def test_variances_ten_thousand_million_apart_keep_their_digits():
    """Q of metafor 3.8 is 5.385531591474941 here."""
    yi, vi = [0.1, 0.5, -0.2, 0.7], [1e-8, 0.03, 2, 50]
    (mean,), q = exact_common_effect(yi, vi, [[1] * 4])
    pooled = stats.pool(effects_of(yi, vi), tau2="CE")
    assert pooled.q == pytest.approx(q, rel=1e-15)
    assert pooled.estimate == pytest.approx(mean, rel=1e-15)


# ---------------------------------------------------------------- finite, or refused


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_a_result_is_finite_or_refused(seed):
    """Any spread of effects and variances, any estimator: numbers that can be read, or a named error."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 8))
    vi = 10 ** rng.uniform(-6, 6, k)
    if seed % 7 == 0:
        vi[rng.integers(k)] = 0.0
    yi = np.round(rng.normal(size=k) * np.sqrt(vi) * rng.choice([0, 0.3, 1, 5]), 6)
    effects, x = effects_of(yi, vi), rng.normal(size=k).round(1)
    method = str(rng.choice([*stats.ESTIMATORS, "GENQ"]))
    weights = rng.choice([0, 1, 2], size=k)
    for run in (
        lambda: stats.pool(effects, tau2=method, weights=weights),
        lambda: stats.regress(effects, {"x": x}, tau2=method, weights=weights),
        lambda: stats.location_scale(effects, {"x": x}),
        *(lambda m=m: stats.confidence_tau2(effects, tau2="ML", method=m) for m in stats.INTERVALS),
    ):
        try:
            found = run()
        except stats.StatsError:
            continue
        first = getattr(found, "estimate", getattr(found, "coefficients", 0.0))
        assert np.all(np.isfinite(first))
        assert np.all(np.isfinite(found.tau2))
