"""The resolver's acts: a word on a conflict, and opening again what was closed."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.models import ExclusionReason, Review, User
from reviews.permissions import Permission
from screening import rules
from screening.models import Adjudication, Claim, Decision, Placement, Stage, Verdict
from screening.models.settings import RESOLVERS
from screening.services.guards import (
    AlreadyDecided,
    NotAllowed,
    NotEligible,
    lock_record,
    require,
    require_in_play,
    short,
    stage_label,
)
from screening.services.stage_settings import present_of, settings_of
from screening.services.verdicts import settle
from screening.services.votes import require_reason, require_set_aside_well


@transaction.atomic
def adjudicate(
    *,
    review: Review,
    record: Record,
    stage: str,
    adjudicator: User,
    included: bool,
    reason: ExclusionReason | None = None,
    comment: str = "",
    outcome: str = "",
) -> Adjudication:
    """Resolve a conflict. The resolver may not have voted on the record; at full text an exclusion needs a reason.

    ``outcome`` (at full text, with ``included`` False): awaiting or ongoing; the comment then says why.

    Raises NotAllowed (403), NotEligible (422), or AlreadyDecided (409) when it is no longer a conflict.
    """
    require(review, adjudicator, Permission.ADJUDICATE)
    record = lock_record(review, record)
    require_in_play(record)
    _require_resolver(review, record, stage, adjudicator)
    if not Verdict.objects.at(stage).conflicts().filter(record=record).exists():
        raise AlreadyDecided(f"{short(record)} is not in conflict at {stage_label(stage)} (any more).")
    if outcome:
        _require_outcome(stage, included, outcome, comment)
    require_reason(review, stage, not included and not outcome, reason)
    adjudication = Adjudication.objects.create(
        review=review,
        record=record,
        stage=stage,
        adjudicator=adjudicator,
        included=included,
        outcome=outcome,
        reason=reason,
        comment=comment.strip(),
    )
    record_event(
        review=review,
        actor=adjudicator,
        verb="screening.conflict_resolved",
        sentence=f"resolved the conflict on {short(record)} at {stage_label(stage)}: "
        + Verdict.State(adjudication.state).label.lower()
        + (f" ({reason})" if reason else ""),
        target=record,
        detail={"adjudication": adjudication.pk, "stage": stage, "included": included, "comment": comment}
        | ({"outcome": outcome} if outcome else {}),
    )
    Claim.objects.filter(record=record, stage=stage, reviewer=adjudicator).delete()
    settle(review=review, record=record, stage=stage, by=adjudicator)
    return adjudication


@transaction.atomic
def undo_resolution(*, review: Review, stage: str, by: User) -> Record:
    """Take back one's own latest resolution at ``stage``: its record is a conflict again. Returns the record.

    Raises NotEligible when there is none, or when something downstream needs the outcome already.
    """
    require(review, by, Permission.ADJUDICATE)
    own = (
        Adjudication.objects.live()
        .filter(review=review, stage=stage, adjudicator=by)
        .select_related("record")
    )
    last = own.order_by("-pk").first()
    if last is None:
        raise NotEligible(f"You have no resolution at {stage_label(stage)} to take back.")
    reopen(review=review, record=last.record, stage=stage, by=by, why="the resolution was taken back")
    return last.record


@transaction.atomic
def take_conflict(*, review: Review, record: Record, stage: str, by: User) -> User | None:
    """Keep a conflict for ``by`` while they read it; returns the colleague who has it in view, if one does.

    The same minutes as for a record in a reviewer's view (``claim_minutes``); a resolution, or reading another
    conflict of the stage, gives it back.
    """
    now = timezone.now()
    lock_record(review, record)
    here = Claim.objects.filter(review=review, stage=stage)
    other = reader_of(review=review, record=record, stage=stage, by=by)
    in_conflict = Verdict.objects.at(stage).filter(review=review, state=Verdict.State.CONFLICT)
    here.filter(reviewer=by, record__in=in_conflict.values("record")).delete()
    if other is None:
        until = now + timedelta(minutes=settings_of(review, stage).claim_minutes)
        Claim.objects.create(review=review, record=record, stage=stage, reviewer=by, until=until)
    return other


def reader_of(*, review: Review, record: Record, stage: str, by: User) -> User | None:
    """The colleague who has a conflict in view at this moment, if one does; keeps nothing."""
    held = Claim.objects.filter(review=review, stage=stage, record=record, until__gt=timezone.now())
    others = held.filter(reviewer__in=resolvers_at_work(review, stage)).exclude(reviewer=by)
    other = others.select_related("reviewer").first()
    return other.reviewer if other else None


def in_view_of_others(review: Review, stage: str, by: User) -> QuerySet:
    """Ids of records in conflict that another resolver reads at this moment."""
    held = Claim.objects.filter(review=review, stage=stage, until__gt=timezone.now()).exclude(reviewer=by)
    return held.filter(reviewer__in=resolvers_at_work(review, stage)).values("record")


def resolvers_at_work(review: Review, stage: str) -> QuerySet:
    """Ids of those whose role may resolve in this review."""
    return review.memberships.filter(left_at=None, role__in=RESOLVERS).values("user")


def _require_resolver(review: Review, record: Record, stage: str, adjudicator: User) -> None:
    """Refuse who is not named where people are named, and who voted where a third person has to resolve."""
    settings = settings_of(review, stage)
    group = present_of(settings, "may_resolve")
    if group and adjudicator.pk not in group:
        raise NotAllowed(
            f"Conflicts at {stage_label(stage)} are resolved by those named in its settings only."
        )
    voted = Decision.objects.live().filter(record=record, stage=stage, reviewer=adjudicator)
    if settings.third_person and voted.exists():
        raise NotEligible(f"You voted on {short(record)} yourself: someone who did not must resolve it.")


def _require_outcome(stage: str, included: bool, outcome: str, comment: str) -> None:
    if outcome not in rules.SET_ASIDE:
        raise NotEligible(f"“{outcome}” is not an outcome: use awaiting or ongoing.", field="outcome")
    if included:
        raise NotEligible(f"A report cannot be both included and {outcome}.", field="outcome")
    require_set_aside_well(stage, outcome, comment, field="comment")


@transaction.atomic
def reopen(*, review: Review, record: Record, stage: str, by: User, why: str) -> Verdict:
    """Open a complete record again; ``why`` goes into the history. Returns the new verdict.

    A resolved conflict loses its resolution and is a conflict again. A record settled by its votes loses them (they
    are withdrawn, not deleted) and returns to the queue. A record whose outcome came with its file loses that, at
    title and abstract also the one at full text, and is screened here. Refused while something downstream needs the
    outcome (see ``verdicts.settle``).
    """
    require(review, by, Permission.ADJUDICATE)
    record = lock_record(review, record)
    if not why.strip():
        raise NotEligible("Say why the record is opened again: the history keeps it.", field="why")
    verdict = Verdict.objects.at(stage).settled().filter(record=record).first()
    if verdict is None:
        raise AlreadyDecided(f"{short(record)} is not complete at {stage_label(stage)}: it is open.")
    rulings = Adjudication.objects.live().filter(record=record, stage=stage)
    votes = Decision.objects.live().filter(record=record, stage=stage)
    ruled = bool(rulings.update(withdrawn_at=timezone.now()))
    placed = [] if ruled else _take_placements_back(review, record, stage, by)
    withdrawn = 0 if ruled or placed else votes.update(withdrawn_at=timezone.now())
    record_event(
        review=review,
        actor=by,
        verb="screening.record_reopened",
        sentence=f"opened {short(record)} again at {stage_label(stage)} "
        f"(it was {verdict.get_state_display().lower()}): {why.strip()}",
        target=record,
        detail={"stage": stage, "was": verdict.state, "resolution_withdrawn": ruled, "votes": withdrawn}
        | ({"placements_withdrawn": placed} if placed else {}),
    )
    return settle(review=review, record=record, stage=stage, by=by)


def _take_placements_back(review: Review, record: Record, stage: str, by: User) -> list[str]:
    """Withdraw what came with the record's file at ``stage``, and at full text if that rests on it."""
    live = Placement.objects.live().filter(record=record)
    if not live.filter(stage=stage).exists():
        return []
    stages = [Stage.FULL_TEXT, Stage.TITLE_ABSTRACT] if stage == Stage.TITLE_ABSTRACT else [Stage.FULL_TEXT]
    taken = [each.value for each in stages if live.filter(stage=each).update(withdrawn_at=timezone.now())]
    if stage == Stage.TITLE_ABSTRACT and Stage.FULL_TEXT in taken:
        settle(review=review, record=record, stage=Stage.FULL_TEXT, by=by)
    return taken
