"""Full texts: which are sought, requested, retrieved or not, and the PDFs, served to members only."""

from csp.decorators import csp
from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.earlier import hide_decisions
from screening.filters import FullTextFilter
from screening.forms import FullTextFileForm, FullTextStateForm
from screening.models import Decision, FullText, Stage, Verdict

LOCKED_DOWN = {"default-src": ["'none'"], "frame-ancestors": ["'none'"], "base-uri": ["'none'"]}


@review_page(Permission.VIEW)
@require_GET
def full_texts(request: ReviewRequest, review: Review) -> HttpResponse:
    current = FullText.objects.current().filter(review=review)
    found = FullTextFilter(
        request.GET, current.select_related("record").order_by("record_id"), request=request
    )
    own = Decision.objects.live().filter(stage=Stage.FULL_TEXT, reviewer=request.user)
    shown = Verdict.objects.visible_to(request.membership).at(Stage.FULL_TEXT).select_related("reason")
    page = page_of(
        request,
        found.qs.prefetch_related(
            Prefetch("record__verdicts", shown, to_attr="shown_verdicts"),
            Prefetch("record__decisions", own, to_attr="own_decisions"),
        ),
    )
    counts = dict(current.order_by().values_list("state").annotate(Count("pk")))
    context = {
        "room": "full_text",
        "filter": found,
        "page_obj": page,
        "tiles": [(state, label, counts.get(state, 0)) for state, label in FullText.State.choices],
    }
    return render(request, "screening/full_texts.html", context)


@review_page(Permission.VIEW)
@require_GET
def full_text(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _page(request, _find(review, pk))


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def full_text_state(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    full_text = _find(review, pk)
    form = FullTextStateForm(request.POST)
    if form.is_valid():
        try:
            services.set_full_text_state(
                review=review, record=full_text.record, by=request.user, **form.cleaned_data
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The retrieval is recorded.")
            return redirect(_after(request, review, pk))
    return _page(request, full_text, state_form=form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def full_text_file(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    full_text = _find(review, pk)
    form = FullTextFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.attach_full_text(
                review=review, record=full_text.record, file=form.cleaned_data["file"], by=request.user
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The PDF is attached; the report can be voted on.")
            return redirect("screening:full_text", review.slug, pk)
    return _page(request, full_text, file_form=form)


@review_page(Permission.VIEW)
@require_GET
@csp(LOCKED_DOWN)  # type: ignore[arg-type] # typed for views without arguments
def full_text_pdf(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    """The PDF, to be read in the browser (``?download=1``: to be saved). It may load and run nothing."""
    full_text = _find(review, pk)
    try:
        stream = services.open_pdf(full_text)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:full_text", args=[review.slug, pk]))
    response = FileResponse(
        stream,
        content_type="application/pdf",
        filename=full_text.file_name,
        as_attachment="download" in request.GET,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def _find(review: Review, pk: int) -> FullText:
    """The full text of the record ``pk``."""
    rows = FullText.objects.select_related("record", "record__search", "changed_by")
    return get_object_or_404(rows, review=review, record_id=pk)


def _after(request: ReviewRequest, review: Review, pk: int) -> str:
    """Back to the list when the gesture came from there."""
    if request.POST.get("from") == "list":
        return reverse("screening:full_texts", args=[review.slug])
    return reverse("screening:full_text", args=[review.slug, pk])


def _page(request: ReviewRequest, full_text: FullText, **forms) -> HttpResponse:
    record: Record = hide_decisions(full_text.record)
    initial = {name: getattr(full_text, name) for name in FullTextStateForm.base_fields}
    context = {
        "room": "full_text",
        "full_text": full_text,
        "record": record,
        "verdict": Verdict.objects.visible_to(request.membership)
        .at(Stage.FULL_TEXT)
        .filter(record=record)
        .first(),
        "own": Decision.objects.live()
        .filter(record=record, stage=Stage.FULL_TEXT, reviewer=request.user)
        .first(),
        "state_form": FullTextStateForm(initial=initial),
        "file_form": FullTextFileForm(),
    } | forms
    return render(request, "screening/full_text.html", context, status=422 if forms else 200)
