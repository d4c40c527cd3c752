"""Each rule of the linter: a case that must warn and near misses that must not."""

from dataclasses import replace
from math import exp, log, sqrt

import pytest

from extraction.checks import CODES, RULES, SCALES, Facts, lint, scale_of, undismissed
from extraction.checks.granularity import possible_sums, sd_possible

#: A plausible trial on a scale of points: 424/40 = 10.6, 572/44 = 13.
TRIAL = Facts(key=1, study="A", kind="means", scale="HAMD-17", n1=40, mean1=10.6, sd1=6.2, n2=44, mean2=13.0, sd2=6.5,
              lower_is_better=True)  # fmt: skip
EVENTS = Facts(key=1, study="A", kind="events", events1=12, n1=40, events2=20, n2=42)
RATIO = Facts(
    key=1, study="A", kind="effect", effect_measure="OR", estimate=0.65, ci_low=0.42, ci_high=1.01, p=0.055
)
DIFFERENCE = replace(RATIO, effect_measure="MD", estimate=-2.4, ci_low=-4.3, ci_high=-0.5, p=0.013)


def others_like(facts, shifts=(-1.2, -0.4, 0.3, 0.8, 1.1), **change):
    """Five other studies whose experimental means, and SDs a little, differ."""
    return [
        replace(facts, key=10 + k, study=f"S{k}", mean1=facts.mean1 + shift, sd1=facts.sd1 + shift / 7,
                n1=facts.n1 + 3 * k + 1, n2=facts.n2 + 2 * k + 1, mean2=facts.mean2 + shift / 3 + 0.1, **change)
        for k, shift in enumerate(shifts)
    ]  # fmt: skip


OTHERS = others_like(TRIAL)
EVENT_OTHERS = [
    replace(EVENTS, key=20 + k, study=f"E{k}", events1=e, n1=n, events2=e + 4, n2=n + 3)
    for k, (e, n) in enumerate([(60, 200), (33, 110), (45, 160), (24, 77), (70, 230)])
]
MEDIANS = replace(TRIAL, mean1=9, sd1=9, mean2=12, sd2=9.5)
HAS_BASELINE = replace(
    TRIAL, baseline_mean1=22.1, baseline_sd1=4.0, baseline_mean2=21.8, baseline_sd2=4.2, mean2=13.1
)
SWAPPED = replace(HAS_BASELINE, mean1=22.1, baseline_mean1=10.6, mean2=21.8, baseline_mean2=13.1)
GROUPS = replace(TRIAL, experimental="CBT", comparator="waiting list")
THIRD_ARM = replace(GROUPS, key=2, experimental="IPT", mean1=11.3)
SMD = Facts(key=1, study="A", kind="effect", effect_measure="SMD", effect=-0.4, effect_se=0.22, n1=40, n2=42)

MUST_WARN = {
    "nan": ("not_usable", replace(TRIAL, mean1=float("nan")), []),
    "negative SD": ("not_usable", replace(TRIAL, sd1=-3.0), []),
    "more events than people": ("events_above_n", replace(EVENTS, events1=41), []),
    "more analysed than randomised": ("n_above_randomised", replace(TRIAL, randomised1=39), []),
    "two arms above the total": ("arms_not_total",
        replace(TRIAL, randomised1=50, randomised2=50, total_randomised=90), []),
    "three arms short of the total": ("arms_not_total",
        replace(TRIAL, arms_randomised=(30, 30, 29), total_randomised=90), []),
    "half a person": ("percent_as_events", replace(EVENTS, events1=12.5), []),
    "per cent among counts": ("percent_as_events", replace(EVENTS, events1=30, n1=900), EVENT_OTHERS),
    "SE by the other arm": ("sd_like_se", replace(TRIAL, scale="", sd1=0.98), []),
    "SEs by the scale": ("sd_like_se", replace(TRIAL, sd1=0.98, sd2=0.98), []),
    "SEs by other studies": ("sd_like_se", replace(TRIAL, scale="Ours", sd1=0.98, sd2=0.98),
                             [replace(other, scale="ours ") for other in OTHERS]),
    "SD converted again": ("se_like_sd", replace(TRIAL, sd1=39.2), OTHERS),
    "SD as SE of an SMD": ("se_like_sd", replace(SMD, effect_se=1.0), []),
    "SD beyond the scale": ("sd_beyond_scale", replace(TRIAL, mean1=4.0, sd1=16.5), []),
    "nobody differs": ("sd_beyond_scale", replace(TRIAL, sd1=0.05, sd2=0.05), []),
    "mean above the scale": ("mean_beyond_scale", replace(TRIAL, mean1=53.0), []),
    "mean below a range given": ("mean_beyond_scale", replace(TRIAL, scale="Ours", low=20, high=80), []),
    "mean tenfold": ("decimal_shift", replace(TRIAL, scale="Ours", mean1=106.0), []),
    "mean a tenth": ("decimal_shift", replace(TRIAL, mean2=1.3), OTHERS),
    "both means tenfold": ("decimal_shift", replace(TRIAL, mean1=106.0, mean2=130.0), OTHERS),
    "n tenfold": ("decimal_shift", replace(TRIAL, n1=400), OTHERS),
    "median and IQR": ("median_as_mean", MEDIANS, others_like(TRIAL)),
    "GRIM": ("grim", replace(TRIAL, n1=28, mean1=5.19), []),
    "GRIMMER": ("grimmer", replace(TRIAL, n1=10, mean1=3.4, sd1=4.47), []),
    "estimate outside": ("estimate_outside_ci", replace(RATIO, estimate=1.2), []),
    "limits reversed": ("estimate_outside_ci", replace(RATIO, ci_low=1.01, ci_high=0.42), []),
    "ratio on the plain scale": ("ci_not_symmetric",
        replace(RATIO, estimate=2.1, ci_low=0.6, ci_high=3.6, p=None), []),
    "minus forgotten": ("ci_not_symmetric", replace(DIFFERENCE, ci_high=0.5, p=None), []),
    "p against the interval": ("p_contradicts", replace(RATIO, p=0.005), []),
    "p below, interval over zero": ("p_contradicts",
        replace(DIFFERENCE, ci_low=-6.3, ci_high=1.5, p=0.01, p_below=True), []),
    "p against means": ("p_contradicts", replace(TRIAL, p=0.6), []),
    "p against SE": ("p_contradicts", replace(SMD, p=0.9), []),
    "SE against the interval": ("se_contradicts_ci", replace(RATIO, effect=-0.431, effect_se=0.45), []),
    "SMD far away": ("effect_far", replace(TRIAL, mean1=30.0), OTHERS),
    "sign": ("direction_reversed", replace(TRIAL, n1=140, n2=140, mean1=13.0, mean2=10.6), OTHERS),
    "scale runs the other way": ("direction_of_scale", replace(TRIAL, scale="GAF"), []),
    "change among scores": ("change_with_final",
        replace(TRIAL, scale="HAMD-17 (change)"), [replace(other, scale="BDI-II") for other in OTHERS]),
    "negative means among scores": ("change_with_final",
        replace(TRIAL, mean1=-9.0, mean2=-6.4), [replace(other, scale="BDI-II") for other in OTHERS]),
    "baseline swapped": ("baseline_swapped", SWAPPED, []),
    "row pasted": ("copied_row", replace(TRIAL, key=2, study="B"), [TRIAL]),
    "arm pasted": ("copied_row", replace(TRIAL, key=2, study="B", n2=31, mean2=14.4), [TRIAL]),
    "control twice": ("control_twice", GROUPS, [GROUPS, THIRD_ARM]),
    "control twice without labels": ("control_twice", TRIAL, [replace(TRIAL, key=2, mean1=11.3)]),
}  # fmt: skip

NEAR_MISS = {
    "the plain trial": (TRIAL, OTHERS),
    "the plain counts": (EVENTS, EVENT_OTHERS),
    "everybody had the event": (replace(EVENTS, events1=40), []),
    "nobody had the event": (replace(EVENTS, events1=0), []),
    "as many as randomised": (replace(TRIAL, randomised1=40, randomised2=44, total_randomised=84), []),
    "a third arm not entered": (replace(TRIAL, randomised1=40, randomised2=44, total_randomised=130), []),
    "an arm's number missing": (replace(TRIAL, arms_randomised=(30, None, 30), total_randomised=90), []),
    "a rare event": (replace(EVENTS, events1=3, n1=900), EVENT_OTHERS),
    "a small SD that no root of n explains": (replace(TRIAL, scale="", sd1=2.6), []),
    "a small SD at entry": (replace(TRIAL, sd1=3.4, sd2=3.2), []),
    "SD twice the other's": (replace(TRIAL, sd1=12.4), OTHERS),
    "SE of a small SMD": (replace(SMD, effect_se=0.3), []),
    "an SD at its largest": (replace(TRIAL, scale="Ours", low=0, high=20, n1=40, mean1=10, sd1=10.1), []),
    "a mean at the end": (replace(TRIAL, scale="Ours", low=10, high=52, sd1=4.5), []),
    "a negative change": (replace(TRIAL, is_change=True, mean1=-10.6, mean2=-8.0), []),
    "means fourfold": (replace(TRIAL, scale="", mean1=42.4, sd1=18.0, sd2=15.0), []),
    "whole numbers like the others'": (MEDIANS, [
        replace(o, mean1=11, sd1=8, mean2=14, sd2=8) for o in OTHERS]),
    "medians typed with decimals": (
        replace(MEDIANS, typed=dict.fromkeys(["mean1", "sd1", "mean2", "sd2"], "9.00")), OTHERS),
    "GRIM holds": (replace(TRIAL, n1=28, mean1=5.18), []),
    "GRIM cannot tell": (replace(TRIAL, n1=128, mean1=5.19), []),
    "GRIM on an adjusted mean": (replace(TRIAL, n1=28, mean1=5.19, derived=True), []),
    "GRIM on a scale of lengths": (
        replace(TRIAL, scale="VAS 100 mm", n1=28, mean1=15.19, sd1=8.1, lower_is_better=None), []),
    "GRIMMER holds": (replace(TRIAL, n1=10, mean1=3.4, sd1=3.5), []),
    "interval of a ratio": (RATIO, []),
    "interval of a difference": (DIFFERENCE, []),
    "interval rounded hard": (replace(RATIO, estimate=0.1, ci_low=0.1, ci_high=0.2, p=None), []),
    "p below a limit it is far below": (replace(DIFFERENCE, p=0.05, p_below=True), []),
    "p rounded": (replace(DIFFERENCE, p=0.01), []),
    "p of the means": (replace(TRIAL, p=0.09), []),
    "SE of the interval": (replace(RATIO, effect=-0.431, effect_se=0.224), []),
    "an SMD with its p": (replace(SMD, p=0.07), []),
    "no effect among effects": (replace(TRIAL, mean1=13.0, mean2=12.5), OTHERS),
    "opposite but imprecise": (replace(TRIAL, n1=6, n2=6, mean1=13.5, mean2=12.5), OTHERS),
    "all scores are changes": (
        replace(TRIAL, is_change=True), [replace(o, is_change=True, scale="BDI") for o in OTHERS]),
    "changes on one scale pooled in points": (replace(TRIAL, is_change=True), OTHERS),
    "higher is better": (replace(TRIAL, scale="GAF", lower_is_better=False), []),
    "better after treatment": (HAS_BASELINE, []),
    "worse everywhere": (SWAPPED, [replace(SWAPPED, key=3, study="C", n1=51, n2=57, mean2=22.4)]),
    "the same mean only": (replace(TRIAL, key=2, study="B", n1=20, n2=31, mean2=14.4), [TRIAL]),
    "the same few events": (
        replace(EVENTS, key=2, study="B", events1=0, events2=1), [replace(EVENTS, events1=0, events2=1)]),
    "the row itself among its peers": (TRIAL, [TRIAL]),
    "control at another time": (GROUPS, [replace(THIRD_ARM, time_point="1 year")]),
    "control split": (replace(GROUPS, n2=22), [replace(THIRD_ARM, n2=21)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MUST_WARN)
def test_it_must_warn(name):
    code, facts, peers = MUST_WARN[name]
    found = {warning.code: warning for warning in lint(facts, peers)}
    assert code in found
    assert all([found[code].seen, found[code].why, found[code].check, found[code].field])


@pytest.mark.parametrize("name", NEAR_MISS)
def test_a_near_miss_must_not(name):
    facts, peers = NEAR_MISS[name]
    assert [warning.code + ": " + warning.seen for warning in lint(facts, peers)] == []


def test_every_code_has_a_case_and_words():
    assert {code for code, _, _ in MUST_WARN.values()} == set(CODES)


def test_a_warning_shows_its_numbers():
    (warning,) = lint(replace(TRIAL, n1=28, mean1=5.19))
    assert warning.seen == "No 28 whole scores have a mean of 5.19: 145/28 is 5.179, 146/28 is 5.214."
    assert warning.field == "mean1"


def test_trailing_zeros_as_typed_count():
    facts = replace(TRIAL, n1=30, mean1=10.5, sd1=6.0)
    assert lint(facts) == []
    assert [w.code for w in lint(replace(facts, n1=29, typed={"mean1": "10.50"}))] == ["grim"]
    assert lint(replace(facts, n1=29)) == []


def test_grim_and_grimmer_agree_with_counting_every_sample():
    """Every triple of whole scores from 0 to 4 passes; of all rounded pairs only such pass."""
    samples = [(a, b, c) for a in range(5) for b in range(5) for c in range(5)]
    for sample in samples:
        total, mean = sum(sample), sum(sample) / 3
        sd = sqrt(sum((x - mean) ** 2 for x in sample) / 2)
        assert total in possible_sums(round(mean, 2), 0.005, 3)
        assert sd_possible(total, 3, round(sd, 2), 0.005)
    assert list(possible_sums(1.5, 0.005, 3)) == []
    assert not sd_possible(3, 3, 0.5, 0.005)


def test_a_dismissed_warning_comes_back_only_with_other_numbers():
    wrong = replace(TRIAL, mean1=30.0)
    warnings = lint(wrong, OTHERS)
    dismissed = {warning.fingerprint for warning in warnings}
    assert warnings
    assert undismissed(lint(wrong, OTHERS[:4]), dismissed) == []
    again = undismissed(lint(replace(wrong, mean1=31.0), OTHERS), dismissed)
    assert [warning.code for warning in again] == [warning.code for warning in warnings]


def test_two_rules_on_one_number_have_two_fingerprints():
    prints = [w.fingerprint for w in lint(replace(TRIAL, mean1=106.0), OTHERS)]
    assert len(set(prints)) == len(prints) > 1


def test_linting_twice_says_the_same_once():
    wrong = replace(TRIAL, sd1=-1.0)
    assert lint(wrong, OTHERS) == lint(wrong, OTHERS)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("GRID-HDRS-17", 0, 52), ("HAMD-21", 0, 66), ("BDI-II", 0, 63), ("bdi", 0, 63), ("MADRS", 0, 60),
        ("PHQ-9", 0, 27), ("QIDS-SR16", 0, 27), ("IDS-SR", 0, 84), ("HADS-D", 0, 21), ("CES-D", 0, 60),
    ],
)  # fmt: skip
def test_ranges(name, low, high):
    scale = scale_of(name)
    assert (scale.low, scale.high) == (low, high)


@pytest.mark.parametrize("name", ["", "HDRS", "WAI-Depression", "HDRS-17 (% reduction)", "Our scale", "---"])
def test_no_range_is_guessed(name):
    assert scale_of(name) is None


def test_scales_are_found_by_their_names_and_have_a_width():
    for scale in SCALES:
        assert scale.low < scale.high
    assert len({scale.name for scale in SCALES}) == len(SCALES) > 30


def test_a_ratio_is_judged_on_its_logarithm():
    middle, se = log(0.52), 0.3
    low, high = (round(exp(middle + sign * 1.96 * se), 3) for sign in (-1, 1))
    facts = replace(RATIO, estimate=0.52, ci_low=low, ci_high=high, p=None)
    assert lint(facts) == []
    assert [w.code for w in lint(replace(facts, effect_measure="MD"))] == ["ci_not_symmetric"]
    assert "On the logarithmic scale" in lint(replace(facts, effect_measure="MD"))[0].seen


def test_every_rule_stays_silent_without_numbers():
    empty = Facts(key=1, study="A", kind="means")
    assert [rule(empty, [empty]) for rule in RULES] == [[] for _ in RULES]
