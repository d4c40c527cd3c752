"""The signed-in person's own choices."""

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from reviews.access import ReviewRequest
from reviews.errors import Refused
from reviews.pages import refused
from reviews.services import KEY_SETS, SHORTCUTS, AccountRefused, save_preferences

LABELS = {
    "include": "Include",
    "maybe": "Maybe",
    "exclude": "Exclude",
    "awaiting": "Awaiting classification",
    "ongoing": "Ongoing study",
    "undo": "Undo what I did last",
    "skip": "Skip: it comes again at the end",
    "next": "Next record, without voting",
    "previous": "The record before, to look at again",
    "note": "Write a note",
    "label": "Put a label on it",
    "ask": "Ask a colleague",
    "highlights": "Mark terms, or not",
    "criteria": "Open or close the criteria",
    "pdf": "Open the PDF",
    "duplicate": "Duplicate of another record",
    "explain": "Why the model gives this score",
}
SET_LABELS = {
    "default": "As it comes",
    "rayyan": "As in Rayyan",
    "asreview": "As in ASReview LAB",
    "covidence": "The letters of Covidence’s buttons: Yes, Maybe, No",
}


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: ReviewRequest) -> HttpResponse:
    """The page of one's keys; a post saves ``shortcuts``, ``keys``, ``key_set`` or ``screen``, as JSON or as fields.

    JSON is answered with all preferences, a form goes back to its ``next``.
    """
    if request.method == "GET":
        return render(request, "reviews/preferences.html", _keys_of(request))
    is_json = request.content_type == "application/json"
    try:
        chosen = save_preferences(
            user=request.user, **(_from_json(request) if is_json else _from_form(request))
        )
    except Refused as refusal:
        if is_json:
            return JsonResponse({"detail": str(refusal)}, status=refusal.status)
        return refused(request, refusal, _next(request))
    return JsonResponse(chosen) if is_json else redirect(_next(request))


def _from_json(request: ReviewRequest) -> dict:
    try:
        sent = json.loads(request.body)
    except ValueError as error:
        raise AccountRefused("The body is not JSON.") from error
    if not isinstance(sent, dict) or sent.keys() - {"shortcuts", "keys", "key_set", "screen"}:
        raise AccountRefused(
            'Send an object with any of "shortcuts" (true or false), "keys" (gesture: key), "key_set" and "screen".'
        )
    if not isinstance(sent.get("shortcuts", True), bool):
        raise AccountRefused('"shortcuts" must be true or false.')
    if not isinstance(sent.get("screen", {}), dict):
        raise AccountRefused('"screen" must be an object, for example {"text_size": "large"}.')
    if not isinstance(sent.get("key_set", ""), str):
        raise AccountRefused('"key_set" must be a word, for example "rayyan".')
    if not isinstance(sent.get("keys", {}), dict):
        raise AccountRefused('"keys" must be an object, for example {"include": "i"}.')
    return sent


def _from_form(request: ReviewRequest) -> dict:
    chosen: dict = {}
    if "shortcuts" in request.POST:
        chosen["shortcuts"] = request.POST["shortcuts"] in {"on", "true", "1"}
    if request.POST.get("key_set"):
        return chosen | {"key_set": request.POST["key_set"]}
    keys = {
        gesture: request.POST[f"key_{gesture}"] for gesture in SHORTCUTS if request.POST.get(f"key_{gesture}")
    }
    return chosen | ({"keys": keys} if keys else {})


def _keys_of(request: ReviewRequest) -> dict:
    """The gestures with the person's key for each, the sets of keys, and the page to go back to."""
    keys = SHORTCUTS | request.user.preferences.get("keys", {})
    return {
        "gestures": [(gesture, LABELS[gesture], keys[gesture]) for gesture in SHORTCUTS],
        "key_sets": [(name, SET_LABELS[name], SHORTCUTS | own) for name, own in KEY_SETS.items()],
        "here": request.get_full_path(),
        "back": _safe(request, request.GET.get("next", "")),
    }


def _next(request: ReviewRequest) -> str:
    return _safe(request, request.POST.get("next", ""))


def _safe(request: ReviewRequest, to: str) -> str:
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return to if safe else "/"
