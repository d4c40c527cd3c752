"""How well two assessors agreed, domain by domain, before they talked about it."""

from collections import defaultdict
from dataclasses import dataclass

from appraisal.instruments import Domain, Instrument
from appraisal.models import Assessment
from reviews.models import Membership
from screening.agreement import Agreement, agreement


@dataclass(frozen=True)
class DomainAgreement:
    domain: Domain
    agreement: Agreement


def agreement_by_domain(membership: Membership, instrument: Instrument) -> list[DomainAgreement]:
    """Agreement of the first two complete assessments of each study the member may compare; [] without any."""
    pairs = _pairs(membership, instrument)
    if not pairs:
        return []
    return [
        DomainAgreement(domain, agreement(_table(instrument, domain, pairs))) for domain in instrument.domains
    ]


def _pairs(membership: Membership, instrument: Instrument) -> list[list[dict[str, str]]]:
    visible = Assessment.objects.visible_to(membership).filter(instrument=instrument.key)
    by_study = defaultdict(list)
    for one in visible.independent().complete().order_by("assessor_id").prefetch_related("judgements"):
        by_study[one.study_id].append(one.values)
    return [assessments[:2] for assessments in by_study.values() if len(assessments) >= 2]


def _table(instrument: Instrument, domain: Domain, pairs: list[list[dict[str, str]]]) -> list[list[int]]:
    places = {level.key: place for place, level in enumerate(instrument.levels_of(domain))}
    table = [[0] * len(places) for _ in places]
    for first, second in pairs:
        table[places[first[domain.key]]][places[second[domain.key]]] += 1
    return table
