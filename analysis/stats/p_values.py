"""Synthesis without pooled effects: combining p values, and counting directions (Handbook 12.2.1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns
from analysis.stats.distributions import check_level, chi2_upper
from analysis.stats.errors import InvalidValue, LengthMismatch, NoStudies, TooFewStudies, UnknownOption
from analysis.stats.excess_significance import check_alpha
from analysis.stats.results import Effects, Result
from analysis.stats.small_study import studies_with_variance


@dataclass(frozen=True)
class CombinedP(Result):
    """A combined p value: a small one says that at least one study has an effect in the direction tested."""

    method: str
    stat: float
    pval: float
    df: int | None
    k: int


@dataclass(frozen=True)
class VoteCount(Result):
    """`favour` of the `k` studies with a direction favour the intervention; `unclear` have none.

    `proportion` with its exact interval; `pval`: exact sign test of one half, two-sided."""

    favour: int
    against: int
    unclear: int
    k: int
    proportion: float
    ci_low: float
    ci_high: float
    pval: float
    level: float


# ---------------------------------------------------------------- combining p values


def one_sided_p(effects: Effects, *, alternative: str = "greater") -> np.ndarray:
    """One-sided p values of y/se, for effects above 0 (`alternative` greater) or below (less); usable studies.

    Errors: `ZeroVariance`, `UnknownOption`. Source: Handbook 12.2.1.2."""
    from scipy.special import ndtr

    if alternative not in ("greater", "less"):
        raise UnknownOption(f"There is no alternative {alternative!r}; choose greater or less.")
    yi, vi = studies_with_variance(effects, 1, "Combining p values needs")
    z = yi / np.sqrt(vi)
    return np.asarray(ndtr(-z if alternative == "greater" else z))


def combine_p(
    pvalues: float | Iterable[float],
    *,
    method: str = "fisher",
    weights: Iterable[float] | None = None,
    r: int = 1,
    alpha: float = 0.05,
) -> CombinedP:
    """Combine independent one-sided p values, all of the same direction.

        fisher      -2 sum log p, chi-squared on 2k          pearson    -2 sum log(1 - p), the lower tail
        stouffer    sum w z/sqrt(sum w^2), z = Phi^-1(1 - p); `weights`, e.g. square roots of sample sizes
        logit       -sum log(p/(1 - p)) scaled to t on 5k + 4 (Mudholkar & George)
        tippett     smallest p: 1 - (1 - p)^k                wilkinson  the r-th smallest p; r = k is the largest
        edgington   sum of p, its exact distribution         binomial   number of p <= alpha, at least as many

    None and nan are left out. Fisher and Tippett answer to one strong study, Pearson and the largest p to one weak
    one, Stouffer and Edgington to all.

    Errors: `InvalidValue` outside (0, 1] (and at 1 for stouffer, pearson and logit, whose statistic is infinite
    there), `NoStudies`, `LengthMismatch`, `UnknownOption`.
    Source: Handbook 12.2.1.2; Fisher 1932; Stouffer et al. 1949; Tippett 1931; Wilkinson 1951; Pearson 1933;
    Edgington 1972 (J Psychol 80:351); Becker 1994. R: metap `sumlog`, `sumz`, `minimump`, `wilkinsonp`, `sump`."""
    method = str(method).lower()
    if method not in COMBINATIONS:
        raise UnknownOption(
            f"There is no way of combining p values called {method!r}; choose one of {', '.join(COMBINATIONS)}."
        )
    if weights is not None and method != "stouffer":
        raise UnknownOption(f"Weights belong to Stouffer's method, not to {method}; leave them out.")
    given = as_columns(
        {"p": pvalues if isinstance(pvalues, (int, float)) else list(pvalues)}
        | ({} if weights is None else {"weight": list(weights)})
    )
    p, w = given["p"], given.get("weight", np.ones_like(given["p"]))
    if len(w) != len(p):
        raise LengthMismatch(f"There are {len(w)} weights for {len(p)} p values; give one each.")
    _check(p, w, below_one=method in ("stouffer", "pearson", "logit"))
    keep = np.isfinite(p) & np.isfinite(w)
    p, w = p[keep], w[keep]
    if not len(p):
        raise NoStudies("There are no p values to combine.")
    if method == "wilkinson" and not 1 <= int(r) <= len(p):
        raise InvalidValue(f"r is {r}; with {len(p)} p values it must be between 1 and {len(p)}.")
    stat, pval, df = COMBINATIONS[method](p, w, int(r), check_alpha(alpha))
    return CombinedP(method, float(stat), float(pval), df, len(p))


def _check(p: np.ndarray, w: np.ndarray, *, below_one: bool) -> None:
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero((p <= 0.0) | (p > 1.0) | ((p == 1.0) & below_one))
    if bad.size:
        row = int(bad[0])
        hint = (
            " A p value reported as 0 (or 1) was rounded: give a bound such as 0.0005."
            if p[row] in (0, 1)
            else ""
        )
        raise InvalidValue(
            f"p value {row + 1} is {p[row]:g}; p values lie between 0 and 1.{hint}", column="p", row=row
        )
    wrong = np.flatnonzero(w <= 0.0)
    if wrong.size:
        row = int(wrong[0])
        raise InvalidValue(f"Weight {row + 1} is {w[row]:g}; weights are positive.", column="weight", row=row)


Combined = tuple[float, float, int | None]


def fisher(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """Sum of logarithms."""
    stat = -2.0 * float(np.sum(np.log(p)))
    return stat, chi2_upper(stat, 2 * len(p)), 2 * len(p)


def pearson(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """Sum of logarithms of 1 - p."""
    from scipy.special import chdtr

    stat = -2.0 * float(np.sum(np.log1p(-p)))
    return stat, float(chdtr(2 * len(p), stat)), 2 * len(p)


def stouffer(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """Weighted sum of normal quantiles."""
    from scipy.special import ndtr, ndtri

    stat = float(np.sum(w * -ndtri(p)) / np.sqrt(np.sum(w**2)))
    return stat, float(ndtr(-stat)), None


def logit(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """Sum of logits."""
    from scipy.special import stdtr

    k = len(p)
    scale = math.sqrt(3.0 * (5 * k + 4) / (k * math.pi**2 * (5 * k + 2)))
    stat = -scale * float(np.sum(np.log(p) - np.log1p(-p)))
    return stat, float(stdtr(5 * k + 4, -stat)), 5 * k + 4


def tippett(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """The smallest."""
    smallest = float(np.min(p))
    return smallest, 1.0 if smallest == 1.0 else -math.expm1(len(p) * math.log1p(-smallest)), None


def wilkinson(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """The r-th smallest, a beta variable."""
    from scipy.special import betainc

    value = float(np.sort(p)[r - 1])
    return value, float(betainc(r, len(p) - r + 1, value)), None


def edgington(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """The sum: sum over j <= S of (-1)^j C(k, j) (S - j)^k / k!, in whole numbers because its terms cancel."""
    k, total = len(p), sum((Fraction(value) for value in p.tolist()), Fraction(0))
    upper = 2 * total > k
    x = k - total if upper else total
    terms = ((-1) ** j * math.comb(k, j) * (x - j) ** k for j in range(math.floor(x) + 1))
    tail = float(sum(terms, Fraction(0)) / math.factorial(k))
    return float(total), 1.0 - tail if upper else tail, None


def binomial(p: np.ndarray, w: np.ndarray, r: int, alpha: float) -> Combined:
    """How many are significant."""
    from scipy.special import bdtrc

    count = int(np.count_nonzero(p <= alpha))
    return count, float(bdtrc(count - 1, len(p), alpha)) if count else 1.0, None


#: Name -> function (p, weights, r, alpha) -> (statistic, p, degrees of freedom).
COMBINATIONS: dict[str, Callable[[np.ndarray, np.ndarray, int, float], Combined]] = {
    "fisher": fisher,
    "stouffer": stouffer,
    "tippett": tippett,
    "wilkinson": wilkinson,
    "pearson": pearson,
    "edgington": edgington,
    "logit": logit,
    "binomial": binomial,
}


# ---------------------------------------------------------------- counting directions


def vote_count(
    studies: Effects | Iterable[Any], *, benefit: str = "positive", level: float = 0.95
) -> VoteCount:
    """Count the directions of effects: how many studies favour the intervention, whatever their size or p value.

    `studies`: effects, or one number per study of which only the sign is read (None or nan: not reported, left out;
    0: no direction, counted as unclear). `benefit`: the sign that favours the intervention. The proportion is
    of the studies with a direction, its interval Clopper and Pearson's, the p value the two-sided sign test.

    Errors: `TooFewStudies` without a study that has a direction, `UnknownOption`.
    Source: Handbook 12.2.1.3; Borenstein et al. 2009, chapter 28. R: `binom.test(favour, k)`."""
    from scipy.special import bdtr

    if benefit not in ("positive", "negative"):
        raise UnknownOption(f"There is no benefit {benefit!r}; choose positive or negative.")
    check_level(level)
    values = (
        studies.yi if isinstance(studies, Effects) else as_columns({"direction": list(studies)})["direction"]
    )
    signs = np.sign(values[np.isfinite(values)]) * (1.0 if benefit == "positive" else -1.0)
    favour, against = int(np.sum(signs > 0)), int(np.sum(signs < 0))
    k = favour + against
    if not k:
        raise TooFewStudies("No study has a direction of effect, so there is nothing to count.")
    low, high = clopper_pearson(favour, k, level)
    return VoteCount(
        favour=favour,
        against=against,
        unclear=len(signs) - k,
        k=k,
        proportion=favour / k,
        ci_low=low,
        ci_high=high,
        pval=min(1.0, 2.0 * float(bdtr(min(favour, against), k, 0.5))),
        level=float(level),
    )


def clopper_pearson(count: int, k: int, level: float) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    half = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else float(betaincinv(count, k - count + 1, half))
    high = 1.0 if count == k else float(betaincinv(count + 1, k - count, 1.0 - half))
    return low, high
