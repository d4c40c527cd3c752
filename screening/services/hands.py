"""Who may add remarks to records: everybody with a part in the work, not those who only read."""

from records.models import Record
from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from screening.models import Stage, Verdict
from screening.services.guards import NotAllowed, NotEligible, require, require_in_play

#: What somebody who only reads a review may do.
READING = frozenset({Permission.VIEW, Permission.REPORT})


def has_hand(membership: Membership) -> bool:
    """Whether this member has a part in the work of the review, so that they may label and write."""
    return bool(membership.may - READING)


def require_hand(review: Review, user: User) -> Membership:
    """The user's membership; NotAllowed for a stranger, an archived review, or somebody who only reads."""
    membership = require(review, user, Permission.VIEW)
    if not has_hand(membership):
        raise NotAllowed(
            f"{user} is {membership.get_role_display().lower()} here: that role reads, but adds nothing to records."
        )
    return membership


def require_lead(review: Review, user: User, what: str) -> Membership:
    """The membership of somebody who may change the review's protocol, else NotAllowed saying ``what`` they tried."""
    membership = require_hand(review, user)
    if Permission.AMEND_PROTOCOL not in membership.may:
        raise NotAllowed(f"Only the owner and managers {what}; ask one of them.")
    return membership


def find_record(review: Review, record: Record) -> Record:
    """The record with its import, if it is in the review and was not merged away; NotEligible otherwise."""
    found = Record.objects.select_related("batch").filter(review=review, pk=record.pk).first()
    if found is None:
        raise NotEligible("This record does not belong to the review.")
    require_in_play(found)
    return found


def stage_now(record: Record) -> Stage:
    """Where the record is at present: full text once it is included at title and abstract."""
    included = Verdict.objects.at(Stage.TITLE_ABSTRACT).filter(record=record, state=Verdict.State.INCLUDED)
    return Stage.FULL_TEXT if included.exists() else Stage.TITLE_ABSTRACT
