"""What the pages of this room share."""

from django.shortcuts import get_object_or_404
from django.urls import reverse

from certainty.models import Finding, Grade
from reviews.access import ReviewRequest
from reviews.models import Review

ROOM = {"room": "certainty"}


def finding_of(review: Review, pk: int) -> Finding:
    """The review's finding, also a retired one, or Http404."""
    findings = Finding.objects.filter(review=review).select_related("outcome", "plan", "review")
    return get_object_or_404(findings, pk=pk)


def grade_of(request: ReviewRequest, pk: int) -> Grade:
    """A rating that the member may see, or Http404."""
    visible = Grade.objects.visible_to(request.membership)
    visible = visible.select_related("finding__outcome", "finding__plan", "finding__review", "rater", "run")
    return get_object_or_404(visible.prefetch_related("steps"), pk=pk)


def finding_url(finding: Finding) -> str:
    return reverse("certainty:finding", args=[finding.review.slug, finding.pk])


def list_url(review: Review) -> str:
    return reverse("certainty:findings", args=[review.slug])
