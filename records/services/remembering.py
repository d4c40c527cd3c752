"""What a person said about two records outlives their import: undone and imported again, no rule merges them."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services.groups import BLANK, CHUNK, take_turn
from records.services.standing import ordered
from reviews.audit import record_event
from reviews.models import Review

DONE = ImportBatch.State.DONE
SAME_RECORD_BY = ("title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid")
FIELDS = ("pk", "duplicate_of", "filled", "original", *SAME_RECORD_BY)


@transaction.atomic
def remember_apart(review: Review) -> int:
    """Carry every "not a duplicate", "same study" and undone merge of records that left over to the same records
    come in again.

    The same record is one that was read with the same title, people, place and identifiers. Returns how many pairs
    that made; what was decided on the new records themselves stands.
    """
    take_turn(review)
    opened_again = Q(state=DuplicateCandidate.State.WAITING, decided_by__isnull=False)
    pairs = review.duplicate_candidates.filter(Q(state__in=DuplicateCandidate.APART) | opened_again).exclude(
        left__batch__state=DONE, right__batch__state=DONE
    )
    words = sorted(
        pairs, key=lambda pair: pair.state != DuplicateCandidate.State.WAITING
    )  # the firmer one last
    if not words:
        return 0
    ids = {pk for pair in words for pk in (pair.left_id, pair.right_id)}
    present = dict(review.records.live().filter(pk__in=ids).values_list("pk", "duplicate_of"))
    again = _come_again(review, ids - present.keys())
    leader = {pk: of or pk for pk, of in [*present.items(), *again.leaders.items()]}
    rows = {}
    for word in words:
        for left in again.of.get(word.left_id, [word.left_id] if word.left_id in present else []):
            for right in again.of.get(word.right_id, [word.right_id] if word.right_id in present else []):
                if leader[left] != leader[right]:
                    rows[ordered(left, right)] = word
    known = set(
        review.duplicate_candidates.filter(
            Q(left__in={left for left, _ in rows}), Q(right__in={right for _, right in rows})
        ).values_list("left_id", "right_id")
    )
    new = [_same_word(review, ends, word) for ends, word in rows.items() if ends not in known]
    DuplicateCandidate.objects.bulk_create(new, batch_size=CHUNK)
    if new:
        record_event(
            review=review,
            actor=None,
            verb="records.apart_remembered",
            sentence=f"kept {len(new)} pairs apart that were told apart, or opened again, before their import was "
            "undone.",
            detail={"pairs": len(new)},
        )
    return len(new)


class _Again:
    """The live records that records which left are the same as: ``of[old] == [new, ...]``."""

    def __init__(self) -> None:
        self.of: dict[int, list[int]] = defaultdict(list)
        self.leaders: dict[int, int | None] = {}


def _come_again(review: Review, gone: Iterable[int]) -> _Again:
    again = _Again()
    old: dict[tuple, list[int]] = defaultdict(list)
    for row in Record.objects.filter(pk__in=gone).values(*FIELDS):
        old[_as_read(row)].append(row["pk"])
    titles = sorted({key[0] for key in old})
    for start in range(0, len(titles), CHUNK):
        here = review.records.live().filter(title__in=titles[start : start + CHUNK])
        for row in here.values(*FIELDS):
            for pk in old.get(_as_read(row), ()):
                if row["pk"] > pk:  # a twin that was there before is not the one that came again
                    again.of[pk].append(row["pk"])
                    again.leaders[row["pk"]] = row["duplicate_of"]
    return again


def _as_read(row: dict) -> tuple:
    """A record as its file had it: without what it was lent and what a person corrected."""
    lent = {name: BLANK[name] for name in row["filled"] if name in BLANK}
    values = row | lent | row["original"]
    return tuple(str(values[name] or "") for name in SAME_RECORD_BY)


def _same_word(review: Review, ends: tuple[int, int], word: DuplicateCandidate) -> DuplicateCandidate:
    return DuplicateCandidate(
        review=review,
        left_id=ends[0],
        right_id=ends[1],
        score=word.score,
        rule=word.rule,
        reasons=word.reasons,
        state=word.state,
        decided_by_id=word.decided_by_id,
        decided_at=word.decided_at,
    )
