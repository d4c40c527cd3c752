"""All records of the review: the list with its filters, and everything known about one."""

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import DuplicateCandidate, Record
from records.services import network_is_on
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening import earlier, likeliness, listing, remarks, services
from screening.earlier import hide_decisions
from screening.filters import RecordFilter
from screening.forms import ReopenForm
from screening.linked import other_reports
from screening.models import (
    Adjudication,
    Decision,
    FullText,
    Placement,
    RemovedRecord,
    Report,
    SavedSearch,
    Stage,
    Verdict,
)
from screening.retraction_flags import flag
from screening.services import notes, searches


@review_page(Permission.VIEW)
@require_GET
def records(request: ReviewRequest, review: Review) -> HttpResponse:
    rows = Record.objects.unique().filter(review=review).order_by("pk")
    found = RecordFilter(request.GET, rows, request=request)
    asked = found.qs if "q" not in found.form.errors else rows.none()
    membership = request.membership
    ids: QuerySet | list[int] = asked.values_list("pk", flat=True)
    if found.likely_at:
        ids = likeliness.most_likely_first(membership, found.likely_at, ids)
    elif found.reads_text:  # done once, for the ids; the count of another filter is quicker than its ids
        ids = list(ids)
    page = page_of(request, ids)
    page.object_list = listing.rows(membership, list(page.object_list))
    saved = SavedSearch.objects.live().visible_to(membership).select_related("owner")
    context = {
        "room": "records",
        "filter": found,
        "page_obj": page,
        "stages": list(Stage),
        "likely_stages": likeliness.stages_shown(membership),
        "saved": saved,
        "labels_offered": remarks.labels_offered(membership),
        "query": searches.tidy(request.GET.urlencode()),
        "may_vote": Permission.SCREEN in membership.may and not review.archived_at,
    }
    return render(request, "screening/records.html", context)


@review_page(Permission.VIEW)
@require_GET
def record(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    record = get_object_or_404(
        Record.objects.select_related("search", "batch", "duplicate_of").filter(review=review), pk=pk
    )
    membership = request.membership
    hide_decisions(record)
    flag([record])
    merged = _merged(record)
    decisions = Decision.objects.visible_to(membership).filter(record=record)
    verdicts = Verdict.objects.visible_to(membership).filter(record=record).select_related("reason")
    included = any(row.stage == Stage.TITLE_ABSTRACT and row.state == "included" for row in verdicts)
    stage = Stage.FULL_TEXT if included else Stage.TITLE_ABSTRACT
    notes.see_notices(membership=membership, record=record)
    report = Report.objects.filter(record=record).select_related("study").first()
    context = {
        "room": "records",
        "record": record,
        "extra": {
            tag: "; ".join(map(str, value)) if isinstance(value, list) else value
            for tag, value in record.extra.items()
        },
        "sources": _sources(record, merged),
        "merged": merged,
        "earlier": earlier.shown_to(membership, record),
        "other_reports": other_reports(record),
        "decisions": decisions.select_related("reviewer", "reason", "intake__batch"),
        "placements": Placement.objects.visible_to(membership)
        .live()
        .filter(record=record)
        .select_related("reason", "intake__batch"),
        "adjudications": Adjudication.objects.visible_to(membership)
        .live()
        .filter(record=record)
        .select_related("adjudicator", "reason"),
        "verdicts": {verdict.stage: verdict for verdict in verdicts},
        "reopen_forms": _reopen_forms(membership, verdicts),
        "full_text": FullText.objects.filter(record=record).first(),
        "report": report,
        "may_ask_model": stage not in {row.stage for row in verdicts if row.is_settled}
        and likeliness.may_ask(membership, stage),
        "removed": RemovedRecord.objects.live().filter(record=record).select_related("removal__by").first(),
        "may_chase": report is not None and Permission.IMPORT in membership.may and network_is_on(),
        "events": AuditEvent.objects.visible_to(request.user).filter(
            review=review, target_type="records.record", target_id=str(record.pk)
        ),
    } | remarks.beside_record(membership, record, stage)
    return render(request, "screening/record.html", context)


@review_page(Permission.ADJUDICATE)
@require_POST
def reopen_record(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    record = get_object_or_404(Record.objects.filter(review=review), pk=pk)
    here = reverse("screening:record", args=[review.slug, pk])
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Not opened: say why, in at most 500 characters.")
        return redirect(here)
    try:
        services.reopen(review=review, record=record, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "The record is open again.")
    return redirect(here)


def _merged(record: Record) -> list[DuplicateCandidate]:
    """The pairs through which this record is one with others, each with who or what merged it."""
    merged = DuplicateCandidate.objects.filter(state=DuplicateCandidate.State.MERGED)
    pairs = merged.filter(Q(left=record) | Q(right=record)).select_related("decided_by")
    return list(pairs.order_by("pk"))


def _sources(record: Record, merged: list[DuplicateCandidate]) -> list[Record]:
    """The record and its duplicates, each of these with the pair that merged it, if that is with the record."""
    pairs = {pair.left_id if pair.right_id == record.pk else pair.right_id: pair for pair in merged}
    sources = [record, *record.duplicates.live().select_related("search", "batch")]
    for source in sources:
        source.pair = pairs.get(source.pk)  # type: ignore[attr-defined]
    return sources


def _reopen_forms(membership, verdicts) -> list[tuple[str, ReopenForm]]:
    """One form for each stage that is complete, for those who may open it again."""
    if Permission.ADJUDICATE not in membership.may:
        return []
    return [
        (
            Stage(verdict.stage).label,
            ReopenForm(initial={"stage": verdict.stage}, auto_id=f"{verdict.stage}_%s"),
        )
        for verdict in verdicts
        if verdict.is_settled
    ]
