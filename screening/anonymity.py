"""Votes and notes without names, for those who resolve conflicts.

The letters come from a keyed hash of record, stage and person: the same letter all over one record, another on the
next, and nobody can work them out, whatever they know of times, ids or the order of votes.
"""

from collections.abc import Iterable

from django.utils.crypto import salted_hmac

from screening.models import Decision, Note

SOMEBODY = "Somebody else"
MODEL = "Automation"


def letters(record: int, stage: str, people: Iterable[int]) -> dict[int, str]:
    """``{user id: "Reviewer A"}`` of those who voted on this record (an id) at this stage."""

    def place(person: int) -> str:
        return salted_hmac(
            "screening.anonymity", f"{record}:{stage}:{person}", algorithm="sha256"
        ).hexdigest()

    ordered = sorted(set(people), key=place)
    return {person: f"Reviewer {_letter(number)}" for number, person in enumerate(ordered)}


def anonymous(votes: Iterable[Decision]) -> list[tuple[str, Decision]]:
    """The live votes of one record at one stage as Reviewer A, B, ..., in the order of the letters."""
    votes = list(votes)
    if not votes:
        return []
    names = letters(votes[0].record_id, votes[0].stage, people_of(votes)) | model_of(votes)
    return sorted(((names[vote.reviewer_id], vote) for vote in votes), key=lambda pair: pair[0])


def people_of(votes: Iterable[Decision]) -> list[int]:
    """Whose votes these are, without a model."""
    return [vote.reviewer_id for vote in votes if not vote.model]


def model_of(votes: Iterable[Decision]) -> dict[int, str]:
    """``{user id: its name}`` of the model among the voters: who resolves has to know that it is no person."""
    return {vote.reviewer_id: MODEL for vote in votes if vote.model}


def anonymous_notes(notes: Iterable[Note], names: dict[int, str]) -> list[tuple[str, str]]:
    """``[(letter, text)]`` of notes on one record, by letter and, of one person, as they were written."""
    return sorted(
        (
            (names.get(note.author_id, SOMEBODY), note.text)
            for note in sorted(notes, key=lambda note: note.pk)
        ),
        key=lambda pair: (pair[0] == SOMEBODY, pair[0]),
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)
