"""What a review says at this moment, as plain data that a Version keeps and two of which can be compared."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Count

from analysis.choices import has_no_effect
from analysis.models import Plan
from analysis.standing import Standing, standings
from certainty.models import Finding, Grade
from reporting.prisma import flow_counts
from reporting.snapshot import one_moment
from reviews.models import Review
from screening.models import Study

#: What is kept of a pooled result.
NUMBERS = (
    "measure",
    "k",
    "estimate",
    "ci_low",
    "ci_high",
    "pi_low",
    "pi_high",
    "level",
    "i2",
    "tau2",
    "size",
)


def state_of(review: Review) -> dict[str, Any]:
    """Flow counts of the whole review, included studies, the newest result of each live plan, agreed certainty."""
    with one_moment():
        counts = flow_counts(review, whole=True)
        return {
            "flow": {
                **asdict(counts),
                "identified": counts.identified,
                "other_identified": counts.other_identified,
                "total_studies": counts.total_studies,
                "total_reports": counts.total_reports,
            },
            "studies": _studies(review),
            "estimates": [
                _estimate(one)
                for one in standings(review, Plan.objects.live().filter(review=review))
                if one.result
            ],
            "certainty": _certainty(review),
        }


def _studies(review: Review) -> list[dict[str, Any]]:
    studies = (
        Study.objects.current().filter(review=review).annotate(n=Count("reports")).order_by("label", "pk")
    )
    return [
        {"id": study.pk, "label": study.label, "design": study.design, "reports": study.n}
        for study in studies
    ]


def _estimate(standing: Standing) -> dict[str, Any]:
    plan, run = standing.plan, standing.run
    pooled = standing.pooled or {}
    return {
        "id": plan.pk,
        "label": plan.name,
        "slug": plan.slug,
        "run": run.pk if run else None,
        "stale": standing.stale,
        "k": standing.k,
        "in_short": standing.in_short or f"{standing.scale.label} {standing.estimate} ({standing.interval})",
        "has_null": has_no_effect(pooled["measure"]) if pooled else False,
        **{name: pooled[name] for name in NUMBERS if name in pooled},
    }


def _certainty(review: Review) -> list[dict[str, Any]]:
    agreed = Grade.objects.agreed().filter(finding__in=Finding.objects.live().filter(review=review))
    return [
        {"id": grade.finding_id, "label": str(grade.finding), "level": str(grade.level)}
        for grade in agreed.select_related("finding__outcome")
        .prefetch_related("steps")
        .order_by("finding", "pk")
    ]
