"""What a tool's rules make of one assessment, and what is still missing in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from appraisal.instruments import Proposal, Tool, overall, propose, shown
from appraisal.models import Assessment, Judgement

OVERALL = Judgement.OVERALL


@dataclass(frozen=True)
class Gaps:
    """What keeps an assessment from being complete; false when nothing does.

    ``questions`` are keys, ``domains`` labels, ``together`` the tool's question about several concerns if it is open,
    ``unexplained`` sentences about judgements that differ from their proposal without a reason.
    """

    questions: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    together: str = ""
    unexplained: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.questions or self.domains or self.together or self.unexplained)

    @property
    def sentences(self) -> list[str]:
        said = []
        if self.questions:
            said.append(f"Still to be answered: {', '.join(self.questions)}.")
        if self.domains:
            said.append(f"Still to be judged: {'; '.join(self.domains)}.")
        if self.together:
            said.append(f"Still to be answered: {self.together}")
        return [*said, *self.unexplained]


def proposals(
    tool: Tool, answers: Mapping[str, str], values: Mapping[str, str], several_together: bool | None = None
) -> dict[str, Proposal]:
    """{domain key: Proposal} from {question: option}, "overall" from {domain: level}; where the tool has rules."""
    found = propose(tool, answers)
    if tool.overall_rule is not None:
        found[OVERALL] = overall(tool, values, several_together=several_together)
    return found


def proposals_of(assessment: Assessment) -> dict[str, Proposal]:
    """``proposals`` of an assessment as it stands (uses prefetched answers and judgements)."""
    return proposals(assessment.tool, assessment.given, assessment.values, assessment.several_together)


def shown_in(assessment: Assessment) -> list[str]:
    """Keys of the questions an assessment needs now, answered or not (uses prefetched answers)."""
    return shown(assessment.tool, assessment.given)


def label_of(tool: Tool, domain: str) -> str:
    """The words for a domain or the overall judgement."""
    return "Overall judgement" if domain == OVERALL else tool.domain(domain).label


def level_label(tool: Tool, domain: str, level: str) -> str:
    """The words for a level of a domain or of the overall judgement."""
    return (tool.overall_level(level) if domain == OVERALL else tool.level(level)).label


def gaps(assessment: Assessment, *, without_answers: bool = False) -> Gaps:
    """What is missing before ``assessment`` is complete (uses prefetched answers and judgements).

    ``without_answers`` lets domains pass that have no answer at all: judgements that came with a file.
    """
    reasons = {one.domain for one in assessment.judgements.all() if one.override_reason}
    return gaps_in(
        assessment.tool,
        assessment.given,
        assessment.values,
        assessment.overall,
        assessment.several_together,
        reasons,
        without_answers=without_answers,
    )


def gaps_in(
    tool: Tool,
    answers: Mapping[str, str],
    values: Mapping[str, str],
    overall_value: str,
    several_together: bool | None,
    reasons: set[str],
    *,
    without_answers: bool = False,
) -> Gaps:
    """``gaps`` of judgements that are not stored yet. ``reasons`` are the domains whose judgement has a reason."""
    proposed = proposals(tool, answers, values, several_together)
    answered = {question.domain for question in tool.questions if answers.get(question.key)}
    questions = [
        key
        for domain in tool.domains
        if domain.key in proposed and (domain.key in answered or not without_answers)
        for key in proposed[domain.key].missing
    ]
    judged = {**values, OVERALL: overall_value} if tool.judges_overall else dict(values)
    wanted = [domain.key for domain in tool.domains] + ([OVERALL] if tool.judges_overall else [])
    unexplained = [
        _differs(tool, key, judged[key], level)
        for key in wanted
        if judged.get(key)
        and key not in reasons
        and (level := proposed[key].level if key in proposed else None)
        and level != judged[key]
    ]
    asks = proposed[OVERALL].asks if tool.judges_overall else ""
    return Gaps(
        tuple(questions),
        tuple(label_of(tool, key) for key in wanted if not judged.get(key)),
        asks,
        tuple(unexplained),
    )


def _differs(tool: Tool, domain: str, value: str, proposed: str) -> str:
    return (
        f"{label_of(tool, domain)}: proposed is {level_label(tool, domain, proposed)}, judged "
        f"{level_label(tool, domain, value)}; take over the proposal or say why."
    )
