"""What the data suggest, case by case."""

import math

import pytest

from certainty.grade import DOMAINS, suggest, suggest_start
from certainty.grade.bias import levels
from certainty.grade.from_run import NOT_POOLED, nothing
from certainty.grade.information_size import for_means, for_risks
from certainty.grade.mid import of_measure
from tests.certainty.grade.evidences import ASKED, evidence, study


def one(domain, found, start="high"):
    return suggest(found, start)[domain]


# ---------------------------------------------------------------- risk of bias


@pytest.mark.parametrize(
    ("high", "low", "critical", "change"),
    [
        (0, 100, 0, 0),
        (0, 50, 0, 0),
        (0, 49, 0, -1),
        (20, 80, 0, 0),
        (21, 79, 0, -1),
        (51, 49, 0, -2),
        (60, 0, 51, -3),
    ],
)
def test_levels_by_share(high, low, critical, change):
    assert levels(high, low, critical) == change


def test_the_weight_at_high_risk_counts_not_the_number_of_studies():
    small = [study("A", 60.0), *(study(name, 13.0, risk="high") for name in "BC"), study("D", 14.0)]
    found = one("risk_of_bias", evidence(studies=small))
    assert found.change == -1
    assert found.numbers["high"] == 26.0
    assert "26% of the weight is from studies at high risk of bias" in found.sentence


def test_without_weights_the_information_is_shared_by_variance_people_or_alike():
    wide = {"ci_low": -2.0, "ci_high": 2.0}
    studies = [study("A", None, risk="high", **wide), study("B", None, ci_low=-0.5, ci_high=0.5)]
    found = one("risk_of_bias", evidence(studies=studies))
    assert found.numbers["high"] == pytest.approx(100 / 17, abs=0.1)
    votes = [study(name, None, ci_low=None, ci_high=None) for name in "AB"]
    assert "of the participants" in one("risk_of_bias", evidence(studies=votes)).sentence
    for vote in votes:
        vote["people"] = None
    assert "of the studies" in one("risk_of_bias", evidence(studies=votes)).sentence


def test_what_is_not_agreed_matters_only_where_it_would_change_the_suggestion():
    studies = [study("A", 90.0), study("B", 10.0, risk="")]
    assert one("risk_of_bias", evidence(studies=studies)).change == 0
    studies = [study("A", 60.0), study("B", 40.0, risk="")]
    found = one("risk_of_bias", evidence(studies=studies))
    assert found.change is None
    assert "agree on them first" in found.sentence


def test_critical_risk_takes_three():
    studies = [study("A", 80.0, risk="high", critical=True), study("B", 20.0)]
    assert one("risk_of_bias", evidence(studies=studies)).change == -3


def test_what_is_left_without_high_risk_is_said():
    without = {
        "estimate": math.log(0.9),
        "ci_low": math.log(0.7),
        "ci_high": math.log(1.2),
        "k": 3,
        "without": ["A"],
    }
    studies = [study("A", 40.0, risk="high"), study("B", 60.0)]
    found = one("risk_of_bias", evidence(studies=studies, without_high=without))
    assert "Without the studies at high risk the effect is 0.90 (0.70 to 1.20; 3 left)" in found.cautions[0]


# ---------------------------------------------------------------- inconsistency


def spread(i2, pi=None, studies=None, q_pval=0.01, **more):
    ends = {"pi_low": math.log(pi[0]), "pi_high": math.log(pi[1])} if pi else {}
    fields = {"studies": studies} if studies else {}
    return one("inconsistency", evidence(pooled={"i2": i2, "q_pval": q_pval} | ends, **fields, **more))


APART = [
    study("A", yi=-1.2, ci_low=-1.5, ci_high=-0.9),
    study("B", yi=-0.1, ci_low=-0.3, ci_high=0.1),
    study("C", yi=-0.4),
    study("D", yi=-0.4),
]
BOTH_WAYS = [study("A", yi=-1.2, ci_low=-1.5, ci_high=-0.9), study("B", yi=0.5, ci_low=0.2, ci_high=0.8)]


def test_little_heterogeneity_is_none():
    assert spread(10.0, q_pval=0.4).change == 0


def test_heterogeneity_that_means_nothing_else_is_told_but_takes_no_level():
    found = spread(60.0)
    assert found.change == 0
    assert "not in what it would mean" in " ".join(found.cautions)


def test_intervals_apart_take_one_level():
    found = spread(60.0, studies=APART)
    assert found.change == -1
    assert (found.numbers["pairs_apart"], found.numbers["pairs"]) == (3, 6)


def test_a_prediction_interval_across_no_effect():
    found = spread(60.0, pi=(0.4, 1.3))
    assert found.change == -1
    assert "reaches across no effect" in found.sentence


def test_a_prediction_interval_alone_is_a_caution():
    found = spread(20.0, pi=(0.4, 1.3), q_pval=0.5)
    assert found.change == 0
    assert "with few studies" in " ".join(found.cautions)


def test_considerable_and_both_ways_takes_two():
    found = spread(85.0, pi=(0.2, 2.0), studies=BOTH_WAYS)
    assert found.change == -2
    assert found.numbers["other_side"] == 50.0


def test_the_prediction_interval_against_an_important_difference():
    found = spread(60.0, pi=(0.4, 0.95), asked={"mid": 0.9})
    assert "reaches across an important effect" in found.sentence


def test_one_study_cannot_be_inconsistent():
    assert one("inconsistency", evidence(pooled={"k": 1})).change is None


def test_incoherence_of_a_network_takes_a_level():
    network = {"direct": 0.5, "direct_studies": 3, "difference_pval": 0.02, "global_pval": 0.2}
    found = one("inconsistency", evidence(kind="network", network=network))
    assert found.change == -1
    assert "Direct and indirect evidence disagree" in found.sentence


# ---------------------------------------------------------------- imprecision


@pytest.mark.parametrize(
    ("low", "high", "mid", "change"),
    [
        (0.50, 0.74, 0.8, 0),  # all beyond the important difference
        (0.60, 0.90, 0.8, -1),
        (0.70, 1.10, 0.8, -1),  # 1.25 is outside
        (0.60, 1.50, 0.8, -2),
        (0.85, 1.15, 0.8, 0),  # certainly unimportant
        (0.60, 0.90, 1.25, -1),  # the same difference, told the other way
    ],
)
def test_against_an_important_difference_both_ways(low, high, mid, change):
    assert one("imprecision", evidence(low, high, asked={"mid": mid})).change == change


@pytest.mark.parametrize(
    ("low", "high", "change"),
    [(0.50, 0.95, 0), (0.90, 1.10, 0), (0.80, 1.30, -1), (0.60, 1.10, -1), (0.60, 1.40, -2)],
)
def test_without_one_against_no_effect_and_the_convention(low, high, change):
    found = one("imprecision", evidence(low, high))
    assert found.change == change
    assert "The convention stands in" in found.cautions[0]


def test_standardised_and_plain_differences():
    assert one("imprecision", evidence(-0.6, 0.1, measure="SMD")).change == -1
    assert one("imprecision", evidence(-0.6, 0.6, measure="SMD")).change == -2
    plain = one("imprecision", evidence(-3.0, 0.5, measure="MD"))
    assert plain.change == -1
    assert "No minimal important difference" in plain.cautions[0]
    own = one("imprecision", evidence(-3.0, -0.5, measure="MD", asked={"mid": 2.0}, comparator_sd=5.0))
    assert own.change == -1


def test_too_few_people_where_the_interval_crosses_nothing():
    few = {"total": 900, "intervention": 450, "comparator": 450, "unknown": []}
    found = one("imprecision", evidence(participants=few))
    assert found.change == -1
    assert "900 participants are fewer than the optimal information size, 1,806" in found.sentence
    enough = few | {"total": 4000}
    assert one("imprecision", evidence(participants=enough, comparator_risk=0.01)).change == 0
    assert one("imprecision", evidence(participants=few, asked={"ois": 800})).change == 0
    crossing = one("imprecision", evidence(0.6, 1.1, participants=few))
    assert crossing.change == -1
    assert "also fewer" in crossing.sentence


def test_one_group_has_no_value_of_no_effect():
    found = one("imprecision", evidence(0.2, 0.4, measure="PR"))
    assert found.change is None
    assert "0.200 to 0.400" in found.sentence


def test_information_sizes():
    """Two proportions: 2 * ceil(7.8489 (0.16 + 0.1275) / 0.05^2); two means: 2 * ceil(2 * 7.8489 / 0.04)."""
    assert for_risks(0.2, 0.15) == 2 * math.ceil(7.848879 * 0.2875 / 0.0025) == 1806
    assert for_means(0.2) == 2 * math.ceil(2 * 7.848879 / 0.04) == 786
    assert for_means(2.0, 10.0) == 786
    for wrong in ((0.2, 0.2), (1.2, 0.1)):
        with pytest.raises(ValueError, match="risks"):
            for_risks(*wrong)
    with pytest.raises(ValueError, match="SD"):
        for_means(0.0)


def test_where_the_protocols_difference_fits():
    assert of_measure(0.8, 3.0, "RR", None) == (0.8, "finding", "")
    assert of_measure(None, 3.0, "MD", None) == (3.0, "outcome", "")
    assert of_measure(None, 3.0, "SMD", 6.0) == (0.5, "outcome in SDs", "")
    value, source, note = of_measure(None, 3.0, "SMD", None)
    assert (value, source) == (None, "")
    assert "cannot be put on the scale" in note
    assert of_measure(None, None, "RR", None) == (None, "", "")


# ---------------------------------------------------------------- publication bias


def test_small_study_effects():
    test = {"key": "egger", "name": "Egger's regression test", "pval": 0.03, "k": 14}
    filled = {"k0": 3, "estimate": math.log(0.8), "ci_low": math.log(0.6), "ci_high": math.log(1.1)}
    found = one("publication_bias", evidence(small_study=test, trim_and_fill=filled))
    assert found.change == -1
    assert found.sentence == "Egger's regression test of 14 studies: p = 0.03, below 0.1."
    assert found.cautions[0] == "Trim and fill adds 3 studies and comes to 0.80 (0.60 to 1.10)."
    assert one("publication_bias", evidence(small_study=test | {"pval": 0.3})).change == 0


def test_below_ten_studies_nothing_is_suggested():
    found = one(
        "publication_bias", evidence(small_study={"reason": "Tests need at least 10 studies; there are 4."})
    )
    assert found.change is None
    assert found.sentence.startswith(
        "Tests need at least 10 studies; there are 4. The test says nothing of how"
    )


# ---------------------------------------------------------------- large effect


@pytest.mark.parametrize(
    ("low", "high", "change"),
    [(0.35, 0.55, 1), (2.2, 3.5, 1), (0.10, 0.20, 2), (6.0, 9.0, 2), (0.6, 0.9, 0), (0.2, 1.2, 0)],
)
def test_large_effects(low, high, change):
    assert one("large_effect", evidence(low, high), start="low").change == change


def test_odds_and_hazards_are_read_as_risks():
    """OR 3 at a risk of 0.4: 3 / (1 - 0.4 (1 - 3)) = 1.67; HR 3 at 0.2: (1 - 0.8^3) / 0.2 = 2.44."""
    odds = one("large_effect", evidence(2.5, 3.6, measure="OR", comparator_risk=0.4), start="low")
    assert odds.change == 0
    assert odds.numbers["risk_ratio"] == pytest.approx(3 / (1 + 0.4 * 2), rel=1e-3)
    hazards = one("large_effect", evidence(2.5, 3.6, measure="HR"), start="low")
    assert hazards.numbers["risk_ratio"] == pytest.approx((1 - 0.8**3) / 0.2, rel=1e-3)
    assert hazards.change == 1
    assert (
        one("large_effect", evidence(2.5, 3.6, measure="OR", comparator_risk=None), start="low").change
        is None
    )
    assert one("large_effect", evidence(-1, -0.5, measure="SMD"), start="low").change is None


def test_what_starts_high_is_not_rated_up():
    assert one("large_effect", evidence(0.1, 0.2), start="high").change is None


# ---------------------------------------------------------------- what the data cannot say


def test_nothing_pooled_gives_sentences_and_no_change():
    votes = [study("A", None, yi=None, ci_low=None, ci_high=None, risk="high", direction=1)]
    votes += [study("B", None, yi=None, ci_low=None, ci_high=None, people=600, direction=1)]
    told = evidence(kind="narrative", reason=NOT_POOLED, told="2 of 2 favour therapy", studies=votes)
    found = suggest(told | {"pooled": None})
    assert found["risk_of_bias"].change == -1
    assert "25% of the participants" in found["risk_of_bias"].sentence
    assert "2 of 2 favour therapy" in found["inconsistency"].sentence
    for key in ("inconsistency", "indirectness", "imprecision", "publication_bias"):
        assert found[key].change is None
    empty = suggest(nothing("Told in words.") | {"asked": ASKED})
    assert list(empty) == list(DOMAINS)
    assert all(each.change is None and each.sentence for each in empty.values())


def test_a_network_says_nothing_of_shares():
    found = one("risk_of_bias", evidence(kind="network"))
    assert found.change is None
    assert "0 are at high risk" in found.sentence


# ---------------------------------------------------------------- the start


@pytest.mark.parametrize(
    ("designs", "tool", "start"),
    [
        (["randomised_parallel", "randomised_cluster"], "rob2", "high"),
        (["cohort", "case_control"], "nos_cohort", "low"),
        (["cohort", "non_randomised"], "robins_i", "high"),
        (["cohort", "randomised_parallel"], "rob2", None),
        (["", "randomised_parallel"], "rob2", None),
        (["diagnostic_accuracy"], "quadas2", "high"),
        ([], "", None),
    ],
)
def test_where_designs_let_it_start(designs, tool, start):
    studies = [study(str(number), design=design, tool=tool) for number, design in enumerate(designs)]
    found = suggest_start(evidence(studies=studies))
    assert found.start == start
    assert found.sentence.endswith(".")
