"""The PDF of a report, and its language. How far its retrieval is: services/retrieval.py."""

import hashlib
import uuid

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.languages import language_name
from screening.models import Decision, FullText, PdfUpload, Stage
from screening.services.guards import NotEligible, lock_record, require, require_in_play, short
from screening.services.scanning import refuse_infected


class FileLost(Refused):
    """The row knows a file that the storage does not have."""

    status = 404


def attach_full_text(*, review: Review, record: Record, file: File, by: User) -> FullText:
    """Keep a PDF as the full text of ``record`` and mark it as retrieved; an earlier PDF stays in the history.

    The content must begin as a PDF does, whatever its name says; the file is stored under a random name.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    upload = PdfUpload(review=review, file_name=plain_name(file.name), sha256=check_pdf(file), by=by)
    storage = upload.file.storage
    upload.file.save(f"{uuid.uuid4().hex}.pdf", file, save=False)
    try:
        refuse_infected(upload.file.path, upload.file_name)
        with transaction.atomic():
            return put_pdf(locked(review, record), upload, PdfUpload.Way.HAND, by)
    except BaseException:
        storage.delete(str(upload.file.name))
        raise


def put_pdf(full_text: FullText, upload: PdfUpload, way: str, by: User) -> FullText:
    """Make ``upload`` the PDF of a locked full text, inside a transaction; the one before becomes REPLACED."""
    record, replaced = full_text.record, bool(full_text.file)
    if replaced:
        _keep_present(full_text, by)
    upload.found = upload.found | {"before": FullText.State.SOUGHT if full_text.why_not else full_text.state}
    upload.state, upload.way, upload.record, upload.why_not = PdfUpload.State.MATCHED, way, record, ""
    upload.save()
    full_text.state, full_text.why_not, full_text.given_up_at = FullText.State.RETRIEVED, "", None
    full_text.retrieved_at = full_text.retrieved_at or timezone.localdate()
    _show(full_text, upload, by)
    record_event(
        review=full_text.review,
        actor=by,
        verb="screening.full_text_attached",
        sentence=f"{'replaced' if replaced else 'attached'} the PDF of {short(record)}: {upload.file_name}"
        + ("" if way == PdfUpload.Way.HAND else f", matched {PdfUpload.Way(way).label}"),
        target=record,
        detail={"file_name": upload.file_name, "sha256": upload.sha256, "upload": upload.pk, "way": way},
    )
    return full_text


@transaction.atomic
def detach_pdf(*, review: Review, record: Record, by: User) -> FullText:
    """Take the PDF off ``record``: the one it replaced comes back, or the report is as it was before.

    The file is kept among the unmatched PDFs. Raises NotEligible when there is none.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    full_text = locked(review, record)
    if not full_text.file:
        raise NotEligible(f"No PDF is attached to {short(full_text.record)}.")
    taken = _keep_present(full_text, by)
    taken.state, taken.record, taken.way = PdfUpload.State.UNMATCHED, None, ""
    taken.why_not = f"It was taken off {short(full_text.record)}."
    taken.save()
    earlier = PdfUpload.objects.filter(record=full_text.record, state=PdfUpload.State.REPLACED).first()
    if earlier:
        earlier.state = PdfUpload.State.MATCHED
        earlier.save(update_fields=["state"])
        _show(full_text, earlier, by)
    else:
        if not _has_votes(full_text):
            full_text.state = taken.found.get("before", FullText.State.SOUGHT)
        if full_text.state != FullText.State.RETRIEVED:
            full_text.retrieved_at = None
        _show(full_text, PdfUpload(), by)
    record_event(
        review=review,
        actor=by,
        verb="screening.full_text_detached",
        sentence=f"took the PDF {taken.file_name} off {short(full_text.record)}"
        + (f"; {earlier.file_name} is attached again" if earlier else ""),
        target=full_text.record,
        detail={"file_name": taken.file_name, "sha256": taken.sha256, "upload": taken.pk},
    )
    return full_text


def _keep_present(full_text: FullText, by: User) -> PdfUpload:
    """The upload behind the present PDF, now REPLACED; made for a PDF that was attached before there were uploads."""
    shown = PdfUpload.objects.filter(record=full_text.record, state=PdfUpload.State.MATCHED).first()
    if shown is None:
        shown = PdfUpload(
            review=full_text.review,
            record=full_text.record,
            file=full_text.file.name,
            file_name=full_text.file_name,
            sha256=full_text.sha256,
            way=PdfUpload.Way.HAND,
            by=full_text.changed_by or by,
            created_at=full_text.changed_at,
        )
    shown.state = PdfUpload.State.REPLACED
    shown.save()
    return shown


def _show(full_text: FullText, upload: PdfUpload, by: User) -> None:
    full_text.file = upload.file.name or ""
    full_text.file_name, full_text.sha256 = upload.file_name, upload.sha256
    _save(full_text, by)


@transaction.atomic
def set_language(
    *, review: Review, record: Record, by: User, language: str = "", needs_translation: bool = False
) -> FullText:
    """Say in which language the report is (blank: as its record says) and whether it has to be translated."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    full_text = locked(review, record)
    language = " ".join(language.split())
    if len(language) > 40:
        raise NotEligible(f"A language has at most 40 characters, not {len(language)}.", field="language")
    old = {"language": full_text.language, "needs_translation": full_text.needs_translation}
    full_text.language, full_text.needs_translation = language, needs_translation
    _save(full_text, by)
    said = f"in {language_name(language)}" if language else "in the language its record says"
    record_event(
        review=review,
        actor=by,
        verb="screening.full_text_language",
        sentence=f"said that the full text of {short(full_text.record)} is {said} and "
        + ("needs a translation" if needs_translation else "needs no translation"),
        target=full_text.record,
        detail={"old": old, "language": language, "needs_translation": needs_translation},
    )
    return full_text


def open_pdf(kept: FullText | PdfUpload) -> File:
    """The PDF, opened for reading; raises NotEligible when there is none and FileLost when the storage lacks it."""
    if not kept.file:
        raise NotEligible(
            f"No PDF is attached to {short(kept.record)}." if kept.record else "There is no PDF."
        )
    try:
        return kept.file.open("rb")
    except FileNotFoundError as error:
        raise FileLost(
            f"The PDF {kept.file_name} is missing from the storage: ask your administrator to restore "
            "it from a backup, or attach it again."
        ) from error


def locked(review: Review, record: Record) -> FullText:
    """The full text of a record in play, with the record's row locked; raises NotEligible when none is sought."""
    record = lock_record(review, record)
    require_in_play(record)
    full_text = FullText.objects.filter(record=record).first()
    if full_text is None:
        raise NotEligible(f"{short(record)} has not been included at title and abstract.")
    full_text.record = record
    return full_text


def _has_votes(full_text: FullText) -> bool:
    return Decision.objects.live().filter(record=full_text.record, stage=Stage.FULL_TEXT).exists()


def _save(full_text: FullText, by: User) -> None:
    full_text.changed_by, full_text.changed_at = by, timezone.now()
    full_text.save()


def check_pdf(file: File) -> str:
    """The file's SHA-256; raises NotEligible for what is empty, too large, or not a PDF."""
    name = plain_name(file.name)
    if not file.size:
        raise NotEligible(f"{name} is empty.", field="file")
    if file.size > settings.UPLOAD_LIMIT_BYTES:
        raise NotEligible(
            f"{name} has {filesizeformat(file.size)}; at most {filesizeformat(settings.UPLOAD_LIMIT_BYTES)} "
            "are accepted.",
            field="file",
        )
    digest, start = hashlib.sha256(), b""
    for chunk in file.chunks():
        start = start or chunk[:5]
        digest.update(chunk)
    file.seek(0)
    if start != b"%PDF-":
        raise NotEligible(f"{name} is not a PDF: its content does not begin with %PDF-.", field="file")
    return digest.hexdigest()


def plain_name(name: str | None) -> str:
    plain = "".join(sign for sign in (name or "").replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())
    return plain[-200:] or "full text.pdf"
