"""What the linter looks at, and what it says. No Django here."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")

#: Numbers beyond this are no measurement; they are named and then left out of every other rule.
LARGEST = 1e12
#: A spread or standard error below this is rounding noise.
SMALLEST = 1e-9
#: Effects of fewer studies than this have no median worth comparing with.
ENOUGH = 4

COUNTS = ("n1", "n2", "randomised1", "randomised2", "total_randomised")
SPREADS = ("sd1", "sd2", "effect_se", "baseline_sd1", "baseline_sd2")
PLAIN = (
    *("mean1", "mean2", "events1", "events2", "effect", "estimate", "ci_low", "ci_high", "p"),
    *("baseline_mean1", "baseline_mean2", "low", "high"),
)
LABELS = {
    "n": "n",
    "mean": "mean",
    "sd": "SD",
    "events": "events",
    "randomised": "number randomised",
    "baseline_mean": "baseline mean",
    "baseline_sd": "baseline SD",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One result as the linter sees it; a missing number is None. Numbers ending in 1 belong to the
    experimental arm.

    ``effect`` and ``effect_se`` are on the analysis scale (log for ratios); ``estimate``, ``ci_low``, ``ci_high`` are
    as printed (a ratio as a ratio). ``p`` with ``p_below`` means "p < ...". ``low`` and ``high`` bound the scale;
    without them the table in ``scales`` is asked. ``typed`` holds numbers as typed ({"mean1": "12.50"}), which keeps
    trailing zeros; without it the decimals are those of the number. ``derived`` numbers are converted or adjusted.
    """

    key: int
    study: str
    kind: str
    scale: str = ""
    n1: int | None = None
    mean1: float | None = None
    sd1: float | None = None
    events1: float | None = None
    n2: int | None = None
    mean2: float | None = None
    sd2: float | None = None
    events2: float | None = None
    effect: float | None = None
    effect_se: float | None = None
    effect_measure: str = ""
    randomised1: int | None = None
    randomised2: int | None = None
    total_randomised: int | None = None
    arms_randomised: tuple[int | None, ...] = ()
    experimental: str = ""
    comparator: str = ""
    time_point: str = ""
    low: float | None = None
    high: float | None = None
    whole_numbers: bool | None = None
    lower_is_better: bool | None = None
    is_change: bool | None = None
    derived: bool = False
    baseline_mean1: float | None = None
    baseline_sd1: float | None = None
    baseline_mean2: float | None = None
    baseline_sd2: float | None = None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float = 0.95
    p: float | None = None
    p_below: bool = False
    typed: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What was computed from these facts already; not part of them."""
        return {}


def once(function: Callable[[Facts], T]) -> Callable[[Facts], T]:
    """Computed once for each facts object, since every study is a peer of every other."""

    @wraps(function)
    def remembered(facts: Facts) -> T:
        name = function.__qualname__
        if name not in facts.memo:
            facts.memo[name] = function(facts)
        return facts.memo[name]

    return remembered


@dataclass(frozen=True)
class Warning:
    """``code`` names the rule, ``field`` the number it is about; ``values`` are the numbers it rests on."""

    code: str
    field: str
    seen: str
    why: str
    check: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits of SHA-256 over code, field and values: the same until one of this result's
        numbers changes.

        The numbers of other studies are not part of it, so a dismissed warning stays away when a study is added.
        """
        text = "\n".join([self.code, self.field, *(f"{name}={value}" for name, value in self.values)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def warn(
    facts: Facts, code: str, names: Sequence[str], seen: str, why: str, check: str, extra: Iterable[str] = ()
) -> Warning:
    """A warning about the fields ``names`` (the first is the one to mark); ``extra`` joins the
    fingerprint.
    """
    values = [(name, _text(getattr(facts, name))) for name in names]
    values += [("extra", text) for text in extra]
    return Warning(code, names[0], seen, why, check, tuple(values))


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


@once
def clean(facts: Facts) -> tuple[Facts, list[Warning]]:
    """Facts without the numbers no rule could use (nan, infinite, beyond 1e12, SD not above 0), and a
    warning for each.
    """
    found: list[Warning] = []
    gone: dict[str, None] = {}
    for name in (*COUNTS, *SPREADS, *PLAIN):
        value = getattr(facts, name)
        if value is not None and (fault := _fault(name, value)):
            gone[name] = None
            found.append(
                warn(
                    facts,
                    "not_usable",
                    [name],
                    f"{_label(name)} is {_text(value)}, {fault}.",
                    "Nothing can be computed from it, so no other check looks at it.",
                    "The number in the source, and whether it is in the right field.",
                )
            )
    level = facts.ci_level if 0.5 <= facts.ci_level < 1 else 0.95
    arms = tuple(n for n in facts.arms_randomised if n is None or (math.isfinite(n) and 0 <= n < LARGEST))
    if len(arms) < len(facts.arms_randomised):
        arms = ()
    return replace(facts, ci_level=level, arms_randomised=arms, **gone), found  # type: ignore[arg-type]


def _fault(name: str, value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "which is not a finite number"
    if abs(value) > LARGEST:
        return "too large to be a measurement"
    if name in SPREADS and value < SMALLEST:
        return "and a spread must be above 0"
    if name in COUNTS and (value < 0 or value != int(value)):
        return "and people are counted in whole numbers from 0"
    if name.startswith("events") and value < 0:
        return "and events are counted from 0"
    if name == "p" and not 0 <= value <= 1:
        return "and p lies between 0 and 1"
    return ""


def _label(name: str) -> str:
    """ "sd1" as "SD, arm 1"."""
    return f"{LABELS.get(name[:-1], name)}, arm {name[-1]}" if name[-1] in "12" else name.replace("_", " ")


def decimals(facts: Facts, name: str) -> int:
    """Digits after the point as typed, or of the number's shortest form: 12.5 has one, ``typed`` "12.50"
    two.
    """
    text = facts.typed.get(name) or repr(getattr(facts, name))
    text = text.strip().replace(",", ".")
    if "e" in text.lower():
        return 0
    digits = text.partition(".")[2]
    return 0 if name not in facts.typed and digits == "0" else len(digits)


def half_unit(facts: Facts, name: str) -> float:
    """How far rounding can have moved a number: half of its last digit as typed."""
    return 0.5 * 10.0 ** -decimals(facts, name)


def centre_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """(median, 1.4826 x median absolute deviation); the factor makes it an SD for normal data. Needs one
    value.
    """
    centre = median(values)
    return centre, 1.4826 * median(abs(value - centre) for value in values)
