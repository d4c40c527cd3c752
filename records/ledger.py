"""The ledger of de-duplication: which record was removed as a duplicate of which, why, and by whom."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from records.models import DuplicateCandidate, Record
from reviews.models import Review

HEADER = (
    "kept_id",
    "removed_id",
    "matched_with_id",
    "score",
    "rule",
    "reasons",
    "decided",
    "decided_by",
    "decided_at",
    "merge_at",
    "ask_at",
    "kept_source",
    "removed_source",
    "kept_title",
    "removed_title",
)


def rows(review: Review, pairs: Collection[int] | None = None) -> Iterator[tuple]:
    """One row, as HEADER names it, for each record removed now; with ``pairs`` (ids), for one of these reasons.

    ``matched_with_id`` is the record it was found equal to: the kept one, or another that was removed for it.
    ``merge_at`` and ``ask_at`` are the thresholds that held when it was decided.
    """
    records = (
        Record.objects.duplicates()
        .filter(review=review)
        .select_related("search", "duplicate_of__search")
        .only("title", "search", "duplicate_of__title", "duplicate_of__search")
    )
    reasons, levels = _reasons(review), _Levels(review)
    for record in records.order_by("duplicate_of", "pk").iterator():
        reason = reasons.get(record.pk)
        if pairs is None or (reason and reason[1].pk in pairs):
            yield _row(record, reason, levels)


def removed(review: Review, pairs: Collection[int] | None = None) -> Iterator[Record]:
    """The records that are removed now, whole; with ``pairs``, those removed for one of these reasons (ids)."""
    reasons = _reasons(review) if pairs is not None else {}
    records = Record.objects.duplicates().filter(review=review).order_by("duplicate_of", "pk")
    for record in records.iterator(chunk_size=500):
        if pairs is None or (record.pk in reasons and reasons[record.pk][1].pk in pairs):
            yield record


class _Levels:
    """Which thresholds held when: every search and every change of them wrote them into the history."""

    def __init__(self, review: Review):
        events = review.events.filter(verb__in=("records.deduplicated", "records.thresholds_changed"))
        told = [
            (at, detail["merge_at"], detail["ask_at"])
            for at, detail in events.order_by("pk").values_list("at", "detail")
            if "merge_at" in detail and "ask_at" in detail
        ]
        self._times = [at for at, *_ in told]
        self._levels = [levels for _, *levels in told]

    def at(self, moment: datetime | None, *, automatic: bool) -> tuple:
        """A rule decides just before its search is told of; a person by what was told last."""
        if moment is None:
            return "", ""
        place = bisect_left(self._times, moment) - (not automatic)
        return tuple(self._levels[place]) if 0 <= place < len(self._levels) else ("", "")


def _reasons(review: Review) -> dict[int, tuple[int, DuplicateCandidate]]:
    """For each removed record the next record on the way to the kept one, and the pair that leads there."""
    neighbours: dict[int, list[DuplicateCandidate]] = defaultdict(list)
    merged = review.duplicate_candidates.filter(state=DuplicateCandidate.State.MERGED).select_related(
        "decided_by"
    )
    for pair in merged.order_by("pk"):
        neighbours[pair.left_id].append(pair)
        neighbours[pair.right_id].append(pair)
    reasons: dict[int, tuple[int, DuplicateCandidate]] = {}
    kept = review.records.unique().in_groups().values_list("pk", flat=True)
    frontier = list(kept)
    reached = set(frontier)
    while frontier:
        here = frontier.pop()
        for pair in neighbours[here]:
            there = pair.left_id if pair.right_id == here else pair.right_id
            if there not in reached:
                reached.add(there)
                reasons[there] = here, pair
                frontier.append(there)
    return reasons


def _row(record: Record, reason: tuple[int, DuplicateCandidate] | None, levels: _Levels) -> tuple:
    kept = record.duplicate_of
    assert kept is not None, "only duplicates are asked for"
    why: tuple = ("",) * 9
    if reason:
        matched, pair = reason
        decided = pair.decided_at.isoformat(timespec="seconds") if pair.decided_at else ""
        how = "automatic" if pair.automatic else "human"
        who = str(pair.decided_by) if pair.decided_by else ""
        held = levels.at(pair.decided_at, automatic=pair.automatic)
        why = matched, pair.score, pair.rule, "; ".join(pair.reasons), how, who, decided, *held
    sources = str(kept.search), str(record.search)
    return kept.pk, record.pk, *why, *sources, kept.title, record.title
