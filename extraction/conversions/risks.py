"""Ratios as absolute effects, and one ratio as another. No Django here."""

from __future__ import annotations

from collections.abc import Callable
from math import expm1, log1p

from .base import HANDBOOK, Group, Input, Values, require, require_interval
from .spread import HIGH, HIGH_RATIO, LOW, LOW_RATIO

conversion = Group()

P0 = Input("risk without the intervention, as a proportion", "share")
ABSOLUTE = {
    "per1000": "people with the event per 1000 with the intervention",
    "diff_per1000": "difference per 1000, negative when fewer",
    "diff_ci": "its interval, from the interval of the ratio alone",
    "nnt": "number needed to treat for one event fewer (or more); not defined when there is no difference",
}


@conversion(
    "es.or_to_rr",
    inputs={"or": Input("odds ratio", "positive"), "p0": P0},
    outputs={"rr": "risk ratio", "rd": "risk difference"},
    formula="rr = or / (1 - p0 + p0 * or); rd = p0 * (rr - 1)",
    source="Zhang & Yu 1998, JAMA 280:1690; " + HANDBOOK + "15.4.4.4",
    caution="Depends on the risk assumed; do not put an adjusted odds ratio's interval through it.",
)
def or_to_rr(or_: float, p0: float) -> Values:
    """Risk ratio and risk difference from an odds ratio and a risk without the intervention."""
    rr = or_ / (1 - p0 + p0 * or_)
    return {"rr": rr, "rd": p0 * (rr - 1)}


@conversion(
    "es.rr_to_or",
    inputs={"rr": Input("risk ratio", "positive"), "p0": P0},
    outputs={"or": "odds ratio"},
    formula="or = rr * (1 - p0) / (1 - rr * p0)",
    source="Inverse of Zhang & Yu 1998, JAMA 280:1690",
    caution="Depends on the risk assumed.",
)
def rr_to_or(rr: float, p0: float) -> Values:
    """Odds ratio from a risk ratio and a risk without the intervention."""
    require(rr * p0 < 1, "this risk ratio and risk give a risk of 1 or more. Check rr and p0.", "rr")
    return {"or": rr * (1 - p0) / (1 - rr * p0)}


def _absolute(risk: Callable[[float], float], acr: float, ratio: float, low: float, high: float) -> Values:
    """Events per 1000 and the difference, at the ratio and its limits; ``risk`` is the risk with a ratio."""
    require_interval(low, high, ratio)
    difference = risk(ratio) - acr
    return {
        "per1000": 1000 * risk(ratio),
        "diff_per1000": 1000 * difference,
        "diff_ci": (1000 * (risk(low) - acr), 1000 * (risk(high) - acr)),
        "nnt": 1 / abs(difference) if difference else None,
    }


def _ratio_inputs(name: str, what: str) -> dict[str, Input]:
    return {
        "acr": Input("assumed risk in the comparison group, as a proportion", "share"),
        name: Input(what, "positive"),
        "ci_low": LOW_RATIO,
        "ci_high": HIGH_RATIO,
    }


PER_1000 = "; per1000 = 1000 * risk; diff_per1000 = 1000 * (risk - acr); nnt = 1 / |risk - acr|"


@conversion(
    "absolute.from_rr",
    inputs=_ratio_inputs("rr", "risk ratio"),
    outputs=ABSOLUTE,
    formula="risk = acr * rr" + PER_1000,
    source=HANDBOOK + "15.4.4.3",
)
def absolute_from_rr(acr: float, rr: float, ci_low: float, ci_high: float) -> Values:
    """Absolute effect per 1000 from a risk ratio."""
    require(
        acr * rr <= 1,
        "the risk with the intervention would be above 1. Check acr, or use the odds ratio.",
        "acr",
    )
    # a limit may ask for more than everybody: then everybody is what there is
    return _absolute(lambda ratio: min(1.0, acr * ratio), acr, rr, ci_low, ci_high)


@conversion(
    "absolute.from_or",
    inputs=_ratio_inputs("or", "odds ratio"),
    outputs=ABSOLUTE,
    formula="risk = or * acr / (1 - acr + or * acr)" + PER_1000,
    source=HANDBOOK + "15.4.4.4",
)
def absolute_from_or(acr: float, or_: float, ci_low: float, ci_high: float) -> Values:
    """Absolute effect per 1000 from an odds ratio."""
    return _absolute(lambda ratio: ratio * acr / (1 - acr + ratio * acr), acr, or_, ci_low, ci_high)


@conversion(
    "absolute.from_hr",
    inputs=_ratio_inputs("hr", "hazard ratio"),
    outputs=ABSOLUTE,
    formula="risk = 1 - exp(ln(1 - acr) * hr)" + PER_1000,
    source=HANDBOOK + "14.1.5.2 and 15.4.4.5",
    caution="At the time to which the assumed risk belongs; assumes proportional hazards.",
)
def absolute_from_hr(acr: float, hr: float, ci_low: float, ci_high: float) -> Values:
    """Absolute effect per 1000 from a hazard ratio."""
    return _absolute(lambda ratio: -expm1(log1p(-acr) * ratio), acr, hr, ci_low, ci_high)


@conversion(
    "absolute.nnt_from_rd",
    inputs={
        "rd": Input("risk difference, as a proportion, not 0", "nonzero"),
        "ci_low": LOW,
        "ci_high": HIGH,
    },
    outputs={
        "nnt": "number needed to treat for one event fewer (or more)",
        "ci": "its interval; not defined when that of the difference includes 0",
    },
    formula="nnt = 1 / |rd|; ci = 1 / |ci_low| and 1 / |ci_high|, the smaller first",
    source=HANDBOOK + "15.4.4.2; Altman 1998, BMJ 317:1309",
)
def nnt_from_rd(rd: float, ci_low: float, ci_high: float) -> Values:
    """Number needed to treat from a risk difference."""
    require(ci_low >= -1 and ci_high <= 1, "a risk difference is from -1 to 1. Is it in percent?", "ci_low")
    require_interval(ci_low, ci_high, rd)
    if ci_low <= 0 <= ci_high:
        return {"nnt": 1 / abs(rd), "ci": None}
    ends = sorted((1 / abs(ci_low), 1 / abs(ci_high)))
    return {"nnt": 1 / abs(rd), "ci": tuple(ends)}
