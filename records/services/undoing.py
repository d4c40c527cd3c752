"""Taking an import out of the review, with all that goes with it said before and kept in the history.

Rooms downstream say what their people would lose: ``LOSSES.append(votes_on)`` in their AppConfig.ready.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services.groups import regroup, take_turn
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import User

State = DuplicateCandidate.State


class NothingToUndo(Conflict):
    """The import is not in the review: it failed, is being read, waits for a check, or was undone before."""


class UndoNotConfirmed(Conflict):
    """Work of people would be lost, and nobody said yes to just this much of it; nothing was undone."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One kind of thing that goes when an import is undone.

    ``sentence`` is shown as it is and says what becomes of it: "12 votes on its records count no more; they stay in
    the history." With ``lasting=False`` it comes back by itself when the file is imported again, so that nobody need
    confirm it.
    """

    kind: str
    count: int
    sentence: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo does: how many records leave, and what is lost with them."""

    records: int
    losses: tuple[Loss, ...]

    @property
    def confirm(self) -> int:
        """The number to confirm: how many things are lost for good; 0 when nobody need say yes."""
        return sum(loss.count for loss in self.losses if loss.lasting)


#: What rooms downstream add: each gives the losses of a batch, or nothing.
LOSSES: list[Callable[[ImportBatch], Iterable[Loss]]] = []


def what_undo_loses(batch: ImportBatch) -> Undoing:
    """What undoing the import of ``batch`` would take along, in this room and those downstream."""
    found = [*_decisions(batch), *_work_by_hand(batch), *_lent(batch)]
    for losses_of in LOSSES:
        found += losses_of(batch)
    return Undoing(batch.records.count(), tuple(loss for loss in found if loss.count))


@transaction.atomic
def undo_import(*, batch: ImportBatch, by: User, confirm: int | None = None) -> ImportBatch:
    """Take every record of the batch out of the review; the rows stay, so the history stays readable.

    A group that one of these records led passes to another of its records, which gets back the blanks they had
    filled. When work of people is lost with it, ``confirm`` must be ``what_undo_loses(batch).confirm``, the number
    they were shown; otherwise UndoNotConfirmed lists the loss. Raises NothingToUndo when the import is not in the
    review.
    """
    take_turn(batch.review)
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("review").get(pk=batch.pk)
    if batch.state != ImportBatch.State.DONE:
        state = batch.get_state_display().lower()
        raise NothingToUndo(f"The import of {batch.file_name} is {state}: there is nothing to undo.")
    undoing = what_undo_loses(batch)
    if undoing.confirm and confirm != undoing.confirm:
        raise UndoNotConfirmed(_ask(batch, undoing, confirm))
    batch.state = ImportBatch.State.UNDONE
    batch.undone_at = timezone.now()
    batch.undone_by = by
    batch.save(update_fields=["state", "undone_at", "undone_by"])
    regroup(batch.review, batch.records.in_groups().values_list("pk", flat=True))
    s = "" if undoing.records == 1 else "s"
    record_event(
        review=batch.review,
        actor=by,
        verb="records.import_undone",
        target=batch,
        sentence=f"undid the import of {batch.file_name}: {undoing.records} record{s} left the review.",
        detail={
            "records": undoing.records,
            "sha256": batch.sha256,
            "lost": [asdict(loss) for loss in undoing.losses],
        },
    )
    return batch


def _ask(batch: ImportBatch, undoing: Undoing, confirm: int | None) -> str:
    lost = " ".join(loss.sentence for loss in undoing.losses if loss.lasting)
    changed = "" if confirm is None else f"You confirmed {confirm}, but there is other work on it now. "
    return (
        f"{changed}Undoing the import of {batch.file_name} loses work: {lost} Nothing was undone. "
        f"Confirm {undoing.confirm} to undo it all the same."
    )


def _decisions(batch: ImportBatch) -> list[Loss]:
    """Merges that part: those made by rule are found again with the file, what people decided is not."""
    here = Q(left__batch=batch) | Q(right__batch=batch)
    pairs = batch.review.duplicate_candidates.filter(here)
    by_rule = pairs.filter(state=State.MERGED, automatic=True).count()
    by_hand = pairs.filter(state=State.MERGED, automatic=False).count()
    apart = pairs.filter(state__in=DuplicateCandidate.APART).count()
    return [
        Loss(
            "decisions",
            by_hand,
            f"{_n(by_hand, 'merge')} made by people {'parts' if by_hand == 1 else 'part'}; a later import of the "
            "file asks anew.",
        ),
        Loss(
            "apart",
            apart,
            f"{_n(apart, 'pair')} that people told apart or linked {'rests' if apart == 1 else 'rest'}; what they "
            "said holds again if the same records come again.",
            lasting=False,
        ),
        Loss(
            "merges",
            by_rule,
            f"{_n(by_rule, 'merge')} made by rule {'parts' if by_rule == 1 else 'part'}; found again if the file "
            "comes again.",
            lasting=False,
        ),
    ]


def _work_by_hand(batch: ImportBatch) -> list[Loss]:
    corrected = batch.records.exclude(original={}).count()
    typed = batch.records.count() if batch.format == "manual" else 0
    return [
        Loss(
            "corrections",
            corrected,
            f"{_n(corrected, 'record')} corrected by hand: a later import of the file brings the text of the file.",
        ),
        Loss("by_hand", typed, f"{_n(typed, 'record')} typed by hand: no file brings them back."),
    ]


def _lent(batch: ImportBatch) -> list[Loss]:
    """Blanks of records that stay, filled from records that leave."""
    lenders = set(batch.records.filter(duplicate_of__isnull=False).values_list("pk", flat=True))
    borrowers = (
        Record.objects.live()
        .filter(review=batch.review, duplicates__batch=batch)
        .exclude(batch=batch)
        .exclude(filled={})
    )
    filled = borrowers.distinct().values_list("pk", "filled") if lenders else ()
    count = sum(lender in lenders for _, fields in filled for lender in fields.values())
    are = "field of a record that stays was" if count == 1 else "fields of records that stay were"
    return [
        Loss(
            "filled",
            count,
            f"{count} blank {are} filled from its records; each falls back to another duplicate, or blank.",
            lasting=False,
        )
    ]


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
