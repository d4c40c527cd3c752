"""The data linter: numbers that are possible but look wrong. No Django here.

Each warning says what was seen, why it matters and what to check, and has a fingerprint of the numbers it rests on.
A warning never blocks anything: a real trial can be unusual.

    counts        people and events
    spread        SD and mean of an arm, and the scale's range
    granularity   GRIM and GRIMMER
    intervals     estimate, confidence interval, standard error, p
    effects       the standardised effect beside the other studies'
    copies        numbers that appear twice
    scales        ranges and directions of rating scales, as data
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from extraction.checks import copies, counts, effects, granularity, intervals, spread
from extraction.checks.copies import control_counted_twice, copied_row
from extraction.checks.counts import (
    analysed_above_randomised,
    arms_not_randomised_total,
    events_above_n,
    percent_as_events,
)
from extraction.checks.effects import (
    baseline_swapped,
    change_with_final,
    direction_against_outcome,
    direction_reversed,
    effect_far_from_others,
)
from extraction.checks.facts import Facts, Warning, clean
from extraction.checks.granularity import impossible_means
from extraction.checks.intervals import (
    ci_not_symmetric,
    estimate_outside_ci,
    p_contradicts,
    se_contradicts_ci,
)
from extraction.checks.scales import SCALES, Scale, scale_of
from extraction.checks.spread import (
    decimal_shift,
    mean_beyond_scale,
    median_as_mean,
    sd_beyond_scale,
    sd_like_se,
    se_like_sd,
)

#: Every rule takes (facts, results of other studies); ``control_counted_twice`` takes those of the same study.
RULES = (
    *counts.RULES,
    *spread.RULES,
    *granularity.RULES,
    *intervals.RULES,
    *effects.RULES,
    *copies.RULES,
)

#: {code of a warning: the rule in a few words}.
CODES = {
    "not_usable": "a number nothing can be computed from",
    "events_above_n": "events above n",
    "n_above_randomised": "more analysed than randomised",
    "arms_not_total": "arms do not sum to the number randomised",
    "percent_as_events": "percentage typed as events",
    "sd_like_se": "standard error typed as SD",
    "se_like_sd": "SD taken for a standard error",
    "sd_beyond_scale": "SD implausible for the scale's range",
    "mean_beyond_scale": "mean outside the scale",
    "decimal_shift": "decimal point shifted",
    "median_as_mean": "median and IQR typed as mean and SD",
    "grim": "mean no whole scores can have",
    "grimmer": "SD no whole scores can have",
    "estimate_outside_ci": "estimate outside its interval",
    "ci_not_symmetric": "interval not symmetric on its scale",
    "p_contradicts": "p contradicts the other numbers",
    "se_contradicts_ci": "standard error contradicts the interval",
    "effect_far": "standardised difference far from the others",
    "direction_reversed": "direction against the other studies",
    "direction_of_scale": "scale runs against the outcome",
    "change_with_final": "change scores among final scores",
    "baseline_swapped": "baseline and follow-up swapped",
    "copied_row": "same numbers under two studies",
    "control_twice": "control arm counted twice",
}


def lint(facts: Facts, peers: Sequence[Facts] = ()) -> list[Warning]:
    """What looks wrong with one result, judged by itself and by the other results of the same outcome.

    ``peers`` may hold ``facts`` itself and results of its own study; those are asked only whether they share a
    control arm.
    """
    usable, unusable = clean(facts)
    found = [*unusable]
    cleaned = [clean(peer)[0] for peer in peers]
    others = [peer for peer in cleaned if peer.study != facts.study]
    for rule in RULES:
        found += rule(usable, others)
    own = [peer for peer in cleaned if peer.study == facts.study]
    return found + control_counted_twice(usable, own)


def undismissed(warnings: Sequence[Warning], dismissed: Collection[str]) -> list[Warning]:
    """Warnings whose fingerprint nobody has dismissed; one comes back when a number it rests on changes."""
    return [warning for warning in warnings if warning.fingerprint not in dismissed]


__all__ = [
    "CODES",
    "RULES",
    "SCALES",
    "Facts",
    "Scale",
    "Warning",
    "analysed_above_randomised",
    "arms_not_randomised_total",
    "baseline_swapped",
    "change_with_final",
    "ci_not_symmetric",
    "control_counted_twice",
    "copied_row",
    "decimal_shift",
    "direction_against_outcome",
    "direction_reversed",
    "effect_far_from_others",
    "estimate_outside_ci",
    "events_above_n",
    "impossible_means",
    "lint",
    "mean_beyond_scale",
    "median_as_mean",
    "p_contradicts",
    "percent_as_events",
    "scale_of",
    "sd_beyond_scale",
    "sd_like_se",
    "se_contradicts_ci",
    "se_like_sd",
    "undismissed",
]
