"""Leave-one-out and cumulative pooling of tables by Mantel-Haenszel and Peto."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_labels
from analysis.stats.errors import LengthMismatch, NoStudies, StatsError, TooFewStudies
from analysis.stats.mantel_haenszel import mantel_haenszel, peto
from analysis.stats.results import PooledTables, Sequence

OPTIONS = ("add", "to", "drop00", "correct", "level")


def leave_one_out_tables(measure: str, *, slab: Iterable[Any] | None = None, **arguments: Any) -> Sequence:
    """Pool the tables again without each in turn: OR, RR, RD, IRR, IRD by Mantel-Haenszel, or PETO.

    `arguments`: columns and options of `mantel_haenszel` or `peto`. Incomplete rows are left out. A refit that is
    not defined (no events left in one of the groups) has nan and a note. Errors: `TooFewStudies` for fewer than
    two tables, and those of the method. metafor: `leave1out(rma.mh(...))`, `leave1out(rma.peto(...))`."""
    columns, labels, options = _complete_rows(measure, arguments, slab)
    rows = np.arange(len(labels))
    if len(rows) < 2:
        raise TooFewStudies("Leaving one out needs at least two tables.")
    pooled = tuple(_refit(measure, columns, np.delete(rows, row), labels, options) for row in rows)
    return Sequence(labels, pooled)


def cumulative_tables(
    measure: str, *, order: Any = None, slab: Iterable[Any] | None = None, **arguments: Any
) -> Sequence:
    """Pool the tables one after the other, adding each in turn, in the order given or sorted by `order` (per row).

    `arguments`, undefined refits and errors: as `leave_one_out_tables`. metafor: `cumul(rma.mh(...))`."""
    columns, labels, options = _complete_rows(measure, arguments, slab, order)
    rows = np.arange(len(labels))
    pooled = tuple(_refit(measure, columns, rows[: row + 1], labels, options) for row in rows)
    return Sequence(labels, pooled)


def _complete_rows(
    measure: str, arguments: dict[str, Any], slab: Iterable[Any] | None, order: Any = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...], dict[str, Any]]:
    options = {name: arguments[name] for name in OPTIONS if name in arguments}
    given = {name: value for name, value in arguments.items() if name not in OPTIONS and value is not None}
    columns = as_columns(given)
    labels = as_labels(slab, len(next(iter(columns.values()), ())))
    whole = _pool(measure, columns, options | {"slab": labels})  # refuses what the method refuses
    if isinstance(whole, NoStudies):
        raise whole
    keep = np.flatnonzero(np.all([np.isfinite(column) for column in columns.values()], axis=0))
    if order is not None:
        key = as_columns({"order": order})["order"]
        if len(key) != len(labels):
            raise LengthMismatch(f"order has {len(key)} values for {len(labels)} tables; give one per table.")
        keep = keep[np.argsort(key[keep], kind="stable")]
    chosen = {name: column[keep] for name, column in columns.items()}
    return chosen, tuple(labels[row] for row in keep.tolist()), options


def _refit(
    measure: str,
    columns: dict[str, np.ndarray],
    rows: np.ndarray,
    labels: tuple[str, ...],
    options: dict[str, Any],
) -> PooledTables:
    chosen = {name: column[rows] for name, column in columns.items()}
    slab = tuple(labels[row] for row in rows.tolist())
    found = _pool(measure, chosen, options | {"slab": slab})
    return found if isinstance(found, PooledTables) else _undefined(measure, slab, options, str(found))


def _pool(measure: str, columns: dict[str, np.ndarray], options: dict[str, Any]) -> PooledTables | StatsError:
    arguments: dict[str, Any] = {**options, **columns}
    try:
        if str(measure).upper() == "PETO":
            return peto(**arguments)
        return mantel_haenszel(measure, **arguments)
    except (TooFewStudies, NoStudies) as error:
        return error


def _undefined(measure: str, slab: tuple[str, ...], options: dict[str, Any], why: str) -> PooledTables:
    nan = math.nan
    return PooledTables(
        estimate=nan,
        se=nan,
        ci_low=nan,
        ci_high=nan,
        stat=nan,
        pval=nan,
        tau2=0.0,
        i2=None,
        h2=None,
        q=None,
        q_pval=None,
        pi_low=None,
        pi_high=None,
        k=len(slab),
        measure=str(measure).upper(),
        tau2_method="Peto" if str(measure).upper() == "PETO" else "MH",
        test="z",
        level=options.get("level", 0.95),
        slab=slab,
        notes=(why,),
    )
