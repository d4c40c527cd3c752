"""What the data suggest for each domain of GRADE. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What the data say of one domain. ``change`` is None where they say nothing; ``sentence`` then says why.

    ``numbers``: what it was taken from, by name, on the scale people read; ``cautions``: what else to look at, a
    sentence each.
    """

    domain: str
    change: int | None
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Start:
    """Where the designs of the studies let a rating begin: "high" or "low", None where they are not known."""

    start: str | None
    sentence: str


def suggest_start(evidence: Evidence) -> Start:
    raise NotImplementedError


def suggest(evidence: Evidence, start: str = "high") -> dict[str, Suggestion]:
    """{domain key: Suggestion} for every domain, in the order of ``DOMAINS``."""
    raise NotImplementedError
