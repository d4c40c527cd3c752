"""The builder: every gesture is a post of its one form, which also carries what was typed into the open editor."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from extraction import services
from extraction.builder import (
    Outline,
    apply_editor,
    editor_as_typed,
    focus_after,
    gesture,
    outline_of,
)
from extraction.form_preview import preview_of, typed_in
from extraction.form_schema import Schema, read_schema
from extraction.form_schema.edits import EditError
from extraction.models import Form, FormVersion
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.permissions import Permission

ROOM = {"room": "extraction"}


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def form_build(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Build a form. A post does what its button ``do`` says, after saving what the open editor says."""
    one = get_object_or_404(Form.objects.select_related("review"), review=review, pk=pk)
    version = one.versions.filter(state=FormVersion.State.DRAFT).select_related("form__review").first()
    if version is None:
        return redirect("extraction:form", review.slug, pk)
    if request.method == "GET":
        part = request.GET.get("open", "")
        focus = request.GET.get("focus") or f"edit:{part}"
        return _page(request, outline_of(version, open_part=part, focus=focus))
    return _gesture(request, version)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def form_check(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """While one types: the preview with what the editor says, and what is wrong with it. Nothing is stored."""
    one = get_object_or_404(Form.objects.select_related("review"), review=review, pk=pk)
    version = get_object_or_404(
        FormVersion.objects.select_related("form__review"), form=one, state=FormVersion.State.DRAFT
    )
    said, data = "", version.schema
    try:
        edit = apply_editor(version, request.POST)
        data = edit.data if edit else data
    except EditError as error:
        said = str(error)
    schema = read_schema(data, draft=True)
    part = request.POST.get("f-key") or request.POST.get("editing", "")
    context = _preview_context(request, schema, version, part) | {
        "said": said,
        "part": part,
        "part_faults": [fault for fault in schema.faults if fault.key == part.removeprefix("section.")],
        "field": schema.by_key.get(part),
        "check": bool(request.POST.get("editing")),
    }
    return render(request, "extraction/_form_preview.html", context)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def form_version(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A version as the extractor sees it, to be tried out. Nothing is stored."""
    versions = FormVersion.objects.select_related("form__review")
    version = get_object_or_404(versions, form__review=review, pk=pk)
    context = _preview_context(request, version.read(), version) | {"version": version}
    context["try_url"] = context["plain_url"]
    template = "_form_preview" if request.htmx else "form_version"
    return render(request, f"extraction/{template}.html", ROOM | context)


def _gesture(request: ReviewRequest, version: FormVersion) -> HttpResponse:
    """Save what the editor says, do what the button asks; one change each, so that each can be undone."""
    asked, posted = request.POST.get("do", "save"), request.POST
    seen = posted.get("seen_version", "")
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
    part = posted.get("editing", "")
    try:
        edit = apply_editor(version, posted)
        if edit:
            did = edit.sentence
            version = services.save_draft(
                version=version, schema=edit.data, by=request.user, seen_version=number, did=did
            )
            number, part = version.version, edit.part
    except EditError as error:
        editor = editor_as_typed(version, posted, error)
        return _answer(request, outline_of(version, editor=editor), status=422, said=str(error))
    except Refused as refusal:
        return _refused(request, version, refusal)
    try:
        open_part, focus, done = _act(request, version, asked, part, number)
    except EditError as error:
        return _answer(request, outline_of(version, open_part=part), status=422, said=str(error))
    except Refused as refusal:
        return _refused(request, version, refusal)
    version.refresh_from_db()
    return _answer(request, outline_of(version, open_part=open_part, focus=focus), done=done)


def _act(
    request: ReviewRequest, version: FormVersion, asked: str, part: str, seen: int
) -> tuple[str, str, str]:
    """(part open afterwards, what gets the focus, what to say) after the button ``asked``."""
    name, _, rest = asked.partition(":")
    if name == "save":
        asked = _typed_for_adding(request) or ""
        if not asked:
            return "", f"open:{part}", ""
        name, _, rest = asked.partition(":")
    if name == "open":
        return rest, f"edit:{rest}", ""
    if name == "keep":
        return part, f"keep:{part}", ""
    if name == "undo":
        services.undo_edit(version=version, by=request.user, seen_version=seen)
        return "", "undo", "The last change was undone."
    edit = gesture(version.schema, asked, request.POST)
    services.save_draft(
        version=version, schema=edit.data, by=request.user, seen_version=seen, did=edit.sentence
    )
    open_part, focus = focus_after(asked, edit, request.POST)
    return open_part, focus, edit.sentence[:1].upper() + edit.sentence[1:] + "."


def _typed_for_adding(request: ReviewRequest) -> str | None:
    """Enter in the label of a new field, or in the name of a new section, adds it."""
    for name, value in request.POST.items():
        if name.startswith("new-label-") and str(value).strip():
            return f"add:{name.removeprefix('new-label-')}"
    return "section:" if request.POST.get("new-section", "").strip() else None


def _refused(request: ReviewRequest, version: FormVersion, refusal: Refused) -> HttpResponse:
    """What was typed stays in the editor; a Conflict shows what the form is now."""
    version.refresh_from_db()
    error = EditError(str(refusal))
    editor = editor_as_typed(version, request.POST, error) if isinstance(refusal, Conflict) else None
    return _answer(request, outline_of(version, editor=editor), status=refusal.status, said=str(refusal))


def _answer(
    request: ReviewRequest, outline: Outline, *, status: int = 200, said: str = "", done: str = ""
) -> HttpResponse:
    """The builder again: as a fragment with script, else by its address, so that a reload repeats nothing."""
    if request.htmx:
        context = _context(request, outline) | {"said": said, "done": done}
        return render(request, "extraction/_form_builder.html", context, status=status)
    if said:
        return _page(request, outline, status=status, said=said)
    query = {"open": outline.editor.part if outline.editor else "", "focus": outline.focus}
    form = outline.version.form
    address = reverse("extraction:form_build", args=[form.review.slug, form.pk], query=query)
    return redirect(f"{address}#{'editor' if outline.editor else 'builder'}")


def _page(request: ReviewRequest, outline: Outline, *, status: int = 200, said: str = "") -> HttpResponse:
    context = _context(request, outline) | {"said": said}
    return render(request, "extraction/form_build.html", context, status=status)


def _context(request: ReviewRequest, outline: Outline) -> dict:
    part = outline.editor.part if outline.editor else ""
    return ROOM | _preview_context(request, outline.schema, outline.version, part) | {"outline": outline}


def _preview_context(request: ReviewRequest, schema: Schema, version: FormVersion, part: str = "") -> dict:
    """``part`` is the one being edited; the preview says so where its answers hide it."""
    typed = typed_in(schema, request.POST) if request.method == "POST" else {}
    slug = version.form.review.slug
    page = preview_of(schema, typed)
    cell = page.cells.get(f"{part}.")
    return {
        "page": page,
        "hidden_part": cell.field.label if cell and not cell.shown else "",
        "schema": schema,
        "one": version.form,
        "try_url": reverse("extraction:form_check", args=[slug, version.form_id]),
        "plain_url": reverse("extraction:form_version", args=[slug, version.pk]),
    }
