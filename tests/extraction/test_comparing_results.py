"""Two people's results: which belong together, what differs, and what that does to the effect."""

import math

import pytest

from extraction.comparing import Entry, Grade, agreement_of, compare_results, effects_of
from extraction.comparing.values import Difference, compare_field
from extraction.form_schema import Field

MEANS = {"n1": 40, "mean1": 8.2, "sd1": 4.7, "n2": 41, "mean2": 13.2, "sd2": 6.9}
EVENTS = {"events1": 12, "n1": 40, "events2": 4, "n2": 41}


def entry(key=1, kind="means", numbers=MEANS, **more) -> Entry:
    given = {"outcome": 7, "experimental": 1, "comparator": 2, "arms": ("CBT", "Usual care")}
    return Entry(**(given | {"key": key, "kind": kind, "numbers": numbers} | more))


def only(left: Entry, right: Entry):
    [pair] = compare_results([left], [right])
    return pair


# By hand from the formulas of the Cochrane Handbook, chapter 6 and section 10.4; ratios as logarithms.
@pytest.mark.parametrize(
    ("kind", "numbers", "measure", "value", "se"),
    [
        ("means", MEANS, "MD", -5.0, math.sqrt(4.7**2 / 40 + 6.9**2 / 41)),
        ("events", EVENTS, "OR", math.log(12 * 37 / (28 * 4)), math.sqrt(1 / 12 + 1 / 28 + 1 / 4 + 1 / 37)),
        ("events", EVENTS, "RR", math.log(12 / 40 / (4 / 41)), math.sqrt(1 / 12 - 1 / 40 + 1 / 4 - 1 / 41)),
        ("events", EVENTS, "RD", 12 / 40 - 4 / 41, math.sqrt(0.3 * 0.7 / 40 + 4 / 41 * 37 / 41 / 41)),
        ("events", EVENTS | {"events2": 0}, "OR", math.log(12.5 * 41.5 / (28.5 * 0.5)), 1.4625),
        ("effect", {"effect_measure": "SMD", "effect": -0.6, "effect_se": 0.2}, "SMD", -0.6, 0.2),
        (
            "rates",
            {"events1": 5, "time1": 100, "events2": 10, "time2": 100},
            "IRR",
            -math.log(2),
            math.sqrt(0.3),
        ),
        ("oe", {"o_minus_e": -4, "variance": 16}, "HR", -0.25, 0.25),
        ("proportion", {"events1": 10, "n1": 40}, "PLO", -math.log(3), math.sqrt(1 / 10 + 1 / 30)),
        ("correlation", {"correlation": 0.5, "n1": 28}, "ZCOR", math.atanh(0.5), 0.2),
        ("diagnostic", {"tp": 45, "fp": 10, "fn": 5, "tn": 90}, "sensitivity", 0.9, math.sqrt(0.09 / 50)),
        ("diagnostic", {"tp": 45, "fp": 10, "fn": 5, "tn": 90}, "DOR", math.log(81), 0.57735),
    ],
)
def test_effects_are_those_of_the_textbook(kind, numbers, measure, value, se):
    found = effects_of(kind, numbers)[measure]
    assert (found.value, found.se) == (pytest.approx(value, rel=1e-4), pytest.approx(se, rel=1e-3))


def test_the_same_effects_as_analyses_compute():
    from analysis.stats import effect_sizes

    columns = {"m1i": [8.2], "sd1i": [4.7], "n1i": [40], "m2i": [13.2], "sd2i": [6.9], "n2i": [41]}
    smd = effect_sizes("SMD", **columns)
    found = effects_of("means", MEANS)["SMD"]
    assert (found.value, found.se**2) == (pytest.approx(smd.yi[0]), pytest.approx(smd.vi[0]))


def test_medians_and_changes_have_effects_too():
    quantiles = {
        "n1": 40,
        "median1": 8,
        "q1_1": 5,
        "q3_1": 11,
        "n2": 41,
        "median2": 13,
        "low2": 2,
        "high2": 30,
    }
    assert set(effects_of("quantiles", quantiles)) == {"SMD", "MD", "difference of medians"}
    bare = {"n1": 40, "median1": 8, "n2": 41, "median2": 13}
    assert list(effects_of("quantiles", bare)) == ["difference of medians"]
    change = MEANS | {"baseline_mean1": 20, "baseline_sd1": 5, "baseline_mean2": 21, "baseline_sd2": 5}
    found = effects_of("change", change)["MD of changes"]
    assert (found.value, found.se) == (pytest.approx(-4.0), None)
    assert effects_of("change", change | {"r1": 0.5, "r2": 0.5})["MD of changes"].se == pytest.approx(
        1.2326, abs=1e-4
    )
    assert effects_of("means", {"n1": 40}) == {}


def test_what_is_only_rounded_agrees_and_keeps_the_more_precise():
    pair = only(entry(), entry(2, numbers=MEANS | {"mean1": 8.23}))
    [mean] = [line for line in pair.numbers if line.name == "mean1"]
    assert (pair.grade, pair.agrees, pair.matters) == (Grade.ROUNDED, True, False)
    assert mean.proposed == 8.23
    assert "SMD from −0.83" in mean.effect.sentence


def test_a_difference_says_what_it_does_to_the_effect():
    pair = only(entry(), entry(2, numbers=MEANS | {"mean1": 9.2, "n2": 42}))
    assert [line.name for line in pair.differing] == ["mean1", "n2"]
    mean, people = pair.differing
    assert mean.matters
    assert not people.matters, "one more person hardly moves the effect"
    assert (pair.main.measure, pair.matters) == ("SMD", True)
    assert pair.main.shift == pytest.approx(0.73, abs=0.02)
    assert "of a standard error" in pair.main.sentence
    assert pair.main.sentence.startswith("SMD from −0.837, SE 0.232 to −0.668, SE 0.227: 74 %")


def test_a_standard_error_read_as_sd_is_recognised_and_changes_the_effect():
    pair = only(entry(), entry(2, numbers=MEANS | {"sd1": 0.74}))
    [sd] = pair.differing
    assert "looks like a standard error" in sd.verdict.hint
    assert sd.matters


def test_zero_events_are_compared():
    pair = only(entry(kind="events", numbers=EVENTS | {"events2": 0}), entry(2, "events", EVENTS))
    assert [line.name for line in pair.differing] == ["events2"]
    assert pair.matters


def test_the_effect_changing_sides_is_said():
    pair = only(
        entry(kind="effect", numbers={"effect_measure": "SMD", "effect": -0.1, "effect_se": 0.2}),
        entry(2, "effect", {"effect_measure": "SMD", "effect": 0.1, "effect_se": 0.2}),
    )
    assert pair.main.turns
    assert "changes sides" in pair.main.sentence
    assert "other sign" in pair.differing[0].verdict.hint


def test_what_only_one_copied_from_the_report_is_no_disagreement():
    pair = only(entry(), entry(2, numbers=MEANS | {"p_value": 0.03, "p_below": False}))
    [p] = [line for line in pair.numbers if line.name == "p_value"]
    assert (pair.agrees, p.grade, p.agrees, p.proposed) == (True, Grade.RIGHT_ONLY, True, 0.03)
    assert not only(entry(), entry(2, numbers=MEANS | {"sd2": None})).agrees


def test_results_are_paired_though_times_and_scales_are_worded_differently():
    left = [
        entry(1, scale="HDRS-17", time_point="post (12 weeks)"),
        entry(2, scale="HDRS-17", time_point="1 year", numbers=MEANS | {"mean1": 7.0}),
        entry(3, "events", EVENTS, outcome=8, time_point="12 wk"),
    ]
    right = [
        entry(11, "events", EVENTS, outcome=8, time_point="3 months"),
        entry(12, scale="hdrs 17", time_point="12 months", numbers=MEANS | {"mean1": 7.1}),
        entry(13, scale="HDRS 17", time_point="week 12"),
    ]
    pairs = compare_results(left, right)
    assert [(pair.left.key, pair.right.key) for pair in pairs] == [(1, 13), (2, 12), (3, 11)]
    [time] = [line for line in pairs[1].circumstances if line.name == "time_point"]
    assert time.grade is Grade.UNIT
    assert [line.name for line in pairs[0].differing] == ["scale"], (
        "spelled differently, so one has to choose"
    )
    assert pairs[2].agrees


def test_what_one_has_at_another_time_stands_alone():
    pairs = compare_results(
        [entry(1, time_point="12 weeks")],
        [
            entry(
                2,
                time_point="52 weeks",
                numbers={"n1": 30, "mean1": 6, "sd1": 3, "n2": 33, "mean2": 9, "sd2": 6.9},
            )
        ],
    )
    assert [pair.grade for pair in pairs] == [Grade.LEFT_ONLY, Grade.RIGHT_ONLY]
    assert all(pair.matters for pair in pairs), "with or without a result is no small difference"
    other = entry(3, outcome=9)
    assert [bool(pair.left and pair.right) for pair in compare_results([entry()], [other])] == [False, False]


def test_arms_the_other_way_round_face_each_other():
    turned = {"n1": 41, "mean1": 13.2, "sd1": 6.9, "n2": 40, "mean2": 8.2, "sd2": 4.8}
    pair = only(entry(), entry(2, numbers=turned, experimental=2, comparator=1, arms=("Usual care", "CBT")))
    assert pair.swapped
    assert [line.name for line in pair.differing] == ["sd1", "experimental", "comparator"]
    assert pair.main.turns
    ratio = {
        "effect_measure": "OR",
        "effect": 0.7,
        "effect_se": 0.2,
        "estimate": 2.0,
        "ci_low": 1.25,
        "ci_high": 4.0,
    }
    other = ratio | {"effect": -0.7, "estimate": 0.5, "ci_low": 0.25, "ci_high": 0.8}
    pair = only(entry(kind="effect", numbers=ratio), entry(2, "effect", other, experimental=2, comparator=1))
    assert [line.name for line in pair.differing] == ["experimental", "comparator"]


def test_another_kind_of_result_is_compared_by_its_effect():
    effect = {"effect_measure": "SMD", "effect": -0.84, "effect_se": 0.23}
    pair = only(entry(), entry(2, "effect", effect))
    assert (pair.grade, pair.numbers) == (Grade.DIFFERENT, ())
    assert pair.main.measure == "SMD"
    assert not pair.main.matters


def test_agreement_counts_fields_numbers_and_results():
    asked = Field(key="blind", label="Blinded", type="yes_no")

    def said(left, right):
        return Difference(asked, left, right, compare_field(asked, left, right))

    pairs = compare_results([entry()], [entry(2, numbers=MEANS | {"mean1": 8.23, "sd2": 7.9})])
    lone = compare_results([entry()], [])
    studies = [([said(True, True)], pairs), ([said(False, True)], lone), ([said(False, False)], [])]
    studies.append(([said(True, None)], []))
    found = agreement_of(studies)
    [blind] = found.fields
    assert (found.studies, blind.compared, blind.agreed, blind.missed) == (4, 4, 2, 1)
    assert blind.share.value == 0.5
    assert blind.kappa.value == pytest.approx(0.4), "2 of 3, by chance 4 of 9"
    assert (found.results, found.paired, found.same_results, found.mattering) == (2, 1, 0, 2)
    assert {one.key: (one.agreed, one.exact) for one in found.numbers if one.exact == 0} == {
        "mean1": (1, 0),
        "sd2": (0, 0),
    }
    assert (found.total.compared, found.total.agreed) == (10, 7)
