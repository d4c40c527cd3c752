"""Records of unreasonable size: quick where they can be read, refused with a sentence where not."""

import time

import pytest

from records.formats import UnreadableFile, parse
from records.formats.open_record import OpenRecord

STARTS = {
    "ris": b"TY  - JOUR\nTI  - A\nAB  - text\n",
    "nbib": b"PMID- 1\nTI  - A\nAB  - text\n",
    "ciw": b"PT J\nTI A\nAB text\n",
    "enw": b"%0 Book\n%T A\n%X text\n",
    "ovid": b"<1. >\nVN  - Ovid Technologies\nTI  - A\nAB  - text\n",
    "central": b"Record #1 of 1\nTI: A\nAB: text\n",
    "refworks": b"RT Journal Article\nT1 A\nAB text\n",
    "pubmed_text": b"1. J. 2001;1:2.\n\nA\n\nPMID: 1\n",
}


@pytest.mark.parametrize("form", STARTS)
def test_a_value_of_very_many_lines_takes_time_in_proportion(form):
    """Adding line to line by copying would take minutes."""
    begun = time.process_time()
    (record,) = parse(STARTS[form] + b"   more text\n" * 100_000, format=form)
    assert record.raw.count("more text") == 100_000
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("form", STARTS)
@pytest.mark.parametrize("line", [b"   more text\n", b"\n"], ids=["text", "blank lines"])
def test_a_record_without_end_is_refused(form, line, monkeypatch):
    monkeypatch.setattr("records.formats.open_record.MAX_RECORD_CHARS", 3000)
    with pytest.raises(
        UnreadableFile, match="The record that begins on line 1 is longer than 3,000 characters"
    ):
        list(parse(STARTS[form] + line * 100, format=form))


def test_values_over_lines():
    found = OpenRecord(7)
    assert not found
    found.keep("AB  - one\n")
    found.add("AB", " one ")
    found.go_on("  two")
    found.add("KW", None)
    assert (found.last, found.first, found.empty, found.tags) == ("KW", "AB", True, {"AB", "KW"})
    assert found.pairs(" ") == [("AB", "one two"), ("KW", "")]
    assert (found.raw, found.line) == ("AB  - one\n", 7)
