"""The alert about included studies, wherever a page wants it."""

from django import template

from screening.retraction_flags import alerts

register = template.Library()


@register.inclusion_tag("screening/_retraction_alert.html", takes_context=True)
def retraction_alert(context: dict) -> dict:
    """``{% retraction_alert %}``: notices about included studies that nobody saw; nothing if there are none."""
    review = context["review"]
    return {"review": review, "alerts": alerts(review)}
