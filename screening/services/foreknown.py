"""Who could read the votes of a conflict may not vote on its record afterwards, also when a place is free again."""

from collections import defaultdict

from django.db.models import F, Q

from records.models import Record
from reviews.models import AuditEvent, Membership, Review, User
from reviews.permissions import Permission, allows
from screening import rules
from screening.models import Decision, DecisionQuerySet, Verdict
from screening.services.guards import memberships_of
from screening.services.read_once import once
from screening.services.verdicts import policy_of, rank


def foreknown(review: Review, stage: str, user: User, record: Record | None = None) -> set[int]:
    """Ids of open records (or of this one) that were in conflict by others' votes, if ``user`` resolves or resolved.

    Only records of which a vote was withdrawn can be open after a conflict, so few are looked at. Where ``user`` has
    a vote of their own they were no resolver, and go on.
    """
    if not once(("resolved", review.pk, user.pk), lambda: _resolves_or_did(review, user)):
        return set()
    open_ = Verdict.objects.filter(review=review, stage=stage, state=Verdict.State.PENDING)
    own = Decision.objects.live().filter(review=review, stage=stage, reviewer=user)
    taken_back = _counted(review, stage).exclude(withdrawn_at=None)
    looked_at = open_.filter(record__in=taken_back.exclude(reviewer=user).values("record")).exclude(
        record__in=own.values("record")
    )
    if record is not None:
        looked_at = looked_at.filter(record=record)
    others = (
        _counted(review, stage)
        .filter(record__in=looked_at.values("record"))
        .exclude(reviewer=user)
        .select_related("reason")
    )
    votes: dict[int, list[Decision]] = defaultdict(list)
    for vote in others:
        votes[vote.record_id].append(vote)
    return {pk for pk, cast in votes.items() if _was_in_conflict(review, stage, cast)}


def _counted(review: Review, stage: str) -> DecisionQuerySet:
    """Votes that may have made a conflict: not those withdrawn before their pilot was closed, or by its closing."""
    open_ = Q(round__closed_at=None, withdrawn_at__isnull=False)
    set_aside = Q(round__isnull=False) & (open_ | Q(withdrawn_at__lte=F("round__closed_at")))
    return Decision.objects.filter(review=review, stage=stage).exclude(set_aside)


def _was_in_conflict(review: Review, stage: str, votes: list[Decision]) -> bool:
    """Whether the votes that stood together when one of them was cast were a conflict by the present rules."""
    policy = policy_of(review, stage)
    for latest in votes:
        standing = [
            vote
            for vote in votes
            if vote.created_at <= latest.created_at
            and (vote.withdrawn_at is None or vote.withdrawn_at > latest.created_at)
        ]
        ballots = [rules.Ballot(vote.vote, rank(vote.reason)) for vote in standing]
        if rules.decide(ballots, policy).state == rules.State.CONFLICT:
            return True
    return False


def _resolves_or_did(review: Review, user: User) -> bool:
    """By the present role, and by the roles that the history of the team tells (by target: that is indexed)."""
    members = {str(each.pk): each.role for each in memberships_of(review, user)}
    roles = set(members.values())
    told = AuditEvent.objects.filter(
        review=review, target_type=Membership._meta.label_lower, target_id__in=members
    )
    for detail in told.values_list("detail", flat=True):
        roles |= {detail.get("old"), detail.get("new")}
    return any(role and allows(role, Permission.ADJUDICATE) for role in roles)
