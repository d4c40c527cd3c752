"""The filter for randomised trials in a review: what it would take out of screening, and doing it.

Which words decide is in ``screening/priority/design.py``; taking out, bringing back and undo are in
``services.removals``. What is shown before does not depend on hidden votes: it looks at every record whose outcome is
not told. Those that somebody has voted on stay when it is done.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from django.db import transaction
from django.db.models import Exists, OuterRef

from records.models import Record, RecordQuerySet
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.models import AutomaticRemoval, Round, RoundRecord, Stage, Verdict
from screening.priority.design import RULES, WIDEST, Found, decide
from screening.record_types import types_in
from screening.services.guards import require
from screening.services.removals import lock_unread, remove, unread
from screening.services.rounds import records_at

SAMPLE = 20
STEP = 1000
#: What the filter reads of a record.
READ = ("pk", "title", "abstract", "keywords", "type", "extra")


class NoSuchRule(Refused):
    """A rule that the filter does not have."""


class NothingGoes(Refused):
    """Every record stays."""


@dataclass(frozen=True)
class Look:
    """What the filter says of the ``total`` records without a told outcome: ``going`` of them (ids), and the others
    by why they stay. ``sample`` are a few of ``going``, drawn at random with a seed that never changes.
    """

    rule: str
    animals: bool
    total: int
    going: tuple[int, ...]
    indexed_animals: int
    stays: dict[str, int]
    sample: tuple[int, ...]

    def numbers(self) -> dict:
        """For JSON, without the ids."""
        return {
            "rule": self.rule,
            "animals": self.animals,
            "total": self.total,
            "going": len(self.going),
            "indexed_animals": self.indexed_animals,
            "stays": self.stays,
        }


def require_rule(rule: str) -> str:
    if rule not in RULES:
        raise NoSuchRule(f"“{rule}” is no rule of the filter: use {', '.join(RULES)}.", field="rule")
    return rule


def open_records(review: Review) -> RecordQuerySet:
    """Records of title and abstract screening whose outcome is told to nobody yet, whatever was voted on them.

    Not those that an open round (a pilot, a sample of what is left) has drawn: people read them.
    """
    told = Verdict.objects.told().filter(record=OuterRef("pk"), stage=Stage.TITLE_ABSTRACT)
    return _outside_rounds(records_at(review, Stage.TITLE_ABSTRACT).filter(~Exists(told)))


def look(
    *, review: Review, rule: str = WIDEST, animals: bool = True, progress: Progress | None = None
) -> Look:
    """What the filter would take out of screening. Raises NoSuchRule; changes nothing."""
    return _look(open_records(review), require_rule(rule), animals, progress)


def request_look(*, review: Review, rule: str, animals: bool, by: User) -> Job:
    """``look`` in the background; the counts are the job's result, with the ids of the sample."""
    require(review, by, Permission.AMEND_PROTOCOL)
    params = {"rule": require_rule(rule), "animals": animals}
    waiting = review.jobs.unfinished().filter(task="screening.look_design", params=params).first()
    label = "What the filter for randomised trials would take out"
    return waiting or enqueue(review=review, task="screening.look_design", label=label, params=params, by=by)


def apply_filter(
    *,
    review: Review,
    by: User,
    rule: str = WIDEST,
    animals: bool = True,
    why: str = "",
    progress: Progress | None = None,
) -> AutomaticRemoval:
    """Take out of screening what the filter finds no trial and nobody has voted on; one decision, undone as one.

    The texts are read before anything is locked, so that nobody who votes waits for that.
    Raises NotAllowed (403), NoSuchRule or NothingGoes (422).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    require_rule(rule)
    found = _look(_outside_rounds(unread(review)), rule, animals, progress)
    with transaction.atomic():
        locked = lock_unread(review, found.going)
        free = set(_outside_rounds(unread(review)).values_list("pk", flat=True)).intersection(locked)
        if not free:
            raise NothingGoes(
                f"Nothing was taken out: of {found.total:,} records that nobody has voted on each has words of a "
                "trial or cannot be judged."
            )
        found = replace(found, going=tuple(pk for pk in found.going if pk in free))
        return remove(
            review=review,
            kind=AutomaticRemoval.Kind.DESIGN,
            records=found.going,
            numbers=found.numbers(),
            sentence=sentence_of(found),
            why=why,
            by=by,
        )


def request_filter(*, review: Review, by: User, rule: str, animals: bool, why: str = "") -> Job:
    """``apply_filter`` in the background; one at a time."""
    require(review, by, Permission.AMEND_PROTOCOL)
    params = {"rule": require_rule(rule), "animals": animals, "why": why}
    waiting = review.jobs.unfinished().filter(task="screening.apply_design").first()
    label = "Filter for randomised trials"
    return waiting or enqueue(review=review, task="screening.apply_design", label=label, params=params, by=by)


def found_of(record: Record, rule: str = WIDEST, animals: bool = True) -> Found:
    """What the filter says of one record, with the words that decide."""
    return decide(
        record.title,
        record.abstract,
        types=types_in(record.extra),
        keywords=record.keywords,
        register=record.type == "register",
        rule=rule,
        animals=animals,
    )


def with_reasons(removal: AutomaticRemoval, records: Iterable[Record]) -> list[tuple[Record, Found]]:
    """Records of a removal with what its filter says of them now."""
    numbers = removal.numbers
    return [(each, found_of(each, numbers["rule"], numbers["animals"])) for each in records]


def sentence_of(found: Look) -> str:
    """For the methods and the flow diagram."""
    rule = RULES[found.rule]
    went = len(found.going)
    said = (
        f"{went:,} record{'' if went == 1 else 's'} {'was' if went == 1 else 'were'} marked as ineligible by an "
        f"automation tool before screening: the “{rule.name}” filter for randomised trials ({rule.source}) found "
        "none of its words in title and abstract"
    )
    if found.indexed_animals:
        said += f", or MEDLINE had indexed them with animals and not with humans ({found.indexed_animals:,})"
    return (
        f"{said}. Records without an abstract or with one that is not in English, records from trial registers and "
        "those with the publication type of a trial stayed."
    )


def _look(
    records: RecordQuerySet,
    rule: str,
    animals: bool,
    progress: Progress | None,
) -> Look:
    total = records.count()
    going: list[int] = []
    stays: Counter[str] = Counter()
    indexed = 0
    for number, record in enumerate(_read(records)):
        if progress and number % STEP == 0:
            progress.step(number, total, f"{number:,} of {total:,} records")
        found = found_of(record, rule, animals)
        if found.stays:
            stays[found.why] += 1
        else:
            going.append(record.pk)
            indexed += bool(found.words)
    sample = Random(len(going)).sample(going, min(SAMPLE, len(going)))  # noqa: S311
    return Look(rule, animals, total, tuple(going), indexed, dict(stays.most_common()), tuple(sorted(sample)))


def _read(records: RecordQuerySet) -> Iterator[Record]:
    return records.only(*READ).order_by("pk").iterator(chunk_size=500)


def _outside_rounds(records: RecordQuerySet) -> RecordQuerySet:
    here = {"record": OuterRef("pk"), "round__stage": Stage.TITLE_ABSTRACT, "round__state": Round.State.OPEN}
    drawn = RoundRecord.objects.filter(**here).exclude(round__kind=Round.Kind.CHECK)
    return records.filter(~Exists(drawn))
