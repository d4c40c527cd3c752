"""RefWorks tagged text."""

from records.formats import Rejected, parse

TEXT = """RT Journal Article
SR Electronic(1)
ID 271
A1 Allan,Steven
A1 Gilbert,Paul
T1 Anger and made-up symptoms
JF Personality & Individual Differences
YR 2002
FD Feb
VO 32
IS 3
SP 551
OP 565
K1 Anger
K1 Self Report
AB Explored a relationship
that goes on here
NO PMID: 12345678
SN 0191-8869
DO 10.1000/RW.1
LK http://example.org/twib

RT Book, Section
A1 Stansfeld,Stephen
A2 Gulford, C.T.
T1 A chapter
T2 The whole book
YR 2002

RT Journal Article
"""


def test_fields():
    parsed = parse(TEXT.encode())
    first, chapter, empty = parsed
    assert parsed.format == "refworks"
    assert (first.title, first.authors) == ("Anger and made-up symptoms", ["Allan, Steven", "Gilbert, Paul"])
    assert (first.journal, first.year) == ("Personality & Individual Differences", 2002)
    assert (first.volume, first.issue, first.pages) == ("32", "3", "551-565")
    assert (first.doi, first.pmid, first.issn) == ("10.1000/rw.1", "12345678", "0191-8869")
    assert first.abstract == "Explored a relationship that goes on here"
    assert first.keywords == ["Anger", "Self Report"]
    assert first.extra["SR"] == ["Electronic(1)"]
    assert (chapter.type, chapter.journal, chapter.authors) == (
        "chapter",
        "The whole book",
        ["Stansfeld, Stephen"],
    )
    assert isinstance(empty, Rejected)
    assert (first.line, chapter.line, empty.line) == (1, 23, 30)
    assert first.raw.splitlines()[-1] == "LK http://example.org/twib"
