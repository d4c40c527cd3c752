"""Which numbers a result of each kind consists of, and what is wrong with a set of them. No Django here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

#: On the analysis scale: the logarithm for ratios.
MEASURES = {
    "SMD": "standardised mean difference (Hedges g)",
    "MD": "mean difference",
    "ROM": "log ratio of means",
    "OR": "log odds ratio",
    "RR": "log risk ratio",
    "RD": "risk difference",
    "HR": "log hazard ratio",
    "IRR": "log rate ratio",
    "IRD": "rate difference",
}
#: Printed as a ratio, analysed as its logarithm.
RATIOS = frozenset({"ROM", "OR", "RR", "HR", "IRR"})
#: Kinds about one group, which have no comparator.
SINGLE_GROUP = ("proportion", "correlation", "diagnostic")

#: No trial is larger, and no database column of ours holds more.
MOST_PEOPLE = 2_000_000_000


@dataclass(frozen=True)
class Field:
    """One number (or the measure, or a yes) of a result.

    ``whole``: an integer; ``least``, ``above`` and ``most`` bound it. ``printed``: what the report prints about the
    comparison, kept beside the numbers of the arms so that they can be checked against it.
    """

    name: str
    label: str
    whole: bool = False
    text: bool = False
    flag: bool = False
    required: bool = True
    least: float | None = None
    above: float | None = None
    most: float | None = None
    printed: bool = False

    @property
    def arm(self) -> str:
        """ "1" for the experimental arm (or the only group), "2" for the comparator, "" for a number of both."""
        return self.name[-1] if self.name[-1] in "12" else ""

    @property
    def is_number(self) -> bool:
        return not (self.text or self.flag)


def _per_arm(stem: str, label: str, **limits: Any) -> tuple[Field, Field]:
    between = "_" if stem in ("q1", "q3") else ""
    return (
        Field(f"{stem}{between}1", f"{label}, experimental", **limits),
        Field(f"{stem}{between}2", f"{label}, comparator", **limits),
    )


def _by_arm(*pairs: tuple[Field, Field]) -> tuple[Field, ...]:
    """The numbers of the experimental arm, then those of the comparator."""
    return (*(first for first, _ in pairs), *(second for _, second in pairs))


def _optional(name: str, label: str, **limits: Any) -> Field:
    return Field(name, label, required=False, **limits)


N = _per_arm("n", "n", whole=True, least=1)
N_OPTIONAL = _per_arm("n", "n", whole=True, least=1, required=False)
MEAN = _per_arm("mean", "mean")
SD = _per_arm("sd", "SD", above=0)
EVENTS = _per_arm("events", "events", whole=True, least=0)
#: What a report prints about the comparison: a ratio as a ratio.
PRINTED = (
    _optional("effect_measure", "effect measure", text=True, printed=True),
    _optional("estimate", "estimate as printed", printed=True),
    _optional("ci_low", "lower limit as printed", printed=True),
    _optional("ci_high", "upper limit as printed", printed=True),
    _optional("ci_level", "confidence level, %", least=50, most=99.99, printed=True),
    _optional("p_value", "p", least=0, most=1, printed=True),
    _optional("p_below", "p printed as below this", flag=True, printed=True),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    "means": (*_by_arm(N, MEAN, SD), *PRINTED),
    "events": (*_by_arm(EVENTS, N), *PRINTED),
    "effect": (
        Field("effect_measure", "effect measure", text=True),
        Field("effect", "effect"),
        Field("effect_se", "standard error", above=0),
        *N_OPTIONAL,
        *PRINTED[1:],
    ),
    "change": (
        *_by_arm(
            N,
            _per_arm("baseline_mean", "baseline mean"),
            _per_arm("baseline_sd", "baseline SD", above=0),
            MEAN,
            SD,
            _per_arm("r", "correlation of baseline and final", least=-1, most=1, required=False),
        ),
        *PRINTED,
    ),
    "quantiles": (
        *_by_arm(
            N,
            _per_arm("median", "median"),
            _per_arm("q1", "first quartile", required=False),
            _per_arm("q3", "third quartile", required=False),
            _per_arm("low", "minimum", required=False),
            _per_arm("high", "maximum", required=False),
        ),
        *PRINTED[5:],
    ),
    "rates": (*_by_arm(EVENTS, _per_arm("time", "person-time", above=0), N_OPTIONAL), *PRINTED),
    "oe": (
        Field("o_minus_e", "O − E"),
        Field("variance", "variance of O − E", above=0),
        *N_OPTIONAL,
        *_per_arm("events", "events", whole=True, least=0, required=False),
        *PRINTED[1:],
    ),
    "proportion": (
        Field("events1", "events", whole=True, least=0),
        Field("n1", "n", whole=True, least=1),
    ),
    "correlation": (
        Field("correlation", "correlation", least=-1, most=1),
        Field("n1", "n", whole=True, least=1),
    ),
    "diagnostic": (
        Field("tp", "true positives", whole=True, least=0),
        Field("fp", "false positives", whole=True, least=0),
        Field("fn", "false negatives", whole=True, least=0),
        Field("tn", "true negatives", whole=True, least=0),
    ),
}


def _every_field() -> dict[str, Field]:
    """Each number once, what a kind cannot do without first."""
    fields = [field for fields in FIELDS.values() for field in fields]
    found: dict[str, Field] = {}
    for field in sorted(fields, key=lambda field: not field.required):
        found.setdefault(field.name, field)
    return found


EVERY_FIELD = _every_field()
EVERY_NAME = tuple(EVERY_FIELD)
LABELS = {name: field.label for name, field in EVERY_FIELD.items()}


def check_values(kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the numbers of a result: (values by field name, faults by field name).

    ``given`` may hold numbers, text, None or "". Fields of other kinds must be empty. Text is read as people print
    numbers: "−1·5" is -1.5, and a p of "<0.001" is 0.001 with ``p_below``. Each fault is a sentence that names the
    field. ``kind`` is a key of FIELDS.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    given = _with_p_below(given)
    for field in FIELDS[kind]:
        value, fault = _read(field, given.get(field.name))
        values[field.name] = value
        if fault:
            faults[field.name] = fault
    for name in given.keys() - values.keys():
        if name in LABELS and given[name] is not False and given[name] not in (None, ""):
            faults[name] = (
                f"{sentence_case(LABELS[name])} does not belong to a result of this kind; leave it empty."
            )
    if not faults:
        faults = _against_each_other(kind, values)
    return values, faults


def typed_numbers(given: Mapping[str, Any]) -> dict[str, str]:
    """{field: text} of the numbers that came as text: it keeps trailing zeros, which tell how exact a number is."""
    return {
        name: plain_number(raw).lstrip("<").strip()
        for name, raw in given.items()
        if isinstance(raw, str) and raw.strip() and name in EVERY_FIELD and EVERY_FIELD[name].is_number
    }


#: What tells a kind, the more particular ones first; one of a pair in TELLS_LESS gives way to its other.
TELLING: dict[str, frozenset[str]] = {
    "change": frozenset(
        {"baseline_mean1", "baseline_sd1", "baseline_mean2", "baseline_sd2", "r1", "r2"},
    ),
    "quantiles": frozenset(
        {"median1", "q1_1", "q3_1", "low1", "high1", "median2", "q1_2", "q3_2", "low2", "high2"}
    ),
    "rates": frozenset({"time1", "time2"}),
    "oe": frozenset({"o_minus_e", "variance"}),
    "correlation": frozenset({"correlation"}),
    "diagnostic": frozenset({"tp", "fp", "fn", "tn"}),
    "means": frozenset({"mean1", "sd1", "mean2", "sd2"}),
    "events": frozenset({"events1", "events2"}),
    "effect": frozenset({"effect", "effect_se"}),
}
TELLS_LESS = {"means": ("change",), "events": ("rates", "oe")}


def kind_of(given: Mapping[str, Any]) -> str | None:
    """The kind of result these numbers make up, told by which are filled; None when they mix or say nothing.

    Events of one group only are a proportion; a printed estimate without numbers of arms is an effect.
    """
    filled = {name for name in given if given[name] not in (None, "")}
    kinds = [kind for kind, telling in TELLING.items() if filled & telling]
    kinds = [kind for kind in kinds if not set(TELLS_LESS.get(kind, ())) & set(kinds)]
    if kinds == ["events"] and not filled & {"events2", "n2"}:
        return "proportion"
    if not kinds and "estimate" in filled:
        return "effect"
    return kinds[0] if len(kinds) == 1 else None


def plain_number(text: str) -> str:
    """A number as reports print it, in the characters that Python reads: signs, points and spaces of typesetting."""
    text = text.strip().replace("·", ".").replace("∙", ".")
    text = re.sub(r"^[−–‒—]\s*(?=[\d.])", "-", text)
    return re.sub(r"(?<=\d)[\u00a0\u2009\u202f ](?=\d{3}\b)", "", text)


def _with_p_below(given: Mapping[str, Any]) -> dict[str, Any]:
    """A p typed as "<0.001" is two fields."""
    p = given.get("p_value")
    if isinstance(p, str) and p.strip().startswith("<"):
        return {**given, "p_value": p.strip()[1:].strip(), "p_below": True}
    return dict(given)


def _read(field: Field, raw: Any) -> tuple[Any, str]:
    label = sentence_case(field.label)
    if field.flag:
        return _read_flag(label, raw)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        empty = "" if field.text else None
        return empty, f"{label} is missing." if field.required else ""
    if field.text:
        known = str(raw).strip().upper()
        fault = (
            ""
            if known in MEASURES
            else f"'{raw}' is not an effect measure; use one of {', '.join(MEASURES)}."
        )
        return known, fault
    try:
        if isinstance(raw, bool):
            raise TypeError
        number = float(plain_number(raw) if isinstance(raw, str) else raw)
    except (TypeError, ValueError):
        return None, f"{label} is '{raw}', which is not a number; write it with a point, for example 4.7."
    if not math.isfinite(number):
        return None, f"{label} must be a finite number, not {raw}."
    if field.whole and number != int(number):
        return None, f"{label} is {raw}; it counts people and must be a whole number."
    value: float | int = int(number) if field.whole else number
    return value, _bound_fault(field, label, value)


def _read_flag(label: str, raw: Any) -> tuple[bool, str]:
    if raw in (None, "", False, True, 0, 1):
        return bool(raw), ""
    text = str(raw).strip().casefold()
    if text in ("yes", "true", "on", "1", "y"):
        return True, ""
    if text in ("no", "false", "off", "0", "n"):
        return False, ""
    return False, f"{label}: '{raw}' is neither yes nor no."


def _bound_fault(field: Field, label: str, value: float) -> str:
    if field.least is not None and value < field.least:
        return f"{label} is {value}; it must be at least {field.least:g}."
    if field.above is not None and value <= field.above:
        return f"{label} is {value:g}; it must be above {field.above:g}."
    if field.most is not None and value > field.most:
        return f"{label} is {value:g}; it must be at most {field.most:g}."
    if field.whole and value > MOST_PEOPLE:
        return f"{label} is {value}, too large to be a number of people."
    return ""


def _against_each_other(kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Faults of numbers that are possible one by one."""
    faults: dict[str, str] = {}
    labels = {field.name: sentence_case(field.label) for field in FIELDS[kind]}
    for arm in "12":
        events, n = values.get(f"events{arm}"), values.get(f"n{arm}")
        if kind in ("events", "proportion") and events is not None and n is not None and events > n:
            faults[f"events{arm}"] = f"{labels[f'events{arm}']} is {events}, more than its n of {n}."
    if kind == "quantiles":
        faults |= _quantile_faults(values, labels)
    if kind == "diagnostic" and not sum(values[name] for name in ("tp", "fp", "fn", "tn")):
        faults["tp"] = "All four numbers are 0, so nobody was tested; give the numbers of the table."
    return faults | _printed_faults(kind, values)


def _quantile_faults(values: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, str]:
    faults = {}
    for arm in "12":
        names = (f"low{arm}", f"q1_{arm}", f"median{arm}", f"q3_{arm}", f"high{arm}")
        given = [name for name in names if values[name] is not None]
        for lower, upper in pairwise(given):
            if values[lower] > values[upper]:
                below, above = labels[lower], labels[upper]
                faults[upper] = (
                    f"{above} is {values[upper]:g}, below {values[lower]:g} as the "
                    f"{below[0].lower()}{below[1:]}; they rise from minimum to maximum."
                )
    return faults


def _printed_faults(kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Of what is printed about the comparison."""
    faults = {}
    low, high, estimate = (values.get(name) for name in ("ci_low", "ci_high", "estimate"))
    if low is not None and high is not None and low > high:
        faults["ci_high"] = f"Upper limit as printed is {high:g}, below the lower limit {low:g}."
    if values.get("p_below") and values.get("p_value") is None:
        faults["p_value"] = "P is missing: it is said to be below a number, so give that number."
    if kind in ("events", "rates") and estimate is not None and not values["effect_measure"]:
        faults["effect_measure"] = "Effect measure is missing: say what the printed estimate is."
    if is_ratio(kind, values):
        for name in ("estimate", "ci_low", "ci_high"):
            value = values.get(name)
            if value is not None and value <= 0 and name not in faults:
                faults[name] = (
                    f"{sentence_case(LABELS[name])} is {value:g}; a ratio is above 0. Give it as printed, not as a "
                    "logarithm."
                )
    return faults


def is_ratio(kind: str, values: Mapping[str, Any]) -> bool:
    """Whether the printed estimate of these values is a ratio."""
    return (values.get("effect_measure") or ("HR" if kind == "oe" else "")) in RATIOS


def sentence_case(label: str) -> str:
    """First letter up, so that it can open a sentence; n stays n."""
    return label if label == "n" or label.startswith("n,") else label[0].upper() + label[1:]
