"""How a review extracts: read by everybody, set by those who amend the protocol."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from extraction import services
from extraction.models import ExtractionSettings
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


class ModeForm(forms.Form):
    mode = forms.ChoiceField(
        label="Who extracts a study", choices=ExtractionSettings.Mode.choices, widget=forms.RadioSelect
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)


@review_page(Permission.VIEW)
@require_GET
def settings(request: ReviewRequest, review: Review) -> HttpResponse:
    """How many people extract a study, and how."""
    return _page(request, review)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def settings_save(request: ReviewRequest, review: Review) -> HttpResponse:
    """Choose another way."""
    form = ModeForm(request.POST)
    if not form.is_valid():
        return _page(request, review, form, status=422)
    try:
        services.set_mode(review=review, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        if isinstance(refusal, Conflict):  # the page shows what is set now, so that one may choose knowingly
            form = ModeForm(request.POST.dict() | {"seen_version": services.settings_of(review).version})
            form.is_valid()
        refuse_form(form, refusal)
        return _page(request, review, form, status=refusal.status)
    messages.success(request, "Saved.")
    return redirect("extraction:overview", review.slug)


def _page(
    request: ReviewRequest, review: Review, form: ModeForm | None = None, status: int = 200
) -> HttpResponse:
    now = services.settings_of(review)
    context = {
        "room": "extraction",
        "settings": now,
        "form": form or ModeForm(initial={"mode": now.mode, "seen_version": now.version}),
        "may_change": Permission.AMEND_PROTOCOL in request.membership.may,
    }
    return render(request, "extraction/settings.html", context, status=status)
