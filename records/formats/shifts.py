"""Rows with cells more than the header has names: where the nameless column stands, proven by values.

Scopus, for one, can leave the heading of a column out ("Funding Text 2"), and all that follows stands one
column to the right of its heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .by_values import LANGUAGES
from .cells import given
from .headings import heading_key
from .layout import Layout

_WRONG = -3  # a value that cannot stand under its heading weighs more than one that can
# What stands under a heading, for headings whose values can be told by their looks.
_LOOKS = {
    "eid": re.compile(r"2-s2\.0-\d+"),
    "issn": re.compile(r"(?:\d{4}-?\d{3}[\dXx](?:[;, ]+|$))+"),
    "isbn": re.compile(r"(?:97[89][-\d]{10,14}|[-\d]{9,12}[\dXx])(?:\s*[;, ].*)?", re.DOTALL),
    "coden": re.compile(r"[A-Z0-9]{5,6}"),
    "pubmedid": re.compile(r"\d{5,8}"),
    "pmid": re.compile(r"\d{1,8}"),
    "doi": re.compile(r"(?:\S*doi\S*\s*)?10\.\d{4,9}/\S+", re.IGNORECASE),
    "year": re.compile(r"(?:1[5-9]|20)\d\d"),
    "publicationstage": re.compile(r"Final|Article in Press|AIP", re.IGNORECASE),
    "openaccess": re.compile(r"(?:All Open Access|Gold|Green|Bronze|Hybrid).*", re.IGNORECASE),
    "references": re.compile(r".*\((?:1[5-9]|20)\d\d[a-z]?\).*", re.DOTALL),
    "correspondenceaddress": re.compile(r"[^;(]{2,80};.*|.*\S+@\S+.*", re.DOTALL),
    "source": re.compile(r"Scopus", re.IGNORECASE),
    "fundingtext1": re.compile(r".{30,}", re.DOTALL),
}
_KINDS = re.compile(
    r"(?:(?:journal |short |conference |data |research |book |meeting )?"
    r"(?:article|review|paper|survey|chapter|book|editorial|letter|note|erratum|abstract|report|retracted|thesis))"
    r"(?: in press)?",
    re.IGNORECASE,
)


def moved(cells: Sequence[str], at: int, surplus: int) -> list[str]:
    """The row with the `surplus` cells that stand at `at` put behind all others."""
    return [*cells[:at], *cells[at + surplus :], *cells[at : at + surplus]]


def likeliest_shift(layout: Layout, rows: Sequence[Sequence[str]], surplus: int) -> int:
    """Where the columns without a heading stand, by all rows that have them; behind the last one when nothing tells.

    Of several places that fit as well the one furthest to the right is taken: there fewest cells are moved.
    """
    width = len(layout.header)
    if not rows or not surplus:
        return width
    places = range(width, 0, -1)
    return max(places, key=lambda at: sum(_score(layout, moved(row, at, surplus)) for row in rows))


def proven(layout: Layout, cells: Sequence[str], candidate: Sequence[str]) -> bool:
    """True when more values stand where they can in the candidate than in the row as it is."""
    return _score(layout, candidate) > _score(layout, cells)


def _score(layout: Layout, cells: Sequence[str]) -> int:
    """How many cells look like what their headings say, less those that cannot be it."""
    score = 0
    for (heading, name), cell in zip(layout.feeds.items(), cells, strict=False):
        value = given(cell)
        key = heading_key(heading)
        if not value or (key == "source" and layout.preset != "scopus"):
            continue
        if name == "language":
            known = {word for word in re.split(r"[;, ]+", value.casefold()) if word} <= LANGUAGES
            score += 1 if known else _WRONG if any(c.isdigit() for c in value) else 0
        elif name == "type":
            score += bool(_KINDS.fullmatch(value))
        elif key in _LOOKS:
            score += 1 if _LOOKS[key].fullmatch(value) else _WRONG
    return score
