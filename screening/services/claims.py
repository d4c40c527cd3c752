"""Records in somebody's view and records put off."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import Assignment, Claim, Decision, Postponement
from screening.services.guards import require
from screening.services.places import House, free_places, live_claims


@transaction.atomic
def claim(
    *,
    review: Review,
    house: House,
    reviewer: User,
    records: Sequence[int],
    keep: Iterable[int] = (),
    wait: bool = False,
) -> set[int]:
    """Keep a place for ``reviewer`` on those of ``records`` (ids) that have one; returns these.

    The rows are locked while places are counted, so two people never get the same last place; a row that somebody
    else holds at this moment is passed over, or waited for. Places on ``keep`` (records whose place has been kept for
    half its time) are kept for longer.
    """
    rows = Record.objects.select_for_update(skip_locked=not wait, no_key=True).filter(pk__in=records)
    locked = set(rows.order_by("pk").values_list("pk", flat=True))
    voters: dict[int, list[int]] = defaultdict(list)
    votes = Decision.objects.live().filter(stage=house.stage, record__in=locked)
    for record, voter in votes.values_list("record", "reviewer"):
        voters[record].append(voter)
    claims: dict[int, list[int]] = defaultdict(list)
    for record, holder in (
        live_claims(review, house.stage).filter(record__in=locked).values_list("record", "reviewer")
    ):
        claims[record].append(holder)

    def has_place(record: int) -> bool:
        free, holders = free_places(house, reviewer.pk, voters[record], claims[record])
        return free > 0 and not house.keeps_last_for_group(reviewer.pk, holders, free)

    found = [pk for pk in records if pk in locked and has_place(pk)]
    _write(review, house, reviewer, found)
    if keep:
        _prolong(review, house, reviewer, keep)
    return set(found)


def release(*, review: Review, stage: str, reviewer: User, records: Iterable[int] | None = None) -> int:
    """Give kept places back, on ``records`` (ids) or all of this stage; returns how many."""
    kept = Claim.objects.filter(review=review, stage=stage, reviewer=reviewer)
    if records is not None:
        kept = kept.filter(record__in=list(records))
    return kept.delete()[0]


@transaction.atomic
def postpone(*, review: Review, stage: str, reviewer: User, record: Record) -> Postponement:
    """Put a record off: it comes again when nothing else is left. Once more puts it behind the others put off."""
    require(review, reviewer, Permission.SCREEN)
    here = {"review": review, "stage": stage, "reviewer": reviewer, "record": record}
    release(review=review, stage=stage, reviewer=reviewer, records=[record.pk])
    Postponement.objects.filter(**here).delete()
    return Postponement.objects.create(**here)


def bring_back(*, review: Review, stage: str, reviewer: User, record: Record) -> bool:
    """Take a postponement back; whether there was one."""
    gone, _ = Postponement.objects.filter(
        review=review, stage=stage, reviewer=reviewer, record=record
    ).delete()
    return bool(gone)


def end_assignments(*, review: Review, user: User) -> int:
    """When ``user`` leaves: their assignments without a vote end, and the places kept for them are free at once.

    Returns the number of assignments; what they voted on stays theirs.
    """
    voted = Decision.objects.live().filter(record=OuterRef("record"), stage=OuterRef("stage"), reviewer=user)
    open_ = Assignment.objects.live().filter(~Exists(voted), review=review, reviewer=user)
    ended = open_.update(ended_at=timezone.now())
    Claim.objects.filter(review=review, reviewer=user).delete()
    return ended


def hold(*, review: Review, house: House, reviewer: User, record: Record) -> None:
    """Keep the place of a vote just taken back, as its record is in view again."""
    _write(review, house, reviewer, [record.pk])


def voted(*, stage: str, reviewer: User, record: Record) -> None:
    """After a vote: the voter's kept place and the lapsed ones of others are gone, and so is the postponement."""
    here = Claim.objects.filter(record=record, stage=stage)
    (here.filter(reviewer=reviewer) | here.filter(until__lte=timezone.now())).delete()
    Postponement.objects.filter(record=record, stage=stage, reviewer=reviewer).delete()


def _write(review: Review, house: House, reviewer: User, records: list[int]) -> None:
    if not records:
        return
    until = timezone.now() + timedelta(minutes=house.minutes)
    Claim.objects.bulk_create(
        [
            Claim(review=review, record_id=pk, stage=house.stage, reviewer=reviewer, until=until)
            for pk in records
        ],
        update_conflicts=True,
        unique_fields=["record", "stage", "reviewer"],
        update_fields=["until"],
    )


def _prolong(review: Review, house: House, reviewer: User, records: Iterable[int]) -> None:
    """Places that are still theirs, not those that lapsed."""
    until = timezone.now() + timedelta(minutes=house.minutes)
    own = live_claims(review, house.stage).filter(reviewer=reviewer, record__in=list(records))
    own.update(until=until)
