"""Rows of the tables of a run's page: numbers as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from analysis.engine import row_key
from analysis.figures.axis import number
from analysis.intake import ONE_GROUP
from analysis.models import QuotedResult
from analysis.wording import NONE, Scale, fit_label, has_prediction, p_value, plain_number

OUTLYING = 3.0
#: What Mantel-Haenszel and Peto have in the place of an estimator.
WITHOUT_TAU2 = ("MH", "Peto")


class StudyRow(NamedTuple):
    """A line of the forest plot's table: ``data1`` and ``data2`` are the raw figures of the two arms."""

    label: str
    key: Any
    study_id: int
    data1: str
    data2: str
    effect: str
    interval: str
    weight: str
    as_reported: bool
    subgroup: str


class FitRow(NamedTuple):
    """A pooled result as text. ``note`` says why there is none, in its place."""

    label: str
    k: int | str
    effect: str = ""
    interval: str = ""
    p: str = ""
    tau2: str = ""
    i2: str = ""
    prediction: str = ""
    note: str = ""
    planned: bool = False


class InfluenceRow(NamedTuple):
    label: str
    rstudent: str
    cook_d: str
    dffits: str
    hat: str
    tau2_del: str
    outlying: bool
    flagged: bool


class QuoteRow(NamedTuple):
    label: str
    k: int | str
    effect: str
    interval: str
    citation: str


def study_rows(snapshot: Mapping[str, Any], result: Mapping[str, Any], scale: Scale) -> list[StudyRow]:
    rows = []
    for row, study in zip(snapshot["rows"], result["studies"], strict=True):
        if study["yi"] is None:
            continue
        own = replace(scale, size=row["n1"]) if scale.size else scale
        rows.append(
            StudyRow(
                label=row["study"],
                key=row_key(row),
                study_id=row["study_id"],
                data1=_arm(row, "1"),
                data2=_arm(row, "2"),
                effect=own.text(study["yi"]),
                interval=own.interval(study["ci_low"], study["ci_high"]),
                weight=NONE if study["weight"] is None else f"{study['weight']:.1f}%",
                as_reported=row["kind"] == "effect",
                subgroup=row.get("subgroup", ""),
            )
        )
    return rows


def _arm(row: Mapping[str, Any], arm: str) -> str:
    """'44: 35.27 (12.66)' for means, '12/100' for events, the size alone for an effect as reported."""
    size = row[f"n{arm}"]
    if arm == "2" and row["kind"] in ONE_GROUP:
        return NONE
    if row["kind"] == "diagnostic":
        return "TP {tp}, FP {fp}, FN {fn}, TN {tn}".format_map(row)
    if row["kind"] == "rates":
        return f"{row[f'events{arm}']} in {row[f'time{arm}']:g}"
    if row["kind"] in ("means", "change"):
        return f"{size}: {row[f'mean{arm}']:g} ({row[f'sd{arm}']:g})"
    if row["kind"] in ("events", "proportion"):
        return f"{row[f'events{arm}']}/{size}"
    return f"{size}" if size else NONE


def left_out(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> list[tuple[str, str]]:
    by_plan = [(one["study"], one["why"]) for one in snapshot["left_out"]]
    unusable = [(one["study"], one["dropped"]) for one in result["studies"] if one["dropped"]]
    return by_plan + unusable


def fit_row(
    scale: Scale, fit: Mapping[str, Any], label: str, *, note: str = "", planned: bool = False
) -> FitRow:
    return FitRow(
        label=label,
        k=fit["k"],
        effect=scale.text(fit["estimate"]),
        interval=scale.interval(fit["ci_low"], fit["ci_high"]),
        p=p_value(fit["pval"]).removeprefix("p ").removeprefix("= "),
        tau2=NONE if fit["tau2_method"] in WITHOUT_TAU2 else plain_number(fit["tau2"], 3),
        i2=NONE if fit["i2"] is None else f"{plain_number(fit['i2'], 0)}%",
        prediction=scale.interval(fit["pi_low"], fit["pi_high"]) if has_prediction(fit) else NONE,
        note=note or fit.get("reason", ""),
        planned=planned,
    )


def alternatives(result: Mapping[str, Any], scale: Scale) -> list[FitRow]:
    return [
        fit_row(scale, fit, fit_label(fit), planned=i == 0) for i, fit in enumerate(result["alternatives"])
    ]


def group_row(scale: Scale, group: Mapping[str, Any]) -> FitRow:
    if group["poolable"]:
        return fit_row(scale, group, group["name"])
    if not group["k"]:
        return FitRow(group["name"], 0, note="No trial with a usable effect, so nothing to pool.")
    own = f"{scale.text(group['estimate'])} ({scale.interval(group['ci_low'], group['ci_high'])})"
    note = f"One trial cannot be pooled. {', '.join(group['members'])} found {own}."
    return FitRow(group["name"], 1, note=note)


def subgroup_test(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    if "reason" in found:
        return found["reason"]
    if found["q_between"] is None:
        return "The difference between subgroups cannot be tested."
    return (
        f"Test of subgroup differences: Q {plain_number(found['q_between'])} on {found['q_between_df']} "
        f"degrees of freedom ({p_value(found['q_between_pval'])})."
    )


def numbered(found: Any) -> list[Mapping[str, Any]]:
    """The rows of a part, none when a reason stands in their place."""
    return found if isinstance(found, list) else []


def reason(found: Any) -> str:
    return found["reason"] if isinstance(found, dict) else ""


def influence_rows(found: Any) -> list[InfluenceRow]:
    return [
        InfluenceRow(
            label=one["study"],
            rstudent=plain_number(one["rstudent"]),
            cook_d=plain_number(one["cook_d"]),
            dffits=plain_number(one["dffits"]),
            hat=plain_number(one["hat"]),
            tau2_del=plain_number(one["tau2_del"], 3),
            outlying=one["rstudent"] is not None and abs(one["rstudent"]) > OUTLYING,
            flagged=bool(one["flagged"]),
        )
        for one in numbered(found)
    ]


def quote_row(one: QuotedResult) -> QuoteRow:
    """A published figure as it was printed."""
    limits = f"{_as_printed(one.ci_low)} to {_as_printed(one.ci_high)}"
    k = NONE if one.k is None else one.k
    return QuoteRow(one.label, k, _as_printed(one.estimate), limits, one.citation)


def _as_printed(value: float) -> str:
    """With the decimals it was typed with, two at least."""
    return number(value, max(2, len(f"{value:.10g}".partition(".")[2])))
