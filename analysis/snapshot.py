"""What goes into a run: the plan's settings and every study row, as plain data with a hash.

A run is computed from its snapshot alone, so the result can be reproduced, and a page can say that the data
changed since.
"""

import hashlib
import json

from analysis.models import Plan
from extraction.models import Characteristic, Result

ROW_FIELDS = (
    "kind",
    "scale",
    "time_point",
    "rater",
    "n1",
    "mean1",
    "sd1",
    "events1",
    "n2",
    "mean2",
    "sd2",
    "events2",
    "effect",
    "effect_se",
    "effect_measure",
    "derived",
    "basis",
    "source",
    "version",
)


def take_snapshot(plan: Plan) -> dict:
    """The plan and its rows as JSON: ``{"plan", "outcome", "rows", "left_out"}``.

    One row per study: the preferred result, or the result by the plan's rater where there is one. ``left_out``
    lists every study that has a result but no row, with the reason.
    """
    excluded = set(plan.excluded_studies.values_list("pk", flat=True))
    rows: list[dict] = []
    left_out: list[dict] = []
    for results in _by_study(plan).values():
        result = _choose(results, plan.prefer_rater)
        if result.study_id in excluded:
            left_out.append(
                {"study": result.study.label, "why": plan.exclusion_note or "excluded by the plan"}
            )
        elif plan.leave_out_derived and result.derived:
            left_out.append(
                {"study": result.study.label, "why": "its value is derived, not read off as printed"}
            )
        else:
            rows.append(_row(result))
    _add_groups(plan, rows)
    return {
        "plan": {
            "name": plan.name,
            "measure": plan.measure,
            "tau2_method": plan.tau2_method,
            "test": plan.test,
            "level": plan.level,
            "subgroup_by": plan.subgroup_by,
            "prefer_rater": plan.prefer_rater,
        },
        "outcome": {"name": plan.outcome.name, "direction": plan.outcome.direction},
        "rows": rows,
        "left_out": left_out,
    }


def hash_of(snapshot: dict) -> str:
    """SHA-256 of the snapshot in canonical JSON."""
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _by_study(plan: Plan) -> dict[int, list[Result]]:
    results = (
        Result.objects.current()
        .filter(review=plan.review, outcome=plan.outcome)
        .select_related("study", "experimental", "comparator")
        .order_by("study__year", "study__label", "pk")
    )
    grouped: dict[int, list[Result]] = {}
    for result in results:
        grouped.setdefault(result.study_id, []).append(result)
    return grouped


def _choose(results: list[Result], rater: str) -> Result:
    by_rater = [result for result in results if rater and result.rater == rater]
    preferred = [result for result in results if result.is_preferred]
    return (sorted(by_rater, key=lambda r: not r.is_preferred) or preferred or results)[0]


def _row(result: Result) -> dict:
    return {
        "study_id": result.study_id,
        "study": result.study.label,
        "result_id": result.pk,
        "experimental": result.experimental.label,
        "comparator": result.comparator.label,
        **{name: getattr(result, name) for name in ROW_FIELDS},
    }


def _add_groups(plan: Plan, rows: list[dict]) -> None:
    if not plan.subgroup_by:
        return
    values = dict(
        Characteristic.objects.filter(
            study__in=[row["study_id"] for row in rows], name=plan.subgroup_by
        ).values_list("study_id", "value")
    )
    for row in rows:
        row["subgroup"] = values.get(row["study_id"], "not reported")
