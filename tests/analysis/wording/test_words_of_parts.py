"""Sensitivity analyses, moderators and small-study effects in words."""

import pytest

from analysis.engine.methods import METHOD_NAMES
from analysis.wording import (
    fit_label,
    headline,
    heterogeneity,
    regression_sentence,
    sensitivity_sentence,
    small_study_sentences,
    trim_and_fill_sentence,
)
from tests.analysis.engine.cases import bcg_rows, sparse_rows
from tests.analysis.wording.test_words_of_methods import finished


def test_sensitivity_says_how_many_agree_and_which_do_not():
    pooled = {"measure": "SMD", "ci_low": -0.8, "ci_high": -0.1}
    same = {"label": "a", "ci_low": -0.5, "ci_high": -0.2}
    other = {"label": "Common effect", "ci_low": -0.5, "ci_high": 0.2}
    failed = {"label": "c", "reason": "No."}
    snapshot = {
        "plan": {"experimental_label": "therapy", "comparator_label": "control"},
        "outcome": {"direction": "lower"},
    }
    told = sensitivity_sentence(snapshot, {"pooled": pooled, "sensitivity": [same, other, failed]})
    assert told.startswith("1 of 2 sensitivity analyses came to the same conclusion")
    assert told.endswith("(favours therapy); not so: Common effect.")
    told = sensitivity_sentence(snapshot, {"pooled": pooled, "sensitivity": [same, same]})
    assert told.startswith("All 2 sensitivity analyses came to the same conclusion")
    assert sensitivity_sentence(snapshot, {"pooled": pooled}) == ""
    assert sensitivity_sentence(snapshot, {"pooled": pooled | {"measure": "PR"}, "sensitivity": [same]}) == ""


def test_meta_regression_in_a_sentence():
    moderators = [{"name": "latitude", "type": "number"}]
    _, result = finished(bcg_rows(), moderators=moderators)
    assert regression_sentence(result["regression"]).startswith(
        "Meta-regression of 13 trials: R² 85%, test of moderators F 17.60 on 1 and 11"
    )
    assert "F " in regression_sentence(result["regression"])
    _, result = finished(bcg_rows(), moderators=moderators, test="z")
    assert " Q " in regression_sentence(result["regression"])
    assert regression_sentence(None) == ""
    assert regression_sentence({"reason": "No study."}) == "No study."


def test_small_study_tests_in_sentences():
    _, result = finished(bcg_rows(), small_study_tests=["egger", "begg", "deeks"])
    egger, begg, deeks = small_study_sentences(result)
    assert egger.startswith("Egger's regression test: z ")
    assert egger.endswith("Chosen in the plan.")
    assert "rank test: Kendall's τ" in begg
    assert deeks.startswith("Deeks' regression test: not made. It needs the table")
    _, few = finished(bcg_rows()[:5])
    assert small_study_sentences(few) == [few["small_study"]["reason"]]
    before = {key: value for key, value in result.items() if key != "small_study"}
    assert small_study_sentences(before)[0].startswith("Egger's regression test (random effects")
    assert "linked by their formulas" in small_study_sentences(before)[2]


def test_trim_and_fill_in_a_sentence():
    _, result = finished(bcg_rows(), measure="RR", test="z")
    told = trim_and_fill_sentence(result)
    assert (
        "1 trial would have to be added on the right for the funnel to be symmetric; with it Risk ratio 0.52"
        in told
    )
    assert "not a correction" in told
    assert "no trial is missing" in trim_and_fill_sentence(finished(bcg_rows())[1])
    assert trim_and_fill_sentence({}) == ""


@pytest.mark.parametrize("method", ["mh", "peto", "glmm"])
def test_a_fit_is_named_by_its_method(method):
    snapshot, result = finished(sparse_rows(), method=method)
    assert fit_label(result["pooled"]).startswith(METHOD_NAMES[method])
    assert fit_label(result["alternatives"][1]) == "Random effects (REML), z test"
    assert "5 trials, " in headline(snapshot, result)
    assert ("τ²" in heterogeneity(result)) == (method == "glmm")


def test_two_comparisons_of_one_trial_are_not_two_trials():
    rows = bcg_rows()
    rows[1] |= {"study_id": rows[0]["study_id"], "row": "second"}
    assert "13 comparisons of 12 trials" in headline(*finished(rows))
