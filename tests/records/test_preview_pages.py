"""The pages on which a file is looked at before it enters the review."""

import io
import zipfile

import pytest
from django.urls import reverse

from records.models import ImportBatch, Record
from records.services import discard_import
from reviews.models import Job
from tests.factories import make_batch, make_record
from tests.records.conftest import NOTHING_IN_IT, PDF, events_of, ris, said, text, uploaded

ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019", "AB": "Eighty adults rested."})
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n2;Yoga at work;Berg B\n"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ready(bring_in):
    return lambda data=ONE, name="medline.ris", **more: bring_in(data, name, check_first=True, **more)


class TestUpload:
    def upload(self, client, to, search, *files):
        return client.post(to("upload"), {"files": list(files), "search": search.pk})

    def test_a_file_is_read_and_waits(self, as_user, librarian, to, search, work):
        client = as_user(librarian)
        response = self.upload(client, to, search, uploaded(ONE))
        work()
        batch = ImportBatch.objects.get()
        assert response.url == to("batch", batch.pk)
        assert (batch.state, batch.check_first) == ("ready", True)
        assert not Record.objects.live().exists()

    def test_a_table_with_an_odd_header_leads_to_its_columns(self, as_user, librarian, to, search):
        response = self.upload(as_user(librarian), to, search, uploaded(ODD, "hits.csv"))
        assert response.url == to("columns", ImportBatch.objects.get().pk)

    def test_a_zip_leads_to_the_list(self, as_user, librarian, to, search, work):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("one.ris", ONE)
            archive.writestr("two.ris", ris("Yoga at work"))
            archive.writestr("paper.pdf", PDF)
        client = as_user(librarian)
        response = self.upload(client, to, search, uploaded(out.getvalue(), "all.zip"))
        assert response.url == to("to_check")
        page = said(client, response)
        assert "In all.zip: “paper.pdf” is a PDF document" in page
        assert "RIS, in all.zip" in page
        work()
        assert "Import the ticked files" in text(client.get(to("to_check")))


class TestPreview:
    def test_it_tells_what_was_read(self, as_user, ana, to, ready, review):
        make_record(review, "A trial of rest among adults", year=2019)
        batch = ready(ONE + ris({"TI": "A trial of rest among adults", "PY": "2019"}) + NOTHING_IN_IT)
        page = text(as_user(ana).get(to("batch", batch.pk)))
        for words in (
            "Nothing of this file is in the review yet.",
            "2 records read",
            "1 not read",
            "RIS format UTF-8",
            "One looks like one the review already has",
            "No record stands in the file twice.",
            "abstract 1 50 %",
            "The record holds no field",
            "2 of the records, as they were read",
            "Silva, Ana",
            "Eighty adults rested.",
            "TY - JOUR TI - A trial of rest",
            "Import 2 records",
            "Discard",
        ):
            assert words in page, words

    def test_a_colleague_may_look_but_not_decide(self, as_user, ben, to, ready):
        page = as_user(ben).get(to("batch", ready().pk))
        assert "A trial of rest" in text(page)
        assert "<form" not in page.content.decode().split('id="main"')[1].split("</main>")[0]
        assert "a librarian of the review imports it" in text(page)

    def test_text_of_a_file_is_shown_as_text(self, as_user, ana, to, ready):
        batch = ready(ris({"TI": "<script>alert(1)</script> & rest", "AU": "<b>X</b>, A"}), "a<i>.ris")
        page = as_user(ana).get(to("batch", batch.pk)).content.decode()
        assert "<script>alert" not in page
        assert "<b>X</b>" not in page
        assert "a<i>" not in page

    def test_five_records_at_most_cost_the_same(self, as_user, ana, to, ready, django_assert_max_num_queries):
        client = as_user(ana)
        few = ready(ris(*(f"Few {n}" for n in range(5))), "few.ris")
        many = ready(ris(*(f"Many {n}" for n in range(60))), "many.ris")
        client.get(to("batch", few.pk))
        with django_assert_max_num_queries(14) as first:
            client.get(to("batch", few.pk))
        with django_assert_max_num_queries(len(first)):
            client.get(to("batch", many.pk))

    def test_the_hits_may_be_said_there(self, as_user, ana, to, ready, review):
        batch, client = ready(), as_user(ana)
        response = client.post(to("batch_hits", batch.pk), {"hits_reported": "3"})
        assert "MEDLINE reported 3 hits, 1 record was read: 2 fewer." in said(client, response)
        assert events_of(review, "records.search_amended")
        for nonsense in ("", "-1", "many", "9" * 30):
            answer = said(client, client.post(to("batch_hits", batch.pk), {"hits_reported": nonsense}))
            assert "Hits the source reported:" in answer
        batch.search.refresh_from_db()
        assert batch.search.hits_reported == 3


class TestSettling:
    def test_import_lets_it_in(self, as_user, librarian, to, ready):
        batch, client = ready(), as_user(librarian)
        response = client.post(to("batch_import", batch.pk))
        assert response.url == to("batch", batch.pk)
        assert "1 record of medline.ris is in the review." in said(client, response)
        assert Record.objects.live().count() == 1

    def test_twice_is_refused_with_a_sentence(self, as_user, ana, to, ready):
        batch, client = ready(), as_user(ana)
        client.post(to("batch_import", batch.pk))
        answer = said(client, client.post(to("batch_import", batch.pk)))
        assert "medline.ris is in the review already. Nothing was imported." in answer
        refused = client.post(to("batch_import", batch.pk), **HTMX)
        assert (refused.status_code, "is in the review already" in refused.content.decode()) == (409, True)

    def test_discard_drops_it(self, as_user, ana, to, ready):
        batch, client = ready(), as_user(ana)
        response = client.post(to("batch_discard", batch.pk))
        assert response.url == to("searches")
        assert "medline.ris was discarded." in said(client, response)
        assert not Record.objects.exists()
        assert "was discarded before it was imported" in text(client.get(to("batch", batch.pk)))

    def test_it_is_read_again_in_another_encoding(self, as_user, ana, to, ready, work):
        batch, client = ready(), as_user(ana)
        client.post(to("batch_reread", batch.pk), {"encoding": "cp1251"})
        work()
        assert "Windows-1251 (Cyrillic)" in text(client.get(to("batch", batch.pk)))
        answer = said(client, client.post(to("batch_reread", batch.pk), {"encoding": "klingon"}))
        assert "“klingon” is not an encoding that can be chosen." in answer


class TestColumns:
    def test_a_guess_with_examples_is_shown(self, as_user, ana, to, ready):
        page = text(as_user(ana).get(to("columns", ready(ODD, "hits.csv").pk)))
        assert "A guess from the headings." in page
        assert "Name of paper" in page
        assert "The first 2 rows as a table" in page

    def test_named_the_table_is_read(self, as_user, librarian, to, ready, work):
        batch, client = ready(ODD, "hits.csv"), as_user(librarian)
        form = {"column-0": "", "column-1": "title", "column-2": "authors", "again": "on"}
        response = client.post(to("columns", batch.pk), form)
        assert response.url == to("batch", batch.pk)
        work()
        page = text(client.get(to("batch", batch.pk)))
        assert "The columns are read as they were named." in page
        assert "Yoga at work" in page
        assert "As it was said before." in text(client.get(to("columns", batch.pk)))

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ({"column-2": "authors"}, "Say which column holds the title"),
            ({"column-1": "heading"}, "heading is not one of the available choices"),
        ],
    )
    def test_nonsense_is_refused_on_the_page(self, as_user, ana, to, ready, form, says):
        batch = ready(ODD, "hits.csv")
        response = as_user(ana).post(to("columns", batch.pk), form)
        assert response.status_code == 422
        assert says in text(response)
        batch.refresh_from_db()
        assert batch.state == "mapping"

    def test_of_what_is_no_table_it_leads_back_with_a_sentence(self, as_user, ana, to, ready, bring_in):
        client = as_user(ana)
        for batch, says in [(ready(), "is no table"), (bring_in(ODD, "in.csv"), "")]:
            response = client.get(to("columns", batch.pk))
            assert response.url == to("batch", batch.pk)
            assert says in said(client, response)

    def test_a_reading_that_failed_says_why(self, as_user, ana, to, ready):
        batch = ready(b"title,authors,year,doi\n", "none.csv")
        page = text(as_user(ana).get(to("batch", batch.pk)))
        assert "none.csv: there is not a single record in it." in page
        assert "Name the columns" in page


class TestList:
    def test_without_any_it_says_what_it_is_for(self, as_user, ana, to):
        assert "No file waits" in text(as_user(ana).get(to("to_check")))

    def test_it_follows_the_reading_and_stops_then(self, as_user, ana, to, search, work):
        client = as_user(ana)
        client.post(
            to("upload"),
            {"files": [uploaded(ONE, "a.ris"), uploaded(ris("B"), "b.ris")], "search": search.pk},
        )
        Job.objects.filter(task="records.import").update(done=500)
        address = to("to_check")
        assert f'hx-get="{address}"' in client.get(address).content.decode()
        fragment = client.get(address, **HTMX)
        assert (fragment.status_code, "<html" in fragment.content.decode()) == (200, False)
        work()
        fragment = client.get(address, **HTMX)
        assert fragment.status_code == 286
        assert "hx-get" not in fragment.content.decode()

    def test_all_that_were_read_are_imported_and_no_other(self, as_user, librarian, to, ready):
        first, second, table = ready(), ready(ris("Yoga"), "b.ris"), ready(ODD, "hits.csv")
        client = as_user(librarian)
        page = client.get(to("to_check")).content.decode()
        assert page.count('name="batches"') == 2
        assert f'value="{table.pk}"' not in page
        later = ready(ris("Music"), "later.ris")
        response = client.post(to("import_all"), {"batches": [first.pk, second.pk]})
        assert "Imported 2 files with 2 records." in said(client, response)
        later.refresh_from_db()
        assert later.state == "ready", "what nobody saw stays"

    def test_one_that_somebody_discarded_meanwhile_holds_up_all_with_a_sentence(
        self, as_user, ana, to, ready
    ):
        first, second = ready(), ready(ris("Yoga"), "b.ris")
        discard_import(batch=second, by=ana)
        client = as_user(ana)
        for given in ([first.pk, second.pk], ["nonsense"]):
            answer = said(client, client.post(to("import_all"), {"batches": given}))
            assert "does not wait any more" in answer
        assert not Record.objects.live().exists()

    def test_files_of_another_review_are_not_taken(self, as_user, ana, eve, to):
        foreign = make_batch(eve.memberships.get().review)
        ImportBatch.objects.filter(pk=foreign.pk).update(state="ready")
        as_user(ana).post(to("import_all"), {"batches": [foreign.pk]})
        foreign.refresh_from_db()
        assert foreign.state == "ready"

    def test_ten_more_cost_no_more_queries(self, as_user, ana, to, review, django_assert_max_num_queries):
        def wait():
            ImportBatch.objects.filter(pk=make_batch(review).pk).update(state="ready")

        wait()
        client = as_user(ana)
        client.get(to("to_check"))
        with django_assert_max_num_queries(10) as first:
            client.get(to("to_check"))
        for _ in range(10):
            wait()
        with django_assert_max_num_queries(len(first)):
            client.get(to("to_check"))

    def test_what_is_left_lying_is_shown_on_top_of_the_searches(self, as_user, ana, to, ready):
        client, batch = as_user(ana), ready()
        page = client.get(to("searches"))
        assert "1 file waits for your check." in text(page)
        assert to("batch", batch.pk) in page.content.decode()
        ready(ris("Yoga"), "b.ris")
        page = client.get(to("searches"))
        assert "2 files wait for your check." in text(page)
        assert to("to_check") in page.content.decode()


class TestUndo:
    def test_says_what_goes_before_it_is_done(self, as_user, ana, to, bring_in):
        batch = bring_in(ONE)
        page = as_user(ana).get(to("batch_undo", batch.pk))
        assert "1 record leaves the review." in text(page)
        assert "No work of anybody is lost with it." in text(page)
        assert 'name="confirm"' not in page.content.decode()
        assert Record.objects.live().exists()

    def test_work_that_is_lost_needs_a_tick(self, as_user, ana, to, bring_in):
        batch, client = bring_in(ONE), as_user(ana)
        batch.records.update(original={"title": "A tral of rest"})
        page = client.get(to("batch_undo", batch.pk))
        assert "1 record corrected by hand" in text(page)
        assert '<input type="checkbox" name="confirm" value="1" required>' in page.content.decode()
        response = client.post(to("batch_undo", batch.pk))
        assert response.url == to("batch_undo", batch.pk)
        assert "loses work: 1 record corrected by hand" in said(client, response)
        assert Record.objects.live().exists()
        response = client.post(to("batch_undo", batch.pk), {"confirm": "1"})
        assert "left the review" in said(client, response)
        assert not Record.objects.live().exists()

    def test_of_what_is_not_in_the_review_there_is_no_button(self, as_user, ana, to, ready):
        page = as_user(ana).get(to("batch_undo", ready().pk))
        assert "there is nothing to undo" in text(page)
        assert 'type="submit"' not in page.content.decode().split('id="main"')[1].split("</main>")[0]


def test_another_try_is_offered_for_a_cancelled_reading(as_user, ana, review, to, search):
    client = as_user(ana)
    client.post(to("upload"), {"files": uploaded(ONE), "search": search.pk})
    batch = ImportBatch.objects.get()
    client.post(reverse("reviews:job_cancel", args=[review.slug, batch.job_id]))
    page = text(client.get(to("batch", batch.pk)))
    for words in ("Try again", "Read again", "Discard"):
        assert words in page
