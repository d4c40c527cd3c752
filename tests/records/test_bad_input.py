"""What people and attackers send instead of a search result: one clear sentence each, quickly, and nothing read.

`parse_records` is the whole path of a file short of storing it; that nothing is stored either is tested with the
services and pages of imports.
"""

import bz2
import gzip
import io
import json
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import FORMATS, ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.text import lines

RIS = b"TY  - JOUR\nTI  - Sleep\nER  - \n"
LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>"
OUTSIDE = b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
RECORD = b"<xml><records><record><ref-type>17</ref-type><titles><title>&e;</title></titles></record></records></xml>"
ODT = "application/vnd.oasis.opendocument.text"
SAMPLES = sorted(
    p for p in (Path(__file__).parent / "formats" / "samples").iterdir() if p.suffix not in {".md", ".xlsx"}
)


def zipped(*files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


BAD = {
    "an empty file": (b"", "is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "is empty"),
    "only zeros": (bytes(5000), "is empty"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is a PDF document"),
    "a Word document": (zipped(("[Content_Types].xml", "x"), ("word/document.xml", "x")), "is a Word document"),
    "a text document": (zipped(("mimetype", ODT), method=zipfile.ZIP_STORED), "is a text document (ODT)"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
    "a sign-in page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    "a letter": (b"Dear Ana,\nplease find the results attached.\n", "none of the formats"),
    "an XML bomb": (b"<?xml version='1.0'?>" + LAUGHS + RECORD, "declares entities"),
    "external entities": (b"<?xml version='1.0'?>" + OUTSIDE + RECORD, "declares entities"),
    "a bomb in UTF-16": ((LAUGHS + RECORD).decode().encode("utf-16"), "declares entities"),
    "XML of another kind": (b"<?xml version='1.0'?><feed><entry/></feed>", "root element <feed>"),
    "a zip bomb": (zipped(("a.ris", RIS + bytes(80_000_000))), "times its size"),
    "a gz bomb": (gzip.compress(RIS + bytes(80_000_000)), "times its size"),
    "a bomb in a bomb": (zipped(("a.zip", zipped(("b.ris", RIS)))), "holds another archive"),
    "a path in an archive": (zipped(("../../etc/cron.d/evil.ris", RIS)), "leads outside"),
    "a truncated zip": (zipped(("a.ris", RIS * 100))[:-30], "is damaged"),
    "a truncated gz": (gzip.compress(RIS * 100)[:-9], "is damaged"),
    "an archive of another kind": (bz2.compress(RIS), "is a bzip2 archive"),
    "an empty zip": (zipped(), "without a file"),
}  # fmt: skip


def document(path):
    """The JSON that parse_records prints, and the sentence with which it ends, "" if it ends well."""
    out, said = io.StringIO(), ""
    try:
        call_command("parse_records", str(path), json=True, stdout=out)
    except CommandError as error:
        said = str(error)
    return json.loads(out.getvalue()), said


@pytest.mark.parametrize("what", BAD)
def test_refused_with_a_sentence(what, tmp_path):
    data, says = BAD[what]
    path = tmp_path / "search.ris"
    path.write_bytes(data)
    before = time.monotonic()
    found, said = document(path)
    assert time.monotonic() - before < 10
    assert found["records"] == []
    assert says in said
    assert said in {found["error"], f"search.ris: {found['error']}"}
    assert said.endswith(".")


def test_two_gigabytes_are_refused_unread(tmp_path):
    path = tmp_path / "long.ris"
    with path.open("wb") as stream:
        stream.write(b"TY  - JOUR\nTI  - ")
        stream.truncate(2_200_000_000)
    found, said = document(path)
    assert found["records"] == []
    assert "2,200.0 MB; at most" in said


class Forever(io.RawIOBase):
    """A stream of one line that never ends; counts what is read of it."""

    read_bytes = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = b"a" * len(buffer)
        self.read_bytes += len(buffer)
        return len(buffer)


def test_a_line_without_end_costs_little():
    stream = Forever()
    tracemalloc.start()
    with pytest.raises(UnreadableFile, match="Line 1 is longer than"):
        list(lines(io.BufferedReader(stream), "utf-8"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stream.read_bytes < 20_000_000
    assert peak < 100_000_000


def test_a_formula_in_a_table_is_text(tmp_path):
    path = tmp_path / "search.csv"
    path.write_bytes(b'title,authors,year,doi\n"=HYPERLINK(""http://evil"")","@SUM(A1), B",2001,+10.1000/x\n')
    found, said = document(path)
    assert said == ""
    assert [record["title"] for record in found["records"]] == ['=HYPERLINK("http://evil")']


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.name)
def test_truncated_anywhere_each_record_is_kept_or_told(sample, tmp_path):
    """A cut file gives what was whole before the cut, or a sentence; and never a record that was not there."""
    whole = sample.read_bytes()
    titles = {item.title for item in parse(whole) if isinstance(item, ParsedRecord)}
    for part in range(1, 12):
        cut = whole[: len(whole) * part // 12]
        try:
            for item in parse(cut):
                assert isinstance(item, Rejected) or any(
                    title.startswith(item.title[:30]) for title in titles
                )
        except UnreadableFile:
            continue


def contents(data, **options):
    try:
        for item in parse(data, **options):
            assert isinstance(item, ParsedRecord | Rejected)
            assert isinstance(item, ParsedRecord) or item.cause
            json.dumps(item.raw).encode()
    except UnreadableFile:
        return


@given(st.binary(max_size=400), st.sampled_from([None, *FORMATS]))
@settings(max_examples=300, deadline=None)
def test_fuzz_with_any_bytes(data, format):
    contents(data, format=format)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_fuzz_with_pieces_of_all_formats_mixed(data):
    """Cuts of valid files of any format glued together, read as whatever they look like or as any format."""
    parts = []
    for path in data.draw(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3)):
        whole = path.read_bytes()
        start = data.draw(st.integers(0, len(whole) - 1))
        parts.append(whole[start : start + data.draw(st.integers(1, 2000))])
    glue = data.draw(st.sampled_from([b"", b"\n", b"\r", b"\x00", b"\xef\xbb\xbf", b"}", b'"', b"<"]))
    contents(glue.join(parts), format=data.draw(st.sampled_from([None, *FORMATS])))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_fuzz_of_the_command(tmp_path_factory, data):
    """Whatever the file holds, what is printed is one JSON document; failure is a sentence."""
    whole = data.draw(st.sampled_from(SAMPLES)).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 60)))
    broken = whole[:start] + data.draw(st.binary(max_size=6)) + whole[end:]
    packed = data.draw(st.sampled_from([lambda d: d, gzip.compress, lambda d: zipped(("a.ris", d))]))
    path = tmp_path_factory.mktemp("fuzz") / "search"
    path.write_bytes(packed(broken))
    found, said = document(path)
    assert {"format", "encoding", "records", "rejected", "warnings", "error"} <= set(found)
    assert bool(said) == bool(found["error"])
