"""What the statistics hand out: frozen results with plain numbers, labels and a `to_dict()` fit for JSON."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


class Dropped(NamedTuple):
    """A row that has no usable effect: its 0-based number, its label and the reason in words."""

    row: int
    label: str
    reason: str


def frozen_array(values: Any) -> np.ndarray:
    """A read-only float array."""
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array


def plain(value: Any) -> Any:
    """Numpy and nested results as JSON-ready values; a number that is not finite becomes None."""
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return value


class Result:
    """Base of the results: `to_dict()` gives every field as JSON-ready values."""

    def to_dict(self) -> dict[str, Any]:
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Effects(Result):
    """Effects and sampling variances, one row per study in the order given.

    `yi`, `vi`: float arrays of shape (rows,); a row without a usable effect is nan in both and listed in `dropped`.
    `ni`: total sample sizes where the measure has them, else None. `slab`: study labels. `measure`: its name.
    Ratio measures are on the log scale."""

    measure: str
    yi: np.ndarray
    vi: np.ndarray
    slab: tuple[str, ...]
    ni: np.ndarray | None = None
    dropped: tuple[Dropped, ...] = ()

    @property
    def usable(self) -> np.ndarray:
        """Mask of the rows that can be pooled."""
        return np.isfinite(self.yi) & np.isfinite(self.vi)

    @property
    def k(self) -> int:
        """Number of usable studies."""
        return int(np.count_nonzero(self.usable))

    @property
    def sei(self) -> np.ndarray:
        """Standard errors, sqrt(vi)."""
        return np.sqrt(self.vi)

    def __len__(self) -> int:
        return len(self.yi)

    def select(self, rows: Any) -> Effects:
        """The rows given by a mask or by indices, in that order."""
        chosen = np.arange(len(self))[np.asarray(rows)]
        lost = {d.row: d for d in self.dropped}
        return Effects(
            measure=self.measure,
            yi=frozen_array(self.yi[chosen]),
            vi=frozen_array(self.vi[chosen]),
            slab=tuple(self.slab[i] for i in chosen),
            ni=None if self.ni is None else frozen_array(self.ni[chosen]),
            dropped=tuple(lost[i]._replace(row=n) for n, i in enumerate(chosen.tolist()) if i in lost),
        )


@dataclass(frozen=True, eq=False)
class ModelData:
    """What a model was fitted to: usable yi, vi (k,), design (k, p), and own weights (k,) where they were given."""

    yi: np.ndarray
    vi: np.ndarray
    design: np.ndarray
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class Heterogeneity(Result):
    """Q with its degrees of freedom and p, I2 in percent, H2, and the typical sampling variance behind them."""

    q: float | None
    q_df: int
    q_pval: float | None
    i2: float | None
    h2: float | None
    typical_variance: float | None


@dataclass(frozen=True)
class QBased(Result):
    """I2 (percent) and H2 from Q with limits; None where the interval is not defined."""

    i2: float
    i2_low: float | None
    i2_high: float | None
    h2: float
    h2_low: float | None
    h2_high: float | None
    level: float
    definition: str = "from Q (Higgins & Thompson 2002)"


@dataclass(frozen=True, eq=False)
class Pooled(Result):
    """A pooled effect. Ratio measures stay on the log scale; `natural_scale(pooled)` transforms them back.

    `df`: degrees of freedom of t (None: normal). `pi_low`, `pi_high`: prediction interval, None for a common-effect
    model; `pi_method` names its variant. `weights`: per usable study, summing to one, named by `slab`.
    `dropped`: rows left out, with reasons. `notes`: sentences a reader of the number should see.

    `i2` and `h2` follow tau2 (metafor); `i2_q` and `h2_q` follow Q alone (RevMan, R's meta), and
    `i2_interval(pooled)` gives the interval that goes with them. `data`: what was fitted, for `predict`, `blup`,
    `fit_statistics` and `likelihood_ratio`."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    stat: float
    pval: float
    tau2: float
    i2: float | None
    h2: float | None
    q: float | None
    q_pval: float | None
    pi_low: float | None
    pi_high: float | None
    k: int
    measure: str
    tau2_method: str
    test: str
    level: float = 0.95
    df: int | None = None
    q_df: int = 0
    se_tau2: float | None = None
    pi_method: str | None = None
    slab: tuple[str, ...] = ()
    weights: np.ndarray = field(default_factory=lambda: frozen_array([]))
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    data: ModelData | None = field(default=None, repr=False)

    KEYS = (
        *("estimate", "se", "ci_low", "ci_high", "stat", "pval", "tau2", "i2", "h2", "q", "q_pval"),
        *("pi_low", "pi_high", "k", "measure", "tau2_method", "test"),
    )

    @property
    def i2_q(self) -> float | None:
        """I2 in percent from Q, 100 max(0, (Q - df)/Q)."""
        if self.q is None:
            return None
        return 100.0 * max(0.0, (self.q - self.q_df) / self.q) if self.q > 0.0 else 0.0

    @property
    def h2_q(self) -> float | None:
        """H2 from Q, max(1, Q/df): below 1 there is nothing in excess of chance."""
        if self.q is None:
            return None
        return max(1.0, self.q / self.q_df) if self.q_df > 0 else 1.0

    def to_dict(self) -> dict[str, Any]:
        """The keys that `manage.py pool --json` prints: `Pooled.KEYS`, in that order."""
        return {name: plain(getattr(self, name)) for name in self.KEYS}


@dataclass(frozen=True, eq=False)
class PooledTables(Pooled):
    """Mantel-Haenszel or Peto: a `Pooled` (tau2 = 0, no prediction interval) with the tests on the tables.

    `k` tables are summed, `k_pos` of them have both outcomes (OR, Peto), and `k_effects` contribute to Q (tables
    whose own effect cannot be computed do not). `mh_stat`: Cochran-Mantel-Haenszel chi-squared on one degree of
    freedom. `bd_*`, `ta_*`: Breslow-Day and Tarone tests of equal odds ratios. None where a test is not defined
    for the measure."""

    k_effects: int = 0
    k_pos: int | None = None
    mh_stat: float | None = None
    mh_pval: float | None = None
    bd_stat: float | None = None
    bd_df: int | None = None
    bd_pval: float | None = None
    ta_stat: float | None = None
    ta_df: int | None = None
    ta_pval: float | None = None


@dataclass(frozen=True)
class Tau2Interval(Result):
    """Confidence limits of tau2 and, from them, of tau, I2 (percent) and H2; `method` names the interval.

    `empty` is true when no tau2 >= 0 is compatible with Q (effects closer together than chance alone would put them);
    the limits are then both 0. `notes`: sentences a reader of the interval should see."""

    tau2: float
    tau2_low: float
    tau2_high: float
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    h2: float | None
    h2_low: float | None
    h2_high: float | None
    level: float
    method: str
    empty: bool = False
    notes: tuple[str, ...] = ()

    @property
    def tau(self) -> float:
        return math.sqrt(self.tau2)

    @property
    def tau_low(self) -> float:
        return math.sqrt(self.tau2_low)

    @property
    def tau_high(self) -> float:
        return math.sqrt(self.tau2_high)


@dataclass(frozen=True, eq=False)
class Regression(Result):
    """A meta-regression: coefficients by `names`, the test of moderators `qm` and the residual heterogeneity `q`.

    `qm_df`: (m,) for chi-squared, (m, k - p) for F. `r2`: percent of tau2 (common effect: of H2) explained, None
    without an intercept or for a saturated model. `vcov`: covariance of the coefficients, (p, p)."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    se: np.ndarray
    stat: np.ndarray
    pval: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    vcov: np.ndarray
    qm: float | None
    qm_df: tuple[int, ...]
    qm_pval: float | None
    tau2: float
    se_tau2: float | None
    i2: float | None
    h2: float | None
    r2: float | None
    q: float | None
    q_df: int
    q_pval: float | None
    k: int
    measure: str
    tau2_method: str
    test: str
    level: float
    df: int | None
    slab: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    data: ModelData | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        fields = (f.name for f in dataclasses.fields(self) if f.name != "data")
        return {name: plain(getattr(self, name)) for name in fields}


@dataclass(frozen=True)
class Subgroup(Result):
    """One level of a subgroup analysis: its name, what was pooled (None: no usable study) and a remark in words."""

    name: str
    pooled: Pooled | None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        numbers = dict.fromkeys(Pooled.KEYS) | {"k": 0} if self.pooled is None else self.pooled.to_dict()
        return {"name": self.name, **numbers, "note": self.note}


@dataclass(frozen=True)
class Subgroups(Result):
    """Pooled effects per level and the test of subgroup differences on `q_between_df` degrees of freedom."""

    groups: tuple[Subgroup, ...]
    q_between: float | None
    q_between_df: int
    q_between_pval: float | None
    common_tau2: bool
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegressionTest(Result):
    """Egger-type test of funnel asymmetry: `stat` of the slope on `predictor` (t with `df`, or z when df is None).

    `limit`: the estimate as the predictor goes to 0 with its interval, None where that is not the large-study
    limit."""

    model: str
    predictor: str
    stat: float
    df: int | None
    pval: float
    slope: float
    slope_se: float
    limit: float | None
    limit_low: float | None
    limit_high: float | None
    tau2: float | None
    k: int


@dataclass(frozen=True)
class RankTest(Result):
    """Begg and Mazumdar's test: Kendall's tau between standardised effects and variances."""

    tau: float
    pval: float
    exact: bool
    k: int


@dataclass(frozen=True)
class Sequence(Result):
    """A chain of refits (leave-one-out, cumulative): `pooled[i]` belongs to `labels[i]`."""

    labels: tuple[str, ...]
    pooled: tuple[Pooled, ...]

    def column(self, name: str) -> np.ndarray:
        """One quantity over all refits, e.g. `column("estimate")`; nan where it is not defined."""
        return np.array(
            [math.nan if (v := getattr(p, name)) is None else v for p in self.pooled], dtype=float
        )

    def to_dict(self) -> list[dict[str, Any]]:  # type: ignore[override]
        pairs = zip(self.labels, self.pooled, strict=True)
        return [{"label": label, **pooled.to_dict()} for label, pooled in pairs]


@dataclass(frozen=True, eq=False)
class Influence(Result):
    """Case diagnostics, one value per usable study (`slab`); see `influence` for the definitions.

    `rstandard`, `rstudent`: standardised residuals, internal and deleted. `dfbs`: shape (k, p). `weight`: percent.
    `flagged`: studies that meet at least one of the four rules of thumb."""

    slab: tuple[str, ...]
    rstandard: np.ndarray
    rstudent: np.ndarray
    dffits: np.ndarray
    cook_d: np.ndarray
    cov_r: np.ndarray
    tau2_del: np.ndarray
    q_del: np.ndarray
    hat: np.ndarray
    weight: np.ndarray
    dfbs: np.ndarray
    flagged: np.ndarray
