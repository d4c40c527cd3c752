"""Findings: the rows of the summary of findings."""

from collections.abc import Iterable
from typing import Any

from certainty.models import Finding
from reviews.models import Outcome, Review, User

#: What a person may say of a finding, besides its outcome and plan.
FIELDS = (
    *(
        "label",
        "population",
        "setting",
        "intervention",
        "comparison",
        "time_point",
        "importance",
        "in_summary",
    ),
    *(
        "baselines",
        "minimal_important_difference",
        "optimal_information_size",
        "narrative",
        "statement",
        "comments",
    ),
)
#: Of one comparison, how many outcomes a summary of findings shows (Cochrane Handbook 14.1.3).
MOST_IN_SUMMARY = 7


def add_finding(
    *, review: Review, by: User | None, plan: Any = None, outcome: Outcome | None = None, **fields: Any
) -> Finding:
    """A new finding, at the end of the list. ``fields`` are any of FIELDS.

    With a ``plan`` its outcome and labels are taken unless given otherwise. Raises InvalidFinding.
    """
    raise NotImplementedError


def change_finding(*, finding: Finding, by: User | None, seen_version: int, **fields: Any) -> Finding:
    """Change the given fields (any of FIELDS, "plan", "outcome"). Raises Conflict, InvalidFinding."""
    raise NotImplementedError


def retire_finding(*, finding: Finding, by: User | None) -> None:
    """Take a finding out of use; it and its ratings stay readable."""
    raise NotImplementedError


def restore_finding(*, finding: Finding, by: User | None) -> None:
    """Bring a retired finding back. Raises InvalidFinding where another took its place, or the summary is full."""
    raise NotImplementedError


def order_findings(*, review: Review, by: User | None, order: Iterable[int]) -> None:
    """Put the live findings into the order of the given ids; those not named follow as they were."""
    raise NotImplementedError
