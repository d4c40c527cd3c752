"""Which pairs are worth comparing: those that share a key, so that work grows with the records, not their square."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from .normalise import Prepared

#: Blocks up to this size are compared in full; in larger ones each record meets its neighbours in title order.
FULL_BLOCK = 24
WINDOW = 6
_RARE_WORDS = 4


def candidate_pairs(records: Sequence[Prepared], new_from: int = 0) -> Iterator[tuple[int, int]]:
    """Positions (i < j) of records that share a key, each pair once.

    `records[new_from:]` are new: pairs among the earlier ones are left out.
    """
    blocks: dict[tuple, list[int]] = defaultdict(list)
    frequency = Counter(word for record in records for word in set(record.title.split()))
    for index, record in enumerate(records):
        for key in set(_keys(record, frequency)):
            blocks[key].append(index)
    seen: set[int] = set()
    total = len(records)
    for members in blocks.values():
        if len(members) < 2 or members[-1] < new_from:
            continue
        for i, j in _within(members, records):
            if j < new_from:
                continue
            mark = i * total + j
            if mark not in seen:
                seen.add(mark)
                yield i, j


def _within(members: list[int], records: Sequence[Prepared]) -> Iterator[tuple[int, int]]:
    if len(members) <= FULL_BLOCK:
        yield from combinations(members, 2)
        return
    ordered = sorted(
        members,
        key=lambda n: (records[n].title, records[n].first_page, records[n].year or 0, str(records[n].id)),
    )
    for place, left in enumerate(ordered):
        for right in ordered[place + 1 : place + 1 + WINDOW]:
            yield (left, right) if left < right else (right, left)


def _keys(record: Prepared, frequency: Counter[str]) -> Iterator[tuple]:
    if record.doi:
        yield "doi", record.doi
    if record.pmid:
        yield "pmid", record.pmid
    if record.pmcid:
        yield "pmcid", record.pmcid
    family = record.families[0] if record.families else ""
    if record.title:
        yield "title", record.title.replace(" ", "")[:60]
        yield "main", record.main_title.replace(" ", "")[:60]
        for variant in record.variants[1:]:
            yield "title", variant.replace(" ", "")[:60]
        rare = sorted({w for w in record.title.split() if len(w) > 2}, key=lambda w: (frequency[w], w))[
            :_RARE_WORDS
        ]
        for pair in combinations(sorted(rare), 2):
            yield "words", *pair
        start = " ".join(record.title.split()[:3])
        if family:
            yield "start", family[:6], start
        yield "yearstart", record.year, " ".join(record.title.split()[:4])
    if record.first_page:
        if record.volume:
            yield "place", record.volume, record.first_page
        if record.year:
            yield "page", record.year, record.first_page, record.issue
        if family:
            yield "author page", family[:8], record.first_page
    if family and record.year and record.volume:
        yield "author volume", family[:8], record.year, record.volume
    if len(record.abstract) > 120:
        yield "abstract", record.abstract[:80]
        yield "abstract", record.abstract[-80:]
