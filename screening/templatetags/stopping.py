"""Shares and p-values as the page about stopping says them."""

from django import template

from screening.stopping_words import p_said, percent_down

register = template.Library()
register.filter("percent_down", percent_down)
register.filter("p_said", p_said)


@register.filter
def percent(share: float) -> str:
    """``{{ 0.953|percent }}`` is 95.3 %, ``{{ 0.95|percent }}`` is 95 %."""
    return f"{round(100 * share, 1):g} %"
