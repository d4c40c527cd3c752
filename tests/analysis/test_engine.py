"""From a snapshot to a result: what cannot be computed is a sentence in its place."""

import json

import pytest

from analysis import stats
from analysis.engine import CannotAnalyse, compute, study_effects

PLAN = {"measure": "SMD", "tau2_method": "REML", "test": "knha", "level": 95.0, "subgroup_by": ""}


def row(number, **fields):
    base = {
        "study_id": number,
        "study": f"Study {number}",
        "result_id": number,
        "kind": "means",
        "n1": 30,
        "mean1": 10.0 + number,
        "sd1": 5.0,
        "events1": None,
        "n2": 30,
        "mean2": 15.0,
        "sd2": 6.0,
        "events2": None,
        "effect": None,
        "effect_se": None,
        "effect_measure": "",
        "subgroup": "all",
    }
    return base | fields


def result_of(rows, step=lambda *args: None, **plan):
    return compute({"plan": PLAN | plan, "rows": rows}, step)


def test_the_result_is_json_without_nan():
    result = result_of([row(1), row(2), row(3)], subgroup_by="therapy")
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_every_step_is_told_and_the_last_leaves_room_to_finish():
    steps = []
    result_of([row(1), row(2), row(3)], lambda *args: steps.append(args))
    assert [done for done, _, _ in steps] == list(range(1, len(steps) + 1))
    assert steps[-1][1] == len(steps) + 1


def test_a_step_that_raises_stops_the_computation():
    def stop(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        result_of([row(1), row(2)], stop)


def test_one_trial_gives_reasons_in_place_of_numbers():
    result = result_of([row(1)])
    assert result["pooled"]["k"] == 1
    for part in ("tau2_interval", "leave_one_out", "influence", "egger", "begg"):
        assert result[part]["reason"].endswith((".", ")")), part


def test_few_trials_are_not_tested_for_small_study_effects():
    assert "at least 10 studies; there are 3" in result_of([row(1), row(2), row(3)])["egger"]["reason"]
    ten = result_of([row(n, n1=20 + 5 * n) for n in range(10)])
    assert 0 <= ten["egger"]["pval"] <= 1
    assert 0 <= ten["begg"]["pval"] <= 1


def test_no_rows_and_wrong_kinds_are_refused():
    with pytest.raises(CannotAnalyse, match="nothing to pool"):
        result_of([])
    with pytest.raises(CannotAnalyse, match=r"Study 2: events do not give SMD\. Choose one of OR"):
        result_of([row(1), row(2, kind="events")])
    with pytest.raises(CannotAnalyse, match="reported as OR, the plan pools SMD"):
        result_of([row(1, kind="effect", effect=0.1, effect_se=0.2, effect_measure="OR")])


@pytest.mark.parametrize("measure", ["OR", "RR", "PETO"])
def test_a_trial_without_events_says_nothing_about_a_ratio(measure):
    rows = [
        row(1, kind="events", events1=5, events2=9),
        row(2, kind="events", events1=0, events2=8),
        row(3, kind="events", events1=0, events2=0),
        row(4, kind="events", events1=30, events2=30),
    ]
    result = result_of(rows, measure=measure)
    assert result["pooled"]["k"] == 2
    none, all_of_them = result["studies"][2:]
    assert (none["yi"], none["weight"]) == (all_of_them["yi"], all_of_them["weight"]) == (None, None)
    assert none["dropped"] == "No events in both arms, which says nothing about a ratio."
    assert all_of_them["dropped"].startswith("Nothing but events in both arms")
    assert sum(study["weight"] for study in result["studies"][:2]) == pytest.approx(100)


def test_a_trial_without_events_has_a_risk_difference():
    rows = [row(n, kind="events", events1=n, events2=2 * n) for n in range(3)]
    result = result_of(rows, measure="RD")
    assert "No events" not in result["studies"][0]["dropped"]


def test_petos_method_takes_a_zero_as_it_is():
    rows = [row(1, kind="events", events1=5, events2=9), row(2, kind="events", events1=0, events2=8)]
    exact = stats.peto(ai=[5, 0], n1i=[30, 30], ci=[9, 8], n2i=[30, 30])
    assert result_of(rows, measure="PETO", tau2_method="CE", test="z")["pooled"]["estimate"] == pytest.approx(
        exact.estimate
    )


def test_a_study_without_an_effect_is_dropped_with_its_own_reason():
    result = result_of([row(1), row(2), row(3, mean1=-4.0)], measure="ROM")
    assert result["pooled"]["k"] == 2
    assert "not defined for m1i -4" in result["studies"][2]["dropped"]


def test_effects_keep_the_order_of_the_rows():
    effects = study_effects([row(3), row(1, kind="effect", effect=-0.2, effect_se=0.1), row(2)], "SMD")
    assert effects.slab == ("Study 3", "Study 1", "Study 2")
    assert effects.yi[1] == -0.2
    assert effects.vi[1] == pytest.approx(0.01)


def test_the_planned_fit_is_the_first_alternative_and_each_is_there_once():
    result = result_of([row(1), row(2), row(3)], tau2_method="SJ", test="knha")
    choices = [(fit["tau2_method"], fit["test"]) for fit in result["alternatives"]]
    assert choices[:2] == [("SJ", "knha"), ("SJ", "z")]
    assert len(set(choices)) == len(choices) == 7
    assert result["alternatives"][0] == result["pooled"]


def test_a_common_effect_has_neither_tau2_interval_nor_prediction():
    result = result_of([row(1), row(2), row(3)], tau2_method="CE", test="z")
    assert "no between-study variance" in result["tau2_interval"]["reason"]
    assert result["pooled"]["pi_low"] is None
    assert ("CE", "knha") not in [(fit["tau2_method"], fit["test"]) for fit in result["alternatives"]]


def test_a_subgroup_with_one_trial_is_marked_as_not_poolable():
    rows = [row(1, subgroup="a"), row(2, subgroup="a"), row(3, subgroup="b")]
    groups = result_of(rows, subgroup_by="therapy")["subgroups"]["groups"]
    assert [(g["name"], g["poolable"], g["members"]) for g in groups] == [
        ("a", True, ["Study 1", "Study 2"]),
        ("b", False, ["Study 3"]),
    ]
