"""Which box of the flow diagram each record is in, from what is known of it at one moment. No Django.

A group of duplicates counts once, by the record that leads it. It belongs to the column "databases and registers"
when any of its records came from one, else to "other methods"; the official template has no duplicates box for the
second column, so its records that were duplicates simply do not go on to the next box.

Records whose outcome came with their file (screening's Placement) were neither found nor screened for this review:

- included before: the column of previous studies, with the totals of the template for an updated review;
- included at title and abstract only: sought here without a record screened, in a sum of its own ("carried");
- excluded before: in no box; a note says how many.

A record that was included at title and abstract counts as a report sought from that moment on, whatever has been done
to get it: the team means to have it, and a note says how many are still under way. Only one that somebody says is not
to be sought, with a reason, leaves that number, for a note of its own. "Not retrieved" counts those given up, never
those that are merely not here yet.

A record that was left unread on the word of an automation tool (screening's RemovedRecord) was removed before
screening. Once it is settled all the same it counts as screened. A group is removed when the record that leads it is:
so it is in the queues. Of the records excluded, those that no person judged were excluded by automation tools.

Of the reports assessed, those awaiting classification and those of ongoing studies are neither excluded nor included;
they have a box of their own, as Cochrane reviews list them.

What a new search finds of them again counts as identified and as removed as a duplicate.

The update of a version (``before``: the tally at the moment it was closed) counts what came after it:

- what the version included is in the column of previous studies, also where it was dropped since: then the totals
  are less than the sum, and a correction says by how much;
- records that were there then are neither identified nor, where they had come to an end that holds, anything else;
- those that had come to no end, or to another one, are taken up: screened here ("taken_up"), or, where they were
  included at title and abstract then, sought here ("carried").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from reporting.counts import FlowCounts

NO_REASON = "No reason given"
LISTED = frozenset({"database", "register"})
#: The box of a source, by its type, and the one of PRISMA's first column that lists each source.
FOUND = {
    "database": "databases",
    "register": "registers",
    "website": "websites",
    "organisation": "organisations",
    "citation": "citations",
    "other": "other_sources",
}
#: Where a report that was assessed goes, by the outcome.
ASSESSED = {
    "excluded": "excluded_reports",
    "awaiting": "awaiting_classification",
    "ongoing": "ongoing",
    "included": "included",
}
#: Boxes that both columns share.
SHARED = frozenset({"included", "previous_reports", "excluded_before"})
#: Ends that a record has come to: while they hold, an update does not count it again.
ENDS = frozenset(
    {"excluded", "not_sought", "not_retrieved", "excluded_reports", "excluded_before", "automation"}
)
#: Where a record is that was never included at title and abstract.
EARLY = frozenset({"awaiting_screening", "automation", "excluded", "excluded_before"})


class Entry(NamedTuple):
    """A record in the review: the search and file it came from, the search's type, and who leads its group."""

    search: int
    batch: int
    kind: str
    leader: int


class Placed(NamedTuple):
    """An outcome at title and abstract that came with a file (``batch``)."""

    included: bool
    batch: int


class Word(NamedTuple):
    """A settled outcome at full text; ``reason`` is a label, or "" where none was given."""

    state: str
    reason: str = ""


@dataclass
class Facts:
    """What is known of the records of a review at one moment, by the id of the record."""

    entries: dict[int, Entry] = field(default_factory=dict)
    title: dict[int, str] = field(default_factory=dict)  # settled outcomes: "included" or "excluded"
    full: dict[int, Word] = field(default_factory=dict)
    placed_title: dict[int, Placed] = field(default_factory=dict)
    placed_full: dict[int, bool] = field(default_factory=dict)
    retrieval: dict[int, str] = field(default_factory=dict)  # states of screening's FullText
    studies: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # of searches
    removed: dict[int, int] = field(default_factory=dict)  # left unread: the removal by which they were
    removals: dict[int, str] = field(default_factory=dict)  # the sentence of each removal, in their order
    by_tool: dict[int, bool] = field(
        default_factory=dict
    )  # with a model's vote: whether a person judged, too
    doubts: list[str] = field(default_factory=list)  # sentences: what is not known for certain


class Tally:
    """The ids of the records in each box; ``before`` is the tally of the version of which this is the update."""

    def __init__(self, facts: Facts, before: Tally | None = None):
        self.facts = facts
        self.before = before
        self.boxes: dict[str, list[int]] = defaultdict(list)
        self._end: dict[int, str] = {}
        self._old = before.facts.entries.keys() if before else frozenset()
        self._listed = {each.leader for each in facts.entries.values() if each.kind in LISTED}
        self._known = self._known_groups()
        for pk, entry in facts.entries.items():
            if entry.leader == pk:
                self._follow(pk)
        if before:
            self.boxes["previous_reports"] = sorted({*before.all_included, *self.boxes["previous_reports"]})
        self._count_found()
        self._count_tools()

    def _known_groups(self) -> dict[int, set[str]]:
        """The groups with a record that was there before: the ends that these had come to then."""
        known: dict[int, set[str]] = defaultdict(set)
        if self.before:
            then = self.before.facts.entries
            for pk, entry in self.facts.entries.items():
                if pk in then:
                    known[entry.leader].add(self.before._end.get(then[pk].leader, "awaiting_screening"))
        return known

    def _follow(self, pk: int) -> None:
        """Put the group that ``pk`` leads into its boxes."""
        boxes = [*self._way(pk)]
        self._end[pk] = boxes[-1]
        if ends := self._known.get(pk):
            boxes = self._way_of_known(pk, boxes, ends)
        prefix = "" if pk in self._listed else "other_"
        for box in boxes:
            self.boxes[box if box in SHARED else f"{prefix}{box}"].append(pk)

    def _way(self, pk: int) -> Iterator[str]:
        """The boxes of a group from where it comes in to where it is."""
        facts = self.facts
        placed = facts.placed_title.get(pk)
        if pk in facts.placed_full:
            yield "previous_reports" if facts.placed_full[pk] else "excluded_before"
        elif placed:
            if placed.included:
                yield "carried"
                yield from self._way_of_report(pk)
            else:
                yield "excluded_before"
        elif (state := facts.title.get(pk)) is None:
            yield "automation" if pk in facts.removed else "awaiting_screening"
        else:
            yield "screened"
            if state == "excluded":
                yield "excluded"
            else:
                yield from self._way_of_report(pk)

    def _way_of_report(self, pk: int) -> Iterator[str]:
        retrieval = self.facts.retrieval.get(pk)
        if retrieval == "not_sought":
            yield "not_sought"
            return
        yield "sought"
        word = self.facts.full.get(pk)
        if retrieval == "not_retrieved":
            yield "not_retrieved"
        elif word is None:
            yield "awaiting_full_text"
        else:
            yield "assessed"
            yield ASSESSED[word.state]

    def _way_of_known(self, pk: int, boxes: list[str], ends: set[str]) -> list[str]:
        """The boxes of a group in the update of the version that knew it already."""
        if boxes == ["previous_reports"]:
            return boxes
        if (
            ends & {"included", "previous_reports"}
            or boxes[-1] in ends & ENDS
            or boxes == ["excluded_before"]
        ):
            return []
        if boxes[0] == "carried" or (ends - EARLY and boxes[-1] not in EARLY):
            return ["carried", *(box for box in boxes if box not in ("carried", "screened"))]
        return ["taken_up", *boxes]

    def _count_found(self) -> None:
        """What searches found, before any duplicate is removed, and what of it were duplicates."""
        standing: dict[int, int] = {}  # by leader: the first listed record of a group that other methods lead
        for pk, entry in sorted(self.facts.entries.items()):
            placed = self.facts.placed_title.get(entry.leader)
            if pk in self._old or (placed and placed.batch == entry.batch):
                continue  # known before, or standing for what came from before
            self.boxes[FOUND[entry.kind]].append(pk)
            known = placed is not None or entry.leader in self._known
            if entry.kind not in LISTED:
                if pk != entry.leader or known or entry.leader in self._listed:
                    self.boxes["other_duplicates"].append(pk)
            elif known:
                self.boxes["duplicates"].append(pk)
            elif pk != entry.leader:
                leader = self.facts.entries.get(entry.leader)
                leads_from_outside = leader is None or leader.kind not in LISTED
                if not leads_from_outside or standing.setdefault(entry.leader, pk) != pk:
                    self.boxes["duplicates"].append(pk)

    def _count_tools(self) -> None:
        """Of the records excluded, those that a model voted on, and those that no person judged."""
        by_tool = self.facts.by_tool
        for arm in ("", "other_"):
            voted = [pk for pk in self.boxes[f"{arm}excluded"] if pk in by_tool]
            self.boxes[f"{arm}excluded_with_tool"] = voted
            self.boxes[f"{arm}excluded_automatically"] = [pk for pk in voted if not by_tool[pk]]

    def _removals(self) -> list[tuple[str, int]]:
        """The sentence of each removal of which records are in the diagram, with how many."""
        removed = self.facts.removed
        found = Counter(removed[pk] for arm in ("", "other_") for pk in self.boxes[f"{arm}automation"])
        return [(words, found[pk]) for pk, words in self.facts.removals.items() if found[pk]]

    def rows(self, key: str, name: str = "") -> list[int]:
        """The ids behind a box, or behind one line of it: a source's name, or a reason of an excluding box."""
        ids = self.boxes.get(key, [])
        if not name:
            return ids
        if key.endswith("excluded_reports"):
            return [pk for pk in ids if (self.facts.full[pk].reason or NO_REASON) == name]
        return [pk for pk in ids if self.facts.names.get(self.facts.entries[pk].search) == name]

    def studies_of(self, ids: Iterable[int]) -> set[int]:
        studies = self.facts.studies
        return {studies[pk] for pk in ids if pk in studies}

    @property
    def previous_studies(self) -> set[int]:
        """Studies that were included before, by the ids they had then."""
        before = self.before
        ids = self.boxes["previous_reports"]
        if before is None:
            return self.studies_of(ids)
        known = before.facts.studies.keys()
        return before.studies_of(before.all_included) | self.studies_of(pk for pk in ids if pk not in known)

    @property
    def new_studies(self) -> set[int]:
        """Studies that were not included before."""
        before = self.previous_studies | self.studies_of(self.boxes["previous_reports"])
        return self.studies_of(self.boxes["included"]) - before

    def counts(self) -> FlowCounts:
        """The numbers of the boxes."""
        numbers: dict[str, Any] = {name: len(self.boxes[box]) for name, box in NUMBERS.items()}
        return FlowCounts(
            **numbers | self._corrections(),
            databases=self._per_source("databases"),
            registers=self._per_source("registers"),
            reasons=self._per_reason("excluded_reports"),
            other_reasons=self._per_reason("other_excluded_reports"),
            studies=len(self.new_studies),
            previous_studies=len(self.previous_studies),
            removals=self._removals(),
            doubts=[*(self.before.facts.doubts if self.before else ()), *self.facts.doubts],
        )

    @cached_property
    def whole(self) -> Tally:
        """Of the review from its beginning."""
        return Tally(self.facts) if self.before else self

    @property
    def all_included(self) -> list[int]:
        return [*self.boxes["included"], *self.boxes["previous_reports"]]

    def _corrections(self) -> dict[str, int]:
        """What the totals are beyond previous plus new: what the version included and is not included any more."""
        if self.before is None:
            return {}
        present = self.whole.all_included
        reports = len(self.boxes["included"]) + len(self.boxes["previous_reports"])
        studies = len(self.new_studies) + len(self.previous_studies)
        return {
            "total_reports_correction": len(present) - reports,
            "total_studies_correction": len(self.studies_of(present)) - studies,
        }

    def _per_source(self, box: str) -> list[tuple[str, int]]:
        """Sources with their numbers, the largest first."""
        found = Counter(self.facts.entries[pk].search for pk in self.boxes[box])
        pairs = [(self.facts.names[search], n) for search, n in found.items()]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _per_reason(self, box: str) -> list[tuple[str, int]]:
        """Reasons with their numbers, the most frequent first."""
        found = Counter(self.facts.full[pk].reason or NO_REASON for pk in self.boxes[box])
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


_REPORTS = ("sought", "not_retrieved", "assessed", "awaiting_classification", "ongoing", "not_sought")
_TOOLS = ("automation", "excluded_automatically", "excluded_with_tool")
_BOTH = (*_REPORTS, *_TOOLS, "excluded", "carried", "taken_up", "awaiting_screening", "awaiting_full_text")
#: The plain numbers of FlowCounts, by the box that they count.
NUMBERS: dict[str, str] = {
    name: name
    for name in (
        "duplicates",
        "screened",
        "websites",
        "organisations",
        "citations",
        "other_sources",
        "other_duplicates",
        "previous_reports",
        "excluded_before",
        *_BOTH,
        *(f"other_{box}" for box in _BOTH),
    )
} | {"reports": "included"}
