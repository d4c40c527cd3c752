"""From the rows of a run to where their numbers stand: the result that was pooled, and its first source."""

from dataclasses import dataclass

from analysis.models import Run
from extraction.models import Source
from extraction.provenance import first_sources
from reviews.models import Membership


@dataclass(frozen=True)
class Origin:
    """The result of one row, and the place its numbers were read from, if somebody said."""

    result: int
    source: Source | None


def origins(membership: Membership, run: Run) -> dict[int, Origin]:
    """{study id: where its row comes from}; one query. A run keeps the ids of the results it pooled."""
    results = pooled_results(run)
    sources = first_sources(membership, results.values())
    return {study: Origin(result, sources.get(result)) for study, result in results.items()}


def pooled_results(run: Run) -> dict[int, int]:
    """{study id: result id} of the run's rows."""
    return {row["study_id"]: row["result_id"] for row in run.snapshot["rows"] if row.get("result_id")}
