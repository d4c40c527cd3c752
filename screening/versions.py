"""The versions of the protocol: what each changed, by whom and why, its criteria then, and the votes under it.

Read from the history: criteria are followed back from how they are now, event by event.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from reviews.models import AuditEvent, Criterion, Membership, Review
from reviews.services.protocol import AMENDMENT, CRITERION_VERBS
from screening.models import Decision

OPENED = "reviews.opened"


@dataclass
class Version:
    """``criteria`` are those in force at the end of the version: votes come after the edits that began it."""

    number: int
    events: list[AuditEvent] = field(default_factory=list)
    criteria: list[dict] = field(default_factory=list)
    votes: int = 0

    @property
    def begun_at(self) -> datetime | None:
        return self.events[0].at if self.events else None

    @property
    def authors(self) -> list[str]:
        return list(dict.fromkeys(event.actor_name for event in self.events))

    @property
    def reasons(self) -> list[str]:
        return list(dict.fromkeys(filter(None, (event.detail.get("why") for event in self.events))))


def versions_of(review: Review, membership: Membership) -> list[Version]:
    """All versions, the present one first; ``votes`` counts live votes that the reader may see. Three queries."""
    told = AuditEvent.objects.filter(review=review, verb__in=[OPENED, AMENDMENT, *CRITERION_VERBS]).order_by(
        "pk"
    )
    found = {number: Version(number) for number in range(review.protocol_version, 0, -1)}
    for event in told:
        number = event.detail.get("protocol_version", 1)
        if number in found:
            found[number].events.append(event)
    counted = Decision.objects.visible_to(membership).live().filter(review=review).order_by()
    for number, votes in counted.values_list("protocol_version").annotate(Count("pk")):
        if number in found:
            found[number].votes = votes
    now = {str(row.pk): _values(row) for row in review.criteria.filter(retired_at=None)}
    for version in found.values():
        version.criteria = _in_order(now)
        for event in reversed(version.events):
            _take_back(now, event)
    return list(found.values())


def _values(row: Criterion) -> dict:
    return {"kind": row.kind, "element": row.element, "text": row.text}


def _take_back(criteria: dict[str, dict], event: AuditEvent) -> None:
    """Make ``criteria`` what they were before ``event``."""
    pk, detail = event.target_id, event.detail
    if event.verb in ("reviews.criterion_added", "reviews.criterion_restored"):
        criteria.pop(pk, None)
    elif event.verb == "reviews.criterion_retired":
        criteria[pk] = dict(detail["old"])
    elif event.verb == "reviews.criterion_changed" and pk in criteria:
        old = {name: change["old"] for name, change in detail["changes"].items() if name in criteria[pk]}
        criteria[pk] = criteria[pk] | old


def _in_order(criteria: dict[str, dict]) -> list[dict]:
    """Inclusions first, each with the words the page shows."""
    kinds, elements = dict(Criterion.Kind.choices), dict(Criterion.Element.choices)
    rows = [
        row
        | {
            "kind_label": kinds.get(row["kind"], row["kind"]),
            "element_label": elements.get(row["element"], ""),
        }
        for row in criteria.values()
    ]
    return sorted(rows, key=lambda row: row["kind"] != Criterion.Kind.INCLUDE)
