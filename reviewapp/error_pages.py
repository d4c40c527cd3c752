"""Not found and broken: JSON for programs, Django's templates for people."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        sentence = "There is nothing at this address; /api/schema/ lists what there is."
        return JsonResponse({"detail": sentence}, status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        sentence = (
            "Something broke here; it is in the log of the server. Look what was saved before trying again."
        )
        return JsonResponse({"detail": sentence}, status=500)
    return defaults.server_error(request)
