"""The planned fit again and again: without each study in turn, and adding one study after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.engine.base import Data
from analysis.engine.methods import COUNTS
from analysis.stats import Pooled, StatsError
from analysis.stats.pooling import need_studies

#: Refits of a model of the counts take long: up to so many studies they are made.
MOST_COUNTS = 100
TOO_MANY = (
    "Fitting a mixed model of the counts again for each of {} studies would take too long; above {} studies it is "
    "not done. A plan by inverse variance or Mantel-Haenszel shows it."
)


def leave_one_out(data: Data) -> list[dict[str, Any]]:
    """The fit without each study that has an effect, in the order of the rows."""
    need_studies(data.effects, 2, "Leaving one study out needs")
    _affordable(data)
    return [_refit(data, data.used[data.used != i], i) for i in data.used.tolist()]


def cumulative(data: Data) -> dict[str, list[dict[str, Any]]]:
    """The first study, the first two ...: by year (the order of the rows) and by falling precision."""
    need_studies(data.effects, 2, "A cumulative analysis needs")
    _affordable(data)
    by_precision = data.used[np.argsort(data.effects.vi[data.used], kind="stable")]
    return {"year": _chain(data, data.used), "precision": _chain(data, by_precision)}


def _chain(data: Data, order: np.ndarray) -> list[dict[str, Any]]:
    return [_refit(data, order[: n + 1], i) for n, i in enumerate(order.tolist())]


def _affordable(data: Data) -> None:
    if data.method == COUNTS and data.effects.k > MOST_COUNTS:
        raise StatsError(TOO_MANY.format(data.effects.k, MOST_COUNTS))


def _refit(data: Data, rows: Sequence[int] | np.ndarray, which: int) -> dict[str, Any]:
    """A fit that is not defined (no events left in one arm) has None for its numbers and says why."""
    named = {"label": data.rows[which]["study"], "row": data.names(which)["row"]}
    try:
        return named | data.fit(rows).to_dict()
    except StatsError as error:
        return named | dict.fromkeys(Pooled.KEYS) | {"k": len(rows), "reason": str(error)}
