"""What every API of a review inherits: membership first, the page of permissions second."""

from typing import ClassVar, cast

from rest_framework import viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from reviews.access import find_membership, refuse_impossible_ids
from reviews.models import Membership, Review, User
from reviews.permissions import Permission


class ReviewViewSet(viewsets.GenericViewSet):
    """A viewset below ``reviews/<slug>/``; ``self.review`` and ``self.membership`` are found before the verb.

    ``permission`` is what every action needs, ``permissions`` names actions that need another. A stranger gets
    404, a member without the right 403, as on the pages.
    """

    permission: ClassVar[Permission] = Permission.VIEW
    permissions: ClassVar[dict[str, Permission]] = {}
    membership: Membership
    review: Review

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        self.membership = find_membership(cast(User, request.user), kwargs["slug"])
        self.review = self.membership.review
        needed = self.permissions.get(self.action, self.permission)
        if needed not in self.membership.may:
            raise PermissionDenied(f"Your role lacks the permission '{needed}'.")
        refuse_impossible_ids(value for name, value in kwargs.items() if name != "slug")

    @property
    def user(self) -> User:
        """Who asks; ``initial`` lets nobody through who is not signed in."""
        return cast(User, self.request.user)

    def get_serializer_context(self) -> dict:
        return {
            **super().get_serializer_context(),
            "review": getattr(self, "review", None),
            "membership": getattr(self, "membership", None),
        }
