"""The Newcastle-Ottawa scales for cohort and case-control studies: stars, totals and an optional conversion.

Wells GA, Shea B, O'Connell D, et al., Ottawa Hospital Research Institute. The wording is our own. The conversion to
good, fair and poor is not part of the scale; it is the one used with AHRQ standards (table 4 of PMC9292924).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import (
    Answers,
    Proposal,
    SignallingQuestion,
    Tool,
    ToolError,
    propose,
)

LEVELS = tuple(
    Level(key=str(n), label=f"{n} star{'' if n == 1 else 's'}", symbol=str(n), colour="no_information",
          robvis="No information")
    for n in range(5)
)  # fmt: skip
AHRQ_LEVELS = (
    Level(key="good", label="Good quality", symbol="+", colour="low", robvis="Low"),
    Level(key="fair", label="Fair quality", symbol="!", colour="moderate", robvis="Moderate"),
    Level(key="poor", label="Poor quality", symbol="−", colour="high", robvis="High"),
)
DOES = {"a": "Yes", "b": "No or not stated"}


@dataclass(frozen=True)
class Stars:
    """Stars per domain, their total and the most there can be (9). ``missing`` are the questions still open."""

    by_domain: Mapping[str, int]
    total: int
    maximum: int
    missing: tuple[str, ...]


def _item(domain: str, key: str, text: str, labels: Mapping[str, str], stars: str) -> SignallingQuestion:
    return SignallingQuestion(
        key=key, domain=domain, text=text, options=tuple(labels), labels=labels, stars=tuple(stars)
    )


COMPARABILITY = (
    _item("comparability", "C1", "Does the study control for the most important factor?", DOES, "a"),
    _item("comparability", "C2", "Does the study control for any other important factor?", DOES, "a"),
)
COHORT = (
    _item("selection", "S1", "How well does the exposed cohort represent people in the community?",
          {"a": "Truly representative", "b": "Somewhat representative", "c": "A selected group",
           "d": "Not described"}, "ab"),
    _item("selection", "S2", "Where does the unexposed cohort come from?",
          {"a": "The same community", "b": "A different source", "c": "Not described"}, "a"),
    _item("selection", "S3", "How was exposure ascertained?",
          {"a": "Secure record", "b": "Structured interview", "c": "Written self-report",
           "d": "Not described"}, "ab"),
    _item("selection", "S4", "Was it shown that the outcome was not present at the start?", DOES, "a"),
    *COMPARABILITY,
    _item("outcome", "O1", "How was the outcome assessed?",
          {"a": "Independently, without knowing exposure", "b": "Record linkage", "c": "Self-report",
           "d": "Not described"}, "ab"),
    _item("outcome", "O2", "Was follow-up long enough for the outcome to occur?", DOES, "a"),
    _item("outcome", "O3", "How complete was follow-up?",
          {"a": "Complete", "b": "Few lost, unlikely to cause bias", "c": "Many lost, not described",
           "d": "Not stated"}, "ab"),
)  # fmt: skip
CASE_CONTROL = (
    _item("selection", "S1", "How good is the definition of cases?",
          {"a": "Independently validated", "b": "Record linkage or self-report", "c": "Not described"}, "a"),
    _item("selection", "S2", "Do the cases represent all cases?",
          {"a": "Consecutive or obviously representative", "b": "Perhaps not, or not stated"}, "a"),
    _item("selection", "S3", "Where do the controls come from?",
          {"a": "The community", "b": "Hospital", "c": "Not described"}, "a"),
    _item("selection", "S4", "How are controls defined?",
          {"a": "No history of the outcome", "b": "Not described"}, "a"),
    *COMPARABILITY,
    _item("exposure", "E1", "How was exposure ascertained?",
          {"a": "Secure record", "b": "Structured interview, blind to status", "c": "Interview, not blind",
           "d": "Written self-report or medical record only", "e": "Not described"}, "ab"),
    _item("exposure", "E2", "Was it ascertained in the same way for cases and controls?", DOES, "a"),
    _item("exposure", "E3", "How does non-response compare?",
          {"a": "The same rate in both groups", "b": "Non-respondents described",
           "c": "Different rates, not described"}, "a"),
)  # fmt: skip
DOMAINS = {
    "selection": ("Selection", "Are the groups those they should be? Up to 4 stars.", 4),
    "comparability": ("Comparability", "Are the groups comparable by design or analysis? Up to 2 stars.", 2),
    "outcome": ("Outcome", "Is the outcome assessed well and for all? Up to 3 stars.", 3),
    "exposure": ("Exposure", "Is the exposure ascertained well and alike? Up to 3 stars.", 3),
}


def _count(a: Answers, *, questions: tuple[SignallingQuestion, ...]) -> tuple[str, str]:
    earned = [question.key for question in questions if a.get(question.key) in question.stars]
    return str(
        len(earned)
    ), f"{len(earned)} of {len(questions)} stars{': ' if earned else ''}{', '.join(earned)}."


def stars(tool: Tool, answers: Answers) -> Stars:
    """The stars of a Newcastle-Ottawa assessment; questions not answered yet earn none and are named in ``missing``.

    ToolError for another tool, an unknown question or answer.
    """
    if not any(question.stars for question in tool.questions):
        raise ToolError(f"{tool.name} does not count stars; use a Newcastle-Ottawa scale.")
    proposals = propose(tool, answers)  # checks the answers
    by_domain = {key: sum(answers.get(q.key) in q.stars for q in tool.questions_of(key)) for key in proposals}
    missing = tuple(key for proposal in proposals.values() for key in proposal.missing)
    return Stars(by_domain, sum(by_domain.values()), len(tool.questions), missing)


def ahrq(selection: int, comparability: int, last: int) -> str:
    """ "good", "fair" or "poor" from the stars of selection, comparability and outcome (or exposure).

    Good: 3-4, 1-2 and 2-3 stars; fair: 2, 1-2 and 2-3; poor: any of 0-1, 0 or 0-1. ToolError out of range.
    """
    for name, value, most in (
        ("Selection", selection, 4),
        ("Comparability", comparability, 2),
        ("Outcome", last, 3),
    ):
        if not 0 <= value <= most:
            raise ToolError(f"{name} has 0 to {most} stars, not {value}.")
    if selection < 2 or comparability < 1 or last < 2:
        return "poor"
    return "fair" if selection == 2 else "good"


def with_ahrq(tool: Tool) -> Tool:
    """The same scale with good, fair and poor as its overall levels (an option, not part of the scale)."""
    return replace(
        tool,
        key=f"{tool.key}_ahrq",
        name=f"{tool.name}, good/fair/poor",
        overall_levels=AHRQ_LEVELS,
        overall_rule=_converted,
        counts=False,
    )


def _total(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    missing = tuple(domain.key for domain in tool.domains if domain.key not in levels)
    if missing:
        return Proposal(level=None, why=f"Not judged yet: {', '.join(missing)}.", missing=missing)
    total = sum(map(int, levels.values()))
    return Proposal(level=None, why=f"{total} of {len(tool.questions)} stars. The scale sets no threshold.")


def _converted(tool: Tool, levels: Mapping[str, str], several_together: bool | None) -> Proposal:
    counted = _total(tool, levels, None)
    if counted.missing:
        return counted
    first, second, third = (int(levels[domain.key]) for domain in tool.domains)
    level = ahrq(first, second, third)
    return Proposal(level=level, why=f"{first}, {second} and {third} stars: {level} (AHRQ-type conversion).")


def _build(key: str, name: str, design: str, items: tuple[SignallingQuestion, ...]) -> Tool:
    keys = tuple(dict.fromkeys(item.domain for item in items))
    most = {each: DOMAINS[each][2] for each in keys}
    return Tool(
        key=key,
        name=name,
        about="Stars for selection, comparability and outcome or exposure: 9 at most.",
        reference="Wells GA, Shea B, O'Connell D, et al. Ottawa Hospital Research Institute",
        reference_url="https://www.ohri.ca/programs/clinical_epidemiology/oxford.asp",
        guidance_url="https://www.ohri.ca/programs/clinical_epidemiology/oxford.asp",
        domains=tuple(
            Domain(
                key=each,
                short=DOMAINS[each][0],
                label=DOMAINS[each][0],
                guidance=DOMAINS[each][1],
                levels=tuple(map(str, range(most[each] + 1))),
            )
            for each in keys
        ),
        levels=LEVELS,
        questions=items,
        rules={
            each: partial(_count, questions=tuple(item for item in items if item.domain == each))
            for each in keys
        },
        overall_rule=_total,
        designs=(design,),
        counts=True,
        licence="Free to use with citation; the wording here is our own.",
    )


NOS_COHORT = _build("nos_cohort", "Newcastle-Ottawa, cohort", "cohort", COHORT)
NOS_CASE_CONTROL = _build("nos_case_control", "Newcastle-Ottawa, case-control", "case_control", CASE_CONTROL)
