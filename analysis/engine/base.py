"""What the parts of a run share: the data with their planned fit, reasons, and the JSON of a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from analysis.engine.methods import INVERSE_VARIANCE, measure_of, method_of, pool_rows
from analysis.intake import CannotAnalyse, effects_of
from analysis.stats import Effects, Pooled, StatsError

#: Raised when the numbers of a plan or the parts of its result change.
ENGINE_VERSION = "2"
Row = Mapping[str, Any]
Plan = Mapping[str, Any]
#: ``step(done, total, message)``, called between parts; may raise to stop.
Step = Callable[[int, int, str], None]
#: ``partial(result so far)``, called as parts are finished.
Partial = Callable[[dict[str, Any]], None]


def engine_version() -> str:
    """What computed a result, for its page and its export."""
    return f"engine {ENGINE_VERSION}, numpy {np.__version__}, scipy {scipy.__version__}"


def row_key(row: Row) -> Any:
    """What tells a row of a snapshot from the others; in snapshots of before there was one row per study."""
    return row.get("row", row["study_id"])


@dataclass(frozen=True)
class Data:
    """The rows of a snapshot, their effects (one per row, nan where there is none) and the plan."""

    plan: Plan
    rows: Sequence[Row]
    effects: Effects

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> Data:
        """Raises CannotAnalyse when a row does not give the plan's measure, or there is none."""
        return cls.under(snapshot["plan"], snapshot["rows"])

    @classmethod
    def under(cls, plan: Plan, rows: Sequence[Row]) -> Data:
        """The rows under a plan of one's own; raises as ``of``."""
        plan = {**plan, "measure": measure_of(plan)}
        return cls(plan, rows, study_effects(rows, plan["measure"]))

    @property
    def measure(self) -> str:
        return self.plan["measure"]

    @property
    def level(self) -> float:
        """0.95 for 95 %."""
        return self.plan["level"] / 100

    @property
    def method(self) -> str:
        return method_of(self.plan)

    @property
    def is_inverse_variance(self) -> bool:
        return self.method == INVERSE_VARIANCE

    @cached_property
    def used(self) -> np.ndarray:
        """Numbers of the rows that have an effect."""
        return np.flatnonzero(self.effects.usable)

    @cached_property
    def main(self) -> Pooled:
        """The planned fit."""
        return self.fit()

    def fit(self, rows: Any = None, **changes: Any) -> Pooled:
        """The planned fit of all rows, or of those given by a mask or by numbers; ``changes`` of the plan's
        ``method``, ``tau2_method`` and ``test``."""
        data = self if rows is None else self.select(rows)
        return pool_rows(data.rows, data.effects, {**data.plan, **changes})

    def select(self, rows: Any) -> Data:
        chosen = np.arange(len(self.rows))[np.asarray(rows)]
        return Data(self.plan, [self.rows[i] for i in chosen.tolist()], self.effects.select(chosen))

    def names(self, row: int) -> dict[str, Any]:
        """What every point and refit says of its study: its label and the key of its row."""
        return {"study": self.rows[row]["study"], "row": row_key(self.rows[row])}


def study_effects(rows: Sequence[Row], measure: str) -> Effects:
    """Effects of the snapshot's rows in their order: from arm data where there are any, else as reported.

    Raises CannotAnalyse naming the study whose kind of data does not give ``measure``.
    """
    if not rows:
        raise CannotAnalyse(
            "No study has a result for this outcome under this plan, so there is nothing to pool."
        )
    return effects_of(rows, measure)


def described(pooled: Pooled, plan: Plan, method: str | None = None) -> dict[str, Any]:
    """The public keys of a fit, and what a reader of them needs beside them."""
    return pooled.to_dict() | {
        "measure": plan["measure"],
        "level": plan["level"],
        "df": pooled.df,
        "q_df": pooled.q_df,
        "pi_method": pooled.pi_method,
        "method": method or method_of(plan),
        "notes": list(pooled.notes),
    }


def or_reason(part: Callable[[], Any]) -> Any:
    """The part's value, or the sentence that says why it cannot be computed here."""
    try:
        return part()
    except (StatsError, CannotAnalyse) as error:
        return {"reason": str(error)}
