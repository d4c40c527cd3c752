"""Assessments of one study side by side: where they agree and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from appraisal.instruments import Domain, Instrument, Level
from appraisal.models import Assessment, Judgement


@dataclass(frozen=True)
class Row:
    """One domain. ``judgements`` are in the order of the assessments; None where nothing was written."""

    domain: Domain
    levels: tuple[Level, ...]
    judgements: tuple[Judgement | None, ...]

    @property
    def agreed(self) -> str:
        """The level key everyone chose, "" when they differ."""
        values = {judgement.value if judgement else "" for judgement in self.judgements}
        return values.pop() if len(values) == 1 else ""

    @property
    def differs(self) -> bool:
        return not self.agreed


def compare(instrument: Instrument, assessments: Sequence[Assessment]) -> list[Row]:
    """One row per domain of the instrument. Give assessments with their judgements prefetched."""
    by_assessment = [
        {judgement.domain: judgement for judgement in assessment.judgements.all()}
        for assessment in assessments
    ]
    return [
        Row(
            domain=domain,
            levels=instrument.levels_of(domain),
            judgements=tuple(judgements.get(domain.key) for judgements in by_assessment),
        )
        for domain in instrument.domains
    ]
