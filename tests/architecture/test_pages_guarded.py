"""Every page of a review goes through review_page, every API endpoint through ReviewViewSet."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission

#: Pages that belong to no review, each with the reason it needs no membership.
OUTSIDE_A_REVIEW = {
    "home": "redirects to the list",
    "healthz": "process health, no data",
    "readyz": "process health, no data",
    "api_schema": "describes the API, signed-in people only",
    "reviews:list": "lists the user's own reviews",
    "reviews:open": "opens a new review",
    "reviews:accept_invitation": "guarded by its secret token",
    "public": "guarded by its secret token",
    "public_data": "guarded by its secret token",
    "archive_restore": "brings a whole review in, as opening one does",
    "archive_discard": "of what the signed-in person could not restore",
    "archive_schema_file": "describes the format, no data",
    "archives-list": "what the signed-in person is restoring",
    "archives-detail": "what the signed-in person is restoring",
    "archives-schema": "describes the format, no data",
    "reviews:preferences": "the signed-in person's own settings",
}
OUTSIDE_PREFIXES = ("accounts/",)


def every_pattern(resolver=None, prefix="", namespace=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from every_pattern(pattern, route, inner)
        elif isinstance(pattern, URLPattern):
            yield route, namespace + (pattern.name or ""), pattern.callback


PATTERNS = [item for item in every_pattern() if not item[0].startswith(OUTSIDE_PREFIXES)]


@pytest.mark.parametrize(("route", "name", "view"), PATTERNS, ids=[item[1] or item[0] for item in PATTERNS])
def test_every_page_declares_who_may_see_it(route, name, view):
    viewset = getattr(view, "cls", None)
    if viewset is not None and issubclass(viewset, ReviewViewSet):
        needed = {viewset.permission, *viewset.permissions.values()}
        assert all(isinstance(permission, Permission) for permission in needed)
    elif name in OUTSIDE_A_REVIEW or name.startswith("review-"):
        assert "slug" not in route or name.startswith("review-")
    else:
        assert isinstance(getattr(view, "review_permission", None), Permission), f"{route} is unguarded"


def test_there_are_pages_to_guard():
    assert len([name for _, name, _ in PATTERNS if ":" in name]) > 10
