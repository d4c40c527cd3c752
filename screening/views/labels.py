"""Labels: the page where they are made and changed, and the press that puts one on a record."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import Record
from reviews.access import BIGGEST_ID, ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening import remarks
from screening.forms_remarks import LabelForm, MergeForm, NewLabelForm
from screening.models import Label, Labelling
from screening.services import labellings
from screening.services import labels as service
from screening.services.hands import has_hand


def came_from(request: ReviewRequest, otherwise: str) -> str:
    """The page the gesture was made on, if it is one of ours."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure())
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}".rstrip("?") if ours else otherwise


@review_page(Permission.VIEW)
@require_GET
def labels(request: ReviewRequest, review: Review) -> HttpResponse:
    return _page(request, review, NewLabelForm(initial={"colour": _next_colour(request)}))


@review_page(Permission.VIEW)
@require_POST
def label_make(request: ReviewRequest, review: Review) -> HttpResponse:
    form = NewLabelForm(request.POST)
    if form.is_valid():
        try:
            label = service.make_label(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Label “{label}” made.")
            return redirect("screening:labels", review.slug)
    return _page(request, review, form, status=422)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def label(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Rename or recolour one label, or merge it into another."""
    label = _visible(request, pk)
    form = LabelForm(request.POST or None, initial={"name": label.name, "colour": label.colour})
    if request.method == "POST" and form.is_valid():
        try:
            service.change_label(label=label, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Saved. Its uses stay.")
            return redirect("screening:labels", review.slug)
    merge = MergeForm(label=label, membership=request.membership)
    context = {"room": "records", "label": label, "form": form, "merge": merge}
    return render(request, "screening/label.html", context, status=422 if form.errors else 200)


@review_page(Permission.VIEW)
@require_POST
def label_merge(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    label = _visible(request, pk)
    form = MergeForm(request.POST, label=label, membership=request.membership)
    here = reverse("screening:label", args=[review.slug, pk])
    if not form.is_valid():
        messages.error(request, "Choose the label to merge into.")
        return redirect(here)
    try:
        into = service.merge_labels(label=label, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"“{label}” is “{into}” now. Restore it to take that back.")
    return redirect("screening:labels", review.slug)


@review_page(Permission.VIEW)
@require_POST
def label_state(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Retire a label, or (``restore`` in the form) offer it again."""
    label, here = _visible(request, pk), reverse("screening:labels", args=[review.slug])
    verb = service.restore_label if "restore" in request.POST else service.retire_label
    try:
        verb(label=label, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


@review_page(Permission.VIEW)
@require_POST
def label_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One place up (or ``down`` in the form) among its like."""
    label, here = _visible(request, pk), reverse("screening:labels", args=[review.slug])
    peers = Label.objects.filter(review=review, owner=label.owner).in_use()
    ids = list(peers.values_list("pk", flat=True))
    if pk in ids:
        place = ids.index(pk)
        other = max(0, min(len(ids) - 1, place + (1 if "down" in request.POST else -1)))
        ids[place], ids[other] = ids[other], ids[place]
        try:
            service.order_labels(review=review, by=request.user, ids=ids)
        except Refused as refusal:
            return refused(request, refusal, to=here)
    return redirect(here)


@review_page(Permission.VIEW)
@require_POST
def label_toggle(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Put a label on the record or take one's own use off; answers with the record's labels."""
    record = get_object_or_404(Record.objects.filter(review=review), pk=pk)
    here = came_from(request, reverse("screening:record", args=[review.slug, pk]))
    label = _visible(request, request.POST.get("label", ""))
    try:
        labellings.toggle_label(review=review, label=label, record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    if not request.htmx:
        return redirect(here)
    context = remarks.beside(request.membership) | {
        "record": record,
        "labels": remarks.labels_on(request.membership, [record]).get(pk, []),
    }
    return render(request, "screening/_labels.html", context)


def _visible(request: ReviewRequest, pk: int | str) -> Label:
    """A label that the member may see, by an id from the address or the form."""
    number = int(pk) if str(pk).isdecimal() else 0
    if not 0 < number <= BIGGEST_ID:
        raise Http404("There is no such label.")
    found = Label.objects.visible_to(request.membership).select_related("review", "owner", "merged_into")
    return get_object_or_404(found, pk=number)


def _page(request: ReviewRequest, review: Review, form: NewLabelForm, status: int = 200) -> HttpResponse:
    membership = request.membership
    uses = Labelling.objects.live().visible_to(membership).values("label")
    counts = {row["label"]: row["records"] for row in uses.annotate(records=Count("record", distinct=True))}
    rows = list(Label.objects.visible_to(membership).select_related("merged_into").order_by("order", "pk"))
    for row in rows:
        row.count = counts.get(row.pk, 0)  # type: ignore[attr-defined]
        row.may_change = service.may_change(row, membership)  # type: ignore[attr-defined]
    context = {
        "room": "records",
        "form": form,
        "groups": [
            ("Shared labels", [row for row in rows if not row.owner_id and not row.retired_at]),
            ("Only mine", [row for row in rows if row.owner_id and not row.retired_at]),
        ],
        "retired": [row for row in rows if row.retired_at],
        "lot": _last_lot(request),
        "may_make": has_hand(membership) and review.archived_at is None,
    }
    return render(request, "screening/labels.html", context, status=status)


def _last_lot(request: ReviewRequest) -> Labelling | None:
    """One use of one's own last gesture on many records, while something of it is there to be taken back."""
    own = Labelling.objects.live().filter(label__review=request.membership.review, by=request.user)
    return own.exclude(lot=None).select_related("label").last()


def _next_colour(request: ReviewRequest) -> int:
    shared = Label.objects.filter(review=request.membership.review).aggregate(
        made=Count("pk", filter=Q(owner=None))
    )
    return shared["made"] % 8 + 1
