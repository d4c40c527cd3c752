"""Files come in whole or not at all; each thing that is wrong has its sentence."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from records.models import ImportBatch, Record
from records.services import (
    AlreadyImported,
    CannotImport,
    NothingToUndo,
    SearchExists,
    SearchRefused,
    add_search,
    amend_search,
    import_file,
    import_files,
    importing,
    read_batch,
    undo_import,
)
from reviews import jobs
from reviews.models import Job
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import (
    CUT_XML,
    NO_RECORD,
    NOTHING_IN_IT,
    PDF,
    many,
    pair,
    ris,
    stored_files,
    uploaded,
)

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})


def events(review, verb):
    return [*review.events.filter(verb=verb)]


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
        event = events(review, "records.imported")[0]
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
        monkeypatch.setattr(importing, "BATCH_SIZE", 1)
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
        monkeypatch.setattr(importing, "SHOWN_REJECTIONS", 3)
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
        real = importing.parse

        def parse(*args, **kwargs):
            parsed = real(*args, **kwargs)
            broken = [
                importing.ParsedRecord(
                    title="A\x00 trial \ud83d",
                    authors=["Sil\x00va"],
                    raw="TY\x00",
                    extra={"X\x00": ["\udcff"]},
                ),
                importing.Rejected(3, "no title", "\x00\ud800"),
            ]
            return type("P", (), {"encoding": parsed.encoding, "__iter__": lambda self: iter(broken)})()

        monkeypatch.setattr(importing, "parse", parse)
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
        settings.UPLOAD_LIMIT_BYTES = 100
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
        assert events(review, "records.imported") == []
        assert bring_in(data, name).state == "failed", "the same file may be tried again"

    def test_a_fault_of_ours_leaves_no_record_and_the_job_may_be_tried_again(
        self, bring_in, monkeypatch, work
    ):
        def break_down(*args):
            raise OSError("disk full")

        with monkeypatch.context() as broken:
            broken.setattr(importing, "_finish", break_down)
            broken.setattr(importing, "BATCH_SIZE", 1)
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

        monkeypatch.setattr(importing, "enqueue", break_down)
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


class TestInterruptedReadings:
    @pytest.fixture
    def running(self, review, search, ana, monkeypatch):
        """A worker that has stored half the file and then fell silent: (batch, its progress)."""
        monkeypatch.setattr(importing, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        progress = jobs.Progress(jobs.claim(batch.job_id))
        real = Record.objects.bulk_create
        calls = []

        def die_on_the_second(rows):
            calls.append(rows)
            if len(calls) == 2:
                raise SystemExit
            return real(rows)

        with monkeypatch.context() as dying:
            dying.setattr(Record.objects, "bulk_create", die_on_the_second)
            with pytest.raises(SystemExit):
                read_batch(batch=batch, progress=progress)
        assert batch.records.count() == 1
        return batch, progress

    def lease_ends(self):
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def test_the_next_worker_begins_anew_and_doubles_nothing(self, running):
        batch, _ = running
        self.lease_ends()
        jobs.perform(batch.job_id)
        batch.refresh_from_db()
        assert (batch.state, batch.records_read) == ("done", 2)
        assert [record.position for record in Record.objects.live().order_by("position")] == [1, 2]

    @pytest.mark.core
    def test_the_first_worker_waking_up_writes_and_clears_nothing(self, running):
        batch, first = running
        self.lease_ends()
        second = jobs.Progress(jobs.claim(batch.job_id))
        with pytest.raises(jobs.Superseded):
            read_batch(batch=ImportBatch.objects.get(pk=batch.pk), progress=first)
        assert batch.records.count() == 1
        read_batch(batch=ImportBatch.objects.get(pk=batch.pk), progress=second)
        with pytest.raises(jobs.Superseded):
            importing._give_up(batch, first, [], keep_file=False)
        assert Record.objects.live().count() == 2
        assert len(stored_files()) == 1

    def test_a_worker_that_lost_its_job_between_two_chunks_stores_no_more(
        self, review, search, ana, monkeypatch
    ):
        monkeypatch.setattr(importing, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        first = jobs.Progress(jobs.claim(batch.job_id))
        real = Record.objects.bulk_create

        def lose_it(rows):
            monkeypatch.setattr(Record.objects, "bulk_create", real)
            found = real(rows)
            self.lease_ends()
            jobs.claim(batch.job_id)
            return found

        monkeypatch.setattr(Record.objects, "bulk_create", lose_it)
        with pytest.raises(jobs.Superseded):
            read_batch(batch=batch, progress=first)
        assert batch.records.count() == 1

    @pytest.mark.usefixtures("running")
    def test_given_up_after_three_deaths_it_bars_nobody(self, bring_in):
        Job.objects.update(attempts=jobs.MAX_ATTEMPTS)
        self.lease_ends()
        jobs.sweep()
        assert bring_in(TWO).state == "done"
        assert Record.objects.count() == 2, "what the dead worker left is cleared"

    def test_cancelled_half_way_it_keeps_no_record_and_may_be_retried(
        self, review, search, ana, monkeypatch, work
    ):
        monkeypatch.setattr(importing, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
        step = jobs.Progress.step

        def cancel_at_the_second(progress, done, *args, **kwargs):
            if done == 2:
                jobs.request_cancel(batch.job)
            step(progress, done, *args, **kwargs)

        with monkeypatch.context() as cancelling:
            cancelling.setattr(jobs.Progress, "step", cancel_at_the_second)
            jobs.perform(batch.job_id)
        batch.refresh_from_db()
        assert (batch.state, batch.job.state, batch.records.count()) == ("failed", "cancelled", 0)
        jobs.retry(batch.job)
        work()
        assert Record.objects.live().count() == 2

    def test_reading_a_finished_import_again_changes_nothing(self, bring_in):
        batch = bring_in(TWO)
        assert read_batch(batch=batch, progress=jobs.Progress(batch.job)) == {}
        assert Record.objects.count() == 2


class TestManyRecords:
    def test_they_are_stored_in_batches(
        self, review, search, ana, monkeypatch, django_assert_max_num_queries
    ):
        monkeypatch.setattr(importing, "BATCH_SIZE", 100)
        batch = import_file(review=review, search=search, file=uploaded(b"".join(many(1000))), by=ana)
        with django_assert_max_num_queries(100):  # ten batches of half a dozen queries, and the frame
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
        assert events(review, "records.search_added") == []

    def test_a_source_that_cannot_be_is_refused_before_anything(self, review, ana, search):
        with pytest.raises(SearchExists, match="already has a search of medline"):
            self.bring(review, ana, uploaded(TWO), source="medline")
        assert not ImportBatch.objects.exists()
        assert stored_files() == []


class TestUndo:
    def test_takes_the_records_out_and_says_who(self, bring_in, review, ana, ben):
        batch = undo_import(batch=bring_in(TWO), by=ana)
        assert (batch.state, batch.undone_by) == ("undone", ana)
        assert batch.undone_at is not None
        assert not Record.objects.live().exists()
        assert Record.objects.count() == 2, "rows stay for the history"
        event = events(review, "records.import_undone")[0]
        assert (event.actor, event.sentence) == (
            ana,
            "undid the import of medline.ris: 2 records left the review.",
        )

    def test_twice_is_refused(self, bring_in, ana):
        batch = undo_import(batch=bring_in(TWO), by=ana)
        with pytest.raises(NothingToUndo, match=r"medline\.ris is undone: there is nothing to undo"):
            undo_import(batch=batch, by=ana)

    def test_of_a_failed_import_is_refused(self, bring_in, ana):
        with pytest.raises(NothingToUndo, match="is failed"):
            undo_import(batch=bring_in(CUT_XML, "cut.xml"), by=ana)

    def test_lets_the_same_file_come_again(self, bring_in, ana):
        undo_import(batch=bring_in(TWO), by=ana)
        assert bring_in(TWO).state == "done"
        assert Record.objects.live().count() == 2

    def test_passes_its_groups_on_and_takes_lent_fields_back(self, review, ana):
        leaving, staying = make_batch(review), make_batch(review, make_search(review, "Embase"))
        leader = make_record(review, "A trial", batch=leaving, doi="10.1/leader")
        second = make_record(review, "A trial", batch=staying, pages="1-9")
        third = make_record(review, "A trial.", batch=staying, abstract="Long", issue="4")
        for other in (second, third):
            pair(leader, other, state="merged")
            Record.objects.filter(pk=other.pk).update(duplicate_of=leader)
        Record.objects.filter(pk=leader.pk).update(pages="1-9", filled={"pages": second.pk})
        undo_import(batch=leaving, by=ana)
        for record in (leader, second, third):
            record.refresh_from_db()
        assert (leader.duplicate_of, leader.pages, leader.filled) == (None, "", {})
        assert (third.duplicate_of, third.pages, third.filled) == (None, "1-9", {"pages": second.pk})
        assert (second.duplicate_of, second.doi) == (third, "")
        assert not Record.objects.filter(doi="10.1/leader", batch=staying).exists()

    def test_takes_back_what_its_records_lent(self, review, ana):
        staying, leaving = make_batch(review), make_batch(review)
        leader = make_record(review, "A trial", batch=staying, doi="10.1/lent")
        lender = make_record(review, "A trial", batch=leaving, doi="10.1/lent")
        pair(leader, lender, state="merged")
        Record.objects.filter(pk=leader.pk).update(filled={"doi": lender.pk})
        Record.objects.filter(pk=lender.pk).update(duplicate_of=leader)
        undo_import(batch=leaving, by=ana)
        leader.refresh_from_db()
        lender.refresh_from_db()
        assert (leader.doi, leader.filled, lender.duplicate_of) == ("", {}, None)


class TestSearches:
    def test_a_search_is_described_with_a_line_in_the_history(self, review, ana):
        search = add_search(review=review, source=" MEDLINE ", platform="Ovid", by=ana, hits_reported=12)
        assert (search.source, search.created_by, search.hits_reported) == ("MEDLINE", ana, 12)
        assert events(review, "records.search_added")[0].sentence == "added the search of MEDLINE (Ovid)."

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"source": "  "}, "source"),
            ({"source": "x" * 121}, "source"),
            ({"source": "CINAHL", "source_type": "oracle"}, "source_type"),
            ({"source": "CINAHL", "hits_reported": -1}, "hits_reported"),
            ({"source": "medline"}, "source"),
        ],
    )
    def test_nonsense_is_refused_and_names_the_field(self, review, ana, search, fields, field):
        with pytest.raises(SearchRefused) as refusal:
            add_search(review=review, by=ana, **fields)
        assert refusal.value.field == field
        assert review.searches.count() == 1
        assert events(review, "records.search_added") == []

    def test_an_amendment_keeps_the_old_values_in_the_history(self, review, ana, search):
        changes = {
            "query": " depress*\nAND therapy ",
            "searched_on": timezone.now().date(),
            "source": "MEDLINE",
        }
        search = amend_search(search=search, by=ana, changes=changes)
        assert search.query == "depress*\nAND therapy"
        event = events(review, "records.search_amended")[0]
        assert event.detail == {
            "changes": {
                "query": {"old": "", "new": "depress*\nAND therapy"},
                "searched_on": {"old": None, "new": changes["searched_on"].isoformat()},
            }
        }

    def test_an_amendment_that_changes_nothing_is_no_event(self, review, ana, search):
        amend_search(search=search, by=ana, changes={"source": "MEDLINE "})
        assert events(review, "records.search_amended") == []

    def test_an_amendment_cannot_make_two_of_one(self, review, ana, search):
        other = make_search(review, "Embase")
        with pytest.raises(SearchExists, match="already has a search of Medline"):
            amend_search(search=other, by=ana, changes={"source": "Medline"})
        other.refresh_from_db()
        assert other.source == "Embase"


def test_a_file_object_read_before_is_read_from_its_beginning(review, search, ana, work):
    file = SimpleUploadedFile("medline.ris", TWO)
    file.read()
    import_file(review=review, search=search, file=file, by=ana)
    work()
    assert Record.objects.live().count() == 2
