"""The effect that a result's numbers give, in the plainest formulas, so that two extractions can be weighed.

What analyses compute is computed by analyses (with their settings); here the question is only whether a difference
between two people matters. No Django here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from extraction.conversions import convert
from extraction.values import RATIOS as RATIO_MEASURES

Numbers = Mapping[str, Any]

#: From this share of the standard error on, a difference is marked as changing the effect.
MATTERS = 0.05
NAMES = {
    "SMD": "standardised mean difference",
    "MD": "mean difference",
    "OR": "odds ratio",
    "RR": "risk ratio",
    "RD": "risk difference",
    "HR": "hazard ratio",
    "IRR": "rate ratio",
    "ROM": "ratio of means",
    "IRD": "rate difference",
    "PLO": "proportion",
    "ZCOR": "correlation",
    "DOR": "diagnostic odds ratio",
}
RATIOS = RATIO_MEASURES | {"DOR"}


@dataclass(frozen=True)
class Effect:
    """``value`` and ``se`` on the scale that is pooled: the logarithm of ratios, Fisher's z, the logit."""

    measure: str
    value: float
    se: float | None = None

    @property
    def name(self) -> str:
        return NAMES.get(self.measure, self.measure)

    @property
    def text(self) -> str:
        """As people read it: a ratio as a ratio with its logarithm, else the number; with the standard error."""
        if self.measure in RATIOS:
            shown = f"{_show(math.exp(min(self.value, 700)))} (log {_show(self.value)})"
        elif self.measure == "PLO":
            shown = f"{100 / (1 + math.exp(-self.value)):.1f} % (logit {_show(self.value)})"
        elif self.measure == "ZCOR":
            shown = f"{_show(math.tanh(self.value))} (z {_show(self.value)})"
        else:
            shown = _show(self.value)
        return shown if self.se is None else f"{shown}, SE {_show(self.se)}"


@dataclass(frozen=True)
class Shift:
    """One measure from both extractions. ``shift`` is the distance of the effects and ``wider`` the change of the
    standard error, both as shares of the smaller standard error; None where there is none."""

    measure: str
    left: Effect | None
    right: Effect | None

    @property
    def name(self) -> str:
        return NAMES.get(self.measure, self.measure)

    @property
    def _se(self) -> float | None:
        errors = [one.se for one in (self.left, self.right) if one and one.se]
        return min(errors) if errors else None

    @property
    def shift(self) -> float | None:
        if not self.left or not self.right or not self._se:
            return None
        return abs(self.left.value - self.right.value) / self._se

    @property
    def wider(self) -> float | None:
        if not self.left or not self.right or not self.left.se or not self.right.se:
            return None
        return abs(self.left.se - self.right.se) / min(self.left.se, self.right.se)

    @property
    def turns(self) -> bool:
        """The effect points the other way."""
        return bool(self.left and self.right and self.left.value * self.right.value < 0)

    @property
    def weight(self) -> float:
        """By how much this matters: the larger of both shares; without a standard error, whether anything moved."""
        if not self.left or not self.right:
            return 0.0
        if self._se is None:
            return 0.0 if math.isclose(self.left.value, self.right.value, rel_tol=1e-9) else 1.0
        return max(self.shift or 0.0, self.wider or 0.0)

    @property
    def matters(self) -> bool:
        return self.weight >= MATTERS or (self.turns and self.weight > 1e-9)

    @property
    def sentence(self) -> str:
        """What the difference does, for people; "" when it does nothing."""
        if not self.left or not self.right or self.weight <= 1e-9:
            return ""
        says = f"{self.measure} from {self.left.text} to {self.right.text}"
        if self.shift is not None:
            says += f": {_share(self.shift)} of a standard error"
            if self.wider and self.wider >= MATTERS:
                says += f", the standard error differs by {_share(self.wider)}"
        return says + ("; the effect changes sides." if self.turns else ".")


def effects_of(kind: str, numbers: Numbers) -> dict[str, Effect]:
    """{measure: Effect} of a result of this kind, the usual measure first; empty where the numbers do not suffice."""
    given = {name: value for name, value in numbers.items() if value not in (None, "")}
    found: dict[str, Effect] = {}
    for make in MAKERS.get(kind, ()):
        try:
            effect = make(given)
        except (KeyError, ValueError, ArithmeticError):
            continue  # a number is missing, or the formula has no value for these (ConversionError is a ValueError)
        if effect and math.isfinite(effect.value) and (effect.se is None or math.isfinite(effect.se)):
            found[effect.measure] = effect
    return found


def shifts(kind_left: str, left: Numbers, kind_right: str, right: Numbers) -> list[Shift]:
    """Each measure that at least one side has, those that both have first."""
    a, b = effects_of(kind_left, left), effects_of(kind_right, right)
    every = [Shift(measure, a.get(measure), b.get(measure)) for measure in dict.fromkeys((*a, *b))]
    return sorted(every, key=lambda one: not (one.left and one.right))


def _smd(given: Numbers) -> Effect:
    """Hedges' g with the exact correction; variance 1/n1 + 1/n2 + g²/(2(n1 + n2)) (metafor's SMD)."""
    n1, n2 = given["n1"], given["n2"]
    free = n1 + n2 - 2
    pooled = math.sqrt(((n1 - 1) * given["sd1"] ** 2 + (n2 - 1) * given["sd2"] ** 2) / free)
    exact = math.exp(math.lgamma(free / 2) - math.lgamma((free - 1) / 2)) / math.sqrt(free / 2)
    g = exact * (given["mean1"] - given["mean2"]) / pooled
    return Effect("SMD", g, math.sqrt(1 / n1 + 1 / n2 + g * g / (2 * (n1 + n2))))


def _md(given: Numbers) -> Effect:
    variance = given["sd1"] ** 2 / given["n1"] + given["sd2"] ** 2 / given["n2"]
    return Effect("MD", given["mean1"] - given["mean2"], math.sqrt(variance))


def _md_of_changes(given: Numbers) -> Effect:
    """Difference of the mean changes; its standard error needs the correlations r1 and r2."""
    change = [given[f"mean{arm}"] - given[f"baseline_mean{arm}"] for arm in "12"]
    value = change[0] - change[1]
    if "r1" not in given or "r2" not in given:
        return Effect("MD of changes", value)
    variance = sum(
        (
            given[f"sd{arm}"] ** 2
            + given[f"baseline_sd{arm}"] ** 2
            - 2 * given[f"r{arm}"] * given[f"sd{arm}"] * given[f"baseline_sd{arm}"]
        )
        / given[f"n{arm}"]
        for arm in "12"
    )
    return Effect("MD of changes", value, math.sqrt(variance))


def _table(given: Numbers) -> tuple[float, float, float, float]:
    """a, b, c, d of a two by two table, with a half added to each where one is 0."""
    a, c = given["events1"], given["events2"]
    return _filled(a, given["n1"] - a, c, given["n2"] - c)


def _filled(*cells: float) -> tuple[float, float, float, float]:
    half = 0.5 if 0 in cells else 0.0
    a, b, c, d = (cell + half for cell in cells)
    return a, b, c, d


def _or(given: Numbers) -> Effect:
    a, b, c, d = _table(given)
    return Effect("OR", math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def _rr(given: Numbers) -> Effect:
    a, b, c, d = _table(given)
    variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    return Effect("RR", math.log(a / (a + b)) - math.log(c / (c + d)), math.sqrt(variance))


def _rd(given: Numbers) -> Effect:
    shares = [given[f"events{arm}"] / given[f"n{arm}"] for arm in "12"]
    variance = sum(p * (1 - p) / given[f"n{arm}"] for arm, p in zip("12", shares, strict=True))
    return Effect("RD", shares[0] - shares[1], math.sqrt(variance) or None)


def _generic(given: Numbers) -> Effect:
    return Effect(str(given["effect_measure"]), given["effect"], given["effect_se"])


#: What of quartiles and range there must be, and the conversion that takes it (Luo's mean with Wan's SD).
SPREADS = (
    (("min", "q1", "median", "q3", "max"), "quantile.luo_s2"),
    (("q1", "median", "q3"), "quantile.luo_s3"),
    (("min", "median", "max"), "quantile.luo_s1"),
)


def _median_arm(given: Numbers, arm: str) -> dict[str, float]:
    """Mean and SD of one arm from its median and whatever of quartiles and range there is."""
    names = {
        "min": f"low{arm}",
        "q1": f"q1_{arm}",
        "median": f"median{arm}",
        "q3": f"q3_{arm}",
        "max": f"high{arm}",
    }
    known = {name: given[field] for name, field in names.items() if field in given}
    for needed, key in SPREADS:
        if all(name in known for name in needed):
            done = convert(key, n=given[f"n{arm}"], **{name: known[name] for name in needed})
            return {f"mean{arm}": done.values["mean"], f"sd{arm}": done.values["sd"]}
    raise KeyError("quartiles or range")


def _from_medians(formula: Callable[[Numbers], Effect]) -> Callable[[Numbers], Effect]:
    def make(given: Numbers) -> Effect:
        arms = _median_arm(given, "1") | _median_arm(given, "2")
        return formula(arms | {"n1": given["n1"], "n2": given["n2"]})

    return make


def _difference_of_medians(given: Numbers) -> Effect:
    return Effect("difference of medians", given["median1"] - given["median2"])


def _irr(given: Numbers) -> Effect:
    half = 0.5 if 0 in (given["events1"], given["events2"]) else 0.0
    a, c = given["events1"] + half, given["events2"] + half
    return Effect(
        "IRR", math.log(a / given["time1"]) - math.log(c / given["time2"]), math.sqrt(1 / a + 1 / c)
    )


def _oe(given: Numbers) -> Effect:
    """Peto: log HR = (O − E) / V, standard error 1 / √V."""
    return Effect("HR", given["o_minus_e"] / given["variance"], 1 / math.sqrt(given["variance"]))


def _proportion(given: Numbers) -> Effect:
    events, n = given["events1"], given["n1"]
    half = 0.5 if events in (0, n) else 0.0
    a, b = events + half, n - events + half
    return Effect("PLO", math.log(a / b), math.sqrt(1 / a + 1 / b))


def _correlation(given: Numbers) -> Effect:
    return Effect("ZCOR", math.atanh(given["correlation"]), 1 / math.sqrt(given["n1"] - 3))


def _share_of(name: str, hit: str, miss: str) -> Callable[[Numbers], Effect]:
    def make(given: Numbers) -> Effect:
        p, n = given[hit] / (given[hit] + given[miss]), given[hit] + given[miss]
        return Effect(name, p, math.sqrt(p * (1 - p) / n) or None)

    return make


def _dor(given: Numbers) -> Effect:
    tp, fp, fn, tn = _filled(given["tp"], given["fp"], given["fn"], given["tn"])
    return Effect("DOR", math.log(tp * tn / (fp * fn)), math.sqrt(1 / tp + 1 / fp + 1 / fn + 1 / tn))


#: {kind of result: the formulas for it, the usual measure first}
MAKERS: dict[str, tuple[Callable[[Numbers], Effect], ...]] = {
    "means": (_smd, _md),
    "events": (_or, _rr, _rd),
    "effect": (_generic,),
    "change": (_smd, _md, _md_of_changes),
    "quantiles": (_from_medians(_smd), _from_medians(_md), _difference_of_medians),
    "rates": (_irr,),
    "oe": (_oe,),
    "proportion": (_proportion,),
    "correlation": (_correlation,),
    "diagnostic": (_share_of("sensitivity", "tp", "fn"), _share_of("specificity", "tn", "fp"), _dor),
}


def _show(number: float) -> str:
    text = f"{number:.3f}" if abs(number) < 10 else f"{number:.4g}"
    return text.replace("-", "−")


def _share(share: float) -> str:
    if share < 0.01:
        return "less than 1 %"
    return f"{share * 100:.0f} %" if share < 10 else f"{share:.0f} times"
