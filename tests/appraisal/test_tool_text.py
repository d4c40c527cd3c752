"""What a person types about a tool becomes data and comes back as it was typed."""

import pytest

from appraisal.tool_text import (
    TextError,
    answers_from_text,
    answers_to_text,
    condition_from_text,
    condition_to_text,
    rule_from_text,
    rule_to_text,
)

LEVELS = {"low": "Low risk", "high": "High risk"}
IS = {"question": "1.1", "in": ["N", "PN"]}
OTHER = {"question": "1.2", "in": ["Y"]}
THIRD = {"question": "1.3", "in": ["NI"]}


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("1.1 = N, PN", IS),
        ("1.1 = N, PN and 1.2 = Y", {"all": [IS, OTHER]}),
        ("1.1 = N, PN and 1.2 = Y or 1.3 = NI", {"any": [{"all": [IS, OTHER]}, THIRD]}),
        ("1.1 = N, PN and (1.2 = Y or 1.3 = NI)", {"all": [IS, {"any": [OTHER, THIRD]}]}),
        ("(1.1 = N, PN)", IS),
    ],
)
def test_conditions(text, data):
    assert condition_from_text(text) == data
    assert condition_from_text(condition_to_text(data)) == data


def test_words_that_hold_and_or_or_are_no_joints():
    assert condition_from_text("1.1 = candid, ford") == {"question": "1.1", "in": ["candid", "ford"]}


@pytest.mark.parametrize(
    "text", ["1.1", "= N", "1.1 =", "1.1 = N and", "(1.1 = N", "1.1 = N)", "1.1 = N or or 1.2 = Y"]
)
def test_what_cannot_be_read_says_how_to_write_it(text):
    with pytest.raises(TextError, match=r"write it as 1\.1 = N"):
        condition_from_text(text)


def test_rules():
    text = "1.1 = N, PN: High risk\n\n1.2 = Y: low\nOtherwise: Low risk"
    rows = [{"when": IS, "level": "high"}, {"when": OTHER, "level": "low"}, {"level": "low"}]
    assert rule_from_text(text, LEVELS) == rows
    assert rule_from_text(rule_to_text(rows, LEVELS), LEVELS) == rows
    assert rule_from_text(" \n", LEVELS) is None
    domain = [{"when": {"domain": "D1", "in": ["high"]}, "level": "high"}]
    assert rule_from_text("D1 = high: High risk", LEVELS, "domain") == domain


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.1 = N High", "line 1: “1.1 = N High” has no level"),
        (
            "1.1 = N: High risk\n1.2 = Y: awful",
            "line 2: “awful” is not a level. Levels: Low risk, High risk.",
        ),
        (": High risk", "line 1: write the condition"),
        ("1.1: High risk", "line 1: “1.1” cannot be read"),
    ],
)
def test_a_wrong_rule_names_its_line(text, sentence):
    with pytest.raises(TextError, match=sentence.replace(".", r"\.")):
        rule_from_text(text, LEVELS)


@pytest.mark.parametrize(
    ("text", "codes", "labels"),
    [
        ("Y, PN, NI", ["Y", "PN", "NI"], {}),
        ("good: Good; poor: Poor", ["good", "poor"], {"good": "Good", "poor": "Poor"}),
        ("Y; x: Something else", ["Y", "x"], {"x": "Something else"}),
        ("Often, Now and then", ["Often", "Nowandthen"], {"Often": "Often", "Nowandthen": "Now and then"}),
        ("", [], {}),
    ],
)
def test_answers(text, codes, labels):
    assert answers_from_text(text) == (codes, labels)
    assert answers_from_text(answers_to_text(codes, labels)) == (codes, labels)
