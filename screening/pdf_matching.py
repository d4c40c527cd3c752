"""Which report a PDF is, told by its file name, its metadata and its first pages; nothing here knows about Django.

A match needs evidence that names one report and none that names another. What only hints (an author and year, a
DOI that may be of a cited paper) is confirmed by the report's title at the beginning of the text, or becomes a
proposal.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from rapidfuzz import fuzz, process

from records.dedup.text import fold, words
from records.formats.normalise import normalise_doi
from screening.pdf_text import Reading

#: How far into a page its own title may begin, in letters.
BEGINNING = 2500
#: Letters a title needs to say anything by itself; those of scripts with a sign a word count more.
SHORTEST_TITLE = 24
MOST_PROPOSALS = 5
READABLE = 200

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(19\d\d|20\d\d)(?!\d)")
_RECORD = re.compile(r"(?:^|[\W_])(?:record|rec|id)[\W_]{0,2}(\d{1,12})(?!\d)", re.IGNORECASE)
_PMID_NAMED = re.compile(r"(?:^|[\W_])(?:pmid|pubmed)[\W_]{0,2}(\d{1,8})(?!\d)", re.IGNORECASE)
_PMID_TEXT = re.compile(r"\bPMID\s*:?\s*(\d{4,8})\b", re.IGNORECASE)
_COPY = re.compile(r"(?:[ _-]*\(\d+\)|[ _-]+copy|[._-](?:full|main|pdf|epdf|fulltext))+$", re.IGNORECASE)
#: What comes right before the title of another paper.
_ABOUT = re.compile(
    r"(?:commentaryon|commenton|commentson|letterto|re|replyto|responseto|correctionto|correction|erratum|erratumto|"
    r"corrigendum|corrigendumto|retractionof|retraction|editorialon|reviewof|inresponseto)$"
)
_BIG = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def squash(text: str) -> str:
    """Letters and digits alone, in one spelling: line breaks, hyphens and ligatures make no difference."""
    return "".join(words(fold(unicodedata.normalize("NFKC", text))))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A report that a PDF may be. ``also``: DOIs and PMIDs of records merged into it."""

    record: int
    title: str
    author: str = ""
    year: int | None = None
    doi: str = ""
    pmid: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """``record`` and ``way`` (a PdfUpload.Way) when it is sure; else ``why`` not, and ``proposals`` (record, why)."""

    record: int | None = None
    way: str = ""
    why: str = ""
    proposals: tuple[tuple[int, str], ...] = ()


class Matcher:
    """Made once for the reports of a review; ``match`` then looks at one PDF after the other."""

    def __init__(self, candidates: Iterable[Candidate]):
        self._all = {each.record: each for each in candidates}
        self._titles = {
            each.record: title for each in self._all.values() if _says_enough(title := squash(each.title))
        }
        self._plain_titles = {pk: " ".join(words(fold(each.title))) for pk, each in self._all.items()}
        self._dois: dict[str, set[int]] = defaultdict(set)
        self._squashed: dict[str, set[int]] = defaultdict(set)
        self._pmids: dict[str, set[int]] = defaultdict(set)
        self._authors: dict[tuple[str, int | None], set[int]] = defaultdict(set)
        for each in self._all.values():
            for value in (each.doi, each.pmid, *each.also):
                if "/" in value:
                    self._add_doi(value.lower(), each.record)
                elif value:
                    self._pmids[value].add(each.record)
            if each.author:
                self._authors[squash(each.author), each.year].add(each.record)

    def _add_doi(self, doi: str, record: int) -> None:
        self._dois[doi].add(record)
        self._squashed[squash(doi)].add(record)
        suffix = squash(doi.partition("/")[2])
        if len(suffix) >= 8:
            self._squashed[suffix].add(record)

    def match(self, name: str, reading: Reading) -> Match:
        """The report that the file ``name`` with this content is."""
        title = self._by_title(reading)
        sure = {
            "file_name": self._by_number_in(name) | self._by_title_in(name),
            "doi": self._by_doi(_DOI.findall(f"{reading.info} {reading.title}")),
            "title": title,
        }
        hints = {
            "file_name": self._by_citation(name),
            "doi": self._by_doi(_DOI.findall(" ".join(reading.texts[:2]))),
            "pmid": self._by_pmid(_PMID_TEXT.findall(" ".join(reading.texts[:2]))),
        }
        readable = sum(map(len, reading.texts)) >= READABLE
        return self._judge(name, reading, sure, hints, readable)

    def _judge(
        self,
        name: str,
        reading: Reading,
        sure: dict[str, set[int]],
        hints: dict[str, set[int]],
        readable: bool,
    ) -> Match:
        told = [found for found in sure.values() if found]
        if not told and not readable and hints["file_name"]:
            told = [hints["file_name"]]
        if told:
            fits = set.intersection(*told)
            for found in hints.values():
                fits = fits & found or fits
            if len(fits) == 1:
                return Match(record=next(iter(fits)), way=_way_of(fits, sure, hints))
            if not fits:
                why = "Its name, metadata and text point to different reports."
            else:
                why = f"{len(fits)} reports fit."
        elif any(hints.values()):
            why = "Something in it hints at a report, but the report's title is not at its beginning."
        else:
            why = "No report fits its name, DOI, PMID or title."
        return Match(why=why, proposals=self._proposals(name, reading, sure, hints))

    def _by_number_in(self, name: str) -> set[int]:
        """By a record's number, PMID or DOI in the file name; a bare number means what only one report has."""
        stem = _stem(name)
        found: set[int] = set()
        for number in _RECORD.findall(stem):
            found |= {int(number)} & self._all.keys()
        found |= self._by_pmid(_PMID_NAMED.findall(stem))
        if stem.isdecimal() and stem.isascii():
            found |= self._pmids.get(stem.lstrip("0"), set())
            found |= {int(stem)} & self._all.keys() if len(stem) < 13 else set()
        return found | self._squashed.get(squash(unquote(stem)), set())

    def _by_title_in(self, name: str) -> set[int]:
        """By a file name that is the title, or as much of it as fitted into the name."""
        stem = squash(_stem(name))
        if not _says_enough(stem):
            return set()
        found = {pk for pk, title in self._titles.items() if title == stem or title.startswith(stem)}
        exact = {pk for pk in found if self._titles[pk] == stem}
        return exact or found

    def _by_citation(self, name: str) -> set[int]:
        """By author and year: "Nakagawa 2017", "Nakagawa et al. - 2017 - Psilocybin for depr"."""
        stem = _stem(name)
        parts = words(fold(unicodedata.normalize("NFKC", stem)))
        found: set[int] = set()
        for year in set(_YEAR.findall(stem.replace("_", " "))):
            for length in (1, 2, 3):
                for start in range(len(parts) - length + 1):
                    found |= self._authors.get(("".join(parts[start : start + length]), int(year)), set())
        if len(found) > 1:
            rest = squash(_YEAR.split(stem.replace("_", " "))[-1])
            begun = {pk for pk in found if len(rest) >= 8 and squash(self._all[pk].title).startswith(rest)}
            return begun or found
        return found

    def _by_doi(self, dois: Iterable[str]) -> set[int]:
        found = (self._dois.get(normalise_doi(doi), set()) for doi in dois)
        return set().union(*found)

    def _by_pmid(self, pmids: Iterable[str]) -> set[int]:
        return set().union(*(self._pmids.get(pmid.lstrip("0"), set()) for pmid in pmids))

    def _by_title(self, reading: Reading) -> set[int]:
        """By a title that stands in the metadata or at the beginning of one of the first pages, and is not merely
        named there ("Comment on ..."). Of titles that hold each other the longest counts.
        """
        found: set[int] = set()
        stated = squash(reading.title)
        beginnings = [squash(text[: 2 * BEGINNING])[:BEGINNING] for text in reading.texts[:2]]
        for pk, title in self._titles.items():
            if title == stated or any(_stands(title, beginning) for beginning in beginnings):
                found.add(pk)
        longest = {
            pk
            for pk in found
            if not any(
                self._titles[pk] != self._titles[other] and self._titles[pk] in self._titles[other]
                for other in found
            )
        }
        return longest

    def _proposals(
        self, name: str, reading: Reading, sure: dict[str, set[int]], hints: dict[str, set[int]]
    ) -> tuple[tuple[int, str], ...]:
        """The likeliest reports, best first, each with the reason."""
        reasons: dict[int, list[str]] = defaultdict(list)
        for way, records in [*sure.items(), *hints.items()]:
            for pk in records:
                if _WORDS[way] not in reasons[pk]:
                    reasons[pk].append(_WORDS[way])
        ranked = sorted(reasons, key=lambda pk: (-len(reasons[pk]), pk))[:MOST_PROPOSALS]
        for text in (reading.title, _stem(name), " ".join(reading.texts[:1])[:400]):
            asked = " ".join(words(fold(text)))
            if len(asked) < 8 or len(ranked) >= MOST_PROPOSALS:
                continue
            close = process.extract(
                asked, self._plain_titles, scorer=fuzz.token_set_ratio, score_cutoff=62, limit=MOST_PROPOSALS
            )
            for _, _, pk in close:
                if pk not in ranked and len(ranked) < MOST_PROPOSALS:
                    ranked.append(pk)
                    reasons[pk].append("a similar title")
        return tuple((pk, ", ".join(reasons[pk])) for pk in ranked)


_WORDS = {"file_name": "its file name", "doi": "a DOI in it", "pmid": "a PMID in it", "title": "its title"}


def _way_of(fits: set[int], sure: dict[str, set[int]], hints: dict[str, set[int]]) -> str:
    ways = [*sure.items(), *hints.items()]
    order = {"file_name": 0, "doi": 1, "pmid": 2, "title": 3}
    return min((way for way, found in ways if fits <= found), key=order.__getitem__)


def _stands(title: str, beginning: str) -> bool:
    at = beginning.find(title)
    return at >= 0 and not _ABOUT.search(beginning[max(0, at - 20) : at])


def _says_enough(squashed: str) -> bool:
    return len(squashed) + 2 * len(_BIG.findall(squashed)) >= SHORTEST_TITLE


def _stem(name: str) -> str:
    plain = re.sub(r"\.pdf$", "", name.rsplit("/", 1)[-1], flags=re.IGNORECASE)
    return _COPY.sub("", plain).strip()
