"""What the figures of a pairwise run have in common: how numbers read, which rows they lead to, what is absent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.choices import has_no_effect, is_curved, is_ratio
from analysis.figures.catalogue import Address, Data, row_key
from analysis.figures.plot_frame import Reading
from analysis.wording import THREE_DIGITS, Scale, plain_number

COMPUTED_BEFORE = "This run is older than this figure. Run the plan again to draw it."


def reading_of(result: Data) -> Reading:
    """How values of the run's measure are printed: ratios as ratios, logits as proportions.

    Two decimals, as everywhere (three for small measures); fewer where effects are in the hundreds, more where all of
    them would be 0.00.
    """
    pooled = result["pooled"]
    scale, digits = Scale.of(pooled), 2
    if scale.measure in THREE_DIGITS:
        digits = 3
    elif not is_ratio(scale.measure) and not is_curved(scale.measure):
        digits = _digits(pooled["ci_high"] - pooled["ci_low"])
    return Reading(
        log=is_ratio(scale.measure),
        natural=scale.shown if is_curved(scale.measure) else None,
        digits=digits,
    )


def _digits(width: float) -> int:
    """Decimals for an interval of this width."""
    if width >= 100:
        return 0 if width >= 1000 else 1
    return 2 if width >= 0.05 or width <= 0 else min(8, 1 - math.floor(math.log10(width)))


def null_of(result: Data) -> float | None:
    """No effect on the scale of the analysis; None where there is no such value."""
    return 0.0 if has_no_effect(result["pooled"]["measure"]) else None


def titled(what: str, snapshot: Data) -> str:
    return f"{what}: {snapshot['outcome']['name']}, {snapshot['plan']['name']}"


def links(snapshot: Data, address: Address | None) -> Callable[[Mapping[str, Any]], str]:
    """From a point or refit of the result to the page of its row; "" where there is nowhere to go."""
    by_name = {row["study"]: row_key(row) for row in snapshot["rows"]}

    def href(one: Mapping[str, Any]) -> str:
        key = one.get("row", by_name.get(one.get("study", one.get("label"))))
        return address(key) if address and key is not None else ""

    return href


def absent(
    key: str, *, points: str = "points", least: int = 1, few: str = "There is no study to draw."
) -> Callable[[Data, Data], str]:
    """``why_not`` of a figure drawn from the ``points`` of this part of the result, or the reason in its place."""

    def why_not(snapshot: Data, result: Data) -> str:
        part = result.get(key)
        if part is None:
            return COMPUTED_BEFORE
        if "reason" in part:
            return str(part["reason"])
        return few if len(part[points]) < least else ""

    return why_not


def texts(*values: Any) -> tuple[str, ...]:
    """The cells of a row: numbers with two decimals, whole ones as they are."""
    return tuple(_cell(value) for value in values)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    return plain_number(value)


def orders(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the subgroups of these rows in their order; none where there are no subgroups."""
    placed = {row.get("subgroup", ""): row.get("subgroup_order", 0) for row in rows if row.get("subgroup")}
    return sorted(placed, key=lambda name: placed[name])
