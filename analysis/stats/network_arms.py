"""The contrasts of a network from the arms of its studies, such that those of one study add up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from analysis.stats.columns import as_columns, as_names, require_at_most, require_counts, require_positive
from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.errors import InvalidValue, MissingColumns, UnknownMeasure
from analysis.stats.measures.base import correction_factor
from analysis.stats.results import Effects

#: What each measure needs of an arm.
ARM_COLUMNS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("OR", "RR", "RD"), ("xi", "ni")),
    **dict.fromkeys(("MD", "SMD"), ("mi", "sdi", "ni")),
    **dict.fromkeys(("IRR", "IRD"), ("xi", "ti")),
}
EMPTY_CELL = 0.5


class Contrasts(NamedTuple):
    """What `network` takes: `network(c.effects, study=c.study, treatment=c.treatment, comparator=c.comparator)`."""

    effects: Effects
    study: tuple[str, ...]
    treatment: tuple[str, ...]
    comparator: tuple[str, ...]


def contrasts_from_arms(
    measure: str, *, study: Sequence[Any], treatment: Sequence[Any], **columns: Any
) -> Contrasts:
    """All pairwise contrasts within each study, from one row per arm.

    Columns: xi events of ni people (OR, RR, RD), xi events in ti person-time (IRR, IRD), mi and sdi of ni people
    (MD, SMD). What would keep the contrasts of a multi-arm study from adding up is done by study, not by pair: 0.5
    is added to every cell of a study in which an arm has none (events, or people without, for the first three); the
    SD of the SMD is pooled over all arms, with J of all its degrees of freedom and variance 1/n1 + 1/n2 + y^2/(2 N)
    (Gleser & Olkin 2009). Arms with missing values are left out.

    Errors: `UnknownMeasure`, `MissingColumns`, `InvalidValue` for a study of one arm or a treatment that comes
    twice. R: `meta::pairwise`."""
    if measure not in ARM_COLUMNS:
        raise UnknownMeasure(
            f"A network has no contrasts {measure!r}; choose one of {', '.join(ARM_COLUMNS)}."
        )
    missing = [name for name in ARM_COLUMNS[measure] if name not in columns]
    if missing:
        raise MissingColumns(
            f"{measure} needs {', '.join(ARM_COLUMNS[measure])} of each arm; {missing[0]} is not there."
        )
    arms = as_columns({name: columns[name] for name in ARM_COLUMNS[measure]})
    rows = len(next(iter(arms.values())))
    studies, treatments = as_names("study", study, rows), as_names("treatment", treatment, rows)
    _check(arms)
    present = np.all([np.isfinite(column) for column in arms.values()], axis=0)
    pairs = _pairs(studies, treatments, present)
    prepared = _prepared(measure, arms, studies, present)
    one, other = np.array(pairs, dtype=int).reshape(-1, 2).T
    names = [f"{studies[i]}: {treatments[i]} against {treatments[j]}" for i, j in pairs]
    return Contrasts(
        _effects(measure, prepared, one, other, names),
        tuple(studies[i] for i, _ in pairs),
        tuple(treatments[i] for i, _ in pairs),
        tuple(treatments[j] for _, j in pairs),
    )


def _check(arms: dict[str, np.ndarray]) -> None:
    if "xi" in arms:
        require_counts(arms, "xi")
    if "ni" in arms:
        require_positive(arms, "a number of people", "ni")
    if "ti" in arms:
        require_positive(arms, "person-time", "ti")
    if "xi" in arms and "ni" in arms:
        require_at_most(arms, "xi", "ni", "there cannot be more events than people")


def _pairs(
    studies: tuple[str, ...], treatments: tuple[str, ...], present: np.ndarray
) -> list[tuple[int, int]]:
    arms: dict[str, dict[str, int]] = {}
    for row in np.flatnonzero(present).tolist():
        of_study = arms.setdefault(studies[row], {})
        if treatments[row] in of_study:
            raise InvalidValue(
                f"{studies[row]} has two arms of {treatments[row]}; combine them, or give them different names.",
                row=row,
            )
        of_study[treatments[row]] = row
    for name, of_study in arms.items():
        if len(of_study) == 1:
            raise InvalidValue(
                f"{name} has one arm only ({next(iter(of_study))}); there is nothing to compare it with."
            )
    return [pair for of_study in arms.values() for pair in combinations(of_study.values(), 2)]


def _prepared(
    measure: str, arms: dict[str, np.ndarray], studies: tuple[str, ...], present: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns with the correction of empty cells, and for the SMD the pooled SD and total size, by study."""
    ready = {name: column.copy() for name, column in arms.items()}
    for name in dict.fromkeys(studies):
        rows = np.flatnonzero(present & (np.array(studies) == name))
        if measure in ("OR", "RR", "RD", "IRR", "IRD"):
            people = arms["ni"][rows] if "ni" in arms else None
            empty = np.any(arms["xi"][rows] == 0.0) or (
                people is not None and np.any(arms["xi"][rows] == people)
            )
            if empty:
                ready["xi"][rows] += EMPTY_CELL
                if people is not None:
                    ready["ni"][rows] += 2.0 * EMPTY_CELL
        elif measure == "SMD":
            free = arms["ni"][rows] - 1.0
            pooled = np.sqrt(np.sum(free * arms["sdi"][rows] ** 2) / np.sum(free))
            ready.setdefault("sp", np.full(len(studies), np.nan))[rows] = pooled
            ready.setdefault("total", np.full(len(studies), np.nan))[rows] = np.sum(arms["ni"][rows])
            ready.setdefault("free", np.full(len(studies), np.nan))[rows] = np.sum(free)
    return ready


def _effects(
    measure: str, arms: dict[str, np.ndarray], one: np.ndarray, other: np.ndarray, names: list[str]
) -> Effects:
    if measure == "SMD":
        y = correction_factor(arms["free"][one]) * (arms["mi"][one] - arms["mi"][other]) / arms["sp"][one]
        v = 1.0 / arms["ni"][one] + 1.0 / arms["ni"][other] + y**2 / (2.0 * arms["total"][one])
        made = effect_sizes("GEN", yi=y, vi=v, slab=names)
        return Effects("SMD", made.yi, made.vi, made.slab, None, made.dropped)
    if measure == "MD":
        columns = {
            f"{name}{side}i": arms[f"{name}i"][rows]
            for side, rows in (("1", one), ("2", other))
            for name in ("m", "sd", "n")
        }
        return effect_sizes("MD", slab=names, **columns)
    if measure in ("IRR", "IRD"):
        columns = {
            "x1i": arms["xi"][one],
            "t1i": arms["ti"][one],
            "x2i": arms["xi"][other],
            "t2i": arms["ti"][other],
        }
        return effect_sizes(measure, slab=names, to="none", **columns)
    columns = {
        "ai": arms["xi"][one],
        "n1i": arms["ni"][one],
        "ci": arms["xi"][other],
        "n2i": arms["ni"][other],
    }
    return effect_sizes(measure, slab=names, to="none", **columns)
