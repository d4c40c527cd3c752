"""What every answer goes through, besides what Django and the libraries bring."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.defaults import bad_request


def keep_out_of_caches(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Pages of a signed-in person are stored nowhere: after signing out, or after a form was handed in, the
    browser's Back asks the server again."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response

    return answer


class RefuseWhatCannotBeStored:
    """A number or character that no column can hold is the sender's mistake: 400 instead of 500.

    Forms and serializers refuse nearly all of it with a sentence before; this is the net below them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        too_large = isinstance(error, OverflowError) and "SQLite" in str(error)
        return bad_request(request, error) if too_large or isinstance(error, DataError) else None
