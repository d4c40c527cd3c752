"""The arms of a study, and its characteristics."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from extraction import services
from extraction.forms import ArmChangeForm, ArmForm, CharacteristicForm
from extraction.models import Arm, VocabularyTerm
from extraction.services.vocabulary import offered
from extraction.views.studies import ROOM, study_of, study_response
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.EXTRACT)
@require_POST
def arm_add(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Add an arm."""
    study = study_of(review, study_pk)
    form = ArmForm(request.POST)
    if form.is_valid():
        try:
            arm = services.add_arm(study=study, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The arm '{arm}' was added.")
            return redirect("extraction:study", review.slug, study.pk)
    return study_response(request, study, arm_form=form, status=422)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def arm_change(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Mend an arm's label, role or number randomised."""
    arm = get_object_or_404(
        Arm.objects.select_related("study__review", "intervention"), study__review=review, pk=pk
    )
    start = {
        "label": arm.label,
        "role": arm.role,
        "n_randomised": arm.n_randomised,
        "dose": arm.dose,
        "intervention": arm.intervention or "",
        "description": arm.description,
        "seen_version": arm.version,
    }
    form = ArmChangeForm(request.POST if request.method == "POST" else None, initial=start)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            services.change_arm(arm=arm, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            return redirect("extraction:study", review.slug, arm.study_id)
    context = ROOM | {
        "arm": arm,
        "study": arm.study,
        "form": form,
        "interventions": offered(review, VocabularyTerm.Kind.INTERVENTION),
    }
    return render(request, "extraction/arm.html", context, status=status)


@review_page(Permission.EXTRACT)
@require_POST
def arm_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Remove an arm without results."""
    arm = get_object_or_404(Arm.objects.select_related("study__review"), study__review=review, pk=pk)
    page = reverse("extraction:study", args=[review.slug, arm.study_id])
    try:
        services.remove_arm(arm=arm, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    messages.success(request, f"The arm '{arm}' was removed.")
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def characteristic_set(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Set, change or remove a characteristic."""
    study = study_of(review, study_pk)
    form = CharacteristicForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            services.set_characteristic(study=study, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            return redirect("extraction:study", review.slug, study.pk)
    return study_response(request, study, characteristic_form=form, status=status)
