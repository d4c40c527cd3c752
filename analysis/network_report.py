"""A finished network run as its page shows it: sentences and tables with numbers as text. Computes no statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from analysis.choices import has_no_effect
from analysis.models import QuotedResult, Run
from analysis.network_words import (
    against,
    cell_text,
    connection,
    headline,
    heterogeneity,
    inconsistency,
    league_grid,
    methods,
    ranking,
    references,
    small_study,
)
from analysis.plan_changes import changes_before
from analysis.selection import cautions
from analysis.wording import METHODS_OF_TAU2, NONE, Scale, p_value, plain_number

Data = Mapping[str, Any]
COMMON = "Common effect"


class LeagueText(NamedTuple):
    """A cell of the league table. ``kind``: "name" on the diagonal, else "network" or "direct"; ``told`` says which
    comparison it is, for a cell that stands alone on a phone."""

    kind: str
    estimate: str
    interval: str
    clear: bool
    told: str


class LeagueLine(NamedTuple):
    name: str
    cells: list[LeagueText]


class RankLine(NamedTuple):
    name: str
    part: int
    p_score: str
    sucra: str
    mean_rank: str
    ranks: str
    first: str


class AgainstLine(NamedTuple):
    name: str
    network: str
    prediction: str
    direct: str
    studies: str


class SplitLine(NamedTuple):
    """Direct against indirect evidence; ``notable``: they differ by more than chance would let expect."""

    treatment: str
    comparator: str
    studies: int
    direct: str
    indirect: str
    network: str
    difference: str
    p: str
    share: str
    notable: bool


class DesignLine(NamedTuple):
    design: str
    studies: int
    q: str
    df: int
    p: str


class FitLine(NamedTuple):
    model: str
    tau2: str
    effects: list[str]
    planned: bool


class StudyLine(NamedTuple):
    study: str
    study_id: int
    treatment: str
    comparator: str
    effect: str
    people: str


@dataclass(frozen=True)
class NetworkReport:
    """Everything the page of a network run says. ``prediction`` and ``outliers`` are empty: nothing is pooled."""

    run: Run
    scale: Scale
    reference: str
    headline: str
    heterogeneity: str
    connection: str
    ranking: list[str]
    inconsistency: list[str]
    small_study: str
    methods: str
    references: list[str]
    names: list[str]
    league: list[LeagueLine]
    ranks: list[RankLine]
    against: list[AgainstLine]
    splits: list[SplitLine]
    designs: list[DesignLine]
    fits: list[FitLine]
    compared: list[str]
    studies: list[StudyLine]
    left_out: list[tuple[str, str]]
    notes: list[str]
    prediction: str = ""
    outliers: list[str] = field(default_factory=list)

    @property
    def by_model(self) -> list[tuple[str, list[str]]]:
        """Each treatment against the reference, under every model (empty where a model could not be fitted)."""
        return [
            (name, [fit.effects[i] if fit.effects else NONE for fit in self.fits])
            for i, name in enumerate(self.compared)
        ]


def network_report(run: Run, quoted: Iterable[QuotedResult] = ()) -> NetworkReport:
    """The report of a network run that has a result; quoted figures are of single effects and have no place in it."""
    snapshot, result = run.snapshot, cast(dict[str, Any], run.result)
    changes = changes_before(run.plan, run.created_at)
    scale = Scale(result["measure"])
    names, league = _league(scale, result)
    return NetworkReport(
        run=run,
        scale=scale,
        reference=result["reference"],
        headline=headline(snapshot, result),
        heterogeneity=heterogeneity(result),
        connection=connection(result),
        ranking=ranking(result),
        inconsistency=inconsistency(result),
        small_study=small_study(result),
        methods=methods(snapshot, result, changes),
        references=references(snapshot, result, changes),
        names=names,
        league=league,
        ranks=_ranks(result),
        against=_against(scale, result),
        splits=_splits(scale, result),
        designs=_designs(result),
        fits=_fits(scale, result),
        compared=_compared(result),
        studies=_studies(scale, result),
        left_out=[(one["study"], one["why"]) for one in (*snapshot["left_out"], *result["left_out"])],
        notes=[*cautions(snapshot["rows"], result["measure"]), *snapshot.get("notes", [])],
    )


def _league(scale: Scale, result: Data) -> tuple[list[str], list[LeagueLine]]:
    names, grid = league_grid(result)
    lines = []
    for i, row in enumerate(names):
        cells = []
        for j, column in enumerate(names):
            kind = "name" if i == j else "network" if i > j else "direct"
            cells.append(_cell(scale, grid[i][j], kind, f"{row} against {column}"))
        lines.append(LeagueLine(row, cells))
    return list(names), lines


def _cell(scale: Scale, cell: Data | None, kind: str, told: str) -> LeagueText:
    if cell is None:
        return LeagueText(kind, "" if kind == "name" else NONE, "", False, told)
    clear = has_no_effect(scale.measure) and (cell["ci_low"] > 0 or cell["ci_high"] < 0)
    interval = scale.interval(cell["ci_low"], cell["ci_high"])
    return LeagueText(kind, scale.text(cell["estimate"]), interval, clear, told)


def _ranks(result: Data) -> list[RankLine]:
    return [
        RankLine(
            name=one["treatment"],
            part=one["part"] + 1,
            p_score=plain_number(one["p_score"]),
            sucra=plain_number(one.get("sucra")),
            mean_rank=plain_number(one.get("mean_rank"), 1),
            ranks=f"{one['rank_low']} to {one['rank_high']}" if "ranks" in one else NONE,
            first=f"{100 * one['ranks'][0]:.0f}%" if "ranks" in one else NONE,
        )
        for one in result["ranking"]["treatments"]
    ]


def _against(scale: Scale, result: Data) -> list[AgainstLine]:
    return [
        AgainstLine(
            name=one["treatment"],
            network=cell_text(scale, one),
            prediction=scale.interval(one["pi_low"], one["pi_high"]),
            direct=cell_text(scale, one["direct"]),
            studies=str(one["direct"]["studies"]) if one["direct"] else "0",
        )
        for one in against(result, result["reference"])
    ]


def _splits(scale: Scale, result: Data) -> list[SplitLine]:
    found = result["splits"]
    if isinstance(found, dict):
        return []
    return [
        SplitLine(
            treatment=one["treatment"],
            comparator=one["comparator"],
            studies=one["studies"],
            direct=scale.text(one["direct"]),
            indirect=scale.text(one["indirect"]),
            network=scale.text(one["network"]),
            difference=scale.text(one["difference"]),
            p=p_value(one["pval"]).removeprefix("p ").removeprefix("= "),
            share=f"{100 * one['proportion']:.0f}%",
            notable=one["pval"] is not None and one["pval"] < 0.10,
        )
        for one in found
    ]


def _designs(result: Data) -> list[DesignLine]:
    return [
        DesignLine(
            design=one["design"].replace(":", ", "),
            studies=one["studies"],
            q=plain_number(one["q"]) if one["df"] else NONE,
            df=one["df"],
            p=p_value(one["pval"]).removeprefix("p ").removeprefix("= "),
        )
        for one in result["design_test"].get("designs", [])
    ]


def _compared(result: Data) -> list[str]:
    planned = result["alternatives"][0]
    return [one["treatment"] for one in planned.get("against", [])]


def _fits(scale: Scale, result: Data) -> list[FitLine]:
    """The planned model and the others, one effect against the reference for each of ``compared``."""
    lines = []
    for place, fit in enumerate(result["alternatives"]):
        method = fit["tau2_method"]
        model = COMMON if method == "CE" else f"Random effects, {METHODS_OF_TAU2[method]}"
        if "reason" in fit:
            lines.append(FitLine(model, fit["reason"], [], place == 0))
            continue
        effects = [cell_text(scale, one) for one in fit["against"]]
        lines.append(FitLine(model, plain_number(fit["tau2"], 3), effects, place == 0))
    return lines


def _studies(scale: Scale, result: Data) -> list[StudyLine]:
    return [
        StudyLine(
            study=one["study"],
            study_id=one["study_id"],
            treatment=one["treatment"],
            comparator=one["comparator"],
            effect=f"{scale.text(one['yi'])} ({scale.interval(one['ci_low'], one['ci_high'])})",
            people=NONE if one["people"] is None else f"{one['people']:,}",
        )
        for one in result["contrasts"]
    ]
