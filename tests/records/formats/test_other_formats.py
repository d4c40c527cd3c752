"""Each format's own sample, field by field."""

from pathlib import Path

import pytest

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse

SAMPLES = Path(__file__).parent / "samples"
COMMON = {
    "year": 2018,
    "volume": "12",
    "issue": "3",
    "doi": "10.1234/abc.2018.001",
}


def read(name, **options):
    return list(parse(SAMPLES / name, **options))


@pytest.mark.parametrize(
    ("name", "form", "records"),
    [
        ("pubmed.nbib", "nbib", 2),
        ("pubmed.xml", "pubmed_xml", 2),
        ("endnote.xml", "endnote_xml", 2),
        ("library.bib", "bibtex", 4),
        ("wos.ciw", "ciw", 2),
        ("refer.enw", "enw", 2),
        ("scopus.csv", "csv", 2),
        ("pubmed.csv", "csv", 1),
        ("references.ris", "ris", 2),
    ],
)
def test_recognised_by_content_and_read_whole(name, form, records):
    data = (SAMPLES / name).read_bytes()
    parsed = parse(data, filename="misleading.pdf.txt")
    items = list(parsed)
    assert parsed.format == form
    assert [type(item) for item in items] == [ParsedRecord] * records
    for name_, value in COMMON.items():
        if form != "ris" and not (name == "pubmed.csv" and name_ in {"volume", "issue"}):
            assert getattr(items[0], name_) == value


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize(
    "name", ["pubmed.nbib", "library.bib", "wos.ciw", "refer.enw", "scopus.csv", "references.ris"]
)
def test_line_ends_and_utf16_make_no_difference(name, end):
    text = (SAMPLES / name).read_text(encoding="utf-8")
    plain = [(r.title, r.authors, r.year, r.line) for r in parse(text.encode())]
    for encoding in ("utf-8-sig", "utf-16"):
        again = [
            (r.title, r.authors, r.year, r.line) for r in parse(text.replace("\n", end).encode(encoding))
        ]
        assert again == plain


def test_nbib():
    first, second = read("pubmed.nbib")
    assert first.title.endswith("get better with tablets: a randomised trial.")
    assert first.authors == ["Müller, Anna Maria", "O'Neil, Pat", "Short, S", "The Group Trial Team"]
    assert (first.pmid, first.pmcid, first.pages) == ("30000001", "PMC1234567", "221-228")
    assert (first.journal, first.issn) == ("Journal of made-up results", "1234-5678")
    assert first.registry_ids == ["NCT01234567"]
    assert first.keywords == ["Depression/*therapy", "Humans", "group therapy"]
    assert first.extra["AD"] == ["Somewhere."]
    assert first.line == 2
    assert (second.title, second.type, second.pages, second.line) == (
        "A translated title",
        "conference",
        "33",
        35,
    )
    assert second.extra["TT"] == ["Ein übersetzter Titel."]


def test_pubmed_xml():
    first, book = read("pubmed.xml")
    assert first.title == "Group therapy for chronic depression: H2O & more"
    assert first.abstract == "BACKGROUND: Many people do not get better. METHODS: We randomised 40 people."
    assert first.authors == ["Müller, Anna Maria", "The Group Trial Team"]
    assert (first.pmid, first.pmcid, first.registry_ids) == ("30000001", "PMC1234567", ["NCT01234567"])
    assert first.extra["ErratumIn"] == ["J Made Up. 2019;1(1):239999999"]
    assert first.raw.startswith("<PubmedArticle>")
    assert (book.title, book.type, book.year, book.pmid) == ("A made-up guideline", "book", 2009, "30000003")


def test_endnote_xml():
    first, thesis = read("endnote.xml")
    assert first.title == "Group therapy for chronic depression"
    assert first.authors == ["Müller, A. M.", "O'Neil, P."]
    assert (first.journal, first.pmid, first.pmcid) == (
        "Journal of made-up results",
        "30000001",
        "PMC1234567",
    )
    assert first.abstract == "Line one. Line two."
    assert first.keywords == ["depression", "therapy"]
    assert first.extra["research-notes"] == ["kept"]
    assert first.extra["editors"] == ["Editor, E."]
    assert (thesis.title, thesis.type) == ("A thesis", "thesis")


def test_bibtex():
    first, broken, book, again = read("library.bib")
    assert first.title == "Group therapy for Chronic depression: 50% better?"
    assert first.authors == ["Müller, Anna Maria", "O'Neil, Pat", "van der Berg, Jan"]
    assert (first.journal, first.pages) == ("Journal of made-up results", "221-228")
    assert first.keywords == ["depression", "therapy"]
    assert first.extra["key"] == ["mueller2018"]
    assert broken.title == "A brace is missing"
    assert (book.title, book.authors, book.type) == ("A book", ["World Health Organization"], "book")
    assert again.title == "The same key again"
    assert [r.line for r in (first, broken, book, again)] == [3, 14, 19, 20]


def test_bibtex_entry_beyond_repair_is_reported():
    good, bad, last = parse(b"@book{a, title={A}}\n@article{b, title\n}\n@book{c, title={C}}\n")
    assert (good.title, last.title) == ("A", "C")
    assert isinstance(bad, Rejected)
    assert bad.line == 2


def test_web_of_science():
    first, talk = read("wos.ciw")
    assert first.title == "Group therapy for chronic depression"
    assert first.authors == ["Muller, Anna Maria", "O'Neil, Pat"]
    assert (first.pages, first.pmid, first.accession) == ("221-228", "30000001", "WOS:000000000000001")
    assert first.abstract == "Many people do not get better."
    assert talk.type == "conference"


def test_refer():
    first, thesis = read("refer.enw")
    assert first.authors == ["Müller, Anna Maria", "O'Neil, Pat"]
    assert first.keywords == ["depression", "therapy"]
    assert first.abstract == "Many people do not get better."
    assert first.extra["%1"] == ["kept"]
    assert (thesis.title, thesis.type) == ("A thesis", "thesis")


def test_scopus_csv():
    first, second = read("scopus.csv")
    assert first.title == "Group therapy, for chronic depression"
    assert first.authors == ["Müller, Anna Maria", "O'Neil, Pat"]
    assert first.abstract == 'Many people do "not" get better.'
    assert (first.pages, first.type, first.line) == ("221-228", "conference", 2)
    assert (second.title, second.pages, second.line) == ('=HYPERLINK("http://example.org")', "e12", 4)


def test_pubmed_csv():
    (first,) = read("pubmed.csv")
    assert first.authors == ["Müller, AM", "O'Neil, P"]
    assert (first.pmid, first.pmcid, first.journal) == ("30000001", "PMC1234567", "J Made Up")


def test_a_wrong_header_is_refused():
    with pytest.raises(UnreadableFile, match="not a header"):
        list(parse(b"a,b,c\n1,2,3\n", format="csv"))


@pytest.mark.parametrize(("format", "says"), [("nope", "not a format"), ("xlsx", "no XLSX workbook")])
def test_a_format_that_is_unknown_or_not_the_files_is_refused(format, says):
    with pytest.raises(UnreadableFile, match=says):
        parse(b"TY  - JOUR\n", format=format)


def test_an_unknown_encoding_is_refused():
    with pytest.raises(UnreadableFile, match="text encoding"):
        parse(b"TY  - JOUR\nTI  - A\nER  -\n", encoding="klingon")
