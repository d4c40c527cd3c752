"""Rules about a reported estimate, its confidence interval, standard error and p.

A ratio is looked at on the logarithm, a difference as it is. On that scale the interval is estimate ± z × SE, so SE
is its width over 2 z and p follows from estimate / SE (Altman and Bland, BMJ 2011;343:d2304 and d2090). Rounding of
every number as typed is allowed for, and z or t, whichever agrees better.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from statistics import NormalDist

from extraction.checks.effects import arms_of
from extraction.checks.facts import Facts, Warning, half_unit, warn

RATIOS = frozenset({"OR", "RR", "HR", "IRR", "ROM"})
NORMAL = NormalDist()
#: One side of the interval may be this much longer than the other, beyond rounding.
UNEVEN = 1.25
#: Difference between two ways to the same z that is no contradiction: a share of it, and a constant.
SLACK = (0.2, 0.2)
#: Standard errors this far apart are not the same number.
SE_APART = 1.25


def estimate_outside_ci(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """An estimate beyond its interval, or limits in the wrong order."""
    low, high, estimate = facts.ci_low, facts.ci_high, facts.estimate
    if low is None or high is None:
        return []
    if low > high:
        seen = f"The interval runs from {low:g} to {high:g}."
    elif estimate is None or low - _slack(facts, "ci_low") <= estimate <= high + _slack(facts, "ci_high"):
        return []
    else:
        seen = f"The estimate {estimate:g} is outside its interval, {low:g} to {high:g}."
    return [
        warn(
            facts,
            "estimate_outside_ci",
            ["estimate", "ci_low", "ci_high"],
            seen,
            "An interval always holds its estimate, so one of the three numbers is wrong.",
            "The minus signs, the decimal points, and whether the interval belongs to another row.",
        )
    ]


def ci_not_symmetric(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """An estimate that is not in the middle of its interval: of the logarithms for a ratio, of the
    numbers for a difference.
    """
    if not (sides := _sides(facts, facts.effect_measure in RATIOS)) or _even(*sides):
        return []
    ratio = facts.effect_measure in RATIOS
    plain = _sides(facts, not ratio)
    hint = ""
    if plain and _even(*plain):
        hint = " On the " + ("plain" if ratio else "logarithmic") + " scale it would be in the middle."
    return [
        warn(
            facts,
            "ci_not_symmetric",
            ["estimate", "ci_low", "ci_high"],
            f"{facts.estimate:g} ({facts.ci_low:g} to {facts.ci_high:g}) as "
            f"{facts.effect_measure or 'a difference'}: the sides "
            f"are {sides[0]:.3g} and {sides[2]:.3g} long{' in logarithms' if ratio else ''}.{hint}",
            "The standard error is computed from the interval; from a wrong limit or on the "
            "wrong scale it is wrong.",
            "The three numbers, and whether the estimate is a ratio, a logarithm or a "
            "difference. Exact and bootstrap intervals "
            "may be uneven.",
        )
    ]


def p_contradicts(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A p that does not follow from the interval, the standard error, or the means and SDs."""
    if facts.p is None:
        return []
    target = _z_of_p(facts)
    for names, low, high in _zs(facts):
        # the z or t of the numbers lies in low..high, that of p in target
        floor = low - SLACK[0] * low - SLACK[1]
        ceiling = high + SLACK[0] * high + SLACK[1]
        if target[1] < floor or target[0] > ceiling:
            relation = "<" if facts.p_below else "="
            middle = (low + high) / 2
            return [
                warn(
                    facts,
                    "p_contradicts",
                    ["p", *names],
                    f"p {relation} {facts.p:g}, but {_words(names)} give z = {middle:.2f}, p "
                    f"= {2 * (1 - NORMAL.cdf(middle)):.2g}.",
                    "One of the numbers is wrong, or they belong to different analyses.",
                    "Whether p is of this comparison and time point (not of an interaction "
                    "or a change within one arm), and one- "
                    "or two-sided; whether a number typed as SD is a standard error.",
                )
            ]
    return []


def se_contradicts_ci(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A standard error that the interval's width does not give."""
    widths = _se_from_ci(facts)
    if not widths or not facts.effect_se:
        return []
    slack = half_unit(facts, "effect_se")
    if widths[0] / SE_APART <= facts.effect_se + slack and facts.effect_se - slack <= widths[1] * SE_APART:
        return []
    return [
        warn(
            facts,
            "se_contradicts_ci",
            ["effect_se", "ci_low", "ci_high"],
            f"The standard error is {facts.effect_se:g}; the interval {facts.ci_low:g} to "
            f"{facts.ci_high:g} gives "
            f"{(widths[0] + widths[1]) / 2:.3g}.",
            "The weight of the study is computed from the standard error.",
            "Whether the standard error is on the logarithm for a ratio, and the level of "
            "the interval (90, 95 or 99 %).",
        )
    ]


def _slack(facts: Facts, name: str) -> float:
    return half_unit(facts, name) + half_unit(facts, "estimate")


def _on_scale(facts: Facts, name: str, ratio: bool) -> tuple[float, float] | None:
    """(value, how far rounding may have moved it) on the logarithm or as it is; None for what has no
    logarithm.
    """
    value = getattr(facts, name)
    if value is None:
        return None
    half = half_unit(facts, name)
    if not ratio:
        return value, half
    return (log(value), log(value / (value - half))) if value > half else None


def _sides(facts: Facts, ratio: bool) -> tuple[float, float, float, float] | None:
    """(lower side, its slack, upper side, its slack) of the interval; None when incomplete or the
    estimate is outside.
    """
    three = [_on_scale(facts, name, ratio) for name in ("ci_low", "estimate", "ci_high")]
    low, middle, high = three
    if low is None or middle is None or high is None or not low[0] < middle[0] < high[0]:
        return None
    return middle[0] - low[0], middle[1] + low[1], high[0] - middle[0], middle[1] + high[1]


def _even(lower: float, lower_slack: float, upper: float, upper_slack: float) -> bool:
    short, long = sorted(((lower, lower_slack), (upper, upper_slack)))
    return long[0] - long[1] <= UNEVEN * (short[0] + short[1])


def _se_from_ci(facts: Facts) -> tuple[float, float] | None:
    """Least and greatest standard error that the interval as rounded allows."""
    ratio = facts.effect_measure in RATIOS
    low, high = _on_scale(facts, "ci_low", ratio), _on_scale(facts, "ci_high", ratio)
    if low is None or high is None or high[0] <= low[0]:
        return None
    z = 2 * NORMAL.inv_cdf((1 + facts.ci_level) / 2)
    width, slack = high[0] - low[0], low[1] + high[1]
    return max(width - slack, 0.0) / z, (width + slack) / z


def _zs(facts: Facts) -> list[tuple[list[str], float, float]]:
    """Every way to |z|: (names of the numbers, least, greatest) as far as rounding tells."""
    ratio = facts.effect_measure in RATIOS
    found = []
    if (middle := _on_scale(facts, "estimate", ratio)) and (ses := _se_from_ci(facts)) and ses[0] > 0:
        least, most = max(abs(middle[0]) - middle[1], 0.0), abs(middle[0]) + middle[1]
        found.append((["estimate", "ci_low", "ci_high"], least / ses[1], most / ses[0]))
    if facts.effect is not None and facts.effect_se:
        half, se_half = half_unit(facts, "effect"), half_unit(facts, "effect_se")
        if se_half < facts.effect_se:
            least, most = max(abs(facts.effect) - half, 0.0), abs(facts.effect) + half
            found.append(
                (
                    ["effect", "effect_se"],
                    least / (facts.effect_se + se_half),
                    most / (facts.effect_se - se_half),
                )
            )
    if (arms := arms_of(facts)) and not facts.derived:
        half = half_unit(facts, "mean1") + half_unit(facts, "mean2")
        se, gap = sqrt(arms.sd1**2 / arms.n1 + arms.sd2**2 / arms.n2), abs(arms.mean1 - arms.mean2)
        low, high = max(gap - half, 0.0) / se, (gap + half) / se
        found.append((["mean1", "sd1", "n1", "mean2", "sd2", "n2"], _as_z(low, arms.n1 + arms.n2 - 2), high))
    return found


def _as_z(t: float, freedom: int) -> float:
    """The z with about the same p as a t (Wallace 1959): sqrt(df ln(1 + t²/df)) (8 df + 1)/(8 df + 3)."""
    return sqrt(freedom * log(1 + t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)


def _z_of_p(facts: Facts) -> tuple[float, float]:
    """Least and greatest |z| of a two-sided p as rounded; "p < x" has no greatest."""
    p = facts.p or 0.0
    half = 0.0 if facts.p_below else half_unit(facts, "p")
    least = NORMAL.inv_cdf(1 - min(p + half, 1.0) / 2) if p + half > 1e-15 else 8.0
    if facts.p_below or p - half <= 1e-15:
        return least, float("inf")
    return least, NORMAL.inv_cdf(1 - (p - half) / 2)


def _words(names: Sequence[str]) -> str:
    if "ci_low" in names:
        return "the estimate and its interval"
    return "the effect and its standard error" if "effect" in names else "the means and SDs"


RULES = (estimate_outside_ci, ci_not_symmetric, p_contradicts, se_contradicts_ci)
