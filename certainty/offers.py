"""Findings that the plans of a review offer."""

from dataclasses import dataclass
from typing import Any

from analysis.models import Plan
from reviews.models import Review


@dataclass(frozen=True)
class Offer:
    """A live plan without a finding: ``fields`` are ready for add_finding(plan=plan, **fields); ``k``: studies."""

    plan: Plan
    fields: dict[str, Any]
    k: int | None
    finished: bool


def offered(review: Review) -> list[Offer]:
    """Plans (prespecified first) that no live finding rests on."""
    raise NotImplementedError
