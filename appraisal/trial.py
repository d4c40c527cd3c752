"""A tool tried out: what it asks and proposes for answers that are not stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from appraisal.forms import OVERALL
from appraisal.instruments import Domain, Level, Proposal, SignallingQuestion, Tool, shown
from appraisal.proposing import proposals


@dataclass(frozen=True)
class TriedQuestion:
    question: SignallingQuestion
    value: str


@dataclass(frozen=True)
class Tried:
    """One domain, or the overall judgement. ``level`` is what was chosen, else what is proposed."""

    number: int
    domain: Domain
    levels: tuple[Level, ...]
    questions: list[TriedQuestion]
    proposal: Proposal | None
    level: Level | None


def try_out(tool: Tool, given: Mapping[str, str]) -> list[Tried]:
    """``given`` is {"q-<question>": option, "d-<domain>": level}; what the tool does not offer counts as not given.

    A domain without a chosen level counts with the proposed one, so that the overall proposal shows.
    """
    answers = {}
    for question in tool.questions:
        value = given.get(f"q-{question.key}", "")
        answers[question.key] = value if value in dict(question.choices) else ""
    needed = set(shown(tool, answers))
    first = proposals(tool, answers, {})
    values = {}
    for domain in tool.domains:
        chosen, proposal = given.get(f"d-{domain.key}", ""), first.get(domain.key)
        known = {level.key for level in tool.levels_of(domain)}
        values[domain.key] = (
            chosen if chosen in known else (proposal.level if proposal and proposal.level else "")
        )
    last = proposals(tool, answers, {key: value for key, value in values.items() if value}).get(OVERALL.key)
    tried = [
        Tried(
            number,
            domain,
            tool.levels_of(domain),
            [
                TriedQuestion(question, answers[question.key])
                for question in tool.questions_of(domain.key)
                if question.key in needed
            ],
            first.get(domain.key),
            tool.level(values[domain.key]) if values[domain.key] else None,
        )
        for number, domain in enumerate(tool.domains, start=1)
    ]
    if last:
        level = tool.overall_level(last.level) if last.level and tool.judges_overall else None
        tried.append(Tried(len(tried) + 1, OVERALL, tool.overall_choices, [], last, level))
    return tried
