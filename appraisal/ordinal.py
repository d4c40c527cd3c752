"""Weighted kappa per domain, for tools whose levels have an order. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appraisal.instruments import Domain, Tool
from screening.agreement import Estimate, weighted_kappa

#: Levels that have no place on a scale from best to worst.
OFF_SCALE = ("no_information", "not_applicable")
Pair = tuple[Mapping[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class DomainKappa:
    """``n`` pairs were compared; ``left_out`` had no level, or one without a place on the scale."""

    domain: Domain
    kappa: Estimate
    n: int
    left_out: int


def scale_of(tool: Tool, domain: Domain) -> tuple[str, ...]:
    """The levels of ``domain`` from best to worst, without those that have no place on the scale."""
    allowed = {level.key for level in tool.levels_of(domain)}
    return tuple(key for key in tool.severity if key in allowed and key not in OFF_SCALE)


def kappa_by_domain(tool: Tool, pairs: Sequence[Pair], weights: str = "linear") -> list[DomainKappa]:
    """Weighted kappa of two assessors per domain; ``pairs`` are their {domain: level} of the same result.

    "linear" or "quadratic" weights (see screening.agreement.weighted_kappa). [] where levels have no order.
    """
    return [
        _domain(tool, domain, pairs, weights) for domain in tool.domains if len(scale_of(tool, domain)) >= 2
    ]


def _domain(tool: Tool, domain: Domain, pairs: Sequence[Pair], weights: str) -> DomainKappa:
    places = {level: place for place, level in enumerate(scale_of(tool, domain))}
    table = [[0] * len(places) for _ in places]
    left_out = 0
    for first, second in pairs:
        one, other = places.get(first.get(domain.key, "")), places.get(second.get(domain.key, ""))
        if one is None or other is None:
            left_out += 1
        else:
            table[one][other] += 1
    return DomainKappa(domain, weighted_kappa(table, weights), len(pairs) - left_out, left_out)
