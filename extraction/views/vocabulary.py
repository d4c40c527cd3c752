"""The vocabulary: the words agreed on for interventions, outcomes, populations and scales."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Count
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.forms_vocabulary import MergeForm, RenameForm, TermFileForm, TermForm
from extraction.models import VocabularyTerm
from extraction.services import vocabulary as service
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

ROOM = {"room": "extraction"}
BIGGEST_FILE = 2_000_000


@review_page(Permission.VIEW)
@require_GET
def vocabulary(request: ReviewRequest, review: Review) -> HttpResponse:
    return _page(request, review)


@review_page(Permission.EXTRACT)
@require_POST
def term_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = TermForm(request.POST)
    if _done(form, lambda: service.add_term(review=review, by=request.user, **form.cleaned_data)):
        messages.success(request, f"“{form.cleaned_data['name']}” added.")
        return redirect("extraction:vocabulary", review.slug)
    return _page(request, review, form=form)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def term(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Rename one term; beside it, of which other term it is a synonym."""
    found = _find(review, pk)
    first = {"name": found.name, "seen": found.name}
    form = RenameForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_bound and _done(
        form, lambda: service.rename_term(term=found, by=request.user, **form.cleaned_data)
    ):
        messages.success(request, "Renamed. Whatever uses the term follows.")
        return redirect("extraction:vocabulary", review.slug)
    return _term_page(request, found, form=form)


@review_page(Permission.EXTRACT)
@require_POST
def term_merge(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _find(review, pk)
    form = MergeForm(request.POST, term=found)
    if _done(form, lambda: service.merge_term(term=found, by=request.user, **form.cleaned_data)):
        messages.success(request, f"“{found}” is a synonym now. “Part” takes that back.")
        return redirect("extraction:vocabulary", review.slug)
    return _term_page(request, found, merge=form)


@review_page(Permission.EXTRACT)
@require_POST
def term_part(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _find(review, pk)
    return _gesture(request, review, lambda: service.unmerge_term(term=found, by=request.user))


@review_page(Permission.EXTRACT)
@require_POST
def term_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _find(review, pk)
    return _gesture(request, review, lambda: service.remove_term(term=found, by=request.user))


@review_page(Permission.EXTRACT)
@require_POST
def vocabulary_upload(request: ReviewRequest, review: Review) -> HttpResponse:
    form = TermFileForm(request.POST, request.FILES)
    if form.is_valid() and form.cleaned_data["file"].size > BIGGEST_FILE:
        form.add_error("file", "The file has more than 2 MB. Split it.")
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            added, merged = service.import_terms(
                review=review, name=file.name, data=file.read(), by=request.user
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(
                request, f"{added} term{'s' * (added != 1)} added, {merged} told to be synonyms."
            )
            return redirect("extraction:vocabulary", review.slug)
    return _page(request, review, upload=form)


@review_page(Permission.VIEW)
@require_GET
def vocabulary_csv(request: ReviewRequest, review: Review) -> HttpResponse:
    rows = service.rows_of(review)
    return csv_download(f"{review.slug}_vocabulary.csv", service.HEADER, rows)  # type: ignore[return-value]


def _find(review: Review, pk: int) -> VocabularyTerm:
    return get_object_or_404(
        VocabularyTerm.objects.select_related("review", "preferred"), review=review, pk=pk
    )


def _done(form: Form, verb: Callable[[], object]) -> bool:
    """Whether the form is valid and the service took it; else the form says why."""
    if not form.is_valid():
        return False
    try:
        verb()
    except Refused as refusal:
        refuse_form(form, refusal)
        return False
    return True


def _gesture(request: ReviewRequest, review: Review, verb: Callable[[], object]) -> HttpResponse:
    here = reverse("extraction:vocabulary", args=[review.slug])
    try:
        verb()
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


def _page(request: ReviewRequest, review: Review, **forms) -> HttpResponse:
    found = review.vocabulary.filter(preferred=None).annotate(uses=Count("arms", distinct=True))
    terms = list(found.prefetch_related("synonyms"))
    kinds = [
        (label, [term for term in terms if term.kind == kind]) for kind, label in VocabularyTerm.Kind.choices
    ]
    context = ROOM | {
        "kinds": [(label, rows) for label, rows in kinds if rows],
        "form": forms.get("form") or TermForm(),
        "upload": forms.get("upload") or TermFileForm(),
    }
    return render(request, "extraction/vocabulary.html", context, status=422 if forms else 200)


def _term_page(request: ReviewRequest, term: VocabularyTerm, **forms) -> HttpResponse:
    context = ROOM | {
        "term": term,
        "form": forms.get("form") or RenameForm(initial={"name": term.name, "seen": term.name}),
        "merge": forms.get("merge") or MergeForm(term=term),
    }
    failed = any(form.errors for form in forms.values())
    return render(request, "extraction/term.html", context, status=422 if failed else 200)
