import pytest

from appraisal import figures
from appraisal.instruments import INSTRUMENTS


@pytest.mark.parametrize("tool", INSTRUMENTS.values(), ids=list(INSTRUMENTS))
def test_an_instrument_is_complete_and_can_be_drawn(tool):
    keys = [domain.key for domain in tool.domains]
    assert len(set(keys)) == len(keys)
    assert all(domain.guidance and domain.label and domain.short for domain in tool.domains)
    assert {level.colour for level in tool.levels} <= set(figures.LEVELS)
    assert len({level.symbol for level in tool.levels}) == len(tool.levels)
    for domain in tool.domains:
        assert set(domain.levels) <= {level.key for level in tool.levels}
        assert len(tool.levels_of(domain)) >= 2


def test_rob1_has_the_seven_domains_and_no_overall_judgement():
    rob1 = INSTRUMENTS["rob1"]
    assert [domain.label for domain in rob1.domains] == [
        "Random sequence generation",
        "Allocation concealment",
        "Blinding of participants and personnel",
        "Blinding of outcome assessment",
        "Incomplete outcome data",
        "Selective reporting",
        "Other sources of bias",
    ]
    assert [level.key for level in rob1.levels] == ["low", "high", "unclear"]
    assert rob1.overall is None


def test_self_report_is_a_judgement_of_the_blinding_of_assessors_only():
    tool = INSTRUMENTS["metapsy_rob1"]
    with_it = [d.key for d in tool.domains if "self_report" in {level.key for level in tool.levels_of(d)}]
    assert with_it == ["blinding_assessors"]


@pytest.mark.parametrize(
    ("domain", "text", "expected"),
    [
        ("itt", "1", "low"),
        ("itt", "0", "high"),
        ("itt", "LOW RISK", "low"),
        ("itt", " low ", "low"),
        ("blinding_assessors", "sr", "self_report"),
        ("itt", "sr", None),
        ("itt", "", None),
        ("itt", "+", None),
    ],
)
def test_codes_of_files_are_understood(domain, text, expected):
    tool = INSTRUMENTS["metapsy_rob1"]
    level = tool.read_level(tool.domain(domain), text)
    assert (level.key if level else None) == expected
