"""Finding a review's records in a list of notices, by DOI and PMID. No Django."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from records.formats.normalise import normalise_doi, normalise_pmid
from screening.retraction_watch import Fault, Notice

KEPT = 100


class Known(NamedTuple):
    """A record as it is found: ``leader`` is the one that stands for its group of duplicates."""

    pk: int
    leader: int
    doi: str
    pmid: str


class Key(NamedTuple):
    """What makes two notices of a record the same."""

    record: int
    nature: str
    notice_doi: str
    day: date | None


class Hit(NamedTuple):
    reasons: str
    found_by: str
    doubt: str


@dataclass
class Found:
    """What a list says of the records of a review; of faults and doubts the first KEPT are kept."""

    hits: dict[Key, Hit] = field(default_factory=dict)
    rows: int = 0
    nameless: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    fault_count: int = 0
    doubts: list[str] = field(default_factory=list)


class Index:
    """The identifiers of a review's records."""

    def __init__(self, records: Iterable[Known]):
        self.by_doi: dict[str, set[int]] = defaultdict(set)
        self.by_pmid: dict[str, set[int]] = defaultdict(set)
        self.dois: dict[int, set[str]] = defaultdict(set)
        self.pmids: dict[int, set[str]] = defaultdict(set)
        for record in records:
            if doi := normalise_doi(record.doi):
                self.by_doi[doi].add(record.leader)
                self.dois[record.leader].add(doi)
            if pmid := normalise_pmid(record.pmid):
                self.by_pmid[pmid].add(record.leader)
                self.pmids[record.leader].add(pmid)

    def match(self, notice: Notice) -> Iterator[tuple[int, str, str]]:
        """(record, found by, doubt) for each record that the notice is about."""
        dois = self.by_doi.get(notice.doi, set()) if notice.doi else set()
        pmids = self.by_pmid.get(notice.pmid, set()) if notice.pmid else set()
        for pk in sorted(dois | pmids):
            way = "both" if pk in dois and pk in pmids else "doi" if pk in dois else "pmid"
            yield pk, way, self._doubt(pk, way, notice, (pmids if way == "doi" else dois) - {pk})

    def _doubt(self, pk: int, way: str, notice: Notice, others: set[int]) -> str:
        """What contradicts a match by one identifier: the other one differs; both are named."""
        if way == "both":
            return ""
        what, here, there = (
            ("PMID", self.pmids[pk], notice.pmid) if way == "doi" else ("DOI", self.dois[pk], notice.doi)
        )
        if not here or not there:
            return ""
        told = f"The {what} differs: {', '.join(sorted(here))} here, {there} in the list (line {notice.line})"
        return f"{told}; that is of record {', '.join(map(str, sorted(others)))}." if others else f"{told}."

    def notices(self, notice: Notice) -> set[int]:
        """Records that are the notice itself."""
        if notice.nature != "retraction":
            return set()
        found: set[int] = set()
        if notice.notice_doi and notice.notice_doi != notice.doi:
            found |= self.by_doi.get(notice.notice_doi, set())
        if notice.notice_pmid and notice.notice_pmid != notice.pmid:
            found |= self.by_pmid.get(notice.notice_pmid, set())
        return found


def find(rows: Iterable[Notice | Fault], index: Index) -> Iterator[Found]:
    """What the rows say of the records; yields after every row, so that progress can be told. The last is whole."""
    found = Found()
    yield found
    for row in rows:
        if isinstance(row, Fault):
            found.fault_count += 1
            found.rows += not row.used
            if len(found.faults) < KEPT:
                found.faults.append((row.line, row.sentence))
            yield found
            continue
        found.rows += 1
        found.nameless += not (row.doi or row.pmid)
        about = set()
        for pk, way, doubt in index.match(row):
            about.add(pk)
            found.hits[Key(pk, row.nature, row.notice_doi, row.day)] = Hit(row.reasons, way, doubt[:300])
            if doubt and len(found.doubts) < KEPT:
                found.doubts.append(f"Record {pk}: {doubt}")
        for pk in index.notices(row) - about:
            found.hits[Key(pk, "notice", row.notice_doi, row.day)] = Hit(row.reasons, "doi", "")
        yield found
