"""What all explorations share: the data of a run, how work is counted and cut, and what makes it repeatable.

Whatever is drawn at random is drawn in blocks of a fixed size, each with a generator of its own made from the seed
and the number of the block, and each block is fitted by itself. So the same seed gives the same numbers to the last
bit, whatever the number of pieces and of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.engine import study_effects
from analysis.stats import Effects

#: As many pieces as one exploration is cut into at most.
PIECES = 16
PAIRWISE = "pairwise"
#: ``step(done)``: units done so far in this piece; may raise to stop.
Step = Callable[[int], None]
Data = Mapping[str, Any]


class BadChoice(ValueError):
    """A setting of an exploration that cannot be followed; ``field`` names it."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Size:
    """How much work it is: ``units`` fits, cut into blocks of ``block``, and the sentence that says it."""

    units: int
    block: int
    exact: bool
    sentence: str

    @property
    def blocks(self) -> int:
        return -(-self.units // self.block)

    def span(self, block: int) -> tuple[int, int]:
        """The first unit of a block and the one after its last."""
        return block * self.block, min((block + 1) * self.block, self.units)


@dataclass(frozen=True)
class Piece:
    """Blocks ``first`` to before ``after``: one part of the work."""

    first: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of exploration; plain data in and out, so that it goes through a database.

    ``read(snapshot, given)`` makes complete settings of what was given, or raises BadChoice. ``do(work, piece,
    step)`` computes a piece; ``combine(work, parts)`` puts pieces together in their order, also when not all are
    there yet. ``limits`` says what the figures must not be taken for.
    """

    key: str
    title: str
    about: str
    limits: str
    what: str
    least: int
    read: Callable[[Data, Data], dict[str, Any]]
    size: Callable[[Work], Size]
    do: Callable[[Work, Piece, Step], dict[str, Any]]
    combine: Callable[[Work, Sequence[Data]], dict[str, Any]]

    def why_not(self, snapshot: Data, studies: int) -> str:
        """Why a run of that many studies with an effect cannot be explored so, or ""."""
        if snapshot["plan"].get("kind", PAIRWISE) != PAIRWISE:
            return f"{self.what} is of a pairwise meta-analysis only."
        if studies < self.least:
            there = f"there {'is' if studies == 1 else 'are'} {studies}"
            return f"{self.what} needs at least {self.least} studies with an effect; {there}."
        return ""


@dataclass(frozen=True)
class Work:
    """A run's snapshot with the settings and the seed of an exploration of it."""

    snapshot: Data
    settings: Data
    seed: int

    @property
    def plan(self) -> Data:
        return self.snapshot["plan"]

    @cached_property
    def effects(self) -> Effects:
        """The effects of the rows that have one."""
        found = study_effects(self.snapshot["rows"], self.plan["measure"])
        return found.select(found.usable)

    @cached_property
    def rows(self) -> list[Data]:
        """The rows that have an effect."""
        found = study_effects(self.snapshot["rows"], self.plan["measure"])
        return [row for row, kept in zip(self.snapshot["rows"], found.usable, strict=True) if kept]

    @property
    def tau2(self) -> str:
        return self.plan["tau2_method"]

    def generator(self, stream: int, block: int) -> np.random.Generator:
        """Of one block; streams keep apart what is drawn for different purposes."""
        return np.random.default_rng([self.seed, stream, block])


def pieces_of(size: Size, most: int = PIECES) -> list[tuple[Piece, int]]:
    """At most ``most`` pieces of equal length, each with its number of units."""
    count = min(size.blocks, most)
    ends = [round(number * size.blocks / count) for number in range(count + 1)]
    pieces = [Piece(first, after) for first, after in pairwise(ends)]
    return [(piece, size.span(piece.after - 1)[1] - size.span(piece.first)[0]) for piece in pieces]


def blocks_of(size: Size, piece: Piece, step: Step) -> Any:
    """``(block, first unit, unit after the last)`` for each block of a piece, telling ``step`` after each."""
    begin = size.span(piece.first)[0]
    for block in range(piece.first, piece.after):
        first, after = size.span(block)
        yield block, first, after
        step(after - begin)


def whole(given: Data, name: str, default: int, low: int, high: int, what: str) -> int:
    """A whole number among the settings, or BadChoice with the limits."""
    value = given.get(name)
    if value is None or value == "":
        return default
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise BadChoice(f"{what}: give a whole number from {low:,} to {high:,}, not '{value}'.", name)
    return number


def names(value: Any, field: str, what: str) -> list[str]:
    """A list of names; one name alone is a list of it. BadChoice for anything else."""
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise BadChoice(f"{what}: give a list of names.", field)
    return list(value)


def words(value: Any, field: str, what: str, most: int = 2000) -> str:
    """A text that can be kept. BadChoice for what is no text, too long or holds characters that are none."""
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise BadChoice(f"{what}: give a text of at most {most:,} characters.", field)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadChoice(f"{what}: it holds characters that are no text.", field) from error
    return value.strip()


def only(given: Data, names: Sequence[str]) -> None:
    """BadChoice for a setting that this kind does not have."""
    if unknown := sorted(set(given) - set(names)):
        known = ", ".join(names) or "none"
        raise BadChoice(f"There is no setting '{unknown[0]}' here. Settings: {known}.", unknown[0])


def method_note(plan: Data) -> list[str]:
    """That a plan with another method of pooling is explored with inverse-variance weights."""
    if plan.get("method", "iv") == "iv":
        return []
    return ["The plan pools by another method; this was computed with inverse-variance weights."]


def counted(values: np.ndarray, low: float, high: float, bins: int) -> np.ndarray:
    """How many values lie in each of equal bins from low to high, ends included; whole numbers, so sums are exact."""
    width = (high - low) or 1.0
    place = np.clip(((values - low) / width * bins).astype(np.int64), 0, bins - 1)
    return np.bincount(place, minlength=bins)
