"""The tools of a review as a list: what each is for, how often it was used, what waits."""

from collections import Counter
from dataclasses import dataclass

from appraisal.instruments import BUILT_IN, Tool
from appraisal.models import Assessment, ReviewTool
from appraisal.registry import tool_of
from reviews.models import Review
from screening.models import Study


@dataclass(frozen=True)
class Listed:
    """One tool. ``tool`` is None for an own one that was never published; ``version`` is its newest published one."""

    key: str
    name: str
    tool: Tool | None
    designs: list[str]
    is_own: bool
    retired: bool
    version: int | None
    draft: int | None
    used: int
    outdated: int


def listed(review: Review) -> list[Listed]:
    """The tools the review chose, in its order; the number of queries does not grow with the assessments."""
    rows = ReviewTool.objects.filter(review=review).with_newest_version().prefetch_related("versions")
    made = Assessment.objects.filter(review=review).order_by().values_list("instrument", "tool_version")
    used = Counter(made)
    return [_listed(review, row, used) for row in rows]


def _listed(review: Review, row: ReviewTool, used: Counter[tuple[str, int]]) -> Listed:
    versions = list(row.versions.all())
    draft = next((version for version in versions if version.is_draft), None)
    newest: int | None = None if row.key in BUILT_IN else row.newest  # type: ignore[attr-defined]
    tool = tool_of(review, row.key, newest) if row.key in BUILT_IN or newest else None
    name = tool.name if tool else versions[-1].data["name"] if versions else row.key
    mine = {version: number for (key, version), number in used.items() if key == row.key}
    return Listed(
        key=row.key,
        name=name,
        tool=tool,
        designs=[Study.Design(design).label for design in row.designs],
        is_own=row.is_own,
        retired=row.retired_at is not None,
        version=newest,
        draft=draft.number if draft else None,
        used=sum(mine.values()),
        outdated=sum(number for version, number in mine.items() if newest and version < newest),
    )
