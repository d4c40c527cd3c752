"""The signed-in person's own choices."""

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from reviews.access import ReviewRequest
from reviews.errors import Refused
from reviews.pages import refused
from reviews.services import SHORTCUTS, AccountRefused, save_preferences


@login_required
@require_POST
def preferences(request: ReviewRequest) -> HttpResponse:
    """Save ``shortcuts`` (true or false) and ``keys`` (gesture: key), sent as JSON or as form fields.

    JSON is answered with all preferences, a form goes back to its ``next``.
    """
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
    if not isinstance(sent, dict) or sent.keys() - {"shortcuts", "keys"}:
        raise AccountRefused(
            'Send an object with "shortcuts" (true or false), "keys" (gesture: key), or both.'
        )
    if not isinstance(sent.get("shortcuts", True), bool):
        raise AccountRefused('"shortcuts" must be true or false.')
    if not isinstance(sent.get("keys", {}), dict):
        raise AccountRefused('"keys" must be an object, for example {"include": "i"}.')
    return sent


def _from_form(request: ReviewRequest) -> dict:
    chosen: dict = {}
    if "shortcuts" in request.POST:
        chosen["shortcuts"] = request.POST["shortcuts"] in {"on", "true", "1"}
    keys = {
        gesture: request.POST[f"key_{gesture}"] for gesture in SHORTCUTS if request.POST.get(f"key_{gesture}")
    }
    return chosen | ({"keys": keys} if keys else {})


def _next(request: ReviewRequest) -> str:
    to = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return to if safe else "/"
