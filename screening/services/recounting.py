"""Counting votes anew after the quorum or the rules of a stage changed, and saying beforehand what that would do."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import PROTECT

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Membership, Review, User
from reviews.permissions import Permission
from screening import rules
from screening.models import (
    IN_REVIEW,
    Adjudication,
    Decision,
    FullText,
    Placement,
    Report,
    Round,
    RoundRecord,
    Stage,
    StageSettings,
    Study,
    Verdict,
    left_unread,
)
from screening.services.guards import StaysIncluded, lock_record, require, short, stage_label
from screening.services.stage_settings import settings_of
from screening.services.verdicts import held_until, policy_from, ruling_of, settle

STEP = 25


class Change(NamedTuple):
    """A verdict that the rules looked at would not give for its votes, and the state they would give."""

    verdict: Verdict
    state: str


@dataclass(frozen=True)
class Affected:
    """What counting by other rules would do to the records of a stage, as far as a reader may know it.

    Of records that are complete: ``reopened`` would wait for votes again, ``disputed`` would be conflicts, ``turned``
    would have another outcome or reason. ``counted`` records wait and would have all their votes: whether these agree
    is told when they are counted, since the answer would be a colleague's vote. ``resolved`` and ``dropped`` are
    conflicts which the reader sees, that would be complete, or wait again. Conflicts on records with a vote of
    the reader's own are left out. ``kept`` records would be included no more, but stay as they are, since later
    work rests on them: a PDF or full-text votes, or data of the study; they are in none of the other numbers.
    """

    reopened: int = 0
    disputed: int = 0
    turned: int = 0
    counted: int = 0
    resolved: int = 0
    dropped: int = 0
    kept: int = 0

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def parts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def request_recount(*, review: Review, by: User) -> Job:
    """Ask for ``recount`` in the background; a recount that waits already is the same one."""
    require(review, by, Permission.AMEND_PROTOCOL)
    waiting = review.jobs.unfinished().filter(task="screening.recount").first()
    return waiting or enqueue(
        review=review, task="screening.recount", label="Count the votes anew", params={}, by=by
    )


def recount(*, review: Review, by: User, progress: Progress | None = None) -> dict:
    """Settle what the present rules decide differently; returns {"changed": {state: n}, "kept": [sentence]}.

    ``changed`` counts records that are complete now, by outcome, and those that were and are "open again": to all
    who read it a record that waited and is in conflict now looks as if nothing had happened.

    Record by record, each in a transaction of its own, so that reviewers go on voting meanwhile; harmless when
    repeated. A record that something downstream holds to its outcome keeps it, and the sentence says why.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    due = stale_verdicts(review)
    changed: Counter[str] = Counter()
    kept: list[str] = []
    for done, verdict in enumerate(due):
        if progress and done % STEP == 0:
            progress.step(done, len(due), f"{done} of {len(due)} records")
        try:
            with transaction.atomic():
                record = lock_record(review, verdict.record)
                state = settle(review=review, record=record, stage=verdict.stage, by=by).state
        except Refused as refusal:
            kept.append(_why_kept(verdict, refusal))
        else:
            if state in rules.SETTLED or verdict.state in rules.SETTLED:
                changed[state if state in rules.SETTLED else "open again"] += 1
    result = {"changed": dict(changed), "kept": kept}
    with transaction.atomic():
        record_event(
            review=review,
            actor=by,
            verb="screening.recounted",
            sentence=f"counted the votes anew under the present rules: {changed.total()} outcomes changed"
            + (f", {len(kept)} had to stay" if kept else ""),
            detail=result,
        )
    return result


def recount_in_words(result: dict) -> str:
    """A result of ``recount`` as the page of its job says it."""
    changed = [
        f"{number} {'record is' if number == 1 else 'records are'} {state} now"
        for state, number in sorted(result["changed"].items())
    ]
    said = "; ".join(changed) or "No outcome changed"
    if kept := len(result["kept"]):
        stay = "record stays as it is" if kept == 1 else "records stay as they are"
        said += f". {kept} {stay}, for the reasons below"
    return f"{said}."


def stale_verdicts(review: Review) -> list[Verdict]:
    """Verdicts that the present rules would not give for their votes; six queries a stage, whatever the size."""
    return [
        change.verdict for change in changes_under(review, [settings_of(review, stage) for stage in Stage])
    ]


def affected(membership: Membership, review: Review, settings: StageSettings) -> Affected:
    """What counting by the rules of ``review`` and ``settings``, saved or not, would do at their stage."""
    seen = set(
        Verdict.objects.visible_to(membership)
        .filter(review=review.pk, stage=settings.stage)
        .conflicts()
        .values_list("pk", flat=True)
    )
    counts: Counter[str] = Counter()
    in_review = Verdict.objects.filter(IN_REVIEW)
    changes = changes_under(review, [settings], in_review)
    staying = _staying(review, settings.stage, changes)
    for verdict, state in changes:
        counts["kept" if verdict.pk in staying else _kind(verdict, state, seen)] += 1
    counts.pop("", None)
    return Affected(**counts)


def _kind(verdict: Verdict, state: str, seen: set[int]) -> str:
    """Which count of ``Affected`` a change belongs to; none for what the reader may not know."""
    if verdict.is_settled:
        return {rules.State.PENDING: "reopened", rules.State.CONFLICT: "disputed"}.get(state, "turned")  # type: ignore[call-overload]
    if verdict.state == Verdict.State.PENDING:
        return "counted" if state != rules.State.PENDING else ""
    if verdict.pk not in seen:
        return ""
    return "dropped" if state == rules.State.PENDING else "resolved"


def _why_kept(verdict: Verdict, refusal: Refused) -> str:
    """What a recount says of a record that it had to leave; nobody is told to do anything about it."""
    if not isinstance(refusal, StaysIncluded):
        return str(refusal)
    return f"{short(verdict.record)} stays included at {stage_label(verdict.stage)}: {refusal.because}."


def _staying(review: Review, stage: str, changes: Iterable[Change]) -> set[int]:
    """Which of these included verdicts ``settle`` would refuse to change; a fixed number of queries."""
    included = rules.State.INCLUDED
    leaving = [
        change.verdict for change in changes if change.verdict.state == included and change.state != included
    ]
    if not leaving:
        return set()
    if stage == Stage.TITLE_ABSTRACT:
        voted = Decision.objects.live().filter(review=review.pk, stage=Stage.FULL_TEXT)
        files = FullText.objects.filter(review=review.pk).exclude(file="")
        read = {*voted.values_list("record", flat=True), *files.values_list("record", flat=True)}
        return {verdict.pk for verdict in leaving if verdict.record_id in read}
    return _last_reports_with_data(review, leaving)


def _last_reports_with_data(review: Review, leaving: Iterable[Verdict]) -> set[int]:
    """Verdicts of reports that go one after the other, where a study with data would be left without any."""
    reports: dict[int, set[int]] = defaultdict(set)
    study_of: dict[int, int] = {}
    for study, record in Report.objects.filter(study__review=review.pk).values_list("study", "record"):
        reports[study].add(record)
        study_of[record] = study
    with_data: set[int] = set()
    for relation in Study._meta.related_objects:
        if relation.on_delete is PROTECT and relation.related_model is not Report:
            name = relation.field.name
            rows = relation.related_model._base_manager.filter(**{f"{name}__review": review.pk})
            with_data.update(rows.values_list(name, flat=True))
    staying = set()
    for verdict in leaving:
        record = verdict.record_id
        of = study_of.get(record)
        if of is None:
            continue
        if of in with_data and reports[of] == {record}:
            staying.add(verdict.pk)
        else:
            reports[of].discard(record)
    return staying


def changes_under(review: Review, settings: Iterable[StageSettings], verdicts=None) -> list[Change]:
    """The verdicts of these stages that ``review`` and ``settings``, saved or not, would not give for their votes."""
    found = []
    for each in settings:
        of_stage = (Verdict.objects.all() if verdicts is None else verdicts).filter(
            review=review.pk, stage=each.stage
        )
        of_stage = of_stage.outside_pilots()
        if (
            each.stage == Stage.TITLE_ABSTRACT
        ):  # what was left unread has no outcome, whatever a tool says of it
            of_stage = of_stage.filter(~left_unread("record"))
        decide = _decider(review, each)
        for verdict in (
            of_stage.order_by("pk")
            .select_related("record")
            .only(
                "pk", "record", "stage", "state", "votes", "reason", "review", "held_until", "record__review"
            )
        ):
            now = decide(verdict)
            reason = now.reason.id if now.reason else None
            if (now.state, now.votes, reason) != (verdict.state, verdict.votes, verdict.reason_id):
                found.append(Change(verdict, now.state))
    return found


def _decider(review: Review, settings: StageSettings) -> Callable[[Verdict], rules.Outcome]:
    """The outcome of a verdict's votes by these rules; reads the stage's votes and words once."""
    here = {"stage": settings.stage}
    votes = Decision.objects.live().filter(review=review.pk, **here)
    ballots: dict[int, list[rules.Ballot]] = defaultdict(list)
    latest: dict[int, datetime] = {}
    for record, vote, reason, order, at, model in votes.order_by().values_list(
        "record", "vote", "reason", "reason__order", "created_at", "model"
    ):
        ballots[record].append(rules.Ballot(vote, rules.Reason(order, reason) if reason else None, not model))
        latest[record] = max(at, latest.get(record, at))
    placed = Placement.objects.live().filter(intake__review=review.pk, **here).select_related("reason")
    resolved = Adjudication.objects.live().filter(review=review.pk, **here).select_related("reason")
    words: list[Placement | Adjudication] = [*placed, *resolved]  # a resolver's word goes before
    rulings = {word.record_id: ruling_of(word) for word in words}
    policy = policy_from(review, settings)
    gates = Round.objects.gates().filter(review=review.pk, **here)
    piloted = set(RoundRecord.objects.filter(round__in=gates).values_list("record", flat=True))

    def decide(verdict: Verdict) -> rules.Outcome:
        pk = verdict.record_id
        now = rules.decide(ballots.get(pk, ()), policy, rulings.get(pk))
        waits = verdict.state == rules.State.PENDING and held_until(settings, now, latest.get(pk))
        if pk not in rulings and (waits or pk in piloted):
            return rules.Outcome(rules.State.PENDING, now.votes)
        return now

    return decide
