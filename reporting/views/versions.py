"""Versions of the review, and what changed since."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.changes import changes_since, told
from reporting.forms.public import VersionForm
from reporting.services.versions import close_version, restore_version, withdraw_version
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def versions(request: ReviewRequest, review: Review) -> HttpResponse:
    return _versions(request, review, VersionForm())


@review_page(Permission.PUBLISH)
@require_POST
def version_close(request: ReviewRequest, review: Review) -> HttpResponse:
    form = VersionForm(request.POST)
    if form.is_valid():
        try:
            version = close_version(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(
                request, f"{version} is closed. Records imported from now on belong to the update."
            )
            return redirect(reverse("reporting:versions", args=[review.slug]))
    return _versions(request, review, form, status=422)


def _versions(request: ReviewRequest, review: Review, form: VersionForm, status: int = 200) -> HttpResponse:
    found = list(review.versions.select_related("closed_by").order_by("-number"))
    newest = next((version for version in found if version.withdrawn_at is None), None)
    context = {
        "room": "versions",
        "form": form,
        "versions": found,
        "newest": newest,
        "changes": changes_since(newest) if newest else None,
    }
    return render(request, "reporting/versions.html", context, status=status)


@review_page(Permission.PUBLISH)
@require_POST
def version_withdraw(request: ReviewRequest, review: Review, number: int) -> HttpResponse:
    version = get_object_or_404(review.versions, number=number)
    return _gesture(request, version, withdraw_version, f"Version {number} was taken back.")


@review_page(Permission.PUBLISH)
@require_POST
def version_restore(request: ReviewRequest, review: Review, number: int) -> HttpResponse:
    version = get_object_or_404(review.versions, number=number)
    return _gesture(request, version, restore_version, f"Version {number} stands again.")


def _gesture(request: ReviewRequest, version, service, done: str) -> HttpResponse:
    try:
        service(version=version, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect(reverse("reporting:versions", args=[version.review.slug]))


@review_page(Permission.REPORT)
@require_http_methods(["GET"])
def changes(request: ReviewRequest, review: Review, number: int) -> HttpResponse:
    """What changed between a version and now, or another version (``?until=``)."""
    version = get_object_or_404(review.versions, number=number)
    until = request.GET.get("until", "")
    other = None
    if until.isdecimal() and len(until) < 9:
        other = get_object_or_404(review.versions.live(), number=until)
    found = changes_since(version, until=other)
    context = {
        "room": "versions",
        "version": version,
        "other": other,
        "others": review.versions.live().exclude(pk=version.pk).order_by("number"),
        "changes": found,
        "estimates": [told(one) for one in found.estimates],
    }
    return render(request, "reporting/changes.html", context)
