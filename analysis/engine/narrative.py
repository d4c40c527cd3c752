"""Synthesis without meta-analysis from a snapshot: directions counted, p values combined. Plain data in and out.

Sources: Cochrane Handbook 12.2; SWiM, Campbell et al. 2020, doi 10.1136/bmj.l6890; several results of a study: Boon &
Thomson 2021, doi 10.1002/jrsm.1458; contours of the albatross plot: Harrison et al. 2017, doi 10.1002/jrsm.1239.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import log, sqrt
from statistics import NormalDist, median
from typing import Any

from analysis import stats
from analysis.engine.base import Partial, Step, engine_version, or_reason
from analysis.engine.narrative_rows import read_row
from analysis.intake import CannotAnalyse
from analysis.stats import StatsError

#: This share of a study's results must point the same way for the study to have a direction (Boon & Thomson 2021).
MOST_OF = 0.7
#: What is shown of the ways to combine p values, the first as the main one.
COMBINATIONS = ("fisher", "stouffer", "edgington", "logit", "pearson", "tippett")
#: Edgington's exact distribution takes seconds with more studies than this, and is left out then.
MOST_EXACT = 60
#: A p value at the end of what a computer holds; beyond it methods have no value.
SMALLEST, LARGEST = 1e-300, 1.0 - 1e-15
SMDS = (0.2, 0.5, 0.8)
ODDS_RATIOS = (1.25, 1.5, 2.0)
CORRELATIONS = (0.1, 0.3, 0.5)
Numbers = dict[str, Any]


def compute(snapshot: Mapping[str, Any], step: Step, partial: Partial | None = None) -> Numbers:
    """Every number of a synthesis without meta-analysis; ``pooled`` is None, for nothing is pooled.

    ``rows``: each result with its direction (1 favours what is tested, -1 what it is compared with, 0 neither, None
    not known). ``studies``: one vote and one p value each. ``votes``, ``groups``, ``combined``, ``albatross``: as the
    functions say. What does not apply is ``{"reason": sentence}``. Raises CannotAnalyse without any result.
    """
    plan, given = snapshot["plan"], snapshot["rows"]
    if not given:
        raise CannotAnalyse(
            "No study has a result for this outcome under this plan, so there is nothing to count."
        )
    sign = -1.0 if snapshot["outcome"]["direction"] == "lower" else 1.0
    level = plan["level"]
    rows = [read_row(row, plan["measure"], sign, level) for row in given]
    studies = _studies(rows)
    result: Numbers = {
        "kind": "narrative",
        "pooled": None,
        "measure": plan["measure"],
        "level": level,
        "k": len(studies),
        "rows": rows,
        "studies": studies,
    }
    parts: dict[str, Callable[[], Any]] = {
        "votes": lambda: votes(studies, level),
        "groups": lambda: _groups(studies, plan, level),
        "combined": lambda: or_reason(lambda: _combined(studies)),
        "albatross": lambda: _albatross(given, studies),
    }
    for number, (name, part) in enumerate(parts.items(), 1):
        step(number, len(parts) + 1, f"Computing {name}")
        result[name] = part()
        if name == "votes" and partial:
            partial(dict(result))
    return result | {"engine": engine_version()}


def votes(studies: Iterable[Mapping[str, Any]], level: float) -> Numbers:
    """One vote per study by direction only, whatever its size or p value: exact interval and sign test."""
    known = [study["direction"] for study in studies if study["direction"] is not None]
    try:
        return stats.vote_count(known, level=level / 100).to_dict()
    except StatsError as error:
        return {"reason": str(error), "unclear": len(known)}


def _studies(rows: list[Numbers]) -> list[Numbers]:
    """One line per study: the direction that most of its results share, the p value of its first result with one."""
    by_study: dict[int, list[Numbers]] = {}
    for row in rows:
        by_study.setdefault(row["study_id"], []).append(row)
    return [_study(study_id, own) for study_id, own in by_study.items()]


def _study(study_id: int, rows: list[Numbers]) -> Numbers:
    first = next((row for row in rows if row["z"] is not None), rows[0])
    sizes = [row["people"] for row in rows if row["people"]]
    known = [row["direction"] for row in rows if row["direction"] is not None]
    direction, note = None, ""
    if known:
        direction = next((way for way in (1, -1) if known.count(way) >= MOST_OF * len(known)), 0)
        if direction == 0 and any(known):
            note = f"Of {len(known)} results fewer than {MOST_OF:.0%} point the same way."
    return {
        "study": rows[0]["study"],
        "study_id": study_id,
        "direction": direction,
        "results": len(rows),
        "people": max(sizes) if sizes else None,
        "z": first["z"],
        "p": first["p"],
        "p_from": first["p_from"],
        "why_no_p": "" if first["z"] is not None else first["why_no_p"],
        "subgroup": rows[0]["subgroup"],
        "note": note,
    }


def _groups(studies: list[Numbers], plan: Mapping[str, Any], level: float) -> list[Numbers]:
    """The votes of each subgroup, in the order in which the subgroups come."""
    if not plan.get("subgroup_by"):
        return []
    names = dict.fromkeys(study["subgroup"] for study in studies)
    return [
        {"name": name, "k": len(own), "votes": votes(own, level)}
        for name in names
        if (own := [study for study in studies if study["subgroup"] == name])
    ]


def _combined(studies: list[Numbers]) -> Numbers:
    """One-sided p values combined, for what is tested ("benefit") and against it ("harm")."""
    usable = [study for study in studies if study["z"] is not None]
    if len(usable) < 2:
        return {"reason": f"Combining p values needs two studies with one; there {_are(len(usable))}."}
    found: Numbers = {
        "k": len(usable),
        "left_out": [
            {"study": study["study"], "why": study["why_no_p"]} for study in studies if study["z"] is None
        ],
    }
    sizes = [study["people"] for study in usable]
    for name, sign in (("benefit", 1.0), ("harm", -1.0)):
        pvalues = [_one_sided(sign * study["z"]) for study in usable]
        methods = [one for one in COMBINATIONS if one != "edgington" or len(pvalues) <= MOST_EXACT]
        found[name] = [stats.combine_p(pvalues, method=method).to_dict() for method in methods]
        if all(sizes):
            weights = [sqrt(size) for size in sizes]
            weighted = stats.combine_p(pvalues, method="stouffer", weights=weights)
            found[name].append(weighted.to_dict() | {"method": "stouffer, weighted"})
    return found


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _one_sided(z: float) -> float:
    return min(max(NormalDist().cdf(-z), SMALLEST), LARGEST)


def _albatross(given: list[Mapping[str, Any]], studies: list[Numbers]) -> Numbers:
    """Contours of equal effect in a plot of people against p: people = ``per_z2`` z^2, groups being of equal size."""
    drawn = [study for study in studies if study["z"] is not None and study["people"]]
    if not drawn:
        return {"reason": "No study has both a p value and a number of people."}
    kinds = [row["kind"] for row in given]
    kind = max(dict.fromkeys(kinds), key=kinds.count)
    if kind in ("means", "change", "quantiles") or _reported(given, ("SMD", "MD")):
        contours = [{"label": f"SMD {value:g}", "per_z2": 4.0 / value**2} for value in SMDS]
        return {"contours": contours, "assumption": "Contours assume two groups of equal size."}
    if kind == "events":
        return _contours_of_events(given)
    if kind == "correlation":
        contours = [{"label": f"r {r:g}", "per_z2": 4.0 / log((1 + r) / (1 - r)) ** 2} for r in CORRELATIONS]
        return {"contours": contours, "assumption": "Contours by Fisher's z."}
    return {"contours": [], "assumption": "Without contours: the numbers do not say what they would rest on."}


def _reported(given: list[Mapping[str, Any]], measures: tuple[str, ...]) -> bool:
    own = [row.get("effect_measure") for row in given if row["kind"] == "effect"]
    return 2 * sum(measure in measures for measure in own) > len(given)


def _contours_of_events(given: list[Mapping[str, Any]]) -> Numbers:
    """var(log OR) = 2/N (1/(p1 (1 - p1)) + 1/(p2 (1 - p2))), p2 the median risk of the comparators."""
    risks = [row["events2"] / row["n2"] for row in given if row["kind"] == "events"]
    risk = min(max(median(risks), 0.01), 0.99)
    contours = []
    for ratio in ODDS_RATIOS:
        odds = ratio * risk / (1 - risk)
        other = odds / (1 + odds)
        spread = 2.0 * (1 / (risk * (1 - risk)) + 1 / (other * (1 - other)))
        contours.append({"label": f"OR {ratio:g} or {1 / ratio:.2g}", "per_z2": spread / log(ratio) ** 2})
    return {
        "contours": contours,
        "assumption": f"Contours assume two groups of equal size and a risk of {risk:.0%} with the comparator (the "
        "median of the studies).",
    }
