"""The same verbs for the shell: import_records and deduplicate."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from records.management.commands import import_records
from records.models import ImportBatch, Record
from reviews import jobs
from tests.factories import make_record
from tests.records.conftest import CUT_XML, NOTHING_IN_IT, PDF, ris

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})


@pytest.fixture
def folder(tmp_path):
    files = {
        "medline.ris": TWO,
        "more.ris": ris("Music for sleep") + NOTHING_IN_IT,
        "paper.pdf": PDF,
        "cut.xml": CUT_XML,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def run(review, ana):
    def call(command, *args, **options):
        out = StringIO()
        call_command(
            command, *map(str, args), review=options.pop("review", review.slug), stdout=out, **options
        )
        return out.getvalue()

    return call


class TestImportRecords:
    def test_files_are_read_and_reported(self, run, folder, review, ana):
        out = run(
            "import_records", folder / "medline.ris", folder / "more.ris", source="MEDLINE", platform="Ovid"
        )
        assert out.splitlines() == [
            "medline.ris: 2 records read, 0 rejected",
            "more.ris: 1 records read, 1 rejected",
            "  line 4: The record holds no field: nothing stands between TY and ER.",
        ]
        assert [str(search) for search in review.searches.all()] == ["MEDLINE (Ovid)"]
        assert {batch.imported_by for batch in ImportBatch.objects.all()} == {ana}
        assert Record.objects.live().count() == 3

    def test_a_known_source_is_used_again_whatever_its_spelling(self, run, folder, review):
        run("import_records", folder / "medline.ris", source="MEDLINE")
        run("import_records", folder / "more.ris", source="medline")
        assert review.searches.count() == 1

    def test_the_same_file_again_adds_nothing_and_ends_with_an_error(self, run, folder):
        run("import_records", folder / "medline.ris", source="MEDLINE")
        with pytest.raises(CommandError, match=r"medline\.ris: exactly this file was imported on") as refusal:
            run("import_records", folder / "medline.ris", source="MEDLINE")
        assert refusal.value.returncode == 1
        assert Record.objects.count() == 2

    def test_bad_files_do_not_hold_up_the_good_ones(self, run, folder, review):
        names = ["paper.pdf", "medline.ris", "cut.xml", "missing.ris", "more.ris"]
        with pytest.raises(CommandError) as refusal:
            run("import_records", *(folder / name for name in names), source="MEDLINE")
        pdf, cut, missing = str(refusal.value).splitlines()
        assert "“paper.pdf” is a PDF document" in pdf
        assert "cut.xml" in cut
        assert missing == f"{folder / 'missing.ris'}: No such file or directory."
        assert Record.objects.live().count() == 3
        assert review.searches.count() == 1

    def test_no_source_is_left_when_no_file_was_taken(self, run, folder, review):
        with pytest.raises(CommandError):
            run("import_records", folder / "paper.pdf", source="MEDLINE")
        assert not review.searches.exists()

    def test_json_holds_what_came_of_each_file(self, run, folder, review, capsys):
        out = StringIO()
        with pytest.raises(CommandError):
            call_command(
                "import_records", str(folder / "more.ris"), str(folder / "paper.pdf"),
                review=review.slug, source="MEDLINE", json=True, stdout=out,
            )  # fmt: skip
        told = json.loads(out.getvalue())
        assert (told["review"], told["source"]) == (review.slug, "MEDLINE")
        good, bad = told["files"]
        assert (good["file"], good["format"], good["encoding"], good["records"]) == (
            "more.ris",
            "ris",
            "utf-8",
            1,
        )
        assert [item["line"] for item in good["rejected"]] == [4]
        assert (bad["file"], "PDF" in bad["error"]) == ("paper.pdf", True)

    def test_it_waits_for_a_worker_that_was_quicker(self, run, folder, monkeypatch):
        """The first call does nothing, as when a worker has the job; then the worker is done."""
        calls = []

        def busy(job_id):
            calls.append(job_id)
            if len(calls) > 1:
                jobs.perform(job_id)

        monkeypatch.setattr(import_records, "perform", busy)
        assert "2 records read" in run("import_records", folder / "medline.ris", source="MEDLINE")
        assert len(calls) == 2

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"review": "nowhere"}, "There is no review 'nowhere'. Reviews here: other, trd."),
            ({"by": "eve@example.org"}, "eve@example.org is not a member"),
            ({"source": "x" * 121}, "Source: .*at most 120 characters"),
            ({"source": " "}, "Source: .*cannot be blank"),
        ],
    )
    def test_nonsense_is_refused(self, run, folder, eve, options, says):
        with pytest.raises(CommandError, match=says):
            run("import_records", folder / "medline.ris", **{"source": "MEDLINE"} | options)
        assert not ImportBatch.objects.exists()


class TestDeduplicate:
    @pytest.fixture(autouse=True)
    def _twins(self, review):
        for _ in range(2):
            make_record(review, "A trial of rest", authors=["Silva, Ana"], doi="10.1/rest")

    def test_says_what_it_did(self, run):
        assert run("deduplicate") == "2 records compared: 1 merged, 0 for a person to decide\n"
        assert run("deduplicate") == "2 records compared: 0 merged, 0 for a person to decide\n"

    def test_json(self, run, review):
        told = json.loads(run("deduplicate", json=True))
        assert told == {"review": review.slug, "records": 2, "merged": 1, "to_decide": 0}

    def test_is_in_the_history_under_who_asked(self, run, review, ben):
        run("deduplicate", by="ben@example.org")
        assert review.events.get(verb="records.deduplicated").actor == ben

    def test_refuses_a_stranger(self, run, eve):
        with pytest.raises(CommandError, match="is not a member"):
            run("deduplicate", by="eve@example.org")
