"""Public links: make, look at beforehand, revoke; and the page itself, which needs its secret token alone."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.forms.public import PublishForm
from reporting.links import public_link
from reporting.models import PublicPage
from reporting.public import PARTS
from reporting.services.public import draft_content, find_public_page, publish, revoke_public_page
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission

#: A revoked page must be gone at once, and the link is no search engine's business.
UNKEPT = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@review_page(Permission.PUBLISH)
@require_http_methods(["GET", "POST"])
def public_pages(request: ReviewRequest, review: Review) -> HttpResponse:
    """The review's public links, and the form for another; ``do=look`` shows the page without making it."""
    form = PublishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        parts = form.cleaned_data["parts"]
        try:
            if request.POST.get("do") == "look":
                content = draft_content(membership=request.membership, parts=parts)
                return render(request, "reporting/public.html", _shown(content) | {"preview": True})
            page, token = publish(
                membership=request.membership,
                parts=parts,
                label=form.cleaned_data["label"],
                expires_at=form.expires_at,
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            # Not a redirect: the link is shown in this answer and kept nowhere.
            return _pages(request, review, PublishForm(), made=page, link=public_link(token))
    return _pages(request, review, form, status=422 if form.is_bound else 200)


def _pages(
    request: ReviewRequest, review: Review, form: PublishForm, *, status: int = 200, **more
) -> HttpResponse:
    pages = review.public_pages.select_related("created_by", "revoked_by").defer("content")
    open_ones = set(PublicPage.objects.open().filter(review=review).values_list("pk", flat=True))
    context = {"room": "public", "form": form, "pages": pages, "open_ones": open_ones, **more}
    return render(request, "reporting/public_pages.html", context, status=status)


@review_page(Permission.PUBLISH)
@require_POST
def public_revoke(request: ReviewRequest, review: Review, public_id) -> HttpResponse:
    page = get_object_or_404(review.public_pages, public_id=public_id)
    try:
        revoke_public_page(page=page, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The link “{page}” does not work any more.")
    return redirect(reverse("reporting:public_pages", args=[review.slug]))


@require_GET
def public(request: HttpRequest, token: str) -> HttpResponse:
    """The published snapshot, for anyone who holds the link."""
    page = _found(token)
    context = _shown(page.content) | {"page": page, "token": token}
    answer = render(request, "reporting/public.html", context)
    return _unkept(answer)


@require_GET
def public_data(request: HttpRequest, token: str) -> HttpResponse:
    """The same as JSON, without the drawings."""
    page = _found(token)
    answer = JsonResponse(
        {"made": page.created_at.isoformat(), **_without_drawings(page.content)},
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": 'attachment; filename="review.json"'},
    )
    return _unkept(answer)


def _unkept(answer: HttpResponse) -> HttpResponse:
    for name, value in UNKEPT.items():
        answer[name] = value
    return answer


def _shown(content: dict) -> dict:
    return {
        "content": content,
        "parts": [f"reporting/_public_{key}.html" for key in PARTS if key in content],
    }


def _found(token: str) -> PublicPage:
    page = find_public_page(token)
    if page is None:
        raise Http404("There is no such page, or it is not public any more.")
    return page


def _without_drawings(part):
    if isinstance(part, dict):
        return {name: _without_drawings(value) for name, value in part.items() if name != "svg"}
    if isinstance(part, list):
        return [_without_drawings(value) for value in part]
    return part
