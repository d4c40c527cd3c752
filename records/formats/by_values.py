"""What the values of columns tell where their headings do not, and what that leaves for a person to see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from .cells import given
from .headings import ADDED_UP, DOUBTFUL, heading_key
from .layout import Layout

LANGUAGES = frozenset(
    [
        "english",
        "german",
        "french",
        "spanish",
        "portuguese",
        "italian",
        "dutch",
        "chinese",
        "japanese",
        "korean",
        "russian",
        "polish",
        "turkish",
        "swedish",
        "danish",
        "norwegian",
        "finnish",
        "czech",
        "slovak",
        "hungarian",
        "greek",
        "hebrew",
        "arabic",
        "persian",
        "romanian",
        "bulgarian",
        "croatian",
        "serbian",
        "slovenian",
        "ukrainian",
        "lithuanian",
        "latvian",
        "estonian",
        "catalan",
        "icelandic",
        "thai",
        "vietnamese",
        "indonesian",
        "malay",
        "hindi",
        "afrikaans",
        "bosnian",
        "multilingual",
        "undetermined",
        "eng",
        "ger",
        "fre",
        "spa",
        "por",
        "ita",
        "dut",
        "chi",
        "jpn",
        "kor",
        "rus",
        "pol",
        "tur",
    ]
)
_YEAR = r"(?:1[89]\d\d|20[0-4]\d)(?:\.0)?"
_LOOKS = (
    ("year", re.compile(_YEAR)),
    ("doi", re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.\d{4,9}/\S+", re.IGNORECASE)),
    ("pmcid", re.compile(r"PMC\d+", re.IGNORECASE)),
    ("pmid", re.compile(r"(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|PMID:?\s*)\d+/?", re.IGNORECASE)),
    ("registry", re.compile(r"NCT\d{8}", re.IGNORECASE)),
    ("issn", re.compile(rf"(?!{_YEAR}-{_YEAR})\d{{4}}-\d{{3}}[\dXx]")),
    ("url", re.compile(r"https?://\S+", re.IGNORECASE)),
)
# Years and numbers that are not those of the publication.
_OTHER_YEARS = re.compile(
    "cite|access|entr|search|receiv|accept|updat|modif|sample|size|count|start|end|birth|screen|review|added"
)
_NEEDED = (
    {"year", "citation"},
    {"authors"},
    {"journal", "journal_abbreviation", "citation"},
)


def _values(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [value for row in rows if place < len(row) for value in [given(row[place])] if value]


def with_values(layout: Layout, rows: Sequence[Sequence[str]], told: Collection[str] = ()) -> Layout:
    """The layout with columns that no heading explains but whose cells all look alike: years, DOIs, addresses.

    Only a field without a column is filled, and only where a single column comes into question. Columns in
    `told` are left as a person said, and databases' own layouts as they are known.
    """
    if layout.preset:
        return layout
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    found: dict[str, list[int]] = {}
    for place, (heading, feeds) in enumerate(layout.feeds.items()):
        values = _values(rows, place)
        if feeds or heading in told or len(values) < 2 or len(values) * 2 < len(rows):
            continue
        name = next((n for n, look in _LOOKS if all(look.fullmatch(value) for value in values)), "")
        if not name and all(value.casefold() in LANGUAGES for value in values):
            name = "language"
        if name == "year" and _OTHER_YEARS.search(heading_key(heading)):
            continue
        if name and name not in layout.columns:
            found.setdefault(name, []).append(place)
    single = {name: places for name, places in found.items() if len(places) == 1}
    return replace(layout, columns={**layout.columns, **single}) if single else layout


def unused(layout: Layout, rows: Sequence[Sequence[str]], *, most: bool = False) -> list[str]:
    """The columns that feed no field but hold something, in any of the rows or in `most` of them."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    least = len(rows) / 2 if most else 0
    return [
        heading
        for place, (heading, feeds) in enumerate(layout.feeds.items())
        if not feeds and len(_values(rows, place)) > least
    ]


def may_lack(layout: Layout, rows: Sequence[Sequence[str]]) -> bool:
    """True when year, authors or journal has no column, but a column that nothing explains is mostly filled."""
    missing = any(not names & layout.columns.keys() for names in _NEEDED)
    return missing and bool(unused(layout, rows, most=True))


def is_sure(layout: Layout, rows: Sequence[Sequence[str]]) -> bool:
    """True when the guess needs no person: a title column is known, no two columns compete for a field,
    and nothing that every list of references has is probably in a column that nobody understood.
    """
    titles = layout.columns.get("title", ())
    if not titles:
        return False
    if layout.preset:
        return True
    if heading_key(layout.header[titles[0]]) in DOUBTFUL:
        return False
    if may_lack(layout, rows) or (rows and not any(_values(rows, place) for place in titles)):
        return False
    for name, places in layout.columns.items():
        if name in ADDED_UP - {"abstract"} or len(places) < 2:
            continue
        keys = Counter(heading_key(re.sub(r" \(\d+\)$", "", layout.header[place])) for place in places)
        twins = [
            place for place in places if keys[heading_key(re.sub(r" \(\d+\)$", "", layout.header[place]))] > 1
        ]
        competing = twins if name not in {"title", "abstract"} else places
        for row in rows:
            values = {row[place].strip() for place in competing if place < len(row)} - {""}
            if len(values) > 1:
                return False
    return True
