"""Refusals of the services as API answers, with their sentence and status."""

from rest_framework.response import Response
from rest_framework.views import exception_handler

from reviews.errors import Refused


def handler(exc: Exception, context: dict) -> Response | None:
    """DRF's own handler, and ``{"detail": sentence}`` with the refusal's status for a Refused."""
    if isinstance(exc, Refused):
        return Response({"detail": str(exc)}, status=exc.status)
    return exception_handler(exc, context)
