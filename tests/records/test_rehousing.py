"""A file is moved to the source it belongs to; a source by which nothing came is removed."""

import json

import pytest
from django.core.management import CommandError, call_command

from records.appendix import Appendix
from records.models import ImportBatch, Record, Search
from records.services import (
    NotInThisState,
    NotMoved,
    SearchGone,
    SearchInUse,
    add_search,
    discard_import,
    import_file,
    move_import,
    remove_search,
)
from reviews.models import Job
from tests.factories import make_batch, make_record, make_review, make_search
from tests.records.conftest import PDF, events_of, ris, said, text, undo, uploaded

ONE = ris("A trial of rest")


@pytest.fixture
def embase(review):
    return make_search(review, "Embase")


class TestMoving:
    def test_the_records_go_along_with_a_line_in_the_history(self, review, ana, search, embase, bring_in):
        batch = bring_in(ONE)
        move_import(batch=batch, search=embase, by=ana)
        batch.refresh_from_db()
        assert batch.search == embase
        assert [record.search for record in Record.objects.live()] == [embase]
        event = events_of(review, "records.import_moved")[0]
        assert event.sentence == "moved medline.ris from MEDLINE to Embase."
        assert (event.detail["old"]["search"], event.detail["records"]) == (search.pk, 1)

    def test_a_file_that_waits_is_moved_and_imported_there(self, ana, embase, bring_in):
        batch = bring_in(ONE, check_first=True)
        move_import(batch=batch, search=embase, by=ana)
        assert Record.objects.get(batch=batch).search == embase

    def test_to_a_source_that_is_new(self, ana, review, bring_in):
        moved = move_import(batch=bring_in(ONE), new_search={"source": "CINAHL"}, by=ana)
        assert str(moved.search) == "CINAHL"

    @pytest.mark.parametrize("state", ["waiting", "undone", "discarded"])
    def test_not_while_it_is_read_or_gone(self, ana, review, embase, state):
        batch = make_batch(review)
        ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        with pytest.raises(NotInThisState, match="can be moved"):
            move_import(batch=batch, search=embase, by=ana)

    def test_neither_to_where_it_is_nor_to_another_review_nor_to_a_removed_one(
        self, ana, search, embase, bring_in
    ):
        batch = bring_in(ONE)
        with pytest.raises(NotMoved, match="from MEDLINE already"):
            move_import(batch=batch, search=search, by=ana)
        with pytest.raises(NotMoved, match="another review"):
            move_import(batch=batch, search=make_search(make_review("other")), by=ana)
        remove_search(search=embase, by=ana)
        with pytest.raises(SearchGone, match="removed meanwhile"):
            move_import(batch=batch, search=embase, by=ana)
        assert Record.objects.get().search == search


class TestRemoving:
    def test_an_empty_one_goes_and_may_come_again(self, review, ana, embase):
        remove_search(search=embase, by=ana)
        assert not review.searches.exists()
        assert events_of(review, "records.search_removed")[0].detail["source"] == "Embase"
        assert add_search(review=review, source="Embase", by=ana).pk != embase.pk

    @pytest.mark.parametrize("state", ["waiting", "mapping", "ready", "done"])
    def test_one_with_a_file_on_its_way_or_in_the_review_stays(self, review, ana, search, state):
        batch = make_batch(review)
        ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        with pytest.raises(SearchInUse, match=f"It has files: {batch.file_name}"):
            remove_search(search=search, by=ana)
        assert review.searches.get() == search

    def test_one_that_is_being_fetched_stays(self, review, ana, search):
        Job.objects.create(review=review, task="records.pubmed", label="Search", params={"search": search.pk})
        with pytest.raises(SearchInUse, match="being fetched"):
            remove_search(search=search, by=ana)

    def test_its_undone_files_keep_their_source_to_be_read(self, as_user, ana, to, review, search, bring_in):
        batch = bring_in(ONE)
        undo(batch, ana)
        remove_search(search=search, by=ana)
        assert "Into MEDLINE" in text(as_user(ana).get(to("batch", batch.pk)))
        assert "medline.ris" in text(as_user(ana).get(to("searches")))

    def test_a_reading_that_was_given_up_cannot_come_back(self, review, ana, search, bring_in):
        batch = bring_in(ONE, check_first=True)
        ImportBatch.objects.filter(pk=batch.pk).update(state="failed")
        remove_search(search=search, by=ana)
        batch.refresh_from_db()
        assert (batch.state, batch.file.name, Record.objects.count()) == ("discarded", "", 0)

    def test_nothing_is_uploaded_into_one_that_is_gone(self, review, ana, search):
        remove_search(search=search, by=ana)
        with pytest.raises(SearchGone):
            import_file(review=review, search=search, file=uploaded(ONE), by=ana)
        assert not ImportBatch.objects.exists()


class TestReport:
    def test_a_source_whose_only_file_was_discarded_was_not_searched(self, review, ana, search, bring_in):
        discard_import(batch=bring_in(ONE, check_first=True), by=ana)
        assert Appendix(review).sources == []

    def test_a_search_that_brought_nothing_was(self, review, embase):
        Search.objects.filter(pk=embase.pk).update(hits_reported=0)
        assert [(str(one.search), one.imported) for one in Appendix(review).sources] == [("Embase", 0)]

    def test_so_was_one_that_is_described_though_its_file_was_discarded(self, review, ana, search, bring_in):
        discard_import(batch=bring_in(ONE, check_first=True), by=ana)
        Search.objects.filter(pk=search.pk).update(query="1 rest")
        assert len(Appendix(review).sources) == 1


class TestPages:
    def test_a_librarian_moves_a_file(self, as_user, librarian, to, embase, bring_in):
        client, batch = as_user(librarian), bring_in(ONE)
        assert to("batch_move", batch.pk) in client.get(to("batch", batch.pk)).content.decode()
        assert "MEDLINE" not in str(client.get(to("batch_move", batch.pk)).context["form"]["search"])
        response = client.post(to("batch_move", batch.pk), {"search": embase.pk})
        assert response.url == to("batch", batch.pk)
        assert "medline.ris is counted under Embase. MEDLINE has no file now" in said(client, response)

    def test_to_a_new_source_and_one_known_by_name(self, as_user, ana, to, review, embase, bring_in):
        batch, client = bring_in(ONE), as_user(ana)
        for source in ("CINAHL", "embase"):
            assert client.post(to("batch_move", batch.pk), {"source": source}).status_code == 302
        assert [str(one) for one in review.searches.all()] == ["Embase", "MEDLINE", "CINAHL"]
        batch.refresh_from_db()
        assert batch.search == embase

    def test_nonsense_gets_a_sentence(self, as_user, ana, to, embase, bring_in):
        batch, client = bring_in(ONE), as_user(ana)
        assert "Say where these records come from" in text(
            client.post(to("batch_move", batch.pk), {"source": ""})
        )
        response = client.post(to("batch_move", batch.pk), {"source": "medline"})
        assert response.status_code == 422
        assert "from MEDLINE already" in text(response)

    def test_a_search_is_described_before_there_is_a_file(self, as_user, librarian, to, review):
        client = as_user(librarian)
        form = {"source": "CINAHL", "source_type": "database", "hits_reported": "0", "query": "1 rest"}
        response = client.post(to("search_add"), form)
        assert "The search of CINAHL is described." in said(client, response)
        search = review.searches.get()
        assert (search.hits_reported, search.query, search.created_by) == (0, "1 rest", librarian)
        again = client.post(to("search_add"), form)
        assert again.status_code == 422
        assert "already has a search of CINAHL" in text(again)

    def test_an_empty_search_is_removed_on_the_page(self, as_user, librarian, to, review, embase):
        client = as_user(librarian)
        for page in (to("searches"), to("search_edit", embase.pk)):
            assert to("search_remove", embase.pk) in client.get(page).content.decode()
        assert "The search of Embase was removed." in said(
            client, client.post(to("search_remove", embase.pk))
        )

    def test_one_with_files_is_not_and_says_why(self, as_user, ana, to, search, bring_in):
        bring_in(ONE)
        client = as_user(ana)
        assert to("search_remove", search.pk) not in client.get(to("searches")).content.decode()
        assert "MEDLINE was not removed. It has files" in said(
            client, client.post(to("search_remove", search.pk))
        )

    def test_a_discarded_only_file_offers_to_remove_its_source(self, as_user, ana, to, search, bring_in):
        batch = bring_in(ONE, check_first=True)
        client = as_user(ana)
        response = client.post(to("batch_discard", batch.pk))
        assert "MEDLINE has no file now" in said(client, response)
        assert to("search_remove", search.pk) in client.get(to("batch", batch.pk)).content.decode()

    def test_a_reader_may_not(self, as_user, observer, to, search, bring_in):
        batch = bring_in(ONE)
        for page in (to("batch_move", batch.pk), to("search_remove", search.pk), to("search_add")):
            assert as_user(observer).post(page).status_code == 403


class TestApi:
    def test_a_file_is_moved_and_the_empty_search_deleted(
        self, as_user, ana, review, search, embase, bring_in
    ):
        client, batch = as_user(ana), bring_in(ONE)
        api = f"/api/reviews/{review.slug}"
        assert client.delete(f"{api}/searches/{search.pk}/").status_code == 409
        answer = client.post(f"{api}/imports/{batch.pk}/move/", {"search": embase.pk})
        assert (answer.status_code, answer.json()["search"]) == (200, embase.pk)
        assert client.delete(f"{api}/searches/{search.pk}/").status_code == 204
        assert [one["source"] for one in client.get(f"{api}/searches/").json()["results"]] == ["Embase"]

    def test_a_missing_search_says_how_to_make_one(self, as_user, ana, review):
        at = f"/api/reviews/{review.slug}/imports/"
        answer = as_user(ana).post(at, {"file": uploaded(ONE)})
        assert answer.status_code == 400
        assert "Make one first with POST searches/" in answer.json()["search"][0]
        answer = as_user(ana).post(at, {"file": uploaded(PDF), "search": 99})
        assert answer.status_code == 404
        assert "There is no search 99 in this review" in answer.json()["detail"]


class TestCommand:
    def run(self, review, capsys, *args):
        call_command("import_records", "--review", review.slug, "--json", *args)
        return json.loads(capsys.readouterr().out)

    def test_a_file_is_moved(self, review, ana, bring_in, capsys):
        batch = bring_in(ONE)
        told = self.run(review, capsys, "--move", str(batch.pk), "--source", "Embase")
        assert (told["source"], told["records"]) == ("Embase", 1)
        assert self.run(review, capsys, "--remove-source", "--source", "medline")["removed"] == "MEDLINE"
        assert [str(one) for one in review.searches.all()] == ["Embase"]

    def test_nonsense_is_a_sentence(self, review, ana, bring_in):
        batch = bring_in(ONE)
        run = ["import_records", "--review", review.slug]
        with pytest.raises(CommandError, match="Say with --source"):
            call_command(*run, "--move", str(batch.pk))
        with pytest.raises(CommandError, match="has no source “Moon”"):
            call_command(*run, "--remove-source", "--source", "Moon")
        with pytest.raises(CommandError, match="was not removed"):
            call_command(*run, "--remove-source", "--source", "MEDLINE")


def test_ten_more_sources_cost_no_more_queries(as_user, ana, to, review, django_assert_max_num_queries):
    make_record(review)
    client = as_user(ana)
    client.get(to("searches"))
    with django_assert_max_num_queries(14):
        client.get(to("searches"))
    for number in range(10):
        make_search(review, f"Source {number}")
    with django_assert_max_num_queries(14):
        client.get(to("searches"))
