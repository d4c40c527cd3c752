"""Whether a judgement counts as low, high or between, whatever tool it was made with. No Django here."""

from collections.abc import Mapping
from typing import Any

from appraisal.columns import bias_domains, counts_stars
from appraisal.instruments import BUILT_IN, Tool

LOW, BETWEEN, HIGH, UNKNOWN = "low", "between", "high", ""
#: By the colour of a level, which the tools share.
CLASS = {
    "low": LOW,
    "some_concerns": BETWEEN,
    "unclear": BETWEEN,
    "moderate": BETWEEN,
    "high": HIGH,
    "serious": HIGH,
    "very_high": HIGH,
    "critical": HIGH,
}


def standing(tool: Tool, values: Mapping[str, str], overall: str) -> str:
    """LOW, BETWEEN, HIGH or UNKNOWN.

    The overall judgement says it. For a tool that has none (RoB 1, QUADAS-2) its domains of bias do: high where one
    is high, low where all are low (Cochrane Handbook 5.1, table 8.7.a); stars say nothing.
    """
    if tool.judges_overall:
        return CLASS.get(tool.overall_level(overall).colour, UNKNOWN) if overall else UNKNOWN
    if counts_stars(tool):
        return UNKNOWN
    levels = [tool.level(values[domain.key]) for domain in bias_domains(tool) if values.get(domain.key)]
    found = {CLASS[level.colour] for level in levels if level.colour in CLASS}
    if not found:
        return UNKNOWN
    return HIGH if HIGH in found else LOW if found == {LOW} else BETWEEN


def standing_kept(risk: Mapping[str, Any] | None) -> str:
    """The standing of what a row of a snapshot keeps of a judgement (``risk``), UNKNOWN without one.

    A review's own tools are not at hand here: their levels count by their keys, which are "low", "high" ... unless
    the review named them otherwise.
    """
    if not risk:
        return UNKNOWN
    if risk["tool"] in BUILT_IN:
        return standing(BUILT_IN[risk["tool"]], risk["values"], risk["overall"])
    if risk["overall"]:
        return CLASS.get(risk["overall"], UNKNOWN)
    found = {CLASS[value] for value in risk["values"].values() if value in CLASS}
    return HIGH if HIGH in found else UNKNOWN if not found else LOW if found == {LOW} else BETWEEN
