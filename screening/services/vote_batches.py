"""Votes sent together by the screen, for example those that waited while the connection was down."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, TypeGuard

from records.models import Record
from reviews.errors import Refused
from reviews.models import ExclusionReason, Review, User
from screening.services.guards import NotEligible
from screening.services.votes import cast_vote

AT_MOST = 50
#: PostgreSQL takes no zero character, UTF-8 no half of one (a lone surrogate, which JSON can hold).
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Answer(TypedDict):
    state: str
    sentence: str
    status: int


def cast_many(
    *, review: Review, stage: str, reviewer: User, votes: Sequence[Mapping[str, Any]]
) -> dict[str, Answer]:
    """Cast each of at most 50 votes in a transaction of its own; returns an answer for each key.

    A vote is ``{record, vote, reason, note, key, seconds, answers}`` as it came from a client: ``record`` and
    ``reason`` are ids, all but ``record``, ``vote`` and ``key`` may be left out. The answer is ``{"state": "taken",
    "sentence": "", "status": 200}``, also for a key that was taken before, or "refused" with a sentence and the
    status that the vote alone would have had; a refused vote never takes the others with it. Raises NotEligible for
    more than 50, or what is no list of votes with a key each.
    """
    _require_votes(votes)
    reasons = ExclusionReason.objects.filter(review=review, pk__in=_ids(votes, "reason")).in_bulk()
    answers: dict[str, Answer] = {}
    for vote in votes:
        try:
            cast_vote(
                review=review,
                stage=stage,
                reviewer=reviewer,
                record=_record(review, vote.get("record")),
                vote=str(vote.get("vote", "")),
                reason=_found(reasons, vote, "reason") if vote.get("reason") is not None else None,
                note=_text(vote.get("note")),
                key=_key(vote["key"]),
                seconds=_seconds(vote.get("seconds")),
                answers=_answers(vote.get("answers")),
            )
        except Refused as refusal:
            answers[str(vote["key"])] = Answer(state="refused", sentence=str(refusal), status=refusal.status)
        else:
            answers[str(vote["key"])] = Answer(state="taken", sentence="", status=200)
    return answers


def _require_votes(votes: Any) -> None:
    if not isinstance(votes, list | tuple) or not all(
        isinstance(vote, Mapping) and isinstance(vote.get("key"), str | uuid.UUID) for vote in votes
    ):
        raise NotEligible("Votes are sent as a list of objects, each with its key.")
    if len(votes) > AT_MOST:
        raise NotEligible(f"{len(votes)} votes came at once; send at most {AT_MOST} together.")


def _ids(votes: Sequence[Mapping[str, Any]], name: str) -> list[int]:
    return [vote[name] for vote in votes if _is_id(vote.get(name))]


def _is_id(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _record(review: Review, given: Any) -> Record:
    """Named by its id; ``cast_vote`` locks and reads it."""
    if not _is_id(given):
        raise NotEligible(f"“{str(given)[:40]}” is not the id of a record.", field="record")
    return Record(pk=given, review=review)


def _found(rows: Mapping[int, Any], vote: Mapping[str, Any], name: str) -> Any:
    given = vote.get(name)
    row = rows.get(given) if _is_id(given) else None
    if row is None:
        raise NotEligible(f"This review has no {name} with the id “{str(given)[:40]}”.", field=name)
    return row


def _key(given: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(given))
    except ValueError:
        raise NotEligible(f"“{str(given)[:40]}” is not a key: send a UUID.", field="key") from None


def _text(given: Any) -> str:
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > 2000 or UNSTORABLE.search(given):
        raise NotEligible(
            "A note is a text of at most 2,000 characters, without zero and half characters.", field="note"
        )
    return given


def _seconds(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1e9:
        raise NotEligible("The seconds a record was in view are a number, 0 or more.", field="seconds")
    return int(given)


def _answers(given: Any) -> dict | None:
    if given is not None and not isinstance(given, Mapping):
        raise NotEligible("Answers are an object: {criterion id: yes, no or unclear}.", field="answers")
    return dict(given) if given else None
