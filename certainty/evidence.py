"""What a finding rests on today, as plain data with a hash: the result, its studies and what was agreed of them."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from analysis import risk
from analysis.models import Plan, Run
from analysis.risk_levels import UNKNOWN, standing
from analysis.snapshot import fingerprint, take_snapshots
from appraisal.judged import Agreed, Judged
from certainty.grade import from_run, mid
from certainty.models import Finding
from reviews.models import Review
from screening.models import Study

#: Of the evidence, what may differ without anything having changed that a rating rests on.
PASSING = ("run", "doubts", "told", "trim_and_fill", "without_high")
OF_STUDY = ("study", "as_in_run", "row", "time_point")
OF_ASKED = ("outcome", "intervention", "comparison", "time_point", "scale", "unit")
#: Significant digits that count.
DIGITS = 6


class Evidences:
    """The evidence of several findings of one review, read at once: the number of queries does not grow with them."""

    def __init__(self, review: Review, findings: Iterable[Finding]):
        plans = {one.plan_id: one.plan for one in findings if one.plan is not None}
        self._runs = _runs(review, list(plans.values()))
        self._agreed = Agreed(review)
        self._designs = dict(Study.objects.filter(review=review).values_list("pk", "design"))

    def of(self, finding: Finding) -> dict[str, Any]:
        """``evidence_of`` the finding."""
        run, is_today = self._found(finding)
        if finding.plan is None:
            numbers = from_run.nothing(from_run.NO_PLAN)
        elif run is None or run.result is None:
            numbers = from_run.nothing(from_run.NO_RUN.format(finding.plan.name))
        else:
            numbers = from_run.numbers_of(run.snapshot, run.result, finding.intervention, finding.comparison)
        for study in numbers["studies"]:
            self._judge(study, finding, numbers["kind"])
        numbers["asked"] = mid.asked(finding, numbers)
        numbers["run"] = (
            None
            if run is None
            else {
                "id": run.pk,
                "plan": run.plan.name,
                "finished_at": run.finished_at.isoformat() if run.finished_at else "",
                "is_today": is_today,
            }
        )
        numbers["doubts"] += _doubts(numbers)
        return numbers

    def run_of(self, finding: Finding) -> Run | None:
        """The run its numbers are from."""
        return self._found(finding)[0]

    def _found(self, finding: Finding) -> tuple[Run | None, bool]:
        return self._runs.get(finding.plan_id or 0, (None, False))

    def _judge(self, study: dict[str, Any], finding: Finding, kind: str) -> None:
        """Say of a study what was agreed of its risk of bias to this day, and its design."""
        judged = self._agreed.of(study["id"], finding.outcome, study["time_point"])
        before = study.pop("risk") or {}
        study["design"] = self._designs.get(study["id"], "")
        study["risk"] = standing(judged.tool, judged.values, judged.overall) if judged else UNKNOWN
        study["judged"] = risk.in_words(judged)
        study["tool"] = judged.tool.key if judged else ""
        study["critical"] = _is_critical(judged)
        today = (dict(judged.values), judged.overall) if judged else (None, None)
        # the contrasts of a network do not keep what was agreed, so there is nothing to compare with
        study["as_in_run"] = kind == "network" or (before.get("values"), before.get("overall")) == today


def evidence_of(finding: Finding) -> dict[str, Any]:
    """What the finding rests on today, as JSON.

    The numbers are of the run of today's data, else of the newest finished run of the finding's plan; judgements are
    those agreed today. Ratios are logarithms as in analysis.engine. Keys:

        kind            "pairwise" | "network" | "narrative" | "none" (no plan, or no finished run)
        reason          why there is no pooled effect, "" where there is one
        asked           {outcome, outcome_kind ("continuous" | "dichotomous" ...), direction ("lower" | "higher" is
                        better), intervention, comparison, time_point, scale, unit, mid (on the scale people read,
                        None where unknown), mid_from ("finding" | "outcome" | "outcome in SDs" | ""), mid_note (why
                        the outcome's is not used, ""), ois (participants, as the finding says, or None)}
        run             {id, plan, finished_at, is_today: whether plan and data are still those of the run} | None
        measure, level  "RR" ..., 95.0
        pooled          {estimate, se, ci_low, ci_high, pi_low, pi_high, tau2, i2, q, q_df, q_pval, k, size, method} |
                        None
        studies         [{id, study, row, time_point, design, yi, ci_low, ci_high, weight (percent | None), dropped,
                        direction (of a synthesis without meta-analysis), people, people1, people2, events1, events2,
                        mean2, sd2 (as recorded, None where not), risk ("low" | "between" | "high" | ""), judged (in
                        words), tool, critical, as_in_run (whether the run knew the same judgement)}]; of a network
                        the direct comparisons alone
        participants    {total, intervention, comparator, unknown: [study labels]}; None for what nobody reported
        events          {intervention, of_intervention, comparator, of_comparator} (of studies that count them) | None
        comparator_risk events over people, 0 to 1 | None
        comparator_mean, comparator_sd    where all studies report them on one scale | None
        small_study     {key, name, pval, k} of the proposed test | {"reason": sentence} | None
        trim_and_fill   {k0, estimate, ci_low, ci_high} | None
        without_high    {estimate, ci_low, ci_high, k, without: [labels]} (a sensitivity analysis of the run) | None
        network         {direct: share of direct evidence 0 to 1, direct_studies, difference_pval (direct against
                        indirect), global_pval} | None
        told            what a synthesis without meta-analysis found, in a few words | ""
        doubts          [sentences: what a reader of the evidence should know]
    """
    return Evidences(finding.review, [finding]).of(finding)


def hash_of(evidence: dict[str, Any]) -> str:
    """SHA-256 of what a rating rests on: two evidences with one hash say the same, whichever run they are from."""
    kept = {name: value for name, value in evidence.items() if name not in PASSING}
    kept["studies"] = [_without(one, OF_STUDY) for one in evidence.get("studies", ())]
    kept["asked"] = _without(evidence.get("asked", {}), OF_ASKED)
    return hashlib.sha256(json.dumps(_rounded(kept), sort_keys=True).encode()).hexdigest()


def _without(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def _runs(review: Review, plans: list[Plan]) -> dict[int, tuple[Run, bool]]:
    """By plan: the finished run of today's data, else the newest finished one; and whether it is of today's data."""
    finished = Run.objects.filter(plan__in=plans).finished().order_by("-pk")
    light: dict[int, list[Run]] = defaultdict(list)
    for run in finished.only("pk", "plan_id", "engine_version", "input_hash"):
        light[run.plan_id].append(run)
    snapshots = take_snapshots(review, [plan for plan in plans if plan.pk in light])
    chosen: dict[int, bool] = {}
    for plan_id, runs in light.items():
        same = [run for run in runs if fingerprint(snapshots[plan_id], run.engine_version) == run.input_hash]
        chosen[(same or runs)[0].pk] = bool(same)
    whole = Run.objects.filter(pk__in=chosen).select_related("plan")
    return {run.plan_id: (run, chosen[run.pk]) for run in whole}


def _is_critical(judged: Judged | None) -> bool:
    level = judged.overall_level if judged else None
    return bool(level and level.colour == "critical")


def _doubts(evidence: dict[str, Any]) -> list[str]:
    found = []
    if evidence["run"] and not evidence["run"]["is_today"]:
        found.append(
            f"Data or plan changed since the run of “{evidence['run']['plan']}”; run it again before rating."
        )
    elsewhere = [one["study"] for one in evidence["studies"] if not one["as_in_run"]]
    if elsewhere:
        found.append(
            f"What was agreed of the risk of bias differs from what the run knew: {', '.join(elsewhere)}. The "
            "judgements of today are taken, the weights are those of the run."
        )
    if unknown := evidence["participants"]["unknown"]:
        found.append(f"Not counted among the participants, for no size is recorded: {', '.join(unknown)}.")
    if evidence["asked"]["mid_note"]:
        found.append(evidence["asked"]["mid_note"])
    return found
