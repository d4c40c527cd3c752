"""Agreement between two reviewers, from a square table of counts. No Django here.

``table[i][j]`` counts the records that the first reviewer put into category i and the second into category j.
Every interval is two-sided at ``level`` (0.95 by default). Proportions, not percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose, sqrt

from scipy.special import ndtri, stdtrit

Table = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its standard error and interval; ``None`` where the formula divides by nothing."""

    value: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Agreement:
    """What two reviewers' votes on the same records say about their agreement."""

    n: int
    agreed: int
    table: tuple[tuple[int, ...], ...]
    raw: Estimate
    kappa: Estimate
    pabak: Estimate
    ac1: Estimate

    @property
    def disagreed(self) -> int:
        return self.n - self.agreed


def agreement(table: Table, level: float = 0.95) -> Agreement:
    """Every coefficient of one table; raises ValueError for a table that is not square or counts below zero.

    An empty table has n = 0 and no coefficients.
    """
    rows = tuple(tuple(int(count) for count in row) for row in table)
    if len(rows) < 2 or any(len(row) != len(rows) for row in rows):
        raise ValueError("An agreement table is square, with two categories or more.")
    if any(count < 0 for row in rows for count in row):
        raise ValueError("An agreement table counts records: no number may be below zero.")
    n = sum(map(sum, rows))
    return Agreement(
        n=n,
        agreed=sum(rows[i][i] for i in range(len(rows))),
        table=rows,
        raw=raw_agreement(rows, level),
        kappa=cohen_kappa(rows, level),
        pabak=pabak(rows, level),
        ac1=gwet_ac1(rows, level),
    )


def raw_agreement(table: Table, level: float = 0.95) -> Estimate:
    """Proportion of records on which both agree, with Wilson's score interval (Wilson 1927, JASA 22:209)."""
    n = sum(map(sum, table))
    if not n:
        return Estimate(None)
    p = sum(table[i][i] for i in range(len(table))) / n
    z = _z(level)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # at p = 0 or 1 the limit is exactly p; rounding must not put p outside its own interval
    return Estimate(
        p, sqrt(p * (1 - p) / n), max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))
    )


def cohen_kappa(table: Table, level: float = 0.95) -> Estimate:
    """Cohen's kappa, (po - pe) / (1 - pe) (Cohen 1960, Educ Psychol Meas 20:37).

    Standard error for a kappa that is not zero: Fleiss, Cohen & Everitt 1969, Psychol Bull 72:323; the interval is
    kappa +/- z se. Not defined when both reviewers used one and the same category throughout (pe = 1).
    R: psych::cohen.kappa(table) or irr::kappa2 (estimate).
    """
    n, k = sum(map(sum, table)), len(table)
    if not n:
        return Estimate(None)
    p = [[count / n for count in row] for row in table]
    rows = [sum(row) for row in p]
    columns = [sum(p[i][j] for i in range(k)) for j in range(k)]
    po = sum(p[i][i] for i in range(k))
    pe = sum(rows[i] * columns[i] for i in range(k))
    if isclose(pe, 1):
        return Estimate(None)
    kappa = (po - pe) / (1 - pe)
    same = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(k))
    other = (1 - kappa) ** 2 * sum(
        p[i][j] * (columns[i] + rows[j]) ** 2 for i in range(k) for j in range(k) if i != j
    )
    variance = (same + other - (kappa - pe * (1 - kappa)) ** 2) / (n * (1 - pe) ** 2)
    return _interval(kappa, sqrt(max(0.0, variance)), _z(level))


def pabak(table: Table, level: float = 0.95) -> Estimate:
    """Prevalence- and bias-adjusted kappa, (k po - 1) / (k - 1); for two categories 2 po - 1.

    Byrt, Bishop & Carlin 1993, J Clin Epidemiol 46:423; k > 2: Brennan & Prediger 1981. The interval is that of
    ``raw_agreement`` (Wilson) put through the same line, so it is never empty at perfect agreement.
    """
    k, raw = len(table), raw_agreement(table, level)
    if raw.value is None or raw.se is None or raw.low is None or raw.high is None:
        return Estimate(None)

    def line(p: float) -> float:
        return (k * p - 1) / (k - 1)

    return Estimate(line(raw.value), raw.se * k / (k - 1), line(raw.low), line(raw.high))


def gwet_ac1(table: Table, level: float = 0.95) -> Estimate:
    """Gwet's AC1, (pa - pe) / (1 - pe) with pe = sum pi (1 - pi) / (k - 1), pi the mean of both margins.

    Gwet 2008, Br J Math Stat Psychol 61:29; variance with n - 1 and an interval by Student's t with n - 1 degrees of
    freedom, cut at 1. Steadier than kappa when inclusion is rare. R: irrCAC::gwet.ac1.table(table).
    """
    n, k = sum(map(sum, table)), len(table)
    if not n:
        return Estimate(None)
    p = [[count / n for count in row] for row in table]
    mean = [(sum(p[i]) + sum(p[j][i] for j in range(k))) / 2 for i in range(k)]
    pa = sum(p[i][i] for i in range(k))
    pe = sum(pi * (1 - pi) for pi in mean) / (k - 1)
    ac1 = (pa - pe) / (1 - pe)
    if n < 2:
        return Estimate(ac1)
    squares = sum(
        p[i][j]
        * (
            ((1 if i == j else 0) - pe) / (1 - pe)
            - 2 * (1 - ac1) * ((1 - (mean[i] + mean[j]) / 2) / (k - 1) - pe) / (1 - pe)
        )
        ** 2
        for i in range(k)
        for j in range(k)
    )
    variance = max(0.0, squares - ac1**2) / (n - 1)
    return _interval(ac1, sqrt(variance), float(stdtrit(n - 1, 0.5 + level / 2)))


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 2))


def _interval(value: float, se: float, quantile: float) -> Estimate:
    return Estimate(value, se, value - quantile * se, min(1.0, value + quantile * se))
