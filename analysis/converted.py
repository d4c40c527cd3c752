"""The converted and derived values among what a run pooled: what was reported, by which method, and what it gave."""

from dataclasses import dataclass
from typing import Any

from analysis.models import Run
from extraction.models import Result


@dataclass(frozen=True)
class ConvertedRow:
    """One result that was not read off as printed. ``conversions``: as the result keeps them, with the original
    numbers; ``basis``: how it was obtained, in the extractor's words."""

    study: str
    result_id: int
    conversions: list[dict[str, Any]]
    basis: str


def converted_rows(run: Run) -> list[ConvertedRow]:
    """Of the run's rows, those that rest on converted or derived values. One query; a run keeps what it pooled."""
    rows = [row for row in run.snapshot["rows"] if row["derived"] or row.get("converted")]
    ids = {pk for row in rows for pk in _ids(row)}
    fields = ("pk", "derived", "conversions", "basis")
    results = {one["pk"]: one for one in Result.objects.filter(pk__in=ids).values(*fields)} if ids else {}
    return [
        ConvertedRow(row["study"], pk, found["conversions"], found["basis"])
        for row in rows
        for pk in _ids(row)
        if (found := results.get(pk)) and (found["derived"] or found["conversions"])
    ]


def _ids(row: dict[str, Any]) -> list[int]:
    return row.get("result_ids") or [row["result_id"]]
