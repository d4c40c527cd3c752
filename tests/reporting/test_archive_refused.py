"""Archives that somebody made by hand, or that were damaged: refused with a sentence, nothing half-saved."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from reporting.archive import BadArchive, check, open_archive, package, restore, write_archive
from reviews.models import Membership, Review, User
from screening.models import Label
from tests.factories import join, make_batch, make_reason, make_record, make_review, make_user

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def small(django_db_setup, django_db_blocker) -> Iterator[tuple[Parts, User]]:
    """A small review as the entries of its archive, and its owner; made once, rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        review = make_review()
        ana, ben = (
            join(review, make_user(name), role).user for name, role in (("ana", "owner"), ("ben", "reviewer"))
        )
        batch = make_batch(review)
        for number in range(2):
            make_record(review, f"Trial {number}", batch=batch)
        make_reason(review, "Wrong population", 1)
        Label.objects.create(review=review, name="Later", owner=ben)
        out = io.BytesIO()
        write_archive(review, out, people=True)
        with zipfile.ZipFile(out) as made:
            yield {name: made.read(name) for name in made.namelist()}, ana
        transaction.set_rollback(True)


@pytest.fixture
def parts(small, db) -> Parts:
    return dict(small[0])


@pytest.fixture
def ana(small, db) -> User:
    return small[1]


def packed(parts: Parts) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out


def say(parts: Parts, edit: Callable[[dict], None]) -> Parts:
    """Another archive.json."""
    said = json.loads(parts["archive.json"])
    edit(said)
    return parts | {"archive.json": json.dumps(said).encode()}


def rows(parts: Parts, table: str, edit: Callable[[list[dict]], None]) -> Parts:
    """Other rows, with hashes and counts that fit, as somebody would write them who knows the format."""
    entry = f"tables/{table}.jsonl"
    found = [json.loads(line) for line in parts[entry].splitlines()]
    edit(found)
    return put(parts, table, "".join(json.dumps(row) + "\n" for row in found).encode())


def put(parts: Parts, table: str, data: bytes) -> Parts:
    def announce(said: dict) -> None:
        for one in said["tables"]:
            if one["name"] == table:
                one |= {
                    "bytes": len(data),
                    "rows": data.count(b"\n"),
                    "sha256": hashlib.sha256(data).hexdigest(),
                }

    return say(parts | {f"tables/{table}.jsonl": data}, announce)


def with_file(parts: Parts, data: bytes, **row) -> Parts:
    """A file, named by the first import."""
    sha256 = hashlib.sha256(data).hexdigest()
    parts = say(parts, lambda said: said["files"].append({"id": 1, "bytes": len(data), "sha256": sha256}))
    parts = rows(parts, "records.importbatch", lambda found: found[0].update(file=1))
    return parts | {f"files/{sha256}": data}


def refusal(data: io.BytesIO, by: User) -> str:
    """The sentence with which it is refused; nothing is left of it."""
    before = [Review.objects.count(), User.objects.count(), Membership.objects.count()]
    with pytest.raises(BadArchive) as raised:
        _whole_way(data, by)
    assert [Review.objects.count(), User.objects.count(), Membership.objects.count()] == before
    return str(raised.value)


def _whole_way(data: io.BytesIO, by: User) -> None:
    with open_archive(data) as archive:
        restore(archive, by=by)


def first(**values) -> Callable[[list[dict]], None]:
    return lambda found: found[0].update(values)


ROWS = [
    ("reviews.review", first(archived="no"), "column “archived” that this version"),
    ("reviews.review", first(title=7), "tables/reviews.review.jsonl, line 1: the value of “title” is no text"),
    ("reviews.review", first(title="x" * 301), "“title” is refused: Ensure this value has at most 300"),
    ("reviews.review", first(title="a\0b"), "“title” holds a null character"),
    ("reviews.review", first(title="\ud800"), "“title” holds half a character"),
    ("reviews.review", first(protocol_url="javascript:alert(1)"), "“protocol_url” is refused: Enter a valid URL"),
    ("reviews.review", first(slug="../../etc"), "“slug” is refused"),
    ("reviews.review", first(maybe_rule="perhaps"), "“maybe_rule” is none of the known ones ('perhaps')"),
    ("reviews.review", first(created_at="2024-13-40T00:00:00Z"), "“created_at” is no moment"),
    ("reviews.review", first(created_at="2024-01-01T00:00:00"), "“created_at” is a moment without its time zone"),
    ("reviews.review", first(protocol_version=2**70), "larger than a database keeps"),
    ("reviews.review", first(protocol_version=True), "“protocol_version” is no whole number"),
    ("reviews.review", first(protocol_version=-1), "“protocol_version” is refused"),
    ("reviews.review", first(quorum_full_text=None), "“quorum_full_text” is missing where there must be one"),
    ("reviews.review", lambda found: found[0].pop("title"), "“title” is missing"),
    ("reviews.review", first(id=2), "line 1 must have the id 1"),
    ("reviews.review", lambda found: found.append(found[0] | {"id": 2}), "is of one review"),
    ("reviews.membership", first(user=99), "“user” points at row 99 of reviews.user, which is not in the archive"),
    ("reviews.membership", first(user=0), "points at row 0"),
    ("reviews.membership", first(user="1"), "“user” is no number of a row"),
    ("reviews.membership", first(user=None), "“user” is missing"),
    ("reviews.membership", first(user=2), "contradict each other"),
    ("reviews.user", first(is_staff=True), "a person has an id, a name and an email, and nothing else"),
    ("reviews.user", first(email="nobody"), "“email” is refused"),
    ("reviews.user", lambda found: found[1].update(email=found[0]["email"]), "two people with the address"),
    ("records.record", first(authors={"a": 1}), "“authors” is no list"),
    ("records.record", first(authors=["⟦records.record:77⟧"]), "points at row 77 of records.record"),
    ("records.record", first(authors=["⟦sys.tables"]), "a bracket ⟦ that begins no reference"),
    ("records.record", first(year=1e400), "is not the JSON it should be"),
    ("records.record", first(duplicate_of=1), "record_not_its_own_duplicate"),
    ("records.importbatch", first(file=3), "“file” is no number of a file in the archive"),
    ("records.importbatch", first(file="/etc/passwd"), "“file” is no number of a file in the archive"),
    ("screening.stagesettings", None, "names a row twice"),
    ("appraisal.toolversion", None, "“data” cannot be used"),
]  # fmt: skip
MADE_UP = {
    "screening.stagesettings": {"stage": "full_text", "must_screen": [1, 1]},
    "appraisal.toolversion": {"tool": 1, "number": 1, "data": {"key": "x"}, "made_by": 1},
    "appraisal.reviewtool": {"key": "own"},
}


@pytest.mark.parametrize(("table", "edit", "said"), ROWS, ids=[said[:40] for _, _, said in ROWS])
def test_a_row_that_cannot_be_is_told_with_table_line_and_column(parts, ana, table, edit, said):
    if edit is None:
        for name in ("appraisal.reviewtool", table) if table == "appraisal.toolversion" else (table,):
            parts = put(parts, name, json.dumps({"id": 1, **MADE_UP[name]}).encode() + b"\n")
    else:
        parts = rows(parts, table, edit)
    assert said in refusal(packed(parts), ana)


def _lacks(parts: Parts) -> Parts:
    return {name: data for name, data in parts.items() if name != "tables/records.record.jsonl"}


def _swapped(parts: Parts) -> Parts:
    """The same length, other bytes."""
    name = "tables/records.record.jsonl"
    return parts | {name: parts[name].replace(b"Trial 0", b"Trial 9")}


WHOLE = [
    (lambda parts: say(parts, lambda said: said.update(version=2)), "reads up to version 1. Update it first"),
    (lambda parts: say(parts, lambda said: said.update(version="1")), "does not say which version"),
    (lambda parts: say(parts, lambda said: said.update(format="zip")), "does not say that this is"),
    (lambda parts: say(parts, lambda said: said.update(more=1)), "a part “more” that this version does not know"),
    (lambda parts: say(parts, lambda said: said.pop("files")), "lacks “files”"),
    (lambda parts: say(parts, lambda said: said["options"].update(x=1)), "“options” is not as docs/archive.md"),
    (lambda parts: say(parts, lambda said: said["tables"].append(said["tables"][0])), "twice"),
    (lambda parts: say(parts, lambda said: said["tables"][0].update(name="auth.user")), "table “auth.user”"),
    (lambda parts: say(parts, lambda said: said["tables"][0].update(rows=-1)), "a number that cannot be"),
    (lambda parts: say(parts, lambda said: said["tables"][1].update(sha256="../x")), "a SHA-256 that is none"),
    (lambda parts: say(parts, lambda said: said.update(schema="0" * 64)), "schema.json is not what archive.json"),
    (lambda parts: say(parts, lambda said: said["tables"][3].update(rows=500)), "rows and archive.json says 500"),
    (lambda parts: say(parts, lambda said: said["tables"][3].update(bytes=5)), "is not what archive.json says"),
    (lambda parts: parts | {"archive.json": b"{"}, "archive.json is not the JSON it should be"),
    (lambda parts: parts | {"archive.json": b"[" * 100_000}, "nested too deep"),
    (lambda parts: parts | {"archive.json": b'{"format": 1, "format": 2}'}, "a name stands twice"),
    (lambda parts: parts | {"../../outside": b"x"}, "holds “../../outside”, which no archive of a review has"),
    (lambda parts: parts | {"/etc/passwd": b"x"}, "holds “/etc/passwd”"),
    (_lacks, "lacks tables/records.record.jsonl, which it announces"),
    (_swapped, "tables/records.record.jsonl is not what archive.json says it is"),
    (lambda parts: {"other.txt": b"x"}, "has no archive.json, so it is no archive of a review"),
    (lambda parts: put(parts, "records.record", b"[1]\n"), "is no row: a row is an object"),
    (lambda parts: put(parts, "records.record", b"\xff\xfe\n"), "is not the JSON it should be"),
    (lambda parts: put(parts, "records.record", b'{"id": 1, "year": NaN}\n'), "NaN is no number"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said"), WHOLE, ids=[said[:40] for _, said in WHOLE])
def test_an_archive_that_is_not_whole_or_not_ours(parts, ana, edit, said):
    assert said in refusal(packed(edit(parts)), ana)


def test_what_is_no_zip(ana):
    assert "damaged or is no ZIP" in refusal(io.BytesIO(b"%PDF-1.4 nothing of the kind"), ana)


def test_one_that_was_cut_off(parts, ana):
    data = packed(parts).getvalue()
    assert "damaged or is no ZIP" in refusal(io.BytesIO(data[: len(data) // 2]), ana)


def test_a_bomb_is_not_unpacked(parts, ana, monkeypatch):
    bomb = packed(put(parts, "records.record", b'{"id": 1, "raw": "' + b"x" * 12_000_000 + b'"}\n'))
    monkeypatch.setattr(package, "FREE", 1_000_000)
    monkeypatch.setattr(package.Archive, "rows", lambda self, name: pytest.fail("it was unpacked"))
    assert "more than 200 times its size" in refusal(bomb, ana)


def test_entries_that_share_bytes(parts, ana):
    data = bytearray(packed(parts).getvalue())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as opened:
        second = opened.infolist()[1]
    # the table of contents says that the second entry is where the first is
    at = data.rindex(second.filename.encode()) - 46
    data[at + 42 : at + 46] = (0).to_bytes(4, "little")
    assert "overlap" in refusal(io.BytesIO(bytes(data)), ana)


def test_two_entries_of_one_name(parts, ana):
    data = packed(parts)
    with zipfile.ZipFile(data, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("archive.json", parts["archive.json"])
    assert "two entries of one name" in refusal(data, ana)


def test_a_pdf_that_is_none(parts, ana):
    parts = with_file(parts, b"<html><script>alert(1)</script></html>")
    pdf = {"id": 1, "file": 1, "file_name": "a.pdf", "sha256": "0" * 64, "by": 1}
    parts = put(parts, "screening.pdfupload", json.dumps(pdf).encode() + b"\n")
    assert "is not a PDF" in refusal(packed(parts), ana)


def test_no_file_is_left_when_rows_contradict_each_other(parts, ana, settings):
    parts = rows(with_file(parts, b"TY  - JOUR\n"), "records.record", first(duplicate_of=1))
    assert "record_not_its_own_duplicate" in refusal(packed(parts), ana)
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_an_older_archive_lacks_what_came_later(parts, ana):
    """A table that it has not is empty, a column has its default."""
    name = "tables/reporting.flowsettings.jsonl"
    parts = {entry: data for entry, data in parts.items() if entry != name}
    parts = say(
        parts,
        lambda said: said.update(
            tables=[one for one in said["tables"] if one["name"] != "reporting.flowsettings"]
        ),
    )
    parts = rows(parts, "records.record", lambda found: [row.pop("filled") for row in found])
    with open_archive(packed(parts)) as archive:
        again = restore(archive, by=ana).review
    assert [record.filled for record in again.records.order_by("pk")] == [{}, {}]
    assert again.memberships.filter(user=ana).count() == 1


def test_what_is_checked_alone_touches_nothing(parts, ana, django_assert_num_queries):
    data = packed(with_file(parts, b"TY  - JOUR\n"))
    with django_assert_num_queries(0), open_archive(data) as archive:
        check(archive)
    assert not default_storage.exists("imports")
