"""What does not apply is a sentence in its place; rows are told apart by their key; every part is JSON."""

import json
import math
import time
from itertools import pairwise

import pytest

from analysis.engine import CannotAnalyse, compute, row_key
from analysis.stats import StatsError
from tests.analysis.engine.cases import PLAN, bcg_rows, row

MEANS = {"kind": "means", "n1": 30, "sd1": 5.0, "n2": 30, "mean2": 15.0, "sd2": 6.0}


def means(number, **fields):
    return row(number, f"Study {number}", **MEANS, mean1=10.0 + number) | fields


def keyed(rows, key):
    return [one for one in rows if one["key"] == key]


def test_every_part_is_json_without_nan(full):
    assert json.loads(json.dumps(full, allow_nan=False)) == full


def test_partial_results_begin_with_the_pooled_fit(bcg):
    told = []
    result = compute({"plan": PLAN, "rows": bcg}, lambda *args: None, told.append)
    assert set(told[0]) == {"kind", "pooled", "studies"}
    assert all(set(before) < set(after) for before, after in pairwise(told))
    assert told[-1] | {"engine": result["engine"]} == result


def test_rows_of_one_study_are_told_apart(result_of):
    rows = [
        means(1, study="Abe 2001 (CBT)", row="1:a", derived=True),
        means(1, study="Abe 2001 (yoga)", row="1:b", mean1=12.0),
        means(2),
    ]
    result = result_of(rows, measure="SMD")
    assert (
        [study["row"] for study in result["studies"]] == ["1:a", "1:b", 2] == [row_key(one) for one in rows]
    )
    assert [part["row"] for part in result["leave_one_out"]] == ["1:a", "1:b", 2]
    assert [point["study"] for point in result["funnel"]["points"]][:2] == [one["study"] for one in rows][:2]
    assert keyed(result["sensitivity"], "without_derived")[0]["without"] == ["Abe 2001 (CBT)"]


def test_one_study_gives_reasons_in_place_of_numbers(result_of):
    result = result_of([means(1)], measure="SMD")
    for part in (
        "leave_one_out",
        "cumulative",
        "baujat",
        "galbraith",
        "drapery",
        "trim_and_fill",
        "small_study",
    ):
        assert result[part]["reason"].endswith((".", ")")), part
    assert result["funnel"]["points"][0]["n"] == 60
    assert all("reason" in one or one["k"] == 1 for one in result["sensitivity"])


def test_a_subgroup_of_one_study_is_not_poolable_with_one_variance_either(result_of):
    rows = [means(n, subgroup="a" if n < 4 else "b") for n in range(1, 5)]
    for shared in (False, True):
        found = result_of(rows, measure="SMD", subgroup_by="x", common_tau2=shared)["subgroups"]
        assert [group["poolable"] for group in found["groups"]] == [True, False]
        assert found["groups"][1]["rows"] == [4]


def test_a_note_about_the_intervals_of_subgroups_is_about_those_shown(result_of):
    rows = [means(n, mean1=11.0 + n / 50, subgroup="a" if n < 4 else "b") for n in range(1, 7)]
    apart, shared = (
        result_of(rows, measure="SMD", subgroup_by="x", common_tau2=common)["subgroups"]["notes"]
        for common in (False, True)
    )
    assert any("Knapp-Hartung interval is narrower" in note for note in apart)
    assert not any("Knapp-Hartung interval is narrower" in note for note in shared)


@pytest.mark.parametrize(
    ("plan", "fields", "sentence"),
    [
        ({"method": "mh", "measure": "SMD"}, {}, "there is none for SMD. It pools OR, RR, RD, IRR, IRD"),
        ({"method": "peto", "measure": "SMD"}, {}, "Peto's method pools odds ratios"),
        ({"method": "glmm", "measure": "SMD"}, {}, "It pools OR, IRR, PLO"),
        (
            {"method": "mh", "measure": "OR"},
            {"kind": "effect", "effect": 0.1, "effect_se": 0.2},
            "of Study 1, Study 2 there is only an effect",
        ),
    ],
)
def test_a_method_that_the_data_do_not_allow_is_refused(plan, fields, sentence, result_of):
    with pytest.raises(CannotAnalyse, match=sentence):
        result_of([means(1, **fields), means(2, **fields)], **plan)


def test_nothing_to_pool_is_said_whatever_the_method(result_of):
    rows = [row(1, "None", n1=30, n2=30, events1=0, events2=0)]
    for method in ("iv", "mh", "peto", "glmm"):
        with pytest.raises(StatsError, match="No events in both arms"):
            result_of(rows, method=method)


def test_peto_pools_his_odds_ratios_for_a_plan_of_odds_ratios(sparse, result_of):
    found, same = (result_of(sparse, method="peto", measure=m, tau2_method="CE") for m in ("OR", "PETO"))
    assert found["pooled"] == same["pooled"]
    assert found["pooled"]["measure"] == "PETO"
    assert [study["yi"] for study in found["studies"]] == [study["yi"] for study in same["studies"]]
    assert found["pooled"]["notes"] == []


def test_a_refit_that_is_not_defined_says_why(result_of):
    rows = [row(n, f"T{n}", n1=50, n2=50, events1=e, events2=2) for n, e in ((1, 3), (2, 0))]
    first, second = result_of(rows, method="mh", measure="RR")["leave_one_out"]
    assert first["estimate"] is None
    assert "not defined" in first["reason"]
    assert second["k"] == 1
    assert "reason" not in second


def test_moderators_that_cannot_explain_anything_are_reasons(bcg, result_of):
    one = [{"name": "dose", "type": "number"}]
    found = result_of(bcg, moderators=one)
    assert found["regression"] == {"reason": "dose is not known of any study, so it cannot explain anything."}
    assert found["bubbles"] == [one[0] | found["regression"]]
    for study in bcg:
        study["moderators"]["dose"] = 3
    assert "repeat one another" in result_of(bcg, moderators=one)["regression"]["reason"]
    by_tables = result_of(bcg, moderators=[{"name": "latitude", "type": "number"}], method="mh")
    assert "Moderators are for inverse variance" in by_tables["regression"]["reason"]
    assert result_of(bcg)["regression"] is None
    assert result_of(bcg)["bubbles"] == []


def test_fewer_than_ten_studies_for_a_coefficient_are_warned_of(full):
    assert full["regression"]["notes"][0].startswith("There are 13 studies for 3 coefficients")
    assert full["bubbles"][0]["model"]["notes"] == []


def test_the_test_of_small_study_effects_is_proposed_by_measure(bcg, result_of):
    asked = result_of(bcg, small_study_tests=["auto", "begg", "deeks"])["small_study"]
    assert [test["key"] for test in asked["tests"]] == ["rucker", "begg", "deeks"]  # tau2 is above 0.1
    assert "tau2 above 0.1" in asked["tests"][0]["why"]
    assert asked["tests"][2]["reason"].startswith("It needs the table of a diagnostic test")
    assert result_of(bcg, method="mh")["small_study"]["proposed"] == "harbord"
    assert result_of(bcg, measure="RR")["small_study"]["proposed"] == "peters"
    assert "at least 10 studies; there are 9" in result_of(bcg[:9])["small_study"]["reason"]


def test_tests_for_means_need_the_sizes_of_both_groups(result_of):
    rows = [means(n, n1=20 + n, mean1=10 + n % 4) for n in range(1, 12)]
    found = result_of(rows, measure="SMD")["small_study"]
    assert found["tests"][0]["key"] == found["proposed"] == "pustejovsky-rodgers"
    rows[0] |= {"kind": "effect", "effect": 0.4, "effect_se": 0.3, "n1": None, "n2": None}
    other = result_of(rows, measure="SMD", small_study_tests=["auto", "pustejovsky-rodgers"])["small_study"]
    assert other["proposed"] == "egger"
    assert other["tests"][0]["why"].startswith("The size of some studies is not known")
    assert "size of both groups" in other["tests"][1]["reason"]


def test_sensitivity_leaves_out_by_risk_of_bias_and_by_residual(bcg, result_of):
    overall = {4: "high", 6: "low"}
    for one in bcg:
        if level := overall.get(one["study_id"]):
            one["risk"] = {"tool": "rob2", "version": 1, "values": {}, "overall": level, "source": "study"}
    found = result_of(bcg, sensitivity=["without_high_risk", "without_outliers", "leave_one_out"])[
        "sensitivity"
    ]
    (high,) = keyed(found, "without_high_risk")
    assert (high["k"], high["without"]) == (12, ["Hart & Sutherland 1977"])
    influential = keyed(found, "without_outliers")[1]
    assert "reason" in influential or influential["without"]
    raised, lowered = keyed(found, "leave_one_out")
    everyone = [part["estimate"] for part in result_of(bcg)["leave_one_out"]]
    assert [raised["estimate"], lowered["estimate"]] == [min(everyone), max(everyone)]
    assert {one["key"] for one in found} == {"leave_one_out", "without_high_risk", "without_outliers"}


def test_sensitivity_says_what_does_not_apply(result_of):
    rows = [means(n, scale="HAM-D" if n % 2 else "BDI") for n in range(1, 5)]
    found = result_of(rows, measure="SMD")["sensitivity"]
    reasons = {one["label"]: one["reason"] for one in found if "reason" in one}
    assert reasons["As MD"] == "MD needs one scale, and there are 2."
    assert reasons["Without converted or derived values"] == "All values are as printed in the reports."
    assert "No risk of bias is agreed" in reasons["Without studies at high risk of bias"]
    assert "SMD is for inverse variance only" in keyed(found, "methods")[0]["reason"]
    assert {one["measure"] for one in keyed(found, "measures") if "measure" in one} == {"SMDH", "ROM"}


def test_the_drapery_begins_at_the_pooled_effect(full):
    drapery, pooled = full["drapery"], full["pooled"]
    assert drapery["p"][0] == 1
    assert drapery["pooled"]["low"][0] == drapery["prediction"]["high"][0] == pooled["estimate"]
    assert drapery["p"][-1] == pytest.approx(0.0001)
    assert len(drapery["p"]) == len(drapery["z"]) == len(drapery["prediction"]["low"])


def test_a_common_effect_has_no_prediction_in_the_drapery(bcg, result_of):
    assert result_of(bcg, tau2_method="CE", test="z")["drapery"]["prediction"] is None


def test_the_line_of_labbe_is_the_pooled_effect(bcg, result_of):
    said = {
        "OR": lambda p: math.log(p / (1 - p)),  # the odds at 0.5 are 1
        "RR": lambda p: math.log(p / 0.5),
        "RD": lambda p: p - 0.5,
        "AS": lambda p: math.asin(math.sqrt(p)) - math.asin(math.sqrt(0.5)),
    }
    for measure, effect in said.items():
        result = result_of(bcg, measure=measure)
        (at,) = (point["y"] for point in result["labbe"]["line"] if point["x"] == 0.5)
        assert effect(at) == pytest.approx(result["pooled"]["estimate"]), measure


def test_studies_of_one_precision_are_not_tested_by_ranks(result_of):
    rows = [
        row(n, f"S{n}", kind="effect", effect=n / 10, effect_se=0.2, n1=20, n2=20, effect_measure="")
        for n in range(12)
    ]
    found = result_of(rows, measure="MD", small_study_tests=["begg", "egger"])["small_study"]["tests"]
    assert "all of the same precision" in found[0]["reason"]
    assert "same sei" in found[1]["reason"]


def test_another_choice_that_is_not_defined_says_why(result_of):
    rows = [means(n, mean1=10.0 + 6 * n) | ({"sd1": 0.0, "sd2": 0.0} if n == 1 else {}) for n in range(1, 4)]
    result = result_of(rows, measure="MD", tau2_method="HE", test="z")
    reasons = [fit["reason"] for fit in result["alternatives"] if "reason" in fit]
    assert reasons
    assert all("variance" in reason for reason in reasons)
    assert result["alternatives"][0]["estimate"] is not None


def test_three_hundred_studies_are_quick(result_of):
    """A guard against refits of refits, not a benchmark: it takes some 0.7 s."""
    trials = bcg_rows()
    rows = [
        trials[n % 13] | {"study_id": n, "study": f"T{n}", "n1": trials[n % 13]["n1"] + n} for n in range(300)
    ]
    begin = time.process_time()
    result = result_of(rows, moderators=[{"name": "latitude", "type": "number"}])
    assert time.process_time() - begin < 6
    assert len(result["leave_one_out"]) == 300
