"""One label on many records of the list, and back."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from records.models import Record, RecordQuerySet
from reviews.access import BIGGEST_ID, ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening.filters import found_by
from screening.models import Label, Labelling
from screening.services import searches
from screening.services.labellings import label_many, unlabel_lot


@review_page(Permission.VIEW)
@require_POST
def labels_put(request: ReviewRequest, review: Review) -> HttpResponse:
    """Put a label on the ticked rows (``pick``), or with ``all`` on every record that ``query`` finds."""
    here = reverse("screening:records", args=[review.slug])
    query, given = searches.tidy(request.POST.get("query", "")), request.POST.get("label", "")
    back = f"{here}?{query}" if query else here
    number = int(given) if given.isdecimal() and int(given) <= BIGGEST_ID else 0
    label = Label.objects.visible_to(request.membership).in_use().filter(pk=number).first()
    if label is None:
        messages.error(request, "Nothing was labelled: choose a label.")
        return redirect(back)
    try:
        lot = label_many(review=review, label=label, records=_chosen(request, query), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=back)
    already = f" {lot.already} had it." if lot.already else ""
    messages.success(
        request, f"“{label}” put on {lot.taken} records.{already} Labels has a button to take it back."
    )
    return redirect(back)


@review_page(Permission.VIEW)
@require_POST
def labels_take_back(request: ReviewRequest, review: Review, lot: uuid.UUID) -> HttpResponse:
    """Take back what one's own gesture on many records did."""
    here = reverse("screening:labels", args=[review.slug])
    if not Labelling.objects.filter(label__review=review, lot=lot, by=request.user).exists():
        raise Http404("You have no such lot of labels in this review.")
    try:
        taken = unlabel_lot(review=review, lot=lot, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"Taken off {taken} records.")
    return redirect(here)


def _chosen(request: ReviewRequest, query: str) -> RecordQuerySet:
    if "all" in request.POST:
        return found_by(request.membership, query)
    ticked = {int(pk) for pk in request.POST.getlist("pick") if pk.isdecimal() and int(pk) <= BIGGEST_ID}
    return Record.objects.filter(review=request.membership.review, pk__in=ticked)
