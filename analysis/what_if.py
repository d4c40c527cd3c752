"""What a run would have found without some of its studies or with another measure, estimator, test or level.

Computed at once from the run's own snapshot and never saved: to keep such an analysis, write a plan of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from analysis.choices import TAU2_LABELS, TEST_LABELS, measure_names, method_fits, model_label, short
from analysis.engine import CannotAnalyse, quick, row_key
from analysis.figures.catalogue import PAIRWISE, kind_of
from analysis.intake import misfit
from analysis.models import Plan, Run
from analysis.stats import StatsError
from analysis.wording import Scale, headline, heterogeneity, p_value, plain_number, prediction
from reviews.access import BIGGEST_ID
from reviews.errors import Refused
from reviews.models import Review
from screening.models import Study

#: What may be tried besides leaving studies out, by the names of the plan's settings.
TRIED = ("measure", "method", "tau2_method", "test", "level")


class InvalidChoice(Refused):
    """There is no such study or setting to try; ``field`` names the one at fault."""


@dataclass(frozen=True)
class WhatIf:
    """The run under other choices. ``reason`` says why it cannot be computed; then there are no numbers.

    ``without`` holds keys of rows, ``changes`` the settings that differ from the run's.
    """

    run: Run
    without: tuple[str, ...]
    changes: Mapping[str, Any]
    snapshot: dict[str, Any]
    result: dict[str, Any]
    reason: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.without or self.changes)

    @property
    def studies_out(self) -> list[str]:
        """Labels of the studies left out here."""
        return [row["study"] for row in self.run.snapshot["rows"] if str(row_key(row)) in self.without]

    @cached_property
    def in_words(self) -> str:
        """'Without Cruz 2010; Random effects (DL), z test; 90% intervals', '' where nothing differs."""
        plan = self.snapshot["plan"]
        words = [f"without {', '.join(self.studies_out)}"] if self.without else []
        if "measure" in self.changes:
            words.append(short(plan["measure"]))
        if "method" in self.changes:
            words.append(Plan.Method(plan["method"]).label)
        if {"tau2_method", "test"} & self.changes.keys():
            words.append(model_label(plan["tau2_method"], plan["test"]))
        if "level" in self.changes:
            words.append(f"{plan['level']:g}% intervals")
        told = "; ".join(words)
        return told[:1].upper() + told[1:]

    @property
    def sentences(self) -> list[str]:
        """Headline, heterogeneity and prediction as the page of a run says them."""
        if self.reason:
            return [self.reason]
        told = (
            headline(self.snapshot, self.result),
            heterogeneity(self.result),
            prediction(self.snapshot, self.result),
        )
        return [sentence for sentence in told if sentence]

    @property
    def query(self) -> str:
        """The choices as the query of an address, '' where nothing differs."""
        return urlencode([*(("without", key) for key in self.without), *self.changes.items()])

    @property
    def for_plan(self) -> str:
        """The query that fills the form of a new plan. A plan leaves out whole studies, never a part of one."""
        rows = self.run.snapshot["rows"]
        kept = {row["study_id"] for row in rows if str(row_key(row)) not in self.without}
        out = list(dict.fromkeys(row["study_id"] for row in rows if row["study_id"] not in kept))
        pairs = [("from", self.run.plan.slug), *self.changes.items()]
        return urlencode([*pairs, *(("excluded_studies", study) for study in out)])

    def to_dict(self) -> dict[str, Any]:
        """For programs: the choices, the numbers of ``analysis.engine.quick``, and the words."""
        return {
            "run": self.run.pk,
            "without": list(self.without),
            "changes": dict(self.changes),
            "in_words": self.in_words,
            "sentences": self.sentences,
            "reason": self.reason,
            "result": self.result or None,
        }


def what_if(run: Run, *, without: Iterable[Any] = (), **changes: Any) -> WhatIf:
    """The run without the rows whose keys are given, and with other settings (TRIED; None or "" is the run's own).

    Raises InvalidChoice for a row or setting that there is not. What cannot be computed is told in ``reason``.
    """
    if kind_of(run.snapshot) != PAIRWISE:
        raise InvalidChoice("Only a meta-analysis of two groups, or of one, can be tried with other choices.")
    out = _rows(run, without)
    different = _different(run, changes)
    snapshot = run.snapshot | {
        "plan": run.snapshot["plan"] | different,
        "rows": [row for row in run.snapshot["rows"] if str(row_key(row)) not in out],
    }
    if not out and not different and run.result is not None:
        return WhatIf(run, (), {}, run.snapshot, run.result)
    try:
        return WhatIf(run, out, different, snapshot, {"alternatives": []} | quick(snapshot))
    except (CannotAnalyse, StatsError) as error:
        reason = str(error) if snapshot["rows"] else "Every study is left out, so there is nothing to pool."
        return WhatIf(run, out, different, snapshot, {}, reason)


def _rows(run: Run, without: Iterable[Any]) -> tuple[str, ...]:
    """Keys as texts, in the order of the rows."""
    wanted = {str(key) for key in without}
    known = [str(row_key(row)) for row in run.snapshot["rows"]]
    if strange := sorted(wanted - set(known)):
        raise InvalidChoice(
            f"Run {run.pk} has no row {', '.join(strange)[:200]}; its rows are {', '.join(known[:50])}.",
            field="without",
        )
    return tuple(key for key in known if key in wanted)


def _different(run: Run, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are given and differ from the run's."""
    plan = run.snapshot["plan"]
    if strange := changes.keys() - set(TRIED):
        raise InvalidChoice(f"There is no setting {min(strange)} to try; there are {', '.join(TRIED)}.")
    found = {}
    for name in TRIED:
        value = changes.get(name)
        if value in (None, ""):
            continue
        value = _level(value) if name == "level" else _one_of(name, value)
        if value != plan.get(name, Plan.Method.INVERSE_VARIANCE if name == "method" else None):
            found[name] = value
    return found


def _one_of(name: str, value: Any) -> str:
    names = {
        "measure": measure_names(),
        "method": Plan.Method.values,
        "tau2_method": list(TAU2_LABELS),
        "test": list(TEST_LABELS),
    }[name]
    if value not in names:
        raise InvalidChoice(
            f"There is no {name} '{str(value)[:40]}'; choose one of {', '.join(names)}.", field=name
        )
    return str(value)


def _level(value: Any) -> float:
    try:
        level = float(value)
    except (TypeError, ValueError):
        level = 0.0
    if not 0 < level < 100:
        raise InvalidChoice(
            f"The confidence level is a percentage between 0 and 100, such as 95, not '{str(value)[:40]}'.",
            field="level",
        )
    return level


def tried_settings(review: Review, query: QueryDict) -> dict[str, Any]:
    """What ``WhatIf.for_plan`` put into an address, as the beginning of a plan's form; nonsense is passed over."""
    found: dict[str, Any] = {}
    for name in TRIED:
        if query.get(name):
            with suppress(InvalidChoice):
                found[name] = _level(query[name]) if name == "level" else _one_of(name, query[name])
    ids = [pk for pk in query.getlist("excluded_studies") if pk.isdecimal() and int(pk) <= BIGGEST_ID]
    found["excluded_studies"] = list(Study.objects.current().filter(review=review, pk__in=ids))
    return found


@dataclass(frozen=True)
class Option:
    """One choice of a select: ``value`` is what the address carries."""

    value: str
    label: str
    chosen: bool


def options_of(tried: WhatIf) -> dict[str, list[Option]]:
    """What may be chosen for the rows of a run by setting; measures only as far as every row gives them."""
    rows, plan, now = tried.run.snapshot["rows"], tried.run.snapshot["plan"], tried.snapshot["plan"]
    measures = [
        name
        for name in measure_names()
        if name == plan["measure"] or not any(misfit(row, name) for row in rows)
    ]
    offered = {
        "measure": {name: f"{short(name)} ({name})" for name in measures},
        "method": {
            value: label for value, label in Plan.Method.choices if method_fits(value, now["measure"])
        },
        "tau2_method": TAU2_LABELS,
        "test": TEST_LABELS,
        "level": {f"{level:g}": f"{level:g}%" for level in sorted({plan["level"], 90, 95, 99, now["level"]})},
    }
    return {
        name: [Option(value, label, value == _chosen(now, name)) for value, label in labels.items()]
        for name, labels in offered.items()
    }


def _chosen(plan: Mapping[str, Any], name: str) -> str:
    if name == "level":
        return f"{plan['level']:g}"
    return plan.get(name, Plan.Method.INVERSE_VARIANCE)


@dataclass(frozen=True)
class Figures:
    """A pooled result as short texts, to stand beside another."""

    k: int
    label: str
    effect: str
    interval: str
    p: str
    tau2: str
    i2: str


def figures(result: Mapping[str, Any]) -> Figures:
    pooled = result["pooled"]
    scale = Scale.of(pooled)
    return Figures(
        k=pooled["k"],
        label=scale.label,
        effect=scale.text(pooled["estimate"]),
        interval=scale.interval(pooled["ci_low"], pooled["ci_high"]),
        p=p_value(pooled["pval"]),
        tau2=plain_number(pooled["tau2"], 3),
        i2=f"{plain_number(pooled['i2'], 0)}%",
    )
