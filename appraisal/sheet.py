"""The judgements of a review with one instrument as one sheet: study by domain, for figures and files."""

from dataclasses import dataclass

from appraisal.instruments import Domain, Instrument
from appraisal.models import Assessment
from reviews.models import Membership


@dataclass(frozen=True)
class SheetRow:
    study_id: int
    study: str
    values: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """``basis`` says whose judgements these are: "consensus", "own" (nothing agreed yet) or "none"."""

    instrument: Instrument
    basis: str
    rows: list[SheetRow]

    def shares(self) -> list[tuple[Domain, list[int]]]:
        """Per domain, how many studies have each of the instrument's levels, in order."""
        return [
            (
                domain,
                [
                    sum(row.values.get(domain.key) == level.key for row in self.rows)
                    for level in self.instrument.levels
                ],
            )
            for domain in self.instrument.domains
        ]


def sheet_for(membership: Membership, instrument: Instrument) -> Sheet:
    """What was agreed; before anything is agreed, the member's own complete assessments and nobody else's."""
    seen = Assessment.objects.visible_to(membership).complete().filter(instrument=instrument.key)
    seen = seen.select_related("study").prefetch_related("judgements").order_by("study__label", "pk")
    agreed = _rows(seen.consensus())
    if agreed:
        return Sheet(instrument, "consensus", agreed)
    own = _rows(seen.independent().filter(assessor=membership.user))
    return Sheet(instrument, "own" if own else "none", own)


def _rows(assessments) -> list[SheetRow]:
    return [SheetRow(one.study_id, one.study.label, one.values) for one in assessments]
