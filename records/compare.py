"""Records side by side: each field with its values, what differs within them, and the likeness in words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from records.models import DuplicateCandidate, Record
from records.values import LABELS

#: The fields that are compared, in the order they are shown.
FIELDS = (
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registry_ids",
    "accession",
    "type",
    "language",
    "keywords",
    "abstract",
)
APOSTROPHES = "\u02b9\u02bb\u02bc\u02bd\u02c8"  # those that count as letters, as little as those that do not
#: Longer texts are shown whole, but what differs within them is not looked for word by word.
MOST_WORDS = 3000
_SCALE = (
    (0.95, "almost certainly the same"),
    (0.85, "very likely the same"),
    (0.7, "likely the same"),
    (0.5, "perhaps the same"),
    (0.0, "hardly the same"),
)


class Piece(NamedTuple):
    """A run of words that stands on the other side, too, or (``differs``) does not."""

    text: str
    differs: bool


class Line(NamedTuple):
    """One field of two records. ``kind`` is "agrees", "differs", or "one" when only one of them has it."""

    name: str
    label: str
    left: str
    right: str
    kind: str
    left_pieces: Sequence[Piece]
    right_pieces: Sequence[Piece]

    @property
    def differs(self) -> bool:
        return self.kind == "differs"

    @property
    def sides(self) -> tuple[tuple[str, Sequence[Piece]], ...]:
        return (self.left, self.left_pieces), (self.right, self.right_pieces)


class Row(NamedTuple):
    """One field of a whole group, whose first member leads: (member, value) for each of them."""

    name: str
    label: str
    cells: Sequence[tuple[Record, str]]

    @property
    def differs(self) -> bool:
        return len({_plain(value) for _, value in self.cells if value}) > 1

    @property
    def agrees(self) -> bool:
        return len({_plain(value) for _, value in self.cells}) == 1

    @property
    def lent_by(self) -> int | None:
        """The member that the leading record has this value from."""
        return self.cells[0][0].filled.get(self.name)

    @property
    def corrected(self) -> bool:
        return self.name in self.cells[0][0].original


def side_by_side(left: Record, right: Record) -> list[Line]:
    """One line per field that either record has."""
    lines = (_line(name, _text(getattr(left, name)), _text(getattr(right, name))) for name in FIELDS)
    return [line for line in lines if line.left or line.right]


def rows_of(members: Iterable[Record]) -> list[Row]:
    """One row per field that any of these records has."""
    members = list(members)
    rows = (
        Row(name, LABELS[name], [(member, _text(getattr(member, name))) for member in members])
        for name in FIELDS
    )
    return [row for row in rows if any(value for _, value in row.cells)]


def merged_with(record: Record) -> str:
    """The other records of its group, with their sources."""
    others = Record.objects.groups_of(record).exclude(pk=record.pk)
    return "; ".join(f"{other.citation}, {other.search}" for other in others.select_related("search"))


def likeness(score: float) -> str:
    """A score in words: "very likely the same"."""
    return next(words for least, words in _SCALE if score >= least)


def speaks_for(reason: str) -> bool:
    """Whether a reason of the comparison is one for merging; all others are objections."""
    return reason.startswith(("same ", "titles ", "one title lacks")) and " but " not in reason


def arguments(candidate: DuplicateCandidate) -> tuple[list[str], list[str]]:
    """The reasons of a pair: (what speaks for its being one, what speaks against)."""
    reasons = candidate.reasons
    return [r for r in reasons if speaks_for(r)], [r for r in reasons if not speaks_for(r)]


def _line(name: str, left: str, right: str) -> Line:
    if not left or not right:
        kind, pieces = "one", ([Piece(left, False)], [Piece(right, False)])
    elif _plain(left) == _plain(right):
        kind, pieces = "agrees", ([Piece(left, False)], [Piece(right, False)])
    else:
        kind, pieces = "differs", _pieces(left, right)
    return Line(name, LABELS[name], left, right, kind, *pieces)


def _pieces(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts cut into runs of words that they share or not; joined, the pieces are the texts."""
    words = [re.findall(r"\s*\S+\s*?", text) for text in (left, right)]
    if max(map(len, words)) > MOST_WORDS:
        return [Piece(left, False)], [Piece(right, False)]
    keys = [[_plain(word) or word.strip() for word in side] for side in words]
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    found: tuple[list[Piece], list[Piece]] = [], []
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        for side, start, end in ((0, left_from, left_to), (1, right_from, right_to)):
            found[side].extend(_piece("".join(words[side][start:end]), tag != "equal"))
    return found


def _piece(text: str, differs: bool) -> Iterator[Piece]:
    """The run without the space before it, which is nobody's difference."""
    if space := text[: len(text) - len(text.lstrip())]:
        yield Piece(space, False)
    if text := text[len(space) :]:
        yield Piece(text, differs)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum() and c not in APOSTROPHES)
