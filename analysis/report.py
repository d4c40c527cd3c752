"""A finished run as the page shows it: sentences and table rows with numbers as text. Computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from analysis.choices import model_label
from analysis.figures.axis import number
from analysis.intake import ONE_GROUP
from analysis.models import QuotedResult, Run
from analysis.wording import (
    NONE,
    Scale,
    has_prediction,
    headline,
    heterogeneity,
    methods,
    p_value,
    plain_number,
    prediction,
)

OUTLYING = 3.0


class StudyRow(NamedTuple):
    """A line of the forest plot's table: ``data1`` and ``data2`` are the raw figures of the two arms."""

    label: str
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


@dataclass(frozen=True)
class Report:
    """Everything a run's page says. A table that does not apply is empty, and its ``..._reason`` says why."""

    run: Run
    scale: Scale
    headline: str
    heterogeneity: str
    prediction: str
    notes: list[str]
    methods: str
    studies: list[StudyRow]
    left_out: list[tuple[str, str]]
    ours: FitRow
    alternatives: list[FitRow]
    subgroups: list[FitRow]
    subgroup_test: str
    leave_one_out: list[FitRow]
    leave_one_out_reason: str
    influence: list[InfluenceRow]
    influence_reason: str
    outliers: list[str]
    small_study: list[str]
    quoted: list[QuoteRow]


def report_of(run: Run, quoted: Iterable[QuotedResult] = ()) -> Report:
    """The report of a run that has a result."""
    snapshot, result = run.snapshot, cast(dict[str, Any], run.result)
    scale = Scale.of(result["pooled"])
    influence = _influence(result["influence"])
    return Report(
        run=run,
        scale=scale,
        headline=headline(snapshot, result),
        heterogeneity=heterogeneity(result),
        prediction=prediction(snapshot, result),
        notes=[*result["pooled"]["notes"], *(result["subgroups"] or {}).get("notes", [])],
        methods=methods(snapshot, result),
        studies=_studies(snapshot, result, scale),
        left_out=_left_out(snapshot, result),
        ours=_fit(scale, result["pooled"], f"This run: {snapshot['plan']['name']}"),
        alternatives=_alternatives(result, scale),
        subgroups=[_group(scale, group) for group in (result["subgroups"] or {}).get("groups", [])],
        subgroup_test=_subgroup_test(result["subgroups"]),
        leave_one_out=[_fit(scale, fit, fit["label"]) for fit in _rows(result["leave_one_out"])],
        leave_one_out_reason=_reason(result["leave_one_out"]),
        influence=influence,
        influence_reason=_reason(result["influence"]),
        outliers=[row.label for row in influence if row.outlying],
        small_study=_small_study(result),
        quoted=[quote_row(one) for one in quoted],
    )


def _studies(snapshot: Mapping[str, Any], result: Mapping[str, Any], scale: Scale) -> list[StudyRow]:
    rows = []
    for row, study in zip(snapshot["rows"], result["studies"], strict=True):
        if study["yi"] is None:
            continue
        own = replace(scale, size=row["n1"]) if scale.size else scale
        rows.append(
            StudyRow(
                label=row["study"],
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


def _left_out(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> list[tuple[str, str]]:
    by_plan = [(one["study"], one["why"]) for one in snapshot["left_out"]]
    unusable = [(one["study"], one["dropped"]) for one in result["studies"] if one["dropped"]]
    return by_plan + unusable


def _fit(
    scale: Scale, fit: Mapping[str, Any], label: str, *, note: str = "", planned: bool = False
) -> FitRow:
    return FitRow(
        label=label,
        k=fit["k"],
        effect=scale.text(fit["estimate"]),
        interval=scale.interval(fit["ci_low"], fit["ci_high"]),
        p=p_value(fit["pval"]).removeprefix("p ").removeprefix("= "),
        tau2=plain_number(fit["tau2"], 3),
        i2=NONE if fit["i2"] is None else f"{plain_number(fit['i2'], 0)}%",
        prediction=scale.interval(fit["pi_low"], fit["pi_high"]) if has_prediction(fit) else NONE,
        note=note,
        planned=planned,
    )


def _alternatives(result: Mapping[str, Any], scale: Scale) -> list[FitRow]:
    return [
        _fit(scale, fit, model_label(fit["tau2_method"], fit["test"]), planned=i == 0)
        for i, fit in enumerate(result["alternatives"])
    ]


def _group(scale: Scale, group: Mapping[str, Any]) -> FitRow:
    if group["poolable"]:
        return _fit(scale, group, group["name"])
    if not group["k"]:
        return FitRow(group["name"], 0, note="No trial with a usable effect, so nothing to pool.")
    own = f"{scale.text(group['estimate'])} ({scale.interval(group['ci_low'], group['ci_high'])})"
    note = f"One trial cannot be pooled. {', '.join(group['members'])} found {own}."
    return FitRow(group["name"], 1, note=note)


def _subgroup_test(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    if found["q_between"] is None:
        return "The difference between subgroups cannot be tested."
    return (
        f"Test of subgroup differences: Q {plain_number(found['q_between'])} on {found['q_between_df']} "
        f"degrees of freedom ({p_value(found['q_between_pval'])})."
    )


def _rows(found: Any) -> list[Mapping[str, Any]]:
    """The rows of a part, none when a reason stands in their place."""
    return found if isinstance(found, list) else []


def _reason(found: Any) -> str:
    return found["reason"] if isinstance(found, dict) else ""


def _influence(found: Any) -> list[InfluenceRow]:
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
        for one in _rows(found)
    ]


def _small_study(result: Mapping[str, Any]) -> list[str]:
    """Each test as a sentence, or the one reason why there is none."""
    egger, begg = result["egger"], result["begg"]
    if "reason" in egger and egger == begg:
        return [egger["reason"]]
    told = [
        egger.get("reason")
        or f"Egger's regression test (random effects, standard error as predictor): z {plain_number(egger['stat'])}, "
        f"{p_value(egger['pval'])}.",
        begg.get("reason")
        or f"Begg and Mazumdar's rank test: Kendall's τ {plain_number(begg['tau'])}, {p_value(begg['pval'])}.",
    ]
    if result["pooled"]["measure"] in {"SMD", "SMDH", "OR", "RR"}:
        told.append(
            "With this measure effect and standard error are linked by their formulas, so a small p may arise "
            "without any small-study effect."
        )
    return told


def quote_row(one: QuotedResult) -> QuoteRow:
    """A published figure as it was printed."""
    limits = f"{_as_printed(one.ci_low)} to {_as_printed(one.ci_high)}"
    k = NONE if one.k is None else one.k
    return QuoteRow(one.label, k, _as_printed(one.estimate), limits, one.citation)


def _as_printed(value: float) -> str:
    """With the decimals it was typed with, two at least."""
    return number(value, max(2, len(f"{value:.10g}".partition(".")[2])))
