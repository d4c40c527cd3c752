"""Multilevel and multivariate models: against metafor, against formulas worked by hand, and at the edges."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats
from analysis.stats import multilevel_newton
from analysis.stats.multilevel_likelihood import build_model, evaluate
from analysis.stats.multilevel_terms import intercept, structured
from tests.analysis.stats.reference_multilevel import (
    COMPONENTS,
    PINNED,
    cases,
    check_fit,
    different,
    effects_of,
    fits_of,
    read,
)

STRUCTURES = read(PINNED / "structures.json")


def differences(data):
    effects = effects_of(data["data"])
    fits = fits_of(data)
    assert fits, f"no calls are written down for {data['id']}"
    found = []
    for key, arguments in fits.items():
        found += check_fit(key, stats.multilevel(effects, **arguments), data[key])
    return found


# ---------------------------------------------------------------- metafor


@pytest.mark.parametrize("path", sorted(PINNED.glob("mv_*.json")), ids=lambda p: p.stem)
def test_pinned_case_agrees(path):
    assert differences(read(path)) == []


@pytest.mark.parametrize("path", cases("mv_"), ids=lambda p: p.stem if p else "absent")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("the full set of reference values is not beside the repository")
    assert differences(read(path)) == []


def test_the_checks_can_fail():
    data = read(PINNED / "mv_konstantopoulos_3level.json")
    data["ML"]["se"] = [data["ML"]["se"][0] * (1 + 1e-4)]
    data["CS"]["loglik_reml"] += 1e-6
    assert [d.split(":")[0].split("[")[0] for d in differences(data)] == ["ML se", "CS"]


@pytest.mark.parametrize("struct", ["ID", "DIAG", "CS", "HCS", "UN", "AR", "HAR", "CAR"])
def test_structures_of_repeated_measures_agree(struct):
    data = STRUCTURES["ishak2007"]
    effects = effects_of(data)
    covariance = stats.sampling_covariance(effects, data["study"], time=data["time"], phi=0.97)
    fit = stats.multilevel(
        effects,
        random="~ time | study",
        data=data,
        struct=struct,
        V=covariance,
        moderators={"time": [str(t) for t in data["time"]]},
        intercept=False,
    )
    assert check_fit(struct, fit, data[struct]) == []
    assert len(fit.structures[0].pairs) == {"UN": 6, "ID": 0, "DIAG": 0}.get(struct, 1)


def test_sampling_correlations_and_two_kinds_of_terms_agree():
    data = STRUCTURES["assink2016"]
    effects = effects_of(data)
    moderators = {"year": data["year"], "pubstatus": data["pubstatus"]}
    nested = {"random": "~ 1 | study/esid", "data": data}
    assert check_fit("mods", stats.multilevel(effects, moderators=moderators, **nested), data["mods"]) == []
    covariance = stats.sampling_covariance(effects, data["study"], rho=0.6)
    assert check_fit("V", stats.multilevel(effects, V=covariance, **nested), data["V06"]) == []
    crossed = stats.multilevel(effects, random=["~ 1 | study", "~ deltype | esid"], struct="DIAG", data=data)
    assert check_fit("crossed", crossed, data["crossed"]) == []


def test_crossed_random_effects_agree_and_a_variance_of_zero_is_named():
    data = STRUCTURES["knapp2017"]
    fit = stats.multilevel(effects_of(data), random=["~ 1 | study", "~ 1 | task"], data=data)
    ref = data["crossed"]  # metafor ends at 7e-11 for the variance that is 0
    assert check_fit("crossed", fit, ref | {"sigma2": [ref["sigma2"][0], 0.0]}) == []
    assert fit.sigma2[1] == 0.0
    assert fit.notes[0] == "The variance of task is estimated as 0."
    assert fit.notes[1].startswith("Effects of the same task are taken to differ by chance alone")


def test_network_with_a_given_correlation_agrees():
    data = STRUCTURES["senn2013"]
    effects = effects_of(data)
    arms = {name: data[name] for name in ("grp1", "grp2", "w1", "w2")}
    moderators = {
        name: [(a == name) - (b == name) for a, b in zip(data["grp1"], data["grp2"], strict=True)]
        for name in data["names"]
    }
    fit = stats.multilevel(
        effects,
        random="~ contr | study",
        data=data,
        rho=0.5,
        V=stats.sampling_covariance(effects, data["study"], **arms),
        moderators=moderators,
        intercept=False,
    )
    assert check_fit("network", fit, data["fit"]) == []
    assert fit.rho == (0.5,)
    assert fit.statistics.aic_reml == pytest.approx(data["AIC"], rel=1e-9)  # a given rho is not counted


def three_level():
    data = read(PINNED / "mv_konstantopoulos_3level.json")["data"]
    return (
        effects_of(data),
        data,
        stats.multilevel(effects_of(data), random="~ 1 | district/school", data=data),
    )


def test_shares_of_variance_prediction_and_criteria_agree():
    _, _, fit = three_level()
    ref = STRUCTURES["konstantopoulos2011"]
    assert different("I2", [i.i2 for i in fit.intercepts], ref["I2"], COMPONENTS, 1.0) == []
    assert fit.i2 == pytest.approx(sum(ref["I2"]), rel=1e-6)
    assert different("pi", [fit.pi_low, fit.pi_high], ref["pi"], 1e-6, 1.0) == []
    ours = (fit.statistics.aicc_reml, fit.statistics.bic_reml, fit.statistics.deviance_ml)
    assert different("criteria", ours, [ref["AICc"], ref["BIC"], ref["deviance"]], 1e-8, 1.0) == []
    assert [i.groups for i in fit.intercepts] == [11, 56]


def test_profile_limits_agree_with_metafor_at_a_tight_tolerance():
    """With its default rule metafor's limits have 3 digits (0.016274 for 0.016265); with tol=1e-10, 9."""
    _, _, fit = three_level()
    for ours, ref in zip(
        stats.confidence_components(fit), STRUCTURES["konstantopoulos2011"]["confint"], strict=True
    ):
        found = [ours.estimate, ours.ci_low, ours.ci_high]
        assert different(ours.name, found, ref, 1e-7, 1.0) == []
        assert (ours.kind, ours.low_is_border, ours.level) == ("sigma2", False, 0.95)


def test_profile_limits_of_a_structure_reach_the_chi_squared_quantile():
    """metafor's confint ends in convergence problems here; its likelihood with the value fixed gives the same."""
    data = read(PINNED / "mv_berkey1998_bivariate.json")
    arguments = fits_of(data)["UN_REML"]
    effects = effects_of(data["data"])
    fit = stats.multilevel(effects, **arguments)
    first, _, correlation = stats.confidence_components(fit)
    assert (first.ci_low, first.ci_high) == pytest.approx((0.00949644574166, 0.2067766009072), rel=1e-9)
    assert (correlation.ci_low, correlation.ci_high) == pytest.approx((-0.5996181814540, 1.0), rel=1e-9)
    assert correlation.high_is_border
    for held_at in ({"tau2": [first.ci_low, None]}, {"rho": correlation.ci_low}):
        held = stats.multilevel(effects, **arguments, **held_at)
        assert 2.0 * (fit.loglik - held.loglik) == pytest.approx(3.841458820694124, rel=1e-8)


def test_profiles_of_a_correlation_do_not_depend_on_the_order_of_levels():
    data = STRUCTURES["ishak2007"]
    effects = effects_of(data)
    keep = np.array(data["time"]) < 4
    chosen = {"study": np.array(data["study"])[keep], "time": np.array(data["time"])[keep]}
    turned = chosen | {"time": 9 - chosen["time"]}
    common = {"random": "~ time | study", "struct": "UN"}
    limits = []
    for columns in (chosen, turned):
        fit = stats.multilevel(effects.select(keep), data=columns, **common)
        found = {c.name.split(": ")[1]: (c.ci_low, c.ci_high) for c in stats.confidence_components(fit)[3:]}
        limits.append(found)
    assert limits[0]["1, 2"] == pytest.approx(limits[1]["7, 8"], rel=1e-7)
    assert limits[0]["2, 3"] == pytest.approx(limits[1]["6, 7"], rel=1e-7)


def test_comparison_of_models_agrees():
    """metafor 3.8-1: anova(fit, fit with sigma2=c(0, NA) and c(NA, 0)); by ML with and without the year."""
    effects, data, fit = three_level()
    nested = {"random": "~ 1 | district/school", "data": data}
    for held, stat, pval in (
        ([0, None], 17.7735508377994, 2.48818251251392e-05),
        ([None, 0], 48.5155043045314, 3.27687921745382e-12),
    ):
        test = stats.compare_multilevel(fit, stats.multilevel(effects, sigma2=held, **nested))
        assert (test.stat, test.df) == (pytest.approx(stat, rel=1e-8), 1)
        assert test.pval == pytest.approx(pval, rel=1e-6)
    by_ml = stats.multilevel(effects, method="ML", **nested)
    year = stats.multilevel(effects, method="ML", moderators={"year": data["yearc"]}, **nested)
    assert stats.compare_multilevel(year, by_ml).stat == pytest.approx(0.353586010837176, rel=1e-7)
    with pytest.raises(stats.UnknownOption, match="not part of the first"):
        stats.compare_multilevel(by_ml, year)
    with pytest.raises(stats.UnknownOption, match="different methods"):
        stats.compare_multilevel(year, fit)
    moderated = stats.multilevel(effects, moderators={"year": data["yearc"]}, **nested)
    with pytest.raises(stats.UnknownOption, match="use ML"):
        stats.compare_multilevel(moderated, fit)
    shifted = stats.effect_sizes("GEN", yi=effects.yi + 1.0, vi=effects.vi)
    with pytest.raises(stats.UnknownOption, match="different rows"):
        stats.compare_multilevel(fit, stats.multilevel(shifted, **nested))


def test_random_effects_agree():
    data = STRUCTURES["assink2016"]
    moderators = {"year": data["year"], "pubstatus": data["pubstatus"]}
    fit = stats.multilevel(effects_of(data), random="~ 1 | study/esid", data=data, moderators=moderators)
    for ours, ref in zip(stats.random_effects(fit), data["ranef"], strict=True):
        place = {group: i for i, group in enumerate(ours.groups)}
        order = [place[group] for group in ref["groups"]]
        assert different(ours.name, ours.estimate[order], ref["estimate"], 1e-5, 1e5) == []
        assert different(ours.name, ours.se[order], ref["se"], 1e-5, 1.0) == []


# ---------------------------------------------------------------- by hand


def balanced(groups=6, size=4, variance=0.02, seed=3):
    rng = np.random.default_rng(seed)
    yi = np.repeat(rng.normal(0.3, 0.5, groups), size) + rng.normal(0.0, 0.4, groups * size)
    effects = stats.effect_sizes("GEN", yi=yi, vi=np.full(groups * size, variance))
    columns = {"study": np.repeat(np.arange(groups), size), "effect": np.arange(groups * size)}
    return effects, columns


def test_a_balanced_three_level_model_is_analysis_of_variance():
    """REML: within = MSW - v, between = (MSB - MSW)/n, mean = grand mean with variance MSB/(number of effects)."""
    effects, columns = balanced()
    table = effects.yi.reshape(6, 4)
    msw = np.sum((table - table.mean(axis=1, keepdims=True)) ** 2) / (6 * 3)
    msb = 4 * np.sum((table.mean(axis=1) - table.mean()) ** 2) / 5
    fit = stats.multilevel(effects, random=columns)
    assert fit.sigma2 == pytest.approx(((msb - msw) / 4, msw - 0.02), rel=1e-11)
    assert fit.coefficients[0] == pytest.approx(table.mean(), rel=1e-12)
    assert fit.se[0] == pytest.approx(math.sqrt(msb / 24), rel=1e-11)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_one_random_intercept_per_row_is_pooling(method):
    effects, columns = balanced(seed=5)
    pooled = stats.pool(effects, tau2=method)
    fit = stats.multilevel(effects, random="~ 1 | effect", data=columns, method=method)
    assert fit.sigma2[0] == pytest.approx(pooled.tau2, rel=1e-10)
    assert fit.coefficients[0] == pytest.approx(pooled.estimate, rel=1e-10)
    assert (fit.pi_low, fit.pi_high) == pytest.approx((pooled.pi_low, pooled.pi_high), rel=1e-10)
    assert (fit.i2, fit.q) == pytest.approx((pooled.i2, pooled.q), rel=1e-10)


def test_without_random_effects_a_full_v_is_generalised_least_squares():
    """Two effects with covariance c: weights from the inverse by hand."""
    effects = stats.effect_sizes("GEN", yi=[0.2, 0.5, 0.1], vi=[0.04, 0.09, 0.05])
    covariance = np.array([[0.04, 0.02, 0.0], [0.02, 0.09, 0.0], [0.0, 0.0, 0.05]])
    fit = stats.multilevel(effects, V=covariance)
    determinant = 0.04 * 0.09 - 0.02**2
    weights = np.array([(0.09 - 0.02) / determinant, (0.04 - 0.02) / determinant, 20.0])
    assert fit.coefficients[0] == pytest.approx(weights @ effects.yi / weights.sum(), rel=1e-13)
    assert fit.se[0] == pytest.approx(weights.sum() ** -0.5, rel=1e-13)
    assert (fit.sigma2, fit.tau2, fit.pi_low) == ((), (), None)


def test_compound_symmetry_is_two_nested_intercepts():
    effects, columns = balanced(seed=8)
    nested = stats.multilevel(effects, random=columns)
    compound = stats.multilevel(effects, random="~ effect | study", data=columns)
    assert compound.tau2[0] == pytest.approx(sum(nested.sigma2), rel=1e-9)
    assert compound.rho[0] == pytest.approx(nested.sigma2[0] / sum(nested.sigma2), rel=1e-9)
    assert compound.loglik == pytest.approx(nested.loglik, rel=1e-12)


# ---------------------------------------------------------------- derivatives and search


def model_of(struct, seed=1):
    rng = np.random.default_rng(seed)
    outer, inner = np.repeat(np.arange(7), 3), np.tile(np.arange(3), 7)
    names = tuple("abc"), tuple(str(g) for g in range(7))
    terms = (
        structured("x", struct, inner, names[0], outer, names[1], np.array([0.0, 1.0, 3.0])),
        intercept("g", outer, names[1]),
    )
    design = np.column_stack([np.ones(21), rng.normal(size=21)])
    return build_model(rng.normal(size=21), design, rng.uniform(0.1, 0.6, 21), terms, restricted=True)


@pytest.mark.parametrize("struct", ["ID", "DIAG", "CS", "HCS", "UN", "AR", "HAR"])
def test_derivatives_are_those_of_the_likelihood(struct):
    model = model_of(struct)
    theta = np.linspace(0.4, 0.9, model.size)
    free = np.arange(model.size)
    here = multilevel_newton._at(model, theta, free)
    for i in range(model.size):
        step = 1e-5 * np.eye(model.size)[i]
        up, down = (multilevel_newton._at(model, theta + s * step, free) for s in (1, -1))
        slope = (up.fitted.value - down.fitted.value) / 2e-5
        assert here.gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-8)
        bend = (up.gradient - down.gradient) / 2e-5
        assert here.hessian[i] == pytest.approx(bend, rel=1e-5, abs=1e-7)


def test_every_start_ends_at_the_same_height():
    _, _, fit = three_level()
    model = fit.problem.model
    for start in ([3.0, 0.01], [0.01, 3.0], [-1.0, 1.0], [0.001, 0.001], [30.0, 30.0]):
        found = multilevel_newton.maximise(model, [np.array(start)])
        assert found.fitted.value == pytest.approx(fit.problem.fitted.value, rel=1e-13)
        assert found.decrement < 1e-16


def test_a_variance_that_starts_at_zero_is_not_left_there():
    _, _, fit = three_level()
    found = multilevel_newton.maximise(fit.problem.model, [np.zeros(2)])
    assert found.theta**2 == pytest.approx(fit.problem.theta**2, rel=1e-8)


def test_no_maximum_is_an_error(monkeypatch):
    effects, columns = balanced()
    monkeypatch.setattr(multilevel_newton, "STEPS", 1)
    with pytest.raises(stats.NotConverged, match="no maximum that could be found"):
        stats.multilevel(effects, random=columns)


def test_a_covariance_that_is_not_positive_definite_has_no_likelihood():
    model = model_of("ID")
    assert evaluate(model, np.array([-5.0, 0.0])) is None


# ---------------------------------------------------------------- invariance


@st.composite
def dependent_effects(draw):
    groups = draw(st.lists(st.integers(1, 4), min_size=4, max_size=7))
    k = sum(groups)
    number = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))
    yi = draw(st.lists(number, min_size=k, max_size=k))
    vi = draw(st.lists(st.floats(0.01, 1.0).map(lambda x: round(x, 3)), min_size=k, max_size=k))
    return np.array(yi), np.array(vi), np.repeat(np.arange(len(groups)), groups)


def fit_nested(yi, vi, study):
    effects = stats.effect_sizes("GEN", yi=yi, vi=vi)
    return stats.multilevel(effects, random={"study": study, "effect": np.arange(len(yi))})


@settings(max_examples=12, deadline=None)
@given(dependent_effects(), st.randoms(use_true_random=False))
def test_order_sign_and_scale_do_not_matter(case, random):
    yi, vi, study = case
    if np.max(np.bincount(study)) == 1:
        return
    fit = fit_nested(yi, vi, study)
    order = list(range(len(yi)))
    random.shuffle(order)
    shuffled = fit_nested(yi[order], vi[order], study[order])
    flipped = fit_nested(-yi, vi, study)
    scaled = fit_nested(1000.0 * yi, 1e6 * vi, study)
    tolerance = {"rel": 1e-6, "abs": 1e-8}
    assert shuffled.coefficients[0] == pytest.approx(fit.coefficients[0], **tolerance)
    assert shuffled.sigma2 == pytest.approx(fit.sigma2, **tolerance)
    assert flipped.coefficients[0] == pytest.approx(-fit.coefficients[0], **tolerance)
    assert scaled.coefficients[0] == pytest.approx(1000.0 * fit.coefficients[0], rel=1e-6, abs=1e-5)
    assert scaled.sigma2 == pytest.approx([1e6 * s for s in fit.sigma2], rel=1e-6, abs=1e-2)
    assert np.min(yi) - 1e-12 <= fit.coefficients[0] <= np.max(yi) + 1e-12


# ---------------------------------------------------------------- refusals


def test_rows_without_group_or_moderator_are_listed():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.4, None, 0.3, 0.6, 0.2, 0.5], vi=[0.1] * 7)
    study = ["a", "a", "a", "b", "b", None, "c"]
    fit = stats.multilevel(
        effects, random="~ 1 | study", data={"study": study}, moderators={"x": [1, 2, 3, 1, 3, 4, math.nan]}
    )
    assert fit.k == 4
    reasons = [(d.row, d.reason) for d in fit.dropped]
    assert reasons == [(2, "yi is missing."), (5, "study is missing."), (6, "x is missing.")]


def refused(error, sentence, **arguments):
    effects, columns = balanced()
    with pytest.raises(error, match=sentence):
        stats.multilevel(effects, **({"data": columns} | arguments))


def test_what_cannot_be_estimated_is_refused():
    _, columns = balanced()
    same = {"study": columns["study"], "again": columns["study"] * 2}
    refused(stats.RankDeficient, "cannot be told apart", random=["~1|study", "~1|again"], data=same)
    one = {"one": np.zeros(24)}
    refused(stats.TooFewStudies, "the same in all rows", random="~ 1 | one", data=one)
    group = {"g": [f"s{s}" for s in columns["study"]]}
    refused(stats.RankDeficient, "cannot be told from the coefficients", random="~1|study", moderators=group)
    refused(
        stats.RankDeficient, "repeat one another", moderators={"a": columns["effect"], "b": columns["effect"]}
    )
    refused(stats.RankDeficient, "their correlation cannot be", random="~ study | effect")
    apart = {"study": columns["study"], "kind": np.where(columns["study"] < 3, "x", "y")}
    refused(stats.RankDeficient, "their correlation cannot be", random="~ kind | study", data=apart)
    few = stats.effect_sizes("GEN", yi=[0.1, 0.2], vi=[0.1, 0.1])
    with pytest.raises(stats.TooFewStudies):
        stats.multilevel(few, moderators={"x": [1.0, 2.0]})
    none = stats.effect_sizes("GEN", yi=[None], vi=[None])
    with pytest.raises(stats.NoStudies):
        stats.multilevel(none, random="~1|a", data={"a": ["x"]})


def test_levels_that_never_meet_have_no_unstructured_correlation():
    effects = stats.effect_sizes("GEN", yi=np.linspace(0, 1, 8), vi=np.full(8, 0.1))
    columns = {"study": [1, 1, 2, 2, 3, 3, 4, 4], "kind": list("ababbcbc")}
    with pytest.raises(stats.RankDeficient, match="a and c never occur in the same group"):
        stats.multilevel(effects, random="~ kind | study", data=columns, struct="UN")


def test_options_are_checked():
    refused(stats.UnknownOption, "choose one of REML, ML", method="DL")
    refused(stats.UnknownOption, "choose one of z, t", test="knha")
    refused(stats.UnknownOption, "no structure 'XX'", random="~ effect | study", struct="XX")
    refused(stats.UnknownOption, "not understood", random="study")
    refused(stats.UnknownOption, "one outer column", random="~ effect | study/effect")
    refused(stats.MissingColumns, "name the column lab", random="~ 1 | lab")
    refused(stats.LengthMismatch, "study has 2 values", random={"study": [1, 2]})
    refused(stats.LengthMismatch, "V has the shape", V=np.eye(3))
    refused(stats.LengthMismatch, "sigma2 has 3 values", random="~ 1 | study", sigma2=[1, 2, 3])
    refused(stats.InvalidValue, "cannot be negative", random="~ 1 | study", sigma2=-1.0)
    refused(stats.InvalidValue, "rho is 2", random="~ effect | study", rho=2.0)
    refused(stats.UnknownOption, "at least one moderator", intercept=False)


def test_sampling_covariances_are_checked():
    effects, columns = balanced()
    good = stats.sampling_covariance(effects, columns["study"], rho=0.5)
    refused(stats.InvalidValue, "not symmetric", V=good + np.triu(good, 1))
    refused(stats.InvalidValue, "not positive definite", V=np.where(good == 0.0, 0.02, good))
    refused(stats.InvalidValue, "diagonal of V differs", V=2.0 * good)
    refused(stats.InvalidValue, "missing or infinite", V=np.where(good == 0.02, math.nan, good))
    zero = stats.effect_sizes("GEN", yi=[0.1, 0.2, 0.4], vi=[0.1, 0.0, 0.1], slab=["A", "B", "C"])
    with pytest.raises(stats.ZeroVariance, match="variance of B is zero"):
        stats.multilevel(zero, random="~1|a", data={"a": [1, 2, 3]})


def test_result_is_fit_for_json_and_keeps_its_data_out_of_it():
    _, _, fit = three_level()
    values = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert "problem" not in values
    assert values["intercepts"][0]["name"] == "district"
    assert values["statistics"]["loglik_reml"] == fit.loglik
    json.dumps([c.to_dict() for c in stats.confidence_components(fit)], allow_nan=False)
    json.dumps([r.to_dict() for r in stats.random_effects(fit)], allow_nan=False)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_several_maxima_are_said(method):
    """The mean differences of gibson2002 have a maximum at 0 and one beyond; REML is higher beyond, ML at 0."""
    effects = effects_of(read(PINNED.parent / "gibson2002__MD.json"))
    fit = stats.multilevel(effects, random={"trial": range(len(effects))}, method=method)
    assert fit.sigma2[0] == pytest.approx(stats.pool(effects, tau2=method).tau2, rel=1e-9)
    assert (fit.sigma2[0] == 0.0) is (method == "ML")
    assert any("several maxima" in note for note in fit.notes)
