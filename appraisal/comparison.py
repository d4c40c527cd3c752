"""Assessments of one thing side by side: where they agree and where they differ, question by question."""

from collections.abc import Sequence
from dataclasses import dataclass

from appraisal.forms import OVERALL
from appraisal.instruments import Domain, Level, SignallingQuestion, Tool
from appraisal.instruments.signalling import GROUPED
from appraisal.models import Answer, Assessment, Judgement
from appraisal.proposing import shown_in


@dataclass(frozen=True)
class QuestionRow:
    """One question that somebody was asked. ``answers`` are in the order of the assessments; None: not asked."""

    question: SignallingQuestion
    answers: tuple[Answer | None, ...]

    @property
    def words(self) -> list[tuple[Answer | None, str]]:
        """Each answer with its words, "" where it was not asked."""
        words = dict(self.question.choices)
        return [(one, words.get(one.value, one.value) if one else "") for one in self.answers]

    @property
    def given(self) -> list[str]:
        return [one.value for one in self.answers if one and one.value]

    @property
    def agreed(self) -> str:
        """The answer of everyone who was asked, "" when they differ."""
        values = set(self.given)
        return values.pop() if len(values) == 1 else ""

    @property
    def differs(self) -> bool:
        return len(set(self.given)) > 1

    @property
    def by_degree(self) -> bool:
        """Whether they differ by "probably" alone."""
        return self.differs and len({GROUPED.get(value, value) for value in self.given}) == 1

    @property
    def asked_of_some(self) -> bool:
        return None in self.answers


@dataclass(frozen=True)
class Row:
    """One domain, or the overall judgement; ``judgements`` are in the order of the assessments, None without one."""

    domain: Domain
    levels: tuple[Level, ...]
    judgements: tuple[Judgement | None, ...]
    questions: tuple[QuestionRow, ...] = ()

    @property
    def agreed(self) -> str:
        """The level key everyone chose, "" when they differ."""
        values = {judgement.value if judgement else "" for judgement in self.judgements}
        return values.pop() if len(values) == 1 else ""

    @property
    def differs(self) -> bool:
        return not self.agreed

    @property
    def differing_questions(self) -> int:
        return sum(question.differs for question in self.questions)


def compare(tool: Tool, assessments: Sequence[Assessment]) -> list[Row]:
    """One row per domain, and one for the overall judgement where the tool has it.

    Give assessments made with this version of the tool, with judgements and answers prefetched.
    """
    judged = [{one.domain: one for one in assessment.judgements.all()} for assessment in assessments]
    answered = []
    for assessment in assessments:
        asked = set(shown_in(assessment))
        answered.append({one.question: one for one in assessment.answers.all() if one.question in asked})
    places = [(domain, tool.levels_of(domain)) for domain in tool.domains]
    if tool.judges_overall:
        places.append((OVERALL, tool.overall_choices))
    return [
        Row(
            domain=domain,
            levels=levels,
            judgements=tuple(judgements.get(domain.key) for judgements in judged),
            questions=tuple(
                QuestionRow(question, tuple(answers.get(question.key) for answers in answered))
                for question in tool.questions_of(domain.key)
                if any(question.key in answers for answers in answered)
            ),
        )
        for domain, levels in places
    ]
