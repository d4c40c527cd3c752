"""The page on which the form of a study is filled in, and what it says to the server while one types."""

import hashlib
import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from extraction import services
from extraction.filling import Cell, GroupView, Page, page_of_form, state_of_form
from extraction.form_choice import newer_version
from extraction.form_schema import NOT_REPORTED, FieldError, read_value, show_with_unit
from extraction.models import Extraction, Value
from extraction.services.values import ValueConflict, WrongValue, may_write
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening.models import Report

ROOM = {"room": "extraction"}
OTHER_PERSON = "Somebody else is signed in in this browser now, so nothing was saved."


class Unreadable(Refused):
    """A request that is not what the page sends."""

    status = 400


@review_page(Permission.VIEW)
@require_GET
def fill(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One extraction: to be filled in by whoever may, else to be read."""
    return _page(request, extraction_of(request, pk))


@review_page(Permission.EXTRACT)
@require_POST
def fill_save(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Every field at once: the form without script, and what its buttons ask for (``act``)."""
    extraction = extraction_of(request, pk)
    page = _form(request, extraction)
    refusals, typed, conflicts = {}, {}, 0
    try:
        for cell in _changed(request, page):
            try:
                services.set_value(extraction=extraction, by=request.user, **_posted(request, cell))
            except (ValueConflict, WrongValue) as refusal:
                refusals[cell.name], typed[cell.name] = str(refusal), _typed(request, cell)
                conflicts += isinstance(refusal, ValueConflict)
        if refusals:
            tried = {"typed": typed, "refusals": refusals}
            return _page(request, extraction_of(request, pk), 409 if conflicts else 422, **tried)
        return _act(request, extraction)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:fill", args=[review.slug, pk]))


@review_page(Permission.VIEW)
@require_GET
def fill_state(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What is shown, calculated and missing at present, as JSON; ``csrf`` is a fresh token."""
    extraction = extraction_of(request, pk)
    answer = {"user": request.user.pk, "csrf": get_token(request)}
    return JsonResponse(answer | state_of_form(extraction))


@review_page(Permission.EXTRACT)
@require_POST
def value_save(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Autosave of one field.

    Body: ``{"as": user id, "field", "row", "value", "comment", "seen_version"}``. Answer: ``{"user", "stamp",
    "mark"}`` and ``state_of_form``; 409 with what stands there now: ``{"detail", "value", "words", "comment", "by",
    "stamp"}``.
    """
    extraction = extraction_of(request, pk)
    try:
        one = services.set_value(extraction=extraction, by=request.user, **_body(request))
    except ValueConflict as conflict:
        return JsonResponse(_standing(extraction, conflict), status=conflict.status)
    except Refused as refusal:
        return JsonResponse({"detail": str(refusal)}, status=refusal.status)
    extraction = extraction_of(request, pk)
    cell = _form(request, extraction).cells[f"{one.field}.{one.row}"]
    mark = render_to_string("extraction/_fill_mark.html", {"cell": cell, "extraction": extraction}, request)
    answer = {"user": request.user.pk, "stamp": stamp(cell.one), "mark": mark}
    return JsonResponse(answer | state_of_form(extraction))


@review_page(Permission.EXTRACT)
@require_POST
def value_verify(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A second person confirms one value (``cell``, ``seen_version``), or takes that back (``no``)."""
    extraction = extraction_of(request, pk)
    field, row = _name(request.POST.get("cell", ""))
    try:
        services.verify_value(
            extraction=extraction,
            field=field,
            row=row,
            by=request.user,
            seen_version=_number(request.POST.get("seen_version", "")),
            yes="no" not in request.POST,
        )
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:fill", args=[review.slug, pk]))
    if not request.htmx:
        return redirect("extraction:fill", review.slug, pk)
    cell = _form(request, extraction_of(request, pk)).cells[f"{field}.{row}"]
    context = {"cell": cell, "extraction": extraction}
    return render(request, "extraction/_fill_mark.html", context)


@review_page(Permission.EXTRACT)
@require_POST
def row_add(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Add a row to the group ``group``."""
    extraction = extraction_of(request, pk)
    try:
        row = services.add_row(extraction=extraction, group=request.POST.get("group", ""), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:fill", args=[review.slug, pk]))
    return _row_answer(request, extraction, request.POST["group"], row)


@review_page(Permission.EXTRACT)
@require_POST
def row_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take the row ``cell`` ("group.row") away; the toast brings it back."""
    extraction = extraction_of(request, pk)
    group, row = _name(request.POST.get("cell", ""))
    try:
        services.remove_row(extraction=extraction, group=group, row=row, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:fill", args=[review.slug, pk]))
    if not request.htmx:
        return redirect("extraction:fill", review.slug, pk)
    view = _group(request, extraction_of(request, pk), group)
    context = {"group": view, "extraction": extraction, "gone": row}
    return render(request, "extraction/_fill_row_gone.html", context)


@review_page(Permission.EXTRACT)
@require_POST
def row_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Bring the removed row ``cell`` ("group.row") back."""
    extraction = extraction_of(request, pk)
    group, row = _name(request.POST.get("cell", ""))
    try:
        services.restore_row(extraction=extraction, group=group, row=row, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("extraction:fill", args=[review.slug, pk]))
    return _row_answer(request, extraction, group, row)


def extraction_of(request: ReviewRequest, pk: int) -> Extraction:
    """An extraction this member may see, or 404."""
    visible = Extraction.objects.visible_to(request.membership)
    rows = visible.select_related(
        "study__review", "review", "extractor", "form_version__form", "completed_by"
    )
    return get_object_or_404(
        rows.prefetch_related("values__changed_by", "values__verified_by", "values__sources"), pk=pk
    )


def stamp(one: Value | None) -> str:
    """The version of a value and a mark of what it said: what a form remembers of the cell it showed."""
    return f"{one.version if one else 0}-{_mark(one.value if one else None, one.comment if one else '')}"


def _mark(value: Any, comment: str) -> str:
    return hashlib.sha256(json.dumps([value, comment], sort_keys=True).encode()).hexdigest()[:12]


def _form(request: ReviewRequest, extraction: Extraction, **tried: Any) -> Page:
    page = page_of_form(extraction, request.user, mode=services.mode_of(extraction.study), **tried)
    for cell in page.cells.values():
        cell.stamp = stamp(cell.one)
    return page


def _page(request: ReviewRequest, extraction: Extraction, status: int = 200, **tried: Any) -> HttpResponse:
    study, mine = extraction.study, extraction.extractor_id == request.user.pk
    shared = extraction.kind == Extraction.Kind.CONSENSUS
    may_edit = Permission.EXTRACT in request.membership.may and may_write(extraction, request.user)
    reports = list(Report.objects.filter(study=study).select_related("record__full_text"))
    with_pdf = [
        report
        for report in reports
        if getattr(report.record, "full_text", None) and report.record.full_text.file
    ]
    asked = request.GET.get("report", "")
    chosen = next((one for one in with_pdf if str(one.pk) == asked), with_pdf[0] if with_pdf else None)
    page = _form(request, extraction, **tried)
    context = ROOM | {
        "extraction": extraction,
        "study": study,
        "page": page,
        "mine": mine,
        "shared": shared,
        "mode": services.mode_of(study),
        "may_edit": may_edit,
        "may_reopen": Permission.EXTRACT in request.membership.may
        and extraction.is_complete
        and (shared or mine),
        "newer": newer_version(extraction) if may_edit else None,
        "with_pdf": with_pdf,
        "report": chosen,
        "record": chosen.record if chosen else None,
        "refused_cells": [cell for cell in page.cells.values() if cell.refusal],
        "config": _config(request, extraction),
    }
    return render(request, "extraction/fill.html", context, status=status)


def _config(request: ReviewRequest, extraction: Extraction) -> dict[str, Any]:
    """What the page's script has to know."""
    here = [extraction.review.slug, extraction.pk]
    return {
        "user": request.user.pk,
        "extraction": extraction.pk,
        "save": reverse("extraction:value", args=here),
        "state": reverse("extraction:fill_state", args=here),
        "login": reverse("account_login"),
        "now": state_of_form(extraction),
    }


def _act(request: ReviewRequest, extraction: Extraction) -> HttpResponse:
    """Do what the pressed button of the plain form asks for, after everything was saved."""
    review, by = extraction.review, request.user
    act, _, name = request.POST.get("act", "").partition(":")
    if act == "complete":
        services.complete_extraction(extraction=extraction, by=by)
        messages.success(request, f"The extraction of {extraction.study} is complete.")
        return redirect("extraction:study", review.slug, extraction.study_id)
    first, second = _name(name) if "." in name else (name, "")
    if act == "add":
        services.add_row(extraction=extraction, group=first, by=by)
    elif act == "remove":
        services.remove_row(extraction=extraction, group=first, row=second, by=by)
    elif act == "restore":
        services.restore_row(extraction=extraction, group=first, row=second, by=by)
    elif act in ("verify", "unverify"):
        seen = _number(request.POST.get(f"s:{name}", "").partition("-")[0])
        services.verify_value(
            extraction=extraction, field=first, row=second, by=by, seen_version=seen, yes=act == "verify"
        )
    else:
        messages.success(request, "Saved.")
    return redirect("extraction:fill", review.slug, extraction.pk)


def _changed(request: ReviewRequest, page: Page) -> list[Cell]:
    """The cells of the sent form in which something else stands than what the page had shown."""
    return [cell for cell in page.cells.values() if _is_changed(request, cell)]


def _is_changed(request: ReviewRequest, cell: Cell) -> bool:
    seen = request.POST.get(f"s:{cell.name}")
    if seen is None or cell.field.is_calculated:
        return False
    try:
        clean = read_value(cell.field, _typed(request, cell))
    except FieldError:
        return True
    comment = request.POST.get(f"c:{cell.name}", "").replace("\r\n", "\n").strip()
    return _mark(clean, comment) != seen.partition("-")[2]


def _typed(request: ReviewRequest, cell: Cell) -> Any:
    sent = [one for one in request.POST.getlist(f"v:{cell.name}") if one.strip()]
    if f"n:{cell.name}" in request.POST:
        sent = [NOT_REPORTED] if cell.field.type == "choices" or not sent else sent
    return sent if cell.field.type == "choices" else (sent[0] if sent else "")


def _posted(request: ReviewRequest, cell: Cell) -> dict[str, Any]:
    return {
        "field": cell.field.key,
        "row": cell.row,
        "value": _typed(request, cell),
        "comment": request.POST.get(f"c:{cell.name}", ""),
        "seen_version": _number(request.POST[f"s:{cell.name}"].partition("-")[0]),
    }


def _body(request: ReviewRequest) -> dict[str, Any]:
    """The body of an autosave, or Unreadable."""
    try:
        sent = json.loads(request.body)
        given = {name: sent[name] for name in ("field", "row", "value", "comment", "seen_version")}
        whose = sent["as"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable("The page sent something that cannot be read. Reload it.") from error
    if whose != request.user.pk:
        raise NotThisPerson(OTHER_PERSON)
    value = given["value"]
    plain = value is None or isinstance(value, str | bool | int | float)
    if not plain and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise Unreadable("A value is a text, a number, yes or no, or a list of texts.")
    texts = [given["field"], given["row"], given["comment"] or ""]
    if not all(isinstance(one, str) for one in texts) or type(given["seen_version"]) is not int:
        raise Unreadable("The page sent something that cannot be read. Reload it.")
    return given


class NotThisPerson(Refused):
    """The page belongs to somebody who is not signed in any more."""

    status = 412


def _standing(extraction: Extraction, conflict: ValueConflict) -> dict[str, Any]:
    """What a conflict tells the page: the value that stands, as the field takes it and in words."""
    one = conflict.value
    field = services.field_of(extraction, one.field, one.row) if one else None
    return {
        "detail": str(conflict),
        "value": one.value if one else None,
        "words": show_with_unit(field, one.value) if one and field else "",
        "comment": one.comment if one else "",
        "by": str(one.changed_by) if one else "",
        "stamp": stamp(one),
    }


def _row_answer(request: ReviewRequest, extraction: Extraction, group: str, row: str) -> HttpResponse:
    """For htmx the new row, put into its place; without script the page again."""
    if not request.htmx:
        return redirect("extraction:fill", extraction.review.slug, extraction.pk)
    extraction = extraction_of(request, extraction.pk)
    view = _group(request, extraction, group)
    keys = [one.key for one in view.rows]
    context = {"group": view, "row": view.rows[keys.index(row)], "extraction": extraction, "may_edit": True}
    answer = render(request, "extraction/_fill_row_answer.html", context | {"focus": True})
    after = keys[keys.index(row) + 1 :]
    if after:
        return reswap(retarget(answer, f"#row-{group}-{after[0]}"), "beforebegin")
    return reswap(retarget(answer, f"#rows-{group}"), "beforeend")


def _group(request: ReviewRequest, extraction: Extraction, group: str) -> GroupView:
    for section in _form(request, extraction).sections:
        for item in section.items:
            if isinstance(item, GroupView) and item.group.key == group:
                return item
    raise Http404("The form has no such group.")


def _name(text: str) -> tuple[str, str]:
    key, _, row = text.partition(".")
    return key, row


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else -1
