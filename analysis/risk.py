"""The agreed risk of bias of a run's studies, as columns beside its forest plot."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appraisal.figures import Domain, Level
from appraisal.instruments import INSTRUMENTS
from appraisal.models import Assessment
from appraisal.plots import looks
from reviews.models import Membership


@dataclass(frozen=True)
class RiskColumns:
    """``judgements[study id]`` has one level key per domain, "" where nothing was agreed."""

    domains: tuple[Domain, ...]
    levels: Mapping[str, Level]
    judgements: Mapping[int, tuple[str, ...]]

    def of(self, study_id: int) -> tuple[str, ...]:
        return self.judgements.get(study_id, ("",) * len(self.domains))


def risk_columns(membership: Membership, studies: Iterable[int]) -> RiskColumns | None:
    """What was agreed with the instrument that most of ``studies`` were agreed on; None if nothing was."""
    agreed = list(
        Assessment.objects.visible_to(membership)
        .consensus()
        .filter(study__in=list(studies), instrument__in=INSTRUMENTS)
        .prefetch_related("judgements")
    )
    if not agreed:
        return None
    used = Counter(one.instrument for one in agreed)
    tool = INSTRUMENTS[max(INSTRUMENTS, key=lambda key: used[key])]
    return RiskColumns(
        domains=tuple(
            Domain(key=f"D{number}", name=domain.label) for number, domain in enumerate(tool.domains, 1)
        ),
        levels=looks(tool),
        judgements={
            one.study_id: tuple(one.values.get(domain.key, "") for domain in tool.domains)
            for one in agreed
            if one.instrument == tool.key
        },
    )
