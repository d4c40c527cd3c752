"""Pairs that may be the same, one after the other, and the lists of what was decided."""

from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import replace_url

from records import ledger, services
from records.compare import arguments, likeness, merged_with, side_by_side
from records.filters import PairFilter
from records.formats import write_ris
from records.forms.duplicates import AnswerForm, PlaceForm, SplitForm
from records.models import DuplicateCandidate, Record
from records.queue import first_behind, last_before, pairs_to_decide
from records.services.decisions import BY_HAND
from records.services.standing import those_of
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review, User
from reviews.pages import page_of, refused
from reviews.permissions import Permission

State = DuplicateCandidate.State
UNDO_OFFERED = timedelta(hours=12)
LOOKED_BACK = 1000
SAID = {
    "merge": "Merged.",
    "left": "Merged, the left record stays.",
    "right": "Merged, the right record stays.",
    "distinct": "Not a duplicate.",
    "linked": "Linked as two reports of one study.",
}


@review_page(Permission.DEDUPLICATE)
@require_POST
def find_duplicates(request: ReviewRequest, review: Review) -> HttpResponse:
    job = services.request_deduplication(review=review, by=request.user)
    return redirect("reviews:job", review.slug, job.pk)


@review_page(Permission.VIEW)
@require_GET
def duplicates(request: ReviewRequest, review: Review) -> HttpResponse:
    """One pair to decide, side by side: the first, that ``?at=``, or the one ``?after=`` or ``?before=`` a pair."""
    return _answer(request, review, **PlaceForm(request.GET).place)


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_decide(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    candidate = get_object_or_404(review.duplicate_candidates.select_related("left", "right"), pk=pk)
    after = PlaceForm(request.POST).place["after"]
    form = AnswerForm(request.POST)
    before = pairs_to_decide(review)
    answer = ""
    try:
        answer, anyway = form.given()
        _decide(candidate, answer, request.user, anyway)
    except services.FurtherAlong as loss:
        return _answer(request, review, at=pk, after=after, wrong=str(loss), sure=answer, status=loss.status)
    except services.DecidedMeanwhile as refusal:
        return _refused(request, review, refusal, after=after)
    except services.NotACandidate as refusal:
        return _refused(request, review, refusal, at=pk, after=after)
    except Refused as refusal:
        return refused(request, refusal, _address(review, after=after))
    also = _also_settled(review, before, pk)
    if request.htmx:
        return _answer(request, review, after=after, said=f"{SAID[answer]} {also}".strip(), also=also)
    if also:
        messages.info(request, also)
    return redirect(_address(review, after=after))


def _also_settled(review: Review, before: dict[int, float], pk: int) -> str:
    """A sentence on the questions that a decision answered along with its own."""
    gone = before.keys() - pairs_to_decide(review).keys() - {pk}
    waiting = review.duplicate_candidates.filter(state=State.WAITING)  # others are somebody else's decisions
    count = sum(rows.count() for rows in those_of(waiting, gone))
    return f"{count} other question{' was' if count == 1 else 's were'} settled by it." if count else ""


def _decide(candidate: DuplicateCandidate, answer: str, by: User, anyway: bool) -> None:
    if answer == "distinct":
        services.mark_distinct(candidate=candidate, by=by)
    elif answer == "linked":
        services.link_reports(candidate=candidate, by=by)
    else:
        keep = {"left": candidate.left, "right": candidate.right}.get(answer)
        services.merge_candidate(candidate=candidate, by=by, primary=keep, anyway=anyway)


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_reopen(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Undo a decision: the pair is shown again, or (``back``) the list it was undone in."""
    candidate = get_object_or_404(review.duplicate_candidates.select_related("left", "right"), pk=pk)
    form = PlaceForm(request.POST)
    back = form.cleaned_data.get("back") if form.is_valid() else ""
    to = reverse("records:decided", args=[review.slug, back]) if back else _address(review, at=pk)
    try:
        services.reopen_candidate(candidate=candidate, by=request.user)
    except services.NotACandidate as refusal:
        return _refused(request, review, refusal) if not back else refused(request, refusal, to)
    undone = f"Undone: {candidate.left.citation} and {candidate.right.citation} wait for a decision again."
    if request.htmx:
        return _answer(request, review, at=pk, said=undone, undone=undone)
    messages.success(request, undone)
    return redirect(to)


@review_page(Permission.VIEW)
@require_GET
def decided(request: ReviewRequest, review: Review, state: str) -> HttpResponse:
    """Pairs merged, told apart or linked; each with who or which rule, and an undo."""
    rows = (
        review.duplicate_candidates.in_review()
        .filter(state=state)
        .select_related("left__search", "left__batch", "right__search", "right__batch", "decided_by")
        .order_by("-decided_at", "-pk")
    )
    found = PairFilter(request.GET, rows, request=request)
    page = page_of(request, found.qs, 50)
    words = services.words_about({pk for pair in page for pk in (pair.left_id, pair.right_id)})
    for pair in page:
        pair.sides = [(record, words.get(record.pk, "")) for record in pair.records]
    context = {
        "room": "duplicates",
        "state": state,
        "filter": found,
        "page_obj": page,
        "rule_for_votes": services.RULE_FOR_VOTES if words else "",
        **counts(review),
    }
    return render(request, "records/decided.html", context)


@review_page(Permission.EXPORT)
@require_GET
def duplicates_csv(request: ReviewRequest, review: Review) -> HttpResponseBase:
    """One row for each removed record, of the merged pairs that the same filters as on the page let through."""
    return csv_download(
        f"{review.slug}_duplicates.csv", ledger.HEADER, ledger.rows(review, _pairs(request, review))
    )


@review_page(Permission.EXPORT)
@require_GET
def duplicates_ris(request: ReviewRequest, review: Review) -> HttpResponseBase:
    """The removed records themselves, with all their tags."""
    removed = ledger.removed(review, _pairs(request, review))
    return StreamingHttpResponse(
        write_ris(removed),
        content_type="application/x-research-info-systems; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{review.slug}_duplicates.ris"'},
    )


@review_page(Permission.DEDUPLICATE)
@require_POST
def split(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a record out of its group: not a duplicate, or (``linked``) another report of the same study."""
    record = get_object_or_404(Record.objects.select_related("duplicate_of"), review=review, pk=pk)
    form = SplitForm(request.POST)
    linked = form.is_valid() and form.cleaned_data["linked"]
    back = reverse("records:group", args=[review.slug, record.duplicate_of_id or pk])
    try:
        services.split(record=record, by=request.user, linked=linked)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"{record.citation} (record {record.pk}) stands for itself again.")
    return redirect(back)


def counts(review: Review, n_waiting: int | None = None) -> dict[str, int]:
    """The numbers on the tabs of the duplicates pages."""
    own = review.duplicate_candidates.living()
    counted = own.aggregate(
        **{
            f"n_{state}": Count("pk", filter=Q(state=state))
            for state in (State.MERGED, *DuplicateCandidate.APART)
        }
    )
    removed = review.records.duplicates().aggregate(
        n_removed=Count("pk"), n_groups=Count("duplicate_of", distinct=True)
    )
    waiting = len(pairs_to_decide(review)) if n_waiting is None else n_waiting
    return counted | removed | {"n_waiting": waiting}


def _pairs(request: ReviewRequest, review: Review) -> set[int] | None:
    """The ids of the merged pairs that the filters in the address let through; None without a filter."""
    found = PairFilter(request.GET, review.duplicate_candidates.filter(state=State.MERGED), request=request)
    asked = any(request.GET.get(name) for name in found.filters)
    return set(found.qs.values_list("pk", flat=True)) if asked else None


def _address(review: Review, **place: int | None) -> str:
    given = {name: pk for name, pk in place.items() if pk}
    return reverse("records:duplicates", args=[review.slug]) + (f"?{urlencode(given)}" if given else "")


def _refused(
    request: ReviewRequest,
    review: Review,
    refusal: Refused,
    *,
    at: int | None = None,
    after: int | None = None,
) -> HttpResponse:
    """A decision that came to nothing: the sentence, and the pair that is next (or, with ``at``, the same)."""
    if request.htmx:
        return _answer(request, review, at=at, after=after, wrong=str(refusal), status=refusal.status)
    return refused(request, refusal, _address(review, at=at, after=after))


def _answer(
    request: ReviewRequest,
    review: Review,
    *,
    at: int | None = None,
    after: int | None = None,
    before: int | None = None,
    said: str = "",
    wrong: str = "",
    sure: str = "",
    undone: str = "",
    also: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or for htmx its part ``#pair`` with the address at which one may come back to it.

    ``said`` is for those who listen. ``sure`` is the answer that a person is asked about once more, ``undone`` and
    ``also`` what is told above the pair.
    """
    queue = pairs_to_decide(review)
    pairs = review.duplicate_candidates.select_related(
        "left__search",
        "left__batch",
        "left__duplicate_of",
        "right__search",
        "right__batch",
        "right__duplicate_of",
    )
    passed = pairs.filter(pk=before or after or at or 0).first()
    here: int | None
    if at in queue:
        here = at
    elif before:
        here = last_before(queue, passed) or next(iter(queue), None)
    else:
        here = first_behind(queue, passed)
    candidate = pairs.filter(pk=here or 0).first()
    previous = last_before(queue, candidate) if candidate else next(reversed(queue), None)
    last, is_newest = _last_decision(review, request.user)
    context = {
        "room": "duplicates",
        "candidate": candidate,
        "number": [*queue].index(candidate.pk) + 1 if candidate else 0,
        "previous": previous,
        "said": said,
        "wrong": wrong,
        "sure": sure,
        "undone": undone,
        "also": also,
        "last": last,
        "last_is_newest": is_newest,
        "last_stays": (last.left.duplicate_of or last.left) if last else None,
        "last_words": services.words_about([last.left_id, last.right_id]) if last else {},
        "rule_for_votes": services.RULE_FOR_VOTES,
        **(_side_by_side(candidate, request.user) if candidate else {}),
        **counts(review, len(queue)),
    }
    if not request.htmx:
        return render(request, "records/duplicates.html", context, status=status)
    response = render(request, "records/_duplicate_answer.html", context, status=status)
    return replace_url(
        response, _address(review, at=here) if here else request.htmx.current_url_abs_path or ""
    )


def _side_by_side(candidate: DuplicateCandidate, user: User) -> dict[str, Any]:
    reasons_for, reasons_against = arguments(candidate)
    ids = [candidate.left_id, candidate.right_id]
    words, own = services.words_about(ids), services.own_words(ids, user)
    sides = [
        (record, merged_with(record), words.get(record.pk, ""), own.get(record.pk, ""))
        for record in candidate.records
    ]
    return {
        "lines": side_by_side(candidate.left, candidate.right),
        "sides": sides,
        "stays": services.who_stays(candidate),
        "likeness": likeness(candidate.score),
        "reasons_for": reasons_for,
        "reasons_against": reasons_against,
        "any_words": bool(words or own),
    }


def _last_decision(review: Review, user: User) -> tuple[DuplicateCandidate | None, bool]:
    """The last decision of this person on one pair, which the undo key takes back, and whether nothing came after it.

    All pairs of one gesture have one time: a gesture on several (a group parted, many accepted) is undone where it
    was made, and never by a part.
    """
    recent = (
        review.duplicate_candidates.in_review()
        .filter(decided_by=user, automatic=False, decided_at__gte=timezone.now() - UNDO_OFFERED)
        .order_by("-decided_at", "-pk")
    )
    gestures = groupby(recent.values_list("pk", "state", "rule", "decided_at")[:LOOKED_BACK], itemgetter(3))
    for number, (_, pairs) in enumerate(gestures):
        (pk, state, rule, _), *others = pairs
        if not others and state != State.WAITING and not rule.startswith(BY_HAND):
            found = recent.select_related("left__duplicate_of__search", "left__search", "right")
            return found.filter(pk=pk).first(), number == 0
    return None, False
