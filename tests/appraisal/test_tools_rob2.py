"""The whole decision table of RoB 2, enumerated, against tables written by hand.

A row of a table has one cell per question and ends with the level. A cell is the set of answers it covers: Y (yes,
probably yes), N (no, probably no), ? (no information), A (not applicable); "-" is a question that is not asked, where
anything may have been left behind. Every combination must match one row, or none: then something is not answered.
Sources: BMJ 2019;366:l4898 and its crib sheet (22 August 2019); cluster version of 18 March 2021.
"""

from dataclasses import replace
from itertools import product

import pytest

from appraisal.instruments import TOOLS, ToolError, overall, propose, shown

RANK = ["low", "some_concerns", "high"]
LETTERS = {"Y": "Y", "PY": "Y", "PN": "N", "N": "N", "NI": "?", "NA": "A"}
TWIN = {"Y": "PY", "PY": "Y", "N": "PN", "PN": "N"}
PLAIN = ("Y", "N", "NI", "NA")


def table(text):
    rows = [line.split() for line in text.strip().splitlines()]
    return [(row[:-1], {"some": "some_concerns"}.get(row[-1], row[-1])) for row in rows]


def with_starts(starts, text):
    """Every row of ``text`` after every one of ``starts``."""
    return "\n".join(f"{start} {row}" for start in starts for row in text.strip().splitlines())


RANDOMISATION = """
    YN?  N  YN?  high
    YN?  ?  Y    high
    YN?  ?  N?   some
    N    Y  YN?  some
    Y?   Y  Y    some
    Y?   Y  N?   low
"""
DEVIATIONS = """
    N  -  -   low
    ?  -  -   some
    Y  N  -   some
    Y  Y? Y   some
    Y  Y? N?  high
"""
ANALYSIS = """
    Y   -   low
    N?  N   some
    N?  Y?  high
"""
UNAWARE, AWARE = ["N N"], ["Y? YN?", "N Y?"]
NO_OTHER_CARE_PROBLEM = """
    NA  NA    -   low
    Y?  YN?A  Y   some
    Y?  YN?A  N?  high
    NA  Y?    Y   some
    NA  Y?    N?  high
"""
OTHER_CARE_PROBLEM = """
    N?  YN?A  YN?A  Y   some
    N?  YN?A  YN?A  N?  high
"""
ADHERING = "\n".join([
    with_starts([f"{start} -" for start in UNAWARE], NO_OTHER_CARE_PROBLEM),
    with_starts([f"{start} YA" for start in AWARE], NO_OTHER_CARE_PROBLEM),
    with_starts(AWARE, OTHER_CARE_PROBLEM),
])  # fmt: skip
WHY_MISSING = """
    Y  -   -   low
    N  N   -   low
    N  Y?  N   some
    N  Y?  Y?  high
"""
SWAYED = """
    N   -   low
    Y?  N   some
    Y?  Y?  high
"""
INFLUENCE_IF_ALIKE = "N - - low\n" + with_starts(["Y?"], SWAYED)
INFLUENCE_IF_UNKNOWN = INFLUENCE_IF_ALIKE.replace("low", "some")
BAD_MEASUREMENT = "Y YN? - - - high\nN? Y - - - high\n"
SELECTION = """
    YN?  Y   YN?  high
    YN?  N?  Y    high
    YN?  ?   N?   some
    YN?  N   ?    some
    Y    N   N    low
    N?   N   N    some
"""
RECRUITMENT = """
    Y   -  YN?  low
    N?  Y  YN?  high
    N?  N  Y    some
    N?  N  N?   low
    N?  ?  Y    high
    N?  ?  N?   some
"""
CARRYOVER = """
    Y   -   Y  low
    N?  Y   Y  low
    N?  N?  Y  some
    Y   -   ?  some
    N?  YN? ?  some
    Y   -   N  high
    N?  YN? N  high
"""
MEASUREMENT = (
    BAD_MEASUREMENT
    + with_starts(["N? N"], INFLUENCE_IF_ALIKE)
    + "\n"
    + with_starts(["N? ?"], INFLUENCE_IF_UNKNOWN)
)
#: Parts of a domain (the worse of them is its level): questions and table.
PARALLEL = {
    "D1": [("1.1 1.2 1.3", RANDOMISATION)],
    "D2": [
        ("2.1 2.2 2.3 2.4 2.5", "N N - - - low\n" + with_starts(AWARE, DEVIATIONS)),
        ("2.6 2.7", ANALYSIS),
    ],
    "D3": [("3.1 3.2 3.3 3.4", "Y - - - low\n" + with_starts(["N?"], WHY_MISSING))],
    "D4": [("4.1 4.2 4.3 4.4 4.5", MEASUREMENT)],
    "D5": [("5.1 5.2 5.3", SELECTION)],
}
ADHERE = [("2.1 2.2 2.3 2.4 2.5 2.6", ADHERING)]
SPLIT_ALIKE = "N - - - low\n" + with_starts(["Y?"], INFLUENCE_IF_ALIKE)
CLUSTER = {
    "D1": [("1a.1 1a.2 1a.3", RANDOMISATION)],
    "D1b": [("1b.1 1b.2 1b.3", RECRUITMENT)],
    "D2": [
        (
            "2.1a 2.1b 2.2 2.3 2.4 2.5",
            with_starts(["N - N", "Y? N N"], "- - - low")
            + "\n"
            + with_starts(["N - Y?", "Y? N Y?", "Y? Y? YN?"], DEVIATIONS),
        ),
        ("2.6 2.7", ANALYSIS),
    ],
    "D3": [("3.1a 3.1b 3.2 3.3 3.4", "Y Y - - - low\n" + with_starts(["N? YN?", "Y N?"], WHY_MISSING))],
    "D4": [
        (
            "4.1 4.2 4.3a 4.3b 4.4 4.5",
            "Y YN? - - - - high\nN? Y - - - - high\n"
            + with_starts(["N? N"], SPLIT_ALIKE)
            + "\n"
            + with_starts(["N? ?"], SPLIT_ALIKE.replace("low", "some")),
        )
    ],
    "D5": PARALLEL["D5"],
}
PICKED = """
    YN?  Y   YN?  YN?  high
    YN?  N?  Y    YN?  high
    YN?  N?  N?   Y    high
    YN?  ?   N?   N?   some
    YN?  N   ?    N?   some
    YN?  N   N    ?    some
    Y    N   N    N    low
    N?   N   N    N    some
"""
CROSSOVER = {**PARALLEL, "DS": [("S.1 S.2 S.3", CARRYOVER)], "D5": [("5.1 5.2 5.3 5.4", PICKED)]}
BY_HAND = {
    "rob2": PARALLEL,
    "rob2_adhering": {**PARALLEL, "D2": ADHERE},
    "rob2_cluster": CLUSTER,
    "rob2_cluster_adhering": {**CLUSTER, "D2": ADHERE},
    "rob2_crossover": CROSSOVER,
    "rob2_crossover_adhering": {**CROSSOVER, "D2": ADHERE},
}
#: Every table once: the tool and the domain it belongs to.
TABLES = [
    *(("rob2", key) for key in PARALLEL),
    ("rob2_adhering", "D2"),
    *(("rob2_cluster", key) for key in CLUSTER if key != "D5"),
    ("rob2_crossover", "DS"),
    ("rob2_crossover", "D5"),
]


def only(tool, domain):
    """The tool with one domain."""
    return replace(tool, domains=(tool.domain(domain),), questions=tool.questions_of(domain))


def matches(cells, letters):
    return all(cell == "-" or letter in cell for cell, letter in zip(cells, letters, strict=True))


def by_hand(parts, answers):
    """The level the tables give, None when one of them has no row for these answers."""
    levels = []
    for keys, rows in parts:
        letters = [LETTERS[answers[key]] for key in keys.split()]
        found = {number: level for number, (cells, level) in enumerate(rows) if matches(cells, letters)}
        assert len(found) <= 1, (answers, found)
        if not found:
            return None
        levels += found.values()
    return max(levels, key=RANK.index)


def combinations(tool, domain):
    """All combinations of answers; with more than five questions PY and PN are tried as twins of Y and N."""
    questions = tool.questions_of(domain)
    small = len(questions) <= 5
    whole = [(list(q.options) + ["NA"] * ("NA" not in q.options)) if small else
             [each for each in PLAIN if each == "NA" or each in q.options] for q in questions]  # fmt: skip
    if len(questions) > 7:
        whole = [[each for each in options if each != "NA"] for options in whole]
    keys = [question.key for question in questions]
    return (dict(zip(keys, each, strict=True)) for each in product(*whole))


@pytest.mark.parametrize(("key", "domain"), TABLES, ids=lambda part: part)
def test_every_combination_gives_the_level_of_the_table(key, domain):
    tool = only(TOOLS[key], domain)
    parts = [(keys, table(rows)) for keys, rows in BY_HAND[key][domain]]
    assert sorted(" ".join(keys for keys, _ in parts).split()) == sorted(q.key for q in tool.questions)
    seen = set()
    for answers in combinations(tool, domain):
        proposal = propose(tool, answers)[domain]
        expected = by_hand(parts, answers)
        assert proposal.level == expected, answers
        assert bool(proposal.missing) == (expected is None), answers
        assert proposal.why
        assert propose(tool, {key: TWIN.get(v, v) for key, v in answers.items()})[domain] == proposal
        seen.add(expected)
    assert seen >= {"low", "some_concerns", "high"}


@pytest.mark.parametrize("key", BY_HAND)
def test_every_question_of_every_variant_stands_in_a_table(key):
    tool = TOOLS[key]
    assert set(BY_HAND[key]) == {domain.key for domain in tool.domains}
    for domain, parts in BY_HAND[key].items():
        keys = " ".join(keys for keys, _ in parts).split()
        assert keys == [question.key for question in tool.questions_of(domain)]


@pytest.mark.parametrize("key", ["rob2_cluster_adhering", "rob2_crossover_adhering", "rob2_crossover"])
def test_what_variants_share_is_the_same_rule(key):
    tool, tables = TOOLS[key], BY_HAND[key]
    for domain, parts in tables.items():
        parts = [(keys, table(rows)) for keys, rows in parts]
        small = only(tool, domain)
        questions = small.questions
        for letter, other in product(("Y", "N", "PN"), ("NI", "PY", "N", "Y")):
            for turn in range(2, 5):
                answers = {}
                for place, question in enumerate(questions):
                    wanted = letter if place % turn else other
                    answers[question.key] = wanted if wanted in question.options else "N"
                assert propose(small, answers)[domain].level == by_hand(parts, answers), answers


def test_questions_appear_when_they_are_needed():
    tool = only(TOOLS["rob2"], "D2")
    assert shown(tool, {}) == ["2.1", "2.2", "2.6"]
    assert shown(tool, {"2.1": "PN", "2.2": "N", "2.6": "Y"}) == ["2.1", "2.2", "2.6"]
    assert shown(tool, {"2.1": "NI"}) == ["2.1", "2.2", "2.3", "2.6"]
    chain = {"2.2": "Y", "2.3": "PY", "2.4": "NI", "2.6": "PN"}
    assert shown(tool, chain) == ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"]
    # what is left behind on a hidden question does not open the next one
    assert shown(tool, {**chain, "2.2": "N", "2.1": "N"}) == ["2.1", "2.2", "2.6", "2.7"]


def test_not_applicable_is_no_answer_once_the_question_is_needed():
    tool = only(TOOLS["rob2"], "D3")
    proposal = propose(tool, {"3.1": "N", "3.2": "NA"})["D3"]
    assert (proposal.level, proposal.missing) == (None, ("3.2",))
    assert "NA" not in dict(tool.question("3.2").choices)
    assert "NA" in dict(TOOLS["rob2_adhering"].question("2.4").choices)


def test_no_information_is_no_answer_to_the_question_on_evidence():
    with pytest.raises(ToolError, match=r"'NI' is not an answer to question 3\.2"):
        propose(TOOLS["rob2"], {"3.2": "NI"})


@pytest.mark.parametrize("several", [None, True, False])
def test_overall_is_the_worst_domain_and_several_concerns_ask(several):
    tool = TOOLS["rob2"]
    for levels in product(RANK, repeat=5):
        given = dict(zip(("D1", "D2", "D3", "D4", "D5"), levels, strict=True))
        proposal = overall(tool, given, several_together=several)
        concerns, high = levels.count("some_concerns"), "high" in levels
        asked = concerns >= 2 and not high
        expected = "high" if high or (asked and several) else RANK[min(concerns, 1)]
        assert proposal.level == expected, levels
        assert bool(proposal.asks) == (asked and several is None), levels
        assert not proposal.missing


@pytest.mark.parametrize("absent", ["D1", "D3", "D5"])
def test_overall_waits_for_every_domain(absent):
    given = dict.fromkeys(("D1", "D2", "D3", "D4", "D5"), "low") | {absent: ""}
    proposal = overall(TOOLS["rob2"], given)
    assert (proposal.level, proposal.missing) == (None, (absent,))


@pytest.mark.parametrize(("key", "extra"), [("rob2_cluster", "D1b"), ("rob2_crossover", "DS")])
def test_the_extra_domain_counts(key, extra):
    tool = TOOLS[key]
    given = {domain.key: "low" for domain in tool.domains}
    assert overall(tool, given).level == "low"
    assert overall(tool, {**given, extra: "high"}).level == "high"
    assert [domain.key for domain in tool.domains][:3] == ["D1", extra, "D2"]
