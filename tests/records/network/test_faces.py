"""PubMed and citation searching on pages, by program and from the shell: who may, what is shown, what is refused."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from records.models import ImportBatch
from reviews.models import Job
from tests.factories import make_record, make_search
from tests.records.answering import Answer, PlaysOpenAlex, PlaysPubMed, work
from tests.records.conftest import said, text


class TestPages:
    NAMES = ("pubmed", "citations")

    @pytest.mark.parametrize("name", NAMES)
    def test_who_may(self, as_user, ana, librarian, ben, eve, client, to, name):
        assert as_user(librarian).get(to(name)).status_code == 200
        assert as_user(ben).get(to(name)).status_code == 403
        assert as_user(eve).post(to(name)).status_code == 404
        assert client.get(to(name)).status_code == 302

    @pytest.mark.parametrize("name", NAMES)
    def test_switched_off_there_is_a_sentence_and_no_form(self, as_user, ana, to, name):
        page = as_user(ana).get(to(name))
        assert "NETWORK_IMPORTS=1" in text(page)
        assert "<textarea" not in page.content.decode()
        sent = {"query": "x", "platform": "y", "papers": "10.1234/a", "directions": "citing"}
        assert as_user(ana).post(to(name), sent).status_code == 409

    def test_a_search_leads_to_its_job_and_can_be_run_again(self, server, as_user, ana, to, review, work_all):
        server.always = PlaysPubMed(["11"])
        client = as_user(ana)
        response = client.post(to("pubmed"), {"query": "yoga", "platform": "E-utilities"})
        job = Job.objects.get(task="records.pubmed")
        assert response.url.endswith(f"/jobs/{job.pk}/")
        assert job.params["check_first"] is False
        work_all(job)
        assert "1 hit, 1 of them new: show the import" in text(client.get(response.url))
        assert "Run again" in text(client.get(to("pubmed")))
        response = client.post(to("pubmed_again", review.searches.get().pk), {"check_first": "on"})
        again = Job.objects.exclude(pk=job.pk).get(task="records.pubmed")
        assert response.url.endswith(f"/jobs/{again.pk}/")
        assert again.params["check_first"] is True

    def test_another_reviews_search_is_not_run(self, server, as_user, ana, eve, to):
        foreign = make_search(eve.memberships.get().review)
        assert as_user(ana).post(to("pubmed_again", foreign.pk)).status_code == 404

    def test_a_file_search_run_again_gets_a_sentence(self, server, as_user, ana, to, search):
        client = as_user(ana)
        assert "was not fetched from PubMed" in said(client, client.post(to("pubmed_again", search.pk)))

    def test_citations_take_record_numbers_and_dois(self, server, as_user, ana, to, review):
        record = make_record(review, doi="10.1234/w1")
        client = as_user(ana)
        assert (
            f">\n{record.pk}\n77<"
            in client.get(to("citations"), {"records": f"{record.pk},77"}).content.decode()
        )
        sent = {"papers": f"{record.pk}, https://doi.org/10.1234/W2", "directions": ["citing"]}
        client.post(to("citations"), sent)
        job = Job.objects.get()
        assert (job.params["records"], job.params["dois"]) == ([record.pk], ["10.1234/w2"])

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"papers": "x", "directions": "citing"}, "is no DOI"),
            ({"papers": "999", "directions": "citing"}, "no record 999"),
            ({"papers": "10.1234/a"}, "This field is required"),
            ({"papers": "10.1234/a", "directions": "up"}, "Select a valid choice"),
        ],
    )
    def test_nonsense_gets_a_sentence(self, server, as_user, ana, to, sent, sentence):
        response = as_user(ana).post(to("citations"), sent)
        assert response.status_code == 422
        assert sentence in text(response)

    def test_ten_more_searches_cost_no_more_queries(
        self, server, as_user, ana, to, search_pubmed, django_assert_max_num_queries
    ):
        server.always = PlaysPubMed([])
        search_pubmed()
        client = as_user(ana)
        with django_assert_max_num_queries(12) as first:
            client.get(to("pubmed"))
        for number in range(3):
            search_pubmed(platform=f"Search {number}")
        with django_assert_max_num_queries(len(first)):
            assert "Search 2" in text(client.get(to("pubmed")))


class TestProgram:
    @pytest.fixture
    def ask(self, review):
        def ask(client, what, **body):
            address = f"/api/reviews/{review.slug}/network/{what}"
            return client.post(address, body, content_type="application/json")

        return ask

    def test_switched_off(self, as_user, ana, review, ask):
        client = as_user(ana)
        answer = client.get(f"/api/reviews/{review.slug}/network/").json()
        assert (answer["on"], "NETWORK_IMPORTS=1" in answer["detail"]) == (False, True)
        answer = ask(client, "pubmed/", query="x")
        assert (answer.status_code, "NETWORK_IMPORTS=1" in answer.json()["detail"]) == (409, True)
        assert ask(client, "citations/", dois=["10.1234/a"]).status_code == 409

    def test_searching_and_again(self, server, as_user, ana, review, ask, work_all):
        server.always = PlaysPubMed(["11"])
        client = as_user(ana)
        assert client.get(f"/api/reviews/{review.slug}/network/").json() == {"on": True, "detail": ""}
        answer = ask(client, "pubmed/", query="yoga", check_first=False)
        assert answer.status_code == 202
        result = work_all(Job.objects.get(pk=answer.json()["job"])).result
        answer = ask(client, "pubmed/", search=result["search"])
        assert answer.status_code == 202

    def test_citations(self, server, as_user, ana, ask):
        answer = ask(as_user(ana), "citations/", dois=["10.1234/w1"], directions=["citing"])
        assert answer.status_code == 202

    @pytest.mark.parametrize(
        ("what", "body", "status"),
        [
            ("pubmed/", {}, 400),
            ("pubmed/", {"query": "x", "search": 1}, 400),
            ("pubmed/", {"query": ""}, 400),
            ("pubmed/", {"search": 999_999}, 404),
            ("citations/", {}, 422),
            ("citations/", {"dois": ["x"]}, 422),
            ("citations/", {"dois": ["10.1234/a"], "directions": ["up"]}, 400),
            ("citations/", {"records": ["x"]}, 400),
        ],
    )
    def test_nonsense_is_refused(self, server, as_user, ana, ask, what, body, status):
        answer = ask(as_user(ana), what, **body)
        assert answer.status_code == status, answer.content

    def test_who_may(self, server, as_user, ben, eve, ask):
        assert ask(as_user(ben), "pubmed/", query="x").status_code == 403
        assert ask(as_user(eve), "pubmed/", query="x").status_code == 404


class TestShell:
    def run(self, name: str, *args: str) -> dict:
        out = StringIO()
        call_command(name, *args, "--json", stdout=out)
        return json.loads(out.getvalue())

    def test_pubmed_and_again(self, server, review, ana):
        server.always = PlaysPubMed(["11"])
        first = self.run("fetch_pubmed", "--review", review.slug, "--query", "yoga")
        search = review.searches.get()
        assert first == {
            "review": review.slug,
            "search": search.pk,
            "hits": 1,
            "new": 1,
            "imports": [{"id": ImportBatch.objects.get().pk, "state": "done"}],
            "notes": [],
        }
        assert self.run("fetch_pubmed", "--review", review.slug, "--again", str(search.pk))["new"] == 0

    def test_citations(self, server, review, ana):
        server.always = PlaysOpenAlex([work(1), work(2)], {1: [2]})
        record = make_record(review, doi="10.1234/w1")
        found = self.run("fetch_citations", "--review", review.slug, "--record", str(record.pk))
        assert (found["hits"], found["new"]) == (1, 1)

    @pytest.mark.parametrize(
        ("name", "options", "sentence"),
        [
            ("fetch_pubmed", [], "Say what to search"),
            ("fetch_pubmed", ["--query", "x", "--again", "1"], "Say what to search"),
            ("fetch_pubmed", ["--again", "999"], "has no search 999"),
            ("fetch_pubmed", ["--query", "x", "--by", "ben@example.org"], "lacks the right to import"),
            ("fetch_citations", [], "Name at least one paper"),
        ],
    )
    def test_what_cannot_be_is_said(self, server, review, ana, ben, name, options, sentence):
        with pytest.raises(CommandError, match=sentence):
            self.run(name, "--review", review.slug, *options)

    def test_a_failed_fetch_ends_with_its_sentence(self, server, review, ana):
        server.always = lambda asked: Answer("Bad query", 400)
        with pytest.raises(CommandError, match=r"refused the request \(400\)"):
            self.run("fetch_pubmed", "--review", review.slug, "--query", "x")

    def test_switched_off(self, review, ana):
        with pytest.raises(CommandError, match="NETWORK_IMPORTS=1"):
            self.run("fetch_pubmed", "--review", review.slug, "--query", "x")


class TestAnIdentifierAlone:
    """Pasted where a record is added by hand."""

    def read(self, client, to, pasted: str):
        return client.post(to("record_add"), {"step": "read", "pasted": pasted})

    def test_a_pubmed_number_fills_the_form(self, server, as_user, ana, to):
        server.always = PlaysPubMed(["31234567"])
        response = self.read(as_user(ana), to, "PMID: 31234567")
        initial = response.context["form"].initial
        assert (initial["title"][:21], initial["authors"]) == ("Study number 31234567", "Silva, Ana")
        assert (initial["pmid"], initial["type"]) == ("31234567", "article")
        assert "Filled in from PubMed; check it against the paper." in text(response)

    def test_a_doi_fills_the_form(self, server, as_user, ana, to):
        server.always = PlaysOpenAlex([work(1)], {})
        initial = self.read(as_user(ana), to, "https://doi.org/10.1234/W1").context["form"].initial
        assert (initial["title"], initial["doi"], initial["year"]) == (
            "Paper 1 on resting 7919",
            "10.1234/w1",
            "2010",
        )

    def test_one_that_is_not_known(self, server, as_user, ana, to):
        server.always = PlaysPubMed([], lost={"31234567"})
        response = self.read(as_user(ana), to, "31234567")
        assert "PubMed does not know 31234567; check it." in text(response)
        assert response.context["form"].initial["pmid"] == "31234567"

    def test_trouble_leaves_the_identifier_after_one_try(self, server, as_user, ana, to):
        server.always = lambda asked: Answer("", 503)
        response = self.read(as_user(ana), to, "31234567")
        assert response.status_code == 200
        assert "Only the identifier could be filled in. PubMed is out of order" in text(response)
        assert len(server.asked) == 1

    def test_switched_off_nobody_is_asked(self, server, settings, as_user, ana, to):
        settings.NETWORK_IMPORTS = False
        assert "only the identifier could be filled in" in text(self.read(as_user(ana), to, "31234567"))
        assert server.asked == []

    def test_a_whole_reference_asks_nobody(self, server, as_user, ana, to):
        self.read(as_user(ana), to, "Silva A. Rest. Sleep. 2019;12(3):11-20. doi:10.1234/abc")
        assert server.asked == []
