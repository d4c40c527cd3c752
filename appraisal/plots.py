"""Judgements as figures: the tool's words and symbols on appraisal.figures. No Django here.

``judgements[i]`` is {domain key: level key} of row i, with the overall judgement under the key "overall".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from appraisal import figures
from appraisal.columns import (
    APPLICABILITY,
    OVERALL,
    counts_stars,
    has_overall,
    heads,
    is_applicability,
    most,
    total,
)
from appraisal.instruments import Level, Tool
from reviews.figures.layout import INK, PAPER, Figure

Row = Mapping[str, str]
#: Few to many stars: one hue from light to dark, which the number on it also tells.
STARS = (("#f4f8fc", INK), ("#cfe0ef", INK), ("#9cc3e0", INK), ("#2f72a8", PAPER), ("#0b3c66", PAPER))
BIAS, CONCERNS = "Risk of bias", "Applicability concerns"
MANY = figures.PAGE_ROWS
BEST_FIRST = tuple(figures.LEVELS)


def looks(tool: Tool) -> dict[str, figures.Level]:
    """How each level is drawn: of the domains by its key, of the whole by ``overall_key``."""
    ordered = sorted(tool.levels, key=lambda level: BEST_FIRST.index(level.colour))
    found = {level.key: _look(level) for level in ordered}
    if counts_stars(tool):
        pairs = zip(list(found), STARS, strict=True)
        found = {key: replace(found[key], fill=fill, ink=ink) for key, (fill, ink) in pairs}
    if tool.counts:
        whole = most(tool)
        found |= {
            f"{OVERALL}:{n}": figures.Level(
                label=f"{n} of {whole}", symbol=str(n), fill=PAPER, explained=False
            )
            for n in range(whole + 1)
        }
    elif tool.overall_levels:
        found |= {
            f"{OVERALL}:{level.key}": replace(_look(level), label=f"Overall: {level.label.lower()}")
            for level in tool.overall_levels
        }
    return found


def overall_key(tool: Tool, row: Row) -> str:
    """Under which key of ``looks`` the whole of a row is drawn; "" when it is not judged."""
    if tool.counts:
        number = total(tool, row)
        return "" if number is None else f"{OVERALL}:{number}"
    judged = row.get(OVERALL, "")
    return f"{OVERALL}:{judged}" if judged and tool.overall_levels else judged


def columns(tool: Tool) -> list[figures.Domain]:
    """The columns of a figure: every domain, in blocks where the tool has two kinds, and the whole."""
    head = heads(tool)
    blocks = any(map(is_applicability, tool.domains))
    found = [
        figures.Domain(
            key=head[domain.key],
            name=_capital(domain.label.removeprefix(APPLICABILITY)),
            block="" if not blocks else CONCERNS if is_applicability(domain) else BIAS,
        )
        for domain in tool.domains
    ]
    if has_overall(tool):
        key = "Total" if tool.counts else "Overall"
        name = f"Stars in all, {most(tool)} at most" if tool.counts else key
        found.append(figures.Domain(key=key, name=name, apart=True))
    return found


def grid(tool: Tool, judgements: Sequence[Row]) -> list[list[str]]:
    """The keys of ``looks`` in the order of ``columns``; "" where nothing is judged with a level of this tool."""
    known = looks(tool)
    rows = []
    for row in judgements:
        cells = [row.get(domain.key, "") for domain in tool.domains]
        if has_overall(tool):
            cells.append(overall_key(tool, row))
        rows.append([cell if cell in known else "" for cell in cells])
    return rows


def traffic_light(
    tool: Tool,
    studies: Sequence[str],
    judgements: Sequence[Row],
    *,
    title: str = "",
    hrefs: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """Study by domain in one figure; many studies stand in columns side by side."""
    stacks = -(-len(studies) // MANY)
    given = _given(tool, judgements, title or f"Risk of bias in each study: {tool.name}", notes)
    return figures.traffic_light(studies, hrefs=hrefs, stacks=min(stacks, 4), **given)


def traffic_light_pages(
    tool: Tool,
    studies: Sequence[str],
    judgements: Sequence[Row],
    *,
    title: str = "",
    hrefs: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> list[Figure]:
    """Study by domain, as many figures as printed pages are needed."""
    given = _given(tool, judgements, title or f"Risk of bias in each study: {tool.name}", notes)
    return figures.traffic_light_pages(studies, hrefs=hrefs, **given)


def summary(
    tool: Tool,
    judgements: Sequence[Row],
    *,
    title: str = "",
    weights: Sequence[float] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """One bar per domain: the share of studies, or of ``weights``, with each judgement.

    A total of stars has no bar: it is not a judgement.
    """
    given = _given(tool, judgements, title or f"Risk of bias across studies: {tool.name}", notes)
    if tool.counts:
        given["domains"] = given["domains"][:-1]
        given["judgements"] = [row[:-1] for row in given["judgements"]]
    return figures.summary_bars(weights=weights, **given)


def _given(tool: Tool, judgements: Sequence[Row], title: str, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "domains": columns(tool),
        "judgements": grid(tool, judgements),
        "title": title,
        "levels": looks(tool),
        "notes": notes,
    }


def place_of(look: figures.Level) -> int:
    """The place of a level from best to worst, by its colour; what has none of the usual colours comes last."""
    fills = [level.fill for level in figures.LEVELS.values()]
    return fills.index(look.fill) if look.fill in fills else len(fills)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _look(level: Level) -> figures.Level:
    return replace(figures.LEVELS[level.colour], label=level.label, symbol=level.symbol)
