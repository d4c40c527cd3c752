"""The studies of a forest plot: which texts stand beside each, and in which order they come."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from analysis.figures.axis import number
from analysis.figures.forest_rows import Column
from analysis.figures.forest_settings import EXTRA_COLUMNS
from analysis.figures.forest_style import BMJ, JAMA, REVMAN, Style
from analysis.intake import KIND_NAMES, people
from analysis.moderator_values import YEAR

#: A row of the snapshot with what the result says of it.
Study = Mapping[str, Any]

AS_REPORTED = "effect and SE as reported"
#: Kinds that share the columns of another.
FAMILY = {"change": "means"}


class Part(NamedTuple):
    """A column of raw data: ``pattern`` names fields of an arm."""

    heading: str
    pattern: str


N, TOTAL, NO = Part("n", "{n}"), Part("Total", "{n}"), Part("No.", "{n}")
MEAN, SD, EVENTS = Part("Mean", "{mean}"), Part("SD", "{sd}"), Part("Events", "{events}")
MEAN_SD = Part("Mean (SD)", "{mean} ({sd})")
#: {kind: columns of each arm, in our style}
OURS: dict[str, tuple[Part, ...]] = {
    "means": (N, MEAN, SD),
    "events": (EVENTS, N),
    "rates": (EVENTS, Part("Person-time", "{time}")),
    "proportion": (EVENTS, N),
    "correlation": (N,),
    "diagnostic": (Part("TP", "{tp}"), Part("FP", "{fp}"), Part("FN", "{fn}"), Part("TN", "{tn}")),
}
#: What is different in other styles.
OTHERS: dict[Style, dict[str, tuple[Part, ...]]] = {
    REVMAN: {
        "means": (MEAN, SD, TOTAL),
        "events": (EVENTS, TOTAL),
        "proportion": (EVENTS, TOTAL),
        "correlation": (TOTAL,),
    },
    JAMA: {
        "means": (NO, MEAN_SD),
        "events": (Part("No. of events", "{events}"), Part("Total No.", "{n}")),
        "proportion": (Part("No. of events", "{events}"), Part("Total No.", "{n}")),
        "correlation": (NO,),
    },
    BMJ: {
        "means": (MEAN_SD, Part("No", "{n}")),
        "events": (Part("No of events/total", "{events}/{n}"),),
        "proportion": (Part("No of events/total", "{events}/{n}"),),
        "correlation": (Part("No", "{n}"),),
    },
}
#: Kinds with the figures of two arms.
TWO_ARMS = frozenset({"means", "events", "rates"})
SIZES = {REVMAN: TOTAL, JAMA: NO, BMJ: Part("No", "{n}")}
#: Fields that can be added up over studies.
COUNTS = frozenset({"n", "events", "time", "tp", "fp", "fn", "tn"})
FIELD = re.compile(r"{(\w+)}")
ENDS_WITH_YEAR = re.compile(r"\b(?:19|20)\d\d(?=[a-z]?\b)")


class RawData:
    """The columns of raw data for these studies, the texts of a study's row, and those of a pooled effect.

    The columns are those of the first kind of data that has any. ``sizes_only``: numbers of people, of any kind.
    """

    def __init__(
        self, studies: Sequence[Study], plan: Mapping[str, Any], style: Style, *, sizes_only: bool = False
    ) -> None:
        self.studies, self.plan = studies, plan
        self.kind = next((kind for study in studies if (kind := family(study)) in OURS), "")
        self.sizes_only = sizes_only
        parts = OTHERS.get(style, {}).get(self.kind, OURS.get(self.kind, ()))
        self.arms = ("1", "2") if self.kind in TWO_ARMS else ("1",)
        if sizes_only:
            parts = (SIZES.get(style, N),)
            self.arms = ("1", "2") if any(study.get("n2") for study in studies) else ("1",)
            if not any(study.get("n1") for study in studies):
                parts = ()
        self.parts = [(part, arm) for arm in self.arms for part in parts]
        self.digits = self._digits()

    @property
    def columns(self) -> list[Column]:
        names = dict(zip("12", (self.plan["experimental_label"], self.plan["comparator_label"]), strict=True))
        return [
            Column(
                heading=part.heading,
                group=capital(names[arm]) if len(self.arms) > 1 else "",
                rank=2 if part.pattern == "{n}" else 1,
                kind="numbers of people" if part.pattern == "{n}" else "raw data",
            )
            for part, arm in self.parts
        ]

    def cells(self, study: Study) -> tuple[str, ...]:
        """One text per column, "" where a number is not known; empty for a study with other data than these."""
        if not self.sizes_only and family(study) != self.kind:
            return ()
        return tuple(self._text(part, arm, lambda field: study.get(field)) for part, arm in self.parts)

    def totals(self, studies: Sequence[Study]) -> tuple[str, ...]:
        """The sums of what can be added up, "" where a study's number is not known; empty if there is none."""
        texts = []
        for part, arm in self.parts:
            fields = FIELD.findall(part.pattern)
            summed = COUNTS.issuperset(fields)
            texts.append(self._text(part, arm, lambda field: _sum(studies, field)) if summed else "")
        return tuple(texts) if any(texts) else ()

    def _text(self, part: Part, arm: str, value_of: Callable[[str], Any]) -> str:
        told = {}
        for name in FIELD.findall(part.pattern):
            value = value_of(_field(name, arm))
            if value is None:
                return ""
            told[name] = number(value, self.digits.get((name, arm), 0))
        return part.pattern.format(**told)

    def _digits(self) -> dict[tuple[str, str], int]:
        """As many decimals as a column needs (at most two)."""
        pairs = {(name, arm) for part, arm in self.parts for name in FIELD.findall(part.pattern)}
        own = [study for study in self.studies if self.sizes_only or family(study) == self.kind]
        found = {}
        for name, arm in pairs:
            values = [value for study in own if (value := study.get(_field(name, arm))) is not None]
            found[name, arm] = next((d for d in (0, 1) if all(round(v, d) == v for v in values)), 2)
        return found


def _field(name: str, arm: str) -> str:
    return name if name in {"tp", "fp", "fn", "tn"} else f"{name}{arm}"


def _sum(studies: Sequence[Study], field: str) -> float | None:
    values = [value for study in studies if (value := study.get(field)) is not None]
    return sum(values) if len(values) == len(studies) else None


def family(study: Study) -> str:
    kind: str = study["kind"]
    return FAMILY.get(kind, kind)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def note_of(study: Study) -> str:
    """What stands in place of raw data."""
    sizes = f"n {study['n1']} and {study['n2']}; " if study.get("n1") and study.get("n2") else ""
    return sizes + (AS_REPORTED if study["kind"] == "effect" else KIND_NAMES[study["kind"]])


def year_of(study: Study) -> int | None:
    """The year of publication: as the plan's moderator, else as the label has it."""
    given = (study.get("moderators") or {}).get(YEAR)
    if isinstance(given, int | float):
        return int(given)
    found = ENDS_WITH_YEAR.findall(study["study"])
    return int(found[-1]) if found else None


def extra_text(study: Study, name: str, plan: Mapping[str, Any]) -> str:
    """What an extra column says of a study; "" where nothing is known."""
    moderators = study.get("moderators") or {}
    if name == "year":
        return str(year_of(study) or "")
    if name == "n":
        return str(people(study) or "")
    if name == "weeks":
        return "" if study.get("weeks") is None else f"{study['weeks']:g}"
    if name in ("rater", "population"):
        return capital(str(study.get(name) or "").replace("itt", "ITT").replace("_", " "))
    if name in EXTRA_COLUMNS:
        return str(study.get(name) or "")
    if name in moderators:
        value = moderators[name]
        return "" if value is None else f"{value:.6g}" if isinstance(value, int | float) else str(value)
    if name == plan["subgroup_by"]:
        return str(study.get("subgroup") or "")
    return " ".join((study.get("characteristics") or {}).get(name, "").split())


def is_of_today(studies: Sequence[Study], name: str, plan: Mapping[str, Any]) -> bool:
    """Whether a column is no part of the run, but what is known of its studies by now."""
    told = any(name in (study.get("moderators") or {}) for study in studies)
    return name not in EXTRA_COLUMNS and name != plan["subgroup_by"] and not told


def extra_choices(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """The extra columns there can be, by name: those that say something of any study.

    First what is part of the run, moderators among it, then the other characteristics in the rows.
    """
    rows, plan = snapshot["rows"], snapshot["plan"]
    moderators = [name for row in rows for name in (row.get("moderators") or {})]
    others = sorted({name for row in rows for name in (row.get("characteristics") or {})})
    names = [*EXTRA_COLUMNS, *moderators, *filter(None, [plan.get("subgroup_by")]), *others]
    return {
        name: EXTRA_COLUMNS.get(name) or capital(name)
        for name in dict.fromkeys(names)
        if any(extra_text(row, name, plan) for row in rows)
    }


def extra_columns(names: Sequence[str], studies: Sequence[Study], plan: Mapping[str, Any]) -> list[Column]:
    """Columns for the names of which any study has something to say; numbers stand at the right."""
    columns = []
    for name in names:
        texts = [text for study in studies if (text := extra_text(study, name, plan))]
        if texts:
            heading = EXTRA_COLUMNS.get(name) or capital(name)
            columns.append(Column(heading=heading, words=not all(map(_is_number, texts)), kind=heading))
    return columns


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def in_order(
    studies: Sequence[Study], sort: str, *, descending: bool, worst_risk: Callable[[Study], int | None]
) -> list[Study]:
    """The studies sorted; those of which it is not known come last, whatever the direction."""
    keys: dict[str, Callable[[Study], Any]] = {
        "year": year_of,
        "effect": lambda study: study["yi"],
        "weight": lambda study: study["weight"],
        "precision": lambda study: 1 / study["vi"] if study["vi"] else None,
        "risk": worst_risk,
        "name": lambda study: study["study"].casefold(),
    }
    if sort not in keys:
        return list(reversed(studies)) if descending else list(studies)
    key = keys[sort]
    known = sorted((s for s in studies if key(s) is not None), key=key, reverse=descending)
    return [*known, *(s for s in studies if key(s) is None)]
