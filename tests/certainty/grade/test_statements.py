"""What is said of an effect, by how certain and how large it is."""

import pytest

from certainty.grade.absolute import Interval, absolute_effect
from certainty.grade.levels import Level
from certainty.grade.statements import WORDING, Size, inside, is_lower, size_of, statement

NAMES = {"intervention": "CBT", "comparison": "Usual care", "outcome": "Depressive symptoms"}


def sized(measure, value, mid=None, **baseline):
    effect = Interval(value)
    absolute = absolute_effect(measure, effect, baseline) if baseline else None
    return size_of(measure, effect, mid=mid, absolute=absolute).size


@pytest.mark.parametrize(
    ("level", "size", "words"),
    [
        (Level.HIGH, Size.LARGE, "CBT results in a large reduction in depressive symptoms"),
        (Level.HIGH, Size.MODERATE, "CBT reduces depressive symptoms"),
        (Level.MODERATE, Size.SMALL, "CBT probably reduces depressive symptoms slightly"),
        (Level.LOW, Size.MODERATE, "CBT may reduce depressive symptoms"),
        (Level.LOW, Size.LITTLE, "CBT may make little or no difference to depressive symptoms"),
        (
            Level.VERY_LOW,
            Size.LARGE,
            "the evidence is very uncertain about the effect of CBT on depressive symptoms",
        ),
        (
            Level.VERY_LOW,
            None,
            "the evidence is very uncertain about the effect of CBT on depressive symptoms",
        ),
    ],
)
def test_certainty_is_in_the_verb_and_size_in_the_words(level, size, words):
    assert statement(level, size, lower=True, **NAMES) == f"Compared with usual care, {words}."


def test_more_of_the_outcome_is_an_increase():
    assert "probably increases" in statement(Level.MODERATE, Size.MODERATE, lower=False, **NAMES)
    assert "large increase in" in statement(Level.HIGH, Size.LARGE, lower=False, **NAMES)


def test_nothing_is_said_where_the_size_is_not_known():
    assert statement(Level.HIGH, None, lower=True, **NAMES) == ""


def test_every_level_but_the_lowest_has_words_for_every_size_and_none_twice():
    assert set(WORDING) == {(level, size) for level in Level if level is not Level.VERY_LOW for size in Size}
    assert len(set(WORDING.values())) == len(WORDING)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (0.19, "little"),
        (-0.2, "small"),
        (0.49, "small"),
        (-0.5, "moderate"),
        (0.79, "moderate"),
        (-0.8, "large"),
    ],
)
def test_standardised_differences_go_by_cohen(value, size):
    assert sized("SMD", value) == size


@pytest.mark.parametrize(
    ("value", "size"),
    [(-2.9, "little"), (3.0, "small"), (-7.5, "moderate"), (11.9, "moderate"), (-12, "large")],
)
def test_differences_go_by_the_minimal_important_one(value, size):
    assert sized("MD", value, mid=3.0) == size


def test_a_difference_without_a_minimal_important_one_has_no_size():
    found = size_of("MD", Interval(-3))
    assert found.size is None
    assert "minimal important difference" in found.sentence


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (1.0, "little"),
        (0.96, "little"),
        (0.9, "small"),
        (1.2, "small"),
        (0.75, "moderate"),
        (0.5, "large"),
        (4.0, "large"),
    ],
)
def test_ratios_go_by_how_far_the_risk_changes(value, size):
    assert sized("RR", value) == size
    assert sized("RR", value, per_1000=200) == size


def test_an_odds_ratio_is_judged_as_a_risk_ratio_at_its_baseline():
    assert sized("OR", 0.5, per_1000=600) == "moderate"  # a risk ratio of 0.71
    assert sized("OR", 0.5, per_1000=20) == "moderate"  # 0.505
    assert sized("OR", 0.5) == "large"
    assert "odds are taken for risks" in size_of("OR", Interval(0.5)).sentence


def test_a_risk_difference_needs_a_baseline_or_a_minimal_important_one():
    assert sized("RD", -0.1, per_1000=200) == "large"
    assert sized("RD", -0.1, mid=0.2) == "little"
    assert sized("RD", -0.1) is None


def test_fewer_than_one_of_a_thousand_is_little_whatever_the_ratio():
    assert sized("RR", 0.5, per_1000=1) == "little"


def test_a_minimal_important_ratio_divides_little_from_small():
    assert sized("RR", 0.85, mid=0.8) == "little"
    assert sized("RR", 0.97, mid=0.98, per_1000=300) == "small"


def test_sides():
    assert is_lower("RR", Interval(0.9))
    assert not is_lower("MD", Interval(0.9))


@pytest.mark.parametrize(
    ("words", "inner"),
    [
        ("Usual care", "usual care"),
        ("CBT", "CBT"),
        ("Beck Depression Inventory", "Beck Depression Inventory"),
        ("SSRIs at any dose", "SSRIs at any dose"),
        ("Quality of life.", "quality of life"),
        ("", ""),
    ],
)
def test_words_inside_a_sentence(words, inner):
    assert inside(words) == inner
