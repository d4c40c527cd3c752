"""What a report may give in place of the numbers a result needs, and which conversions lead there. No Django here.

A ``Way`` is one thing a report gives ("standard error or confidence interval of a mean"). ``fields`` lists what to
ask for, ``proposals`` what can be computed from what was typed, each with the numbers of the result it would give.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extraction.conversions import CONVERSIONS, ConversionError, Converted, Input, convert, suggest
from extraction.values import plain_number

#: Inputs that a result has itself, by the scope of a way: {input: number of the result, {} for the arm}.
OWN_OF_ARM = {"n": "n{}"}
OWN_OF_BOTH = {"n1": "n1", "n2": "n2"}


@dataclass(frozen=True)
class Way:
    """``scope``: "arm" (asked for one arm) or "both". ``gives``: {conversion: {number of the result: its output}}.

    ``own``: {input: number of the result} that the form has already.
    """

    key: str
    label: str
    kinds: tuple[str, ...]
    scope: str
    gives: Mapping[str, Mapping[str, str]]
    own: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Input]:
        """What to ask for, in the order of the conversions."""
        asked: dict[str, Input] = {}
        for key in self.gives:
            for name, one in CONVERSIONS[key].inputs.items():
                if name not in self.own:
                    asked.setdefault(name, one)
        return asked


@dataclass(frozen=True)
class Proposal:
    """A conversion done on what was typed; ``gave`` {number of the result: output}, ``values`` their numbers."""

    done: Converted
    gave: Mapping[str, str]
    values: Mapping[str, float | int]

    @property
    def key(self) -> str:
        return self.done.key


_MEAN_SD = {"mean{}": "mean", "sd{}": "sd"}
_SD_OF_BOTH = {"sd1": "sd", "sd2": "sd"}
_HAZARD = {"effect": "log_hr", "effect_se": "se"}
_LOG_RANK = {"o_minus_e": "O_minus_E", "variance": "V"}
_MEDIANS = ("luo_s1", "luo_s2", "luo_s3", "mcgrath_qe_s1", "mcgrath_qe_s2", "mcgrath_qe_s3")
_OLDER_MEDIANS = ("wan_s1", "wan_s2", "wan_s3", "hozo", "bland_s2")

WAYS = (
    Way(
        "se_ci",
        "Standard error or confidence interval of a mean",
        ("means", "change"),
        "arm",
        {
            "sd.from_se": {"sd{}": "sd"},
            "sd.from_ci_t": {"sd{}": "sd", "mean{}": "mean"},
            "sd.from_ci_z": {"sd{}": "sd", "mean{}": "mean"},
        },
        OWN_OF_ARM,
    ),
    Way(
        "median",
        "Median with quartiles or range",
        ("means", "change"),
        "arm",
        {
            **{f"quantile.{name}": _MEAN_SD for name in _MEDIANS},
            "quantile.shi_s2_sd": {"sd{}": "sd"},
            **{f"quantile.{name}": _MEAN_SD for name in _OLDER_MEDIANS},
            "sd.iqr_large": {"sd{}": "sd"},
            "sd.range_over_4": {"sd{}": "sd"},
        },
        OWN_OF_ARM,
    ),
    Way(
        "difference",
        "Difference of the means with its p, t, F or interval",
        ("means",),
        "both",
        {
            "sd.pooled_from_ci_md": _SD_OF_BOTH,
            "sd.pooled_from_t_md": _SD_OF_BOTH,
            "sd.pooled_from_p_md": _SD_OF_BOTH,
            "sd.from_F_two_groups": _SD_OF_BOTH,
        },
        OWN_OF_BOTH,
    ),
    Way(
        "change_sd",
        "SDs at baseline and end with their correlation (for the SD of a change)",
        ("means",),
        "arm",
        {"change.sd": {"sd{}": "sd_change"}},
    ),
    Way(
        "correlation",
        "SD of the change (for the correlation of baseline and final)",
        ("change",),
        "arm",
        {"change.corr": {"r{}": "corr"}},
        {"sd_baseline": "baseline_sd{}", "sd_final": "sd{}"},
    ),
    Way("logs", "Mean and SD of logarithms", ("means",), "arm", {"logscale.log_to_raw": _MEAN_SD}),
    Way(
        "groups",
        "Several groups to be one arm",
        ("means",),
        "arm",
        {"combine.several": {"n{}": "n", **_MEAN_SD}},
    ),
    Way(
        "shared_means",
        "A control that several comparisons share",
        ("means",),
        "arm",
        {"combine.split_means": {"n{}": "n"}},
    ),
    Way(
        "percent",
        "Percent with the event",
        ("events",),
        "both",
        {"twobytwo.from_percent": {"events1": "a", "events2": "c"}},
        OWN_OF_BOTH,
    ),
    Way(
        "or_margins",
        "Odds ratio and the events of both groups together",
        ("events",),
        "both",
        {"twobytwo.from_or_margins": {"events1": "a", "events2": "c"}},
        OWN_OF_BOTH,
    ),
    Way(
        "group_events",
        "Several groups to be one arm",
        ("events", "proportion"),
        "arm",
        {"combine.dichotomous": {"events{}": "events", "n{}": "n"}},
    ),
    Way(
        "shared_events",
        "A control that several comparisons share",
        ("events",),
        "arm",
        {"combine.split_events": {"events{}": "events", "n{}": "n"}},
    ),
    Way(
        "clusters",
        "A cluster trial analysed as if people had been randomised",
        ("events",),
        "both",
        {
            "cluster.dichotomous": {
                "events1": "events1",
                "n1": "n1",
                "events2": "events2",
                "n2": "n2",
            }
        },
    ),
    Way("hr_ci", "Hazard ratio with its interval", ("effect",), "both", {"hr.from_ci": _HAZARD}),
    Way(
        "log_rank",
        "Log-rank p with the numbers of events",
        ("effect",),
        "both",
        {"hr.from_p_events": _HAZARD, "hr.from_p_events_equal": _HAZARD},
        OWN_OF_BOTH,
    ),
    Way("oe_v", "Observed and expected events with V", ("effect",), "both", {"hr.oe_v": _HAZARD}),
    Way(
        "survival",
        "Median survival times",
        ("effect",),
        "both",
        {"hr.exponential_medians": _HAZARD},
    ),
    Way(
        "t_or_p",
        "t, p or F of two means (for a standardised difference)",
        ("effect",),
        "both",
        {
            "es.t_to_g": {"effect": "g", "effect_se": "se"},
            "es.p_to_g": {"effect": "g", "effect_se": "se"},
            "es.F_to_g": {"effect": "g", "effect_se": "se"},
        },
        OWN_OF_BOTH,
    ),
    Way(
        "crossover",
        "Cross-over trial reported as if parallel",
        ("effect",),
        "both",
        {"change.crossover": {"effect": "md", "effect_se": "se_md"}},
    ),
    Way(
        "cluster_se",
        "A standard error that ignores clusters",
        ("effect",),
        "both",
        {"cluster.de": {"effect_se": "se_inflated"}},
    ),
    Way("hr_to_oe", "Hazard ratio with its interval", ("oe",), "both", {"hr.from_ci": _LOG_RANK}),
    Way(
        "p_to_oe",
        "Log-rank p with the numbers of events",
        ("oe",),
        "both",
        {"hr.from_p_events": _LOG_RANK, "hr.from_p_events_equal": _LOG_RANK},
        OWN_OF_BOTH,
    ),
)
BY_KEY = {way.key: way for way in WAYS}


def ways_for(kind: str) -> list[Way]:
    """What a report may give where a result of ``kind`` is to be recorded."""
    return [way for way in WAYS if kind in way.kinds]


def read_typed(way: Way, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(inputs, faults) from text: a number, a word, or a list with commas or spaces between its numbers."""
    inputs: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, asked in way.fields().items():
        text = typed.get(name, "").strip()
        if not text:
            continue
        try:
            if asked.choices:
                inputs[name] = text
            elif asked.depth:
                parts = text.replace(";", " ").replace(",", " ").split()
                inputs[name] = [_number(part) for part in parts]
            else:
                inputs[name] = _number(text)
            asked.read(inputs[name])
        except ValueError:
            inputs.pop(name, None)
            faults[name] = f"'{text}' must be {asked.limits}."
    return inputs, faults


def proposals(
    way: Way, arm: str, inputs: Mapping[str, Any], numbers: Mapping[str, Any]
) -> tuple[list[Proposal], list[str]]:
    """What can be computed, as ``suggest`` orders it, and a sentence for each that failed on these numbers.

    ``numbers``: those of the result so far, which fill the inputs it has itself. Methods that need more than is known
    are left out.
    """
    known = dict(inputs)
    for name, number in way.own.items():
        value = numbers.get(number.format(arm))
        if value is not None and name not in known:
            known[name] = value
    found: list[Proposal] = []
    failed: list[str] = []
    for conversion in suggest(known):
        if conversion.key not in way.gives:
            continue
        given = {name: known[name] for name in conversion.inputs if name in known}
        try:
            done = convert(conversion.key, **given)
        except ConversionError as error:
            failed.append(str(error))
            continue
        found.append(_proposal(done, way.gives[conversion.key], arm, numbers))
    return found, failed


def missing(way: Way, arm: str, inputs: Mapping[str, Any], numbers: Mapping[str, Any]) -> list[str]:
    """The least that is still to be given for some conversion of ``way``; [] when one can be done."""
    known = set(inputs) | {n for n, number in way.own.items() if numbers.get(number.format(arm)) is not None}
    lacking = [[name for name in CONVERSIONS[key].required if name not in known] for key in way.gives]
    fewest = min(lacking, key=len)
    key = list(way.gives)[lacking.index(fewest)]
    return [CONVERSIONS[key].inputs[name].meaning for name in fewest]


def _proposal(done: Converted, gives: Mapping[str, str], arm: str, numbers: Mapping[str, Any]) -> Proposal:
    """A mean that stands there already is kept: the middle of an interval is only for want of one."""
    gave = {target.format(arm): output for target, output in gives.items()}
    if done.key.startswith("sd.from_ci"):
        gave = {target: output for target, output in gave.items() if not _has(numbers, target, output)}
    values = {target: _shown(done.values[output], target) for target, output in gave.items()}
    return Proposal(done, gave, values)


def _has(numbers: Mapping[str, Any], target: str, output: str) -> bool:
    return output == "mean" and numbers.get(target) is not None


def _shown(value: float, target: str) -> float | int:
    """As it goes into the form: people in whole numbers, everything else to ten digits."""
    if target.startswith(("n", "events")):
        return round(value)
    return float(f"{value:.10g}") if math.isfinite(value) else value


def _number(text: str) -> float | int:
    number = float(plain_number(text))
    return int(number) if number == int(number) and "." not in text and "e" not in text.casefold() else number
