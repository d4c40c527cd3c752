"""Where a record stands, written down after each change of its votes, and what follows from it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import ProtectedError
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.models import ExclusionReason, Review, User
from screening import rules
from screening.models import (
    Adjudication,
    Decision,
    FullText,
    Placement,
    Report,
    Stage,
    StageSettings,
    Study,
    Verdict,
)
from screening.services.gates import in_pilot, pilot_of
from screening.services.guards import StaysIncluded, short, stage_label
from screening.services.stage_settings import settings_of


def policy_of(review: Review, stage: str, record: Record | None = None) -> rules.Policy:
    """How ``review`` decides at ``stage`` now; with ``record`` all who are awaited in its open pilot have a place."""
    policy = policy_from(review, settings_of(review, stage))
    return policy if record is None else in_pilot(policy, record, stage)


def policy_from(review: Review, settings: StageSettings) -> rules.Policy:
    """The rules that these settings make, saved or not.

    At full text a maybe never counts as an include, because no later stage would decide: it is on neither side.
    That reasons must agree binds where a reason is required: at full text, elsewhere if the settings say so.
    """
    full_text = settings.stage == Stage.FULL_TEXT
    return rules.Policy(
        quorum=review.quorum_full_text if full_text else review.quorum_title_abstract,
        maybe=rules.MaybeRule.CONFLICT if full_text else review.maybe_rule,
        reasons_must_agree=review.reasons_must_agree and (full_text or settings.reason_required),
        agreement=settings.agreement,
    )


def held_until(
    settings: StageSettings, outcome: rules.Outcome, last_vote: datetime | None
) -> datetime | None:
    """When votes that are all in are to be counted; None if that is now.

    The time runs from the last of them, so that a vote changed meanwhile is kept as long as a new one.
    """
    if outcome.state == rules.State.PENDING or not settings.hold_minutes or last_vote is None:
        return None
    until = last_vote + timedelta(minutes=settings.hold_minutes)
    return until if until > timezone.now() else None


class Standing(NamedTuple):
    """The verdict and the live votes (with their reasons) of a record, read while its row is locked."""

    verdict: Verdict | None
    votes: list[Decision]


def _read_standing(record: Record, stage: str) -> Standing:
    verdict = Verdict.objects.filter(record=record, stage=stage).first()
    votes = Decision.objects.live().filter(record=record, stage=stage).select_related("reason")
    return Standing(verdict, list(votes))


def settle(
    *, review: Review, record: Record, stage: str, by: User, standing: Standing | None = None
) -> Verdict:
    """Work the verdict out anew and do what follows from a change. The record's row must be locked.

    ``standing`` is what the caller has read under this lock already: the verdict before, the votes now.

    While the stage holds votes back (``hold_minutes``) a record with all its votes stays pending; it is counted by
    ``hold.count_held`` when its time has come, or by any later change. So it does while it is in an open pilot,
    until ``rounds.close_pilot``.

    What follows, so that a record's row downstream exists exactly while it is included:

    - included at title and abstract: its full text is sought. No longer included: the search is dropped, unless
      full-text votes were cast or a PDF is attached (refused).
    - included at full text: a study with this report is made. No longer included: the report is removed, and
      its study with it if that was the only report and no data hang on it (else refused).
    """
    before, votes = standing or _read_standing(record, stage)
    ruling = standing_word(record, stage)
    settings = settings_of(review, stage)
    outcome = rules.decide(
        [rules.Ballot(vote.vote, rank(vote.reason), not vote.model) for vote in votes],
        policy_of(review, stage, record),
        ruling_of(ruling),
    )
    held = None
    if not ruling and (before is None or before.state == rules.State.PENDING):
        held = held_until(settings, outcome, max((vote.created_at for vote in votes), default=None))
    if held or (not ruling and pilot_of(record, stage)):
        outcome = rules.Outcome(rules.State.PENDING, outcome.votes)
    was = before.state if before else None
    verdict = before or Verdict(record=record, stage=stage)
    verdict.review, verdict.state, verdict.votes = review, outcome.state, outcome.votes
    verdict.reason_id = outcome.reason.id if outcome.reason else None
    verdict.settled_at = timezone.now() if outcome.settled else None
    verdict.held_until = held
    verdict.save()  # the record's row is locked: nobody else writes this one
    was_included = was == rules.State.INCLUDED
    is_included = outcome.state == rules.State.INCLUDED
    if outcome.settled and not ruling and was != outcome.state:
        _record_settled(review, record, verdict, votes, by)
    if is_included and not was_included:
        _enter(review, record, stage, by)
    if was_included and not is_included:
        _leave(record, stage)
    return verdict


def standing_word(record: Record, stage: str) -> Adjudication | Placement | None:
    """What stands whatever the votes are: the resolver's word, else the outcome that came with the record's file."""
    words = Adjudication.objects.live().filter(record=record, stage=stage).select_related("reason")
    return words.first() or (
        Placement.objects.live().filter(record=record, stage=stage).select_related("reason").first()
    )


def ruling_of(word: Adjudication | Placement | None) -> rules.Ruling | None:
    """A word that stands as the rules take it."""
    if word is None:
        return None
    return rules.Ruling(word.included, rank(word.reason), getattr(word, "outcome", ""))


def rank(reason: ExclusionReason | None) -> rules.Reason | None:
    """A reason as the rules compare it."""
    return rules.Reason(reason.order, reason.pk) if reason else None


def _record_settled(review: Review, record: Record, verdict: Verdict, votes: list, by: User) -> None:
    record_event(
        review=review,
        actor=by,
        verb="screening.record_settled",
        sentence=f"completed {short(record)} at {stage_label(verdict.stage)}: "
        f"{verdict.get_state_display().lower()} by {len(votes)} vote{'s' if len(votes) != 1 else ''}",
        target=record,
        detail={
            "stage": verdict.stage,
            "state": verdict.state,
            "reason": verdict.reason_id,
            "votes": [vote.pk for vote in votes],
        },
    )


def _enter(review: Review, record: Record, stage: str, by: User) -> None:
    if stage == Stage.TITLE_ABSTRACT:
        FullText.objects.get_or_create(record=record, defaults={"review": review, "changed_by": by})
    elif not Report.objects.filter(record=record).exists():
        study = make_study(review, record)
        record_event(
            review=review,
            actor=by,
            verb="screening.study_made",
            sentence=f"made the study {study} from {short(record)}",
            target=study,
            detail={"record": record.pk},
        )


def _leave(record: Record, stage: str) -> None:
    if stage == Stage.TITLE_ABSTRACT:
        _drop_full_text(record)
    else:
        _drop_report(record)


def _drop_full_text(record: Record) -> None:
    full_text = FullText.objects.filter(record=record).first()
    if full_text is None:
        return
    voted = Decision.objects.live().filter(record=record, stage=Stage.FULL_TEXT).exists()
    if voted or full_text.file:
        found = "has full-text votes" if voted else "has its PDF"
        raise StaysIncluded(
            f"{short(record)} already {found}: it stays included at title and abstract. "
            "Exclude it at full text, with a reason, instead.",
            because=f"it {found}",
        )
    full_text.delete()


def _drop_report(record: Record) -> None:
    report = Report.objects.filter(record=record).select_related("study").first()
    if report is None:
        return
    study = report.study
    report.delete()
    drop_or_repair(study)


def drop_or_repair(study: Study) -> bool:
    """Remove a study left without reports (True), or see that one of its reports is the main one.

    Raises NotEligible when data hang on a study without reports; the transaction then undoes everything.
    """
    first = study.reports.first()
    if first is not None:
        if not first.is_main:
            Report.objects.filter(pk=first.pk).update(is_main=True)
        return False
    try:
        study.delete()
    except ProtectedError as error:
        kinds = Counter(type(item)._meta.verbose_name_plural for item in error.protected_objects)
        hanging = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        raise StaysIncluded(
            f"The study {study} would lose its last report, and data hang on it ({hanging}). "
            "Delete those first, or leave the report where it is.",
            because=f"data hang on its study {study} ({hanging})",
        ) from error
    return True


def make_study(review: Review, record: Record) -> Study:
    """A study named after its first report, with that report as the main one."""
    study = Study.objects.create(
        review=review,
        label=free_label(review, record.citation),
        year=record.year,
        registration=", ".join(record.registry_ids)[:120],
    )
    Report.objects.create(study=study, record=record, is_main=True)
    return study


def free_label(review: Review, wanted: str) -> str:
    """``wanted``, or with the first free letter: Nakagawa 2017, Nakagawa 2017b, ... The review's row is locked,
    so that two studies made at the same time get two names."""
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    stem = (wanted or "Study")[:110]
    taken = set(Study.objects.filter(review=review, label__startswith=stem).values_list("label", flat=True))
    return next(label for label in _labels(stem) if label not in taken)


def _labels(stem: str):
    yield stem
    for letter in "bcdefghijklmnopqrstuvwxyz":
        yield f"{stem}{letter}"
    number = 27
    while True:
        yield f"{stem} ({number})"
        number += 1
