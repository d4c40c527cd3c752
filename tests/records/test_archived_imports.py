"""Zip and gz files: each file in them is an import of its own, and nothing foul is opened."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import pytest

from records.models import Record
from records.services import CannotImport, commit_imports, discard_import, import_file, import_files
from tests.records.conftest import NOTHING_IN_IT, PDF, many, ris, stored_files, uploaded

ONE, TWO = ris({"TI": "A trial of rest", "PY": "2019"}), ris({"TI": "Yoga at work", "PY": "2020"})


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


@pytest.fixture
def bring(review, search, ana):
    """``bring((data, name), ...)`` imports files into the search; returns (batches, sentences of the refused)."""

    def take(*files, **more):
        batches, refusals = import_files(
            review=review,
            files=[uploaded(data, name) for data, name in files],
            by=ana,
            search=search,
            new_search={},
            check_first=True,
            **more,
        )
        return batches, [str(refusal) for refusal in refusals]

    return take


def test_each_file_is_an_import_of_its_own(bring, work, ana):
    batches, refused = bring((zipped(one_ris=ONE, folder__two_ris=TWO), "searches.zip"))
    work()
    for batch in batches:
        batch.refresh_from_db()
    told = [(batch.file_name, batch.archive_name, batch.state, batch.records_read) for batch in batches]
    assert told == [("one.ris", "searches.zip", "ready", 1), ("two.ris", "searches.zip", "ready", 1)]
    assert refused == []
    commit_imports(batches=batches, by=ana)
    assert Record.objects.live().count() == 2


def test_gz_is_its_file(bring, work):
    batches, _ = bring((gzip.compress(ONE), "one.ris.gz"))
    work()
    batches[0].refresh_from_db()
    assert (batches[0].file_name, batches[0].archive_name, batches[0].records_read) == (
        "one.ris",
        "one.ris.gz",
        1,
    )


def test_what_is_refused_is_named_and_does_not_hold_up_the_others(bring):
    data = zipped(one_ris=ONE, paper_pdf=PDF, empty_ris=b"")
    batches, refused = bring((data, "all.zip"), (TWO, "two.ris"))
    assert [batch.file_name for batch in batches] == ["one.ris", "two.ris"]
    assert len(refused) == 2
    assert refused[0].startswith("In all.zip: ")
    assert "“paper.pdf” is a PDF document" in refused[0]
    assert "“empty.ris” is empty" in refused[1]


def test_a_file_that_is_here_already_adds_nothing(bring, bring_in):
    bring_in(ONE)
    batches, refused = bring((zipped(again_ris=ONE, two_ris=TWO), "all.zip"))
    assert [batch.file_name for batch in batches] == ["two.ris"]
    assert refused[0].startswith("In all.zip: again.ris: exactly this file was imported on")


def test_nor_one_that_is_in_it_twice_or_waits(bring, work):
    batches, refused = bring((zipped(one_ris=ONE, copy_ris=ONE), "all.zip"))
    work()
    assert len(batches) == 1
    assert "is being imported at this moment" in refused[0]
    again, refused = bring((zipped(one_ris=ONE), "again.zip"))
    assert again == []
    assert "waits to be checked" in refused[0]


def test_an_archive_that_is_discarded_may_come_again(bring, work, ana):
    batches, _ = bring((zipped(one_ris=ONE), "all.zip"))
    work()
    discard_import(batch=batches[0], by=ana)
    batches, refused = bring((zipped(one_ris=ONE), "all.zip"))
    assert (len(batches), refused) == (1, [])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zipped(**{"../out_ris": ONE}), "leads outside"),
        (zipped(inner_zip=zipped(one_ris=ONE)), "holds another archive"),
        (zipped(big_ris=b"TY  - JOUR\n" + b" " * 60_000_000), "times its size"),
        (zipped(), "without a file"),
        (zipped(one_ris=ONE)[:-40], "all.zip"),
        (gzip.compress(ONE)[:-12], "is damaged"),
    ],
    ids=["a path outside", "an archive inside", "a bomb", "nothing", "cut off", "gz cut off"],
)
def test_a_foul_archive_is_refused_whole(bring, review, data, says):
    batches, refused = bring((data, "all.zip"))
    assert batches == []
    assert len(refused) == 1
    assert says in refused[0]
    assert "all.zip" in refused[0]
    assert not review.import_batches.exists()
    assert stored_files() == []


def test_unpacked_files_leave_no_trace(bring, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bring((zipped(one_ris=ONE, bad_ris=b"hello"), "all.zip"))
    assert [
        path for path in Path(tmp_path).rglob("*") if "archive" in path.name or "member" in path.name
    ] == []


def test_a_member_larger_than_an_upload_may_be_is_refused(bring, settings):
    settings.IMPORT_LIMIT_BYTES = 20_000
    batches, refused = bring((zipped(long_ris=b"".join(many(20))), "all.zip"))
    assert batches == []
    assert "the limit is" in refused[0]


def test_an_archive_larger_than_an_upload_may_be_is_not_opened(bring, settings):
    settings.IMPORT_LIMIT_BYTES = 100
    _, refused = bring((zipped(one_ris=ONE, two_ris=TWO), "all.zip"))
    assert "all.zip: the file has" in refused[0]


def test_alone_it_is_told_where_to_go(review, search, ana):
    with pytest.raises(CannotImport, match=r"all\.zip: this is an archive of files"):
        import_file(review=review, search=search, file=uploaded(zipped(one_ris=ONE), "all.zip"), by=ana)


def test_one_in_which_nothing_can_be_read_leaves_no_source(review, ana, work):
    batches, refusals = import_files(
        review=review,
        files=[uploaded(zipped(paper_pdf=PDF), "all.zip")],
        by=ana,
        search=None,
        new_search={"source": "Embase"},
    )
    assert (batches, len(refusals)) == ([], 1)
    assert not review.searches.exists()


def test_entries_that_cannot_be_read_are_listed_for_each_file(bring, work):
    batches, _ = bring((zipped(one_ris=ONE + NOTHING_IN_IT), "all.zip"))
    work()
    batches[0].refresh_from_db()
    assert (batches[0].records_read, batches[0].records_rejected) == (1, 1)
