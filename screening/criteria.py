"""Criteria as questions: what the answers propose. No Django here.

A criterion for inclusion is met by yes and fails by no, one for exclusion the other way round; unclear, or no answer
yet, leaves it open. A person casts the vote: this only proposes it. In the browser static/js/screen/questions.js says
the same.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class Question(NamedTuple):
    """One criterion, in the order in which they are asked; ``reason`` is the id of its exclusion reason, if any."""

    id: str
    excludes: bool = False
    reason: int | None = None


class Proposal(NamedTuple):
    """``vote`` is include, exclude or maybe, or None while an answer is missing; only an exclusion has a reason."""

    vote: str | None
    reason: int | None = None


def propose(answers: Mapping[str, str], criteria: Iterable[Question], needed: int = 0) -> Proposal:
    """The vote that ``answers`` ({id: yes, no or unclear}) propose.

    ``needed`` is the number of inclusion criteria that must be met; 0, or more than there are, means all.
    In this order:

    1. An exclusion criterion that applies, or so many inclusion criteria not met that ``needed`` cannot be reached:
       exclude, for the reason of the first criterion that failed (of the first failed one that has a reason).
    2. An answer that is missing and could matter: nothing yet.
    3. ``needed`` reached, and no exclusion criterion open: include.
    4. Otherwise something is unclear: maybe.
    """
    criteria = list(criteria)
    asked = [question for question in criteria if not question.excludes]
    needed = min(needed, len(asked)) or len(asked)
    failed = [question for question in criteria if _fails(question, answers.get(question.id))]
    not_met = [question for question in failed if not question.excludes]
    if len(failed) > len(not_met) or len(asked) - len(not_met) < needed:
        return Proposal("exclude", next((each.reason for each in failed if each.reason is not None), None))
    met = sum(answers.get(question.id) == Answer.YES for question in asked)
    open_ = [question for question in criteria if question.excludes and answers.get(question.id) != Answer.NO]
    if met < needed:
        open_ += [question for question in asked if answers.get(question.id) in (None, "", Answer.UNCLEAR)]
    if not criteria or any(not answers.get(question.id) for question in open_):
        return Proposal(None)
    return Proposal("maybe" if open_ else "include")


def _fails(question: Question, answer: str | None) -> bool:
    return answer == (Answer.YES if question.excludes else Answer.NO)
