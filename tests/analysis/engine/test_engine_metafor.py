"""The parts of a run agree with metafor 3.8-1 (R 4.2.2); calls and values are in reference/engine.json."""

import numpy as np
import pytest

from analysis.engine import quick
from tests.analysis.engine.cases import PLAN, REFERENCE

FEW = ("estimate", "se", "ci_low", "ci_high", "pval")
LIMITS = ("estimate", "se", "ci_low", "ci_high")
#: Fits that metafor iterates to its own, looser stopping rule: leave1out, cumul, trimfill, regtest.
LOOSE = 2e-5


def few(fit, *more):
    return [fit[name] for name in (*FEW, *more)]


def in_order_of_years(values, pinned_years):
    return [values[i] for i in np.argsort(pinned_years, kind="stable")]


@pytest.fixture(scope="session")
def years():
    return REFERENCE["bcg"]["year"]


def test_the_pooled_fit(full, pinned):
    fit = full["pooled"]
    expected = pinned("iv")
    assert few(fit, "tau2", "i2", "q", "pi_low", "pi_high") == pytest.approx(expected, rel=1e-7)


def test_the_prediction_interval_of_the_plan(bcg, result_of, pinned):
    fit = result_of(bcg, prediction="t(k-2)")["pooled"]
    assert [fit["pi_low"], fit["pi_high"]] == pytest.approx(list(pinned("iv_riley")), rel=1e-7)


@pytest.mark.parametrize("method", ["mh", "peto"])
def test_methods_for_tables(method, bcg, result_of, pinned):
    result = result_of(bcg, method=method)
    assert few(result["pooled"], "q", "i2") == pytest.approx(pinned(method), rel=1e-10)
    assert (result["pooled"]["method"], result["pooled"]["test"]) == (method, "z")
    assert "its test do not enter it" in result["pooled"]["notes"][0]
    assert sum(study["weight"] for study in result["studies"]) == pytest.approx(100)


@pytest.mark.parametrize("measure", ["RR", "RD"])
def test_mantel_haenszel_of_sparse_tables(measure, sparse, result_of, pinned):
    result = result_of(sparse, method="mh", measure=measure, tau2_method="CE", test="z")
    assert few(result["pooled"]) == pytest.approx(pinned(f"sparse_mh_{measure}"), rel=1e-10)


def test_sparse_odds_ratios_by_three_methods(sparse, result_of, pinned):
    by_tables = result_of(sparse, method="mh")
    assert few(by_tables["pooled"], "q") == pytest.approx(pinned("sparse_mh"), rel=1e-10)
    assert few(result_of(sparse, method="peto")["pooled"]) == pytest.approx(pinned("sparse_peto"), rel=1e-10)
    by_peto = result_of(sparse, method="peto", measure="PETO")["pooled"]
    assert few(by_peto) == pytest.approx(pinned("sparse_peto"), rel=1e-10)
    # rma.glmm stops at lme4's tolerance
    by_counts = result_of(sparse, method="glmm")
    assert few(by_counts["pooled"], "tau2") == pytest.approx(pinned("sparse_glmm"), rel=2e-3, abs=1e-6)
    assert by_counts["pooled"]["k"] == 5
    assert [study["weight"] for study in by_counts["studies"]] == [None] * 6


@pytest.mark.parametrize("method", ["iv", "mh", "peto"])
def test_leave_one_out_and_baujat(method, bcg, result_of, pinned, years):
    result = result_of(bcg, method=method)
    expected = pinned(f"leave_one_out_{method}")
    for ours, theirs in zip(LIMITS, ("estimate", "se", "ci.lb", "ci.ub"), strict=True):
        found = [part[ours] for part in result["leave_one_out"]]
        assert found == pytest.approx(in_order_of_years(expected[theirs], years), rel=LOOSE), ours
    points, expected = result["baujat"]["points"], pinned(f"baujat_{method}")
    for axis in "xy":
        assert [point[axis] for point in points] == pytest.approx(
            in_order_of_years(expected[axis], years), rel=LOOSE, abs=1e-8
        )


@pytest.mark.parametrize("order", ["year", "precision"])
def test_cumulative(order, full, pinned):
    expected, steps = pinned(f"cumulative_{order}"), full["cumulative"][order]
    names = {"estimate": "estimate", "se": "se", "ci_low": "ci.lb", "ci_high": "ci.ub"}
    for ours, theirs in names.items():
        assert [step[ours] for step in steps] == pytest.approx(expected[theirs], rel=LOOSE)
    assert [step["k"] for step in steps] == list(range(1, 14))


def test_galbraith_and_labbe(full, pinned, years):
    for name in ("galbraith", "labbe"):
        expected = pinned({"galbraith": "radial"}.get(name, name))
        for axis in "xy":
            found = [point[axis] for point in full[name]["points"]]
            assert found == pytest.approx(in_order_of_years(expected[axis], years), rel=1e-7)


def test_trim_and_fill(bcg, result_of, pinned):
    expected, found = pinned("trimfill"), result_of(bcg, measure="RR", test="z")
    filled = found["trim_and_fill"]
    assert (filled["k0"], filled["side"]) == (expected["k0"], expected["side"])
    assert few(filled["pooled"], "tau2") == pytest.approx(expected["fit"], rel=LOOSE)
    assert filled["filled"][0]["yi"] == pytest.approx(expected["yi"], rel=LOOSE)
    assert filled["filled"][0]["sei"] == pytest.approx(expected["sei"], rel=1e-10)
    assert found["funnel"]["filled"] == filled["filled"]
    assert found["funnel"]["filled_centre"] == filled["pooled"]["estimate"]


def test_subgroups_apart(full, pinned):
    groups = {group["name"]: group for group in full["subgroups"]["groups"]}
    for name, expected in pinned("subgroups").items():
        assert few(groups[name], "tau2") == pytest.approx(expected, rel=1e-6), name
    between = [full["subgroups"][key] for key in ("q_between", "q_between_df", "q_between_pval")]
    assert between == pytest.approx(pinned("subgroups_between"), rel=1e-6)


def test_subgroups_with_one_variance(bcg, result_of, pinned):
    found = result_of(bcg, subgroup_by="allocation", common_tau2=True)["subgroups"]
    expected = pinned("subgroups_common")
    assert found["common_tau2"] is True
    assert [group["estimate"] for group in found["groups"]] == pytest.approx(expected["b"], rel=1e-6)
    assert [group["se"] for group in found["groups"]] == pytest.approx(expected["se"], rel=1e-6)
    assert {round(group["tau2"], 10) for group in found["groups"]} == {round(expected["tau2"], 10)}
    test = pinned("subgroups_common_between")
    assert [found["q_between"], found["q_between_pval"]] == pytest.approx(test, rel=1e-6)


def test_subgroups_by_mantel_haenszel(bcg, result_of, pinned):
    found = result_of(bcg, subgroup_by="allocation", method="mh", common_tau2=True)["subgroups"]
    for group in found["groups"]:
        assert few(group) == pytest.approx(pinned("subgroups_mh")[group["name"]], rel=1e-10)
    between = [found[key] for key in ("q_between", "q_between_df", "q_between_pval")]
    assert between == pytest.approx(pinned("subgroups_mh_between"), rel=1e-9)
    assert found["common_tau2"] is False
    assert "each subgroup stands on its own" in found["notes"][0]


def test_meta_regression(full, pinned):
    found, expected = full["regression"], pinned("regression")
    assert [(term["name"], term["level"]) for term in found["terms"]] == [
        ("intrcpt", None),
        ("latitude", None),
        ("allocation", "random"),
        ("allocation", "systematic"),
    ]
    assert found["references"] == [{"name": "allocation", "level": "alternate"}]
    names = {
        "estimate": "b",
        "se": "se",
        "ci_low": "lower",
        "ci_high": "upper",
        "stat": "stat",
        "pval": "pval",
    }
    for ours, theirs in names.items():
        assert [term[ours] for term in found["terms"]] == pytest.approx(expected[theirs], rel=1e-6), ours
    model = [found["qm"], *found["qm_df"], *(found[key] for key in ("qm_pval", "r2", "tau2", "i2", "q", "k"))]
    assert model == pytest.approx(pinned("regression_model"), rel=1e-6)


def test_a_study_whose_moderator_is_not_known_is_named(bcg, result_of, pinned, years):
    third = next(one for one in bcg if one["study_id"] == 3)
    third["moderators"]["latitude"] = None
    found = result_of(bcg, moderators=[{"name": "latitude", "type": "number"}])["regression"]
    terms = [term["estimate"] for term in found["terms"]]
    assert [*terms, found["tau2"], found["r2"], found["k"]] == pytest.approx(
        pinned("regression_missing"), rel=1e-6
    )
    assert any(note.endswith(f"not known of them: {third['study']}.") for note in found["notes"])


def test_bubbles(full, pinned):
    number, category = full["bubbles"]
    names = {"estimate": "pred", "ci_low": "ci.lb", "ci_high": "ci.ub", "pi_low": "pi.lb", "pi_high": "pi.ub"}
    for bubble, expected in ((number, pinned("bubble_number")), (category, pinned("bubble_category"))):
        for ours, theirs in names.items():
            assert [at[ours] for at in bubble["line"]] == pytest.approx(expected[theirs], rel=1e-6), ours
    assert (number["line"][0]["x"], number["line"][-1]["x"]) == (13, 55)
    assert [at["x"] for at in category["line"]] == ["alternate", "random", "systematic"]
    assert sum(point["weight"] for point in number["points"]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("key", "columns"),
    [
        ("egger", ("stat", "pval")),
        ("begg", ("stat", "pval")),
        ("thompson-sharp", ("stat", "pval", "estimate", "ci_low", "ci_high")),
        ("rucker", ("stat", "pval")),
        ("peters", ("stat", "pval")),
        ("harbord", ("stat", "pval")),
    ],
)
def test_small_study_tests(key, columns, bcg, result_of, pinned):
    found = result_of(bcg, small_study_tests=[key])["small_study"]["tests"][0]
    assert [found[name] for name in columns] == pytest.approx(list(pinned(key.replace("-", "_"))), rel=1e-5)


def test_a_proportion_is_tested_by_its_sample_size(bcg, result_of, pinned):
    rows = [one | {"kind": "proportion", "n2": None, "events2": None} for one in bcg]
    found = result_of(rows, measure="PR")["small_study"]
    (test,) = found["tests"]
    assert (test["key"], test["predictor"], found["proposed"]) == ("egger", "sqrtninv", "egger")
    assert [test[name] for name in ("stat", "pval", "estimate")] == pytest.approx(pinned("egger_n"), rel=1e-4)


def test_sensitivity(full, pinned):
    rows = {}
    for one in full["sensitivity"]:
        rows.setdefault(one["key"], []).append(one)
    by_estimator = {one["tau2_method"]: one for one in (*rows["estimators"], *rows["common_effect"])}
    for name, expected in pinned("estimators").items():
        assert few(by_estimator[name], "tau2") == pytest.approx(expected, rel=1e-6), name
    by_test = {one["test"]: one for one in rows["tests"]}
    for name, expected in pinned("tests").items():
        assert few(by_test[name]) == pytest.approx(expected, rel=1e-7), name
    by_measure = {one["measure"]: one for one in rows["measures"]}
    for name, expected in pinned("measures").items():
        assert few(by_measure[name]) == pytest.approx(expected, rel=1e-6), name
    by_method = {one["method"]: one for one in rows["methods"]}
    for name in ("mh", "peto"):
        assert few(by_method[name]) == pytest.approx(pinned(name)[:5], rel=1e-10)


def test_without_some_studies(bcg, result_of, pinned):
    for one in bcg:
        one["derived"] = one["study_id"] == 4
        one["converted"] = ["mean"] if one["study_id"] == 6 else []
    (found,) = result_of(bcg, sensitivity=["without_derived"])["sensitivity"]
    assert few(found) == pytest.approx(pinned("without"), rel=1e-6)
    assert len(found["without"]) == 2


def test_drapery_is_the_interval_of_every_level(full, pinned):
    found = full["drapery"]
    for level, expected in zip((90, 95, 99), pinned("drapery"), strict=True):
        p = np.array(found["p"])
        ours = [
            float(np.interp(1 - level / 100, p[::-1], np.array(part[side])[::-1]))
            for part in (found["pooled"], found["prediction"])
            for side in ("low", "high")
        ]
        assert ours == pytest.approx(expected, abs=2e-3)  # straight between two of the curve's points


def test_quick_gives_the_same_first_parts(bcg, full):
    found = quick({"plan": PLAN | {"subgroup_by": "allocation"}, "rows": bcg})
    assert found == {key: full[key] for key in found}
