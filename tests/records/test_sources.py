"""PubMed and OpenAlex are asked with care: in their pace, at their host, and no broken answer is taken for one."""

import json
import time
from datetime import date, datetime, timedelta

import pytest

from records.sources import openalex, pubmed, web
from records.sources.openalex import OpenAlex, as_parsed, key_of
from records.sources.pubmed import PubMed
from records.sources.web import NoAnswer, Site
from tests.records.answering import Answer, PlaysOpenAlex, PlaysPubMed, Server, articles, found, work


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(web, "SCHEMES", ("http", "https"))
    server = Server()
    yield server
    server.close()


@pytest.fixture
def waited():
    return []


@pytest.fixture
def source(server, waited):
    return PubMed(base=server.address, api_key="secret", email="lib@example.org", wait=waited.append)


class TestPubMed:
    def test_a_search_says_who_asks_and_tells_hits_and_remarks(self, source, server):
        server.answers = [
            found(["2", "1"], errorlist={"phrasesnotfound": ["yogaa"], "fieldsnotfound": []}),
        ]
        result = source.search("yogaa OR yoga[tiab]")
        assert (result.count, result.ids) == (2, ["2", "1"])
        assert result.notes == ["PubMed knows no “yogaa” and searched without it."]
        (asked,) = server.asked
        assert asked.path == "/esearch.fcgi"
        assert asked.params["term"] == "yogaa OR yoga[tiab]"
        assert (asked.params["api_key"], asked.params["email"]) == ("secret", "lib@example.org")

    def test_articles_come_by_number(self, source, server):
        server.always = PlaysPubMed(["1", "2"], lost={"2"})
        got = source.fetch(["1", "2"])
        assert got.ids == {"1"}
        assert got.xml.startswith(b"<PubmedArticle>")

    def test_an_empty_set_is_an_answer(self, source, server):
        server.answers = [Answer('<?xml version="1.0" ?>\n<PubmedArticleSet></PubmedArticleSet>')]
        assert source.fetch(["1"]).ids == set()

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (found([], ERROR="Empty term and query_key - nothing todo"), "cannot run this query: Empty term"),
            (found(["1"] * 9_999, count=20_001), "20,001 hits"),
            (found(["1"], count=2), "reports 2 hits and named 1"),
            (found(["1; DROP"]), "named 0"),
        ],
    )
    def test_what_cannot_be_searched_is_said(self, source, server, answer, said):
        server.answers = [answer]
        with pytest.raises(NoAnswer, match=said):
            source.search("x")


class TestALargeSearch:
    """PubMed lists at most 9,999 hits of one request (here ten)."""

    @pytest.fixture
    def days(self, server, monkeypatch):
        monkeypatch.setattr(pubmed, "MOST_HITS", 10)
        came = {str(number): date(2000, 1, 1) + timedelta(days=7 * number) for number in range(37)}

        def answer(asked):
            first, last = (
                datetime.strptime(asked.params.get(name, ever), "%Y/%m/%d").date()
                for name, ever in (("mindate", "1780/01/01"), ("maxdate", "2100/01/01"))
            )
            ids = [pmid for pmid, day in came.items() if first <= day <= last]
            return found(ids[:10], count=len(ids))

        server.always = answer
        return came

    def test_it_is_listed_by_parts_each_hit_once(self, source, server, days):
        told = []
        result = source.search("x", told.append)
        assert (result.count, sorted(result.ids, key=int)) == (37, sorted(days, key=int))
        assert len(result.ids) == 37
        assert told[-1] == 37
        assert {asked.params.get("datetype") for asked in server.asked[1:]} == {"edat"}

    def test_too_many_on_one_day_are_said(self, source, days):
        days |= dict.fromkeys(days, date(2001, 5, 5))
        with pytest.raises(NoAnswer, match="came into PubMed on 2001-05-05"):
            source.search("x")

    def test_hits_that_no_part_names_are_not_passed_over(self, source, server, days, monkeypatch):
        monkeypatch.setattr(pubmed, "EARLIEST", date(2000, 6, 1))
        with pytest.raises(NoAnswer, match="reports 37 hits and named"):
            source.search("x")


class TestTrouble:
    """Each trouble once: the next try helps. For ever: a sentence, and no fifth try."""

    TROUBLES = {
        "too often": (Answer('{"error": "API rate limit exceeded"}', 429), "asked too often"),
        "server error": (Answer("Oops", 500), "out of order at the moment \\(500\\)"),
        "in repair": (Answer("<html>Back soon</html>", 503), "out of order at the moment \\(503\\)"),
        "web page": (
            Answer("<!DOCTYPE html><html>Sign in to the hospital's network</html>"),
            "it is a web page",
        ),
        "broken off": (Answer("<PubmedArticleSet><PubmedArticle><Medl"), "it broke off"),
        "cut by the network": (Answer(articles(["1"]).body, cut=True), "broke off"),
        "nothing": (Answer(""), "it broke off, or holds no articles"),
    }

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_another_try_helps(self, source, server, waited, trouble):
        server.answers = [self.TROUBLES[trouble][0], articles(["1"])]
        assert source.fetch(["1"]).ids == {"1"}
        assert len(server.asked) == 2
        assert max(waited) == 1.0

    @pytest.mark.parametrize("trouble", TROUBLES)
    def test_four_tries_are_enough(self, source, server, waited, trouble):
        answer, said = self.TROUBLES[trouble]
        server.always = lambda asked: answer
        with pytest.raises(NoAnswer, match=said) as refusal:
            source.fetch(["1"])
        assert "Nothing was imported" in str(refusal.value)
        assert len(server.asked) == 4
        assert [pause for pause in waited if pause >= 1] == [1.0, 2.0, 4.0]

    def test_a_search_that_is_cut_is_not_taken_for_a_small_one(self, source, server):
        server.answers = [Answer('{"esearchresult": {"count": "2", "idlist": ["1"'), found(["1", "2"])]
        assert source.search("x").count == 2

    @pytest.mark.parametrize(("given", "pause"), [("7", 7.0), ("100000", 60.0), ("soon", 1.0), ("-5", 0.0)])
    def test_the_pause_the_source_asks_for_is_kept_within_reason(self, source, server, waited, given, pause):
        server.answers = [Answer("", 429, {"Retry-After": given}), articles(["1"])]
        source.fetch(["1"])
        assert pause in waited

    def test_a_refused_request_is_not_repeated(self, source, server):
        server.always = lambda asked: Answer("Bad API key", 400)
        with pytest.raises(NoAnswer, match=r"refused the request \(400\)") as refusal:
            source.fetch(["1"])
        assert (refusal.value.status, len(server.asked)) == (400, 1)

    def test_the_key_is_in_no_sentence(self, source, server):
        server.always = lambda asked: Answer("secret", 500)
        with pytest.raises(NoAnswer) as refusal:
            source.fetch(["1"])
        assert "secret" not in str(refusal.value)

    def test_too_much_is_not_read(self, source, server, monkeypatch):
        monkeypatch.setattr(web, "MOST_BYTES", 100_000)
        server.answers = [Answer(b"x" * 5_000_000)]
        with pytest.raises(NoAnswer, match="too much"):
            source.fetch(["1"])
        assert len(server.asked) == 1

    def test_silence_ends(self, server, waited, monkeypatch):
        monkeypatch.setattr(web, "TIMEOUT", 0.2)
        source = PubMed(base=server.address, wait=waited.append)
        server.always = lambda asked: Answer("", slow=5)
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="did not answer in time"):
            source.fetch(["1"])
        assert time.monotonic() - began < 4

    def test_a_host_that_is_not_there(self, server, waited):
        address = server.address
        server.close()
        with pytest.raises(NoAnswer, match="could not be reached"):
            PubMed(base=address, wait=waited.append).fetch(["1"])


class TestOnlyThisHost:
    def test_a_redirect_elsewhere_is_not_followed(self, source, server):
        other = Server()
        try:
            server.always = lambda asked: Answer("", 302, {"Location": f"{other.address}efetch.fcgi"})
            with pytest.raises(NoAnswer, match="sent us on to another address"):
                source.fetch(["1"])
            assert other.asked == []
        finally:
            other.close()

    @pytest.mark.parametrize(
        "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://169.254.169.254/latest"]
    )
    def test_neither_to_a_file_nor_inside(self, source, server, target):
        server.always = lambda asked: Answer("", 301, {"Location": target})
        with pytest.raises(NoAnswer, match="sent us on to another address"):
            source.fetch(["1"])

    def test_a_redirect_at_home_is_followed_not_for_ever(self, server, waited):
        site = Site("There", server.address, wait=waited.append)
        server.answers = [Answer("", 302, {"Location": "/moved"}), Answer("here")]
        assert site.ask("a", {}) == b"here"
        server.always = lambda asked: Answer("", 302, {"Location": f"/moved{len(server.asked)}"})
        with pytest.raises(NoAnswer):
            site.ask("a", {})

    @pytest.mark.parametrize("base", [pubmed.BASE, openalex.BASE])
    def test_the_addresses_are_https(self, base):
        assert base.startswith("https://")

    @pytest.mark.parametrize("base", ["http://127.0.0.1/", "file:///etc/", "ftp://x/"])
    def test_and_nothing_else_is_asked(self, base):
        with pytest.raises(ValueError, match="only https is asked"):
            Site("There", base)


def test_the_pace_is_kept(server):
    site = Site("There", server.address, pause=0.1)
    server.always = lambda asked: Answer("x")
    began = time.monotonic()
    for _ in range(4):
        site.ask("a", {})
    assert time.monotonic() - began >= 0.3


class TestOpenAlex:
    @pytest.fixture
    def source(self, server, waited):
        works = [work(number) for number in range(1, 260)]
        cites = {1: [2, 3, 999]} | {number: [1] for number in range(10, 260)}
        server.always = PlaysOpenAlex(works, cites)
        return OpenAlex(base=server.address, wait=waited.append)

    def test_a_paper_is_found_by_doi_or_pmid(self, source):
        assert key_of(source.find(doi="10.1234/w1")["id"]) == "W1"
        assert key_of(source.find(pmid="9000002")["id"]) == "W2"
        assert source.find(doi="10.1234/none") is None

    def test_what_it_cites(self, source):
        (works,) = source.cited_by(source.find(doi="10.1234/w1"))
        assert [key_of(each["id"]) for each in works] == ["W2", "W3"]

    def test_what_cites_it_page_by_page(self, source, server):
        pages = list(source.citing(source.find(doi="10.1234/w1")))
        assert [len(page) for page in pages] == [100, 100, 50]
        assert [asked.params["page"] for asked in server.asked[1:]] == ["1", "2", "3"]

    def test_a_paper_cited_too_often_is_refused(self, source, server):
        seed = source.find(doi="10.1234/w1")
        server.answers = [Answer(json.dumps({"meta": {"count": 12_345}, "results": [work(2)]}))]
        with pytest.raises(NoAnswer, match="cited by 12,345 papers"):
            list(source.citing(seed))

    def test_a_missing_key_is_said(self, source, server):
        server.answers = [Answer("{}", 401)]
        with pytest.raises(NoAnswer, match="OPENALEX_API_KEY"):
            source.find(doi="10.1234/w1")

    @pytest.mark.parametrize(
        "body", ["[]", "{}", '{"id": 5}', "<html></html>", '{"id": "https://openalex.org/W1"']
    )
    def test_another_shape_is_no_answer(self, source, server, body):
        server.always = lambda asked: Answer(body)
        with pytest.raises(NoAnswer, match="cannot be used"):
            source.find(doi="10.1234/w1")

    def test_a_work_as_a_record(self):
        record = as_parsed(work(7), ["Found by citation searching: cites Silva 2001 (record 3)"])
        assert (record.title, record.authors, record.year) == (
            "Paper 7 on resting 55433",
            ["Silva, Ana M."],
            2010,
        )
        assert (record.doi, record.pmid, record.pages, record.volume) == (
            "10.1234/w7",
            "9000007",
            "11-20",
            "3",
        )
        assert (record.abstract, record.accession, record.journal) == ("We slept; We woke.", "W7", "Sleep")
        assert record.extra["N1"] == ["Found by citation searching: cites Silva 2001 (record 3)"]

    @pytest.mark.parametrize(
        "emptied", ["ids", "biblio", "primary_location", "authorships", "abstract_inverted_index"]
    )
    def test_blanks_do_no_harm(self, emptied):
        assert as_parsed(work(7, **{emptied: None}), []).title
