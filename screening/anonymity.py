"""Votes without names, for those who resolve conflicts."""

from collections.abc import Iterable

from screening.models import Decision


def anonymous(votes: Iterable[Decision]) -> list[tuple[str, Decision]]:
    """The votes as Reviewer A, B, ...: in the order of their random keys, so that the letter tells nobody."""
    ordered = sorted(votes, key=lambda vote: vote.key.hex)
    return [(f"Reviewer {chr(ord('A') + place)}", vote) for place, vote in enumerate(ordered)]
