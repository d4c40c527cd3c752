"""What a figure of a run offers, so that pages, files, the API and commands treat all figures alike. No Django.

`DRAWINGS` is filled by `analysis.drawings`: import it from there. To add a figure, write its pure layout here in
`analysis.figures`, a module in `analysis.drawings` that offers a `DRAWING`, and its line in that package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from reviews.figures.layout import Figure

#: Where a row of a figure leads: from the key of a snapshot's row (`row_key`) to an address.
Address = Callable[[Any], str]
#: Snapshot and result of a run.
Data = Mapping[str, Any]

PAIRWISE = "pairwise"
NETWORK = "network"
NARRATIVE = "narrative"


class Table(NamedTuple):
    """A figure as a table: as many texts in each row as there are headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


class Draw(Protocol):
    """``settings`` holds what differs from the defaults; ``{}`` is the figure as it is at first.

    ``risk`` is analysis.risk.RiskColumns or None. Settings that no longer fit the data (a column that is gone) are
    passed over. Raises LayoutError on numbers that cannot be drawn.
    """

    def __call__(
        self,
        snapshot: Data,
        result: Data,
        settings: Data,
        *,
        risk: Any = None,
        address: Address | None = None,
    ) -> Figure: ...


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One kind of figure.

    ``key`` names its files and settings (a slug of at most 30 characters); ``about`` says in a sentence how to read
    it; ``kinds`` are the kinds of plan it belongs to. ``why_not`` is the sentence that says why this result has no
    such figure, "" when it has. ``form`` is a subclass of analysis.drawings.settings.SettingsForm, None without
    settings. ``text`` is the same as a table.
    """

    key: str
    title: str
    draw: Draw
    why_not: Callable[[Data, Data], str]
    text: Callable[[Data, Data], Table]
    about: str = ""
    kinds: frozenset[str] = frozenset({PAIRWISE})
    form: Any = None


#: Every figure by its key, in the order in which a page shows them.
DRAWINGS: dict[str, Drawing] = {}


def offer(*drawings: Drawing) -> None:
    """Put figures into the catalogue. Raises ValueError where a key is taken by another figure."""
    for one in drawings:
        if DRAWINGS.setdefault(one.key, one) is not one:
            raise ValueError(f"There are two figures with the key '{one.key}'.")


def drawings_of(kind: str) -> list[Drawing]:
    """The figures of a kind of plan."""
    return [one for one in DRAWINGS.values() if kind in one.kinds]


def row_key(row: Data) -> Any:
    """What identifies a row of a snapshot (its arms of a split study have one each), also in a run of before."""
    return row.get("row", row["study_id"])


def kind_of(snapshot: Data) -> str:
    """The kind of the plan a run was computed for."""
    return snapshot["plan"].get("kind", PAIRWISE)
