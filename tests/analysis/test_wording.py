"""A result in words, from small made-up results."""

import pytest

from analysis.choices import is_ratio, measure_names, model_label, tau2_choices
from analysis.intake import stats_name
from analysis.stats import ESTIMATORS, MEASURES, TESTS
from analysis.wording import (
    METHODS_OF_MEASURE,
    METHODS_OF_TAU2,
    METHODS_OF_TEST,
    Scale,
    headline,
    heterogeneity,
    methods,
    prediction,
)

PLAN = {
    "measure": "SMD",
    "tau2_method": "REML",
    "test": "knha",
    "level": 95.0,
    "subgroup_by": "",
    "prefer_rater": "",
    "experimental_label": "therapy",
    "comparator_label": "control",
}


def case(plan=None, *, direction="lower", n=40, **pooled):
    numbers = {
        "estimate": -0.5,
        "ci_low": -0.8,
        "ci_high": -0.2,
        "pi_low": -1.2,
        "pi_high": 0.2,
        "pi_method": "t with 3 degrees of freedom",
        "k": 4,
        "measure": "SMD",
        "tau2_method": "REML",
        "test": "knha",
        "level": 95.0,
        "tau2": 0.1,
        "i2": 62.4,
        "q": 9.1,
        "q_df": 3,
        "q_pval": 0.0004,
    } | pooled
    rows = [{"study_id": i, "study": f"S{i}", "n1": n, "n2": n, "kind": "means"} for i in range(numbers["k"])]
    snapshot = {
        "plan": PLAN | (plan or {}),
        "outcome": {"name": "x", "direction": direction},
        "rows": rows,
        "left_out": [],
    }
    result = {
        "pooled": numbers,
        "studies": [{"study_id": i, "weight": 25.0} for i in range(numbers["k"])],
        "tau2_interval": {"tau2_low": 0.01, "tau2_high": 1.2},
        "engine": "engine 1",
    }
    return snapshot, result


def test_the_headline_names_size_interval_and_direction():
    told = headline(*case())
    assert (
        told == "Pooled Hedges g −0.50 (95% CI −0.80 to −0.20), 4 trials, 320 participants: favours therapy."
    )


def test_participants_are_left_out_when_one_number_is_unknown():
    assert "participants" not in headline(*case(n=None))


@pytest.mark.parametrize(
    ("direction", "numbers", "ending"),
    [
        ("higher", {}, "favours control."),
        ("lower", {"estimate": 0.5, "ci_low": 0.2, "ci_high": 0.8}, "favours control."),
        ("higher", {"estimate": 0.5, "ci_low": 0.2, "ci_high": 0.8}, "favours therapy."),
        ("lower", {"ci_high": 0.1}, "on the side of therapy, and the interval includes no effect."),
        (
            "lower",
            {"estimate": 0.0, "ci_high": 0.8},
            "no difference, and the interval reaches to both sides.",
        ),
    ],
)
def test_direction(direction, numbers, ending):
    assert headline(*case(direction=direction, **numbers)).endswith(ending)


def test_one_trial_is_not_called_pooled():
    told = headline(*case(k=1))
    assert told.startswith("One trial only, so nothing is pooled.")
    assert heterogeneity(case(k=1)[1]) == ""
    assert prediction(*case(k=1)) == prediction(*case(k=2)) == ""


def test_ratios_are_read_as_ratios():
    scale = Scale("OR")
    assert (scale.text(0.0), scale.null, scale.label) == ("1.00", 1.0, "Odds ratio")
    assert scale.interval(-0.6931471805599453, 0.6931471805599453) == "0.50 to 2.00"
    assert "Odds ratio 0.61 (95% CI 0.45 to 0.82)" in headline(*case({"measure": "OR"}, measure="OR"))


def test_heterogeneity_and_prediction():
    assert heterogeneity(case()[1]) == (
        "Heterogeneity: τ² 0.100 (95% CI 0.010 to 1.200), I² 62%, Q 9.10 on 3 degrees of freedom (p < 0.001)."
    )
    assert "between −1.20 and 0.20 (95% prediction interval), which includes no effect" in prediction(*case())
    assert prediction(*case(pi_high=-0.1)).endswith("lies wholly on the side of therapy.")
    snapshot, result = case(tau2_method="CE", pi_low=None, pi_high=None)
    result["tau2_interval"] = {"reason": "none"}
    assert "τ²" not in heterogeneity(result)
    assert prediction(snapshot, result) == ""


def test_the_methods_sentence_names_what_was_done():
    snapshot, result = case({"subgroup_by": "therapy", "prefer_rater": "self_report"})
    snapshot["rows"][0]["kind"] = "effect"
    snapshot["left_out"] = [{"study": "Q", "why": "an outlier"}, {"study": "R", "why": "an outlier"}]
    told = methods(snapshot, result)
    for part in (
        "Hedges g with the exact small-sample correction",
        "restricted maximum likelihood",
        "Knapp-Hartung",
        "t distribution with 3 degrees of freedom",
        "For 1 trial (S0) only an effect",
        "self-report result",
        "Left out were Q, R: an outlier.",
        "Subgroups by therapy",
        "engine 1",
    ):
        assert part in told


def test_every_choice_has_its_words():
    for measure in measure_names():
        assert stats_name(measure) in MEASURES
        assert measure in METHODS_OF_MEASURE
        assert Scale(measure).label != measure
    for name, _ in tau2_choices():
        assert name in ESTIMATORS
        assert name in METHODS_OF_TAU2 or name == "CE"
        assert model_label(name, "z")
    assert set(METHODS_OF_TEST) == set(TESTS)
    assert [name for name in measure_names() if is_ratio(name)] == [
        "ROM",
        "OR",
        "RR",
        "PETO",
        "IRR",
        "HR",
        "DOR",
    ]
