"""Regression, subgroups, asymmetry tests and case diagnostics: laws and refusals (values: test_stats_reference)."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import stats

ROWS = {"yi": [0.1, 0.5, -0.2, 0.7, 0.3, 0.2], "vi": [0.04, 0.03, 0.05, 0.02, 0.06, 0.04]}
EFFECTS = stats.effect_sizes("GEN", **ROWS, slab="abcdef")
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]
GROUPS = ["drug", "talk", "drug", "talk", "drug", "alone"]


def test_shifting_and_scaling_a_moderator_moves_its_coefficient_only():
    one = stats.regress(EFFECTS, {"x": X})
    other = stats.regress(EFFECTS, {"x": [1990 + 10 * x for x in X]})
    assert other.coefficients[1] * 10 == pytest.approx(one.coefficients[1], rel=1e-9)
    assert (other.tau2, other.qm) == pytest.approx((one.tau2, one.qm), rel=1e-8, abs=1e-12)


def test_text_becomes_indicators_against_the_first_level():
    model = stats.regress(EFFECTS, {"group": GROUPS}, tau2="DL")
    assert model.names == ("intrcpt", "group: drug", "group: talk")
    assert model.qm_df == (2,)
    means = stats.regress(EFFECTS, {"group": GROUPS}, tau2="DL", intercept=False)
    assert means.names == ("group: alone", "group: drug", "group: talk")
    assert means.coefficients[1] == pytest.approx(model.coefficients[0] + model.coefficients[1])


def test_a_missing_moderator_leaves_the_study_out_by_name():
    model = stats.regress(EFFECTS, {"x": [1, 2, None, 4, 5, math.nan]})
    assert model.k == 4
    assert [(d.label, d.reason) for d in model.dropped] == [
        ("c", "A moderator is missing."),
        ("f", "A moderator is missing."),
    ]


@pytest.mark.parametrize(
    ("error", "sentence", "moderators"),
    [
        (stats.RankDeficient, "x, z repeat one another", {"x": X, "z": [2 * x for x in X]}),
        (stats.RankDeficient, "do not vary", {"x": [3.0] * 6}),
        (stats.RankDeficient, "do not vary", {"x": [0.0] * 6}),
        (stats.TooFewStudies, "6 coefficients need more than 6 studies", {"g": list("pqrstu")}),
        (stats.LengthMismatch, "x has 2 values for 6 studies", {"x": [1, 2]}),
        (stats.MissingColumns, "Give at least one moderator", {}),
        (stats.NoStudies, "No study has both", {"x": [None] * 6}),
    ],
)
def test_models_that_cannot_be_fitted(error, sentence, moderators):
    with pytest.raises(error) as caught:
        stats.regress(EFFECTS, moderators)
    assert sentence in str(caught.value)


def test_a_subgroup_with_one_study_says_so():
    found = stats.subgroups(EFFECTS, GROUPS)
    groups = {g.name: g for g in found.groups}
    assert groups["alone"].note == "One study: not pooled, its own effect is shown."
    assert groups["alone"].pooled.estimate == pytest.approx(0.2)
    assert groups["drug"].note == ""
    assert found.q_between_df == 2
    assert any("one study" in note for note in found.notes)


def test_a_subgroup_with_a_narrow_knapp_hartung_interval_is_named():
    effects = stats.effect_sizes("GEN", yi=[0.4, 0.41, 0.42, 0.1, 0.9, -0.3], vi=[0.05] * 6)
    found = stats.subgroups(effects, ["calm"] * 3 + ["wild"] * 3, test="knha")
    assert [note.split(":")[0] for note in found.notes] == ["Subgroup calm"]
    assert "narrower than that of the z test" in found.notes[0]


def test_subgroups_with_blank_labels_and_empty_levels():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.2, None], vi=[0.1, 0.2, 0.3], slab="abc")
    found = stats.subgroups(effects, ["x", None, "y"])
    assert [(g.name, g.pooled is None) for g in found.groups] == [("x", False), ("y", True)]
    assert {d.label for d in found.dropped} == {"b", "c"}
    assert found.q_between is None
    assert found.groups[1].to_dict()["k"] == 0
    with pytest.raises(stats.NoStudies):
        stats.subgroups(effects, ["", "", ""])
    with pytest.raises(stats.LengthMismatch):
        stats.subgroups(effects, ["x"])


def test_common_tau2_is_shared_and_its_test_is_that_of_the_contrasts():
    found = stats.subgroups(EFFECTS, GROUPS, common_tau2=True)
    model = stats.regress(EFFECTS, {"g": GROUPS})
    assert {g.pooled.tau2 for g in found.groups} == {model.tau2}
    assert found.q_between == pytest.approx(model.qm)


def test_asymmetry_needs_three_studies_and_different_sizes():
    two = EFFECTS.select([0, 1])
    for run in (stats.egger, stats.begg):
        with pytest.raises(stats.TooFewStudies, match="at least 3 studies, and this is 2 studies"):
            run(two)
    same = stats.effect_sizes("GEN", yi=[0.1, 0.2, 0.4], vi=[0.1] * 3)
    with pytest.raises(stats.RankDeficient, match="same sei"):
        stats.egger(same)
    with pytest.raises(stats.MissingColumns, match="ni"):
        stats.egger(EFFECTS, predictor="ninv")
    with pytest.raises(stats.UnknownOption, match="no predictor"):
        stats.egger(EFFECTS, predictor="year")
    with pytest.raises(stats.UnknownOption, match="no model"):
        stats.egger(EFFECTS, model="glm")


def test_no_scatter_no_test():
    flat = stats.effect_sizes("GEN", yi=[0.25] * 4, vi=[0.1, 0.2, 0.3, 0.4])
    with pytest.raises(stats.StatsError, match="no scatter"):
        stats.egger(flat)


@given(st.permutations(range(6)))
def test_diagnostics_follow_their_study(order):
    one, other = stats.influence(EFFECTS), stats.influence(EFFECTS.select(order))
    for name in ("rstudent", "dffits", "cook_d", "hat", "rstandard"):
        mine = dict(zip(one.slab, getattr(one, name), strict=True))
        theirs = dict(zip(other.slab, getattr(other, name), strict=True))
        assert theirs == pytest.approx(mine, rel=1e-6, abs=1e-9)


def test_leaving_one_out_is_pooling_the_others():
    found = stats.leave_one_out(EFFECTS)
    rest = stats.pool(EFFECTS.select([0, 1, 2, 4, 5]))
    assert found.labels[3] == "d"
    assert found.pooled[3].to_dict() == rest.to_dict()
    assert found.to_dict()[3] == {"label": "d", **rest.to_dict()}
    assert found.column("pi_low").shape == (6,)


def test_cumulative_order():
    found = stats.cumulative(EFFECTS, order=[2005, 2001, 2001, 1999, 2010, 2000])
    assert found.labels == ("d", "f", "b", "c", "a", "e")
    assert found.pooled[-1].estimate == pytest.approx(stats.pool(EFFECTS).estimate)
    assert stats.cumulative(EFFECTS).labels == tuple("abcdef")
    with pytest.raises(stats.LengthMismatch):
        stats.cumulative(EFFECTS, order=[1])


def test_too_few_for_diagnostics():
    one = EFFECTS.select([0])
    for run in (stats.influence, stats.leave_one_out, stats.confidence_tau2):
        with pytest.raises(stats.TooFewStudies):
            run(one)
    with pytest.raises(stats.UnknownOption, match="no tau2 interval"):
        stats.confidence_tau2(EFFECTS, method="XX")


def test_results_become_json():

    for result in (
        stats.regress(EFFECTS, {"x": X}),
        stats.subgroups(EFFECTS, GROUPS),
        stats.egger(EFFECTS),
        stats.begg(EFFECTS),
        stats.influence(EFFECTS),
        stats.leave_one_out(EFFECTS),
        stats.confidence_tau2(EFFECTS),
        EFFECTS,
    ):
        json.dumps(result.to_dict(), allow_nan=False)


def test_outlier_is_flagged():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.2, 0.15, 0.12, 5.0], vi=[0.02] * 5, slab="abcde")
    found = stats.influence(effects)
    assert found.slab[int(np.argmax(np.abs(found.rstudent)))] == "e"
    assert found.flagged[4]
