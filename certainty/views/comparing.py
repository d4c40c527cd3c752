"""Two ratings of a finding side by side, and the consensus on them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from certainty import services
from certainty.comparison import Comparison, comparison
from certainty.consensus import Sent, rows_of, sent_of
from certainty.models import Finding
from certainty.views.common import ROOM, finding_of, finding_url
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def compare(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The two ratings of a finding, and the consensus: to be read, or (``?change=yes``) to be made anew."""
    return _page(request, finding_of(review, pk))


@review_page(Permission.GRADE)
@require_POST
def settle(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Record the consensus."""
    found = finding_of(review, pk)
    sent = sent_of(request.POST)
    try:
        services.reconcile_grades(
            finding=found, by=request.user, stamp=request.POST.get("stamp", ""), **sent.fields()
        )
    except Conflict as refusal:
        return refused(request, refusal, _here(found))
    except Refused as refusal:
        return _page(request, found, sent, str(refusal))
    messages.success(request, f"The consensus on “{found}” is recorded. Both ratings stay as they were.")
    return redirect(finding_url(found))


def _here(found: Finding) -> str:
    return reverse("certainty:compare", args=[found.review.slug, found.pk])


def _page(
    request: ReviewRequest, found: Finding, sent: Sent | None = None, problem: str = ""
) -> HttpResponse:
    compared = comparison(found, request.membership)
    choosing = _may_settle(request, compared) and (
        compared.consensus is None or request.GET.get("change") == "yes" or sent is not None
    )
    rows = rows_of(compared, sent)
    context = ROOM | {
        "finding": found,
        "compared": compared,
        "rows": [row for row in rows if not row.is_folded],
        "folded": [row for row in rows if row.is_folded],
        "choosing": choosing,
        "may_settle": _may_settle(request, compared),
        "problem": problem,
    }
    if problem and request.htmx:
        return HttpResponse(problem, status=422, content_type="text/plain; charset=utf-8")
    return render(request, "certainty/compare.html", context, status=422 if problem else 200)


def _may_settle(request: ReviewRequest, compared: Comparison) -> bool:
    """Whoever reconciles; where both agree on everything, whoever rates."""
    if compared.waiting or len(compared.ratings) < 2:
        return False
    may = request.membership.may
    return Permission.RECONCILE in may or (Permission.GRADE in may and not compared.differing)
