"""Findings: the list with where each stands, one of them, and what may be done with it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis.models import Plan
from certainty import services
from certainty.comparison import agreement_in_review
from certainty.evidence import evidence_of
from certainty.forms import FindingForm
from certainty.offers import Offer, offered
from certainty.overview import about_finding, standings
from certainty.services import MOST_IN_SUMMARY
from certainty.views.common import ROOM, finding_of, finding_url, list_url
from certainty.wording import observed_baselines
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def findings(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every finding in use, by comparison, with its result, its ratings and what is stale."""
    groups = standings(request.membership)
    context = ROOM | {
        "groups": groups,
        "offers": offered(review),
        "agreement": agreement_in_review(request.membership),
        "retired": review.findings.exclude(retired_at=None).select_related("outcome"),
        "most": MOST_IN_SUMMARY,
        "has_outcomes": review.outcomes.exists(),
    }
    return render(request, "certainty/findings.html", context)


@review_page(Permission.GRADE)
@require_http_methods(["GET", "POST"])
def add(request: ReviewRequest, review: Review) -> HttpResponse:
    """A new finding; ``?plan=`` (a plan's slug) starts with what the plan says."""
    form = FindingForm(review, request.POST or None, initial=_initial(request, review))
    if request.method == "POST" and form.is_valid():
        try:
            finding = services.add_finding(review=review, by=request.user, **form.settings())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"“{finding}” is among the findings. Rate it now.")
            return redirect(finding_url(finding))
    return _form_page(request, form, "Add a finding")


@review_page(Permission.GRADE)
@require_POST
def take(request: ReviewRequest, review: Review) -> HttpResponse:
    """Take over a finding as its plan (posted by slug) offers it, or, without a plan, all that are offered.

    Of all, those that the summary of findings has no room for stay out of it.
    """
    slug = request.POST.get("plan", "")
    if slug:
        get_object_or_404(Plan, review=review, slug=slug)
    offers = [offer for offer in offered(review) if slug in ("", offer.plan.slug)]
    try:
        if not offers:
            raise services.InvalidFinding(
                "Nothing is left to take over: every such analysis has its finding."
            )
        with transaction.atomic():
            for offer in offers:
                _take(request, review, offer, many=not slug)
    except Refused as refusal:
        return refused(request, refusal, list_url(review))
    taken = f"“{offers[0].plan}” is" if len(offers) == 1 else f"{len(offers)} analyses are"
    messages.success(request, f"{taken} among the findings.")
    return redirect(list_url(review))


@review_page(Permission.VIEW)
@require_GET
def finding(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One finding: its numbers, its statement, who has rated it, and what was agreed before."""
    context = ROOM | about_finding(finding_of(review, pk), request.membership)
    return render(request, "certainty/finding.html", context)


@review_page(Permission.GRADE)
@require_http_methods(["GET", "POST"])
def edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Change a finding; ``?baselines=studies`` puts in what the comparators of the studies had."""
    found = finding_of(review, pk)
    form = FindingForm(
        review, request.POST or None, instance=finding_of(review, pk), initial=_observed(request, found)
    )
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen_version"] or 0
        try:
            services.change_finding(finding=found, by=request.user, seen_version=seen, **form.settings())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect(finding_url(found))
    return _form_page(request, form, f"Change “{found}”", found)


@review_page(Permission.GRADE)
@require_POST
def choose(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Put a finding into the summary of findings (``in_summary`` is yes), or take it out."""
    found, wanted = finding_of(review, pk), request.POST.get("in_summary") == "yes"
    try:
        services.change_finding(finding=found, by=request.user, seen_version=found.version, in_summary=wanted)
    except Refused as refusal:
        return refused(request, refusal, list_url(review))
    return redirect(f"{list_url(review)}#finding-{pk}")


@review_page(Permission.GRADE)
@require_POST
def move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Move a finding one place up or down (``to``) in its tables."""
    moved = finding_of(review, pk)
    ids = list(review.findings.filter(retired_at=None).values_list("pk", flat=True))
    if moved.retired_at is None and request.POST.get("to") in ("up", "down"):
        place = ids.index(pk)
        other = max(place - 1, 0) if request.POST["to"] == "up" else min(place + 1, len(ids) - 1)
        ids[place], ids[other] = ids[other], ids[place]
    try:
        services.order_findings(review=review, by=request.user, order=ids)
    except Refused as refusal:
        return refused(request, refusal, list_url(review))
    return redirect(f"{list_url(review)}#finding-{pk}")


@review_page(Permission.GRADE)
@require_POST
def retire(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a finding out of use; it stays readable."""
    found = finding_of(review, pk)
    try:
        services.retire_finding(finding=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, finding_url(found))
    messages.success(request, f"“{found}” is retired. Its ratings can still be read.")
    return redirect(list_url(review))


@review_page(Permission.GRADE)
@require_POST
def restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Bring a retired finding back."""
    found = finding_of(review, pk)
    try:
        services.restore_finding(finding=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, list_url(review))
    return redirect(finding_url(found))


def _take(request: ReviewRequest, review: Review, offer: Offer, *, many: bool) -> None:
    try:
        services.add_finding(review=review, by=request.user, plan=offer.plan, **offer.fields)
    except services.InvalidFinding as refusal:
        if not many or refusal.field != "in_summary":
            raise
        fields = offer.fields | {"in_summary": False}
        services.add_finding(review=review, by=request.user, plan=offer.plan, **fields)


def _initial(request: ReviewRequest, review: Review) -> dict | None:
    """What the plan in the address offers."""
    slug = request.GET.get("plan", "")
    offer = next((one for one in offered(review) if one.plan.slug == slug), None) if slug else None
    return {"plan": offer.plan.pk, "outcome": offer.plan.outcome_id} | offer.fields if offer else None


def _observed(request: ReviewRequest, found) -> dict | None:
    if request.GET.get("baselines") != "studies":
        return None
    evidence = evidence_of(found)
    return {"baselines": observed_baselines(evidence["measure"], evidence["studies"])}


def _form_page(request: ReviewRequest, form: FindingForm, title: str, found=None) -> HttpResponse:
    context = ROOM | {"form": form, "title": title, "finding": found, "parts": _parts(form)}
    context["shown"] = ("label", *form.numbers, "source")
    status = 422 if form.is_bound else 200
    return render(request, "certainty/finding_form.html", context, status=status)


def _parts(form: FindingForm) -> list[tuple[str, list]]:
    named = {
        "What is compared": ("plan", "outcome", "label", "intervention", "comparison", "time_point"),
        "For whom": ("population", "setting"),
        "Weight": ("importance", "in_summary", "minimal_important_difference", "optimal_information_size"),
        "In words": ("narrative", "statement", "comments"),
    }
    return [(title, [form[name] for name in names]) for title, names in named.items()]
