"""What the screen's script asks for: votes are sent in lots with the next records in the answer, panes come as JSON.

Each answer names the person who is signed in, so that the browser never shows one person what it asked for another.
"""

import json
import uuid
from typing import Any, TypeGuard

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import BIGGEST_ID, ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.permissions import Permission
from screening import queue, services
from screening.batches import within
from screening.models import Decision, Stage
from screening.panes import BESIDE, common, drawn, panes
from screening.services.read_once import read_once
from screening.services.vote_batches import AT_MOST, cast_many
from screening.services.votes import require_at_stage

MOST_AHEAD = 10
POSTPONE = "postpone"


class NotOurs(Refused):
    """Votes of somebody else than the person signed in."""

    status = 412


class Unreadable(Refused):
    """A body this address cannot take."""

    status = 422


@review_page(Permission.SCREEN)
@require_POST
def votes(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Take votes in their order, each by itself, and answer with the next records asked for.

    Body: ``{"as": user id, "votes": [{"record", "vote", "reason", "note", "key", "seconds", "answers"}],
    "ahead": {"count", "without": [ids], "after"}}``; the vote ``postpone`` puts a record off. Answer:
    ``{"user", "votes": {key: {"state": "taken"|"refused", "sentence"}}, "ahead": [{"record", "html"}], "done"}``.
    """
    try:
        sent = _body(request)
        with read_once():
            told = _take(request, review, stage, sent["votes"])
            answer = {"user": request.user.pk, "votes": told}
            return JsonResponse(answer | _ahead(request, review, stage, sent["ahead"]))
    except Refused as refusal:
        return sentence(request, refusal)


@review_page(Permission.SCREEN)
@require_GET
def pane(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """One record as JSON."""
    record = get_object_or_404(Record.objects.unique().filter(review=review).select_related(*BESIDE), pk=pk)
    try:
        require_at_stage(record, stage)
    except Refused as refusal:
        return sentence(request, refusal)
    return pane_answer(request, review, stage, record)


@review_page(Permission.SCREEN)
@require_GET
def before(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """The record one voted on before the one ``?record=`` (or last), as JSON; ``record`` is null at the start."""
    own = Decision.objects.live().cast_here().at(stage).filter(review=review, reviewer=request.user)
    asked = request.GET.get("record", "")
    this = own.filter(record=int(asked)).first() if asked.isdecimal() and int(asked) <= BIGGEST_ID else None
    if this is not None:
        own = own.filter(pk__lt=this.pk)
    unique = Record.objects.unique().filter(review=review)
    last = own.filter(record__in=unique).order_by("-pk").first()
    if last is None:
        return JsonResponse({"user": request.user.pk, "record": None})
    record = unique.select_related(*BESIDE).get(pk=last.record_id)
    return pane_answer(request, review, stage, record)


@review_page(Permission.SCREEN)
@require_GET
def progress(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """How far the person is, and what a page needs whose sign-in was renewed."""
    now = queue.progress(review, stage, request.user)
    counts = {
        "left": now.left,
        "done": now.done,
        "mine": now.mine,
        "total": now.total,
        "complete": now.complete,
    }
    return JsonResponse({"user": request.user.pk, "csrf": get_token(request), "progress": counts})


def pane_answer(request: ReviewRequest, review: Review, stage: Stage, record: Record) -> JsonResponse:
    """``{"user", "record", "html"}`` of one record."""
    shared = common(review, stage)
    [shown] = drawn(request, shared, panes(request.membership, stage, [record], shared))
    return JsonResponse({"user": request.user.pk} | shown)


def wants_json(request: ReviewRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def require_same_person(request: ReviewRequest, user: object) -> None:
    """Refuse what another person left to be sent; ``user`` None is a plain form of this page."""
    if user is not None and str(user) != str(request.user.pk):
        raise NotOurs(
            "Somebody else is signed in in this browser now: nothing was sent. Sign in as the person who voted."
        )


def _take(request: ReviewRequest, review: Review, stage: Stage, sent: list[dict]) -> dict:
    """An answer for each key; a refused vote says why and stands in nobody's way."""
    told = {each["key"]: _put_off(request, review, stage, each) for each in sent if _is_skip(each)}
    votes = [each for each in sent if not _is_skip(each)]
    return told | cast_many(review=review, stage=stage, reviewer=request.user, votes=votes)


def _is_skip(sent: dict) -> bool:
    return sent.get("vote") == POSTPONE


def _put_off(request: ReviewRequest, review: Review, stage: Stage, sent: dict) -> dict:
    pk = sent.get("record")
    record = Record.objects.filter(review=review, pk=pk).first() if _is_id(pk) else None
    try:
        if record is None:
            raise Unreadable("This record is not in the review (any more).")
        services.postpone(review=review, stage=stage, reviewer=request.user, record=record)
    except Refused as refusal:
        return {"state": "refused", "sentence": str(refusal)}
    return {"state": "taken", "sentence": ""}


def _ahead(request: ReviewRequest, review: Review, stage: Stage, asked: dict) -> dict:
    """The next records drawn; when there are none, what the page shows at the end."""
    count = min(_number(asked.get("count")) or 0, MOST_AHEAD)
    if not count:
        return {"ahead": []}
    without = [pk for pk in asked.get("without") or [] if _is_id(pk)][:200]
    after = asked.get("after")
    found = queue.ahead(
        review,
        stage,
        request.user,
        after=after if _is_id(after) else None,
        without=without,
        count=count,
        within=within(request),
    )
    if not found and not without:
        now = queue.progress(review, stage, request.user)
        context = {"stage": stage, "progress": now, "last": True}
        return {"ahead": [], "done": render_to_string("screening/_screen_done.html", context, request)}
    shared = common(review, stage)
    contexts = panes(request.membership, stage, found, shared, drawn_now=True)
    return {"ahead": drawn(request, shared, contexts)}


def _body(request: ReviewRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except ValueError as error:
        raise Unreadable("The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise Unreadable('Send an object with "as", "votes" and "ahead".')
    if "as" not in sent:
        raise Unreadable('Say in "as" whose votes these are (the id of the user).')
    require_same_person(request, sent["as"])
    votes, asked = sent.get("votes", []), sent.get("ahead", {})
    if not isinstance(votes, list) or len(votes) > AT_MOST or not all(_has_key(each) for each in votes):
        raise Unreadable(f'"votes" must be a list of at most {AT_MOST} objects, each with a "key" (a UUID).')
    if not isinstance(asked, dict) or not isinstance(asked.get("without", []), list):
        raise Unreadable('"ahead" must be an object: {"count": 5, "without": [ids], "after": id}.')
    return {"votes": votes, "ahead": asked}


def _has_key(sent: object) -> bool:
    try:
        return isinstance(sent, dict) and bool(uuid.UUID(sent.get("key")))
    except (TypeError, ValueError, AttributeError):
        return False


def _is_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= BIGGEST_ID


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def sentence(request: ReviewRequest, refusal: Refused) -> JsonResponse:
    return JsonResponse({"user": request.user.pk, "detail": str(refusal)}, status=refusal.status)
