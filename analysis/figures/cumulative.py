"""The cumulative plot: the pooled effect of the first study, the first two, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.figures.interval_rows import IntervalRow, interval_rows
from analysis.figures.plot_settings import CumulativeSettings
from reviews.figures.layout import Figure

AS_AT_FIRST = CumulativeSettings()
HEADINGS = {"year": "Study added, by year", "precision": "Study added, by precision"}


def cumulative(
    rows: Sequence[IntervalRow],
    total: IntervalRow,
    *,
    look: CumulativeSettings = AS_AT_FIRST,
    title: str = "Cumulative meta-analysis",
    figure_id: str = "cumulative",
    **shown: Any,
) -> Figure:
    """A row's label is the study that its fit adds to those above; the last row is the planned fit, as `total` is.

    ``shown``: measure_label, level, null, reading, notes of `interval_rows`.
    """
    named = [
        IntervalRow(**{**vars(row), "label": f"+ {row.label}" if i else row.label})
        for i, row in enumerate(rows)
    ]
    return interval_rows(
        named,
        total,
        heading=HEADINGS[look.by],
        heterogeneity=look.heterogeneity,
        title=title,
        page=look.page,
        figure_id=figure_id,
        **shown,
    )
