"""The flow diagram as a table: the text alternative, which says what the picture says, with the same links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reporting.counts import Adjusted
from reporting.diagram import chart, links
from reporting.flow import FlowCounts
from reporting.flow.chart import Box, Note
from reporting.flow.labels import LIST_KEYS
from reviews.models import Review

#: Boxes whose lines are a list, and the list.
_LISTED = {"excluded_reports": "reasons", "other_excluded_reports": "other_reasons"}
#: Parts of the records excluded, which a note tells.
_TOLD_OF_EXCLUDED = ("excluded_automatically", "excluded_with_tool")
_PARTS = (*_TOLD_OF_EXCLUDED, *(f"other_{part}" for part in _TOLD_OF_EXCLUDED))
#: Shown at zero too, so that a review in progress has its place for them.
_ALWAYS = {
    "awaiting_screening": "Records awaiting screening",
    "awaiting_full_text": "Reports awaiting full-text assessment",
}


class Line(NamedTuple):
    """One number. ``key`` (and ``name`` for a line of a list) are FlowCounts'; ``adjusted`` if by hand."""

    label: str
    n: int
    href: str
    indent: bool = False
    key: str = ""
    name: str = ""
    adjusted: Adjusted | None = None


def as_table(review: Review, counts: FlowCounts, query: Mapping[str, str] | None = None) -> list[Line]:
    """Every number of the diagram in reading order, and those its notes tell; sources always by name."""
    drawn = chart(review, counts, query)
    notes = {note.id: _of_note(note, counts) for note in drawn.notes if note.n is not None}
    lines: list[Line] = []
    for box in drawn.boxes():
        lines += _of_box(box, counts)
        if box.id == "excluded":
            lines += [notes.pop(part) for part in _TOLD_OF_EXCLUDED if part in notes]
    lines += notes.values()
    there = {line.key for line in lines}
    to = links(review, counts, query)
    zeros = [Line(label, 0, to[key], key=key) for key, label in _ALWAYS.items() if key not in there]
    return [*lines, *zeros]


def _of_box(box: Box, counts: FlowCounts) -> Iterator[Line]:
    other = " (other methods)" if box.id.startswith("other_") else ""
    heading = box.heading.rstrip("*:")
    if listed := _LISTED.get(box.id):
        n = sum(each for _, each in getattr(counts, listed))
        yield Line(f"{heading}{other}", n, box.href, key=box.id)
        heading = ""
    for line in box.lines:
        if line.n is None:
            continue
        key, _, name = line.key.partition(":")
        if key not in LIST_KEYS:
            name = ""
        said = line.label if name or line.label == heading or not heading else f"{heading}: {line.label}"
        where = "" if name else other
        href = line.href or (box.href if len(box.lines) == 1 else "")
        yield Line(f"{said}{where}", line.n, href, bool(name), key, name, counts.adjustments.get(line.key))


def _of_note(note: Note, counts: FlowCounts) -> Line:
    part = note.id in _PARTS
    adjusted = counts.adjustments.get(note.id)
    return Line(note.label, note.n or 0, note.href, part, key=note.id, adjusted=adjusted)
