"""GRIM and GRIMMER: means and SDs that no set of whole numbers can have.

Of n whole numbers the sum S is whole, so the mean is a multiple of 1/n (GRIM: Brown and Heathers, Soc Psychol
Personal Sci 2017;8:363-369). The sum of squares Q is whole too and odd exactly when S is, and
SD² = (Q - S²/n) / (n - 1) (GRIMMER: Anaya, PeerJ Preprints 2016;4:e2400v1; the parity is Allard's, 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from extraction.checks.facts import Facts, Warning, decimals, half_unit, warn
from extraction.checks.scales import counts_points, is_change, scale_of

TINY = 1e-9
#: With more sums than this for one mean the digits tell nothing.
MOST_SUMS = 20
#: More decimals than this are computed, not printed.
MOST_PLACES = 4
CHECK = (
    "The digits in the source, n at this time point, and whether the numbers are adjusted, imputed or averaged "
    "per item."
)


def possible_sums(mean: float, half: float, n: int) -> range:
    """The whole sums of n whole numbers whose mean rounds to ``mean``, half a last digit either way; may
    be empty.
    """
    return range(ceil((mean - half) * n - TINY), floor((mean + half) * n + TINY) + 1)


def sd_possible(total: int, n: int, sd: float, half: float) -> bool:
    """Whether some whole sum of squares of n whole numbers with this total gives an SD that rounds to
    ``sd``.
    """
    base = total * total / n
    low = max(0.0, sd - half) ** 2 * (n - 1) + base
    high = (sd + half) ** 2 * (n - 1) + base
    first = ceil(low - TINY * max(1.0, base))
    first += (first - total) % 2
    return first <= high + TINY * max(1.0, base)


def impossible_means(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """GRIM, then GRIMMER, for each arm of a scale that counts points; silent where the digits cannot tell."""
    if facts.kind != "means" or facts.derived or not counts_points(facts) or _percent_of(facts):
        return []
    found = []
    for arm in "12":
        n, mean, sd = (getattr(facts, f"{name}{arm}") for name in ("n", "mean", "sd"))
        places = decimals(facts, f"mean{arm}") if mean is not None else 0
        if mean is None or not n or places > MOST_PLACES or n > MOST_SUMS * 10**places:
            continue
        sums = possible_sums(mean, half_unit(facts, f"mean{arm}"), n)
        if not sums:
            found.append(_grim(facts, arm, mean, n))
        elif (
            n > 2
            and sd
            and decimals(facts, f"sd{arm}") <= MOST_PLACES
            and not any(sd_possible(s, n, sd, half_unit(facts, f"sd{arm}")) for s in sums)
        ):
            found.append(_grimmer(facts, arm, mean, sd, n))
    return found


def _percent_of(facts: Facts) -> bool:
    return "%" in facts.scale or (
        is_change(facts) and facts.whole_numbers is None and not scale_of(facts.scale)
    )


def _grim(facts: Facts, arm: str, mean: float, n: int) -> Warning:
    places = decimals(facts, f"mean{arm}")
    below = floor(mean * n)
    return warn(
        facts,
        "grim",
        [f"mean{arm}", f"n{arm}"],
        f"No {n} whole scores have a mean of {mean:.{places}f}: {below}/{n} is "
        f"{below / n:.{places + 1}f}, {below + 1}/{n} is "
        f"{(below + 1) / n:.{places + 1}f}.",
        "A mean that cannot be often has a wrong digit, or belongs to another number of people.",
        CHECK,
    )


def _grimmer(facts: Facts, arm: str, mean: float, sd: float, n: int) -> Warning:
    return warn(
        facts,
        "grimmer",
        [f"sd{arm}", f"mean{arm}", f"n{arm}"],
        f"No {n} whole scores have a mean of {mean:g} and an SD of {sd:g}.",
        "An SD that cannot be often has a wrong digit, is a standard error, or belongs to "
        "another number of people.",
        CHECK,
    )


RULES = (impossible_means,)
