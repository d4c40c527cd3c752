"""Cluster-robust (sandwich) standard errors, with Satterthwaite degrees of freedom for few clusters.

With residuals e_j, rows X_j and weights W = M^-1 of cluster j, M the covariance the model assumes, and
C = (X'WX)^-1, for m clusters and p coefficients:

    V_R = C [ sum_j X_j'W_j A_j e_j e_j'A_j'W_j X_j ] C

    CR0   A_j = I
    CR1   A_j = sqrt(m/(m - p)) I                          clubSandwich: CR1p
    CR1S  A_j = sqrt(m (k - 1)/((m - 1)(k - p))) I         as Stata has it
    CR2   A_j = D_j' B_j^(-1/2) D_j,  D_j'D_j = M_j,  B_j = D_j (M_j - X_j C X_j') D_j'

CR0 and CR1 go with t on m - p degrees of freedom. CR2 is unbiased when M is right, and goes with Satterthwaite's: for
a contrast c and a_j = A_j'W_j X_j C c, P_ij = a_i'(I - H)_i M (I - H)_j'a_j,

    df = (sum_j P_jj)^2 / sum_ij P_ij^2

Several coefficients are tested by Hotelling's T2 (HTZ): F = (df - q + 1)/(df q) Q on q and df - q + 1. Below 4
degrees of freedom such tests cannot be trusted. Source: Hedges, Tipton & Johnson 2010, doi 10.1002/jrsm.5;
Tipton 2015, doi 10.1037/met0000011; Tipton & Pustejovsky 2015, doi 10.3102/1076998615606099; Pustejovsky & Tipton
2018, doi 10.1080/07350015.2016.1247004. metafor: `robust(fit, cluster=, adjust=, clubSandwich=)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_labels, as_named
from analysis.stats.distributions import check_level, critical_value, f_upper, two_sided
from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    RankDeficient,
    StatsError,
    TooFewStudies,
    UnknownOption,
)
from analysis.stats.fit_statistics import data_of
from analysis.stats.least_squares import weighted_fit
from analysis.stats.multilevel import Multilevel
from analysis.stats.pooling import need_studies, pool
from analysis.stats.regression import regress
from analysis.stats.results import Effects, Pooled, Regression, Result, frozen_array
from analysis.stats.tau2 import Estimator

#: What each kind multiplies CR0 by, given clusters m, rows k and coefficients p.
FACTORS: dict[str, Callable[[int, int, int], float]] = {
    "CR0": lambda m, k, p: 1.0,
    "CR1": lambda m, k, p: m / (m - p),
    "CR1S": lambda m, k, p: m * (k - 1) / ((m - 1) * (k - p)),
    "CR2": lambda m, k, p: 1.0,
}
OTHER_SPELLINGS = {"CR1P": "CR1"}


@dataclass(frozen=True, eq=False)
class Robust(Result):
    """Coefficients with cluster-robust standard errors; `df` per coefficient.

    `qm`: F test of all coefficients but the intercept on `qm_df`, None where those are not positive."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    se: np.ndarray
    stat: np.ndarray
    df: np.ndarray
    pval: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    vcov: np.ndarray
    qm: float | None
    qm_df: tuple[float, float]
    qm_pval: float | None
    clusters: int
    k: int
    kind: str
    level: float
    measure: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Working:
    """A fitted model: design and WX (k, p), residuals (k,), C (p, p), and M of any rows that form whole blocks.

    `blocks`: number of the block of dependent rows of each row (k,)."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    design: np.ndarray
    weighted: np.ndarray
    residuals: np.ndarray
    bread: np.ndarray
    covariance: Callable[[np.ndarray], np.ndarray]
    blocks: np.ndarray
    keep: np.ndarray
    measure: str
    level: float


def robust(
    fit: Effects | Pooled | Regression | Multilevel,
    cluster: Iterable[Any],
    *,
    kind: str = "CR2",
    small_sample: bool | None = None,
    moderators: Mapping[str, Any] | None = None,
    intercept: bool = True,
    tau2: str | Estimator = "REML",
    level: float | None = None,
) -> Robust:
    """Coefficients with cluster-robust standard errors of kind CR0, CR1, CR1S or CR2 (see the module).

    `fit`: a result of `pool`, `regress` or `multilevel`; or effects, which are pooled, or regressed on `moderators`,
    with `tau2`. `cluster`: one label per row of the effects. `small_sample`: Satterthwaite's degrees of freedom;
    by default with CR2 only, else m - p. With CR2, and for `small_sample`, clusters must be independent in the model:
    a random effect or sampling covariance shared by two clusters is refused (cluster by the outermost level then).
    `level`: as in the fit, 0.95 for effects.

    Errors: `TooFewStudies` for fewer than p + 1 clusters, `LengthMismatch`, `UnknownOption`, `RankDeficient`, and
    those of the fit."""
    name = OTHER_SPELLINGS.get(str(kind).upper(), str(kind).upper())
    if name not in FACTORS:
        raise UnknownOption(f"There is no sandwich estimator {kind!r}; choose one of {', '.join(FACTORS)}.")
    if isinstance(fit, Effects):
        need_studies(fit, 2, "Robust standard errors need")
        named = as_named("moderators", moderators)
        fit = regress(fit, named, tau2=tau2, intercept=intercept) if named else pool(fit, tau2=tau2)
    if not isinstance(fit, (Pooled, Regression, Multilevel)):
        raise UnknownOption(
            "Robust standard errors take effects, or a result of pool(), regress() or multilevel()."
        )
    working = _of_multilevel(fit) if isinstance(fit, Multilevel) else _of_pooled(fit)
    level = working.level if level is None else check_level(level)
    groups = _groups(cluster, working.keep)
    k, p = working.design.shape
    m = len(groups)
    if m <= p:
        raise TooFewStudies(
            f"Robust standard errors for {p} coefficients need more than {p} clusters; there are {m}."
        )
    if np.max(np.abs(working.residuals)) <= 1e-13 * np.max(np.abs(working.design @ working.coefficients)):
        raise StatsError(
            "The model fits every effect exactly (usually because all are identical), so there is no scatter for "
            "robust standard errors to be made of."
        )
    satterthwaite = name == "CR2" if small_sample is None else bool(small_sample)
    if name == "CR2" or satterthwaite:
        _require_independent(working.blocks, groups)
    adjusted = _adjusted(working, groups, name)
    factor = FACTORS[name](m, k, p)
    scores = np.array([working.residuals[g] @ a for g, a in zip(groups, adjusted, strict=True)])
    vcov = factor * (scores.T @ scores)
    return _result(working, groups, adjusted, vcov, name, satterthwaite, level)


def _of_multilevel(fit: Multilevel) -> _Working:
    problem = fit.problem
    if problem is None:
        raise UnknownOption("This fit does not carry its data, so robust standard errors cannot be computed.")
    model = problem.model
    lam = model.covariances(problem.theta)[0]

    def covariance(rows: np.ndarray) -> np.ndarray:
        return model.unit**2 * model.covariance_of(rows, lam)

    wx = np.zeros((model.k, model.p))
    for stack, (_, part, _) in zip(model.stacks, problem.fitted.weighted, strict=True):
        real = stack.rows >= 0
        wx[stack.rows[real]] = part[real]
    yi = problem.effects.yi[problem.keep]
    return _Working(
        names=fit.names,
        coefficients=fit.coefficients,
        design=problem.design,
        weighted=wx @ model.triangle / model.unit**2,
        residuals=yi - problem.design @ fit.coefficients,
        bread=fit.vcov,
        covariance=covariance,
        blocks=model.blocks,
        keep=problem.keep,
        measure=fit.measure,
        level=fit.level,
    )


def _of_pooled(fit: Pooled | Regression) -> _Working:
    data = data_of(fit)
    if data.weights is not None:
        raise UnknownOption("Robust standard errors are for the model's own weights, not for weights given.")
    total = data.vi + fit.tau2
    least_squares = weighted_fit(data.yi, data.design, 1.0 / total)
    lost = {d.row for d in fit.dropped}
    return _Working(
        names=fit.names if isinstance(fit, Regression) else ("intrcpt",),
        coefficients=least_squares.coefficients,
        design=data.design,
        weighted=data.design / total[:, None],
        residuals=least_squares.residuals,
        bread=least_squares.covariance,
        covariance=lambda rows: np.diag(total[rows]),
        blocks=np.arange(len(data.yi)),
        keep=np.array([row not in lost for row in range(len(data.yi) + len(lost))], dtype=bool),
        measure=fit.measure,
        level=fit.level,
    )


def _groups(cluster: Iterable[Any], keep: np.ndarray) -> list[np.ndarray]:
    """Row numbers (among those kept) of each cluster."""
    values = list(cluster)
    if len(values) != len(keep):
        raise LengthMismatch(
            f"There are {len(values)} cluster labels for {len(keep)} rows; give one per row."
        )
    labels = as_labels(values, len(values))
    members: dict[str, list[int]] = {}
    for place, row in enumerate(np.flatnonzero(keep).tolist()):
        value = values[row]
        if value is None or value != value or not labels[row].strip():
            raise InvalidValue(f"Row {row + 1} has no cluster; every row with an effect needs one.", row=row)
        members.setdefault(labels[row], []).append(place)
    return [np.array(rows) for rows in members.values()]


def _require_independent(blocks: np.ndarray, groups: list[np.ndarray]) -> None:
    cluster = np.zeros(len(blocks), dtype=int)
    for number, rows in enumerate(groups):
        cluster[rows] = number
    first = np.zeros(int(blocks.max()) + 1, dtype=int)
    first[blocks] = cluster
    if np.any(first[blocks] != cluster):
        raise UnknownOption(
            "The model has rows of different clusters depend on one another (they share a random effect or a "
            "sampling covariance). Cluster by the outermost level, or use CR0 or CR1 without small_sample."
        )


def _adjusted(working: _Working, groups: list[np.ndarray], kind: str) -> list[np.ndarray]:
    """A_j'W_j X_j C of each cluster, (rows, p): what its residuals are multiplied by."""
    projected = working.weighted @ working.bread
    if kind != "CR2":
        return [projected[rows] for rows in groups]
    found = []
    for rows in groups:
        own = working.covariance(rows)
        x = working.design[rows]
        d = np.linalg.cholesky(own).T
        values, vectors = np.linalg.eigh(d @ (own - x @ working.bread @ x.T) @ d.T)
        good = values > 1e-10 * float(np.linalg.eigvalsh(d @ own @ d.T)[-1])
        power = np.where(good, 1.0 / np.sqrt(np.where(good, values, 1.0)), 0.0)
        found.append(d.T @ (vectors * power) @ vectors.T @ d @ projected[rows])
    return found


@dataclass(frozen=True, eq=False)
class _Moments:
    """What the degrees of freedom are made of: per cluster a_j'M_j a_j (m, p, p) and a_j'X_j (m, p, p)."""

    own: np.ndarray
    shadow: np.ndarray
    bread: np.ndarray

    @classmethod
    def of(cls, working: _Working, groups: list[np.ndarray], adjusted: list[np.ndarray]) -> _Moments:
        own = [a.T @ working.covariance(rows) @ a for a, rows in zip(adjusted, groups, strict=True)]
        shadow = [a.T @ working.design[rows] for a, rows in zip(adjusted, groups, strict=True)]
        return cls(np.array(own), np.array(shadow), working.bread)

    def combined(self, contrasts: np.ndarray) -> _Moments:
        """Those of combinations of the coefficients, contrasts (q, p)."""
        return _Moments(contrasts @ self.own @ contrasts.T, contrasts @ self.shadow, self.bread)

    @property
    def expected(self) -> np.ndarray:
        """The expectation of V_R (q, q): sum_j P_jj."""
        return np.sum(self.own - self._overlap, axis=0)

    @property
    def _overlap(self) -> np.ndarray:
        return self.shadow @ self.bread @ np.swapaxes(self.shadow, 1, 2)

    @property
    def squares(self) -> np.ndarray:
        """sum_ij P_ij[s, t] P_ij[u, v], shape (q, q, q, q), without an m x m matrix."""
        m, q, p = self.shadow.shape
        own, overlap = self.own.reshape(m, -1), self._overlap.reshape(m, -1)
        same = own.T @ own - own.T @ overlap - overlap.T @ own
        flat = self.shadow.reshape(m, -1)
        kernel = (flat.T @ flat).reshape(q, p, q, p).transpose(0, 2, 1, 3)  # s, u, a, b
        turned = (self.bread @ kernel @ self.bread).reshape(q * q, p * p)
        crossed = (turned @ kernel.reshape(q * q, p * p).T).reshape(q, q, q, q)  # s, u, t, v
        return same.reshape(q, q, q, q) + crossed.transpose(0, 2, 1, 3)


def _satterthwaite(moments: _Moments) -> np.ndarray:
    """Degrees of freedom of each coefficient."""
    return np.diagonal(moments.expected) ** 2 / np.einsum("ssss->s", moments.squares)


def _hotelling(moments: _Moments, first: int) -> float:
    """Degrees of freedom of the joint test of coefficients from `first` on: q(q + 1)/sum_st Var(d_st)."""
    p = moments.own.shape[1]
    values, vectors = np.linalg.eigh(moments.combined(np.eye(p)[first:]).expected)
    if values[0] <= 1e-12 * values[-1]:
        raise RankDeficient(
            "The coefficients cannot be tested together: their robust covariance is singular."
        )
    root = (vectors / np.sqrt(values)) @ vectors.T
    squares = moments.combined(root @ np.eye(p)[first:]).squares
    variance = np.einsum("sstt->", squares) + np.einsum("stts->", squares)
    return (p - first) * (p - first + 1.0) / float(variance)


def _result(
    working: _Working,
    groups: list[np.ndarray],
    adjusted: list[np.ndarray],
    vcov: np.ndarray,
    kind: str,
    satterthwaite: bool,
    level: float,
) -> Robust:
    k, p = working.design.shape
    m = len(groups)
    se = np.sqrt(np.diagonal(vcov))
    moments = _Moments.of(working, groups, adjusted) if satterthwaite else None
    df = np.full(p, float(m - p)) if moments is None else _satterthwaite(moments)
    stat = working.coefficients / se
    margin = np.array([critical_value(level, d) for d in df]) * se
    first = 1 if working.names[0] == "intrcpt" and p > 1 else 0
    q = p - first
    denominator = float(m - p) if moments is None else _hotelling(moments, first) - q + 1.0
    qm, qm_pval = _joint(working.coefficients[first:], vcov[first:, first:], q, denominator, satterthwaite)
    notes = []
    if np.any(df < 4.0):
        notes.append(
            "Fewer than 4 degrees of freedom: with so few (or such unequal) clusters the p values and intervals of "
            "robust standard errors cannot be relied on."
        )
    return Robust(
        names=working.names,
        coefficients=frozen_array(working.coefficients),
        se=frozen_array(se),
        stat=frozen_array(stat),
        df=frozen_array(df),
        pval=frozen_array([two_sided(float(t), float(d)) for t, d in zip(stat, df, strict=True)]),
        ci_low=frozen_array(working.coefficients - margin),
        ci_high=frozen_array(working.coefficients + margin),
        vcov=frozen_array(vcov),
        qm=qm,
        qm_df=(float(q), denominator),
        qm_pval=qm_pval,
        clusters=m,
        k=k,
        kind=kind,
        level=level,
        measure=working.measure,
        notes=tuple(notes),
    )


def _joint(
    coefficients: np.ndarray, vcov: np.ndarray, q: int, denominator: float, satterthwaite: bool
) -> tuple[float | None, float | None]:
    """F and p of all tested coefficients; None where the test has no degrees of freedom."""
    if denominator <= 0.0:
        return None, None
    try:
        wald = float(coefficients @ np.linalg.solve(vcov, coefficients))
    except np.linalg.LinAlgError:
        return None, None
    total = denominator + q - 1.0
    stat = wald / q * (denominator / total if satterthwaite else 1.0)
    if not math.isfinite(stat):
        return None, None
    return stat, f_upper(stat, q, denominator)
