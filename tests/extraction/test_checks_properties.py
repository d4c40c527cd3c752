"""The linter on trials made by chance: it never raises, and clean trials rarely warn."""

import random
from collections import Counter
from statistics import mean, stdev

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.linter import demo, measure
from extraction.checks import CODES, Facts, lint

NASTY = st.one_of(
    st.none(),
    st.sampled_from(
        [0, 0.0, -0.0, 1, -1, 1e-320, 1e308, -1e308, 1e12, float("nan"), float("inf"), -float("inf")]
    ),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0, 100),
    st.integers(-5, 200),
)
NUMBERS = [
    *("n1", "mean1", "sd1", "events1", "n2", "mean2", "sd2", "events2", "effect", "effect_se", "p"),
    *("randomised1", "randomised2", "total_randomised", "low", "high", "estimate", "ci_low", "ci_high"),
    *("baseline_mean1", "baseline_sd1", "baseline_mean2", "baseline_sd2"),
]
FACTS = st.builds(
    Facts,
    key=st.integers(1, 9),
    study=st.sampled_from("ABCDEF"),
    kind=st.sampled_from(["means", "events", "effect", "other"]),
    scale=st.sampled_from(["", "HAMD-17", "BDI-II", "GAF", "HDRS (change)", "x%"]),
    effect_measure=st.sampled_from(["", "SMD", "OR", "MD"]),
    arms_randomised=st.lists(st.none() | st.integers(0, 90), max_size=3).map(tuple),
    lower_is_better=st.sampled_from([None, True, False]),
    is_change=st.sampled_from([None, True, False]),
    derived=st.booleans(),
    p_below=st.booleans(),
    ci_level=st.sampled_from([0.95, 0.9, 0, 1, float("nan")]),
    **dict.fromkeys(NUMBERS, NASTY),
)


@settings(max_examples=250, deadline=None)
@given(FACTS, st.lists(FACTS, max_size=6))
def test_it_never_raises_and_names_known_rules(facts, peers):
    for warning in lint(facts, [*peers, facts]):
        assert warning.code in CODES
        assert "None" not in warning.seen
        assert len(warning.fingerprint) == 16


def arm(dice, centre, spread, n):
    """n, mean and SD of whole scores on HAMD-17."""
    scores = [min(52, max(0, round(dice.gauss(centre, spread)))) for _ in range(n)]
    return n, round(mean(scores), 2), round(stdev(scores), 2)


def clean_review(dice, studies=10):
    """Trials drawn from people, with an effect of half an SD that varies a little."""
    trials = []
    for key in range(studies):
        spread, centre, gain = dice.uniform(5.5, 8), dice.uniform(13, 20), dice.gauss(3.5, 1)
        n1, mean1, sd1 = arm(dice, centre - gain, spread, dice.randint(15, 90))
        n2, mean2, sd2 = arm(dice, centre, spread, max(12, n1 + dice.randint(-5, 5)))
        trials.append(Facts(key=key, study=f"S{key}", kind="means", scale="HAMD-17", n1=n1, mean1=mean1, sd1=sd1,
                            n2=n2, mean2=mean2, sd2=sd2, lower_is_better=True))  # fmt: skip
    return trials


def test_clean_trials_rarely_warn():
    dice = random.Random(20)
    found = Counter()
    for _ in range(40):
        review = clean_review(dice)
        found.update(warning.code for facts in review for warning in lint(facts, review))
    assert sum(found.values()) <= 12, found  # of 400 trials
    assert not set(found) - {"effect_far", "direction_reversed"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_means_and_sds_of_real_scores_always_pass_grim_and_grimmer(seed):
    codes = {w.code for facts in clean_review(random.Random(seed), 3) for w in lint(facts)}
    assert not codes & {"grim", "grimmer", "mean_beyond_scale", "sd_beyond_scale"}


def test_on_the_demo_data_it_finds_what_is_typed_wrong_and_says_little_else():
    """The whole table is in benchmarks/linter.md; here a floor for each of the commoner errors."""
    table, clean, rows = measure([demo()])
    assert (rows, dict(clean)) == (16, {"effect_far": 1, "change_with_final": 2})
    floors = {"SE typed as SD, one arm": 0.9, "SE typed as SD, both arms": 0.9, "mean ten times": 1.0,
              "SD a tenth": 1.0, "means swapped between the arms": 0.8, "row under another study": 1.0}  # fmt: skip
    for kind, floor in floors.items():
        made, _, found = table[kind]
        assert made >= 13
        assert found >= floor * made, kind
