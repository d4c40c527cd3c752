"""Casting a vote and taking it back."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.models import ExclusionReason, Review, User
from reviews.permissions import Permission
from screening import rules
from screening.models import IN_REVIEW, Decision, FullText, Stage, Verdict, VoteLot
from screening.services.claims import hold, voted
from screening.services.foreknown import foreknown
from screening.services.gates import require_undiscussed
from screening.services.guards import (
    AlreadyDecided,
    KeyUsed,
    NotEligible,
    lock_record,
    require,
    require_in_play,
    require_unremoved,
    short,
    stage_label,
)
from screening.services.hold import require_changeable
from screening.services.places import House, house_of, require_place
from screening.services.read_once import read_once
from screening.services.stage_settings import settings_of
from screening.services.verdicts import Standing, settle

LONGEST_VIEW = 24 * 3600
ANSWERS = ("yes", "no", "unclear")


@transaction.atomic
def cast_vote(
    *,
    review: Review,
    record: Record,
    stage: str,
    reviewer: User,
    vote: str,
    key: uuid.UUID | None = None,
    reason: ExclusionReason | None = None,
    note: str = "",
    seconds: int | None = None,
    answers: dict | None = None,
    lot: VoteLot | None = None,
) -> Decision:
    """One reviewer's vote on one record at one stage; returns the Decision.

    ``key`` is made by the client: the same key again returns the same decision and changes nothing. A second vote
    of the same person before the record is complete withdraws the first and adds the new one. A first vote needs a
    place (``services.places``): a place kept for the reviewer by ``queue.ahead`` is theirs, one that lapsed only if
    it is still free. ``answers`` are {criterion id: yes, no or unclear}; ``lot`` is the bulk vote it is part of.
    Raises NotAllowed (403), NotEligible (422), AlreadyDecided or KeyUsed (409) with a sentence.
    """
    with read_once():
        return _cast(
            review, record, stage, reviewer, vote, key or uuid.uuid4(), reason, note, seconds, answers, lot
        )


def _cast(
    review: Review,
    record: Record,
    stage: str,
    reviewer: User,
    vote: str,
    key: uuid.UUID,
    reason: ExclusionReason | None,
    note: str,
    seconds: int | None,
    answers: dict | None,
    lot: VoteLot | None,
) -> Decision:
    require(review, reviewer, Permission.SCREEN)
    record = lock_record(review, record)
    record.review = review
    if (earlier := _same_request(reviewer, key, record, stage, vote)) is not None:
        return earlier
    require_in_play(record)
    require_at_stage(record, stage)
    _require_a_decision(review, stage, vote, reason, note)
    answers = _sound_answers(review, answers)
    require_unread(review, record, stage, reviewer)
    require_undiscussed(record, stage, reviewer)
    house = house_of(review, stage)
    standing = _standing(record, stage)
    own = _own_place(house, record, reviewer, standing)
    if own is not None:
        require_changeable(own)
        _withdraw(own)
    try:
        decision = Decision.objects.create(
            review=review,
            record=record,
            stage=stage,
            reviewer=reviewer,
            vote=vote,
            reason=reason,
            note=note.strip(),
            key=key,
            protocol_version=review.protocol_version,
            seconds=None if seconds is None else max(0, min(int(seconds), LONGEST_VIEW)),
            answers=answers,
            lot=lot,
            round=own.round if own else house.gate,
        )
    except IntegrityError as error:  # leaves the transaction of cast_vote, which is undone as a whole
        raise KeyUsed(_key_used(key)) from error
    _record_vote(decision, own)
    voted(stage=stage, reviewer=reviewer, record=record)
    others = [vote for vote in standing.votes if vote is not own]
    known = Standing(standing.verdict, [*others, decision])
    settle(review=review, record=record, stage=stage, by=reviewer, standing=known)
    return decision


@transaction.atomic
def undo_vote(*, review: Review, stage: str, reviewer: User, record: Record | None = None) -> Decision:
    """Withdraw one's own vote on ``record`` (the last one cast here at the stage, when None); returns it.

    Its place is kept for a while, like that of a record in view. Only until the record is complete; then a
    colleague's vote is in view, and reopening is the resolver's act.
    """
    require(review, reviewer, Permission.SCREEN)
    own = Decision.objects.live().filter(review=review, stage=stage, reviewer=reviewer)
    if record is None:
        last = own.cast_here().filter(IN_REVIEW).select_related("record").last()
        if last is None:
            raise NotEligible(f"You have no vote at {stage_label(stage)} to undo.")
        record = last.record
    record = lock_record(review, record)
    decision = own.filter(record=record).first()
    if decision is None:
        raise NotEligible(f"You have no vote on {short(record)} to undo.")
    _require_incomplete(record, stage)
    require_undiscussed(record, stage, reviewer)
    require_changeable(decision)
    _withdraw(decision)
    record_event(
        review=review,
        actor=reviewer,
        verb="screening.vote_undone",
        sentence=f"took back the vote on {short(record)} at {stage_label(stage)}",
        target=record,
        detail={"decision": decision.pk, "stage": stage, "vote": decision.vote},
        blinded=True,
    )
    settle(review=review, record=record, stage=stage, by=reviewer)
    hold(review=review, house=house_of(review, stage), reviewer=reviewer, record=record)
    return decision


def require_at_stage(record: Record, stage: str) -> None:
    """Refuse a record that has not come to ``stage`` or left it unread; at full text the report must have been
    retrieved."""
    if stage == Stage.TITLE_ABSTRACT:
        require_unremoved(record, stage)
        return
    included = Verdict.objects.at(Stage.TITLE_ABSTRACT).filter(record=record, state=rules.State.INCLUDED)
    full_text = FullText.objects.filter(record=record).first()
    if full_text is None or not included.exists():
        raise NotEligible(f"{short(record)} has not been included at title and abstract.")
    if full_text.state == FullText.State.NOT_RETRIEVED:
        raise NotEligible(
            f"The full text of {short(record)} could not be retrieved ({full_text.why_not}): "
            "there is nothing to judge."
        )
    if full_text.state == FullText.State.NOT_SOUGHT:
        raise NotEligible(f"The full text of {short(record)} was not sought ({full_text.why_not}).")
    if full_text.state != FullText.State.RETRIEVED:
        raise NotEligible(
            f"The full text of {short(record)} has not been retrieved yet: attach the PDF or mark it as "
            "retrieved under Full text."
        )


def require_unread(review: Review, record: Record, stage: str, reviewer: User) -> None:
    """Refuse who could read the votes of this record as a resolver, also if they resolve nothing any more."""
    if record.pk in foreknown(review, stage, reviewer, record):
        raise NotEligible(
            f"{short(record)} was in conflict at {stage_label(stage)} while you could read its votes as a resolver: "
            "somebody who could not must vote on it."
        )


def _same_request(reviewer: User, key: uuid.UUID, record: Record, stage: str, vote: str) -> Decision | None:
    earlier = Decision.objects.filter(reviewer=reviewer, key=key).first()
    if earlier and (earlier.record_id, earlier.stage, earlier.vote) != (record.pk, stage, vote):
        raise KeyUsed(_key_used(key))
    return earlier


def _key_used(key: uuid.UUID) -> str:
    return f"This form already cast another vote of yours (key {key}): reload it to change your mind."


def _require_a_decision(
    review: Review, stage: str, vote: str, reason: ExclusionReason | None, note: str
) -> None:
    if vote not in Decision.Vote.values:
        more = ", awaiting, ongoing" if stage == Stage.FULL_TEXT else ""
        raise NotEligible(f"“{vote}” is not a vote: use include, exclude, maybe{more}.", field="vote")
    require_set_aside_well(stage, vote, note)
    require_reason(review, stage, vote == Decision.Vote.EXCLUDE, reason)


def require_set_aside_well(stage: str, outcome: str, note: str, field: str = "note") -> None:
    """Awaiting classification and ongoing are outcomes of full text, and say in a note what is waited for."""
    if outcome not in rules.SET_ASIDE:
        return
    label = Decision.Vote(outcome).label
    if stage != Stage.FULL_TEXT:
        raise NotEligible(
            f"“{label}” is said at full text only: include the record here, so that its report is sought.",
            field="vote",
        )
    if not note.strip():
        raise NotEligible(
            f"Say in the {field} why it is “{label.lower()}”, for example: no results yet, expected in 2027.",
            field=field,
        )


def _sound_answers(review: Review, answers: dict | None) -> dict[str, str]:
    """Answers to criteria of this review, by their ids as text."""
    if not answers:
        return {}
    known = {str(pk) for pk in review.criteria.values_list("pk", flat=True)}
    given = {str(criterion): answer for criterion, answer in answers.items()}
    if unknown := sorted(set(given) - known):
        raise NotEligible(f"{unknown[0]} is not a criterion of this review.", field="answers")
    if wrong := [answer for answer in given.values() if answer not in ANSWERS]:
        raise NotEligible(f"“{wrong[0]}” is not an answer: use yes, no or unclear.", field="answers")
    return given


def require_reason(review: Review, stage: str, excluded: bool, reason: ExclusionReason | None) -> None:
    """A reason belongs to an exclusion, comes from the review's list, and must be given at full text (elsewhere by
    the stage's settings)."""
    if reason is None:
        if excluded and (stage == Stage.FULL_TEXT or settings_of(review, stage).reason_required):
            raise NotEligible(
                f"An exclusion at {stage_label(stage)} needs a reason: choose the first that applies.",
                field="reason",
            )
        return
    if not excluded:
        raise NotEligible(f"The reason “{reason}” is for exclusions only: leave it out.", field="reason")
    if reason.review_id != review.pk or reason.retired_at:
        raise NotEligible(f"“{reason}” is not a reason of this review's present list.", field="reason")


def _standing(record: Record, stage: str) -> Standing:
    """The verdict and live votes of a record whose row is locked; refuses when it is complete."""
    verdict = _require_incomplete(record, stage)
    votes = Decision.objects.live().filter(record=record, stage=stage).select_related("round", "reason")
    return Standing(verdict, list(votes))


def _own_place(house: House, record: Record, reviewer: User, standing: Standing) -> Decision | None:
    """The reviewer's own live vote, if any; refuses when the record has no place for a first one."""
    own = next((vote for vote in standing.votes if vote.reviewer_id == reviewer.pk), None)
    if own is None:
        require_place(house, record, reviewer, {vote.reviewer_id for vote in standing.votes})
    else:
        own.record, own.reviewer, own.review = record, reviewer, record.review  # read already
    return own


def _require_incomplete(record: Record, stage: str) -> Verdict | None:
    verdict = Verdict.objects.at(stage).filter(record=record).first()
    if verdict and verdict.is_settled:
        raise AlreadyDecided(
            f"{short(record)} is complete at {stage_label(stage)}: {verdict.get_state_display().lower()}. "
            "Its votes are open now and stay as they are; an adjudicator can reopen it."
        )
    return verdict


def _withdraw(decision: Decision) -> None:
    decision.withdrawn_at = timezone.now()
    decision.save(update_fields=["withdrawn_at"])


def _record_vote(decision: Decision, replaced: Decision | None) -> None:
    detail = {"decision": decision.pk, "stage": decision.stage, "vote": decision.vote}
    if decision.reason_id:
        detail["reason"] = str(decision.reason)
    if replaced:
        detail["instead_of"] = {"decision": replaced.pk, "vote": replaced.vote}
    record_event(
        review=decision.review,
        actor=decision.reviewer,
        verb="screening.vote_changed" if replaced else "screening.vote_cast",
        sentence=f"{'changed the vote to' if replaced else 'voted'} {decision.vote} on "
        f"{short(decision.record)} at {stage_label(decision.stage)}",
        target=decision.record,
        detail=detail,
        blinded=True,
    )
