"""How each stage is worked: read by everybody, set by those who amend the protocol."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission
from screening import services
from screening.models import Stage
from screening.services.recounting import affected
from screening.services.stage_settings import DECIDES, gone_of, settings_of, with_changes
from screening.settings_forms import StageSettingsForm


@review_page(Permission.VIEW)
@require_GET
def settings(request: ReviewRequest, review: Review) -> HttpResponse:
    """The settings of one stage (``?stage=``)."""
    asked = request.GET.get("stage")
    stage = next((each for each in Stage if each == asked), Stage.TITLE_ABSTRACT)
    return _page(
        request, review, stage, StageSettingsForm(review=review, settings=settings_of(review, stage))
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def settings_save(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Save; what would change outcomes of records is shown first and saved when it comes again (``act``)."""
    form = StageSettingsForm(request.POST, review=review, settings=settings_of(review, stage))
    act = request.POST.get("act", "")
    try:
        if not form.is_valid():
            return _page(request, review, stage, form, status=422)
        changes = form.changes()
        if act not in ("save", "recount") and changes.keys() & set(DECIDES):
            effect = affected(request.membership, *with_changes(review, stage, changes))
            if effect.total:
                return _page(request, review, stage, form, effect=effect)
        services.change_stage_settings(
            review=review,
            stage=stage,
            changes=changes,
            by=request.user,
            why=form.cleaned_data["why"],
            seen=form.seen(),
        )
        if act == "recount":
            job = services.request_recount(review=review, by=request.user)
            return redirect("reviews:job", review.slug, job.pk)
    except Refused as refusal:
        refuse_form(form, refusal)
        return _page(request, review, stage, form, status=refusal.status)
    messages.success(request, _said(request, stage, bool(changes)))
    return redirect(_next(request, review, stage))


def _said(request: ReviewRequest, stage: Stage, changed: bool) -> str:
    """What became of the settings, and while a review is set up what the next page asks for."""
    if "setup" not in request.POST:
        return "Saved." if changed else "Nothing was changed."
    then = "Next: full text." if stage == Stage.TITLE_ABSTRACT else "Next: write the criteria."
    return f"{stage.label} is set up{'' if changed else ' with the defaults'}. {then}"


def _next(request: ReviewRequest, review: Review, stage: Stage) -> str:
    """The same page; while a new review is set up the next step: full text, then the criteria."""
    here = reverse("screening:settings", args=[review.slug])
    if "setup" not in request.POST:
        return f"{here}?stage={stage}"
    if stage == Stage.TITLE_ABSTRACT:
        return f"{here}?stage={Stage.FULL_TEXT}&setup=1"
    return reverse("reviews:protocol", args=[review.slug]) + "#criteria"


def _page(
    request: ReviewRequest, review: Review, stage: Stage, form: StageSettingsForm, status: int = 200, **extra
) -> HttpResponse:
    saved = settings_of(review, stage)
    context = {
        "room": "protocol",
        "stage": stage,
        "stages": list(Stage),
        "form": form,
        "may_change": Permission.AMEND_PROTOCOL in request.membership.may,
        "setup": "setup" in request.GET or "setup" in request.POST,
        "gone": [("screen", user) for user in gone_of(saved, "must_screen")]
        + [("resolve conflicts", user) for user in gone_of(saved, "may_resolve")],
    }
    return render(request, "screening/settings.html", context | extra, status=status)
