"""What a librarian should know of a file although no record was lost: each kind once, counted, with an example.

notices = Notices()
notices.add("{n} line was ...", "{n} lines were ...", line=17)
notices.sentences()  ->  ["3 lines were ..., for example line 17."]
"""

from __future__ import annotations


class Notices:
    """Counts by kind; a kind is its pair of sentences for one and for many."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[int]] = {}

    def add(self, one: str, many: str, *, line: int, n: int = 1) -> None:
        """Count `n` cases of a kind; `one` and `many` hold `{n}` (or not) and no full stop at the end."""
        seen = self._found.get((one, many))
        if seen:
            seen[0] += n
        else:
            self._found[one, many] = [n, line]

    def left_out(self, line: int) -> None:
        """A line of text that belongs to no record."""
        self.add(
            "{n} line of text before or between the records belongs to none of them and was left out",
            "{n} lines of text before or between the records belong to none of them and were left out",
            line=line,
        )

    def no_end(self, line: int) -> None:
        """The last record, begun on `line`, lacks its end mark."""
        sentence = "The last record has no end mark (ER): the file may have been cut off"
        self.add(sentence, sentence, line=line)

    def cut_off(self, line: int) -> None:
        """The last record, begun on `line`, lacks the field with which records end."""
        sentence = "The last record lacks its last fields: the file may have been cut off"
        self.add(sentence, sentence, line=line)

    def sentences(self) -> list[str]:
        return [
            f"{one.format(n=1)} (line {line:,})."
            if count == 1
            else f"{many.format(n=f'{count:,}')}, for example line {line:,}."
            for (one, many), (count, line) in self._found.items()
        ]
