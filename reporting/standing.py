"""Where the review stands and what waits for the person who asks: one tile per step, each a link to the work."""

from typing import NamedTuple

from django.urls import reverse

from analysis.models import Run
from appraisal.models import Assessment
from extraction.models import Result
from records.queue import pairs_to_decide
from reporting.prisma import flow_counts
from reviews.models import Membership
from reviews.permissions import Permission
from screening.models import Stage, Verdict
from screening.queue import progress


class Tile(NamedTuple):
    value: int
    label: str
    sub: str
    href: str


def standing(membership: Membership) -> list[Tile]:
    """The person's own work first, then the review from records to runs. Totals only, so nothing is unblinded."""
    return [*_mine(membership), *_everyones(membership)]


def _mine(membership: Membership) -> list[Tile]:
    review, may = membership.review, membership.may
    tiles = []
    if Permission.SCREEN in may:
        left = progress(review, Stage.TITLE_ABSTRACT, membership.user).left
        url = reverse("screening:screen", args=[review.slug, Stage.TITLE_ABSTRACT])
        tiles.append(Tile(left, "titles to screen", "by you", url))
        left = progress(review, Stage.FULL_TEXT, membership.user).left
        url = reverse("screening:screen", args=[review.slug, Stage.FULL_TEXT])
        tiles.append(Tile(left, "full texts to read", "by you", url))
    if Permission.ADJUDICATE in may:
        conflicts = Verdict.objects.filter(review=review).conflicts().count()
        tiles.append(
            Tile(conflicts, "conflicts", "to resolve", reverse("screening:conflicts", args=[review.slug]))
        )
    if Permission.DEDUPLICATE in may:
        waiting = len(pairs_to_decide(review))
        url = reverse("records:duplicates", args=[review.slug])
        tiles.append(Tile(waiting, "possible duplicates", "to decide", url))
    return tiles


def _everyones(membership: Membership) -> list[Tile]:
    review = membership.review
    counts = flow_counts(review, whole=True)
    judged = Assessment.objects.filter(review=review).consensus().values("study").distinct().count()
    extracted = Result.objects.current().filter(review=review).values("study").distinct().count()
    runs = Run.objects.filter(review=review, result__isnull=False).values("plan").distinct().count()
    identified = counts.identified + counts.other_identified
    waiting = counts.awaiting_screening + counts.other_awaiting_screening
    return [
        Tile(
            identified,
            "records",
            f"{waiting:,} await screening",
            reverse("records:searches", args=[review.slug]),
        ),
        Tile(
            counts.total_studies,
            "studies included",
            f"{counts.total_reports:,} reports",
            reverse("screening:studies", args=[review.slug]),
        ),
        Tile(
            judged,
            "risk of bias agreed",
            f"of {counts.total_studies:,}",
            reverse("appraisal:overview", args=[review.slug]),
        ),
        Tile(
            extracted,
            "studies extracted",
            f"of {counts.total_studies:,}",
            reverse("extraction:overview", args=[review.slug]),
        ),
        Tile(runs, "analyses computed", "", reverse("analysis:plans", args=[review.slug])),
    ]
