"""How alike two records are, from field to field, with the reasons in words.

Each field gives points for agreeing and takes points for contradicting; a field that is missing on either side
says nothing. The sum is put on a scale from 0 to 1. On top stand a few rules that points cannot outvote: a reply
is not the paper it replies to, part I is not part II, and a generic title proves nothing.
The points were set by hand on five labelled sets of the literature together, not fitted to any single one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import exp
from typing import Any

from rapidfuzz import fuzz

from .normalise import Prepared
from .similarity import author_similarity, journal_similarity, title_similarity

#: At or above: the same report, merged without asking.
MERGE_THRESHOLD = 0.95
#: At or above: a person is asked. Below: two different records.
REVIEW_THRESHOLD = 0.5

_ASK = 0.94  # the highest score of a pair that a rule sends to a person
_PLACE = 0.6  # the score of a pair that stands in the same place under unlike titles
_SAME_RANGE = 0.96
_SHARED_NUMBER = 0.55
_OTHER_REPORT = 0.52
_NO = 0.2  # the highest score of a pair that a rule holds for different
_MIDDLE, _SPREAD = 48.0, 7.4  # 48 points are a score of 0.5, 70 points one of 0.95


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one. `reasons` are short phrases for people, the strongest evidence first."""

    left_id: Any
    right_id: Any
    score: float
    rule: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Evidence:
    """What comparing two records field by field brought to light; None means it cannot be compared."""

    title: float
    shortened: bool
    authors: float | None
    year: int | None
    journal: float | None
    volume: bool | None
    issue: bool | None
    page: bool | None
    page_range: bool
    doi: bool | None
    pmid: bool | None
    abstract: float | None


def _same(left: str, right: str) -> bool | None:
    return left == right if left and right else None


def compare(left: Prepared, right: Prepared) -> Evidence:
    """Field by field."""
    title, shortened = title_similarity(left, right)
    abstract = None
    if len(left.abstract) > 80 and len(right.abstract) > 80:
        length = min(len(left.abstract), len(right.abstract), 500)
        abstract = fuzz.ratio(left.abstract[:length], right.abstract[:length]) / 100
        if abstract < 0.8:
            abstract = max(abstract, fuzz.partial_ratio(left.abstract[:200], right.abstract) / 100 - 0.05)
    return Evidence(
        title=title,
        shortened=shortened,
        authors=author_similarity(left, right),
        year=abs(left.year - right.year) if left.year and right.year else None,
        journal=journal_similarity(left.journal, right.journal),
        volume=_same_volume(left.volume, right.volume),
        issue=_same_issue(left.issue, right.issue),
        page=_same_page(left, right),
        page_range=bool(
            left.last_page and left.last_page == right.last_page != left.first_page == right.first_page
        ),
        doi=_same(left.doi, right.doi),
        pmid=True if left.pmcid and left.pmcid == right.pmcid else _same(left.pmid, right.pmid),
        abstract=abstract,
    )


def _same_volume(left: str, right: str) -> bool | None:
    """ "174 AISC" is 174 and "35 Suppl 1" is 35; a year that stands in for a volume proves nothing."""
    if not left or not right:
        return None
    if left == right:
        return True
    a, b = re.match(r"\d+", left), re.match(r"\d+", right)
    if not a or not b:
        return None if left.isalpha() or right.isalpha() else False
    if a.group() == b.group():
        return True
    return None if _is_year(a.group()) != _is_year(b.group()) else False


def _same_issue(left: str, right: str) -> bool | None:
    """Numbers above 400 are not issues but counters that some exports put there."""
    if any(number.isdigit() and int(number) > 400 for number in (left, right)):
        return None
    return _same(left, right)


def _is_year(number: str) -> bool:
    return len(number) == 4 and number[:2] in {"19", "20"}


def _same_page(left: Prepared, right: Prepared) -> bool | None:
    if not left.first_page or not right.first_page:
        return None
    a, b = left.first_page, right.first_page
    if a == b or a.lstrip("abcdefghijklmnopqrstuvwxyz") == b.lstrip("abcdefghijklmnopqrstuvwxyz"):
        return True
    # "1" and "1-12" count an article's own pages; an article number beside pages is no contradiction.
    own_count = "1" in (a, b)
    return None if own_count or abs(len(a) - len(b)) > 2 else False


def points(found: Evidence, left: Prepared, right: Prepared) -> float:
    """The sum of what speaks for and against."""
    total = _title_points(found, left, right)
    if found.authors is not None:
        total += (
            18 if found.authors >= 1 else 14 if found.authors >= 0.8 else 4 if found.authors >= 0.4 else -25
        )
    if found.year is not None:
        total += 6 if found.year == 0 else 0 if found.year == 1 else -12 if found.year == 2 else -22
    if found.journal is not None:
        # Journals are translated and renamed; where volume and page agree, another name says little.
        total += (
            10
            if found.journal >= 0.85
            else 0
            if found.journal >= 0.6
            else -3
            if found.page and found.volume
            else -15
        )
    for same, plus, minus in ((found.volume, 8, -12), (found.issue, 2, -3), (found.page, 16, -22)):
        if same is not None:
            total += plus if same else minus
    if found.doi is not None:
        total += 34 if found.doi else -30
    if found.pmid is not None:
        total += 40 if found.pmid else -45
    if found.abstract is not None:
        total += (
            14 if found.abstract > 0.9 else 5 if found.abstract > 0.75 else 0 if found.abstract > 0.5 else -14
        )
    return total


_TITLE_STEPS = ((1.0, 40.0), (0.97, 37.0), (0.94, 33.0), (0.9, 27.0), (0.85, 18.0), (0.75, 4.0), (0.6, -12.0))


_TITLE_STEPS = ((1.0, 40.0), (0.97, 37.0), (0.94, 33.0), (0.9, 27.0), (0.85, 18.0), (0.75, 4.0), (0.6, -12.0))


def _title_points(found: Evidence, left: Prepared, right: Prepared) -> float:
    if not left.title or not right.title:
        return 5.0
    if (left.generic or right.generic) and not _identical(found):
        return 5.0 if found.title > 0.9 else -20.0
    shorter = min(len(left.title), len(right.title))
    if found.shortened:
        return 30.0 if shorter >= 30 else 18.0
    for least, worth in _TITLE_STEPS:
        if found.title >= least:
            return worth - 10 if shorter < 25 and worth > 0 else worth
    return -35.0


def verdict(left: Prepared, right: Prepared) -> tuple[float, str, tuple[str, ...]]:
    """(score, rule, reasons) for two records; the same whichever comes first."""
    found = compare(left, right)
    total = points(found, left, right)
    score = 1 / (1 + exp(-(total - _MIDDLE) / _SPREAD))
    against = _objections(found, left, right)
    for ceiling, _ in against:
        score = min(score, ceiling)
    score = max(score, _least(found, left, right))
    if _same_place(found) and not against and not (left.generic or right.generic):
        # Very likely a translated title; sure when a range of pages agrees, not just one page with many abstracts.
        sure = found.page_range and found.issue is not False and (found.journal or 0) >= 0.85
        score = max(score, _SAME_RANGE if sure else _PLACE)
    reasons = (*_reasons_for(found), *(reason for _, reason in against), *_reasons_against(found))
    return round(score, 4), _rule(found, against), reasons


def _least(found: Evidence, left: Prepared, right: Prepared) -> float:
    """The lowest score of pairs that a person should see although much speaks against them."""
    if left.generic or right.generic or left.notice != right.notice:
        return 0.0
    same_people = (found.authors or 0) >= 0.8
    if (found.doi or found.pmid) and (found.title >= 0.5 or (same_people and found.page is not False)):
        return _SHARED_NUMBER
    # Abstract and article, preprint and article: the same title and people in another place.
    telling = min(len(left.title), len(right.title)) >= 40 and found.title >= 0.97
    return _OTHER_REPORT if telling and same_people and (found.year is None or found.year <= 2) else 0.0


def _same_place(found: Evidence) -> bool:
    """Same authors, year, volume and first page, in what may be the same journal."""
    same_people = (found.authors or 0) >= 0.8
    return bool(
        found.page and found.volume and found.year == 0 and same_people and (found.journal or 0) >= 0.6
    )


def _identical(found: Evidence) -> bool:
    """Nothing that can be compared differs, and enough can be: such copies merge whatever their title."""
    same_people = found.authors is None or found.authors >= 1
    agree = found.title >= 1 and found.year == 0 and (found.journal or 0) >= 0.85 and same_people
    agree = agree and False not in (found.volume, found.issue, found.page, found.doi, found.pmid)
    same_text, same_pages = (found.abstract or 0) > 0.95, bool(found.page and found.issue)
    return agree and bool(found.doi or found.pmid or (found.volume and (same_text or same_pages)))


def _objections(found: Evidence, left: Prepared, right: Prepared) -> list[tuple[float, str]]:
    """Rules that cap the score: (ceiling, reason)."""
    if _identical(found):
        return []
    caps: list[tuple[float, str]] = []
    same_place, same_number = _same_place(found), bool(found.doi or found.pmid)
    same_text = found.title >= 1 and (found.abstract or 0) > 0.9
    generic = left.generic or right.generic
    if left.notice != right.notice:
        caps.append((_ASK if found.title > 0.9 else _NO, _notice_reason(left.notice, right.notice)))
    if left.numbers != right.numbers and not (same_number or same_place):
        caps.append((_ASK, "the numbers in the titles differ"))
    if generic and found.doi is False:
        caps.append((_NO, "a generic title under different DOIs"))
    elif generic and not ((same_number or same_place) and (found.authors is None or found.authors >= 0.8)):
        caps.append((_ASK, "the title is a generic one"))
    if found.doi is False and not _versions(left.doi, right.doi):
        caps.append((_ASK, "different DOIs"))
    if found.pmid is False:
        caps.append((_ASK, "different PubMed numbers"))
    if (
        found.doi
        and left.title
        and right.title
        and found.title < 0.75
        and not (found.shortened or same_place)
    ):
        caps.append((_ASK, "same DOI but different titles"))
    if found.doi and found.page is False and found.volume is False and not same_text:
        caps.append((_ASK, "same DOI but different volume and pages"))
    if not same_number:
        caps += _other_place(found, same_text)
    return caps + _other_kind(found, {left.type, right.type} - {""}, same_place)


def _notice_reason(left: str, right: str) -> str:
    kinds = sorted({left, right} - {""})
    return "one of them is a " + ", the other a ".join(kinds)


def _other_place(found: Evidence, same_text: bool) -> list[tuple[float, str]]:
    """Objections to pairs without a common identifier: another journal, issue or page."""
    caps = []
    if found.journal is not None and found.journal < 0.6:
        agreeing = bool(found.page) + bool(found.volume) + ((found.abstract or 0) > 0.9)
        if agreeing < 2:
            caps.append((_ASK, "different journals"))
    if found.issue is False and not found.page and not same_text:
        caps.append((_ASK, "different issues"))
    if found.page is False:
        caps.append((_ASK, "different pages"))
    return caps


def _other_kind(found: Evidence, kinds: set[str], same_place: bool) -> list[tuple[float, str]]:
    """A register entry, conference abstract, preprint or thesis beside an article: two reports of one study."""
    if len(kinds) < 2:
        return []
    if "register" in kinds:
        return [(_ASK, "one is a trial register entry")]
    if kinds & {"conference", "preprint", "thesis"} and not (found.doi or found.pmid or same_place):
        return [(_ASK, "different kinds of publication")]
    return []


def _versions(a: str, b: str) -> bool:
    """The same DOI but for a slip: a lost ending, a doubled slash."""
    return a.replace("/", "") == b.replace("/", "") or (
        min(len(a), len(b)) > 12 and (a.startswith(b) or b.startswith(a))
    )


def _rule(found: Evidence, against: list[tuple[float, str]]) -> str:
    if found.doi:
        name = "doi"
    elif found.pmid:
        name = "pmid"
    elif found.title >= 1.0:
        name = "title"
    elif found.shortened:
        name = "subtitle"
    else:
        name = "similar"
    if name in {"title", "subtitle", "similar"} and found.page:
        name += "+pages"
    return name + ("!" if against else "")


def _reasons_for(found: Evidence) -> list[str]:
    reasons = []
    if found.doi:
        reasons.append("same DOI")
    if found.pmid:
        reasons.append("same PubMed or PMC number")
    if found.title >= 1.0:
        reasons.append("same title")
    elif found.shortened:
        reasons.append("one title lacks the subtitle")
    elif found.title >= 0.75:
        reasons.append(f"titles {found.title:.0%} alike")
    if found.authors is not None and found.authors >= 0.8:
        reasons.append("same authors")
    if found.year == 0:
        reasons.append("same year")
    if found.journal is not None and found.journal >= 0.85:
        reasons.append("same journal")
    if found.volume:
        reasons.append("same volume")
    if found.page:
        reasons.append("same first page")
    if found.abstract is not None and found.abstract > 0.9:
        reasons.append("same abstract")
    return reasons


def _reasons_against(found: Evidence) -> list[str]:
    reasons = []
    if found.authors is not None and found.authors < 0.4:
        reasons.append("different authors")
    if found.year:
        reasons.append(f"years {found.year} apart")
    if found.volume is False:
        reasons.append("different volumes")
    if found.abstract is not None and found.abstract <= 0.5:
        reasons.append("different abstracts")
    return reasons
