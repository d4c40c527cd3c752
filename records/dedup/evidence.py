"""What comparing two records brought to light."""

from __future__ import annotations

from dataclasses import dataclass

#: Points that titles earn, by how alike they are: (at least, points).
TITLE_STEPS = ((1.0, 40.0), (0.97, 37.0), (0.94, 33.0), (0.9, 27.0), (0.85, 18.0), (0.75, 4.0), (0.6, -12.0))
#: Points of titles less alike than that, and of a title that is the other without its subtitle.
NO_TITLE, SHORTENED = -35.0, 30.0
#: Points of a score of 0.2: nothing more is asked about pairs that cannot reach them.
ENOUGH = 38.0


@dataclass(slots=True)
class Evidence:
    """What comparing two records field by field brought to light; None means it cannot be compared."""

    title: float
    shortened: bool
    authors: float | None
    year: int | None
    journal: float | None
    volume: bool | None
    issue: bool | None
    page: bool | None
    page_range: bool
    doi: bool | None
    pmid: bool | None
    abstract: float | None
