"""Exports made in the background: asked for, made, kept with their SHA-256, fetched by their person, removed.

A file holds one person's view of the review. It is theirs alone, and fetching it asks again whether they may export
and whether their role is still the one the file was made for.
"""

import hashlib
import json
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from reporting.exports import build_export, export_name, find_export
from reporting.exports.catalogue import format_name
from reporting.models import ExportFile
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Membership, User
from reviews.permissions import Permission

TASK = "reporting.export"
#: Seconds between two signs of life of an export that tells nothing itself.
TELL_EVERY = 0.5


class NotYours(Refused):
    """The file may not be made for, or fetched by, this person any more."""

    status = 403


class NotThere(Refused):
    """There is no file: not made yet, removed, or missing from the storage."""

    status = 404


def request_export(
    *, membership: Membership, what: str, extension: str, options: Mapping[str, str] | None = None
) -> ExportFile:
    """Queue an export of what the member may see. Asked again before it is made, it is the same one.

    Raises UnknownExport or UnknownOption, naming what there is, and NotYours if the role may not export.
    """
    _require(membership)
    export = find_export(what, extension)
    chosen = export.chosen(membership, options or {})
    wish = {"review": membership.review, "made_for": membership.user, "what": what, "extension": extension}
    with transaction.atomic():
        earlier = ExportFile.objects.filter(**wish, options=chosen).select_related("job").first()
        if earlier and not earlier.job.is_finished:
            return earlier
        asked = hashlib.sha256(json.dumps([what, extension, chosen], sort_keys=True).encode()).hexdigest()[
            :24
        ]
        title = f"{export.title} ({format_name(extension)})"
        job = enqueue(
            review=membership.review,
            task=TASK,
            label=f"Export: {', '.join([title, *export.words(chosen)])}"[:200],
            params={"role": membership.role},
            by=membership.user,
            key=f"export-{membership.user_id}-{asked}-{earlier.pk if earlier else 0}",
        )
        made, created = ExportFile.objects.get_or_create(job=job, defaults={**wish, "options": chosen})
        if created:
            record_event(
                review=membership.review,
                actor=membership.user,
                verb="reporting.export_requested",
                target=made,
                sentence=f"asked for an export: {title}.",
                detail={"what": what, "extension": extension, "options": chosen},
            )
    return made


def make_export(*, made: ExportFile, progress: Progress) -> None:
    """Write the file and keep it; called by the worker, harmless when repeated."""
    if made.file or made.removed_at:
        return
    membership = _membership(made)
    name = export_name(made.review, made.what, made.extension)
    with tempfile.TemporaryFile() as scratch:
        sha256, size = _write(made, membership, progress, scratch)
        scratch.seek(0)
        storage = made.file.storage
        made.file.save(f"{uuid.uuid4().hex}.{made.extension}", File(scratch), save=False)
    stored = str(made.file.name)

    def write() -> None:
        ExportFile.objects.filter(pk=made.pk).update(
            file=stored, file_name=name, sha256=sha256, size=size, finished_at=timezone.now()
        )

    try:
        address = reverse("reporting:exports", args=[made.review.slug])
        progress.complete({"export": made.pk, "url": address, "label": "Show the exports"}, write=write)
    except BaseException:
        storage.delete(stored)
        raise


def open_export(*, made: ExportFile, membership: Membership) -> IO[bytes]:
    """The file, opened for reading. Raises NotYours or NotThere with a sentence."""
    _require(membership)
    if (made.review_id, made.made_for_id) != (membership.review_id, membership.user_id):
        raise NotYours("This file was made for somebody else, with what they may see. Make one of your own.")
    if made.job.params.get("role") != membership.role:
        raise NotYours("Your role has changed since this file was made. Make it again.")
    if not made.file:
        gone = "This file was removed." if made.removed_at else "This file is not made yet."
        raise NotThere(
            f"{gone} {'Make it again.' if made.removed_at else 'Wait for it, or look why it failed.'}"
        )
    try:
        return made.file.open("rb")
    except FileNotFoundError as error:
        raise NotThere("The file is missing from the storage. Make it again.") from error


def remove_export(*, made: ExportFile, by: User) -> None:
    """Take a file out of the list and the storage. Raises Conflict while it is being made."""
    with transaction.atomic():
        found = ExportFile.objects.select_for_update().select_related("job").get(pk=made.pk)
        if not found.job.is_finished:
            raise Conflict("This export is still being made. Cancel it first.")
        if found.removed_at:
            return
        _drop(found)
        record_event(
            review=found.review,
            actor=by,
            verb="reporting.export_removed",
            target=found,
            sentence=f"removed an exported file: {found.file_name or found}.",
            detail={"sha256": found.sha256},
        )


def clear_old_exports() -> int:
    """Remove what was kept for ``EXPORT_KEEP_DAYS``, and failures as old; how many. Called once an hour."""
    before = timezone.now() - timedelta(days=settings.EXPORT_KEEP_DAYS)
    cleared = 0
    failed = Q(finished_at=None, created_at__lt=before) & ~Q(job__state__in=Job.UNFINISHED)
    old = ExportFile.objects.kept().filter(Q(finished_at__lt=before) | failed)
    for pk in old.values_list("pk", flat=True):
        with transaction.atomic():
            found = ExportFile.objects.select_for_update().filter(pk=pk, removed_at=None).first()
            if found:
                _drop(found)
                cleared += 1
    return cleared


def _drop(made: ExportFile) -> None:
    """Forget the file of a locked row; it goes from the storage with the transaction."""
    storage, stored = made.file.storage, str(made.file.name or "")
    ExportFile.objects.filter(pk=made.pk).update(file="", removed_at=timezone.now())
    if stored:
        transaction.on_commit(lambda: storage.delete(stored))


def _membership(made: ExportFile) -> Membership:
    members = Membership.objects.select_related("user", "review")
    found = members.filter(review=made.review, user=made.made_for, left_at=None).first()
    if found is None:
        raise NotYours(f"{made.made_for} is no longer a member of this review.")
    _require(found)
    if made.job.params.get("role") != found.role:
        raise NotYours("The role of the person it was asked by has changed since. Ask for it again.")
    return found


def _require(membership: Membership) -> None:
    if Permission.EXPORT not in membership.may:
        raise NotYours(f"Your role, {membership.get_role_display().lower()}, cannot export.")


def _write(
    made: ExportFile, membership: Membership, progress: Progress, scratch: IO[bytes]
) -> tuple[str, int]:
    """Write the pieces as they come; (SHA-256, bytes)."""
    digest, size, told, tells_itself = hashlib.sha256(), 0, 0.0, find_export(made.what, made.extension).long
    pieces: Iterable[str | bytes] = build_export(
        membership=membership,
        what=made.what,
        extension=made.extension,
        options=made.options,
        tell=progress.step,
    )
    for number, piece in enumerate(pieces, 1):
        data = piece.encode() if isinstance(piece, str) else piece
        digest.update(data)
        size += scratch.write(data)
        if not tells_itself and time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            progress.step(number, message=f"{number:,} written")
    return digest.hexdigest(), size
