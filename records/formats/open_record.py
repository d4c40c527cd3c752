"""A tagged record while its lines are being read."""

from __future__ import annotations

from .base import MAX_RECORD_CHARS, UnreadableFile

_PER_LINE = 32  # what a line costs beside its characters; bounds what a file of blank lines can take


class OpenRecord:
    """Source lines, and tags with values that may go on over many lines.

    >>> found = OpenRecord(1); found.add("AB", "one"); found.go_on("two"); found.pairs(" ")
    [('AB', 'one two')]
    """

    def __init__(self, line: int):
        self.line = line  # where it begins
        self.tags: set[str] = set()
        self._source: list[str] = []
        self._size = 0
        self._pairs: list[tuple[str, list[str]]] = []

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def keep(self, line: str) -> None:
        """Keep a line of the source. Raises UnreadableFile when the record grows beyond every measure."""
        self._source.append(line)
        self._size += len(line) + _PER_LINE
        if self._size > MAX_RECORD_CHARS:
            raise UnreadableFile(
                f"The record that begins on line {self.line} is longer than {MAX_RECORD_CHARS:,} characters. "
                "Its end is probably missing, or the file is not a list of references."
            )

    def add(self, tag: str, value: str | None) -> None:
        self._pairs.append((tag, [(value or "").strip()]))
        self.tags.add(tag)

    def go_on(self, text: str) -> None:
        """The latest value goes on."""
        self._pairs[-1][1].append(text.strip())

    @property
    def last(self) -> str:
        """The latest tag."""
        return self._pairs[-1][0] if self._pairs else ""

    @property
    def empty(self) -> bool:
        """True when the latest tag has no value yet."""
        return not any(self._pairs[-1][1])

    @property
    def first(self) -> str:
        return self._pairs[0][0] if self._pairs else ""

    @property
    def raw(self) -> str:
        return "".join(self._source)

    def pairs(self, joint: str = "\n") -> list[tuple[str, str]]:
        """Tags with their whole values, whose lines are set together by `joint`."""
        return [(tag, joint.join(part for part in parts if part)) for tag, parts in self._pairs]
