"""Shares and p-values as the page about stopping says them."""

from django import template

from reviews.models import Review
from screening.models import IN_REVIEW, RemovedRecord
from screening.stopping_words import p_said, percent_down

register = template.Library()
register.filter("percent_down", percent_down)
register.filter("p_said", p_said)


@register.filter
def percent(share: float) -> str:
    """``{{ 0.953|percent }}`` is 95.3 %, ``{{ 0.95|percent }}`` is 95 %."""
    return f"{round(100 * share, 1):g}\u00a0%"


@register.simple_tag
def number_left_unread(review: Review) -> int:
    """``{% number_left_unread review as unread %}``: records that are out of title and abstract screening unread."""
    return RemovedRecord.objects.live().filter(IN_REVIEW, removal__review=review).count()
