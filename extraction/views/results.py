"""The pages of one result: record, show, correct, withdraw, verify, prefer."""

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction import services
from extraction.converting import CHECK, DROP, SHOW, TAKE, Panel, panel_of
from extraction.digitising import cite, prefill
from extraction.forms import VersionForm, WhyForm
from extraction.history import latest_version, versions
from extraction.linting import judged_of
from extraction.models import ExtractionSettings, Result
from extraction.preview import preview
from extraction.provenance import sources_of
from extraction.result_forms import CorrectionForm, ResultForm, initial_of
from extraction.services.homes import home_of
from extraction.services.medians import METHODS
from extraction.values import FIELDS, SINGLE_GROUP
from extraction.views.studies import ROOM, study_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Outcome, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def result_add(request: ReviewRequest, review: Review, study_pk: int, kind: str) -> HttpResponse:
    """Record a new result of one kind, or do what a button of the part with conversions asks for."""
    study = study_of(review, study_pk)
    if kind not in FIELDS:
        raise Http404(f"There is no kind of result called '{kind}'.")
    start = _first_choice(study, request) | prefill(study, request.GET)
    panel = panel_of(kind, _typed(request), start)
    dual = services.mode_of(study) == ExtractionSettings.Mode.DUAL
    if _only_asks(request):
        form = ResultForm(study, kind, initial=panel.initial, dual=dual)
        return _add_page(request, study, form, panel)
    form = ResultForm(study, kind, _typed(request), initial=start, dual=dual)
    if request.method == "POST" and form.is_valid():
        try:
            result = _record(request, study, form)
        except Refused as refusal:
            _refuse_result(form, refusal)
        else:
            cite(study, request.GET, result, request.user)
            messages.success(
                request,
                "Recorded in your extraction; nobody else sees it until both of you are done."
                if result.extraction_id
                else "The result was recorded. A second person can verify it now.",
            )
            return redirect("extraction:result", review.slug, result.pk)
    return _add_page(request, study, form, panel, status=422 if form.is_bound else 200)


@transaction.atomic
def _record(request: ReviewRequest, study: Study, form: ResultForm) -> Result:
    return services.record_result(
        study=study,
        outcome=form.cleaned_data["outcome"],
        kind=form.kind,
        values=form.number_values(),
        preferred=form.cleaned_data.get("preferred"),
        extraction=home_of(study=study, by=request.user),
        by=request.user,
        **form.circumstances(),
        **form.passport(),
    )


@review_page(Permission.VIEW)
@require_GET
def result_page(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One result with its source, its warnings and its history."""
    return _result_page(request, _result(request, pk))


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def result_correct(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Correct a result; what a colleague did meanwhile is shown, never overwritten."""
    result = _result(request, pk)
    start = initial_of(result)
    panel = panel_of(result.kind, _typed(request), start)
    if _only_asks(request):
        form = CorrectionForm(result.study, result.kind, initial=panel.initial)
        return _correct_page(request, result, form, panel)
    form = CorrectionForm(result.study, result.kind, _typed(request), initial=start)
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
    return _correct_page(request, result, form, panel, status=422 if form.is_bound else 200)


@review_page(Permission.EXTRACT)
@require_POST
def result_withdraw(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a result out of use."""
    result = _result(request, pk)
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
    result = _result(request, pk)
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
    result = _result(request, pk)
    try:
        services.prefer_result(result=result, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:result", args=[review.slug, pk]))
    messages.success(request, f"Analyses of {result.outcome} use this result of {result.study} now.")
    return redirect("extraction:study", review.slug, result.study_id)


def _typed(request: ReviewRequest) -> QueryDict | None:
    """What was posted, also when it is nothing; None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def _only_asks(request: ReviewRequest) -> bool:
    """Whether a button was pressed that saves nothing."""
    asked = request.POST.get("do", "")
    return asked in (SHOW, CHECK) or asked.startswith((TAKE, DROP))


def _result(request: ReviewRequest, pk: int) -> Result:
    """A result that this member may see: not a colleague's own that is not compared yet."""
    seen = Result.objects.visible_to(request.membership).with_names()
    return get_object_or_404(seen.select_related("study__review", "extraction"), pk=pk)


def _add_page(
    request: ReviewRequest, study: Study, form: ResultForm, panel: Panel, status: int = 200
) -> HttpResponse:
    asked = request.method == "POST"
    context = ROOM | {
        "study": study,
        "form": form,
        "panel": panel,
        "preview": preview(study, form.kind, panel.data) if asked else None,
        "asked": asked,
        "kind_label": Result.Kind(form.kind).label,
        "kinds": Result.Kind.choices,
        "kind": form.kind,
        "arms": study.arms.count(),
        "enough_arms": study.arms.count() >= (1 if form.kind in SINGLE_GROUP else 2),
    }
    return render(request, "extraction/result_add.html", context, status=status)


def _result_page(
    request: ReviewRequest, result: Result, withdraw_form: Form | None = None, status: int = 200
) -> HttpResponse:
    history = versions(result)
    context = ROOM | {
        "result": result,
        "study": result.study,
        "history": history,
        "latest": history[0][0],
        "arms": result.study.arms.count(),
        "sources": sources_of(request.membership, result),
        "may_verify": _may_verify(request, result),
        "may_change": _may_change(request, result),
        "methods": [(key, label) for key, (label, _) in METHODS.items()],
        "withdraw_form": withdraw_form or WhyForm(initial={"seen_version": result.version}),
    }
    return render(request, "extraction/result.html", context | _warnings(result), status=status)


def _correct_page(
    request: ReviewRequest, result: Result, form: CorrectionForm, panel: Panel, status: int = 200, **extra
) -> HttpResponse:
    asked = request.method == "POST"
    context = ROOM | {
        "result": result,
        "study": result.study,
        "form": form,
        "panel": panel,
        "preview": preview(result.study, result.kind, panel.data, instead_of=result) if asked else None,
        "asked": asked,
    }
    return render(request, "extraction/result_correct.html", context | extra, status=status)


def _conflict_page(request: ReviewRequest, result: Result, conflict: Conflict) -> HttpResponse:
    """The newest version with what the person typed, so that nothing typed is lost and nothing is overwritten."""
    latest = latest_version(result)
    if not latest.is_current:
        messages.error(request, str(conflict))
        return redirect("extraction:result", latest.review.slug, latest.pk)
    typed = request.POST.copy()
    typed["seen_version"] = str(latest.version)
    form = CorrectionForm(latest.study, latest.kind, typed)
    panel = panel_of(latest.kind, typed, {})
    return _correct_page(request, latest, form, panel, conflict.status, conflict=str(conflict))


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
    """The warnings that stand, and those somebody looked into."""
    peers = Result.objects.filter(
        superseded_at=None, extraction=result.extraction_id, outcome=result.outcome_id
    ) | Result.objects.preferred().filter(outcome=result.outcome_id)
    found = judged_of(peers.with_names(), {result.pk}).get(result.pk, [])
    return {
        "warnings": [one.warning for one in found if one.dismissal is None],
        "dismissed": [one for one in found if one.dismissal is not None],
    }


def _may_verify(request: ReviewRequest, result: Result) -> bool:
    return (
        Permission.EXTRACT in request.membership.may
        and result.is_current
        and not result.extraction_id
        and not result.verified_by_id
        and result.extracted_by_id != request.user.pk
    )


def _may_change(request: ReviewRequest, result: Result) -> bool:
    """A shared result is everybody's who extracts, an independent one its extractor's while it is open."""
    own = result.extraction
    mine = own is None or (own.extractor_id == request.user.pk and not own.is_complete)
    return Permission.EXTRACT in request.membership.may and result.is_current and mine
