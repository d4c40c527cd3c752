"""Retrieving reports: sought, requested, retrieved or not, and the PDF itself."""

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
from screening.models import Decision, FullText, Stage
from screening.services.guards import NotEligible, lock_record, require, require_in_play, short


class FileLost(Refused):
    """The row knows a file that the storage does not have."""

    status = 404


@transaction.atomic
def set_full_text_state(
    *, review: Review, record: Record, state: str, by: User, requested_from: str = "", why_not: str = ""
) -> FullText:
    """Say how far the retrieval of a report is. ``not_retrieved`` needs ``why_not``.

    Refused when full-text votes were cast, or a PDF is attached, and the new state says there is nothing to read.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    full_text = _locked(review, record)
    if state not in FullText.State.values:
        raise NotEligible(f"“{state}” is not a state: use {', '.join(FullText.State.values)}.", field="state")
    if state == FullText.State.NOT_RETRIEVED and not why_not.strip():
        raise NotEligible(
            "Say why the full text could not be retrieved: the flow diagram reports it.", field="why_not"
        )
    if state != FullText.State.RETRIEVED:
        _require_unread(full_text)
    old = full_text.state
    full_text.state = state
    full_text.requested_from = requested_from.strip() or full_text.requested_from
    full_text.why_not = why_not.strip() if state == FullText.State.NOT_RETRIEVED else ""
    _save(full_text, by)
    record_event(
        review=review,
        actor=by,
        verb="screening.full_text_state",
        sentence=f"marked the full text of {short(full_text.record)} as {full_text.get_state_display().lower()}"
        + (f": {full_text.why_not}" if full_text.why_not else ""),
        target=full_text.record,
        detail={"old": old, "new": state, "from": full_text.requested_from, "why": full_text.why_not},
    )
    return full_text


def attach_full_text(*, review: Review, record: Record, file: File, by: User) -> FullText:
    """Keep a PDF as the full text of ``record`` and mark it as retrieved; an earlier PDF is replaced.

    The content must begin as a PDF does, whatever its name says; the file is stored under a random name.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    digest = _check_pdf(file)
    stored: str | None = None
    try:
        with transaction.atomic():
            full_text = _locked(review, record)
            old_name, storage = full_text.file.name, full_text.file.storage
            full_text.file_name = _plain_name(file.name)
            full_text.sha256 = digest
            full_text.file.save(f"{uuid.uuid4().hex}.pdf", file, save=False)
            stored = full_text.file.name
            full_text.state, full_text.why_not = FullText.State.RETRIEVED, ""
            _save(full_text, by)
            _record_attached(full_text, by, replaced=bool(old_name))
            if old_name:
                transaction.on_commit(lambda: storage.delete(old_name))
    except BaseException:
        if stored:
            FullText._meta.get_field("file").storage.delete(stored)
        raise
    return full_text


def open_pdf(full_text: FullText) -> File:
    """The PDF, opened for reading; raises NotEligible when there is none and FileLost when the storage lacks it."""
    if not full_text.file:
        raise NotEligible(f"No PDF is attached to {short(full_text.record)}.")
    try:
        return full_text.file.open("rb")
    except FileNotFoundError as error:
        raise FileLost(
            f"The PDF of {short(full_text.record)} is missing from the storage: ask your administrator to restore "
            "it from a backup, or attach it again."
        ) from error


def _locked(review: Review, record: Record) -> FullText:
    record = lock_record(review, record)
    require_in_play(record)
    full_text = FullText.objects.filter(record=record).first()
    if full_text is None:
        raise NotEligible(f"{short(record)} has not been included at title and abstract.")
    full_text.record = record
    return full_text


def _require_unread(full_text: FullText) -> None:
    if full_text.file:
        raise NotEligible(f"The PDF of {short(full_text.record)} is attached, so it is retrieved.")
    if Decision.objects.live().filter(record=full_text.record, stage=Stage.FULL_TEXT).exists():
        raise NotEligible(f"{short(full_text.record)} has been voted on at full text, so it is retrieved.")


def _save(full_text: FullText, by: User) -> None:
    full_text.changed_by, full_text.changed_at = by, timezone.now()
    full_text.save()


def _check_pdf(file: File) -> str:
    """The file's SHA-256; raises NotEligible for what is empty, too large, or not a PDF."""
    name = _plain_name(file.name)
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


def _plain_name(name: str | None) -> str:
    plain = "".join(sign for sign in (name or "").replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())
    return plain[-200:] or "full text.pdf"


def _record_attached(full_text: FullText, by: User, replaced: bool) -> None:
    record_event(
        review=full_text.review,
        actor=by,
        verb="screening.full_text_attached",
        sentence=f"{'replaced' if replaced else 'attached'} the PDF of {short(full_text.record)}: "
        f"{full_text.file_name}",
        target=full_text.record,
        detail={"file_name": full_text.file_name, "sha256": full_text.sha256},
    )
