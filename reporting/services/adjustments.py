"""Numbers of the flow diagram corrected by hand: added to what is counted, with a reason, never in its place."""

from django.db import transaction
from django.utils import timezone

from reporting.balance import LISTS
from reporting.counts import ADJUSTABLE
from reporting.models import Adjustment
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Permission

#: More is a slip of the finger in any review.
MOST = 10_000_000
LONGEST_REASON = 2_000


class NotAdjusted(Refused):
    """The number was not corrected; the sentence says what to change."""


class MayNotAdjust(Refused):
    """This person may not correct numbers here."""

    status = 403


class WithdrawnAlready(Conflict):
    """Somebody took the correction back meanwhile."""


@transaction.atomic
def adjust(
    *, review: Review, by: User, key: str, name: str = "", amount: int, reason: str, source: str = ""
) -> Adjustment:
    """Add ``amount`` (negative: take away) to the number ``key`` of FlowCounts, or to the line ``name`` of a list.

    It counts from now on, marked with its ``reason`` wherever the number is shown; ``source`` names the file it came
    from, if it did. No other number follows: the balance says what does not add up then. Raises NotAdjusted, or
    MayNotAdjust (403).
    """
    _require(review, by)
    name, reason = " ".join(name.split()), " ".join(reason.split())
    _check(key, name, amount, reason)
    made = Adjustment.objects.create(
        review=review, key=key, name=name, amount=amount, reason=reason, source=source[:200], made_by=by
    )
    of = f"“{name}” of {words_of(key)}" if name else words_of(key)
    record_event(
        review=review,
        actor=by,
        verb="reporting.adjusted",
        target=made,
        sentence=f"corrected the number of {of} in the flow diagram by {amount:+,}: {reason}",
        detail={"key": key, "name": name, "amount": amount, "reason": reason, "source": source},
    )
    return made


@transaction.atomic
def withdraw(*, review: Review, by: User, adjustment: Adjustment) -> Adjustment:
    """Take a correction back; it stays listed. Raises WithdrawnAlready (409) or MayNotAdjust (403)."""
    _require(review, by)
    adjustment = Adjustment.objects.select_for_update().get(pk=adjustment.pk, review=review)
    if adjustment.withdrawn_at:
        raise WithdrawnAlready("This correction was taken back already.")
    adjustment.withdrawn_at, adjustment.withdrawn_by = timezone.now(), by
    adjustment.save(update_fields=["withdrawn_at", "withdrawn_by"])
    of = f"“{adjustment.name}” of {words_of(adjustment.key)}" if adjustment.name else words_of(adjustment.key)
    record_event(
        review=review,
        actor=by,
        verb="reporting.adjustment_withdrawn",
        target=adjustment,
        sentence=f"took back the correction of {of} in the flow diagram by {adjustment.amount:+,}",
        detail={"key": adjustment.key, "name": adjustment.name, "amount": adjustment.amount},
    )
    return adjustment


def words_of(key: str) -> str:
    """What a number is called in a sentence: "records screened"."""
    return ADJUSTABLE.get(key, key)


def _require(review: Review, by: User) -> None:
    member = Membership.objects.filter(review=review, user=by, left_at=None).first()
    if member is None or Permission.PUBLISH not in member.may:
        raise MayNotAdjust("Only owners and managers of a review correct numbers of its flow diagram.")
    if review.archived_at:
        raise MayNotAdjust("This review is archived: it can be read, not changed.")


def _check(key: str, name: str, amount: int, reason: str) -> None:
    if key not in ADJUSTABLE:
        raise NotAdjusted(
            f"“{key[:60]}” is not a number that can be corrected. Choose one of: {', '.join(ADJUSTABLE)}.",
            field="key",
        )
    if key in LISTS and not name:
        raise NotAdjusted(
            f"Say which line of {words_of(key)} is corrected; a new name makes a new line, for example “Found "
            "elsewhere”.",
            field="name",
        )
    if name and key not in LISTS:
        raise NotAdjusted(
            f"{words_of(key).capitalize()} is one number, without lines: leave the name out.", field="name"
        )
    if len(name) > 300:
        raise NotAdjusted(f"The name has {len(name)} characters; 300 are possible.", field="name")
    if not amount or abs(amount) > MOST:
        raise NotAdjusted(
            f"Say by how much: a whole number that is not 0, at most {MOST:,} up or down.", field="amount"
        )
    if not reason:
        raise NotAdjusted("Give the reason; it is printed below the diagram.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise NotAdjusted(
            f"The reason has {len(reason):,} characters; {LONGEST_REASON:,} are possible.", field="reason"
        )
