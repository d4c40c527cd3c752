"""Checking a review's records against a list of retraction notices, and telling people what was found."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Max, Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.models import Report, Retraction, RetractionList
from screening.retraction_matching import Found, Hit, Index, Key, Known, find
from screening.retraction_watch import BadList, encoding_of, read_notices
from screening.services.guards import NotEligible, require, short

TASK = "screening.check_retractions"
STEP = 2_000
AGAIN_AFTER = timedelta(days=1)
#: Publication types of PubMed, as its two formats write them, and what they say of the record.
TOLD_BY_RECORD = (
    (re.compile(r"^PT\s*-\s*Retracted Publication\b|>Retracted Publication<", re.M), "retraction"),
    (re.compile(r"^PT\s*-\s*Retraction of Publication\b|>Retraction of Publication<", re.M), "notice"),
)


def add_list(*, review: Review, file: File, by: User) -> tuple[RetractionList, Job]:
    """Keep a list (``store_list``) and check the review against it in the background."""
    with transaction.atomic():
        kept = store_list(review=review, file=file, by=by)
        return kept, _queue(kept, by)


def store_list(*, review: Review, file: File, by: User) -> RetractionList:
    """Keep a list; from then on it is the review's newest.

    Raises NotEligible when the file is empty, too large, or has another layout. The same file again is the same list.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    name = (Path(str(file.name or "list.csv")).name or "list.csv")[-255:]
    if not file.size:
        raise NotEligible(f"{name} is empty.", field="file")
    if file.size > settings.IMPORT_LIMIT_BYTES:
        limit = filesizeformat(settings.IMPORT_LIMIT_BYTES)
        raise NotEligible(
            f"{name} has {filesizeformat(file.size)}; at most {limit} are accepted.", field="file"
        )
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    _require_layout(file, name)
    newest = review.retraction_lists.first()
    if newest and newest.sha256 == digest.hexdigest() and newest.at:
        return newest
    at = f"retraction_lists/{digest.hexdigest()}.csv"
    file.seek(0)
    if not default_storage.exists(at):
        at = default_storage.save(at, file)
    with transaction.atomic():
        made = RetractionList.objects.create(
            review=review, file_name=name, sha256=digest.hexdigest(), at=at, by=by
        )
        record_event(
            review=review,
            actor=by,
            verb="screening.retraction_list_added",
            sentence=f"added the list of retractions {name}",
            target=made,
            detail={"sha256": made.sha256},
        )
        return made


def request_check(*, review: Review, by: User) -> Job:
    """Check all records again, against the newest list and what they say themselves."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    newest = newest_list(review)
    if newest is None:
        raise NotEligible("There is no list of retractions yet: upload one first.")
    return _queue(newest, by)


def newest_list(review: Review) -> RetractionList | None:
    """The list that counts: the review's own newest, or the installation's if that was changed later."""
    newest = review.retraction_lists.first()
    path = Path(settings.RETRACTION_LIST) if settings.RETRACTION_LIST else None
    if path is None or not path.is_file():
        return newest
    stat = path.stat()
    mark = f"{path.name} {stat.st_size} {stat.st_mtime_ns}"
    mine = review.retraction_lists.filter(at="", result__mark=mark).first()
    if mine:
        return newest if newest and newest.at and newest.pk > mine.pk else mine
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return RetractionList.objects.create(
        review=review, file_name=path.name[-255:], sha256=digest, result={"mark": mark}
    )


def check(*, retraction_list: RetractionList, by: User | None, progress: Progress | None = None) -> dict:
    """Compare all records of the review with the list, and keep what is found; harmless when repeated.

    Notices found by the same list before, which it does not say (any more) of a record, go; those of earlier lists
    stay. Returns counts, as the list's ``result`` keeps them.
    """
    review = retraction_list.review
    begun, extent = timezone.now(), _extent(review)
    index = Index(map(Known._make, _identifiers(review)))
    with _opened(retraction_list) as stream:
        encoding, found = _read(stream, index, retraction_list, progress)
    told = _told_by_records(review)
    with transaction.atomic():
        if progress:
            progress.hold()
        Review.objects.select_for_update(no_key=True).get(pk=review.pk)
        new = _keep(review, found.hits, retraction_list) + _keep(review, told, None)
        result = {
            "rows": found.rows,
            "records": extent,
            "matched": len({key.record for key in found.hits}),
            "new": len(new),
            "nameless": found.nameless,
            "faults": found.faults,
            "fault_count": found.fault_count,
            "doubts": found.doubts,
            "encoding": encoding,
        }
        kept = {"mark": retraction_list.result["mark"]} if "mark" in retraction_list.result else {}
        RetractionList.objects.filter(pk=retraction_list.pk).update(
            rows=found.rows, checked_at=begun, result=result | kept
        )
        _record_found(retraction_list, new, result, by)
    return result


@transaction.atomic
def mark_seen(*, review: Review, retraction: Retraction, by: User) -> Retraction:
    """Somebody saw the notice and takes it from there; the alert goes for everybody."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    row = Retraction.objects.select_for_update(of=("self",), no_key=True).select_related("record")
    retraction = row.get(pk=retraction.pk, review=review)
    if retraction.seen_at:
        return retraction
    retraction.seen_by, retraction.seen_at = by, timezone.now()
    retraction.save(update_fields=["seen_by", "seen_at"])
    record_event(
        review=review,
        actor=by,
        verb="screening.retraction_seen",
        sentence=f"saw the notice ({retraction.get_nature_display().lower()}) about {short(retraction.record)}",
        target=retraction.record,
        detail={"retraction": retraction.pk},
    )
    return retraction


def check_due() -> list[Job]:
    """Queue a check of every review whose records were imported, or last checked, since: rung every hour."""
    jobs = []
    for review in Review.objects.filter(archived_at=None).order_by("pk"):
        newest = newest_list(review)
        if newest and _is_due(newest):
            jobs.append(_queue(newest, None))
    return jobs


def _is_due(newest: RetractionList) -> bool:
    if newest.checked_at is None or newest.checked_at < timezone.now() - AGAIN_AFTER:
        return True
    return newest.result.get("records") != _extent(newest.review)


def _extent(review: Review) -> list:
    """How many records there are and the latest of them: another pair of numbers after an import or an undo."""
    counted = Record.objects.live().filter(review=review).aggregate(n=Count("pk"), last=Max("pk"))
    return [counted["n"], counted["last"]]


def _queue(retraction_list: RetractionList, by: User | None) -> Job:
    """A check of this list in the background; one that waits already is the same one."""
    review = retraction_list.review
    waiting = review.jobs.unfinished().filter(task=TASK, params={"list": retraction_list.pk}).first()
    job = waiting or enqueue(
        review=review,
        task=TASK,
        label=f"Check for retractions: {retraction_list.file_name}",
        params={"list": retraction_list.pk},
        by=by,
    )
    RetractionList.objects.filter(pk=retraction_list.pk).update(job=job)
    return job


def _require_layout(file: File, name: str) -> None:
    try:
        stream: BinaryIO = file.file  # type: ignore[assignment]
        next(read_notices(stream, encoding_of(stream)), None)
    except BadList as error:
        raise NotEligible(f"{name}: {error}", field="file") from error


def _opened(retraction_list: RetractionList) -> File:
    path = settings.RETRACTION_LIST
    try:
        if retraction_list.at:
            return default_storage.open(retraction_list.at, "rb")
        return File(Path(path).open("rb"))
    except FileNotFoundError as error:
        raise NotEligible(
            f"{retraction_list.file_name} is missing from the storage: upload the list again."
        ) from error


def _identifiers(review: Review):
    rows = Record.objects.live().filter(review=review).exclude(doi="", pmid="").order_by("pk")
    for pk, leads, doi, pmid in rows.values_list("pk", "duplicate_of", "doi", "pmid").iterator(
        chunk_size=5_000
    ):
        yield pk, leads or pk, doi, pmid


def _read(
    stream: File, index: Index, retraction_list: RetractionList, progress: Progress | None
) -> tuple[str, Found]:
    raw: BinaryIO = stream.file if isinstance(stream, File) else stream  # type: ignore[assignment]
    found, size = Found(), max(stream.size, 1)
    try:
        encoding = encoding_of(raw)
        for number, found in enumerate(find(read_notices(raw, encoding), index)):
            if progress and number % STEP == 0:
                progress.step(min(raw.tell(), size), size, f"{found.rows:,} notices read")
    except BadList as error:
        raise NotEligible(f"{retraction_list.file_name}: {error}") from error
    return encoding, found


def _told_by_records(review: Review) -> dict[Key, Hit]:
    """What records say of themselves: publication types of PubMed."""
    said = Q(raw__contains="Retracted Publication") | Q(raw__contains="Retraction of Publication")
    rows = Record.objects.live().filter(said, review=review).values_list("pk", "duplicate_of", "raw")
    return {
        Key(leads or pk, nature, "", None): Hit("", "record", "")
        for pk, leads, raw in rows.iterator(chunk_size=500)
        for pattern, nature in TOLD_BY_RECORD
        if pattern.search(raw)
    }


def _keep(review: Review, hits: dict[Key, Hit], of: RetractionList | None) -> list[Retraction]:
    """Store what is new, correct what is known, drop what this list does not say any more; the new ones."""
    known = {
        Key(row.record_id, row.nature, row.notice_doi, row.notice_date): row
        for row in Retraction.objects.filter(review=review)
        if (row.list_id is None) == (of is None)
    }
    gone = [row.pk for key, row in known.items() if key not in hits and row.list_id == (of and of.pk)]
    Retraction.objects.filter(pk__in=gone).delete()
    changed = []
    for key, hit in hits.items():
        row = known.get(key)
        if row and (row.reasons, row.found_by, row.doubt, row.list_id) != (*hit, of and of.pk):
            (row.reasons, row.found_by, row.doubt), row.list = hit, of
            changed.append(row)
    Retraction.objects.bulk_update(changed, ["reasons", "found_by", "doubt", "list"], batch_size=500)
    new = [
        Retraction(
            review=review,
            list=of,
            record_id=key.record,
            nature=key.nature,
            notice_doi=key.notice_doi,
            notice_date=key.day,
            reasons=hit.reasons,
            found_by=hit.found_by,
            doubt=hit.doubt,
        )
        for key, hit in hits.items()
        if key not in known
    ]
    return Retraction.objects.bulk_create(new, batch_size=500)


def _record_found(
    retraction_list: RetractionList, new: list[Retraction], result: dict, by: User | None
) -> None:
    """One line for the check if it found something new, and one for each included study that is hit."""
    if not new:
        return
    review = retraction_list.review
    record_event(
        review=review,
        actor=by,
        verb="screening.retractions_checked",
        sentence=f"found {len(new)} new notice{'s' if len(new) > 1 else ''} about records "
        f"(retraction, concern, correction or reinstatement) with {retraction_list.file_name}",
        target=retraction_list,
        detail={name: result[name] for name in ("rows", "matched", "new", "fault_count")},
    )
    pks = [row.pk for row in new]
    hits = Retraction.objects.filter(pk__in=pks).alarming().of_included().select_related("record")
    studies = dict(
        Report.objects.filter(record__in=[hit.record_id for hit in hits]).values_list(
            "record", "study__label"
        )
    )
    for hit in hits:
        record_event(
            review=review,
            actor=by,
            verb="screening.included_study_retracted",
            sentence=f"found a notice ({hit.get_nature_display().lower()}) about a report of the included study "
            f"{studies[hit.record_id]}: {short(hit.record)}",
            target=hit.record,
            detail={"retraction": hit.pk, "nature": hit.nature, "notice_doi": hit.notice_doi},
        )
