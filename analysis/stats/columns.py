"""Input columns as float arrays, checked cell by cell: the gate through which every number enters.

A missing value (None, nan, or an empty pandas cell) is allowed and leaves its row out later; anything else that
is not a finite number is refused with its column and row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    MissingColumns,
    NegativeVariance,
    NonFiniteInput,
    NonNumericInput,
)

Columns = Mapping[str, np.ndarray]
PLAIN = {int, float}


def as_columns(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each value as a float array of shape (rows,), all of one length; scalars count as one row."""
    columns = {name: _as_floats(name, value) for name, value in values.items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {n}" for name, n in lengths.items())
        raise LengthMismatch(f"The columns must have the same number of rows, but {listed}.")
    return columns


def as_labels(labels: Iterable[Any] | None, rows: int) -> tuple[str, ...]:
    """Study labels as text; 'Study 1', 'Study 2', ... where none are given."""
    if labels is None:
        return tuple(f"Study {n}" for n in range(1, rows + 1))
    named = tuple(str(label) for label in labels)
    if len(named) != rows:
        raise LengthMismatch(f"There are {len(named)} study labels for {rows} rows; give one per row.")
    return named


def as_named(what: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Columns by name, from a mapping or a data frame; None has none."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) and not hasattr(given, "columns"):
        raise MissingColumns(f"Give the {what} by name, one value per row, such as {{'year': [1990, 1995]}}.")
    for name, values in given.items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
            raise LengthMismatch(f"{name} is {values!r}; give one value per row.")
    return dict(given.items())


def as_names(what: str, values: Iterable[Any], rows: int) -> tuple[str, ...]:
    """Names of groups (clusters, studies, treatments) as text, one per row; a missing one is refused, for it would
    become a name."""
    given = list(values)
    if len(given) != rows:
        raise LengthMismatch(f"{what} has {len(given)} values for {rows} rows; give one per row.")
    for row, value in enumerate(given):
        if value is None or type(value).__name__ == "NAType" or value != value or not str(value).strip():
            raise InvalidValue(f"Row {row + 1}: {what} is missing.", column=what, row=row)
    return as_labels(given, rows)


def require(
    columns: Columns, names: Iterable[str], good: Any, sentence: str, error: type = InvalidValue
) -> None:
    """Refuse the first present value in `names` for which `good` (array -> mask) is false.

    `sentence` is what a value must be: "a count, so it cannot be negative"."""
    for name in names:
        column = columns[name]
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero(~np.isnan(column) & ~good(column))
        if bad.size:
            row = int(bad[0])
            message = f"Row {row + 1}: {name} is {column[row]:g}, but it is {sentence}."
            raise error(message, column=name, row=row)


def require_counts(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: x >= 0.0, "a count, so it cannot be negative")


def require_sizes(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: x >= 1.0, "a number of people, so it must be 1 or more")


def require_positive(columns: Columns, what: str, *names: str) -> None:
    require(columns, names, lambda x: x > 0.0, f"{what}, so it must be above 0")


def require_sds(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: x >= 0.0, "a standard deviation, so it cannot be negative")


def require_variances(columns: Columns, *names: str) -> None:
    sentence = "a sampling variance or standard error, so it cannot be negative"
    require(columns, names, lambda x: x >= 0.0, sentence, NegativeVariance)


def require_correlations(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: np.abs(x) <= 1.0, "a correlation, so it must be between -1 and 1")


def require_shares(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: (x >= 0.0) & (x <= 1.0), "an R-squared, so it must be between 0 and 1")


def require_at_most_one(columns: Columns, *names: str) -> None:
    require(columns, names, lambda x: x <= 1.0, "a coefficient alpha, so it cannot be above 1")


def require_at_most(columns: Columns, part: str, whole: str, what: str) -> None:
    """Refuse a row in which `part` is larger than `whole`."""
    bad = np.flatnonzero(columns[part] > columns[whole])
    if bad.size:
        row = int(bad[0])
        raise InvalidValue(
            f"Row {row + 1}: {part} is {columns[part][row]:g} but {whole} is {columns[whole][row]:g}; {what}.",
            column=part,
            row=row,
        )


def _as_floats(name: str, values: Any) -> np.ndarray:
    if np.ndim(values) == 0 and not hasattr(values, "__len__"):
        values = [values]
    if isinstance(values, str):
        values = [values]
    if isinstance(values, (set, frozenset)):
        raise NonNumericInput(f"{name} is a set, which has no order; give a list.", column=name)
    column = _as_plain_floats(values)
    if column is None:
        column = np.array([_as_float(name, row, value) for row, value in enumerate(values)], dtype=float)
    column.setflags(write=False)
    return column


def _as_plain_floats(values: Any) -> np.ndarray | None:
    """The values at once where nothing about them needs a look: plain numbers, none of them infinite. Else None."""
    plain = values.dtype.kind in "fiu" if isinstance(values, np.ndarray) else set(map(type, values)) <= PLAIN
    try:
        column = np.array(values, dtype=float) if plain else np.array([np.inf])
    except OverflowError:  # a whole number beyond the largest float
        return None
    return None if column.ndim != 1 or np.any(np.isinf(column)) else column


def _as_float(name: str, row: int, value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, (str, bytes, bool, np.bool_)):
        raise NonNumericInput(
            f"Row {row + 1}: {name} is {value!r}, which is not a number.", column=name, row=row
        )
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    except (TypeError, ValueError):
        if type(value).__name__ == "NAType":  # pandas' missing value
            return np.nan
        raise NonNumericInput(
            f"Row {row + 1}: {name} is {value!r}, which is not a number.", column=name, row=row
        ) from None
    if np.isinf(number):
        raise NonFiniteInput(
            f"Row {row + 1}: {name} is infinite; give a finite number.", column=name, row=row
        )
    return number
