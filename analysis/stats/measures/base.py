"""What every effect measure is made of: its options, its description, and the arithmetic that many share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.tables import CellPolicy

Pair = tuple[np.ndarray, np.ndarray]

#: Whose definitions are followed where metafor's releases differ; the first is the default.
EDITIONS = ("5", "3.8")


@dataclass(frozen=True)
class Options:
    """How an effect is computed where there is a choice: the zero-cell policy, the variance type, the second-order
    bias correction of measures with the logarithm of a mean, the edition of metafor whose definitions hold."""

    cells: CellPolicy
    vtype: str
    correct: bool
    edition: str = EDITIONS[0]

    @property
    def early(self) -> bool:
        """Whether the definitions of metafor 3.8 are wanted."""
        return self.edition == "3.8"


Compute = Callable[[Columns, Options], Pair]
Size = Callable[[Columns], np.ndarray]


@dataclass(frozen=True)
class Measure:
    """An effect measure: its `name`, a `label` to print, the sets of `columns` it can be computed from, its
    variance types.

    `compute(columns, options)` gives (yi, vi); nan or infinite where the row has no effect. `size` gives the
    total sample size, or None where the measure has none. `add`: what the zero-cell policy adds unless told; 0
    for the measures that are defined at 0. `corrected`: whether the second-order bias correction is on unless
    told; None where there is none to choose. `spared`: columns whose missing values an averaged variance (AV...)
    makes up for. `idle`: columns that only the zero-cell policy looks at, so that they may be missing."""

    name: str
    label: str
    columns: tuple[tuple[str, ...], ...]
    compute: Compute
    size: Size | None = None
    vtypes: tuple[str, ...] = ("LS",)
    add: float = 0.5
    corrected: bool | None = None
    spared: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


# ---------------------------------------------------------------- columns

TABLES = (("ai", "bi", "ci", "di"), ("ai", "n1i", "ci", "n2i"))
MEANS = (("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),)
STANDARDISED = (("di", "n1i", "n2i"), ("ti", "n1i", "n2i"))
CHANGE = (("m1i", "m2i", "sd1i", "sd2i", "ni", "ri"),)
PROPORTION = (("xi", "ni"), ("xi", "mi"))
RATE = (("xi", "ti"),)
RATES = (("x1i", "t1i", "x2i", "t2i"),)
GENERIC_COLUMNS = (("yi", "vi"), ("yi", "sei"))


def first_of(*choices: np.ndarray | None) -> np.ndarray:
    """Element by element the first choice that is not missing; None for a choice whose columns were not given."""
    there = [np.asarray(choice, dtype=float) for choice in choices if choice is not None]
    found = there[0]
    for choice in there[1:]:
        found = np.where(np.isnan(found), choice, found)
    return found


def sum_of(*names: str) -> Size:
    """Total sample size as the sum of columns."""
    return lambda columns: np.sum([columns[name] for name in names], axis=0)


# ---------------------------------------------------------------- shared arithmetic


def average(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mean over the usable rows, weighted by sample size, repeated for every row."""
    usable = np.isfinite(values) & np.isfinite(sizes)
    total = np.sum(sizes[usable])
    return np.full_like(values, np.sum(values[usable] * sizes[usable]) / total if total > 0 else np.nan)


def correction_factor(m: np.ndarray) -> np.ndarray:
    """Hedges' exact J(m) = Gamma(m/2)/(sqrt(m/2) Gamma((m-1)/2)); nan for m < 2 (Hedges 1981, eq. 6e)."""
    from scipy.special import gammaln

    m = np.asarray(m, dtype=float)
    safe = np.where(m >= 2, m, np.nan)
    return np.exp(gammaln(safe / 2) - 0.5 * np.log(safe / 2) - gammaln((safe - 1) / 2))


def binomial_variance(p: np.ndarray, n: np.ndarray, vtype: str) -> np.ndarray:
    """p q/n; UB over n - 1; AV with p averaged over studies."""
    if vtype == "UB":
        return p * (1 - p) / (n - 1)
    if vtype == "AV":
        p = average(p, n)
    return p * (1 - p) / n


def fisher(pair: Pair) -> Pair:
    """atanh r with the variance of r by the delta method, v/(1 - r^2)^2."""
    r, v = pair
    return np.arctanh(r), v / (1 - r**2) ** 2


def generic(columns: Columns, options: Options | None) -> Pair:
    """yi as given; vi, or sei squared."""
    check.require_variances(columns, *(name for name in ("vi", "sei") if name in columns))
    return columns["yi"], first_of(columns.get("vi"), columns["sei"] ** 2 if "sei" in columns else None)
