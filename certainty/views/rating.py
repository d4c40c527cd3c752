"""One rating: begun, filled in domain by domain, handed in, taken back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from certainty import services
from certainty.filling import Rating, keep_everything, keep_part, rating_of, seen_version
from certainty.models import Grade
from certainty.overview import result_of
from certainty.staleness import what_changed
from certainty.views.common import ROOM, finding_of, finding_url, grade_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.GRADE)
@require_POST
def begin(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Begin (or go on with) one's own rating of a finding."""
    found = finding_of(review, pk)
    try:
        mine = services.begin_grade(finding=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, finding_url(found))
    return redirect("certainty:grade", review.slug, mine.pk)


@review_page(Permission.VIEW)
@require_GET
def grade(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One rating: one's own draft as a form, any other that one may see to be read."""
    return _page(request, rating_of(grade_of(request, pk)))


@review_page(Permission.GRADE)
@require_POST
def save(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The whole form: without script, to accept what is suggested, and to hand the rating in."""
    found = grade_of(request, pk)
    try:
        rating = keep_everything(rating_of(found), request.POST, request.user, seen_version(request.POST))
        if rating.problems:
            return _page(request, rating, status=422)
        kept = rating.grade
        if domain := request.POST.get("accept"):
            kept = services.accept_suggestion(
                grade=kept, domain=domain, by=request.user, seen_version=kept.version
            )
        if "accept_all" in request.POST:
            kept = services.accept_suggestions(grade=kept, by=request.user, seen_version=kept.version)
        if "complete" in request.POST:
            services.complete_grade(grade=kept, by=request.user, seen_version=kept.version)
            messages.success(request, f"Your rating of “{found.finding}” is complete.")
            return redirect(finding_url(found.finding))
    except Refused as refusal:
        return refused(request, refusal, _here(found))
    messages.success(request, "Saved.")
    return redirect(_here(found))


@review_page(Permission.GRADE)
@require_POST
def rate(request: ReviewRequest, review: Review, pk: int, domain: str) -> HttpResponse:
    """Autosave of one domain; ``accept`` takes over what is suggested for it."""
    found = grade_of(request, pk)
    rating = rating_of(found)
    if rating.part(domain) is None:
        raise Http404("There is no such domain.")
    try:
        seen = seen_version(request.POST)
        if "accept" in request.POST:
            services.accept_suggestion(grade=found, domain=domain, by=request.user, seen_version=seen)
            rating = rating_of(grade_of(request, pk))
        else:
            rating = keep_part(rating, domain, request.POST, request.user, seen)
    except Refused as refusal:
        return refused(request, refusal, _here(found))
    if not request.htmx:
        return redirect(_here(found))
    part = rating.part(domain)
    context = {"rating": rating, "grade": rating.grade, "part": part, "whole": "accept" in request.POST}
    status = 422 if part and part.error else 200
    return render(request, "certainty/_rated.html", context | {"may_edit": True}, status=status)


@review_page(Permission.GRADE)
@require_POST
def again(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Put today's evidence under one's own draft."""
    return _gesture(
        request,
        pk,
        lambda found: services.look_again(
            grade=found, by=request.user, seen_version=seen_version(request.POST)
        ),
        "The proposals are today's now. What you rated stays: look at what changed.",
    )


@review_page(Permission.GRADE)
@require_POST
def reopen(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A new draft in place of one's own complete rating."""
    return _gesture(request, pk, lambda found: services.reopen_grade(grade=found, by=request.user), "")


@review_page(Permission.GRADE)
@require_POST
def discard(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take back one's own draft."""
    found = grade_of(request, pk)
    try:
        services.discard_grade(grade=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(found))
    messages.success(
        request, f"Your draft about “{found.finding}” is taken back. The history keeps what it held."
    )
    return redirect(finding_url(found.finding))


def _gesture(request: ReviewRequest, pk: int, act: Callable[[Grade], Grade], said: str) -> HttpResponse:
    """Do something to a visible rating and show the one it left."""
    found = grade_of(request, pk)
    try:
        after = act(found)
    except Refused as refusal:
        return refused(request, refusal, _here(found))
    if said:
        messages.success(request, said)
    return redirect("certainty:grade", request.membership.review.slug, after.pk)


def _here(grade: Grade) -> str:
    return reverse("certainty:grade", args=[grade.finding.review.slug, grade.pk])


def _page(request: ReviewRequest, rating: Rating, status: int = 200) -> HttpResponse:
    found = rating.grade
    mine = found.rater_id == request.user.pk and not found.is_consensus
    is_current = found.superseded_at is None
    context = ROOM | {
        "grade": found,
        "finding": found.finding,
        "rating": rating,
        "result": result_of(found.evidence),
        "mine": mine,
        "may_edit": mine
        and is_current
        and not found.is_complete
        and Permission.GRADE in request.membership.may,
        "changed": what_changed(found) if is_current else [],
    }
    return render(request, "certainty/grade.html", context, status=status)
