"""The person's reviews, a new one, and the first page of one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.forms import OpenReviewForm
from reviews.models import AuditEvent, Membership
from reviews.pages import page_of, refuse_form
from reviews.permissions import Permission
from reviews.services import open_review

RECENT = 8


@login_required
@require_GET
def review_list(request: ReviewRequest) -> HttpResponse:
    seen = AuditEvent.objects.visible_to(request.user).filter(review=OuterRef("review"))
    memberships = (
        Membership.objects.present()
        .filter(user=request.user)
        .select_related("review")
        .annotate(
            people=Count("review__memberships", filter=Q(review__memberships__left_at=None)),
            last_event=Subquery(seen.values("at")[:1]),
        )
        .order_by("-review__created_at", "pk")
    )
    return render(request, "reviews/list.html", {"page_obj": page_of(request, memberships)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_open(request: ReviewRequest) -> HttpResponse:
    form = OpenReviewForm(request.POST or None)
    if form.is_valid():
        try:
            review = open_review(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The review is open. Write its protocol, then invite your team.")
            return redirect("reviews:protocol", review.slug)
    return render(request, "reviews/open.html", {"form": form}, status=422 if form.errors else 200)


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review) -> HttpResponse:
    events = review.events.visible_to(request.user)
    context = {
        "room": "overview",
        "members": review.memberships.present().select_related("user"),
        "criteria": review.criteria.filter(retired_at=None),
        "outcomes": review.outcomes.all(),
        "events": events[:RECENT],
        "jobs": review.jobs.unfinished().order_by("pk"),
        "recent_jobs": review.jobs.whole().exclude(pk__in=review.jobs.unfinished().values("pk"))[:RECENT],
    }
    return render(request, "reviews/overview.html", context)
