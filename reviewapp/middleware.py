"""What every answer goes through, besides what Django and the libraries bring."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control


def keep_out_of_caches(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Pages of a signed-in person are stored nowhere: after signing out, or after a form was handed in, the
    browser's Back asks the server again."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response

    return answer
