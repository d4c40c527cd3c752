"""What a cell of the CSV says, and how a number or list is written into one. No Django.

The package takes everything but digits out of a number, splits a list at ';' and each part at its first ','. Here a
cell must say what it means: "about 12" is told as wrong and not read as 12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Pairs = list[tuple[str, int]]
#: More is a slip of the finger in any review.
MOST = 10_000_000
NOTHING = ("", "NA")
_NUMBER = re.compile(r"[0-9]+|[0-9]{1,3}(?:[,'’ \u00a0\u202f][0-9]{3})+")
_EXAMPLE = "“Wrong population, 12; Not randomised, 3”"


class CellError(ValueError):
    """What is wrong with a cell, as the end of a sentence that names its row and column."""


def number_of(text: str) -> int | None:
    """The number; None for an empty cell or NA, whose line is not shown. Raises CellError."""
    told = text.strip()
    if told in NOTHING:
        return None
    if not _NUMBER.fullmatch(told):
        raise CellError(f"“{told[:60]}” is no whole number; give one, or NA for none")
    n = int(re.sub(r"\D", "", told))
    if n > MOST:
        raise CellError(f"{n} is more than {MOST:,}")
    return n


def list_of(text: str) -> Pairs | None:
    """Names with their numbers; one pair without a name where the cell is a total; None for NA. Raises CellError."""
    told = text.strip()
    if told in NOTHING:
        return None
    if _NUMBER.fullmatch(told):
        n = number_of(told)
        return [("", n)] if n else []
    pairs: Pairs = []
    for part in told.split(";"):
        if not part.strip():
            continue
        name, comma, rest = part.partition(",")
        name = " ".join(name.split())
        if not name or not comma or not _NUMBER.fullmatch(rest.strip()):
            raise CellError(f"“{part.strip()[:60]}” is no name with a number; write {_EXAMPLE}")
        if name.casefold() in {known.casefold() for known, _ in pairs}:
            raise CellError(f"“{name[:60]}” is named twice")
        pairs.append((name, number_of(rest) or 0))
    return pairs


def cell_name(name: str) -> str:
    """A name as a list can hold it: commas and semicolons, at which the package splits, become ' /'."""
    return re.sub("[,;]", " /", " ".join(name.split()))


def written(value: int | Sequence[tuple[str, int]] | None) -> str:
    """What a cell is given: a number, "name, n; name, n" (0 for an empty list), or NA.

    A first letter that a spreadsheet takes for a formula is dropped.
    """
    if value is None:
        return "NA"
    if isinstance(value, int):
        return str(value)
    told = "; ".join(f"{cell_name(name)}, {n}" for name, n in value)
    return told.lstrip("=+-@ ") or "0"
