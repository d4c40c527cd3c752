"""What a reporting checklist is. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from reporting.report.outline import HEADINGS

TITLE, TITLE_PAGE = "title", "Title page"


@dataclass(frozen=True)
class Item:
    """One thing to report. ``number`` is the official one; ``facts`` are keys of reporting.checklists.facts.

    ``place`` is the part of the Word report where it belongs: a key of reporting.report.outline.HEADINGS, or "title".
    """

    number: str
    section: str
    topic: str
    text: str
    place: str = ""
    facts: tuple[str, ...] = ()

    @property
    def place_words(self) -> str:
        """Where that is, in words: "Methods, Eligibility criteria"."""
        if self.place in ("", TITLE):
            return TITLE_PAGE if self.place else ""
        part = self.place.partition(".")[0]
        return HEADINGS[part] if part == self.place else f"{HEADINGS[part]}, {HEADINGS[self.place]}"


@dataclass(frozen=True)
class Checklist:
    """``when`` says for which reviews it is made, ``url`` leads to the official wording."""

    key: str
    name: str
    when: str
    reference: str
    url: str
    items: tuple[Item, ...]

    def item(self, number: str) -> Item:
        """KeyError when the checklist has no such item."""
        return {item.number: item for item in self.items}[number]

    @property
    def sections(self) -> Iterator[tuple[str, list[Item]]]:
        for section, items in groupby(self.items, key=lambda item: item.section):
            yield section, list(items)


def items_of(*sections: tuple[str, tuple[tuple, ...]]) -> tuple[Item, ...]:
    """Items of a table: (section, ((number, topic, text, place, fact, ...), ...))."""
    return tuple(
        Item(number, section, topic, text, place, tuple(facts))
        for section, rows in sections
        for number, topic, text, place, *facts in rows
    )
