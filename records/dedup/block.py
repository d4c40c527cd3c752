"""Which pairs are worth comparing: those that share a key, so that work grows with the records, not their square.

Keys are numbers, mostly hashes, and sorted together, so that blocks are runs of equal numbers. What is found depends
neither on the order of the records nor on the hash: blocks are walked in title order, and results are sorted later.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import chain, combinations, count
from operator import or_

import numpy as np
from rapidfuzz import fuzz, process

from .evidence import ENOUGH, NO_TITLE, SHORTENED, TITLE_STEPS
from .normalise import Prepared

#: Blocks up to this size are compared in full; in larger ones each record meets its neighbours in title order.
FULL_BLOCK = 16
WINDOW = 5
_RARE_WORDS = 4
_CHUNK = 65_536
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
    order = sorted(
        range(len(records)), key=lambda n: (records[n].title, records[n].first_page, records[n].year or 0)
    )
    in_title_order = [records[n] for n in order]
    position = np.array(order, np.int64)
    found = [np.empty(0, np.int64)]
    for make in (_text_keys, _rare_word_keys):
        for one, two in _meetings(*make(in_title_order)):
            left, right = position[one], position[two]
            left, right = np.minimum(left, right), np.maximum(left, right)
            if new_from:
                left, right = left[right >= new_from], right[right >= new_from]
            found.append(_distinct(left * len(records) + right))
    return _distinct(np.concatenate(found))


def _meetings(keys: np.ndarray, owners: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The owners that meet in the blocks of equal keys, step by step: neighbours first, then those two apart, ...

    `owners` count the records in title order, and ascend.
    """
    if not len(keys):
        return
    by_key = np.argsort(keys, kind="stable")
    keys, owners = keys[by_key], owners[by_key]
    once = np.concatenate(([True], (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])))
    keys, owners = keys[once], owners[once]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1], [True])))
    size = np.repeat(np.diff(starts), np.diff(starts))
    shared = size > 1  # most keys are those of one record
    keys, owners, size = keys[shared], owners[shared], size[shared]
    for step in range(1, FULL_BLOCK):
        meet = keys[step:] == keys[:-step]
        if step > WINDOW:
            meet &= size[step:] <= FULL_BLOCK
        yield owners[:-step][meet], owners[step:][meet]


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """The numbers sorted in place, each once; several times as quick as np.unique, which hashes them."""
    numbers.sort()
    return numbers[np.concatenate(([True], numbers[1:] != numbers[:-1]))] if len(numbers) else numbers


class _Marks:
    """What decides cheaply, for many pairs at once, that two records cannot be one."""

    def __init__(self, records: Sequence[Prepared]):
        self._titles = [record.title for record in records]
        numbers: defaultdict[str, int] = defaultdict(count().__next__, {"": -1})

        def numbered(texts: Iterable[str]) -> np.ndarray:
            return np.fromiter(map(numbers.__getitem__, texts), np.int32, len(records))

        self._numbers = [
            numbered([record.doi for record in records]),
            numbered([record.pmid for record in records]),
            numbered([record.pmcid for record in records]),
        ]
        self._first = numbered(map(_page_number, records))
        self._title = numbered(self._titles)
        self._main = numbered([record.main_title for record in records])
        self._start = numbered([title[:60] if len(title) > 60 else "" for title in self._titles])
        self._open = np.array([_is_open(record) for record in records])
        places = np.array([_place(record) for record in records], np.int32)
        self._year, self._volume, self._page, self._end = np.ascontiguousarray(places.T)
        bit = cache(_beginning)
        self._people = np.array(
            [reduce(or_, map(bit, record.families), 0) for record in records], dtype=np.int64
        )

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


def _is_open(record: Prepared) -> bool:
    """Whether more speaks for pairs with the record than the marks can tell."""
    return len(record.variants) > 1 or not record.title or len(record.ranges) > 1 or bool(record.registry_ids)


def _beginning(family: str) -> int:
    """A bit for the first and last letter of a name, so that people in common are bits in common."""
    return 1 << (ord(family[0]) * 7 + ord(family[-1])) % 61


def _page_number(record: Prepared) -> str:
    number = record.first_page.lstrip("abcdefghijklmnopqrstuvwxyz")
    return "" if number == "1" else number


def _rare_word_keys(records: Sequence[Prepared]) -> tuple[np.ndarray, np.ndarray]:
    """(keys, owners): a key for each two of the rarest words of a title; equally rare ones go by the alphabet."""
    words, owners, vocabulary = _words_of_titles(records)
    commonness = np.bincount(words, minlength=len(vocabulary)).tolist()
    from_the_rarest = sorted(range(len(vocabulary)), key=lambda n: (commonness[n], vocabulary[n]))
    rank = np.empty(len(vocabulary), np.int64)
    rank[from_the_rarest] = np.arange(len(vocabulary))
    # sorted as one number: by the record, then by how rare the word is
    owners, ranks = np.divmod(np.sort(owners * _FAR + rank[words]), _FAR)
    place = np.arange(len(owners)) - np.searchsorted(owners, owners)
    few = place < _RARE_WORDS
    rarest = np.full((len(records), _RARE_WORDS), -1, np.int64)
    rarest[owners[few], place[few]] = ranks[few]
    pairs = list(combinations(range(_RARE_WORDS), 2))
    keys = np.stack([rarest[:, one] * _FAR + rarest[:, two] for one, two in pairs], axis=1)
    there = np.stack([rarest[:, two] >= 0 for _, two in pairs], axis=1)
    return keys[there], np.nonzero(there)[0].astype(np.int32)


def _words_of_titles(records: Sequence[Prepared]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(words as numbers, the records they stand in, the words so numbered); once a title, without the shortest."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    lengths = array("i")

    def distinct() -> Iterator[set[str]]:
        for record in records:
            found = {word for word in record.title.split() if len(word) > 2}
            lengths.append(len(found))
            yield found

    words = np.fromiter(map(numbers.__getitem__, chain.from_iterable(distinct())), np.int64)
    return words, np.repeat(np.arange(len(records)), lengths), list(numbers)


def _text_keys(records: Sequence[Prepared]) -> tuple[np.ndarray, np.ndarray]:
    """(keys, owners): the hashes of what else other copies of a record are likely to share with it."""
    keys, lengths = array("q"), array("i")
    for record in records:
        made = _keys(record)
        keys.extend(made)
        lengths.append(len(made))
    return np.frombuffer(keys, np.int64), np.repeat(np.arange(len(records), dtype=np.int32), lengths)


def _keys(record: Prepared) -> list[int]:
    keys = [hash(("registry", number)) for number in record.registry_ids]
    if record.doi:
        keys.append(hash(("doi", record.doi)))
    if record.pmid:
        keys.append(hash(("pmid", record.pmid)))
    if record.pmcid:
        keys.append(hash(("pmcid", record.pmcid)))
    family = record.families[0] if record.families else ""
    title, year, volume = record.title, record.year, record.volume
    if title:
        keys.append(hash(("title", title.replace(" ", "")[:60])))
        if record.main_title is not title:
            keys.append(hash(("title", record.main_title.replace(" ", "")[:60])))
        keys += [hash(("title", variant.replace(" ", "")[:60])) for variant in record.variants[1:]]
        begin = title.split(None, 4)[:4]
        if family:
            keys.append(hash((family[:6], *begin[:3])))
        keys.append(hash((year, *begin)))
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
        begin = record.raw_abstract[:140].casefold().split(None, 7)
        keys.append(hash(tuple(begin[1:7] if begin and begin[0].rstrip(":.") in _HEADINGS else begin[:6])))
    return keys
