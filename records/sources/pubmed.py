"""PubMed through NCBI's E-utilities: which articles a query finds, and the articles themselves as PubMed XML.

Source: "The E-utilities In-Depth: Parameters, Syntax and More", https://www.ncbi.nlm.nih.gov/books/NBK25499/.
Articles are fetched by number rather than from the history server: so a search that is run again asks only for what
is new, each answer can be checked against what was asked for, and nothing shifts between two requests.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from records.formats import ParsedRecord, UnreadableFile, parse

from .web import NoAnswer, Site, Unusable, refuse_web_page

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
#: ESearch lists no more hits of one PubMed query.
MOST_HITS = 9_999
#: What fits into the time one job may take.
MOST_AT_ALL = 20_000
#: No article came into PubMed, or was published, before.
EARLIEST = date(1780, 1, 1)
AT_ONCE = 200
TOOL = "systematic-review-application"
LONGEST_QUERY = 30_000

_SET = re.compile(rb"<PubmedArticleSet[^>]*?(?:/>|>(.*)</PubmedArticleSet>)\s*\Z", re.DOTALL)
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>\n'
FOOT = b"</PubmedArticleSet>\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: the number of hits, their PubMed numbers, and what PubMed says of the query."""

    count: int
    ids: list[str]
    understood_as: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Articles:
    """The inside of one PubmedArticleSet, and the PubMed numbers that are in it."""

    xml: bytes
    ids: set[str]


class PubMed:
    """``api_key`` raises what NCBI allows from three requests a second to ten; ``email`` is whom they write to."""

    def __init__(
        self,
        *,
        api_key: str = "",
        email: str = "",
        wait: Callable[[float], None] = time.sleep,
        base: str = "",
        hurry: bool = False,
    ):
        self._site = Site("PubMed", base or BASE, pause=0.11 if api_key else 0.35, wait=wait, hurry=hurry)
        self._who = {"tool": TOOL, "email": email, "api_key": api_key}
        self._who = {name: value for name, value in self._who.items() if value}

    def search(self, term: str, progress: Callable[[int], None] = lambda listed: None) -> Found:
        """What ``term`` finds; ``progress`` is told how many hits are listed so far.

        A query with more hits than one request lists is asked by parts, each the articles that came into PubMed in a
        stretch of time. Raises NoAnswer, also for a query PubMed cannot read and for one with more than 20,000 hits.
        """
        whole = self._search(term)
        if whole.count > MOST_AT_ALL:
            raise NoAnswer(
                f"The query has {whole.count:,} hits; at most {MOST_AT_ALL:,} can be fetched in this way. Divide it, "
                "for example with AND 2000:2014[dp] and AND 2015:3000[dp], or download the file on PubMed's page and "
                "import that."
            )
        ids = whole.ids
        if whole.count > MOST_HITS:
            ids = list(self._by_parts(term, EARLIEST, date.today() + timedelta(days=366), progress))
        if len(set(ids)) != whole.count:
            raise NoAnswer(
                f"PubMed reports {whole.count:,} hits and named {len(set(ids)):,} of them. Try again later."
            )
        return Found(whole.count, ids, whole.understood_as, whole.notes)

    def _by_parts(
        self, term: str, first: date, last: date, progress: Callable[[int], None], listed: int = 0
    ) -> Iterator[str]:
        part = self._search(term, first, last)
        if part.count <= MOST_HITS:
            progress(listed + part.count)
            yield from part.ids
            return
        if first == last:
            raise NoAnswer(
                f"More than {MOST_HITS:,} hits of the query came into PubMed on {first:%Y-%m-%d}, more than it "
                "lists. Download the file on PubMed's page and import that."
            )
        middle = first + (last - first) // 2
        for start, end in ((first, middle), (middle + timedelta(days=1), last)):
            for pmid in self._by_parts(term, start, end, progress, listed):
                listed += 1
                yield pmid

    def _search(self, term: str, first: date | None = None, last: date | None = None) -> Found:
        params = {
            "db": "pubmed",
            "term": term,
            "retmode": "json",
            "retmax": str(MOST_HITS),
            "sort": "pub_date",
        }
        if first and last:
            params |= {"datetype": "edat", "mindate": f"{first:%Y/%m/%d}", "maxdate": f"{last:%Y/%m/%d}"}
        answer = json.loads(
            self._site.ask("esearch.fcgi", params | self._who, post=True, check=_is_json)
        ).get("esearchresult", {})
        if error := answer.get("ERROR") or answer.get("error"):
            raise NoAnswer(f"PubMed cannot run this query: {str(error)[:300]}")
        ids = [str(each) for each in answer.get("idlist", ()) if str(each).isdecimal()]
        return Found(
            int(answer.get("count") or 0), ids, str(answer.get("querytranslation", "")), _notes(answer)
        )

    def fetch(self, ids: list[str]) -> Articles:
        """Up to 200 articles by number. Raises NoAnswer; articles that PubMed leaves out are not in ``ids``."""
        params = {"db": "pubmed", "id": ",".join(ids), "retmode": "xml"}
        read: list[Articles] = []
        self._site.ask(
            "efetch.fcgi", params | self._who, post=True, check=lambda body: read.append(_articles(body))
        )
        return Articles(read[-1].xml, read[-1].ids & set(ids))


def in_portions(ids: list[str], size: int = AT_ONCE) -> Iterable[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _is_json(body: bytes) -> None:
    refuse_web_page(body)
    try:
        answer = json.loads(body)
    except ValueError:
        raise Unusable("it broke off, or is no JSON.") from None
    if not isinstance(answer, dict) or "esearchresult" not in answer:
        raise Unusable("it has no search result in it.")


def _articles(body: bytes) -> Articles:
    refuse_web_page(body)
    inside = _SET.search(body)
    if not inside:
        raise Unusable("it broke off, or holds no articles.")
    try:
        found = parse(body, filename="the answer", format="pubmed_xml")
        pmids = {item.pmid for item in found if isinstance(item, ParsedRecord)}
    except UnreadableFile as error:
        raise Unusable(str(error)) from error
    return Articles(inside[1] or b"", pmids)


def _notes(answer: dict) -> list[str]:
    """What PubMed did not use of the query, as sentences."""
    errors, warnings = answer.get("errorlist") or {}, answer.get("warninglist") or {}
    notes = [
        f"PubMed knows no “{each}” and searched without it." for each in errors.get("phrasesnotfound") or ()
    ]
    notes += [f"PubMed has no field “{each}”." for each in errors.get("fieldsnotfound") or ()]
    notes += [f"PubMed left out “{each}”." for each in warnings.get("phrasesignored") or ()]
    notes += [
        f"PubMed does not find {each} as a phrase and searched its words."
        for each in warnings.get("quotedphrasesnotfound") or ()
    ]
    return notes
