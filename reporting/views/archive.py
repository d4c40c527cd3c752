"""A whole review taken away, and brought in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.archive import archive_schema
from reporting.archive.contents import contents
from reporting.forms.archive import MakeArchiveForm, RestoreArchiveForm
from reporting.services.archive import discard_restore, request_restore, restorations
from reporting.services.exports import request_export
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: ReviewRequest, review: Review) -> HttpResponse:
    """What an archive of this review would hold; POST has it made, among the exports of this person."""
    form = MakeArchiveForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            request_export(
                membership=request.membership, what="archive", extension="zip", options=form.options()
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The archive is being made. You find it here, among your files.")
            return redirect("reporting:exports", review.slug)
    context = {"room": "exports", "form": form, "contents": contents()}
    return render(request, "reporting/archive.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def archive_restore(request: ReviewRequest) -> HttpResponse:
    """Bring an archive in, and what became of those that could not be restored."""
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RestoreArchiveForm(*bound, administrator=request.user.is_staff)
    if form.is_bound and form.is_valid():
        try:
            job = request_restore(file=form.cleaned_data["file"], by=request.user, people=form.people())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("reviews:job", job.review.slug, job.pk)
    context = {"form": form, "jobs": restorations(request.user)}
    return render(request, "reporting/archive_restore.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def archive_discard(request: ReviewRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(restorations(request.user), pk=pk)
    back = reverse("archive_restore")
    try:
        discard_restore(job=job, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "The archive was thrown away.")
    return redirect(back)


@login_required
@require_GET
def archive_schema_file(request: ReviewRequest) -> JsonResponse:
    """The format for programs."""
    answer = JsonResponse(archive_schema(), json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="review-archive.schema.json"'
    return answer
