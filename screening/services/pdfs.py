"""Many PDFs at once: checked and kept as they come, read in the background, each put to the report it is.

``take_pdfs`` keeps the files and queues ``read_pdfs``; what fits exactly one report is attached, the rest waits with
proposals for ``attach_pdf`` or ``discard_pdf``. A wrong match is taken off with ``detach_pdf`` (full_texts).
"""

import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.urls import reverse

from records.formats import UnreadableFile
from records.formats.archives import Limits, is_archive, members
from records.models import Record
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.models import FullText, PdfUpload
from screening.pdf_matching import Candidate, Match, Matcher
from screening.pdf_text import Reading, read
from screening.services.full_texts import check_pdf, locked, plain_name, put_pdf
from screening.services.guards import NotEligible, require, short
from screening.services.scanning import refuse_infected

READ_TASK = "screening.read_pdfs"
MOST_AT_ONCE = 2000
PORTION = 150
State, Way = PdfUpload.State, PdfUpload.Way


@dataclass(frozen=True)
class Taken:
    """What came: ``uploads`` in order (those REFUSED say why), and the ``jobs`` that read the others."""

    uploads: list[PdfUpload]
    jobs: list[Job]


def take_pdfs(*, review: Review, files: Iterable[File], by: User) -> Taken:
    """Keep PDFs, and those in zip archives, and queue their reading. What is no PDF becomes a REFUSED row.

    A file whose content the review has already is not kept twice. Raises NotEligible when nothing was given.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    known = _known_contents(review)
    uploads: list[PdfUpload] = []
    try:
        for file, wrong in _each_pdf(files):
            if len(uploads) >= MOST_AT_ONCE:
                raise NotEligible(
                    f"At most {MOST_AT_ONCE:,} PDFs are taken at once. Nothing was kept.", field="pdfs"
                )
            uploads.append(_keep(review, by, file, wrong, known))
        if not uploads:
            raise NotEligible("Choose at least one PDF, or a zip of PDFs.", field="pdfs")
        with transaction.atomic():
            PdfUpload.objects.bulk_create(uploads)
            jobs = _announce(review, by, uploads)
    except BaseException:
        for upload in uploads:
            if upload.file:
                upload.file.storage.delete(str(upload.file.name))
        raise
    return Taken(uploads=uploads, jobs=jobs)


def _announce(review: Review, by: User, uploads: list[PdfUpload]) -> list[Job]:
    waiting = [upload.pk for upload in uploads if upload.state == State.WAITING]
    refused = len(uploads) - len(waiting)
    record_event(
        review=review,
        actor=by,
        verb="screening.pdfs_brought",
        sentence=f"brought {_count(len(uploads))}" + (f"; {refused} of them not taken" if refused else ""),
        detail={"uploads": [upload.pk for upload in uploads], "refused": refused},
    )
    return _queue_reading(review, by, waiting)


def _queue_reading(review: Review, by: User, waiting: list[int]) -> list[Job]:
    """Jobs small enough for the time one may take."""
    portions = [waiting[start : start + PORTION] for start in range(0, len(waiting), PORTION)]
    return [
        enqueue(
            review=review,
            task=READ_TASK,
            label=f"Reading {_count(len(some))}",
            params={"uploads": some},
            by=by,
        )
        for some in portions
    ]


@transaction.atomic
def read_again(*, review: Review, by: User) -> list[Job]:
    """Queue the reading of what still waits although no job reads it: one failed, or somebody cancelled it."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    if review.jobs.unfinished().filter(task=READ_TASK).exists():
        raise NotEligible("The PDFs are being read already.")
    waiting = list(review.pdf_uploads.filter(state=State.WAITING).order_by("pk").values_list("pk", flat=True))
    return _queue_reading(review, by, waiting)


def read_pdfs(*, review: Review, uploads: list[int], by: User, progress: Progress) -> dict:
    """Read the WAITING ones of ``uploads`` and attach what is sure; harmless when repeated."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    matcher = Matcher(candidates(review))
    waiting = review.pdf_uploads.filter(pk__in=uploads, state=State.WAITING).order_by("pk")
    for number, upload in enumerate(waiting, 1):
        progress.step(number - 1, len(waiting), f"Reading {upload.file_name}")
        wrong, reading, match = _look_at(upload, matcher)
        with transaction.atomic():
            progress.hold()
            upload = PdfUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
            if upload.state == State.WAITING:
                _settle(upload, wrong, reading, match, by)
    states = list(review.pdf_uploads.filter(pk__in=uploads).values_list("state", flat=True))
    counts = {str(state): states.count(state) for state in (State.MATCHED, State.UNMATCHED, State.REFUSED)}
    url = reverse("screening:pdfs", args=[review.slug])
    return counts | {"url": url, "label": f"{counts['matched']} of {len(states)} matched: show the PDFs"}


def _look_at(upload: PdfUpload, matcher: Matcher) -> tuple[str, Reading, Match]:
    """(why it is not taken, what was read, which report it is)."""
    try:
        refuse_infected(upload.file.path, upload.file_name)
    except NotEligible as refusal:
        return str(refusal), Reading(), Match()
    reading = read(upload.file.path)
    if reading.unusable:
        return f"{upload.file_name} was not taken. {reading.wrong}", reading, Match()
    return "", reading, matcher.match(upload.file_name, reading)


def _settle(upload: PdfUpload, wrong: str, reading: Reading, match: Match, by: User) -> None:
    upload.pages, upload.title = reading.pages, reading.title
    upload.found = {"proposals": [list(each) for each in match.proposals]}
    if wrong:
        _forget_file(upload, State.REFUSED, wrong)
        return
    why = " ".join(each for each in (match.why, reading.wrong) if each)
    if match.record:
        full_text = FullText.objects.select_related("record").get(record=match.record)
        if not full_text.file:
            put_pdf(locked(upload.review, full_text.record), upload, match.way, by)
            return
        why = f"It fits {short(full_text.record)} {Way(match.way).label}, which has a PDF already."
        upload.found = {"proposals": [[match.record, "has a PDF already"]]}
    upload.state, upload.why_not = State.UNMATCHED, why[:300]
    upload.save()


@transaction.atomic
def attach_pdf(*, review: Review, upload: PdfUpload, record: Record, by: User) -> FullText:
    """Put a PDF that was not matched, or was replaced, to ``record``; an earlier PDF there stays in the history."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    upload = _of(review, upload)
    if upload.state not in (State.UNMATCHED, State.REPLACED):
        raise NotEligible(
            f"{upload.file_name} cannot be attached: it is {upload.get_state_display().lower()}."
        )
    return put_pdf(locked(review, record), upload, Way.HAND, by)


@transaction.atomic
def discard_pdf(*, review: Review, upload: PdfUpload, by: User) -> PdfUpload:
    """Throw a PDF away that belongs to no report."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    upload = _of(review, upload)
    if upload.state not in (State.UNMATCHED, State.REFUSED):
        raise NotEligible(
            f"{upload.file_name} cannot be thrown away: it is {upload.get_state_display().lower()}."
        )
    _forget_file(upload, State.DISCARDED, "")
    record_event(
        review=review,
        actor=by,
        verb="screening.pdf_discarded",
        sentence=f"threw away the PDF {upload.file_name}",
        detail={"file_name": upload.file_name, "sha256": upload.sha256, "upload": upload.pk},
    )
    return upload


def candidates(review: Review) -> Iterator[Candidate]:
    """The reports sought in a review, with the identifiers of the records merged into theirs."""
    also: dict[int, list[str]] = {}
    merged = Record.objects.filter(review=review, duplicate_of__full_text__isnull=False)
    for primary, doi, pmid in merged.values_list("duplicate_of_id", "doi", "pmid"):
        also.setdefault(primary or 0, []).extend(value for value in (doi, pmid) if value)
    for full_text in FullText.objects.current().filter(review=review).select_related("record"):
        record = full_text.record
        yield Candidate(
            record=record.pk,
            title=record.title,
            author=record.first_author,
            year=record.year,
            doi=record.doi,
            pmid=record.pmid,
            also=tuple(also.get(record.pk, ())),
        )


def _of(review: Review, upload: PdfUpload) -> PdfUpload:
    found = PdfUpload.objects.select_for_update(of=("self",)).filter(review=review, pk=upload.pk).first()
    if found is None:
        raise NotEligible("This PDF does not belong to the review.")
    return found


def _forget_file(upload: PdfUpload, state: str, why: str) -> None:
    """Delete the file when the transaction is through; the row stays and says what became of it."""
    name, storage = upload.file.name, upload.file.storage
    upload.file, upload.state, upload.why_not = "", state, why[:300]
    upload.save()
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def _known_contents(review: Review) -> dict[str, str]:
    """{sha256: what is known under it} of the PDFs in a review."""
    known = dict(review.full_texts.exclude(sha256="").values_list("sha256", "file_name"))
    return known | dict(review.pdf_uploads.kept().values_list("sha256", "file_name"))


def _keep(review: Review, by: User, file: File, wrong: str, known: dict[str, str]) -> PdfUpload:
    """An unsaved row with its file in the storage, or REFUSED without."""
    upload = PdfUpload(review=review, by=by, file_name=plain_name(file.name))
    try:
        if wrong:
            raise NotEligible(wrong)
        upload.sha256 = check_pdf(file)
        if upload.sha256 in known:
            raise NotEligible(f"The same file is here already: {known[upload.sha256]}.")
    except NotEligible as refusal:
        upload.state, upload.why_not = State.REFUSED, str(refusal)[:300]
        return upload
    known[upload.sha256] = upload.file_name
    upload.file.save(f"{uuid.uuid4().hex}.pdf", file, save=False)
    return upload


def _each_pdf(files: Iterable[File]) -> Iterator[tuple[File, str]]:
    """Each file, an archive's members in its place, with a sentence when it cannot be opened."""
    limit = settings.IMPORT_LIMIT_BYTES
    limits = Limits(members=MOST_AT_ONCE, unpacked=4 * limit)
    for file in files:
        file.seek(0)
        head = file.read(1 << 16)
        file.seek(0)
        if not is_archive(head):
            yield file, ""
            continue
        try:
            if file.size > limit:
                raise UnreadableFile(
                    f"{plain_name(file.name)} is larger than {limit // 1024**2} MB. Send it in parts."
                )
            with _on_disk(file) as path:
                for member in members(path, filename=plain_name(file.name), limits=limits):
                    with open(member.path, "rb") as stream:
                        yield File(stream, member.name), ""
        except UnreadableFile as error:
            yield file, str(error)


@contextmanager
def _on_disk(file: File) -> Iterator[Path]:
    """The path of a file that may be in memory."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def _count(number: int) -> str:
    return "one PDF" if number == 1 else f"{number:,} PDFs"
