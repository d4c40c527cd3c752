"""A PRISMA2020 CSV that comes in: compared, the chosen differences taken over, or filled in and given back."""

import base64

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from reporting.diagram_files import FORMATS
from reporting.flow.notes import told_of
from reporting.forms.flow import FlowFileForm, TakeForm
from reporting.prisma2020 import Comparison
from reporting.services.flow_in import compare_file, fill_file, plain_name, take_from_file
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


@review_page(Permission.PUBLISH)
@require_http_methods(["GET", "POST"])
def flow_in(request: ReviewRequest, review: Review) -> HttpResponse:
    """Choose a file; then what it says otherwise. ``do=fill`` gives it back with the review's numbers."""
    form = FlowFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content, name = file.read(), plain_name(file.name)
        try:
            if request.POST.get("do") == "fill":
                return _filled(fill_file(review=review, content=content), name)
            found = compare_file(review=review, content=content)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            carried = {"content": base64.b64encode(content).decode(), "file_name": name}
            return _compared(request, review, found, TakeForm(initial=carried), name)
    status = 422 if request.method == "POST" else 200
    return render(request, "reporting/flow_in.html", {"room": "prisma", "form": form}, status=status)


def _filled(content: bytes, name: str) -> HttpResponse:
    stem = name.removesuffix(".csv").encode("ascii", "ignore").decode().replace('"', "") or "PRISMA"
    return HttpResponse(
        content,
        content_type=FORMATS["csv"],
        headers={"Content-Disposition": f'attachment; filename="{stem}.csv"'},
    )


@review_page(Permission.PUBLISH)
@require_POST
def flow_in_take(request: ReviewRequest, review: Review) -> HttpResponse:
    form = TakeForm(request.POST)
    if not form.is_valid() or not form.choose(request.POST.getlist("numbers")):
        sentence = " ".join(str(each) for errors in form.errors.values() for each in errors)
        messages.error(request, sentence)
        return redirect(reverse("reporting:flow_in", args=[review.slug]))
    data = form.cleaned_data
    try:
        taken = take_from_file(
            review=review,
            by=request.user,
            content=data["content"],
            file_name=data["file_name"],
            numbers=form.numbers,
            labels=request.POST.getlist("labels"),
            reason=data["reason"],
        )
    except Refused as refusal:
        refuse_form(form, refusal)
        return _again(request, review, form)
    told = [(len(taken.adjustments), "number"), (len(taken.labels), "label")]
    words = " and ".join(f"{n} {what}{'s' if n != 1 else ''}" for n, what in told if n)
    messages.success(request, f"Taken over from {plain_name(data['file_name'])}: {words}.")
    return redirect(reverse("reporting:prisma", args=[review.slug]))


def _again(request: ReviewRequest, review: Review, form: TakeForm) -> HttpResponse:
    """The differences as they are by now, with what was refused above them."""
    data = form.cleaned_data
    try:
        found = compare_file(review=review, content=data["content"])
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(reverse("reporting:flow_in", args=[review.slug]))
    return _compared(request, review, found, form, plain_name(data["file_name"]), status=422)


def _compared(
    request: ReviewRequest, review: Review, found: Comparison, form: TakeForm, name: str, status: int = 200
) -> HttpResponse:
    context = {
        "room": "prisma",
        "name": name,
        "form": form,
        "found": found,
        "numbers": [(one, told_of(one.id)) for one in found.numbers],
        "labels": [(one, told_of(one.key)) for one in found.labels],
        "chosen": request.POST.getlist("numbers") + request.POST.getlist("labels"),
    }
    return render(request, "reporting/flow_in_compare.html", context, status=status)
