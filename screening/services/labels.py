"""Making, renaming, retiring, ordering and merging labels."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Review, User
from screening.models import COLOURS, Label, Labelling
from screening.services.hands import require_hand, require_lead

LONGEST = 60
MOST = 100  # shared ones of a review, or those of one person


class LabelRefused(Refused):
    """A label that cannot be saved or used as it is."""


@transaction.atomic
def make_label(*, review: Review, by: User, name: str, colour: int = 0, private: bool = False) -> Label:
    """A new label at the end of the list: everybody's, or only one's own. ``colour`` 0 takes the next one."""
    require_hand(review, by)
    Review.objects.select_for_update().get(pk=review.pk)
    owner = by if private else None
    peers = Label.objects.filter(review=review, owner=owner)
    if peers.in_use().count() >= MOST:
        raise LabelRefused(f"There are {MOST} labels already. Retire or merge some first.")
    name = _valid_name(peers, name)
    last = peers.aggregate(last=Max("order"))["last"] or 0
    colour = _valid_colour(colour or peers.count() % COLOURS + 1)
    label = Label.objects.create(review=review, name=name, colour=colour, owner=owner, order=last + 1)
    _record(label, by, "label_made", f"made the label “{label}”", {"new": {"name": name, "colour": colour}})
    return label


@transaction.atomic
def change_label(*, label: Label, by: User, name: str | None = None, colour: int | None = None) -> Label:
    """Rename or recolour a label; its uses stay."""
    label = _to_change(label, by)
    changes: dict[str, dict] = {}
    if name is not None and name.strip() != label.name:
        peers = Label.objects.filter(review=label.review, owner=label.owner).exclude(pk=label.pk)
        changes["name"] = {"old": label.name, "new": _valid_name(peers, name)}
    if colour is not None and colour != label.colour:
        changes["colour"] = {"old": label.colour, "new": _valid_colour(colour)}
    if changes:
        for field, change in changes.items():
            setattr(label, field, change["new"])
        label.save(update_fields=list(changes))
        _record(label, by, "label_changed", f"changed the label “{label}”", {"changes": changes})
    return label


@transaction.atomic
def retire_label(*, label: Label, by: User) -> Label:
    """Offer it no more. Where it is, it stays, and is found."""
    label = _to_change(label, by)
    if label.retired_at is None:
        label.retired_at = timezone.now()
        label.save(update_fields=["retired_at"])
        _record(label, by, "label_retired", f"retired the label “{label}”", {})
    return label


@transaction.atomic
def restore_label(*, label: Label, by: User) -> Label:
    """Offer a retired label again; a merged one gets the uses back that it had."""
    label = _to_change(label, by)
    if label.retired_at is None:
        return label
    if label.merged_into_id:
        _unmerge(label)
    label.retired_at = None
    label.save(update_fields=["retired_at", "merged_into"])
    _record(label, by, "label_restored", f"offered the label “{label}” again", {})
    return label


@transaction.atomic
def merge_labels(*, label: Label, into: Label, by: User) -> Label:
    """Put ``into`` wherever ``label`` is and retire ``label``; ``restore_label`` takes that back. Returns ``into``.

    A private label may go into a shared one (then one's uses of it are the team's by the rules of blinding), not the
    other way round.
    """
    label, into = _to_change(label, by), _own_or_shared(into, by)
    if label.pk == into.pk or label.review_id != into.review_id:
        raise LabelRefused("Choose another label of this review to merge into.", field="into")
    if label.retired_at or into.retired_at:
        raise LabelRefused("Only labels that are in use can be merged: restore the retired one first.")
    if label.owner_id is None and into.owner_id is not None:
        raise LabelRefused(
            "A shared label cannot become a private one: colleagues use it, too.", field="into"
        )
    now = timezone.now()
    uses = list(label.uses.filter(removed_at=None))
    there = set(into.uses.filter(removed_at=None).values_list("record", "by"))
    label.uses.filter(removed_at=None).update(removed_at=now)
    Labelling.objects.bulk_create(
        [
            Labelling(
                label=into,
                record_id=use.record_id,
                by_id=use.by_id,
                stage=use.stage,
                created_at=use.created_at,
                merged_from=use,
            )
            for use in uses
            if (use.record_id, use.by_id) not in there
        ],
        batch_size=500,
    )
    label.retired_at, label.merged_into = now, into
    label.save(update_fields=["retired_at", "merged_into"])
    _record(label, by, "labels_merged", f"merged the label “{label}” into “{into}”", {"into": into.pk})
    return into


@transaction.atomic
def order_labels(*, review: Review, by: User, ids: Sequence[int]) -> None:
    """Put labels into the order of ``ids``: all shared ones in use (a lead's act), or all of one's own."""
    require_hand(review, by)
    offered = Label.objects.filter(review=review).in_use().select_for_update()
    chosen = offered.filter(pk__in=ids).first()
    owner = chosen.owner if chosen else None
    if owner is None:
        require_lead(review, by, "change the order of the shared labels")
    rows = {label.pk: label for label in offered.filter(owner=owner)}
    if (owner is not None and owner != by) or sorted(rows) != sorted(ids):
        raise Conflict("The list changed while you were ordering it. Reload the page and order it again.")
    for number, pk in enumerate(ids, start=1):
        rows[pk].order = number
    Label.objects.bulk_update(rows.values(), ["order"])
    record_event(
        review=review,
        actor=by,
        verb="screening.labels_ordered",
        sentence="changed the order of the labels",
        detail={"new": list(ids)},
        blinded=owner is not None,
    )


def may_change(label: Label, membership: Membership) -> bool:
    """Whether this member may rename, retire and merge the label: it is theirs, or they lead the review."""
    if label.owner_id is not None:
        return label.owner_id == membership.user_id
    return "amend_protocol" in membership.may


def _to_change(label: Label, by: User) -> Label:
    label = _own_or_shared(label, by)
    if label.owner_id is None:
        require_lead(label.review, by, "change shared labels")
    return label


def _own_or_shared(label: Label, by: User) -> Label:
    """The label, locked; a colleague's private one is answered like one that does not exist."""
    require_hand(label.review, by)
    found = Label.objects.select_for_update(of=("self",)).select_related("review", "owner")
    locked = found.filter(pk=label.pk).first()
    if locked is None or locked.owner_id not in (None, by.pk):
        raise LabelRefused("There is no such label in this review.")
    return locked


def _unmerge(label: Label) -> None:
    into = label.merged_into
    assert into is not None
    if into.retired_at:
        raise LabelRefused(f"“{label}” was merged into “{into}”, which is retired: restore that one first.")
    moved = Labelling.objects.filter(label=into, merged_from__label=label, removed_at=None)
    still = set(moved.values_list("merged_from", flat=True))
    doubled = into.uses.filter(removed_at=None, merged_from=None).values_list("record", "by")
    kept = {
        use.pk
        for use in label.uses.filter(removed_at=label.retired_at)
        if use.pk in still or (use.record_id, use.by_id) in set(doubled)
    }
    moved.update(removed_at=timezone.now())
    label.uses.filter(pk__in=kept).update(removed_at=None)
    label.merged_into = None


def _valid_name(peers, name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise LabelRefused("Give the label a name.", field="name")
    if len(name) > LONGEST:
        raise LabelRefused(f"A label's name has at most {LONGEST} characters, not {len(name)}.", field="name")
    if not name.isprintable():
        raise LabelRefused("The name has characters that cannot be printed.", field="name")
    twin = peers.filter(name__iexact=name).first()
    if twin is not None:
        hint = "it is retired: restore it" if twin.retired_at else "use that one"
        raise LabelRefused(f"There is a label “{twin}” already; {hint}.", field="name")
    return name


def _valid_colour(colour: int) -> int:
    if not 1 <= colour <= COLOURS:
        raise LabelRefused(f"{colour} is not a colour: choose 1 to {COLOURS}.", field="colour")
    return colour


def _record(label: Label, by: User, verb: str, sentence: str, detail: dict) -> None:
    """One line of history; of a private label for its owner alone."""
    record_event(
        review=label.review,
        actor=by,
        verb=f"screening.{verb}",
        sentence=sentence,
        target=label,
        detail=detail,
        blinded=label.owner_id is not None,
    )
