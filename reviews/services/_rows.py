"""What the verbs of this room share: lock the review, check values, keep a list in order."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Model, QuerySet

from reviews.errors import Conflict, Refused
from reviews.models import Criterion, ExclusionReason, Review


def locked(review: Review) -> Review:
    """The review as it is now, held until the transaction ends, so that verbs on one review take turns."""
    return Review.objects.select_for_update().get(pk=review.pk)


def label_of(row: Model, field: str) -> str:
    """The field's name as people know it."""
    return str(getattr(row._meta.get_field(field), "verbose_name", field))


def check_values(row: Model, fields: Iterable[str], refusal: type[Refused]) -> None:
    """Raise ``refusal`` with the first field that the model itself finds wrong, named as people know it."""
    keep = set(fields)
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - keep)
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        label = label_of(row, name)
        raise refusal(f"{label[:1].upper()}{label[1:]}: {' '.join(sentences)}", field=name) from error


def set_values(row: Model, changes: dict[str, Any]) -> dict[str, dict]:
    """Write ``changes`` on ``row`` (not saved); return what differs as ``{field: {"old": ..., "new": ...}}``."""
    different = {}
    for name, new in changes.items():
        old = getattr(row, name)
        if isinstance(new, str):
            new = new.replace("\r\n", "\n").strip()
        if new != old:
            setattr(row, name, new)
            different[name] = {"old": old, "new": new}
    return different


def refuse_overwriting(row: Model, changes: Iterable[str], seen: dict[str, Any]) -> None:
    """Raise Conflict if a field about to change is no longer what the person saw in it."""
    for name in seen.keys() & set(changes):
        now, then = getattr(row, name), seen[name]
        if isinstance(then, str):
            then = then.replace("\r\n", "\n")
        if now != then:
            label = label_of(row, name)
            raise Conflict(
                f"Somebody changed “{label}” while you were editing; it now reads: {now or '(empty)'}. Nothing was "
                "saved. Compare, and save again if yours should stand.",
                field=name,
            )


def next_order(rows: QuerySet) -> int:
    return (rows.aggregate(last=Max("order"))["last"] or 0) + 1


def put_in_order(rows: Sequence[Criterion] | Sequence[ExclusionReason], ids: Sequence[int]) -> bool:
    """Number ``rows`` 1, 2, 3 ... as ``ids`` says; False if that is their order already.

    Raises Conflict unless ``ids`` are exactly the rows, each once.
    """
    by_id = {row.pk: row for row in rows}
    if sorted(by_id) != sorted(ids):
        raise Conflict("The list changed while you were ordering it. Reload the page and order it again.")
    if [row.pk for row in rows] == list(ids):
        return False
    for number, pk in enumerate(ids, start=1):
        by_id[pk].order = number
        by_id[pk].save(update_fields=["order"])
    return True


def in_words(things: Sequence[str]) -> str:
    """``["a", "b", "c"]`` as "a, b and c"."""
    return " and ".join(filter(None, [", ".join(things[:-1]), things[-1]])) if things else ""
