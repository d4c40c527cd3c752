"""Do direct and indirect evidence of a network agree? Globally by designs, comparison by comparison, and as a map.

A design is the set of treatments that a study compares. Source of each function in its docstring; Handbook
11.4.4."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import chi2_upper, z_two_sided
from analysis.stats.errors import TooFewStudies, UnknownOption
from analysis.stats.network import Network
from analysis.stats.network_data import Block
from analysis.stats.network_model import System, least_squares, tau2_of
from analysis.stats.results import Result, frozen_array

#: A comparison is mixed when its share of direct evidence is below this.
ALL_DIRECT = 1.0 - 1e-9


@dataclass(frozen=True)
class DesignTest(Result):
    """Cochran's Q of a network taken apart, at tau2 = 0: `within` (heterogeneity between studies of the same
    design, by design in `designs`) and `between` (inconsistency of designs).

    `random_*`: the Wald test of inconsistency in the full design-by-treatment interaction model, with `random_tau2`
    by the method of moments from within designs only. p values None where nothing is left to test."""

    q: float
    df: int
    pval: float
    within_q: float
    within_df: int
    within_pval: float | None
    between_q: float
    between_df: int
    between_pval: float | None
    random_q: float
    random_pval: float | None
    random_tau2: float
    designs: tuple[dict, ...]


@dataclass(frozen=True)
class Split(Result):
    """Direct against indirect evidence on `treatment` against `comparator`; None where there is only one of them.

    `difference` = direct - indirect with its standard error, z and p."""

    treatment: str
    comparator: str
    studies: int
    proportion: float
    network: float
    network_se: float
    direct: float | None
    direct_se: float | None
    indirect: float | None
    indirect_se: float | None
    difference: float | None = None
    difference_se: float | None = None
    stat: float | None = None
    pval: float | None = None


@dataclass(frozen=True, eq=False)
class NetHeat(Result):
    """Matrices over design-specific contrasts (`labels` "one:other" or "one:other of one:other:third").

    `hat`: share of the column's direct estimate in the network estimate of the row. `heat`: by how much the
    inconsistency of the row falls when the design of the column may differ from the rest: positive is warm, and
    points to the column as a source. `inconsistency`: of each row, summing to the Q between designs."""

    labels: tuple[str, ...]
    hat: np.ndarray
    heat: np.ndarray
    inconsistency: np.ndarray


def decompose_designs(fitted: Network) -> DesignTest:
    """Cochran's Q within and between designs (design-by-treatment interaction).

    The model in which each design has effects of its own leaves Q within; what the network adds is Q between
    designs. Source: Higgins et al. 2012, doi 10.1002/jrsm.1044; Krahn, Binder & Koenig 2013, doi
    10.1186/1471-2288-13-35. R: `netmeta::decomp.design`."""
    system = _system(fitted)
    full = _design_columns(fitted.blocks)
    common = least_squares(system.y, system.design, system.s)
    own = least_squares(system.y, full, system.s)
    within_df = len(system.y) - full.shape[1]
    between_df = full.shape[1] - len(system.free)
    tau2 = tau2_of(system.y, full, system.s, system.m, "DL")
    wald = _interaction(system, full, tau2)
    between = max(0.0, common.q - own.q)
    return DesignTest(
        q=common.q,
        df=system.df,
        pval=chi2_upper(common.q, system.df),
        within_q=own.q if within_df else 0.0,
        within_df=within_df,
        within_pval=chi2_upper(own.q, within_df) if within_df else None,
        between_q=between,
        between_df=between_df,
        between_pval=chi2_upper(between, between_df) if between_df else None,
        random_q=wald,
        random_pval=chi2_upper(wald, between_df) if between_df else None,
        random_tau2=tau2,
        designs=tuple(_within(fitted.blocks)),
    )


def split_nodes(fitted: Network, *, method: str = "back-calculation") -> tuple[Split, ...]:
    """Direct and indirect evidence for each comparison that studies made, and the test that they agree.

    "back-calculation": the network estimate is p direct + (1 - p) indirect with p = var(network)/var(direct), under
    the network's tau2; direct is the inverse-variance mean of the studies' own contrasts (Koenig, Krahn & Binder
    2013, doi 10.1002/sim.6001; Dias et al. 2010). "side-splitting": the network is fitted again with a parameter
    for what studies of both treatments say, half of it on each of the two arms, and a tau2 of its own (White 2015).
    With two-arm studies and a common effect the two agree. R: `netmeta::netsplit`."""
    if method not in ("back-calculation", "side-splitting"):
        raise UnknownOption(f"method is 'back-calculation' or 'side-splitting', not {method!r}.")
    return tuple(
        _back_calculated(fitted, edge) if method == "back-calculation" else _side_split(fitted, edge)
        for edge in fitted.edges
    )


def net_heat(fitted: Network) -> NetHeat:
    """Where inconsistency comes from: the change of each design's inconsistency when one design is detached.

    Designs whose removal leaves nothing to compare with are left out. The inconsistency of a contrast is e_c (V^-1
    e)_c, which sums to Q between designs also with multi-arm designs. Common effect, as published. Source: Krahn,
    Binder & Koenig 2013. R: `netmeta::netheat`. Errors: `TooFewStudies` without inconsistency to map."""
    direct, v, x, labels, of_design = _by_design(fitted)
    least = least_squares(direct, x, v)
    hat = x @ least.covariance @ x.T @ np.linalg.inv(v)
    whole = _contributions(direct, x, v)
    kept, heat = [], []
    for design in dict.fromkeys(of_design):
        columns = np.array([each == design for each in of_design])
        detached = np.column_stack([x, np.eye(len(direct))[:, columns]])
        basis = _independent(detached)
        if basis.shape[1] == x.shape[1]:
            continue
        change = whole - _contributions(direct, basis, v)
        kept += np.flatnonzero(columns).tolist()
        heat += [change] * int(np.count_nonzero(columns))
    if not kept:
        raise TooFewStudies(
            "No design of this network can be compared with the others, so there is no net heat plot."
        )
    heat_matrix = np.column_stack(heat)[kept]
    return NetHeat(
        labels=tuple(labels[n] for n in kept),
        hat=frozen_array(hat[np.ix_(kept, kept)]),
        heat=frozen_array(heat_matrix),
        inconsistency=frozen_array(whole[kept]),
    )


def _system(fitted: Network) -> System:
    return System.of(fitted.blocks, fitted.treatments, fitted.parts)


def _design_columns(blocks: tuple[Block, ...]) -> np.ndarray:
    """One column for each contrast of each design."""
    names = [(block.design, other) for block in blocks for other in block.treatments[1:]]
    order = {name: column for column, name in enumerate(dict.fromkeys(names))}
    return np.array([[float(order[name] == column) for column in range(len(order))] for name in names])


def _interaction(system: System, full: np.ndarray, tau2: float) -> float:
    """Wald statistic of what the designs' own effects add to the network's."""
    v = system.s + tau2 * system.m
    return max(0.0, least_squares(system.y, system.design, v).q - least_squares(system.y, full, v).q)


def _within(blocks: tuple[Block, ...]):
    for design in dict.fromkeys(block.design for block in blocks):
        alike = [block for block in blocks if block.design == design]
        own = _Stack(alike)
        df = len(own.y) - (len(design) - 1)
        q = least_squares(own.y, own.columns, own.s).q if df else 0.0
        yield {
            "design": ":".join(design),
            "studies": len(alike),
            "q": q,
            "df": df,
            "pval": chi2_upper(q, df) if df else None,
        }


class _Stack:
    """The contrasts of studies of one design, each against the design's first treatment."""

    def __init__(self, blocks: list[Block]) -> None:
        size = len(blocks[0].y)
        self.y = np.concatenate([block.y for block in blocks])
        self.columns = np.tile(np.eye(size), (len(blocks), 1))
        self.s = np.zeros((len(self.y), len(self.y)))
        for n, block in enumerate(blocks):
            rows = slice(n * size, (n + 1) * size)
            self.s[rows, rows] = block.s


def _back_calculated(fitted: Network, edge) -> Split:
    i, j = fitted.index(edge.treatment), fitted.index(edge.comparator)
    y, se, share = float(fitted.estimate[i, j]), float(fitted.se[i, j]), edge.proportion
    if share >= ALL_DIRECT:
        return _split(edge, y, se, (edge.estimate, edge.se), None)
    indirect = (y - share * edge.estimate) / (1.0 - share)
    return _split(edge, y, se, (edge.estimate, edge.se), (indirect, se / math.sqrt(1.0 - share)))


def _side_split(fitted: Network, edge) -> Split:
    system = _system(fitted)
    place = {name: column for column, name in enumerate(fitted.treatments)}
    i, j = place[edge.treatment], place[edge.comparator]
    y, se = float(fitted.estimate[i, j]), float(fitted.se[i, j])
    added = np.concatenate([_sides(block, edge.treatment, edge.comparator) for block in fitted.blocks])
    design = np.column_stack([system.design, added])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return _split(edge, y, se, (edge.estimate, edge.se), None)
    tau2 = tau2_of(system.y, design, system.s, system.m, fitted.tau2_method)
    least = least_squares(system.y, design, system.s + tau2 * system.m)
    contrast = np.zeros(design.shape[1])
    free = system.free.tolist()
    for column, sign in ((i, 1.0), (j, -1.0)):
        if column in free:
            contrast[free.index(column)] = sign
    both = contrast.copy()
    both[-1] = 1.0
    indirect, direct = (_linear(least, each) for each in (contrast, both))
    difference = float(least.coefficients[-1]), math.sqrt(float(least.covariance[-1, -1]))
    return _split(edge, y, se, direct, indirect, difference)


def _sides(block: Block, one: str, other: str) -> np.ndarray:
    """What the added parameter adds to each contrast of a study: half to one arm, minus half to the other."""
    if one not in block.treatments or other not in block.treatments:
        return np.zeros(len(block.y))
    side = {one: 0.5, other: -0.5}
    base = side.get(block.treatments[0], 0.0)
    return np.array([side.get(name, 0.0) - base for name in block.treatments[1:]])


def _linear(least, contrast: np.ndarray) -> tuple[float, float]:
    return float(contrast @ least.coefficients), math.sqrt(float(contrast @ least.covariance @ contrast))


def _split(
    edge,
    y: float,
    se: float,
    direct: tuple[float, float],
    indirect: tuple[float, float] | None,
    difference: tuple[float, float] | None = None,
) -> Split:
    if indirect is not None and difference is None:
        difference = direct[0] - indirect[0], math.hypot(direct[1], indirect[1])
    stat = difference[0] / difference[1] if difference else None
    return Split(
        treatment=edge.treatment,
        comparator=edge.comparator,
        studies=edge.studies,
        proportion=edge.proportion,
        network=y,
        network_se=se,
        direct=direct[0],
        direct_se=direct[1],
        indirect=indirect[0] if indirect else None,
        indirect_se=indirect[1] if indirect else None,
        difference=difference[0] if difference else None,
        difference_se=difference[1] if difference else None,
        stat=stat,
        pval=None if stat is None else z_two_sided(stat),
    )


def _by_design(
    fitted: Network,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str], list[tuple[str, ...]]]:
    """Direct estimates of each design's contrasts at tau2 = 0, with covariance, design matrix, labels and
    designs."""
    system = _system(fitted)
    full = _design_columns(fitted.blocks)
    own = least_squares(system.y, full, system.s)
    labels, of_design, rows = [], [], []
    for n, name in enumerate(
        dict.fromkeys((b.design, other) for b in fitted.blocks for other in b.treatments[1:])
    ):
        design, other = name
        pair = f"{design[0]}:{other}"
        labels.append(pair if len(design) == 2 else f"{pair} of {':'.join(design)}")
        of_design.append(design)
        rows.append(system.design[int(np.flatnonzero(full[:, n])[0])])
    return own.coefficients, own.covariance, np.array(rows), labels, of_design


def _contributions(y: np.ndarray, x: np.ndarray, v: np.ndarray) -> np.ndarray:
    least = least_squares(y, x, v)
    residual = y - x @ least.coefficients
    return residual * np.linalg.solve(v, residual)


def _independent(columns: np.ndarray) -> np.ndarray:
    """The columns without those that the earlier ones make up."""
    kept: list[int] = []
    for n in range(columns.shape[1]):
        if np.linalg.matrix_rank(columns[:, [*kept, n]], tol=1e-9) > len(kept):
            kept.append(n)
    return columns[:, kept]
