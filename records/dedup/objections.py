"""The rules that points cannot outvote: what speaks against one report, and what a person should see all the same."""

from __future__ import annotations

import re

from .evidence import Evidence
from .normalise import Prepared
from .similarity import other_words

ASK = 0.94  # the highest score of a pair that a rule sends to a person
NO = 0.2  # the highest score of a pair that a rule holds for different
#: Objections that keep two records out of one group also where a third would link them.
HARD = frozenset(
    {"different DOIs", "different PubMed numbers", "the titles differ in a word", "the numbers in the titles differ",
     "another version under its own DOI", "a generic title under different DOIs",
     "may be an update of the same review", "one is a trial register entry"}
)  # fmt: skip
_NOTICE = "one of them is a "
_SHARED_NUMBER = 0.55
_SAME_ENTRY, _ASK_ENTRY = 0.96, 0.9  # one trial number on two entries of registers
_OTHER_REPORT = 0.52
_TITLE_ONLY = 0.51
_LONG_TITLE = 40  # characters from which a title is hardly borne by two works of the same people
_SHORT_TITLE = 25
_REVIEW_NUMBER = re.compile(r"(?:cd|mr|ed)\d{6}")
_VERSION = re.compile(r"(?:\.pub(\d+)|/v(\d+)|(?<=research\.\d{4})\.(\d+)|(?<=research\.\d{5})\.(\d+))$")
_OTHER_KINDS = {"conference", "preprint", "thesis", "book", "chapter", "dataset"}


def is_hard(reason: str) -> bool:
    return reason in HARD or reason.startswith(_NOTICE)


def same_place(found: Evidence) -> bool:
    """Same authors, year, volume and first page, in what may be the same journal."""
    same_people = (found.authors or 0) >= 0.8
    return bool(
        found.page and found.volume and found.year == 0 and same_people and (found.journal or 0) >= 0.6
    )


def identical(found: Evidence) -> bool:
    """Nothing that can be compared differs, and enough can be: such copies merge whatever their title."""
    same_people = found.authors is None or found.authors >= 1
    agree = found.title >= 1 and found.year == 0 and (found.journal or 0) >= 0.85 and same_people
    agree = agree and False not in (found.volume, found.issue, found.page, found.doi, found.pmid)
    if found.abstract is not None and found.abstract <= 0.9:
        return False
    # two notices without authors may stand on one page
    same_text, same_pages = (found.abstract or 0) > 0.95, bool(found.page and found.authors)
    return agree and bool(found.doi or found.pmid or (found.volume and (same_text or same_pages)))


def same_in_all(left: Prepared, right: Prepared) -> bool:
    """Two copies without any difference, and with more to go by than a heading."""
    if left.generic or not left.title or left.title != right.title:
        return False
    fields = ("numbers", "notice", "families", "first_names", "year", "journal", "volume", "issue", "ranges", "doi",
              "pmid", "pmcid", "registry_ids", "raw_abstract", "type")  # fmt: skip
    if any(getattr(left, name) != getattr(right, name) for name in fields):
        return False
    filled = bool(left.families) + bool(left.year) + bool(left.journal) + bool(left.raw_abstract)
    return filled >= 2 or len(left.title) >= _LONG_TITLE


def least(found: Evidence, left: Prepared, right: Prepared) -> float:
    """The lowest score of pairs that a person should see although much speaks against them."""
    if left.generic or right.generic or left.notice != right.notice:
        return 0.0
    same_people = (found.authors or 0) >= 0.8
    if found.pmid:
        return _SHARED_NUMBER
    if found.doi:
        # abstracts of one supplement share its DOI: other people, other pages, nothing to ask
        elsewhere = found.page is False and found.authors is not None and found.authors < 0.4
        if not elsewhere and (found.title >= 0.6 or (same_people and found.page is not False)):
            return _SHARED_NUMBER
    if left.registry_ids & right.registry_ids:
        if left.type == right.type == "register":
            return _SAME_ENTRY if found.title >= 0.9 else _ASK_ENTRY
        if found.title >= 0.6:
            return _SHARED_NUMBER
    # Abstract and article, preprint and article: the same title and people in another place.
    telling = min(len(left.title), len(right.title)) >= _LONG_TITLE and found.title >= 0.97
    elsewhere = found.journal is not None and found.journal < 0.6 and found.volume is False
    other_text = found.abstract is not None and found.abstract <= 0.5
    if telling and same_people and (found.year is None or found.year <= 2):
        return 0.0 if elsewhere and other_text else _OTHER_REPORT
    bare = telling and found.authors is None and found.title >= 1 and not found.year
    return _TITLE_ONLY if bare and _only_a_title(left, right) else 0.0


def _only_a_title(left: Prepared, right: Prepared) -> bool:
    """Whether one of the two holds next to nothing but its title."""
    return any(not (r.families or r.journal or r.ranges or r.doi or r.pmid) for r in (left, right))


def objections(found: Evidence, left: Prepared, right: Prepared) -> list[tuple[float, str]]:
    """Rules that cap the score: (ceiling, reason)."""
    if identical(found):
        return []
    caps: list[tuple[float, str]] = []
    place, same_number = same_place(found), bool(found.doi or found.pmid)
    same_text = found.title >= 1 and (found.abstract or 0) > 0.9
    if left.notice != right.notice:
        near = found.title > 0.9 and found.page is not False and found.doi is not False
        caps.append((ASK if near else NO, _notice_reason(left.notice, right.notice)))
    if left.numbers != right.numbers and not place and not (same_number and not _elsewhere(found)):
        caps.append((ASK, "the numbers in the titles differ"))
    # abstracts of one congress share a page; articles, which have a range, do not
    on_one_page = found.page and (left.last_page or right.last_page)
    if (
        not (on_one_page or same_number)
        and 0.75 <= found.title < 1
        and not found.shortened
        and other_words(left, right)
    ):
        caps.append((ASK, "the titles differ in a word"))
    if left.generic or right.generic:
        if found.doi is False:
            caps.append((NO, "a generic title under different DOIs"))
        elif not ((same_number or place) and (found.authors is None or found.authors >= 0.8)):
            caps.append((ASK, "the title is a generic one"))
    anonymous = not (left.families or right.families or left.registry_ids & right.registry_ids)
    certain = same_number or found.page_range or (found.abstract or 0) > 0.9
    if anonymous and not certain and min(len(left.title), len(right.title)) < _SHORT_TITLE:
        # "In brief", "News": several may stand on one page
        caps.append((ASK, "a short title and no authors"))
    if anonymous and found.volume is False and not (same_number or found.page_range):
        # proceedings in parts, yearly reports: an abstract of them is a formula
        caps.append((ASK, "other volumes, and no authors"))
    caps += _identifiers(found, left, right, place, same_text)
    if not same_number:
        caps += _other_place(found, left, right, same_text)
    return caps + _other_kind(found, left, right, place)


def _elsewhere(found: Evidence) -> bool:
    """Year, volume or page differ."""
    return bool(found.year) or found.volume is False or found.page is False


def _notice_reason(left: str, right: str) -> str:
    kinds = sorted({left, right} - {""})
    return _NOTICE + ", the other a ".join(kinds)


def _identifiers(
    found: Evidence, left: Prepared, right: Prepared, place: bool, same_text: bool
) -> list[tuple[float, str]]:
    caps = []
    version = _version(left.doi), _version(right.doi)
    if found.doi is False and version[0][0] == version[1][0]:
        caps.append((ASK, "another version under its own DOI"))
    elif (
        found.doi is False
        and not _slip(left.doi, right.doi)
        and not _certain_place(found, left, right, place)
    ):
        caps.append((ASK, "different DOIs"))
    if found.pmid is False:
        caps.append((ASK, "different PubMed numbers"))
    if found.doi and left.title and right.title and not found.shortened and not place:
        if found.title < 0.75:
            caps.append((ASK, "same DOI but different titles"))
        elif found.title < 0.97 and found.page is False:
            caps.append((ASK, "same DOI but different pages"))
    if found.doi and found.page is False and found.volume is False and not same_text:
        caps.append((ASK, "same DOI but different volume and pages"))
    return caps


def _certain_place(found: Evidence, left: Prepared, right: Prepared, place: bool) -> bool:
    """The same title by the same people on the same pages of a volume, or with the same abstract: a DOI is wrong."""
    in_volume = (found.volume or found.page) and found.year == 0
    in_volume = in_volume and False not in (found.volume, found.issue, found.page)
    same_people = (found.authors or 0) >= 0.8
    what = found.title >= 0.97 and not (left.generic or left.notice or right.notice)
    sure = (place and found.page_range) or (found.abstract or 0) > 0.9
    return bool(in_volume and same_people and (found.journal or 0) >= 0.85 and what and sure)


def _other_place(
    found: Evidence, left: Prepared, right: Prepared, same_text: bool
) -> list[tuple[float, str]]:
    """Objections to pairs without a common identifier: another journal, issue or page."""
    caps = []
    if found.journal is not None and found.journal < 0.6:
        agreeing = bool(found.page) + bool(found.volume) + ((found.abstract or 0) > 0.9)
        if agreeing < 2:
            caps.append((ASK, "different journals"))
    if found.issue is False and not found.page and not same_text:
        caps.append((ASK, "different issues"))
    if found.page is False:
        caps.append((ASK, "different pages"))
    if found.page and (found.year or found.issue is False) and _REVIEW_NUMBER.fullmatch(left.first_page):
        caps.append((ASK, "may be an update of the same review"))
    return caps


def _other_kind(found: Evidence, left: Prepared, right: Prepared, place: bool) -> list[tuple[float, str]]:
    """A register entry, conference abstract, preprint or thesis beside an article: two reports of one study."""
    kinds = {left.type, right.type} - {""}
    if len(kinds) < 2:
        # a preprint beside a record of which only the journal tells that it is none
        published = "preprint" in kinds and left.type != right.type and found.journal is None
        return [(ASK, "one is a preprint")] if published and (left.journal or right.journal) else []
    if "register" in kinds:
        return [(ASK, "one is a trial register entry")]
    if kinds & _OTHER_KINDS and not (found.doi or found.pmid or place):
        return [(ASK, "different kinds of publication")]
    return []


def _version(doi: str) -> tuple[str, str]:
    """The DOI of a Cochrane review or preprint without its version, and that version: ".pub3", "/v2"."""
    found = _VERSION.search(doi)
    if found:
        return doi[: found.start()], next(filter(None, found.groups()))
    return doi, "1" if doi.startswith("10.1002/14651858.") else ""


def _slip(a: str, b: str) -> bool:
    """The same DOI but for a slip: a lost ending, a doubled slash."""
    return a.replace("/", "") == b.replace("/", "") or (
        min(len(a), len(b)) > 12 and (a.startswith(b) or b.startswith(a))
    )
