"""Beta-binomial pooling of rare events: no correction for empty cells, and no study is left out for want of events.

    y_ij ~ Binomial(n_ij, p_ij),   p_ij ~ Beta with mean mu_j and correlation rho

for group j of study i, with one rho for both groups. OR, RR and RD are functions of mu_1 and mu_2, so one fit serves
them all. Groups of a study are taken as independent, so what they share goes into rho. Kuss 2015, doi
10.1002/sim.6383; Handbook 10.4.4."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_labels
from analysis.stats.distributions import check_level, chi2_upper, critical_value, z_two_sided
from analysis.stats.errors import (
    InvalidValue,
    MissingColumns,
    NoStudies,
    NotConverged,
    TooFewStudies,
    UnknownOption,
)
from analysis.stats.results import Dropped, Result
from analysis.stats.tables import two_by_two

#: Measure -> (transformation of the risk, its derivative by the logit), and whether two groups are compared.
Link = tuple[Callable[[float], float], Callable[[float], float]]
LOGIT: Link = (lambda p: math.log(p / (1.0 - p)), lambda p: 1.0)
LOG: Link = (math.log, lambda p: 1.0 - p)
IDENTITY: Link = (lambda p: p, lambda p: p * (1.0 - p))
LINKS: dict[str, tuple[Link, int]] = {
    "OR": (LOGIT, 2),
    "RR": (LOG, 2),
    "RD": (IDENTITY, 2),
    "PLO": (LOGIT, 1),
    "PLN": (LOG, 1),
    "PR": (IDENTITY, 1),
}
UNDETERMINED = (
    "The beta-binomial likelihood has no maximum that could be found; there is too little information."
)


@dataclass(frozen=True, eq=False)
class BetaBinomial(Result):
    """A pooled effect from beta-binomial regression; logarithms for ratios, logits for PLO.

    `risks`: the mean risk per group. `rho`: correlation of two people of the same group and study, 0 where events
    vary no more than chance lets them. `lrt`: likelihood ratio of rho = 0, with half the chi-squared probability
    because rho cannot be negative. `loglik` has all constants; `parameters` counts risks and rho."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    stat: float
    pval: float
    risks: tuple[float, ...]
    rho: float
    se_rho: float | None
    lrt: float
    lrt_pval: float
    loglik: float
    aic: float
    parameters: int
    k: int
    measure: str
    level: float
    slab: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()

    pi_low = property(lambda self: None)
    pi_high = property(lambda self: None)


class Group:
    """One group's counts y of n over the studies, as sums over r = 0, 1, ... of the product form of the likelihood:

        sum_r [ #(y > r) log(mu + r phi) + #(n - y > r) log(1 - mu + r phi) - #(n > r) log(1 + r phi) ]

    with phi = rho/(1 - rho). It holds at phi = 0, the binomial, without loss of digits."""

    def __init__(self, y: np.ndarray, n: np.ndarray):
        self.events, self.size = float(np.sum(y)), float(np.sum(n))
        self.r = np.arange(int(np.max(n)))
        self.counts = [self._above(values) for values in (y, n - y, n)]

    def _above(self, values: np.ndarray) -> np.ndarray:
        """How many values are larger than r, for every r."""
        return len(values) - np.searchsorted(np.sort(values), self.r, side="right").astype(float)

    def loglik(self, eta: float, phi: float) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient (2,) and Hessian (2, 2) in eta = logit(mu) and phi, without the binomial coefficient."""
        mu = 1.0 / (1.0 + math.exp(-eta))
        rest = 1.0 / (1.0 + math.exp(eta))
        a, b, c = mu + self.r * phi, rest + self.r * phi, 1.0 + self.r * phi
        na, nb, nc = self.counts
        r = self.r
        value = float(na @ np.log(a) + nb @ np.log(b) - nc @ np.log(c))
        by_mu = float(np.sum(na / a) - np.sum(nb / b))
        by_phi = float(np.sum(na * r / a) + np.sum(nb * r / b) - np.sum(nc * r / c))
        mu_mu = -float(np.sum(na / a**2) + np.sum(nb / b**2))
        mu_phi = -float(np.sum(na * r / a**2) - np.sum(nb * r / b**2))
        phi_phi = -float(np.sum(na * (r / a) ** 2) + np.sum(nb * (r / b) ** 2) - np.sum(nc * (r / c) ** 2))
        turn = mu * rest
        gradient = np.array([turn * by_mu, by_phi])
        corner = turn**2 * mu_mu + turn * (rest - mu) * by_mu
        return value, gradient, np.array([[corner, turn * mu_phi], [turn * mu_phi, phi_phi]])


def beta_binomial(
    measure: str = "OR", *, level: float = 0.95, slab: Iterable[Any] | None = None, **columns: Any
) -> BetaBinomial:
    """Pool odds ratios, risk ratios, risk differences or proportions by beta-binomial regression (ML).

    `measure`: OR, RR, RD from ai bi ci di or ai n1i ci n2i; PLO, PLN, PR from xi ni or xi mi. All rows with both
    groups enter, double-zero studies included. Wald interval from the observed information.

    Errors: `UnknownOption`, `MissingColumns`, `InvalidValue` (a group without any event or non-event, counts that
    are not whole), `NoStudies`, `TooFewStudies` (fewer than two), `NotConverged`.
    Source: Kuss 2015. R: `VGAM::vglm(cbind(y, n - y) ~ group, betabinomial(zero = 2))`."""
    if measure not in LINKS:
        raise UnknownOption(f"Beta-binomial pooling exists for {', '.join(LINKS)}, not for {measure!r}.")
    level = check_level(level)
    (value_of, slope_of), wanted = LINKS[measure]
    given = as_columns({name: v for name, v in columns.items() if v is not None})
    y, n = _counts(measure, wanted, given)
    labels = as_labels(slab, len(y))
    whole = np.all(np.isfinite(y) & np.isfinite(n) & (n > 0), axis=1)
    dropped = tuple(
        Dropped(row, labels[row], "A count is missing, or a group has no people.")
        for row in np.flatnonzero(~whole).tolist()
    )
    y, n = y[whole], n[whole]
    _require_enough(y, n)
    groups = [Group(y[:, j], n[:, j]) for j in range(wanted)]
    theta, covariance, loglik, binomial = _fit(groups)
    eta, phi = theta[:-1], float(theta[-1])
    risks = [1.0 / (1.0 + math.exp(-e)) for e in eta.tolist()]
    sign = np.array([1.0, -1.0][:wanted])
    estimate = float(sign @ [value_of(p) for p in risks])
    slopes = sign * [slope_of(p) for p in risks]
    se = math.sqrt(float(slopes @ covariance[:wanted, :wanted] @ slopes))
    margin = critical_value(level, None) * se
    lrt = max(0.0, 2.0 * (loglik - binomial))
    constant = float(np.sum(_log_choose(n, y)))
    parameters = wanted + 1
    return BetaBinomial(
        estimate=estimate,
        se=se,
        ci_low=estimate - margin,
        ci_high=estimate + margin,
        stat=estimate / se,
        pval=z_two_sided(estimate / se),
        risks=tuple(risks),
        rho=phi / (1.0 + phi),
        se_rho=math.sqrt(covariance[-1, -1]) / (1.0 + phi) ** 2 if phi > 0.0 else None,
        lrt=lrt,
        lrt_pval=0.5 * chi2_upper(lrt, 1) if lrt > 0.0 else 1.0,
        loglik=loglik + constant,
        aic=2.0 * parameters - 2.0 * (loglik + constant),
        parameters=parameters,
        k=len(y),
        measure=measure,
        level=level,
        slab=tuple(label for label, kept in zip(labels, whole, strict=True) if kept),
        dropped=dropped,
        notes=()
        if phi > 0.0
        else ("Events vary no more than chance lets them: rho is 0, the model binomial.",),
    )


def _counts(measure: str, wanted: int, given: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Events and sizes of shape (rows, groups), whole numbers or nan."""
    if wanted == 2:
        if not (
            {"ai", "ci"} <= given.keys()
            and ("n1i" in given or "bi" in given)
            and ("n2i" in given or "di" in given)
        ):
            raise MissingColumns(f"{measure} needs the columns ai bi ci di or ai n1i ci n2i.")
        t = two_by_two(given)
        y, n = np.column_stack([t.a, t.c]), np.column_stack([t.n1, t.n2])
    else:
        if "xi" not in given or not ("ni" in given or "mi" in given):
            raise MissingColumns(f"{measure} needs the columns xi ni or xi mi.")
        y = given["xi"][:, None]
        n = given["ni"][:, None] if "ni" in given else y + given["mi"][:, None]
    bad = np.any(
        (y < 0) | (y > n) | (y != np.round(y)) & np.isfinite(y) | (n != np.round(n)) & np.isfinite(n), axis=1
    )
    if np.any(bad):
        row = int(np.flatnonzero(bad)[0])
        raise InvalidValue(
            f"Row {row + 1}: events must be whole numbers from 0 to the size of their group.", row=row
        )
    return y, n


def _require_enough(y: np.ndarray, n: np.ndarray) -> None:
    if len(y) == 0:
        raise NoStudies("No row has all its counts, so there is nothing to pool.")
    if len(y) < 2:
        raise TooFewStudies("Beta-binomial pooling needs at least 2 studies, and this is 1 study.")
    if np.max(n) <= 1.0:
        raise InvalidValue(
            "Every group is one person, so how much risks vary between studies cannot be seen."
        )
    for j, (events, size) in enumerate(zip(np.sum(y, axis=0), np.sum(n, axis=0), strict=True), start=1):
        if events in (0.0, size):
            what = "no event" if events == 0.0 else "nothing but events"
            raise InvalidValue(
                f"There is {what} in group {j} of any study, so the effect has no finite estimate."
            )


def _fit(groups: list[Group]) -> tuple[np.ndarray, np.ndarray, float, float]:
    """(logits of the risks, phi), their covariance, the log-likelihood, and that of the binomial model (phi = 0).

    Newton in the logits and log(phi) from several starts; phi = 0 where nothing above it is likelier."""
    crude = np.array([math.log(g.events / (g.size - g.events)) for g in groups])
    binomial, _, hessian = _total(groups, crude, 0.0)
    best: tuple[float, np.ndarray] | None = None
    for start in (1e-4, 1e-2, 0.1, 1.0):
        found = _newton(groups, np.append(crude, math.log(start)))
        if found is not None and (best is None or found[0] > best[0] + 1e-10):
            best = found
    p = len(groups)
    if best is None or best[0] <= binomial + 1e-9:
        _, gradient, _ = _total(groups, crude, 0.0)
        if best is None and gradient[-1] > 0.0:
            raise NotConverged(UNDETERMINED)
        return np.append(crude, 0.0), np.linalg.inv(-hessian[:p, :p]), binomial, binomial
    theta = np.append(best[1][:-1], math.exp(best[1][-1]))
    hessian = _total(groups, theta[:-1], theta[-1])[2]
    return theta, np.linalg.inv(-hessian), best[0], binomial


def _total(groups: list[Group], eta: np.ndarray, phi: float) -> tuple[float, np.ndarray, np.ndarray]:
    p = len(groups)
    value, gradient, hessian = 0.0, np.zeros(p + 1), np.zeros((p + 1, p + 1))
    for j, group in enumerate(groups):
        v, g, h = group.loglik(float(eta[j]), phi)
        at = np.ix_([j, p], [j, p])
        value += v
        gradient[[j, p]] += g
        hessian[at] += h
    return value, gradient, hessian


def _newton(groups: list[Group], start: np.ndarray) -> tuple[float, np.ndarray] | None:
    """The maximum above a start, in the logits and log(phi); None where phi runs off to 0 or to infinity."""
    theta = start
    for _ in range(200):
        phi = math.exp(theta[-1])
        value, gradient, hessian = _total(groups, theta[:-1], phi)
        gradient[-1] *= phi
        hessian[-1] *= phi
        hessian[:, -1] *= phi
        hessian[-1, -1] += gradient[-1]
        roots, vectors = np.linalg.eigh(hessian)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(roots), 1e-12 * np.max(np.abs(roots))))
        step *= min(1.0, 2.0 / max(1e-300, float(np.max(np.abs(step)))))
        rise = float(gradient @ step)
        if rise < 1e-20 * (1.0 + abs(value)):
            return value, theta
        size = 1.0
        while rise > 1e-8 and _value(groups, theta + size * step) < value and size > 1e-10:
            size /= 2.0
        theta = theta + size * step
        if not -30.0 < theta[-1] < 15.0 or np.max(np.abs(theta[:-1])) > 50.0:
            return None
    return None


def _value(groups: list[Group], theta: np.ndarray) -> float:
    return _total(groups, theta[:-1], math.exp(theta[-1]))[0]


def _log_choose(n: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.special import gammaln

    return gammaln(n + 1.0) - gammaln(y + 1.0) - gammaln(n - y + 1.0)
