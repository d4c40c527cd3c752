"""What a person does with a group of duplicates: who leads it, whose values stand, who leaves, nobody together."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.text import get_text_list

from records.models import DuplicateCandidate, Record
from records.services.corrections import LONGEST_WHY, correct_record
from records.services.decisions import NotACandidate
from records.services.groups import components, regroup, take_turn
from records.services.standing import decide_all
from records.values import LABELS, alike
from reviews.audit import record_event
from reviews.models import AuditEvent, Review, User

State = DuplicateCandidate.State
PARTED = "records.group_dissolved"


@transaction.atomic
def choose_primary(*, record: Record, by: User) -> Record:
    """Let ``record`` stand for its group; the others become its duplicates, and lend to it what it lacks.

    Votes stay where they were cast (groups.RULE_FOR_VOTES): the new one is screened by its own. Raises NotACandidate
    when it is not a duplicate now.
    """
    record, leader = _member(record)
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
    """Part a whole group: each of its merged pairs waits for a person again.

    Returns the event; its detail has "kept" and "members", so that ``merge`` can put them together again.
    """
    review = record.review
    take_turn(review)
    group = set().union(*components(review, [record.pk]))
    members = list(Record.objects.live().filter(pk__in=group).order_by("duplicate_of", "pk"))
    pairs = list(_merged(review, group).values_list("pk", flat=True))
    if len(members) < 2 or not pairs:
        raise NotACandidate(
            f"{record.citation} (record {record.pk}) is in no group: there is nothing to part."
        )
    leader = next(each for each in members if each.duplicate_of_id is None)
    decide_all(pairs, State.WAITING, by=by, at=timezone.now(), automatic=False)
    regroup(review, group)
    return record_event(
        review=review,
        actor=by,
        verb=PARTED,
        target=leader,
        sentence=f"parted the {len(members)} records of {leader.citation}; each of their pairs waits for a decision.",
        detail={"kept": leader.pk, "members": sorted(each.pk for each in members), "pairs": pairs},
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
