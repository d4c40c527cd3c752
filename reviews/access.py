"""The only way into a page of a review: finding it and being allowed to see it are one act."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from reviews.models import Membership, User
from reviews.permissions import Permission


class ReviewRequest(HttpRequest):
    """What a view behind ``review_page`` gets (for type checkers): a signed-in person and their membership."""

    user: User
    membership: Membership
    htmx: HtmxDetails


def find_membership(user: User, slug: str) -> Membership:
    """The user's present membership of the review ``slug``, or Http404 as for a review that does not exist."""
    return get_object_or_404(
        Membership.objects.select_related("review"), review__slug=slug, user=user, left_at=None
    )


def review_page(permission: Permission) -> Callable:
    """Guard a view of one review: ``@review_page(Permission.SCREEN) def queue(request, review, ...)``.

    The review is found through the user's memberships: a stranger gets 404, a member without the right 403.
    The URL pattern names it ``slug``; the view gets the Review instead, and ``request.membership``.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: ReviewRequest, slug: str, *args, **kwargs) -> HttpResponse:
            membership = find_membership(request.user, slug)
            if permission not in membership.may:
                raise PermissionDenied(f"Your role, {membership.get_role_display().lower()}, cannot do this.")
            request.membership = membership
            return view(request, membership.review, *args, **kwargs)

        page.review_permission = permission  # type: ignore[attr-defined]
        return page

    return decorate


def membership_context(request: HttpRequest) -> dict:
    """Context processor: ``review`` and ``membership`` on every page inside a review."""
    membership = getattr(request, "membership", None)
    return {"review": membership.review, "membership": membership} if membership else {}
