"""Ovid's own formats: tagged with and without record numbers, and spelled-out labels."""

import pytest

from records.formats import Rejected, parse
from records.formats.citation import read_citation

TAGGED = """<3001. >
VN  - Ovid Technologies
DB  - Embase
UI  - 600000001
TI  - Group therapy for made-up complaints: A trial.
SO  - Journal of Made-up Results. 12 (3) (pp 85-91), 2018. Date of Publication: March 2018.
AU  - Behan L.
AU  - Lucas J.S.
IN  - (Behan) One University
      (Lucas) Another University
MH  - *Kartagener syndrome
MH  - adult
OD  - adult
AB  - Background: First line.
Method(s): second line, NCT01234567.
IS  - 1234-5678
DO  - http://dx.doi.org/10.1000/MADE.UP
LG  - English
PT  - Article
YR  - 2018

<3002. >
VN  - Ovid Technologies
DB  - Ovid MEDLINE(R)
UI  - 30000002
TI  - "Another one".  [Review]
AU  - Smith J
FA  - Smith, John
JN  - Made-up Letters
VO  - 43
IP  - 5
PG  - 562-77
RF  - Beck, A. T. (1996). Manual. http://dx.doi.org/10.1000/not.this
YR  - 2015

"""
LABELLED = """<8>
Score
  *****
Accession Number
  00042637-900000000-99667.
Author
  Holm, Jakob MD, PhD 1;  Mathes, Tim 2;  van Vugt, Arie RN; FAAN +
Title
  Decision support in made-up care.[Article]
Source
  Ecohydrology.   8(6):1048-1064, September 2015.
Author Keywords
  support;  made-up care.
References
  Aber JD. 1989. Other things. doi:10.1000/other
Language
  English.
DOI Number
  10.1000/labelled
Link to the Ovid Full Text or citation
 http://ovid.example.org/?T=JS
"""


def read(text):
    return list(parse(text.encode()))


def test_tagged():
    parsed = parse(TAGGED.encode())
    first, second = parsed
    assert parsed.format == "ovid"
    assert first.title == "Group therapy for made-up complaints: A trial"
    assert first.authors == ["Behan, L.", "Lucas, J.S."]
    assert (first.year, first.journal) == (2018, "Journal of Made-up Results")
    assert (first.volume, first.issue, first.pages) == ("12", "3", "85-91")
    assert (first.doi, first.issn, first.language) == ("10.1000/made.up", "1234-5678", "English")
    assert first.abstract == "Background: First line. Method(s): second line, NCT01234567."
    assert first.keywords == ["Kartagener syndrome", "adult"]
    assert first.registry_ids == ["NCT01234567"]
    assert first.extra["IN"] == ["(Behan) One University\n(Lucas) Another University"]
    assert (first.line, second.line) == (1, 22)
    assert first.raw == TAGGED.partition("<3002. >")[0].strip()
    assert (second.title, second.authors) == ("Another one", ["Smith, John"])
    assert (second.journal, second.volume, second.issue, second.pages) == (
        "Made-up Letters",
        "43",
        "5",
        "562-577",
    )
    assert (second.pmid, second.doi) == ("30000002", "")


def test_without_record_numbers():
    bare = TAGGED.replace("<3001. >\n", "").replace("<3002. >\n", "")
    assert [r.title for r in read(bare)] == [r.title for r in read(TAGGED)]
    no_vn = bare.replace("VN  - Ovid Technologies\n", "")
    assert [r.title for r in read(no_vn)] == [r.title for r in read(TAGGED)]


def test_every_line_may_be_indented():
    shifted = "".join(f" {line}\n" for line in TAGGED.splitlines())
    assert [r.doi for r in read(shifted)] == ["10.1000/made.up", ""]


def test_labels():
    (record,) = read(LABELLED)
    assert record.title == "Decision support in made-up care"
    assert record.authors == ["Holm, Jakob", "Mathes, Tim", "van Vugt, Arie"]
    assert (record.journal, record.volume, record.pages) == ("Ecohydrology", "8", "1048-1064")
    assert (record.year, record.doi, record.language) == (2015, "10.1000/labelled", "English")
    assert record.keywords == ["support", "made-up care"]
    assert record.accession == "00042637-900000000-99667"
    assert record.extra["Link to the Ovid Full Text or citation"] == ["http://ovid.example.org/?T=JS"]


def test_labels_without_record_numbers():
    body = LABELLED.partition("\n")[2]
    assert [r.doi for r in read(body + "\n" + body)] == ["10.1000/labelled"] * 2


@pytest.mark.parametrize(
    ("author", "found"),
    [("AHMED, Mughees.", "Ahmed, Mughees"), ("Benz, George W [E-mail: g@example.org]", "Benz, George W"),
     ("Lefkowitz, Rafael Y. MD, MPH 1", "Lefkowitz, Rafael Y."), ("WHO", None), ("Behan L.", "Behan, L.")],
)  # fmt: skip
def test_names(author, found):
    (record,) = read(f"<1. >\nVN  - Ovid Technologies\nTI  - A\nAU  - {author}\n")
    assert record.authors == ([found] if found else [])


def test_books_have_editors_and_conferences_are_told():
    book, talk, empty = read(
        "<1. >\nVN  - Ovid Technologies\nDB  - Books@Ovid\nED  - McGarry, John W.;  Taylor, S.\nTI  - Atlas\n"
        "IB  - 978-1\n<2. >\nVN  - Ovid Technologies\nTI  - Talk\nPT  - Conference Abstract\n<3. >\n"
    )
    assert (book.type, book.authors) == ("book", ["McGarry, John W.", "Taylor, S."])
    assert (talk.type, isinstance(empty, Rejected)) == ("conference", True)
    assert empty.line == 11


def test_ris_with_ovid_numbers_stays_ris():
    parsed = parse(b"<1. >\nTY  - JOUR\nTI  - A\nER  - \n<2. >\nTY  - JOUR\nTI  - B\nER  - \n")
    assert ([r.title for r in parsed], parsed.format, parsed.warnings) == (["A", "B"], "ris", [])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Lancet. 380(9859):2224-60, 2012 Dec 15.", ("Lancet", "2012", "380", "9859", "2224-60")),
        ("BMJ Open. 9 (2) (no pagination), 2019. Date of Publication: 2019.", ("BMJ Open", "2019", "9", "2", "")),
        ("Psychol Med. Vol.49(3), Sep 2019, pp. 345-353.", ("Psychol Med", "2019", "49", "3", "345-353")),
        ("Southeast Asian Affairs, 2013(1): 3-28.", ("Southeast Asian Affairs", "2013", "2013", "1", "3-28")),
        ("Political Studies 12, Winter 2007: 7-14.", ("Political Studies", "2007", "12", "", "7-14")),
        ("Industrial Medicine June 2015;58(6):688-696", ("Industrial Medicine", "2015", "58", "6", "688-696")),
        ("Hydrobiologia. 2007 15 June; 433-441.", ("Hydrobiologia", "2007", "", "", "433-441")),
        ("Chest. Conference: CHEST 2019. New Orleans. 156 (4 Supplement) (pp A1234), 2019. Date: October 2019.",
         ("Chest", "2019", "156", "4 Supplement", "A1234")),
        ("Cochrane Database of Systematic Reviews. (3):CD001234, 2012.",
         ("Cochrane Database of Systematic Reviews", "2012", "", "3", "CD001234")),
        ("Only a name.", ("Only a name", "", "", "", "")),
        ("", ("", "", "", "", "")),
    ],
)  # fmt: skip
def test_citations_in_one_line(text, parts):
    assert tuple(read_citation(text)) == parts


def test_nothing_is_lost_of_a_file_cut_short():
    for end in range(60, len(TAGGED), 97):
        items = read(TAGGED[:end])
        assert "".join("".join(item.raw.split()) for item in items) == "".join(TAGGED[:end].split())
