"""Two-by-two tables and person-time tables: reading them from columns, and the policy for empty cells.

          event   no event   total
group 1    ai        bi       n1i
group 2    ci        di       n2i                events x1i in person-time t1i, x2i in t2i"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.stats.columns import Columns, require_at_most, require_counts
from analysis.stats.errors import InvalidValue, UnknownOption

TO = ("only0", "all", "if0all", "none")


@dataclass(frozen=True)
class CellPolicy:
    """What is added to cells before an effect is computed; metafor's `add`, `to` and `drop00`.

    `add`: the amount. `to`: "only0" to every cell of the tables that have an empty one (the default), "all" to
    all tables, "if0all" to all tables when any has an empty cell, "none". `drop00`: tables with no event, or
    nothing but events, in both groups give no effect."""

    add: float = 0.5
    to: str = "only0"
    drop00: bool = False

    def __post_init__(self) -> None:
        if self.to not in TO:
            raise UnknownOption(
                f"There is no zero-cell policy to={self.to!r}; choose one of {', '.join(TO)}."
            )
        if not (np.isfinite(self.add) and self.add >= 0.0):
            raise InvalidValue(f"add is {self.add}, but it must be a number of 0 or more.")

    def amount(self, empty: np.ndarray) -> np.ndarray:
        """What each row gets, given the mask of rows with an empty cell."""
        rows = {
            "only0": empty,
            "all": np.ones_like(empty),
            "if0all": np.full_like(empty, bool(np.any(empty))),
            "none": np.zeros_like(empty),
        }[self.to]
        return np.where(rows, self.add, 0.0)


@dataclass(frozen=True)
class Tables:
    """Cells of 2x2 tables, each of shape (rows,); nan where missing."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    d: np.ndarray

    @property
    def n1(self) -> np.ndarray:
        return self.a + self.b

    @property
    def n2(self) -> np.ndarray:
        return self.c + self.d

    @property
    def total(self) -> np.ndarray:
        return self.n1 + self.n2

    @property
    def empty(self) -> np.ndarray:
        """Rows with at least one cell of 0."""
        return (self.a == 0) | (self.b == 0) | (self.c == 0) | (self.d == 0)

    @property
    def one_sided(self) -> np.ndarray:
        """Rows with no event in either group, or nothing but events in both."""
        return ((self.a == 0) & (self.c == 0)) | ((self.b == 0) & (self.d == 0))

    def plus(self, amount: np.ndarray) -> Tables:
        return Tables(self.a + amount, self.b + amount, self.c + amount, self.d + amount)

    def rows(self, mask: np.ndarray) -> Tables:
        return Tables(self.a[mask], self.b[mask], self.c[mask], self.d[mask])

    def prepared(self, policy: CellPolicy) -> Tables:
        """The tables after the policy: cells added to, and rows dropped as nan."""
        tables = self.plus(policy.amount(self.empty))
        if not policy.drop00:
            return tables
        gone = np.where(self.one_sided, np.nan, 0.0)
        return tables.plus(gone)


def two_by_two(columns: Columns) -> Tables:
    """Tables from ai, bi, ci, di or from ai, n1i, ci, n2i; where both are given they must agree."""
    given = [name for name in ("ai", "bi", "ci", "di", "n1i", "n2i") if name in columns]
    require_counts(columns, *given)
    for part, whole, rest in (("ai", "n1i", "bi"), ("ci", "n2i", "di")):
        if whole not in columns:
            continue
        require_at_most(columns, part, whole, "there cannot be more events than people in the group")
        if rest in columns:
            bad = np.flatnonzero(np.abs(columns[part] + columns[rest] - columns[whole]) > 1e-9)
            if bad.size:
                row = int(bad[0])
                raise InvalidValue(
                    f"Row {row + 1}: {part} + {rest} is {columns[part][row] + columns[rest][row]:g} but {whole} is "
                    f"{columns[whole][row]:g}; correct one of them or leave {whole} out.",
                    column=whole,
                    row=row,
                )
    b = columns["bi"] if "bi" in columns else columns["n1i"] - columns["ai"]
    d = columns["di"] if "di" in columns else columns["n2i"] - columns["ci"]
    return Tables(columns["ai"], b, columns["ci"], d)
