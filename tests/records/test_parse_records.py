"""parse_records shows what an import would make of a file; it needs no database and leaves nothing behind."""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

RIS = b"TY  - JOUR\nTI  - Sleep \xc3\xbc\nAU  - Silva, Ana\nPY  - 2020\nER  - \n"
EMPTY = b"TY  - JOUR\nER  - \n"
CUT = b"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>
<ArticleTitle>Whole</ArticleTitle></Article></MedlineCitation></PubmedArticle><PubmedArticle><Medl"""


@pytest.fixture
def file(tmp_path):
    def write(data, name="search.ris"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def run(path, **options):
    out = io.StringIO()
    call_command("parse_records", str(path), stdout=out, **options)
    return out.getvalue()


def document(path, error=None, **options):
    """The JSON printed, which must be whole also when the command ends with a sentence."""
    out = io.StringIO()
    if error is None:
        call_command("parse_records", str(path), json=True, stdout=out, **options)
    else:
        with pytest.raises(CommandError, match=error):
            call_command("parse_records", str(path), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def test_records_with_all_their_fields(file):
    found = document(file(RIS + EMPTY))
    assert (found["format"], found["encoding"], found["error"]) == ("ris", "utf-8", None)
    (record,) = found["records"]
    assert record["title"] == "Sleep ü"
    assert record["authors"] == ["Silva, Ana"]
    assert record["year"] == 2020
    assert record["raw"] == RIS.decode().rstrip("\n")
    assert {"journal", "volume", "issue", "pages", "doi", "pmid", "abstract", "keywords", "type"} < set(
        record
    )
    assert [sorted(item) for item in found["rejected"]] == [["cause", "line"]]
    assert found["rejected"][0]["line"] == 6


def test_a_summary_for_people(file):
    assert run(file(RIS + EMPTY)).splitlines() == [
        "search.ris: ris, utf-8, 1 record, 1 rejected",
        "  without journal 1, abstract 1, doi 1",
        "  line 6: The record holds no field: nothing stands between TY and ER.",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "is empty"), (b"%PDF-1.4", "PDF document"), (b"Dear all, see", "none of the formats"), (None, "No such")],
)  # fmt: skip
def test_a_file_that_is_refused_still_gives_a_whole_document(file, tmp_path, data, says):
    path = tmp_path / "search.ris" if data is None else file(data)
    found = document(path, error=says)
    assert found["records"] == []
    assert found["rejected"] == [{"line": 1, "cause": found["error"]}]
    with pytest.raises(CommandError, match=says):
        run(path)


def test_what_was_read_before_a_file_breaks_off_is_given(file):
    found = document(file(CUT, "cut.xml"), error="damaged")
    assert [record["title"] for record in found["records"]] == ["Whole"]
    assert found["error"] in [item["cause"] for item in found["rejected"]]


def test_the_members_of_a_zip_one_after_the_other(file):
    data = zipped(a__ris=RIS + EMPTY, b__ris__gz=gzip.compress(RIS), broken__ris=b"%PDF-1.4")
    found = document(file(data, "searches.zip"), error="“broken.ris” is a PDF document")
    assert [record["file"] for record in found["records"]] == ["a.ris", "b.ris"]
    assert [(item["file"], item["line"]) for item in found["rejected"]] == [("a.ris", 6), ("broken.ris", 1)]
    assert [(item["file"], item["records"], item["rejected"]) for item in found["files"]] == [
        ("a.ris", 1, 1), ("b.ris", 1, 0), ("broken.ris", 0, 0)
    ]  # fmt: skip
    assert found["format"] == "ris"
    assert document(file(zipped(a__ris=RIS, b__csv=b"title,year,doi\nA,2001,x\n")))["format"] == "mixed"


def test_a_foul_archive_gives_nothing(file):
    path = file(zipped(a__ris=RIS, **{"../b": RIS}), "searches.zip")
    found = document(path, error="leads outside")
    assert (found["records"], len(found["rejected"])) == ([], 1)


def test_what_is_skipped_in_an_archive_is_said(file):
    path = file(zipped(a__ris=RIS, **{"__MACOSX/._a__ris": b"x"}), "searches.zip")
    assert "1 note of an operating system was skipped" in run(path).splitlines()[0]


def test_format_and_encoding_can_be_said(file):
    path = file("TY  - JOUR\nTI  - Größe\nER  - \n".encode("cp1250"))
    assert document(path, encoding="cp1250")["records"][0]["title"] == "Größe"
    assert document(path, format="ris")["format"] == "ris"
    for encoding in ("nonsense", "hex", "zip", "rot13", "undefined", "idna"):
        assert document(path, error="not a known text encoding", encoding=encoding)["records"] == []


def test_without_a_database_and_without_a_broker(file):
    """As a person would run it, with a database and a broker that nobody could reach."""
    path = file(RIS)
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings", "LC_ALL": "C",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "manage.py", "parse_records", str(path), "--json"],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["records"][0]["title"] == "Sleep ü"


def test_nothing_is_left_behind(file, tmp_path, monkeypatch):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    document(file(zipped(a__ris=RIS), "searches.zip"))
    assert list(room.iterdir()) == []
