"""Whether the results there are give the measure a plan asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.intake import misfit
from extraction.models import Result
from reviews.models import Outcome


@dataclass(frozen=True)
class Fit:
    """How many of the studies give the measure, and a sentence for each that does not."""

    fitting: int
    misfits: tuple[str, ...]

    @property
    def none_fits(self) -> bool:
        return bool(self.misfits) and not self.fitting


def fit_of(outcome: Outcome, measure: str, selection: Mapping[str, Any] | None = None) -> Fit:
    """Of the preferred results of ``outcome``; with rules (``selection``), of all, where one per study is enough.

    What the rules leave of each study is told by ``analysis.snapshot.preview``.
    """
    names = ("study_id", "study__label", "kind", "effect_measure", "is_change", "r1", "r2")
    results = Result.objects.current() if selection else Result.objects.preferred()
    faults: dict[tuple[int, str], list[str]] = {}
    for row in results.filter(outcome=outcome).order_by("study__label", "pk").values(*names):
        faults.setdefault((row["study_id"], row["study__label"]), []).append(misfit(row, measure))
    none = {study: why for (_, study), why in faults.items() if all(why)}
    return Fit(len(faults) - len(none), tuple(f"{study}: {why[0]}" for study, why in none.items()))
