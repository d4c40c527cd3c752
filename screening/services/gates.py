"""What an open pilot does to the votes of its sample: who is waited for, what counts, what may be changed.

Nobody is told an outcome while the pilot is open: every record of the sample stays pending, also when all have voted
on it, so that neither page nor counter tells whether a vote agreed. When all votes are in, a manager opens the
discussion; from then on the people of the pilot read each other's votes (``Decision.visible_to``), and these stand
as they are, so that agreement is measured before anybody was persuaded.
"""

from dataclasses import replace

from records.models import Record
from reviews.models import Membership, User
from reviews.permissions import Permission, Role, allows
from screening import rules
from screening.models import Decision, Round
from screening.services.guards import NotEligible, short
from screening.services.read_once import once

SCREENERS = [role.value for role in Role if allows(role, Permission.SCREEN)]


def rounds_of(review: int, stage: str) -> list[Round]:
    """The pilots of a stage and the samples of what is left there, open and closed; few."""
    kinds = (Round.Kind.PILOT, Round.Kind.SAMPLE)
    rounds = Round.objects.filter(review=review, stage=stage, kind__in=kinds)
    return once(("rounds", review, stage), lambda: list(rounds))


def pilots_of(review: int, stage: str) -> list[Round]:
    """The pilots of a stage, open and closed."""
    return [each for each in rounds_of(review, stage) if each.kind == Round.Kind.PILOT]


def sample_of(review: int, stage: str) -> Round | None:
    """The open sample of what is left at a stage: its records come first in every queue."""
    rounds = rounds_of(review, stage)
    return next((r for r in rounds if r.kind == Round.Kind.SAMPLE and r.state == Round.State.OPEN), None)


def gate_of(review: int, stage: str) -> Round | None:
    """The open pilot of a stage; there is at most one."""
    return next((pilot for pilot in pilots_of(review, stage) if pilot.state == Round.State.OPEN), None)


def pilot_of(record: Record, stage: str) -> Round | None:
    """The open pilot that has this record in its sample."""
    if gate_of(record.review_id, stage) is None:
        return None
    return Round.objects.holding(record, stage).first()


def here(round: Round):
    """Memberships of the round's people who are still in the review and may screen."""
    present = Membership.objects.present().filter(review=round.review, role__in=SCREENERS)
    return (
        present.filter(user__in=round.people.values("pk")).select_related("user").order_by("user__name", "pk")
    )


def awaited(round: Round) -> list[User]:
    """Whose votes the round waits for: its people still here, but those who were excused."""
    excused = round.excused.values("pk")
    return [membership.user for membership in here(round).exclude(user__in=excused)]


def in_pilot(policy: rules.Policy, record: Record, stage: str) -> rules.Policy:
    """``policy`` for a record that may be in a pilot: then everybody who is awaited or voted has a place."""
    pilot = pilot_of(record, stage)
    if pilot is None:
        return policy
    voters = Decision.objects.live().filter(record=record, stage=stage).values_list("reviewer", flat=True)
    return replace(policy, quorum=max(1, len({person.pk for person in awaited(pilot)} | set(voters))))


def require_undiscussed(record: Record, stage: str, reviewer: User) -> None:
    """Refuse to cast, change or take back a vote that was, or could have been, part of a pilot's discussion."""
    if not any(pilot.discussed_at for pilot in pilots_of(record.review_id, stage)):
        return
    discussed = Round.objects.filter(kind=Round.Kind.PILOT, stage=stage, discussed_at__isnull=False)
    own = discussed.filter(
        decisions__record=record, decisions__reviewer=reviewer, decisions__withdrawn_at=None
    )
    round = own.first() or discussed.filter(state=Round.State.OPEN, sample__record=record).first()
    if round is not None:
        raise NotEligible(
            f"The votes on {short(record)} were opened for the discussion of pilot {round.number}: they stand, so "
            "that agreement is measured before the discussion. A conflict is resolved when the pilot is closed."
        )
