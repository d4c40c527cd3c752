"""Counting votes anew after the protocol's quorum or rules changed."""

from collections import Counter, defaultdict

from django.db import transaction

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening import rules
from screening.models import Adjudication, Decision, Placement, Verdict
from screening.services.guards import lock_record, require
from screening.services.verdicts import policy_of, rank, settle

STEP = 25


def request_recount(*, review: Review, by: User) -> Job:
    """Ask for ``recount`` in the background; a recount that waits already is the same one."""
    require(review, by, Permission.AMEND_PROTOCOL)
    waiting = review.jobs.unfinished().filter(task="screening.recount").first()
    return waiting or enqueue(
        review=review, task="screening.recount", label="Count the votes anew", params={}, by=by
    )


def recount(*, review: Review, by: User, progress: Progress | None = None) -> dict:
    """Settle what the present rules decide differently; returns {"changed": {state: n}, "kept": [sentence]}.

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
            kept.append(str(refusal))
        else:
            changed[state] += 1
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


def stale_verdicts(review: Review) -> list[Verdict]:
    """Verdicts that the present rules would not give for their votes; four queries, whatever the size."""
    ballots: dict[tuple[int, str], list[rules.Ballot]] = defaultdict(list)
    for vote in Decision.objects.live().filter(review=review).select_related("reason").defer("note"):
        ballots[vote.record_id, vote.stage].append(rules.Ballot(vote.vote, rank(vote.reason)))
    placed = Placement.objects.live().filter(intake__review=review).select_related("reason")
    resolved = Adjudication.objects.live().filter(review=review).select_related("reason")
    words: list[Placement | Adjudication] = [*placed, *resolved]  # a resolver's word goes before
    rulings = {(word.record_id, word.stage): rules.Ruling(word.included, rank(word.reason)) for word in words}

    def is_stale(verdict: Verdict) -> bool:
        place = (verdict.record_id, verdict.stage)
        now = rules.decide(ballots[place], policy_of(review, verdict.stage), rulings.get(place))
        reason = now.reason.id if now.reason else None
        return (now.state, now.votes, reason) != (verdict.state, verdict.votes, verdict.reason_id)

    verdicts = Verdict.objects.filter(review=review).order_by("pk").select_related("record").only(
        "pk", "record", "stage", "state", "votes", "reason", "review", "record__review"
    )  # fmt: skip
    return [verdict for verdict in verdicts if is_stale(verdict)]
