"""Random effects as a user names them: '~ 1 | study/arm', '~ outcome | study', or mappings of columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns
from analysis.stats.errors import LengthMismatch, MissingColumns, UnknownOption
from analysis.stats.multilevel_terms import STRUCTURES, Term, intercept, structured

#: A parsed term: the inner column (None: a random intercept) and the outer columns, outermost first.
Parsed = tuple[str | None, tuple[str, ...]]


def parse(random: Any, data: Mapping[str, Any] | None) -> tuple[list[Parsed], dict[str, Any]]:
    """Terms and the columns they use, from formulas with `data` or from mappings of nested columns."""
    given = [] if random is None else [random] if isinstance(random, (str, Mapping)) else list(random)
    columns: dict[str, Any] = {} if data is None else dict(data.items())
    terms: list[Parsed] = []
    for item in given:
        if isinstance(item, Mapping):
            columns |= item
            terms.append((None, tuple(item)))
            continue
        found = re.fullmatch(r"\s*~?\s*([^|]+?)\s*\|\s*([^|]+?)\s*", str(item))
        if found is None:
            raise UnknownOption(
                f"The random effects {item!r} are not understood; write '~ 1 | study/arm', '~ outcome | study', or "
                "give a mapping of column names to labels, outermost first."
            )
        inner = None if found[1] == "1" else found[1]
        outer = tuple(part.strip() for part in found[2].split("/"))
        if inner and len(outer) > 1:
            raise UnknownOption(f"{item!r}: an inner | outer term takes one outer column.")
        terms.append((inner, outer))
    needed = [name for inner, outer in terms for name in (*outer, *([inner] if inner else []))]
    for name in needed:
        if name not in columns:
            have = ", ".join(columns) or "none"
            raise MissingColumns(f"The random effects name the column {name}; given in data: {have}.")
    return terms, {name: columns[name] for name in dict.fromkeys(needed)}


def build_terms(
    parsed: list[Parsed],
    columns: Mapping[str, Any],
    keep: np.ndarray,
    struct: str | Iterable[str],
    *,
    known_rho: bool = False,
) -> tuple[Term, ...]:
    """The terms over the rows kept; `struct` one name for all inner | outer terms or one for each.

    `known_rho`: correlations are given, so the data need not show them."""
    inner_terms = sum(inner is not None for inner, _ in parsed)
    names = [struct] * inner_terms if isinstance(struct, str) else list(struct)
    if len(names) != inner_terms:
        raise LengthMismatch(f"There are {len(names)} structures for {inner_terms} inner | outer terms.")
    structures = iter([_structure_name(name) for name in names])
    rows = np.flatnonzero(keep)
    terms = []
    for inner, outer in parsed:
        if inner is None:
            for depth in range(1, len(outer) + 1):
                codes, groups, _ = coded([columns[name] for name in outer[:depth]], rows)
                terms.append(intercept("/".join(outer[:depth]), codes, groups))
            continue
        codes, groups, _ = coded([columns[outer[0]]], rows)
        own, levels, values = coded([columns[inner]], rows)
        kind = next(structures)
        times = np.arange(len(levels), dtype=float)
        if kind in ("AR", "HAR", "CAR"):
            times = as_columns({inner: values})[inner]
            if kind != "CAR" and np.any(times != np.round(times)):
                raise UnknownOption(f"{inner} has fractions; {kind} needs whole numbers, CAR takes any.")
        name = f"{inner} | {outer[0]}"
        terms.append(structured(name, kind, own, levels, codes, groups, times, known_rho))
    return tuple(terms)


def coded(columns: list[Any], rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...], list[Any]]:
    """Codes (rows,) of the combinations of columns in sorted order, labels, and the values of the first column."""
    keys = _keys(columns, rows)
    found = sorted(set(keys), key=lambda key: tuple(_sort_key(value) for value in key))
    number = {key: code for code, key in enumerate(found)}
    labels = tuple("/".join(_label(value) for value in key) for key in found)
    return np.array([number[key] for key in keys], dtype=int), labels, [key[0] for key in found]


def _keys(columns: list[Any], rows: np.ndarray) -> list[tuple[Any, ...]]:
    plain = [column.tolist() if hasattr(column, "tolist") else list(column) for column in columns]
    return [tuple(column[row] for column in plain) for row in rows.tolist()]


def _sort_key(value: Any) -> tuple[int, float, str]:
    """Numbers in order of size, then text in alphabetical order."""
    if isinstance(value, str) or not hasattr(value, "__float__"):
        return 1, 0.0, str(value)
    return 0, float(value), ""


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _structure_name(struct: Any) -> str:
    name = str(struct).upper()
    if name not in STRUCTURES:
        raise UnknownOption(f"There is no structure {struct!r}; choose one of {', '.join(STRUCTURES)}.")
    return name
