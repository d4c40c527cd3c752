"""The leave-one-out plot: the pooled effect without each study in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from analysis.figures.interval_rows import IntervalRow, interval_rows
from analysis.figures.plot_settings import LeaveOneOutSettings
from reviews.figures.layout import Figure

AS_AT_FIRST = LeaveOneOutSettings()
#: What rows are sorted by; fits without a value go last.
SORTS: dict[str, Callable[[IntervalRow], Any]] = {
    "estimate": lambda row: (row.estimate is None, row.estimate or 0.0),
    "i2": lambda row: (row.i2 is None, row.i2 or 0.0),
    "name": lambda row: row.label.casefold(),
}


def leave_one_out(
    rows: Sequence[IntervalRow],
    total: IntervalRow,
    *,
    look: LeaveOneOutSettings = AS_AT_FIRST,
    title: str = "Leave-one-out analysis",
    figure_id: str = "leave-one-out",
    **shown: Any,
) -> Figure:
    """A row's label is the study that its fit leaves out. ``shown``: measure_label, level, null, reading, notes of
    `interval_rows`."""
    ordered = sorted(rows, key=SORTS[look.sort]) if look.sort in SORTS else rows
    return interval_rows(
        ordered,
        total,
        heading="Study left out",
        heterogeneity=look.heterogeneity,
        title=title,
        page=look.page,
        figure_id=figure_id,
        **shown,
    )
