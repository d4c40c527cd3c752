"""What a row of a snapshot says without pooling: which way it points, its p value, how many people. No Django.

An effect and its standard error give both, by the plan's measure, else by one that the numbers do give; without them
medians or the printed estimate give the direction, and the printed p value the p.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan
from statistics import NormalDist
from typing import Any

from analysis.intake import MEASURES_OF, OF_ONE_GROUP, ONE_GROUP, STATS_NAMES, misfit, one_effect, people
from analysis.stats import StatsError
from analysis.stats.distributions import critical_value

Row = Mapping[str, Any]
#: Printed as ratios: no effect is 1.
PRINTED_RATIOS = frozenset({"OR", "RR", "HR", "IRR", "ROM", "PETO"})
NOT_GIVEN = "neither an effect with its standard error nor a p value with its direction is reported"


def read_row(row: Row, measure: str, benefit: float, level: float) -> dict[str, Any]:
    """One result. ``direction`` 1 favours what is tested; ``z`` has that sign too, and ``p`` is two-sided.

    ``benefit``: the sign of the effects that favour what is tested; ``level`` in percent. ``effect`` with limits is
    on the scale of ``measure`` (None where that measure cannot be had).
    """
    own, y, v = _effect(row, measure)
    direction, basis = _direction(row, own, y, benefit)
    z, p, p_from = _p(row, y, v, direction, benefit)
    half = critical_value(level / 100, None) * v**0.5 if own == measure and v > 0 else nan
    shown = own == measure and isfinite(y)
    return {
        "study": row["study"],
        "study_id": row["study_id"],
        "row": row.get("row", row["study_id"]),
        "kind": row["kind"],
        "direction": direction,
        "basis": basis,
        "effect": y if shown else None,
        "ci_low": y - half if shown and isfinite(half) else None,
        "ci_high": y + half if shown and isfinite(half) else None,
        "z": z,
        "p": p,
        "p_from": p_from,
        "why_no_p": "" if z is not None else _why_no_p(row),
        "people": people(row),
        "people1": row.get("n1"),
        "scale": row.get("scale", ""),
        "time_point": row.get("time_point", ""),
        "subgroup": row.get("subgroup", ""),
    }


def _effect(row: Row, measure: str) -> tuple[str, float, float]:
    """Which measure, the effect and its variance; nan where the numbers give none."""
    for name in (measure, *_other_measures(row)):
        if misfit(row, name):
            continue
        try:
            found = one_effect(row, name)
        except StatsError:
            continue  # a measure these numbers do not give: the next one
        if not found.dropped:
            return name, float(found.yi[0]), float(found.vi[0])
    return "", nan, nan


def _other_measures(row: Row) -> tuple[str, ...]:
    if row["kind"] == "effect":
        return (
            (row["effect_measure"],) if row.get("effect_measure") in (*PRINTED_RATIOS, *STATS_NAMES) else ()
        )
    if row["kind"] == "oe":
        return ("HR",)
    if row["kind"] in ("proportion", "diagnostic"):
        return ()
    return MEASURES_OF.get(row["kind"], ())


def _direction(row: Row, measure: str, y: float, benefit: float) -> tuple[int | None, str]:
    """Which way the result points, and what says so."""
    if row["kind"] in ONE_GROUP and row["kind"] != "correlation":
        return None, "one group: nothing it is compared with"
    if isfinite(y) and (measure not in OF_ONE_GROUP or row["kind"] == "correlation"):
        return _sign(benefit * y), "effect"
    if row.get("median1") is not None and row.get("median2") is not None:
        return _sign(benefit * (row["median1"] - row["median2"])), "medians"
    if row.get("estimate") is not None:
        no_effect = 1.0 if row.get("effect_measure") in PRINTED_RATIOS else 0.0
        return _sign(benefit * (row["estimate"] - no_effect)), "estimate as printed"
    if row.get("effect") is not None:
        return _sign(benefit * row["effect"]), "effect"
    return None, "no direction reported"


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _p(
    row: Row, y: float, v: float, direction: int | None, benefit: float
) -> tuple[float | None, float | None, str]:
    """z (positive: favours what is tested) and the two-sided p value, computed or as printed."""
    normal = NormalDist()
    if direction is None:
        return None, None, ""
    if isfinite(y) and v > 0:
        z = benefit * y / v**0.5
        return z, 2.0 * normal.cdf(-abs(z)), "computed"
    printed = row.get("p_value")
    if printed is None or not 0 < printed <= 1 or (direction == 0 and printed < 1):
        return None, None, ""
    z = direction * -normal.inv_cdf(printed / 2)
    return z, printed, "printed as a bound" if row.get("p_below") else "printed"


def _why_no_p(row: Row) -> str:
    if row.get("p_value") == 0:
        return "its p value is printed as 0, which was rounded; record a bound such as < 0.001"
    return NOT_GIVEN
