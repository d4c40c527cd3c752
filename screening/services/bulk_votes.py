"""One vote on many records: what would happen, doing it, and taking all of it back.

The preview counts only by what the person may see: a conflict of colleagues looks like any open record. A record that
has no place left is found out as by a single vote: by voting.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from records.models import Record, RecordQuerySet
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, enqueue
from reviews.models import ExclusionReason, Review, User
from reviews.permissions import Permission
from screening.models import Decision, FullText, Stage, Verdict, VoteLot, left_unread
from screening.services.claims import release
from screening.services.guards import NotEligible, require, stage_label
from screening.services.votes import cast_vote, undo_vote

AT_ONCE = 200  # more are done in the background
STEP = 20
REFUSED_KEPT = 100
TAKEN, COMPLETE, MINE, ELSEWHERE = "taken", "complete", "mine", "elsewhere"
NO_PLACE = "No place was free for you: colleagues voted on it or have it open."


class NothingToVoteOn(Refused):
    """No record of the filter takes a vote of this person."""


@dataclass(frozen=True)
class Preview:
    """How many records a lot would be cast on, and why the others are left out.

    ``complete``: their outcome is known; ``mine``: the person voted already; ``elsewhere``: not at the stage, or
    left unread.
    """

    taken: int
    complete: int
    mine: int
    elsewhere: int

    @property
    def total(self) -> int:
        return self.taken + self.complete + self.mine + self.elsewhere


def preview(*, review: Review, by: User, stage: str, records: RecordQuerySet) -> Preview:
    """What a lot on ``records`` would do; one query, whatever their number."""
    counted = _sorted_out(review, by, stage, records).order_by().values("place").annotate(number=Count("pk"))
    counts = {row["place"]: row["number"] for row in counted}
    return Preview(*(counts.get(place, 0) for place in (TAKEN, COMPLETE, MINE, ELSEWHERE)))


@transaction.atomic
def begin_lot(
    *,
    review: Review,
    by: User,
    stage: str,
    records: RecordQuerySet,
    vote: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    query: str = "",
    key: uuid.UUID | None = None,
    in_background: bool = True,
) -> VoteLot:
    """Make the lot of those ``records`` that take a vote of ``by``; ``carry_out_lot`` then casts it.

    The same ``key`` again gives the same lot. More than AT_ONCE records get a job, which is enqueued here. Raises
    NotAllowed, NotEligible (a vote or reason that cannot be) or NothingToVoteOn.
    """
    require(review, by, Permission.SCREEN)
    key = key or uuid.uuid4()
    earlier = VoteLot.objects.filter(by=by, key=key).first()
    if earlier:
        if (earlier.review_id, earlier.stage, earlier.vote) != (review.pk, stage, vote):
            raise Conflict(f"This form already cast another lot of yours (key {key}): reload it.")
        return earlier
    if vote not in Decision.Vote.values:
        raise NotEligible(f"“{vote}” is not a vote: use {', '.join(Decision.Vote.values)}.", field="vote")
    if reason and (reason.review_id != review.pk or reason.retired_at or vote != Decision.Vote.EXCLUDE):
        raise NotEligible(f"“{reason}” is not a reason for this vote.", field="reason")
    found = _sorted_out(review, by, stage, records).filter(place=TAKEN).order_by("pk")
    ids = list(found.values_list("pk", flat=True))
    if not ids:
        raise NothingToVoteOn(
            f"No record here takes a vote of yours at {stage_label(stage)}: they are complete, not at this stage, or "
            "you voted on them already."
        )
    lot = VoteLot.objects.create(
        review=review, stage=stage, by=by, vote=vote, reason=reason, note=note.strip(), query=query[:2000],
        key=key, records=ids,
    )  # fmt: skip
    if in_background and len(ids) > AT_ONCE:
        lot.job = enqueue(
            review=review,
            task="screening.vote_lot",
            label=f"Votes on {len(ids)} records",  # every member may see a job, so not which vote
            params={"lot": lot.pk},
            by=by,
            key=f"lot-{lot.pk}",
        )
        lot.save(update_fields=["job"])
    return lot


def cast_lot(**asked) -> VoteLot:
    """``begin_lot``, and cast it at once if it is small."""
    lot = begin_lot(**asked)
    if lot.job_id is None:
        carry_out_lot(lot=lot)
    return lot


def carry_out_lot(*, lot: VoteLot, progress: Progress | None = None) -> dict:
    """Cast the lot, record by record, each in a transaction of its own; harmless when repeated or undone.

    Returns {"taken": n, "refused": n, "left": [[record, sentence]]} (the first hundred of these).
    """
    if lot.undone_at:
        return lot.result
    votes, refused = 0, 0
    left: list[list] = []
    for number, pk in enumerate(lot.records):
        if progress and number % STEP == 0:
            progress.step(number, len(lot.records), f"{number} of {len(lot.records)} records")
        try:
            _cast(lot, pk)
        except Refused as refusal:
            refused += 1
            if len(left) < REFUSED_KEPT:
                left.append([pk, NO_PLACE if refusal.status == Conflict.status else str(refusal)])
        else:
            votes += 1
    result = {"taken": votes, "refused": refused, "left": left}
    with transaction.atomic():
        first = not lot.result
        lot.result = result
        lot.save(update_fields=["result"])
        if first:
            record_event(
                review=lot.review,
                actor=lot.by,
                verb="screening.lot_cast",
                sentence=f"voted {lot.vote} on {votes} record{'s' if votes != 1 else ''} at once at "
                f"{stage_label(lot.stage)}",
                target=lot,
                detail={"lot": lot.pk, "taken": votes, "refused": refused, "query": lot.query},
                blinded=True,
            )
    return result


def request_undo_of_lot(*, review: Review, by: User, lot: VoteLot) -> VoteLot:
    """Take the lot back, in the background if it is large; returns it. Only one's own."""
    require(review, by, Permission.SCREEN)
    _require_own(lot, by)
    if lot.job and not lot.job.is_finished:
        raise Conflict("The votes of this lot are being cast: cancel that, or wait until it is done.")
    if len(lot.records) > AT_ONCE and not lot.undone_at:
        lot.job = enqueue(
            review=review,
            task="screening.undo_lot",
            label=f"Votes on {len(lot.records)} records taken back",
            params={"lot": lot.pk},
            by=by,
            key=f"undo-lot-{lot.pk}",
        )
        lot.save(update_fields=["job"])
    else:
        undo_lot(lot=lot, by=by)
    return lot


def undo_lot(*, lot: VoteLot, by: User, progress: Progress | None = None) -> dict:
    """Take back the votes of a lot that still stand; returns {"undone": n, "kept": n}.

    Those on records that are complete by now stay, as a single vote would. A vote that was changed since is none of
    the lot any more. Harmless when repeated.
    """
    _require_own(lot, by)
    if lot.undone_at:
        return {name: lot.result.get(name, 0) for name in ("undone", "kept")}
    standing = list(lot.decisions.live().select_related("record").order_by("pk"))
    undone, kept = 0, 0
    for number, decision in enumerate(standing):
        if progress and number % STEP == 0:
            progress.step(number, len(standing), f"{number} of {len(standing)} votes")
        try:
            with transaction.atomic():
                undo_vote(review=lot.review, stage=lot.stage, reviewer=by, record=decision.record)
                release(review=lot.review, stage=lot.stage, reviewer=by, records=[decision.record_id])
        except Refused:  # complete, or counted already: it stays, and is counted as kept
            kept += 1
        else:
            undone += 1
    with transaction.atomic():
        lot.undone_at = timezone.now()
        lot.result = lot.result | {"undone": undone, "kept": kept}
        lot.save(update_fields=["undone_at", "result"])
        record_event(
            review=lot.review,
            actor=by,
            verb="screening.lot_undone",
            sentence=f"took back {undone} of the votes cast at once on {len(lot.records)} records at "
            f"{stage_label(lot.stage)}",
            target=lot,
            detail={"lot": lot.pk, "undone": undone, "kept": kept},
            blinded=True,
        )
    return {"undone": undone, "kept": kept}


def _cast(lot: VoteLot, pk: int) -> None:
    cast_vote(
        review=lot.review,
        record=Record(pk=pk, review=lot.review),
        stage=lot.stage,
        reviewer=lot.by,
        vote=lot.vote,
        reason=lot.reason,
        note=lot.note,
        key=uuid.uuid5(lot.key, str(pk)),
        lot=lot,
    )


def _require_own(lot: VoteLot, by: User) -> None:
    if lot.by_id != by.pk:
        raise NotEligible("Only your own votes can be taken back by you.")


def _sorted_out(review: Review, by: User, stage: str, records: RecordQuerySet) -> QuerySet[Any, Any]:
    """``records`` with ``place``: where each goes, as far as ``by`` may know."""
    here = {"record": OuterRef("pk"), "stage": stage}
    told = Verdict.objects.told().filter(**here)
    own = Decision.objects.live().filter(**here, reviewer=by)
    at_stage = Q(~left_unread())
    if stage == Stage.FULL_TEXT:
        retrieved = FullText.objects.filter(record=OuterRef("pk"), state=FullText.State.RETRIEVED)
        at_stage = Q(Exists(retrieved))
    return records.filter(review=review).annotate(
        place=Case(
            When(Exists(told), then=Value(COMPLETE)),
            When(Exists(own), then=Value(MINE)),
            When(at_stage, then=Value(TAKEN)),
            default=Value(ELSEWHERE),
            output_field=CharField(),
        )
    )
