"""The agreed risk of bias of a run's studies: who is left out for it, its groups, and the columns beside the plot.

A row of a snapshot keeps what was agreed about the very result it pools (the most specific judgement), so a figure
drawn later shows what stood there when the run was asked for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.models import Plan, Run
from analysis.risk_levels import BETWEEN, HIGH, LOW, UNKNOWN, standing
from appraisal import plots
from appraisal.columns import OVERALL
from appraisal.figures import Domain, Level
from appraisal.instruments import Tool
from appraisal.judged import OUTCOME, STUDY, Judged
from appraisal.registry import tool_at
from reviews.figures.layout import PAPER

#: The ``subgroup_by`` of a plan that groups its studies by what was agreed.
BY_RISK = "overall risk of bias"
NOT_JUDGED = "Risk of bias not agreed"
#: In the words of a tool without an overall judgement.
DOMAINS_SAY = {
    LOW: "low risk in every domain",
    BETWEEN: "no domain at high risk, not all at low",
    HIGH: "high risk in a domain",
}
#: What a plan with this setting does, for those it leaves out.
RULES: dict[str, str] = {
    Plan.RiskOfBias.LOW: "the plan pools low risk only",
    Plan.RiskOfBias.NOT_HIGH: "the plan leaves out high risk",
}
OTHER_TOOL = "other_tool"
SOURCES = {
    STUDY: "Risk of bias was judged for the study as a whole, not for this outcome, in {}.",
    OUTCOME: "Risk of bias was judged for this outcome at no particular time point in {}.",
}


def kept(judged: Judged) -> dict[str, Any]:
    """What a row of a snapshot keeps of a judgement."""
    return {
        "tool": judged.tool.key,
        "version": judged.version,
        "values": dict(judged.values),
        "overall": judged.overall,
        "source": judged.source,
    }


def in_words(judged: Judged | None) -> str:
    """The group a study is in by its overall risk of bias: "Low risk", "Some concerns" ..."""
    if judged is None:
        return NOT_JUDGED
    if judged.overall_level:
        return judged.overall_level.label
    words = DOMAINS_SAY.get(standing(judged.tool, judged.values, judged.overall), "")
    return words[:1].upper() + words[1:] if words else NOT_JUDGED


def order_of(judged: Judged | None) -> int:
    """The place of a study's group from best to worst; those without an agreed judgement come last."""
    if judged is None:
        return len(plots.BEST_FIRST)
    if judged.overall_level:
        return plots.BEST_FIRST.index(judged.overall_level.colour)
    found = standing(judged.tool, judged.values, judged.overall)
    return {LOW: 0, BETWEEN: 2, HIGH: 4}.get(found, len(plots.BEST_FIRST))


def why_left_out(setting: str, judged: Judged | None) -> str:
    """Why a plan that pools only "low" or "not_high" leaves a study out; "" when it does not."""
    if not setting:
        return ""
    found = standing(judged.tool, judged.values, judged.overall) if judged else UNKNOWN
    if found == UNKNOWN:
        return f"its overall risk of bias is not agreed, and {RULES[setting]}"
    if found == HIGH or (found == BETWEEN and setting == Plan.RiskOfBias.LOW):
        return f"its risk of bias is agreed as: {in_words(judged).lower()}; {RULES[setting]}"
    return ""


@dataclass(frozen=True)
class RiskColumns:
    """``judgements[study id]`` has one key of ``levels`` per domain, "" where nothing was agreed.

    ``notes`` say of which studies less than the very result was judged.
    """

    domains: tuple[Domain, ...]
    levels: Mapping[str, Level]
    judgements: Mapping[int, tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def of(self, study_id: int) -> tuple[str, ...]:
        return self.judgements.get(study_id, ("",) * len(self.domains))


def tools_in(run: Run) -> list[Tool]:
    """The tools that the rows of a run were judged with, the most used first."""
    found = Counter((row["risk"]["tool"], row["risk"]["version"]) for row in judged_rows(run))
    return [tool_at(run.review_id, key, version) for (key, version), _ in found.most_common()]


def judged_rows(run: Run) -> list[dict[str, Any]]:
    """The rows of a run about which something was agreed when it was asked for."""
    return [row for row in run.snapshot["rows"] if row.get("risk")]


def risk_columns(run: Run) -> RiskColumns | None:
    """The columns beside a run's forest plot, from its snapshot; None if nothing was agreed.

    They are the domains of the tool most studies were judged with; a study judged with another one shows what it
    has in common with them, the overall judgement.
    """
    tools = tools_in(run)
    if not tools:
        return None
    main = tools[0]
    domains = tuple(plots.columns(main))
    levels = dict(plots.looks(main))
    judgements: dict[int, tuple[str, ...]] = {}
    for row in judged_rows(run):
        tool = tool_at(run.review_id, row["risk"]["tool"], row["risk"]["version"])
        given = row["risk"]["values"] | {OVERALL: row["risk"]["overall"]}
        if tool.key == main.key:
            judgements[row["study_id"]] = tuple(plots.grid(tool, [given])[0])
            continue
        levels = plots.looks(tool) | levels | {OTHER_TOOL: _other(tools[1:])}
        whole = [plots.overall_key(tool, given)] if plots.has_overall(main) else []
        judgements[row["study_id"]] = (*[OTHER_TOOL] * (len(domains) - len(whole)), *whole)
    levels = dict(sorted(levels.items(), key=lambda level: plots.place_of(level[1])))
    return RiskColumns(domains, levels, judgements, tuple(_notes(judged_rows(run))))


def _other(tools: Sequence[Tool]) -> Level:
    names = ", ".join(tool.name for tool in tools)
    return Level(label=f"Judged with another tool: {names}", symbol="‡", fill=PAPER)


def _notes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    notes = []
    for source, sentence in SOURCES.items():
        studies = [row["study"] for row in rows if row["risk"]["source"] == source]
        if studies:
            notes.append(sentence.format(", ".join(studies)))
    return notes
