"""Effects that share patients: the covariance of their sampling errors, and one effect per cluster from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_labels, require_variances
from analysis.stats.errors import InvalidValue, LengthMismatch, MissingColumns, UnknownOption
from analysis.stats.multilevel_likelihood import definite_root
from analysis.stats.results import Dropped, Effects, frozen_array

#: A correlation: one, (same type, other type), or one per pair of types.
Rho = float | tuple[float, float] | Mapping[tuple[Any, Any], float]


def sampling_covariance(
    effects: Effects | Iterable[Any],
    cluster: Iterable[Any],
    *,
    rho: Rho | None = None,
    type: Iterable[Any] | None = None,
    time: Iterable[Any] | None = None,
    phi: float | None = None,
    grp1: Iterable[Any] | None = None,
    grp2: Iterable[Any] | None = None,
    w1: Iterable[Any] | None = None,
    w2: Iterable[Any] | None = None,
) -> np.ndarray:
    """The covariance matrix V (rows, rows) of effects that share patients, from assumed correlations.

        V_ij = r_ij sqrt(v_i v_j) within a cluster, 0 between clusters

    `effects`, or their variances vi. `cluster`: who shares patients (a study, say). Without `grp1`, r_ij is `rho`:
    one value for all; with `type` (the outcome, say) one value for other types, (same type, other type), or a mapping
    {("pain", "function"): 0.6}. Rows of one type alone are taken as different measurements and need (same, other).
    `time` with `phi` multiplies by phi^|lag|.

    `grp1`, `grp2`: the arms that an effect compares, as in a trial of several arms against one control. Then
    r_ij = (+-1/w)/sqrt((1/w1_i + 1/w2_i)(1/w1_j + 1/w2_j)) summed over the shared arms, w their sizes `w1`, `w2`
    (equal when not given: 0.5 for a shared control), minus when the arm is on opposite sides; times `rho` if given.

    Rows with a missing variance are nan. Errors: `InvalidValue` for a correlation outside [-1, 1], `MissingColumns`,
    `LengthMismatch`. Whether V is positive definite is checked where it is used: the contrasts of all pairs of arms
    are not, and one of them has to go.

    Source: Gleser & Olkin 2009 (Handbook of Research Synthesis, 2nd ed., ch. 19); Cochrane Handbook 23.3.4. metafor:
    `vcalc(vi, cluster=, type=, time1=, grp1=, grp2=, w1=, w2=, rho=, phi=)`."""
    vi = effects.vi if isinstance(effects, Effects) else as_columns({"vi": effects})["vi"]
    require_variances({"vi": vi}, "vi")
    k = len(vi)
    codes = _codes("cluster", cluster, k)
    same_cluster = codes[:, None] == codes[None, :]
    if grp1 is not None or grp2 is not None:
        if grp1 is None or grp2 is None:
            raise MissingColumns("Give both grp1 and grp2: the two arms that each effect compares.")
        correlation = _shared_arms(_labels("grp1", grp1, k), _labels("grp2", grp2, k), w1, w2, k)
        if rho is not None:
            correlation = correlation * _correlations(rho, type, k)
    elif rho is not None:
        correlation = _correlations(rho, type, k)
    elif time is not None and phi is not None:
        correlation = np.ones((k, k))
    else:
        raise MissingColumns("Say how the effects correlate: rho, time with phi, or grp1 and grp2.")
    if (time is None) != (phi is None):
        raise MissingColumns("time and phi belong together: the correlation is phi^|lag|.")
    if time is not None and phi is not None:
        times = as_columns({"time": time})["time"]
        _require_length("time", times, k)
        correlation = correlation * _checked(phi) ** np.abs(times[:, None] - times[None, :])
    np.fill_diagonal(correlation, 1.0)
    deviation = np.sqrt(vi)
    return np.where(same_cluster, correlation, 0.0) * np.outer(deviation, deviation)


def aggregate(
    effects: Effects,
    cluster: Iterable[Any],
    *,
    rho: float | None = None,
    struct: str = "CS",
    V: Any = None,
    weighted: bool = True,
) -> Effects:
    """One effect per cluster, in the order in which the clusters first appear.

        y = 1'V^-1 y / 1'V^-1 1, v = 1/(1'V^-1 1);  unweighted: y = mean, v = 1'V1/n^2

    V: `rho` for all pairs of a cluster (struct CS), independence (struct ID, or rho 0), or the full (rows, rows)
    matrix `V`, see `sampling_covariance`. Rows without an effect are left out; a cluster without any usable row is
    listed in `dropped`. Sample sizes are not carried over, since clusters may share patients.

    Errors: `MissingColumns` when nothing says how the effects correlate, `InvalidValue` for a V that is not positive
    definite, `LengthMismatch`. Source: Borenstein et al. 2021, Introduction to Meta-Analysis, 2nd ed., ch. 23 and 24.
    metafor: `aggregate(escalc, cluster=, struct=, rho=, V=, weighted=)`."""
    k = len(effects)
    labels = _labels("cluster", cluster, k)
    matrix = _within(effects, labels, rho, struct, V)
    names = tuple(dict.fromkeys(labels))
    yi, vi, dropped = np.full(len(names), np.nan), np.full(len(names), np.nan), []
    members: dict[str, list[int]] = {name: [] for name in names}
    for row in np.flatnonzero(effects.usable).tolist():
        members[labels[row]].append(row)
    for place, name in enumerate(names):
        rows = np.array(members[name], dtype=int)
        if not rows.size:
            dropped.append(Dropped(place, name, "None of its rows has an effect and a variance."))
            continue
        own = matrix(rows)
        yi[place], vi[place] = _combine(effects.yi[rows], own, weighted, name)
    return Effects(effects.measure, frozen_array(yi), frozen_array(vi), names, None, tuple(dropped))


def _within(effects: Effects, labels: tuple[str, ...], rho: float | None, struct: str, V: Any) -> Any:
    """A function from the rows of a cluster to their covariance matrix."""
    k = len(effects)
    if V is not None:
        matrix = np.array(V, dtype=float)
        if matrix.shape != (k, k):
            raise LengthMismatch(
                f"V has the shape {matrix.shape} for {k} rows; give a row and a column for each."
            )
        return lambda rows: matrix[np.ix_(rows, rows)]
    kind = str(struct).upper()
    if kind not in ("ID", "CS"):
        raise UnknownOption(f"There is no structure {struct!r} here; choose CS or ID, or give V.")
    if kind == "CS" and rho is None:
        raise MissingColumns(
            "Say how the effects of a cluster correlate: rho (0 for independent effects), struct='ID', or V."
        )
    value = 0.0 if kind == "ID" or rho is None else _checked(rho)

    def covariance(rows: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(effects.vi[rows])
        correlation = np.full((len(rows), len(rows)), value)
        np.fill_diagonal(correlation, 1.0)
        return correlation * np.outer(deviation, deviation)

    return covariance


def _combine(yi: np.ndarray, own: np.ndarray, weighted: bool, name: str) -> tuple[float, float]:
    n = len(yi)
    if not weighted:
        return float(np.mean(yi)), float(np.sum(own)) / n**2
    deviation = np.sqrt(np.diagonal(own))
    root = definite_root(own, deviation)
    if root is None:
        raise InvalidValue(
            f"The covariance matrix of cluster {name} is not positive definite (a variance of 0, correlations of 1, "
            "or correlations that contradict one another)."
        )
    ones = np.linalg.solve(root, 1.0 / deviation)
    total = float(ones @ ones)
    return float(ones @ np.linalg.solve(root, yi / deviation)) / total, 1.0 / total


def _checked(value: Any) -> float:
    number = float(value)
    if not -1.0 <= number <= 1.0:
        raise InvalidValue(f"{number:g} is not a correlation; it must be between -1 and 1.")
    return number


def _labels(name: str, values: Iterable[Any], k: int) -> tuple[str, ...]:
    given = list(values)
    if len(given) != k:
        raise LengthMismatch(f"{name} has {len(given)} values for {k} rows; give one per row.")
    labels = as_labels(given, k)
    for row, value in enumerate(given):
        if value is None or value != value or not labels[row].strip():
            raise InvalidValue(f"Row {row + 1}: {name} is missing.", column=name, row=row)
    return labels


def _require_length(name: str, values: np.ndarray, k: int) -> None:
    if len(values) != k:
        raise LengthMismatch(f"{name} has {len(values)} values for {k} rows; give one per row.")


def _codes(name: str, values: Iterable[Any], k: int) -> np.ndarray:
    return np.unique(np.array(_labels(name, values, k)), return_inverse=True)[1].reshape(-1)


def _correlations(rho: Rho, types: Iterable[Any] | None, k: int) -> np.ndarray:
    """Correlations (k, k) by type; the diagonal is set by the caller."""
    if types is None:
        if isinstance(rho, (tuple, list, Mapping)):
            raise MissingColumns("A correlation for each pair of types needs the column type.")
        return np.full((k, k), _checked(rho))
    names = _labels("type", types, k)
    codes = _codes("type", names, k)
    same = codes[:, None] == codes[None, :]
    if isinstance(rho, Mapping):
        return _by_pair(rho, names)
    if isinstance(rho, (tuple, list)):
        within, between = (_checked(value) for value in rho)
        return np.where(same, within, between)
    return np.where(same, 1.0, _checked(rho))


def _by_pair(rho: Mapping[tuple[Any, Any], float], names: tuple[str, ...]) -> np.ndarray:
    """A pair of one type with itself is 1 unless the mapping has it."""
    known = {frozenset((str(a), str(b))): _checked(value) for (a, b), value in rho.items()}
    found = np.ones((len(names), len(names)))
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            value = known.get(frozenset((a, b)), 1.0 if a == b else None)
            if value is None:
                raise MissingColumns(f"rho has no correlation of {a} and {b}.")
            found[i, j] = value
    return found


def _shared_arms(
    first: tuple[str, ...],
    second: tuple[str, ...],
    w1: Iterable[Any] | None,
    w2: Iterable[Any] | None,
    k: int,
) -> np.ndarray:
    """Correlations (k, k) of contrasts through the arms they share."""
    if (w1 is None) != (w2 is None):
        raise MissingColumns("Give both w1 and w2, the sizes of the two arms, or neither.")
    size1 = np.ones(k) if w1 is None else as_columns({"w1": w1})["w1"]
    size2 = np.ones(k) if w2 is None else as_columns({"w2": w2})["w2"]
    for name, size in (("w1", size1), ("w2", size2)):
        _require_length(name, size, k)
        if not np.all(size > 0.0):
            raise InvalidValue(f"{name} must be a number of people above 0 in every row.")
    codes = np.unique(np.array(first + second), return_inverse=True)[1].reshape(2, k)
    total = np.zeros((k, k))
    for a, one in enumerate((size1, size2)):
        for b, other in enumerate((size1, size2)):
            shared = codes[a][:, None] == codes[b][None, :]
            part = 1.0 / np.sqrt(np.outer(one, other))
            total += np.where(shared, part if a == b else -part, 0.0)
    variance = 1.0 / size1 + 1.0 / size2
    return total / np.sqrt(np.outer(variance, variance))
