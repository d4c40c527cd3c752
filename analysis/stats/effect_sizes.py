"""Effect sizes and their sampling variances from the figures that trials report.

`effect_sizes(measure, **columns)` with columns named as in R metafor's `escalc`; `MEASURES` (in `measures`, with the
formulas) is the list of what there is. Sources of the formulas: docs/statistics.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from analysis.stats.columns import Columns, as_columns, as_labels
from analysis.stats.errors import MissingColumns, UnknownOption
from analysis.stats.measures import (
    EDITIONS,
    GENERIC_COLUMNS,
    MEASURES,
    Measure,
    Options,
    generic,
    measure_named,
)
from analysis.stats.results import Dropped, Effects, frozen_array
from analysis.stats.tables import CellPolicy

#: Every column that a measure knows; those that a measure does not need are passed over, other names are mistakes.
COLUMN_NAMES = frozenset(
    name
    for measure in MEASURES.values()
    for columns in (*measure.columns, *GENERIC_COLUMNS)
    for name in columns
)


def effect_sizes(
    measure: str,
    *,
    slab: Iterable[Any] | None = None,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    vtype: str = "LS",
    correct: bool | None = None,
    edition: str = EDITIONS[0],
    **columns: Any,
) -> Effects:
    """Effects `yi` and sampling variances `vi`, one per row, from summary figures.

    `measure`: a name in `MEASURES`. `columns`: sequences of equal length, named as in escalc: ai bi ci di or ai
    n1i ci n2i (2x2 tables), m1i sd1i n1i m2i sd2i n2i (means; or di or ti with n1i n2i for SMD), ri ni or ti ni
    (correlations), ti ni mi and r2i (partial correlations), xi ni or xi mi (proportions), xi ti (rates), x1i t1i
    x2i t2i (two rates), m1i m2i sd1i sd2i ri ni (change within one group), mi sdi ni (means of one group), ai mi ni
    (Cronbach's alpha), oei voi or oi ei voi (O - E with its variance), yi with vi or sei (GEN, and any measure whose
    effects are already computed, on the log scale for ratios). None or nan marks a missing value. Rows may differ in
    what they have: in each the first complete set of figures counts, yi with vi (or sei) last.

    `slab`: study labels. `add`, `to`, `drop00`: see `CellPolicy` (add: 0.5, but 0 for AS, PHI, RTET, PAS, PFT, IRS,
    IRFT and IRSD). `vtype`: variance type, LS (large sample) unless the measure lists others.
    `correct`: whether the second-order bias correction of the logarithm of a mean is made (Lajeunesse 2015): by
    default for ROM, ROMC and CVR, on demand for MNLN, CVLN and CVRC.
    `edition`: "5", or "3.8" for the definitions of metafor 3.8 where they differ: no correction by default, and the
    variances of SMDH, SMD1H, SMCRH, PCOR and ZPCOR.

    Rows with a missing value, or whose effect is undefined (log of 0, an SD of 0), are nan and listed in
    `Effects.dropped` with the reason; they are never filled in.

    Errors: `UnknownMeasure`, `MissingColumns`, `LengthMismatch`, `NonNumericInput`, `NonFiniteInput`, `InvalidValue`,
    `NegativeVariance`, `UnknownOption`. metafor: `escalc(measure, ..., add=, to=, drop00=, vtype=)`."""
    chosen = measure_named(measure)
    if unknown := [name for name in columns if name not in COLUMN_NAMES]:
        raise UnknownOption(
            f"There is no column or option {unknown[0]!r}. Options are slab, add, to, drop00, vtype, correct and "
            f"edition; columns of {chosen.name}: {', '.join(dict.fromkeys(sum(chosen.columns, ())))}, yi, vi, sei."
        )
    given = as_columns({name: value for name, value in columns.items() if value is not None})
    sets = _columns_to_use(chosen, given)
    wanted = sets[0]
    labels = as_labels(slab, len(given[wanted[0]]))
    cells = CellPolicy(chosen.add if add is None else add, to, drop00)
    options = Options(cells, _variance_type(chosen, vtype), _correction(chosen, correct, edition), edition)
    names = dict.fromkeys((*(name for columns in sets for name in columns), *_cross_checks(wanted)))
    used = {name: given[name] for name in names if name in given}
    ready = wanted in GENERIC_COLUMNS
    with np.errstate(all="ignore"):
        yi, vi = (generic if ready else chosen.compute)(used, options)
        ni = given.get("ni") if ready else chosen.size(used) if chosen.size else None
    free = () if ready else (*chosen.idle, *(chosen.spared if vtype.startswith("AV") else ()))
    incomplete = [[np.isnan(used[name]) for name in columns if name not in free] for columns in sets]
    missing = np.all([np.any(blank, axis=0) for blank in incomplete], axis=0)
    good = np.isfinite(yi) & np.isfinite(vi) & ~missing
    spare = _ready_made(given) if not ready else None
    if spare is not None:  # rows without raw figures take the effect that stands beside them
        filled = missing & np.isfinite(spare[0]) & np.isfinite(spare[1])
        yi, vi, good = np.where(filled, spare[0], yi), np.where(filled, spare[1], vi), good | filled
    return Effects(
        measure=chosen.name,
        yi=frozen_array(np.where(good, yi, np.nan)),
        vi=frozen_array(np.where(good, vi, np.nan)),
        slab=labels,
        ni=None if ni is None else frozen_array(ni),
        dropped=tuple(
            Dropped(row, labels[row], _why(chosen, used, wanted, missing, row))
            for row in np.flatnonzero(~good).tolist()
        ),
    )


def _ready_made(given: Columns) -> tuple[np.ndarray, np.ndarray] | None:
    ready = {name: given[name] for name in ("yi", "vi", "sei") if name in given}
    return generic(ready, None) if "yi" in ready and len(ready) > 1 else None


def _variance_type(measure: Measure, vtype: str) -> str:
    if vtype not in measure.vtypes:
        known = ", ".join(measure.vtypes)
        raise UnknownOption(f"{measure.name} has no variance type {vtype!r}; choose one of {known}.")
    return vtype


def _correction(measure: Measure, correct: bool | None, edition: str) -> bool:
    if edition not in EDITIONS:
        known = ", ".join(EDITIONS)
        raise UnknownOption(f"There is no edition {edition!r} of the definitions; choose one of {known}.")
    if correct is None:
        return bool(measure.corrected) and edition != "3.8"
    if measure.corrected is None:
        raise UnknownOption(
            f"{measure.name} has no second-order bias correction to choose; leave correct out."
        )
    return correct


def _columns_to_use(measure: Measure, given: Columns) -> list[tuple[str, ...]]:
    """The sets of raw figures whose columns are all there, in the measure's order; without any, those of ready-made
    effects."""
    for choices in (measure.columns, GENERIC_COLUMNS):
        if complete := [names for names in choices if all(name in given for name in names)]:
            return complete
    alternatives = dict.fromkeys(measure.columns + GENERIC_COLUMNS)
    sets = " or ".join(" ".join(names) for names in alternatives)
    have = ", ".join(given) if given else "none"
    raise MissingColumns(f"{measure.name} needs the columns {sets}; given: {have}.")


def _cross_checks(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that are not needed but, when given, must agree."""
    return ("n1i", "n2i") if "bi" in wanted else ()


def _why(measure: Measure, used: Columns, wanted: tuple[str, ...], missing: np.ndarray, row: int) -> str:
    if missing[row]:
        blank = ", ".join(name for name in wanted if np.isnan(used[name][row]))
        return f"{blank} is missing."
    figures = ", ".join(f"{name} {used[name][row]:g}" for name in wanted)
    return f"{measure.name} or its variance is not defined for {figures}."
