"""Studies with several arms: results put together, a shared control split; medians made into means."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from extraction import services
from extraction.forms import CombineForm, MethodForm
from extraction.models import Result
from extraction.views.studies import ROOM, study_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def several_arms(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Choose results of one outcome and combine their arms, or split the control they share."""
    study = study_of(review, study_pk)
    if request.method == "POST":
        here = reverse("extraction:several_arms", args=[review.slug, study.pk])
        asked = set(request.POST.getlist("result"))
        chosen = [row for row in _rows(request, study) if str(row.pk) in asked]
        if len(chosen) < len(asked):
            raise Http404("One of these results is not of this study.")
        try:
            return _arrange(request, review, chosen)
        except Refused as refusal:
            return refused(request, refusal, here)
    context = ROOM | {"study": study, "results": _rows(request, study)}
    return render(request, "extraction/several_arms.html", context)


def _arrange(request: ReviewRequest, review: Review, chosen: list[Result]) -> HttpResponse:
    if request.POST.get("do") == "split":
        corrected = services.split_control(results=chosen, by=request.user)
        messages.success(request, f"The people of {corrected[0].comparator} are counted once now.")
        return redirect("extraction:study", review.slug, corrected[0].study_id)
    form = CombineForm(request.POST)
    if not form.is_valid():
        raise services.NotPossible("The name of the combined arm has at most 200 characters.", field="label")
    combined = services.combine_results(results=chosen, by=request.user, **form.cleaned_data)
    messages.success(request, "The combined arm has a result of its own; those it came from stay.")
    return redirect("extraction:result", review.slug, combined.pk)


@review_page(Permission.EXTRACT)
@require_POST
def as_means(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Record means and SDs estimated from medians."""
    seen = Result.objects.visible_to(request.membership).with_names().select_related("extraction")
    result = get_object_or_404(seen, pk=pk)
    form = MethodForm(request.POST)
    try:
        if not form.is_valid():
            raise services.NotPossible("Choose a method.", field="method")
        converted = services.convert_result(result=result, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:result", args=[review.slug, pk]))
    messages.success(request, "Means and SDs were recorded beside the medians.")
    return redirect("extraction:result", review.slug, converted.pk)


def _rows(request: ReviewRequest, study: Study) -> list[Result]:
    """The results of this study that the person may arrange: shared, or their own."""
    rows = Result.objects.visible_to(request.membership).filter(study=study, superseded_at=None)
    kinds = ("means", "events")
    found = rows.filter(kind__in=kinds).with_names().select_related("extraction", "study__review")
    return [row for row in found if row.extraction is None or row.extraction.extractor_id == request.user.pk]
