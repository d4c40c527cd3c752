"""JBI critical appraisal checklists. Every item is a question and a column of its own; the wording is ours.

The overall appraisal (include, exclude, seek further information) is a judgement: JBI sets no score or cut-off.
"""

from collections import Counter
from collections.abc import Mapping

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.jbi_items import CHECKLISTS
from appraisal.instruments.signalling import RANDOMISED, Answers, Proposal, SignallingQuestion, Tool

LEVELS = (
    Level(key="yes", label="Yes", symbol="+", colour="low", robvis="Low", aliases=("Y",)),
    Level(key="no", label="No", symbol="−", colour="high", robvis="High", aliases=("N",)),
    Level(key="unclear", label="Unclear", symbol="?", colour="unclear", robvis="Unclear", aliases=("U",)),
    Level(key="not_applicable", label="Not applicable", symbol="NA", colour="not_applicable",
          robvis="Not applicable", aliases=("NA",)),
)  # fmt: skip
OVERALL = (
    Level(key="include", label="Include", symbol="+", colour="low", robvis="Low"),
    Level(key="exclude", label="Exclude", symbol="−", colour="high", robvis="High"),
    Level(key="seek_info", label="Seek further info", symbol="?", colour="unclear", robvis="Unclear"),
)
#: Study designs (as screening calls them) of the checklists whose key is not the design's.
DESIGNS = {
    "rct": RANDOMISED,
    "quasi_experimental": ("non_randomised",),
    "diagnostic": ("diagnostic_accuracy",),
}
MEANS = {"Y": "yes", "N": "no", "U": "unclear", "NA": "not_applicable"}


def as_answered(a: Answers) -> tuple[str, str]:
    """The judgement of an item is its answer."""
    ((key, value),) = a.items()
    return MEANS[value], f"As answered ({key})."


def overall_rule(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    """Counts only: whether to include is decided by people, by rules they set beforehand."""
    missing = tuple(domain.key for domain in tool.domains if domain.key not in levels)
    if missing:
        return Proposal(level=None, why=f"Not judged yet: {', '.join(missing)}.", missing=missing)
    count = Counter(levels.values())
    said = ", ".join(f"{count[level.key]} {level.label.lower()}" for level in LEVELS if count[level.key])
    return Proposal(
        level=None, why=f"{said}. JBI sets no cut-off: include, exclude or seek further information."
    )


def _build(key: str) -> Tool:
    name, version, items = CHECKLISTS[key]
    numbers = [str(place) for place in range(1, len(items) + 1)]
    return Tool(
        key=f"jbi_{key}",
        name=f"JBI checklist: {name}",
        about=f"{len(items)} items, each yes, no, unclear or not applicable, and an overall appraisal.",
        reference="JBI Manual for Evidence Synthesis; JBI critical appraisal tools",
        reference_url="https://jbi.global/critical-appraisal-tools",
        guidance_url="https://jbi.global/critical-appraisal-tools",
        domains=tuple(
            Domain(key=f"Q{number}", short=f"Q{number}", label=text, guidance=text)
            for number, text in zip(numbers, items, strict=True)
        ),
        levels=LEVELS,
        questions=tuple(
            SignallingQuestion(
                key=number, domain=f"Q{number}", text=text, options=("Y", "N", "U", "NA"), na_is_answer=True
            )
            for number, text in zip(numbers, items, strict=True)
        ),
        rules={f"Q{number}": as_answered for number in numbers},
        overall_rule=overall_rule,
        overall_levels=OVERALL,
        designs=DESIGNS.get(key, (key,)),
        version=version,
        licence="The official checklists are JBI's, for non-commercial use; the wording here is our own.",
    )


JBI: dict[str, Tool] = {f"jbi_{key}": _build(key) for key in CHECKLISTS}
