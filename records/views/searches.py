"""The searches of a review, and how they are told to readers of the report."""

from django.contrib import messages
from django.db.models import Count, Q
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records import services
from records.appendix import Appendix
from records.forms.searches import REPORT_FIELDS, SEARCH_FIELDS, SearchForm, SearchReportForm
from records.models import ImportBatch, Search
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def searches(request: ReviewRequest, review: Review) -> HttpResponse:
    live = Q(records__batch__state=ImportBatch.State.DONE)
    found = list(
        review.searches.annotate(
            n_records=Count("records", filter=live),
            n_unique=Count("records", filter=live & Q(records__duplicate_of=None)),
        )
    )
    removable = set(review.searches.removable().values_list("pk", flat=True))
    for search in found:
        # for the template alone
        search.difference = search.compared(search.n_records) if search.n_records else ""  # type: ignore[attr-defined]
        search.removable = search.pk in removable  # type: ignore[attr-defined]
    batches = review.import_batches.select_related("search", "imported_by", "job").light()
    context = {
        "room": "searches",
        "searches": found,
        "page_obj": page_of(request, batches, 25),
        "to_check": list(review.import_batches.to_check().values_list("pk", flat=True)),
    }
    return render(request, "records/searches.html", context)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def search_add(request: ReviewRequest, review: Review) -> HttpResponse:
    """A search is described before there is a file, or without one: it may have brought nothing."""
    form = SearchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            search = services.add_search(review=review, by=request.user, **form.cleaned_data)
            messages.success(request, f"The search of {search} is described. Add its file when you have one.")
            return redirect("records:searches", review.slug)
        except Refused as refusal:
            refuse_form(form, refusal)
    status = 422 if request.method == "POST" else 200
    return render(request, "records/search_edit.html", {"room": "searches", "form": form}, status=status)


@review_page(Permission.IMPORT)
@require_POST
def search_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    search: Search = get_object_or_404(review.searches, pk=pk)
    back = reverse("records:searches", args=[review.slug])
    try:
        services.remove_search(search=search, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"The search of {search} was removed.")
    return redirect(back)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def search_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    search: Search = get_object_or_404(review.searches, pk=pk)
    # no instance: the form would write on it before the service has seen the old values
    form = SearchForm(request.POST or None, initial=model_to_dict(search, SEARCH_FIELDS))
    if request.method == "POST" and form.is_valid():
        try:
            services.amend_search(search=search, by=request.user, changes=form.cleaned_data)
            return redirect("records:searches", review.slug)
        except Refused as refusal:
            refuse_form(form, refusal)
    status = 422 if request.method == "POST" else 200
    removable = review.searches.removable().filter(pk=pk).exists()
    context = {"room": "searches", "form": form, "search": search, "removable": removable}
    return render(request, "records/search_edit.html", context, status=status)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def search_report_edit(request: ReviewRequest, review: Review) -> HttpResponse:
    """What PRISMA-S asks once for all searches."""
    present = getattr(review, "search_report", None)
    form = SearchReportForm(
        request.POST or None, initial=model_to_dict(present, REPORT_FIELDS) if present else {}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.describe_searching(review=review, by=request.user, values=form.cleaned_data)
            return redirect("records:search_report", review.slug)
        except Refused as refusal:
            refuse_form(form, refusal)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "records/search_report_edit.html", {"room": "searches", "form": form}, status=status
    )


@review_page(Permission.VIEW)
@require_GET
def search_report(request: ReviewRequest, review: Review) -> HttpResponse:
    """The appendix: each source with its full strategy and counts, and where each item of PRISMA-S is."""
    return render(request, "records/search_report.html", {"room": "searches", "appendix": Appendix(review)})


@review_page(Permission.VIEW)
@require_GET
def search_report_file(request: ReviewRequest, review: Review) -> HttpResponse:
    text = Appendix(review).markdown()
    name = f"{review.slug}_searches.md"
    return HttpResponse(
        text,
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
