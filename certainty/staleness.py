"""Whether what was rated is still what the data say, and if not, what changed. Nothing is stored: it is asked."""

from collections.abc import Iterable
from typing import Any

from certainty.evidence import Evidences, hash_of
from certainty.grade.differing import changes_between
from certainty.models import Grade

SOMETHING = "Something the rating rests on changed in the data behind it."
RUN_AGAIN = "Data or plan changed since the run of “{}”, so its result may be another now. Run it again."


def what_changed(grade: Grade) -> list[str]:
    """What differs between the evidence that was rated and today's, a sentence each; [] where nothing does."""
    return what_changed_in([grade])[grade.pk]


def what_changed_in(grades: Iterable[Grade]) -> dict[int, list[str]]:
    """``what_changed`` of several grades of one review by their ids, read at once.

    Their ``finding`` with its plan, outcome and review should be selected with them.
    """
    grades = list(grades)
    if not grades:
        return {}
    evidences = Evidences(grades[0].finding.review, [grade.finding for grade in grades])
    return {grade.pk: changed(grade, evidences.of(grade.finding)) for grade in grades}


def changed(grade: Grade, today: dict[str, Any]) -> list[str]:
    """The same, of today's evidence that is at hand."""
    found = differs(grade, today)
    if today["run"] and not today["run"]["is_today"]:
        found.append(RUN_AGAIN.format(today["run"]["plan"]))
    return found


def differs(grade: Grade, today: dict[str, Any]) -> list[str]:
    """What the rating rests on that is not so any more; data that no run has seen yet do not count."""
    if hash_of(today) == grade.evidence_hash:
        return []
    return changes_between(grade.evidence, today) or [SOMETHING]
