"""The ledger of de-duplication: which record was removed as a duplicate of which, why, and by whom."""

from collections import defaultdict
from collections.abc import Iterator

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
    "kept_source",
    "removed_source",
    "kept_title",
    "removed_title",
)


def rows(review: Review) -> Iterator[tuple]:
    """One row, as HEADER names it, for each record that is removed now.

    ``matched_with_id`` is the record it was found equal to: the kept one, or another that was removed for it.
    """
    removed = (
        Record.objects.duplicates()
        .filter(review=review)
        .select_related("search", "duplicate_of__search")
        .only("title", "search", "duplicate_of__title", "duplicate_of__search")
    )
    reasons = _reasons(review)
    for record in removed.order_by("duplicate_of", "pk").iterator():
        yield _row(record, reasons.get(record.pk))


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


def _row(record: Record, reason: tuple[int, DuplicateCandidate] | None) -> tuple:
    kept = record.duplicate_of
    assert kept is not None, "only duplicates are asked for"
    why: tuple = ("", "", "", "", "", "", "")
    if reason:
        matched, pair = reason
        decided = pair.decided_at.isoformat(timespec="seconds") if pair.decided_at else ""
        how = "automatic" if pair.automatic else "human"
        who = str(pair.decided_by) if pair.decided_by else ""
        why = matched, pair.score, pair.rule, "; ".join(pair.reasons), how, who, decided
    sources = str(kept.search), str(record.search)
    return kept.pk, record.pk, *why, *sources, kept.title, record.title
