"""A real web server on this machine that plays PubMed or OpenAlex, answer by answer, and remembers what was asked."""

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ARTICLE = (
    '<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID><Article><Journal>'
    "<JournalIssue><Volume>12</Volume><PubDate><Year>2019</Year></PubDate></JournalIssue><Title>Sleep</Title>"
    "</Journal><ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>We slept.</AbstractText></Abstract>"
    "<AuthorList><Author><LastName>Silva</LastName><ForeName>Ana</ForeName></Author></AuthorList></Article>"
    "</MedlineCitation></PubmedArticle>"
)


@dataclass
class Answer:
    """One answer: ``cut`` announces more bytes than come, ``slow`` waits before it says anything."""

    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    slow: float = 0.0


@dataclass
class Asked:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


class Server:
    """``answers`` come first, in turn; then ``always(asked)`` answers everything."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []
        self.always: Callable[[Asked], Answer] = lambda asked: Answer("Nothing here.", 404)
        self.stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(urlsplit(self.path).query)

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def answer(self, query: str) -> None:
                params = {name: values[0] for name, values in parse_qs(query).items()}
                asked = Asked(urlsplit(self.path).path, params, dict(self.headers))
                outer.asked.append(asked)
                answer = outer.answers.pop(0) if outer.answers else outer.always(asked)
                outer.stop.wait(answer.slow)
                body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + (100 if answer.cut else 0)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # a careful reader hangs up on too much
                    self.wfile.write(body)

            def log_message(self, format: str, *args) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()


def found(ids: list[str], *, count: int | None = None, **more) -> Answer:
    """ESearch's answer in JSON."""
    result = {
        "count": str(len(ids) if count is None else count),
        "retmax": str(len(ids)),
        "retstart": "0",
        "idlist": ids,
        "translationset": [],
        "querytranslation": "yoga[Title/Abstract]",
    } | more
    return Answer(json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}))


def articles(ids: list[str]) -> Answer:
    """EFetch's answer as PubMed XML."""
    inside = "".join(
        ARTICLE.format(pmid=pmid, title=f"Study number {pmid} of yoga {int(pmid) * 7919}") for pmid in ids
    )
    return Answer(
        '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
        '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
        f"<PubmedArticleSet>{inside}</PubmedArticleSet>"
    )


class PlaysPubMed:
    """Answers searches with ``ids`` and fetches with the articles asked for, but for those in ``lost``."""

    def __init__(self, ids: list[str], lost: set[str] | frozenset[str] = frozenset()) -> None:
        self.ids, self.lost = ids, lost

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.endswith("esearch.fcgi"):
            return found(self.ids)
        return articles([pmid for pmid in asked.params["id"].split(",") if pmid not in self.lost])


def work(number: int, **more) -> dict:
    """A work as OpenAlex gives it, as far as it is read."""
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.1234/w{number}",
        "ids": {
            "openalex": f"https://openalex.org/W{number}",
            "pmid": f"https://pubmed.ncbi.nlm.nih.gov/9{number:06}",
        },
        "display_name": f"Paper {number} on resting {number * 7919}",
        "publication_year": 2010,
        "type": "article",
        "language": "en",
        "authorships": [{"author": {"display_name": "Ana M. Silva"}}, {"author": {"display_name": None}}],
        "biblio": {"volume": "3", "issue": None, "first_page": "11", "last_page": "20"},
        "primary_location": {
            "landing_page_url": f"https://doi.org/10.1234/w{number}",
            "source": {"display_name": "Sleep", "issn_l": "0161-8105"},
        },
        "abstract_inverted_index": {"We": [0, 2], "slept;": [1], "woke.": [3]},
    } | more


class PlaysOpenAlex:
    """``works`` by number; ``cites`` says which works a work cites."""

    def __init__(self, works: list[dict], cites: dict[int, list[int]]) -> None:
        self.works = {int(each["id"].rsplit("W", 1)[1]): each for each in works}
        self.cites = cites

    def __call__(self, asked: Asked) -> Answer:
        if asked.path != "/works":
            return self._one(asked.path)
        name, _, value = asked.params["filter"].partition(":")
        if name == "openalex":
            numbers = [int(each[1:]) for each in value.split("|")]
        else:
            numbers = [number for number, cited in self.cites.items() if int(value[1:]) in cited]
        page, size = int(asked.params.get("page", 1)), int(asked.params["per-page"])
        shown = [self.works[number] for number in numbers if number in self.works][
            (page - 1) * size : page * size
        ]
        meta = {"count": len(numbers), "page": page, "per_page": size}
        return Answer(json.dumps({"meta": meta, "results": shown}))

    def _one(self, path: str) -> Answer:
        _, _, value = path.removeprefix("/works/").partition(":")
        value = value.replace("%2F", "/")
        for number, each in self.works.items():
            if value in (
                each["doi"].removeprefix("https://doi.org/"),
                each["ids"].get("pmid", "").rsplit("/", 1)[-1],
            ):
                cited = [f"https://openalex.org/W{other}" for other in self.cites.get(number, ())]
                return Answer(json.dumps(each | {"referenced_works": cited, "cited_by_count": 0}))
        return Answer('{"error": "Not found"}', 404)
