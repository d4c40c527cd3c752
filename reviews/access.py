"""The only way into a page of a review: finding it and being allowed to see it are one act."""

from collections.abc import Callable, Iterable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from reviews.models import Membership, User
from reviews.permissions import Permission

#: The largest id a database can hold. A lookup by a larger one fails on some columns instead of finding nothing.
BIGGEST_ID = 2**63 - 1


class ReviewRequest(HttpRequest):
    """What a view behind ``review_page`` gets (for type checkers): a signed-in person and their membership."""

    user: User
    membership: Membership
    htmx: HtmxDetails


def find_membership(user: User, slug: str) -> Membership:
    """The user's present membership of the review ``slug``, or Http404 as for a review that does not exist."""
    membership = get_object_or_404(
        Membership.objects.select_related("review"), review__slug=slug, user=user, left_at=None
    )
    membership.user = user
    return membership


SIGNED_OUT = "You are signed out, so nothing was saved. Reload the page to sign in again."


def ask_to_sign_in(request: ReviewRequest) -> HttpResponse:
    """To the sign-in page and back here; a gesture is told that it was not saved, and comes back to its page."""
    if request.htmx or request.headers.get("Accept") == "application/json":
        return HttpResponse(SIGNED_OUT, status=401, content_type="text/plain; charset=utf-8")
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.error(request, "You were signed out, so nothing was saved. Sign in and send it again.")
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure())
    return redirect_to_login(urlsplit(referer).path if ours else reverse("reviews:list"))


def refuse_impossible_ids(ids: Iterable[object]) -> None:
    """Http404 if an id in the address is a number beyond any row's."""
    for each in ids:
        digits = str(each)
        if digits.isdecimal() and (len(digits) > 19 or int(digits) > BIGGEST_ID):
            raise Http404("There is no row with this number.")


def review_page(permission: Permission) -> Callable:
    """Guard a view of one review: ``@review_page(Permission.SCREEN) def queue(request, review, ...)``.

    The review is found through the user's memberships: a stranger gets 404, a member without the right 403.
    The URL pattern names it ``slug``; the view gets the Review instead, and ``request.membership``.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: ReviewRequest, slug: str, *args, **kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            membership = find_membership(request.user, slug)
            if permission not in membership.may:
                raise PermissionDenied(f"Your role, {membership.get_role_display().lower()}, cannot do this.")
            refuse_impossible_ids(value for value in kwargs.values() if isinstance(value, int))
            request.membership = membership
            return view(request, membership.review, *args, **kwargs)

        page.review_permission = permission  # type: ignore[attr-defined]
        return page

    return decorate


def membership_context(request: HttpRequest) -> dict:
    """Context processor: ``review`` and ``membership`` on every page inside a review."""
    membership = getattr(request, "membership", None)
    return {"review": membership.review, "membership": membership} if membership else {}
