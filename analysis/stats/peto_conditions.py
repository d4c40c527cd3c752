"""When Peto's odds ratio can be trusted: rare events, groups of like size, small effects.

Below 1 % of events it was the least biased and most powerful of the methods compared by Bradburn et al. 2007 (doi
10.1002/sim.2528), unless groups were of very unlike size or effects exceptionally large; Handbook 10.4.4.1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns
from analysis.stats.errors import InvalidValue, MissingColumns, NoStudies, StatsError
from analysis.stats.mantel_haenszel import mantel_haenszel, peto
from analysis.stats.results import Result
from analysis.stats.tables import Tables, two_by_two


@dataclass(frozen=True)
class PetoConditions(Result):
    """The three conditions with the figures behind them, and the verdict in a sentence.

    `risk`: events of all people (the rarer of event and non-event). `imbalance`: the larger group over the smaller,
    in the most uneven study with an event, named by `most_uneven` (its row, from 0). `odds_ratio`:
    Mantel-Haenszel's, or Peto's where that is infinite. `shift`: Peto's over Mantel-Haenszel's odds ratio."""

    suitable: bool
    rare: bool
    balanced: bool
    small_effect: bool
    risk: float
    imbalance: float
    most_uneven: int
    odds_ratio: float
    peto_odds_ratio: float
    shift: float | None
    sentence: str
    k: int


def peto_conditions(
    *, rare: float = 0.01, imbalance: float = 2.0, large: float = 5.0, **columns: Any
) -> PetoConditions:
    """Check whether Peto's method suits these tables (ai bi ci di or ai n1i ci n2i).

    `rare`: largest overall risk, 1 % after Bradburn et al. 2007. `imbalance`: largest ratio of group sizes in a
    study, `large`: odds ratio (or its inverse) from which an effect counts as large; both are conventions of this
    engine, as the literature names no figure. Studies without events inform Peto's method no more than this check.

    Errors: `MissingColumns`, `NoStudies`, `InvalidValue`, and those of `peto`."""
    for name, value, least in (("rare", rare, 0.0), ("imbalance", imbalance, 1.0), ("large", large, 1.0)):
        if not (math.isfinite(value) and value > least):
            raise InvalidValue(f"{name} is {value!r}, but it must be a number above {least:g}.")
    cells, rows = _informative(columns)
    risk = float(np.sum(cells.a + cells.c) / np.sum(cells.total))
    risk = min(risk, 1.0 - risk)
    ratio = np.maximum(cells.n1, cells.n2) / np.minimum(cells.n1, cells.n2)
    uneven = int(np.argmax(ratio))
    by_peto = math.exp(peto(**columns).estimate)
    by_cells = _mantel_haenszel(columns)
    effect = by_peto if by_cells is None else by_cells
    met = (risk <= rare, float(ratio[uneven]) <= imbalance, 1.0 / large <= effect <= large)
    return PetoConditions(
        suitable=all(met),
        rare=met[0],
        balanced=met[1],
        small_effect=met[2],
        risk=risk,
        imbalance=float(ratio[uneven]),
        most_uneven=int(rows[uneven]),
        odds_ratio=effect,
        peto_odds_ratio=by_peto,
        shift=None if by_cells is None else by_peto / by_cells,
        sentence=_sentence(met, risk, float(ratio[uneven]), int(rows[uneven]), effect),
        k=len(rows),
    )


def _informative(columns: dict[str, Any]) -> tuple[Tables, np.ndarray]:
    """Tables with events and non-events, and their rows."""
    given = as_columns(
        {name: value for name, value in columns.items() if name != "slab" and value is not None}
    )
    if not {"ai", "ci"} <= given.keys() or not (
        {"bi", "di"} <= given.keys() or {"n1i", "n2i"} <= given.keys()
    ):
        raise MissingColumns("The columns ai bi ci di or ai n1i ci n2i are needed.")
    cells = two_by_two(given)
    with np.errstate(invalid="ignore"):
        keep = np.isfinite(cells.total) & (cells.n1 > 0) & (cells.n2 > 0) & ~cells.one_sided
    if not np.any(keep):
        raise NoStudies("No study has events in one group and people in both, so there is nothing to judge.")
    return cells.rows(keep), np.flatnonzero(keep)


def _mantel_haenszel(columns: dict[str, Any]) -> float | None:
    try:
        return math.exp(mantel_haenszel("OR", **columns).estimate)
    except StatsError:
        return None


def _sentence(met: tuple[bool, bool, bool], risk: float, ratio: float, row: int, effect: float) -> str:
    figures = (
        f"events in {100.0 * risk:.2g} % of people",
        f"groups up to {ratio:.3g} to 1 in size (row {row + 1})",
        f"an odds ratio of {effect:.2g}",
    )
    if all(met):
        return f"Peto's method suits these data: {figures[0]}, {figures[1]}, {figures[2]}."
    wrong = [text for text, good in zip(figures, met, strict=True) if not good]
    return (
        f"Peto's method may mislead here, because of {' and '.join(wrong)}; compare Mantel-Haenszel without "
        "correction, or a model of the counts."
    )
