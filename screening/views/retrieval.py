"""Retrieval of many reports: changed at once and taken back, as a table out and in, and reminders."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening import services
from screening.language_filter import ReportFilter
from screening.models import FullText
from screening.retrieval_forms import ReminderForm, RetrievalFileForm, RetrievalOfManyForm
from screening.services.bulk import set_full_text_states
from screening.services.retrieval import LOT, Lot

SHOWN = 5


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def states_set(request: ReviewRequest, review: Review) -> HttpResponse:
    """Change the ticked reports, or all that the list's filter finds; the list then offers to undo it."""
    form, here = RetrievalOfManyForm(request.POST), reverse("screening:full_texts", args=[review.slug])
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect(here)
    query = form.cleaned_data["query"]
    chosen = form.cleaned_data["records"]
    if form.cleaned_data["all"]:
        chosen = list(_found(request, review, query).values_list("record", flat=True))
    try:
        lot = services.set_states_of(review=review, records=set(chosen), by=request.user, **form.given)
    except Refused as refusal:
        return refused(request, refusal, to=f"{here}?{query}")
    _tell(request, lot, "changed")
    return redirect(f"{here}?{_with_lot(query, lot)}")


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def states_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    event = get_object_or_404(AuditEvent, review=review, verb=LOT, pk=pk)
    here = reverse("screening:full_texts", args=[review.slug])
    try:
        lot = services.undo_states(review=review, event=event, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    _tell(request, lot, "as before again")
    return redirect(here)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def states_file(request: ReviewRequest, review: Review) -> HttpResponse:
    """The same from a CSV file: all its rows, or none."""
    form = RetrievalFileForm(request.POST, request.FILES)
    here = reverse("screening:full_texts", args=[review.slug])
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect(here)
    file = form.cleaned_data["file"]
    if file.size > settings.UPLOAD_LIMIT_BYTES:
        messages.error(request, f"{file.name} is too large for a table of states.")
        return redirect(here)
    try:
        done = set_full_text_states(review=review, by=request.user, name=file.name, data=file.read())
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"{done.taken:,} states recorded, {done.already:,} were there already.")
    return redirect(here)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def reminded(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A requested report was asked for again."""
    full_text = get_object_or_404(FullText.objects.select_related("record"), review=review, record_id=pk)
    form, here = ReminderForm(request.POST), reverse("screening:full_text", args=[review.slug, pk])
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect(here)
    try:
        services.remind(review=review, record=full_text.record, by=request.user, on=form.cleaned_data["on"])
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "The reminder is recorded.")
    if request.POST.get("from") == "list":
        here = f"{reverse('screening:full_texts', args=[review.slug])}?state=requested"
    return redirect(here)


@review_page(Permission.EXPORT)
@require_GET
def states_table(request: ReviewRequest, review: Review) -> HttpResponseBase:
    """What the list's filter finds, as CSV; the same columns are taken in again."""
    found = _found(request, review, request.GET.urlencode()).select_related("record").order_by("record_id")
    return csv_download(f"{review.slug}-full-texts.csv", HEADER, map(_row, found.iterator(chunk_size=500)))


HEADER = [
    "record_id",
    "record",
    "title",
    "doi",
    "pmid",
    "state",
    "requested_at",
    "requested_from",
    "reminders",
    "retrieved_at",
    "given_up_at",
    "why_not",
    "file_name",
    "changed_at",
]


def _row(full_text: FullText) -> list:
    record = full_text.record
    return [
        record.pk,
        record.citation,
        record.title,
        record.doi,
        record.pmid,
        full_text.state,
        full_text.requested_at or "",
        full_text.requested_from,
        "; ".join(full_text.reminders),
        full_text.retrieved_at or "",
        full_text.given_up_at or "",
        full_text.why_not,
        full_text.file_name,
        full_text.changed_at.isoformat(),
    ]


def _found(request: ReviewRequest, review: Review, query: str):
    rows = FullText.objects.current().filter(review=review)
    return ReportFilter(QueryDict(query), rows, request=request).qs.order_by("record_id")


def _first_error(form) -> str:
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label or name if name in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])


def _with_lot(query: str, lot: Lot) -> str:
    kept = QueryDict(query, mutable=True)
    kept.pop("lot", None)
    if lot.event:
        kept["lot"] = str(lot.event.pk)
    return kept.urlencode()


def _tell(request: ReviewRequest, lot: Lot, what: str) -> None:
    if lot.taken:
        messages.success(request, f"{lot.taken:,} {'report is' if lot.taken == 1 else 'reports are'} {what}.")
    if lot.left:
        told = " ".join(sentence for _, sentence in lot.left[:SHOWN])
        more = f" And {len(lot.left) - SHOWN:,} more." if len(lot.left) > SHOWN else ""
        messages.error(request, f"{len(lot.left):,} stayed as they were. {told}{more}")
