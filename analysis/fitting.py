"""Whether the results there are give the measure a plan asks for."""

from dataclasses import dataclass

from analysis.intake import misfit
from extraction.models import Result
from reviews.models import Outcome


@dataclass(frozen=True)
class Fit:
    """How many of the results that analyses use give the measure, and a sentence for each that does not."""

    fitting: int
    misfits: tuple[str, ...]

    @property
    def none_fits(self) -> bool:
        return bool(self.misfits) and not self.fitting


def fit_of(outcome: Outcome, measure: str) -> Fit:
    """Of the preferred results of ``outcome``. One query."""
    names = ("study__label", "kind", "effect_measure", "is_change", "r1", "r2")
    rows = list(Result.objects.preferred().filter(outcome=outcome).order_by("study__label").values(*names))
    found = [(row["study__label"], misfit(row, measure)) for row in rows]
    return Fit(
        fitting=sum(not why for _, why in found),
        misfits=tuple(f"{study}: {why}" for study, why in found if why),
    )
