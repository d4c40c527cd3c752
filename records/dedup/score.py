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

from .evidence import ENOUGH, NO_TITLE, SHORTENED, TITLE_STEPS, Evidence
from .normalise import Prepared
from .objections import ASK, identical, least, objections, same_in_all, same_place
from .similarity import abstract_similarity, author_similarity, same_journal, same_pages, title_similarity

#: At or above: the same report, merged without asking.
MERGE_THRESHOLD = 0.95
#: At or above: a person is asked. Below: two different records.
REVIEW_THRESHOLD = 0.5

_PLACE = 0.6  # the score of a pair that stands in the same place under unlike titles
_SAME_RANGE = 0.96
_MIDDLE, _SPREAD = 48.0, 7.4  # 48 points are a score of 0.5, 70 points one of 0.95
_MOST_PEOPLE, _MOST_JOURNAL, _MOST_ABSTRACT = 18, 10, 14  # what the dear comparisons may add at most
_LEADING_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one. `reasons` are short phrases for people, the strongest evidence first."""

    left_id: Any
    right_id: Any
    score: float
    rule: str
    reasons: tuple[str, ...]


def _same(left: str, right: str) -> bool | None:
    return left == right if left and right else None


def compare(left: Prepared, right: Prepared) -> Evidence:
    """Field by field, dear comparisons only where cheap ones leave the question open."""
    title, shortened = title_similarity(left, right)
    volume, issue = _same_volume(left, right), _same_issue(left.issue, right.issue)
    found = Evidence(
        title=title,
        shortened=shortened,
        authors=None,
        year=abs(left.year - right.year) if left.year and right.year else None,
        journal=None,
        volume=volume,
        issue=issue,
        page=same_pages(left.ranges, right.ranges, in_issue=bool(volume and issue)),
        page_range=bool(left.ranges and right.ranges) and _range_in_common(left, right),
        doi=_same(left.doi, right.doi),
        pmid=True if left.pmcid and left.pmcid == right.pmcid else _same(left.pmid, right.pmid),
        abstract=None,
    )
    far = title < 0.97 and not (found.doi or found.pmid or found.page)
    if far and points(found, left, right) + _MOST_PEOPLE + _MOST_JOURNAL + _MOST_ABSTRACT < ENOUGH:
        return found
    found.authors = author_similarity(left, right)
    found.journal = same_journal(left, right)
    if len(left.raw_abstract) > 90 and len(right.raw_abstract) > 90:
        if far and points(found, left, right) + _MOST_ABSTRACT < ENOUGH:
            return found
        same = left.raw_abstract == right.raw_abstract  # spares both the making of their words
        found.abstract = 1.0 if same else abstract_similarity(left.abstract, right.abstract)
    return found


def _range_in_common(left: Prepared, right: Prepared) -> bool:
    return any(first != last and last and (first, last) in right.ranges for first, last in left.ranges)


def _same_volume(one: Prepared, two: Prepared) -> bool | None:
    """ "174 AISC" is 174 and "35 Suppl 1" is 35; a year that stands in for a volume proves nothing.

    Nor does the 1 that is left when "35 (Suppl 1)" loses its volume on the way.
    """
    left, right = one.volume, two.volume
    if not left or not right:
        return None
    if left == right:
        return True
    if _supplement_for_volume(one, two) or _supplement_for_volume(two, one):
        return None
    a, b = _LEADING_NUMBER.match(left), _LEADING_NUMBER.match(right)
    if not a or not b:
        return None if left.isalpha() or right.isalpha() else False
    if a.group() == b.group():
        return True
    return None if _is_year(a.group()) != _is_year(b.group()) else False


def _supplement_for_volume(one: Prepared, two: Prepared) -> bool:
    return not one.issue and two.issue in {"suppl" + one.volume, one.volume + "suppl"}


def _same_issue(left: str, right: str) -> bool | None:
    """Numbers above 400 are not issues but counters that some exports put there."""
    return None if _is_counter(left) or _is_counter(right) else _same(left, right)


def _is_counter(number: str) -> bool:
    return len(number) > 2 and number.isdigit() and int(number) > 400


def _is_year(number: str) -> bool:
    return len(number) == 4 and number[:2] in {"19", "20"}


def points(found: Evidence, left: Prepared, right: Prepared) -> float:
    """The sum of what speaks for and against."""
    total = _title_points(found, left, right)
    if found.authors is not None:
        total += (
            18 if found.authors >= 1 else 14 if found.authors >= 0.8 else 4 if found.authors >= 0.4 else -25
        )
    if found.year is not None:
        total += (
            6
            if found.year == 0
            else _next_year(found, left, right)
            if found.year == 1
            else -12
            if found.year == 2
            else -22
        )
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
    if found.page_range:
        total += 4
    if found.doi is not None:
        total += 34 if found.doi else -30
    if found.pmid is not None:
        total += 40 if found.pmid else -45
    if found.abstract is not None:
        total += (
            14 if found.abstract > 0.9 else 5 if found.abstract > 0.75 else 0 if found.abstract > 0.5 else -14
        )
    return total


def _next_year(found: Evidence, left: Prepared, right: Prepared) -> float:
    """Online first, or a congress and its proceedings: for a long title by the same people it speaks slightly for."""
    people = left.families == right.families and len(left.families) > 1
    both_paged = bool(left.ranges and right.ranges) and not found.page
    return 2.0 if found.title >= 1 and len(left.title) >= 60 and people and not both_paged else 0.0


def _title_points(found: Evidence, left: Prepared, right: Prepared) -> float:
    if not left.title or not right.title:
        return 5.0
    if (left.generic or right.generic) and not identical(found):
        return 5.0 if found.title > 0.9 else -20.0
    shorter = min(len(left.title), len(right.title))
    if found.shortened:
        return SHORTENED if shorter >= 30 else 18.0
    for bound, worth in TITLE_STEPS:
        if found.title >= bound:
            return worth - 10 if shorter < 25 and worth > 0 else worth
    return NO_TITLE


def verdict(left: Prepared, right: Prepared, at_least: float = 0.0) -> tuple[float, str, tuple[str, ...]]:
    """(score, rule, reasons) for two records, the same whichever comes first; below `at_least` the score alone."""
    found = compare(left, right)
    against = objections(found, left, right)
    score = _score(found, against, left, right)
    if score < at_least:
        return score, "", ()
    reasons = (
        *_reasons_for(found, left, right),
        *[reason for _, reason in against],
        *_reasons_against(found),
    )
    return score, _rule(found, against), reasons


def weigh(left: Prepared, right: Prepared) -> tuple[float, list[tuple[float, str]]]:
    """The score and the objections alone."""
    found = compare(left, right)
    against = objections(found, left, right)
    return _score(found, against, left, right), against


def _score(found: Evidence, against: list[tuple[float, str]], left: Prepared, right: Prepared) -> float:
    score = 1 / (1 + exp(-(points(found, left, right) - _MIDDLE) / _SPREAD))
    for ceiling, _ in against:
        score = min(score, ceiling)
    floor = least(found, left, right)
    score = max(score, min(floor, ASK) if against else floor)
    if not against and score < MERGE_THRESHOLD:
        if same_place(found) and not (left.generic or right.generic):
            # very likely a translated title; sure when a range of pages agrees: one page may hold many abstracts
            sure = found.page_range and found.issue is not False and (found.journal or 0) >= 0.85
            score = max(score, _SAME_RANGE if sure else _PLACE)
        if same_in_all(left, right):
            score = _SAME_RANGE
    return round(score, 4)


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


def _reasons_for(found: Evidence, left: Prepared, right: Prepared) -> list[str]:
    reasons = []
    if left.registry_ids & right.registry_ids:
        reasons.append("same trial number")
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
