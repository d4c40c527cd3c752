"""A model as one of the reviewers of title and abstract: what it would vote, its votes, and taking them back.

Off unless the stage's settings say otherwise (``automation_votes``, an amendment of the protocol). The model votes to
exclude only, and never alone: every record needs the vote of a person, too. What it votes depends on the texts and on
outcomes that are told to everybody, so on no hidden vote; which records have its vote is shown to nobody before they
are complete. docs/priority.md has the argument.
"""

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.automated import account, lots_at
from screening.models import (
    Assignment,
    Decision,
    Ranking,
    Round,
    RoundRecord,
    Stage,
    StageSettings,
    Verdict,
    VoteLot,
)
from screening.services.gates import gate_of
from screening.services.guards import (
    AlreadyDecided,
    NotEligible,
    lock_record,
    require,
    require_in_play,
    short,
)
from screening.services.places import House, free_places, house_of, live_claims
from screening.services.rankings.corpus import corpus_of
from screening.services.rankings.known import told
from screening.services.read_once import read_once
from screening.services.rounds import records_at
from screening.services.stage_settings import policy_quorum, settings_of
from screening.services.verdicts import Standing, settle

STAGE = Stage.TITLE_ABSTRACT
#: So many outcomes must be told before a threshold says anything.
LEAST_INCLUDED, LEAST_EXCLUDED = 30, 100
LOWEST_RECALL, RECALL = 0.9, 0.98
STEP = 20
PLAN, CAST, UNDO = "screening.automation_plan", "screening.automation_cast", "screening.automation_undo"
LABEL: dict[str, int] = {Verdict.State.INCLUDED: 1, Verdict.State.ONGOING: 1, Verdict.State.EXCLUDED: 0}


class AutomationRefused(Refused):
    """The model may not vote: it is off, knows too little, or its vote would not be that of one more reviewer."""


class NothingToWithdraw(Refused):
    """The model has no vote that could be taken back."""


@dataclass(frozen=True)
class Plan:
    """What the model would do. ``records`` are the ids it would vote to exclude, as far as they have a place for it;
    ``numbers`` (JSON) is what the threshold rests on. Neither depends on a hidden vote.
    """

    records: tuple[int, ...]
    waiting: int
    numbers: dict[str, Any]

    def told(self) -> dict:
        """For JSON, without the ids."""
        return self.numbers | {"waiting": self.waiting, "going": len(self.records)}


def why_not(review: Review) -> str:
    """A sentence when the model may not vote (yet), from what everybody may know; "" when it may."""
    settings = settings_of(review, STAGE)
    if not settings.automation_votes:
        return "Automation is off: the settings of title and abstract say that people cast all votes."
    if policy_quorum(review, STAGE) < 2:
        return "One vote decides a record here: the model would decide alone. Ask for two votes or more."
    if settings.scores_shown != StageSettings.Scores.HIDDEN:
        return (
            "Who screens is shown how likely the model finds a record: their votes and the model's would not be "
            "independent. Hide the scores in the settings first."
        )
    if settings.reason_required:
        return "An exclusion needs a reason at title and abstract, and a model can give none."
    if gate_of(review.pk, STAGE) is not None:
        return "A pilot is open: it is for people, who learn from it how to judge."
    included, excluded = known(review)
    if included < LEAST_INCLUDED or excluded < LEAST_EXCLUDED:
        return (
            f"Too little is known: {included} included and {excluded} excluded records are complete; the model needs "
            f"{LEAST_INCLUDED} and {LEAST_EXCLUDED} to say how many relevant ones it would miss."
        )
    return ""


def known(review: Review) -> tuple[int, int]:
    """How many told outcomes are inclusions and exclusions."""
    states = list(told(review, STAGE).values_list("state", flat=True))
    labels = [LABEL[state] for state in states if state in LABEL]
    return sum(labels), len(labels) - sum(labels)


def by_likelihood(review: Review) -> bool:
    """Whether records came, or come, in an order that a model learned: then what is left is unlike what was read."""
    in_order = settings_of(review, STAGE).order in (
        StageSettings.Order.LIKELY, StageSettings.Order.UNCERTAIN, StageSettings.Order.MIXED
    )  # fmt: skip
    return in_order or Ranking.objects.filter(review=review, stage=STAGE).exists()


def plan(*, review: Review, recall: float = RECALL, progress: Progress | None = None) -> Plan:
    """What the model would vote now; changes nothing. Raises AutomationRefused (422)."""
    _require_allowed(review, recall)
    from screening.priority import second  # numpy and scipy: only who learns waits for them

    if progress:
        progress.step(0, 2, "Reading the records")
    corpus = corpus_of(review)
    labels = {
        pk: LABEL[said] for pk, said in told(review, STAGE).values_list("record", "state") if said in LABEL
    }
    rows = corpus.rows_of(list(labels))
    if progress:
        progress.step(1, 2, "Learning")
    fit = second.cross_fit(corpus.features, list(rows.values()), [labels[pk] for pk in rows])
    threshold = second.choose(fit, recall=recall)
    waiting = _waiting(review)
    below = {pk for pk, score in zip(corpus.ids, fit.highest, strict=True) if score < threshold.value}
    numbers = asdict(threshold) | {"model": fit.name, "target": recall, "texts": corpus.features.digest}
    numbers["threshold"] = numbers.pop("value")
    numbers["by_likelihood"] = by_likelihood(review)
    return Plan(tuple(pk for pk in waiting if pk in below), len(waiting), numbers)


def request_plan(*, review: Review, recall: float, by: User) -> Job:
    """``plan`` in the background; its numbers are the job's result."""
    return _enqueue(review, PLAN, "What the model would vote", {"recall": recall}, by)


def request_votes(*, review: Review, recall: float, by: User) -> Job:
    """``cast`` in the background."""
    return _enqueue(review, CAST, "Votes of the model", {"recall": recall}, by)


def request_withdrawal(*, review: Review, by: User) -> Job:
    """``withdraw`` in the background."""
    require(review, by, Permission.AMEND_PROTOCOL)
    _require_votes(review)
    waiting = review.jobs.unfinished().filter(task=UNDO).first()
    label = "Votes of the model taken back"
    return waiting or enqueue(review=review, task=UNDO, label=label, params={}, by=by)


def cast(*, review: Review, by: User, recall: float = RECALL, progress: Progress | None = None) -> VoteLot:
    """Let the model vote to exclude what it finds below its threshold; returns the run with its numbers.

    Record by record, each in a transaction of its own, where it has a place as anybody else would need it: so never
    the last one that is kept for somebody who must screen, one kept for who has the record in view, or one assigned.
    Raises NotAllowed (403) or AutomationRefused (422).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    found = plan(review=review, recall=recall, progress=progress)
    robot = account()
    lot = VoteLot.objects.create(
        review=review,
        stage=STAGE,
        by=robot,
        vote=Decision.Vote.EXCLUDE,
        records=list(found.records),
        result=found.told() | {"asked_by": str(by), "taken": 0},
    )
    taken = 0
    try:
        for number, pk in enumerate(found.records):
            if progress and number % STEP == 0:
                progress.step(number, len(found.records), f"{number:,} of {len(found.records):,} records")
            taken += _try(review, pk, robot, lot)
    finally:  # also when it is cancelled half-way: what was cast stands
        _tell(lot, taken, by)
    return lot


def withdraw(*, review: Review, by: User, progress: Progress | None = None) -> dict[str, int]:
    """Take back all votes of the model on records that wait for votes; returns {"withdrawn": n, "stay": n}.

    Its votes stay on complete records, as anybody's do, and in conflicts: a record that came back from there to those
    who have not voted would tell them that a person had disagreed with the model. Raises NothingToWithdraw (422).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    _require_votes(review)
    votes = list(_live(review).order_by("pk").values_list("pk", "record"))
    withdrawn = 0
    for number, (pk, record) in enumerate(votes):
        if progress and number % STEP == 0:
            progress.step(number, len(votes), f"{number:,} of {len(votes):,} votes")
        with transaction.atomic(), read_once():
            withdrawn += _withdraw(review, pk, Record(pk=record, review=review))
    counts = {"withdrawn": withdrawn, "stay": len(votes) - withdrawn}
    with transaction.atomic():
        lots_at(review, STAGE).filter(undone_at=None).update(undone_at=timezone.now())
        record_event(
            review=review,
            actor=by,
            verb="screening.automation_withdrawn",
            sentence=f"took back {withdrawn:,} vote{'' if withdrawn == 1 else 's'} of a model at title and abstract"
            + (
                f"; {counts['stay']:,} stay on records that are complete or in conflict"
                if counts["stay"]
                else ""
            ),
            target=review,
            detail=counts,
        )
    return counts


def _try(review: Review, pk: int, robot: User, lot: VoteLot) -> bool:
    try:
        with read_once():
            _cast(review, Record(pk=pk, review=review), robot, lot)
    except Refused:  # no place for it: others have them, or will
        return False
    return True


@transaction.atomic
def _tell(lot: VoteLot, taken: int, by: User) -> None:
    lot.result = lot.result | {"taken": taken}
    lot.save(update_fields=["result"])
    record_event(
        review=lot.review,
        actor=by,
        verb="screening.automation_cast",
        sentence=f"let a model cast one of the votes on {taken:,} record{'' if taken == 1 else 's'} at title "
        f"and abstract, to exclude (recall {100 * lot.result['recall']:.1f}% on records it had not been told of)",
        target=lot,
        detail={"taken": taken, "model": lot.result["model"], "threshold": lot.result["threshold"]},
    )


def _require_allowed(review: Review, recall: float) -> None:
    if not LOWEST_RECALL <= recall <= 1:
        raise AutomationRefused(
            f"Recall is a share between {LOWEST_RECALL:g} and 1, not {recall:g}.", field="recall"
        )
    if reason := why_not(review):
        raise AutomationRefused(reason)


def _enqueue(review: Review, task: str, label: str, params: dict, by: User) -> Job:
    require(review, by, Permission.AMEND_PROTOCOL)
    _require_allowed(review, params["recall"])
    waiting = review.jobs.unfinished().filter(task=task).first()
    return waiting or enqueue(review=review, task=task, label=label, params=params, by=by)


def _waiting(review: Review) -> list[int]:
    """Records without a told outcome, in id order; not those of an open sample of what is left, which people read."""
    settled = Verdict.objects.told().filter(record=OuterRef("pk"), stage=STAGE)
    open_ = RoundRecord.objects.filter(
        record=OuterRef("pk"),
        round__stage=STAGE,
        round__kind=Round.Kind.SAMPLE,
        round__state=Round.State.OPEN,
    )
    found = records_at(review, STAGE).filter(~Exists(settled), ~Exists(open_))
    return list(found.order_by("pk").values_list("pk", flat=True))


def _live(review: Review):
    return Decision.objects.live().exclude(model="").filter(review=review, stage=STAGE)


def _require_votes(review: Review) -> None:
    if not _live(review).exists():
        raise NothingToWithdraw(
            "No vote of a model stands at title and abstract: there is nothing to take back."
        )


@transaction.atomic
def _cast(review: Review, record: Record, robot: User, lot: VoteLot) -> Decision:
    record = lock_record(review, record)
    record.review = review
    require_in_play(record)
    verdict = Verdict.objects.at(STAGE).filter(record=record).first()
    if verdict and verdict.state != Verdict.State.PENDING:
        raise AlreadyDecided(f"{short(record)} is not waiting for votes.")
    votes = list(Decision.objects.live().filter(record=record, stage=STAGE).select_related("round", "reason"))
    if any(vote.model for vote in votes):
        raise AlreadyDecided(f"{short(record)} has the vote of a model.")
    _require_place(house_of(review, STAGE), record, robot, {vote.reviewer_id for vote in votes})
    decision = Decision.objects.create(
        review=review,
        record=record,
        stage=STAGE,
        reviewer=robot,
        vote=Decision.Vote.EXCLUDE,
        key=uuid.uuid5(lot.key, str(record.pk)),
        protocol_version=review.protocol_version,
        lot=lot,
        model=lot.result["model"],
    )
    record_event(
        review=review,
        actor=robot,
        verb="screening.vote_cast",
        sentence=f"voted exclude on {short(record)} at title and abstract",
        target=record,
        detail={"decision": decision.pk, "stage": STAGE, "vote": decision.vote, "model": decision.model},
        blinded=True,
    )
    settle(
        review=review, record=record, stage=STAGE, by=robot, standing=Standing(verdict, [*votes, decision])
    )
    return decision


def _require_place(house: House, record: Record, robot: User, voters: set[int]) -> None:
    """As for people, but that a record assigned to fewer people than it needs votes has a place for the model."""
    if house.gate is not None:
        raise NotEligible("A pilot was opened meanwhile.")
    assigned: set[int] = set()
    if house.shared_out or house.assigned_only:
        live = Assignment.objects.live().filter(record=record, stage=house.stage)
        assigned = set(live.values_list("reviewer", flat=True))
    claims = list(
        live_claims(record.review, house.stage).filter(record=record).values_list("reviewer", flat=True)
    )
    free, holders = free_places(house, robot.pk, voters | assigned, claims)
    if robot.pk in voters or free < 1 or (house.assigned_only and not assigned):
        raise AlreadyDecided(f"{short(record)} has no place for the model.")
    if house.keeps_last_for_group(robot.pk, holders, free):
        raise NotEligible(f"The last place of {short(record)} is kept for who must screen.")


def _withdraw(review: Review, pk: int, record: Record) -> bool:
    record = lock_record(review, record)
    record.review = review
    decision = _live(review).filter(pk=pk).first()
    verdict = Verdict.objects.at(STAGE).filter(record=record).first()
    if decision is None or (verdict and verdict.state != Verdict.State.PENDING):
        return False
    decision.withdrawn_at = timezone.now()
    decision.save(update_fields=["withdrawn_at"])
    record_event(
        review=review,
        actor=decision.reviewer,
        verb="screening.vote_undone",
        sentence=f"took back the vote on {short(record)} at title and abstract",
        target=record,
        detail={"decision": decision.pk, "stage": STAGE, "vote": decision.vote},
        blinded=True,
    )
    settle(review=review, record=record, stage=STAGE, by=decision.reviewer)
    return True
