"""How alike two people's entries are. No Django here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Grade(StrEnum):
    """From the same to not comparable. The first three say that both people read the same."""

    SAME = "same"
    ROUNDED = "rounded"
    UNIT = "unit"
    LEFT_ONLY = "left_only"
    RIGHT_ONLY = "right_only"
    DIFFERENT = "different"

    @property
    def agrees(self) -> bool:
        return self in AGREEING

    @property
    def label(self) -> str:
        return LABELS[self]


AGREEING = frozenset({Grade.SAME, Grade.ROUNDED, Grade.UNIT})
LABELS = {
    Grade.SAME: "Same",
    Grade.ROUNDED: "Same, one rounded",
    Grade.UNIT: "Same, other unit",
    Grade.LEFT_ONLY: "Only one has it",
    Grade.RIGHT_ONLY: "Only one has it",
    Grade.DIFFERENT: "Different",
}


@dataclass(frozen=True)
class Verdict:
    """``proposed``: the entry to keep where both agree (the more precise one). ``hint``: what may have happened."""

    grade: Grade
    proposed: Any = None
    hint: str = ""


def one_sided(left_has: bool, right_has: bool) -> Grade | None:
    """The grade when at least one side is empty; None when both have something to compare."""
    if left_has and right_has:
        return None
    if left_has:
        return Grade.LEFT_ONLY
    return Grade.RIGHT_ONLY if right_has else Grade.SAME


def worst(grades: Iterable[Grade]) -> Grade:
    """The least alike of them; SAME when there is none."""
    order = list(Grade)
    return max(grades, key=order.index, default=Grade.SAME)
