"""Decisions that came with the files: who decided what before this review, and to whom here it may be shown.

They are in ``Record.earlier``, read from the file by records.formats. What they mean in this review is said by a lead
for each file (``Intake``); until then, and where they are ignored, nobody sees them on a record.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from records.formats.earlier import tells
from records.models import ImportBatch, Record
from reviews.models import Membership, Review
from screening.models import Decision, Intake, Stage, Verdict

HEAVY = ("rejected", "warnings")


@dataclass
class Person:
    """The decisions of one person in one file; ``name`` is blank where the file names nobody."""

    name: str
    votes: Counter = field(default_factory=Counter)
    at_full_text: int = 0

    @property
    def total(self) -> int:
        return self.votes.total() + self.at_full_text


@dataclass
class Found:
    """What one file holds: how many of its records come with decisions, and whose they are."""

    batch: ImportBatch
    records: int = 0
    people: dict[str, Person] = field(default_factory=dict)

    def add(self, decisions: Iterable[dict]) -> None:
        self.records += 1
        for decision in decisions:
            person = self.people.setdefault(decision["by"], Person(decision["by"]))
            if stage_of(decision) == Stage.FULL_TEXT:
                person.at_full_text += 1
            else:
                person.votes[decision["decision"]] += 1


def stage_of(decision: dict) -> Stage:
    """Full text where the file says so; a decision that names no stage was made on title and abstract."""
    return Stage.FULL_TEXT if "full" in decision.get("stage", "").casefold() else Stage.TITLE_ABSTRACT


def found_in(review: Review, batch: ImportBatch | None = None) -> list[Found]:
    """What the files of the review (or this one) hold, the latest file first; counts, no record's decisions."""
    rows = review.records.live().exclude(earlier=[])
    if batch is not None:
        rows = rows.filter(batch=batch)
    counted: dict[int, Found] = {}
    batches = {each.pk: each for each in review.import_batches.select_related("search").defer(*HEAVY)}
    for pk, decisions in rows.order_by("-batch", "pk").values_list("batch", "earlier").iterator():
        counted.setdefault(pk, Found(batches[pk])).add(decisions)
    return list(counted.values())


def shown_to(membership: Membership, record: Record) -> list[dict]:
    """The earlier decisions on ``record`` and its duplicates that this member may see.

    Only those kept as prior knowledge; before a person voted, or the record is complete, only if the lead chose so.
    """
    kept = Intake.objects.live().filter(review=membership.review, kind=Intake.Kind.PRIOR)
    if not _has_decided(membership, record):
        kept = kept.filter(shown_first=True)
    rows = Record.objects.groups_of(record).filter(batch__in=kept.values("batch")).exclude(earlier=[])
    return [
        decision | {"source": row.batch.file_name}
        for row in rows.select_related("batch").only("earlier", "batch__file_name").order_by("pk")
        for decision in row.earlier
    ]


def shown_on(membership: Membership, records: Iterable[Record]) -> dict[int, list[dict]]:
    """``shown_to`` of several records, by id; one question where no file's decisions are kept as prior knowledge."""
    kept = Intake.objects.live().filter(review=membership.review, kind=Intake.Kind.PRIOR)
    return {record.pk: shown_to(membership, record) for record in records} if kept.exists() else {}


def _has_decided(membership: Membership, record: Record) -> bool:
    own = Decision.objects.live().at(Stage.TITLE_ABSTRACT).filter(record=record, reviewer=membership.user)
    settled = Verdict.objects.settled().at(Stage.TITLE_ABSTRACT).filter(record=record)
    return own.exists() or settled.exists()


def hide_decisions(record: Record) -> Record:
    """Take what tells an earlier decision out of the keywords and unknown tags of an unsaved copy in memory."""
    if record.earlier:
        record.keywords = [word for word in record.keywords if not tells("", word)]
        kept = {
            tag: [text for text in _texts(value) if not tells(tag, text)]
            for tag, value in record.extra.items()
        }
        record.extra = {tag: texts for tag, texts in kept.items() if texts}
    return record


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def first_of_each(decisions: Iterable[dict], stage: Stage) -> dict[str, dict]:
    """By person, the first decision at ``stage``; nobody who decided both ways there."""
    by: dict[str, list[dict]] = defaultdict(list)
    for decision in decisions:
        if stage_of(decision) == stage:
            by[decision["by"]].append(decision)
    return {name: own[0] for name, own in by.items() if len({each["decision"] for each in own}) == 1}
