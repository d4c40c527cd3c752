"""What goes into a multilevel model, checked: rows, coefficients, sampling covariances, components that are given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    NoStudies,
    RankDeficient,
    TooFewStudies,
    UnknownOption,
    ZeroVariance,
)
from analysis.stats.least_squares import rank_of
from analysis.stats.multilevel_likelihood import Model, require_covariance
from analysis.stats.multilevel_terms import Term
from analysis.stats.regression import design_matrix
from analysis.stats.results import Dropped, Effects


def used_rows(
    effects: Effects, columns: Mapping[str, Any], moderators: Mapping[str, Any]
) -> tuple[np.ndarray, tuple[Dropped, ...]]:
    """The rows with an effect, groups and moderators, and the reasons for the others."""
    keep = effects.usable
    lost = list(effects.dropped)
    for name, values in {**columns, **moderators}.items():
        known = np.array([_present(value) for value in values], dtype=bool)
        lost += [
            Dropped(row, effects.slab[row], f"{name} is missing.")
            for row in np.flatnonzero(keep & ~known).tolist()
        ]
        keep = keep & known
    if not np.any(keep):
        raise NoStudies("No row has an effect and all the groups and moderators, so there is nothing to fit.")
    return keep, tuple(sorted(Dropped(int(d.row), d.label, d.reason) for d in lost))


def _present(value: Any) -> bool:
    if value is None or type(value).__name__ == "NAType":
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return bool(value == value)


def coefficient_design(
    moderators: Mapping[str, Any] | None, keep: np.ndarray, intercept: bool
) -> tuple[tuple[str, ...], np.ndarray]:
    if not moderators and not intercept:
        raise UnknownOption("Without an intercept the model needs at least one moderator.")
    names, design = design_matrix(moderators or {}, keep, intercept=intercept)
    k, p = design.shape
    if rank_of(design) < p:
        raise RankDeficient(
            f"The moderators {', '.join(moderators or {})} repeat one another (or do not vary) in these {k} rows, so "
            "their coefficients cannot be told apart. Leave one out."
        )
    if k <= p:
        raise TooFewStudies(f"{p} coefficients need more than {p} effects; there are {k}.")
    return names, design


def sampling_errors(effects: Effects, V: Any, keep: np.ndarray) -> np.ndarray:
    """The variances (k,) or covariances (k, k) of the sampling errors of the rows kept."""
    if V is None:
        sampling = np.array(effects.vi[keep])
    else:
        given = np.array(V, dtype=float)
        if given.ndim not in (1, 2) or any(n != len(effects) for n in given.shape):
            raise LengthMismatch(
                f"V has the shape {given.shape} for {len(effects)} rows; give one variance per row, or a square "
                "matrix with a row and a column for each."
            )
        sampling = given[keep] if given.ndim == 1 else given[np.ix_(keep, keep)]
        if not np.all(np.isfinite(sampling)):
            raise InvalidValue("V has a missing or infinite value in a row that is used.")
    diagonal = sampling if sampling.ndim == 1 else np.diagonal(sampling)
    if np.any(diagonal < 0.0):
        raise InvalidValue("V has a negative variance.")
    zero = np.flatnonzero(diagonal == 0.0)
    if zero.size:
        row = int(np.flatnonzero(keep)[zero[0]])
        raise ZeroVariance(
            f"The sampling variance of {effects.slab[row]} is zero; leave the row out.", row=row
        )
    if V is not None and not np.allclose(diagonal, effects.vi[keep], rtol=1e-6):
        raise InvalidValue(
            "The diagonal of V differs from the variances of the effects; they must be the same."
        )
    if sampling.ndim == 1:
        return sampling
    if not np.any(sampling - np.diag(diagonal)):
        return diagonal.copy()
    return require_covariance(sampling)


def given_components(model: Model, sigma2: Any, tau2: Any, rho: Any) -> dict[int, float]:
    """Parameter numbers and values of the components that are given; None in a sequence leaves one free."""
    places: dict[str, list[tuple[int, Term]]] = {"sigma2": [], "tau2": [], "rho": []}
    start = 0
    for term in model.terms:
        kind = "sigma2" if term.inner is None else "tau2"
        places[kind] += [(start + i, term) for i in range(term.deviations)]
        places["rho"] += [(start + term.deviations + i, term) for i in range(term.angles)]
        start += term.size
    found = {}
    for kind, values in (("sigma2", sigma2), ("tau2", tau2), ("rho", rho)):
        if values is None:
            continue
        listed = list(values) if hasattr(values, "__len__") else [values]
        if len(listed) != len(places[kind]):
            raise LengthMismatch(
                f"{kind} has {len(listed)} values; this model has {len(places[kind])} of them."
            )
        for value, (place, term) in zip(listed, places[kind], strict=True):
            if value is not None:
                found[place] = _parameter(float(value), kind, term, model.unit)
    return found


def _parameter(value: float, kind: str, term: Term, unit: float) -> float:
    """The parameter that stands for a given variance or correlation."""
    if kind != "rho":
        if not 0.0 <= value < math.inf:
            raise InvalidValue(f"{kind} is {value:g}; a variance cannot be negative or infinite.")
        return (value / unit**2) ** (0.5 / term.power)
    if term.struct == "UN" and len(term.levels) > 2:
        raise UnknownOption(
            "Correlations of struct UN with more than two levels cannot be given; use CS or HCS."
        )
    low, high = term.bounds
    if not low <= value <= high:
        raise InvalidValue(f"rho is {value:g}; for this structure it must lie between {low:g} and {high:g}.")
    return term.angle(value)
