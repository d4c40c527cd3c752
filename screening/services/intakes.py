"""What a lead says about all records of a file: what its earlier decisions mean, or at which stage they come in.

Records on which somebody voted here, that are complete, or that the team left unread are left as they are: what was
done here goes before what came with a file. That also keeps the counts of an intake from telling how anybody voted,
only that somebody did.
Nothing counts as screened here but what became a vote of a member (``Kind.VOTES``).
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from records.models import ImportBatch, Record
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, enqueue
from reviews.models import ExclusionReason, Job, Membership, Review, User
from reviews.permissions import Permission
from reviews.services import add_exclusion_reason
from screening import rules
from screening.earlier import first_of_each, found_in
from screening.models import Adjudication, Decision, Intake, Placement, RemovedRecord, Stage, Verdict
from screening.services.guards import NotEligible, lock_record, require, short, stage_label
from screening.services.verdicts import policy_of, settle

Kind = Intake.Kind
NAMESPACE = uuid.UUID("0d5dc0f4-6a43-4c41-9d2f-53a1f0c3e7b2")
STEP = 25
NEW_REASONS = 20  # a column of free text is no list of reasons
TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


class SaidAlready(Conflict):
    """Something else was said of this file; that must be undone first."""


def request_intake(*, by: User, **said) -> Intake:
    """``begin_intake``, and the work on its records in the background (``intake.job``) where there is any."""
    with transaction.atomic():
        intake = begin_intake(by=by, **said)
        if intake.kind in (Kind.IGNORED, Kind.PRIOR):
            carry_out(intake=intake)
        elif intake.job is None:
            intake.job = enqueue(
                review=intake.review,
                task="screening.take_in",
                label=f"{intake.batch.file_name}: {intake.get_kind_display().lower()}"[:200],
                params={"intake": intake.pk},
                by=by,
                key=f"intake-{intake.pk}",
            )
            intake.save(update_fields=["job"])
    return intake


@transaction.atomic
def begin_intake(
    *,
    review: Review,
    batch: ImportBatch,
    kind: str,
    by: User,
    people: dict[str, int] | None = None,
    shown_first: bool = False,
    why: str = "",
) -> Intake:
    """Say of a file what its earlier decisions mean, or at which stage its records come in; ``carry_out`` does it.

    ``people`` (votes) maps names in the file to ids of members whose votes they become; others are left out. ``why``
    (stages) says where the records come from. Said twice it is the same intake; SaidAlready (409) when the file has
    another. Only who manages the team may: it gives outcomes without votes, and votes in the name of others.
    """
    require(review, by, Permission.MANAGE_TEAM)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    if batch.review_id != review.pk or batch.state != ImportBatch.State.DONE:
        raise NotEligible(f"{batch.file_name} is not in this review: its import is not done or was undone.")
    if kind not in Kind.values:
        raise NotEligible(f"“{kind}” is none of {', '.join(Kind.values)}.", field="kind")
    said = {
        "people": _checked_people(review, batch, people or {}) if kind == Kind.VOTES else {},
        "shown_first": shown_first and kind == Kind.PRIOR,
        "why": " ".join(why.split()),
    }
    if kind in Intake.EARLIER and not found_in(review, batch):
        raise NotEligible(f"No earlier decisions were found in {batch.file_name}.", field="kind")
    if kind in Intake.STAGE and not said["why"]:
        raise NotEligible(
            "Say where these records come from: the history and the report tell it.", field="why"
        )
    same = Intake.objects.live().filter(
        batch=batch, kind__in=Intake.EARLIER if kind in Intake.EARLIER else Intake.STAGE
    )
    if (standing := same.select_related("batch", "review").first()) is not None:
        return _the_same(standing, kind, said)
    intake = Intake(review=review, batch=batch, kind=kind, by=by, **said)
    try:
        with transaction.atomic():
            intake.save()
    except IntegrityError as error:  # somebody was quicker where the lock is not enough
        raise SaidAlready(
            f"{batch.file_name}: somebody said it at the same moment. Reload the page."
        ) from error
    record_event(
        review=review,
        actor=by,
        verb="screening.intake_begun",
        sentence=f"said of {batch.file_name} ({batch.search}): {intake.get_kind_display().lower()}"
        + (f"; {intake.why}" if intake.why else ""),
        target=batch,
        detail={"intake": intake.pk, "kind": kind, "shown_first": intake.shown_first, "why": intake.why},
    )
    return intake


def carry_out(*, intake: Intake, progress: Progress | None = None) -> dict:
    """Do what was said, record by record, so that people go on meanwhile; harmless when repeated.

    Returns (and keeps in ``intake.result``) how many records were ``taken`` and how many ``left`` as they were.
    """
    act = _act_of(intake)
    rows = list(_rows(intake))
    counts: Counter[bool] = Counter()
    for done, (pk, earlier) in enumerate(rows):
        if progress and done % STEP == 0:
            progress.step(done, len(rows), f"{done:,} of {len(rows):,} records")
        with transaction.atomic():
            if Intake.objects.live().filter(pk=intake.pk).exists():
                counts[act(lock_record(intake.review, Record(pk=pk)), earlier)] += 1
    intake.result = {"taken": counts[True], "left": counts[False]}
    with transaction.atomic():
        Intake.objects.filter(pk=intake.pk).update(result=intake.result)
        if intake.kind not in (Kind.IGNORED, Kind.PRIOR):
            record_event(
                review=intake.review,
                actor=intake.by,
                verb="screening.intake_done",
                sentence=f"took {counts[True]:,} records in as said of {intake.batch.file_name}; {counts[False]:,} "
                "stayed as they were",
                target=intake.batch,
                detail={"intake": intake.pk, "kind": intake.kind, **intake.result},
            )
    return intake.result


def request_undo(*, review: Review, intake: Intake, by: User) -> Job:
    """``undo_intake`` in the background; an undo that waits already is the same one."""
    _require_undoable(review, intake, by)
    params = {"intake": intake.pk}
    waiting = review.jobs.unfinished().filter(task="screening.take_back", params=params).first()
    return waiting or enqueue(
        review=review,
        task="screening.take_back",
        label=f"{intake.batch.file_name}: take back"[:200],
        params=params,
        by=by,
    )


def undo_intake(*, review: Review, intake: Intake, by: User, progress: Progress | None = None) -> dict:
    """Take an intake back, record by record; returns {"taken_back": n, "kept": [sentence]}.

    A record on whose outcome later work rests keeps it, and the sentence says what holds it; then the intake stands
    for those records, and the undo may be repeated when nothing holds them any more.
    """
    _require_undoable(review, intake, by)
    ids = sorted(
        {
            *intake.placements.live().values_list("record", flat=True),
            *intake.decisions.live().values_list("record", flat=True),
        }
    )
    kept: list[str] = []
    for done, pk in enumerate(ids):
        if progress and done % STEP == 0:
            progress.step(done, len(ids), f"{done:,} of {len(ids):,} records")
        try:
            with transaction.atomic():
                _take_back(intake, lock_record(review, Record(pk=pk)), by)
        except Refused as refusal:
            kept.append(str(refusal))
    with transaction.atomic():
        if not kept:
            Intake.objects.filter(pk=intake.pk).update(undone_at=timezone.now(), undone_by=by)
        record_event(
            review=review,
            actor=by,
            verb="screening.intake_undone",
            sentence=f"took back what was said of {intake.batch.file_name} "
            f"({intake.get_kind_display().lower()}): {len(ids) - len(kept):,} records"
            + (f", {len(kept):,} had to stay" if kept else ""),
            target=intake.batch,
            detail={"intake": intake.pk, "kind": intake.kind, "kept": kept[:100]},
        )
    return {"taken_back": len(ids) - len(kept), "kept": kept}


def _checked_people(review: Review, batch: ImportBatch, people: dict[str, int]) -> dict[str, int]:
    found = found_in(review, batch)
    named = {name: member for name, member in people.items() if member}
    if not named:
        raise NotEligible("Say of at least one person in the file which member that is.", field="people")
    for name in named:
        if not found or name not in found[0].people:
            raise NotEligible(f"{batch.file_name} has no decisions of “{name}”.", field="people")
    if len(set(named.values())) < len(named):
        raise NotEligible("Two persons of the file cannot be the same member.", field="people")
    members = Membership.objects.filter(review=review, left_at=None, user__in=named.values())
    may = {member.user_id for member in members if Permission.SCREEN in member.may}
    if wrong := [name for name, member in named.items() if member not in may]:
        raise NotEligible(f"“{wrong[0]}” must be a present member who may screen.", field="people")
    return named


def _the_same(standing: Intake, kind: str, said: dict) -> Intake:
    now = {"people": standing.people, "shown_first": standing.shown_first, "why": standing.why}
    if (standing.kind, now) == (kind, said):
        return standing
    raise SaidAlready(
        f"Of {standing.batch.file_name} something else was said already: {standing.get_kind_display().lower()}. "
        "Take that back first."
    )


def _require_undoable(review: Review, intake: Intake, by: User) -> None:
    require(review, by, Permission.MANAGE_TEAM)
    intake.refresh_from_db()
    if intake.review_id != review.pk:
        raise NotEligible("This does not belong to the review.")
    if intake.undone_at:
        raise SaidAlready("This was taken back already.")
    if intake.job and intake.job.state in (Job.State.QUEUED, Job.State.RUNNING):
        raise NotEligible("Its records are being taken in at this moment: wait for that, or cancel it first.")


def _rows(intake: Intake) -> Iterable[tuple[int, list[dict]]]:
    """The records that stand for those of the file, each with the earlier decisions of the file's records."""
    rows = intake.batch.records.live()
    if intake.kind in Intake.EARLIER:
        rows = rows.exclude(earlier=[])
    together: dict[int, list[dict]] = {}
    for pk, leader, earlier in rows.order_by("pk").values_list("pk", "duplicate_of", "earlier").iterator():
        together.setdefault(leader or pk, []).extend(earlier)
    return together.items()


def _act_of(intake: Intake) -> Callable[[Record, list[dict]], bool]:
    """What is done with one record (locked) and its earlier decisions; True when it was taken in."""
    if intake.kind in (Kind.IGNORED, Kind.PRIOR):
        return lambda record, earlier: True
    if intake.kind == Kind.VOTES:
        people = User.objects.in_bulk(intake.people.values())
        members = {name: people[pk] for name, pk in intake.people.items()}
        reasons = _Reasons(intake, [d for d in _all_decisions(intake) if d["by"] in members])
        return lambda record, earlier: _take_votes(intake, record, earlier, members, reasons)
    if intake.kind == Kind.OUTCOMES:
        reasons = _Reasons(intake, _all_decisions(intake))
        return lambda record, earlier: _place_all(intake, record, _outcomes(intake.review, earlier, reasons))
    places = {
        Kind.FULL_TEXT: [_Place(TA, True)],
        Kind.INCLUDED: [_Place(TA, True), _Place(FT, True)],
        Kind.EXCLUDED: [_Place(TA, False)],
    }[Kind(intake.kind)]
    return lambda record, earlier: _place_all(intake, record, places)


def _all_decisions(intake: Intake) -> list[dict]:
    return [decision for _, earlier in _rows(intake) for decision in earlier]


def _is_open(record: Record) -> bool:
    """Nobody voted on it here, it has no outcome, and the team did not leave it unread."""
    return (
        record.duplicate_of_id is None
        and record.batch.state == ImportBatch.State.DONE
        and not Verdict.objects.settled().filter(record=record).exists()
        and not Decision.objects.live().cast_here().filter(record=record).exists()
        and not RemovedRecord.objects.live().filter(record=record).exists()
    )


def _take_votes(
    intake: Intake, record: Record, earlier: list[dict], members: dict, reasons: "_Reasons"
) -> bool:
    if intake.decisions.filter(record=record).exists():
        return True
    if not _is_open(record):
        return False
    taken = False
    standing = set(Decision.objects.live().at(TA).filter(record=record).values_list("reviewer", flat=True))
    for name, decision in first_of_each(earlier, TA).items():
        member = members.get(name)
        if member is None or member.pk in standing or len(standing) >= policy_of(intake.review, TA).quorum:
            continue
        standing.add(member.pk)
        taken = True
        _take_vote(intake, record, member, decision, reasons)
    if taken:
        settle(review=intake.review, record=record, stage=TA, by=intake.by)
    return taken


def _take_vote(intake: Intake, record: Record, member: User, decision: dict, reasons: "_Reasons") -> None:
    reason = reasons.of(decision) if decision["decision"] == Decision.Vote.EXCLUDE else None
    vote = Decision.objects.create(
        review=intake.review,
        record=record,
        stage=TA,
        reviewer=member,
        vote=decision["decision"],
        reason=reason,
        note=reasons.note_of(decision, reason),
        key=uuid.uuid5(NAMESPACE, f"{intake.pk}-{record.pk}-{member.pk}"),
        protocol_version=intake.review.protocol_version,
        intake=intake,
    )
    # The member's own line: blinded lines are shown to their actor, and this vote is nobody else's to see.
    record_event(
        review=intake.review,
        actor=member,
        verb="screening.vote_taken_over",
        sentence=f"voted {vote.vote} on {short(record)} at {stage_label(TA)} before this review: taken over from "
        f"{intake.batch.file_name} by {intake.by}",
        target=record,
        detail={"decision": vote.pk, "stage": TA, "vote": vote.vote, "intake": intake.pk},
        blinded=True,
    )


@dataclass(frozen=True)
class _Place:
    stage: Stage
    included: bool
    reason: ExclusionReason | None = None


def _outcomes(review: Review, earlier: list[dict], reasons: "_Reasons") -> list[_Place]:
    """The outcome of an earlier review, as this review's rules see its decisions; nothing where they contradict."""
    title, full = (_outcome(review, earlier, stage, reasons) for stage in (TA, FT))
    if full is None:
        return [title] if title else []
    if title is not None and not title.included:
        return []
    return [_Place(TA, True), full]


def _outcome(review: Review, earlier: list[dict], stage: Stage, reasons: "_Reasons") -> _Place | None:
    decisions = [*first_of_each(earlier, stage).values()]
    policy = rules.Policy(len(decisions), policy_of(review, stage).maybe)
    state = (
        rules.decide([rules.Ballot(each["decision"]) for each in decisions], policy).state
        if decisions
        else None
    )
    if state == rules.State.INCLUDED:
        return _Place(stage, True)
    if state == rules.State.EXCLUDED:
        found = [reason for each in decisions if (reason := reasons.of(each))]
        return _Place(
            stage, False, min(found, key=lambda reason: (reason.order, reason.pk)) if found else None
        )
    return None


def _place_all(intake: Intake, record: Record, places: list[_Place]) -> bool:
    if intake.placements.filter(record=record).exists():
        return True
    if not places or not _is_open(record) or Placement.objects.live().filter(record=record).exists():
        return False
    for place in places:
        Placement.objects.create(
            intake=intake, record=record, stage=place.stage, included=place.included, reason=place.reason
        )
        record_event(
            review=intake.review,
            actor=intake.by,
            verb="screening.record_placed",
            sentence=f"took {short(record)} in as {'included' if place.included else 'excluded'} at "
            f"{stage_label(place.stage)} before this review, from {intake.batch.file_name}"
            + (f": {intake.why}" if intake.why else ""),
            target=record,
            detail={"intake": intake.pk, "stage": place.stage, "included": place.included},
        )
        settle(review=intake.review, record=record, stage=place.stage, by=intake.by)
    return True


def _take_back(intake: Intake, record: Record, by: User) -> None:
    now = timezone.now()
    votes = intake.decisions.live().filter(record=record)
    if votes.exists() and Adjudication.objects.live().filter(record=record, stage=TA).exists():
        raise NotEligible(f"Later work rests on {short(record)}: open the record again first.")
    for stage in (FT, TA):
        placed = intake.placements.live().filter(record=record, stage=stage).update(withdrawn_at=now)
        withdrawn = votes.filter(stage=stage).update(withdrawn_at=now)
        if placed or withdrawn:
            settle(review=intake.review, record=record, stage=stage, by=by)


class _Reasons:
    """Reasons of the file matched by name with the review's list; the frequent ones it lacks are added to it."""

    def __init__(self, intake: Intake, decisions: list[dict]):
        known = {reason.label.casefold(): reason for reason in intake.review.exclusion_reasons.all()}
        wanted = Counter(label for each in decisions if (label := self._label(each, known)))
        missing = [label for label, _ in wanted.most_common() if label.casefold() not in known]
        with transaction.atomic():
            for label in missing[:NEW_REASONS]:
                if label.casefold() not in known:
                    added = add_exclusion_reason(review=intake.review, by=intake.by, label=label)
                    known[label.casefold()] = added
        self.known = known

    def of(self, decision: dict) -> ExclusionReason | None:
        return self.known.get(self._label(decision, self.known).casefold())

    def note_of(self, decision: dict, reason: ExclusionReason | None) -> str:
        """What the file says, where the reason does not say all of it."""
        said = decision.get("reason", "").strip()
        return "" if reason is not None and reason.label.casefold() == said.casefold() else said[:2000]

    @staticmethod
    def _label(decision: dict, known: dict) -> str:
        """The whole reason if it is in the list, else the first part that is, else its first part."""
        said = " ".join(decision.get("reason", "").split())
        parts = [said, *(part.strip() for part in said.split(","))]
        match = next((part for part in parts if part.casefold() in known), None)
        return (match or parts[1])[:120].strip()
