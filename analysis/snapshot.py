"""What goes into a run: the plan's settings and every study row, as plain data with a hash.

A run is computed from its snapshot alone, so the result can be reproduced, and a page can say that the data
changed since.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable

from analysis.models import Plan
from analysis.risk import BY_RISK, in_words, kept, order_of, why_left_out
from appraisal.judged import Agreed
from extraction.models import Characteristic, Result
from extraction.values import FIELDS
from reviews.models import Review
from screening.models import Study

PLAN_FIELDS = (
    "name",
    "measure",
    "tau2_method",
    "test",
    "level",
    "subgroup_by",
    "prefer_rater",
    "leave_out_derived",
    "exclusion_note",
    "experimental_label",
    "comparator_label",
    "prespecified",
)
ROW_FIELDS = (
    "kind",
    "scale",
    "time_point",
    "rater",
    *(
        "n1",
        "mean1",
        "sd1",
        "n2",
        "mean2",
        "sd2",
        "events1",
        "events2",
        "effect_measure",
        "effect",
        "effect_se",
    ),
    "derived",
    "basis",
    "source",
    "version",
)
#: {field of a result: key in a row}, in a row only where they say something, so that a run of before these were
#: known is still the same run. "subgroup" in a row is the plan's.
CIRCUMSTANCES = {
    "weeks": "weeks",
    "population": "population",
    "subgroup": "people",
    "is_change": "is_change",
    "adjusted": "adjusted",
}
NOT_REPORTED = "not reported"


def take_snapshot(plan: Plan) -> dict:
    """The plan and its rows as JSON: ``{"plan", "outcome", "rows", "left_out"}``.

    One row per study, by year and label: the preferred result, or the result by the plan's rater where there is
    one, with the ``risk`` of bias agreed about that result, if any. ``left_out`` lists every study that has a result
    but no row, with the reason.
    """
    return take_snapshots(plan.review, [plan])[plan.pk]


def take_snapshots(review: Review, plans: Iterable[Plan]) -> dict[int, dict]:
    """Snapshots of several plans of one review by their ids; the number of queries does not grow with the plans."""
    plans = list(plans)
    results = _results(review, {plan.outcome_id for plan in plans})
    current = set(Study.objects.current().filter(review=review).values_list("pk", flat=True))
    groups = _groups(review, {plan.subgroup_by for plan in plans} - {"", BY_RISK})
    agreed = Agreed(review)
    excluded = defaultdict(set)
    through = Plan.excluded_studies.through.objects.filter(plan__in=[plan.pk for plan in plans])
    for plan_id, study_id in through.values_list("plan_id", "study_id"):
        excluded[plan_id].add(study_id)
    return {
        plan.pk: _snapshot(plan, results[plan.outcome_id], current, excluded[plan.pk], groups, agreed)
        for plan in plans
    }


def hash_of(snapshot: dict) -> str:
    """SHA-256 of the snapshot in canonical JSON."""
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def fingerprint(snapshot: dict, engine: str) -> str:
    """What tells two runs apart: the snapshot and the engine that computes it."""
    return hash_of(snapshot | {"engine": engine})


def _snapshot(
    plan: Plan,
    results: dict[int, list[Result]],
    current: set[int],
    excluded: set[int],
    groups: dict[tuple[int, str], str],
    agreed: Agreed,
) -> dict:
    rows: list[dict] = []
    left_out: list[dict] = []
    for study_id, of_study in results.items():
        result = _choose(of_study, plan.prefer_rater)
        judged = agreed.of(study_id, plan.outcome, result.time_point) if result else None
        why = _why_left_out(plan, result, study_id in current, study_id in excluded)
        why = why or why_left_out(plan.risk_of_bias, judged)
        if why or result is None:
            left_out.append({"study_id": study_id, "study": of_study[0].study.label, "why": why})
            continue
        row = _row(result)
        if judged:
            row["risk"] = kept(judged)
        if plan.subgroup_by == BY_RISK:
            row |= {"subgroup": in_words(judged), "subgroup_order": order_of(judged)}
        elif plan.subgroup_by:
            row["subgroup"] = groups.get((study_id, plan.subgroup_by), NOT_REPORTED)
        rows.append(row)
    return {
        "plan": {name: getattr(plan, name) for name in PLAN_FIELDS} | _risk_setting(plan),
        "outcome": {"name": plan.outcome.name, "direction": plan.outcome.direction},
        "rows": rows,
        "left_out": left_out,
    }


def _risk_setting(plan: Plan) -> dict[str, str]:
    """There only where the plan has one, so that runs of the time before this setting are not out of date."""
    return {"risk_of_bias": plan.risk_of_bias} if plan.risk_of_bias else {}


def _why_left_out(plan: Plan, result: Result | None, current: bool, excluded: bool) -> str:
    if not current:
        return "none of its reports is in the review any more"
    if excluded:
        return plan.exclusion_note or "excluded by the plan"
    if result is None:
        return "it has several results and none is marked as the one to analyse"
    if plan.leave_out_derived and result.derived:
        return "a derived value, not read off as printed"
    return ""


def _results(review: Review, outcomes: set[int]) -> dict[int, dict[int, list[Result]]]:
    """{outcome: {study: its current results}}, studies by year and label."""
    found = list(
        Result.objects.current()
        .filter(review=review, outcome__in=outcomes)
        .select_related("study", "experimental", "comparator")
    )
    found.sort(key=lambda r: (r.study.year or 9999, r.study.label.casefold(), r.study_id, r.pk))
    grouped: dict[int, dict[int, list[Result]]] = defaultdict(dict)
    for result in found:
        grouped[result.outcome_id].setdefault(result.study_id, []).append(result)
    return grouped


def _groups(review: Review, names: set[str]) -> dict[tuple[int, str], str]:
    found = Characteristic.objects.filter(study__review=review, name__in=names) if names else []
    return {(one.study_id, one.name): one.value for one in found}


def _choose(results: list[Result], rater: str) -> Result | None:
    """The rater's result (of several the preferred one, else the first), else the preferred or only result."""
    by_rater = [result for result in results if rater and result.rater == rater]
    preferred = [result for result in results if result.is_preferred]
    for found in (sorted(by_rater, key=lambda r: not r.is_preferred), preferred):
        if found:
            return found[0]
    return results[0] if len(results) == 1 else None


def _row(result: Result) -> dict:
    return {
        "study_id": result.study_id,
        "study": result.study.label,
        "result_id": result.pk,
        "experimental": result.experimental.label,
        "comparator": result.comparator.label if result.comparator else "",
        **{name: getattr(result, name) for name in ROW_FIELDS},
        **_said(result),
    }


def _said(result: Result) -> dict:
    """The numbers and circumstances beyond ROW_FIELDS that are filled in."""
    numbers = {field.name: field.name for field in FIELDS[result.kind] if field.name not in ROW_FIELDS}
    more = {key: getattr(result, name) for name, key in (numbers | CIRCUMSTANCES).items()}
    return {name: value for name, value in more.items() if value is not False and value not in (None, "")}
