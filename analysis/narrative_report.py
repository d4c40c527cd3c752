"""A finished synthesis without meta-analysis as its page shows it: sentences and tables. Computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from analysis.choices import short
from analysis.models import QuotedResult, Run
from analysis.narrative_words import (
    METHOD_NAMES,
    certainty,
    combined,
    counted,
    direction,
    headline,
    labels,
    methods,
    notes,
    references,
)
from analysis.plan_changes import changes_before
from analysis.wording import NONE, Scale, p_value, plain_number

Data = Mapping[str, Any]


class ResultLine(NamedTuple):
    """One result: which way it points and what says so."""

    label: str
    study_id: int
    way: int | None
    direction: str
    basis: str
    effect: str
    people: str
    p: str
    subgroup: str


class VoteLine(NamedTuple):
    name: str
    k: int
    told: str


class CombinedLine(NamedTuple):
    method: str
    benefit: str
    harm: str


@dataclass(frozen=True)
class NarrativeReport:
    """Everything the page of a synthesis without meta-analysis says."""

    run: Run
    scale: Scale
    headline: str
    certainty: str
    combined: list[str]
    methods: str
    references: list[str]
    notes: list[str]
    sides: tuple[str, str]
    effect_label: str
    results: list[ResultLine]
    groups: list[VoteLine]
    methods_of_p: list[CombinedLine]
    left_out: list[tuple[str, str]]
    heterogeneity: str = ""
    prediction: str = ""
    outliers: list[str] = field(default_factory=list)


def narrative_report(run: Run, quoted: Iterable[QuotedResult] = ()) -> NarrativeReport:
    """The report of a run of kind "narrative" that has a result; quoted figures are pooled and stay out of it."""
    snapshot, result = run.snapshot, cast(dict[str, Any], run.result)
    changes = changes_before(run.plan, run.created_at)
    scale = Scale(result["measure"])
    return NarrativeReport(
        run=run,
        scale=scale,
        headline=headline(snapshot, result),
        certainty=certainty(snapshot, result),
        combined=combined(snapshot, result),
        methods=methods(snapshot, result, changes),
        references=references(snapshot, result, changes),
        notes=[*notes(result), *snapshot.get("notes", [])],
        sides=labels(snapshot),
        effect_label=short(result["measure"]),
        results=[_result(snapshot, scale, row) for row in result["rows"]],
        groups=_groups(snapshot, result),
        methods_of_p=_methods_of_p(result),
        left_out=[(one["study"], one["why"]) for one in snapshot["left_out"]],
    )


def _result(snapshot: Data, scale: Scale, row: Data) -> ResultLine:
    effect = NONE
    if row["effect"] is not None:
        effect = scale.text(row["effect"])
        if row["ci_low"] is not None:
            effect += f" ({scale.interval(row['ci_low'], row['ci_high'])})"
    bound = "≤ " if row["p_from"] == "printed as a bound" else ""
    return ResultLine(
        label=row["study"],
        study_id=row["study_id"],
        way=row["direction"],
        direction=direction(snapshot, row["direction"]),
        basis=row["basis"],
        effect=effect,
        people=NONE if row["people"] is None else f"{row['people']:,}",
        p=bound + p_value(row["p"]).removeprefix("p ").removeprefix("= "),
        subgroup=row["subgroup"],
    )


def _groups(snapshot: Data, result: Data) -> list[VoteLine]:
    tested, _ = labels(snapshot)
    return [
        VoteLine(
            one["name"],
            one["k"],
            one["votes"]["reason"] if "reason" in one["votes"] else f"{counted(one['votes'], tested)}.",
        )
        for one in result["groups"]
    ]


def _methods_of_p(result: Data) -> list[CombinedLine]:
    found = result["combined"]
    if "reason" in found:
        return []
    return [
        CombinedLine(METHOD_NAMES[one["method"]], _test(one), _test(other))
        for one, other in zip(found["benefit"], found["harm"], strict=True)
    ]


def _test(one: Data) -> str:
    return f"{p_value(one['pval']).removeprefix('p ').removeprefix('= ')} (statistic {plain_number(one['stat'])})"
