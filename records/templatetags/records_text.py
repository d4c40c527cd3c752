"""What pages say about a record: where its identifiers lead, and that a person corrected it."""

from typing import Any

from django import template

from records.first_text import first_text, last_correction
from records.models import Record
from records.registers import trial_address

register = template.Library()
register.filter("trial_address", trial_address)


@register.inclusion_tag("records/_corrections.html")
def corrections(record: Record) -> dict[str, Any]:
    """``{% corrections record %}``: which fields were corrected, by whom and when, and what they said at first.

    One query, and none for a record that nobody corrected.
    """
    return {"fields": first_text(record), "last": last_correction(record)}
