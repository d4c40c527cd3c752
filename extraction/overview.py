"""Studies by outcomes: what is extracted, what a second person verified, what is missing, what looks wrong."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from extraction.linting import warnings_of
from extraction.models import Result
from reviews.models import Outcome, Review
from screening.models import Study


@dataclass
class Cell:
    """The shared results of one study for one outcome."""

    results: list[Result] = field(default_factory=list)
    warnings: int = 0

    @property
    def preferred(self) -> Result | None:
        return next((result for result in self.results if result.is_preferred), None)

    @property
    def state(self) -> str:
        """missing, unchosen (results but none preferred), verified or extracted."""
        if not self.results:
            return "missing"
        if not self.preferred:
            return "unchosen"
        return "verified" if self.preferred.verified_by_id else "extracted"


@dataclass(frozen=True)
class Matrix:
    outcomes: list[Outcome]
    cells: dict[int, list[tuple[Outcome, Cell]]]


def matrix(review: Review, studies: Sequence[Study]) -> Matrix:
    """{study id: a cell for each outcome} for ``studies``; a few queries, however many studies."""
    outcomes = list(Outcome.objects.filter(review=review))
    results = list(Result.objects.current().filter(review=review, study__in=studies).with_names())
    warnings = warnings_of(results)
    cells: dict[tuple[int, int], Cell] = defaultdict(Cell)
    for result in results:
        cell = cells[result.study_id, result.outcome_id]
        cell.results.append(result)
        cell.warnings += len(warnings[result.pk])
    return Matrix(
        outcomes=outcomes,
        cells={
            study.pk: [(outcome, cells[study.pk, outcome.pk]) for outcome in outcomes] for study in studies
        },
    )
