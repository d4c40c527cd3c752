"""One conflict as its resolver reads it: each reviewer's vote with what they said before, and the notes.

With names hidden (the stage's setting) nothing here tells who, when, or in which order people voted: reviewers are
letters, each one's earlier votes stand in their own order only.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from records.models import Record
from reviews.models import Membership
from screening.anonymity import anonymous_notes, letters, model_of, people_of
from screening.models import Decision, Note
from screening.services.stage_settings import settings_of


@dataclass(frozen=True)
class Ballot:
    """A reviewer's standing vote, and those it replaced, the oldest first."""

    name: str
    vote: Decision
    before: tuple[Decision, ...]


@dataclass(frozen=True)
class Dispute:
    ballots: tuple[Ballot, ...]
    notes: tuple[tuple[str, str], ...]
    names_hidden: bool


def dispute(membership: Membership, record: Record, stage: str) -> Dispute:
    """The conflict on ``record``; only for somebody who may resolve it (``to_resolve_by``). Four queries."""
    cast: dict[int, list[Decision]] = defaultdict(list)
    votes = Decision.objects.filter(record=record, stage=stage).select_related("reason", "reviewer")
    for vote in votes.order_by("pk"):
        cast[vote.reviewer_id].append(vote)
    live = {person: vote for person, mine in cast.items() for vote in mine if vote.withdrawn_at is None}
    notes = list(
        Note.objects.for_resolver(membership).filter(record=record, stage=stage).select_related("author")
    )
    hidden = settings_of(membership.review, stage).names_hidden
    names = letters(record.pk, stage, people_of(live.values())) if hidden else _real(live.values(), notes)
    names |= model_of(live.values())
    ballots = (
        Ballot(names[person], vote, tuple(each for each in cast[person] if each.pk != vote.pk))
        for person, vote in live.items()
    )
    return Dispute(
        ballots=tuple(sorted(ballots, key=lambda ballot: ballot.name)),
        notes=tuple(anonymous_notes(notes, names)),
        names_hidden=hidden,
    )


def _real(votes: Iterable[Decision], notes: Iterable[Note]) -> dict[int, str]:
    names = {note.author_id: str(note.author) for note in notes}
    return names | {vote.reviewer_id: str(vote.reviewer) for vote in votes}
