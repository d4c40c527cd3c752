"""Identifiers in one spelling, names in one order."""

import pytest

from records.formats.assemble import author, given_first, page_range, split_authors
from records.formats.normalise import (
    find_pmid,
    find_registry_ids,
    find_year,
    normalise_doi,
    normalise_issn,
    normalise_pmcid,
    normalise_pmid,
)


@pytest.mark.parametrize(
    ("raw", "doi"),
    [
        ("10.1016/J.JAD.2013.05.056", "10.1016/j.jad.2013.05.056"),
        ("https://doi.org/10.1016/S0140-6736(12)61552-9.", "10.1016/s0140-6736(12)61552-9"),
        ("http://dx.doi.org/10.1002%2Fda.22788", "10.1002/da.22788"),
        ("doi: 10.1002/da.22788 [doi]", "10.1002/da.22788"),
        ("(see 10.1002/da.22788)", "10.1002/da.22788"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/da.22788/full", "10.1002/da.22788"),
        (
            "10.1002/(SICI)1097-0258(19980815/30)17:15/16&lt;1661::AID-SIM968&gt;3.0.CO;2-2",
            "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2",
        ),
        ("S0140-6736", ""),
        ("", ""),
    ],
)
def test_doi(raw, doi):
    assert normalise_doi(raw) == doi


@pytest.mark.parametrize(
    ("raw", "pmid"),
    [("PMID: 0123456", "123456"), ("123456.0", "123456"), ("https://pubmed.ncbi.nlm.nih.gov/123456/", "123456"),
     ("PMC123456", ""), ("123456789", ""), ("", "")],
)  # fmt: skip
def test_pmid(raw, pmid):
    assert normalise_pmid(raw) == pmid


def test_only_a_labelled_pmid_is_found_in_text():
    assert find_pmid("See 123456") == ""
    assert find_pmid("PMCID: PMC1234567\nPMID: 123456") == "123456"
    assert find_pmid("Erratum in: Lancet. 2001;1:2. PMID: 123456") == ""


@pytest.mark.parametrize(
    ("raw", "pmcid"), [("PMC1234567 [available]", "PMC1234567"), ("pmc 1234567", "PMC1234567"), ("x", "")]
)
def test_pmcid(raw, pmcid):
    assert normalise_pmcid(raw) == pmcid


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("registered (NCT01234567) and NCT 01234567", ["NCT01234567"]),
        ("ISRCTN 12345678", ["ISRCTN12345678"]),
        ("EudraCT no. 2007-001234-11", ["EudraCT 2007-001234-11"]),
        ("EUCTR2007-001234-11-DE", ["EudraCT 2007-001234-11"]),
        ("ACTRN12605000123456", ["ACTRN12605000123456"]),
        ("ChiCTR-TRC-12001234; ChiCTR2000012345", ["ChiCTR-TRC-12001234", "ChiCTR-2000012345"]),
        (
            "DRKS00001234, UMIN000012345, CTRI/2012/01/001234",
            ["DRKS00001234", "UMIN000012345", "CTRI/2012/01/001234"],
        ),
        ("IRCT201201011234N1", ["IRCT201201011234N1"]),
        ("telephone 2007-12-11, NCT0123", []),
    ],
)
def test_registry_numbers(text, numbers):
    assert find_registry_ids(text) == numbers


@pytest.mark.parametrize(
    ("raw", "year"),
    [
        ("2018//", 2018),
        ("12 Mar 1999", 1999),
        ("20180312", 2018),
        ("99", None),
        ("", None),
        ("in press", None),
    ],
)
def test_year(raw, year):
    assert find_year(raw) == year


def test_issn():
    assert normalise_issn("ISSN 1234567x (print)") == "1234-567X"
    assert normalise_issn("978-3-86490-311-3") == "978-3-86490-311-3"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Smith JA", "Smith, JA"),
        ("van der Berg J.", "van der Berg, J."),
        ("Smith,John", "Smith, John"),
        ("World Health Organization", "World Health Organization"),
        ("Doe K Jr", "Doe, K, Jr"),
        ("[No authors listed]", ""),
        ("Stillman, A. (a@example.org)", "Stillman, A."),
        ("李明", "李明"),
    ],
)
def test_author(raw, name):
    assert author(raw) == name


def test_given_names_first():
    assert given_first("Ludwig van Beethoven") == "van Beethoven, Ludwig"
    assert given_first("O'Neil P") == "O'Neil, P"


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Smith, J.; Doe, K.", ["Smith, J.", "Doe, K."]),
        ("Smith J, Doe K.", ["Smith, J", "Doe, K"]),
        ("Smith, J., Doe, K.", ["Smith, J.", "Doe, K."]),
        ("John Smith, Kay Doe", ["Smith, John", "Doe, Kay"]),
        ("Katicha, S.W. and Khoury, J.", ["Katicha, S.W.", "Khoury, J."]),
        ("Massimo Aria|Corrado Cuccurullo", ["Aria, Massimo", "Cuccurullo, Corrado"]),
        ("Smith, John", ["Smith, John"]),
        ("", []),
    ],
)
def test_split_authors(cell, names):
    assert split_authors(cell) == names


@pytest.mark.parametrize(
    ("start", "end", "pages"),
    [("99", "110", "99-110"), ("99–110", "", "99-110"), ("99--110", "", "99-110"), ("99", "99", "99"), ("", "7", "7"),
     ("160 -- 178", "", "160-178"), ("e12", "", "e12")],
)  # fmt: skip
def test_page_range(start, end, pages):
    assert page_range(start, end) == pages


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Registered as PACTR202001686524948.", "PACTR202001686524948"),
        ("Registered: TCTR20210917005", "TCTR20210917005"),
        ("SLCTR/2008/003", "SLCTR/2008/003"),
        ("LBCTR2019070214", "LBCTR2019070214"),
    ],
)
def test_a_register_is_found_in_a_text_that_names_no_other(text, number):
    assert find_registry_ids(text) == [number]


def test_words_that_contain_the_letters_of_a_register_are_no_number():
    assert find_registry_ids("The function of 12345678 controls in 20 distinct centres") == []
