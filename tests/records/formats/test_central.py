"""The Cochrane Library's citation export."""

import pytest

from records.formats import Rejected, parse
from records.formats.central import family_first

TEXT = """Record #1 of 3
ID: CN-01234567
AU: Smith J
AU: van der Berg, K
TI: A made-up trial of tablets
SO: Journal of made-up results
YR: 2013
VL: 12
NO: 2
PG: 85-91
PM: PUBMED 23769289
XR: EMBASE 600000001
PT: Journal article; Conference proceeding
KY: *Adult; Female[checkword]; Tablets [therapeutic use]
DOI: 10.1002/MADE.up
AB: Background: Nothing.
Results: nothing
US: https://www.cochranelibrary.com/central/doi/10.1002/central/CN-01234567/full

Record #2 of 3
ID: CN-02345678
AU: NCT01234567
TI: Tablets Against Complaints
SO: https://clinicaltrials.gov/show/NCT01234567
YR: 2019
PT: Trial registry record
US: https://www.cochranelibrary.com/central/doi/10.1002/central/CN-02345678/full

Record #3 of 3
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_trials(end):
    parsed = parse(TEXT.replace("\n", end).encode("utf-8-sig"))
    first, second, third = parsed
    assert parsed.format == "central"
    assert first.authors == ["Smith, J", "van der Berg, K"]
    assert (first.title, first.journal, first.year) == (
        "A made-up trial of tablets",
        "Journal of made-up results",
        2013,
    )
    assert (first.volume, first.issue, first.pages) == ("12", "2", "85-91")
    assert (first.doi, first.pmid, first.accession) == ("10.1002/made.up", "23769289", "CN-01234567")
    assert first.abstract == "Background: Nothing. Results: nothing"
    assert first.keywords == ["Adult", "Female", "Tablets [therapeutic use]"]
    assert (first.type, second.type) == ("conference", "register")
    assert second.registry_ids == ["NCT01234567"]
    assert (first.line, second.line, third.line) == (1, 20, 29)
    assert isinstance(third, Rejected)
    assert first.extra["XR"] == ["EMBASE 600000001"]


@pytest.mark.parametrize(
    ("name", "turned"),
    [("Han Shanshan", "Han, Shanshan"), ("Crowther Caroline A", "Crowther, Caroline A"),
     ("Van Ryswyk Emer", "Van Ryswyk, Emer"), ("Roqué i Figuls Marta", "Roqué i Figuls, Marta"),
     ("Buchleitner Ana Maria", "Buchleitner, Ana Maria"), ("Smith JA", "Smith, JA"), ("Smith, John", "Smith, John"),
     ("Cochrane Tobacco Group", "Cochrane Tobacco Group"), ("Plato", "Plato")],
)  # fmt: skip
def test_family_names_come_first(name, turned):
    assert family_first(name) == turned


def test_the_reviews_export_with_the_same_head_is_ris():
    text = (
        'Record #1 of 1\r\r\nProvider: John Wiley & Sons, Ltd\r\r\nContent: text/plain; charset="UTF-8"\r\r\n\r\r\n'
        "TY  -  JOUR\r\r\nAN  -  CD001234\r\r\nTI  -  A review\r\r\nJF  -  Cochrane Database\r\r\nER  -  \r\r\n"
    )
    parsed = parse(text.encode())
    (record,) = parsed
    assert (parsed.format, record.title, record.journal) == ("ris", "A review", "Cochrane Database")
    assert parsed.warnings == []
