"""Identifiers wherever they hide, and never those of other works."""

import pytest

from records.formats import parse
from records.formats.hidden import Hidden
from records.formats.normalise import find_registry_ids


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NCT 01234567", "NCT01234567"), ("registration numberNCT01234567.", "NCT01234567"),
        ("NCT#01234567", "NCT01234567"), ("NCT no. 01234567", "NCT01234567"), ("nct01234567", "NCT01234567"),
        ("https://clinicaltrials.gov/ct2/show/NCT01234567", "NCT01234567"),
        ("ISRCTN 12345678", "ISRCTN12345678"), ("ISRCTN-12345678", "ISRCTN12345678"),
        ("EudraCT number: 2007-001234-11", "EudraCT 2007-001234-11"), ("2007-001234-11", "EudraCT 2007-001234-11"),
        ("EUCTR2007-001234-11-DE", "EudraCT 2007-001234-11"), ("EU CT 2023-501234-12-00", "EUCT 2023-501234-12"),
        ("ACTRN 12605000123456", "ACTRN12605000123456"), ("ANZCTR: ACTRN12605000123456p", "ACTRN12605000123456"),
        ("ChiCTR-TRC-12001234", "ChiCTR-TRC-12001234"), ("ChiCTR2000012345", "ChiCTR-2000012345"),
        ("CTR20131234", "CTR20131234"), ("ITMCTR2021000123", "ITMCTR2021000123"),
        ("UMIN000012345", "UMIN000012345"), ("UMIN-CTR 000012345", "UMIN000012345"),
        ("UMIN-CTR ID: 000012345", "UMIN000012345"), ("JPRN-UMIN000012345", "UMIN000012345"),
        ("JPRN-C000000123", "JPRN-C000000123"), ("JPRN-jRCTs031180123", "jRCTs031180123"),
        ("JapicCTI-142123", "JapicCTI-142123"), ("JMA-IIA00123", "JMA-IIA00123"),
        ("DRKS00001234", "DRKS00001234"), ("CTRI/2012/01/001234", "CTRI/2012/01/001234"),
        ("CTRI-2012-01-001234", "CTRI/2012/01/001234"), ("IRCT20120101001234N1", "IRCT20120101001234N1"),
        ("CRIS KCT0001234", "KCT0001234"), ("NTR1234", "NTR1234"), ("NL-OMON12345", "NL-OMON12345"),
        ("Netherlands Trial Register NL8888", "NL8888"), ("Dutch Trial Registry (NL8888)", "NL8888"),
        ("PACTR201501000123456", "PACTR201501000123456"), ("RBR-2w3n4h", "RBR-2w3n4h"),
        ("SLCTR/2019/001", "SLCTR/2019/001"), ("TCTR20190101001", "TCTR20190101001"),
        ("LBCTR2019010123", "LBCTR2019010123"), ("PER-012-19", "PER-012-19"), ("RPCEC00000123", "RPCEC00000123"),
        ("HKUCTR-123", "HKUCTR-123"), ("PHRR140101-000123", "PHRR140101-000123"),
        ("U1111-1234-5678", "U1111-1234-5678"), ("SNCTP000001234", "SNCTP000001234"),
    ],
)  # fmt: skip
def test_registers(text, number):
    assert find_registry_ids(f"Registered ({text}) in time.") == [number]


@pytest.mark.parametrize(
    "text",
    ["control 1234 function 01234567", "NCT0123456", "1234 AB NL8888 Utrecht", "phone 2007-12-11", "CTR-2013",
     "grant NTR 12", "NCT012345678", "PER-1000", "ISRCTN1234567", "ctrl20131234"],
)  # fmt: skip
def test_what_is_no_register_number(text):
    assert find_registry_ids(text) == []


def test_order_and_repeats():
    assert find_registry_ids("ISRCTN12345678 then NCT01234567", "", "nct01234567, DRKS00001234") == [
        "ISRCTN12345678",
        "NCT01234567",
        "DRKS00001234",
    ]


@pytest.mark.parametrize("tag", ["N1", "C4", "U5", "L2", "XY", "SE", "note"])
def test_in_any_field_when_alone_on_its_line(tag):
    hidden = Hidden({tag: ["some note\ndoi:10.1000/ALONE\nPMID: 1234567\nPMC1234567"]})
    assert (hidden.doi(), hidden.pmid(), hidden.pmcid()) == ("10.1000/alone", "1234567", "PMC1234567")


@pytest.mark.parametrize(
    "tag", ["CR", "M1", "RF", "References", "Cited references", "CON", "EIN", "Erratum in"]
)
def test_never_in_cited_or_related_works(tag):
    hidden = Hidden({tag: ["doi:10.1000/other\nPMID: 1234567\nPMC1234567\nNCT01234567"]})
    assert (hidden.doi(), hidden.pmid(), hidden.pmcid(), hidden.texts) == ("", "", "", [])


@pytest.mark.parametrize(
    "text",
    ["as in 10.1000/other", "see https://doi.org/10.1000/other.", "Comment on PMID: 1234567", "10.5 mg/kg",
     "Smith 2001 doi:10.1000/other"],
)  # fmt: skip
def test_not_in_running_text(text):
    hidden = Hidden({"N1": [text]})
    assert (hidden.doi(), hidden.pmid()) == ("", "")


def test_the_address_of_a_record():
    assert Hidden({}, "https://www.example.org/doi/full/10.1000/x").doi() == "10.1000/x"
    assert Hidden({}, "https://example.org/article/12345").doi() == ""
    assert Hidden({}, "https://pubmed.ncbi.nlm.nih.gov/1234567/?from=x").pmid() == "1234567"
    assert Hidden({}, "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1234567/").pmcid() == "PMC1234567"


def test_register_numbers_of_every_place():
    (record,) = parse(
        b"TY  - JOUR\nTI  - A (NCT00000001)\nAB  - ISRCTN00000002\nN1  - DRKS00000003\nKW  - NCT00000004\n"
        b"UR  - https://clinicaltrials.gov/study/NCT00000005\nXY  - NCT00000006\nM1  - Cited NCT00000007\nER  - \n"
    )
    assert sorted(record.registry_ids) == [
        "DRKS00000003", "ISRCTN00000002", "NCT00000001", "NCT00000004", "NCT00000005", "NCT00000006",
    ]  # fmt: skip
    assert record.type == "register"
