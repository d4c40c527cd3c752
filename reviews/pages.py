"""What the pages of every room share: how a refusal is answered, how a long list is cut into pages."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect

from reviews.access import ReviewRequest
from reviews.errors import Refused


def refused(request: ReviewRequest, refusal: Refused, to: str) -> HttpResponse:
    """Answer a gesture that a service refused with its sentence.

    For htmx the plain sentence with the refusal's status (shown as a toast, nothing is swapped); for a plain
    form a message on the page ``to`` (an URL), where the person is sent back.
    """
    if request.htmx:
        return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain; charset=utf-8")
    messages.error(request, str(refusal))
    return redirect(to)


def refuse_form(form: BaseForm, refusal: Refused) -> None:
    """Put the refusal's sentence on a bound form, at the field it names (``refusal.field``) or above all."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def page_of(request: ReviewRequest, rows: QuerySet | list, size: int = 50) -> Page:
    """The page of ``rows`` that ``?page=`` asks for (nonsense gives a near one): ``page_obj`` of ``_pages.html``."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
