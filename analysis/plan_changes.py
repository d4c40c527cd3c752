"""What was changed in plans after they were written, as plain data."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from analysis.models import Plan, PlanChange
from analysis.plan_settings import PLAN_SETTINGS
from analysis.plan_words import in_words


class Difference(NamedTuple):
    """One setting before and after, in words."""

    name: str
    setting: str
    before: str
    after: str


def differences(change: PlanChange) -> list[Difference]:
    """What a change changed, in the order of the settings."""
    return [
        Difference(name, setting.label, *("; ".join(in_words(name, value)) for value in change.changed[name]))
        for name, setting in PLAN_SETTINGS.items()
        if name in change.changed
    ]


def plan_changes(plan: Plan) -> list[dict[str, Any]]:
    """The post hoc changes of a plan, oldest first; see ``changes_of``."""
    return changes_of([plan]).get(plan.pk, [])


def changes_of(plans: Iterable[Plan]) -> dict[int, list[dict[str, Any]]]:
    """{id of a plan: its post hoc changes, oldest first} as JSON, for snapshots and words. One query.

    Each is ``{"version", "on": "2026-01-31", "reason", "changed": [{"name", "setting", "before", "after"}]}``, three
    in words. Changes before any result could be known, and those of wording, are not among them.
    """
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    pks = [plan.pk for plan in plans if plan.pk is not None]
    for change in PlanChange.objects.filter(plan__in=pks, post_hoc=True) if pks else []:
        found[change.plan_id].append(_as_json(change))
    return dict(found)


def changes_before(plan: Plan, at: datetime) -> list[dict[str, Any]]:
    """The post hoc changes of a plan that a run asked for ``at`` that time was made under; see ``changes_of``."""
    return [_as_json(change) for change in plan.changes.filter(post_hoc=True, changed_at__lte=at)]


def _as_json(change: PlanChange) -> dict[str, Any]:
    return {
        "version": change.version,
        "on": change.changed_at.date().isoformat(),
        "reason": change.reason,
        "changed": [one._asdict() for one in differences(change)],
    }
