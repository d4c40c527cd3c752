"""Finding, merging and telling apart: every merge is explained, and every merge can be undone.

A merge never deletes. The duplicate points at its primary; blank fields of the primary are filled from it and
remembered, so that a split takes them back. Votes already cast stay with the record they were cast on: after a
merge the primary's votes count, after a split each record has its own again.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from records.dedup import MERGE_THRESHOLD, REVIEW_THRESHOLD, Pair, choose_primary, cluster, find_pairs
from records.models import DuplicateCandidate, ImportBatch, Record, Search
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User

State = DuplicateCandidate.State
FILLABLE = (
    "abstract",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registry_ids",
    "keywords",
    "language",
    "issn",
    "url",
)


class NotACandidate(Refused):
    """These records cannot be merged, split or told apart in this way."""


def request_deduplication(*, review: Review, by: User | None) -> Job:
    """Queue a search for duplicates among all records; asked again while one waits, it is the same job."""
    waiting = review.jobs.waiting().filter(task="records.deduplicate").first()
    return waiting or enqueue(
        review=review, task="records.deduplicate", label="Search for duplicates", params={}, by=by
    )


def deduplicate(*, review: Review, by: User | None, progress: Progress | None = None) -> dict:
    """Merge what is certain, queue what a person should look at, ignore the rest.

    Returns ``{"records", "merged", "to_decide"}``. Pairs a person told apart are never proposed again.
    """
    records = {
        record.pk: record
        for record in review.records.unique().select_related("search").defer("raw", "extra", "original")
    }
    if progress:
        progress.step(0, len(records), f"Comparing {len(records):,} records")
    pairs = [pair for pair in find_pairs(list(records.values())) if pair.score >= REVIEW_THRESHOLD]
    told_apart = _told_apart(review)
    pairs = [pair for pair in pairs if _key(pair) not in told_apart]
    with transaction.atomic():
        Review.objects.select_for_update().get(pk=review.pk)  # one search at a time writes
        still = set(review.records.unique().values_list("pk", flat=True))
        pairs = [pair for pair in pairs if pair.left_id in still and pair.right_id in still]
        certain = [pair for pair in pairs if pair.score >= MERGE_THRESHOLD]
        merged = 0
        for group in _safe_clusters(certain, told_apart):
            members = [records[pk] for pk in group]
            _merge(members, _primary(members))
            merged += len(members) - 1
        _keep(review, certain, state=State.MERGED)
        waiting = _keep(review, [p for p in pairs if p.score < MERGE_THRESHOLD], state=State.WAITING)
        outcome = {"records": len(records), "merged": merged, "to_decide": waiting}
        record_event(
            review=review,
            actor=by,
            verb="records.deduplicated",
            sentence=f"searched {len(records)} records for duplicates: {merged} merged, {waiting} to decide.",
            detail=outcome | {"merge_at": MERGE_THRESHOLD, "ask_at": REVIEW_THRESHOLD},
        )
        if progress:
            progress.complete(outcome)
    return outcome


@transaction.atomic
def merge(*, review: Review, records: Iterable[Record], primary: Record, by: User, why: str = "") -> Record:
    """Make every other record of ``records`` a duplicate of ``primary``; all sources stay known."""
    members = list(Record.objects.select_for_update().filter(pk__in=[r.pk for r in records], review=review))
    if len(members) < 2 or primary.pk not in {member.pk for member in members}:
        raise NotACandidate("Choose at least two records of this review, one of them to stay.")
    primary = next(member for member in members if member.pk == primary.pk)
    _merge(members, primary)
    record_event(
        review=review,
        actor=by,
        verb="records.merged",
        target=primary,
        sentence=f"merged {len(members)} records of {primary.citation}.",
        detail={"kept": primary.pk, "removed": [m.pk for m in members if m != primary], "why": why},
    )
    return primary


@transaction.atomic
def merge_candidate(*, candidate: DuplicateCandidate, by: User, primary: Record | None = None) -> Record:
    """A person says: the same. The pair's records (or the groups they lead by now) become one."""
    candidate = _lock(candidate, State.WAITING)
    left, right = _leader(candidate.left), _leader(candidate.right)
    keep = left
    if left != right:
        keep = _leader(primary) if primary else _primary([left, right])
        if keep not in (left, right):
            raise NotACandidate("The record to keep must be one of the two.")
        merge(review=candidate.review, records=[left, right], primary=keep, by=by)
    _decide(candidate, State.MERGED, by)
    return keep


@transaction.atomic
def mark_distinct(*, candidate: DuplicateCandidate, by: User) -> None:
    """A person says: not a duplicate. The pair is never proposed again."""
    candidate = _lock(candidate, State.WAITING)
    _decide(candidate, State.DISTINCT, by)
    record_event(
        review=candidate.review,
        actor=by,
        verb="records.told_apart",
        target=candidate.left,
        sentence=f"told {candidate.left.citation} and {candidate.right.citation} apart.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "score": candidate.score},
    )


@transaction.atomic
def reopen_candidate(*, candidate: DuplicateCandidate, by: User) -> None:
    """Undo a decision on a pair: merged records part again, and the pair waits for a person."""
    candidate = DuplicateCandidate.objects.select_for_update().get(pk=candidate.pk)
    if candidate.state == State.WAITING:
        raise NotACandidate("This pair is waiting for a decision already.")
    if candidate.state == State.MERGED:
        child = candidate.right if candidate.right.duplicate_of_id else candidate.left
        if child.duplicate_of_id:
            _part(child)
    _decide(candidate, State.WAITING, None)
    record_event(
        review=candidate.review,
        actor=by,
        verb="records.pair_reopened",
        target=candidate.left,
        sentence=f"undid the decision on {candidate.left.citation} and {candidate.right.citation}.",
        detail={"left": candidate.left_id, "right": candidate.right_id},
    )


@transaction.atomic
def split(*, record: Record, by: User) -> Record:
    """Not a duplicate after all: the record stands for itself again, and its group is not proposed for it."""
    record = Record.objects.select_for_update().get(pk=record.pk)
    if record.duplicate_of_id is None:
        raise NotACandidate(f"{record.citation} is not marked as a duplicate.")
    primary = record.duplicate_of
    others = [primary.pk, *primary.duplicates.exclude(pk=record.pk).values_list("pk", flat=True)]
    _part(record)
    now = timezone.now()
    for other in others:
        left, right = sorted((record.pk, other))
        DuplicateCandidate.objects.update_or_create(
            left_id=left,
            right_id=right,
            defaults={"state": State.DISTINCT, "automatic": False, "decided_by": by, "decided_at": now},
            create_defaults={
                "review": record.review,
                "score": 0.0,
                "rule": "split by a person",
                "state": State.DISTINCT,
                "decided_by": by,
                "decided_at": now,
            },
        )
    record_event(
        review=record.review,
        actor=by,
        verb="records.split",
        target=record,
        sentence=f"took {record.citation} out of its group: not a duplicate.",
        detail={"record": record.pk, "from": others},
    )
    return record


def hand_over_duplicates(batch: ImportBatch) -> None:
    """Before ``batch`` leaves: groups led by its records go to a record that stays (or dissolve)."""
    for record in batch.records.filter(Q(duplicates__isnull=False)).distinct():
        staying = [d for d in record.duplicates.select_related("batch") if d.batch_id != batch.pk]
        _release(record, staying)
        if len(staying) > 1:
            _merge(staying, _primary(staying))
    for record in batch.records.exclude(duplicate_of=None).select_related("duplicate_of"):
        _release(record.duplicate_of, [record])


def _merge(members: list[Record], primary: Record) -> None:
    """Point every member, and whatever pointed at it, to ``primary``, and fill the primary's blanks."""
    others = [member for member in members if member.pk != primary.pk]
    keys = [other.pk for other in others]
    if primary.duplicate_of_id in keys:
        primary.duplicate_of = None
    Record.objects.filter(Q(pk__in=keys) | Q(duplicate_of__in=keys)).exclude(pk=primary.pk).update(
        duplicate_of=primary
    )
    for other in others:
        for name in FILLABLE:
            if not getattr(primary, name) and getattr(other, name):
                setattr(primary, name, getattr(other, name))
                primary.filled[name] = other.pk
    primary.save(update_fields=["duplicate_of", "filled", *FILLABLE])


def _part(record: Record) -> None:
    """Take one duplicate out of its group, with the fields it had lent."""
    primary = Record.objects.select_for_update().get(pk=record.duplicate_of_id)
    _release(primary, [record])


def _release(primary: Record, records: list[Record]) -> None:
    leaving = {record.pk for record in records}
    for name, lender in list(primary.filled.items()):
        if lender in leaving:
            setattr(primary, name, Record._meta.get_field(name).get_default())
            del primary.filled[name]
    for record in records:
        record.duplicate_of = None
        record.save(update_fields=["duplicate_of"])
    primary.save(update_fields=["filled", *FILLABLE])
    for other in primary.duplicates.exclude(pk__in=leaving):
        for name in FILLABLE:
            if not getattr(primary, name) and getattr(other, name):
                setattr(primary, name, getattr(other, name))
                primary.filled[name] = other.pk
    primary.save(update_fields=["filled", *FILLABLE])


def _primary(members: list[Record]) -> Record:
    """Who stays: a record that leads a group already (the oldest; its votes stay in force), else the most
    complete one, a database's record before one found by other methods.
    """
    leading = set(
        Record.objects.filter(duplicate_of__in=[m.pk for m in members]).values_list("duplicate_of", flat=True)
    )
    if leading:
        return min((m for m in members if m.pk in leading), key=lambda m: m.pk)
    listed = [m for m in members if m.search.source_type in Search.DATABASES_AND_REGISTERS]
    chosen = choose_primary(listed or members)
    return next(member for member in members if member.pk == chosen)


def _leader(record: Record) -> Record:
    return record.duplicate_of or record


def _key(pair: Pair) -> tuple[int, int]:
    left, right = sorted((pair.left_id, pair.right_id))
    return left, right


def _told_apart(review: Review) -> set[tuple[int, int]]:
    return set(review.duplicate_candidates.filter(state=State.DISTINCT).values_list("left_id", "right_id"))


def _safe_clusters(certain: list[Pair], told_apart: set[tuple[int, int]]) -> list[list[int]]:
    """Clusters of certain pairs, leaving out any that would join two records a person told apart."""
    return [
        sorted(group)
        for group in cluster(certain, MERGE_THRESHOLD)
        if not any(left in group and right in group for left, right in told_apart)
    ]


def _keep(review: Review, pairs: list[Pair], *, state: str) -> int:
    """Store the pairs as candidates; returns how many are new."""
    now = timezone.now() if state == State.MERGED else None
    rows = [
        DuplicateCandidate(
            review=review,
            left_id=_key(pair)[0],
            right_id=_key(pair)[1],
            score=pair.score,
            rule=pair.rule,
            reasons=list(pair.reasons),
            state=state,
            automatic=state == State.MERGED,
            decided_at=now,
        )
        for pair in pairs
    ]
    known = set(review.duplicate_candidates.values_list("left_id", "right_id"))
    new = [row for row in rows if (row.left_id, row.right_id) not in known]
    DuplicateCandidate.objects.bulk_create(new, batch_size=500)
    return len(new)


def _lock(candidate: DuplicateCandidate, state: str) -> DuplicateCandidate:
    candidate = DuplicateCandidate.objects.select_for_update().get(pk=candidate.pk)
    if candidate.state != state:
        raise NotACandidate(
            f"This pair was decided meanwhile: {candidate.get_state_display().lower()}. Reload the page."
        )
    return candidate


def _decide(candidate: DuplicateCandidate, state: str, by: User | None) -> None:
    candidate.state = state
    candidate.decided_by = by
    candidate.decided_at = timezone.now() if by else None
    candidate.automatic = False
    candidate.save(update_fields=["state", "decided_by", "decided_at", "automatic"])
