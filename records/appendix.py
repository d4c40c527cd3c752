"""The searches as a report prints them: every source with its full strategy, and where each item of PRISMA-S is.

    appendix = Appendix(review)
    appendix.sources, appendix.items     # for the page
    appendix.markdown()                  # the same as a file

Items: Rethlefsen et al., PRISMA-S, Systematic Reviews 2021;10:39, table 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q
from django.utils.formats import date_format

from records.models import DuplicateCandidate, ImportBatch, Search, SearchReport
from reviews.models import Review

Kind = Search.SourceType
#: The texts of a search, with the words they are printed under.
TEXTS = {
    "query": "Full search strategy",
    "limits": "Limits and restrictions",
    "filters": "Search filters",
    "method": "How it was browsed or followed",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of PRISMA-S: what the review says of it, and whether that is nothing yet."""

    number: int
    name: str
    said: str
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One search with its counts."""

    search: Search
    imported: int
    left: int

    @property
    def facts(self) -> list[tuple[str, str]]:
        search, hits = self.search, self.search.hits_reported
        date = date_format(search.searched_on, "j F Y") if search.searched_on else ""
        facts = [
            ("Kind", search.get_source_type_display()),
            ("Platform", search.platform),
            ("Searched together with", search.searched_together),
            ("Date", date),
            ("Hits reported", "" if hits is None else f"{hits:,}"),
            ("Records imported", f"{self.imported:,}"),
            ("Left after duplicates", f"{self.left:,}"),
        ]
        return [(name, value) for name, value in facts if value]

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(label, text) for name, label in TEXTS.items() if (text := getattr(self.search, name))]

    @property
    def difference(self) -> str:
        """Imported against reported, in words; "" when nobody said how many, or they agree."""
        gap = self.search.compared(self.imported)
        return f"{gap} than the source reported" if gap else ""


class Appendix:
    def __init__(self, review: Review):
        self.review = review
        self.report = getattr(review, "search_report", None) or SearchReport(review=review)

    @cached_property
    def sources(self) -> list[Source]:
        live = Q(records__batch__state=ImportBatch.State.DONE)
        rows = self.review.searches.reported().annotate(
            imported=Count("records", filter=live),
            left=Count("records", filter=live & Q(records__duplicate_of=None)),
        )
        return [Source(search, search.imported, search.left) for search in rows]

    @property
    def imported(self) -> int:
        return sum(source.imported for source in self.sources)

    @property
    def left(self) -> int:
        return sum(source.left for source in self.sources)

    @cached_property
    def items(self) -> list[Item]:
        """The sixteen items in their order."""
        report = self.report
        databases = self._of(Kind.DATABASE)
        return [
            Item(1, "Database name", *self._named(databases, "platform")),
            Item(
                2,
                "Multi-database searching",
                *self._each("searched_together", "No search went through several."),
            ),
            Item(3, "Study registries", *self._named(self._of(Kind.REGISTER), needed=False)),
            Item(
                4,
                "Online resources and browsing",
                *self._named(self._of(Kind.WEBSITE, Kind.ORGANISATION), "method", needed=False),
            ),
            Item(5, "Citation searching", *self._named(self._of(Kind.CITATION), "method", needed=False)),
            Item(6, "Contacts", *_told(report.contacts)),
            Item(7, "Other methods", *self._other()),
            Item(8, "Full search strategies", *self._complete("query", databases)),
            Item(9, "Limits and restrictions", *self._complete("limits", databases)),
            Item(10, "Search filters", *self._each("filters", "No published filter is named.")),
            Item(11, "Prior work", *_told(report.prior_work)),
            Item(12, "Updates", *_told(report.updates)),
            Item(13, "Dates of searches", *self._complete("searched_on", [s.search for s in self.sources])),
            Item(14, "Peer review", *_told(report.peer_review)),
            Item(15, "Total records", *self._totals()),
            Item(16, "De-duplication", self.deduplication),
        ]

    @property
    def lacking(self) -> list[Item]:
        return [item for item in self.items if item.lacking]

    @cached_property
    def deduplication(self) -> str:
        """What this software did, from the data, and what people wrote about it."""
        state = DuplicateCandidate.State
        pairs = self.review.duplicate_candidates.living()
        by_rule = pairs.filter(state=state.MERGED, automatic=True).count()
        by_hand = pairs.filter(state=state.MERGED, automatic=False).count()
        apart = pairs.filter(state__in=DuplicateCandidate.APART, automatic=False).count()
        own = (
            f"Records were compared by identifiers, title, authors, year, journal, volume and pages; {by_rule:,} "
            f"{'pair was' if by_rule == 1 else 'pairs were'} merged by rule, {by_hand:,} by a person, {apart:,} "
            f"told apart by a person; {self.imported - self.left:,} duplicate records were removed."
        )
        return f"{own} {self.report.deduplication}".strip()

    def markdown(self) -> str:
        """The appendix as a Markdown file; strategies stand indented, so that nothing in them is taken for marks."""
        return "\n".join(self._markdown()) + "\n"

    def _markdown(self) -> Iterator[str]:
        yield f"# Searches: {_plain(self.review.title)}\n"
        yield "| Source | Kind | Date | Hits reported | Imported | Left after duplicates |\n|---|---|---|--:|--:|--:|"
        for source in self.sources:
            search, facts = source.search, dict(source.facts)
            hits = facts.get("Hits reported", "–")
            date = facts.get("Date", "–")
            yield (
                f"| {_plain(str(search))} | {search.get_source_type_display()} | {date} | {hits} "
                f"| {source.imported:,} | {source.left:,} |"
            )
        yield f"| Total | | | | {self.imported:,} | {self.left:,} |\n"
        for source in self.sources:
            yield f"## {_plain(str(source.search))}\n"
            for name, value in source.facts:
                yield f"- {name}: {_plain(value)}"
            for label, text in source.texts:
                yield f"\n{label}:\n"
                yield "\n".join(f"    {line}" for line in text.splitlines())
            yield ""
        yield "## PRISMA-S\n"
        for item in self.items:
            yield f"{item.number}. {item.name}: {_plain(item.said)}"

    def _of(self, *kinds: str) -> list[Search]:
        return [source.search for source in self.sources if source.search.source_type in kinds]

    def _named(self, searches: list[Search], more: str = "", *, needed: bool = True) -> tuple[str, bool]:
        if not searches:
            return ("No source of this kind is named.", needed)
        bare = [search.source for search in searches if more and not getattr(search, more)]
        lacks = f" Not said for {', '.join(bare)}: {_label(more)}." if bare else ""
        return f"{', '.join(map(str, searches))}.{lacks}", bool(bare)

    def _each(self, name: str, nothing: str) -> tuple[str, bool]:
        said = [f"{s.search}: {getattr(s.search, name)}" for s in self.sources if getattr(s.search, name)]
        return ("; ".join(said) or nothing, False)

    def _complete(self, name: str, searches: list[Search]) -> tuple[str, bool]:
        """Whether every search says it; the text itself is printed with its source."""
        bare = [str(search) for search in searches if not getattr(search, name)]
        if not searches:
            return "No search is described yet.", True
        if not bare:
            return "With each source.", False
        return f"Not said for {', '.join(bare)}.", True

    def _other(self) -> tuple[str, bool]:
        named = ", ".join(map(str, self._of(Kind.OTHER)))
        said = " ".join(part for part in (f"{named}." if named else "", self.report.other_methods) if part)
        return said or "None is named.", False

    def _totals(self) -> tuple[str, bool]:
        bare = [str(s.search) for s in self.sources if s.search.hits_reported is None]
        said = f"{self.imported:,} records imported; per source in the table."
        lacks = f" Hits are not said for {', '.join(bare)}." if bare else ""
        return said + lacks, bool(bare) or not self.sources


def _told(text: str) -> tuple[str, bool]:
    return (text, False) if text.strip() else ("Not said yet.", True)


def _label(name: str) -> str:
    return {"platform": "platform", "method": "how it was done"}[name]


def _plain(text: str) -> str:
    """One line in which nothing is a mark of Markdown or a cell's end."""
    for mark in "\\`*_{}[]<>#|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
