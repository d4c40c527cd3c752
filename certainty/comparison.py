"""The ratings of a finding side by side, as far as a member may see them, and how well raters agree."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from certainty.evidence import Evidences, hash_of
from certainty.grade import DOMAINS, DomainAgreement, agreement_of
from certainty.models import Finding, Grade
from reviews.models import Membership

START = "start"


@dataclass(frozen=True)
class Comparison:
    """``ratings``: the complete ones that are compared, in order of completion; those before a consensus stay.

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
    visible = Grade.objects.visible_to(membership).filter(finding=finding).current().complete()
    found = list(
        visible.select_related("rater", "finding").prefetch_related("steps").order_by("completed_at", "pk")
    )
    consensus = next((one for one in found if one.is_consensus), None)
    ratings = to_compare([one for one in found if not one.is_consensus], consensus)
    waiting = "" if len(ratings) >= 2 else _waiting(finding, membership)
    stamp = stamp_of(ratings, consensus, hash_of(Evidences(finding.review, [finding]).of(finding)))
    return Comparison(
        finding, ratings, consensus, differing(ratings) if len(ratings) >= 2 else (), stamp, waiting
    )


def to_compare(ratings: Iterable[Grade], consensus: Grade | None) -> tuple[Grade, ...]:
    """Of complete ratings: those of the round under way, else those that were agreed on."""
    ratings = list(ratings)
    new = [one for one in ratings if not consensus or completed_after(one, consensus)]
    return tuple(new or ratings)


def differing(ratings: Sequence[Grade]) -> tuple[str, ...]:
    """Keys of the domains, and "start", that are rated differently (steps prefetched)."""
    keys = [START] if len({one.start for one in ratings}) > 1 else []
    return (
        *keys,
        *(key for key in DOMAINS if len({one.changes.get(key, 0) for one in ratings}) > 1),
    )


def stamp_of(ratings: Iterable[Grade], consensus: Grade | None, evidence_hash: str) -> str:
    """What a page remembers of what it showed: the ratings, the consensus and the evidence."""
    seen = [consensus.pk if consensus else 0, *((one.pk, one.version) for one in ratings), evidence_hash]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def agreement_in_review(membership: Membership, weights: str = "linear") -> list[DomainAgreement]:
    """Weighted kappa of levels and domains over all findings two people rated, as far as the member may see.

    Pairs are the first two complete ratings of a finding of one round, before a consensus; [] without a pair.
    """
    visible = Grade.objects.visible_to(membership).filter(finding__retired_at=None).current().complete()
    by_finding: dict[int, list[Grade]] = defaultdict(list)
    for grade in visible.prefetch_related("steps").order_by("completed_at", "pk"):
        by_finding[grade.finding_id].append(grade)
    pairs = []
    for found in by_finding.values():
        consensus = next((one for one in found if one.is_consensus), None)
        ratings = to_compare([one for one in found if not one.is_consensus], consensus)
        if len(ratings) >= 2:
            one, other = ratings[:2]
            pairs.append(((one.start, one.changes), (other.start, other.changes)))
    return agreement_of(pairs, weights)


def completed_after(grade: Grade, consensus: Grade) -> bool:
    one, other = grade.completed_at, consensus.completed_at
    return one is not None and other is not None and one > other


def _waiting(finding: Finding, membership: Membership) -> str:
    """Why there are not two ratings to compare; says nothing of what a colleague rated."""
    of_round = Grade.objects.filter(finding=finding).current().individual().not_settled()
    mine = of_round.filter(rater=membership.user).first()
    if mine and not mine.is_complete:
        return "Complete your own rating first, so that it stays independent."
    complete = of_round.complete().count()
    if complete == 0:
        return "Nobody has completed a rating yet; two are compared."
    return "One rating is complete; a second person's is needed to compare."
