"""The forms of a review: the list, one form with its versions, pilots, publishing, codebooks and copies."""

import json

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction import services
from extraction.form_forms import FormNameForm, ImportForm, NewFormForm, PilotForm, PublishForm
from extraction.form_schema import CODEBOOK_COLUMNS, SchemaError, changes, codebook, read_schema
from extraction.form_versions import history_of, moves_in, outdated
from extraction.models import Form, FormVersion
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

ROOM = {"room": "extraction"}


@review_page(Permission.VIEW)
@require_GET
def form_list(request: ReviewRequest, review: Review) -> HttpResponse:
    """The forms of the review, in the order in which studies are given them."""
    return _list_page(request, review)


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def form_add(request: ReviewRequest, review: Review) -> HttpResponse:
    """Make a form: of ready-made sections, as a copy, or from a file."""
    form = NewFormForm(request.user, request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.create_form(
                review=review,
                name=given["name"],
                designs=given["designs"],
                sections=given["sections"],
                schema=form.schema(),
                by=request.user,
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("extraction:form_build", review.slug, made.pk)
    return render(
        request, "extraction/form_add.html", ROOM | {"form": form}, status=422 if form.is_bound else 200
    )


@review_page(Permission.VIEW)
@require_GET
def form_page(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One form: its versions with what changed, the extractions that wait for a newer one."""
    return _form_page(request, _form(review, pk))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_change(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Rename a form, say which designs it is for."""
    one, form = _form(review, pk), FormNameForm(request.POST)
    if form.is_valid():
        try:
            services.rename_form(form=one, name=form.cleaned_data["name"], by=request.user)
            services.set_form_designs(form=one, designs=form.cleaned_data["designs"], by=request.user)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect("extraction:form", review.slug, pk)
    return _form_page(request, one, name_form=form, status=422)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Move a form up or down in the list."""
    back = reverse("extraction:forms", args=[review.slug])
    return _gesture(
        request,
        back,
        lambda: services.move_form(form=_form(review, pk), to=request.POST.get("to", ""), by=request.user),
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_retire(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a form out of use, or into use again."""
    verb = services.restore_form if request.POST.get("to") == "use" else services.retire_form
    back = reverse("extraction:forms", args=[review.slug])
    return _gesture(request, back, lambda: verb(form=_form(review, pk), by=request.user))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_begin(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Begin the next version; it starts as the latest."""
    form = _form(review, pk)
    return _gesture(
        request,
        reverse("extraction:form_build", args=[review.slug, pk]),
        lambda: services.begin_draft(form=form, by=request.user),
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_discard(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Throw the draft away; what is published stays."""
    back = reverse("extraction:form", args=[review.slug, pk])
    return _gesture(
        request, back, lambda: services.discard_draft(version=_open(_form(review, pk)), by=request.user)
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def form_import(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take sections into a draft: from a form of another review, or from a file."""
    one = _form(review, pk)
    version = _open(one)
    start = {"seen_version": version.version}
    form = ImportForm(request.user, request.POST or None, request.FILES or None, initial=start)
    if form.is_bound and form.is_valid():
        seen = form.cleaned_data["seen_version"]
        try:
            if form.cleaned_data["replace"]:
                services.save_draft(
                    version=version,
                    schema=form.schema(),
                    by=request.user,
                    seen_version=seen,
                    did="put in another form",
                )
            else:
                services.add_sections_of(
                    version=version, other=form.schema(), by=request.user, seen_version=seen
                )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("extraction:form_build", review.slug, pk)
    context = ROOM | {"one": one, "form": form}
    return render(request, "extraction/form_import.html", context, status=422 if form.is_bound else 200)


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def form_pilot(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Try a draft on some studies."""
    one = _form(review, pk)
    version = _open(one)
    before = one.versions.filter(state=FormVersion.State.PILOTED).order_by("-number").first()
    start = {"studies": before.pilot_studies.all() if before else (), "k": None if before else 3}
    form = PilotForm(review, request.POST or None, initial=start)
    if form.is_bound and form.is_valid():
        try:
            services.start_pilot(version=version, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The pilot has begun: the studies are extracted with this draft now.")
            return redirect("extraction:form", review.slug, pk)
    context = ROOM | {"one": one, "version": version, "form": form, "faults": _faults(version)}
    return render(request, "extraction/form_pilot.html", context, status=422 if form.is_bound else 200)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_pilot_end(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """End the pilot and go on with the draft."""
    back = reverse("extraction:form", args=[review.slug, pk])
    return _gesture(
        request, back, lambda: services.end_pilot(version=_open(_form(review, pk)), by=request.user)
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def form_publish(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What publishing does to the studies, then publish."""
    one = _form(review, pk)
    version = _open(one)
    form = PublishForm(request.POST or None, initial={"seen_version": version.version, "note": version.note})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            services.publish_form(version=version, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Version {version.number} is published and in use.")
            return redirect("extraction:form", review.slug, pk)
    earlier = one.versions.published().order_by("-number").first()
    context = ROOM | {
        "one": one,
        "version": version,
        "form": form,
        "earlier": earlier,
        "faults": _faults(version),
        "changes": changes(earlier.read(), version.read()) if earlier else [],
        "moves": outdated(one, version, request.membership),
    }
    return render(request, "extraction/form_publish.html", context, status=status)


@review_page(Permission.EXTRACT)
@require_POST
def form_take_over(request: ReviewRequest, review: Review) -> HttpResponse:
    """Move every extraction to the newer version of its form where nothing is lost from view or missing."""
    back = reverse("extraction:forms", args=[review.slug])
    try:
        done = services.take_over_everywhere(membership=request.membership, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(
        request, f"{len(done)} extraction{'' if len(done) == 1 else 's'} moved to the newer form."
    )
    return redirect(back)


@review_page(Permission.VIEW)
@require_GET
def form_codebook(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What every field of a version means."""
    version = _version(review, pk)
    context = ROOM | {"version": version, "one": version.form, "entries": codebook(version.read())}
    return render(request, "extraction/form_codebook.html", context)


@review_page(Permission.VIEW)
@require_GET
def form_codebook_csv(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    """The codebook as CSV."""
    version = _version(review, pk)
    rows = [entry.to_dict().values() for entry in codebook(version.read())]
    return csv_download(
        f"{review.slug}_form{version.form_id}_v{version.number}_codebook.csv", CODEBOOK_COLUMNS, rows
    )


@review_page(Permission.VIEW)
@require_GET
def form_json(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A version as JSON, to be read by this or another installation."""
    version = _version(review, pk)
    name = f"{review.slug}_form{version.form_id}_v{version.number}.json"
    return HttpResponse(
        json.dumps({"name": version.form.name, **version.schema}, ensure_ascii=False, indent=2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# --- what these pages share ----------------------------------------------------------------------------------


def _form(review: Review, pk: int) -> Form:
    return get_object_or_404(Form.objects.select_related("review"), review=review, pk=pk)


def _version(review: Review, pk: int) -> FormVersion:
    return get_object_or_404(FormVersion.objects.select_related("form__review"), form__review=review, pk=pk)


def _open(form: Form) -> FormVersion:
    """The draft or pilot of a form, or 404: the page was about one that is gone."""
    return get_object_or_404(FormVersion.objects.open().select_related("form__review"), form=form)


def _faults(version: FormVersion) -> list:
    try:
        read_schema(version.schema)
    except SchemaError as error:
        return error.faults
    return []


def _gesture(request: ReviewRequest, to: str, act) -> HttpResponse:
    """Do one thing and go to the page ``to``, with the sentence of a refusal if there is one."""
    try:
        act()
    except Refused as refusal:
        return refused(request, refusal, to)
    return redirect(to)


def _list_page(request: ReviewRequest, review: Review) -> HttpResponse:
    forms = list(Form.objects.filter(review=review).prefetch_related("versions__pilot_studies"))
    moves = moves_in(request.membership)
    context = ROOM | {
        "in_use": [form for form in forms if not form.retired_at],
        "retired": [form for form in forms if form.retired_at],
        "moves": moves,
        "plain": sum(move.is_plain for move in moves),
    }
    return render(request, "extraction/form_list.html", context)


def _form_page(
    request: ReviewRequest, one: Form, name_form: FormNameForm | None = None, status: int = 200
) -> HttpResponse:
    versions = list(one.versions.select_related("made_by", "form").prefetch_related("pilot_studies"))
    history = history_of(versions)
    moves = [move for move in moves_in(request.membership) if move.version.form_id == one.pk]
    context = ROOM | {
        "one": one,
        "open_version": next((version for version in versions if version.is_open), None),
        "history": history,
        "moves": moves,
        "name_form": name_form or FormNameForm(initial={"name": one.name, "designs": one.designs}),
    }
    return render(request, "extraction/form_page.html", context, status=status)
