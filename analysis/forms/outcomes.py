"""The outcomes of the protocol in a form."""

from django import forms

from reviews.models import Outcome, Review


def offer_outcomes(form: forms.BaseForm, review: Review) -> None:
    """The review's outcomes, a primary one first in hand."""
    outcomes = Outcome.objects.filter(review=review)
    field = form.fields["outcome"]
    field.queryset, field.empty_label = outcomes, None  # type: ignore[attr-defined]
    field.initial = outcomes.order_by("-is_primary", "order", "pk").first()
