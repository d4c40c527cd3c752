"""Files come in whole or not at all; each thing that is wrong has its sentence."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from records.models import ImportBatch, Record
from records.services import (
    AlreadyImported,
    CannotImport,
    SearchRefused,
    import_file,
    import_files,
    reading,
    staging,
)
from reviews import jobs
from reviews.models import Job
from tests.factories import make_search
from tests.records.conftest import (
    CUT_XML,
    NO_RECORD,
    NOTHING_IN_IT,
    PDF,
    events_of,
    many,
    ris,
    stored_files,
    uploaded,
)

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})


class TestOneFile:
    def test_its_records_are_stored_with_their_source_place_and_raw_text(self, bring_in, search):
        batch = bring_in(TWO)
        assert (batch.state, batch.format, batch.encoding) == ("done", "ris", "utf-8")
        assert (batch.records_read, batch.records_rejected, batch.rejected) == (2, 0, [])
        first, second = Record.objects.live()
        assert (first.search, first.batch, first.position, first.line) == (search, batch, 1, 1)
        assert (first.title, first.authors, first.year) == ("A trial of rest", ["Silva, Ana"], 2019)
        assert (second.position, second.line) == (2, 7)
        assert first.raw.startswith("TY  - JOUR")

    def test_it_leaves_a_line_in_the_history_and_asks_for_duplicates(self, bring_in, review, ana):
        bring_in(TWO)
        event = events_of(review, "records.imported")[0]
        assert (event.actor, event.sentence) == (ana, "imported 2 records from medline.ris into MEDLINE.")
        assert review.jobs.get(task="records.deduplicate").state == "done"

    def test_the_job_tells_where_the_import_is(self, bring_in, review):
        batch = bring_in(TWO)
        assert batch.job.result == {
            "records": 2,
            "rejected": 0,
            "url": f"/reviews/{review.slug}/imports/{batch.pk}/",
            "label": "Show the import",
        }

    def test_nothing_shows_before_the_last_record_is_stored(self, review, search, ana, monkeypatch):
        monkeypatch.setattr(reading, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        seen = []
        step = jobs.Progress.step

        def look(progress, *args, **kwargs):
            step(progress, *args, **kwargs)
            seen.append((batch.records.count(), Record.objects.live().count()))

        monkeypatch.setattr(jobs.Progress, "step", look)
        jobs.perform(batch.job_id)
        assert seen == [(0, 0), (1, 0)]
        assert Record.objects.live().count() == 2

    def test_the_stored_file_has_a_private_name_and_no_address(self, bring_in, as_user, ana):
        batch = bring_in(TWO, "Ana's secret search.ris")
        assert "secret" not in batch.file.name
        assert re.fullmatch(r"imports/\d{4}/\d\d/[0-9a-f]{16}", batch.file.name)
        assert stored_files() == [batch.file.name]
        for address in (f"/{batch.file.name}", f"/media/{batch.file.name}", f"/static/{batch.file.name}"):
            assert as_user(ana).get(address).status_code == 404

    def test_what_is_not_read_is_listed_with_its_line(self, bring_in):
        batch = bring_in(TWO + NOTHING_IN_IT)
        assert (batch.records_read, batch.records_rejected) == (2, 1)
        assert batch.rejected[0]["line"] == 11
        assert "holds no field" in batch.rejected[0]["cause"]

    def test_only_the_first_thousand_rejections_are_kept_but_all_are_counted(self, bring_in, monkeypatch):
        monkeypatch.setattr(reading, "SHOWN_REJECTIONS", 3)
        batch = bring_in(TWO + NOTHING_IN_IT * 5)
        assert (batch.records_rejected, len(batch.rejected)) == (5, 3)

    def test_a_value_longer_than_its_column_is_kept_whole(self, bring_in):
        long = {"JO": "Journal of " + "very " * 200 + "long names", "VL": "v" * 80, "AN": "a" * 200}
        bring_in(ris({"TI": "A trial", **long}))
        record = Record.objects.get()
        assert len(record.journal) == 500
        assert record.journal.endswith("…")
        assert (record.volume, record.accession) == ("", "")
        assert record.extra["full_journal"] == [long["JO"]]
        assert record.extra["full_volume"] == [long["VL"]]
        assert record.extra["full_accession"] == [long["AN"]]

    @pytest.mark.core
    def test_zero_characters_and_lone_surrogates_do_not_break_the_database(self, bring_in, monkeypatch):
        real = reading.parse

        def parse(*args, **kwargs):
            parsed = real(*args, **kwargs)
            broken = [
                reading.ParsedRecord(
                    title="A\x00 trial \ud83d",
                    authors=["Sil\x00va"],
                    raw="TY\x00",
                    extra={"X\x00": ["\udcff"]},
                ),
                reading.Rejected(3, "no title", "\x00\ud800"),
            ]
            return type(
                "P",
                (),
                {
                    "encoding": parsed.encoding,
                    "bytes_read": 0,
                    "warnings": [],
                    "__iter__": lambda self: iter(broken),
                },
            )()

        monkeypatch.setattr(reading, "parse", parse)
        batch = bring_in(TWO)
        record = Record.objects.get()
        assert (record.title, record.authors, record.raw) == (
            "A\ufffd trial \ufffd",
            ["Sil\ufffdva"],
            "TY\ufffd",
        )
        assert record.extra == {"X\ufffd": ["\ufffd"]}
        assert batch.rejected[0]["raw"] == "\ufffd\ufffd"

    @pytest.mark.core
    def test_a_file_full_of_zero_characters_and_stray_bytes_is_read(self, bring_in):
        bring_in(b"TY  - JOUR\nTI  - A\x00 tri\x00al \xed\xa0\x80\xe9\nXX  - odd\x00 \xed\xb3\xbf\nER  - \n")
        record = Record.objects.get()
        assert record.title.startswith("A trial")
        assert "\x00" not in record.raw + str(record.extra)

    def test_a_character_beyond_the_part_that_is_looked_at_on_upload_is_read_right(self, bring_in):
        padding = ris({"TI": "A trial", "AB": "word " * 220_000})
        batch = bring_in(padding + "TY  - JOUR\nTI  - Müller’s café\nER  - \n".encode("cp1252"))
        assert batch.encoding == "cp1252"
        assert Record.objects.last().title == "Müller’s café"

    def test_its_name_loses_folders_and_unprintable_characters(self, review, search, ana):
        file = uploaded(TWO)
        file._name = "C:\\exports\\med\x00li\ud800ne\n.ris"
        assert import_file(review=review, search=search, file=file, by=ana).file_name == "medline.ris"

    @pytest.mark.core
    def test_a_very_long_name_fits(self, review, search, ana):
        batch = import_file(review=review, search=search, file=uploaded(TWO, "n" * 251 + ".ris"), by=ana)
        assert batch.file_name.endswith(".ris")
        assert len(batch.job.label) == 200


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("name", "data", "says"),
        [
            ("paper.ris", PDF, "“paper.ris” is a PDF document"),
            ("none.ris", b"", "“none.ris” is empty"),
            ("blank.ris", b" \r\n \r\n", "“blank.ris” is empty"),
            ("letter.ris", b"Dear all,\nplease find attached\n", "none of the formats"),
        ],
    )
    def test_what_cannot_be_a_search_result_leaves_nothing(self, review, search, ana, name, data, says):
        with pytest.raises(CannotImport, match=says):
            import_file(review=review, search=search, file=uploaded(data, name), by=ana)
        assert not ImportBatch.objects.exists()
        assert not Job.objects.exists()
        assert stored_files() == []

    def test_one_that_is_too_large_is_told_the_limit(self, review, search, ana, settings):
        settings.IMPORT_LIMIT_BYTES = 100
        with pytest.raises(
            CannotImport, match=r"medline\.ris: the file has 1\d\d\sbytes, the limit is 100\sbytes"
        ):
            import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        assert stored_files() == []

    @pytest.mark.parametrize(
        ("name", "data", "says"),
        [
            ("cut.xml", CUT_XML, r"cut\.xml.*[Ll]ine 2"),
            ("none.csv", NO_RECORD, r"^none\.csv: there is not a single record in it\."),
            (
                "hollow.ris",
                NOTHING_IN_IT,
                r"^hollow\.ris: no record could be read\. Line 1: The record holds",
            ),
        ],
    )
    def test_one_that_breaks_off_or_holds_nothing_fails_and_leaves_nothing(
        self, bring_in, review, name, data, says
    ):
        batch = bring_in(data, name)
        assert (batch.state, batch.job.state) == ("failed", "failed")
        assert re.search(says, batch.job.error), batch.job.error
        assert not Record.objects.exists()
        assert stored_files() == []
        assert events_of(review, "records.imported") == []
        assert bring_in(data, name).state == "failed", "the same file may be tried again"

    def test_a_fault_of_ours_leaves_no_record_and_the_job_may_be_tried_again(
        self, bring_in, monkeypatch, work
    ):
        def break_down(*args):
            raise OSError("disk full")

        with monkeypatch.context() as broken:
            broken.setattr(reading, "_finish", break_down)
            broken.setattr(reading, "BATCH_SIZE", 1)
            broken.setattr(Record.objects, "bulk_create", break_down)
            batch = bring_in(TWO)
        assert (batch.state, batch.job.state) == ("failed", "failed")
        assert "Something went wrong on our side" in batch.job.error
        assert not batch.records.exists()
        assert jobs.retry(batch.job)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.records.count()) == ("done", 2)

    def test_a_stored_file_that_is_gone_is_said(self, review, search, ana, work):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        batch.file.storage.delete(batch.file.name)
        assert "no longer kept here. Import it again." in work()[0].error

    def test_no_file_is_left_when_the_batch_cannot_be_stored(self, review, search, ana, monkeypatch):
        def break_down(**kwargs):
            raise RuntimeError

        monkeypatch.setattr(staging, "enqueue", break_down)
        with pytest.raises(RuntimeError):
            import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        assert stored_files() == []
        assert not ImportBatch.objects.exists()


class TestTheSameFile:
    def test_twice_adds_nothing_and_says_so(self, bring_in, review):
        bring_in(TWO)
        with pytest.raises(
            AlreadyImported, match=r"again\.ris: exactly this .* as medline\.ris into MEDLINE"
        ):
            bring_in(TWO, "again.ris", search=make_search(review, "Embase"))
        assert ImportBatch.objects.count() == 1
        assert Record.objects.count() == 2
        assert len(stored_files()) == 1

    def test_while_it_is_being_read_says_that(self, review, search, ana):
        import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        with pytest.raises(AlreadyImported, match="is being imported at this moment"):
            import_file(review=review, search=search, file=uploaded(TWO), by=ana)

    def test_may_be_in_another_review(self, bring_in, eve):
        bring_in(TWO)
        other = eve.memberships.get().review
        assert import_file(review=other, search=make_search(other), file=uploaded(TWO), by=eve)

    def test_may_come_again_after_its_reading_was_cancelled(self, review, search, ana, bring_in):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        assert jobs.request_cancel(batch.job)
        again = bring_in(TWO)
        batch.refresh_from_db()
        assert (batch.state, again.state) == ("failed", "done")
        assert Record.objects.count() == 2
        assert stored_files() == [again.file.name]

    def test_may_not_be_retried_when_it_came_in_meanwhile(self, review, search, ana, bring_in, work):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        jobs.request_cancel(batch.job)
        bring_in(TWO)
        jobs.retry(batch.job)
        assert "exactly this file was imported" in work()[0].error
        assert Record.objects.live().count() == 2


class TestManyRecords:
    def test_they_are_stored_in_batches(
        self, review, search, ana, monkeypatch, django_assert_max_num_queries
    ):
        monkeypatch.setattr(reading, "BATCH_SIZE", 100)
        batch = import_file(review=review, search=search, file=uploaded(b"".join(many(1000))), by=ana)
        with django_assert_max_num_queries(110):  # ten batches of half a dozen queries, and the frame
            jobs.perform(batch.job_id)
        assert Record.objects.live().count() == 1000


class TestSeveralFiles:
    def bring(self, review, by, *files, search=None, **new):
        return import_files(
            review=review, files=files, by=by, search=search, new_search={"source": "Embase", **new}
        )

    def test_good_ones_come_in_and_the_bad_ones_are_named(self, review, ana, work):
        batches, refusals = self.bring(
            review,
            ana,
            uploaded(PDF, "a.pdf"),
            uploaded(TWO, "b.ris"),
            uploaded(TWO, "c.ris"),
            uploaded(b"", "d.ris"),
        )
        assert [batch.file_name for batch in batches] == ["b.ris"]
        assert [name in str(refusals[at]) for at, name in enumerate(["a.pdf", "c.ris", "d.ris"])] == [
            True
        ] * 3
        assert batches[0].search.source == "Embase"
        work()
        assert Record.objects.live().count() == 2

    def test_no_empty_source_is_left_when_all_are_refused(self, review, ana, bring_in):
        bring_in(TWO)
        batches, refusals = self.bring(review, ana, uploaded(TWO, "again.ris"), uploaded(PDF))
        assert (batches, len(refusals)) == ([], 2)
        assert [search.source for search in review.searches.all()] == ["MEDLINE"]
        assert events_of(review, "records.search_added") == []

    def test_a_source_that_cannot_be_is_refused_before_anything(self, review, ana, search):
        with pytest.raises(SearchRefused, match="at most 120 characters"):
            self.bring(review, ana, uploaded(TWO), source="x" * 121)
        assert not ImportBatch.objects.exists()
        assert stored_files() == []


def test_a_file_object_read_before_is_read_from_its_beginning(review, search, ana, work):
    file = SimpleUploadedFile("medline.ris", TWO)
    file.read()
    import_file(review=review, search=search, file=file, by=ana)
    work()
    assert Record.objects.live().count() == 2
