"""Lists of terms: their page, one list with all its terms in one field, files, and copying."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.forms_remarks import CopyForm, NewTermListForm, TermFileForm, TermListForm
from screening.models import COLOURS, TermList
from screening.services import term_files
from screening.services import terms as service
from screening.services.hands import has_hand

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@review_page(Permission.VIEW)
@require_GET
def terms(request: ReviewRequest, review: Review) -> HttpResponse:
    return _page(request, review)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def term_list_new(request: ReviewRequest, review: Review) -> HttpResponse:
    """A new list; ``?from=population`` proposes terms out of that field of the protocol."""
    proposed = service.proposed_lists(review).get(request.GET.get("from", ""), {})
    initial = {
        "kind": "include",
        "colour": TermList.objects.visible_to(request.membership).count() % COLOURS + 1,
        "own": Permission.AMEND_PROTOCOL not in request.membership.may,
    }
    initial |= proposed | ({"terms": "\n".join(proposed["terms"])} if proposed else {})
    form = NewTermListForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = service.make_list(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"List “{made}” saved: {len(made.terms)} terms.")
            return redirect("screening:terms", review.slug)
    context = {"room": "screening", "form": form, "proposed": proposed}
    return render(request, "screening/term_list.html", context, status=422 if form.errors else 200)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def term_list(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One list, all its terms in one field."""
    found = _visible(request, pk)
    names = ("name", "kind", "colour")
    initial = {name: getattr(found, name) for name in names} | {"terms": "\n".join(map(_quoted, found.terms))}
    form = TermListForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = service.change_list(term_list=found, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"List “{saved}” saved: {len(saved.terms)} terms.")
            return redirect("screening:terms", review.slug)
    context = {
        "room": "screening",
        "form": form,
        "term_list": found,
        "may_change": service.may_change_list(found, request.membership),
    }
    return render(request, "screening/term_list.html", context, status=422 if form.errors else 200)


@review_page(Permission.VIEW)
@require_POST
def term_list_state(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Retire a list, or (``restore`` in the form) bring it back."""
    verb = service.restore_list if "restore" in request.POST else service.retire_list
    return _gesture(request, review, lambda: verb(term_list=_visible(request, pk), by=request.user))


@review_page(Permission.VIEW)
@require_POST
def term_list_switch(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Mark the terms of a list for oneself (``on`` in the form), or not."""
    found, on = _visible(request, pk), "on" in request.POST
    return _gesture(request, review, lambda: service.switch_list(term_list=found, by=request.user, on=on))


@review_page(Permission.VIEW)
@require_POST
def term_list_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One place up (or ``down`` in the form) among its like."""
    found = _visible(request, pk)
    ids = list(
        TermList.objects.filter(review=review, owner=found.owner).in_use().values_list("pk", flat=True)
    )
    if pk in ids:
        place = ids.index(pk)
        other = max(0, min(len(ids) - 1, place + (1 if "down" in request.POST else -1)))
        ids[place], ids[other] = ids[other], ids[place]
    return _gesture(request, review, lambda: service.order_lists(review=review, by=request.user, ids=ids))


@review_page(Permission.VIEW)
@require_POST
def terms_upload(request: ReviewRequest, review: Review) -> HttpResponse:
    form = TermFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            lists = term_files.take_file(
                review=review, by=request.user, name=file.name, data=file.read(), own=form.cleaned_data["own"]
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(
                request, f"Taken: {', '.join(f'{each} ({len(each.terms)} terms)' for each in lists)}."
            )
            return redirect("screening:terms", review.slug)
    return _page(request, review, upload=form, status=422)


@review_page(Permission.VIEW)
@require_POST
def terms_copy(request: ReviewRequest, review: Review) -> HttpResponse:
    form = CopyForm(request.POST, membership=request.membership)
    if form.is_valid():
        try:
            lists = service.copy_lists(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Copied: {', '.join(map(str, lists))}.")
            return redirect("screening:terms", review.slug)
    return _page(request, review, copy=form, status=422)


@review_page(Permission.VIEW)
@require_GET
def terms_csv(request: ReviewRequest, review: Review) -> HttpResponse:
    rows = term_files.rows_of(request.membership)
    return csv_download(f"{review.slug}_terms.csv", term_files.HEADER, rows)  # type: ignore[return-value]


@review_page(Permission.VIEW)
@require_GET
def terms_xlsx(request: ReviewRequest, review: Review) -> HttpResponse:
    return HttpResponse(
        term_files.as_xlsx(request.membership),
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{review.slug}_terms.xlsx"'},
    )


def _visible(request: ReviewRequest, pk: int) -> TermList:
    lists = TermList.objects.visible_to(request.membership).select_related("review", "owner")
    return get_object_or_404(lists, pk=pk)


def _gesture(request: ReviewRequest, review: Review, act) -> HttpResponse:
    here = reverse("screening:terms", args=[review.slug])
    try:
        act()
    except Http404:
        raise
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


def _quoted(term: str) -> str:
    """As the field takes it: a comma or semicolon within a term needs quotes."""
    return f'"{term}"' if "," in term or ";" in term else term


def _page(
    request: ReviewRequest,
    review: Review,
    upload: TermFileForm | None = None,
    copy: CopyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    membership = request.membership
    off = set(request.user.preferences.get("term_lists_off", ()))
    rows = list(TermList.objects.visible_to(membership).order_by("order", "pk"))
    for row in rows:
        row.on = row.pk not in off  # type: ignore[attr-defined]
        row.may_change = service.may_change_list(row, membership)  # type: ignore[attr-defined]
    may_lead = Permission.AMEND_PROTOCOL in membership.may
    initial = {"own": not may_lead}
    copy = copy or CopyForm(membership=membership, initial=initial)
    context = {
        "room": "screening",
        "groups": [
            ("The review’s lists", [row for row in rows if not row.owner_id and not row.retired_at]),
            ("Only mine", [row for row in rows if row.owner_id and not row.retired_at]),
        ],
        "retired": [row for row in rows if row.retired_at],
        "proposed": service.proposed_lists(review),
        "upload": upload or TermFileForm(initial=initial),
        "copy": copy if copy.fields["source"].queryset.exists() else None,  # type: ignore[attr-defined]
        "may_make": has_hand(membership) and review.archived_at is None,
    }
    return render(request, "screening/terms.html", context, status=status)
