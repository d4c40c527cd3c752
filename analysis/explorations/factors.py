"""The defensible choices of a multiverse: factors, their levels, and which of them a run's data offer.

A level that changes nothing (no study was converted, all are at low risk) is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from analysis.choices import model_label, short
from analysis.engine import study_effects
from analysis.explorations.base import Data
from analysis.intake import CannotAnalyse, misfit
from analysis.stats import StatsError, influence

MEASURE, TAU2, TEST = "measure", "tau2", "test"
ALL = "all"
#: Measures that can stand on one axis; others have a unit of their own.
FAMILIES = (("OR", "RR", "PETO"), ("SMD", "SMDH"), ("RD",), ("MD",), ("ROM",))
ESTIMATORS = ("REML", "DL", "PM", "ML", "CE")
TESTS = {"z": "z interval", "knha": "Knapp-Hartung", "t": "t interval", "adhoc": "modified Knapp-Hartung"}
COMMON = frozenset({"CE", "FE", "EE"})
LOW_RISK = frozenset({"low"})
#: Keys of an overall judgement that say high, in the tools there are.
HIGH_RISK = frozenset({"high", "serious", "critical", "very_high"})
OUTLYING = 3.0

#: Which rows a level keeps: from the rows and, for outliers, the measure.
Keeps = Callable[[Sequence[Data], str, str], np.ndarray]


@dataclass(frozen=True)
class Level:
    key: str
    label: str
    #: Whether it is ticked at first.
    usual: bool = True


@dataclass(frozen=True)
class Factor:
    """A choice to be made; ``why`` says why more than one level can be defended."""

    key: str
    label: str
    why: str
    levels: tuple[Level, ...]

    def label_of(self, key: str) -> str:
        return next(level.label for level in self.levels if level.key == key)


def offered(snapshot: Data) -> list[Factor]:
    """The factors of a run, in the order in which specifications count them; each has at least one level."""
    plan = snapshot["plan"]
    rows = used_rows(snapshot)
    found = [
        Factor(
            MEASURE,
            "Effect measure",
            "Measures of one unit share an axis.",
            _measures(plan, rows),
        ),
        Factor(TAU2, "Between-study variance", "No estimator is best everywhere.", _estimators(plan)),
        Factor(TEST, "Interval", "They differ most with few studies.", _tests(plan)),
    ]
    for key, label, why, levels in _filters(rows, plan):
        kept = tuple(level for level in levels if level.key == ALL or _changes(key, level.key, rows, plan))
        if len(kept) > 1:
            found.append(Factor(key, label, why, kept))
    return found


def used_rows(snapshot: Data) -> list[Data]:
    """The rows that have an effect by the plan's measure."""
    found = study_effects(snapshot["rows"], snapshot["plan"]["measure"])
    return [row for row, kept in zip(snapshot["rows"], found.usable, strict=True) if kept]


def keeps(factor: str, level: str, rows: Sequence[Data], plan: Data, measure: str) -> np.ndarray:
    """Which rows a level of a factor about studies keeps, as a mask."""
    if level == ALL:
        return np.ones(len(rows), dtype=bool)
    if factor == "outliers":
        return ~outlying(rows, plan, measure)
    if factor == "one":
        return np.array([str(_key(row)) != level for row in rows])
    return np.array([_keeps_row(factor, level, row) for row in rows])


def outlying(rows: Sequence[Data], plan: Data, measure: str) -> np.ndarray:
    """Studies whose studentised residual is beyond 3 in the planned model."""
    effects = study_effects(list(rows), measure)
    found = np.zeros(len(rows), dtype=bool)
    try:
        found[np.flatnonzero(effects.usable)] = (
            np.abs(influence(effects, tau2=plan["tau2_method"], test="z").rstudent) > OUTLYING
        )
    except StatsError:  # too few studies to tell: none is an outlier
        return found
    return found


def _keeps_row(factor: str, level: str, row: Data) -> bool:
    if factor == "risk":
        overall = (row.get("risk") or {}).get("overall", "")
        return overall in LOW_RISK if level == "low" else overall not in HIGH_RISK
    if factor == "converted":
        return not row.get("derived")
    if factor == "change":
        return not row.get("is_change")
    if factor == "adjusted":
        return not row.get("adjusted")
    if factor == "time":
        weeks = row.get("weeks")
        limit = float(level.partition("_")[2])
        return weeks is not None and (weeks <= limit if level.startswith("to_") else weeks > limit)
    return str(row.get(factor, "")) == level


def _key(row: Data) -> Any:
    return row.get("row", row["study_id"])


def _changes(factor: str, level: str, rows: Sequence[Data], plan: Data) -> bool:
    kept = keeps(factor, level, rows, plan, plan["measure"])
    return bool(1 < kept.sum() < len(rows))


def _measures(plan: Data, rows: Sequence[Data]) -> tuple[Level, ...]:
    """The plan's measure, and those of its family that every study gives."""
    own = plan["measure"]
    family = next((names for names in FAMILIES if own in names), (own,))
    return tuple(
        Level(name, short(name))
        for name in (own, *(n for n in family if n != own))
        if _gives(rows, name, own)
    )


def _gives(rows: Sequence[Data], name: str, own: str) -> bool:
    if name == own:
        return True
    if any(misfit(row, name) for row in rows):
        return False
    try:
        return bool(study_effects(list(rows), name).usable.all())
    except (CannotAnalyse, StatsError):
        return False


def _estimators(plan: Data) -> tuple[Level, ...]:
    names = dict.fromkeys((plan["tau2_method"], *ESTIMATORS))
    return tuple(Level(name, model_label(name, "z").rpartition(",")[0]) for name in names)


def _tests(plan: Data) -> tuple[Level, ...]:
    names = dict.fromkeys((plan["test"], "z", "knha"))
    return tuple(Level(name, TESTS.get(name, name)) for name in names)


def _filters(rows: Sequence[Data], plan: Data) -> list[tuple[str, str, str, tuple[Level, ...]]]:
    every = Level(ALL, "All studies")
    populations = sorted({str(row["population"]) for row in rows if row.get("population")})
    return [
        (
            "risk",
            "Risk of bias",
            "Weak studies may mislead; leaving them out costs precision.",
            (every, Level("not_high", "Without high risk"), Level("low", "Low risk only")),
        ),
        (
            "converted",
            "Converted values",
            "A value computed from others rests on assumptions.",
            (every, Level("without", "Without converted values")),
        ),
        (
            "change",
            "Change scores",
            "Final and change scores are not the same quantity.",
            (every, Level("without", "Without change scores")),
        ),
        (
            "adjusted",
            "Adjusted results",
            "Adjusted and raw results answer slightly different questions.",
            (every, Level("without", "Without adjusted results")),
        ),
        (
            "population",
            "Analysed people",
            "Intention to treat and per protocol estimate different effects.",
            (every, *(Level(name, f"Only {name}", usual=False) for name in populations)),
        ),
        ("time", "Time point", "Effects may fade or grow.", (every, *_times(rows))),
        (
            "outliers",
            "Outliers",
            f"Studies whose studentised residual is beyond {OUTLYING:g}.",
            (every, Level("without", "Without outliers")),
        ),
        (
            "one",
            "One study left out",
            "No single study should carry the result.",
            (every, *(Level(str(_key(row)), f"Without {row['study']}", usual=False) for row in rows)),
        ),
    ]


def _times(rows: Sequence[Data]) -> tuple[Level, ...]:
    weeks = [float(row["weeks"]) for row in rows if row.get("weeks") is not None]
    if len(set(weeks)) < 2:
        return ()
    half = median(weeks)
    return (
        Level(f"to_{half:g}", f"Up to {half:g} weeks", usual=False),
        Level(f"from_{half:g}", f"After {half:g} weeks", usual=False),
    )
