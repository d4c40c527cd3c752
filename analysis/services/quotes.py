"""Put a published figure beside ours."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.models import QuotedResult
from analysis.services.errors import InvalidQuote
from analysis.services.wording import first_fault, plain
from reviews.audit import record_event
from reviews.models import Outcome, Review, User


@transaction.atomic
def quote_result(
    *, review: Review, outcome: Outcome, label: str, by: User | None, **fields: Any
) -> QuotedResult:
    """Put a published figure beside ours; it is always shown as quoted, with its citation.

    ``fields``: measure, estimate, ci_low, ci_high (as printed: ratios as ratios), k, citation, order.
    Raises InvalidQuote.
    """
    if QuotedResult.objects.filter(review=review, label=label).exists():
        raise InvalidQuote(f"“{label}” is quoted already; give this one another label.", field="label")
    try:
        quoted = QuotedResult(review=review, outcome=outcome, label=label, **fields)
        quoted.full_clean()
        quoted.save()
    except ValidationError as error:
        raise InvalidQuote(first_fault(error)) from error
    record_event(
        review=review,
        actor=by,
        verb="analysis.result_quoted",
        target=quoted,
        sentence=f"quoted a published result: {label}.",
        detail=plain(fields),
    )
    return quoted
