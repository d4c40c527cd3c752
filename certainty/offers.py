"""Findings that the plans of a review offer."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from analysis.models import Plan, Run
from certainty.models import Finding
from reviews.models import Review


@dataclass(frozen=True)
class Offer:
    """A plan in use without a finding: ``fields`` are ready for add_finding(plan=plan, **fields).

    ``k``: studies in its newest result, None without one; ``finished``: whether there is a result.
    """

    plan: Plan
    fields: dict[str, Any]
    k: int | None
    finished: bool


def offered(review: Review) -> list[Offer]:
    """Plans in use that no live finding rests on: those of primary outcomes first, then the prespecified ones."""
    taken = Finding.objects.live().filter(review=review, plan__isnull=False).values("plan")
    plans = Plan.objects.live().filter(review=review).exclude(pk__in=taken).select_related("outcome")
    last = Run.objects.finished().filter(plan__in=plans).order_by().values("plan").annotate(last=Max("pk"))
    newest = dict(Run.objects.filter(pk__in=last.values("last")).values_list("plan", "result"))
    found = [_offer(plan, review, newest.get(plan.pk)) for plan in plans]
    return sorted(found, key=lambda one: (not one.plan.outcome.is_primary, not one.plan.prespecified))


def _offer(plan: Plan, review: Review, result: dict[str, Any] | None) -> Offer:
    importance = Finding.Importance.CRITICAL if plan.outcome.is_primary else Finding.Importance.IMPORTANT
    fields = {
        "intervention": plan.experimental_label,
        "comparison": plan.comparator_label,
        "population": review.population.strip()[:300],
        "time_point": plan.outcome.time_point,
        "importance": importance.value,
    }
    k = ((result.get("pooled") or result).get("k")) if result else None
    return Offer(plan, fields, k, result is not None)
