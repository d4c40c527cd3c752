"""Rules about numbers that appear twice: a row copied from another study, a control arm counted twice."""

from __future__ import annotations

from collections.abc import Sequence

from extraction.checks.facts import Facts, Warning, once, warn

WHOLE = {
    "means": ("n1", "mean1", "sd1", "n2", "mean2", "sd2"),
    "events": ("events1", "n1", "events2", "n2"),
    "effect": ("effect", "effect_se"),
}
ARM = {"means": ("n{}", "mean{}", "sd{}"), "events": ("events{}", "n{}")}
#: Fewer people than this have the same events by chance too often.
FEW = 10


def copied_row(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """The same numbers under another study: the whole row, or n, mean and SD of one arm."""
    row, arms = _row(facts), _arms(facts)
    for other in others:
        if other.kind != facts.kind or other.study == facts.study:
            continue
        names = WHOLE.get(facts.kind, ())
        if row and row == _row(other) and _telling(facts, names):
            return [_copied(facts, names, other, "every number")]
        for arm, numbers in arms.items():
            mine = [name.format(arm) for name in ARM["means"]]
            if numbers in _arms(other).values() and _telling(facts, mine):
                return [_copied(facts, mine, other, f"n, mean and SD of arm {arm}")]
    return []


@once
def _row(facts: Facts) -> tuple[float, ...]:
    """Every number of the result; nothing when one is missing."""
    numbers = tuple(getattr(facts, name) for name in WHOLE.get(facts.kind, ()))
    return () if None in numbers else numbers


@once
def _arms(facts: Facts) -> dict[str, tuple[float, ...]]:
    """n, mean and SD of each arm that has all three."""
    if facts.kind != "means":
        return {}
    arms = {arm: tuple(getattr(facts, name.format(arm)) for name in ARM["means"]) for arm in "12"}
    return {arm: numbers for arm, numbers in arms.items() if None not in numbers}


def _same(facts: Facts, names: Sequence[str], other: Facts, theirs: Sequence[str]) -> bool:
    pairs = [(getattr(facts, mine), getattr(other, their)) for mine, their in zip(names, theirs, strict=True)]
    return bool(pairs) and all(a is not None and a == b for a, b in pairs)


def _telling(facts: Facts, names: Sequence[str]) -> bool:
    """Enough digits that chance would not do it: seven figures for a row of means or an effect, ten
    people for events.
    """
    if facts.kind == "events":
        events = (facts.events1 or 0) + (facts.events2 or 0)
        return min(facts.n1 or 0, facts.n2 or 0) >= FEW and events > 1
    digits = sum(
        len(f"{getattr(facts, name):.12g}".replace(".", "").replace("-", "").strip("0")) for name in names
    )
    return digits >= (4 if facts.kind == "effect" else 6)


def _copied(facts: Facts, names: Sequence[str], other: Facts, what: str) -> Warning:
    numbers = ", ".join(f"{getattr(facts, name):g}" for name in names)
    return warn(
        facts,
        "copied_row",
        names,
        f"{what[0].upper()}{what[1:]} ({numbers}) stands under {other.study} too.",
        "A row pasted twice, or two reports of one trial, counts the same people twice.",
        "Both sources; if they report the same trial, put the reports under one study.",
        [other.study],
    )


def control_counted_twice(facts: Facts, same_study: Sequence[Facts] = ()) -> list[Warning]:
    """One comparator arm beside two experimental arms of the same study, each time with all its people."""
    for other in same_study:
        if other.key == facts.key or other.kind != facts.kind or not _same_place(facts, other):
            continue
        if (
            facts.n2
            and facts.n2 == other.n2
            and _same_control(facts, other)
            and _other_treatment(facts, other)
        ):
            return [
                warn(
                    facts,
                    "control_twice",
                    ["n2", "comparator"],
                    f"The {facts.n2} people of {facts.comparator or 'the comparator'} stand beside "
                    f"{facts.experimental or 'this arm'} and beside {other.experimental or 'another arm'}.",
                    "Counted in two comparisons, they give the study too much weight, and "
                    "the two effects are not independent.",
                    "Combine the experimental arms, or split the comparator's people between "
                    "the comparisons (Cochrane Handbook "
                    "23.3.4).",
                    [other.experimental],
                )
            ]
    return []


def _same_place(facts: Facts, other: Facts) -> bool:
    return (facts.scale, facts.time_point) == (other.scale, other.time_point)


def _same_control(facts: Facts, other: Facts) -> bool:
    names = [name.format("2") for name in ARM.get(facts.kind, ())]
    numbers = bool(names) and _same(facts, names, other, names)
    if facts.comparator and other.comparator:
        return facts.comparator.casefold() == other.comparator.casefold()
    return numbers


def _other_treatment(facts: Facts, other: Facts) -> bool:
    if facts.experimental and other.experimental:
        return facts.experimental.casefold() != other.experimental.casefold()
    names = [name.format("1") for name in ARM.get(facts.kind, ())]
    return bool(names) and not _same(facts, names, other, names)


RULES = (copied_row,)
