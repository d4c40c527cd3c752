"""From the rows of a run to where their numbers stand: the result that was pooled, and its first source."""

from dataclasses import dataclass
from typing import Any

from analysis.models import Run
from extraction.models import Source
from extraction.provenance import first_sources
from reviews.models import Membership


@dataclass(frozen=True)
class Origin:
    """The result of one row, and the place its numbers were read from, if somebody said."""

    result: int
    source: Source | None


def origins(membership: Membership, run: Run) -> dict[Any, Origin]:
    """{key of a row, or its study id: where it comes from}; one query. A run keeps the ids of what it pooled."""
    results = pooled_results(run)
    sources = first_sources(membership, set(results.values()))
    return {key: Origin(result, sources.get(result)) for key, result in results.items()}


def pooled_results(run: Run) -> dict[Any, int]:
    """{key of a row, or its study id: result id}; of a study with several rows its id gives the first."""
    found: dict[Any, int] = {}
    for row in run.snapshot["rows"]:
        if row.get("result_id"):
            found[row.get("row", row["study_id"])] = row["result_id"]
            found.setdefault(row["study_id"], row["result_id"])
    return found
