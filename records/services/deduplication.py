"""Searching a review for duplicates: every merge is explained, and every merge can be undone.

A merge never deletes. The duplicate points at the record that leads its group, whose blank fields it fills. Votes
already cast stay with the record they were cast on: after a merge the leader's votes count, after it is undone each
record has its own again.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from records.dedup import DedupRecord, Pair, find_pairs
from records.models import DuplicateCandidate, RecordQuerySet
from records.services.groups import BLANK, regroup, take_turn
from records.services.remembering import remember_apart
from records.services.standing import Standing, ordered, store_pairs
from records.thresholds import Thresholds, thresholds_of
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User

State = DuplicateCandidate.State
COMPARED = [field.name for field in fields(DedupRecord)]
CHUNK = 1000


@transaction.atomic
def request_deduplication(
    *, review: Review, by: User | None, only_new: bool = False, records: Collection[int] = ()
) -> Job:
    """Queue a search for duplicates; asked again while one waits, it is the same job.

    With ``only_new`` the records of imports that were never compared, and those of ``records`` (ids), are compared
    with all others; without, everything with everything.
    """
    part = only_new or bool(records)
    params = {"only_new": True, "records": sorted(records)} if part else {}
    # locked: if a worker takes it now, it may have looked before our records were there
    waiting = review.jobs.waiting().filter(task="records.deduplicate").select_for_update().first()
    if waiting is None:
        return enqueue(
            review=review, task="records.deduplicate", label="Search for duplicates", params=params, by=by
        )
    if waiting.params.get("only_new"):  # the waiting one does ours, too
        if part:
            params["records"] = sorted({*records, *waiting.params.get("records", [])})
        waiting.params = params
        waiting.save(update_fields=["params"])
    return waiting


def deduplicate(
    *,
    review: Review,
    by: User | None,
    progress: Progress | None = None,
    only_new: bool = False,
    records: Collection[int] = (),
) -> dict:
    """Merge what is certain, queue what a person should look at, ignore the rest, by the review's thresholds.

    Returns ``{"records", "merged", "to_decide"}``: how many were looked at, how many merges and questions are new.
    All records are compared as they were read, duplicates too, so that a new record finds its group by any of its
    members. With ``only_new`` (or ``records``, ids) pairs among the others are left out. What a person told apart, or
    undid, is neither merged nor proposed again, also not through a third record. Repeated, it changes nothing.
    """
    remember_apart(review)
    levels = thresholds_of(review)
    batches = [*review.import_batches.filter(state="done", compared_at=None).values_list("pk", flat=True)]
    newer = _the_new(review, batches, records) if only_new or records else None
    pairs, looked_at = compare(review, levels, newer=newer, progress=progress)
    if progress:
        progress.step(looked_at, looked_at, f"Writing what {len(pairs):,} similar pairs say")
    with transaction.atomic():
        take_turn(review)
        levels = thresholds_of(review)  # somebody may have changed them while we compared
        merged, asked = _settle(review, pairs, levels)
        review.import_batches.filter(pk__in=batches, compared_at=None).update(compared_at=timezone.now())
        outcome = {"records": looked_at, "merged": merged, "to_decide": asked}
        what = f"{looked_at} record{'' if looked_at == 1 else 's'}"
        if newer is not None:
            what += ", compared with all others,"
        record_event(
            review=review,
            actor=by,
            verb="records.deduplicated",
            sentence=f"searched {what} for duplicates: {merged} merged, {asked} to decide.",
            detail=outcome | levels._asdict() | {"only_new": newer is not None},
        )
        if progress:
            page = reverse("records:duplicates", args=[review.slug])
            progress.complete(outcome | {"url": page, "label": "Show the pairs to decide"})
    return outcome


def compare(
    review: Review, levels: Thresholds, *, newer: Q | None = None, progress: Progress | None = None
) -> tuple[list[Pair], int]:
    """The pairs of live records that ``levels`` ask for, and how many records were looked at; nothing is written.

    ``newer`` says which records are compared with all others; None is everything with everything.
    """
    live = review.records.live()
    standing = Standing(review)
    total = len(standing.ids)
    looked_at = total if newer is None else live.filter(newer).count()
    if looked_at == 0:
        return [], 0
    pulse = _Pulse(progress, looked_at)
    pairs = find_pairs(
        _as_read(live if newer is None else live.filter(newer), pulse.reading),  # type: ignore[arg-type]
        against=None if newer is None else _as_read(live.exclude(newer)),  # type: ignore[arg-type]
        merge=levels.merge_at,
        review=levels.ask_at,
        together=standing.together,
        apart=standing.apart,
        tick=pulse.comparing,
    )
    return pairs, looked_at


def _the_new(review: Review, batches: Collection[int], records: Collection[int]) -> Q | None:
    """Which records to compare with all others; None when nothing was compared before."""
    if not review.import_batches.filter(state="done").exclude(compared_at=None).exists():
        return None
    return Q(batch__in=batches) | Q(pk__in=records)


class _Pulse:
    """A sign of life each second; a cancelled job stops here."""

    def __init__(self, progress: Progress | None, total: int):
        self._progress, self._total = progress, total
        self._read = 0
        self._last = 0.0

    def reading(self, count: int) -> None:
        self._read += count
        self._step(f"{self._read:,} records read")

    def comparing(self, compared: int) -> None:
        self._step(f"{compared:,} likely pairs compared")

    def _step(self, message: str) -> None:
        if self._progress and time.monotonic() - self._last > 1:
            self._progress.step(min(self._read, self._total), self._total, message)
            self._last = time.monotonic()


def _as_read(rows: RecordQuerySet, told: Callable[[int], None] | None = None) -> Iterator[DedupRecord]:
    """Records, each without the fields it was lent by its duplicates; few of them are in memory at a time.

    Fetched in pieces: a query left open would keep SQLite from writing a sign of life.
    """
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").values("filled", *COMPARED)[:CHUNK]):
        for row in chunk:
            blank = {name: BLANK[name] for name in row.pop("filled") if name in COMPARED}
            yield DedupRecord(**row | blank)
        last = chunk[-1]["id"]
        if told:
            told(len(chunk))


def _settle(review: Review, pairs: list[Pair], levels: Thresholds) -> tuple[int, int]:
    """Merge and queue ``pairs`` (surest first); returns how many of each are new."""
    certain, asked = Standing(review).settle(pairs, *levels)
    store_pairs(review, certain, State.MERGED)
    regroup(review, {pk for pair in certain for pk in ordered(pair.left_id, pair.right_id)})
    store_pairs(review, asked, State.WAITING)
    return len(certain), len(asked)
