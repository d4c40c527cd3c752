"""The effect measures: one function per formula, one dictionary of names (`MEASURES`).

Every function takes the columns it needs (float arrays of shape (rows,), nan where missing) and `Options`, and
returns (yi, vi). The first line of its docstring is the effect, then its sampling variance and the source."""

from __future__ import annotations

from analysis.stats.errors import UnknownMeasure
from analysis.stats.measures.base import (
    EDITIONS,
    GENERIC_COLUMNS,
    Measure,
    Options,
    correction_factor,
    generic,
)
from analysis.stats.measures.change import CHANGES
from analysis.stats.measures.correlations import CORRELATIONS
from analysis.stats.measures.events import EVENTS, hypergeometric
from analysis.stats.measures.groups import GROUPS
from analysis.stats.measures.means import TWO_MEANS
from analysis.stats.measures.paired_events import PAIRED_EVENTS

__all__ = [
    "EDITIONS",
    "GENERIC_COLUMNS",
    "MEASURES",
    "Measure",
    "Options",
    "correction_factor",
    "generic",
    "hypergeometric",
    "measure_named",
]

MEASURES: dict[str, Measure] = {
    m.name: m for m in (*EVENTS, *PAIRED_EVENTS, *TWO_MEANS, *CHANGES, *CORRELATIONS, *GROUPS)
}


def measure_named(name: str) -> Measure:
    """The measure of that name, whatever its case."""
    try:
        return MEASURES[str(name).upper()]
    except KeyError:
        known = ", ".join(MEASURES)
        raise UnknownMeasure(f"There is no effect measure {name!r}; choose one of {known}.") from None
