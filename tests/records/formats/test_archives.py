"""Archives are opened member by member; what is foul is refused whole, with a sentence, before it can do harm."""

import gzip
import io
import stat
import struct
import tempfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.formats import UnreadableFile, parse
from records.formats.archives import Limits, is_archive, members, office_kind

RIS = b"TY  - JOUR\nTI  - Sleep\nER  - \n"
SMALL = Limits(members=5, unpacked=100_000, ratio=10, free=1000, directory=5000)


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, bytes) pairs."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")  # the same name twice
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def contents(data, **options):
    return [(m.name, m.path.read_bytes()) for m in members(data, **{"filename": "searches.zip", **options})]


def refused(data, says, **options):
    with pytest.raises(UnreadableFile, match=says) as caught:
        contents(data, **options)
    assert "searches.zip" in str(caught.value)
    return str(caught.value)


def test_members_of_a_zip_in_order_with_their_folders_in_the_name():
    data = zipped([("b/pubmed.ris", RIS), ("a.csv", b"title\nx\n")])
    assert contents(data) == [("b/pubmed.ris", RIS), ("a.csv", b"title\nx\n")]


def test_members_are_parsed_like_files(tmp_path):
    path = tmp_path / "s.zip"
    path.write_bytes(zipped([("pubmed.ris", RIS)]))
    (found,) = [r.title for m in members(path) for r in parse(m.path, filename=m.name)]
    assert found == "Sleep"


def test_gz_one_member_or_several_joined():
    data = gzip.compress(RIS) + gzip.compress(RIS)
    assert contents(data, filename="pubmed.ris.gz") == [("pubmed.ris", RIS * 2)]
    assert contents(data, filename="") == [("file", RIS * 2)]


def test_gz_inside_a_zip_once():
    data = zipped([("pubmed.ris.gz", gzip.compress(RIS))])
    assert contents(data) == [("pubmed.ris", RIS)]
    refused(zipped([("x.gz", gzip.compress(gzip.compress(RIS)))]), "holds another archive, “x”")


def test_the_kind_is_told_by_content_and_not_by_the_name():
    assert contents(zipped([("a.ris", RIS)]), filename="searches.zip.gz")
    assert contents(gzip.compress(RIS), filename="searches.zip") == [("searches.zip", RIS)]
    refused(RIS, "is no zip or gz archive")


def test_without_a_folder_each_member_is_gone_when_the_next_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened = iter(members(zipped([("a", RIS), ("b", RIS)])))
    first = next(opened)
    assert first.path.is_relative_to(tmp_path)
    second = next(opened)
    assert not first.path.exists()
    assert second.path.exists()
    opened.close()
    assert list(tmp_path.iterdir()) == []


def test_with_a_folder_members_stay_under_names_of_ours(tmp_path):
    found = list(members(zipped([("a", RIS), ("a", b"second"), ("CON", RIS)]), folder=tmp_path))
    assert [m.name for m in found] == ["a", "a", "CON"]
    assert [m.path.read_bytes() for m in found] == [RIS, b"second", RIS]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["member-0001", "member-0002", "member-0003"]


def test_folders_and_notes_of_the_system_are_skipped_and_said():
    data = zipped([("x/", b""), ("x/a.ris", RIS), ("__MACOSX/x/._a.ris", b"\x00"), ("x/.DS_Store", b"\x00")])
    opened = members(data, filename="searches.zip")
    assert [m.name for m in opened] == ["x/a.ris"]
    assert opened.skipped == [
        "1 folder was skipped in “searches.zip”: “x/”.",
        "2 notes of an operating system were skipped in “searches.zip”, for example “__MACOSX/x/._a.ris”.",
    ]


@pytest.mark.parametrize("files", [[], [("x/", b"")], [("__MACOSX/._a", b"1")]])
def test_an_archive_of_nothing(files):
    refused(zipped(files), "without a file of search results")


@pytest.mark.parametrize(
    "name",
    ["../evil.ris", "a/../../evil.ris", "/etc/passwd", "C:\\evil.ris", "C:evil", "..\\evil.ris", "\\\\host\\x"],
)  # fmt: skip
def test_a_path_that_leads_outside(name, tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    refused(zipped([("ok.ris", RIS), (name, RIS)]), "a path that leads outside", folder=room)
    assert list(tmp_path.rglob("*")) == [room]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(kind):
    entry = zipfile.ZipInfo("link.ris")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    refused(zipped([(entry, b"/etc/passwd")]), "is a link or device")


def test_a_password():
    data = bytearray(zipped([("a.ris", RIS)]))
    data[6] |= 1  # local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # table of contents
    refused(bytes(data), "“a.ris” in “searches.zip” is protected by a password")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_cannot_be_opened_in_bounded_memory(method):
    refused(zipped([("a.ris", RIS)], method), "compressed in a way that is not opened")


def test_too_many_members():
    refused(zipped([(f"{n}.ris", RIS) for n in range(6)]), "holds 6 entries; at most 5", limits=SMALL)


def test_a_table_of_contents_too_large_to_be_read():
    data = zipped([("n" * 60 + str(n), b"") for n in range(100)])
    refused(data, "table of contents", limits=SMALL)


def test_a_bomb_that_tells_its_size_is_refused_before_anything_is_unpacked(tmp_path):
    refused(zipped([("a.ris", bytes(50_000))]), "more than 10 times its size", limits=SMALL, folder=tmp_path)
    refused(zipped([("a.ris", bytes(200_000))]), "unpacks to more than", limits=SMALL, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_gz_bomb_is_stopped_while_it_unpacks(tmp_path):
    refused(gzip.compress(bytes(90_000)), "more than 10 times", limits=SMALL, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    bomb = zipped([("a.ris.gz", gzip.compress(bytes(90_000)))], zipfile.ZIP_STORED)
    refused(bomb, "more than 10 times", limits=SMALL, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ten_gigabytes_in_ten_megabytes_cost_little_memory():
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    refused(bomb, "200 times its size")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


def test_a_size_that_is_a_lie():
    """An entry that claims 40 bytes and holds more gives no more than it claims, and is found out."""
    data = bytearray(zipped([("a.ris", RIS * 1000)]))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + place
        data[at : at + 4] = struct.pack("<I", 40)
    refused(bytes(data), "is damaged and cannot be unpacked")


def test_entries_that_overlap():
    """Two entries of the table of contents point at the same bytes (the trick of the smallest bombs)."""
    data = zipped([("a.ris", RIS)])
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry, last = data[start:end], bytearray(data[end:])
    last[8:16] = struct.pack("<HHI", 2, 2, 2 * len(entry))
    refused(data[:start] + entry + entry + bytes(last), "entries that overlap")


def test_archives_in_archives():
    inner = zipped([("a.ris", RIS)])
    refused(zipped([("ok.ris", RIS), ("inner.dat", inner)]), "holds another archive, “inner.dat”")
    refused(gzip.compress(inner), "holds another archive")
    tar = bytes(257) + b"ustar" + bytes(250)
    refused(gzip.compress(tar), "holds another archive")


@pytest.mark.parametrize("keep", [3, 20, 45, -1, -10, -30])
def test_zips_that_are_cut_off(keep):
    data = zipped([("a.ris", RIS * 50), ("b.ris", RIS)])
    with pytest.raises(UnreadableFile, match=r"is damaged|is no zip"):
        contents(data[:keep])


@pytest.mark.parametrize("keep", [2, 8, 15, -1, -9])
def test_gz_that_is_cut_off_leaves_nothing_behind(keep, tmp_path):
    with pytest.raises(UnreadableFile, match="is damaged"):
        contents(gzip.compress(RIS * 50)[:keep], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_flipped_bit_is_found_by_the_checksum():
    data = bytearray(zipped([("a.ris", RIS)], zipfile.ZIP_STORED))
    data[data.index(b"Sleep")] ^= 1
    refused(bytes(data), "“a.ris” in “searches.zip” is damaged")


def test_names_in_odd_encodings():
    """UTF-8 that does not say so, code page 437, control characters, and a name that never ends."""

    def named(raw, utf8=False):
        data = zipped([("N" * len(raw), RIS)]).replace(b"N" * len(raw), raw)
        if utf8:
            data = bytearray(data)
            data[7] |= 8
            data[data.index(b"PK\x01\x02") + 9] |= 8
        return bytes(data)

    assert contents(named("études.ris".encode()))[0][0] == "études.ris"
    assert contents(named("études.ris".encode("cp437")))[0][0] == "études.ris"
    assert contents(named("日本語.ris".encode(), utf8=True))[0][0] == "日本語.ris"
    assert contents(named(b"a\x1b[31m.ris"))[0][0] == "a\ufffd[31m.ris"
    assert len(contents(named(b"x" * 3000))[0][0]) < 255
    refused(named(b"\xe9\xe8.ris", utf8=True), "is damaged")


def office(first, *others):
    return zipped([(name, b"<x/>") for name in (first, *others)])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (office("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (office("xl/worksheets/sheet1.xml", "[Content_Types].xml"), "xlsx"),
        (office("[Content_Types].xml", "word/document.xml"), "docx"),
        (office("_rels/.rels", "ppt/presentation.xml"), "pptx"),
        (
            zipped([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")], zipfile.ZIP_STORED),
            "ods",
        ),
        (zipped([("mimetype", b"application/vnd.oasis.opendocument.text")], zipfile.ZIP_STORED), "odt"),
        (office("META-INF/MANIFEST.MF"), "office"),
    ],
)
def test_documents_that_are_zips_inside_are_no_archives(data, kind):
    assert office_kind(data) == kind
    assert not is_archive(data)
    refused(data, "is an Office document")


def test_what_is_an_archive():
    assert is_archive(zipped([("a.ris", RIS)]))
    assert is_archive(zipped([("results.xlsx", office("[Content_Types].xml", "xl/workbook.xml"))]))
    assert is_archive(zipped([]))
    assert is_archive(gzip.compress(RIS))
    assert not is_archive(RIS)
    assert not is_archive(b"")


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_fuzz_damaged_archives(data):
    """Every damage gives the members, or a sentence."""
    whole = data.draw(st.sampled_from([
        zipped([("a/b.ris", RIS), ("c.csv", b"title\n")]), gzip.compress(RIS), zipped([("x.gz", gzip.compress(RIS))])
    ]))  # fmt: skip
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 8)))
    broken = whole[:start] + data.draw(st.binary(max_size=6)) + whole[end:]
    try:
        for member in members(broken):
            assert member.size == len(member.path.read_bytes())
            assert not member.path.is_relative_to(Path.cwd())
    except UnreadableFile:
        return
