"""The decision trees of the draft of ROBINS-I V2, path by path as its diagrams draw them."""

import itertools

import pytest

from appraisal.instruments import TOOLS, overall, propose, shown

ITT, PER_PROTOCOL = TOOLS["robins_i_v2"], TOOLS["robins_i_v2_per_protocol"]
TRIAGED = {"B1": "Y", "B3": "N"}
LOW, LC, MODERATE, SERIOUS, CRITICAL = "low", "low_except_confounding", "moderate", "serious", "critical"


def given(text):
    """``given("1.1 Y 1.2 WN")`` is the answers of a result that passed triage."""
    words = text.split()
    return TRIAGED | dict(zip(words[::2], words[1::2], strict=True))


CASES = {
    "D1": [
        ("1.1 Y 1.2 Y 1.3 N 1.4 N", LC),
        ("1.1 PY 1.2 WN 1.3 NI 1.4 PY", MODERATE),
        ("1.1 WN 1.2 WN 1.3 PN 1.4 N", LC),
        ("1.1 WN 1.2 Y 1.3 N 1.4 Y", MODERATE),
        ("1.1 Y 1.2 SN 1.3 N 1.4 N", SERIOUS),
        ("1.1 WN 1.2 NI 1.3 N 1.4 Y", SERIOUS),
        ("1.1 Y 1.2 Y 1.3 Y 1.4 N", SERIOUS),
        ("1.1 WN 1.2 Y 1.3 PY 1.4 Y", CRITICAL),
        ("1.1 SN 1.4 PN", SERIOUS),
        ("1.1 NI 1.4 PY", CRITICAL),
    ],
    "D2": [
        ("2.1 Y 2.4 N 2.5 N", LOW),
        ("2.1 PY 2.4 PN 2.5 NI", MODERATE),
        ("2.1 Y 2.4 WY 2.5 N", MODERATE),
        ("2.1 Y 2.4 NI 2.5 Y", SERIOUS),
        ("2.1 Y 2.4 SY 2.5 PN", SERIOUS),
        ("2.1 Y 2.4 SY 2.5 NI", CRITICAL),
        ("2.1 N 2.2 Y 2.4 N 2.5 N", LOW),
        ("2.1 NI 2.2 PY 2.4 SY 2.5 Y", CRITICAL),
        ("2.1 N 2.2 N 2.3 WY 2.4 N 2.5 N", MODERATE),
        ("2.1 N 2.2 NI 2.3 NI 2.4 PN 2.5 Y", SERIOUS),
        ("2.1 N 2.2 N 2.3 SY 2.4 SY 2.5 N", SERIOUS),
        ("2.1 N 2.2 N 2.3 SY 2.4 SY 2.5 PY", CRITICAL),
        ("2.1 N 2.2 N 2.3 SY 2.4 WY 2.5 N", None),
        ("2.1 N 2.2 N 2.3 N 2.4 N 2.5 N", SERIOUS),
        ("2.1 N 2.2 N 2.3 PN 2.4 N 2.5 Y", CRITICAL),
        ("2.1 N 2.2 N 2.3 N 2.4 WY 2.5 N", CRITICAL),
    ],
    "D3": [
        ("3.1 Y 3.2 N 3.3 N", LOW),
        ("3.1 Y 3.2 PN 3.3 Y 3.4 N", LOW),
        ("3.1 PY 3.2 Y 3.3 N", MODERATE),
        ("3.1 WN 3.3 N", MODERATE),
        ("3.1 Y 3.2 N 3.3 NI", MODERATE),
        ("3.1 Y 3.2 N 3.3 Y 3.4 NI", MODERATE),
        ("3.1 Y 3.2 N 3.3 Y 3.4 Y 3.5 NI", MODERATE),
        ("3.1 Y 3.2 N 3.3 Y 3.4 Y 3.5 Y 3.6 PY", MODERATE),
        ("3.1 SN 3.3 N 3.6 N 3.7 Y", MODERATE),
        ("3.1 SN 3.3 N 3.6 NI 3.7 PN 3.8 NI", SERIOUS),
        ("3.1 SN 3.3 N 3.6 N 3.7 N 3.8 Y", CRITICAL),
    ],
    "D4": [
        ("4.1 Y 4.2 PY 4.3 Y", LOW),
        ("4.1 Y 4.2 N 4.3 Y 4.4 Y 4.5 N", LOW),
        ("4.1 N 4.2 Y 4.3 Y 4.4 NI 4.5 NI 4.6 Y 4.11 Y", MODERATE),
        ("4.1 Y 4.2 Y 4.3 NI 4.4 Y 4.5 Y 4.6 WN 4.11 N", SERIOUS),
        ("4.1 N 4.2 Y 4.3 Y 4.4 Y 4.5 Y 4.6 SN 4.11 PY", SERIOUS),
        ("4.1 N 4.2 Y 4.3 Y 4.4 Y 4.5 Y 4.6 SN 4.11 PN", CRITICAL),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 Y 4.8 Y 4.9 Y", LOW),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 Y 4.8 Y 4.9 NI 4.11 Y", MODERATE),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 Y 4.8 Y 4.9 SN 4.11 N", CRITICAL),
        ("4.1 N 4.2 N 4.3 N 4.4 PN 4.7 PY 4.8 NI 4.11 N", SERIOUS),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 NI 4.10 PY", LOW),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 N 4.10 WN 4.11 Y", MODERATE),
        ("4.1 N 4.2 N 4.3 N 4.4 N 4.7 N 4.10 SN 4.11 Y", SERIOUS),
    ],
    "D5": [
        ("5.1 PY 5.2 N", SERIOUS),
        ("5.1 N 5.2 N", LOW),
        ("5.1 N 5.2 NI 5.3 PN", LOW),
        ("5.1 N 5.2 Y 5.3 WY", MODERATE),
        ("5.1 PN 5.2 Y 5.3 SY", SERIOUS),
        ("5.1 NI 5.2 PN", MODERATE),
        ("5.1 NI 5.2 Y 5.3 N", MODERATE),
        ("5.1 NI 5.2 NI 5.3 SY", SERIOUS),
    ],
    "D6": [
        ("6.1 Y 6.2 Y 6.3 Y 6.4 Y", LOW),
        ("6.1 N 6.2 N 6.3 PN 6.4 N", LOW),
        ("6.1 N 6.2 NI 6.3 NI 6.4 N", MODERATE),
        ("6.1 NI 6.2 NI 6.3 NI 6.4 NI", SERIOUS),
        ("6.1 N 6.2 Y 6.3 NI 6.4 N", SERIOUS),
        ("6.1 N 6.2 PY 6.3 N 6.4 Y", CRITICAL),
    ],
}
PER_PROTOCOL_CASES = [
    ("1.1 Y 1.2 Y 1.3 Y 1.5 N", LOW),
    ("1.1 Y 1.2 PY 1.3 Y 1.5 Y", MODERATE),
    ("1.1 Y 1.2 Y 1.3 WN 1.5 N", LC),
    ("1.1 Y 1.2 Y 1.3 WN 1.5 PY", SERIOUS),
    ("1.1 Y 1.2 WN 1.3 Y 1.5 N", LC),
    ("1.1 Y 1.2 WN 1.3 WN 1.5 Y", SERIOUS),
    ("1.1 Y 1.2 WN 1.3 SN 1.5 N", SERIOUS),
    ("1.1 Y 1.2 NI 1.5 N", SERIOUS),
    ("1.1 N 1.4 Y 1.5 N", CRITICAL),
    ("1.1 NI 1.4 N 1.5 N", SERIOUS),
    ("1.1 PN 1.4 NI 1.5 Y", CRITICAL),
]


@pytest.mark.parametrize(
    ("domain", "answers", "level"), [(domain, *case) for domain, cases in CASES.items() for case in cases]
)
def test_a_path_ends_where_the_diagram_says(domain, answers, level):
    proposal = propose(ITT, given(answers))[domain]
    assert (proposal.level, proposal.missing) == (level, ())
    assert set(given(answers)) <= set(shown(ITT, given(answers)))


@pytest.mark.parametrize(("answers", "level"), PER_PROTOCOL_CASES)
def test_confounding_of_the_per_protocol_effect(answers, level):
    proposal = propose(PER_PROTOCOL, given(answers))["D1"]
    assert (proposal.level, proposal.missing) == (level, ())


@pytest.mark.parametrize(
    ("tool", "domain"), [*((ITT, domain) for domain in ("D1", "D2", "D3", "D5", "D6")), (PER_PROTOCOL, "D1")]
)
def test_only_the_path_that_is_open_has_no_proposal(tool, domain):
    questions = [each for each in tool.questions_of(domain) if each.key[0] != "B"]
    options = [[code for code, _ in each.choices if code not in ("PY", "PN")] for each in questions]
    for codes in itertools.product(*options):
        chosen = dict(zip((each.key for each in questions), codes, strict=True))
        if propose(tool, TRIAGED | chosen)[domain].level is None:
            assert domain == "D2"
            assert chosen["2.3"] in ("SY", "WY", "NI")
            assert chosen["2.4"] in ("WY", "NI")


@pytest.mark.parametrize(
    ("answers", "domain"), [({"B1": "N", "B2": "PY", "B3": "N"}, "D1"), ({"B1": "Y", "B3": "Y"}, "D5")]
)
def test_triage_may_settle_everything(answers, domain):
    assert set(shown(ITT, answers)) == set(answers)
    found = {key: proposal.level for key, proposal in propose(ITT, answers).items()}
    assert found == dict.fromkeys(CASES, "not_applicable") | {domain: CRITICAL}
    assert overall(ITT, found).level == CRITICAL


def test_without_confounding_under_suspicion_the_domains_are_asked():
    assert "B2" not in shown(ITT, {"B1": "Y"})
    assert "1.1" in shown(ITT, {"B1": "N", "B2": "N", "B3": "N"})


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([LOW] * 6, LC),
        ([LC] + [LOW] * 5, LC),
        ([LC, MODERATE] + [LOW] * 4, MODERATE),
        ([LOW, MODERATE, SERIOUS] + [LOW] * 3, SERIOUS),
        ([CRITICAL, SERIOUS] + [LOW] * 4, CRITICAL),
        (["not_applicable"] * 6, None),
    ],
)
def test_the_overall_judgement_is_the_worst_and_never_simply_low(levels, expected):
    assert overall(ITT, dict(zip(CASES, levels, strict=True))).level == expected
    assert "low" not in {level.key for level in ITT.overall_choices}
