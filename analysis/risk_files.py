"""The risk of bias of a run's studies as figures and as robvis' CSV, weighted as in the meta-analysis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.models import Run
from analysis.risk import tools_in
from appraisal import figures, plots
from appraisal.columns import OVERALL, counts_stars
from appraisal.figures import level_label
from appraisal.instruments import Tool
from appraisal.judged import OUTCOME, RESULT, STUDY
from appraisal.robvis import robvis_csv
from reviews.errors import Refused
from reviews.figures.layout import Figure

#: Names of the files; each is drawn from a run that has a result.
FIGURES = ("risk-traffic-light", "risk-summary", "risk-summary-weighted")
TABLES = (("robvis", "csv"), ("robvis-weighted", "csv"))
#: What was assessed, of a judgement's source.
ABOUT = {RESULT: "this result", OUTCOME: "this outcome", STUDY: "the study as a whole"}


class NothingAgreed(Refused):
    """There is nothing to draw: no risk of bias was agreed about the studies that were pooled."""


@dataclass(frozen=True)
class RiskRow:
    """A study of the run: its judgements ({} if none), what was assessed, and its weight in percent."""

    study: str
    judgements: Mapping[str, str]
    about: str
    weight: float


@dataclass(frozen=True)
class RiskPart:
    """What a run's page shows: the weighted summary, its table, and which files there are.

    ``shares`` has a row per column of the figure: its name and the percent of weight by ``headings``. ``studies`` has
    the judgements of each study in words, in the order of ``columns``.
    """

    tool: Tool
    others: list[Tool]
    figure: Figure
    headings: list[str]
    shares: list[tuple[str, list[str]]]
    columns: list[figures.Domain]
    studies: list[tuple[RiskRow, list[str]]]
    has_robvis: bool


def risk_part(run: Run) -> RiskPart | None:
    """None where nothing was agreed about the studies that were pooled."""
    tools = tools_in(run)
    rows = _rows(run, tools[0]) if tools else []
    if not any(row.judgements for row in rows):
        return None
    headings, shares = _shares(tools[0], rows)
    return RiskPart(
        tools[0],
        tools[1:],
        risk_figure(run, "risk-summary-weighted"),
        headings,
        shares,
        plots.columns(tools[0]),
        _in_words(tools[0], rows),
        not counts_stars(tools[0]),
    )


def risk_figure(run: Run, name: str) -> Figure:
    """One of FIGURES, of the tool that most of the run's studies were judged with. Raises NothingAgreed."""
    rows = _judged(run)
    tool = tools_in(run)[0]
    given = [row.judgements for row in rows]
    about = f"{run.snapshot['outcome']['name']}, {tool.name}"
    if name == "risk-traffic-light":
        title = f"Risk of bias in each study: {about}"
        return plots.traffic_light(tool, [row.study for row in rows], given, title=title)
    title = f"Risk of bias across studies: {about}"
    if name == "risk-summary":
        return plots.summary(tool, given, title=title)
    note = f"Weights are those of the meta-analysis “{run.snapshot['plan']['name']}”, run {run.pk}."
    return plots.summary(tool, given, title=title, weights=[row.weight for row in rows], notes=[note])


def risk_csv(run: Run, name: str) -> str:
    """The file of one of TABLES: the same studies for robvis, with the column Weight or without."""
    rows = [row for row in _judged(run) if row.judgements]
    weights = [row.weight for row in rows] if name == "robvis-weighted" else None
    return robvis_csv(tools_in(run)[0], [(row.study, row.judgements) for row in rows], weights=weights)


def _judged(run: Run) -> list[RiskRow]:
    tools = tools_in(run)
    rows = _rows(run, tools[0]) if tools else []
    if not any(row.judgements for row in rows):
        raise NothingAgreed("Nothing is agreed on the risk of bias of the studies that were pooled.")
    return rows


def _rows(run: Run, tool: Tool) -> list[RiskRow]:
    """The pooled studies, those judged with another tool left out."""
    assert run.result is not None, "only a run with a result has weights"
    pairs = zip(run.snapshot["rows"], run.result["studies"], strict=True)
    return [
        RiskRow(row["study"], _judgements(row), _about(row), study["weight"])
        for row, study in pairs
        if study["weight"] is not None and row.get("risk", {"tool": tool.key})["tool"] == tool.key
    ]


def _judgements(row: Mapping[str, Any]) -> dict[str, str]:
    risk = row.get("risk")
    return risk["values"] | {OVERALL: risk["overall"]} if risk else {}


def _about(row: Mapping[str, Any]) -> str:
    return ABOUT[row["risk"]["source"]] if row.get("risk") else ""


def _in_words(tool: Tool, rows: list[RiskRow]) -> list[tuple[RiskRow, list[str]]]:
    levels = plots.looks(tool)
    grid = plots.grid(tool, [row.judgements for row in rows])
    return [(row, [level_label(key, levels) for key in line]) for row, line in zip(rows, grid, strict=True)]


def _shares(tool: Tool, rows: list[RiskRow]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    levels = plots.looks(tool)
    grid = plots.grid(tool, [row.judgements for row in rows])
    found = {key for line in grid for key in line}
    keys = [key for key in (*levels, "") if key in found]
    whole = sum(row.weight for row in rows)
    shares = []
    for j, domain in enumerate(plots.columns(tool)):
        weight: dict[str, float] = dict.fromkeys(("", *keys), 0.0)
        for line, row in zip(grid, rows, strict=True):
            weight[line[j]] += row.weight
        shares.append((domain.name, [f"{weight[key] / whole:.0%}" if weight[key] else "" for key in keys]))
    return [level_label(key, levels) for key in keys], shares
