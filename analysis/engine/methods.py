"""Ways of pooling: inverse variance, Mantel-Haenszel, Peto, and models of the counts themselves.

A plan that asks for a way its data do not allow is refused with the studies that are in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis import stats
from analysis.intake import KIND_NAMES, CannotAnalyse
from analysis.stats import Effects, Pooled
from analysis.stats.pooling import need_studies
from analysis.stats.tau2 import COMMON_EFFECT

Row = Mapping[str, Any]
Plan = Mapping[str, Any]

INVERSE_VARIANCE, MANTEL_HAENSZEL, PETO, COUNTS = "iv", "mh", "peto", "glmm"
METHOD_NAMES = {
    INVERSE_VARIANCE: "Inverse variance",
    MANTEL_HAENSZEL: "Mantel-Haenszel",
    PETO: "Peto",
    COUNTS: "Mixed model of counts",
}
#: {method: {measure: the kind of data it sums or models}}; inverse variance takes every measure.
NEEDS: dict[str, dict[str, str]] = {
    MANTEL_HAENSZEL: {"OR": "events", "RR": "events", "RD": "events", "IRR": "rates", "IRD": "rates"},
    COUNTS: {"OR": "events", "IRR": "rates", "PLO": "proportion"},
}
#: Measures whose effects say O − E and its variance. A plan for OR by Peto's method pools PETO, the odds ratios of
#: that method.
PETO_MEASURES = ("PETO", "HR")
#: Ways without a variance between studies.
NO_TAU2 = (MANTEL_HAENSZEL, PETO)
NAMED = 5
NO_KNAPP_HARTUNG = (
    "The Knapp-Hartung adjustment is not defined for a model of the counts; this one uses t with k − 1 degrees of "
    "freedom."
)


def method_of(plan: Plan) -> str:
    return plan.get("method") or INVERSE_VARIANCE


def measure_of(plan: Plan) -> str:
    """The measure that is pooled: the plan's, but Peto's own odds ratio where it asks for odds ratios by Peto."""
    return "PETO" if method_of(plan) == PETO and plan["measure"] == "OR" else plan["measure"]


def has_tau2(plan: Plan) -> bool:
    """Whether the planned model has a variance between studies."""
    return method_of(plan) not in NO_TAU2 and plan["tau2_method"] not in COMMON_EFFECT


def pool_rows(rows: Sequence[Row], effects: Effects, plan: Plan) -> Pooled:
    """Pool the rows by the plan's method; ``effects`` has one effect per row, and rows without one are left out.

    Raises CannotAnalyse when the method does not suit the measure or a row, StatsError as the method does.
    """
    method = method_of(plan)
    if fault := misfit_of_method(rows, effects, plan["measure"], method):
        raise CannotAnalyse(fault)
    need_studies(effects, 1, "Pooling needs")
    return METHODS[method](rows, effects, plan)


def misfit_of_method(rows: Sequence[Row], effects: Effects, measure: str, method: str) -> str:
    """Why ``method`` cannot pool these rows, as a sentence that says what to do; empty if it can."""
    if method == INVERSE_VARIANCE:
        return ""
    name = METHOD_NAMES[method]
    if method == PETO:
        if measure in PETO_MEASURES:
            return ""
        return (
            "Peto's method pools odds ratios (OR, PETO), and hazard ratios from O − E and its variance (HR), not "
            f"{measure}. Choose one of these measures, or another method."
        )
    if measure not in NEEDS[method]:
        return (
            f"{name}: there is none for {measure}. It pools {', '.join(NEEDS[method])}; choose one of these "
            "measures, or inverse variance."
        )
    kind = NEEDS[method][measure]
    strange = [
        row["study"]
        for row, usable in zip(rows, effects.usable, strict=True)
        if usable and row["kind"] != kind
    ]
    if strange:
        return (
            f"{name} needs {KIND_NAMES[kind]} of every study, and of {_some(strange)} there is only an effect. Leave "
            "them out, or choose inverse variance."
        )
    return ""


def _some(studies: Sequence[str]) -> str:
    more = len(studies) - NAMED
    return ", ".join(studies[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _by_inverse_variance(rows: Sequence[Row], effects: Effects, plan: Plan) -> Pooled:
    return stats.pool(
        effects,
        tau2=plan["tau2_method"],
        test=plan["test"],
        level=plan["level"] / 100,
        prediction=plan.get("prediction") or "as test",
    )


def _by_mantel_haenszel(rows: Sequence[Row], effects: Effects, plan: Plan) -> Pooled:
    found = stats.mantel_haenszel(plan["measure"], level=plan["level"] / 100, **_counts(rows, effects))
    return replace(
        found, dropped=effects.dropped, notes=(*found.notes, *_without_tau2(plan, "Mantel-Haenszel"))
    )


def _by_peto(rows: Sequence[Row], effects: Effects, plan: Plan) -> Pooled:
    """From O − E and its variance V, which an effect and its variance say as well: V = 1/vi, O − E = yi/vi."""
    used = effects.select(effects.usable)
    columns = {"oei": used.yi / used.vi, "voi": 1.0 / used.vi}
    found = stats.peto(slab=used.slab, level=plan["level"] / 100, **columns)
    return replace(
        found,
        measure=effects.measure,
        dropped=effects.dropped,
        notes=(*found.notes, *_without_tau2(plan, "Peto's method")),
    )


def _by_counts(rows: Sequence[Row], effects: Effects, plan: Plan) -> Pooled:
    """Maximum likelihood; Knapp-Hartung is not defined for it, so every test but z is t with k - 1."""
    found = stats.glmm(
        plan["measure"],
        method="CE" if plan["tau2_method"] in COMMON_EFFECT else "ML",
        test="z" if plan["test"] == "z" else "t",
        level=plan["level"] / 100,
        **_counts(rows, effects),
    )
    assert isinstance(found, Pooled)  # without moderators
    adjusted = plan["test"] not in ("z", "t")
    notes = (*found.notes, *([NO_KNAPP_HARTUNG] if adjusted else []))
    return replace(found, dropped=effects.dropped, notes=notes)


def _without_tau2(plan: Plan, name: str) -> tuple[str, ...]:
    """What a reader should know whose plan asks for random effects."""
    if plan["tau2_method"] in COMMON_EFFECT:
        return ()
    return (
        f"{name[0].upper()}{name[1:]} is for a common effect: the plan's variance between studies "
        f"({plan['tau2_method']}) and its test do not enter it, and the interval is by the normal distribution.",
    )


METHODS: dict[str, Callable[[Sequence[Row], Effects, Plan], Pooled]] = {
    INVERSE_VARIANCE: _by_inverse_variance,
    MANTEL_HAENSZEL: _by_mantel_haenszel,
    PETO: _by_peto,
    COUNTS: _by_counts,
}
COLUMNS = {
    "events": {"ai": "events1", "n1i": "n1", "ci": "events2", "n2i": "n2"},
    "rates": {"x1i": "events1", "t1i": "time1", "x2i": "events2", "t2i": "time2"},
    "proportion": {"xi": "events1", "ni": "n1"},
}


def _counts(rows: Sequence[Row], effects: Effects) -> dict[str, Any]:
    """The columns of the statistics package for the rows that have an effect, all of one kind."""
    used = [rows[i] for i in np.flatnonzero(effects.usable).tolist()]
    columns = COLUMNS[used[0]["kind"]] if used else {}
    return {name: [row[field] for row in used] for name, field in columns.items()} | {
        "slab": [row["study"] for row in used]
    }
