"""Full texts: which are sought, requested, retrieved or not, and the PDFs, served to members only."""

from django.contrib import messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.earlier import hide_decisions
from screening.forms import FullTextFileForm
from screening.language_filter import ReportFilter
from screening.languages import language_name
from screening.models import Decision, FullText, PdfUpload, Report, Stage, Verdict
from screening.pdf_forms import LanguageForm
from screening.remarks import terms_for
from screening.retraction_flags import flag, notices
from screening.retrieval_forms import RetrievalFileForm, RetrievalForm, RetrievalOfManyForm
from screening.services.full_texts import set_language
from screening.services.retrieval import LOT
from screening.serving import pdf_response
from screening.set_aside import included_studies_of


@review_page(Permission.VIEW)
@require_GET
def full_texts(request: ReviewRequest, review: Review) -> HttpResponse:
    current = FullText.objects.current().filter(review=review)
    listed = current.select_related("record").order_by("record_id")
    if request.GET.get("state") == FullText.State.REQUESTED:
        listed = listed.oldest_request_first()
    found = ReportFilter(request.GET, listed, request=request)
    own = Decision.objects.live().filter(stage=Stage.FULL_TEXT, reviewer=request.user)
    shown = Verdict.objects.visible_to(request.membership).at(Stage.FULL_TEXT).select_related("reason")
    page = page_of(
        request,
        found.qs.prefetch_related(
            Prefetch("record__verdicts", shown, to_attr="shown_verdicts"),
            Prefetch("record__decisions", own, to_attr="own_decisions"),
            notices("record__"),
        ),
    )
    counts = dict(current.order_by().values_list("state").annotate(Count("pk")))
    for row in page.object_list:
        row.language_said = language_name(row.language or row.record.language)
    context = {
        "room": "full_text",
        "filter": found,
        "translations": current.filter(needs_translation=True).count(),
        "page_obj": page,
        "lot": last_lot(request, review),
        "bulk_form": RetrievalOfManyForm(initial={"query": request.GET.urlencode()}),
        "file_form": RetrievalFileForm(),
        "empty": not counts,
        "tiles": [(state, label, counts.get(state, 0)) for state, label in FullText.State.choices],
    }
    return render(request, "screening/full_texts.html", context)


@review_page(Permission.VIEW)
@require_GET
def full_text(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _page(request, _find(review, pk))


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def full_text_state(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    full_text = _find(review, pk)
    form = RetrievalForm(request.POST)
    if form.is_valid():
        try:
            services.set_full_text_state(
                review=review, record=full_text.record, by=request.user, **form.cleaned_data
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The retrieval is recorded.")
            return redirect(_after(request, review, pk))
    return _page(request, full_text, state_form=form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def full_text_file(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    full_text = _find(review, pk)
    form = FullTextFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.attach_full_text(
                review=review, record=full_text.record, file=form.cleaned_data["file"], by=request.user
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The PDF is attached; the report can be voted on.")
            return redirect("screening:full_text", review.slug, pk)
    return _page(request, full_text, file_form=form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def full_text_language(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    full_text = _find(review, pk)
    form = LanguageForm(request.POST)
    if form.is_valid():
        try:
            set_language(review=review, record=full_text.record, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The language is recorded.")
            return redirect("screening:full_text", review.slug, pk)
    return _page(request, full_text, language_form=form)


@review_page(Permission.VIEW)
@require_GET
def full_text_pdf(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    """The PDF, to be saved, or read in pieces by the viewer. It may load and run nothing."""
    full_text = _find(review, pk)
    try:
        stream = services.open_pdf(full_text)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:full_text", args=[review.slug, pk]))
    return pdf_response(request, stream, full_text.file_name)


@review_page(Permission.VIEW)
@require_GET
def full_text_look(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The PDF of the record ``pk`` at ``?page=``, with the words of ``?quote=`` marked. For links of other rooms."""
    full_text = _find(review, pk)
    page, quote = request.GET.get("page", "").strip(), request.GET.get("quote", "").strip()
    context = {
        "room": "full_text",
        "record": full_text.record,
        "page": page,
        "pdf_at": page if page.isdecimal() and len(page) < 6 else "1",
        "pdf_quote": quote,
        "terms": terms_for(request.membership),
    }
    return render(request, "screening/full_text_look.html", context)


def _find(review: Review, pk: int) -> FullText:
    """The full text of the record ``pk``."""
    rows = FullText.objects.select_related("record", "record__search", "changed_by")
    return get_object_or_404(rows, review=review, record_id=pk)


def _same_content(full_text: FullText) -> QuerySet[FullText]:
    """Other reports of the review with the very same PDF."""
    others = FullText.objects.filter(review=full_text.review, sha256=full_text.sha256).exclude(sha256="")
    return others.exclude(pk=full_text.pk).select_related("record")


def last_lot(request: ReviewRequest, review: Review) -> AuditEvent | None:
    """The change of many reports that this person has just made, for the undo above the list."""
    pk = request.GET.get("lot", "")
    made = AuditEvent.objects.filter(review=review, actor=request.user, verb=LOT)
    return made.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None


def _after(request: ReviewRequest, review: Review, pk: int) -> str:
    """Back to the list when the gesture came from there."""
    if request.POST.get("from") == "list":
        return reverse("screening:full_texts", args=[review.slug])
    return reverse("screening:full_text", args=[review.slug, pk])


def _page(request: ReviewRequest, full_text: FullText, **forms) -> HttpResponse:
    record: Record = hide_decisions(full_text.record)
    flag([record])
    report = Report.objects.filter(record=record).first()
    initial = {name: getattr(full_text, name) for name in ("state", "requested_from", "why_not")}
    context = {
        "room": "full_text",
        "full_text": full_text,
        "record": record,
        "verdict": Verdict.objects.visible_to(request.membership)
        .at(Stage.FULL_TEXT)
        .filter(record=record)
        .first(),
        "report": report,
        "seems_of": included_studies_of(full_text.review, [record]).get(record.pk),
        "own": Decision.objects.live()
        .filter(record=record, stage=Stage.FULL_TEXT, reviewer=request.user)
        .first(),
        "state_form": RetrievalForm(initial=initial),
        "file_form": FullTextFileForm(),
        "language": language_name(full_text.language or record.language),
        "language_form": LanguageForm(
            initial={"language": full_text.language, "needs_translation": full_text.needs_translation}
        ),
        "terms": terms_for(request.membership),
        "same_content": _same_content(full_text),
        "earlier_pdfs": record.pdf_uploads.filter(state=PdfUpload.State.REPLACED).select_related("by"),
    } | forms
    return render(request, "screening/full_text.html", context, status=422 if forms else 200)
