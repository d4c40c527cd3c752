"""What single databases and programs make of RIS."""

import pytest

from records.formats import parse


def one(body, kind="JOUR"):
    (record,) = parse(f"TY  - {kind}\n{body}\nER  - \n".encode())
    return record


def warnings(text):
    parsed = parse(text.encode())
    list(parsed)
    return parsed.warnings


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("AU  - A. Author-One\nAU  - B. C. Author-Two", ["Author-One, A.", "Author-Two, B. C."]),  # IEEE
        ("AU  - Catarina Barata\nAU  - Emre van Celebi", ["Barata, Catarina", "van Celebi, Emre"]),
        ("AU  - World Health Organization", ["World Health Organization"]),
        ("AU  - Smith, J.\nAU  - Made Up Trialists", ["Smith, J.", "Made Up Trialists"]),
        ("AU  - The Ada Group\nAU  - Bo Society", ["The Ada Group", "Bo Society"]),
        ("AU  - Nice Name\nAU  - Institute of Names", ["Nice Name", "Institute of Names"]),
        ("AU  - Statistics Norway,", ["Statistics Norway"]),  # EndNote's mark of a corporate name
        ("AU  - Li, J.\nAU  - Li, J.", ["Li, J.", "Li, J."]),  # two namesakes
        ("A1  - Li, J.\nAU  - Li, J.", ["Li, J."]),  # the same list in two tags
        ("AU  - Smith, J., Doe, K.", ["Smith, J.", "Doe, K."]),
        ("AU  - 李明\nAU  - 王芳", ["李明", "王芳"]),
        ("A2  - Editor, E.", ["Editor, E."]),
    ],
)
def test_names(lines, names):
    assert one(f"TI  - A\n{lines}").authors == names


@pytest.mark.parametrize(
    ("body", "pmid"),
    [
        ("DB  - Scopus\nC2  - 23769289", "23769289"),
        ("N1  - Export Date: 1 May 2020\nC2  - 23769289", "23769289"),
        ("C2  - 23769289", ""),
        ("U2  - L600000001\nC5  - 15368318", "15368318"),  # Embase
        ("C5  - 15368318", ""),
        ("U1  - 23690738[pmid]", "23690738"),
        ("N1  - tables. Journal Subset: USA. NLM UID: 101208192. PMID: NLM23803397.", "23803397"),  # CINAHL
        ("L2  - http://www.ncbi.nlm.nih.gov/pubmed/25979631", "25979631"),
        ("M1  - Beck (1996). PMID: 12345678\nPMID: 12345678", ""),
    ],
)
def test_pubmed_numbers(body, pmid):
    assert one(f"TI  - A\n{body}").pmid == pmid


@pytest.mark.parametrize(
    ("body", "doi"),
    [
        (
            "UR  - http://a.example.org\nhttp://dx.doi.org/10.1000/second.line",
            "10.1000/second.line",
        ),  # EndNote
        ("SE  - http://dx.doi.org/10.1000/section", "10.1000/section"),
        ("UR  - https://www.example.org/doi/pdf/10.1000/x?needAccess=true", "10.1000/x"),
        ("L1  - http://example.org/pdf/10.1000/a.2013.104.pdf", "10.1000/a.2013.104"),
        ("N1  - Record made 2001; DOI - https://doi.org/10.1000/note", "10.1000/note"),
        ("L3  - 10.1000/L3", "10.1000/l3"),
        ("AB  - Like others (10.1000/other) we", ""),
        ("M1  - Cited. doi:10.1000/other\nhttp://dx.doi.org/10.1000/other2", ""),
        ("N1  - See also 10.1000/other for details", ""),
    ],
)
def test_dois(body, doi):
    assert one(f"TI  - A\n{body}").doi == doi


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ("SP  - pp 37-64", "pages", "37-64"),
        ("SP  - No\nEP  - Specified", "pages", ""),
        ("SP  - 100352\nEP  - nan", "pages", "100352"),
        ("SP  - 22\nEP  - 22", "pages", "22"),
        ("C7  - e111632", "pages", "e111632"),
        ("SP  - P12", "pages", "P12"),
        ("VL  - nan\nIS  - nan", "volume", ""),
        ("M1  - 5 Suppl 1", "issue", "5 Suppl 1"),
        ("M1  - Beck, A. (1996). Manual.", "issue", ""),
        ("PY  - Start date: 20170812", "year", 2017),
        ("PY  - 2018//", "year", 2018),
        ("PY  - 0000", "year", None),
        ("J2  - J Made Up\nT2  - Journal of Made-up", "journal", "Journal of Made-up"),
        ("KW  - *Depression\nKW  - depression\nKW  - one; two", "keywords", ["Depression", "one", "two"]),
        ("MH  - Humanos\nKW  - Epidemiology", "keywords", ["Epidemiology", "Humanos"]),  # LILACS
        ("M3  - Conference Abstract", "type", "conference"),
        ("M3  - Book Chapter", "type", "chapter"),
        ("M3  - Review", "type", "article"),
        ("M3  - Trial registry record", "type", "register"),
    ],
)
def test_fields(body, field, value):
    assert getattr(one(f"TI  - A\n{body}"), field) == value


def test_proceedings():
    assert one("TI  - A\nC3  - Proceedings of B", "CONF").journal == "Proceedings of B"
    assert one("TI  - A\nT2  - B\nC3  - C", "CPAPER").journal == "B"
    assert (
        one("TI  - A\nC1  - Univ, Town\nC3  - University", "CPAPER").journal == ""
    )  # Web of Science: addresses


def test_a_series_is_a_chapter_only_in_something():
    assert (one("TI  - A", "SER").type, one("TI  - A\nT2  - Lecture Notes", "SER").type) == (
        "book",
        "chapter",
    )


def test_a_container_without_title_is_no_title():
    assert (one("T2  - Journal\nAU  - A, B", "PAT").title, one("T2  - Book", "BOOK").title) == ("", "Book")


def test_hard_spaces_between_tag_and_value():
    assert one("TI\u00a0 -\u00a0A title").title == "A title"


def test_text_around_records_is_told_once():
    text = (
        "Search of 1 May\nDatabase: Made Up\n\nTY  - JOUR\nTI  - A\nER  - \n\nLink to the Ovid Full Text:\n"
        "http://example.org\n2.\nsomething odd\nTY  - JOUR\nTI  - B\nER  - \n"
    )
    assert warnings(text) == [
        "2 lines of text before or between the records belong to none of them and were left out, for example line 1."
    ]


def test_missing_ends_are_told():
    assert warnings("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  - \n") == [
        "1 record has no end mark (ER): it was read up to the next one (line 1)."
    ]
    assert warnings("TY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nTI  - B cut o") == [
        "The last record has no end mark (ER): the file may have been cut off (line 4)."
    ]
    assert warnings("TY  - JOUR\nTI  - A\nER  - ") == []


def test_two_megabytes_of_title():
    long = "word " * 400_000
    record = one(f"TI  - {long}")
    assert record.title == long.strip()
