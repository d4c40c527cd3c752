"""How a rating adds up."""

import pytest

from certainty.grade import DOMAINS, DOWN, LEVELS, UP, Level, agreement_of, cautions, in_words, level_of


@pytest.mark.parametrize(
    ("start", "changes", "level"),
    [
        ("high", {}, Level.HIGH),
        ("high", {"imprecision": -1}, Level.MODERATE),
        ("high", {"imprecision": -1, "risk_of_bias": -1, "indirectness": 0}, Level.LOW),
        ("high", {"risk_of_bias": -3}, Level.VERY_LOW),
        ("high", {"risk_of_bias": -3, "imprecision": -2}, Level.VERY_LOW),
        ("low", {}, Level.LOW),
        ("low", {"large_effect": 1}, Level.MODERATE),
        ("low", {"large_effect": 2, "dose_response": 1}, Level.HIGH),
        ("low", {"imprecision": -1}, Level.VERY_LOW),
        ("high", {"dose_response": 1}, Level.HIGH),
    ],
)
def test_levels_add_up_between_very_low_and_high(start, changes, level):
    assert level_of(start, changes) == level


@pytest.mark.parametrize(
    ("start", "changes"),
    [
        ("middling", {}),
        ("high", {"luck": -1}),
        ("high", {"imprecision": 1}),
        ("high", {"imprecision": -4}),
        ("high", {"inconsistency": -3}),
        ("low", {"large_effect": -1}),
        ("low", {"large_effect": 3}),
    ],
)
def test_what_is_no_rating_is_refused(start, changes):
    with pytest.raises(ValueError, match=r"\w+ .*\."):
        level_of(start, changes)


def test_the_domains_are_five_down_and_three_up():
    assert (len(DOWN), len(UP), len(DOMAINS)) == (5, 3, 8)
    for domain in DOMAINS.values():
        assert domain.question.endswith("?")
        words = [domain.words(change) for change in domain.changes]
        assert len(set(words)) == len(words)


def test_symbols_and_meanings():
    assert [level.symbol for level in LEVELS] == ["⊕◯◯◯", "⊕⊕◯◯", "⊕⊕⊕◯", "⊕⊕⊕⊕"]
    assert [level.label for level in LEVELS] == ["Very low", "Low", "Moderate", "High"]
    assert len({level.meaning for level in LEVELS}) == 4


def test_what_is_unusual_is_remarked_upon():
    assert cautions("low", {"large_effect": 1}) == []
    assert "although rated down" in cautions("low", {"large_effect": 1, "imprecision": -1})[0]
    assert "starts at high" in cautions("high", {"large_effect": 1})[0]
    assert "lowest" in cautions("low", {"imprecision": -3})[0]
    assert "highest" in cautions("low", {"large_effect": 2, "confounding": 1})[0]


def test_a_rating_in_words():
    said = in_words("high", {"imprecision": -2, "risk_of_bias": -1})
    assert said == "Very low: starts at high, down 1 level for risk of bias, down 2 levels for imprecision."


def test_kappa_of_levels_and_domains():
    """Four findings; levels 3-3, 2-2, 1-2, 0-1 with linear weights, computed by hand."""
    one = [{}, {"imprecision": -1}, {"imprecision": -2}, {"imprecision": -3}]
    other = [{}, {"imprecision": -1}, {"imprecision": -1}, {"imprecision": -2}]
    pairs = [(("high", a), ("high", b)) for a, b in zip(one, other, strict=True)]
    found = {each.key: each for each in agreement_of(pairs)}
    po = (1 + 1 + 2 / 3 + 2 / 3) / 4
    # the first used each level once; the second 3 once, 2 twice, 1 once
    pe = sum(1 - abs(a - b) / 3 for a in range(4) for b in (3, 2, 2, 1)) / 16
    assert found["level"].kappa.value == pytest.approx((po - pe) / (1 - pe))
    assert (found["level"].n, found["level"].same) == (4, 2)
    assert found["imprecision"].kappa.value == pytest.approx(found["level"].kappa.value)
    assert found["indirectness"].kappa.value is None
    assert agreement_of([]) == []
