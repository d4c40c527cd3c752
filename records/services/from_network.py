"""Searching PubMed and following citations from here: what is found goes the way of every other import.

Both are off unless the server's NETWORK_IMPORTS says otherwise. What was asked, when and with how many hits is
written into the search; asked again, only what is new is fetched. Nothing of a fetch that fails or is cancelled
stays.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, cast

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from records.formats import write_ris
from records.formats.normalise import normalise_doi
from records.models import ImportBatch, Record, Search
from records.services.searches import SearchExists, add_search, amend_search
from records.services.uploading import AlreadyImported, import_file
from records.sources import openalex, pubmed
from records.sources.openalex import OpenAlex, as_parsed, key_of
from records.sources.pubmed import PubMed, in_portions
from records.sources.web import NoAnswer
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User

NETWORK_OFF = (
    "Imports over the network are switched off. Whoever runs this server switches them on with NETWORK_IMPORTS=1 "
    "(see operations.md) and a restart."
)
PUBMED_TASK, CITATIONS_TASK = "records.pubmed", "records.citations"
PUBMED, CITATIONS = "PubMed", "Citation searching"
DIRECTIONS = {"references": "what they cite", "citing": "what cites them"}
BUSY = "The source is busy: another try in a moment"
MOST_SEEDS = 200
MOST_FOUND = 20_000
#: A search that came in, or is on its way in, is not fetched again.
PRESENT = [ImportBatch.State.DONE, *ImportBatch.UNDECIDED]


class NetworkOff(Conflict):
    """The server does not ask other servers; the sentence says who can change that."""


class CannotFetch(Refused):
    """What was asked for cannot be fetched, or the source gave no usable answer. Nothing was imported."""


@dataclass
class Fetched:
    """What a fetch brought: files to import, and the numbers for the search and the history."""

    hits: int
    new: int
    files: list[File]
    notes: list[str]
    method: str = ""

    def in_words(self) -> str:
        if self.hits == 0:
            return "no hit"
        new = f"{self.new:,}" if self.new else "none"
        return f"{self.hits:,} hit{'' if self.hits == 1 else 's'}, {new} of them new"


def network_is_on() -> bool:
    return settings.NETWORK_IMPORTS


def require_network() -> None:
    """Raises NetworkOff unless the server's setting allows it."""
    if not network_is_on():
        raise NetworkOff(NETWORK_OFF)


def request_pubmed(
    *, review: Review, query: str, by: User, platform: str = "E-utilities", check_first: bool = True
) -> Job:
    """Queue a PubMed search; when it is done there is a search ``platform`` of PubMed with its query, date and hits.

    Raises NetworkOff, CannotFetch for a query that is none, SearchExists for a platform that is taken.
    """
    require_network()
    query, platform = query.strip(), platform.strip()
    if not query:
        raise CannotFetch("Write the query as you would on PubMed's page.", field="query")
    if len(query) > pubmed.LONGEST_QUERY:
        raise CannotFetch(
            f"The query has {len(query):,} characters, at most {pubmed.LONGEST_QUERY:,} can be sent.",
            field="query",
        )
    if review.searches.filter(source__iexact=PUBMED, platform__iexact=platform).exists():
        raise SearchExists(
            f"The review already has a search of PubMed ({platform}). Run that one again, or give this one another "
            "name.",
            field="platform",
        )
    return enqueue(
        review=review,
        task=PUBMED_TASK,
        label=f"Search of PubMed ({platform})"[:200],
        params={"query": query, "platform": platform, "check_first": check_first},
        by=by,
    )


@transaction.atomic
def request_pubmed_again(*, search: Search, by: User, check_first: bool = True) -> Job:
    """Queue the search's own query once more; only hits it does not have yet are fetched.

    Asked again while one waits or runs, it is the same job. Raises NetworkOff, and CannotFetch for a search that was
    not fetched from PubMed.
    """
    require_network()
    Search.objects.select_for_update().get(pk=search.pk)
    if search.pk not in fetched_searches(search.review):
        raise CannotFetch(
            f"The search of {search} was not fetched from PubMed here: import its new file instead."
        )
    waiting = search.review.jobs.unfinished().filter(task=PUBMED_TASK, params__search=search.pk).first()
    return waiting or enqueue(
        review=search.review,
        task=PUBMED_TASK,
        label=f"Search of {search}, again"[:200],
        params={"search": search.pk, "check_first": check_first},
        by=by,
    )


def fetched_searches(review: Review) -> set[int]:
    """The ids of the searches that were fetched from PubMed and can be run again."""
    done = review.jobs.filter(task=PUBMED_TASK, state=Job.State.DONE)
    return {result["search"] for result in done.values_list("result", flat=True) if "search" in result}


def request_citations(
    *,
    review: Review,
    records: Iterable[int],
    dois: Iterable[str],
    directions: Iterable[str],
    by: User,
    check_first: bool = True,
) -> Job:
    """Queue a look at what papers cite (``references``), what cites them (``citing``), or both.

    The papers are ``records`` (ids) of the review that have a DOI or a PMID, and further ones by DOI. Raises
    NetworkOff, and CannotFetch naming what cannot be looked up.
    """
    require_network()
    pks, named, ways = set(records), list(dois), sorted(set(directions))
    wanted = [normalise_doi(doi) for doi in named]
    if "" in wanted:
        raise CannotFetch(f"“{named[wanted.index('')][:80]}” is no DOI.", field="papers")
    if not ways or set(ways) - set(DIRECTIONS):
        raise CannotFetch(f"Say which way to look: {' or '.join(DIRECTIONS)}.", field="directions")
    found = list(review.records.live().filter(pk__in=pks))
    if missing := sorted(pks - {record.pk for record in found}):
        raise CannotFetch(f"The review has no record {missing[0]}.", field="papers")
    if nameless := [record.pk for record in found if not (record.doi or record.pmid)]:
        raise CannotFetch(
            f"Record {nameless[0]} has neither DOI nor PMID, by which it could be found. Correct it, or leave it "
            "out.",
            field="papers",
        )
    if not found and not wanted:
        raise CannotFetch("Name at least one paper, by its record number or DOI.", field="papers")
    count = len(found) + len(wanted)
    if count > MOST_SEEDS:
        raise CannotFetch(f"At most {MOST_SEEDS} papers can be followed at once.", field="papers")
    return enqueue(
        review=review,
        task=CITATIONS_TASK,
        label=f"Citations of {count} paper{'' if count == 1 else 's'}",
        params={
            "records": sorted(pks),
            "dois": sorted(set(wanted)),
            "directions": ways,
            "check_first": check_first,
        },
        by=by,
    )


def fetch_pubmed(*, job: Job, progress: Progress) -> dict:
    """Do what ``request_pubmed`` or ``request_pubmed_again`` queued. Raises CannotFetch."""
    require_network()
    review, params = job.review, job.params
    search = review.searches.get(pk=params["search"]) if "search" in params else None
    query = search.query if search else params["query"]
    source = PubMed(
        api_key=settings.NCBI_API_KEY,
        email=settings.CONTACT_EMAIL,
        wait=partial(progress.wait, message=BUSY),
        base=pubmed.BASE,
    )
    with ExitStack() as stack:
        try:
            progress.step(0, 0, "Asking PubMed")
            found = source.search(query, lambda listed: progress.step(0, 0, f"{listed:,} hits listed"))
            known = _known(search, "pmid")
            wanted = [each for each in found.ids if each not in known]
            files = _Files(stack, "pubmed", "xml", pubmed.HEAD, pubmed.FOOT)
            delivered: set[str] = set()
            for portion in in_portions(wanted):
                articles = source.fetch(portion)
                delivered |= articles.ids
                files.add(articles.xml)
                progress.step(len(delivered), len(wanted), f"{len(delivered):,} of {len(wanted):,} fetched")
        except NoAnswer as error:
            raise CannotFetch(str(error)) from error
        notes = list(found.notes)
        if lost := [each for each in wanted if each not in delivered]:
            notes.append(f"PubMed did not deliver {len(lost):,} of its hits: {', '.join(lost[:20])}.")
        fetched = Fetched(found.count, len(delivered), files.done(), notes)
        new = {"source": PUBMED, "platform": params.get("platform", ""), "query": query}
        return _take_in(job, progress, fetched, search, new)


def fetch_citations(*, job: Job, progress: Progress) -> dict:
    """Do what ``request_citations`` queued. Raises CannotFetch."""
    require_network()
    review, params = job.review, job.params
    source = OpenAlex(
        api_key=settings.OPENALEX_API_KEY,
        email=settings.CONTACT_EMAIL,
        wait=partial(progress.wait, message=BUSY),
        base=openalex.BASE,
    )
    records = review.records.live().filter(pk__in=params["records"]).order_by("pk")
    seeds = [_Seed(f"{each.citation} (record {each.pk})", each.doi, each.pmid, True) for each in records]
    seeds += [_Seed(doi, doi) for doi in params["dois"]]
    search = review.searches.filter(source__iexact=CITATIONS, platform__iexact="OpenAlex").first()
    known = _known(search, "accession")
    with ExitStack() as stack:
        try:
            trail = _follow(source, seeds, params["directions"], progress)
        except NoAnswer as error:
            raise CannotFetch(str(error)) from error
        files = _Files(stack, "citations", "ris", b"", b"")
        new = {key: work for key, work in trail.works.items() if key not in known}
        for text in write_ris(as_parsed(work, trail.ways[key]) for key, work in new.items()):
            files.add(text.encode())
        asked = (
            f"{timezone.localdate():%Y-%m-%d}: {', '.join(DIRECTIONS[way] for way in params['directions'])}"
        )
        line = f"{asked}, of {'; '.join(seed.name for seed in seeds)}"
        fetched = Fetched(len(trail.works), len(new), files.done(), trail.notes, line)
        described = {"source": CITATIONS, "platform": "OpenAlex", "source_type": Search.SourceType.CITATION}
        return _take_in(job, progress, fetched, search, described)


@dataclass(frozen=True)
class _Seed:
    """A paper to follow, by the name people know it by; ``in_review`` if that is a record of the review."""

    name: str
    doi: str = ""
    pmid: str = ""
    in_review: bool = False

    def found_in(self, source: OpenAlex) -> dict | None:
        """The paper in OpenAlex, by its DOI or else its PubMed number."""
        found = source.find(doi=self.doi) if self.doi else None
        return found or (source.find(pmid=self.pmid) if self.pmid else None)


@dataclass
class _Trail:
    """The works that were met, how each was met, and what could not be followed."""

    works: dict[str, dict] = field(default_factory=dict)
    ways: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, works: Iterable[dict], way: str) -> None:
        for work in works:
            if key := key_of(work.get("id")):
                self.works.setdefault(key, work)
                self.ways.setdefault(key, []).append(way)
        if len(self.works) > MOST_FOUND:
            raise CannotFetch(
                f"More than {MOST_FOUND:,} papers come together. Follow fewer papers at once, or only one way."
            )


def _follow(source: OpenAlex, seeds: list[_Seed], directions: list[str], progress: Progress) -> _Trail:
    trail = _Trail()
    for number, seed in enumerate(seeds):
        progress.step(number, len(seeds), f"Following {seed.name}")
        work = seed.found_in(source)
        if work is None:
            trail.notes.append(f"OpenAlex does not know {seed.name}.")
            continue
        # a DOI in the note would be taken for the paper's own by whoever reads the file
        label = seed.name if seed.in_review else f"{key_of(work['id'])} in OpenAlex"
        for way, works in _ways(source, work, directions):
            trail.add(works, f"Found by citation searching: {way} {label}")
            progress.step(number, len(seeds), f"Following {seed.name}: {len(trail.works):,} papers so far")
    if len(trail.notes) == len(seeds):
        raise CannotFetch(" ".join(trail.notes[:5]))
    return trail


def _ways(source: OpenAlex, seed: dict, directions: list[str]) -> Iterator[tuple[str, list[dict]]]:
    if "references" in directions:
        for works in source.cited_by(seed):
            yield "cited by", works
    if "citing" in directions:
        for works in source.citing(seed):
            yield "cites", works


class _Files:
    """What is fetched, written to temporary files none of which is too large to import."""

    def __init__(self, stack: ExitStack, name: str, extension: str, head: bytes, foot: bytes):
        self._stack, self._name, self._extension = stack, name, extension
        self._head, self._foot = head, foot
        self._limit = settings.IMPORT_LIMIT_BYTES - len(head) - len(foot)
        self._parts: list[IO[bytes]] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        if not data.strip():
            return
        if not self._parts or self._size + len(data) > self._limit:
            self._end()
            part: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            self._parts.append(self._stack.enter_context(part))
            part.write(self._head)
            self._size = 0
        self._parts[-1].write(data)
        self._size += len(data)

    def done(self) -> list[File]:
        """The files; to be called once."""
        self._end()
        stamp = f"{timezone.localtime():%Y-%m-%d_%H%M}"
        several = len(self._parts) > 1
        return [
            File(part, f"{self._name}_{stamp}{f'_{number}' if several else ''}.{self._extension}")
            for number, part in enumerate(self._parts, 1)
        ]

    def _end(self) -> None:
        if self._parts:
            self._parts[-1].write(self._foot)
            self._parts[-1].flush()


def _take_in(
    job: Job, progress: Progress, fetched: Fetched, search: Search | None, described: dict[str, Any]
) -> dict:
    """Search, files and history in the transaction that finishes the job."""
    review, by = job.review, cast(User, job.requested_by)  # a person asked for every fetch
    with transaction.atomic():
        progress.hold()
        facts: dict[str, Any] = {"searched_on": timezone.localdate(), "hits_reported": fetched.hits}
        if fetched.method:
            facts["method"] = f"{search.method if search else ''}\n{fetched.method}".strip()
        if search is None:
            search = add_search(review=review, by=by, **described, **facts)
        else:
            search = amend_search(search=search, by=by, changes=facts)
        batches = [_import(search, file, job) for file in fetched.files]
        said = fetched.in_words()
        record_event(
            review=review,
            actor=by,
            verb="records.fetched",
            target=search,
            sentence=f"searched {search} over the network: {' '.join([f'{said}.', *fetched.notes])}",
            detail={"hits": fetched.hits, "new": fetched.new, "notes": fetched.notes, "query": search.query},
        )
        url = reverse("records:searches", args=[review.slug])
        if len(batches) == 1:
            url = reverse("records:batch", args=[review.slug, batches[0].pk])
        result = {
            "search": search.pk,
            "hits": fetched.hits,
            "new": fetched.new,
            "notes": fetched.notes,
            "imports": [batch.pk for batch in batches],
            "url": url,
            "label": f"{said}: show {'the import' if batches else 'the searches'}",
        }
        progress.complete(result)
    return result


def _import(search: Search, file: File, job: Job) -> ImportBatch:
    try:
        return import_file(
            review=search.review,
            search=search,
            file=file,
            by=job.requested_by,
            check_first=job.params.get("check_first", True),
        )
    except AlreadyImported as refusal:
        raise CannotFetch(str(refusal)) from refusal


def _known(search: Search | None, name: str) -> set[str]:
    """The numbers of what the search brought before and what is, or may yet come, into the review."""
    if search is None:
        return set()
    rows = Record.objects.filter(search=search, batch__state__in=PRESENT).exclude(**{name: ""})
    return set(rows.values_list(name, flat=True))
