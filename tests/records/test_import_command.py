"""Looking first, settling and undoing from the shell."""

import json
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from records.models import ImportBatch, Record
from tests.records.conftest import NOTHING_IN_IT, PDF, ris

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n2;Yoga at work;Berg B\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "medline.ris").write_bytes(TWO + NOTHING_IN_IT)
    (tmp_path / "hits.csv").write_bytes(ODD)
    (tmp_path / "names.json").write_text('{"Name of paper": "title", "Who": "authors"}')
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.ris", ris("Music for sleep"))
        archive.writestr("two.ris", ris("Dance for sleep"))
        archive.writestr("paper.pdf", PDF)
    return tmp_path


@pytest.fixture
def run(review, ana):
    def call(*args, **options):
        out = StringIO()
        call_command("import_records", *map(str, args), review=review.slug, stdout=out, **options)
        return out.getvalue()

    return call


@pytest.fixture
def waiting(run, folder):
    run(folder / "medline.ris", source="MEDLINE", preview=True)
    return ImportBatch.objects.get()


def test_a_preview_tells_what_was_read_and_imports_nothing(run, folder):
    out = run(folder / "medline.ris", source="MEDLINE", preview=True)
    pk = ImportBatch.objects.get().pk
    assert out.splitlines() == [
        "medline.ris: 2 records read, 1 rejected",
        "  line 11: The record holds no field: nothing stands between TY and ER.",
        "  None of its records looks like one the review already has.",
        "  No record stands in the file twice.",
        "  Missing: 2 abstract, 1 authors, 2 journal, 2 doi.",
        "  1: A trial of rest",
        "  2: Yoga at work",
        f"  Nothing is in the review yet: --commit {pk} or --discard.",
    ]
    assert not Record.objects.live().exists()


def test_as_json(run, folder):
    told = json.loads(run(folder / "medline.ris", source="MEDLINE", preview=True, json=True))["files"][0]
    assert (told["state"], told["records"], told["import"]) == ("ready", 2, ImportBatch.objects.get().pk)
    assert told["preview"]["missing"]["abstract"] == 2
    assert [sample["title"] for sample in told["preview"]["samples"]] == ["A trial of rest", "Yoga at work"]


def test_commit(run, waiting):
    assert run(commit=waiting.pk) == "medline.ris: imported, 2 records\n"
    assert Record.objects.live().count() == 2
    with pytest.raises(CommandError, match="is in the review already"):
        run(commit=waiting.pk)


def test_discard(run, waiting):
    told = json.loads(run(discard=waiting.pk, json=True))
    assert (told["state"], told["file"]) == ("discarded", "medline.ris")
    assert not Record.objects.exists()


def test_read_again_in_another_encoding(run, waiting):
    told = json.loads(run(again=waiting.pk, encoding="cp1251", json=True))
    assert (told["encoding"], told["state"]) == ("cp1251", "ready")
    with pytest.raises(CommandError, match="is not an encoding"):
        run(again=waiting.pk, encoding="klingon")


def test_undo_needs_a_yes_to_what_is_lost(run, waiting):
    run(commit=waiting.pk)
    waiting.records.update(original={"title": "A tral"})
    with pytest.raises(CommandError, match=r"2 records corrected by hand.*Confirm 2"):
        run(undo=waiting.pk)
    assert Record.objects.live().exists()
    assert run(undo=waiting.pk, confirm=2) == "medline.ris: undone, 2 records\n"
    assert not Record.objects.live().exists()


class TestColumns:
    def test_an_odd_table_waits_and_says_how_to_go_on(self, run, folder):
        out = run(folder / "hits.csv", source="Trials", preview=True)
        pk = ImportBatch.objects.get().pk
        assert f"import {pk} waits for its columns to be named (Ref, Name of paper, Who)" in out
        out = run(again=pk, mapping=str(folder / "names.json"))
        assert out.startswith("hits.csv: 2 records read, 0 rejected")
        assert ImportBatch.objects.get().state == "ready"

    def test_as_json_with_its_guess_and_rows(self, run, folder):
        told = json.loads(run(folder / "hits.csv", source="Trials", preview=True, json=True))["files"][0]
        assert (told["state"], told["columns"]) == ("mapping", ["Ref", "Name of paper", "Who"])
        assert len(told["rows"]) == 2
        assert told["guess"].keys() <= {"Ref", "Name of paper", "Who"}

    def test_they_may_be_given_at_once(self, run, folder):
        run(folder / "hits.csv", source="Trials", mapping=str(folder / "names.json"))
        assert [record.title for record in Record.objects.live()] == ["A trial of rest", "Yoga at work"]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("no json", "is no JSON file"),
            ("[1]", "write"),
            ('{"Who": 3}', "write"),
            ('{"Gone": "title"}', "has no column “Gone”"),
            ('{"Who": "author"}', "“author” is no field"),
        ],
    )
    def test_nonsense_is_refused(self, run, folder, text, says):
        (folder / "names.json").write_text(text)
        with pytest.raises(CommandError, match=says):
            run(folder / "hits.csv", source="Trials", mapping=str(folder / "names.json"))
        assert not ImportBatch.objects.exists()

    def test_a_sheet_of_what_is_no_workbook_is_refused(self, run, folder):
        with pytest.raises(CommandError, match="is no workbook"):
            run(folder / "hits.csv", source="Trials", sheet="Hits")


def test_an_archive_is_opened_and_what_is_refused_in_it_is_named(run, folder):
    with pytest.raises(CommandError, match=r"In all\.zip: “paper\.pdf” is a PDF document"):
        run(folder / "all.zip", source="MEDLINE")
    assert {(batch.file_name, batch.archive_name) for batch in ImportBatch.objects.all()} == {
        ("one.ris", "all.zip"),
        ("two.ris", "all.zip"),
    }
    assert Record.objects.live().count() == 2


@pytest.mark.parametrize(
    ("args", "options", "says"),
    [
        ([], {}, "Name the files to import"),
        ([], {"source": "MEDLINE"}, "Name the files to import"),
        (["medline.ris"], {}, "with --source where they are from"),
        (["medline.ris"], {"commit": 1}, "leave the files out"),
        ([], {"commit": 99}, "There is no import 99 in 'trd'"),
        (["medline.ris"], {"source": "MEDLINE", "encoding": "klingon"}, "is not an encoding"),
    ],
)
def test_what_makes_no_sense_is_said(run, folder, args, options, says):
    with pytest.raises(CommandError, match=says):
        run(*(folder / name for name in args), **options)
    assert not ImportBatch.objects.exists()


def test_who_may_not_import_may_not_settle(run, waiting, ben):
    with pytest.raises(CommandError, match="lacks the right to import"):
        run(commit=waiting.pk, by="ben@example.org")


def test_an_import_of_another_review_is_not_found(run, waiting, eve):
    with pytest.raises(CommandError, match="There is no import"):
        call_command("import_records", review="other", commit=waiting.pk)
