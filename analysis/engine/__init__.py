"""From a snapshot to a result: plain data in, plain data out, no Django; one module per kind of plan.

    compute(snapshot, step, partial=None) -> result     every number of a run; told below
    quick(snapshot) -> result with pooled, studies, tau2_interval and subgroups only (pairwise), in milliseconds

``step(done, total, message)`` is called between parts and may raise to stop. ``partial(result so far)`` is called
when the pooled fit is known and after each part. Both raise CannotAnalyse or StatsError when the plan cannot be
computed at all; what merely does not apply is ``{"reason": sentence}`` in its place. Numbers are on the scale that
is pooled (ratios as logarithms); None where a value is not defined. Runs of before lack the keys that came later:
use ``.get``.

The result of a pairwise plan
-----------------------------
A *fit* is ``{estimate, se, ci_low, ci_high, stat, pval, tau2, i2, h2, q, q_pval, pi_low, pi_high, k, measure,
tau2_method, test}``. A *study* is ``{"study": label, "row": key of the snapshot's row}``: rows are told apart by the
key, for a study may have several, and label and key are those of ``row_key(row)``. Percentages are 0 to 100.

    kind            "pairwise"
    pooled          fit + measure (the plan's), level (95.0), df, q_df, pi_method, method (iv|mh|peto|glmm), notes,
                    and size for PFT
    studies         one per row of the snapshot, in order: study + study_id, result_id, yi, vi, ci_low, ci_high,
                    weight (percent; None where dropped, and with glmm, which has no weights), dropped ("" or why)
    alternatives    [pooled, the same studies under other choices ...]
    tau2_interval   {tau2, tau2_low, tau2_high, i2, i2_low, i2_high, h2 ..., method, empty, notes} | reason
    subgroups       {by, common_tau2, groups: [fit + name, note, q_df, members: [labels], rows: [keys], poolable],
                    q_between, q_between_df, q_between_pval, notes} | reason | None; a group that is not poolable (one
                    study) gets no diamond, and without a usable study its numbers are None
    leave_one_out   [fit + label, row (the study left out), and reason where a refit is not defined] | reason
    cumulative      {"year": [fit + label, row], "precision": [...]} | reason; fit after adding that study
    influence       [study + rstudent, dffits, cook_d, cov_r, tau2_del, hat, flagged], of the rows with an effect |
                    reason
    sensitivity     [{key, label, fit ..., measure, level, method, notes, without: [labels]} | {key, label, reason}];
                    keys as analysis.choices.SENSITIVITY; measure may differ from the plan's (size for PFT)
    regression      {terms: [{name ("intrcpt" or moderator), level (None or category), estimate, se, ci_low, ci_high,
                    stat, pval}], references: [{name, level}], qm, qm_df ([m] or [m, df]), qm_pval, r2, tau2, i2, q,
                    q_df, q_pval, k, df, tau2_method, test, level, notes} | reason | None
    bubbles         [{name, type ("number"|"category"), points: [study + x, y, weight], line: [{x, estimate, ci_low,
                    ci_high, pi_low, pi_high}], model: a regression of this moderator alone} | {name, type, reason}];
                    x is a number or the name of a category
    small_study     {tests: [{key, name, why, stat, statistic ("z"|"t"|"tau"), df, pval, k, and predictor, estimate,
                    ci_low, ci_high (the effect of an infinitely large study) or tau} | {key, name, why, reason}],
                    proposed: key, why} | reason (below ten studies)
    egger, begg     as before: {stat, pval, ...}, {tau, pval, ...} | reason
    trim_and_fill   {estimator, side ("left"|"right" is where studies are missing), k0, se_k0, observed: fit, pooled:
                    fit, filled: [{label, yi, sei}], notes} | reason
    funnel          {centre, level, critical (z of the level: the funnel's sides are centre ± critical · sei), tau2,
                    points: [study + yi, sei, n, subgroup], filled: [{label, yi, sei}], filled_centre, contours:
                    [{level (90.0 ...), critical}] (around no effect)}
    baujat          {points: [study + x (part of the heterogeneity), y (influence on the pooled effect)]} | reason
    galbraith       {points: [study + x (precision), y (effect / se)], estimate (the slope), ci_low, ci_high, tau2,
                    margin (the lines slope · x ± margin)} | reason
    labbe           {points: [study + x (risk, comparator), y (risk, experimental), size (people), weight], line: [{x,
                    y}] (the pooled effect), left_out: [labels without events]} | reason
    drapery         {p: [1.0 ... 0.0001], z: [...], pooled: {centre, low: [...], high: [...]}, prediction: {low, high}
                    | None, studies: [study + centre, se]} | reason; at p[i] a study's curve is at centre ± z[i] · se
    engine          what computed it

The result of a network plan
----------------------------
``pooled`` is None. Comparisons are ``treatment`` against ``comparator``, or ``row`` against ``column``.

    kind, measure, level, k (studies), reference (the treatment others are shown against), parts: [[treatments that
                    studies connect]], left_out: [{study, study_id, why}], engine
    treatments      [{name, studies, people (None where not reported), part}]
    heterogeneity   {tau2, tau2_method, i2, q, q_df, q_pval, contrasts, notes}
    edges           [{treatment, comparator, studies, people, estimate, se, ci_low, ci_high, proportion}]: what
                    studies compared directly
    league          [{row, column, estimate, se, ci_low, ci_high, pval, pi_low, pi_high, direct: {estimate, se,
                    ci_low, ci_high, studies, proportion} | None}]: each pair once, better ranked first; None between
                    parts
    ranking         {small_values, draws, seed, treatments: [{treatment, part, p_score, sucra, mean_rank, median_rank,
                    rank_low, rank_high, ranks: [probability of each]}]}; a part of one treatment has no ranks
    design_test     {q, df, pval, within_q ..., between_q, between_df, between_pval, random_q, random_pval,
                    random_tau2, designs: [{design, studies, q, df, pval}]} | reason
    splits          [{treatment, comparator, studies, proportion, network, network_se, direct, direct_se, indirect,
                    indirect_se, difference, difference_se, stat, pval}] | reason; None where there is only one
    funnel          [{study, treatment, comparator, centred, se}]; funnel_test: {stat, df, pval, ...} | reason
    alternatives    [{tau2_method, tau2, against: [{treatment, estimate, ci_low, ci_high}]} | {tau2_method, reason}]
    contrasts       [{study, study_id, treatment, comparator, yi, vi, ci_low, ci_high, people}]

The result of a synthesis without meta-analysis
-----------------------------------------------
``pooled`` is None. ``direction``: 1 favours what is tested, -1 what it is compared with, 0 neither, None not known.

    kind, measure, level, k (studies), engine
    rows            [{study, study_id, row, kind, direction, basis, effect, ci_low, ci_high, z, p, p_from, why_no_p,
                    people, people1, scale, time_point, subgroup}]; z is positive in favour of what is tested
    studies         [{study, study_id, direction, results, people, z, p, p_from, why_no_p, subgroup, note}]: one vote
                    each
    votes           {favour, against, unclear, k, proportion, ci_low, ci_high, pval, level (0.95)} | {reason, unclear}
    groups          [{name, k, votes}] by the plan's subgroups
    combined        {k, left_out: [{study, why}], benefit: [{method, stat, pval, df, k}], harm: [...]} | reason
    albatross       {contours: [{label, per_z2 (people = per_z2 z^2)}], assumption} | reason
"""

from collections.abc import Callable
from typing import Any

from analysis.engine import narrative, network, pairwise
from analysis.engine.base import Partial, Step, engine_version, row_key, study_effects
from analysis.engine.pairwise import quick
from analysis.intake import CannotAnalyse

#: What computes a plan of each kind; all with the face of ``compute``.
KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "pairwise": pairwise.compute,
    "network": network.compute,
    "narrative": narrative.compute,
}

__all__ = ["KINDS", "CannotAnalyse", "compute", "engine_version", "quick", "row_key", "study_effects"]


def compute(snapshot: dict[str, Any], step: Step, partial: Partial | None = None) -> dict[str, Any]:
    """Every number of one run, by the kind of its plan; see the head of this module."""
    kind = snapshot["plan"].get("kind") or "pairwise"
    return KINDS[kind](snapshot, step, partial)
