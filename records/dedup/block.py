"""Which pairs are worth comparing: those that share a key, so that work grows with the records, not their square.

Keys are hashed into one array and sorted together, so that blocks are runs of equal numbers. What is found depends
neither on the order of the records nor on the hash: blocks are walked in title order, and results are sorted later.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from rapidfuzz import fuzz, process

from .normalise import Prepared

#: Blocks up to this size are compared in full; in larger ones each record meets its neighbours in title order.
FULL_BLOCK = 16
WINDOW = 5
_RARE_WORDS = 4
_CHUNK = 250_000
_HEADINGS = {
    "background",
    "objective",
    "objectives",
    "purpose",
    "aim",
    "aims",
    "introduction",
    "abstract",
    "context",
}
_LEAST_TITLE = 75.0  # in per cent: below, nothing but a number or a page in common can make two records one


def candidate_pairs(records: Sequence[Prepared], new_from: int = 0) -> Iterator[tuple[int, int]]:
    """Positions (i < j) of records that may be one, each pair once.

    `records[new_from:]` are new: pairs among the earlier ones are left out.
    """
    if len(records) < 2:
        return
    marks = _Marks(records)
    codes = _sharing_a_key(records, new_from)
    for start in range(0, len(codes), _CHUNK):
        left, right = np.divmod(codes[start : start + _CHUNK], len(records))
        near = marks.worth_a_look(left, right)
        yield from zip(left[near].tolist(), right[near].tolist(), strict=True)


def _sharing_a_key(records: Sequence[Prepared], new_from: int) -> np.ndarray:
    """The pairs that share a key as i * len(records) + j, sorted."""
    keys, owners = array("q"), array("i")
    frequency: Counter[str] = Counter()
    for record in records:
        frequency.update(set(record.title.split()))
    for index, record in enumerate(records):
        made = {hash(key) for key in _keys(record, frequency)}
        keys.extend(made)
        owners.extend([index] * len(made))
    key, owner = np.frombuffer(keys, np.int64), np.frombuffer(owners, np.int32)
    in_title_order = np.lexsort((_title_order(records)[owner], key))
    key, owner = key[in_title_order], owner[in_title_order].astype(np.int64)
    starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1], [True])))
    size = np.repeat(np.diff(starts), np.diff(starts))
    found = []
    for step in range(1, FULL_BLOCK):
        meet = key[step:] == key[:-step]
        if step > WINDOW:
            meet &= size[step:] <= FULL_BLOCK
        one, two = owner[:-step][meet], owner[step:][meet]
        left, right = np.minimum(one, two), np.maximum(one, two)
        if new_from:
            left, right = left[right >= new_from], right[right >= new_from]
        found.append(np.unique(left * len(records) + right))
    return np.unique(np.concatenate(found))


def _title_order(records: Sequence[Prepared]) -> np.ndarray:
    """The rank of each record by title, then page and year; `records` are in the order of their ids."""
    order = sorted(
        range(len(records)), key=lambda n: (records[n].title, records[n].first_page, records[n].year or 0)
    )
    rank = np.empty(len(records), np.int32)
    rank[order] = np.arange(len(records), dtype=np.int32)
    return rank


class _Marks:
    """What decides cheaply, for many pairs at once, that two records cannot be one."""

    def __init__(self, records: Sequence[Prepared]):
        self._titles = [record.title for record in records]
        numbers: dict[str, int] = {"": -1}

        def numbered(texts: Iterator[str]) -> np.ndarray:
            return np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int32)

        self._same = [
            numbered(record.doi for record in records),
            numbered(record.pmid for record in records),
            numbered(record.pmcid for record in records),
            numbered(_page_number(record) for record in records),
        ]
        self._title = numbered(iter(self._titles))
        self._main = numbered(record.main_title for record in records)
        self._start = numbered(title[:60] if len(title) > 60 else "" for title in self._titles)
        self._open = np.fromiter(
            (
                len(r.variants) > 1 or not r.title or len(r.ranges) > 1 or bool(r.registry_ids)
                for r in records
            ),
            bool,
        )

    def worth_a_look(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        near = self._open[left] | self._open[right]
        for number in (*self._same, self._title, self._start):
            near |= (number[left] == number[right]) & (number[left] >= 0)
        near |= (self._title[left] == self._main[right]) | (self._main[left] == self._title[right])
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            rest = np.flatnonzero(~near)
            if not len(rest):
                break
            alike = process.cpdist(
                [self._titles[n] for n in left[rest].tolist()],
                [self._titles[n] for n in right[rest].tolist()],
                scorer=scorer,
                score_cutoff=_LEAST_TITLE,
            )
            near[rest[alike >= _LEAST_TITLE]] = True
        return near


def _page_number(record: Prepared) -> str:
    return record.first_page.lstrip("abcdefghijklmnopqrstuvwxyz")


def _keys(record: Prepared, frequency: Counter[str]) -> Iterator[tuple]:
    if record.doi:
        yield "doi", record.doi
    if record.pmid:
        yield "pmid", record.pmid
    if record.pmcid:
        yield "pmcid", record.pmcid
    for number in record.registry_ids:
        yield "registry", number
    family = record.families[0] if record.families else ""
    title, year = record.title, record.year
    if title:
        yield "title", title.replace(" ", "")[:60]
        if record.main_title is not title:
            yield "title", record.main_title.replace(" ", "")[:60]
        for variant in record.variants[1:]:
            yield "title", variant.replace(" ", "")[:60]
        in_order = title.split()
        rare = sorted({w for w in in_order if len(w) > 2}, key=lambda w: (frequency[w], w))[:_RARE_WORDS]
        rare.sort()
        for pair in combinations(rare, 2):
            yield "words", *pair
        if family:
            yield "start", family[:6], *in_order[:3]
        yield "yearstart", year, *in_order[:4]
    for first, _ in record.ranges[:4]:
        if record.volume:
            yield "place", record.volume, first
        if year:
            yield "page", year, first, record.issue
        if family:
            yield "author page", family[:8], first
    if family and year and record.volume:
        yield "author volume", family[:8], year, record.volume
    if len(record.raw_abstract) > 120:
        in_order = record.raw_abstract[:140].casefold().split()
        yield "abstract", *(in_order[1:7] if in_order[0].rstrip(":.") in _HEADINGS else in_order[:6])
