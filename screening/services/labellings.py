"""Putting labels on records and taking them off: one record, or many in one gesture."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record, RecordQuerySet
from reviews.audit import record_event
from reviews.models import Review, User
from screening.models import Label, Labelling, Stage, Verdict
from screening.services.guards import short
from screening.services.hands import find_record, require_hand, stage_now
from screening.services.labels import LabelRefused

PORTION = 1000


@dataclass(frozen=True)
class LabelLot:
    """What a gesture on many records did: the lot's id takes it back, counts are of one's own uses only."""

    lot: uuid.UUID
    label: Label
    taken: int
    already: int


@transaction.atomic
def put_label(*, review: Review, label: Label, record: Record, by: User) -> Labelling:
    """One's own use of a label on a record; putting it twice is putting it once."""
    label = _usable(review, label, by)
    record = find_record(review, record)
    use, made = Labelling.objects.get_or_create(
        label=label, record=record, by=by, removed_at=None, defaults={"stage": stage_now(record)}
    )
    if made:
        _record(review, by, "label_put", f"put the label “{label}” on {short(record)}", record, label)
    return use


@transaction.atomic
def take_label(*, review: Review, label: Label, record: Record, by: User) -> bool:
    """Take one's own use off; a colleague's stays. False if there was none. A retired label can be taken off, too."""
    require_hand(review, by)
    own = Labelling.objects.live().filter(label=label, label__review=review, record=record, by=by)
    taken = bool(own.update(removed_at=timezone.now()))
    if taken:
        _record(review, by, "label_taken", f"took the label “{label}” off {short(record)}", record, label)
    return taken


@transaction.atomic
def toggle_label(*, review: Review, label: Label, record: Record, by: User) -> bool:
    """Put the label on, or take one's own use off; returns whether it is there now."""
    if take_label(review=review, label=label, record=record, by=by):
        return False
    put_label(review=review, label=label, record=record, by=by)
    return True


@transaction.atomic
def label_many(*, review: Review, label: Label, records: RecordQuerySet, by: User) -> LabelLot:
    """Put the label on all ``records`` of the review that are in play; ``unlabel_lot`` takes it back.

    A thousand rows at a time, in one transaction: all or nothing. Where one's own use is already there, it stays.
    """
    label = _usable(review, label, by)
    own = Labelling.objects.live().filter(label=label, by=by, record=OuterRef("pk"))
    included = Verdict.objects.at(Stage.TITLE_ABSTRACT).filter(
        record=OuterRef("pk"), state=Verdict.State.INCLUDED
    )
    chosen = Record.objects.unique().filter(review=review, pk__in=records.order_by().values("pk"))
    rows = chosen.annotate(own=Exists(own), at_full_text=Exists(included)).order_by("pk")
    lot, taken, already, portion = uuid.uuid4(), 0, 0, []
    for pk, there, at_full_text in rows.values_list("pk", "own", "at_full_text"):
        already += there
        if not there:
            stage = Stage.FULL_TEXT if at_full_text else Stage.TITLE_ABSTRACT
            portion.append(Labelling(label=label, record_id=pk, by=by, stage=stage, lot=lot))
            taken += 1
    Labelling.objects.bulk_create(portion, batch_size=PORTION, ignore_conflicts=True)
    if taken:
        _record_lot(review, by, "labels_put", f"put the label “{label}” on {taken} records", label, lot)
    return LabelLot(lot, label, taken, already)


@transaction.atomic
def unlabel_lot(*, review: Review, lot: uuid.UUID, by: User) -> int:
    """Take back what one's own ``label_many`` put there and is still there; returns how many."""
    require_hand(review, by)
    uses = Labelling.objects.live().filter(label__review=review, lot=lot, by=by)
    first = uses.select_related("label").first()
    taken = uses.update(removed_at=timezone.now())
    if first is not None:
        sentence = f"took the label “{first.label}” off {taken} records"
        _record_lot(review, by, "labels_taken", sentence, first.label, lot)
    return taken


def _usable(review: Review, label: Label, by: User) -> Label:
    membership = require_hand(review, by)
    found = Label.objects.visible_to(membership).filter(pk=label.pk).first()
    if found is None:
        raise LabelRefused("There is no such label in this review.")
    if found.retired_at:
        raise LabelRefused(f"The label “{found}” is retired: restore it, or choose another.")
    return found


def _record(review: Review, by: User, verb: str, sentence: str, record: Record, label: Label) -> None:
    """For its actor alone, always: a label may say what its author thinks of the record."""
    record_event(
        review=review,
        actor=by,
        verb=f"screening.{verb}",
        sentence=sentence,
        target=record,
        detail={"label": label.pk, "name": label.name},
        blinded=True,
    )


def _record_lot(review: Review, by: User, verb: str, sentence: str, label: Label, lot: uuid.UUID) -> None:
    record_event(
        review=review,
        actor=by,
        verb=f"screening.{verb}",
        sentence=sentence,
        target=label,
        detail={"lot": str(lot)},
        blinded=True,
    )
