"""Rows of a snapshot to effects: which numbers of which kind of result give which measure. No Django here.

Change from baseline: MD and SMD compare the final scores; MC is the difference of the mean changes of both arms, SMCC
and SMCR the difference of their standardised changes (by the SD of the changes, or that at baseline: Becker 1988;
Morris 2008), each with the sum of both variances. The correlation of baseline and final must then be known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis import stats
from analysis.stats import Dropped, Effects, StatsError

Row = Mapping[str, Any]

#: The measures that each kind of result gives; an effect as reported gives its own measure only.
MEASURES_OF = {
    "means": ("SMD", "SMDH", "MD", "ROM"),
    "events": ("OR", "RR", "RD", "AS", "PETO"),
    "change": ("SMD", "SMDH", "MD", "ROM", "MC", "SMCC", "SMCR"),
    "rates": ("IRR", "IRD", "IRSD"),
    "oe": ("HR", "PETO"),
    "proportion": ("PR", "PLO", "PFT", "PAS"),
    "correlation": ("ZCOR", "COR"),
    "diagnostic": ("DOR",),
}
KIND_NAMES = {
    "means": "means and SDs",
    "events": "events",
    "change": "baseline and final means",
    "rates": "events over person-time",
    "oe": "O − E and its variance",
    "proportion": "the events of one group",
    "correlation": "a correlation",
    "diagnostic": "the table of a test",
    "quantiles": "medians",
}
#: Kinds without a comparator.
ONE_GROUP = frozenset({"proportion", "correlation", "diagnostic"})
#: Measures about one group: there is no arm to favour, and no value that means no effect.
OF_ONE_GROUP = frozenset({"PR", "PLO", "PFT", "PAS", "COR", "ZCOR", "DOR"})
#: Names of ours -> the formula in the statistics package.
STATS_NAMES = {"HR": "OE", "DOR": "OR"}
#: Column names of effect_sizes -> row fields.
COLUMNS = {
    "means": {"m1i": "mean1", "sd1i": "sd1", "n1i": "n1", "m2i": "mean2", "sd2i": "sd2", "n2i": "n2"},
    "events": {"ai": "events1", "n1i": "n1", "ci": "events2", "n2i": "n2"},
    "rates": {"x1i": "events1", "t1i": "time1", "x2i": "events2", "t2i": "time2"},
    "oe": {"oei": "o_minus_e", "voi": "variance"},
    "proportion": {"xi": "events1", "ni": "n1"},
    "correlation": {"ri": "correlation", "ni": "n1"},
    "diagnostic": {"ai": "tp", "bi": "fp", "ci": "fn", "di": "tn"},
}
COLUMNS["change"] = COLUMNS["means"]
#: Zero cells, besides the usual 0.5 where one cell is 0: a trial without any event says nothing about a ratio
#: (Cochrane Handbook, 10.4.4.1), and Peto's method needs no correction (10.4.4.2).
ZERO_CELLS: dict[str, dict[str, Any]] = {
    "OR": {"drop00": True},
    "RR": {"drop00": True},
    "PETO": {"drop00": True, "add": 0.0},
    "IRR": {"drop00": True},
}
SAYS_NOTHING = "{} in both arms, which says nothing about a ratio."


class CannotAnalyse(ValueError):
    """The plan and the data do not fit together; the sentence says which study and what to do."""


def stats_name(measure: str) -> str:
    """What the statistics package calls the formula of a plan's measure."""
    return STATS_NAMES.get(measure, measure)


def one_effect(row: Row, measure: str) -> Effects:
    """The effect of one row, or CannotAnalyse naming the study whose kind of data does not give ``measure``."""
    if fault := misfit(row, measure):
        raise CannotAnalyse(f"{row['study']}: {fault}")
    return _alike([row], measure)


def effects_of(rows: Sequence[Row], measure: str) -> Effects:
    """The effects of the rows in their order: from arm data where there are any, else as reported.

    A row without an effect is nan and among ``dropped``, with the reason. Raises CannotAnalyse naming the study whose
    kind of data does not give ``measure``. Rows of one kind are computed at once.
    """
    kinds: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if fault := misfit(row, measure):
            raise CannotAnalyse(f"{row['study']}: {fault}")
        kinds.setdefault(row["kind"], []).append(i)
    yi, vi = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    why: dict[int, str] = {}
    for places in kinds.values():
        same = [rows[i] for i in places]
        found = _together(same, measure)
        yi[places], vi[places] = found.yi, found.vi
        why |= {
            places[lost.row]: _reason(same[lost.row], found.measure, lost.reason) for lost in found.dropped
        }
    made = stats.effect_sizes(
        stats_name(measure),
        yi=yi,
        vi=vi,
        ni=[people(row) for row in rows],
        slab=[row["study"] for row in rows],
    )
    return replace(made, dropped=tuple(Dropped(lost.row, lost.label, why[lost.row]) for lost in made.dropped))


def _together(rows: Sequence[Row], measure: str) -> Effects:
    """As ``_alike``; what is wrong with a row is said of that row alone."""
    try:
        return _alike(rows, measure)
    except StatsError:
        for row in rows:
            _alike([row], measure)
        raise


def _alike(rows: Sequence[Row], measure: str) -> Effects:
    """The effects of rows of one kind."""
    kind, names = rows[0]["kind"], [row["study"] for row in rows]
    if kind == "effect":
        return _given(rows, measure, [row["effect"] for row in rows], [row["effect_se"] ** 2 for row in rows])
    if kind == "oe":
        return stats.effect_sizes("OE", slab=names, **_columns(rows))
    if measure in CHANGES:
        return CHANGES[measure](rows, measure)
    columns = _columns(rows)
    if kind == "events":
        columns["bi"] = [row["n1"] - row["events1"] for row in rows]
        columns["di"] = [row["n2"] - row["events2"] for row in rows]
        del columns["n1i"], columns["n2i"]
    policy = {} if kind == "diagnostic" else ZERO_CELLS.get(measure, {})
    return stats.effect_sizes(stats_name(measure), slab=names, **policy, **columns)


def misfit(row: Row, measure: str) -> str:
    """Why a result of this kind does not give ``measure``, as a sentence that says what to do; empty if it does."""
    kind = row["kind"]
    if kind == "quantiles":
        return (
            "medians cannot be pooled as they are. Convert them to means and SDs on the page of the result (Wan, Luo "
            "or McGrath), or leave the study out."
        )
    if kind == "effect":
        return _effect_misfit(row, measure)
    if measure in CHANGES:
        return _change_misfit(row, measure)
    if measure not in MEASURES_OF[kind]:
        return f"{KIND_NAMES[kind]} do not give {measure}. Choose one of {', '.join(MEASURES_OF[kind])}."
    return ""


def _effect_misfit(row: Row, measure: str) -> str:
    own = row["effect_measure"]
    if measure in OF_ONE_GROUP:
        return f"it compares two arms; {measure} is about one group. Leave the study out, or choose another measure."
    if own in ("", measure) or (measure == "MC" and own == "MD" and row.get("is_change")):
        return ""
    return (
        f"its effect is reported as {own}, the plan pools {measure}. Convert it, leave the study out, or choose the "
        "other measure."
    )


def _change_misfit(row: Row, measure: str) -> str:
    if row["kind"] == "means" and row.get("is_change") and measure == "MC":
        return ""
    if row["kind"] != "change":
        return (
            f"{KIND_NAMES[row['kind']]} do not give {measure}, which needs baseline and final scores"
            f"{' or mean changes' if measure == 'MC' else ''} of both arms. Choose another measure, or leave the "
            "study out."
        )
    if missing := [name for name, r in (("experimental", "r1"), ("comparator", "r2")) if row.get(r) is None]:
        return (
            f"{measure} needs the correlation of baseline and final in each arm; that of the {missing[0]} arm is not "
            "known. Enter one (change.corr computes it from three SDs), or pool the final scores as MD or SMD."
        )
    return ""


def why_dropped(row: Row, one: Effects) -> str:
    """Why the row has no effect although its kind gives the measure; empty if it has one."""
    return _reason(row, one.measure, one.dropped[0].reason) if one.dropped else ""


def _reason(row: Row, measure: str, reason: str) -> str:
    """Why there is no effect: that nothing, or everything, happened in both arms is said as such."""
    if row["kind"] in ("events", "rates") and measure in ZERO_CELLS:
        if not row["events1"] and not row["events2"]:
            return SAYS_NOTHING.format("No events")
        if row["kind"] == "events" and (row["events1"], row["events2"]) == (row["n1"], row["n2"]):
            return SAYS_NOTHING.format("Nothing but events")
    return reason


def people(row: Row) -> int | None:
    """How many people a row rests on; None where the report does not say."""
    if row["kind"] == "diagnostic":
        return sum(row[name] for name in ("tp", "fp", "fn", "tn"))
    return (row["n1"] or 0) + (row["n2"] or 0) or None


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    return {name: [row[field] for row in rows] for name, field in COLUMNS[rows[0]["kind"]].items()}


def _given(rows: Sequence[Row], measure: str, yi: Any, vi: Any) -> Effects:
    return stats.effect_sizes(stats_name(measure), yi=yi, vi=vi, slab=[row["study"] for row in rows])


def _difference_of_changes(rows: Sequence[Row], measure: str) -> Effects:
    """Experimental minus comparator, of the change within each arm."""
    if rows[0]["kind"] == "means":
        single = stats.effect_sizes("MD", slab=[row["study"] for row in rows], **_columns(rows))
        return replace(_given(rows, measure, single.yi, single.vi), dropped=single.dropped)
    first, second = (_change_within(rows, measure, arm) for arm in "12")
    lost = {one.row: one for one in (*second.dropped, *first.dropped)}
    found = _given(rows, measure, first.yi - second.yi, first.vi + second.vi)
    return replace(found, dropped=tuple(lost[row] for row in sorted(lost)))


def _change_within(rows: Sequence[Row], measure: str, arm: str) -> Effects:
    baseline, final = ([row[f"{name}{arm}"] for row in rows] for name in ("baseline_sd", "sd"))
    spread: dict[str, Any] = {"sd1i": baseline} if measure == "SMCR" else {"sd1i": final, "sd2i": baseline}
    return stats.effect_sizes(
        measure,
        m1i=[row[f"mean{arm}"] for row in rows],
        m2i=[row[f"baseline_mean{arm}"] for row in rows],
        ni=[row[f"n{arm}"] for row in rows],
        ri=[row[f"r{arm}"] for row in rows],
        slab=[row["study"] for row in rows],
        **spread,
    )


CHANGES: dict[str, Callable[[Sequence[Row], str], Effects]] = dict.fromkeys(
    ("MC", "SMCC", "SMCR"), _difference_of_changes
)
