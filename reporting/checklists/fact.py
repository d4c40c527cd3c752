"""One thing that is known of a review, and everything the facts are made from, read when asked for and once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from analysis.models import Plan
from analysis.standing import Standing, standings
from records.appendix import Appendix
from reviews.models import Review
from screening.models import Study


@dataclass(frozen=True)
class Fact:
    """A sentence, and the page that shows it; ``lacking`` where the review says nothing yet, or not enough."""

    words: str
    href: str = ""
    lacking: bool = False


class Sources:
    """What the facts of one review are made from. Only what every member may read: the protocol, what is settled,
    agreed or shared, and results of finished runs."""

    def __init__(self, review: Review):
        self.review = review

    @cached_property
    def appendix(self) -> Appendix:
        return Appendix(self.review)

    @cached_property
    def studies(self) -> list[Study]:
        return list(Study.objects.current().filter(review=self.review))

    @cached_property
    def plans(self) -> list[Plan]:
        plans = Plan.objects.live().filter(review=self.review).select_related("outcome")
        return list(plans.order_by("pk"))

    @cached_property
    def standings(self) -> list[Standing]:
        return standings(self.review, self.plans)

    @property
    def results(self) -> list[Standing]:
        """The plans that have a result."""
        return [one for one in self.standings if one.result]

    def href(self, name: str, *arguments: object) -> str:
        return reverse(name, args=[self.review.slug, *arguments])


def number(count: int, one: str, many: str = "") -> str:
    """1 study, 2 studies."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(words: Iterable[str], most: int = 6) -> str:
    """a, b and c; of a long list the first ones."""
    found = list(dict.fromkeys(word for word in words if word))
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))
