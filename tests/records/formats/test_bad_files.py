"""Files that cannot be read get a sentence; nothing else escapes from a reader."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.formats import FORMATS, ParsedRecord, Rejected, UnreadableFile, parse, sniff
from records.formats.text import lines

SAMPLES = sorted(p for p in (Path(__file__).parent / "samples").iterdir() if p.suffix != ".md")

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><records><record><ref-type>17</ref-type><titles><title>&b;</title></titles></record></records></xml>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle></PubmedArticleSet>"""
HIDDEN = b"<?xml version='1.0'?>" + b"<!--" + b"x" * 70000 + b"-->" + BOMB[21:]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF document"),
        (b"PK\x03\x04....", "zip archive"),
        (b"\x1f\x8b....", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (bytes(range(32)) * 40, "is not text"),
        (b"Dear all,\nplease find attached\n", "none of the formats"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<?xml version='1.0'?><mods><titleInfo/></mods>", "MODS"),
        (b'[{"title": "A"}]', "JSON"),
        (b"Record.1 INSPEC\n", "Inspec"),
        (b"12345678\n12345679\n12345680\n", "PubMed numbers"),
    ],
)
def test_refused_with_a_sentence(data, says):
    with pytest.raises(UnreadableFile, match=says) as caught:
        sniff(data, "search.ris")
    assert str(caught.value).startswith("“search.ris” ")
    with pytest.raises(UnreadableFile, match=says):
        parse(data)


@pytest.mark.parametrize(
    "data", [BOMB, OUTSIDE, HIDDEN], ids=["billion laughs", "external entity", "behind a comment"]
)
def test_entities_are_never_expanded(data):
    with pytest.raises(UnreadableFile, match="declares entities"):
        list(parse(data, format="endnote_xml" if b"records" in data else "pubmed_xml"))


def test_truncated_xml_gives_its_records_and_then_says_where_it_breaks():
    data = (Path(__file__).parent / "samples" / "endnote.xml").read_bytes()
    items = iter(parse(data[: data.index(b"A thesis")]))
    assert next(items).year == 2018
    with pytest.raises(UnreadableFile, match="damaged at line 1 after 1 complete records"):
        next(items)


def test_blank_lines_before_the_xml_declaration():
    data = (Path(__file__).parent / "samples" / "pubmed.xml").read_bytes()
    assert len(list(parse(b"\n\n" + data))) == 2


def test_a_very_long_line():
    data = b"TY  - JOUR\nTI  - " + b"a" * 3000
    assert len(list(lines(BytesIO(data), "utf-8", limit=5000))) == 2
    with pytest.raises(UnreadableFile, match="Line 2 is longer than 1,000"):
        list(lines(BytesIO(data), "utf-8", limit=1000))


def test_a_file_beyond_the_size_limit():
    with pytest.raises(UnreadableFile, match=r"at most 0\.0 MB"):
        parse(b"TY  - JOUR\nTI  - A\nER  -\n", max_bytes=10)


def test_a_record_that_never_ends(monkeypatch):
    monkeypatch.setattr("records.formats.open_record.MAX_RECORD_CHARS", 500)
    with pytest.raises(UnreadableFile, match="begins on line 1"):
        list(parse(b"TY  - JOUR\n" + b"AB  - text\n" * 100))


def contents(data, format=None):
    """Everything a reader makes of the data; UnreadableFile is the only thing that may be raised."""
    try:
        items = list(parse(data, format=format))
    except UnreadableFile:
        return []
    for item in items:
        assert isinstance(item, ParsedRecord | Rejected)
        assert item.line >= 1
        text = repr(item)
        assert "\x00" not in text
        if isinstance(item, Rejected):
            assert item.cause
        else:
            item.title.encode()
            item.raw.encode()
    return items


TOKENS = """
TY  - JOUR|ER  - |TI  - |PMID- 1|@article{a,|}|{|title = |=|,|"|PT J|ER|%0 Book|%T |title,authors,year|ü
<record>|</record>|<xml><records>|<titles><title>|&amp;|&x;|\\|$|#|PubmedArticle|<PubmedArticleSet><PubmedArticle>|%
@string{a=|;|2001|10.1000/x
"""
PIECES = [piece.encode() for piece in re.split(r"[|\n]", TOKENS)] + [
    b"\n", b"\r", b"\r\n", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\xe4"
]  # fmt: skip
soup = st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=40).map(b"".join)


@pytest.mark.parametrize("format", [None, *FORMATS])
@given(data=soup)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fuzz_with_what_the_formats_are_made_of(format, data):
    contents(data, format)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_fuzz_damaged_samples(path, data):
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 80)))
    contents(whole[:start] + data.draw(st.binary(max_size=6)) + whole[end:])


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30), min_size=1, max_size=8
    )
)
@settings(max_examples=200, deadline=None)
def test_no_ris_record_is_lost(titles):
    """Every TY line answers for one item, whatever the text between them."""
    body = [f"TY  - JOUR\nTI  - {title}\nER  - \n" for title in titles]
    assert len(contents("".join(body).encode())) == len(titles)
