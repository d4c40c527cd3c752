"""The numbers of a finding as its tables print them."""

import math

import pytest

from certainty import wording
from certainty.grade.absolute import Interval, absolute_effect


def evidence(measure, estimate, low, high, level=95.0):
    return {
        "measure": measure,
        "level": level,
        "pooled": {"estimate": estimate, "ci_low": low, "ci_high": high},
    }


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (evidence("RR", math.log(0.83), math.log(0.78), math.log(0.89)), "RR 0.83 (0.78 to 0.89)"),
        (evidence("PETO", math.log(0.5), math.log(0.2), 0.0), "Peto OR 0.50 (0.20 to 1.00)"),
        (evidence("SMD", -0.5, -0.8, -0.2, 90.0), "SMD −0.50 (90% CI −0.80 to −0.20)"),
        (evidence("RD", -0.05, -0.08, -0.02), "RD −0.050 (−0.080 to −0.020)"),
        (evidence("MD", 1.5, None, None), "MD 1.50"),
        ({"measure": "", "pooled": None}, ""),
    ],
)
def test_relative_effects(found, text):
    assert wording.relative_text(found) == text


def test_effects_are_read_on_the_scale_of_readers():
    assert wording.effect_of(evidence("OR", math.log(2), math.log(1.5), math.log(3))) == Interval(
        pytest.approx(2), pytest.approx(1.5), pytest.approx(3)
    )
    assert wording.effect_of({"measure": "OR", "pooled": None}) is None


def test_absolute_effects_of_people():
    found = absolute_effect("RR", Interval(0.83, 0.78, 1.1), {"per_1000": 400})
    assert wording.risk_text(found) == "400 per 1,000"
    assert wording.with_text(found) == "332 per 1,000 (312 to 440)"
    assert wording.difference_text(found) == "68 fewer per 1,000 (88 fewer to 40 more)"


def test_rare_events_are_not_rounded_away():
    found = absolute_effect("RR", Interval(0.5, 0.2, 1.2), {"per_1000": 0.8})
    assert wording.difference_text(found) == "0.4 fewer per 1,000 (0.6 fewer to 0.2 more)"


def test_absolute_effects_of_scales():
    smd = Interval(-0.65, -0.95, -0.35)
    assert wording.difference_text(absolute_effect("SMD", smd)) == "SD 0.65 lower (0.95 lower to 0.35 lower)"
    on_scale = absolute_effect("SMD", smd, {"mean": 20, "sd": 8})
    assert wording.difference_text(on_scale, "points") == "5.2 points lower (7.6 lower to 2.8 lower)"
    assert wording.risk_text(on_scale, "points") == "mean 20 points"
    assert wording.with_text(on_scale, "points") == "mean 14.8 points (12.4 to 17.2)"


def test_people_and_events():
    assert wording.people_text(1240, 8, "RCTs") == "1,240 (8 RCTs)"
    assert wording.people_text(None, 1) == "(1 study)"
    assert wording.people_text(None, None) == "–"
    assert wording.events_text(24, 310) == "24/310 (7.7%)"
    assert wording.events_text(None, 1310) == "1,310"
    assert wording.events_text(None, None) == "–"


def study(name, **numbers):
    return {
        "study": name,
        "people": 100,
        "events2": None,
        "people2": 50,
        "mean2": None,
        "sd2": None,
    } | numbers


def test_baselines_that_the_studies_had():
    studies = [study("A", events2=5), study("B", events2=20), study("C", events2=10), study("D", events2=0)]
    assert [one["per_1000"] for one in wording.observed_baselines("OR", studies)] == [100, 200, 400]
    assert wording.observed_baselines("IRR", studies) == []
    assert [one["per_1000"] for one in wording.observed_baselines("OR", studies[:2])] == [250]


def test_the_scale_of_the_largest_study():
    studies = [study("A", mean2=18.0, sd2=6.0), study("B", mean2=20.0, sd2=8.0, people=300), study("C")]
    [found] = wording.observed_baselines("SMD", studies)
    assert (found["mean"], found["sd"]) == (20.0, 8.0)
    assert "B, the largest study" in found["source"]
    assert wording.observed_baselines("SMD", [study("C")]) == []
