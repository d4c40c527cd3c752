"""Asking authors: the log of a review and of a study, one entry, reminders."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.contact_forms import ContactForm, DayForm, ReplyForm
from extraction.contacts import COLUMNS, DAYS, STATES, contacts_of, log, rows, with_state
from extraction.models import AuthorContact
from extraction.services.contacts import ask_authors, change_contact, remind_authors, remove_contact
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening.models import Study

ROOM = {"room": "extraction"}


@review_page(Permission.VIEW)
@require_GET
def contacts(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every question to authors: what is open, for what a reminder is due, what was answered."""
    every = contacts_of(review)
    counts = {state: sum(one.state == state for one in every) for state in STATES}
    state = request.GET.get("state", "")
    if state not in STATES:
        state = next((each for each in STATES if counts[each]), "due")
    context = ROOM | {
        "tabs": [(key, label, counts[key]) for key, label in STATES.items()],
        "state": state,
        "page_obj": page_of(request, [one for one in every if one.state == state]),
        "days": DAYS,
        "any": bool(every),
        "today": timezone.localdate(),
    }
    return render(request, "extraction/contacts.html", context)


@review_page(Permission.VIEW)
@require_GET
def contacts_csv(request: ReviewRequest, review: Review) -> HttpResponseBase:
    return csv_download(f"{review.slug}-authors-asked.csv", COLUMNS, rows(contacts_of(review)))


@review_page(Permission.VIEW)
@require_GET
def study_contacts(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """What the authors of one study were asked."""
    return _study_page(request, _study(review, study_pk))


@review_page(Permission.EXTRACT)
@require_POST
def contact_add(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    study = _study(review, study_pk)
    form = ContactForm(study, request.POST)
    if form.is_valid():
        try:
            ask_authors(study=study, by=request.user, **form.changes())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The question is in the log.")
            return redirect("extraction:study_contacts", review.slug, study.pk)
    return _study_page(request, study, form)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def contact(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Change an entry, or write down the reply."""
    found = _contact(review, pk)
    start = {"seen_version": found.version}
    form = ReplyForm(found.study, request.POST or None, instance=found, initial=start)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            change_contact(
                contact=found,
                by=request.user,
                seen_version=form.cleaned_data["seen_version"] or 0,
                changes=form.changes(),
            )
        except Refused as refusal:
            status = refusal.status
            refuse_form(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect("extraction:study_contacts", review.slug, found.study_id)
    context = ROOM | {"contact": found, "study": found.study, "form": form}
    return render(request, "extraction/contact.html", context, status=status)


@review_page(Permission.EXTRACT)
@require_POST
def contact_remind(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Write down a reminder: today, or the day in ``on``."""
    found, form = _contact(review, pk), DayForm(request.POST)
    back = reverse("extraction:study_contacts", args=[review.slug, found.study_id])
    if request.POST.get("from") == "list":
        back = reverse("extraction:contacts", args=[review.slug])
    if not form.is_valid():
        messages.error(request, "That is not a day; write it as 2026-03-01.")
        return redirect(back)
    try:
        remind_authors(contact=found, by=request.user, on=form.cleaned_data["on"])
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"The reminder to the authors of {found.study} is in the log.")
    return redirect(back)


@review_page(Permission.EXTRACT)
@require_POST
def contact_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _contact(review, pk)
    back = reverse("extraction:study_contacts", args=[review.slug, found.study_id])
    try:
        remove_contact(contact=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "The question was thrown away; it had not been sent.")
    return redirect(back)


def _study(review: Review, pk: int) -> Study:
    return get_object_or_404(Study.objects.select_related("review"), review=review, pk=pk)


def _contact(review: Review, pk: int) -> AuthorContact:
    return get_object_or_404(log().select_related("study__review"), study__review=review, pk=pk)


def _study_page(request: ReviewRequest, study: Study, form: ContactForm | None = None) -> HttpResponse:
    entries = list(with_state(log().filter(study=study)))
    context = ROOM | {
        "study": study,
        "contacts": entries,
        "form": form or ContactForm(study),
        "days": DAYS,
    }
    return render(request, "extraction/study_contacts.html", context, status=422 if form else 200)
