"""The forest plot of a run: its snapshot and result become rows, diamonds and words. Computes no statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.choices import has_no_effect, is_curved, is_ratio, model_label, natural, short
from analysis.figures.axis import number
from analysis.figures.forest import (
    Column,
    ForestRow,
    ForestSummary,
    Subgroup,
    arm_columns,
    forest,
    heterogeneity_line,
    p_text,
)
from analysis.intake import KIND_NAMES
from analysis.risk import RiskColumns
from analysis.wording import has_prediction, sides
from appraisal.figures import LEVELS
from reviews.figures.layout import Figure

AS_REPORTED = "effect and SE as reported"
#: kind of arm data -> the snapshot's fields in the order of the columns, per arm
CELLS = {
    "means": (("n1", "mean1", "sd1"), ("n2", "mean2", "sd2")),
    "events": (("events1", "n1"), ("events2", "n2")),
    "rates": (("events1", "time1"), ("events2", "time2")),
    "proportion": (("events1", "n1"),),
    "correlation": (("n1",),),
    "diagnostic": (("tp", "fp", "fn", "tn"),),
}
#: Kinds that share the columns of another.
FAMILY = {"change": "means"}
HEADINGS = {
    "events": ("Events", "n"),
    "rates": ("Events", "Person-time"),
    "proportion": ("Events", "n"),
    "correlation": ("n",),
    "diagnostic": ("TP", "FP", "FN", "TN"),
}
Address = Callable[[int], str]


def forest_plot(
    snapshot: Mapping[str, Any],
    result: Mapping[str, Any],
    *,
    risk: RiskColumns | None = None,
    address: Address | None = None,
    figure_id: str = "forest",
) -> Figure:
    """The figure of one run. ``address(study id)`` links a row; ``risk`` adds what was agreed on risk of bias.

    Studies without a usable effect are not drawn: the page lists them with the reason.
    """
    plan, result = snapshot["plan"], _as_read(snapshot, result)
    pooled = result["pooled"]
    rows = [row | study for row, study in zip(snapshot["rows"], result["studies"], strict=True)]
    rows = [row for row in rows if row["yi"] is not None]
    kind = next((kind for row in rows if (kind := _family(row)) in CELLS), None)
    cells = _cells(rows, kind)
    below, above = sides(snapshot)
    return forest(
        [_row(row, cells[i], risk, address) for i, row in enumerate(rows)],
        _summaries(result),
        measure_label=short(plan["measure"]),
        null=0.0 if has_no_effect(plan["measure"]) else None,
        favours=(f"Favours {below}", f"Favours {above}"),
        columns=_columns(kind, plan),
        title=f"{snapshot['outcome']['name']}: {plan['name']}",
        subgroups=_subgroups(result),
        log=is_ratio(plan["measure"]),
        level=pooled["level"],
        notes=[*_notes(result), *(risk.notes if risk else ())],
        risk_domains=risk.domains if risk else (),
        risk_levels=risk.levels if risk else LEVELS,
        figure_id=figure_id,
    )


def _as_read(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers to draw: proportions and correlations as such, everything else on the scale of the analysis."""
    measure, size = snapshot["plan"]["measure"], result["pooled"].get("size")
    if not is_curved(measure):
        return dict(result)
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "yi")

    def turned(fit: Mapping[str, Any], people: float | None = size) -> dict[str, Any]:
        return {
            name: natural(value, measure, people) if name in names and value is not None else value
            for name, value in fit.items()
        }

    found = result["subgroups"]
    return {
        **result,
        "pooled": turned(result["pooled"]),
        "alternatives": [turned(fit) for fit in result["alternatives"]],
        "subgroups": found and {**found, "groups": [turned(group) for group in found["groups"]]},
        "studies": [
            turned(study, row["n1"]) for row, study in zip(snapshot["rows"], result["studies"], strict=True)
        ],
    }


def _row(
    row: Mapping[str, Any], cells: tuple[str, ...], risk: RiskColumns | None, address: Address | None
) -> ForestRow:
    return ForestRow(
        label=row["study"],
        effect=row["yi"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        weight=row["weight"],
        cells=cells,
        note="" if cells else _note(row),
        marked=row["kind"] == "effect",
        risk=risk.of(row["study_id"]) if risk else (),
        subgroup=row.get("subgroup", ""),
        href=address(row["study_id"]) if address else "",
    )


def _note(row: Mapping[str, Any]) -> str:
    sizes = f"n {row['n1']} and {row['n2']}; " if row["n1"] and row["n2"] else ""
    if row["kind"] != "effect":
        return sizes + KIND_NAMES[row["kind"]]
    return sizes + AS_REPORTED


def _family(row: Mapping[str, Any]) -> str:
    return FAMILY.get(row["kind"], row["kind"])


def _columns(kind: str | None, plan: Mapping[str, Any]) -> tuple[Column, ...]:
    arms = (_capital(plan["experimental_label"]), _capital(plan["comparator_label"]))
    if kind == "means":
        return arm_columns(*arms)
    if kind in ("events", "rates"):
        return tuple(Column(heading=heading, group=arm) for arm in arms for heading in HEADINGS[kind])
    return tuple(Column(heading=heading) for heading in HEADINGS.get(kind or "", ()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cells(rows: Sequence[Mapping[str, Any]], kind: str | None) -> list[tuple[str, ...]]:
    """The raw data of each row as text, with as many decimals as its column needs (at most two)."""
    fields = [field for arm in CELLS.get(kind or "", ()) for field in arm]
    digits = {field: _digits([row[field] for row in rows if _family(row) == kind]) for field in fields}
    return [
        tuple(number(row[field], digits[field]) for field in fields) if _family(row) == kind else ()
        for row in rows
    ]


def _digits(values: Sequence[float]) -> int:
    return next((d for d in (0, 1) if all(round(value, d) == value for value in values)), 2)


def _summaries(result: Mapping[str, Any]) -> list[ForestSummary]:
    """The planned fit; below it the same fit with a z test where Knapp-Hartung was planned. None for one trial."""
    pooled = result["pooled"]
    if pooled["k"] < 2:
        return []
    planned = ForestSummary(
        label=model_label(pooled["tau2_method"], pooled["test"]),
        effect=pooled["estimate"],
        ci_low=pooled["ci_low"],
        ci_high=pooled["ci_high"],
        weight=100.0,
        prediction=(pooled["pi_low"], pooled["pi_high"]) if has_prediction(pooled) else None,
        notes=_heterogeneity(pooled),
    )
    return [planned, *_with_z_test(result)]


def _with_z_test(result: Mapping[str, Any]) -> list[ForestSummary]:
    pooled = result["pooled"]
    if pooled["test"] not in {"knha", "adhoc"}:
        return []
    same = (
        one
        for one in result["alternatives"]
        if one["tau2_method"] == pooled["tau2_method"] and one["test"] == "z"
    )
    return [
        ForestSummary(
            label=model_label(one["tau2_method"], one["test"]),
            effect=one["estimate"],
            ci_low=one["ci_low"],
            ci_high=one["ci_high"],
        )
        for one in same
    ]


def _heterogeneity(pooled: Mapping[str, Any]) -> tuple[str, ...]:
    if pooled["q"] is None or pooled["i2"] is None:
        return ()
    line = heterogeneity_line(
        q=pooled["q"], df=pooled["q_df"], p=pooled["q_pval"], i2=pooled["i2"], tau2=pooled["tau2"]
    )
    return (line,)


def _subgroups(result: Mapping[str, Any]) -> list[Subgroup]:
    found = result["subgroups"]
    if not found:
        return []
    return [Subgroup(name=group["name"], summary=_subtotal(group)) for group in found["groups"]]


def _subtotal(group: Mapping[str, Any]) -> ForestSummary | None:
    if not group["poolable"]:
        return None
    notes = (
        f"I² = {number(group['i2'], 0)}%; τ² = {number(group['tau2'], 3)}" if group["i2"] is not None else ""
    )
    return ForestSummary(
        label=f"Subtotal ({group['k']} trials)",
        effect=group["estimate"],
        ci_low=group["ci_low"],
        ci_high=group["ci_high"],
        notes=(notes,) if notes else (),
    )


def _notes(result: Mapping[str, Any]) -> list[str]:
    found = result["subgroups"]
    if not found or found["q_between"] is None:
        return []
    return [
        f"Test of subgroup differences by {found['by']}: Q = {number(found['q_between'])}, "
        f"df = {found['q_between_df']} (p {p_text(found['q_between_pval'])})."
    ]
