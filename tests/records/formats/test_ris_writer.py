"""RIS that goes out comes back the same."""

import unicodedata
from dataclasses import replace
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, parse, write_ris
from records.formats.text import has_mojibake

word = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)
words = st.lists(word, min_size=1, max_size=6).map(" ".join).filter(lambda text: not has_mojibake(text))


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


@given(
    st.builds(
        ParsedRecord,
        title=words,
        abstract=words,
        authors=st.lists(st.tuples(word, word).map(", ".join), max_size=4, unique=True),
        year=st.one_of(st.none(), st.integers(1900, 2030)),
        journal=words,
        doi=st.sampled_from(["", "10.1000/abc.def", "10.1016/s0140-6736(12)61552-9"]),
        pmid=st.sampled_from(["", "12345678"]),
        pmcid=st.sampled_from(["", "PMC1234567"]),
        type=st.sampled_from(["article", "book", "chapter", "thesis", "report"]),
    )
)
@settings(max_examples=200, deadline=None)
def test_round_trip(record):
    (again,) = back(record)
    for name in ("title", "abstract", "journal"):
        assert getattr(again, name) == unicodedata.normalize("NFC", getattr(record, name))
    for name in ("year", "doi", "pmid", "pmcid", "type"):
        assert getattr(again, name) == getattr(record, name)
    assert len(again.authors) == len(record.authors)
