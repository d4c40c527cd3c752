"""OpenAlex: what a paper cites, and what cites it.

Source: https://docs.openalex.org/ (works, filters ``openalex`` and ``cites``, paging). Pages are asked for by number,
which works with and without a key; that ends at 10,000 works of one list.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from records.formats import ParsedRecord
from records.formats.assemble import given_first, page_range
from records.formats.normalise import normalise_doi, normalise_issn, normalise_pmcid, normalise_pmid
from records.formats.text import clean

from .web import NoAnswer, Site, Unusable, refuse_web_page

BASE = "https://api.openalex.org/"
#: Works a page, and values joined in one filter, at most.
AT_ONCE = 100
MOST_LISTED = 10_000
FIELDS = (
    "id,doi,ids,display_name,publication_year,type,language,authorships,biblio,primary_location,"
    "abstract_inverted_index"
)
TYPES = {
    "article": "article",
    "review": "article",
    "letter": "article",
    "editorial": "article",
    "erratum": "article",
    "retraction": "article",
    "book": "book",
    "book-chapter": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "preprint": "preprint",
    "conference-paper": "conference",
    "conference-abstract": "conference",
}
Work = dict[str, Any]


class OpenAlex:
    """``api_key`` raises the daily allowance; ``email`` is whom they write to."""

    def __init__(
        self,
        *,
        api_key: str = "",
        email: str = "",
        wait: Callable[[float], None] = time.sleep,
        base: str = "",
        hurry: bool = False,
    ):
        self._site = Site("OpenAlex", base or BASE, pause=0.15, wait=wait, hurry=hurry)
        self._who = {name: value for name, value in (("mailto", email), ("api_key", api_key)) if value}

    def find(self, *, doi: str = "", pmid: str = "") -> Work | None:
        """The work with this DOI, or this PubMed number; None when OpenAlex has none."""
        which = f"doi:{quote(doi, safe='')}" if doi else f"pmid:{quote(pmid, safe='')}"
        fields = f"{FIELDS},referenced_works,cited_by_count"
        try:
            return self._ask(f"works/{which}", {"select": fields}, _is_a_work)
        except NoAnswer as error:
            if error.status == 404:
                return None
            raise

    def cited_by(self, work: Work) -> Iterator[list[Work]]:
        """The works that ``work`` cites, a hundred at a time; those OpenAlex no longer has are left out."""
        ids = [key for key in map(key_of, work.get("referenced_works") or ()) if key]
        for start in range(0, len(ids), AT_ONCE):
            some = "|".join(ids[start : start + AT_ONCE])
            yield self._list({"filter": f"openalex:{some}"})["results"]

    def citing(self, work: Work) -> Iterator[list[Work]]:
        """The works that cite ``work``, a hundred at a time. Raises NoAnswer when there are more than 10,000."""
        page = 1
        while True:
            answer = self._list({"filter": f"cites:{key_of(work.get('id'))}", "page": str(page)})
            count = answer["meta"].get("count") or 0
            if count > MOST_LISTED:
                raise NoAnswer(
                    f"{clean(work.get('display_name') or '')[:100]} is cited by {count:,} papers; OpenAlex lists at "
                    f"most {MOST_LISTED:,} in this way. Leave it out."
                )
            yield answer["results"]
            if page * AT_ONCE >= count or not answer["results"]:
                return
            page += 1

    def _list(self, params: dict[str, str]) -> dict[str, Any]:
        return self._ask("works", params | {"per-page": str(AT_ONCE), "select": FIELDS}, _is_a_list)

    def _ask(self, path: str, params: dict[str, str], check: Callable[[bytes], None]) -> Any:
        try:
            return json.loads(self._site.ask(path, params | self._who, check=check))
        except NoAnswer as error:
            if error.status in (401, 403):
                raise NoAnswer(
                    f"OpenAlex wants a key for this ({error.status}). Whoever runs this server sets "
                    "OPENALEX_API_KEY.",
                    status=error.status,
                ) from error
            raise


def key_of(address: Any) -> str:
    """ "W2741809807" from OpenAlex's address of a work; "" from anything else."""
    found = re.fullmatch(r"(?:https://openalex\.org/)?(W\d{1,15})", str(address or ""))
    return found[1] if found else ""


def as_parsed(work: Work, notes: list[str]) -> ParsedRecord:
    """A work as a record; ``notes`` (how it was found) go along as N1."""
    ids, biblio = work.get("ids") or {}, work.get("biblio") or {}
    place = work.get("primary_location") or {}
    source = place.get("source") or {}
    year = work.get("publication_year")
    return ParsedRecord(
        title=clean(work.get("display_name") or ""),
        abstract=_abstract(work.get("abstract_inverted_index") or {}),
        authors=[name for name in map(_author, work.get("authorships") or ()) if name],
        year=year if isinstance(year, int) and 1500 <= year <= 2099 else None,
        journal=clean(source.get("display_name") or ""),
        volume=str(biblio.get("volume") or ""),
        issue=str(biblio.get("issue") or ""),
        pages=page_range(str(biblio.get("first_page") or ""), str(biblio.get("last_page") or "")),
        doi=normalise_doi(str(work.get("doi") or "")),
        pmid=normalise_pmid(str(ids.get("pmid") or "")),
        pmcid=normalise_pmcid(str(ids.get("pmcid") or "")),
        type=TYPES.get(str(work.get("type") or ""), "other"),
        language=str(work.get("language") or ""),
        url=str(place.get("landing_page_url") or ""),
        issn=normalise_issn(str(source.get("issn_l") or "")),
        accession=key_of(work.get("id")),
        extra={"N1": notes},
    )


def _author(authorship: Any) -> str:
    return given_first(str((authorship.get("author") or {}).get("display_name") or ""))


def _abstract(places: dict[str, list[int]]) -> str:
    """The text of an inverted index: {word: [places]}."""
    words = sorted((place, word) for word, found in places.items() for place in found)
    return clean(" ".join(word for _, word in words))


def _is_a_work(body: bytes) -> None:
    if not key_of(_json(body).get("id")):
        raise Unusable("it is no work.")


def _is_a_list(body: bytes) -> None:
    answer = _json(body)
    if not isinstance(answer.get("results"), list) or not isinstance(answer.get("meta"), dict):
        raise Unusable("it is no list of works.")


def _json(body: bytes) -> dict[str, Any]:
    refuse_web_page(body)
    try:
        answer = json.loads(body)
    except ValueError:
        raise Unusable("it broke off, or is no JSON.") from None
    if not isinstance(answer, dict):
        raise Unusable("it is not what was asked for.")
    return answer
