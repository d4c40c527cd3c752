"""RIS as it really comes: each trap has its case."""

import pytest

from records.formats import ParsedRecord, Rejected, parse


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return list(parse(data, **options))


def one(text):
    (record,) = read(text)
    assert isinstance(record, ParsedRecord)
    return record


RECORD = """TY  - JOUR
AU  - Röhricht, Frank
AU  - Papadopoulos, Nina
PY  - 2013
TI  - Body psychotherapy for patients with chronic depression
T2  - Journal of Affective Disorders
VL  - 151
IS  - 1
SP  - 85
EP  - 91
DO  - https://doi.org/10.1016/J.JAD.2013.05.056
AN  - PMID:23769289
AB  - Background and methods.
KW  - depression
KW  - body psychotherapy
ER  -
"""


def test_every_field():
    found = one(RECORD)
    assert found.title == "Body psychotherapy for patients with chronic depression"
    assert found.authors == ["Röhricht, Frank", "Papadopoulos, Nina"]
    assert (found.year, found.journal) == (2013, "Journal of Affective Disorders")
    assert (found.volume, found.issue, found.pages) == ("151", "1", "85-91")
    assert (found.doi, found.pmid) == ("10.1016/j.jad.2013.05.056", "23769289")
    assert found.keywords == ["depression", "body psychotherapy"]
    assert (found.type, found.line) == ("article", 1)
    assert found.raw == RECORD.rstrip("\n")
    assert found.extra == {}


def test_other_tags_for_the_same_fields():
    found = one(
        "TY  - JOUR\nT1  - A title\nA1  - Smith, J.\nA1  - Doe, K.\nY1  - 2018//\nJF  - Lancet\nN2  - An abstract.\n"
        "M3  - Journal Article\nER  - \n"
    )
    assert (found.title, found.authors, found.year) == ("A title", ["Smith, J.", "Doe, K."], 2018)
    assert (found.journal, found.abstract) == ("Lancet", "An abstract.")
    assert found.extra == {"M3": ["Journal Article"]}


def test_a_doi_in_m3():
    assert one("TY  - JOUR\nTI  - A\nM3  - doi:10.1011/hea0004444\nER  -\n").doi == "10.1011/hea0004444"


def test_wrapped_lines():
    found = one(
        "TY  - JOUR\nTI  - A title\n that goes on\nAB  - First line\nsecond line\n\nthird line\nER  - \n"
    )
    assert found.title == "A title that goes on"
    assert found.abstract == "First line second line third line"


@pytest.mark.parametrize(
    "line", ["ER-positive tumours did well", "ER - positive tumours did well", "ER positive tumours"]
)
def test_an_abstract_line_that_begins_with_er(line):
    first, second = read(
        f"TY  - JOUR\nTI  - A\nAB  - Text\n{line}\nand more\nER  - \nTY  - JOUR\nTI  - B\nER  - \n"
    )
    assert first.abstract == f"Text {line} and more"
    assert second.title == "B"


def test_an_abstract_line_that_looks_like_a_tag_of_one_space():
    assert one("TY  - JOUR\nTI  - A\nAB  - In the\nUK - a trial\nER  - \n").abstract == "In the UK - a trial"


def test_a_file_with_one_space_tags():
    found = one("TY - BOOK\nTI - A\nAU - Smith, J.\nER -\n")
    assert (found.type, found.title, found.authors) == ("book", "A", ["Smith, J."])


def test_tabs_and_glued_hyphens():
    found = one("TY  - JOUR\nTI\t- A title\nAU  -Smith, J.\nER  -\n")
    assert (found.title, found.authors) == ("A title", ["Smith, J."])


def test_missing_er():
    first, second = read("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B")
    assert (first.title, second.title) == ("A", "B")
    assert second.line == 3


def test_vendor_lines_between_and_after_records():
    text = (
        "Provider: American Psychological Association\nDatabase: PsycINFO\n\n1.\nTY  - JOUR\nTI  - A\nER  -\n"
        "NL  - Clin Psychol\n\nLink to the Ovid Full Text or citation: https://example.org/x\n\n2.\n"
        "TY  - JOUR\nTI  - B\n"
        "UR  - https://example.org/1\nLink to the Ovid Full Text or citation:\nhttps://example.org/2\nER  -\n"
    )
    first, second = read(text)
    assert (first.title, first.line, first.extra) == ("A", 5, {"NL": ["Clin Psychol"]})
    assert (second.title, second.url) == ("B", "https://example.org/1")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends(end):
    data = b"\xef\xbb\xbf" + RECORD.replace("\n", end).encode()
    (found,) = read(data)
    assert found.authors[0] == "Röhricht, Frank"
    assert found.pages == "85-91"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding):
    parsed = parse(RECORD.encode(encoding))
    (found,) = parsed
    assert found.authors[0] == "Röhricht, Frank"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1252", "“Größe” und Maß im Café"),
        ("latin-1", "Fédération"),
        ("cp1251", "Когнитивная терапия хронической депрессии у взрослых пациентов"),
        ("gb18030", "认知疗法治疗慢性抑郁症的随机对照试验研究"),
        ("shift_jis", "うつ病に対する認知行動療法の効果"),
    ],
)
def test_code_pages_without_a_mark(encoding, title):
    assert read(f"TY  - JOUR\nTI  - {title}\nER  - \n".encode(encoding))[0].title == title


def test_stray_bytes_in_a_utf8_file():
    data = (
        "TY  - JOUR\nTI  - Größe, Maß, für, naïve, façade\nAB  - "
    ).encode() + b"the \x93good\x94\nER  - \n"
    (found,) = read(data)
    assert found.abstract == "the “good”"
    assert found.title.startswith("Größe")


def test_nfc_and_markup():
    found = one("TY  - JOUR\nTI  - Ro\u0308hricht &amp; <i>friends</i> p &lt; 0.05\u00ad\nER  - \n")
    assert found.title == "Röhricht & friends p < 0.05"


def test_journal_in_st_only():
    found = one("TY  - JOUR\nTI  - A title\nST  - Lancet\nER  - \n")
    assert found.journal == "Lancet"
    assert one("TY  - JOUR\nTI  - Long title: with more\nST  - Long title\nER  - \n").journal == ""


def test_the_longer_of_ab_and_n2():
    found = one("TY  - JOUR\nTI  - A\nAB  - short\nN2  - a longer abstract\nER  - \n")
    assert found.abstract == "a longer abstract"
    assert found.extra == {"AB": ["short"]}


@pytest.mark.parametrize(
    "line",
    [
        "AN  - PMID:123456",
        "N1  - PMID: 123456",
        "ID  - PMID 123456",
        "PMID  - 123456",
        "UR  - https://pubmed.ncbi.nlm.nih.gov/123456/",
    ],
)
def test_hidden_pubmed_numbers(line):
    assert one(f"TY  - JOUR\nTI  - A\n{line}\nER  - \n").pmid == "123456"


def test_a_plain_accession_number_counts_only_from_pubmed():
    assert one("TY  - JOUR\nTI  - A\nDB  - Medline\nAN  - 123456\nER  - \n").pmid == "123456"
    assert one("TY  - JOUR\nTI  - A\nDB  - CINAHL\nAN  - 123456\nER  - \n").pmid == ""


def test_numbers_of_other_papers_are_not_taken():
    found = one(
        "TY  - JOUR\nTI  - A\nN1  - Erratum in: J Psych. 2001; PMID: 999999\nM1  - Cited: doi:10.1000/other\nER  - \n"
    )
    assert (found.pmid, found.doi) == ("", "")


def test_registry_numbers_anywhere():
    found = one("TY  - JOUR\nTI  - A\nAB  - (NCT 01234567)\nN1  - ISRCTN12345678\nER  - \n")
    assert sorted(found.registry_ids) == ["ISRCTN12345678", "NCT01234567"]


def test_a_register_entry():
    assert (
        one("TY  - JOUR\nTI  - A\nUR  - https://clinicaltrials.gov/study/NCT01234567\nER  - \n").type
        == "register"
    )


def test_unknown_tags_are_kept():
    found = one("TY  - JOUR\nTI  - A\nXY  - first\nXY  - second\nZ9  - wrapped\nline\nER  - \n")
    assert found.extra == {"XY": ["first", "second"], "Z9": ["wrapped\nline"]}


def test_a_file_without_ty():
    first, second = read("TI  - A\nAU  - Smith, J.\nPY  - 2001\n\nTI  - B\nAU  - Doe, K.\nPY  - 2002\n")
    assert [(r.title, r.year, r.line) for r in (first, second)] == [("A", 2001, 1), ("B", 2002, 5)]


def test_an_empty_record_is_reported():
    first, second = read("TY  - JOUR\nER  - \nTY  - JOUR\nTI  - B\nER  - \n")
    assert first == Rejected(
        1, "The record holds no field: nothing stands between TY and ER.", "TY  - JOUR\nER  -"
    )
    assert second.title == "B"


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("SP  - 12\nEP  - 20", "12-20"),
        ("SP  - 12-20", "12-20"),
        ("SP  - e99", "e99"),
        ("SP  - 12–20\nEP  - 20", "12-20"),
    ],
)
def test_pages(pages, expected):
    assert one(f"TY  - JOUR\nTI  - A\n{pages}\nER  - \n").pages == expected


@pytest.mark.parametrize(
    ("ty", "expected"),
    [
        ("CHAP", "chapter"),
        ("CPAPER", "conference"),
        ("THES", "thesis"),
        ("RPRT", "report"),
        ("PCOMM", "other"),
        ("MGZN", "article"),
    ],
)
def test_types(ty, expected):
    assert one(f"TY  - {ty}\nTI  - A\nER  - \n").type == expected


def test_a_file_is_read_as_a_stream(tmp_path):
    path = tmp_path / "many.ris"
    path.write_text(RECORD * 3000, encoding="utf-8")
    items = iter(parse(path))
    assert next(items).line == 1
    assert next(items).line == 17
    assert sum(1 for _ in items) == 2998
