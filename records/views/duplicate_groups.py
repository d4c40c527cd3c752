"""Groups of duplicates: who leads, whose values stand, who leaves, and all of them apart."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records import services
from records.compare import rows_of
from records.filters import GroupFilter
from records.forms.duplicates import PlaceForm, SureForm, TogetherForm, ValuesForm
from records.models import DuplicateCandidate, ImportBatch, Record
from records.services.members import PARTED
from records.views.duplicates import counts
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission

State = DuplicateCandidate.State


@review_page(Permission.VIEW)
@require_GET
def groups(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every group of merged records, the largest first."""
    followers = Count("duplicates", filter=Q(duplicates__batch__state=ImportBatch.State.DONE))
    leaders = review.records.unique().annotate(size=followers + 1).filter(size__gt=1)
    found = GroupFilter(
        request.GET,
        leaders.select_related("search").prefetch_related("duplicates__search", "duplicates__batch"),
        request=request,
    )
    context = {
        "room": "duplicates",
        "state": "groups",
        "filter": found,
        "page_obj": page_of(request, found.qs.order_by("-size", "pk"), 50),
        "parted": _parted(request, review),
        **counts(review),
    }
    return render(request, "records/groups.html", context)


@review_page(Permission.VIEW)
@require_GET
def group(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The group that a record belongs to: all members side by side, and why each of them is in it."""
    record = get_object_or_404(review.records.select_related("batch"), pk=pk)
    if record.duplicate_of_id:
        return redirect("records:group", review.slug, record.duplicate_of_id)
    return _show(request, review, record)


def _show(
    request: ReviewRequest, review: Review, record: Record, *, loss: str = "", chosen: int | None = None
) -> HttpResponse:
    """The group that ``record`` leads; with ``loss`` it is asked once more whether ``chosen`` shall lead."""
    members = [*Record.objects.groups_of(record).select_related("search", "batch").order_by("pk")]
    members.sort(key=lambda member: member.duplicate_of_id is not None)  # the one that leads comes first
    ids = [member.pk for member in members]
    pairs = review.duplicate_candidates.filter(state=State.MERGED).filter(Q(left__in=ids) | Q(right__in=ids))
    words, own = services.words_about(ids), services.own_words(ids, request.user)
    context = {
        "room": "duplicates",
        "leader": record,
        "members": [
            (member, " ".join(filter(None, [words.get(member.pk), own.get(member.pk)]))) for member in members
        ],
        "loss": loss,
        "chosen": chosen,
        "rows": rows_of(members),
        "pairs": pairs.select_related("left", "right", "decided_by").order_by("decided_at", "pk"),
        "rule_for_votes": services.RULE_FOR_VOTES,
        "any_words": bool(words or own),
    }
    return render(request, "records/group.html", context, status=409 if loss else 200)


@review_page(Permission.DEDUPLICATE)
@require_POST
def group_primary(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Let this record stand for its group; asked once more when a settled outcome would leave by it."""
    record = get_object_or_404(Record.objects.select_related("review"), review=review, pk=pk)
    back = reverse("records:group", args=[review.slug, pk])
    try:
        services.choose_primary(record=record, by=request.user, anyway=SureForm(request.POST).is_sure)
    except services.FurtherAlong as loss:
        record.refresh_from_db()
        leader = get_object_or_404(review.records.select_related("batch"), pk=record.duplicate_of_id or pk)
        return _show(request, review, leader, loss=str(loss), chosen=pk)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"{record.citation} (record {pk}) stands for its group now.")
    return redirect(back)


@review_page(Permission.DEDUPLICATE)
@require_POST
def group_values(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Let values of members stand in the record that leads the group."""
    record = get_object_or_404(Record.objects.select_related("review"), review=review, pk=pk)
    back = reverse("records:group", args=[review.slug, pk])
    try:
        values = ValuesForm(request.POST).given()
        record = services.choose_values(record=record, values=values, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "Saved. The record’s first values are kept and can be restored on its page.")
    return redirect(back)


@review_page(Permission.DEDUPLICATE)
@require_POST
def group_dissolve(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Part all records of the group; the page that follows offers to merge them again."""
    record = get_object_or_404(Record.objects.select_related("review"), review=review, pk=pk)
    try:
        event = services.dissolve(record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("records:group", args=[review.slug, pk]))
    return redirect(f"{reverse('records:groups', args=[review.slug])}?parted={event.pk}")


@review_page(Permission.DEDUPLICATE)
@require_POST
def group_merge(request: ReviewRequest, review: Review) -> HttpResponse:
    """Merge records by hand, one of them to stay."""
    try:
        given = TogetherForm(review, request.POST).given()
        anyway = SureForm(request.POST).is_sure
        record = services.merge(review=review, by=request.user, anyway=anyway, **given)
    except Refused as refusal:
        return refused(request, refusal, reverse("records:groups", args=[review.slug]))
    messages.success(request, f"Merged: {record.citation} (record {record.pk}) stands for the group.")
    return redirect("records:group", review.slug, record.pk)


def _parted(request: ReviewRequest, review: Review) -> AuditEvent | None:
    """The group that this person has just parted, so that they may put it together again."""
    number = PlaceForm({"at": request.GET.get("parted")}).place["at"]
    return review.events.filter(verb=PARTED, actor=request.user, pk=number or 0).first()
