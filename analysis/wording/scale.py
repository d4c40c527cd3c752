"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.choices import is_ratio, natural, short
from analysis.figures.axis import number
from analysis.figures.forest import p_text

NONE = "–"
#: Measures that are small numbers.
THREE_DIGITS = frozenset({"RD", "AS", "IRD", "IRSD", "PR", "PLO", "PFT", "PAS"})


@dataclass(frozen=True)
class Scale:
    """How numbers of a measure are shown: ratios as ratios, logits as proportions; ``size``: people, for PFT."""

    measure: str
    size: float | None = None

    @classmethod
    def of(cls, pooled: Mapping[str, Any]) -> Scale:
        return cls(pooled["measure"], pooled.get("size"))

    @property
    def label(self) -> str:
        return short(self.measure)

    @property
    def is_ratio(self) -> bool:
        return is_ratio(self.measure)

    @property
    def null(self) -> float:
        """No effect, on the scale shown."""
        return 1.0 if self.is_ratio else 0.0

    def shown(self, value: float) -> float:
        return natural(value, self.measure, self.size)

    def text(self, value: float | None) -> str:
        if value is None:
            return NONE
        return number(self.shown(value), 3 if self.measure in THREE_DIGITS else 2)

    def interval(self, low: float | None, high: float | None) -> str:
        return NONE if low is None or high is None else f"{self.text(low)} to {self.text(high)}"


def plain_number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else number(value, digits)


def p_value(value: float | None) -> str:
    return NONE if value is None else f"p {p_text(value)}"
