"""A file that is read first and looked at: nothing is in the review before somebody says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from records.models import ImportBatch, Record
from records.services import (
    AlreadyImported,
    CannotImport,
    NotInThisState,
    commit_import,
    commit_imports,
    discard_import,
    import_file,
    reading,
    reread_import,
    undo_import,
)
from records.services.familiar import Familiar
from reviews import jobs
from reviews.models import Job
from tests.factories import make_batch, make_record
from tests.records.conftest import CUT_XML, NO_RECORD, NOTHING_IN_IT, events_of, ris, stored_files, uploaded

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})
CYRILLIC = "TY  - JOUR\nTI  - Влияние сна на память взрослых людей\nER  - \n".encode("cp1251")


@pytest.fixture
def ready(bring_in):
    """``ready()`` is a file that was read and waits."""
    return lambda data=TWO, name="medline.ris", **more: bring_in(data, name, check_first=True, **more)


class TestReadOnly:
    def test_what_was_read_waits_and_is_not_in_the_review(self, ready, review):
        batch = ready()
        assert (batch.state, batch.records_read) == ("ready", 2)
        assert batch.records.count() == 2
        assert not Record.objects.live().exists()
        assert events_of(review, "records.imported") == []
        assert not review.jobs.filter(task="records.deduplicate").exists()
        assert batch.job.result["label"] == "Check the file"

    def test_what_the_records_lack_is_counted(self, ready):
        batch = ready(TWO + ris({"TI": "No year", "DO": "10.1000/x", "AB": "Text", "JO": "Sleep"}))
        assert batch.missing == {"abstract": 2, "authors": 2, "journal": 2, "doi": 2, "year": 1}

    def test_warnings_are_kept(self, ready):
        batch = ready(TWO + b"TY  - JOUR\nTI  - M\xfcller in an UTF-8 file \xc3\xbc\xc3\xbc\nER  - \n")
        assert batch.warnings
        assert all(sentence.endswith(".") for sentence in batch.warnings)

    def test_records_the_review_has_and_doubles_are_counted(self, ready, review):
        make_record(review, "A trial of rest in old age", year=2019, doi="10.1000/here", pmid="77")
        same = ris(
            {"TI": "Other words", "DO": "10.1000/HERE"},
            {"TI": "A Trial of rest, in old age!", "PY": "2019"},
            {"TI": "A trial of rest in old age", "PY": "2020"},
            {"TI": "Editorial", "PY": "2019"},
            {"TI": "Editorial", "PY": "2019"},
            {"TI": "A long enough title of a paper", "PY": "2001"},
            {"TI": "A long enough title of a paper", "PY": "2001"},
        )
        batch = ready(same)
        assert (batch.known, batch.doubled) == (2, 1)

    def test_records_of_other_reviews_and_undone_imports_are_not_known(self, ready, review, eve):
        make_record(eve.memberships.get().review, doi="10.1000/there")
        gone = make_record(review, doi="10.1000/gone", batch=make_batch(review))
        ImportBatch.objects.filter(pk=gone.batch_id).update(state="undone")
        batch = ready(ris({"TI": "A", "DO": "10.1000/there"}, {"TI": "B", "DO": "10.1000/gone"}))
        assert batch.known == 0

    def test_the_look_costs_one_query_however_many_records(self, review, django_assert_num_queries):
        for number in range(20):
            make_record(review, doi=f"10.1000/{number}")
        with django_assert_num_queries(1):
            Familiar(review)

    def test_progress_tells_how_many_there_may_be(self, review, search, ana, monkeypatch):
        monkeypatch.setattr(reading, "BATCH_SIZE", 50)
        data = b"".join(ris({"TI": f"Trial {n}", "AB": "word " * 60}) for n in range(400))
        batch = import_file(review=review, search=search, file=uploaded(data), by=ana, check_first=True)
        seen = []
        step = jobs.Progress.step

        def look(progress, done, total=0, message=""):
            seen.append((done, total, message))
            step(progress, done, total, message)

        monkeypatch.setattr(jobs.Progress, "step", look)
        jobs.perform(batch.job_id)
        done, total, message = seen[3]
        assert done == 200
        assert 300 < total < 520, "told from the bytes that were read"
        assert message.startswith("200 records read of about ")


@pytest.mark.core
class TestCommit:
    def test_lets_the_records_in_and_says_who(self, ready, review, ben, ana, work):
        batch = commit_import(batch=ready(), by=ben)
        assert batch.state == "done"
        assert Record.objects.live().count() == 2
        event = events_of(review, "records.imported")[0]
        assert (event.actor, event.sentence) == (ben, "imported 2 records from medline.ris into MEDLINE.")
        assert event.detail["checked"] is True
        assert batch.imported_by == ana
        assert [job.task for job in work()] == ["records.deduplicate"]

    def test_twice_is_refused(self, ready, ana):
        batch = commit_import(batch=ready(), by=ana)
        with pytest.raises(
            NotInThisState, match=r"medline\.ris is in the review already\. Nothing was imported"
        ):
            commit_import(batch=batch, by=ana)
        assert Record.objects.live().count() == 2

    def test_while_it_is_read_is_refused(self, review, search, ana):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana, check_first=True)
        for deed in (commit_import, discard_import):
            with pytest.raises(NotInThisState, match="is being read at this moment"):
                deed(batch=batch, by=ana)

    def test_several_are_all_or_none(self, ready, ana):
        first, second = ready(), ready(ris("Music for sleep"), "more.ris")
        discard_import(batch=second, by=ana)
        with pytest.raises(NotInThisState, match=r"more\.ris was discarded"):
            commit_imports(batches=[first, second], by=ana)
        assert not Record.objects.live().exists()

    def test_several_ask_once_for_duplicates(self, ready, review, ana):
        commit_imports(batches=[ready(), ready(ris("Music for sleep"), "more.ris")], by=ana)
        assert Record.objects.live().count() == 3
        assert review.jobs.filter(task="records.deduplicate").count() == 1


class TestDiscard:
    def test_leaves_nothing_but_a_line_in_the_history(self, ready, review, ana):
        batch = discard_import(batch=ready(), by=ana)
        assert (batch.state, batch.records_read) == ("discarded", 2)
        assert not Record.objects.exists()
        event = events_of(review, "records.import_discarded")[0]
        assert event.sentence == "discarded medline.ris before it was imported into MEDLINE."

    @pytest.mark.django_db(transaction=True)
    def test_deletes_the_file(self, review, search, ana):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana, check_first=True)
        jobs.perform(batch.job_id)
        assert len(stored_files()) == 1
        discard_import(batch=batch, by=ana)
        assert stored_files() == []

    def test_lets_the_file_come_again(self, ready, ana):
        discard_import(batch=ready(), by=ana)
        assert ready().state == "ready"

    def test_of_what_is_in_the_review_is_refused_and_says_undo(self, bring_in, ana):
        batch = bring_in(TWO)
        with pytest.raises(NotInThisState, match=r"Nothing was discarded\. Undo the import instead"):
            discard_import(batch=batch, by=ana)
        assert Record.objects.live().count() == 2

    def test_of_a_cancelled_reading_is_possible(self, review, search, ana):
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana, check_first=True)
        jobs.request_cancel(batch.job)
        batch.refresh_from_db()
        assert discard_import(batch=batch, by=ana).state == "discarded"


class TestTheSameFile:
    def test_while_it_waits_adds_nothing_and_says_so(self, ready):
        ready()
        with pytest.raises(
            AlreadyImported, match=r"again\.ris: exactly this file was uploaded .* waits to be"
        ):
            ready(name="again.ris")
        assert ImportBatch.objects.count() == 1

    def test_is_not_undone_while_it_waits(self, ready, ana):
        with pytest.raises(Exception, match="is to check: there is nothing to undo"):
            undo_import(batch=ready(), by=ana)


class TestAnotherEncoding:
    def test_is_read_again_and_the_first_reading_is_gone(self, ready, ana, work):
        batch = ready(CYRILLIC, encoding="cp1252")
        assert "сна" not in batch.records.get().title
        batch = reread_import(batch=batch, encoding="windows-1251", by=ana)
        assert batch.state == "waiting"
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.chosen_encoding, batch.encoding) == ("ready", "cp1251", "cp1251")
        assert [record.title for record in batch.records.all()] == ["Влияние сна на память взрослых людей"]

    def test_may_be_left_to_us_again(self, ready, ana, work):
        batch = ready("TY  - JOUR\nTI  - Müller’s trial\nER  - \n".encode(), encoding="cp1251")
        reread_import(batch=batch, encoding="", by=ana)
        work()
        assert batch.records.get().title == "Müller’s trial"

    @pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "utf-7", "a\x00b"])
    def test_one_that_is_not_offered_is_refused(self, ready, review, search, ana, name):
        batch = ready()
        with pytest.raises(
            CannotImport, match=r"is not an encoding that can be chosen\. Choose one of utf-8"
        ):
            reread_import(batch=batch, encoding=name, by=ana)
        with pytest.raises(CannotImport, match="is not an encoding"):
            import_file(review=review, search=search, file=uploaded(ris("B")), by=ana, encoding=name)
        assert batch.records.count() == 2

    def test_in_which_nothing_can_be_read_keeps_the_file_for_another(self, ready, ana, work):
        batch = ready()
        reread_import(batch=batch, encoding="utf-16", by=ana)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.records.count(), bool(batch.file)) == ("failed", 0, True)
        reread_import(batch=batch, encoding="utf-8", by=ana)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.records.count()) == ("ready", 2)

    def test_of_what_is_in_the_review_is_refused(self, bring_in, ana):
        with pytest.raises(NotInThisState, match=r"is in the review already\. It was not read again"):
            reread_import(batch=bring_in(TWO), encoding="utf-8", by=ana)


class TestBadFiles:
    @pytest.mark.parametrize(
        ("name", "data", "state"),
        [
            ("cut.xml", CUT_XML, "failed"),
            ("hollow.ris", NOTHING_IN_IT, "failed"),
            ("none.csv", NO_RECORD, "mapping"),
        ],
    )
    def test_fail_with_a_sentence_and_no_record(self, ready, name, data, state):
        batch = ready(data, name)
        assert (batch.state, batch.job.state) == (state, "failed")
        assert name in batch.job.error
        assert not Record.objects.exists()

    def test_rejected_entries_are_all_given_back_though_the_first_alone_are_kept(self, ready, monkeypatch):
        monkeypatch.setattr(reading, "SHOWN_REJECTIONS", 2)
        batch = ready(TWO + NOTHING_IN_IT * 4)
        assert (batch.records_rejected, len(batch.rejected)) == (4, 2)
        lines = [item["line"] for item in reading.all_rejected(batch)]
        assert lines == [11, 13, 15, 17]
        batch.file.storage.delete(batch.file.name)
        assert len([*reading.all_rejected(batch)]) == 2, "without the file there are those that were kept"


@pytest.mark.core
class TestKilledAndCancelled:
    def test_a_killed_worker_is_followed_by_one_that_begins_anew(self, review, search, ana, monkeypatch):
        monkeypatch.setattr(reading, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana, check_first=True)
        real, calls = Record.objects.bulk_create, []

        def die_on_the_second(rows):
            calls.append(rows)
            if len(calls) == 2:
                raise SystemExit
            return real(rows)

        with monkeypatch.context() as dying:
            dying.setattr(Record.objects, "bulk_create", die_on_the_second)
            with pytest.raises(SystemExit):
                jobs.perform(batch.job_id)
        assert batch.records.count() == 1
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        jobs.perform(batch.job_id)
        batch.refresh_from_db()
        assert (batch.state, batch.records.count()) == ("ready", 2)
        assert commit_import(batch=batch, by=ana).records.count() == 2

    def test_cancelled_while_it_is_read_it_keeps_the_file_alone(self, review, search, ana, monkeypatch):
        monkeypatch.setattr(reading, "BATCH_SIZE", 1)
        batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana, check_first=True)
        step = jobs.Progress.step

        def cancel_at_the_second(progress, done, *args, **kwargs):
            if done == 2:
                jobs.request_cancel(batch.job)
            step(progress, done, *args, **kwargs)

        monkeypatch.setattr(jobs.Progress, "step", cancel_at_the_second)
        jobs.perform(batch.job_id)
        batch.refresh_from_db()
        assert (batch.state, batch.job.state, batch.records.count()) == ("failed", "cancelled", 0)
        assert bool(batch.file)

    def test_an_earlier_reading_that_is_tried_again_changes_nothing(self, ready, ana, work):
        batch = ready()
        first = batch.job
        reread_import(batch=batch, encoding="utf-8", by=ana)
        work()
        Job.objects.filter(pk=first.pk).update(state="failed")
        jobs.retry(first)
        work()
        batch.refresh_from_db()
        assert (batch.state, batch.records.count()) == ("ready", 2)
