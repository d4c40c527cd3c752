"""What every verb of this room asks first: may this person, is the review open, is the record in play."""

from django.utils import timezone

from records.models import ImportBatch, Record
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from screening.models import RemovedRecord, Stage
from screening.services.read_once import once


class NotAllowed(Refused):
    """The person has no part in the review, or their role lacks the right."""

    status = 403


class NotEligible(Refused):
    """The record is not at this stage, or what was given does not make a decision."""


class StaysIncluded(NotEligible):
    """Later work rests on the record's being included: ``because`` says which, as in "it has its PDF"."""

    def __init__(self, sentence: str, *, because: str):
        super().__init__(sentence)
        self.because = because


class AlreadyDecided(Conflict):
    """Others were quicker: the record has its votes, or its outcome."""


class KeyUsed(Conflict):
    """The idempotency key came with another vote before."""


def stage_label(stage: str) -> str:
    return Stage(stage).label.lower()


def short(record: Record) -> str:
    """The record's title as sentences use it, in quotes and not longer than a line."""
    title = record.title if len(record.title) <= 90 else record.title[:89].rstrip() + "…"
    return f"“{title}”"


def memberships_of(review: Review, user: User) -> list[Membership]:
    """All of the user's, those they left with them."""
    own = Membership.objects.filter(review=review, user=user)
    return once(("memberships", review.pk, user.pk), lambda: list(own))


def require(review: Review, user: User, permission: Permission) -> Membership:
    """The user's present membership with ``permission``; raises NotAllowed, also for an archived review."""
    membership = next((each for each in memberships_of(review, user) if each.left_at is None), None)
    if membership is None:
        raise NotAllowed(f"{user} is not a member of this review.")
    if permission not in membership.may:
        raise NotAllowed(
            f"{user} is {membership.get_role_display().lower()} here; that role may not do this ({permission})."
        )
    if review.archived_at:
        raise NotAllowed("This review is archived: it can be read, not changed.")
    return membership


def lock_record(review: Review, record: Record) -> Record:
    """The record's row, locked until the transaction ends, so that its votes are counted one at a time."""
    rows = Record.objects.select_for_update(of=("self",), no_key=True).select_related("batch")
    locked = rows.filter(review=review, pk=record.pk).first()
    if locked is None:
        raise NotEligible("This record does not belong to the review.")
    return locked


def require_in_play(record: Record) -> None:
    """Refuse records not in the review: merged into another, or of an import that is not done or was undone."""
    if record.duplicate_of_id:
        raise NotEligible(
            f"Record {record.pk} was merged into record {record.duplicate_of_id} as its duplicate: "
            "decide on that one."
        )
    if record.batch.state != ImportBatch.State.DONE:
        raise NotEligible(
            f"Record {record.pk} is not in the review: its import was undone or is not done yet."
        )


def require_unremoved(record: Record, stage: str) -> None:
    """Refuse a record that left title and abstract screening unread: it comes back before anybody votes on it."""
    if stage != Stage.TITLE_ABSTRACT:
        return
    row = RemovedRecord.objects.live().filter(record=record).select_related("removal").first()
    if row is not None:
        how = row.removal.get_kind_display()
        raise NotEligible(
            f"{short(record)} was left unread on {timezone.localtime(row.removal.created_at):%-d %B %Y} "
            f"({how[0].lower()}{how[1:]}). Who may amend the protocol can bring it back, alone on its page or with "
            "all the others under Priority; then it takes votes."
        )
