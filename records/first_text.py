"""What a corrected record said at first, and who corrected it last, as pages show it."""

from records.models import Record
from records.values import LABELS, as_text
from reviews.models import AuditEvent


def first_text(record: Record) -> list[tuple[str, str, str]]:
    """(field, its label, its value before the first correction) of each corrected field, in the fields' order."""
    return [
        (name, LABELS[name], as_text(record.original[name])) for name in LABELS if name in record.original
    ]


def last_correction(record: Record) -> AuditEvent | None:
    """The event of the last correction: who, when and why. No query for a record that nobody corrected."""
    if not record.original:
        return None
    return AuditEvent.objects.filter(
        review=record.review_id,
        target_type="records.record",
        target_id=str(record.pk),
        verb="records.record_corrected",
    ).first()
