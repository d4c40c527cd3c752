"""What a forest plot is told: its rows, pooled effects and columns, and the checks that they fit together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from appraisal.figures import LEVELS, Domain, Level
from reviews.figures.layout import LayoutError


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of texts. Neighbours with the same `group` share a heading above theirs.

    `words` stand at the left and break into lines; numbers stand at the right. Where a fixed width has no room for
    all columns, those with the lowest `rank` are left out first, together, and named by `kind` below the figure.
    """

    heading: str
    group: str = ""
    words: bool = False
    rank: int = 1
    kind: str = "raw data"


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """One study. `cells` match the columns, as texts; without arm data leave them empty and say so in `note`.

    `extras` match the columns of words and numbers beside the name. `weight` in percent; `marked` puts a dagger to
    the label (explained below the figure); `risk` holds one judgement per risk-of-bias domain; `subgroup` names a
    `Subgroup`.
    """

    label: str
    effect: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    cells: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    note: str = ""
    marked: bool = False
    risk: tuple[str, ...] = ()
    subgroup: str = ""
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class ForestSummary:
    """A pooled effect. `notes` are lines below it, such as `heterogeneity_line(...)`; `cells` add up its studies."""

    label: str
    effect: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    prediction: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """A heading over the rows that name it. Fewer than two rows are never shown as pooled."""

    name: str
    summary: ForestSummary | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that a figure shows besides its axis; `left_out` says what there was no room for."""

    rows: Sequence[ForestRow]
    summaries: Sequence[ForestSummary] = ()
    subgroups: Sequence[Subgroup] = ()
    columns: Sequence[Column] = ()
    extras: Sequence[Column] = ()
    domains: Sequence[Domain] = ()
    levels: Mapping[str, Level] = field(default_factory=lambda: LEVELS)
    weights: bool = True
    left_out: tuple[str, ...] = ()

    @property
    def subtotals(self) -> list[ForestSummary]:
        """Those that are shown as pooled."""
        sizes = [sum(row.subgroup == one.name for row in self.rows) for one in self.subgroups]
        pairs = zip(self.subgroups, sizes, strict=True)
        return [one.summary for one, size in pairs if one.summary and size > 1]

    @property
    def pooled(self) -> list[ForestSummary]:
        return [*self.summaries, *self.subtotals]

    @property
    def drawn(self) -> list[ForestRow | ForestSummary]:
        """Whatever has an effect with an interval."""
        return [*self.rows, *self.pooled]

    @property
    def weighted(self) -> bool:
        """Whether there is a column of weights."""
        return self.weights and any(item.weight is not None for item in self.drawn)

    def smaller(self) -> Content | None:
        """Without what can be spared first: figures of the raw data, extra columns, weights, risk of bias."""
        if self.columns:
            return self._without_columns(min(column.rank for column in self.columns))
        if self.extras:
            gone = self.extras[-1]
            rows = [replace(row, extras=row.extras[:-1]) for row in self.rows]
            return replace(self, extras=self.extras[:-1], rows=rows, left_out=(*self.left_out, gone.heading))
        if self.weighted:
            # the column goes; the squares keep their sizes
            return replace(self, weights=False, left_out=(*self.left_out, "weights"))
        if self.domains:
            rows = [replace(row, risk=()) for row in self.rows]
            return replace(self, domains=(), rows=rows, left_out=(*self.left_out, "risk of bias"))
        return None

    def _without_columns(self, rank: int) -> Content:
        kept = [j for j, column in enumerate(self.columns) if column.rank != rank]
        gone = next(column.kind for column in self.columns if column.rank == rank)

        def some(cells: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cells[j] for j in kept) if cells else ()

        return replace(
            self,
            columns=[self.columns[j] for j in kept],
            rows=[replace(row, cells=some(row.cells)) for row in self.rows],
            summaries=[replace(one, cells=some(one.cells)) for one in self.summaries],
            subgroups=[
                replace(one, summary=one.summary and replace(one.summary, cells=some(one.summary.cells)))
                for one in self.subgroups
            ],
            left_out=tuple(dict.fromkeys((*self.left_out, gone))),
        )

    def check(self) -> None:
        """Raise `LayoutError` on numbers that cannot be drawn, and on rows that do not fit the columns."""
        if not self.rows:
            raise LayoutError("A forest plot needs at least one study.")
        subtotals = [one.summary for one in self.subgroups if one.summary]
        items: list[ForestRow | ForestSummary] = [*self.rows, *self.summaries, *subtotals]
        for item in items:
            _check_interval(item)
            if item.cells and self.columns and len(item.cells) != len(self.columns):
                raise LayoutError(
                    f"'{item.label}' has {len(item.cells)} cells for {len(self.columns)} columns."
                )
        names = [subgroup.name for subgroup in self.subgroups]
        for row in self.rows:
            self._check_row(row, names)

    def _check_row(self, row: ForestRow, names: Sequence[str]) -> None:
        if row.weight is not None and not 0 <= row.weight < math.inf:
            raise LayoutError(f"The weight of '{row.label}' must be a number from 0.")
        if len(row.extras) != len(self.extras):
            raise LayoutError(
                f"'{row.label}' has {len(row.extras)} texts for {len(self.extras)} extra columns."
            )
        if self.domains and len(row.risk) != len(self.domains):
            raise LayoutError(
                f"'{row.label}' has {len(row.risk)} judgements for {len(self.domains)} domains."
            )
        if self.subgroups and row.subgroup not in names:
            raise LayoutError(f"'{row.label}' is in the subgroup '{row.subgroup}', which is not listed.")


def _check_interval(item: ForestRow | ForestSummary) -> None:
    if not all(map(math.isfinite, (item.effect, item.ci_low, item.ci_high))):
        raise LayoutError(f"'{item.label}' has an effect or interval that is not a number.")
    if not item.ci_low <= item.effect <= item.ci_high:
        raise LayoutError(f"The interval of '{item.label}' does not hold its effect.")
