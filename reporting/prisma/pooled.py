"""The box of the meta-analysis: studies that the newest results pool."""

from datetime import datetime

from django.db.models import Q

from analysis.models import Plan, Run
from reporting.tally import Tally
from reviews.models import Review


def in_analyses(review: Review, whole: Tally, as_of: datetime | None) -> tuple[int | None, int | None]:
    """How many included studies, and reports of these, went into the newest result of a plan that pools.

    None where no plan has a result. Plans that were retired count no more; a synthesis without meta-analysis pools
    nothing.
    """
    plans = Plan.objects.filter(review=review).exclude(kind=Plan.Kind.NARRATIVE)
    runs = Run.objects.finished().filter(review=review)
    if as_of:
        plans = plans.filter(Q(retired_at=None) | Q(retired_at__gt=as_of))
        runs = runs.filter(finished_at__lte=as_of)
    else:
        plans = plans.live()
    newest: dict[int, int] = dict(
        runs.filter(plan__in=plans.values("pk")).order_by("pk").values_list("plan_id", "pk")
    )
    if not newest:
        return None, None
    went_in = Run.objects.filter(pk__in=newest.values()).order_by().values_list("snapshot__rows", flat=True)
    return _counted(whole, {row["study_id"] for rows in went_in for row in rows or ()})


def _counted(whole: Tally, pooled: set[int]) -> tuple[int, int]:
    studies = whole.facts.studies
    reports = [pk for pk in whole.all_included if studies.get(pk) in pooled]
    return len({studies[pk] for pk in reports}), len(reports)
