"""One record as a page: correcting it, giving it back its first text, adding one by hand."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from records import services
from records.first_text import first_text, last_correction
from records.forms.records import CorrectionForm, NewRecordForm, PasteForm
from records.lookalikes import known_as
from records.models import Record
from records.values import as_text
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


# Who may say that two records are one may say what a record says: both change what everybody screens.
@review_page(Permission.DEDUPLICATE)
@require_http_methods(["GET", "POST"])
def record_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """``?next=`` is the page to go back to; else it is the record's own."""
    record = _find(review, pk)
    here = reverse("screening:record", args=[review.slug, pk])
    form = CorrectionForm(record, request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.correct_record(
                    record=record,
                    changes=form.given(),
                    seen=form.seen(),
                    by=request.user,
                    why=form.cleaned_data["why"],
                )
                messages.success(
                    request, "Corrected. The first text is kept, and everybody sees the new one."
                )
                return redirect(_next(request) or here)
            except services.ChangedMeanwhile as refusal:
                status, form = refusal.status, _again(record, form, refusal)
            except Refused as refusal:
                refuse_form(form, refusal)
    context = {
        "room": "records",
        "record": record,
        "form": form,
        "next": _next(request),
        "back": _next(request) or here,
        "first": first_text(record),
        "last": last_correction(record),
    }
    return render(request, "records/record_edit.html", context, status=status)


@review_page(Permission.DEDUPLICATE)
@require_POST
def record_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Without ``field`` all fields get their first text back."""
    record = _find(review, pk)
    back = _next(request) or reverse("records:record_edit", args=[review.slug, pk])
    try:
        services.restore_original(
            record=record, fields=request.POST.getlist("field") or None, by=request.user
        )
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "The first text is back.")
    return redirect(back)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def record_add(request: ReviewRequest, review: Review) -> HttpResponse:
    """First read what was pasted into the form, then add what the form says."""
    reading = request.POST.get("step") == "read"
    paste = PasteForm(request.POST if reading else None)
    known: list[Record] = []
    status = 200
    if reading:
        form, status = _read(request, review, paste)
        known = known_as(review, form.initial)
    else:
        form = NewRecordForm(review, request.POST or None, initial={"search": request.GET.get("search")})
    if request.method == "POST" and not reading:
        status = 422
        if form.is_valid():
            try:
                record = _add(request, review, form)
                if form.reused:
                    messages.info(request, f"The review has {form.reused} already: that source was taken.")
                query = urlencode({"search": record.search_id, "added": record.pk})
                return redirect(f"{request.path}?{query}")
            except services.KnownAlready as refusal:
                known, status = refusal.records, refusal.status
                form.add_error(None, str(refusal))
            except Refused as refusal:
                refuse_form(form, refusal)
    context = {
        "room": "searches",
        "paste": paste,
        "form": form,
        "known": known,
        "added": _added(review, request.GET.get("added", "")),
    }
    return render(request, "records/record_add.html", context, status=status)


def _find(review: Review, pk: int) -> Record:
    rows = review.records.select_related("review", "search", "batch", "duplicate_of")
    return get_object_or_404(rows, pk=pk)


def _next(request: ReviewRequest) -> str:
    """The page asked for with ``next``, if it is one of ours."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    return to if ours and to.startswith("/") else ""


def _again(record: Record, form: CorrectionForm, refusal: services.ChangedMeanwhile) -> CorrectionForm:
    """The same answers beside what the record says by now: sent once more, they are meant."""
    again = CorrectionForm(record, form.seen_anew(refusal.now))
    again.add_error(None, str(refusal))
    for name, value in refusal.now.items():
        again.add_error(name, f"Says now: {as_text(value) or 'nothing'}")
    return again


def _read(request: ReviewRequest, review: Review, paste: PasteForm) -> tuple[NewRecordForm, int]:
    """A form filled with what the pasted text says."""
    try:
        if paste.is_valid():
            text = paste.cleaned_data["pasted"]
            found, remark = services.look_up_reference(text)
            if remark:
                messages.info(request, remark)
            initial = {name: as_text(value) for name, value in found.items()} | {"pasted": text}
            return NewRecordForm(review, initial=initial), 200
    except Refused as refusal:
        refuse_form(paste, refusal)
    return NewRecordForm(review), 422


def _add(request: ReviewRequest, review: Review, form: NewRecordForm) -> Record:
    return services.add_record(
        review=review,
        values=form.given(),
        by=request.user,
        search=form.cleaned_data.get("search"),
        new_search=form.new_search(),
        pasted=form.cleaned_data["pasted"],
        anyway="anyway" in request.POST,
    )


def _added(review: Review, pk: str) -> Record | None:
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return review.records.live().select_related("search", "batch").filter(pk=pk).first()
