"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
