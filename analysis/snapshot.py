"""What goes into a run: the plan's settings and every study row, as plain data with a hash.

A run is computed from its snapshot alone, so the result can be reproduced, and a page can say that the data
changed since.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from analysis import risk
from analysis.candidates import Candidates, Row, has_rules, kept
from analysis.models import Plan
from analysis.moderator_values import INTERVENTION, WEEKS, YEAR, value_of
from analysis.plan_settings import for_snapshot
from analysis.selection import LeftOut, Selection, Tie, remarks, select
from appraisal.judged import Judged
from reviews.models import Review

NOT_REPORTED = "not reported"
NONE_MARKED = "it has several results and none is marked as the one to analyse"
DERIVED = "a derived value, not read off as printed"
GONE = "none of its reports is in the review any more"


@dataclass
class Taken:
    """What a plan takes: rows, studies left out with the reason (those that need a choice are ties), and notes."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """What a plan would pool today. ``ties`` wait for a choice; they are not among ``left_out``.

    ``without_result``: labels of the studies in the review that have no result of the outcome. ``notes``: what a
    reader must be told, a sentence each.
    """

    rows: list[Row]
    ties: list[Tie]
    left_out: list[LeftOut]
    notes: list[str]
    without_result: list[str]

    @property
    def eligible(self) -> int:
        """How many studies have a row."""
        return len({row["study_id"] for row in self.rows})


def take_snapshot(plan: Plan) -> dict:
    """The plan and its rows as JSON: ``{"plan", "outcome", "rows", "left_out"}``, and ``"notes"`` if there are any.

    Rows are by year and label of the study, with the ``risk`` of bias agreed about that result, if any. Without rules
    there is one per study: the result marked in extraction, or that by the plan's rater where there is one. Rules
    (``plan.selection``, or a network) may give a study several, so each has its key in ``row``, besides
    ``treatments``, what was ``converted``, and what became of a multi-arm study in ``part``. ``left_out`` lists every
    study that has a result but no row, with the reason.
    """
    return take_snapshots(plan.review, [plan])[plan.pk]


def take_snapshots(review: Review, plans: Iterable[Plan]) -> dict[int, dict]:
    """Snapshots of several plans of one review by their ids; the number of queries does not grow with the plans."""
    plans = list(plans)
    candidates = Candidates(review, plans)
    excluded = _excluded(plans)
    return {plan.pk: _snapshot(plan, _take(plan, candidates, excluded[plan.pk])) for plan in plans}


def preview(plan: Plan, excluded: Collection[int] | None = None) -> Preview:
    """What the plan takes of today's data; also of a plan that is not saved, with the ids of ``excluded`` studies."""
    candidates = Candidates(plan.review, [plan])
    if excluded is None:
        excluded = _excluded([plan])[plan.pk] if plan.pk else set()
    taken = _take(plan, candidates, set(excluded))
    seen = candidates.of[plan.outcome_id]
    return Preview(
        rows=taken.rows,
        ties=[one for one in taken.left_out if isinstance(one, Tie)],
        left_out=[one for one in taken.left_out if not isinstance(one, Tie)],
        notes=[*taken.notes, *remarks(taken.rows, plan.measure)],
        without_result=sorted(
            (label for pk, label in candidates.current.items() if pk not in seen), key=str.casefold
        ),
    )


def hash_of(snapshot: dict) -> str:
    """SHA-256 of the snapshot in canonical JSON."""
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def fingerprint(snapshot: dict, engine: str) -> str:
    """What tells two runs apart: the snapshot and the engine that computes it."""
    return hash_of(snapshot | {"engine": engine})


def _snapshot(plan: Plan, taken: Taken) -> dict:
    return {
        "plan": for_snapshot(plan),
        "outcome": {"name": plan.outcome.name, "direction": plan.outcome.direction},
        "rows": taken.rows,
        "left_out": [one.to_dict() for one in taken.left_out],
    } | ({"notes": taken.notes} if taken.notes else {})


def _excluded(plans: Iterable[Plan]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {plan.pk: set() for plan in plans}
    through = Plan.excluded_studies.through.objects.filter(plan__in=found)
    for plan_id, study_id in through.values_list("plan_id", "study_id"):
        found[plan_id].add(study_id)
    return found


def _take(plan: Plan, candidates: Candidates, excluded: set[int]) -> Taken:
    """Choose, then leave out for risk of bias, then say groups and moderators."""
    results = candidates.of[plan.outcome_id]
    chosen = (_by_rules if has_rules(plan) else _as_marked)(plan, results, candidates.current, excluded)
    taken = Taken(left_out=[*chosen.left_out], notes=[*chosen.notes])
    for row in chosen.rows:
        judged = candidates.agreed.of(row["study_id"], plan.outcome, row["time_point"])
        if why := risk.why_left_out(plan.risk_of_bias, judged):
            taken.left_out.append(LeftOut(row["study_id"], row["study"], why))
        else:
            taken.rows.append(_described(row, judged, plan, candidates, taken.notes))
    place = {study: i for i, study in enumerate(results)}
    taken.left_out.sort(key=lambda one: place[one.study_id])
    return taken


def _as_marked(
    plan: Plan, results: dict[int, list[Row]], current: Collection[int], excluded: set[int]
) -> Taken:
    """The result marked in extraction, of each study; or that by the plan's rater."""
    taken = Taken()
    for study_id, of_study in results.items():
        name, result = of_study[0]["study"], _marked(of_study, plan.prefer_rater)
        why = _why_not_at_all(plan, study_id in current, study_id in excluded)
        if result is None and not why:
            taken.left_out.append(
                Tie(study_id, name, NONE_MARKED, tuple(one["result_id"] for one in of_study))
            )
        elif why := why or (DERIVED if plan.leave_out_derived and result and result["derived"] else ""):
            taken.left_out.append(LeftOut(study_id, name, why))
        elif result:
            taken.rows.append(result)
    return taken


def _by_rules(
    plan: Plan, results: dict[int, list[Row]], current: Collection[int], excluded: set[int]
) -> Taken:
    """What the plan's rules choose; a rater that the plan prefers goes first unless its rules say otherwise."""
    selection = Selection.read(
        ({"raters": [plan.prefer_rater]} if plan.prefer_rater else {}) | plan.selection
    )
    taken = Taken()
    open_to_choice: list[Row] = []
    for study_id, of_study in results.items():
        if why := _why_not_at_all(plan, study_id in current, study_id in excluded):
            taken.left_out.append(LeftOut(study_id, of_study[0]["study"], why))
        else:
            open_to_choice += of_study
    chosen = select(
        open_to_choice,
        selection,
        measure="" if plan.kind == Plan.Kind.NARRATIVE else plan.measure,
        network=plan.kind == Plan.Kind.NETWORK,
        leave_out_derived=plan.leave_out_derived,
    )
    return Taken([*chosen.rows], [*taken.left_out, *chosen.left_out], [*chosen.notes])


def _why_not_at_all(plan: Plan, current: bool, excluded: bool) -> str:
    if not current:
        return GONE
    return (plan.exclusion_note or "excluded by the plan") if excluded else ""


def _marked(results: list[Row], rater: str) -> Row | None:
    """The rater's result (of several the preferred one, else the first), else the preferred or only result."""
    by_rater = [result for result in results if rater and result["rater"] == rater]
    preferred = [result for result in results if result["is_preferred"]]
    for found in (sorted(by_rater, key=lambda one: not one["is_preferred"]), preferred):
        if found:
            return found[0]
    return results[0] if len(results) == 1 else None


def _described(
    row: Row, judged: Judged | None, plan: Plan, candidates: Candidates, notes: list[str]
) -> dict[str, Any]:
    """The row as the snapshot keeps it, with risk of bias, subgroup and moderators."""

    def given(name: str) -> Any:
        if name == risk.BY_RISK:
            return risk.in_words(judged)
        special = {
            YEAR: row.get("year"),
            WEEKS: row.get("weeks"),
            INTERVENTION: row.get("treatments", [""])[0],
        }
        return special[name] if name in special else candidates.fact(row["study_id"], name)

    made = kept(row)
    if not has_rules(plan):
        made = {name: value for name, value in made.items() if name not in ("treatments", "converted")}
    if judged:
        made["risk"] = risk.kept(judged)
    if plan.subgroup_by == risk.BY_RISK:
        made |= {"subgroup": risk.in_words(judged), "subgroup_order": risk.order_of(judged)}
    elif plan.subgroup_by:
        made["subgroup"] = given(plan.subgroup_by) or NOT_REPORTED
    if plan.moderators:
        values = {one["name"]: value_of(one, given(one["name"])) for one in plan.moderators}
        made["moderators"] = {name: value for name, (value, _) in values.items()}
        notes += [f"{row['study']}: {fault}." for _, fault in values.values() if fault]
    return made
