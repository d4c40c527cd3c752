"""Network meta-analysis: every treatment compared with every other, from direct and indirect evidence together.

The contrasts y of all studies are fitted by generalised least squares,

    y = X d + u + e,   var(e) = S,   var(u) = tau2 M,    L = X' V^-1 X,   d = L+ X' V^-1 y,   V = S + tau2 M

X has a row (+1 treatment, -1 comparator) for each contrast, so that L is the Laplacian of the network with inverse
variances on its edges, and L+ its pseudoinverse: the variance of d_i - d_j is the electrical resistance between i
and j. A study with p arms gives p - 1 contrasts against one of its arms; their covariance (s_1j^2 + s_1k^2 -
s_jk^2)/2 follows from the variances of all its pairwise contrasts, and M has 1 on the diagonal and 1/2 beside it.
The result is that of adjusting the weights of multi-arm studies in the graph.

Source: Ruecker 2012, doi 10.1002/jrsm.1058; Ruecker & Schwarzer 2014, doi 10.1002/sim.6236; P-scores: 2015, doi
10.1186/s12874-015-0060-8; Handbook 11.4. R: `netmeta::netmeta(TE, seTE, treat1, treat2, studlab)`; with two-arm
studies `metafor::rma.mv(yi, vi, mods = X - 1, random = ~ 1 | study)`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_names
from analysis.stats.distributions import check_level, chi2_upper, critical_value, z_two_sided_each
from analysis.stats.errors import NoStudies, UnknownOption
from analysis.stats.network_data import Block, blocks_of, parts_of
from analysis.stats.network_model import Fit, fit_network, network_tau2
from analysis.stats.results import Dropped, Effects, Result, frozen_array

#: How the heterogeneity that all comparisons share is estimated.
NETWORK_TAU2 = ("DL", "REML", "ML", "CE")


@dataclass(frozen=True)
class Edge(Result):
    """A comparison made within studies: its treatments, the number of studies, and the direct estimate (`treatment`
    against `comparator`) by inverse variances with the network's tau2; `proportion` is the share of direct
    evidence."""

    treatment: str
    comparator: str
    studies: int
    estimate: float
    se: float
    proportion: float


@dataclass(frozen=True, eq=False)
class Network(Result):
    """A fitted network. Matrices of shape (T, T) hold row against column; the diagonal is 0.

    `estimate`, `se`, `ci_low`, `ci_high`, `pval`: of every comparison (nan between parts that no study connects).
    `pi_low`, `pi_high`: prediction intervals (nan for a common effect), t with `q_df` degrees of freedom. `q`:
    total, of heterogeneity and inconsistency together. `i2`: 100 max(0, (Q - df)/Q). `k`: studies; `contrasts`:
    rows used. `edges`: what was compared directly. `parts`: the treatments that are connected with one another."""

    treatments: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    pval: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray
    tau2: float
    tau2_method: str
    i2: float
    q: float
    q_df: int
    q_pval: float
    k: int
    contrasts: int
    measure: str
    level: float
    edges: tuple[Edge, ...]
    parts: tuple[tuple[str, ...], ...]
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {name: value for name, value in super().to_dict().items() if name != "blocks"}

    def against(self, reference: str) -> dict[str, dict[str, float]]:
        """{treatment: its effect against `reference` with se and interval}, in the order of the treatments."""
        column = self.index(reference)
        names = ("estimate", "se", "ci_low", "ci_high", "pval", "pi_low", "pi_high")
        return {
            treatment: {name: float(getattr(self, name)[row, column]) for name in names}
            for row, treatment in enumerate(self.treatments)
            if row != column
        }

    def index(self, treatment: str) -> int:
        """Where a treatment stands in the matrices."""
        if treatment not in self.treatments:
            raise UnknownOption(
                f"There is no treatment {treatment!r} in this network; it has {', '.join(self.treatments)}."
            )
        return self.treatments.index(treatment)


def network(
    effects: Effects,
    *,
    study: Sequence[Any],
    treatment: Sequence[Any],
    comparator: Sequence[Any],
    tau2: str = "DL",
    level: float = 0.95,
    unconnected: str = "refuse",
) -> Network:
    """Fit a network of treatments to contrasts (`treatment` against `comparator`), one row of `effects` each.

    A study with p arms needs all its p(p - 1)/2 contrasts: without them their correlation is not known. `tau2`: DL
    (generalised method of moments), REML, ML, or CE for a common effect; one tau2 for all comparisons.
    `unconnected`: "refuse" raises `Unconnected` when no study connects some treatments with the others; "parts"
    fits them with one tau2 and leaves comparisons between parts nan.

    Errors: `NoStudies`, `LengthMismatch`, `InvalidValue` for an incomplete or contradictory multi-arm study (naming
    it), `Unconnected`, `ZeroVariance`, `UnknownOption`, `NotConverged`. Source: see the module."""
    method = _method(tau2)
    level = check_level(level)
    rows = len(effects)
    given = {"study": study, "treatment": treatment, "comparator": comparator}
    labels = [as_names(what, values, rows) for what, values in given.items()]
    if not np.any(effects.usable):
        raise NoStudies("No contrast has an effect and a variance, so there is no network to fit.")
    blocks = blocks_of(effects, *labels)
    treatments = tuple(sorted({name for block in blocks for name in block.treatments}))
    parts = parts_of(blocks, treatments, allow=unconnected)
    value = network_tau2(blocks, treatments, parts, method)
    fit = fit_network(blocks, treatments, parts, value)
    common = fit_network(blocks, treatments, parts, 0.0)
    return _result(effects, blocks, treatments, parts, fit, common.q, method, level)


def _method(tau2: str) -> str:
    name = {"FE": "CE", "EE": "CE"}.get(str(tau2).upper(), str(tau2).upper())
    if name not in NETWORK_TAU2:
        raise UnknownOption(
            f"A network has no estimator {tau2!r} of tau2; choose one of {', '.join(NETWORK_TAU2)}."
        )
    return name


def _result(
    effects: Effects,
    blocks: tuple[Block, ...],
    treatments: tuple[str, ...],
    parts: tuple[tuple[str, ...], ...],
    fit: Fit,
    q: float,
    method: str,
    level: float,
) -> Network:
    estimate, variance = fit.differences()
    se = np.sqrt(variance)
    margin = critical_value(level, None) * se
    df = fit.df
    reach = np.full_like(se, math.nan)
    if method != "CE" and df > 0:
        reach = critical_value(level, df) * np.sqrt(variance + fit.tau2)
        np.fill_diagonal(reach, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        pval = z_two_sided_each(np.where(se > 0.0, estimate / se, 0.0))
    notes: tuple[str, ...] = ()
    if df == 0:
        notes = (
            "Each comparison rests on one study or path only: heterogeneity and inconsistency cannot be told.",
        )
    return Network(
        treatments=treatments,
        estimate=frozen_array(estimate),
        se=frozen_array(se),
        ci_low=frozen_array(estimate - margin),
        ci_high=frozen_array(estimate + margin),
        pval=frozen_array(np.where(np.isnan(estimate), math.nan, pval)),
        pi_low=frozen_array(estimate - reach),
        pi_high=frozen_array(estimate + reach),
        tau2=fit.tau2,
        tau2_method=method,
        i2=100.0 * max(0.0, (q - df) / q) if q > 0.0 else 0.0,
        q=q,
        q_df=df,
        q_pval=chi2_upper(q, df),
        k=len(blocks),
        contrasts=sum(len(block.contrasts) for block in blocks),
        measure=effects.measure,
        level=level,
        edges=_edges(blocks, treatments, fit.tau2, variance),
        parts=parts,
        dropped=effects.dropped,
        notes=notes,
        blocks=blocks,
    )


def _edges(
    blocks: tuple[Block, ...], treatments: tuple[str, ...], tau2: float, variance: np.ndarray
) -> tuple[Edge, ...]:
    """Direct estimates: the contrasts of the same two treatments, weighted by 1/(v + tau2)."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for block in blocks:
        for pair, contrast in block.contrasts.items():
            found.setdefault(pair, []).append(contrast)
    edges = []
    for (one, other), contrasts in sorted(found.items()):
        weights = [1.0 / (v + tau2) for _, v in contrasts]
        direct = sum(w * y for w, (y, _) in zip(weights, contrasts, strict=True)) / sum(weights)
        share = variance[treatments.index(one), treatments.index(other)] * sum(weights)
        se = 1.0 / math.sqrt(sum(weights))
        edges.append(Edge(one, other, len(contrasts), direct, se, min(float(share), 1.0)))
    return tuple(edges)


def p_scores(fitted: Network, *, small_values: str) -> dict[str, float]:
    """How certain it is, on average over the others, that a treatment is better than another one: 1 is best.

    P_i = mean over j of Phi((better of d_i, d_j)/se_ij), a frequentist SUCRA without sampling. `small_values`:
    "desirable" (fewer symptoms) or "undesirable". Treatments in other parts of the network are not compared. It
    ranks; it does not say that differences matter. The best first.
    Source: Ruecker & Schwarzer 2015, doi 10.1186/s12874-015-0060-8. R: `netmeta::netrank`."""
    from scipy.special import ndtr

    sign = {"desirable": -1.0, "undesirable": 1.0}.get(small_values)
    if sign is None:
        raise UnknownOption(f"Say whether small values are desirable or undesirable, not {small_values!r}.")
    scores = {}
    for row, treatment in enumerate(fitted.treatments):
        others = np.isfinite(fitted.estimate[row]) & (np.arange(len(fitted.treatments)) != row)
        certain = ndtr(sign * fitted.estimate[row, others] / fitted.se[row, others])
        scores[treatment] = float(np.mean(certain)) if others.any() else math.nan
    return dict(sorted(scores.items(), key=lambda item: (math.isnan(item[1]), -item[1], item[0])))


def league_table(fitted: Network, *, order: Sequence[str] | None = None, natural: bool = True) -> list[dict]:
    """Rows of `{"row", "column", "estimate", "ci_low", "ci_high", "evidence"}`: each pair once as the network has
    it (evidence "network") and, where studies compared it, directly ("direct"). Row against column, in `order`
    (such as that of `p_scores`); ratio measures are transformed back unless `natural` is false."""
    names = list(order or fitted.treatments)
    for name in names:
        fitted.index(name)
    z = critical_value(fitted.level, None)
    direct = {frozenset((edge.treatment, edge.comparator)): edge for edge in fitted.edges}
    table = []
    for place, row in enumerate(names):
        for column in names[place + 1 :]:
            i, j = fitted.index(row), fitted.index(column)
            values = (fitted.estimate[i, j], fitted.ci_low[i, j], fitted.ci_high[i, j])
            table.append(_cell(fitted, row, column, values, "network", natural))
            edge = direct.get(frozenset((row, column)))
            if edge is not None:
                y = edge.estimate if edge.treatment == row else -edge.estimate
                values = (y, y - z * edge.se, y + z * edge.se)
                table.append(_cell(fitted, row, column, values, "direct", natural))
    return table


def _cell(fitted: Network, row: str, column: str, values: tuple, evidence: str, natural: bool) -> dict:
    from analysis.stats.transformations import back_transform

    shown = back_transform(np.array(values, dtype=float), fitted.measure) if natural else values
    estimate, low, high = (None if math.isnan(value) else float(value) for value in shown)
    return {
        "row": row,
        "column": column,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "evidence": evidence,
    }


def comparison_adjusted(fitted: Network) -> list[dict]:
    """Coordinates of the comparison-adjusted funnel plot: each contrast less the direct common-effect estimate of
    its comparison, with its standard error. Source: Chaimani & Salanti 2012, doi 10.1002/jrsm.57."""
    pooled: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for block in fitted.blocks:
        for pair, contrast in block.contrasts.items():
            pooled.setdefault(pair, []).append(contrast)
    centre = {
        pair: sum(y / v for y, v in rows) / sum(1.0 / v for _, v in rows) for pair, rows in pooled.items()
    }
    return [
        {
            "study": block.study,
            "treatment": pair[0],
            "comparator": pair[1],
            "centred": y - centre[pair],
            "se": math.sqrt(v),
        }
        for block in fitted.blocks
        for pair, (y, v) in block.contrasts.items()
    ]
