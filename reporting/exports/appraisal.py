"""Risk of bias as one long table: every answer and every judgement with its support."""

from collections.abc import Iterable, Iterator
from typing import Any

from appraisal.instruments import SignallingQuestion
from appraisal.models import Answer, Assessment, Judgement
from reviews.downloads import csv_lines
from reviews.models import Membership

HEADER = [
    "assessment_id",
    "study",
    "tool",
    "tool_version",
    "outcome",
    "time_point",
    "result",
    "kind",
    "state",
    "person",
    "part",
    "key",
    "label",
    "value",
    "in_words",
    "proposed",
    "override_reason",
    "direction",
    "support",
    "quote",
    "page",
    "changed_at",
]


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per answer and per judgement of the assessments the member may see: their own, agreed ones, and a
    colleague's once it can be compared. ``part`` is question, domain, overall or together (several concerns)."""
    return csv_lines(HEADER, rows(membership))


def rows(membership: Membership) -> Iterator[list]:
    seen = Assessment.objects.visible_to(membership).select_related("study", "outcome", "assessor")
    seen = seen.prefetch_related("answers", "judgements").order_by("study__label", "pk")
    for one in seen.iterator(chunk_size=200):
        start = _about(one)
        yield from ([*start, *_answer(one, answer)] for answer in one.answers.all())
        yield from ([*start, *_judgement(one, judgement)] for judgement in one.judgements.all())
        if one.several_together is not None:
            said = "yes" if one.several_together else "no"
            yield [*start, "together", "several_together", one.tool.together, said, said, *([""] * 7)]


def _about(one: Assessment) -> list[Any]:
    return [
        one.pk,
        one.study.label,
        one.instrument,
        one.tool_version,
        one.outcome.name if one.outcome else "",
        one.time_point,
        one.result_label,
        one.kind,
        one.state,
        str(one.assessor),
    ]


def _answer(one: Assessment, answer: Answer) -> list[Any]:
    question = next((each for each in one.tool.questions if each.key == answer.question), None)
    return [
        "question",
        answer.question,
        question.text if question else "",
        answer.value,
        _choice(question, answer.value),
        "",
        "",
        "",
        *_support(answer),
    ]


def _choice(question: SignallingQuestion | None, value: str) -> str:
    return dict(question.choices).get(value, value) if question else value


def _judgement(one: Assessment, judgement: Judgement) -> list[Any]:
    whole = judgement.domain == Judgement.OVERALL
    domain = next((each for each in one.tool.domains if each.key == judgement.domain), None)
    levels = one.tool.overall_choices if whole else one.tool.levels
    words = {level.key: level.label for level in levels}
    return [
        "overall" if whole else "domain",
        judgement.domain,
        "Overall" if whole else domain.label if domain else "",
        judgement.value,
        words.get(judgement.value, judgement.value),
        judgement.proposed,
        judgement.override_reason,
        judgement.direction,
        *_support(judgement),
    ]


def _support(part: Answer | Judgement) -> list[Any]:
    return [part.support, part.quote, part.page, part.changed_at.isoformat()]
