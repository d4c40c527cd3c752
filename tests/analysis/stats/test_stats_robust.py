"""Cluster-robust standard errors: against metafor and clubSandwich, against formulas worked by hand, and refusals."""

import importlib
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats
from tests.analysis.stats.reference_multilevel import PINNED, cases, check_robust, different, effects_of, read

STRUCTURES = read(PINNED / "structures.json")
METAFOR_DEFAULT = 1e-4  # the cases were made with metafor's loose default rule for tau2 (1e-5 absolute)


def length_of(data):
    return [None if value is None else float(value) for value in data["length"]]


def fits_of_robust(data):
    """Ours for each key of a robust case."""
    effects = effects_of(data)
    rows = range(len(effects))
    return {
        "CR0": stats.robust(effects, rows, kind="CR0"),
        "CR1": stats.robust(effects, rows, kind="CR1"),
        "CR1_grade": stats.robust(effects, data["cluster"], kind="CR1"),
        "CR1_mods": stats.robust(effects, rows, kind="CR1", moderators={"length": length_of(data)}),
        "CR2": stats.robust(effects, data["cluster"]),
    }


def differences(data, against, tolerance):
    return [
        d
        for key, fit in fits_of_robust(data).items()
        for d in check_robust(key, fit, against[key], tolerance)
    ]


def three_level(data, **arguments):
    columns = data["data"]
    return stats.multilevel(effects_of(columns), random="~ 1 | district/school", data=columns, **arguments)


# ---------------------------------------------------------------- metafor and clubSandwich


def test_pinned_case_agrees():
    data = read(PINNED / "robust_bangertdrowns.json")
    assert differences(data, data, METAFOR_DEFAULT) == []


def test_pinned_case_agrees_to_the_last_digits_where_metafor_is_converged():
    data = read(PINNED / "robust_bangertdrowns.json")
    assert differences(data, STRUCTURES["bangertdrowns2004"], 1e-11) == []


@pytest.mark.parametrize("path", cases("robust_"), ids=lambda p: p.stem if p else "absent")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("the full set of reference values is not beside the repository")
    data = read(path)
    assert differences(data, data, METAFOR_DEFAULT) == []


def test_three_level_model_agrees():
    data = read(PINNED / "mv_konstantopoulos_3level.json")
    fit, district = three_level(data), data["data"]["district"]
    assert check_robust("CR1", stats.robust(fit, district, kind="CR1"), data["robust"], 1e-6) == []
    assert check_robust("CR2", stats.robust(fit, district), data["robust_CR2"], 1e-6) == []
    assert stats.robust(fit, district).clusters == data["robust"]["n_clusters"]


def test_clusters_may_cross_the_random_effects_with_cr1():
    data = read(PINNED / "mv_konstantopoulos_3level.json")
    ours = stats.robust(three_level(data), data["data"]["school"], kind="CR1")
    assert different("se", ours.se, STRUCTURES["konstantopoulos2011"]["CR1_school"], 1e-6, 1.0) == []


def assink():
    data = STRUCTURES["assink2016"]
    effects = effects_of(data)
    moderators = {"year": data["year"], "pubstatus": data["pubstatus"]}
    return data, effects, moderators


@pytest.mark.parametrize("kind", ["CR0", "CR1p", "CR1S", "CR2"])
def test_clubsandwich_agrees_on_a_three_level_regression(kind):
    data, effects, moderators = assink()
    fit = stats.multilevel(effects, random="~ 1 | study/esid", data=data, moderators=moderators)
    ours = stats.robust(fit, data["study"], kind=kind, small_sample=True)
    assert check_robust(kind, ours, data[kind], 1e-6) == []  # rma.mv's components have 7 digits here


@pytest.mark.parametrize("kind", ["CR1p", "CR2"])
def test_clubsandwich_agrees_on_a_meta_regression(kind):
    data, effects, moderators = assink()
    fit = stats.regress(effects, moderators)
    ours = stats.robust(fit, data["study"], kind=kind, small_sample=True)
    assert check_robust(kind, ours, data[f"uni_{kind}"], 1e-11) == []


def test_clubsandwich_agrees_with_sampling_correlations():
    data, effects, _ = assink()
    covariance = stats.sampling_covariance(effects, data["study"], rho=0.6)
    fit = stats.multilevel(effects, random="~ 1 | study/esid", data=data, V=covariance)
    assert check_robust("CR2", stats.robust(fit, data["study"]), data["V06_CR2"], 1e-6) == []


def test_hotelling_test_agrees():
    data, effects, moderators = assink()
    fit = stats.multilevel(effects, random="~ 1 | study/esid", data=data, moderators=moderators)
    ours = stats.robust(fit, data["study"])
    theirs = data["HTZ"]
    found = [ours.qm, *ours.qm_df, ours.qm_pval]
    assert different("HTZ", found, [theirs["stat"], *theirs["df"], theirs["pval"]], 1e-6, 1.0) == []
    assert any("Fewer than 4 degrees of freedom" in note for note in ours.notes)


# ---------------------------------------------------------------- by hand


def test_mean_of_equal_effects_by_hand():
    """Equal variances, tau2 0: CR0 = sum of squared cluster sums of residuals/k^2; CR1 m/(m - 1) times it."""
    yi = [1.0, 2.0, 4.0, 3.0, 0.0, 2.0]
    effects = stats.effect_sizes("GEN", yi=yi, vi=[10.0] * 6)
    sums = [1.0 + 2.0 - 4.0, 4.0 + 3.0 - 4.0, 0.0 + 2.0 - 4.0]  # the mean is 2
    plain = stats.robust(effects, "aabbcc", kind="CR0", tau2="CE")
    assert plain.vcov[0, 0] == pytest.approx(sum(s**2 for s in sums) / 36.0, rel=1e-14)
    assert stats.robust(effects, "aabbcc", kind="CR1", tau2="CE").vcov[0, 0] == pytest.approx(
        1.5 * plain.vcov[0, 0]
    )
    assert plain.df[0] == 2.0


def test_cr2_of_a_balanced_mean_is_the_t_test_of_cluster_means():
    """Then CR2 is the sample variance of the cluster means over m, with exactly m - 1 degrees of freedom."""
    rng = np.random.default_rng(4)
    yi = rng.normal(size=20)
    effects = stats.effect_sizes("GEN", yi=yi, vi=np.full(20, 5.0))
    means = yi.reshape(5, 4).mean(axis=1)
    ours = stats.robust(effects, np.repeat(np.arange(5), 4), tau2="CE")
    assert ours.vcov[0, 0] == pytest.approx(np.var(means, ddof=1) / 5.0, rel=1e-12)
    assert ours.df[0] == pytest.approx(4.0, rel=1e-12)
    assert ours.qm == pytest.approx(ours.stat[0] ** 2, rel=1e-12)
    assert ours.qm_pval == pytest.approx(ours.pval[0], rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 8))
def test_cr2_is_unbiased_under_the_working_model(seed, clusters):
    """E[V_R] = (X'WX)^-1, worked out exactly from the adjusted weights."""
    rng = np.random.default_rng(seed)
    study = np.concatenate([np.arange(clusters), rng.integers(0, clusters, 2 * clusters)])
    k = len(study)
    effects = stats.effect_sizes("GEN", yi=rng.normal(size=k), vi=rng.uniform(0.1, 2.0, k))
    fit = stats.regress(effects, {"x": rng.normal(size=k)})
    module = importlib.import_module("analysis.stats.robust")  # the package names the function so
    working = module._of_pooled(fit)
    groups = module._groups(study, working.keep)
    adjusted = module._adjusted(working, groups, "CR2")
    expected = module._Moments.of(working, groups, adjusted).expected
    assert expected == pytest.approx(working.bread, rel=1e-8, abs=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_order_labels_sign_and_scale_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    yi, vi, study = rng.normal(size=15), rng.uniform(0.1, 1.0, 15), np.repeat(np.arange(5), 3)
    order = rng.permutation(15)

    def fit(y, v, cluster):
        return stats.robust(stats.effect_sizes("GEN", yi=y, vi=v), cluster)

    ours = fit(yi, vi, study)
    moved = fit(yi[order], vi[order], [f"trial {s}" for s in study[order]])
    for other, factor in ((moved, 1.0), (fit(-yi, vi, study), 1.0), (fit(8.0 * yi, 64.0 * vi, study), 8.0)):
        assert other.se == pytest.approx(factor * ours.se, rel=1e-9)
        assert other.df == pytest.approx(ours.df, rel=1e-9)


# ---------------------------------------------------------------- what goes in, and refusals


def test_pooled_regression_and_effects_are_all_taken():
    data = read(PINNED / "robust_bangertdrowns.json")
    effects = effects_of(data)
    pooled = stats.pool(effects, tau2="DL", level=0.9)
    one, other = (
        stats.robust(pooled, data["cluster"]),
        stats.robust(effects, data["cluster"], tau2="DL", level=0.9),
    )
    assert one.to_dict() == other.to_dict()
    assert one.level == 0.9
    moderators = {"length": length_of(data)}
    regression = stats.regress(effects, moderators)
    one = stats.robust(regression, data["cluster"], kind="CR1")
    other = stats.robust(effects, data["cluster"], kind="CR1", moderators=moderators)
    assert one.to_dict() == other.to_dict()
    assert one.k == 46
    json.dumps(one.to_dict(), allow_nan=False)


def test_refusals():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.4, 0.3, 0.9], vi=[0.1, 0.2, 0.1, 0.3])
    with pytest.raises(stats.UnknownOption, match="choose one of CR0, CR1, CR1S, CR2"):
        stats.robust(effects, "aabb", kind="HC3")
    with pytest.raises(stats.LengthMismatch, match="3 cluster labels for 4 rows"):
        stats.robust(effects, "aab")
    with pytest.raises(stats.InvalidValue, match="Row 2 has no cluster"):
        stats.robust(effects, ["a", None, "b", "c"])
    with pytest.raises(stats.UnknownOption, match="take effects, or a result of"):
        stats.robust(stats.subgroups(effects, "aabb"), "aabb")
    with pytest.raises(stats.TooFewStudies, match="more than 1 clusters; there are 1"):
        stats.robust(effects, "aaaa")
    fit = stats.multilevel(effects, random={"study": [1, 1, 2, 2]})
    with pytest.raises(stats.UnknownOption, match="Cluster by the outermost level"):
        stats.robust(fit, [1, 2, 3, 4])
    assert stats.robust(fit, [1, 2, 3, 4], kind="CR1").clusters == 4


def test_rows_without_an_effect_need_no_cluster():
    effects = stats.effect_sizes("GEN", yi=[0.1, None, 0.3, 0.9, 0.2], vi=[0.1, 0.2, 0.1, 0.3, 0.2])
    ours = stats.robust(effects, ["a", None, "b", "c", "c"])
    assert (ours.k, ours.clusters) == (4, 3)


def test_a_fit_whose_cluster_saturates_a_coefficient_has_a_finite_standard_error():
    """A moderator that is constant but for one cluster: B_j is singular, and its pseudo-inverse is taken."""
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.5, 0.3, 0.9, 0.2, 0.4], vi=[0.1] * 6)
    ours = stats.robust(effects, "aabbcc", moderators={"x": [0, 0, 0, 0, 1, 1]})
    assert np.all(np.isfinite(ours.se))
    assert np.all(ours.df > 0.0)
    assert not math.isnan(ours.pval[1])
