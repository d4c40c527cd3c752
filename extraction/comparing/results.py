"""Two people's results of one study: which belong together, what differs, and whether it changes the effect.

No Django here. ``compare_results(left, right)`` takes what ``Entry`` describes and gives one ``Pair`` per result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extraction.values import FIELDS, Field

from .effects import RATIOS, Shift, effects_of, shifts
from .grades import Grade, Verdict, one_sided, worst
from .numbers import compare_numbers, spread_hint
from .pairing import Candidate, pair_up, same_times
from .texts import same_text


@dataclass(frozen=True)
class Entry(Candidate):
    """One person's result. ``numbers`` {field: value} of its kind; ``typed`` {field: as typed} keeps zeros."""

    rater: str = ""
    is_change: bool = False
    adjusted: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)


#: What must agree beside the numbers: attribute, label.
CIRCUMSTANCES = {
    "experimental": "Experimental arm",
    "comparator": "Comparator arm",
    "scale": "Scale",
    "time_point": "Time point",
    "weeks": "Weeks",
    "rater": "Rater",
    "population": "Population",
    "subgroup": "Subgroup",
    "is_change": "Change from baseline",
    "adjusted": "Adjusted",
}


@dataclass(frozen=True)
class Line:
    """One number or circumstance of a pair. ``effect``: what this difference alone does to the effect."""

    name: str
    label: str
    left: Any
    right: Any
    verdict: Verdict
    effect: Shift | None = None
    #: What the report prints beside the numbers of the arms; that only one copied it is no disagreement.
    printed: bool = False

    @property
    def agrees(self) -> bool:
        return self.grade.agrees or (self.printed and self.grade in (Grade.LEFT_ONLY, Grade.RIGHT_ONLY))

    @property
    def proposed(self) -> Any:
        """What to keep where both agree."""
        return self.verdict.proposed

    @property
    def grade(self) -> Grade:
        return self.verdict.grade

    @property
    def matters(self) -> bool:
        return bool(self.effect and self.effect.matters)


@dataclass(frozen=True)
class Pair:
    """A result as both people have it, or as the only one who has it.

    ``swapped``: the right one compares the same arms the other way round; its numbers are turned here to face the
    left ones, the effects in ``effects`` are of what was written.
    """

    left: Entry | None
    right: Entry | None
    circumstances: tuple[Line, ...] = ()
    numbers: tuple[Line, ...] = ()
    effects: tuple[Shift, ...] = ()
    swapped: bool = False

    @property
    def one(self) -> Entry:
        found = self.left or self.right
        assert found is not None
        return found

    @property
    def grade(self) -> Grade:
        empty = one_sided(self.left is not None, self.right is not None)
        if empty is not None:
            return empty
        if self.left and self.right and self.left.kind != self.right.kind:
            return Grade.DIFFERENT
        lines = (*self.circumstances, *self.numbers)
        return worst(line.grade for line in lines if line.grade.agrees or not line.agrees)

    @property
    def agrees(self) -> bool:
        return self.grade.agrees

    @property
    def main(self) -> Shift | None:
        """The usual measure of this kind of result, from both sides."""
        return self.effects[0] if self.effects else None

    @property
    def matters(self) -> bool:
        """The difference would change the effect: a number does, or the one result stands where there is none."""
        return not self.agrees and (
            self.left is None or self.right is None or any(shift.matters for shift in self.effects)
        )

    @property
    def differing(self) -> list[Line]:
        return [line for line in (*self.numbers, *self.circumstances) if not line.agrees]


def compare_results(left: Sequence[Entry], right: Sequence[Entry]) -> list[Pair]:
    """One Pair per result, in the order of the left ones, then what only the right has."""
    found = []
    for a, b, swapped in pair_up(left, right):
        found.append(_compare(a, b, swapped) if a and b else _alone(a, b))
    return found


def _alone(a: Entry | None, b: Entry | None) -> Pair:
    one = a or b
    assert one is not None
    sides = [effects_of(one.kind, one.numbers) if side else {} for side in (a, b)]
    effects = tuple(
        Shift(measure, sides[0].get(measure), sides[1].get(measure)) for measure in {**sides[0], **sides[1]}
    )
    return Pair(a, b, effects=effects)


def _compare(a: Entry, b: Entry, swapped: bool) -> Pair:
    facing = turned(b.kind, b.numbers) if swapped else dict(b.numbers)
    effects = tuple(shifts(a.kind, a.numbers, b.kind, b.numbers))
    numbers = tuple(_numbers(a, b, facing, swapped)) if a.kind == b.kind else ()
    return Pair(a, b, tuple(_circumstances(a, b, swapped)), numbers, effects, swapped)


def _numbers(a: Entry, b: Entry, facing: Mapping[str, Any], swapped: bool) -> list[Line]:
    lines = []
    for place in FIELDS[a.kind]:
        mine, theirs = a.numbers.get(place.name), facing.get(place.name)
        if _blank(mine) and _blank(theirs):
            continue
        if place.is_number:
            typed = (
                a.typed.get(place.name, ""),
                b.typed.get(other_arm(place.name) if swapped else place.name, ""),
            )
            verdict = _number(place, a, (mine, theirs), typed, facing)
        else:
            verdict = _words(mine, theirs)
        alone = None
        if verdict.grade is not Grade.SAME:
            changed = shifts(a.kind, a.numbers, a.kind, {**a.numbers, place.name: theirs})
            moved = [shift for shift in changed if shift.weight > 1e-9]
            alone = next((shift for shift in moved if shift.matters), moved[0] if moved else None)
        lines.append(Line(place.name, place.label, mine, theirs, verdict, alone, place.printed))
    return lines


def _number(
    place: Field, a: Entry, sides: tuple[Any, Any], typed: tuple[str, str], facing: Mapping[str, Any]
) -> Verdict:
    verdict = compare_numbers(*sides, whole=place.whole, typed_left=typed[0], typed_right=typed[1])
    if verdict.grade is Grade.DIFFERENT and "sd" in place.name:
        size = f"n{place.arm}"
        hint = spread_hint(*sides, (a.numbers.get(size), facing.get(size)))
        return Verdict(verdict.grade, verdict.proposed, hint or verdict.hint)
    return verdict


def _words(mine: Any, theirs: Any) -> Verdict:
    """A measure, a word, or a yes."""
    empty = one_sided(not _blank(mine), not _blank(theirs))
    if empty is not None:
        return Verdict(empty, theirs if _blank(mine) else mine)
    return Verdict(Grade.SAME if same_text(str(mine), str(theirs)) else Grade.DIFFERENT, mine)


def _blank(value: Any) -> bool:
    """Not given; 0 is a number and was given."""
    return value is None or value is False or value == ""


def _circumstances(a: Entry, b: Entry, swapped: bool) -> list[Line]:
    lines = []
    for name, label in CIRCUMSTANCES.items():
        mine, theirs = getattr(a, name), getattr(b, name)
        if _blank(mine) and _blank(theirs):
            continue
        lines.append(Line(name, label, mine, theirs, _circumstance(name, a, b, swapped)))
    return lines


def _circumstance(name: str, a: Entry, b: Entry, swapped: bool) -> Verdict:
    mine, theirs = getattr(a, name), getattr(b, name)
    if name in ("experimental", "comparator"):
        hint = "The arms are the other way round." if swapped else ""
        return Verdict(Grade.SAME if mine == theirs else Grade.DIFFERENT, mine, hint)
    if name in ("is_change", "adjusted"):
        return Verdict(Grade.SAME if mine == theirs else Grade.DIFFERENT, mine)
    if name == "time_point" and mine and theirs and not same_text(mine, theirs):
        return Verdict(Grade.UNIT if same_times(a, b) else Grade.DIFFERENT, mine)
    if name == "weeks":
        if (mine is None) != (theirs is None) and same_times(a, b):
            return Verdict(Grade.SAME, mine if mine is not None else theirs)
        return compare_numbers(mine, theirs)
    return _words(mine, theirs)


def other_arm(name: str) -> str:
    """The same number of the other arm: mean1 and mean2, q1_1 and q1_2; what belongs to no arm stays."""
    if name[-1] == "1":
        return f"{name[:-1]}2"
    return f"{name[:-1]}1" if name[-1] == "2" else name


#: What changes when the arms change places, beside the numbers of the arms.
PRINTED_ARM = ("ci_low", "ci_high", "estimate")


def turned(kind: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers with the arms the other way round: swapped, and an effect with its sign turned."""
    facing = {other_arm(name): value for name, value in numbers.items()}
    for name in ("effect", "o_minus_e"):
        if facing.get(name) is not None:
            facing[name] = -facing[name]
    ratio = facing.get("effect_measure") in RATIOS if kind == "effect" else kind in ("events", "rates", "oe")
    printed: dict[str, Any] = {name: facing[name] for name in PRINTED_ARM if name in facing}
    return facing | (_turned_interval(printed, ratio) if printed else {})


def _turned_interval(printed: Mapping[str, Any], ratio: bool) -> dict[str, Any]:
    def flip(number: Any) -> Any:
        if number is None or (ratio and not number):
            return number
        return 1 / number if ratio else -number

    return {
        "ci_low": flip(printed.get("ci_high")),
        "ci_high": flip(printed.get("ci_low")),
        "estimate": flip(printed.get("estimate")),
    }
