"""Searches, imports and duplicates in the browser: who may, what is shown, what is refused."""

import re

import pytest
from django.urls import reverse

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services import merge_candidate
from reviews.models import Job
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import (
    CUT_XML,
    NOTHING_IN_IT,
    PDF,
    events_of,
    pair,
    ris,
    said,
    stored_files,
    text,
    uploaded,
)

State = DuplicateCandidate.State
ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"})


class TestWhoMay:
    READ = ("searches", "batch", "batch_rejected", "duplicates", "decided", "to_check")
    READ += ("search_report", "search_report_file")
    IMPORT = ("upload", "search_edit", "batch_undo", "columns", "search_report_edit")
    SETTLE = ("import_all", "batch_import", "batch_discard", "batch_reread", "batch_hits")
    WRITE = (*SETTLE, "find_duplicates", "duplicate_decide", "duplicate_reopen", "split")

    @pytest.fixture
    def address(self, to, review, search, two_pairs):
        args = {
            "batch": [two_pairs[0].left.batch_id],
            "batch_rejected": [two_pairs[0].left.batch_id],
            "batch_undo": [two_pairs[0].left.batch_id],
            "batch_import": [two_pairs[0].left.batch_id],
            "batch_discard": [two_pairs[0].left.batch_id],
            "batch_reread": [two_pairs[0].left.batch_id],
            "batch_hits": [two_pairs[0].left.batch_id],
            "columns": [two_pairs[0].left.batch_id],
            "search_edit": [search.pk],
            "decided": ["merged"],
            "duplicate_decide": [two_pairs[0].pk],
            "duplicate_reopen": [two_pairs[0].pk],
            "split": [two_pairs[0].left_id],
        }
        return lambda name: to(name, *args.get(name, []))

    @pytest.mark.parametrize("name", [*READ, *IMPORT, *WRITE])
    def test_a_stranger_gets_404_and_nobody_the_sign_in(self, as_user, eve, client, address, name):
        stranger = as_user(eve)
        assert stranger.get(address(name)).status_code == 404
        assert stranger.post(address(name)).status_code == 404
        assert client.get(address(name)).status_code == 302

    @pytest.mark.parametrize("name", READ)
    def test_every_member_may_read(self, as_user, observer, address, name):
        assert as_user(observer).get(address(name)).status_code == 200
        assert as_user(observer).post(address(name)).status_code == 405

    @pytest.mark.parametrize("name", [*IMPORT, *WRITE])
    def test_an_observer_changes_nothing(self, as_user, observer, address, name):
        assert as_user(observer).post(address(name)).status_code == 403

    @pytest.mark.parametrize("name", [*IMPORT, *SETTLE])
    def test_a_reviewer_does_not_import(self, as_user, ben, address, name):
        assert as_user(ben).post(address(name)).status_code == 403

    @pytest.mark.parametrize("name", WRITE)
    def test_writing_is_never_a_link(self, as_user, ana, address, name):
        assert as_user(ana).get(address(name)).status_code == 405

    @pytest.mark.parametrize("name", ["batch", "batch_rejected", "batch_undo", "search_edit",
                                      "batch_import", "batch_discard", "batch_reread", "batch_hits", "columns",
                                      "duplicate_decide",
                                      "duplicate_reopen", "split"])  # fmt: skip
    def test_what_belongs_to_another_review_is_not_found(self, as_user, ana, eve, to, name):
        other = eve.memberships.get().review
        left, right = make_record(other), make_record(other)
        foreign = {
            "search_edit": left.search_id,
            "split": left.pk,
            "duplicate_decide": pair(left, right).pk if "duplicate" in name else 0,
        }
        foreign["duplicate_reopen"] = foreign["duplicate_decide"]
        address = to(name, foreign.get(name, left.batch_id))
        client = as_user(ana)
        assert {client.get(address).status_code, client.post(address).status_code} <= {404, 405}
        assert client.post(address).status_code in (404, 405)
        left.refresh_from_db()
        assert left.duplicate_of is None


class TestSearches:
    def test_without_any_it_says_what_to_do_and_who_may(self, as_user, ana, ben, to):
        assert "Export the results of each database" in text(as_user(ana).get(to("searches")))
        assert "a librarian of the review imports" in text(as_user(ben).get(to("searches")))

    def test_each_source_shows_what_was_reported_read_and_left(
        self, as_user, ana, to, review, bring_in, search
    ):
        search.hits_reported = 3
        search.save()
        bring_in(ris("A trial of rest", "Yoga at work") + NOTHING_IN_IT)
        left, right = Record.objects.all()
        merge_candidate(candidate=pair(left, right), by=ana)
        page = text(as_user(ana).get(to("searches")))
        assert "MEDLINE Database – 3 1 fewer 2 1" in page
        assert "medline.ris MEDLINE Imported 2 1 Ana" in page

    def test_ten_more_files_cost_no_more_queries(
        self, as_user, ana, to, review, django_assert_max_num_queries
    ):
        make_batch(review)
        client = as_user(ana)
        client.get(to("searches"))
        with django_assert_max_num_queries(10) as first:
            client.get(to("searches"))
        for number in range(10):
            make_record(review, batch=make_batch(review, make_search(review, f"Source {number}")))
        with django_assert_max_num_queries(len(first)):
            assert "Source 9" in text(client.get(to("searches")))

    def test_the_description_keeps_old_and_new_in_the_history(self, as_user, ana, to, review, search):
        values = {"source": "MEDLINE", "source_type": "database", "platform": "Ovid", "query": "depress*"}
        response = as_user(ana).post(to("search_edit", search.pk), values)
        assert response.url == to("searches")
        search.refresh_from_db()
        assert (search.platform, search.query) == ("Ovid", "depress*")
        assert events_of(review, "records.search_amended")[0].detail["changes"] == {
            "platform": {"old": "", "new": "Ovid"},
            "query": {"old": "", "new": "depress*"},
        }

    def test_a_description_that_cannot_be_is_refused_and_keeps_its_title(
        self, as_user, ana, to, review, search
    ):
        make_search(review, "Embase")
        client = as_user(ana)
        response = client.post(to("search_edit", search.pk), {"source": "embase", "source_type": "database"})
        assert response.status_code == 422
        assert "already has a search of embase" in text(response)
        assert "<h1>MEDLINE</h1>" in response.content.decode()
        assert client.post(to("search_edit", search.pk), {"source": ""}).status_code == 422
        search.refresh_from_db()
        assert search.source == "MEDLINE"


class TestUpload:
    def test_a_file_with_a_new_source_leads_to_its_import(self, as_user, ana, to, review):
        form = {"files": uploaded(ONE), "source": "MEDLINE", "source_type": "database", "platform": "Ovid"}
        response = as_user(ana).post(to("upload"), form | {"hits_reported": "1"})
        batch = ImportBatch.objects.get()
        assert response.url == to("batch", batch.pk)
        assert (batch.search.platform, batch.search.hits_reported, batch.imported_by) == ("Ovid", 1, ana)

    def test_a_librarian_may_import_into_a_known_source(self, as_user, librarian, to, search):
        client = as_user(librarian)
        assert (
            f'<option value="{search.pk}" selected>'
            in client.get(to("upload") + f"?search={search.pk}").content.decode()
        )
        client.post(to("upload"), {"files": uploaded(ONE), "search": search.pk})
        assert ImportBatch.objects.get().search == search

    def test_of_several_files_the_good_ones_are_imported_and_the_bad_ones_named(self, as_user, ana, to):
        files = [uploaded(ONE, "one.ris"), uploaded(PDF, "paper.pdf"), uploaded(ris("Two"), "two.ris")]
        client = as_user(ana)
        response = client.post(to("upload"), {"files": files, "source": "MEDLINE", "source_type": "database"})
        assert response.url == to("to_check")
        page = said(client, response)
        assert "“paper.pdf” is a PDF document" in page
        assert "one.ris RIS MEDLINE Reading" in page
        assert "two.ris RIS MEDLINE Reading" in page

    @pytest.mark.parametrize(
        ("files", "more", "says"),
        [
            ([(PDF, "paper.ris")], {}, "“paper.ris” is a PDF document"),
            ([(b"", "none.ris"), (b"hello", "letter.ris")], {}, "“none.ris” is empty"),
            ([(b"", "none.ris"), (b"hello", "letter.ris")], {}, "“letter.ris” is in none of the formats"),
            ([], {}, "This field is required"),
            ([(ONE, "a.ris")], {"source": " "}, "Say where these records come from"),
            ([(ONE, "a.ris")], {"source": "x" * 200}, "at most 120 characters"),
            ([(ONE, "a.ris")], {"source_type": "oracle"}, "not one of the available choices"),
            ([(ONE, "a.ris")], {"hits_reported": "-1"}, "greater than or equal to 0"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence_and_nothing_is_left(
        self, as_user, ana, to, review, files, more, says
    ):
        given = [uploaded(data, name) for data, name in files]
        form = {"files": given, "source": "MEDLINE", "source_type": "database"} | more
        response = as_user(ana).post(to("upload"), form)
        assert response.status_code == 422
        assert says in text(response)
        assert not review.searches.exists()
        assert not ImportBatch.objects.exists()
        assert stored_files() == []

    def test_a_file_that_is_too_large_is_refused(self, as_user, ana, to, settings):
        settings.IMPORT_LIMIT_BYTES = 10
        response = as_user(ana).post(
            to("upload"), {"files": uploaded(ONE), "source": "MEDLINE", "source_type": "database"}
        )
        assert response.status_code == 422
        assert "the limit is 10" in text(response)

    def test_the_same_file_again_is_refused_and_leaves_no_new_source(
        self, as_user, ana, to, bring_in, review
    ):
        bring_in(ONE)
        form = {"files": uploaded(ONE, "again.ris"), "source": "Embase", "source_type": "database"}
        response = as_user(ana).post(to("upload"), form)
        assert response.status_code == 422
        assert "again.ris: exactly this file was imported on" in text(response)
        assert review.searches.count() == 1

    def test_a_source_is_chosen_or_named(self, as_user, ana, to, review, search):
        form = {"files": uploaded(ONE), "source": "Embase", "search": search.pk}
        response = as_user(ana).post(to("upload"), form)
        assert response.status_code == 422
        assert "not both" in text(response)
        assert not ImportBatch.objects.exists()

    @pytest.mark.parametrize("chosen", [True, False])
    def test_a_new_source_that_is_an_old_one_is_taken_and_told(
        self, as_user, ana, to, review, search, chosen
    ):
        client = as_user(ana)
        form = {"files": uploaded(ONE), "source": "medline ", "hits_reported": "7"}
        response = client.post(to("upload"), form | ({"search": search.pk} if chosen else {}))
        assert response.url == to("batch", ImportBatch.objects.get().pk)
        assert [(one.pk, one.hits_reported) for one in review.searches.all()] == [(search.pk, 7)]
        assert ("The review has MEDLINE already" in said(client, response)) is not chosen

    def test_another_platform_is_another_source(self, as_user, ana, to, review, search):
        form = {"files": uploaded(ONE), "source": "MEDLINE", "platform": "Ovid"}
        assert as_user(ana).post(to("upload"), form).status_code == 302
        assert [str(one) for one in review.searches.all()] == ["MEDLINE", "MEDLINE (Ovid)"]

    def test_a_source_of_another_review_cannot_be_chosen(self, as_user, ana, eve, to, search):
        foreign = make_search(eve.memberships.get().review)
        response = as_user(ana).post(to("upload"), {"files": uploaded(ONE), "search": foreign.pk})
        assert response.status_code == 422
        assert as_user(ana).get(to("upload") + "?search=nonsense").status_code == 200


class TestImportPage:
    HTMX = {"HTTP_HX_REQUEST": "true"}

    @pytest.fixture
    def running(self, as_user, ana, to, search):
        as_user(ana).post(to("upload"), {"files": uploaded(ONE), "search": search.pk})
        batch = ImportBatch.objects.get()
        Job.objects.filter(pk=batch.job_id).update(state="running", message="500 records read")
        return batch

    def test_it_polls_itself_while_the_file_is_read_and_stops_then(self, as_user, ana, to, running, work):
        client, address = as_user(ana), to("batch", running.pk)
        page = client.get(address)
        assert f'hx-get="{address}"' in page.content.decode()
        assert "500 records read" in text(page)
        assert client.get(address, **self.HTMX).status_code == 200
        Job.objects.update(state="queued")
        work()
        fragment = client.get(address, **self.HTMX)
        assert fragment.status_code == 286
        assert "hx-get" not in fragment.content.decode()
        assert "<html" not in fragment.content.decode()
        assert "Nothing of this file is in the review yet." in text(fragment)
        assert "1 record read" in text(fragment)

    def test_who_asked_or_runs_the_review_may_cancel(self, as_user, ana, librarian, review, to, running):
        button = reverse("reviews:job_cancel", args=[review.slug, running.job_id])
        assert button not in as_user(librarian).get(to("batch", running.pk)).content.decode()
        assert as_user(librarian).post(button).status_code == 403
        assert button in as_user(ana).get(to("batch", running.pk)).content.decode()
        as_user(ana).post(button)
        assert "Stopping…" in text(as_user(ana).get(to("batch", running.pk)))

    def test_a_librarian_may_cancel_their_own(self, as_user, librarian, review, to, search, work):
        client = as_user(librarian)
        client.post(to("upload"), {"files": uploaded(ONE), "search": search.pk})
        batch = ImportBatch.objects.get()
        button = reverse("reviews:job_cancel", args=[review.slug, batch.job_id])
        assert button in client.get(to("batch", batch.pk)).content.decode()
        assert client.post(button).status_code == 302
        page = text(client.get(to("batch", batch.pk)))
        assert "Nothing of this file is in the review." in page
        assert "Try again" in page
        assert "medline.ris MEDLINE Cancelled" in text(client.get(to("searches")))
        client.post(reverse("reviews:job_retry", args=[review.slug, batch.job_id]))
        work()
        assert "1 record read" in text(client.get(to("batch", batch.pk)))

    def test_a_failed_one_says_why_and_how_to_go_on(self, as_user, ana, to, bring_in):
        batch = bring_in(CUT_XML, "cut.xml")
        page = as_user(ana).get(to("batch", batch.pk))
        assert re.search(r"cut\.xml.*line 2", text(page))
        assert "Nothing of this file is in the review." in text(page)
        assert "Try again" not in text(page), "the same bytes would fail again"

    def test_what_was_not_read_is_shown_and_downloaded_without_formulas(self, as_user, ana, to, review):
        batch = make_batch(
            review, rejected=[{"line": 7, "cause": "no title", "raw": "=1+2"}], records_rejected=1
        )
        client = as_user(ana)
        assert "7 no title =1+2" in text(client.get(to("batch", batch.pk)))
        download = client.get(to("batch_rejected", batch.pk))
        assert (
            download["Content-Disposition"] == f'attachment; filename="{review.slug}_rejected_{batch.pk}.csv"'
        )
        assert download.getvalue().decode() == "\ufeffline,cause,text\r\n7,no title,'=1+2\r\n"

    def test_undo_takes_the_records_out_and_twice_is_refused(self, as_user, ana, to, bring_in):
        batch, client = bring_in(ONE), as_user(ana)
        response = client.post(to("batch_undo", batch.pk))
        page = said(client, response)
        assert "Undone: the records of medline.ris left the review." in page
        assert "was undone by Ana" in page
        again = client.post(to("batch_undo", batch.pk))
        assert "there is nothing to undo" in said(client, again)
        refused = client.post(to("batch_undo", batch.pk), **self.HTMX)
        assert (refused.status_code, "nothing to undo" in refused.content.decode()) == (409, True)

    def test_one_without_a_job_is_finished(self, as_user, ana, to, review):
        page = as_user(ana).get(to("batch", make_batch(review).pk)).content.decode()
        assert 'hx-trigger="every' not in page
        assert "<progress" not in page
