"""What goes wrong in the API as JSON with a sentence."""

from django.db import DataError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from reviews.errors import Refused

#: What databases say to values no column holds, and the sentence for them.
BEYOND_STORAGE = {
    OverflowError: "A number in the request is too large to be stored.",
    DataError: "A value in the request is too large or too long to be stored.",
}


def handler(exc: Exception, context: dict) -> Response | None:
    """DRF's own handler, and ``{"detail": sentence}`` for a Refused and for values no column holds."""
    if isinstance(exc, Refused):
        return Response({"detail": str(exc)}, status=exc.status)
    for kind, sentence in BEYOND_STORAGE.items():
        if isinstance(exc, kind):
            return Response({"detail": sentence}, status=400)
    return exception_handler(exc, context)
