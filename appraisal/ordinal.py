"""Weighted kappa per domain, for tools whose levels have an order. No Django here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from appraisal.columns import OVERALL, counts_stars
from appraisal.instruments import Domain, Level, Tool
from screening.agreement import Estimate, weighted_kappa

#: Levels (and colours of levels) that have no place on a scale from best to worst.
OFF_SCALE = ("no_information", "not_applicable")
#: How bad the colours say a level is, for tools that do not order their levels themselves.
RANKS = {
    "low": 0,
    "some_concerns": 1,
    "unclear": 1,
    "moderate": 1,
    "high": 2,
    "serious": 2,
    "very_high": 3,
    "critical": 3,
}
Pair = tuple[Mapping[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class DomainKappa:
    """``n`` pairs were compared; ``left_out`` had no level, or one without a place on the scale."""

    domain: Domain
    kappa: Estimate
    n: int
    left_out: int


def scale_of(tool: Tool, domain: Domain) -> tuple[str, ...]:
    """The levels of ``domain`` from best to worst (stars: fewest to most), without those that have no place there."""
    levels = tool.levels_of(domain)
    if counts_stars(tool):
        return tuple(sorted(level.key for level in levels))
    return _in_order(tool, levels) if tool.severity else _by_colour(levels)


def overall_scale(tool: Tool) -> tuple[str, ...]:
    """The overall levels from best to worst, as ``scale_of``."""
    if tool.severity and not tool.overall_levels:
        return _in_order(tool, tool.overall_choices)
    return _by_colour(tool.overall_choices)


def kappa_by_domain(tool: Tool, pairs: Sequence[Pair], weights: str = "linear") -> list[DomainKappa]:
    """Weighted kappa of two assessors per domain; ``pairs`` are their {domain: level} of the same result.

    "linear" or "quadratic" weights (see screening.agreement.weighted_kappa). Domains whose levels have no order are
    left out.
    """
    scales = ((domain, scale_of(tool, domain)) for domain in tool.domains)
    return [_kappa(domain, scale, pairs, weights) for domain, scale in scales if len(scale) >= 2]


def overall_kappa(
    tool: Tool, whole: Domain, pairs: Sequence[Pair], weights: str = "linear"
) -> DomainKappa | None:
    """The same for the overall judgement, which the pairs have under "overall"; None where it has no order."""
    scale = overall_scale(tool)
    return _kappa(whole, scale, pairs, weights, OVERALL) if len(scale) >= 2 else None


def _in_order(tool: Tool, levels: Iterable[Level]) -> tuple[str, ...]:
    """The tool's own order of ``levels``, without those that are no judgement, whatever they are called."""
    placed = {level.key for level in levels if level.colour not in OFF_SCALE}
    return tuple(key for key in tool.severity if key in placed)


def _by_colour(levels: Iterable[Level]) -> tuple[str, ...]:
    """Levels by how bad their colours are; () where two are equally bad, for they have no order then."""
    ranked = sorted((RANKS[level.colour], level.key) for level in levels if level.colour in RANKS)
    return tuple(key for _, key in ranked) if len({rank for rank, _ in ranked}) == len(ranked) else ()


def _kappa(
    domain: Domain, scale: Sequence[str], pairs: Sequence[Pair], weights: str, key: str = ""
) -> DomainKappa:
    places = {level: place for place, level in enumerate(scale)}
    table = [[0] * len(places) for _ in places]
    left_out = 0
    for first, second in pairs:
        one = places.get(first.get(key or domain.key, ""))
        other = places.get(second.get(key or domain.key, ""))
        if one is None or other is None:
            left_out += 1
        else:
            table[one][other] += 1
    return DomainKappa(domain, weighted_kappa(table, weights), len(pairs) - left_out, left_out)
