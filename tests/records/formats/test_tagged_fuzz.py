"""Whatever is thrown at the tagged readers: a sentence or records, no text without a trace, files can be joined."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.text import decode_head

#: For each format one whole record whose title is the text put in, as two databases' worth of dialect.
TEMPLATES = {
    "ris": ("TY  - JOUR\nTI  - {}\nAU  - Smith, J.\nPY  - 2001\nER  - \n\n",
            "TY  - CONF\nA1  - Doe, K.\nT1  - {}\nY1  - 2001///\nER  -\n"),
    "nbib": ("\nPMID- {n}\nOWN - NLM\nTI  - {}\nFAU - Smith, John\nAU  - Smith J\nDP  - 2001\n",
             "\nPMID- {n}\nTI  - {}\nAB  - Some\n      text.\n"),
    "ciw": ("PT J\nAU Smith, J\nTI {}\nSO JOURNAL\nPY 2001\nER\n\n", "PT C\nTI {}\nAB Some\n   text.\nER\n\n"),
    "enw": ("%0 Journal Article\n%A Smith, J.\n%T {}\n%D 2001\n\n", "%0 Book\n%T {}\n%X Text\n\n"),
    "ovid": ("<{n}. >\nVN  - Ovid Technologies\nTI  - {}\nAU  - Smith J\n\n",
             "<{n}. >\nVN  - Ovid Technologies\nDB  - Embase\nTI  - {}\nYR  - 2001\n\n"),
    "central": ("Record #{n} of 9\nID: CN-1\nTI: {}\nYR: 2001\n\n", "Record #{n} of 9\nAU: Smith J\nTI: {}\n\n"),
    "refworks": ("RT Journal Article\nA1 Smith,J.\nT1 {}\nYR 2001\n\n", "RT Book, Whole\nT1 {}\nAB Text\n\n"),
    "pubmed_text": ("{n}. J Made Up. 2001 Jan;1(2):3-4.\n\n{}\n\nSmith J(1).\n\nPMID: {n}1234\n\n\n",) * 2,
}  # fmt: skip
word = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=2, max_size=10)
titles = st.lists(st.tuples(st.integers(0, 1), word), min_size=1, max_size=5)


def written(form, entries):
    return "".join(
        TEMPLATES[form][which].format(f"Study of {title} in adults", n=number)
        for number, (which, title) in enumerate(entries, 1)
    )


def letters(text):
    return re.sub(r"[\s\ufeff]", "", text)


@pytest.mark.parametrize("form", TEMPLATES)
@given(entries=titles)
@settings(max_examples=25, deadline=None)
def test_every_record_is_found_and_recognised(form, entries):
    parsed = parse(written(form, entries).encode())
    items = list(parsed)
    assert parsed.format == form
    assert all(isinstance(item, ParsedRecord) and item.title for item in items)
    assert len(items) == len(entries)


@pytest.mark.parametrize("form", TEMPLATES)
@given(one=titles, two=titles, gap=st.sampled_from(["", "\n", "\r\n\r\n", "\ufeff"]))
@settings(max_examples=15, deadline=None)
def test_two_files_joined_give_the_records_of_both(form, one, two, gap):
    joined = written(form, one) + gap + written(form, two)
    found = [item.title for item in parse(joined.encode(), format=form)]
    apart = [item.title for text in (one, two) for item in parse(written(form, text).encode(), format=form)]
    assert found == apart


@pytest.mark.parametrize("form", TEMPLATES)
@pytest.mark.parametrize(
    ("encoding", "end"),
    [("utf-8", "\r"), ("utf-8-sig", "\r\n"), ("utf-16", "\r"), ("utf-16-le", "\n"), ("utf-16-be", "\r\n")],
)
def test_encoding_and_line_ends_change_nothing(form, encoding, end):
    text = written(form, [(0, "Körper"), (1, "心理"), (0, "Душа"), (1, "ψυχή")])
    expected = [(item.title, item.line) for item in parse(text.encode())]
    parsed = parse((text.replace("\n", end) + "\x1a").encode(encoding))
    assert [(item.title, item.line) for item in parsed] == expected
    assert (len(expected), parsed.format, parsed.warnings) == (4, form, [])


PIECES = """
TY  - JOUR|TY  - |ER  - |ER  -x|TI  - a|AU - b|AB  - c|M1  - 10.1000/x|PMID- 1|PMID - 2|TI  -d|FAU - e|PT J|PT |ER
TI f|AU g|   h|EF|%0 Book|%0|%T i|%|%A|<1. >|<2>|VN  - Ovid Technologies|TI  - j|Title|  k|Score|Record #1 of 2|TI: l
AB:
RT Book|T1 m|A1|1. J. 2001;1:2.|2. K|PMID: 3|DOI: 10.1000/y|n|Provider: o|http://p|10.1000/q\u2028r
""".replace("\n", "|").split("|")  # fmt: skip
# What belongs to the file and not to a record: marks of beginning and end, and what databases write around.
FRAME = re.compile(r"\ufeff*\s*(?:ER|EF|FN|VR|Provider: |https?:|Record #|<?\d+\.? ?>?\s*$|[\W_]*$)")
soup = st.lists(
    st.sampled_from(
        [piece.encode() for piece in PIECES] + [b"\xe4", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\xc3"]
    )
    | st.sampled_from([b"\n", b"\n", b"\n", b"\r", b"\r\n", b"\n\n\n", b"\t", b"      "]),
    max_size=60,
).map(b"".join)


@pytest.mark.parametrize("form", TEMPLATES)
@given(data=soup)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_soup(form, data):
    """Nothing but UnreadableFile, and each line is in a record, in a rejected stretch, or told as left out."""
    try:
        parsed = parse(data, format=form)
        items = list(parsed)
    except UnreadableFile:
        return
    assert all(isinstance(item, ParsedRecord | Rejected) and item.line >= 1 for item in items)
    assert all(later.line >= first.line for first, later in pairwise(items))
    kept = letters("".join(item.raw for item in items))
    text = re.split("[\r\n]", decode_head(data.replace(b"\0", b""), parsed.encoding))
    lost = [line for line in text if letters(line) not in kept and not FRAME.match(line)]
    assert not lost or parsed.warnings
    for item in items:
        repr(item).encode()


@pytest.mark.parametrize("form", TEMPLATES)
@given(entries=titles, cut=st.floats(0.2, 1), rubbish=st.binary(max_size=12))
@settings(max_examples=25, deadline=None)
def test_files_cut_off_anywhere_keep_what_came_before(form, entries, cut, rubbish):
    text = written(form, entries).encode()
    end = int(len(text) * cut)
    whole = [item.raw for item in parse(text, format=form)]
    try:
        items = list(parse(text[:end] + rubbish, format=form, encoding="utf-8"))
    except UnreadableFile:
        return
    complete = sum(1 for position in ends(text, whole) if position < end - 3)
    assert [item.raw for item in items[: max(complete - 1, 0)]] == whole[: max(complete - 1, 0)]


def ends(text, raws):
    """Where each record's own text ends in the file."""
    position = 0
    for raw in raws:
        position = text.index(raw.encode(), position) + len(raw.encode())
        yield position
