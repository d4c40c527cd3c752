"""Agreement of two or more raters, in full detail; the coefficients come from the screening room. No Django here."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import sqrt

from screening.agreement import cohen_kappa, gwet_ac1, many_raters, raw_agreement, weighted_kappa
from screening.agreement import pabak as screening_pabak

from .base import BadInput, Group, Input, Values, require
from .spread import LEVEL
from .tails import z_of_level

conversion = Group()

Counts = tuple[tuple[int, ...], ...]
TABLE = Input("counts, rater 1 down and rater 2 across", "count", depth=2)
KAPPA_SE = "Fleiss, Cohen & Everitt 1969, Psychol Bull 72:323"


def _checked(table: Counts) -> int:
    """The number rated; the table is square and not empty."""
    require(
        all(len(row) == len(table) for row in table), "the table must have as many columns as rows.", "table"
    )
    n = sum(map(sum, table))
    require(n > 1, "the table must count two ratings or more.", "table")
    return n


@conversion(
    "agreement.percent",
    inputs={"table": TABLE, "level": LEVEL},
    outputs={
        "n": "rated",
        "agree": "rated alike",
        "percent": "percent agreement",
        "wilson_ci": "interval, proportion",
    },
    formula="percent = 100 * agree / n; agree = sum of the diagonal",
    source="Wilson 1927, JASA 22:209",
)
def percent(table: Counts, level: float) -> Values:
    """Percent agreement."""
    n, found = _checked(table), raw_agreement(table, level)
    agree = sum(table[i][i] for i in range(len(table)))
    return {"n": n, "agree": agree, "percent": 100 * agree / n, "wilson_ci": (found.low, found.high)}


@conversion(
    "agreement.kappa",
    inputs={
        "table": TABLE,
        "weights": Input(
            "weights of partial agreement", choices=("none", "linear", "quadratic"), default="none"
        ),
        "level": LEVEL,
    },
    outputs={
        "po": "agreement observed, weighted",
        "pe": "agreement by chance, weighted",
        "kappa": "kappa",
        "se": "standard error, for an interval",
        "se0": "standard error if kappa were 0, for a test",
        "ci": "interval",
        "z": "kappa / se0; not defined when se0 is 0",
    },
    formula="kappa = (po - pe) / (1 - pe); linear weights 1 - |i - j|/(k - 1), quadratic 1 - (i - j)^2/(k - 1)^2",
    source="Cohen 1960, Educ Psychol Meas 20:37; Cohen 1968, Psychol Bull 70:213; SE: " + KAPPA_SE,
)
def kappa(table: Counts, weights: str, level: float) -> Values:
    """Cohen's kappa, plain or weighted."""
    n, k = _checked(table), len(table)
    found = cohen_kappa(table, level) if weights == "none" else weighted_kappa(table, weights, level)
    if found.value is None or found.se is None:
        raise BadInput(
            "both raters used one and the same category throughout: kappa is not defined.", input="table"
        )
    # exact fractions: where the standard error is 0, it is 0 and not the root of a rounding error
    p = [[Fraction(count, n) for count in row] for row in table]
    w = [[_weight(i, j, k, weights) for j in range(k)] for i in range(k)]
    rows = [sum(row, Fraction()) for row in p]
    columns = [sum(column, Fraction()) for column in zip(*p, strict=True)]
    cells = [(i, j) for i in range(k) for j in range(k)]
    po = sum((w[i][j] * p[i][j] for i, j in cells), Fraction())
    pe = sum((w[i][j] * rows[i] * columns[j] for i, j in cells), Fraction())
    of_row = [sum((w[i][j] * columns[j] for j in range(k)), Fraction()) for i in range(k)]
    of_column = [sum((w[i][j] * rows[i] for i in range(k)), Fraction()) for j in range(k)]
    chance = sum(
        (rows[i] * columns[j] * (w[i][j] - of_row[i] - of_column[j]) ** 2 for i, j in cells), Fraction()
    )
    se0 = sqrt((chance - pe**2) / n) / float(1 - pe)
    return {
        "po": float(po),
        "pe": float(pe),
        "kappa": found.value,
        "se": found.se,
        "se0": se0,
        "ci": (found.low, found.high),
        "z": found.value / se0 if se0 else None,
    }


def _weight(i: int, j: int, k: int, weights: str) -> Fraction:
    if weights == "none":
        return Fraction(i == j)
    distance = Fraction(abs(i - j), k - 1)
    return 1 - (distance if weights == "linear" else distance**2)


@conversion(
    "agreement.pabak",
    inputs={"table": TABLE, "level": LEVEL},
    outputs={
        "pabak": "prevalence- and bias-adjusted kappa",
        "se": "standard error",
        "ci_wald": "Wald interval",
        "ci_wilson": "interval from Wilson's for the proportion",
    },
    formula="pabak = (k * po - 1) / (k - 1)",
    source="Byrt, Bishop & Carlin 1993, J Clin Epidemiol 46:423; more than two categories: Brennan & Prediger 1981",
)
def pabak(table: Counts, level: float) -> Values:
    """Prevalence- and bias-adjusted kappa."""
    _checked(table)
    found = screening_pabak(table, level)
    assert found.value is not None
    assert found.se is not None
    half = z_of_level(level) * found.se
    return {
        "pabak": found.value,
        "se": found.se,
        "ci_wald": (found.value - half, found.value + half),
        "ci_wilson": (found.low, found.high),
    }


@conversion(
    "agreement.indices",
    inputs={"table": TABLE},
    outputs={
        "prevalence_index": "prevalence index",
        "bias_index": "bias index",
        "p_pos": "positive agreement; not defined when nobody said yes",
        "p_neg": "negative agreement; not defined when nobody said no",
    },
    formula="prevalence_index = (a - d)/n; bias_index = (b - c)/n; p_pos = 2a/(2a + b + c); p_neg = 2d/(2d + b + c)",
    source="Byrt et al. 1993, J Clin Epidemiol 46:423; Cicchetti & Feinstein 1990, J Clin Epidemiol 43:551",
)
def indices(table: Counts) -> Values:
    """Prevalence, bias and specific agreement of a 2 by 2 table."""
    n = _checked(table)
    require(len(table) == 2, "these indices are of a table with two categories.", "table")
    (a, b), (c, d) = table
    return {
        "prevalence_index": (a - d) / n,
        "bias_index": (b - c) / n,
        "p_pos": 2 * a / (2 * a + b + c) if a + b + c else None,
        "p_neg": 2 * d / (2 * d + b + c) if d + b + c else None,
    }


@conversion(
    "agreement.ac1",
    inputs={"table": TABLE, "level": LEVEL},
    outputs={
        "pa": "agreement observed",
        "pe": "agreement by chance",
        "ac1": "Gwet's AC1",
        "se_n_minus_1": "standard error with n - 1",
        "se_n": "standard error with n",
        "ci_n_minus_1_t": "interval with n - 1 and Student's t",
        "ci_n_z": "interval with n and the normal distribution",
    },
    formula="ac1 = (pa - pe) / (1 - pe); pe = sum of m(1 - m) / (k - 1), m the mean share of a category",
    source="Gwet 2008, Br J Math Stat Psychol 61:29",
)
def ac1(table: Counts, level: float) -> Values:
    """Gwet's AC1 in both conventions of its variance."""
    n, k, found = _checked(table), len(table), gwet_ac1(table, level)
    assert found.value is not None
    assert found.se is not None
    shares = [(sum(table[i]) + sum(row[i] for row in table)) / (2 * n) for i in range(k)]
    se_n = found.se * sqrt((n - 1) / n)
    half = z_of_level(level) * se_n
    return {
        "pa": sum(table[i][i] for i in range(k)) / n,
        "pe": sum(share * (1 - share) for share in shares) / (k - 1),
        "ac1": found.value,
        "se_n_minus_1": found.se,
        "se_n": se_n,
        "ci_n_minus_1_t": (found.low, found.high),
        "ci_n_z": (found.value - half, min(1.0, found.value + half)),
    }


@conversion(
    "agreement.fleiss",
    inputs={
        "counts": Input("for each subject, how many raters chose each category", "count", depth=2),
        "raters": Input("raters per subject", "sample"),
    },
    outputs={
        "P_bar": "mean agreement of pairs",
        "Pe": "agreement by chance",
        "kappa": "Fleiss' kappa",
        "se0": "standard error if kappa were 0",
    },
    formula="kappa = (P_bar - Pe) / (1 - Pe); Pe = sum of squared shares of the categories",
    source="Fleiss 1971, Psychol Bull 76:378; SE: Fleiss, Nee & Landis 1979, Psychol Bull 86:974",
)
def fleiss(counts: Counts, raters: int) -> Values:
    """Fleiss' kappa of many raters."""
    require(len({len(row) for row in counts}) == 1, "every subject must have the same categories.", "counts")
    require(
        all(sum(row) == raters for row in counts),
        f"every subject must have {raters} ratings in all.",
        "counts",
    )
    found = many_raters(Counter(counts))
    require(
        found.fleiss.value is not None, "all ratings are in one category: kappa is not defined.", "counts"
    )
    ratings = raters * len(counts)
    return {
        "P_bar": found.raw.value,
        "Pe": sum((sum(column) / ratings) ** 2 for column in zip(*counts, strict=True)),
        "kappa": found.fleiss.value,
        "se0": found.fleiss_se0,
    }
