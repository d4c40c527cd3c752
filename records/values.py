"""What a person may write into the fields of a record: one spelling each, or a sentence why it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from records.formats import TYPES
from records.formats.assemble import page_range
from records.formats.normalise import (
    find_registry_ids,
    normalise_doi,
    normalise_issn,
    normalise_pmcid,
    normalise_pmid,
)
from records.models import Record
from reviews.errors import Refused

#: The fields a person may write, with the words pages and sentences use for them.
LABELS = {
    "title": "Title",
    "authors": "Authors",
    "year": "Year",
    "journal": "Journal",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "abstract": "Abstract",
    "keywords": "Keywords",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "registry_ids": "Trial register numbers",
    "type": "Type",
    "language": "Language",
    "url": "Address",
    "issn": "ISSN",
    "accession": "Accession number",
}
LISTS = ("authors", "keywords", "registry_ids")
LONGEST = {
    field.name: field.max_length for field in Record._meta.fields if field.name in LABELS and field.max_length
} | {"title": 5_000, "abstract": 200_000, "url": 2_000}
MOST_LINES, LONGEST_LINE = 5_000, 500
LONGEST_WHY = 500
EARLIEST = 1500

#: How many digits follow the letters of the registers that people mistype most.
_DIGITS = {"NCT": 8, "ISRCTN": 8, "DRKS": 8, "ACTRN": 14}


class CannotBe(Refused):
    """A value that the field cannot have; the sentence says why and what it should look like."""


def read_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` ({field: text, number or list}) as it is stored. Raises CannotBe, naming the first field at fault.

    Lists (authors, keywords, trial register numbers) may come as lists or as text with one item a line.
    """
    if strange := sorted(set(given) - set(LABELS)):
        raise CannotBe(f"A record has no field “{strange[0]}” to write. The fields are {', '.join(LABELS)}.")
    return {name: read_value(name, value) for name, value in given.items()}


def read_value(name: str, given: Any) -> Any:
    """One value as it is stored; raises CannotBe."""
    if name in LISTS:
        return _READERS[name](_lines(name, given))
    if isinstance(given, list | dict | bool):
        raise CannotBe(f"{LABELS[name]}: give one text, not {given!r}.", field=name)
    text = "" if given is None else str(given)
    value = _READERS.get(name, _line)(text)
    if isinstance(value, str) and len(value) > LONGEST.get(name, len(value)):
        raise CannotBe(
            f"{LABELS[name]}: this has {len(value):,} characters, at most {LONGEST[name]:,} can be kept.",
            field=name,
        )
    return value


def as_text(value: Any) -> str:
    """A stored value as a person reads and edits it: lists with one item a line."""
    if value is None:
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def alike(one: Any, other: Any) -> bool:
    """Whether two values of a field say the same: doubled spaces and kinds of line end are no difference."""
    return _plain(one) == _plain(other)


def _plain(value: Any) -> str:
    lines = as_text(value).splitlines()
    return unicodedata.normalize("NFC", "\n".join(" ".join(line.split()) for line in lines)).strip()


def _line(text: str) -> str:
    """One line: NFC, single spaces, nothing invisible but the joiners that some scripts are written with."""
    return " ".join("".join(map(_visible, unicodedata.normalize("NFC", text))).split())


def _visible(character: str) -> str:
    if character.isprintable() or character in "\u200c\u200d":
        return character
    return " " if character.isspace() or unicodedata.category(character) == "Cc" else ""


def _prose(text: str) -> str:
    """Text whose line breaks mean something: at most one blank line in a row."""
    lines = [_line(line) for line in re.split(r"\r\n|\r|\n", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _lines(name: str, given: Any) -> list[str]:
    items = given if isinstance(given, list) else ("" if given is None else str(given)).splitlines()
    if not all(isinstance(item, str) for item in items):
        raise CannotBe(f"{LABELS[name]}: give a list of texts.", field=name)
    lines = list(dict.fromkeys(line for line in map(_line, items) if line))
    if len(lines) > MOST_LINES:
        raise CannotBe(f"{LABELS[name]}: at most {MOST_LINES:,} lines can be kept.", field=name)
    if longest := next((line for line in lines if len(line) > LONGEST_LINE), ""):
        raise CannotBe(
            f"{LABELS[name]}: “{longest[:60]}…” has {len(longest):,} characters; write one on each line.",
            field=name,
        )
    return lines


def _title(text: str) -> str:
    title = _line(text)
    if not title:
        raise CannotBe(
            "Title: a record needs one. Take the first words of the text if it has none.", field="title"
        )
    return title


def _year(text: str) -> int | None:
    text, latest = _line(text), date.today().year + 2
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}", text) or not EARLIEST <= int(text) <= latest:
        raise CannotBe(
            f"Year: “{text[:40]}” is no year of publication; write four digits from {EARLIEST} to {latest}.",
            field="year",
        )
    return int(text)


def _identifier(name: str, normalise: Callable[[str], str], like: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        text = _line(text)
        found = normalise(text)
        if text and not found:
            raise CannotBe(f"{LABELS[name]}: “{text[:80]}” is none. {like}", field=name)
        return found

    return read


def _pmcid(text: str) -> str:
    return normalise_pmcid(text) if re.search(r"\d", text) else ""


def _registry_ids(lines: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for line in lines:
        known = find_registry_ids(line)
        if not known:
            _refuse_mistyped(line)
        found |= dict.fromkeys(known or [line])
    return list(found)


def _refuse_mistyped(line: str) -> None:
    """A register we do not know may number as it likes; a known one with a digit too many is a slip."""
    label = LABELS["registry_ids"]
    letters = re.match(r"[A-Za-z]*", line).group().upper()  # type: ignore[union-attr]
    if letters in _DIGITS:
        raise CannotBe(
            f"{label}: “{line[:60]}” is none; {letters} is followed by {_DIGITS[letters]} digits.",
            field="registry_ids",
        )
    if not re.search(r"\d", line) or len(line) > 60:
        raise CannotBe(
            f"{label}: “{line[:60]}” is none; write one on each line, for example NCT01234567.",
            field="registry_ids",
        )


def _type(text: str) -> str:
    kind = _line(text).lower()
    if kind and kind not in TYPES:
        raise CannotBe(f"Type: “{kind[:40]}” is none of {', '.join(TYPES)}.", field="type")
    return kind


def _url(text: str) -> str:
    address = _line(text)
    if address and not re.fullmatch(r"(?:https?|ftp)://[^\s/?#]+\S*", address, re.IGNORECASE):
        raise CannotBe(
            f"Address: “{address[:80]}” is none; it begins with https:// or http:// and has no spaces.",
            field="url",
        )
    return address


_READERS: dict[str, Callable[[Any], Any]] = {
    "title": _title,
    "abstract": _prose,
    "authors": list,
    "keywords": list,
    "registry_ids": _registry_ids,
    "year": _year,
    "pages": lambda text: page_range(_line(text)),
    "doi": _identifier(
        "doi", normalise_doi, "It begins with 10. and has a slash, as in 10.1001/jama.2020.1234."
    ),
    "pmid": _identifier("pmid", normalise_pmid, "It is a number of at most eight digits."),
    "pmcid": _identifier("pmcid", _pmcid, "It is PMC with a number, as in PMC1234567."),
    "type": _type,
    "url": _url,
    "issn": lambda text: normalise_issn(_line(text)),
}
