"""Where each study stands: my assessment, how far the colleagues are (never what they judged), the consensus."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from appraisal.comparison import compare
from appraisal.instruments import INSTRUMENTS, Instrument
from appraisal.models import Assessment
from reviews.models import Membership, Review
from screening.models import Study

QUORUM = 2


@dataclass
class Standing:
    """One study. ``differing`` is None until the assessments may be compared."""

    study: Study
    mine: Assessment | None = None
    complete_by: list[str] = field(default_factory=list)
    started_by: list[str] = field(default_factory=list)
    consensus: Assessment | None = None
    differing: int | None = None

    @property
    def can_start(self) -> bool:
        return not self.mine and not self.consensus and len(self.complete_by) < QUORUM

    @property
    def can_compare(self) -> bool:
        return self.differing is not None


def instruments_in_use(review: Review) -> list[str]:
    """Keys of the instruments with assessments in this review, the most used first."""
    used = Counter(Assessment.objects.filter(review=review).order_by().values_list("instrument", flat=True))
    return [key for key, _ in used.most_common() if key in INSTRUMENTS]


def standings(membership: Membership, instrument: Instrument, studies: Iterable[Study]) -> list[Standing]:
    """One Standing per study, in the given order; the number of queries does not grow with the studies."""
    rows = {study.pk: Standing(study) for study in studies}
    everyone = Assessment.objects.filter(study__in=rows, instrument=instrument.key).independent()
    for study_id, name, state in everyone.order_by("pk").values_list("study_id", "assessor__name", "state"):
        done = state == Assessment.State.COMPLETE
        (rows[study_id].complete_by if done else rows[study_id].started_by).append(name)
    visible = Assessment.objects.visible_to(membership).filter(study__in=rows, instrument=instrument.key)
    compared = defaultdict(list)
    for one in visible.select_related("assessor").prefetch_related("judgements"):
        row = rows[one.study_id]
        if one.is_consensus:
            row.consensus = one
            continue
        if one.assessor_id == membership.user_id:
            row.mine = one
        if one.is_complete:
            compared[one.study_id].append(one)
    for study_id, assessments in compared.items():
        if len(assessments) >= QUORUM:
            rows[study_id].differing = sum(row.differs for row in compare(instrument, assessments))
    return list(rows.values())


@dataclass(frozen=True)
class Progress:
    studies: int
    mine: int
    to_reconcile: int
    agreed: int


def progress(membership: Membership, instrument: Instrument) -> Progress:
    """The counts above the table: studies, my complete ones, pairs without consensus, agreed."""
    every = Assessment.objects.filter(review=membership.review, instrument=instrument.key)
    complete = Counter(every.independent().complete().order_by().values_list("study_id", flat=True))
    agreed = set(every.consensus().order_by().values_list("study_id", flat=True))
    return Progress(
        studies=Study.objects.filter(review=membership.review).count(),
        mine=every.independent().complete().filter(assessor=membership.user).count(),
        to_reconcile=sum(number >= QUORUM for study, number in complete.items() if study not in agreed),
        agreed=len(agreed),
    )
