"""What the pages of this room share."""

from django.shortcuts import get_object_or_404

from analysis.models import Plan, Run
from reviews.models import Review

ROOM = {"room": "analyses"}


def plan_of(review: Review, slug: str) -> Plan:
    found = Plan.objects.select_related("outcome", "created_by", "review")
    return get_object_or_404(found, review=review, slug=slug)


def run_of(review: Review, pk: int) -> Run:
    found = Run.objects.select_related(
        "plan__outcome", "plan__review", "job__requested_by", "requested_by", "review"
    )
    return get_object_or_404(found, review=review, pk=pk)
