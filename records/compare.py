"""Two records side by side: each field with both values and whether they differ."""

from typing import NamedTuple

from records.models import Record


class Line(NamedTuple):
    label: str
    left: str
    right: str
    differs: bool


FIELDS = (
    ("Title", "title"),
    ("Authors", "authors"),
    ("Year", "year"),
    ("Journal", "journal"),
    ("Volume", "volume"),
    ("Issue", "issue"),
    ("Pages", "pages"),
    ("DOI", "doi"),
    ("PMID", "pmid"),
    ("Registry", "registry_ids"),
    ("Type", "type"),
    ("Abstract", "abstract"),
)


def side_by_side(left: Record, right: Record) -> list[Line]:
    """One line per field that either record has, after where each came from and what it is merged with."""
    lines = [
        Line("Source", str(left.search), str(right.search), False),
        Line("Merged with", _group(left), _group(right), False),
        *(_line(label, getattr(left, name), getattr(right, name)) for label, name in FIELDS),
    ]
    return [line for line in lines if line.left or line.right]


def _group(record: Record) -> str:
    """The sources of the other records of its group."""
    others = Record.objects.groups_of(record).exclude(pk=record.pk)
    return "; ".join(f"{other.citation}, {other.search}" for other in others.select_related("search"))


def _line(label: str, left, right) -> Line:
    texts = [_text(left), _text(right)]
    differs = all(texts) and _plain(texts[0]) != _plain(texts[1])
    return Line(label, texts[0], texts[1], differs)


def _text(value) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
