"""PubMed through NCBI's E-utilities: which articles a query finds, and the articles themselves as PubMed XML.

Source: "The E-utilities In-Depth: Parameters, Syntax and More", https://www.ncbi.nlm.nih.gov/books/NBK25499/.
Articles are fetched by number rather than from the history server: so a search that is run again asks only for what
is new, each answer can be checked against what was asked for, and nothing shifts between two requests.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from records.formats import ParsedRecord, UnreadableFile, parse

from .web import NoAnswer, Site, Unusable, refuse_web_page

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
#: ESearch hands out no more of one PubMed query.
MOST_HITS = 9_999
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

    def search(self, term: str) -> Found:
        """Raises NoAnswer, also for a query PubMed cannot read and for one with more than 9,999 hits."""
        params = {
            "db": "pubmed",
            "term": term,
            "retmode": "json",
            "retmax": str(MOST_HITS),
            "sort": "pub_date",
        }
        answer = json.loads(
            self._site.ask("esearch.fcgi", params | self._who, post=True, check=_is_json)
        ).get("esearchresult", {})
        if error := answer.get("ERROR") or answer.get("error"):
            raise NoAnswer(f"PubMed cannot run this query: {str(error)[:300]}")
        count, ids = int(answer.get("count") or 0), [str(each) for each in answer.get("idlist", ())]
        if count > MOST_HITS:
            raise NoAnswer(
                f"The query has {count:,} hits, and PubMed hands out no more than {MOST_HITS:,} of one query in this "
                "way. Divide it by years, for example with AND 2000:2014[dp] and AND 2015:3000[dp], or download the "
                "file on PubMed's page and import that."
            )
        if len(ids) != count or not all(each.isdecimal() for each in ids):
            raise NoAnswer(f"PubMed reports {count:,} hits and named {len(ids):,} of them. Try again later.")
        return Found(count, ids, str(answer.get("querytranslation", "")), _notes(answer))

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
