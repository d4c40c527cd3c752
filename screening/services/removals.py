"""Records that leave title and abstract screening unread, on the word of a tool, and their coming back.

Removed are records that nobody has voted on: no person has a live vote on them, and they have no outcome. Votes of an
automation tool (``Decision.model``) do not hold them. A record with a person's vote and a conflict stay and are
finished. Nothing is deleted: a row in ``RemovedRecord`` takes the record out, ``withdrawn_at`` brings it back.
"""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record, RecordQuerySet
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import AutomaticRemoval, Decision, RemovedRecord, Stage, Verdict
from screening.services.guards import lock_record, require, short
from screening.services.rounds import records_at

AT_ONCE = 1000


class NothingToRemove(Refused):
    """Every record has a vote or an outcome, or left already."""


class ChangedMeanwhile(Conflict):
    """Records that were to leave were voted on, merged or removed by somebody else since they were looked up."""


class UndoneAlready(Conflict):
    """The removal was taken back, or the record came back, before."""


class NotRemoved(Refused):
    """The record is in screening."""


def unread(review: Review) -> RecordQuerySet:
    """Records of title and abstract screening that may leave: no person's live vote, no outcome, no conflict."""
    here = {"record": OuterRef("pk"), "stage": Stage.TITLE_ABSTRACT}
    votes = Decision.objects.live().filter(**here, model="")
    stands = Verdict.objects.filter(**here).exclude(state=Verdict.State.PENDING)
    return records_at(review, Stage.TITLE_ABSTRACT).filter(~Exists(votes), ~Exists(stands))


def lock_unread(review: Review, records: Iterable[int] | None = None) -> list[int]:
    """The ids (in order) of ``unread``, or of those of them among ``records``, locked until the transaction ends.

    First the review's row, so that two removals come one after the other, then the records': a vote that is being
    cast is waited for, and its record is not among the ids. Inside a transaction only.
    """
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    found = _unread(review, None if records is None else set(records))
    if not connection.features.has_select_for_update:  # whoever writes has the database to themselves
        return found
    for chunk in _chunks(found):
        rows = Record.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=chunk)
        list(rows.order_by("pk").values_list("pk", flat=True))
    return _unread(review, set(found))


@transaction.atomic
def remove(
    *,
    review: Review,
    kind: str,
    records: Iterable[int],
    numbers: dict,
    sentence: str,
    why: str,
    by: User,
) -> AutomaticRemoval:
    """Take ``records`` (ids) out of title and abstract screening, as one decision that ``undo`` takes back.

    ``numbers`` (JSON) is what was known when it was decided, ``sentence`` is for the methods and the flow diagram,
    ``why`` is what the team said. Raises NotAllowed (403) without the right to amend the protocol, ChangedMeanwhile
    (409) when some of them may not leave (any more), NothingToRemove (422) for no records.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    wanted = sorted(set(records))
    free = lock_unread(review, wanted)
    if held := len(wanted) - len(free):
        raise ChangedMeanwhile(
            f"{held:,} of these {len(wanted):,} records {'was' if held == 1 else 'were'} voted on, merged or removed "
            "meanwhile: nothing was done. Look at the numbers again, then decide."
        )
    return write(review=review, kind=kind, records=free, numbers=numbers, sentence=sentence, why=why, by=by)


@transaction.atomic
def write(
    *, review: Review, kind: str, records: list[int], numbers: dict, sentence: str, why: str, by: User
) -> AutomaticRemoval:
    """``remove`` of what ``lock_unread`` has just returned, in the transaction in which it did."""
    if not records:
        raise NothingToRemove("No record is left unread at title and abstract that could leave.")
    removal = AutomaticRemoval.objects.create(
        review=review,
        kind=kind,
        number=AutomaticRemoval.objects.filter(review=review).count() + 1,
        numbers=numbers,
        sentence=sentence,
        why=why.strip(),
        by=by,
    )
    RemovedRecord.objects.bulk_create(
        (RemovedRecord(removal=removal, record_id=pk) for pk in records), batch_size=AT_ONCE
    )
    record_event(
        review=review,
        actor=by,
        verb="screening.records_removed",
        sentence=f"left {_n(len(records))} of title and abstract screening unread "
        f"({removal.get_kind_display().lower()})" + (f": {removal.why}" if removal.why else ""),
        target=removal,
        detail={"kind": kind, "records_left": len(records), "said": sentence, "why": removal.why},
    )
    return removal


@transaction.atomic
def undo(*, removal: AutomaticRemoval, by: User) -> AutomaticRemoval:
    """Bring back all records of ``removal`` that are still out; they wait for votes as before.

    Whatever was voted, imported or merged since stays as it is. Raises NotAllowed (403), UndoneAlready (409).
    """
    require(removal.review, by, Permission.AMEND_PROTOCOL)
    Review.objects.select_for_update(no_key=True).get(pk=removal.review_id)
    locked = AutomaticRemoval.objects.select_for_update(of=("self",), no_key=True).select_related("review")
    removal = locked.get(pk=removal.pk)
    if removal.undone_at:
        raise UndoneAlready(f"This was taken back already, on {_day(removal.undone_at)}.")
    removal.undone_by, removal.undone_at = by, timezone.now()
    removal.save(update_fields=["undone_by", "undone_at"])
    back = removal.removed.live().update(withdrawn_at=removal.undone_at)
    record_event(
        review=removal.review,
        actor=by,
        verb="screening.removal_undone",
        sentence=f"took back that {_n(back)} {'was' if back == 1 else 'were'} left unread "
        f"({removal.get_kind_display().lower()}, {_day(removal.created_at)})",
        target=removal,
        detail={"kind": removal.kind, "records_back": back},
    )
    return removal


@transaction.atomic
def bring_back(*, record: Record, by: User) -> RemovedRecord:
    """Bring one record back into screening; the others of its removal stay out.

    Raises NotAllowed (403), NotRemoved (422) when it is in screening.
    """
    review = record.review
    require(review, by, Permission.AMEND_PROTOCOL)
    record = lock_record(review, record)
    row = RemovedRecord.objects.live().filter(record=record).select_related("removal").first()
    if row is None:
        raise NotRemoved(f"{short(record)} is in screening (again): there is nothing to bring back.")
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    record_event(
        review=review,
        actor=by,
        verb="screening.record_brought_back",
        sentence=f"brought {short(record)} back into title and abstract screening",
        target=record,
        detail={"kind": row.removal.kind},
    )
    return row


def _unread(review: Review, among: set[int] | None) -> list[int]:
    found = unread(review).order_by("pk").values_list("pk", flat=True)
    return [pk for pk in found if among is None or pk in among]


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _n(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _day(moment) -> str:
    return f"{timezone.localtime(moment):%-d %B %Y}"
