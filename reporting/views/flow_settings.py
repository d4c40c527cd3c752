"""How the flow diagram is drawn, with a look at it before anything is saved."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reporting.diagram import diagram, settings_of, style_of
from reporting.flow import FlowCounts, left_out
from reporting.forms.flow import FlowSettingsForm
from reporting.models import FlowSettings
from reporting.prisma import flow_counts
from reporting.services.flow_settings import change_flow_settings, checked_settings
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


@review_page(Permission.PUBLISH)
@require_http_methods(["GET", "POST"])
def flow_settings(request: ReviewRequest, review: Review) -> HttpResponse:
    """The form with the diagram beside it; ``do=look`` draws what is typed and saves nothing."""
    counts = flow_counts(review)
    form = FlowSettingsForm(request.POST or None, counts=counts, instance=settings_of(review))
    looking = request.POST.get("do") == "look"
    drawn = settings_of(review)
    if request.method == "POST" and form.is_valid():
        try:
            if looking:
                drawn = FlowSettings(review=review, **checked_settings(form.settings))
            else:
                seen = form.cleaned_data["seen_version"]
                change_flow_settings(review=review, by=request.user, seen_version=seen, **form.settings)
                messages.success(request, "The flow diagram is drawn so from now on.")
                return redirect(reverse("reporting:prisma", args=[review.slug]))
        except Refused as refusal:
            refuse_form(form, refusal)
    status = 422 if request.method == "POST" and form.errors else 200
    context = {"room": "prisma", "form": form, **_shown(review, counts, drawn)}
    if request.htmx and looking:
        return render(request, "reporting/_flow_look.html", context, status=status)
    return render(request, "reporting/flow_settings.html", context, status=status)


def _shown(review: Review, counts: FlowCounts, settings: FlowSettings) -> dict:
    figure = diagram(review, counts, linked=False, settings=settings)
    return {"svg": render_svg(figure), "left_out": left_out(counts, style_of(settings))}
