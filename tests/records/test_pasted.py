"""One reference in any wording somebody may paste."""

import time

import pytest

from records.formats import UnreadableFile
from records.pasted import read_pasted


def told(text: str) -> dict:
    found = read_pasted(text)
    names = (
        "title",
        "authors",
        "year",
        "journal",
        "volume",
        "issue",
        "pages",
        "doi",
        "pmid",
        "pmcid",
        "registry_ids",
    )
    return {name: value for name in names if (value := getattr(found, name))}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("10.1001/jama.2020.1234", {"doi": "10.1001/jama.2020.1234"}),
        ("https://doi.org/10.1001/JAMA.2020.1234", {"doi": "10.1001/jama.2020.1234"}),
        ("31234567", {"pmid": "31234567"}),
        ("PMID: 31234567", {"pmid": "31234567"}),
        ("https://pubmed.ncbi.nlm.nih.gov/31234567/", {"pmid": "31234567"}),
        ("PMC1234567", {"pmcid": "PMC1234567"}),
        ("NCT01234567", {"registry_ids": ["NCT01234567"]}),
        ("WHO guideline on rest", {"title": "WHO guideline on rest"}),
    ],
)
def test_an_identifier_or_a_title_alone(text, fields):
    assert told(text) == fields


SILVA = {"year": 2019, "volume": "12", "issue": "3", "pages": "11-20"}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "Silva A, Berg BC. Rest for sleepless adults: a randomised trial. Sleep. 2019;12(3):11-20. "
            "doi:10.1234/abc. PMID: 31234567",
            {
                "title": "Rest for sleepless adults: a randomised trial",
                "authors": ["Silva, A", "Berg, BC"],
                "journal": "Sleep",
                "doi": "10.1234/abc",
                "pmid": "31234567",
            },
        ),
        (
            "Silva A, Berg BC, et al. Rest for adults? J Sleep Res. 2019 Jan 3;12(3):11–20. https://doi.org/10.1234/abc",
            {
                "title": "Rest for adults?",
                "authors": ["Silva, A", "Berg, BC"],
                "journal": "J Sleep Res",
                "doi": "10.1234/abc",
            },
        ),
        (
            "Silva, A., & Berg, B. C. (2019). Rest for adults. Journal of Sleep, 12(3), 11–20. PMC1234567",
            {
                "title": "Rest for adults",
                "authors": ["Silva, A.", "Berg, B. C."],
                "journal": "Journal of Sleep",
                "pmcid": "PMC1234567",
            },
        ),
        (
            "Silva, Ana, and Bo Berg. “Rest for Adults.” Sleep 12, no. 3 (2019): 11–20.",
            {"title": "Rest for Adults", "authors": ["Silva, Ana", "Berg, Bo"], "journal": "Sleep"},
        ),
        (
            'Silva, Ana, et al. "Rest for Adults." Sleep, vol. 12, no. 3, 2019, pp. 11-20.',
            {"title": "Rest for Adults", "authors": ["Silva, Ana"], "journal": "Sleep"},
        ),
    ],
    ids=["Vancouver", "Vancouver with a date", "APA", "Chicago", "MLA"],
)
def test_a_citation_in_the_usual_styles(text, fields):
    assert told(text) == SILVA | fields


def test_an_entry_of_an_export_keeps_its_wording_and_unknown_tags():
    found = read_pasted(
        "\n TY  - JOUR\nTI  - A trial\nAU  - Silva, Ana\nXX  - odd\nER  - \n".replace("\n ", "\n")
    )
    assert (found.title, found.authors, found.extra) == ("A trial", ["Silva, Ana"], {"XX": ["odd"]})
    assert "XX  - odd" in found.raw


@pytest.mark.parametrize(
    "entry",
    [
        "@article{a, title={A trial}, year=2019}",
        "PMID- 123\nTI  - A trial\nAU  - Silva A\n",
        "%0 Journal\n%T A trial\n",
    ],
)
def test_other_formats_are_known_by_their_look(entry):
    assert read_pasted(entry).title == "A trial"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n ", "There is nothing to read"),
        ("x" * 200_001, "200,001 characters"),
        ("word " * 1000, "too long for one citation"),
        ("TY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nTI  - B\nER  - \n", "holds 2 references"),
        ("TY  - JOUR\nER  - \n", "No reference could be read"),
    ],
)
def test_what_is_no_single_reference_is_said(text, said):
    with pytest.raises(UnreadableFile, match=said):
        read_pasted(text)


@pytest.mark.parametrize(
    "piece", ["a. ", "(2019) ", "“a ", "Silva, A., ", "1;2(", ". 2019;", ", vol. 1", "10.1234/a "]
)
def test_no_text_takes_long(piece):
    began = time.perf_counter()
    read_pasted((piece * 3000)[:2990])
    assert time.perf_counter() - began < 1
