"""What comparing two records brought to light."""

from __future__ import annotations

from dataclasses import dataclass


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
