"""Searching PubMed and following citations, as pages."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from records import services
from records.forms.network import AgainForm, CitationsForm, PubMedForm
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def pubmed(request: ReviewRequest, review: Review) -> HttpResponse:
    form = PubMedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = services.request_pubmed(review=review, by=request.user, **form.cleaned_data)
            return redirect("reviews:job", review.slug, job.pk)
        except Refused as refusal:
            refuse_form(form, refusal)
    before = review.searches.filter(pk__in=services.fetched_searches(review))
    context = {"room": "searches", "form": form, "searches": before, **_switch()}
    return render(request, "records/pubmed.html", context, status=_status(request))


@review_page(Permission.IMPORT)
@require_POST
def pubmed_again(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    search = get_object_or_404(review.searches.select_related("review"), pk=pk)
    form = AgainForm(request.POST)
    try:
        first = form.is_valid() and form.cleaned_data["check_first"]
        job = services.request_pubmed_again(search=search, by=request.user, check_first=first)
    except Refused as refusal:
        return refused(request, refusal, reverse("records:pubmed", args=[review.slug]))
    return redirect("reviews:job", review.slug, job.pk)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def citations(request: ReviewRequest, review: Review) -> HttpResponse:
    """``?records=12,15`` are the papers to begin with."""
    papers = request.GET.get("records", "").replace(",", "\n")[:5000]
    form = CitationsForm(request.POST or None, initial={"papers": papers})
    if request.method == "POST" and form.is_valid():
        records, dois = form.named()
        try:
            job = services.request_citations(
                review=review,
                records=records,
                dois=dois,
                directions=form.cleaned_data["directions"],
                by=request.user,
                check_first=form.cleaned_data["check_first"],
            )
            return redirect("reviews:job", review.slug, job.pk)
        except Refused as refusal:
            refuse_form(form, refusal)
    context = {"room": "searches", "form": form, **_switch()}
    return render(request, "records/citations.html", context, status=_status(request))


def _switch() -> dict[str, str]:
    return {"off": "" if services.network_is_on() else services.NETWORK_OFF}


def _status(request: ReviewRequest) -> int:
    if request.method == "POST":
        return 422 if services.network_is_on() else 409
    return 200
