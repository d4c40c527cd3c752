"""What a person does with a group of duplicates: who leads it, whose values stand, who leaves, nobody together."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations

from django.db import transaction
from django.utils import timezone
from django.utils.text import get_text_list

from records.dedup import prepare
from records.dedup.score import verdict
from records.models import DuplicateCandidate, Record
from records.services.corrections import LONGEST_WHY, correct_record
from records.services.decisions import NotACandidate, refuse_loss
from records.services.groups import components, regroup, take_turn
from records.services.standing import PARTED, decide_all
from records.values import LABELS, alike
from reviews.audit import record_event
from reviews.models import AuditEvent, Review, User

State = DuplicateCandidate.State
MOST_PAIRED = 30  # 435 pairs


@transaction.atomic
def choose_primary(*, record: Record, by: User, anyway: bool = False) -> Record:
    """Let ``record`` stand for its group; the others become its duplicates, and lend to it what it lacks.

    Votes stay where they were cast (groups.RULE_FOR_VOTES): the new one is screened by its own. Raises NotACandidate
    when it is not a duplicate now; FurtherAlong (409) when the one that leads is further along and ``anyway`` is not
    given.
    """
    record, leader = _member(record)
    if not anyway:
        refuse_loss(record.pk, [leader.pk])
    regroup(record.review, [record.pk], keep=record.pk)
    record_event(
        review=record.review,
        actor=by,
        verb="records.primary_chosen",
        target=record,
        sentence=f"let record {record.pk}, {record.citation}, stand for its group in place of record {leader.pk}.",
        detail={"kept": record.pk, "removed": [leader.pk]},
    )
    record.refresh_from_db()
    return record


@transaction.atomic
def choose_values(*, record: Record, values: Mapping[str, int], by: User) -> Record:
    """Let the record that leads a group say what members of the group say: ``values`` is {field: id of the member}.

    Each is a correction (services.correct_record): the record's own value is kept and can be restored. Raises
    NotACandidate for a field or a record that cannot be chosen.
    """
    take_turn(record.review)
    members = {each.pk: each for each in Record.objects.groups_of(record).select_related("search")}
    record = members.get(record.duplicate_of_id or record.pk, record)
    for name, pk in values.items():
        if name not in LABELS:
            raise NotACandidate(
                f"A record has no field “{name[:40]}” to choose. The fields are {', '.join(LABELS)}."
            )
        if pk not in members:
            raise NotACandidate(f"{LABELS[name]}: record {pk} is not in the group of record {record.pk}.")
    changes = {
        name: getattr(members[pk], name)
        for name, pk in values.items()
        if not alike(getattr(members[pk], name), getattr(record, name))
    }
    if not changes:
        raise NotACandidate(f"Record {record.pk} says this already: nothing was changed.")
    lenders = sorted({pk for name, pk in values.items() if name in changes})
    said = get_text_list([f"record {pk} ({members[pk].search})" for pk in lenders], "and")
    return correct_record(record=record, changes=changes, by=by, why=f"as in {said}"[:LONGEST_WHY])


@transaction.atomic
def dissolve(*, record: Record, by: User) -> AuditEvent:
    """Part a whole group: every two of its records wait for a person, so that no rule merges any of them again.

    Of more than MOST_PAIRED records only the pairs that were merged wait; a rule keeps away from the others by the
    event (``Standing``). Returns it; its detail has "kept" and "members", so that ``merge`` can put them together
    again, and the "pairs" that wait.
    """
    review = record.review
    take_turn(review)
    group = set().union(*components(review, [record.pk]))
    members = list(Record.objects.live().filter(pk__in=group).order_by("duplicate_of", "pk"))
    merged = list(_merged(review, group).values_list("pk", flat=True))
    if len(members) < 2 or not merged:
        raise NotACandidate(
            f"{record.citation} (record {record.pk}) is in no group: there is nothing to part."
        )
    leader = next(each for each in members if each.duplicate_of_id is None)
    now = timezone.now()
    decide_all(merged, State.WAITING, by=by, at=now, automatic=False)
    few = {each.pk for each in members} if len(members) <= MOST_PAIRED else set()
    within = review.duplicate_candidates.filter(state=State.WAITING, left__in=few, right__in=few)
    within.update(decided_by=by, decided_at=now, automatic=False)
    known = set(within.values_list("left_id", "right_id"))
    regroup(review, group)
    as_read = Record.objects.filter(pk__in=few).select_related("review").order_by("pk")
    DuplicateCandidate.objects.bulk_create(_unasked(as_read, known, by, now), batch_size=500)
    asked = review.duplicate_candidates.filter(state=State.WAITING, decided_by=by, decided_at=now)
    pairs = sorted({*merged, *asked.filter(left__in=few, right__in=few).values_list("pk", flat=True)})
    return record_event(
        review=review,
        actor=by,
        verb=PARTED,
        target=leader,
        sentence=f"parted the {len(members)} records of {leader.citation}; {len(pairs)} "
        f"{'pair waits' if len(pairs) == 1 else 'pairs wait'} for a decision.",
        detail={"kept": leader.pk, "members": sorted(each.pk for each in members), "pairs": pairs},
    )


def _unasked(
    members: Iterable[Record], known: set[tuple[int, int]], by: User, now: datetime
) -> Iterator[DuplicateCandidate]:
    """The pairs of a parted group that nobody proposed, as the comparison sees them."""
    prepared = [(each, prepare(each)) for each in members]  # type: ignore[arg-type]
    for (left, one), (right, other) in combinations(prepared, 2):
        if (left.pk, right.pk) not in known:
            score, rule, reasons = verdict(one, other)
            yield DuplicateCandidate(
                review=left.review,
                left=left,
                right=right,
                score=score,
                rule=rule,
                reasons=list(reasons),
                decided_by=by,
                decided_at=now,
            )


def _merged(review: Review, group: set[int]):
    return review.duplicate_candidates.filter(state=State.MERGED, left__in=group, right__in=group)


def _member(record: Record) -> tuple[Record, Record]:
    """The record as it is now, in our turn, and the one that leads its group."""
    take_turn(record.review)
    record = record.review.records.select_related("duplicate_of", "review").get(pk=record.pk)
    if record.duplicate_of is None:
        raise NotACandidate(f"{record.citation} (record {record.pk}) is no duplicate now: it stands already.")
    return record, record.duplicate_of
