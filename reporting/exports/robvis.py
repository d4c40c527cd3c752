"""Agreed judgements as the CSV that the R package robvis reads; the file itself is made by ``appraisal.robvis``."""

from collections.abc import Iterable

from appraisal import registry
from appraisal.columns import counts_stars
from appraisal.downloads import robvis_of
from appraisal.instruments import Tool
from appraisal.models import Assessment
from appraisal.robvis import LAYOUTS, layouts_for
from appraisal.sheet import sheet_for
from reporting.exports.shape import Choices, Option, UnknownOption
from reviews.models import Membership


def _tools(membership: Membership) -> Choices:
    return [(tool.key, tool.name) for tool in _used(membership)]


def _outcomes(membership: Membership) -> Choices:
    names = membership.review.outcomes.order_by("order", "pk").values_list("name", flat=True)
    return [(name, name) for name in dict.fromkeys(names)]


TOOL = Option("tool", "Tool", _tools, "The one in use", "robvis draws one tool at a time.")
OUTCOME = Option("outcome", "Outcome", _outcomes, "Any")
LAYOUT = Option(
    "layout", "Template of robvis", [(name, name) for name in LAYOUTS], "The tool's own", "rob_…(tool = …)"
)


def as_csv(membership: Membership, *, tool: str = "", outcome: str = "", layout: str = "") -> Iterable[str]:
    """One row per assessment the member may see. Raises UnknownOption where robvis cannot draw what was chosen."""
    chosen = _chosen(membership, tool)
    template = LAYOUTS.get(layout)
    if template not in [None, *layouts_for(chosen)]:
        fitting = ", ".join(one.name for one in layouts_for(chosen))
        raise UnknownOption(f"{chosen.name} does not fit the template {layout}. Choose one of: {fitting}.")
    about = membership.review.outcomes.filter(name=outcome).first() if outcome else None
    return [robvis_of(sheet_for(membership, chosen, about), template)]


def _chosen(membership: Membership, key: str) -> Tool:
    used = _used(membership)
    if key:
        return next(tool for tool in used if tool.key == key)
    if len(used) == 1:
        return used[0]
    if not used:
        raise UnknownOption("No study was assessed with a tool that robvis draws. Assess risk of bias first.")
    raise UnknownOption(
        f"This review uses several tools: choose one of {', '.join(one.key for one in used)}.", field="tool"
    )


def _used(membership: Membership) -> list[Tool]:
    """The tools with an assessment that the member may see, without those that count stars."""
    seen = set(Assessment.objects.visible_to(membership).values_list("instrument", flat=True))
    tools = registry.tools_of(membership.review)
    return [tool for tool in tools if tool.key in seen and not counts_stars(tool)]
