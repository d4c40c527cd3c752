"""A multiverse: the pooled effect under every combination of defensible choices.

Steegen, Tuerlinckx, Gelman & Vanpaemel 2016, doi 10.1177/1745691616658637; as a specification curve: Simonsohn,
Simmons & Nelson 2020, doi 10.1038/s41562-020-0912-z; in meta-analysis: Voracek, Kossmeier & Tran 2019, doi
10.1027/2151-2604/a000357.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from statistics import median
from typing import Any

import numpy as np

from analysis.choices import has_no_effect
from analysis.engine import study_effects
from analysis.explorations.base import (
    BadChoice,
    Data,
    Kind,
    Piece,
    Size,
    Step,
    Work,
    blocks_of,
    method_note,
    names,
    only,
    words,
)
from analysis.explorations.factors import ALL, COMMON, MEASURE, TAU2, TEST, Factor, keeps, offered, used_rows
from analysis.stats import fit_many

BLOCK = 250
MOST = 10_000
COLUMNS = ("estimate", "ci_low", "ci_high", "pval")


def read(snapshot: Data, given: Data) -> dict[str, Any]:
    """``{"factors": {factor: [levels]}, "why": text}``; factors that are not given keep what is usual."""
    only(given, ["factors", "why"])
    chosen = given.get("factors") or {}
    if not isinstance(chosen, dict):
        raise BadChoice('factors: give an object such as {"tau2": ["REML", "DL"]}.', "factors")
    factors = offered(snapshot)
    known = {factor.key: factor for factor in factors}
    if unknown := [key for key in chosen if key not in known]:
        raise BadChoice(
            f"There is no choice '{unknown[0]}' for this run. Its choices: {', '.join(known)}.", "factors"
        )
    settings = {
        "factors": {factor.key: _levels(factor, chosen.get(factor.key)) for factor in factors},
        "why": words(given.get("why") or "", "why", "Why these choices"),
    }
    told = size(Work(snapshot, settings, 0))
    if told.units > MOST:
        raise BadChoice(
            f"That makes {told.units:,} specifications; at most {MOST:,} are computed. Untick some levels.",
            "factors",
        )
    return settings


def _levels(factor: Factor, given: Any) -> list[str]:
    known = [level.key for level in factor.levels]
    if given is None:
        return [level.key for level in factor.levels if level.usual]
    given = names(given, "factors", factor.label)
    if unknown := [name for name in given if name not in known]:
        raise BadChoice(
            f"{factor.label} has no level '{unknown[0]}'; choose among {', '.join(known)}.", "factors"
        )
    if not given:
        raise BadChoice(f"{factor.label}: tick at least one level.", "factors")
    return [name for name in known if name in given]


def _ticked(work: Work) -> dict[str, list[str]]:
    """The levels ticked, in the order of the factors: PostgreSQL keeps the names of an object in its own order."""
    kept = work.settings["factors"]
    return {factor.key: kept[factor.key] for factor in offered(work.snapshot) if factor.key in kept}


def size(work: Work) -> Size:
    factors = _ticked(work)
    units = math.prod(len(levels) for levels in factors.values())
    several = [levels for levels in factors.values() if len(levels) > 1]
    product = " × ".join(str(len(levels)) for levels in several)
    counted = f"{units:,} specifications" if units != 1 else "1 specification"
    return Size(units, BLOCK, True, f"{counted}{f' ({product})' if len(several) > 1 else ''}.")


def do(work: Work, piece: Piece, step: Step) -> dict[str, Any]:
    rows, factors = used_rows(work.snapshot), _ticked(work)
    chosen = _chooser(work, rows)
    found: dict[str, list[Any]] = {name: [] for name in ("number", *COLUMNS, "k", "studies")}
    for _, first, after in blocks_of(size(work), piece, step):
        for measure, tau2, test, numbers in _alike(factors, first, after):
            effects = study_effects(rows, measure)
            mask = np.array([chosen(measure, number) for number in numbers])
            mask &= effects.usable
            able = np.flatnonzero(mask.sum(axis=1) > 1)
            if not len(able):
                continue
            fits = fit_many(
                effects.yi, effects.vi, tau2=tau2, test=test, level=work.plan["level"] / 100, mask=mask[able]
            )
            found["number"] += [numbers[i] for i in able]
            found["studies"] += [row.tobytes().hex() for row in np.packbits(mask[able], axis=1)]
            found["k"] += fits.k.tolist()
            for name in COLUMNS:
                found[name] += getattr(fits, name).tolist()
    return found


def combine(work: Work, parts: Sequence[Data]) -> dict[str, Any]:
    """All specifications in their order, and what they come to; ``levels`` of each by factor."""
    together = {name: [value for part in parts for value in part[name]] for name in parts[0]}
    order = sorted(range(len(together["number"])), key=lambda i: together["number"][i])
    columns = {name: [values[i] for i in order] for name, values in together.items()}
    ticked = _ticked(work)
    levels = [_combination(ticked, number) for number in columns["number"]]
    keys = [factor.key for factor in _factors(work)]
    alike = {(*found[:3], studies) for found, studies in zip(levels, columns.pop("studies"), strict=True)}
    return {
        "specifications": len(levels),
        "planned_specifications": size(work).units,
        "different": len(alike),
        "impossible": _impossible(work),
        "factors": [_described(factor, work, columns, levels, i) for i, factor in enumerate(_factors(work))],
        "columns": columns | {name: [found[i] for found in levels] for i, name in enumerate(keys)},
        "summary": _summary(columns, work) if levels else None,
        "planned": _planned(work, levels),
        "measure": work.plan["measure"],
        "level": work.plan["level"],
        "why": work.settings["why"],
        "notes": method_note(work.plan),
    }


def _factors(work: Work) -> list[Factor]:
    return [factor for factor in offered(work.snapshot) if factor.key in work.settings["factors"]]


def _combination(factors: Data, number: int) -> tuple[str, ...]:
    """The levels of a specification: its number in mixed radix, the last factor counting fastest."""
    found = []
    for levels in reversed(list(factors.values())):
        number, place = divmod(number, len(levels))
        found.append(levels[place])
    return tuple(reversed(found))


def _alike(factors: Data, first: int, after: int) -> list[tuple[str, str, str, list[int]]]:
    """The specifications of a block by measure, estimator and interval; a common effect goes with z only."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for number in range(first, after):
        measure, tau2, test = _combination(factors, number)[:3]
        if tau2 not in COMMON or test == "z":
            groups.setdefault((measure, tau2, test), []).append(number)
    return [(*key, numbers) for key, numbers in groups.items()]


def _chooser(work: Work, rows: Sequence[Data]) -> Callable[[str, int], np.ndarray]:
    """A function of measure and specification: which rows the specification pools."""
    ticked = _ticked(work)
    factors = list(ticked)

    @cache
    def kept(name: str, level: str, measure: str) -> np.ndarray:
        return keeps(name, level, rows, work.plan, measure)

    def chosen(measure: str, number: int) -> np.ndarray:
        levels = _combination(ticked, number)
        masks = [kept(name, level, measure) for name, level in zip(factors[3:], levels[3:], strict=True)]
        return np.logical_and.reduce([np.ones(len(rows), dtype=bool), *masks])

    return chosen


def _impossible(work: Work) -> int:
    """Specifications of a common effect with another interval than z, which nobody defends."""
    factors = work.settings["factors"]
    rest = math.prod(len(levels) for name, levels in factors.items() if name not in (TAU2, TEST))
    common = sum(name in COMMON for name in factors[TAU2])
    return rest * common * sum(name != "z" for name in factors[TEST])


def _planned(work: Work, levels: Sequence[tuple[str, ...]]) -> int | None:
    """Where the planned analysis stands among the specifications; None when it is not one of them."""
    plan = work.plan
    own = {MEASURE: plan["measure"], TAU2: plan["tau2_method"], TEST: plan["test"]}
    wanted = tuple(own.get(name, ALL) for name in _ticked(work))
    return next((i for i, found in enumerate(levels) if found == wanted), None)


def _summary(columns: Data, work: Work) -> dict[str, Any]:
    estimates = columns["estimate"]
    found = {
        "low": min(estimates),
        "median": median(estimates),
        "high": max(estimates),
        "least_k": min(columns["k"]),
        "most_k": max(columns["k"]),
    }
    if has_no_effect(work.plan["measure"]):
        found |= {
            "below": sum(value < 0 for value in estimates),
            "above": sum(value > 0 for value in estimates),
            "clearly_below": sum(value < 0 for value in columns["ci_high"]),
            "clearly_above": sum(value > 0 for value in columns["ci_low"]),
        }
    return found


def _described(
    factor: Factor, work: Work, columns: Data, levels: Sequence[tuple[str, ...]], place: int
) -> dict[str, Any]:
    """A factor with its levels, each with how many specifications it is in and their middle."""
    rows = []
    for level in factor.levels:
        if level.key not in work.settings["factors"][factor.key]:
            continue
        of = [
            value
            for value, found in zip(columns["estimate"], levels, strict=True)
            if found[place] == level.key
        ]
        rows.append(
            {"key": level.key, "label": level.label, "specifications": len(of)}
            | {"median": median(of) if of else None}
        )
    return {"key": factor.key, "label": factor.label, "why": factor.why, "levels": rows}


KIND = Kind(
    key="multiverse",
    title="Multiverse: every defensible choice",
    about="Pools the studies under every combination of the choices ticked, and shows all results in order, with "
    "the choices behind each.",
    limits="Specifications share their data, so the share of them that finds an effect is no probability and no "
    "test. What is not among the choices is not explored.",
    what="A multiverse",
    least=2,
    read=read,
    size=size,
    do=do,
    combine=combine,
)
