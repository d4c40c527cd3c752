"""One row of a snapshot to one effect: which numbers of which kind of result give which measure. No Django here.

Change from baseline: MD and SMD compare the final scores; MC is the difference of the mean changes of both arms, SMCC
and SMCR the difference of their standardised changes (by the SD of the changes, or that at baseline: Becker 1988;
Morris 2008), each with the sum of both variances. The correlation of baseline and final must then be known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analysis import stats
from analysis.stats import Effects

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
    if row["kind"] == "effect":
        return _given(row, measure, row["effect"], row["effect_se"] ** 2)
    if row["kind"] == "oe":
        return stats.effect_sizes("OE", slab=[row["study"]], **_columns(row))
    if measure in CHANGES:
        return CHANGES[measure](row, measure)
    columns = _columns(row)
    if row["kind"] == "events":
        columns["bi"] = [row["n1"] - row["events1"]]
        columns["di"] = [row["n2"] - row["events2"]]
        del columns["n1i"], columns["n2i"]
    policy = {} if row["kind"] == "diagnostic" else ZERO_CELLS.get(measure, {})
    return stats.effect_sizes(stats_name(measure), slab=[row["study"]], **policy, **columns)


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
    if not one.dropped:
        return ""
    if row["kind"] in ("events", "rates") and one.measure in ZERO_CELLS:
        if not row["events1"] and not row["events2"]:
            return SAYS_NOTHING.format("No events")
        if row["kind"] == "events" and (row["events1"], row["events2"]) == (row["n1"], row["n2"]):
            return SAYS_NOTHING.format("Nothing but events")
    return one.dropped[0].reason


def people(row: Row) -> int | None:
    """How many people a row rests on; None where the report does not say."""
    if row["kind"] == "diagnostic":
        return sum(row[name] for name in ("tp", "fp", "fn", "tn"))
    return (row["n1"] or 0) + (row["n2"] or 0) or None


def _columns(row: Row) -> dict[str, Any]:
    return {name: [row[field]] for name, field in COLUMNS[row["kind"]].items()}


def _given(row: Row, measure: str, yi: float, vi: float) -> Effects:
    return stats.effect_sizes(stats_name(measure), yi=[yi], vi=[vi], slab=[row["study"]])


def _difference_of_changes(row: Row, measure: str) -> Effects:
    """Experimental minus comparator, of the change within each arm."""
    if row["kind"] == "means":
        single = stats.effect_sizes("MD", slab=[row["study"]], **_columns(row))
        return _given(row, measure, float(single.yi[0]), float(single.vi[0]))
    arms = [_change_within(row, measure, arm) for arm in "12"]
    lost = next((arm for arm in arms if arm.dropped), None)
    if lost is not None:
        return lost
    first, second = arms
    return _given(row, measure, float(first.yi[0] - second.yi[0]), float(first.vi[0] + second.vi[0]))


def _change_within(row: Row, measure: str, arm: str) -> Effects:
    baseline, final = [row[f"baseline_sd{arm}"]], [row[f"sd{arm}"]]
    spread: dict[str, Any] = {"sd1i": baseline} if measure == "SMCR" else {"sd1i": final, "sd2i": baseline}
    return stats.effect_sizes(
        measure,
        m1i=[row[f"mean{arm}"]],
        m2i=[row[f"baseline_mean{arm}"]],
        ni=[row[f"n{arm}"]],
        ri=[row[f"r{arm}"]],
        slab=[row["study"]],
        **spread,
    )


CHANGES: dict[str, Callable[[Row, str], Effects]] = dict.fromkeys(
    ("MC", "SMCC", "SMCR"), _difference_of_changes
)
