"""The reporting checklists: what there are, one of them item by item, and its files."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from reporting.checklists import CHECKLISTS, Checklist
from reporting.checklists.documents import FORMATS, file_name, file_of
from reporting.checklists.filling import answered, filled
from reporting.forms.checklists import AnswerForm
from reporting.services.checklists import UnknownChecklist, answer_item, find_checklist, find_item
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def checklists(request: ReviewRequest, review: Review) -> HttpResponse:
    counts = answered(review)
    told = [(one, counts[one.key]) for one in CHECKLISTS.values()]
    context = {"room": "checklists", "checklists": told, "formats": FORMATS}
    return render(request, "reporting/checklists.html", context)


@review_page(Permission.REPORT)
@require_GET
def checklist(request: ReviewRequest, review: Review, key: str) -> HttpResponse:
    return _page(request, review, _found(key))


@review_page(Permission.EXPORT)
@require_POST
def checklist_item(request: ReviewRequest, review: Review, key: str, item: str) -> HttpResponse:
    """Say where an item is reported: whoever may take the report out may say where it tells what."""
    checklist = _found(key)
    try:
        asked = find_item(checklist, item)
    except UnknownChecklist as error:
        raise Http404(str(error)) from error
    form = AnswerForm(request.POST, auto_id=AnswerForm.ids(asked.number))
    if form.is_valid():
        try:
            answer_item(review=review, by=request.user, checklist=checklist, item=asked, **form.cleaned_data)
        except Conflict as conflict:
            return refused(request, conflict, _place(review, key, item))
        except Refused as refusal:
            refuse_form(form, refusal)
    if not request.htmx:
        if form.errors:
            return _page(request, review, checklist, {asked.number: form}, status=422)
        messages.success(request, f"Item {asked.number} saved.")
        return redirect(_place(review, key, item))
    (line,) = filled(review, checklist, only=asked)
    context = {"checklist": checklist, "line": line, "form": form if form.errors else AnswerForm.of(line)}
    context |= {"may_answer": True, "fresh": True}
    response = render(request, "reporting/_checklist_row.html", context, status=422 if form.errors else 200)
    if not form.errors:
        trigger_client_event(response, "toast", {"text": f"Item {asked.number} saved."})
    return response


@review_page(Permission.REPORT)
@require_GET
def checklist_file(request: ReviewRequest, review: Review, key: str, extension: str) -> HttpResponse:
    checklist = _found(key)
    if extension not in FORMATS:
        raise Http404(f"A checklist comes as {' or '.join(FORMATS)}.")
    name = file_name(review, checklist, extension)
    return HttpResponse(
        file_of(review, checklist, extension),
        content_type=FORMATS[extension],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(key: str) -> Checklist:
    try:
        return find_checklist(key)
    except UnknownChecklist as error:
        raise Http404(str(error)) from error


def _place(review: Review, key: str, item: str) -> str:
    return f"{reverse('reporting:checklist', args=[review.slug, key])}#item-{item}"


def _page(
    request: ReviewRequest,
    review: Review,
    checklist: Checklist,
    bound: dict[str, AnswerForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    lines = filled(review, checklist)
    bound, waiting = bound or {}, [line for line in lines if not line.location]
    shown = waiting if request.GET.get("show") == "open" and not bound else lines
    rows = {line.item.number: (line, bound.get(line.item.number) or AnswerForm.of(line)) for line in shown}
    context = {
        "room": "checklists",
        "checklist": checklist,
        "sections": [
            (section, [rows[item.number] for item in items if item.number in rows])
            for section, items in checklist.sections
        ],
        "all": len(lines),
        "done": len(lines) - len(waiting),
        "own": sum(line.is_own for line in lines),
        "waiting": len(waiting),
        "show": "open" if shown is waiting else "",
        "formats": FORMATS,
        "may_answer": Permission.EXPORT in request.membership.may and not review.archived_at,
    }
    return render(request, "reporting/checklist.html", context, status=status)
