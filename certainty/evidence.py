"""What a finding rests on today, as plain data with a hash: the result, its studies and what was agreed of them."""

from collections.abc import Iterable
from typing import Any

from analysis.models import Run
from certainty.models import Finding
from reviews.models import Review


class Evidences:
    """The evidence of several findings of one review, read at once: the number of queries does not grow with them."""

    def __init__(self, review: Review, findings: Iterable[Finding]):
        raise NotImplementedError

    def of(self, finding: Finding) -> dict[str, Any]:
        """``evidence_of`` the finding."""
        raise NotImplementedError

    def run_of(self, finding: Finding) -> Run | None:
        """The run its numbers are from."""
        raise NotImplementedError


def evidence_of(finding: Finding) -> dict[str, Any]:
    """What the finding rests on today, as JSON.

    The numbers are of the run of today's data, else of the newest finished run of the finding's plan; judgements are
    those agreed today. Ratios are logarithms as in analysis.engine. Keys:

        kind            "pairwise" | "network" | "narrative" | "none" (no plan, or no finished run)
        reason          why there is no pooled effect, "" where there is one
        asked           {outcome, outcome_kind ("continuous" | "dichotomous" ...), direction ("lower" | "higher" is
                        better), intervention, comparison, time_point, scale, unit, mid, mid_from ("finding" |
                        "outcome" | ""), ois (participants, as the finding says, or None)}
        run             {id, plan, finished_at, is_today: whether plan and data are still those of the run} | None
        measure, level  "RR" ..., 95.0
        pooled          {estimate, se, ci_low, ci_high, pi_low, pi_high, tau2, i2, q, q_df, q_pval, k} | None
        studies         [{id, study, design, yi, ci_low, ci_high, weight (percent | None), people, people1, people2,
                        events1, events2, mean2, sd2 (as recorded, None where not), risk ("low" | "between" | "high" |
                        ""), judged (the overall judgement in words), tool, critical (bool), risk_in_run}]
        participants    {total, intervention, comparator, unknown: [study labels]}; None for what nobody reported
        events          {intervention, comparator, of_intervention, of_comparator} (of the studies that report them)
                        | None
        comparator_risk events.comparator / events.of_comparator, 0 to 1 | None
        comparator_sd   pooled SD of the comparators (of studies that report it) | None
        small_study     {key, name, pval, k} of the proposed test | {"reason": sentence} | None
        trim_and_fill   {k0, estimate, ci_low, ci_high} | None
        without_high    {estimate, ci_low, ci_high, k} (the sensitivity analysis) | None
        network         {direct: share of direct evidence | None, difference_pval | None, global_pval | None} | None
        doubts          [sentences: what the reader of the evidence should know]
    """
    return Evidences(finding.review, [finding]).of(finding)


def hash_of(evidence: dict[str, Any]) -> str:
    """SHA-256 of what a rating rests on: two evidences with one hash say the same, whichever run they are from."""
    raise NotImplementedError
