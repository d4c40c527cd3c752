"""One result as rows of the data package's three tables. Plain data in, plain rows out.

How an analysis is told follows from its data: events are Dichotomous, means Continuous, O − E and its variance as
such; whatever is mixed, or has a measure that RevMan does not compute from these data, is Contrast level, each study
with its effect and standard error (logarithms for ratios). Estimates and limits are those of the run, ratios as
ratios. What is not told of a kind of data is 0 for a study, and empty for a sum, as in RevMan's own packages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.choices import SHORT, is_common_effect, is_ratio, natural
from analysis.engine.methods import COUNTS, METHOD_NAMES, NO_TAU2, PETO, measure_of, method_of
from analysis.intake import OF_ONE_GROUP
from reporting.exports.interchange import exact, rounded, yes_no

DICHOTOMOUS, CONTINUOUS = "Dichotomous", "Continuous"
CONTRAST, OE = "Contrast level", "O-E and variance"
#: {data type: (kinds of results, measures)} that RevMan computes from the groups' own numbers.
FROM_GROUPS = {
    DICHOTOMOUS: (("events",), ("OR", "RR", "RD", "PETO")),
    CONTINUOUS: (("means", "change"), ("MD", "SMD")),
    OE: (("oe",), ("HR", "PETO")),
}
MEASURE_WORDS = {
    "OR": "Odds Ratio",
    "PETO": "Peto Odds Ratio",
    "RR": "Risk Ratio",
    "RD": "Risk Difference",
    "MD": "Mean Difference",
    "MC": "Mean Difference",
    "SMD": "Standardized Mean Difference",
    "SMDH": "Standardized Mean Difference",
    "HR": "Hazard Ratio",
    "IRR": "Rate Ratio",
    "ROM": "Ratio of Means",
}
METHOD_WORDS = {"iv": "IV", "mh": "MH"}
Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Analysis:
    """A finished run of a pairwise plan at its place: group (comparison) and number, counted from 1.

    ``years`` are those of the studies by id; ``stale`` says that data or plan changed since the run.
    """

    group: int
    number: int
    key: str
    snapshot: Numbers
    result: Numbers
    unit: str = ""
    years: Mapping[int, int | None] | None = None
    stale: bool = False

    @property
    def plan(self) -> Numbers:
        return self.snapshot["plan"]

    @property
    def pooled(self) -> Numbers:
        return self.result["pooled"]

    @property
    def measure(self) -> str:
        return measure_of(self.plan)

    @property
    def comparison(self) -> str:
        return comparison_of(self.plan)

    @cached_property
    def data_type(self) -> str:
        """By what every study that was pooled has."""
        studies = self.result["studies"]
        kinds = {
            row["kind"]
            for row, study in zip(self.snapshot["rows"], studies, strict=True)
            if not study["dropped"]
        }
        for name, (suiting, measures) in FROM_GROUPS.items():
            if kinds <= set(suiting) and self.measure in measures and (name != OE or self.is_common):
                return name
        return CONTRAST

    @property
    def is_common(self) -> bool:
        return method_of(self.plan) in NO_TAU2 or is_common_effect(self.plan["tau2_method"])

    @property
    def method(self) -> str:
        """As the reader of the package knows it."""
        if self.data_type == OE:
            return "EXP_O_E_VAR"
        return "Peto" if method_of(self.plan) == PETO else METHOD_WORDS[method_of(self.plan)]

    @property
    def groups(self) -> Sequence[Numbers]:
        return (self.result.get("subgroups") or {}).get("groups", ())

    @cached_property
    def labels(self) -> list[str]:
        """What each row is called: its study, with its arm or a number where a study has several rows."""
        rows = self.snapshot["rows"]
        often = Counter(row["study"] for row in rows)
        used: set[str] = set()
        return [
            _unused(
                row["study"]
                if often[row["study"]] == 1
                else f"{row['study']} ({row.get('experimental') or 'result'})",
                used,
            )
            for row in rows
        ]

    def read(self, value: float | None) -> str:
        """A value of the run as people read it."""
        return "" if value is None else rounded(natural(value, self.measure, self.pooled.get("size")))


def why_not(plan: Numbers) -> str:
    """Why results of this plan have no place in the package; "" if they have one."""
    if plan.get("kind", "pairwise") != "pairwise":
        return "only meta-analyses of two groups have a place in it"
    if plan["measure"] in OF_ONE_GROUP:
        return (
            f"{SHORT[plan['measure']].lower()} is about one group or a test, and RevMan compares two groups"
        )
    if method_of(plan) == COUNTS:
        return f"{METHOD_NAMES[COUNTS].lower()}: RevMan has no such method, and it gives studies no weights"
    return ""


def comparison_of(plan: Numbers) -> str:
    return f"{plan['experimental_label']} versus {plan['comparator_label']}"


def settings_row(one: Analysis) -> list[str]:
    """The row of the overall estimates and settings."""
    plan, pooled = one.plan, one.pooled
    level = f"{plan['level']:g}%"
    words = MEASURE_WORDS.get(one.measure) or SHORT.get(one.measure, one.measure)
    return [
        str(one.group),
        str(one.number),
        plan["name"],
        one.comparison,
        "Custom input",
        "#N/A",
        one.data_type,
        yes_no(is_ratio(one.measure)),
        *[""] * 4,  # what the analysis is about: said of analyses of study data only
        plan.get("subgroup_by", ""),
        "",
        plan["experimental_label"],
        plan["comparator_label"],
        one.method,
        words,
        one.unit,
        "Fixed effect" if one.is_common else "Random effect",
        yes_no(one.groups),
        "true",
        yes_no(one.groups),
        "false",
        level,
        level,
        *_sums(one, one.snapshot["rows"]),
        *_estimate(one, pooled),
        *_between(one),
        f"analysis:{one.key}",
    ]


def data_rows(one: Analysis) -> Iterator[list[str]]:
    """A row for each study, in the order of the run."""
    studies = zip(one.snapshot["rows"], one.result["studies"], one.labels, strict=True)
    for row, study, label in studies:
        year = (one.years or {}).get(row["study_id"])
        yield [
            str(one.group),
            str(one.number),
            one.plan["name"],
            row.get("subgroup", "") if one.groups else "",
            "SUBGROUP_AND_OVERALL",
            label,
            "" if year is None else str(year),
            *_numbers(one, row, study),
            rounded(study["weight"]),
            *(one.read(study[name]) for name in ("yi", "ci_low", "ci_high")),
            _footnote(row, study),
        ]


def subgroup_rows(one: Analysis) -> Iterator[list[str]]:
    pairs = list(zip(one.snapshot["rows"], one.result["studies"], strict=True))
    for number, group in enumerate(one.groups, start=1):
        members = [(row, study) for row, study in pairs if row["subgroup"] == group["name"]]
        yield [
            str(one.group),
            str(one.number),
            group["name"],
            str(number),
            *_sums(one, [row for row, _ in members]),
            rounded(sum(study["weight"] or 0 for _, study in members)),
            *_estimate(one, group),
            f"subgroup:{one.key}-{number}",
        ]


def _numbers(one: Analysis, row: Numbers, study: Numbers) -> list[str]:
    """From GIV Mean to Variance."""
    yi, vi = study["yi"], study["vi"]
    told: dict[str, str] = {}
    if one.data_type == DICHOTOMOUS:
        told = {name: exact(row[name]) for name in ("events1", "events2")}
    elif one.data_type == CONTINUOUS:
        told = {name: exact(row[name]) for name in ("mean1", "sd1", "mean2", "sd2")}
    elif one.data_type == OE:
        told = {name: exact(row[name]) for name in ("o_minus_e", "variance")}
    else:
        told = {"yi": exact(yi), "se": exact(None if vi is None else vi**0.5)}
    told |= {name: exact(row[name]) for name in ("n1", "n2") if row.get(name) is not None}
    order = ("yi", "se", "mean1", "sd1", "events1", "n1", "mean2", "sd2", "events2", "n2")
    counts = {"events1", "n1", "events2", "n2"}
    return [told.get(name, "0" if name in counts else "0.0") for name in (*order, "o_minus_e", "variance")]


def _sums(one: Analysis, rows: Sequence[Numbers]) -> list[str]:
    """Cases and people of both groups; "" for what the data do not say."""

    def total(name: str) -> str:
        known = [row[name] for row in rows if row.get(name) is not None]
        return exact(sum(known)) if known and len(known) == len(rows) else ""

    events = one.data_type == DICHOTOMOUS
    return [
        total("events1") if events else "",
        total("n1"),
        total("events2") if events else "",
        total("n2"),
    ]


def _estimate(one: Analysis, fit: Numbers) -> list[str]:
    """From Mean to Effect P. Of a t test, Z is its t."""
    stat = fit.get("stat")
    return [
        *(one.read(fit.get(name)) for name in ("estimate", "ci_low", "ci_high")),
        "" if one.is_common else rounded(fit.get("tau2")),
        rounded(fit.get("q")),
        "" if fit.get("q_df") is None else str(fit["q_df"]),
        rounded(fit.get("q_pval")),
        rounded(fit.get("i2")),
        rounded(None if stat is None else abs(stat)),
        rounded(fit.get("pval")),
    ]


def _between(one: Analysis) -> list[str]:
    """The test of subgroup differences; I² from Q as there is no other."""
    found = one.result.get("subgroups") or {}
    q, df = found.get("q_between"), found.get("q_between_df")
    if q is None or not df:
        return [""] * 4
    i2 = max(0.0, (q - df) / q) * 100 if q > 0 else 0.0
    return [rounded(q), str(df), rounded(found.get("q_between_pval")), rounded(i2)]


def _footnote(row: Numbers, study: Numbers) -> str:
    said = [study["dropped"], row.get("part", "")]
    if row.get("derived"):
        said.append(row.get("basis") or "Converted or derived, not read off as printed.")
    return " ".join(part for part in said if part)


def _unused(name: str, used: set[str]) -> str:
    found, number = name, 1
    while found in used:
        number += 1
        found = f"{name} {number}"
    used.add(found)
    return found
