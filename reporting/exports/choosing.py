"""Which records go into a file: by stage, decision, reason and label; and the program it is meant for."""

from django.db.models import Q

from records.models import RecordQuerySet
from reporting.exports.said import DECISIONS, NOT_SCREENED, UNDECIDED
from reporting.exports.shape import Choices, Option, UnknownOption
from reviews.models import Membership
from screening.models import Label, Labelling, RemovedRecord, Stage, Verdict, VerdictQuerySet

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
State = Verdict.State
READERS = [
    ("any", "Any program: decisions, labels and notes as notes"),
    ("asreview", "ASReview: relevant and irrelevant"),
    ("rayyan", "Rayyan: decision, labels, reasons and notes"),
    ("zotero", "Zotero: decision, reason and labels as tags"),
]


def _reasons(membership: Membership) -> Choices:
    labels = membership.review.exclusion_reasons.order_by("order", "pk").values_list("label", flat=True)
    return [(label, label) for label in dict.fromkeys(labels)]


def _labels(membership: Membership) -> Choices:
    names = Label.objects.visible_to(membership).filter(owner=None).order_by("order", "pk")
    return [(name, name) for name in names.values_list("name", flat=True)]


STAGE = Option(
    "stage",
    "Stage",
    [(str(TA), "Title and abstract"), (str(FT), "Full text")],
    "In the end",
    "What “decision” means: the outcome at this stage, or what became of the record in the end.",
)
#: Both at once: what a program learns or simulates from must be labelled throughout.
DECIDED = "decided"
DECISION = Option(
    "decision",
    "Decision",
    [*((str(key), words) for key, words in DECISIONS), (DECIDED, "Included or excluded")],
)
REASON = Option("reason", "Exclusion reason", _reasons, "Any")
LABEL = Option("label", "Label", _labels, "Any")
READER = Option(
    "reader",
    "With decisions for",
    READERS,
    "Nobody",
    "How decisions are written so that the program reads them.",
)
WHICH = (STAGE, DECISION, REASON, LABEL)


def chosen_records(
    membership: Membership, *, stage: str = "", decision: str = "", reason: str = "", label: str = ""
) -> RecordQuerySet:
    """The unique records of the review that were asked for, in the order they came in.

    A stage alone means the records that got there. Outcomes count once they are told: of what is undecided nobody
    learns whether there are votes.
    """
    records = membership.review.records.unique().order_by("pk")
    if stage == FT:
        records = records.filter(_at(membership, TA, State.INCLUDED) | _at(membership, FT))
    if decision:
        records = records.filter(_decided(membership, stage, decision))
    if reason:
        stages = [stage] if stage else [TA, FT]
        excluded = _told(membership).filter(stage__in=stages, state=State.EXCLUDED, reason__label=reason)
        records = records.filter(pk__in=excluded.values("record"))
    if label:
        uses = Labelling.objects.live().visible_to(membership).filter(label__owner=None, label__name=label)
        records = records.filter(pk__in=uses.values("record"))
    return records


def refuse_readers(title: str, reader: str, *understood: str, instead: str) -> None:
    """Raise UnknownOption if the program does not read the format, naming one that it does."""
    if reader and reader not in ("any", *understood):
        raise UnknownOption(
            f"{dict(READERS)[reader].partition(':')[0]} does not read {title}. Choose {instead}."
        )


def _decided(membership: Membership, stage: str, decision: str) -> Q:
    if decision == DECIDED:
        return _decided(membership, stage, State.INCLUDED) | _decided(membership, stage, State.EXCLUDED)
    if decision == NOT_SCREENED:
        return Q(pk__in=[]) if stage == FT else _left_unread(membership)
    if stage:
        waits = ~_at(membership, stage) & ~_left_unread(membership)
        return waits if decision == UNDECIDED else _at(membership, stage, decision)
    out_early = _at(membership, TA, State.EXCLUDED)
    if decision == UNDECIDED:
        return ~(out_early | _at(membership, FT) | _left_unread(membership))
    if decision == State.EXCLUDED:
        return out_early | _at(membership, FT, State.EXCLUDED)
    return ~out_early & _at(membership, FT, decision)


def _left_unread(membership: Membership) -> Q:
    """Of a record: out of screening on the word of a tool, and not settled all the same."""
    out = RemovedRecord.objects.live().filter(removal__review=membership.review)
    return Q(pk__in=out.values("record")) & ~_at(membership, TA)


def _at(membership: Membership, stage: str, *states: str) -> Q:
    """Of a record: settled at ``stage``, in one of the states if some are given."""
    verdicts = _told(membership).filter(stage=stage)
    if states:
        verdicts = verdicts.filter(state__in=states)
    return Q(pk__in=verdicts.values("record"))


def _told(membership: Membership) -> VerdictQuerySet:
    """Settled verdicts: of unique records, which alone are asked for here, they are told."""
    return Verdict.objects.settled().filter(review=membership.review)
