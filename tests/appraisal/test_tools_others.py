"""ROBINS-I, QUADAS-2, Newcastle-Ottawa and JBI, and what holds for every tool."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from appraisal import figures
from appraisal.instruments import (
    INSTRUMENTS,
    TOOLS,
    ToolError,
    ahrq,
    overall,
    propose,
    shown,
    stars,
    tool_from_data,
    with_ahrq,
)
from appraisal.instruments.signalling import keys_in

TWIN = {"Y": "PY", "PY": "Y", "N": "PN", "PN": "N"}
ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "risk-of-bias.md").read_text(encoding="utf-8")
SEVEN = ("D1", "D2", "D3", "D4", "D5", "D6", "D7")


def somehow(tool, dice):
    """Answers to about nine in ten of all questions, needed or not."""
    return {q.key: dice.choice(q.options) for q in tool.questions if dice.random() < 0.9}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_a_tool_is_complete_and_can_be_drawn(tool):
    assert tool.key not in INSTRUMENTS
    assert len(tool.key) <= 30  # the column of the database
    keys = [domain.key for domain in tool.domains]
    assert len(set(keys)) == len(keys)
    assert all(domain.guidance and domain.label and domain.short for domain in tool.domains)
    every = (*tool.levels, *tool.overall_choices)
    assert {level.colour for level in every} <= set(figures.LEVELS)
    assert len({level.symbol for level in tool.levels}) == len(tool.levels)
    assert all(1 <= len(level.symbol) <= 2 and level.robvis for level in every)
    assert tool.reference_url.startswith("https://")
    assert tool.guidance_url.startswith("https://")
    assert tool.licence
    assert tool.designs
    earlier = {}
    for question in tool.questions:
        assert question.domain in keys
        assert question.key not in earlier
        assert len(question.choices) >= 2
        for asked in keys_in(question.shown_when) if question.shown_when else ():
            assert asked in earlier, f"{question.key} asks about {asked}, which comes later"
        earlier[question.key] = question


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_probably_is_the_same_as_certainly(tool):
    dice = random.Random(tool.key)
    for _ in range(60):
        answers = somehow(tool, dice)
        other = {
            key: TWIN[v] if TWIN.get(v) in tool.question(key).options else v for key, v in answers.items()
        }
        assert shown(tool, answers) == shown(tool, other)
        assert propose(tool, answers) == propose(tool, other)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_what_is_hidden_changes_nothing(tool):
    dice = random.Random(f"hidden {tool.key}")
    hidden = 0
    for _ in range(60):
        answers = somehow(tool, dice)
        needed = shown(tool, answers)
        kept = {key: value for key, value in answers.items() if key in needed}
        hidden += len(answers) - len(kept)
        changed = {key: value if key in needed else dice.choice(tool.question(key).options)
                   for key, value in answers.items()}  # fmt: skip
        assert propose(tool, kept) == propose(tool, answers) == propose(tool, changed)
        assert shown(tool, kept) == needed == shown(tool, changed)
    branching = any(question.shown_when for question in tool.questions)
    assert bool(hidden) == branching


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_nothing_is_proposed_while_a_question_is_open(tool):
    for domain, proposal in propose(tool, {}).items():
        assert proposal.level is None
        assert set(proposal.missing) <= {question.key for question in tool.questions_of(domain)}
        assert proposal.missing
    assert propose(tool, {tool.questions[0].key: ""}) == propose(tool, {})


@pytest.mark.parametrize("key", TOOLS)
def test_a_tool_is_documented(key):
    assert f"`{key}`" in DOCS


def test_the_example_in_the_documents_is_a_tool():
    tool = tool_from_data(json.loads(re.search(r"```json\n(.*?)```", DOCS, re.DOTALL)[1]))
    assert propose(tool, {"1.1": "N", "1.2": "NI"})["D1"].level == "high"
    assert propose(tool, {"1.1": "Y"})["D1"].level == "low"


def test_the_tools_know_nothing_of_django():
    code = "import sys; sys.modules['django'] = None; import appraisal.instruments, appraisal.ordinal"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_wrong_answers_domains_and_levels_are_refused_by_name():
    tool = TOOLS["rob2"]
    with pytest.raises(ToolError, match=r"RoB 2 .* has no question '9\.9'"):
        propose(tool, {"9.9": "Y"})
    with pytest.raises(
        ToolError, match=r"'maybe' is not an answer to question 1\.1. Answers: Y, PY, PN, N, NI"
    ):
        shown(tool, {"1.1": "maybe"})
    with pytest.raises(ToolError, match="has no domain 'D9'"):
        overall(tool, {"D9": "low"})
    with pytest.raises(ToolError, match="'serious' is not a level of Randomisation process"):
        overall(tool, {"D1": "serious"})


def test_robins_i_overall_for_every_combination():
    tool, codes = TOOLS["robins_i"], ("low", "moderate", "serious", "critical", "no_information")
    seen = Counter()
    for levels in product(codes, repeat=7):
        found = overall(tool, dict(zip(SEVEN, levels, strict=True))).level
        if "critical" in levels:
            expected = "critical"
        elif "serious" in levels:
            expected = "serious"
        elif "no_information" in levels:
            expected = "no_information"
        else:
            expected = "moderate" if "moderate" in levels else "low"
        assert found == expected, levels
        seen[found] += 1
    assert set(seen) == set(codes)


def test_robins_i_proposes_only_where_the_tool_says_so():
    tool = TOOLS["robins_i"]
    assert propose(tool, {"1.1": "PN"})["D1"].level == "low"
    third = propose(tool, {"3.1": "Y", "3.2": "Y", "3.3": "N"})["D3"]
    assert (third.level, third.missing) == (None, ())
    assert "judge it" in third.why


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"1.1": "N"}, []),
        ({"1.1": "Y"}, ["1.2"]),
        ({"1.1": "Y", "1.2": "N"}, ["1.2", "1.4", "1.6"]),
        ({"1.1": "PY", "1.2": "PY", "1.3": "PN", "1.4": "PY"}, ["1.2", "1.3", "1.4", "1.5", "1.6"]),
        ({"1.1": "Y", "1.2": "Y", "1.3": "Y"}, ["1.2", "1.3", "1.7"]),
        ({"1.1": "Y", "1.2": "Y", "1.3": "Y", "1.7": "Y"}, ["1.2", "1.3", "1.7", "1.8"]),
    ],
)
def test_robins_i_confounding_branches(answers, expected):
    assert [key for key in shown(TOOLS["robins_i"], answers) if key.startswith("1.")] == ["1.1", *expected]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"2.1": "Y", "2.2": "Y", "2.3": "PY", "2.4": "Y"}, True),
        ({"2.1": "Y", "2.2": "Y", "2.3": "N", "2.4": "Y"}, False),
        ({"2.1": "N", "2.4": "PN"}, True),
        ({"2.1": "N", "2.4": "NI"}, False),
    ],
)
def test_robins_i_asks_for_a_correction_of_selection(answers, expected):
    assert ("2.5" in shown(TOOLS["robins_i"], answers)) is expected


def test_the_two_effects_of_robins_i_differ_in_domain_4_only():
    one, other = TOOLS["robins_i"], TOOLS["robins_i_adhering"]
    assert [q.key for q in one.questions_of("D4")] == ["4.1", "4.2"]
    assert [q.key for q in other.questions_of("D4")] == ["4.3", "4.4", "4.5", "4.6"]
    for key in set(SEVEN) - {"D4"}:
        assert one.questions_of(key) == other.questions_of(key)


def test_quadas2_for_every_combination_of_flow_and_timing():
    tool = TOOLS["quadas2"]
    for letters in product("YNU", repeat=4):
        answers = dict(zip(("4.1", "4.2", "4.3", "4.4"), letters, strict=True))
        expected = None if "N" in letters else "unclear" if "U" in letters else "low"
        assert propose(tool, answers)["D4"].level == expected, answers


def test_quadas2_has_applicability_without_flow_and_no_overall():
    tool = TOOLS["quadas2"]
    assert [domain.key for domain in tool.domains] == ["D1", "D2", "D3", "D4", "A1", "A2", "A3"]
    assert set(propose(tool, {})) == {"D1", "D2", "D3", "D4"}
    assert propose(tool, {"2.1": "Y", "2.2": "NA"})["D2"].level == "low"
    assert overall(tool, {"D1": "high"}).level is None


#: The answers that earn a star, by hand.
EARNING = {
    "nos_cohort": {"S1": "ab", "S2": "a", "S3": "ab", "S4": "a", "C1": "a", "C2": "a", "O1": "ab", "O2": "a",
                   "O3": "ab"},
    "nos_case_control": {"S1": "a", "S2": "a", "S3": "a", "S4": "a", "C1": "a", "C2": "a", "E1": "ab", "E2": "a",
                         "E3": "a"},
}  # fmt: skip


@pytest.mark.parametrize("key", EARNING)
def test_stars_of_every_answer(key):
    tool, earning = TOOLS[key], EARNING[key]
    assert [question.key for question in tool.questions] == list(earning)
    worst = {question.key: question.options[-1] for question in tool.questions}
    assert (stars(tool, worst).total, stars(tool, worst).maximum) == (0, 9)
    for question in tool.questions:
        for option in question.options:
            counted = stars(tool, {**worst, question.key: option})
            assert counted.total == (option in earning[question.key]), (question.key, option)
            assert counted.by_domain[question.domain] == counted.total
    best = {each: letters[-1] for each, letters in earning.items()}
    assert stars(tool, best).total == 9
    assert list(stars(tool, best).by_domain.values()) == [4, 2, 3]
    assert [proposal.level for proposal in propose(tool, best).values()] == ["4", "2", "3"]
    assert stars(tool, {}).missing == tuple(earning)


def test_stars_are_for_newcastle_ottawa():
    with pytest.raises(ToolError, match="does not count stars"):
        stars(TOOLS["rob2"], {})


def test_a_star_too_many_is_refused():
    with pytest.raises(ToolError, match="'3' is not a level of Comparability"):
        overall(TOOLS["nos_cohort"], {"comparability": "3"})
    with pytest.raises(ToolError, match="Selection has 0 to 4 stars, not 5"):
        ahrq(5, 2, 3)


def test_the_scale_sets_no_threshold_and_the_conversion_is_an_option():
    tool, converted = TOOLS["nos_cohort"], with_ahrq(TOOLS["nos_cohort"])
    # Selection (rows: 0 to 4 stars) by comparability and outcome (columns), by hand
    hand = {0: "poor", 1: "poor", 2: "fair", 3: "good", 4: "good"}
    for first, second, third in product(range(5), range(3), range(4)):
        levels = {"selection": str(first), "comparability": str(second), "outcome": str(third)}
        expected = "poor" if (second, third) not in {(1, 2), (1, 3), (2, 2), (2, 3)} else hand[first]
        assert overall(converted, levels).level == ahrq(first, second, third) == expected
        plain = overall(tool, levels)
        assert plain.level is None
        assert plain.why.startswith(f"{first + second + third} of 9 stars")
    assert {level.key for level in converted.overall_choices} == {"good", "fair", "poor"}
    assert overall(converted, {"selection": "4"}).missing == ("comparability", "outcome")


ITEMS = {"rct": 13, "quasi_experimental": 9, "cohort": 11, "case_control": 10, "cross_sectional": 8,
         "prevalence": 9, "case_series": 10, "case_report": 8, "qualitative": 10, "diagnostic": 10,
         "systematic_review": 11}  # fmt: skip


def test_jbi_has_these_checklists_with_as_many_items():
    found = {
        key.removeprefix("jbi_"): len(tool.questions) for key, tool in TOOLS.items() if key.startswith("jbi_")
    }
    assert found == ITEMS


def test_a_jbi_item_is_judged_as_answered_and_nothing_is_scored():
    tool = TOOLS["jbi_cross_sectional"]
    letters = ("Y", "N", "U", "NA", "Y", "Y", "Y", "Y")
    proposals = propose(tool, dict(zip("12345678", letters, strict=True)))
    levels = {key: proposal.level for key, proposal in proposals.items()}
    assert list(levels.values()) == ["yes", "no", "unclear", "not_applicable", *["yes"] * 4]
    final = overall(tool, levels)
    assert final.level is None
    assert final.why.startswith("5 yes, 1 no, 1 unclear, 1 not applicable.")
    assert [level.key for level in tool.overall_choices] == ["include", "exclude", "seek_info"]
