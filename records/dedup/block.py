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

from .evidence import ENOUGH, NO_TITLE, SHORTENED, TITLE_STEPS
from .normalise import Prepared

#: Blocks up to this size are compared in full; in larger ones each record meets its neighbours in title order.
FULL_BLOCK = 16
WINDOW = 5
_RARE_WORDS = 4
_CHUNK = 250_000
_FAR = 1 << 31  # more than there are words
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
    rank = _ranks(records)
    for index, record in enumerate(records):
        made = set(_keys(record, rank))
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
            return np.fromiter(
                (numbers.setdefault(text, len(numbers)) for text in texts), np.int32, len(records)
            )

        self._numbers = [
            numbered(record.doi for record in records),
            numbered(record.pmid for record in records),
            numbered(record.pmcid for record in records),
        ]
        self._first = numbered(_page_number(record) for record in records)
        self._title = numbered(iter(self._titles))
        self._main = numbered(record.main_title for record in records)
        self._start = numbered(title[:60] if len(title) > 60 else "" for title in self._titles)
        self._open = np.fromiter(
            (
                len(r.variants) > 1 or not r.title or len(r.ranges) > 1 or bool(r.registry_ids)
                for r in records
            ),
            bool,
            len(records),
        )
        places = np.array([_place(record) for record in records], np.int32)
        self._year, self._volume, self._page, self._end = places.T
        self._people = np.fromiter((_beginnings(record) for record in records), np.int64, len(records))

    def worth_a_look(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """A mask over the pairs (left, right): False where the points that can still be had are too few."""
        near = self._open[left] | self._open[right]
        for number in self._numbers:
            near |= _equal(number, left, right)
        most, other_report = self._most_points(left, right)
        shortened = _equal(self._start, left, right)
        shortened |= (self._title[left] == self._main[right]) | (self._main[left] == self._title[right])
        near |= shortened & (most + SHORTENED >= ENOUGH)
        near |= _equal(self._title, left, right) & (other_report | (most + TITLE_STEPS[0][1] >= ENOUGH))
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            rest = np.flatnonzero(~near & (other_report | (most + TITLE_STEPS[1][1] >= ENOUGH)))
            if not len(rest):
                break
            alike = process.cpdist(
                [self._titles[n] for n in left[rest].tolist()],
                [self._titles[n] for n in right[rest].tolist()],
                scorer=scorer,
                score_cutoff=100 * TITLE_STEPS[-1][0],
            )
            bounds, worths = zip(*TITLE_STEPS, strict=True)
            points = np.select([alike >= 100 * bound for bound in bounds], worths, NO_TITLE)
            near[rest[(most[rest] + points >= ENOUGH) | (other_report[rest] & (alike >= 97))]] = True
        return near

    def _most_points(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points of pairs beside those of the title, where what is not looked at here agrees in full; and which
        of them may be two reports by the same people."""
        strangers = (self._people[left] & self._people[right]) == 0
        strangers &= (self._people[left] != 0) & (self._people[right] != 0)
        years = np.abs(self._year[left] - self._year[right])
        years[(self._year[left] == 0) | (self._year[right] == 0)] = 0
        volumes = (
            (self._volume[left] != self._volume[right]) & (self._volume[left] > 0) & (self._volume[right] > 0)
        )
        pages = (self._page[left] > self._end[right]) | (self._page[right] > self._end[left])
        pages &= (self._page[left] > 0) & (self._page[right] > 0)
        # agreeing: authors 18, year 6, journal 10, volume 8, issue 2, pages 16 + 4, abstract 14
        most = (
            np.where(strangers, -25, 18)
            + np.select([years == 0, years == 1, years == 2], [6, 2, -12], -22)
            + np.where(volumes, -12, 8)
            + np.select([_equal(self._first, left, right), pages], [16 + 4, -22], 0)
            + (10 + 2 + 14)
        )
        return most, ~strangers & (years <= 2)


def _equal(numbers: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (numbers[left] == numbers[right]) & (numbers[left] >= 0)


def _place(record: Prepared) -> tuple[int, int, int, int]:
    """Year, volume, first and last page as numbers; 0 for what is missing or not plain enough to contradict."""
    volume = record.volume
    number = int(volume) if volume.isdecimal() and len(volume) < 4 and "suppl" not in record.issue else 0
    first, last = record.first_page, record.last_page or record.first_page
    plain = (
        len(record.ranges) == 1
        and first.isdecimal()
        and last.isdecimal()
        and 2 <= len(first) <= len(last) <= 4
    )
    return record.year or 0, number, *((int(first), int(last)) if plain else (0, 0))


def _beginnings(record: Prepared) -> int:
    """A bit for each beginning of a word among the names, so that people in common are bits in common."""
    bits = 0
    for family in record.families:
        bits |= 1 << (ord(family[0]) * 7 + ord(family[-1])) % 61
    return bits


def _page_number(record: Prepared) -> str:
    number = record.first_page.lstrip("abcdefghijklmnopqrstuvwxyz")
    return "" if number == "1" else number


def _ranks(records: Sequence[Prepared]) -> dict[str, int]:
    """The words of the titles numbered from the rarest to the commonest, equally rare ones by the alphabet."""
    frequency: Counter[str] = Counter()
    for record in records:
        frequency.update(set(record.title.split()))
    in_order = sorted(frequency.items(), key=lambda item: (item[1], item[0]))
    return {word: number for number, (word, _) in enumerate(in_order)}


def _keys(record: Prepared, rank: dict[str, int]) -> list[int]:
    """The hashes of what other copies of the record are likely to share with it."""
    keys = [
        hash((kind, value))
        for kind, value in (("doi", record.doi), ("pmid", record.pmid), ("pmcid", record.pmcid))
        if value
    ]
    keys += [hash(("registry", number)) for number in record.registry_ids]
    family = record.families[0] if record.families else ""
    title, year, volume = record.title, record.year, record.volume
    if title:
        keys.append(hash(("title", title.replace(" ", "")[:60])))
        if record.main_title is not title:
            keys.append(hash(("title", record.main_title.replace(" ", "")[:60])))
        keys += [hash(("title", variant.replace(" ", "")[:60])) for variant in record.variants[1:]]
        in_order = title.split()
        rare = sorted([rank[word] for word in set(in_order) if len(word) > 2])[:_RARE_WORDS]
        keys += [one * _FAR + two for one, two in combinations(rare, 2)]
        if family:
            keys.append(hash((family[:6], *in_order[:3])))
        keys.append(hash((year, *in_order[:4])))
    for first, _ in record.ranges[:4]:
        if volume:
            keys.append(hash(("place", volume, first)))
        if year:
            keys.append(hash((year, first, record.issue)))
        if family:
            keys.append(hash(("page", family[:8], first)))
    if family and year and volume:
        keys.append(hash((family[:8], year, volume)))
    if len(record.raw_abstract) > 120:
        begin = record.raw_abstract[:140].casefold().split()
        keys.append(hash(tuple(begin[1:7] if begin and begin[0].rstrip(":.") in _HEADINGS else begin[:6])))
    return keys
