"""Which results are eligible, which of several goes first, and that nobody is counted twice. No database."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.selection import POPULATIONS, RATERS, Selection, SelectionError, Tie, remarks, select
from extraction.models import Result
from tests.analysis.candidates import result


def chosen(results, measure="SMD", **rules):
    return select(results, Selection.read(rules), measure=measure)


def ids(found):
    return [row["result_id"] for row in found.rows]


def why(found):
    assert not found.rows
    return found.left_out[0].why


# What a plan stores


def test_no_rule_is_stored_as_nothing_and_says_so():
    assert Selection.read({}) == Selection.read(None) == Selection()
    assert Selection().to_dict() == {}
    assert Selection().in_words() == ["The result marked as preferred in extraction is used."]


def test_rules_come_back_as_they_were_stored():
    stored = {
        **{"experimental": ["CBT"], "comparator": ["Control"], "weeks_from": 4.0, "weeks_to": 12.0},
        **{"without_weeks": "leave_out", "when": "nearest", "nearest_weeks": 8.0, "scales": ["HAMD", "BDI"]},
        **{"only_scales": True, "raters": ["clinician"], "populations": ["itt"], "data": "arm_first"},
        **{"change": "final_only", "adjusted": "never", "multi_arm": "split"},
    }
    found = Selection.read(stored)
    assert found.to_dict() == stored
    words = " ".join(found.in_words())
    for part in (
        "CBT with Control",
        "from 4 to 12 weeks",
        "nearest to 8",
        "HAMD, else BDI",
        "clinician-rated",
    ):
        assert part in words


def test_choices_are_read_as_people_write_them():
    found = Selection.read(
        {"data": "arm first", "raters": ["Self-report", "self_report"], "scales": ["A ", "a"]}
    )
    assert (found.data, found.raters, found.scales) == ("arm_first", ("self_report",), ("A",))


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"whne": "last"}, "whne", "There is no rule “whne”"),
        ({"when": "later"}, "when", "choose one of any, last, first, nearest"),
        ({"when": "nearest"}, "nearest_weeks", "Say to which number of weeks"),
        ({"nearest_weeks": 8}, "when", "choose “nearest”"),
        ({"weeks_from": 12, "weeks_to": 4}, "weeks_to", "after they end at 4"),
        ({"weeks_from": "soon"}, "weeks_from", "a number of weeks"),
        ({"weeks_from": True}, "weeks_from", "a number of weeks"),
        ({"weeks_to": float("nan")}, "weeks_to", "a number of weeks"),
        ({"scales": "HAMD"}, "scales", "must be a list"),
        ({"scales": ["HAMD", 3]}, "scales", "must be a list"),
        ({"raters": ["nurse"]}, "raters", "choose one of clinician, self_report"),
        ({"only_scales": True}, "scales", "Name the scales"),
        ({"only_raters": "yes"}, "only_raters", "true or false"),
        ({"experimental": ["CBT"], "comparator": ["cbt"]}, "comparator", "cannot be both"),
        (["last"], "", "must be an object"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(wrong, field, sentence):
    with pytest.raises(SelectionError, match=sentence) as refused:
        Selection.read(wrong)
    assert refused.value.field == field


def test_raters_and_populations_are_those_of_extraction():
    assert dict(Result.Rater.choices) == RATERS
    assert dict(Result.Population.choices) == POPULATIONS


# One result of several


@pytest.mark.parametrize(
    ("one", "other", "rules", "first"),
    [
        ({"weeks": 8.0}, {"weeks": 26.0}, {"when": "last"}, 2),
        ({"weeks": 8.0}, {"weeks": 26.0}, {"when": "first"}, 1),
        ({"weeks": 8.0}, {"weeks": 26.0}, {"when": "nearest", "nearest_weeks": 20}, 2),
        ({"weeks": 8.0}, {"weeks": None}, {"when": "last"}, 1),
        ({"weeks": 8.0}, {"weeks": 26.0}, {"weeks_to": 12}, 1),
        ({"scale": "BDI"}, {"scale": "HAMD"}, {"scales": ["hamd", "bdi"]}, 2),
        ({"scale": "BDI"}, {"scale": "HRSD", "scale_names": ["HRSD", "HAMD"]}, {"scales": ["HAMD"]}, 2),
        ({"rater": "self_report"}, {"rater": "clinician"}, {"raters": ["clinician"]}, 2),
        ({"rater": ""}, {"rater": "self_report"}, {"raters": ["clinician", "self_report"]}, 2),
        ({"population": "available"}, {"population": "itt"}, {"populations": ["itt"]}, 2),
        ({"is_change": True}, {}, {"change": "final_first"}, 2),
        ({"is_change": True}, {}, {"change": "change_only"}, 1),
        ({"adjusted": True}, {}, {"adjusted": "first"}, 1),
        ({"adjusted": True}, {}, {"adjusted": "never"}, 2),
        ({"kind": "effect"}, {"kind": "means"}, {"data": "arm_first"}, 2),
        ({"kind": "effect"}, {"kind": "means"}, {"data": "contrast_first"}, 1),
        ({"kind": "effect"}, {"kind": "means"}, {"data": "arm_only"}, 2),
        ({"kind": "effect"}, {"kind": "means", "time_point": "post"}, {"data": "contrast_only"}, 1),
        ({"people": "women"}, {}, {"change": "final_first"}, 2),
        ({"scale": "BDI", "is_preferred": True}, {"scale": "HAMD"}, {"data": "arm_first"}, 1),
        ({"scale": "BDI", "is_preferred": True}, {"scale": "HAMD"}, {"scales": ["HAMD"]}, 2),
        (
            {"weeks": 8.0, "scale": "HAMD"},
            {"weeks": 26.0, "scale": "BDI"},
            {"when": "last", "scales": ["HAMD"]},
            1,
        ),
    ],
)
def test_a_rule_puts_one_of_two_results_first(one, other, rules, first):
    pair = [result(1, "CBT", "Control", **one), result(2, "CBT", "Control", **other)]
    for order in (pair, pair[::-1]):
        assert ids(chosen(order, **rules)) == [first]


@pytest.mark.parametrize(
    ("given", "rules", "sentence"),
    [
        ({"weeks": 26.0}, {"weeks_to": 12}, "no result is within the weeks that the plan admits: 26 weeks"),
        ({}, {"weeks_to": 12, "without_weeks": "leave_out"}, "no time given"),
        (
            {"scale": "BDI"},
            {"scales": ["HAMD"], "only_scales": True},
            "another scale than the plan admits: BDI",
        ),
        ({"rater": "clinician"}, {"raters": ["self_report"], "only_raters": True}, "admits: clinician-rated"),
        ({}, {"populations": ["itt"], "only_populations": True}, "admits: not stated"),
        ({"is_change": True}, {"change": "final_only"}, "changes from baseline only"),
        ({}, {"change": "change_only"}, "no change from baseline"),
        ({"adjusted": True}, {"adjusted": "never"}, "adjusted results only"),
        ({"kind": "effect"}, {"data": "arm_only"}, "effects as reported only"),
        ({}, {"data": "contrast_only"}, "no effect as reported"),
        (
            {},
            {"experimental": ["IPT"]},
            "does not compare what the plan compares; there is CBT against Control",
        ),
        ({"kind": "effect", "effect_measure": "MD"}, {"when": "last"}, "reported as MD, the plan pools SMD"),
        ({"kind": "quantiles"}, {"when": "last"}, "medians cannot be pooled"),
    ],
)
def test_a_study_without_an_eligible_result_is_left_out_with_the_reason(given, rules, sentence):
    assert sentence in why(chosen([result(1, "CBT", "Control", **given)], **rules))


def test_a_result_that_gives_the_measure_takes_the_place_of_one_that_does_not():
    pair = [
        result(1, "CBT", "Control", kind="effect", effect_measure="MD", is_preferred=True),
        result(2, "CBT", "Control"),
    ]
    assert ids(chosen(pair, when="last")) == [2]


def test_derived_values_give_way_to_printed_ones():
    pair = [
        result(1, "CBT", "Control", derived=True, is_preferred=True),
        result(2, "CBT", "Control", weeks=8.0),
    ]
    found = select(pair, Selection(), measure="SMD", leave_out_derived=True)
    assert ids(found) == [2]
    assert "derived value" in why(select(pair[:1], Selection(), leave_out_derived=True))


def test_what_no_rule_tells_apart_is_left_out_and_says_what_to_choose():
    pair = [result(1, "CBT", "Control", scale="BDI", weeks=8.0), result(2, "CBT", "Control", weeks=26.0)]
    found = chosen(pair, raters=["clinician"])
    assert [tie.results for tie in found.ties] == [(1, 2)]
    assert "differ in the scale (BDI, HAMD) and the time (8 weeks, 26 weeks)" in why(found)
    same = chosen([result(1, "CBT", "Control"), result(2, "CBT", "Control", mean1=4.0)], when="last")
    assert "no rule tells apart" in why(same)
    assert isinstance(same.left_out[0], Tie)


def test_arms_are_named_by_intervention_label_or_role():
    one = result(1, "CBT", "Control", names1=["Cognitive therapy", "CBT", "experimental"])
    for names in (["cognitive  THERAPY"], ["CBT"], ["experimental"], ["IPT", "CBT"]):
        assert ids(chosen([one], experimental=names, comparator=["control"])) == [1]


def test_a_comparison_recorded_the_other_way_is_turned_around():
    turned = chosen([result(1, "Control", "CBT")], experimental=["CBT"], comparator=["Control"]).rows[0]
    assert (turned["experimental"], turned["n1"], turned["mean1"]) == ("CBT", 21, 9.0)
    assert (turned["comparator"], turned["n2"], turned["mean2"]) == ("Control", 20, 5.0)
    assert turned["part"] == "turned around: reported as Control against CBT"
    printed = {"effect": 0.7, "effect_measure": "OR", "estimate": 2.0, "ci_low": 1.0, "ci_high": 4.0}
    ratio = result(1, "Control", "CBT", kind="effect", **printed)
    found = chosen([ratio], "OR", experimental=["CBT"], comparator=["Control"]).rows[0]
    assert [found[name] for name in ("effect", "estimate", "ci_low", "ci_high")] == [-0.7, 0.5, 0.25, 1.0]


def test_a_comparison_measured_otherwise_is_named():
    three = [
        result(1, "CBT", "Control", is_preferred=True),
        result(2, "IPT", "Control", scale="BDI"),
    ]
    found = chosen(three, multi_arm="combine")
    assert ids(found) == [1]
    assert found.notes == (
        "Smith 2010: IPT against Control is not used; it was not measured like the others.",
    )


def test_readers_are_told_what_is_mixed():
    rows = [result(1, "CBT", "Control"), result(2, "CBT", "Control", is_change=True, study="Bol 2005")]
    assert "Changes from baseline (Bol 2005) are pooled with final scores" in remarks(rows, "SMD")[0]
    assert remarks(rows, "MD") == []
    mixed = remarks([rows[0], result(3, "CBT", "Control", kind="effect", study="Eff 2001")], "SMD")
    assert mixed == ["Effects as reported are pooled with data of the arms: Eff 2001."]


# Several comparisons of one study

THREE = [result(1, "CBT", "Control"), result(2, "IPT", "Control", n1=22, mean1=6.0)]


def test_one_comparison_is_that_marked_in_extraction():
    assert "several comparisons (CBT against Control, IPT against Control)" in why(chosen(THREE, when="last"))
    marked = [THREE[0], THREE[1] | {"is_preferred": True}]
    assert ids(chosen(marked, when="last")) == [2]
    assert ids(chosen(marked, experimental=["CBT"])) == [1]


def test_combined_arms_are_one_row_with_its_history():
    row = chosen(THREE, multi_arm="combine").rows[0]
    assert (row["n1"], row["n2"], row["mean2"], row["sd2"]) == (42, 21, 9.0, 4.0)
    assert row["mean1"] == pytest.approx((20 * 5 + 22 * 6) / 42)
    assert (row["row"], row["study"], row["result_ids"]) == ("1", "Smith 2010", [1, 2])
    assert row["part"] == "combined: CBT + IPT against Control"


def test_split_comparisons_have_a_row_each_with_its_arm_in_the_label():
    rows = chosen(THREE, multi_arm="split").rows
    assert [(row["study"], row["row"], row["n2"]) for row in rows] == [
        ("Smith 2010 (CBT)", "1-1-3", 11),
        ("Smith 2010 (IPT)", "1-2-3", 10),
    ]
    assert {row["part"] for row in rows} == {"Control split in 2"}
    assert "stay correlated" in remarks(rows, "SMD")[0]


@pytest.mark.parametrize(
    ("rows", "rule", "sentence"),
    [
        (
            [THREE[0], THREE[1] | {"n2": 19}],
            "combine",
            "the numbers of Control differ between its comparisons (n: 19, 21)",
        ),
        (
            [result(1, "CBT", "IPT"), result(2, "IPT", "Control", n1=21, mean1=9.0, sd1=4.0)],
            "combine",
            "IPT is tested in",
        ),
        (
            [result(1, "CBT", "Control", kind="effect"), result(2, "IPT", "Control", kind="effect")],
            "combine",
            "as reported",
        ),
        (
            [result(1, "CBT", "Control", kind="effect"), result(2, "IPT", "Control", kind="effect")],
            "split",
            "divided so",
        ),
        ([result(1, "CBT", "Control", kind="effect"), THREE[1]], "combine", "different kinds of data"),
        (
            [result(1, "CBT", "Control", n2=1), result(2, "IPT", "Control", n2=1)],
            "split",
            "a shared arm of 1 cannot be divided among 2",
        ),
    ],
)
def test_comparisons_that_do_not_go_together_are_left_out_with_the_way_out(rows, rule, sentence):
    assert sentence in why(chosen(rows, multi_arm=rule))


def test_comparisons_that_share_nobody_stand_side_by_side():
    rows = chosen([result(1, "CBT", "Control"), result(2, "IPT", "Waiting list")], multi_arm="combine").rows
    assert [(row["study"], row["n2"]) for row in rows] == [("Smith 2010 (CBT)", 21), ("Smith 2010 (IPT)", 21)]


def test_merged_arms_of_a_change_have_no_correlation():
    pair = [result(1, "CBT", "Control", kind="change"), result(2, "IPT", "Control", kind="change", n1=10)]
    row = chosen(pair, multi_arm="combine").rows[0]
    assert (row["n1"], row["baseline_mean1"], row["r1"], row["r2"]) == (30, pytest.approx(20.0), None, 0.4)


def test_person_time_is_summed_and_divided():
    pair = [result(1, "CBT", "Control", kind="rates"), result(2, "IPT", "Control", kind="rates", time1=50.0)]
    row = chosen(pair, "IRR", multi_arm="combine").rows[0]
    assert (row["events1"], row["time1"], row["events2"], row["time2"]) == (10, 150.0, 9, 90.0)
    assert [row["time2"] for row in chosen(pair, "IRR", multi_arm="split").rows] == [45.0, 45.0]


# A network keeps every comparison


def network(rows, measure="SMD"):
    return select(rows, Selection(), measure=measure, network=True)


def test_a_network_keeps_the_comparisons_of_a_study_under_one_name():
    rows = network([*THREE, result(3, "CBT", "IPT", n2=22, mean2=6.0, sd2=3.0)]).rows
    assert [row["treatments"] for row in rows] == [["CBT", "Control"], ["IPT", "Control"], ["CBT", "IPT"]]
    assert {row["study"] for row in rows} == {"Smith 2010"}
    assert [row["n2"] for row in rows] == [21, 21, 22]
    assert len({row["row"] for row in rows}) == 3


def test_arms_of_one_treatment_are_merged_for_a_network():
    long = result(4, "CBT, long", "Control", n1=10) | {"treatments": ["CBT", "Control"]}
    rows = network([*THREE, long]).rows
    assert [(row["treatments"], row["n1"], row["n2"]) for row in rows] == [
        (["CBT", "Control"], 30, 21),
        (["IPT", "Control"], 22, 21),
    ]
    assert rows[0]["experimental"] == "CBT + CBT, long"
    alike = network([result(1, "CBT, long", "CBT") | {"treatments": ["CBT", "CBT"]}])
    assert "all its arms are CBT" in why(alike)


def test_effects_of_a_multi_arm_study_are_all_there_or_it_is_left_out():
    effects = [
        result(i, *pair, kind="effect") for i, pair in enumerate([("CBT", "Control"), ("IPT", "Control")], 1)
    ]
    assert "2 of the 3 comparisons of its 3 treatments" in why(network(effects))
    assert len(network([*effects, result(3, "CBT", "IPT", kind="effect")]).rows) == 3


# Whatever the results

KINDS = st.sampled_from(["means", "events"])


@st.composite
def multi_arm_studies(draw):
    """Studies of two to five arms with consistent numbers, compared pairwise in any number of ways."""
    results, number = [], 0
    for study in range(1, draw(st.integers(1, 3)) + 1):
        kind = draw(KINDS)
        labels = draw(st.permutations(["CBT", "IPT", "Control", "Waiting list", "CBT, long"]))
        labels = labels[: draw(st.integers(2, 5))]
        people = {label: draw(st.integers(8, 60)) for label in labels}
        events = {label: draw(st.integers(0, people[label])) for label in labels}
        pairs = [(a, b) for i, a in enumerate(labels) for b in labels[i + 1 :]]
        for first, second in draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True)):
            number += 1
            numbers = {"n1": people[first], "n2": people[second]}
            if kind == "events":
                numbers |= {"events1": events[first], "events2": events[second]}
            else:
                numbers |= {"mean1": people[first] / 7, "mean2": people[second] / 7, "sd1": 2.0, "sd2": 2.0}
            weeks = draw(st.sampled_from([8.0, 8.0, 26.0]))
            results.append(
                result(
                    number,
                    first,
                    second,
                    kind=kind,
                    weeks=weeks,
                    study_id=study,
                    study=f"Study {study}",
                    **numbers,
                )
            )
    return results


@settings(max_examples=60, deadline=None)
@given(multi_arm_studies(), st.sampled_from(["combine", "split"]), st.integers(0, 99))
def test_nobody_is_counted_twice_and_the_order_does_not_matter(results, rule, seed):
    found = chosen(results, "", multi_arm=rule, when="first")
    shuffled = random.Random(seed).sample(results, len(results))
    assert chosen(shuffled, "", multi_arm=rule, when="first") == found
    keys = [row["row"] for row in found.rows]
    assert len(set(keys)) == len(keys)
    for study in {row["study_id"] for row in found.rows}:
        rows = [row for row in found.rows if row["study_id"] == study]
        first_time = min(one["weeks"] for one in results if one["study_id"] == study)
        used = [one for one in results if one["study_id"] == study and one["weeks"] == first_time]
        for name in ("n", "events"):
            arms = {
                one[side]: one[f"{name}{n}"]
                for one in used
                for n, side in (("1", "experimental"), ("2", "comparator"))
            }
            counted = [row[f"{name}{n}"] for row in rows for n in "12"]
            if arms and None not in arms.values():
                assert sum(counted) == sum(arms.values())


@settings(max_examples=60, deadline=None)
@given(multi_arm_studies(), st.integers(0, 99))
def test_a_network_counts_each_arm_once_in_each_of_its_comparisons(results, seed):
    found = select(results, Selection.read({"when": "first"}), network=True)
    shuffled = random.Random(seed).sample(results, len(results))
    assert select(shuffled, Selection.read({"when": "first"}), network=True) == found
    for row in found.rows:
        assert len(set(row["treatments"])) == 2
        own = next(one for one in results if one["result_id"] == row["result_id"])
        assert (row["n1"], row["n2"]) == (own["n1"], own["n2"])
