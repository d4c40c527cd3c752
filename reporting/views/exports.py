"""The list of exports: what is streamed at once, and what is made in the background and kept."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reporting.exports import EXPORTS, Export, UnknownExport, build_export, export_name, find_export
from reporting.exports.answers import kept, streamed
from reporting.exports.catalogue import format_name, sections_for
from reporting.forms.exports import ExportForm
from reporting.models import ExportFile
from reporting.models.exports import ExportFileQuerySet
from reporting.services.exports import open_export, remove_export, request_export
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

#: Files made that the page lists.
LISTED = 50


@review_page(Permission.EXPORT)
@require_GET
def exports(request: ReviewRequest, review: Review) -> HttpResponse:
    sections = {
        title: [OfferedExport(what, export) for what, export in exports.items()]
        for title, exports in sections_for(request.membership).items()
    }
    files = [MadeExport(made) for made in _files(request).kept()[:LISTED]]
    context = {
        "room": "exports",
        "sections": sections,
        "files": files,
        "kept": settings.EXPORT_KEEP_DAYS,
    }
    return render(request, "reporting/exports.html", context)


@review_page(Permission.EXPORT)
@require_http_methods(["GET", "POST"])
def export_choose(request: ReviewRequest, review: Review, what: str) -> HttpResponse:
    """Choose format and options; download at once, or have the file made and kept."""
    export = EXPORTS.get(what)
    if export is None:
        raise Http404(f"There is no export '{what}'.")
    if export.needs not in request.membership.may:
        raise PermissionDenied(f"{export.title} is not for your role.")
    form = ExportForm(request.POST or None, export=export, membership=request.membership)
    if form.is_valid():
        try:
            return redirect(_begin(request, review, what, form))
        except Refused as refusal:
            refuse_form(form, refusal)
    context = {"room": "exports", "what": what, "export": export, "form": form}
    return render(request, "reporting/exports_choose.html", context, status=422 if form.errors else 200)


@review_page(Permission.EXPORT)
@require_GET
def export_file(request: ReviewRequest, review: Review, what: str, extension: str) -> HttpResponseBase:
    """A short export, streamed; its options are the query."""
    options = request.GET.dict()
    try:
        if find_export(what, extension).long:
            raise UnknownExport("This export takes a while: it is made in the background.")
        pieces = build_export(membership=request.membership, what=what, extension=extension, options=options)
    except UnknownExport as error:
        raise Http404(str(error)) from error
    except Refused as refusal:
        return refused(request, refusal, reverse("reporting:export_choose", args=[review.slug, what]))
    return streamed(pieces, extension, export_name(review, what, extension))


@review_page(Permission.EXPORT)
@require_GET
def export_made(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """How far a file is, for the list that polls it."""
    made = get_object_or_404(_files(request), pk=pk)
    if not request.htmx:
        return redirect("reporting:exports", review.slug)
    return render(request, "reporting/_exports_made.html", {"made": MadeExport(made)})


@review_page(Permission.EXPORT)
@require_GET
def export_made_file(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    made = get_object_or_404(_files(request), pk=pk)
    try:
        file = open_export(made=made, membership=request.membership)
    except Refused as refusal:
        return refused(request, refusal, reverse("reporting:exports", args=[review.slug]))
    return kept(file, made.extension, made.file_name)


@review_page(Permission.EXPORT)
@require_POST
def export_made_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    made = get_object_or_404(_files(request), pk=pk)
    back = reverse("reporting:exports", args=[review.slug])
    try:
        remove_export(made=made, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"{made.file_name or 'The export'} was removed.")
    return redirect(back)


class OfferedExport:
    """An export for its line in the list; ``formats`` are (extension, name)."""

    def __init__(self, what: str, export: Export):
        self.what, self.export = what, export
        self.formats = [(extension, format_name(extension)) for extension in export.formats]


class MadeExport:
    """A file for its line in the list: what it is and what was chosen, in words."""

    def __init__(self, made: ExportFile):
        self.file, self.job = made, made.job
        export = EXPORTS.get(made.what)
        self.title = export.title if export else made.what
        self.format = format_name(made.extension)
        self.chosen = export.words(made.options) if export else []


def _begin(request: ReviewRequest, review: Review, what: str, form: ExportForm) -> str:
    """The address where it goes on: the download itself, or the list with the file being made."""
    extension, options = form.cleaned_data["extension"], form.options()
    export: Export = find_export(what, extension)
    if request.POST.get("how") == "download" and not export.long:
        build_export(membership=request.membership, what=what, extension=extension, options=options)
        address = reverse("reporting:export_file", args=[review.slug, what, extension])
        return f"{address}?{urlencode(options)}" if options else address
    request_export(membership=request.membership, what=what, extension=extension, options=options)
    return f"{reverse('reporting:exports', args=[review.slug])}#made"


def _files(request: ReviewRequest) -> ExportFileQuerySet:
    return ExportFile.objects.visible_to(request.membership).select_related("job")
