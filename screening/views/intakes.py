"""What came with the files: earlier decisions and what they mean here, and the stage their records come in at."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import ImportBatch
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Job, Membership, Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import earlier, services
from screening.forms import EarlierForm, StageForm
from screening.models import Intake


@review_page(Permission.MANAGE_TEAM)
@require_GET
def intakes(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every file of the review: how many of its records came with decisions, and what was said of it."""
    found = {each.batch.pk: each for each in earlier.found_in(review)}
    standing = Prefetch("intakes", Intake.objects.live().select_related("by", "job"), to_attr="standing")
    files = (
        review.import_batches.filter(state=ImportBatch.State.DONE)
        .select_related("search")
        .defer(*earlier.HEAVY)
    )
    page = page_of(request, files.prefetch_related(standing))
    for batch in page:
        batch.found = found.get(batch.pk)
    return render(request, "screening/intakes.html", {"room": "records", "page_obj": page})


@review_page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "POST"])
def intake(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One file: what was found in it, person by person, and the two things that may be said of it."""
    batch = get_object_or_404(review.import_batches.select_related("search"), pk=pk)
    found = next(iter(earlier.found_in(review, batch)), earlier.Found(batch))
    forms = _forms(request, review, found)
    form = forms[request.POST.get("form") == "stage"] if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            said = services.request_intake(review=review, batch=batch, by=request.user, **form.given())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Said: {said.get_kind_display().lower()}. It can be taken back here.")
            return redirect("screening:intake", review.slug, pk)
    standing = [*Intake.objects.live().filter(batch=batch).select_related("by", "job__requested_by")]
    for said in standing:
        said.work = _work(review, said)  # type: ignore[attr-defined]
    context = {
        "room": "records",
        "batch": batch,
        "standing": standing,
        "found": found,
        "earlier_form": forms[0],
        "stage_form": forms[1],
        "earlier_intake": next((said for said in standing if said.kind in Intake.EARLIER), None),
        "stage_intake": next((said for said in standing if said.kind in Intake.STAGE), None),
        "past": Intake.objects.filter(batch=batch).exclude(undone_at=None).select_related("by", "undone_by"),
    }
    return render(request, "screening/intake.html", context, status=422 if form is not None else 200)


@review_page(Permission.MANAGE_TEAM)
@require_POST
def intake_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    said = get_object_or_404(Intake.objects.filter(review=review).select_related("batch", "job"), pk=pk)
    here = reverse("screening:intake", args=[review.slug, said.batch_id])
    try:
        services.request_undo(review=review, intake=said, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "It is being taken back.")
    return redirect(here)


def _work(review: Review, said: Intake) -> Job | None:
    """What is being done with it at this moment, or went wrong last: taking back goes before taking in."""
    back = review.jobs.filter(task="screening.take_back", params={"intake": said.pk}).order_by("-pk")
    latest = back.select_related("requested_by").first() or said.job
    return latest if latest is not None and latest.state != Job.State.DONE else None


def _forms(request: ReviewRequest, review: Review, found: earlier.Found) -> tuple[EarlierForm, StageForm]:
    members = (
        Membership.objects.filter(review=review, left_at=None).select_related("user").order_by("user__name")
    )
    screening = [member for member in members if Permission.SCREEN in member.may]
    sent = request.POST if request.method == "POST" else None
    about_stage = sent is not None and sent.get("form") == "stage"
    return (
        EarlierForm(None if about_stage else sent, found=found, members=screening),
        StageForm(sent if about_stage else None, auto_id="stage_%s"),
    )
