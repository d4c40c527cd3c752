"""A PubMed search and citation searching from the review: what is asked, what comes in, what is said."""

import time
from types import SimpleNamespace

import pytest

from records.models import ImportBatch, Record
from records.services import (
    CannotFetch,
    NetworkOff,
    SearchExists,
    commit_import,
    request_citations,
    request_pubmed,
    request_pubmed_again,
    undo_import,
)
from records.sources import pubmed
from reviews import jobs
from reviews.jobs import request_cancel
from reviews.models import Job
from tests.factories import make_record, make_search
from tests.records.answering import Answer, PlaysOpenAlex, PlaysPubMed, found, work
from tests.records.conftest import events_of, stored_files


class TestPubMed:
    def test_what_is_found_is_imported_under_a_search_with_query_date_and_hits(
        self, server, search_pubmed, review
    ):
        server.always = PlaysPubMed(["11", "12"])
        job = search_pubmed()
        assert (job.state, job.error) == ("done", "")
        search = review.searches.get()
        assert (str(search), search.query, search.hits_reported) == ("PubMed (E-utilities)", "yoga[tiab]", 2)
        assert search.searched_on is not None
        assert search.source_type == "database"
        assert set(Record.objects.live().values_list("pmid", flat=True)) == {"11", "12"}
        batch = ImportBatch.objects.get()
        assert (batch.format, batch.records_rejected, batch.file_name[:7]) == ("pubmed_xml", 0, "pubmed_")
        assert "<PubmedArticleSet>" in batch.file.open().read().decode()
        (event,) = events_of(review, "records.fetched")
        assert event.sentence == "searched PubMed (E-utilities) over the network: 2 hits, 2 of them new."
        assert job.result["new"] == 2

    def test_again_only_what_is_new_is_fetched_and_that_is_said(
        self, server, search_pubmed, review, ana, work_all
    ):
        server.always = PlaysPubMed(["11", "12"])
        search_pubmed()
        search = review.searches.get()
        server.always = PlaysPubMed(["13", "12", "11"])
        job = work_all(request_pubmed_again(search=search, by=ana, check_first=False))
        assert (job.result["hits"], job.result["new"]) == (3, 1)
        assert server.asked[-1].params["id"] == "13"
        assert Record.objects.live().count() == 3
        search.refresh_from_db()
        assert search.hits_reported == 3
        job = work_all(request_pubmed_again(search=search, by=ana))
        assert job.result["new"] == 0
        assert job.result["imports"] == []
        assert job.result["label"] == "3 hits, none of them new: show the searches"
        assert ImportBatch.objects.count() == 2

    def test_what_was_undone_is_fetched_again(self, server, search_pubmed, review, ana, work_all):
        server.always = PlaysPubMed(["11"])
        search_pubmed()
        undo_import(batch=ImportBatch.objects.get(), by=ana)
        job = work_all(request_pubmed_again(search=review.searches.get(), by=ana, check_first=False))
        assert job.result["new"] == 1

    def test_a_person_may_look_first_and_what_waits_is_not_fetched_twice(
        self, server, search_pubmed, review, ana, work_all
    ):
        server.always = PlaysPubMed(["11"])
        search_pubmed(check_first=True)
        batch = ImportBatch.objects.get()
        assert (batch.state, Record.objects.live().count()) == ("ready", 0)
        assert work_all(request_pubmed_again(search=review.searches.get(), by=ana)).result["new"] == 0
        commit_import(batch=batch, by=ana)
        assert Record.objects.live().count() == 1

    def test_what_pubmed_left_out_is_named(self, server, search_pubmed, review):
        play = PlaysPubMed(["11", "12"], lost={"12"})
        server.answers = [found(["11", "12"], errorlist={"phrasesnotfound": ["yogaa"]})]
        server.always = play
        job = search_pubmed()
        assert job.result["notes"] == [
            "PubMed knows no “yogaa” and searched without it.",
            "PubMed did not deliver 1 of its hits: 12.",
        ]
        assert "did not deliver 1 of its hits: 12" in events_of(review, "records.fetched")[0].sentence

    def test_many_come_in_portions_and_in_files_that_are_not_too_large(
        self, server, search_pubmed, monkeypatch, settings
    ):
        monkeypatch.setattr(
            "records.services.from_network.in_portions", lambda ids: pubmed.in_portions(ids, 5)
        )
        settings.IMPORT_LIMIT_BYTES = 6_000
        server.always = PlaysPubMed([str(number) for number in range(1000, 1024)])
        job = search_pubmed()
        assert job.result["new"] == 24
        assert len(job.result["imports"]) == 3
        assert Record.objects.live().count() == 24
        assert [len(asked.params["id"].split(",")) for asked in server.asked[1:]] == [5, 5, 5, 5, 4]

    def test_no_hit_is_a_search_too(self, server, search_pubmed, review):
        server.always = PlaysPubMed([])
        job = search_pubmed()
        assert (job.state, review.searches.get().hits_reported) == ("done", 0)
        assert not ImportBatch.objects.exists()

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            (Answer("Oops", 500), "out of order at the moment (500)"),
            (Answer("<html>"), "it is a web page"),
            (found([], count=20_001), "20,001 hits"),
        ],
    )
    def test_after_trouble_nothing_stays_and_the_sentence_does(
        self, server, search_pubmed, review, monkeypatch, answer, sentence
    ):
        monkeypatch.setattr("reviews.jobs.Progress.wait", lambda progress, seconds, message: None)
        server.always = lambda asked: answer
        job = search_pubmed()
        assert job.state == "failed"
        assert sentence in job.error
        assert not review.searches.exists()
        assert stored_files() == []

    def test_trouble_half_way_keeps_nothing_either(self, server, search_pubmed, review, monkeypatch):
        monkeypatch.setattr("reviews.jobs.Progress.wait", lambda progress, seconds, message: None)
        monkeypatch.setattr(
            "records.services.from_network.in_portions", lambda ids: pubmed.in_portions(ids, 1)
        )
        play, count = PlaysPubMed(["11", "12"]), iter(range(10))
        server.always = lambda asked: Answer("", 500) if next(count) > 1 else play(asked)
        assert search_pubmed().state == "failed"
        assert not review.searches.exists()
        assert not ImportBatch.objects.exists()

    def test_it_can_be_cancelled_between_two_requests(self, server, search_pubmed, review, monkeypatch):
        server.always = PlaysPubMed(["11", "12"])
        fetch = pubmed.PubMed.fetch

        def cancelled_meanwhile(self, ids):
            request_cancel(Job.objects.get(task="records.pubmed"))
            return fetch(self, ids)

        monkeypatch.setattr(pubmed.PubMed, "fetch", cancelled_meanwhile)
        assert search_pubmed().state == "cancelled"
        assert not review.searches.exists()
        assert stored_files() == []

    def test_a_busy_source_is_waited_for_without_losing_a_cancel(
        self, server, search_pubmed, review, monkeypatch
    ):
        def sleep(seconds):
            request_cancel(Job.objects.get(task="records.pubmed"))

        clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic, time=time.time)
        monkeypatch.setattr("reviews.jobs.time", clock)
        server.always = lambda asked: Answer("", 429, {"Retry-After": "60"})
        assert search_pubmed().state == "cancelled"
        assert len(server.asked) == 1

    def test_done_twice_it_is_done_once(self, server, search_pubmed, review):
        server.always = PlaysPubMed(["11"])
        job = search_pubmed()
        jobs.perform(job.pk)
        assert ImportBatch.objects.count() == review.searches.count() == 1


class TestRefusedAtOnce:
    def test_switched_off_it_says_who_switches_it_on(self, review, ana, search):
        for ask in (
            lambda: request_pubmed(review=review, query="x", by=ana),
            lambda: request_pubmed_again(search=search, by=ana),
            lambda: request_citations(
                review=review, records=[], dois=["10.1/a"], directions=["citing"], by=ana
            ),
        ):
            with pytest.raises(NetworkOff, match="NETWORK_IMPORTS=1"):
                ask()
        assert not Job.objects.exists()

    def test_switched_off_meanwhile_a_queued_fetch_asks_nobody(
        self, server, review, ana, settings, work_all, django_capture_on_commit_callbacks
    ):
        job = request_pubmed(review=review, query="x", by=ana)
        settings.NETWORK_IMPORTS = False
        assert "NETWORK_IMPORTS=1" in work_all(job).error
        assert server.asked == []

    @pytest.mark.parametrize(
        ("query", "sentence"), [(" ", "Write the query"), ("x" * 30_001, "30,001 characters")]
    )
    def test_no_query(self, server, review, ana, query, sentence):
        with pytest.raises(CannotFetch, match=sentence):
            request_pubmed(review=review, query=query, by=ana)

    def test_a_name_that_is_taken(self, server, review, ana):
        make_search(review, "PubMed", platform="E-Utilities")
        with pytest.raises(SearchExists, match="Run that one again"):
            request_pubmed(review=review, query="x", by=ana)

    def test_a_search_that_came_as_a_file_is_not_run(self, server, search, ana):
        with pytest.raises(CannotFetch, match="was not fetched from PubMed here"):
            request_pubmed_again(search=search, by=ana)

    def test_run_again_twice_is_once(self, server, search_pubmed, review, ana):
        server.always = PlaysPubMed(["11"])
        search_pubmed()
        first, second = (request_pubmed_again(search=review.searches.get(), by=ana) for _ in range(2))
        assert first == second

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({}, "Name at least one paper"),
            ({"records": [999]}, "no record 999"),
            ({"dois": ["nonsense"]}, "“nonsense” is no DOI"),
            ({"dois": ["10.1234/a"], "directions": []}, "Say which way"),
            ({"dois": ["10.1234/a"], "directions": ["up"]}, "Say which way"),
            ({"dois": [f"10.1234/{number}" for number in range(201)]}, "At most 200"),
        ],
    )
    def test_papers_that_cannot_be_followed(self, server, review, ana, given, sentence):
        with pytest.raises(CannotFetch, match=sentence):
            request_citations(
                **{"review": review, "records": [], "dois": [], "directions": ["citing"], "by": ana} | given
            )

    def test_another_reviews_record_is_not_followed(self, server, review, ana, eve):
        foreign = make_record(eve.memberships.get().review, doi="10.1234/secret")
        with pytest.raises(CannotFetch, match=f"no record {foreign.pk}"):
            request_citations(review=review, records=[foreign.pk], dois=[], directions=["citing"], by=ana)

    def test_a_record_without_any_number(self, server, review, ana):
        record = make_record(review)
        with pytest.raises(CannotFetch, match=f"Record {record.pk} has neither DOI nor PMID"):
            request_citations(review=review, records=[record.pk], dois=[], directions=["citing"], by=ana)


class TestCitations:
    @pytest.fixture
    def included(self, review):
        return make_record(review, "The trial", doi="10.1234/w1", authors=["Silva, Ana"], year=2001)

    @pytest.fixture
    def follow(self, review, ana, work_all):
        def follow(records=(), dois=(), directions=("references", "citing")):
            return work_all(
                request_citations(
                    review=review,
                    records=[record.pk for record in records],
                    dois=dois,
                    directions=directions,
                    by=ana,
                    check_first=False,
                )
            )

        return follow

    @pytest.fixture
    def play(self, server):
        server.always = PlaysOpenAlex(
            [work(number) for number in range(1, 8)], {1: [2, 3], 4: [1], 5: [1, 2], 6: [3]}
        )
        return server

    def test_both_ways_come_in_as_citation_searching_and_say_which_paper_led_there(
        self, play, follow, review, included
    ):
        job = follow([included])
        assert job.error == ""
        search = review.searches.get(source="Citation searching")
        assert (search.platform, search.source_type, search.hits_reported) == ("OpenAlex", "citation", 4)
        assert f"Silva 2001 (record {included.pk})" in search.method
        ways = {record.accession: record.extra["N1"] for record in search.records.live()}
        led = f"Silva 2001 (record {included.pk})"
        assert ways == {
            "W2": [f"Found by citation searching: cited by {led}"],
            "W3": [f"Found by citation searching: cited by {led}"],
            "W4": [f"Found by citation searching: cites {led}"],
            "W5": [f"Found by citation searching: cites {led}"],
        }
        other = Record.objects.identified_via_other_methods().filter(search=search)
        assert other.count() == 4
        two = Record.objects.get(accession="W2")
        assert (two.doi, two.pmid, two.abstract) == ("10.1234/w2", "9000002", "We slept; We woke.")

    def test_one_way_only(self, play, follow, included):
        assert follow([included], directions=["citing"]).result["hits"] == 2

    def test_a_paper_met_twice_is_one_record_with_both_ways(self, play, follow, review, included):
        follow([included], dois=["https://doi.org/10.1234/W2"])
        record = Record.objects.get(accession="W5")
        assert len(record.extra["N1"]) == 2

    def test_again_only_what_is_new(self, play, follow, review, included):
        follow([included])
        job = follow([included], dois=["10.1234/w3"])
        assert (job.result["hits"], job.result["new"]) == (6, 2)
        search = review.searches.get(source="Citation searching")
        assert len(search.method.splitlines()) == 2
        assert set(search.records.live().values_list("accession", flat=True)) == {
            f"W{n}" for n in range(1, 7)
        }

    def test_a_paper_that_is_no_record_leaves_no_doi_of_its_own_in_the_note(self, play, follow, review):
        play.always.works[1]["doi"] = "https://doi.org/10.1234/record"
        follow(dois=["10.1234/record"])
        record = Record.objects.get(accession="W4")
        assert record.extra["N1"] == ["Found by citation searching: cites W1 in OpenAlex"]
        assert record.doi == "10.1234/w4"

    def test_a_wrong_doi_does_not_hide_what_the_pubmed_number_finds(self, play, follow, review, included):
        included.doi, included.pmid = "10.1234/misprint", "9000001"
        included.save()
        assert follow([included]).result["hits"] == 4

    def test_papers_openalex_does_not_know_are_named(self, play, follow, review, included):
        job = follow([included], dois=["10.1234/unknown"])
        assert job.result["notes"] == ["OpenAlex does not know 10.1234/unknown."]
        assert follow(dois=["10.1234/unknown"]).error == "OpenAlex does not know 10.1234/unknown."

    def test_too_many_are_refused_whole(self, play, follow, review, included, monkeypatch):
        monkeypatch.setattr("records.services.from_network.MOST_FOUND", 3)
        assert "More than 3 papers" in follow([included]).error
        assert not review.searches.filter(source="Citation searching").exists()

    def test_a_duplicate_is_found_by_what_the_database_had(self, play, follow, review, included):
        have = make_record(
            review,
            "Paper 2 on resting 15838",
            batch=included.batch,
            doi="10.1234/w2",
            authors=["Silva, Ana M."],
            year=2010,
            journal="Sleep",
        )
        follow([included])
        twin = Record.objects.get(accession="W2")
        assert twin.duplicate_of == have
