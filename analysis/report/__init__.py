"""A finished run as the page shows it: sentences and table rows with numbers as text. Computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from analysis.models import QuotedResult, Run
from analysis.plan_changes import changes_before
from analysis.report.parts import RegressionTable, regression_table, sensitivity_rows
from analysis.report.rows import (
    FitRow,
    InfluenceRow,
    QuoteRow,
    StudyRow,
    alternatives,
    fit_row,
    group_row,
    influence_rows,
    left_out,
    numbered,
    quote_row,
    reason,
    study_rows,
    subgroup_test,
)
from analysis.selection import cautions
from analysis.wording import (
    Scale,
    headline,
    heterogeneity,
    methods,
    prediction,
    references,
    regression_sentence,
    sensitivity_sentence,
    small_study_sentences,
    trim_and_fill_sentence,
)

__all__ = ["FitRow", "InfluenceRow", "QuoteRow", "Report", "StudyRow", "quote_row", "report_of"]


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
    references: list[str]
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
    sensitivity: list[FitRow]
    sensitivity_told: str
    regression: RegressionTable | None
    regression_told: str
    small_study: list[str]
    quoted: list[QuoteRow]


def report_of(run: Run, quoted: Iterable[QuotedResult] = ()) -> Report:
    """The report of a pairwise run that has a result. One query, for the changes of its plan."""
    snapshot, result = run.snapshot, cast(dict[str, Any], run.result)
    scale = Scale.of(result["pooled"])
    influence = influence_rows(result["influence"])
    groups = result["subgroups"] or {}
    changes = changes_before(run.plan, run.created_at)
    return Report(
        run=run,
        scale=scale,
        headline=headline(snapshot, result),
        heterogeneity=heterogeneity(result),
        prediction=prediction(snapshot, result),
        notes=[
            *cautions(snapshot["rows"], snapshot["plan"]["measure"]),
            *result["pooled"]["notes"],
            *groups.get("notes", []),
            *snapshot.get("notes", []),
        ],
        methods=methods(snapshot, result, changes),
        references=references(snapshot, result, changes),
        studies=study_rows(snapshot, result, scale),
        left_out=left_out(snapshot, result),
        ours=fit_row(scale, result["pooled"], f"This run: {snapshot['plan']['name']}"),
        alternatives=alternatives(result, scale),
        subgroups=[group_row(scale, group) for group in groups.get("groups", [])],
        subgroup_test=subgroup_test(result["subgroups"]),
        leave_one_out=[fit_row(scale, fit, fit["label"]) for fit in numbered(result["leave_one_out"])],
        leave_one_out_reason=reason(result["leave_one_out"]),
        influence=influence,
        influence_reason=reason(result["influence"]),
        outliers=[row.label for row in influence if row.outlying],
        sensitivity=sensitivity_rows(result, scale),
        sensitivity_told=sensitivity_sentence(snapshot, result),
        regression=regression_table(result, scale),
        regression_told=regression_sentence(result.get("regression")),
        small_study=[
            sentence
            for sentence in (*small_study_sentences(result), trim_and_fill_sentence(result))
            if sentence
        ],
        quoted=[quote_row(one) for one in quoted],
    )
