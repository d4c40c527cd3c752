"""Where records stood at a stage at a moment: the votes and words of then, put through the rules of then."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q

from reporting.prisma.past.imports import changes_since
from reviews.models import ExclusionReason, Review
from screening import rules
from screening.models import (
    Adjudication,
    Decision,
    Placement,
    ReasonMerge,
    Round,
    RoundRecord,
    Stage,
    StageSettings,
    Verdict,
)
from screening.services.stage_settings import LABELS, PROTOCOL, settings_of
from screening.services.verdicts import policy_from

AMENDED = ("reviews.protocol_amended", "reviews.details_changed", "reviews.stage_settings_changed")
NAMES = {label: name for name, label in LABELS.items()}
Outcome = tuple[str, str]


@dataclass(frozen=True)
class _Method:
    """How a stage was worked then."""

    policy: rules.Policy
    hold: timedelta
    piloted: frozenset[int]
    changed: bool  # whether the rules were others at another time


class Came(NamedTuple):
    """A row of Placement that stood then, with the file it came with."""

    pk: int
    record: int
    stage: str
    included: bool
    reason: int | None
    batch: int


def placed_at(review: Review, at: datetime) -> list[Came]:
    """The outcomes that came with files and stood then; the history tells which were made since."""
    stood = Q(withdrawn_at=None) | Q(withdrawn_at__gt=at)
    rows = Placement.objects.filter(stood, intake__review=review, intake__created_at__lte=at).order_by()
    told = review.events.filter(verb="screening.record_placed", at__gt=at).values_list("target_id", "detail")
    later = {(int(record), detail["intake"], detail["stage"]) for record, detail in told.iterator()}
    return [
        Came(pk, record, stage, included, reason, batch)
        for pk, record, stage, included, reason, batch, intake in rows.values_list(
            "pk", "record_id", "stage", "included", "reason_id", "intake__batch_id", "intake_id"
        ).iterator()
        if (record, intake, stage) not in later
    ]


def outcomes_at(
    review: Review, at: datetime, stage: str, came: Iterable[Came], doubts: list[str]
) -> dict[int, Outcome]:
    """The settled outcomes then: {record: (state, label of the reason or "")}.

    An outcome that was settled before and not since is what it is; all others are worked out anew.
    """
    reasons = _Reasons(review, at)
    found: dict[int, Outcome] = {}
    timeless = 0
    verdicts = Verdict.objects.filter(review=review, stage=stage).order_by()
    rows = verdicts.values_list("pk", "record_id", "state", "reason_id", "settled_at")
    for pk, record, state, reason, settled_at in rows.iterator():
        if state in rules.SETTLED and (settled_at is None or settled_at <= at):
            found[record] = state, reasons.label("verdicts", pk, reason)
            timeless += settled_at is None
    if timeless:
        s = "" if timeless == 1 else "s"
        doubts.append(f"{timeless:,} outcome{s} without a time: counted as if settled before.")
    here = [each for each in came if each.stage == stage]
    for record, outcome in _replayed(review, at, stage, here, found.keys(), reasons):
        if outcome.settled:
            found[record] = outcome.state, reasons.labels.get(outcome.reason.id, "") if outcome.reason else ""
    return found


def _replayed(
    review: Review,
    at: datetime,
    stage: str,
    came: Iterable[Came],
    known: Collection[int],
    reasons: "_Reasons",
) -> Iterator[tuple[int, rules.Outcome]]:
    """What the votes and words that stood then decide, of all records but the ``known`` ones."""
    stood = (Q(withdrawn_at=None) | Q(withdrawn_at__gt=at)) & Q(stage=stage)
    ballots: dict[int, list[rules.Ballot]] = defaultdict(list)
    latest: dict[int, datetime] = {}
    votes = Decision.objects.filter(stood, review=review, created_at__lte=at).order_by()
    for pk, record, vote, reason, cast_at, model in votes.values_list(
        "pk", "record_id", "vote", "reason_id", "created_at", "model"
    ).iterator():
        if record not in known:
            ballots[record].append(rules.Ballot(vote, reasons.rank("decisions", pk, reason), not model))
            latest[record] = max(cast_at, latest.get(record, cast_at))
    rulings = _rulings(review, at, stood, came, reasons)
    method = _method_at(review, at, stage)
    counted = _counted_then(review, at, stage, ballots.keys() - rulings.keys()) if method.changed else None
    for record in ballots.keys() | (rulings.keys() - set(known)):
        ruling = rulings.get(record)
        held = record in latest and latest[record] + method.hold > at and bool(method.hold)
        if ruling or not (
            held or record in method.piloted or (counted is not None and record not in counted)
        ):
            yield record, rules.decide(ballots.get(record, ()), method.policy, ruling)


def _rulings(
    review: Review, at: datetime, stood: Q, came: Iterable[Came], reasons: "_Reasons"
) -> dict[int, rules.Ruling]:
    """The words that stood above the votes; a resolver's goes before what came with a file."""
    found = {
        each.record: rules.Ruling(each.included, reasons.rank("placements", each.pk, each.reason))
        for each in came
    }
    words = Adjudication.objects.filter(stood, review=review, created_at__lte=at).order_by()
    for pk, record, included, reason, outcome in words.values_list(
        "pk", "record_id", "included", "reason_id", "outcome"
    ):
        found[record] = rules.Ruling(included, reasons.rank("adjudications", pk, reason), outcome)
    return found


def _counted_then(review: Review, at: datetime, stage: str, records: Collection[int]) -> set[int]:
    """Of these, the records whose votes had settled something by then: a change of the rules counts no votes."""
    told = review.events.filter(verb="screening.record_settled", at__lte=at).values_list(
        "target_id", "detail"
    )
    return {int(pk) for pk, detail in told.iterator() if detail["stage"] == stage} & set(records)


class _Reasons:
    """The exclusion reasons that rows named then: merges of reasons made or undone since are turned back."""

    def __init__(self, review: Review, at: datetime):
        rows = ExclusionReason.objects.filter(review=review).values_list("pk", "label", "order")
        self.labels = {pk: label for pk, label, _ in rows}
        self._order = {pk: order for pk, _, order in rows}
        self._then: dict[tuple[str, int], int] = {}
        turned = []
        for merge in ReasonMerge.objects.filter(Q(created_at__gt=at) | Q(undone_at__gt=at), review=review):
            if merge.undone_at and merge.undone_at > at:
                turned.append((merge.undone_at, merge.into_id, merge.moved))
            if merge.created_at > at:
                turned.append((merge.created_at, merge.gone_id, merge.moved))
        for _, reason, moved in sorted(turned, key=lambda turn: turn[0], reverse=True):
            self._then |= {(table, pk): reason for table, ids in moved.items() for pk in ids}

    def label(self, table: str, pk: int, reason: int | None) -> str:
        then = self._then.get((table, pk), reason)
        return self.labels.get(then, "") if then else ""

    def rank(self, table: str, pk: int, reason: int | None) -> rules.Reason | None:
        then = self._then.get((table, pk), reason)
        return rules.Reason(self._order[then], then) if then else None


def _method_at(review: Review, at: datetime, stage: str) -> _Method:
    """The rules of the stage then: today's, with what was changed since turned back."""
    then = Review.objects.get(pk=review.pk)
    settings = settings_of(then, stage)
    settings = StageSettings(
        review=then,
        stage=stage,
        agreement=settings.agreement,
        reason_required=settings.reason_required,
        hold_minutes=settings.hold_minutes,
    )
    before = policy_from(then, settings)
    for _, detail in changes_since(review, at, AMENDED):
        if detail.get("stage", stage) == stage:
            for said, change in detail.get("changes", {}).items():
                _turn_back(then, settings, NAMES.get(said, said), change.get("old"))
    pilots = Round.objects.filter(
        Q(closed_at=None) | Q(closed_at__gt=at),
        review=review,
        stage=stage,
        kind=Round.Kind.PILOT,
        created_at__lte=at,
    )
    piloted = RoundRecord.objects.filter(round__in=pilots.values("pk")).values_list("record_id", flat=True)
    policy = policy_from(then, settings)
    changed = policy != before or review.events.filter(verb__in=AMENDED, at__lte=at).exists()
    return _Method(policy, timedelta(minutes=settings.hold_minutes), frozenset(piloted), changed)


def _turn_back(review: Review, settings: StageSettings, name: str, old: Any) -> None:
    """Give one setting the value it had; the history tells some of them in words."""
    field = PROTOCOL[Stage(settings.stage)].get(name, name)
    words = {label: value for value, label in [*StageSettings.Agreement.choices, *Review.MaybeRule.choices]}
    if field in {name for names in PROTOCOL.values() for name in names.values()}:
        setattr(review, field, words.get(old, old))
    elif field in ("agreement", "reason_required", "hold_minutes"):
        setattr(settings, field, words.get(old, old))
