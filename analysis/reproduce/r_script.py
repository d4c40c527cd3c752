"""The R script of a run: its settings as R, before the part that is the same for all runs. No Django."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.engine import row_key
from analysis.engine.methods import measure_of, method_of

FILES = Path(__file__).parent / "files"
Data = Mapping[str, Any]
HEAD = """# Computes the run again with R metafor and compares every number with the application's:
#   Rscript analysis.R        (in this folder; needs the R package metafor)
# The settings below are the run's; what is done with them follows after them.

source("functions.R")
data <- read_data("data.csv")
"""


def r_script(snapshot: Data, result: Data) -> str:
    """analysis.R of a run of a pairwise plan."""
    plan = snapshot["plan"]
    places = {row_key(row): number for number, row in enumerate(snapshot["rows"], 1)}
    parts = {
        "plan": _list(_settings(plan, result)),
        "alternatives": _frame([_how(fit) for fit in result.get("alternatives", [])]),
        "groups": _groups(result.get("subgroups"), places),
        "sensitivity": _frame(_sensitivity(snapshot, result)),
        "moderators": _columns(plan, result.get("regression")),
        "bubbles": _bubbles(plan, result.get("bubbles") or []),
        "tests": _tests(result.get("small_study")),
        "steps": _vector((result.get("drapery") or {}).get("z") or []),
    }
    settings = "\n".join(f"{name} <- {value}" for name, value in parts.items())
    return f"{HEAD}{settings}\n\n{(FILES / 'pairwise.R').read_text()}"


def text(value: str) -> str:
    """A string of R: that of JSON, whose escapes R has as well."""
    return json.dumps(value, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return text(value) if isinstance(value, str) else repr(value)


def _list(values: Data) -> str:
    return "list(" + ", ".join(f"{name} = {_value(value)}" for name, value in values.items()) + ")"


def _vector(values: Sequence[Any]) -> str:
    return "c(" + ", ".join(_value(value) for value in values) + ")"


def _frame(rows: Sequence[Data]) -> str:
    if not rows:
        return "data.frame()"
    columns = ", ".join(f"{name} = {_vector([row[name] for row in rows])}" for name in rows[0])
    return f"data.frame({columns}, stringsAsFactors = FALSE)"


def _reasoned(part: Any) -> bool:
    """Whether a part of the result is missing, or a sentence that says why it is."""
    return not part or (isinstance(part, Mapping) and "reason" in part)


def _settings(plan: Data, result: Data) -> dict[str, Any]:
    parts: list[Any] = [result.get(name) for name in ("subgroups", "trim_and_fill", "tau2_interval")]
    groups, fill, interval = parts
    shared = not _reasoned(groups) and groups.get("common_tau2")
    return {
        "measure": measure_of(plan),
        "method": method_of(plan),
        "tau2": plan["tau2_method"],
        "test": plan["test"],
        "level": plan["level"],
        "prediction": plan.get("prediction") or "as test",
        "interval": "QP" if _is_profile(interval) else "",
        "subgroups": "none" if _reasoned(groups) else "common" if shared else "separate",
        "regression": not _reasoned(result.get("regression")),
        "small_study": not _reasoned(result.get("egger")),
        "fill": not _reasoned(fill),
        "estimator": "" if _reasoned(fill) else fill["estimator"],
        "side": "" if _reasoned(fill) else fill["side"],
        "labbe": not _reasoned(result.get("labbe")),
    }


def _is_profile(interval: Any) -> bool:
    return not _reasoned(interval) and str(interval.get("method", "")).startswith(("QP", "Q-profile"))


def _how(fit: Data) -> dict[str, str]:
    return {
        "measure": fit["measure"],
        "method": fit.get("method") or "iv",
        "tau2": fit["tau2_method"],
        "test": fit["test"],
    }


def _groups(found: Any, places: Mapping[Any, int]) -> str:
    if _reasoned(found):
        return "list()"
    rows = [[places[key] for key in group["rows"]] for group in found["groups"]]
    return f"list({', '.join(_vector(numbers) for numbers in rows)})"


def _sensitivity(snapshot: Data, result: Data) -> list[dict[str, Any]]:
    rows = []
    for place, one in enumerate(result.get("sensitivity") or [], 1):
        if "reason" not in one:
            left = [n for n, row in enumerate(snapshot["rows"], 1) if row["study"] in set(one["without"])]
            rows.append(_how(one) | {"place": place, "without": ";".join(map(str, left))})
    return rows


def _columns(plan: Data, regression: Any) -> str:
    if _reasoned(regression):
        return "list()"
    return f"list({', '.join(_column(plan, one, regression) for one in plan['moderators'])})"


def _column(plan: Data, one: Data, model: Data, **more: Any) -> str:
    """Where a moderator stands in data.csv, and its categories beside the one they are compared with."""
    levels = [term["level"] for term in model["terms"] if term["name"] == one["name"] and term["level"]]
    place = [each["name"] for each in plan["moderators"]].index(one["name"]) + 1
    told = {"column": text(f"moderator_{place}"), "type": text(one["type"]), "levels": _vector(levels)}
    told |= {name: _value(value) for name, value in more.items()}
    return "list(" + ", ".join(f"{name} = {value}" for name, value in told.items()) + ")"


def _bubbles(plan: Data, bubbles: Sequence[Data]) -> str:
    told = [
        "NULL" if "reason" in one else f"list({_column(plan, one, one['model'], steps=len(one['line']))})"
        for one in bubbles
    ]
    return f"list({', '.join(told)})"


def _tests(found: Any) -> str:
    if _reasoned(found):
        return "list()"
    told = [_list({"key": one["key"], "predictor": one.get("predictor") or "sei"}) for one in found["tests"]]
    return f"list({', '.join(told)})"
