"""From a run's snapshot and result to the numbers a rating of certainty looks at. Plain data; no Django here.

The keys are told in certainty.evidence, which puts these numbers together with what was asked and agreed.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.engine import row_key
from analysis.intake import people
from analysis.narrative_words import in_short

Numbers = dict[str, Any]
Data = Mapping[str, Any]
POOLED = (
    *("estimate", "se", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "q", "q_df", "q_pval", "k"),
    *("size", "method"),
)
#: What is not known of a study that is a vote, or a contrast of a network.
EMPTY = (
    *("weight", "direction", "yi", "ci_low", "ci_high", "events1", "events2", "mean2", "sd2"),
    *("people1", "people2"),
)
NO_PLAN = "The result is told in words; there is no analysis behind it."
NO_RUN = "The analysis “{}” has no finished run yet. Run it, and its numbers are here."
NOT_POOLED = "Nothing is pooled: the analysis is a synthesis without meta-analysis."
NOT_IN_NETWORK = (
    "The network does not compare “{}” with “{}”. Name the intervention and the comparison as the network does: "
    "{}."
)


def nothing(reason: str) -> Numbers:
    """The numbers of a finding without a result."""
    return {
        "kind": "none",
        "reason": reason,
        "measure": "",
        "level": None,
        "pooled": None,
        "studies": [],
        "participants": {"total": None, "intervention": None, "comparator": None, "unknown": []},
        "events": None,
        "comparator_risk": None,
        "comparator_mean": None,
        "comparator_sd": None,
        "small_study": None,
        "trim_and_fill": None,
        "without_high": None,
        "network": None,
        "told": "",
        "doubts": [],
    }


def numbers_of(snapshot: Data, result: Data, intervention: str, comparison: str) -> Numbers:
    """What a run says of the comparison (which matters for a network, where there are many)."""
    kind = result.get("kind") or "pairwise"
    plan = snapshot["plan"]
    found = nothing("") | {"kind": kind, "measure": result.get("measure") or plan["measure"]}
    found["level"] = result.get("level") or plan["level"]
    if kind == "network":
        return _network(found, result, intervention, comparison)
    if kind == "narrative":
        return _narrative(found, snapshot, result)
    rows = _rows(snapshot, result)
    found["studies"] = [_study(row, effect) for row, effect in rows]
    used = [row for row, effect in rows if not effect.get("dropped")]
    found["participants"] = _participants(used)
    found |= _comparator(used)
    return _pairwise(found, rows, result)


def _pairwise(found: Numbers, rows: list[tuple[Data, Data]], result: Data) -> Numbers:
    pooled = result["pooled"]
    found["measure"], found["level"] = pooled["measure"], pooled["level"]
    found["pooled"] = {name: pooled.get(name) for name in POOLED}
    found["small_study"] = _small_study(result.get("small_study") or result.get("egger"))
    filled = result.get("trim_and_fill") or {}
    if filled.get("pooled"):
        found["trim_and_fill"] = {"k0": filled["k0"], **_fit(filled["pooled"])}
    for row in result.get("sensitivity") or []:
        if isinstance(row, dict) and row.get("key") == "without_high_risk" and "reason" not in row:
            found["without_high"] = {**_fit(row), "k": row["k"], "without": list(row.get("without", ()))}
    found["doubts"] += [
        f"{row['study']} is not among the numbers: {effect['dropped']}"
        for row, effect in rows
        if effect.get("dropped")
    ]
    return found


def _rows(snapshot: Data, result: Data) -> list[tuple[Data, Data]]:
    """Each row of the snapshot with its effect in the result."""
    effects = {str(effect.get("row", effect["study_id"])): effect for effect in result["studies"]}
    return [(row, effects.get(str(row_key(row)), {})) for row in snapshot["rows"]]


def _study(row: Data, effect: Data) -> Numbers:
    return {
        "id": row["study_id"],
        "study": row["study"],
        "row": str(row_key(row)),
        "time_point": row.get("time_point", ""),
        "yi": effect.get("yi"),
        "ci_low": effect.get("ci_low"),
        "ci_high": effect.get("ci_high"),
        "weight": effect.get("weight"),
        "dropped": bool(effect.get("dropped")),
        "direction": None,
        "people": people(row),
        **{name: row.get(name) for name in ("events1", "events2", "mean2", "sd2")},
        "people1": row.get("n1"),
        "people2": row.get("n2"),
        "risk": row.get("risk"),
    }


def _participants(rows: Iterable[Data]) -> Numbers:
    rows = list(rows)
    sizes = [people(row) for row in rows]
    unknown = [row["study"] for row, size in zip(rows, sizes, strict=True) if size is None]
    known = [size for size in sizes if size]
    return {
        "total": sum(known) if known else None,
        "intervention": _sum(rows, "n1"),
        "comparator": _sum(rows, "n2"),
        "unknown": list(dict.fromkeys(unknown)),
    }


def _sum(rows: Iterable[Data], name: str) -> int | None:
    """The sum over rows that all have it, else None."""
    values: list[Any] = [row.get(name) for row in rows]
    return sum(values) if values and all(value is not None for value in values) else None


def _comparator(rows: Iterable[Data]) -> Numbers:
    """Events, risk, mean and SD of the comparators, of the rows that report them."""
    rows = list(rows)
    found: Numbers = {}
    counted = [row for row in rows if row["kind"] == "events"]
    if counted:
        sums = {name: sum(row[name] for row in counted) for name in ("events1", "events2", "n1", "n2")}
        found["events"] = {
            "intervention": sums["events1"],
            "of_intervention": sums["n1"],
            "comparator": sums["events2"],
            "of_comparator": sums["n2"],
        }
        found["comparator_risk"] = sums["events2"] / sums["n2"]
    means = [row for row in rows if row.get("sd2") is not None and row.get("n2")]
    if means and len({row["scale"].casefold().strip() for row in means}) == 1:
        found |= _typical(means)
    return found


def _typical(rows: list[Data]) -> Numbers:
    """Mean (weighted by size) and pooled SD of the comparators; the caller sees to it that all are on one scale."""
    size = sum(row["n2"] for row in rows)
    freedom = sum(row["n2"] - 1 for row in rows)
    spread = sum((row["n2"] - 1) * row["sd2"] ** 2 for row in rows)
    found: Numbers = {"comparator_sd": math.sqrt(spread / freedom) if freedom > 0 else None}
    if all(row.get("mean2") is not None for row in rows):
        found["comparator_mean"] = sum(row["n2"] * row["mean2"] for row in rows) / size
    return found


def _fit(fit: Data) -> Numbers:
    return {name: fit[name] for name in ("estimate", "ci_low", "ci_high")}


def _small_study(found: Data | None) -> Numbers | None:
    """The proposed test, or the sentence that says why there is none; runs of before had Egger's test alone."""
    if found is None or "reason" in found:
        return dict(found) if found else None
    if "tests" not in found:
        return {"key": "egger", "name": "Egger's regression test", "pval": found["pval"], "k": found["k"]}
    test = next((one for one in found["tests"] if one["key"] == found["proposed"]), None) or found["tests"][0]
    if "reason" in test:
        return {"reason": test["reason"]}
    return {name: test[name] for name in ("key", "name", "pval", "k")}


def _narrative(found: Numbers, snapshot: Data, result: Data) -> Numbers:
    """One vote of each study, which may have several rows: their sizes would count people twice."""
    rows = {row["study_id"]: row for row in snapshot["rows"]}
    known = [one["people"] for one in result["studies"] if one["people"]]
    return found | {
        "reason": NOT_POOLED,
        "told": in_short(result, snapshot["plan"]["experimental_label"]),
        "studies": [_vote(one, rows[one["study_id"]]) for one in result["studies"]],
        "participants": found["participants"]
        | {
            "total": sum(known) if known else None,
            "unknown": [one["study"] for one in result["studies"] if not one["people"]],
        },
    }


def _vote(one: Data, row: Data) -> Numbers:
    return (
        dict.fromkeys(EMPTY)
        | {name: one[name] for name in ("study", "direction", "people")}
        | {"id": one["study_id"], "row": str(one["study_id"]), "dropped": False}
        | {"time_point": row["time_point"], "risk": row.get("risk")}
    )


def _network(found: Numbers, result: Data, intervention: str, comparison: str) -> Numbers:
    """The league's cell of the comparison, turned so that the intervention comes first."""
    wanted = [name.casefold().strip() for name in (intervention, comparison)]
    for cell in result["league"]:
        pair = [cell["row"].casefold(), cell["column"].casefold()]
        if wanted in (pair, pair[::-1]) and cell["estimate"] is not None:
            return found | _cell(cell, result, wanted, sign=1 if wanted == pair else -1)
    names = ", ".join(one["name"] for one in result["treatments"])
    return found | {"reason": NOT_IN_NETWORK.format(intervention, comparison, names)}


def _cell(cell: Data, result: Data, wanted: list[str], sign: int) -> Numbers:
    spread = result["heterogeneity"]
    pooled = dict.fromkeys(POOLED) | {
        "estimate": sign * cell["estimate"],
        "se": cell["se"],
        **_turned(cell, "ci_low", "ci_high", sign),
        **_turned(cell, "pi_low", "pi_high", sign),
        **{name: spread[name] for name in ("tau2", "i2", "q", "q_df", "q_pval")},
        "k": result["k"],
        "method": "network",
    }
    sizes = {one["name"].casefold(): one["people"] for one in result["treatments"]}
    one, other = (sizes.get(name) for name in wanted)
    total = one + other if one is not None and other is not None else None
    splits = result["splits"] if isinstance(result["splits"], list) else []
    split: Data = next(
        (
            each
            for each in splits
            if {each["treatment"].casefold(), each["comparator"].casefold()} == set(wanted)
        ),
        {},
    )
    direct = cell.get("direct") or {}
    return {
        "pooled": pooled,
        "studies": [_contrast(each, wanted) for each in result["contrasts"] if _is_of(each, wanted)],
        "participants": {"total": total, "intervention": one, "comparator": other, "unknown": []},
        "network": {
            "direct": direct.get("proportion", 0.0),
            "direct_studies": direct.get("studies", 0),
            "difference_pval": split.get("pval"),
            "global_pval": (result.get("design_test") or {}).get("random_pval"),
        },
    }


def _turned(cell: Data, low: str, high: str, sign: int) -> Numbers:
    one, other = cell.get(low), cell.get(high)
    if one is None or other is None:
        return {low: None, high: None}
    return {low: min(sign * one, sign * other), high: max(sign * one, sign * other)}


def _is_of(contrast: Data, wanted: list[str]) -> bool:
    return {contrast["treatment"].casefold(), contrast["comparator"].casefold()} == set(wanted)


def _contrast(one: Data, wanted: list[str]) -> Numbers:
    sign = 1 if one["treatment"].casefold() == wanted[0] else -1
    return dict.fromkeys(EMPTY) | {
        "id": one["study_id"],
        "study": one["study"],
        "row": str(one["study_id"]),
        "time_point": "",
        "yi": sign * one["yi"],
        **_turned(one, "ci_low", "ci_high", sign),
        "dropped": False,
        "people": one["people"],
        "risk": None,
    }
