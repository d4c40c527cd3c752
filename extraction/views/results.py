"""The pages of extraction: each translates and makes one call."""

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction import services
from extraction.forms import (
    ArmChangeForm,
    ArmForm,
    CharacteristicForm,
    CorrectionForm,
    ResultForm,
    VersionForm,
    WhyForm,
    initial_of,
)
from extraction.history import latest_version, versions
from extraction.linting import warnings_of
from extraction.models import Arm, Result
from extraction.provenance import sources_of
from extraction.values import FIELDS
from extraction.views.studies import ROOM, study_of, study_response
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Outcome, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.EXTRACT)
@require_POST
def arm_add(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Add an arm."""
    study = study_of(review, study_pk)
    form = ArmForm(request.POST)
    if form.is_valid():
        try:
            arm = services.add_arm(study=study, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The arm '{arm}' was added.")
            return redirect("extraction:study", review.slug, study.pk)
    return study_response(request, study, arm_form=form, status=422)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def arm_change(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Mend an arm's label, role or number randomised."""
    arm = get_object_or_404(Arm.objects.select_related("study__review"), study__review=review, pk=pk)
    start = {
        "label": arm.label,
        "role": arm.role,
        "n_randomised": arm.n_randomised,
        "seen_version": arm.version,
    }
    form = ArmChangeForm(_typed(request), initial=start)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            services.change_arm(arm=arm, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            return redirect("extraction:study", review.slug, arm.study_id)
    context = ROOM | {"arm": arm, "study": arm.study, "form": form}
    return render(request, "extraction/arm.html", context, status=status)


@review_page(Permission.EXTRACT)
@require_POST
def arm_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Remove an arm without results."""
    arm = get_object_or_404(Arm.objects.select_related("study__review"), study__review=review, pk=pk)
    page = reverse("extraction:study", args=[review.slug, arm.study_id])
    try:
        services.remove_arm(arm=arm, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    messages.success(request, f"The arm '{arm}' was removed.")
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def characteristic_set(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Set, change or remove a characteristic."""
    study = study_of(review, study_pk)
    form = CharacteristicForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            services.set_characteristic(study=study, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            return redirect("extraction:study", review.slug, study.pk)
    return study_response(request, study, characteristic_form=form, status=status)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def result_add(request: ReviewRequest, review: Review, study_pk: int, kind: str) -> HttpResponse:
    """Record a new result of one kind."""
    study = study_of(review, study_pk)
    if kind not in FIELDS:
        raise Http404(f"There is no kind of result called '{kind}'.")
    form = ResultForm(study, kind, _typed(request), initial=_first_choice(study, request))
    if request.method == "POST" and form.is_valid():
        try:
            result = services.record_result(
                study=study,
                outcome=form.cleaned_data["outcome"],
                kind=kind,
                values=form.number_values(),
                preferred=form.cleaned_data["preferred"],
                by=request.user,
                **form.circumstances(),
            )
        except Refused as refusal:
            _refuse_result(form, refusal)
        else:
            messages.success(request, "The result was recorded. A second person can verify it now.")
            return redirect("extraction:result", review.slug, result.pk)
    context = ROOM | {
        "study": study,
        "form": form,
        "kind_label": Result.Kind(kind).label,
        "arms": study.arms.count(),
    }
    return render(request, "extraction/result_add.html", context, status=422 if form.is_bound else 200)


@review_page(Permission.VIEW)
@require_GET
def result_page(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One result with its source, its warnings and its history."""
    return _result_page(request, _result(review, pk))


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def result_correct(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Correct a result; what a colleague did meanwhile is shown, never overwritten."""
    result = _result(review, pk)
    form = CorrectionForm(result.study, result.kind, _typed(request), initial=initial_of(result))
    if request.method == "POST" and form.is_valid():
        try:
            corrected = services.correct_result(
                result=result,
                by=request.user,
                changes=form.changes(),
                why=form.cleaned_data["why"],
                seen_version=form.cleaned_data["seen_version"],
            )
        except Conflict as conflict:
            return _conflict_page(request, result, conflict)
        except Refused as refusal:
            _refuse_result(form, refusal)
        else:
            messages.success(
                request, f"Corrected. This is version {corrected.version}; the earlier one stays below."
            )
            return redirect("extraction:result", review.slug, corrected.pk)
    if request.method == "GET" and not result.is_current:
        return redirect("extraction:result", review.slug, latest_version(result).pk)
    return _correct_page(request, result, form, status=422 if form.is_bound else 200)


@review_page(Permission.EXTRACT)
@require_POST
def result_withdraw(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a result out of use."""
    result = _result(review, pk)
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _result_page(request, result, withdraw_form=form, status=422)
    try:
        services.withdraw_result(result=result, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:result", args=[review.slug, pk]))
    messages.success(request, "The result was withdrawn; it stays in the history of the study.")
    return redirect("extraction:study", review.slug, result.study_id)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def result_verify(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A second person compares the numbers with the source."""
    result = _result(review, pk)
    if request.method == "GET":
        context = ROOM | {"result": result, "study": result.study, "may_verify": _may_verify(request, result)}
        return render(request, "extraction/result_verify.html", context | _warnings(result))
    try:
        form = VersionForm(request.POST)
        seen = form.cleaned_data["seen_version"] if form.is_valid() else 0
        services.verify_result(result=result, by=request.user, seen_version=seen)
    except Refused as refusal:
        return refused(
            request, refusal, reverse("extraction:result", args=[review.slug, latest_version(result).pk])
        )
    messages.success(request, "Verified.")
    return redirect("extraction:study", review.slug, result.study_id)


@review_page(Permission.EXTRACT)
@require_POST
def result_prefer(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Choose the result that analyses use."""
    result = _result(review, pk)
    try:
        services.prefer_result(result=result, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:result", args=[review.slug, pk]))
    messages.success(request, f"Analyses of {result.outcome} use this result of {result.study} now.")
    return redirect("extraction:study", review.slug, result.study_id)


def _typed(request: ReviewRequest) -> QueryDict | None:
    """What was posted, also when it is nothing; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def _result(review: Review, pk: int) -> Result:
    return get_object_or_404(
        Result.objects.with_names().select_related("study__review"), review=review, pk=pk
    )


def _result_page(
    request: ReviewRequest, result: Result, withdraw_form: Form | None = None, status: int = 200
) -> HttpResponse:
    history = versions(result)
    context = ROOM | {
        "result": result,
        "study": result.study,
        "history": history,
        "latest": history[0][0],
        "sources": sources_of(request.membership, result),
        "may_verify": _may_verify(request, result),
        "withdraw_form": withdraw_form or WhyForm(initial={"seen_version": result.version}),
    }
    return render(request, "extraction/result.html", context | _warnings(result), status=status)


def _correct_page(
    request: ReviewRequest, result: Result, form: CorrectionForm, status: int, **extra
) -> HttpResponse:
    context = ROOM | {"result": result, "study": result.study, "form": form} | extra
    return render(request, "extraction/result_correct.html", context, status=status)


def _conflict_page(request: ReviewRequest, result: Result, conflict: Conflict) -> HttpResponse:
    """The newest version with what the person typed, so that nothing typed is lost and nothing is overwritten."""
    latest = latest_version(result)
    if not latest.is_current:
        messages.error(request, str(conflict))
        return redirect("extraction:result", latest.review.slug, latest.pk)
    typed = request.POST.copy()
    typed["seen_version"] = str(latest.version)
    form = CorrectionForm(latest.study, latest.kind, typed)
    return _correct_page(request, latest, form, conflict.status, conflict=str(conflict))


def _refuse_result(form: Form, refusal: Refused) -> None:
    faults = getattr(refusal, "faults", None)
    if not faults:
        refuse_form(form, refusal)
        return
    for name, sentence in faults.items():
        form.add_error(name if name in form.fields else None, sentence)


def _first_choice(study: Study, request: ReviewRequest) -> dict:
    """Where there is only one sensible choice, it is made."""
    first = {arm.role: arm.pk for arm in reversed(study.arms.all())}
    outcome = (
        request.GET.get("outcome")
        or Outcome.objects.filter(review=study.review_id).values_list("pk", flat=True).first()
    )
    return {
        "outcome": outcome,
        "experimental": first.get("experimental"),
        "comparator": first.get("comparator"),
    }


def _warnings(result: Result) -> dict:
    peers = Result.objects.current().filter(review=result.review_id, outcome=result.outcome_id).with_names()
    return {"warnings": warnings_of(peers).get(result.pk, [])}


def _may_verify(request: ReviewRequest, result: Result) -> bool:
    return (
        Permission.EXTRACT in request.membership.may
        and result.is_current
        and not result.verified_by_id
        and result.extracted_by_id != request.user.pk
    )
