"""Exclusion reasons: what was excluded for each, and merging one into another."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import ExclusionReason, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.models import ReasonMerge, Stage
from screening.services.reasons import uses_of


class MergeForm(forms.Form):
    """Two reasons of the review; the second one must be offered."""

    reason = forms.ModelChoiceField(
        ExclusionReason.objects.none(), label="This reason", empty_label="Choose a reason"
    )
    into = forms.ModelChoiceField(
        ExclusionReason.objects.none(), label="becomes part of", empty_label="Choose a reason"
    )
    why = forms.CharField(
        max_length=500, required=False, label="Why", help_text="Kept in the history.", widget=forms.TextInput
    )

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        every = review.exclusion_reasons.all()
        self.fields["reason"].queryset = every  # type: ignore[attr-defined]
        self.fields["into"].queryset = every.filter(retired_at=None)  # type: ignore[attr-defined]


@review_page(Permission.VIEW)
@require_GET
def reasons(request: ReviewRequest, review: Review) -> HttpResponse:
    return _page(request, review, MergeForm(review=review))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_merge(request: ReviewRequest, review: Review) -> HttpResponse:
    form = MergeForm(request.POST, review=review)
    if form.is_valid():
        try:
            merge = services.merge_reasons(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect(reverse("screening:reasons", args=[review.slug]) + f"?merged={merge.pk}")
    return _page(request, review, form, status=422)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_merge_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    merge = get_object_or_404(ReasonMerge.objects.filter(review=review), pk=pk)
    here = reverse("screening:reasons", args=[review.slug])
    try:
        services.undo_merge(review=review, merge=merge, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"“{merge.gone}” is a reason of its own again.")
    return redirect(here)


def _page(request: ReviewRequest, review: Review, form: MergeForm, status: int = 200) -> HttpResponse:
    merges = list(ReasonMerge.objects.filter(review=review).select_related("gone", "into", "by", "undone_by"))
    asked = request.GET.get("merged")
    context = {
        "room": "protocol",
        "rows": uses_of(review),
        "stages": list(Stage),
        "form": form,
        "merges": merges,
        "merged": next((merge for merge in merges if str(merge.pk) == asked and not merge.undone_at), None),
        "may_change": Permission.AMEND_PROTOCOL in request.membership.may,
    }
    return render(request, "screening/reasons.html", context, status=status)
