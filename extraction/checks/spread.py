"""Rules about the SD and the mean of one arm: SE for SD, beyond the scale, shifted decimals, median and IQR.

Largest SD on a scale from a to b with mean m: sqrt((m - a)(b - m) n / (n - 1)) (Bhatia and Davis, Am Math
Mon 2000;107:353-357).
An interquartile range is 1.35 SDs wide in normal data (Cochrane Handbook 6.5.2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from statistics import median

from extraction.checks.effects import arms_of
from extraction.checks.facts import ENOUGH, Facts, Warning, half_unit, warn
from extraction.checks.scales import counts_points, is_change, range_of, width_of

#: How near SD x sqrt(n) must come to the SD it is compared with, to look like a standard error taken for an SD.
NEAR = (0.6, 1.6)
#: An SD below this share of what others report is suspicious at all; above the inverse, too.
SMALL = 0.4
#: Shares of the scale's width between which nearly every SD lies, and below which it may be a standard error.
USUAL_SHARE = (0.06, 0.35)
SE_SHARE = 0.04
LEAST_SHARE = 0.01
#: A standardised difference above this is rare in any field.
HUGE = 2.0


def sd_like_se(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A spread that becomes plausible when multiplied by the root of n: a standard error taken for an SD."""
    found = []
    for arm, other_arm in (("1", facts.sd2), ("2", facts.sd1)):
        sd, n = getattr(facts, f"sd{arm}"), getattr(facts, f"n{arm}")
        if not sd or not n or n < 4:
            continue
        for source, reference in _references(facts, others, sd, other_arm):
            if reference and _se_of(sd, n, reference):
                found.append(_se_warning(facts, arm, f"{source} {reference:.3g}"))
                break
    return found or _both_like_se(facts) or _like_se_by_scale(facts)


def _references(
    facts: Facts, others: Sequence[Facts], sd: float, other_arm: float | None
) -> list[tuple[str, float]]:
    """SDs to compare with: the others', then the other arm's unless the others find this one ordinary."""
    usual = usual_sds(facts, others)
    if other_arm and not any(0.5 <= sd / reference <= 2 for _, reference in usual):
        return [*usual, ("The other arm has", other_arm)]
    return usual


def se_like_sd(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """The reverse: an SD converted as if it were a standard error, or an SD typed as the standard error
    of an effect.
    """
    if sd_like_se(facts, others):
        return []  # the small one of two unlike spreads is the likelier error
    found = []
    for arm, other_arm in (("1", facts.sd2), ("2", facts.sd1)):
        sd, n = getattr(facts, f"sd{arm}"), getattr(facts, f"n{arm}")
        if not sd or not n or n < 8:
            continue
        for source, reference in _references(facts, others, sd, other_arm):
            # a small other arm may itself be a standard error: the first rule speaks of it
            if (
                reference
                and sd * SMALL > reference
                and _near(sd / sqrt(n), reference)
                and not _tiny(facts, reference)
            ):
                found.append(_sd_warning(facts, [f"sd{arm}", f"n{arm}"], sd, f"{source} {reference:.3g}", n))
                break
    return found or _effect_se_like_sd(facts)


def _effect_se_like_sd(facts: Facts) -> list[Warning]:
    """The SE of an SMD is known from n: sqrt(1/n1 + 1/n2 + g²/(2(n1 + n2))); three times it cannot be the
    same number.
    """
    se, g, n1, n2 = facts.effect_se, facts.effect, facts.n1, facts.n2
    if facts.kind != "effect" or facts.effect_measure != "SMD" or not se or g is None or not n1 or not n2:
        return []
    expected = sqrt(1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)))
    if se < 3 * expected or n1 + n2 < 16:
        return []
    return [_sd_warning(facts, ["effect_se", "n1", "n2"], se, f"{n1} and {n2} people give a standard error of "
                        f"{expected:.2f}", n1 + n2)]  # fmt: skip


def sd_beyond_scale(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """An SD that scores between the ends of the scale cannot have with this mean, or too small for any of
    its points.
    """
    bounds, width = range_of(facts), width_of(facts)
    if facts.kind != "means" or not bounds or not width:
        return []
    found = []
    for arm in "12":
        n, mean, sd = (getattr(facts, f"{name}{arm}") for name in ("n", "mean", "sd"))
        if not sd or mean is None or not n or n < 2 or not bounds[0] <= mean <= bounds[1]:
            continue
        most = sqrt((mean - bounds[0]) * (bounds[1] - mean) * n / (n - 1))
        slack = half_unit(facts, f"sd{arm}") + half_unit(facts, f"mean{arm}")
        if sd > most + slack:
            seen = (
                f"SD {sd:g} with mean {mean:g}: on a scale from {bounds[0]:g} to {bounds[1]:g} it "
                f"is {most:.3g} at most."
            )
        elif sd < LEAST_SHARE * width and n >= 4 and not sd_like_se(facts, others):
            seen = (
                f"SD {sd:g} on a scale {width:g} points wide: all {n} people would have nearly "
                "the same score."
            )
        else:
            continue
        found.append(
            warn(
                facts,
                "sd_beyond_scale",
                [f"sd{arm}", f"mean{arm}", f"n{arm}"],
                seen,
                "The SD sets the study's weight and its standardised effect.",
                "Whether the number is an SD (not a variance, SE or width of an interval) "
                "and the scale is the one named.",
            )
        )
    return found


def mean_beyond_scale(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A mean outside the scale's range."""
    bounds = range_of(facts)
    if facts.kind != "means" or not bounds:
        return []
    return [
        warn(
            facts,
            "mean_beyond_scale",
            [f"mean{arm}"],
            f"Mean {mean:g} on a scale from {bounds[0]:g} to {bounds[1]:g}.",
            "A mean cannot lie beyond the lowest and highest possible score.",
            "The decimal point, the version of the scale (other numbers of items), and "
            "whether it is a change or a rescaled "
            "score.",
        )
        for arm in "12"
        if (mean := getattr(facts, f"mean{arm}")) is not None and not bounds[0] <= mean <= bounds[1]
    ]


def decimal_shift(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A number some ten times the other arm's (and the other studies', where comparable), that fits with
    its point moved.
    """
    if facts.kind not in ("means", "events") or (facts.kind == "means" and is_change(facts)):
        return []
    names: tuple[str, ...] = ("mean", "sd", "n") if facts.kind == "means" else ("n",)
    if sd_like_se(facts, others) or se_like_sd(facts, others):
        names = tuple(name for name in names if name != "sd")  # said already, and likelier
    for name in names:
        pair = getattr(facts, f"{name}1"), getattr(facts, f"{name}2")
        if None in pair or min(pair) <= 0 or not 5 <= max(pair) / min(pair) <= 20:
            continue
        big, small = ("1", "2") if pair[0] > pair[1] else ("2", "1")
        field = _odd_one(facts, others, name, big, small)
        if field:
            return [_shift_warning(facts, field, f"{name}{small if field[-1] == big else big}")]
    return _shift_of_both(facts, others)


def _odd_one(facts: Facts, others: Sequence[Facts], name: str, big: str, small: str) -> str:
    """The arm that is off: farther from the other studies; without them the larger. "" when neither fits
    moved.
    """
    values = {arm: getattr(facts, f"{name}{arm}") for arm in (big, small)}
    if not 0.5 <= values[big] / 10 / values[small] <= 2:
        return ""
    if name == "n":
        ratios = [max(o.n1, o.n2) / min(o.n1, o.n2) for o in others if o.n1 and o.n2]
        return (
            ""
            if any(ratio >= 4 for ratio in ratios) or (facts.kind == "events" and not ratios)
            else f"n{big}"
        )
    centre = _centre(facts, others, name)
    if not centre:
        return f"{name}{big}"
    # the one nearer the others is right, the other is marked
    return (
        f"{name}{big}"
        if abs(log(values[big] / centre)) > abs(log(values[small] / centre))
        else f"{name}{small}"
    )


def _shift_of_both(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """Both means ten times off from other studies on a comparable scale."""
    centre = _centre(facts, others, "mean")
    if facts.kind != "means" or not centre or facts.mean1 is None or facts.mean2 is None:
        return []
    if min(facts.mean1, facts.mean2) <= 0:
        return []
    ratios = [facts.mean1 / centre, facts.mean2 / centre]
    if not (all(5 <= ratio <= 20 for ratio in ratios) or all(5 <= 1 / ratio <= 20 for ratio in ratios)):
        return []
    return [
        _shift_warning(
            facts, "mean1", "mean2", f"; the other studies' median would be {centre:.3g} on this scale"
        )
    ]


def _centre(facts: Facts, others: Sequence[Facts], name: str) -> float | None:
    """The others' median mean or SD as it would be on this scale: by share of the width, else on the same
    scale.
    """
    same = [o for o in others if o.kind == "means" and not is_change(o)]
    values = [
        value
        for other in same
        if (factor := _factor(facts, other)) is not None
        for value in (getattr(other, f"{name}1"), getattr(other, f"{name}2"))
        if value is not None and value > 0
        for value in [value * factor]
    ]
    return median(values) if len(values) >= ENOUGH else None


def _factor(facts: Facts, other: Facts) -> float | None:
    """Points of this scale in one point of the other's; None when they cannot be compared."""
    if facts.scale.strip() and facts.scale.strip().casefold() == other.scale.strip().casefold():
        return 1.0
    mine, theirs = width_of(facts), width_of(other)
    return mine / theirs if mine and theirs else None


def _shift_warning(facts: Facts, field: str, beside: str, more: str = "") -> Warning:
    value, other = getattr(facts, field), getattr(facts, beside)
    return warn(
        facts,
        "decimal_shift",
        [field, beside],
        f"{value:g} in one arm and {other:g} in the other{more}.",
        "A decimal point in the wrong place, or a decimal comma that was dropped, changes a number tenfold.",
        "The decimal point (or comma) of both numbers in the source.",
    )


def median_as_mean(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """Four numbers that are whole or halves while other studies print decimals, and wide spreads: medians
    with IQRs.
    """
    arms = arms_of(facts)
    if not arms or not counts_points(facts) or facts.derived:
        return []
    if not all(_half(facts, name) for name in ("mean1", "sd1", "mean2", "sd2")):
        return []
    means = [o for o in others if o.kind == "means"]
    if not means or any(all(_half(o, name) for name in ("mean1", "sd1", "mean2", "sd2")) for o in means):
        return []
    usual = [reference for _, reference in usual_sds(facts, others)]
    bounds = range_of(facts)
    wide = bool(usual) and min(arms.sd1, arms.sd2) > 1.1 * usual[0]
    skewed = bounds is not None and any(
        m - bounds[0] < s for m, s in ((arms.mean1, arms.sd1), (arms.mean2, arms.sd2))
    )
    if not wide and not skewed:
        return []
    return [
        warn(
            facts,
            "median_as_mean",
            ["mean1", "sd1", "mean2", "sd2"],
            f"{arms.mean1:g} (SD {arms.sd1:g}) and {arms.mean2:g} (SD {arms.sd2:g}): whole or "
            "half points only, with wide "
            "spreads.",
            "An interquartile range is about 1.35 SDs wide, so medians with IQRs typed as "
            "means with SDs shrink the effect.",
            "Whether the source prints median and IQR; then convert (Wan 2014, Luo 2018) "
            "instead of typing them here.",
        )
    ]


def _half(facts: Facts, name: str) -> bool:
    """Whole or half, and not typed with more digits ("12.00" is a mean)."""
    value = getattr(facts, name)
    return value is not None and value * 2 == int(value * 2) and half_unit(facts, name) >= 0.05


def usual_sds(facts: Facts, others: Sequence[Facts]) -> list[tuple[str, float]]:
    """The others' median SD, as (words, SD): on the same scale first, else by share of the scale's width."""
    same_scale, by_width = [], []
    name = facts.scale.strip().casefold()
    for other in others:
        spreads = [sd for sd in (other.sd1, other.sd2) if sd]
        if name and other.scale.strip().casefold() == name:
            same_scale += spreads
        elif (factor := _factor(facts, other)) is not None:
            by_width += [sd * factor for sd in spreads]
    if len(same_scale) >= 4:
        return [("Other studies on this scale have", median(same_scale))]
    every = same_scale + by_width
    return [("Other studies, by share of their scales, have", median(every))] if len(every) >= 6 else []


def _near(sd: float, reference: float) -> bool:
    return NEAR[0] * reference <= sd <= NEAR[1] * reference


def _se_of(sd: float, n: int, reference: float) -> bool:
    return sd < SMALL * reference and _near(sd * sqrt(n), reference)


def _tiny(facts: Facts, sd: float) -> bool:
    width = width_of(facts)
    return bool(width and sd < SE_SHARE * width)


def _like_se_by_scale(facts: Facts) -> list[Warning]:
    """Without studies to compare with: below 4 % of the scale's width, and usual once multiplied by the
    root of n.
    """
    width = width_of(facts)
    if facts.kind != "means" or not width:
        return []
    found = []
    for arm in "12":
        sd, n = getattr(facts, f"sd{arm}"), getattr(facts, f"n{arm}")
        if (
            sd
            and n
            and n >= 4
            and sd < SE_SHARE * width
            and USUAL_SHARE[0] <= sd * sqrt(n) / width <= USUAL_SHARE[1]
        ):
            found.append(_se_warning(facts, arm, f"The scale is {width:g} points wide and the SD {sd:g}"))
    return found


def _both_like_se(facts: Facts) -> list[Warning]:
    """A huge difference that becomes ordinary when both spreads are read as standard errors."""
    arms = arms_of(facts)
    if not arms:
        return []
    g = arms.g(arms.sd1, arms.sd2)
    if abs(g) <= HUGE or abs(arms.g(arms.sd1 * sqrt(arms.n1), arms.sd2 * sqrt(arms.n2))) >= HUGE / 2:
        return []
    return [
        _se_warning(
            facts,
            "1",
            f"SDs of {arms.sd1:g} and {arms.sd2:g} make a standardised difference of {g:.1f}",
            ("mean1", "mean2", "sd2", "n2"),
        )
    ]


def _se_warning(facts: Facts, arm: str, beside: str, more: Sequence[str] = ()) -> Warning:
    sd, n = getattr(facts, f"sd{arm}"), getattr(facts, f"n{arm}")
    return warn(
        facts,
        "sd_like_se",
        [f"sd{arm}", f"n{arm}", *more],
        f"{beside}; {sd:g} times the root of n = {n} is {sd * sqrt(n):.3g}.",
        "A standard error typed as an SD makes the study look far more precise and its effect far larger.",
        "Whether the source prints SD or SE (or a confidence interval); SD = SE × √n.",
    )


def _sd_warning(facts: Facts, names: list[str], value: float, beside: str, n: int) -> Warning:
    return warn(
        facts,
        "se_like_sd",
        names,
        f"{beside}; {value:g} divided by the root of n = {n} is {value / sqrt(n):.3g}.",
        "An SD taken for a standard error (and perhaps multiplied by √n) makes the study "
        "look far less precise.",
        "Whether the source prints SD or SE, and whether a conversion was applied to a "
        "number that was an SD already.",
    )


RULES = (sd_like_se, se_like_sd, sd_beyond_scale, mean_beyond_scale, decimal_shift, median_as_mean)
