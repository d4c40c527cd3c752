"""From the rows of a snapshot to the contrasts of a network, study by study, multi-arm studies whole. No Django.

A row names its treatments in "treatments" ([experimental, comparator]; the arms' labels where it does not say), each
treatment being one arm of the study (analysis.multi_arm.by_treatment merges arms). The arms are gathered from all
rows of a study, so that two rows that share their control are three arms, and each person counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from analysis import stats
from analysis.intake import (
    OF_ONE_GROUP,
    SAYS_NOTHING,
    ZERO_CELLS,
    CannotAnalyse,
    misfit,
    one_effect,
    stats_name,
    why_dropped,
)
from analysis.stats.network_arms import ARM_COLUMNS

Row = Mapping[str, Any]

#: The numbers of an arm in a row, by kind of result; "1" or "2" follows in the row.
ARM_FIELDS: dict[str, tuple[str, ...]] = {
    "means": ("n", "mean", "sd"),
    "events": ("n", "events"),
    "rates": ("events", "time"),
    "change": ("n", "mean", "sd", "baseline_mean", "baseline_sd", "r"),
}
#: Fields of ours -> what contrasts_from_arms calls them.
STATS_COLUMNS = {"n": "ni", "mean": "mi", "sd": "sdi", "events": "xi", "time": "ti"}
#: Effects that do not add up within a study of three arms.
NOT_ADDITIVE = {"PETO": "OR", "SMDH": "SMD"}


@dataclass(frozen=True)
class Contrast:
    """One comparison within a study, on the scale of the analysis."""

    study: str
    study_id: int
    treatment: str
    comparator: str
    yi: float
    vi: float


@dataclass
class Gathered:
    """The contrasts of all studies; ``people``: {study: {treatment: how many, None where not reported}}."""

    contrasts: list[Contrast] = field(default_factory=list)
    people: dict[str, dict[str, int | None]] = field(default_factory=dict)
    studies: dict[str, int] = field(default_factory=dict)
    left_out: list[dict[str, Any]] = field(default_factory=list)


class _LeftOut(Exception):
    """This study cannot be part of the network, others can; the sentence says what to do."""


def gather(rows: Iterable[Row], measure: str) -> Gathered:
    """Every contrast of every study. A study that cannot be used is in ``left_out`` with the reason.

    Raises CannotAnalyse naming the study whose kind of data does not give ``measure``.
    """
    if measure in OF_ONE_GROUP:
        raise CannotAnalyse(
            f"A network compares treatments; {measure} is measured in one group. Choose another measure, such as OR "
            "or SMD."
        )
    found = Gathered()
    for study_id, of_study in _by_study(rows).items():
        label = _name(study_label(of_study[0]), study_id, found.studies)
        try:
            contrasts, people = _study(of_study, measure, label)
        except _LeftOut as why:
            found.left_out.append({"study": label, "study_id": study_id, "why": str(why)})
            continue
        found.contrasts += contrasts
        found.people[label] = people
        found.studies[label] = study_id
    return found


def treatments_of(row: Row) -> tuple[str, str]:
    """What was compared with what: the names of the treatments, else the labels of the arms."""
    one, other = row.get("treatments") or (row["experimental"], row["comparator"])
    return one, other


def study_label(row: Row) -> str:
    """The label of the study alone; that of a row may name an arm behind it."""
    label, arms = row["study"], (row["experimental"], row["comparator"])
    for ending in (*arms, " against ".join(arms)):
        label = label.removesuffix(f" ({ending})") if ending and label == row["study"] else label
    return label


def _by_study(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["study_id"], []).append(row)
    return found


def _name(label: str, study_id: int, taken: Mapping[str, int]) -> str:
    return f"{label} ({study_id})" if label in taken else label


def _study(rows: list[Row], measure: str, label: str) -> tuple[list[Contrast], dict[str, int | None]]:
    for row in rows:
        if fault := misfit(row, measure):
            raise CannotAnalyse(f"{label}: {fault}")
        if len(set(treatments_of(row))) == 1:
            raise _LeftOut(
                f"it compares two arms of the same treatment ({treatments_of(row)[0]}), which says nothing in a "
                "network"
            )
    names = {name for row in rows for name in treatments_of(row)}
    if len(names) > 2 and measure in NOT_ADDITIVE:
        raise CannotAnalyse(
            f"{label}: it has {len(names)} arms, and the {measure} of its pairs do not add up, so it has no place in "
            f"a network of {measure}. Choose {NOT_ADDITIVE[measure]}."
        )
    kinds = {row["kind"] for row in rows}
    if len(kinds) == 1 and kinds <= ARM_FIELDS.keys():
        return _from_arms(rows, kinds.pop(), measure, label)
    return _from_contrasts(rows, measure, label)


# ---------------------------------------------------------------- arm data


def _from_arms(
    rows: list[Row], kind: str, measure: str, label: str
) -> tuple[list[Contrast], dict[str, int | None]]:
    arms = _arms(rows, kind)
    if measure in ZERO_CELLS and kind in ("events", "rates"):
        _say_something(arms, kind)
    people = {name: arm.get("n") for name, arm in arms.items()}
    if measure not in ARM_COLUMNS:
        pairs = [
            (one, other, _pair_row(rows[0], kind, arms[one], arms[other]))
            for one, other in combinations(arms, 2)
        ]
        return [_contrast(row, measure, label, one, other) for one, other, row in pairs], people
    fields = [name for name in STATS_COLUMNS if STATS_COLUMNS[name] in ARM_COLUMNS[measure]]
    made = stats.contrasts_from_arms(
        measure,
        study=[label] * len(arms),
        treatment=list(arms),
        **{STATS_COLUMNS[name]: [arm[name] for arm in arms.values()] for name in fields},
    )
    if made.effects.dropped:
        raise _LeftOut(made.effects.dropped[0].reason)
    effects = zip(
        made.treatment, made.comparator, made.effects.yi.tolist(), made.effects.vi.tolist(), strict=True
    )
    return [Contrast(label, rows[0]["study_id"], *one) for one in effects], people


def _arms(rows: list[Row], kind: str) -> dict[str, dict[str, Any]]:
    """{treatment: the numbers of its arm}, gathered from all rows of a study."""
    arms: dict[str, dict[str, Any]] = {}
    for row in rows:
        for treatment, side in zip(treatments_of(row), "12", strict=True):
            numbers = {name: row.get(f"{name}{side}") for name in ("n", *ARM_FIELDS[kind])}
            known = arms.setdefault(treatment, numbers)
            for name, value in numbers.items():
                if known[name] != value:
                    raise _LeftOut(
                        f"its results give different numbers for {treatment} ({name} {known[name]} and {value}). "
                        "Choose results that go together, or correct one"
                    )
    return arms


def _say_something(arms: Mapping[str, Mapping[str, Any]], kind: str) -> None:
    if all(arm["events"] == 0 for arm in arms.values()):
        raise _LeftOut(_in_each(SAYS_NOTHING.format("No events")))
    if kind == "events" and all(arm["events"] == arm["n"] for arm in arms.values()):
        raise _LeftOut(_in_each(SAYS_NOTHING.format("Nothing but events")))


def _in_each(sentence: str) -> str:
    return sentence.replace("in both arms", "in any arm").removesuffix(".")


def _pair_row(row: Row, kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A row of two arms of the study, as one_effect takes it."""
    names = ARM_FIELDS[kind]
    return {
        **row,
        **{f"{name}1": one[name] for name in names},
        **{f"{name}2": other[name] for name in names},
    }


# ---------------------------------------------------------------- contrasts as reported


def _from_contrasts(
    rows: list[Row], measure: str, label: str
) -> tuple[list[Contrast], dict[str, int | None]]:
    found: dict[frozenset[str], Contrast] = {}
    people: dict[str, int | None] = {}
    for row in rows:
        one, other = treatments_of(row)
        pair = frozenset((one, other))
        if pair in found:
            raise _LeftOut(
                f"it has two results for {one} against {other}, and they cannot be put together. Choose one"
            )
        found[pair] = _contrast(row, measure, label, one, other)
        people |= {one: row.get("n1") or people.get(one), other: row.get("n2") or people.get(other)}
    names = list(dict.fromkeys(name for row in rows for name in treatments_of(row)))
    missing = [pair for pair in combinations(names, 2) if frozenset(pair) not in found]
    if missing:
        raise _LeftOut(
            f"it has {len(names)} arms ({', '.join(names)}) but no contrast of {missing[0][0]} with "
            f"{missing[0][1]}: its contrasts share an arm, and how they go together is not known without all pairs. "
            "Record that contrast too, or the numbers of every arm"
        )
    return list(found.values()), people


def _contrast(row: Row, measure: str, label: str, one: str, other: str) -> Contrast:
    effect = one_effect(row, measure)
    if effect.dropped:
        raise _LeftOut(why_dropped(row, effect).removesuffix("."))
    return Contrast(label, row["study_id"], one, other, float(effect.yi[0]), float(effect.vi[0]))


def effects_of(contrasts: list[Contrast], measure: str) -> stats.Effects:
    """The contrasts as effects of the measure, so that ratios are shown as ratios."""
    return stats.effect_sizes(
        stats_name(measure),
        yi=[one.yi for one in contrasts],
        vi=[one.vi for one in contrasts],
        slab=[f"{one.study}: {one.treatment} against {one.comparator}" for one in contrasts],
    )
