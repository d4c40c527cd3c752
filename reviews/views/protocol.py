"""The protocol: read it, amend it, keep its lists of criteria, reasons and outcomes."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews import forms, services
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Criterion, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@review_page(Permission.VIEW)
@require_GET
def protocol(request: ReviewRequest, review: Review) -> HttpResponse:
    return _show(request, review)


@review_page(Permission.AMEND_PROTOCOL)
@form_methods
def protocol_edit(request: ReviewRequest, review: Review) -> HttpResponse:
    form = forms.ProtocolForm(request.POST or None, instance=Review.objects.get(pk=review.pk))

    def save() -> None:
        services.amend_protocol(
            review=review,
            by=request.user,
            changes=form.changes(),
            seen=form.seen(),
            why=form.cleaned_data["why"],
        )

    return _edit(request, review, form, save, template="reviews/protocol_edit.html")


# --- criteria --------------------------------------------------------------------------------------------


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def criterion_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = forms.CriterionForm(request.POST, review=review)
    return _add(request, review, form, services.add_criterion, part="criteria", name="criterion_form")


@review_page(Permission.AMEND_PROTOCOL)
@form_methods
def criterion_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    criterion = get_object_or_404(review.criteria, pk=pk)
    form = forms.CriterionEditForm(request.POST or None, instance=criterion, review=review)

    def save() -> None:
        services.edit_criterion(
            criterion=criterion,
            by=request.user,
            changes=form.changes(),
            seen=form.seen(),
            why=form.cleaned_data["why"],
        )

    return _edit(request, review, form, save, title="Edit a criterion", anchor="criteria")


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def criterion_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    rows = review.criteria.filter(retired_at=None)
    same_kind = rows.filter(kind=get_object_or_404(rows, pk=pk).kind)
    others = [row.pk for row in rows.exclude(pk__in=same_kind.values("pk"))]
    ids = _moved([row.pk for row in same_kind], pk, request.POST.get("to"))
    return _gesture(
        request,
        review,
        lambda: services.reorder_criteria(review=review, by=request.user, ids=_merge(rows, ids, others)),
        part="criteria",
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def criterion_retire(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    criterion = get_object_or_404(review.criteria, pk=pk)
    undo = reverse("reviews:criterion_restore", args=[review.slug, pk])
    return _gesture(
        request,
        review,
        lambda: services.retire_criterion(criterion=criterion, by=request.user),
        part="criteria",
        toast={"text": "The criterion is no longer in use.", "undo_url": undo, "undo_target": "#criteria"},
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def criterion_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    criterion = get_object_or_404(review.criteria, pk=pk)
    return _gesture(
        request,
        review,
        lambda: services.restore_criterion(criterion=criterion, by=request.user),
        part="criteria",
        toast={"text": "The criterion is in use again."},
    )


# --- exclusion reasons -----------------------------------------------------------------------------------


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = forms.ReasonForm(request.POST)
    return _add(request, review, form, services.add_exclusion_reason, part="reasons", name="reason_form")


@review_page(Permission.AMEND_PROTOCOL)
@form_methods
def reason_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    reason = get_object_or_404(review.exclusion_reasons, pk=pk)
    form = forms.ReasonEditForm(request.POST or None, instance=reason)

    def save() -> None:
        services.rename_exclusion_reason(reason=reason, by=request.user, **form.cleaned_data)

    return _edit(request, review, form, save, title="Rename an exclusion reason", anchor="reasons")


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    rows = review.exclusion_reasons.filter(retired_at=None)
    get_object_or_404(rows, pk=pk)
    ids = _moved([row.pk for row in rows], pk, request.POST.get("to"))
    return _gesture(
        request,
        review,
        lambda: services.reorder_exclusion_reasons(review=review, by=request.user, ids=ids),
        part="reasons",
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_retire(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    reason = get_object_or_404(review.exclusion_reasons, pk=pk)
    undo = reverse("reviews:reason_restore", args=[review.slug, pk])
    return _gesture(
        request,
        review,
        lambda: services.retire_exclusion_reason(reason=reason, by=request.user),
        part="reasons",
        toast={
            "text": f"“{reason.label}” is no longer offered.",
            "undo_url": undo,
            "undo_target": "#reasons",
        },
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def reason_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    reason = get_object_or_404(review.exclusion_reasons, pk=pk)
    return _gesture(
        request,
        review,
        lambda: services.add_exclusion_reason(review=review, by=request.user, label=reason.label),
        part="reasons",
        toast={"text": f"“{reason.label}” is offered again."},
    )


# --- outcomes --------------------------------------------------------------------------------------------


@review_page(Permission.AMEND_PROTOCOL)
@form_methods
def outcome_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = forms.OutcomeForm(request.POST or None)

    def save() -> None:
        services.add_outcome(review=review, by=request.user, **form.cleaned_data)

    return _edit(request, review, form, save, title="Plan an outcome", anchor="outcomes")


@review_page(Permission.AMEND_PROTOCOL)
@form_methods
def outcome_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    outcome = get_object_or_404(review.outcomes, pk=pk)
    form = forms.OutcomeEditForm(request.POST or None, instance=outcome)

    def save() -> None:
        services.edit_outcome(
            outcome=outcome,
            by=request.user,
            changes=form.changes(),
            seen=form.seen(),
            why=form.cleaned_data["why"],
        )

    return _edit(request, review, form, save, title="Edit an outcome", anchor="outcomes")


# --- how each of these answers ---------------------------------------------------------------------------


def _show(request: ReviewRequest, review: Review, part: str = "", status: int = 200, **extra) -> HttpResponse:
    """The protocol page, or for htmx the card ``part`` of it alone."""
    criteria = list(review.criteria.select_related("reason"))
    reasons = list(review.exclusion_reasons.all())
    in_use = [row for row in criteria if not row.retired_at]
    context = {
        "room": "protocol",
        "included": [row for row in in_use if row.kind == Criterion.Kind.INCLUDE],
        "excluded": [row for row in in_use if row.kind == Criterion.Kind.EXCLUDE],
        "retired_criteria": [row for row in criteria if row.retired_at],
        "reasons": [row for row in reasons if not row.retired_at],
        "retired_reasons": [row for row in reasons if row.retired_at],
        "outcomes": review.outcomes.all(),
        "criterion_form": forms.CriterionForm(initial={"kind": Criterion.Kind.INCLUDE}, review=review),
        "reason_form": forms.ReasonForm(),
    }
    template = f"reviews/_{part}.html" if part and request.htmx else "reviews/protocol.html"
    return render(request, template, context | extra, status=status)


def _back(review: Review, anchor: str) -> str:
    return reverse("reviews:protocol", args=[review.slug]) + (f"#{anchor}" if anchor else "")


def _add(
    request: ReviewRequest, review: Review, form: BaseForm, verb: Callable, *, part: str, name: str
) -> HttpResponse:
    """Add a row by the small form of a card; a refusal shows the card again with the form as typed."""
    if form.is_valid():
        try:
            verb(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            if request.htmx:
                return _show(request, review, part, added=True)
            return redirect(_back(review, part))
    return _show(request, review, part, status=422, **{name: form})


def _gesture(
    request: ReviewRequest, review: Review, verb: Callable, *, part: str, toast: dict | None = None
) -> HttpResponse:
    """Do one thing to a row and show its card again."""
    try:
        verb()
    except Refused as refusal:
        return refused(request, refusal, _back(review, part))
    if request.htmx:
        return _show(request, review, part, toast=toast)
    if toast:
        messages.success(request, toast["text"])
    return redirect(_back(review, part))


def _edit(
    request: ReviewRequest,
    review: Review,
    form: BaseForm,
    save: Callable[[], None],
    *,
    title: str = "",
    anchor: str = "",
    template: str = "reviews/form.html",
) -> HttpResponse:
    """A page with one form, which goes back to the protocol when it is saved."""
    if form.is_valid():
        try:
            save()
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Saved." if form.has_changed() else "Nothing was changed.")
            return redirect(_back(review, anchor))
    context = {"room": "protocol", "form": form, "title": title, "back": _back(review, anchor)}
    return render(request, template, context, status=422 if form.errors else 200)


def _moved(ids: list[int], pk: int, to: str | None) -> list[int]:
    """``ids`` with ``pk``, which is one of them, one place "up" or "down"; at the end of the list it stays."""
    here = ids.index(pk)
    there = max(0, here - 1) if to == "up" else min(len(ids) - 1, here + 1)
    ids[here], ids[there] = ids[there], ids[here]
    return ids


def _merge(rows, ids: Sequence[int], others: Sequence[int]) -> list[int]:
    """The whole list in its order, with the places of one kind filled by ``ids`` in theirs."""
    moved, kept = iter(ids), iter(others)
    return [next(kept) if row.pk in others else next(moved) for row in rows]
