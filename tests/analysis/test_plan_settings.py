"""The one list of settings is the model's, and a snapshot keeps what it always kept."""

import pytest

from analysis.choices import (
    METHOD_MEASURES,
    SENSITIVITY,
    SMALL_STUDY_TESTS,
    measure_names,
    prediction_choices,
)
from analysis.models import Plan
from analysis.plan_settings import KINDS, PLAIN, PLAN_SETTINGS, belongs, default_of, for_snapshot, settings_in
from analysis.stats import ASYMMETRY_TESTS, PREDICTIONS

NOT_DECIDED = {"id", "review", "slug", "version", "created_by", "created_at", "retired_at"}


def test_every_field_that_a_person_decides_is_in_the_list_with_the_default_of_the_model():
    fields = {field.name for field in (*Plan._meta.fields, *Plan._meta.many_to_many)}
    assert fields - NOT_DECIDED == set(PLAN_SETTINGS)
    assert {name: default_of(name) for name in PLAIN} == {name: getattr(Plan(), name) for name in PLAIN}
    assert set(Plan.Kind.values) == set(KINDS)


def test_a_setting_at_its_default_enters_a_snapshot_only_if_it_always_did():
    assert set(for_snapshot(Plan())) == {
        *("name", "measure", "tau2_method", "test", "level", "subgroup_by", "prefer_rater", "prespecified"),
        *("leave_out_derived", "exclusion_note", "experimental_label", "comparator_label"),
    }


def test_a_snapshot_gives_the_settings_back():
    plan = Plan(name="All", kind="network", sensitivity=[], moderators=[{"name": "age", "type": "number"}])
    kept = for_snapshot(plan)
    assert (kept["kind"], kept["sensitivity"]) == ("network", [])
    assert settings_in(kept) == {name: getattr(plan, name) for name in PLAIN}
    kept["moderators"].clear()
    assert plan.moderators


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("name", set(KINDS)), ("tau2_method", {"pairwise", "network"}), ("method", {"pairwise"})],
)
def test_some_settings_belong_to_some_kinds(name, kinds):
    assert {kind for kind in KINDS if belongs(name, kind)} == kinds


def test_what_may_be_chosen_is_what_the_engine_knows():
    assert set(SMALL_STUDY_TESTS) == {"egger", "begg", *ASYMMETRY_TESTS}
    assert {name for name, _ in prediction_choices()} == set(PREDICTIONS)
    assert set(METHOD_MEASURES) == set(Plan.Method.values) - {"iv"}
    assert {measure for names in METHOD_MEASURES.values() for measure in names} <= set(measure_names())
    assert "leave_one_out" in SENSITIVITY
