"""What this room tells the records room before it undoes an import or a merge; registered in apps.py.

Nothing is deleted: votes, outcomes, PDFs and studies stay with their records and count again if these come back.

Blinding: of records that are not complete it is counted only that somebody voted on them, not how often and by whom.
With one's own vote in mind, two votes on an open record would be a colleague's vote; one record voted on is not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db.models import Exists, OuterRef

from records.models import ImportBatch, Record
from records.services import Loss
from reviews.models import User
from screening.models import (
    IN_REVIEW,
    Adjudication,
    Decision,
    FullText,
    Placement,
    RemovedRecord,
    Report,
    Stage,
    Study,
    Verdict,
)
from screening.models.priority import RemovedRecordQuerySet


def of_import(batch: ImportBatch) -> Iterator[Loss]:
    """For records that stand for themselves: a merged one's votes do not count now."""
    here = Record.objects.unique().filter(batch=batch)
    voted = here.filter(pk__in=Decision.objects.live().filter(review=batch.review).values("record"))
    yield Loss(
        "voted",
        count := voted.count(),
        f"{_n(count, 'record')} that somebody voted on {'leaves' if count == 1 else 'leave'} the review; the votes "
        "stay in the history and count no more.",
    )
    resolved = Adjudication.objects.live().filter(record__in=here)
    yield Loss("resolved", count := resolved.count(), f"{_n(count, 'resolved conflict')} of its records.")
    placed = here.filter(pk__in=Placement.objects.live().filter(intake__review=batch.review).values("record"))
    yield Loss(
        "placed",
        count := placed.count(),
        f"{_n(count, 'record')} whose outcome came with a file {'loses' if count == 1 else 'lose'} it.",
    )
    unread = here.filter(pk__in=_left_unread().values("record"))
    yield Loss(
        "unread",
        count := unread.count(),
        f"{_n(count, 'record')} left unread at title and abstract; imported again, "
        f"{'it waits' if count == 1 else 'they wait'} to be screened.",
    )
    at_full_text = Verdict.objects.settled().filter(stage=Stage.FULL_TEXT, record__in=here)
    yield Loss(
        "full_text",
        count := at_full_text.count(),
        f"{_n(count, 'record')} complete at full text {'counts' if count == 1 else 'count'} no more.",
    )
    texts = FullText.objects.filter(record__in=here)
    with_pdf = texts.exclude(file="").count()
    yield Loss("pdfs", with_pdf, f"{_n(with_pdf, 'attached PDF')} of its records.")
    yield _studies(batch)


def _studies(batch: ImportBatch) -> Loss:
    """Studies that would be left without any report in the review."""
    stay = Report.objects.filter(IN_REVIEW, study=OuterRef("pk")).exclude(record__batch=batch)
    count = Study.objects.current().filter(~Exists(stay), review=batch.review).count()
    return Loss(
        "studies",
        count,
        f"{'1 study' if count == 1 else f'{count:,} studies'} with all that was assessed and extracted "
        f"{'leaves' if count == 1 else 'leave'} the review.",
    )


def _left_unread() -> RemovedRecordQuerySet:
    """Records that a tool took out of screening, but for those that have an outcome all the same."""
    settled = Verdict.objects.settled().filter(record=OuterRef("record"), stage=Stage.TITLE_ABSTRACT)
    return RemovedRecord.objects.live().filter(~Exists(settled))


def about(ids: Collection[int]) -> dict[int, str]:
    """What everybody may know of the work on records: their settled outcomes and what followed, nobody's vote."""
    words: dict[int, list[str]] = defaultdict(list)
    settled = Verdict.objects.told().filter(record__in=ids).order_by("-stage")
    for pk, state, stage in settled.values_list("record", "state", "stage"):
        words[pk].append(f"{Verdict.State(state).label.lower()} at {Stage(stage).label.lower()}")
    unread = _left_unread().filter(record__in=ids).select_related("removal")
    for row in unread:
        words[row.record_id].append(f"left unread ({row.removal.get_kind_display().lower()})")
    texts = FullText.objects.filter(record__in=ids, state=FullText.State.RETRIEVED)
    for pk, file in texts.values_list("record", "file"):
        words[pk].append("its PDF attached" if file else "full text retrieved")
    for pk, study in Report.objects.filter(record__in=ids).values_list("record", "study__label"):
        words[pk].append(f"a report of the study {study}")
    return {pk: ", ".join(said) for pk, said in words.items()}


def steps(ids: Collection[int]) -> dict[int, int]:
    """How far records are by what everybody may see: settled outcomes and what follows from them, no open vote.

    An inclusion is further than an exclusion: of the two, the one that goes on stays.
    """
    far: dict[int, int] = defaultdict(int)
    settled = Verdict.objects.settled().filter(record__in=ids)
    for pk, stage, state in settled.values_list("record", "stage", "state"):
        far[pk] += 1 + (state == Verdict.State.INCLUDED) + (stage == Stage.FULL_TEXT)
    for model in (FullText, Report):
        for pk in model.objects.filter(record__in=ids).values_list("record", flat=True).distinct():
            far[pk] += 1
    return dict(far)


def own(ids: Collection[int], user: User) -> dict[int, str]:
    """That this person voted on records whose outcome is open; for nobody else's eyes."""
    settled = Verdict.objects.settled().filter(record=OuterRef("record"), stage=OuterRef("stage"))
    votes = Decision.objects.live().filter(~Exists(settled), reviewer=user, record__in=ids)
    stages = votes.order_by("stage").values_list("record", "stage")
    return {pk: f"You voted on it at {Stage(stage).label.lower()}." for pk, stage in stages}


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
