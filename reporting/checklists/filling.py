"""A checklist filled in: what is known of each item, where the report says it, and what the team answered.

for line in filled(review, CHECKLISTS["prisma2020"]):
    line.item, line.facts, line.location, line.is_own
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from reporting.checklists import found, planned
from reporting.checklists.base import Checklist, Item
from reporting.checklists.fact import Fact, Sources
from reporting.models import ChecklistAnswer
from reviews.models import Review

NOT_APPLICABLE = "Not applicable"
FACTS: dict[str, Callable[[Sources], Fact]] = {
    "title": planned.titled("systematic review"),
    "title_scoping": planned.titled("scoping review"),
    "title_network": planned.titled("network meta-analysis"),
    "title_accuracy": planned.titled("accuracy"),
    "objectives": planned.objectives,
    "eligibility": planned.eligibility,
    "sources": planned.sources,
    "strategies": planned.strategies,
    "selection": planned.selection,
    "collection": planned.collection,
    "outcomes": planned.outcomes,
    "choosing": planned.choosing,
    "variables": planned.variables,
    "bias_tools": planned.bias_tools,
    "measures": planned.measures,
    "conversions": planned.conversions,
    "display": planned.display,
    "synthesis": planned.synthesis,
    "exploring": planned.exploring,
    "sensitivity": planned.sensitivity,
    "small_study": planned.small_study,
    "certainty": planned.certainty,
    "network": planned.network,
    "registration": planned.registration,
    "protocol": planned.protocol,
    "amendments": planned.amendments,
    "availability": planned.availability,
    "flow": found.flow,
    "excluded": found.excluded,
    "studies": found.studies,
    "bias": found.bias,
    "results": found.results,
    "estimates": found.estimates,
    "explored": found.explored,
    "sensitivity_found": found.sensitivity_found,
    "small_study_found": found.small_study_found,
    "networks_found": found.networks_found,
    "grades": found.grades,
} | {f"search_{place}": planned.search_item(place) for place in range(1, 17)}


@dataclass(frozen=True)
class Line:
    """One item with what is known of it, and the team's answer if there is one."""

    item: Item
    facts: tuple[Fact, ...]
    answer: ChecklistAnswer | None

    @property
    def proposed(self) -> str:
        """The part of the report where it belongs, once something is known that can stand there."""
        return self.item.place_words if self.facts and not any(fact.lacking for fact in self.facts) else ""

    @property
    def not_applicable(self) -> bool:
        return bool(self.answer and self.answer.not_applicable)

    @property
    def is_own(self) -> bool:
        """Whether a person said where it is reported, or that it does not apply."""
        return bool(self.answer and (self.answer.location or self.answer.not_applicable))

    @property
    def location(self) -> str:
        """What stands in the filled-in checklist."""
        said = self.answer.location if self.answer else ""
        if self.not_applicable:
            return f"{NOT_APPLICABLE}: {said}" if said else NOT_APPLICABLE
        return said or self.proposed

    @property
    def version(self) -> int:
        """What was seen, for the next change; 0 where nobody answered yet."""
        return self.answer.version if self.answer else 0


def filled(review: Review, checklist: Checklist, only: Item | None = None) -> list[Line]:
    """Every item of the checklist in its order, or one."""
    of = Sources(review)
    answers = {
        answer.item: answer
        for answer in ChecklistAnswer.objects.filter(review=review, checklist=checklist.key)
    }
    told: dict[str, Fact] = {}
    lines = []
    for item in [only] if only else checklist.items:
        for name in item.facts:
            if name not in told:
                told[name] = FACTS[name](of)
        facts = tuple(told[name] for name in item.facts)
        lines.append(Line(item, facts, answers.get(item.number)))
    return lines


def answered(review: Review) -> Counter[str]:
    """How many items of each checklist a person answered."""
    given = ChecklistAnswer.objects.filter(review=review).exclude(location="", not_applicable=False)
    return Counter(given.order_by().values_list("checklist", flat=True))
