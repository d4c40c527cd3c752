"""What pages say about a record: where its identifiers lead, and that a person corrected it."""

from typing import Any

from django import template

from records.models import Record
from records.registers import trial_address
from records.values import LABELS, as_text
from reviews.models import AuditEvent

register = template.Library()
register.filter("trial_address", trial_address)


@register.inclusion_tag("records/_corrections.html")
def corrections(record: Record) -> dict[str, Any]:
    """``{% corrections record %}``: which fields were corrected, by whom and when, and what they said at first.

    One query, and none for a record that nobody corrected.
    """
    return {
        "fields": [(name, LABELS.get(name, name), as_text(value)) for name, value in record.original.items()],
        "last": _last(record) if record.original else None,
    }


def _last(record: Record) -> AuditEvent | None:
    return AuditEvent.objects.filter(
        review=record.review_id,
        target_type="records.record",
        target_id=str(record.pk),
        verb="records.record_corrected",
    ).first()
