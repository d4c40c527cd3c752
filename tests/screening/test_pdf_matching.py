"""Which report a PDF is: a table of files as publishers, colleagues and reference managers name them."""

import pytest

from screening.pdf_matching import Candidate, Matcher
from screening.pdf_text import Reading

TRIAL = Candidate(
    12, "Psilocybin for depression: a randomised trial", "Nakagawa", 2017, "10.1000/xyz.12-3", "29119217"
)
LATER = Candidate(13, "Long-term effects of psilocybin in treatment-resistant depression", "Nakagawa", 2017)
OTHER = Candidate(
    14, "Sleep quality after shift work in nurses", "Röhricht", 2019, "10.1016/j.sleep.2019.01.002"
)
RUSSIAN = Candidate(15, "Влияние псилоцибина на депрессию", "Иванов", 2020)
CHINESE = Candidate(16, "裸盖菇素治疗抑郁症的随机对照试验", "王", 2021)
TWIN, TWIN_2 = (Candidate(pk, "A protocol that was registered under one title twice") for pk in (20, 21))
MERGED = Candidate(
    30,
    "A preprint that became an article in the end",
    "Silva",
    2022,
    "10.2000/final",
    also=("10.1101/pre.1", "777777"),
)
ALL = [TRIAL, LATER, OTHER, RUSSIAN, CHINESE, TWIN, TWIN_2, MERGED]


def said(*texts, **more):
    return Reading(pages=9, texts=[f"{text} {'filling words ' * 30}" for text in texts], **more)


@pytest.fixture(scope="module")
def matcher():
    return Matcher(ALL)


@pytest.mark.parametrize(
    ("name", "reading", "record", "way"),
    [
        ("record 12.pdf", said("Anything"), 12, "file_name"),
        ("Rec_12_final (1).pdf", Reading(), 12, "file_name"),
        ("12.pdf", Reading(), 12, "file_name"),
        ("29119217.pdf", said("Anything"), 12, "file_name"),
        ("PMID 29119217.pdf", Reading(), 12, "file_name"),
        ("10.1000_xyz.12-3.pdf", Reading(), 12, "file_name"),
        ("10.1000%2Fxyz.12-3.pdf", Reading(), 12, "file_name"),
        ("j.sleep.2019.01.002-main.pdf", said("Anything"), 14, "file_name"),
        ("10.1101_pre.1.pdf", Reading(), 30, "file_name"),
        ("Psilocybin for depression a randomised trial.pdf", Reading(), 12, "file_name"),
        ("Röhricht et al. - 2019 - Sleep quality aft.pdf", Reading(), 14, "file_name"),
        ("Rohricht 2019.pdf", Reading(), 14, "file_name"),
        ("Nakagawa et al. - 2017 - Long-term eff.pdf", Reading(), 13, "file_name"),
        ("Rohricht 2019.pdf", said("Sleep quality after\nshift work in nurses"), 14, "file_name"),
        (
            "x.pdf",
            said("Nature Medicine\nPsilo-\ncybin for de­pression: A RANDOMISED TRIAL\nNakagawa"),
            12,
            "title",
        ),
        ("x.pdf", said("cover sheet", "Psilocybin for depression: a randomised trial"), 12, "title"),
        ("x.pdf", said("doi:10.1000/XYZ.12-3. Psilocybin for depression: a randomised trial"), 12, "doi"),
        ("x.pdf", said("Psilocybin for depression: a randomised trial. PMID: 29119217"), 12, "pmid"),
        ("x.pdf", said("scan", info="doi:10.1000/xyz.12-3"), 12, "doi"),
        ("x.pdf", said("scan", title="Psilocybin for depression: a randomised trial"), 12, "title"),
        ("x.pdf", said("ВЛИЯНИЕ ПСИЛОЦИБИНА НА ДЕПРЕССИЮ"), 15, "title"),
        ("x.pdf", said("裸盖菇素治疗\n抑郁症的随机对照试验"), 16, "title"),
        (
            "x.pdf",
            said("Eﬀects: Long-term eﬀects of psilocybin in treatment-resistant depression"),
            13,
            "title",
        ),
    ],
)
def test_sure_matches(matcher, name, reading, record, way):
    found = matcher.match(name, reading)
    assert (found.record, found.way) == (record, way), found.why


@pytest.mark.parametrize(
    ("name", "reading", "why", "proposed"),
    [
        ("x.pdf", said("Something else altogether"), "No report fits", []),
        ("Nakagawa 2017.pdf", Reading(), "2 reports fit", [12, 13]),
        ("Rohricht 2019.pdf", said("Another paper of the same people and year"), "hints", [14]),
        ("x.pdf", said("An editorial that cites doi:10.1000/xyz.12-3"), "hints", [12]),
        ("x.pdf", said("Comment on: Psilocybin for depression: a randomised trial"), "No report fits", [12]),
        ("x.pdf", said("A protocol that was registered under one title twice"), "2 reports fit", [20, 21]),
        (
            "record 14.pdf",
            said("Psilocybin for depression: a randomised trial"),
            "different reports",
            [12, 14],
        ),
        ("record 99.pdf", Reading(), "No report fits", []),
        ("1.pdf", Reading(), "No report fits", []),
        (
            "x.pdf",
            said("filling " * 900, "no", "Psilocybin for depression: a randomised trial"),
            "No report fits",
            [],
        ),
        ("psilocybin depression randomised.pdf", said("Other words"), "No report fits", [12]),
    ],
)
def test_what_is_not_sure_is_proposed(matcher, name, reading, why, proposed):
    found = matcher.match(name, reading)
    assert found.record is None
    assert why in found.why
    assert set(proposed) <= {pk for pk, _ in found.proposals}
    assert all(reason for _, reason in found.proposals)


def test_a_number_that_is_one_record_and_the_pmid_of_another_fits_both():
    matcher = Matcher(
        [Candidate(777, "One report with a title long enough"), Candidate(5, "Another", pmid="777")]
    )
    assert "2 reports fit" in matcher.match("777.pdf", Reading()).why


def test_the_longer_of_two_titles_that_hold_each_other_counts():
    short, long = (
        "Psilocybin for treatment-resistant depression",
        "Psilocybin for treatment-resistant depression: a protocol",
    )
    matcher = Matcher([Candidate(1, short), Candidate(2, long)])
    assert matcher.match("x.pdf", said(long)).record == 2
    assert matcher.match("x.pdf", said(short)).record == 1
