"""How well two raters of certainty agreed, before they talked about it. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certainty.grade.levels import DOMAINS, LEVELS, level_of
from screening.agreement import Estimate, weighted_kappa

LEVEL = "level"
#: Where it starts ("high" or "low"), and {domain key: change}.
Rating = tuple[str, Mapping[str, int]]


@dataclass(frozen=True)
class DomainAgreement:
    """``key`` is a domain's or "level"; ``same`` of ``n`` pairs were rated alike; ``kappa`` is weighted."""

    key: str
    label: str
    n: int
    same: int
    kappa: Estimate


def agreement_of(pairs: Sequence[tuple[Rating, Rating]], weights: str = "linear") -> list[DomainAgreement]:
    """Weighted kappa of the levels and of each domain over findings that two people rated.

    A pair is two ratings, each (start, {domain key: change}); a domain that is absent counts as no change. Weights:
    "linear" or "quadratic", as in screening.agreement.weighted_kappa. [] without a pair.
    """
    if not pairs:
        return []
    levels = [(level_of(*one).place, level_of(*other).place) for one, other in pairs]
    found = [_kappa(LEVEL, "Certainty", levels, len(LEVELS), weights)]
    for key, domain in DOMAINS.items():
        steps = [(abs(one[1].get(key, 0)), abs(other[1].get(key, 0))) for one, other in pairs]
        found.append(_kappa(key, domain.label, steps, len(domain.changes), weights))
    return found


def _kappa(
    key: str, label: str, places: Sequence[tuple[int, int]], size: int, weights: str
) -> DomainAgreement:
    table = [[0] * size for _ in range(size)]
    for one, other in places:
        table[one][other] += 1
    same = sum(one == other for one, other in places)
    return DomainAgreement(key, label, len(places), same, weighted_kappa(table, weights))
