"""Synthesis without meta-analysis: directions, votes, p values, and the words for them."""

import json
from time import process_time

import pytest

from analysis.engine import CannotAnalyse, narrative
from analysis.engine.narrative_rows import read_row
from analysis.narrative_words import certainty, combined, direction, headline, methods
from tests.analysis.networks import row, snapshot, studies

MEANS = {"n1": 30, "mean1": 10.0, "sd1": 5.0, "n2": 30, "mean2": 12.0, "sd2": 5.0}
MEDIANS = {"kind": "quantiles", "n1": 20, "n2": 20, "median1": 8.0, "median2": 9.0}


def computed(given):
    return narrative.compute(given, lambda done, total, message: None)


def of(rows, **plan):
    return snapshot(rows, kind="narrative", **{"measure": "SMD"} | plan)


def one(**fields):
    return row(1, "therapy", "control", **fields)


@pytest.mark.parametrize(
    ("fields", "way", "basis", "p_from"),
    [
        (MEANS, 1, "effect", "computed"),
        (MEANS | {"mean1": 14.0}, -1, "effect", "computed"),
        (MEANS | {"mean1": 12.0}, 0, "effect", "computed"),
        (MEDIANS, 1, "medians", ""),
        (MEDIANS | {"p_value": 0.04}, 1, "medians", "printed"),
        (MEDIANS | {"p_value": 0.05, "p_below": True}, 1, "medians", "printed as a bound"),
        (MEDIANS | {"p_value": 0.0}, 1, "medians", ""),
        (
            {"kind": "effect", "effect": -0.2, "effect_se": 0.1, "effect_measure": "OR"},
            1,
            "effect",
            "computed",
        ),
        ({"kind": "events", "n1": 9, "n2": 9, "events1": 0, "events2": 0}, 0, "effect", "computed"),
        ({"kind": "proportion", "n1": 9, "events1": 2}, None, "one group: nothing it is compared with", ""),
    ],
)
def test_direction_and_p_value_come_from_what_is_reported(fields, way, basis, p_from):
    found = read_row(one(**fields), "SMD", -1.0, 95.0)
    assert (found["direction"], found["basis"], found["p_from"]) == (way, basis, p_from)
    assert (found["z"] is None) == (p_from == "")


def test_a_printed_p_value_has_the_sign_of_the_direction():
    found = read_row(one(**MEDIANS, p_value=0.05), "SMD", -1.0, 95.0)
    other = read_row(one(**MEDIANS | {"median1": 10.0}, p_value=0.05), "SMD", -1.0, 95.0)
    assert found["z"] == pytest.approx(1.959964, abs=1e-6)
    assert other["z"] == pytest.approx(-1.959964, abs=1e-6)
    assert "rounded" in read_row(one(**MEDIANS, p_value=0.0), "SMD", -1.0, 95.0)["why_no_p"]


def test_votes_are_counted_one_per_study():
    rows = [
        row(i, "therapy", "control", **MEANS | {"mean1": mean})
        for i, mean in enumerate((10, 11, 11.5, 14), 1)
    ]
    rows.append(row(1, "therapy", "control", 2, **MEANS | {"mean1": 9.0}))
    result = computed(of(rows))
    votes = result["votes"]
    assert result["k"] == 4
    assert result["studies"][0]["results"] == 2
    # R: binom.test(3, 4): p-value = 0.625, 95 percent confidence interval 0.1941204 0.9936905
    assert (votes["favour"], votes["against"], votes["k"]) == (3, 1, 4)
    assert votes["pval"] == pytest.approx(0.625)
    assert (votes["ci_low"], votes["ci_high"]) == pytest.approx((0.1941204, 0.9936905), abs=1e-7)


def test_a_study_whose_results_disagree_has_no_direction():
    rows = [row(1, "therapy", "control", i, **MEANS | {"mean1": mean}) for i, mean in enumerate((10, 14), 1)]
    found = computed(of([*rows, row(2, "therapy", "control", **MEANS)]))
    assert found["studies"][0]["direction"] == 0
    assert "fewer than 70%" in found["studies"][0]["note"]
    assert found["votes"]["unclear"] == 1


def test_p_values_are_combined_for_both_sides():
    rows = [row(i, "therapy", "control", **MEDIANS, p_value=p) for i, p in enumerate((0.02, 0.2, 0.6), 1)]
    result = computed(of(rows))["combined"]
    # R: -2 * sum(log(c(.01, .1, .3))) = 16.22346, pchisq(16.22346, 6, lower.tail = FALSE) = 0.01260354
    fisher = result["benefit"][0]
    assert (fisher["stat"], fisher["df"]) == (pytest.approx(16.22346, abs=1e-5), 6)
    assert fisher["pval"] == pytest.approx(0.01260354, abs=1e-8)
    assert result["harm"][0]["pval"] > 0.9
    assert [found["method"] for found in result["benefit"]][-1] == "stouffer, weighted"


def test_three_hundred_studies_take_no_time():
    started = process_time()
    result = computed(studies(300))
    assert process_time() - started < 2
    assert "edgington" not in {one["method"] for one in result["combined"]["benefit"]}


def test_a_huge_effect_has_a_p_value_that_can_be_combined():
    far = MEANS | {"mean1": -400.0, "n1": 5000, "n2": 5000}
    result = computed(of([row(i, "therapy", "control", **far) for i in (1, 2)]))
    assert result["combined"]["benefit"][0]["pval"] == 0.0
    assert json.dumps(result, allow_nan=False)


def test_votes_of_subgroups_and_the_contours_of_the_albatross():
    result = computed(studies(12, groups=2))
    assert [group["name"] for group in result["groups"]] == ["Group 1", "Group 0"]
    assert sum(group["k"] for group in result["groups"]) == 12
    # SMD 0.5 at z 2: 64 people (Harrison et al. 2017: 4 z^2/d^2 with equal groups)
    assert {c["label"]: 4 * c["per_z2"] for c in result["albatross"]["contours"]}["SMD 0.5"] == 64
    events = [row(i, "A", "C", kind="events", n1=50, n2=50, events1=20, events2=25) for i in (1, 2)]
    odds = computed(of(events, measure="OR"))["albatross"]
    assert "risk of 50%" in odds["assumption"]
    # log 2 at risks 2/3 and 1/2: variance (4 + 4.5) 2/N
    assert odds["contours"][2]["per_z2"] == pytest.approx(17 / 0.4804530, rel=1e-6)


def test_in_words():
    given = studies(13)
    result = computed(given)
    assert headline(given, result).startswith("13 studies, not pooled. By direction of effect, ")
    assert "favour therapy; sign test p" in headline(given, result)
    assert any("Fisher's method" in sentence for sentence in combined(given, result))
    assert "SWiM" in methods(given, result)
    assert "Clopper" in methods(given, result)
    assert [direction(given, way) for way in (1, -1, 0, None)] == [
        "favours therapy",
        "favours control",
        "neither",
        "not reported",
    ]


def test_few_votes_are_never_told_as_no_effect():
    given = of([row(i, "therapy", "control", **MEANS | {"mean1": 10 + 4 * (i % 2)}) for i in range(1, 5)])
    result = computed(given)
    told = " ".join([headline(given, result), certainty(given, result), *combined(given, result)])
    assert "not a finding of no effect" in told
    assert "no evidence" not in told
    assert "no difference" not in told
    assert "ineffective" not in told


def test_many_votes_one_way_are_told_without_a_size():
    given = of([row(i, "therapy", "control", **MEANS) for i in range(1, 9)])
    assert certainty(given, computed(given)).startswith("More studies point to therapy than chance")


def test_without_directions_the_reason_stands_in_the_place():
    given = of([row(1, "therapy", "", kind="proportion", n1=9, events1=2)])
    result = computed(given)
    assert "no study has a direction" in result["votes"]["reason"].lower()
    assert "needs two studies" in result["combined"]["reason"]
    assert headline(given, result).startswith("1 study, not pooled.")
    assert certainty(given, result) == ""
    with pytest.raises(CannotAnalyse, match="nothing to count"):
        computed(of([]))
