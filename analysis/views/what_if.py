"""Trying a run without some studies or with other settings: computed at once, never saved."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from analysis.drawn import NotDrawn, addresses, draw
from analysis.models import Run
from analysis.views.common import ROOM, run_of
from analysis.what_if import TRIED, InvalidChoice, WhatIf, figures, options_of, what_if
from reviews.access import ReviewRequest, review_page
from reviews.figures.layout import LayoutError
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@never_cache
@require_GET
def tried(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The part of the run's page that other choices change; without htmx the whole page with them."""
    run = run_of(review, pk)
    page = reverse("analysis:run", args=[review.slug, pk])
    if not request.htmx or run.result is None:
        query = request.GET.urlencode()
        return redirect(f"{page}?{query}" if query else page)
    try:
        found = read_choices(request, run)
    except InvalidChoice as refusal:
        return refused(request, refusal, page)
    context = ROOM | {"run": run, "plan": run.plan} | tried_context(found)
    answer = render(request, "analysis/_tried.html", context)
    answer["HX-Replace-Url"] = f"{page}?{found.query}" if found.query else page
    return answer


def read_choices(request: ReviewRequest, run: Run) -> WhatIf:
    """What the address says. Raises InvalidChoice."""
    changes = {name: request.GET[name] for name in TRIED if request.GET.get(name)}
    return what_if(run, without=request.GET.getlist("without"), **changes)


def tried_context(found: WhatIf) -> dict[str, Any]:
    """What the templates of the choices and of their effect need."""
    assert found.run.result is not None, "only a run with a result is tried"
    return {
        "tried": found,
        "options": options_of(found),
        "ours": figures(found.run.result),
        "theirs": None if found.reason else figures(found.result),
        "forest": None if found.reason else _forest(found),
    }


def _forest(found: WhatIf) -> SafeString | str:
    """The forest plot, or the sentence that says why there is none."""
    try:
        figure = draw(
            found.run, "forest", address=addresses(found.run), instead=(found.snapshot, found.result)
        )
    except (NotDrawn, LayoutError) as why:
        return str(why)
    return render_svg(figure)
