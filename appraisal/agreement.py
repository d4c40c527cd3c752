"""How well two assessors agreed, domain by domain, before they talked about it."""

from collections import defaultdict
from dataclasses import dataclass

from appraisal.columns import OVERALL
from appraisal.instruments import Domain, Level, Tool
from appraisal.models import Assessment
from appraisal.ordinal import DomainKappa, kappa_by_domain, overall_kappa
from reviews.models import Membership
from screening.agreement import Agreement, agreement

WEIGHTS = ("linear", "quadratic")


@dataclass(frozen=True)
class DomainAgreement:
    """``agreement`` counts every level as its own category; ``weighted`` counts near misses partly.

    ``weighted`` is None where the levels have no order.
    """

    domain: Domain
    levels: tuple[Level, ...]
    agreement: Agreement
    weighted: DomainKappa | None


def agreement_by_domain(
    membership: Membership, instrument: Tool, weights: str = "linear"
) -> list[DomainAgreement]:
    """Agreement on each domain, and on the whole where a person judges it; [] without a comparable pair.

    Pairs are the first two complete assessments of the same study or result that the member may compare.
    ``weights`` of the weighted kappa: "linear" or "quadratic".
    """
    pairs = _pairs(membership, instrument)
    if not pairs:
        return []
    weighted = {one.domain.key: one for one in kappa_by_domain(instrument, pairs, weights)}
    found = [
        DomainAgreement(
            domain,
            instrument.levels_of(domain),
            agreement(_table(instrument.levels_of(domain), domain.key, pairs)),
            weighted.get(domain.key),
        )
        for domain in instrument.domains
    ]
    if instrument.judges_overall:
        whole = Domain(key=OVERALL, short="Overall", label="Overall", guidance="")
        levels = instrument.overall_choices
        found.append(
            DomainAgreement(
                whole,
                levels,
                agreement(_table(levels, OVERALL, pairs)),
                overall_kappa(instrument, whole, pairs, weights),
            )
        )
    return found


def _pairs(membership: Membership, instrument: Tool) -> list[tuple[dict[str, str], dict[str, str]]]:
    visible = Assessment.objects.visible_to(membership).filter(instrument=instrument.key)
    alike = defaultdict(list)
    for one in visible.independent().complete().order_by("assessor_id").prefetch_related("judgements"):
        judged = {judgement.domain: judgement.value for judgement in one.judgements.all() if judgement.value}
        alike[one.study_id, one.outcome_id, one.time_point].append(judged)
    return [(same[0], same[1]) for same in alike.values() if len(same) >= 2]


def _table(
    levels: tuple[Level, ...], key: str, pairs: list[tuple[dict[str, str], dict[str, str]]]
) -> list[list[int]]:
    """Counts of pairs by level; pairs without a level of this tool on both sides are not in it."""
    places = {level.key: place for place, level in enumerate(levels)}
    table = [[0] * len(places) for _ in places]
    for first, second in pairs:
        one, other = places.get(first.get(key, "")), places.get(second.get(key, ""))
        if one is not None and other is not None:
            table[one][other] += 1
    return table
