"""What the form of a plan asks before anything is saved: which studies would the plan take in?"""

from dataclasses import dataclass

from django.http import HttpRequest

from analysis import services
from analysis.forms import PlanForm
from analysis.snapshot import Preview, preview
from reviews.errors import Refused

#: Of the settings that are the plan's own; they do not decide what is taken in, and may be missing so far.
NOT_NEEDED = {"name": "Plan", "exclusion_note": "left out by the plan"}


@dataclass(frozen=True)
class PlanPreview:
    """What today's data give, or the sentence that says why that cannot be told."""

    found: Preview | None = None
    why_not: str = ""


def asks_only(request: HttpRequest) -> bool:
    """Whether the form was sent to look at it again, with another kind or a new count, and not to be saved."""
    kind = request.POST.get("kind", "")
    return request.method == "POST" and (
        request.POST.get("do") == "look" or request.POST.get("shown_kind", kind) != kind
    )


def preview_of(form: PlanForm) -> PlanPreview:
    """Of a form that was validated, or of one that is shown for the first time."""
    if not form.is_bound:
        settings = form.settings_shown()
    elif set(form.errors) - {"name", "exclusion_note", "reason", "question"}:
        return PlanPreview(why_not="Correct what is marked, and the studies are counted again.")
    else:
        settings = form.settings()
    if settings.get("outcome") is None:
        return PlanPreview(why_not="Choose an outcome, and the studies are counted.")
    left_out = list(settings.pop("excluded_studies", ()))
    settings |= {name: settings.get(name) or instead for name, instead in NOT_NEEDED.items()}
    try:
        plan = services.draft_plan(review=form.review, excluded_studies=left_out, **settings)
    except Refused as refusal:
        return PlanPreview(why_not=str(refusal))
    return PlanPreview(preview(plan, [study.pk for study in left_out]))
