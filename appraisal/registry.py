"""Which tools a review has: the built-in ones and its own, by key and version."""

from functools import lru_cache

from django.db.models import Max

from appraisal.instruments import BUILT_IN, Tool, tool_from_data
from appraisal.models.tools import ReviewTool, ToolVersion
from reviews.errors import Refused
from reviews.models import Review
from screening.models import Study


class UnknownInstrument(Refused):
    """No tool, domain, question or level has this name."""


def tool_of(review: Review, key: str, version: int | None = None) -> Tool:
    """The tool ``key`` of ``review``; of an own tool the published ``version``, or the newest one.

    No query for a built-in tool, one the first time for a version of an own tool. UnknownInstrument when the review
    has no such tool or version.
    """
    return tool_at(review.pk, key, 1 if key in BUILT_IN else version or current_version(review, key))


def tool_at(review_id: int, key: str, version: int) -> Tool:
    """``tool_of`` for those who know the version and only the review's id, such as an assessment."""
    return BUILT_IN[key] if key in BUILT_IN else _published(review_id, key, version)


def current_version(review: Review, key: str) -> int:
    """The number of the newest published version; 1 for a built-in tool. UnknownInstrument as ``tool_of``."""
    if key in BUILT_IN:
        return 1
    versions = ToolVersion.objects.filter(tool__review=review, tool__key=key).published()
    newest = versions.aggregate(newest=Max("number"))["newest"]
    if newest is None:
        raise _unknown(review, key)
    return newest


def tools_of(review: Review) -> list[Tool]:
    """The tools on offer, in the review's order: those it chose (its own once published), or all built-in ones."""
    return list(offered(review).values())


def tools_for(study: Study) -> list[Tool]:
    """The tools on offer for the study's design; all of them while the design is unknown or another one."""
    rows = offered(study.review)
    if study.design in ("", Study.Design.OTHER):
        return list(rows.values())
    designs = designs_of(study.review)
    return [tool for key, tool in rows.items() if not designs[key] or study.design in designs[key]]


def designs_of(review: Review) -> dict[str, list[str]]:
    """{tool key: study designs it is for} of the tools on offer; [] stands for every design."""
    chosen = dict(ReviewTool.objects.filter(review=review).in_use().values_list("key", "designs"))
    return {key: chosen.get(key, list(tool.designs)) for key, tool in offered(review).items()}


def offered(review: Review) -> dict[str, Tool]:
    """``tools_of`` by key."""
    rows = ReviewTool.objects.filter(review=review).in_use().with_newest_version()
    chosen = {
        key: tool_at(review.pk, key, newest or 1)
        for key, newest in rows.values_list("key", "newest")  # type: ignore[misc]
        if key in BUILT_IN or newest
    }
    return chosen or dict(BUILT_IN)


def known_keys(review: Review) -> list[str]:
    """Keys of every tool this review could ask for: the built-in ones, and its own published ones."""
    own = ReviewTool.objects.filter(review=review, is_own=True, versions__published_at__isnull=False)
    return [*BUILT_IN, *own.distinct().values_list("key", flat=True)]


def forget() -> None:
    """Read own tools anew; called when a version is published."""
    _published.cache_clear()


@lru_cache(maxsize=512)
def _published(review_id: int, key: str, number: int) -> Tool:
    """A published version never changes, so each is read and built once per process."""
    versions = ToolVersion.objects.filter(tool__review_id=review_id, tool__key=key, number=number).published()
    version = versions.first()
    if version is None:
        raise _unknown(Review(pk=review_id), key)
    return tool_from_data(version.data)


def _unknown(review: Review, key: str) -> UnknownInstrument:
    return UnknownInstrument(
        f"There is no instrument '{key}'. Instruments on offer: {', '.join(known_keys(review))}."
    )
