"""Begin, hand in and reopen an extraction; declare a study complete and take that back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from extraction import services
from extraction.views.fill import extraction_of
from extraction.views.studies import study_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.EXTRACT)
@require_POST
def start(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Begin (or go on with) the form of a study."""
    study = study_of(review, study_pk)
    try:
        extraction = services.start_extraction(study=study, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:study", args=[review.slug, study_pk]))
    return redirect("extraction:fill", review.slug, extraction.pk)


@review_page(Permission.EXTRACT)
@require_POST
def reopen(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take back that an extraction is complete."""
    extraction = extraction_of(request, pk)
    page = reverse("extraction:fill", args=[review.slug, pk])
    try:
        services.reopen_extraction(extraction=extraction, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def take_form(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Move an extraction to the newest version of its form."""
    extraction = extraction_of(request, pk)
    page = reverse("extraction:fill", args=[review.slug, pk])
    seen = request.POST.get("seen_version", "")
    try:
        services.take_over_form_version(
            extraction=extraction, by=request.user, seen_version=int(seen) if seen.isdecimal() else -1
        )
    except Refused as refusal:
        return refused(request, refusal, page)
    messages.success(request, "The extraction has the newest version of the form now. Nothing was lost.")
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def study_complete(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Declare the extraction of a study complete."""
    study = study_of(review, study_pk)
    page = reverse("extraction:study", args=[review.slug, study_pk])
    try:
        services.complete_study(study=study, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    messages.success(request, f"The extraction of {study} is complete.")
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def study_reopen(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Open the extraction of a study again."""
    study = study_of(review, study_pk)
    services.reopen_study(study=study, by=request.user)
    messages.success(request, f"The extraction of {study} is open again.")
    return redirect("extraction:study", review.slug, study_pk)
