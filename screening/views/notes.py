"""Notes on records, questions to a colleague, and what one was asked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import Record
from reviews.access import BIGGEST_ID, ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review, User
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening import panes, remarks
from screening.models import Note, Stage
from screening.services import notes as service
from screening.views.labels import came_from


@review_page(Permission.VIEW)
@require_POST
def note_add(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Save what was written: for ``audience`` private, team, or asked with whom. ``?pane=1``: from an open vote."""
    record = get_object_or_404(Record.objects.unique().filter(review=review), pk=pk)
    here = came_from(request, reverse("screening:record", args=[review.slug, pk]))
    typed, audience = request.POST.get("note", ""), request.POST.get("audience", "")
    asked = _person(request.POST.get("asked", "")) if audience == Note.Audience.ASKED else None
    try:
        service.write_note(
            review=review,
            record=record,
            by=request.user,
            text=typed,
            audience=audience,
            stage=stage,
            asked=asked,
        )
    except Refused as refusal:
        if request.htmx and refusal.status == 422:
            return _notes(request, record, stage, typed=typed, note_wrong=str(refusal), status=422)
        return refused(request, refusal, to=here)
    return _notes(request, record, stage) if request.htmx else redirect(here)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def note(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Change one's own note; for htmx the note alone (``?show=1``) or the form in its place."""
    note = get_object_or_404(_readable(request).filter(author=request.user), pk=pk)
    context = {"note": note, "text": note.text, "to": request.path}
    if request.method == "POST":
        context["text"] = request.POST.get("text", "")
        try:
            service.change_note(note=note, by=request.user, text=context["text"])
        except Refused as refusal:
            return _form(request, context | {"wrong": str(refusal)}, refusal.status)
        return _shown(request, note) if request.htmx else _to_record(review, note)
    if request.htmx and "show" in request.GET:
        return _shown(request, note)
    return _form(request, context)


@review_page(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def note_answer(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    note = get_object_or_404(_readable(request).filter(removed_at=None), pk=pk)
    context = {"note": note, "text": "", "to": request.path, "answer": True, "as": "div"}
    if request.method == "POST":
        context["text"] = request.POST.get("text", "")
        try:
            service.answer_note(note=note, by=request.user, text=context["text"])
        except Refused as refusal:
            if request.htmx:
                return refused(request, refusal, to=request.path)
            return _form(request, context | {"wrong": str(refusal)}, refusal.status)
        if request.htmx:
            return _notes(request, note.record, Stage(note.stage))
        messages.success(request, "Answered.")
        return redirect("screening:asked", review.slug)
    return _form(request, context)


@review_page(Permission.VIEW)
@require_POST
def note_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take one's own note away, or (``restore`` in the form) bring it back."""
    note = get_object_or_404(_readable(request).filter(author=request.user), pk=pk)
    back = "restore" in request.POST
    try:
        (service.restore_note if back else service.remove_note)(note=note, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:record", args=[review.slug, note.record_id]))
    if not request.htmx:
        return redirect(came_from(request, reverse("screening:record", args=[review.slug, note.record_id])))
    return _shown(request, note) if back else render(request, "screening/_note_gone.html", {"note": note})


@review_page(Permission.VIEW)
@require_GET
def asked(request: ReviewRequest, review: Review) -> HttpResponse:
    """What one was asked, what one asked, and where one was mentioned; new notices count as seen now."""
    readable = _readable(request).filter(removed_at=None).order_by("-pk")
    new = set(remarks.notices(request.membership).values_list("note", flat=True))
    tab = request.GET.get("show", "to_me")
    rows = {
        "by_me": readable.questions().filter(author=request.user),
        "mentions": readable.exclude(audience=Note.Audience.ASKED).filter(mentions__user=request.user),
    }.get(tab, readable.questions().filter(asked=request.user))
    page = page_of(request, rows, 25)
    answers = readable.filter(parent__in=[each.pk for each in page]).order_by("pk")
    for each in page:
        each.mine, each.new = each.author_id == request.user.pk, each.pk in new
        each.answers_shown = [answer for answer in answers if answer.parent_id == each.pk]
    service.see_notices(membership=request.membership)
    context = {"room": "screening", "page_obj": page, "tab": tab if tab in ("by_me", "mentions") else "to_me"}
    return render(request, "screening/asked.html", context | {"may": remarks.beside(request.membership)})


@review_page(Permission.VIEW)
@require_POST
def notice_email(request: ReviewRequest, review: Review) -> HttpResponse:
    """Whether one wants an e-mail when asked or mentioned; holds for all reviews."""
    service.want_mail(user=request.user, on="on" in request.POST)
    messages.success(request, "Saved, for all your reviews.")
    return redirect("screening:asked", review.slug)


def _readable(request: ReviewRequest):
    notes = Note.objects.visible_to(request.membership)
    return notes.select_related("author", "asked", "record", "review", "parent")


def _person(given: str) -> User | None:
    known = given.isdecimal() and int(given) <= BIGGEST_ID
    return User.objects.filter(pk=int(given)).first() if known else None


def _notes(request: ReviewRequest, record: Record, stage: Stage, status: int = 200, **more) -> HttpResponse:
    """The record's notes with the place to write, as the page has them."""
    context = {"record": record} | remarks.beside_record(request.membership, record, stage) | more
    if "pane" in request.GET:
        shared = panes.common(record.review, stage)
        (pane,) = panes.panes(request.membership, stage, [record], shared)
        context |= {name: pane[name] for name in ("form", "own", "settled", "taken")}
        if more.get("typed"):
            context["form"].initial["note"] = more["typed"]
    return render(request, "screening/_notes.html", context, status=status)


def _shown(request: ReviewRequest, note: Note) -> HttpResponse:
    own = remarks.notes_on(request.membership, [note.record], note.stage).get(note.record_id, [])
    shown = next((each for each in own if each.pk == note.pk), note)
    return render(request, "screening/_note.html", remarks.beside(request.membership) | {"note": shown})


def _form(request: ReviewRequest, context: dict, status: int = 200) -> HttpResponse:
    template = "screening/_note_form.html" if request.htmx else "screening/note.html"
    return render(request, template, {"room": "records"} | context, status=status)


def _to_record(review: Review, note: Note) -> HttpResponse:
    return redirect("screening:record", review.slug, note.record_id)
