"""RIS that goes out comes back the same."""

import unicodedata
from dataclasses import fields, replace
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, parse, write_ris
from records.formats.text import has_mojibake

word = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12).filter(
    lambda text: not has_mojibake(text)
)
words = st.lists(word, min_size=1, max_size=6).map(" ".join)


def back(*records):
    return list(parse("".join(write_ris(records)).encode(), format="ris"))


def test_all_fields_and_unknown_tags_come_back():
    source = (
        "TY  - ABST\nTI  - A title\nAU  - Smith, J.\nPY  - 2001\nT2  - Lancet\nVL  - 1\nIS  - 2\nSP  - 3\nEP  - 9\n"
        "DO  - 10.1000/a\nAN  - PMID:123456\nKW  - one\nAB  - Text\n"
        "XY  - kept\nZ9  - wrapped\nline\nN1  - note\nER  - \n"
    )
    (first,) = parse(source.encode())
    (again,) = back(first)
    assert replace(again, raw="") == replace(first, raw="")


def test_objects_of_any_kind_and_missing_attributes():
    text = "".join(
        write_ris([SimpleNamespace(title="A", authors=["Smith, J."], pmid="77777", type="thesis")])
    )
    assert text.splitlines() == ["TY  - THES", "TI  - A", "AU  - Smith, J.", "N1  - PMID: 77777", "ER  - "]
    assert text.endswith("\r\n")


def test_tags_of_other_formats_become_notes():
    text = "".join(write_ris([ParsedRecord(title="A", extra={"Covidence #": ["12"], "ER": ["x"]})]))
    assert "N1  - Covidence #: 12" in text
    assert text.count("\nER  -") == 1


def test_a_value_cannot_end_the_record():
    record = ParsedRecord(
        title="A", abstract="one\nER  - \nTY  - JOUR\nTI  - forged", extra={"XY": ["a\nER  - \nb"]}
    )
    (again,) = back(record)
    assert again.title == "A"
    assert "forged" in again.abstract


def test_tags_that_mean_something_else_elsewhere_become_notes():
    """MEDLINE's IS is an ISSN; in RIS it would be read as the issue."""
    source = parse(
        b"PMID- 12345678\nTI  - A\nIS  - 1234-5678 (Electronic)\nIS  - 8765-4321 (Print)\nPL  - Oslo\n"
    )
    (first,) = source
    text = "".join(write_ris([first]))
    assert "N1  - IS: 8765-4321 (Print)" in text
    assert "PL  - Oslo" in text
    (again,) = back(first)
    assert (again.issue, again.issn, again.pmid) == ("", "1234-5678", "12345678")


def test_cited_works_come_back_where_they_stood():
    (first,) = parse(b"TY  - JOUR\nTI  - A\nM1  - Beck (1996). 10.1000/other\nM1  - 7\nER  - \n")
    assert first.extra["M1"] == ["Beck (1996). 10.1000/other", "7"]
    assert back(first)[0].extra == first.extra


def test_names_that_are_no_persons_stay_whole():
    record = ParsedRecord(title="A", authors=["Statistics Norway", "Zhang Wei", "Plato"])
    assert "AU  - Statistics Norway,\r\n" in "".join(write_ris([record]))
    assert back(record)[0].authors == record.authors


def test_a_record_without_title():
    record = ParsedRecord(journal="Only the journal", type="book")
    assert (back(record)[0].title, back(record)[0].journal) == ("", "Only the journal")


initials = st.text("ABCDEFGHJK", min_size=1, max_size=3).map(lambda letters: ". ".join(letters) + ".")
number = st.integers(1, 99999).map(str)
pages = st.one_of(
    st.just(""), number, st.tuples(st.integers(1, 99), st.integers(100, 999)).map(lambda p: f"{p[0]}-{p[1]}")
)
tags = st.sampled_from(["AD", "C1", "PB", "CY", "ET", "XY", "Z9", "N1", "T3", "A3", "CN", "OP"])
extras = st.dictionaries(
    tags,
    st.lists(st.lists(words, min_size=1, max_size=3).map("\n".join), min_size=1, max_size=2),
    max_size=4,
)
ANY = st.builds(
    ParsedRecord,
    title=words,
    abstract=words,
    authors=st.lists(st.tuples(word, initials).map(", ".join), max_size=4),
    year=st.one_of(st.none(), st.integers(1900, 2030)),
    journal=words,
    volume=st.one_of(st.just(""), number),
    issue=st.one_of(st.just(""), number, st.just("Suppl 1")),
    pages=pages,
    doi=st.sampled_from(["", "10.1000/abc.def", "10.1016/s0140-6736(12)61552-9"]),
    pmid=st.sampled_from(["", "12345678", "1"]),
    pmcid=st.sampled_from(["", "PMC1234567"]),
    registry_ids=st.lists(
        st.sampled_from(["NCT01234567", "ISRCTN12345678", "EudraCT 2007-001234-11", "CTRI/2012/01/001234"]),
        max_size=2,
        unique=True,
    ),
    keywords=st.lists(
        words, max_size=3, unique_by=lambda text: unicodedata.normalize("NFC", text).casefold()
    ),
    type=st.sampled_from(
        ["article", "book", "chapter", "thesis", "report", "conference", "preprint", "webpage"]
    ),
    language=st.sampled_from(["", "English", "ger"]),
    url=st.sampled_from(["", "https://example.org/a?b=c&d"]),
    issn=st.sampled_from(["", "1234-567X"]),
    accession=st.sampled_from(["", "2001-12345-001", "L600000001"]),
    extra=extras,
)


@given(ANY)
@settings(max_examples=80, deadline=None)
def test_every_field_comes_back(record):
    """Records as a reader gives them: what is given out once and read stays the same for good."""
    (first,) = back(record)
    for field in fields(ParsedRecord):
        if field.name not in {"raw", "line", "earlier", "registry_ids", "extra"}:
            assert getattr(first, field.name) == composed(getattr(record, field.name)), field.name
    assert set(first.registry_ids) >= set(record.registry_ids)
    assert first.extra == composed(record.extra)
    assert replace(back(first)[0], raw="", line=1) == replace(first, raw="", line=1)


def composed(value):
    """Text as readers leave it: NFC."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return {key: composed(item) for key, item in value.items()}
    return value
