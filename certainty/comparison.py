"""The ratings of a finding side by side, as far as a member may see them, and how well raters agree."""

from dataclasses import dataclass

from certainty.grade import DomainAgreement
from certainty.models import Finding, Grade
from reviews.models import Membership


@dataclass(frozen=True)
class Comparison:
    """``ratings``: the complete individual ones of this round, at most two, in order of completion.

    ``consensus``: the current one, if any. ``differing``: domain keys (and "start") rated differently. ``stamp``:
    what to hand to reconcile_grades, so that a change in the meantime is noticed. ``waiting``: why the ratings cannot
    be compared yet, "" when they can.
    """

    finding: Finding
    ratings: tuple[Grade, ...]
    consensus: Grade | None
    differing: tuple[str, ...]
    stamp: str
    waiting: str = ""


def comparison(finding: Finding, membership: Membership) -> Comparison:
    """What the member may compare of this finding."""
    raise NotImplementedError


def agreement_in_review(membership: Membership, weights: str = "linear") -> list[DomainAgreement]:
    """Weighted kappa of levels and domains over all findings two people rated, as far as the member may see."""
    raise NotImplementedError
