"""Changing a plan: what was, what became, why, and whether results were known by then; retiring and bringing back."""

import pytest

from analysis import services
from analysis.choices import SENSITIVITY
from analysis.models import Plan, PlanChange
from analysis.plan_changes import changes_of, differences, plan_changes
from analysis.plan_words import lines_of
from reviews.errors import Conflict
from tests.factories import make_outcome, make_review, make_study


@pytest.fixture
def change(ana):
    """``change(plan, test="z")`` by ana, with a reason and the version as it is."""

    def do(plan, **settings):
        given = {"seen_version": plan.version, "reason": "the referees asked"} | settings
        changed = services.change_plan(plan=plan, by=ana, **given)
        plan.refresh_from_db()
        return changed

    return do


def test_a_change_keeps_what_was_what_became_and_why(review, write, change, trials, ana):
    plan = write(question="Does it help?")
    other = make_outcome(review, "Quality of life")
    change(plan, test="z", outcome=other, excluded_studies=[trials[2]], exclusion_note="outlier")
    assert (plan.version, plan.test, plan.outcome, plan.question) == (2, "z", other, "Does it help?")
    kept = plan.changes.get()
    assert kept.changed == {
        "outcome": ["Depression severity", "Quality of life"],
        "excluded_studies": [[], ["Cruz 2010"]],
        "exclusion_note": ["", "outlier"],
        "test": ["knha", "z"],
    }
    assert (kept.version, kept.reason, kept.post_hoc, kept.changed_by) == (
        2,
        "the referees asked",
        False,
        ana,
    )
    assert [one.before for one in differences(kept)] == [
        "Depression severity",
        "none",
        "none",
        "Knapp-Hartung (t)",
    ]
    event = review.events.get(verb="analysis.plan_changed")
    assert event.sentence.startswith("changed the analysis plan “All trials”: outcome, studies left out")
    assert event.detail["why"] == "the referees asked"


def test_post_hoc_is_what_comes_after_a_run_or_to_a_prespecified_plan_but_not_wording(
    write, run, change, review
):
    fresh, agreed, ran = write("Fresh"), write("Agreed", prespecified=True), run("Ran").plan
    for plan in (fresh, agreed, ran):
        change(plan, name=f"{plan.name} indeed", comparator_label="waiting list")
        change(plan, tau2_method="DL")
    assert list(PlanChange.objects.filter(post_hoc=True).values_list("plan__name", "version")) == [
        ("Agreed indeed", 3),
        ("Ran indeed", 3),
    ]
    assert plan_changes(fresh) == []
    assert set(changes_of([fresh, agreed, ran])) == {agreed.pk, ran.pk}
    (told,) = plan_changes(ran)
    assert (told["version"], told["reason"]) == (3, "the referees asked")
    assert told["changed"] == [
        {
            "name": "tau2_method",
            "setting": "Between-study variance",
            "before": "Restricted maximum likelihood (REML)",
            "after": "DerSimonian-Laird (DL)",
        }
    ]
    assert "post hoc: between-study variance" in review.events.first().sentence


def test_two_people_do_not_overwrite_each_other(write, change):
    plan = write()
    seen = plan.version
    change(plan, test="z")
    with pytest.raises(Conflict, match=r"changed in the meantime by .*you saw 1"):
        change(plan, test="t", seen_version=seen)
    plan.refresh_from_db()
    assert (plan.test, plan.version, plan.changes.count()) == ("z", 2, 1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"test": "z", "reason": " "}, "Say why"),
        ({"test": "knha"}, "Nothing is different"),
        ({"tset": "z"}, "no setting called tset"),
        ({"test": "chi"}, "There is no test"),
        ({"level": True}, "give a number"),
        ({"name": 5}, "give a text"),
    ],
)
def test_a_change_that_is_none_or_nonsense_is_refused(write, change, given, sentence):
    plan = write()
    with pytest.raises(services.InvalidPlan, match=sentence):
        change(plan, **given)
    assert not PlanChange.objects.exists()


def test_another_kind_puts_back_what_it_has_not(write, change):
    plan = write(subgroup_by="therapy", common_tau2=True, method="mh", measure="OR", prediction="t(k-2)")
    change(plan, kind="network")
    assert (plan.subgroup_by, plan.common_tau2, plan.method, plan.prediction) == ("", False, "iv", "as test")
    assert set(plan.changes.get().changed) == {"kind", "subgroup_by", "common_tau2", "method", "prediction"}
    with pytest.raises(services.InvalidPlan, match="not a setting of this kind: network"):
        change(plan, method="mh")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"kind": "network", "tau2_method": "PM"}, "tau2_method"),
        ({"kind": "network", "measure": "PLO"}, "measure"),
        ({"kind": "narrative", "sensitivity": []}, "sensitivity"),
        ({"method": "mh"}, "method"),
        ({"method": "glmm", "measure": "RR"}, "method"),
        ({"prediction": "t(9)"}, "prediction"),
        ({"common_tau2": True}, "common_tau2"),
        ({"moderators": {"name": "age"}}, "moderators"),
        ({"moderators": [{"name": "age", "type": "date"}]}, "moderators"),
        ({"moderators": [{"name": " ", "type": "number"}]}, "moderators"),
        ({"moderators": [{"name": "age", "type": "number"}] * 2}, "moderators"),
        ({"sensitivity": ["magic"]}, "sensitivity"),
        ({"small_study_tests": "egger"}, "small_study_tests"),
        ({"selection": []}, "selection"),
    ],
)
def test_settings_that_make_no_analysis_are_refused_at_their_field(write, given, field):
    with pytest.raises(services.InvalidPlan) as refusal:
        write(**given)
    assert refusal.value.field == field
    assert not Plan.objects.exists()


def test_lists_are_kept_in_the_order_in_which_they_are_offered(write):
    plan = write(small_study_tests=["begg", "egger"], sensitivity=["methods", "tests"])
    assert (plan.small_study_tests, plan.sensitivity) == (["egger", "begg"], ["tests", "methods"])
    said = {line.name: line.words for line in lines_of(plan, ["Ade 2001"])}
    assert said["sensitivity"] == [SENSITIVITY["tests"], SENSITIVITY["methods"]]
    assert said["excluded_studies"] == ["Ade 2001"]
    assert "method" not in {line.name for line in lines_of(write(kind="network"), [])}


def test_a_plan_is_carried_over_with_every_setting(write, trials, ana):
    given = {"moderators": [{"name": "age", "type": "number"}], "prediction": "z", "question": "Why?"}
    first = services.run_alike(plan=write(**given), by=ana, risk_of_bias="", subgroup_by="therapy")
    again = services.run_alike(plan=first.plan, by=ana, subgroup_by="therapy")
    assert first == again
    assert {name: getattr(first.plan, name) for name in given} == given


def test_a_retired_plan_is_brought_back(write, change, review, ana):
    plan = write()
    with pytest.raises(Conflict, match="in use already"):
        services.restore_plan(plan=plan, by=ana)
    services.retire_plan(plan=plan, by=ana)
    with pytest.raises(Conflict, match="retired"):
        change(plan, test="z")
    services.restore_plan(plan=plan, by=ana)
    assert plan.retired_at is None
    assert review.events.first().sentence == "brought back the analysis plan “All trials”."


def test_a_study_or_outcome_of_another_review_cannot_come_in_by_a_change(write, change):
    other, plan = make_review("elsewhere"), write()
    for foreign in ({"outcome": make_outcome(other)}, {"excluded_studies": [make_study(other)]}):
        with pytest.raises(services.InvalidPlan, match="review"):
            change(plan, **foreign)
