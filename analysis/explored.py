"""What the explorations of a run found, beside its result: for the figures that are drawn from it."""

from typing import Any

from analysis.drawings.explored import DRAWN
from analysis.figures.catalogue import Data
from analysis.models import Run


def with_explored(run: Run, key: str) -> Data:
    """The result of a finished run; for the figure of an exploration also what the newest such one found."""
    result: dict[str, Any] = run.result or {}
    if key not in DRAWN:
        return result
    finished = run.explorations.filter(kind=key, result__isnull=False)
    found = finished.values_list("result", flat=True).first()
    return {**result, key: found} if found else result


def explored_kinds(run: Run) -> dict[str, bool]:
    """{kind: True} for each figure that can be drawn from a finished exploration. One query, no results read."""
    finished = run.explorations.filter(kind__in=DRAWN, result__isnull=False).order_by()
    return dict.fromkeys(finished.values_list("kind", flat=True).distinct(), True)
