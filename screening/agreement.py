"""Agreement between two reviewers, from a square table of counts, and between many. No Django here.

``table[i][j]`` counts the records that the first reviewer put into category i and the second into category j.
Every interval is two-sided at ``level`` (0.95 by default). Proportions, not percent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, sqrt
from statistics import NormalDist

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


def weighted_kappa(table: Table, weights: str = "linear", level: float = 0.95) -> Estimate:
    """Cohen's weighted kappa for ordered categories, (po - pe) / (1 - pe) with po = sum w p, pe = sum w r c.

    The weight of a pair of categories d apart is 1 - d / (k - 1) ("linear") or 1 - (d / (k - 1))^2 ("quadratic"), so
    near misses count partly; with two categories both are Cohen's kappa (Cohen 1968, Psychol Bull 70:213). Standard
    error for a kappa that is not zero: Fleiss, Cohen & Everitt 1969, Psychol Bull 72:323; the interval is kappa
    +/- z se. Not defined for an empty table and where both used one and the same category throughout (pe = 1).
    ValueError for other weights, counts below zero or a table that is not square. R: psych::cohen.kappa(table),
    irr::kappa2(weight = "equal" or "squared").
    """
    power = {"linear": 1, "quadratic": 2}.get(weights)
    if power is None:
        raise ValueError(f"Weights are 'linear' or 'quadratic', not '{weights}'.")
    n, k = sum(map(sum, table)), len(table)
    if k < 2 or any(len(row) != k for row in table):
        raise ValueError("An agreement table is square, with two categories or more.")
    if any(count < 0 for row in table for count in row):
        raise ValueError("An agreement table counts records: no number may be below zero.")
    if not n:
        return Estimate(None)
    cells = [(i, j) for i in range(k) for j in range(k)]
    weight = {(i, j): 1 - (abs(i - j) / (k - 1)) ** power for i, j in cells}
    rows = [sum(row) / n for row in table]
    columns = [sum(row[j] for row in table) / n for j in range(k)]
    po = sum(weight[i, j] * table[i][j] / n for i, j in cells)
    pe = sum(weight[i, j] * rows[i] * columns[j] for i, j in cells)
    if isclose(pe, 1):
        return Estimate(None)
    kappa = (po - pe) / (1 - pe)
    by_row = [sum(weight[i, j] * columns[j] for j in range(k)) for i in range(k)]
    by_column = [sum(weight[i, j] * rows[i] for i in range(k)) for j in range(k)]
    squares = sum(
        table[i][j] / n * (weight[i, j] - (by_row[i] + by_column[j]) * (1 - kappa)) ** 2 for i, j in cells
    )
    variance = (squares - (kappa - pe * (1 - kappa)) ** 2) / (n * (1 - pe) ** 2)
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
    return _interval(ac1, sqrt(variance), _t(n - 1, level))


@dataclass(frozen=True)
class ManyRaters:
    """Agreement of any number of reviewers, who need not have judged the same records.

    ``records`` have two votes or more; ``votes`` is their number; ``raters`` is the number of votes per record if it
    is the same for all (else ``None``, and Fleiss' kappa is not defined).
    """

    records: int
    votes: int
    raters: int | None
    raw: Estimate
    fleiss: Estimate
    fleiss_se0: float | None
    ac1: Estimate


#: How many records have this pattern of votes: ``{(includes, excludes): records}``.
Patterns = Mapping[tuple[int, ...], int]


def many_raters(patterns: Patterns, level: float = 0.95) -> ManyRaters:
    """Every coefficient of many raters; ``patterns[counts]`` records have ``counts[j]`` votes in category j.

    - ``raw``: mean proportion of agreeing pairs of votes, pa, over the records with two votes or more.
    - ``fleiss``: (pa - pe) / (1 - pe) with pe = sum pj^2, pj the mean share of category j (Fleiss 1971, Psychol Bull
      76:378), for a constant number of votes per record only. R: irr::kappam.fleiss.
    - ``fleiss_se0``: its standard error if reviewers agreed by chance only (Fleiss, Nee & Landis 1979, Psychol Bull
      86:974, as irr prints it): for a test against zero, not for an interval.
    - ``ac1``: pe = sum pj (1 - pj) / (k - 1), any number of votes per record; records with one vote have a part in
      pj alone (Gwet 2008; Gwet 2014, Handbook of Inter-Rater Reliability, section 2). R: irrCAC::gwet.ac1.raw.

    Intervals: linearised variance over records with n - 1 (Gwet 2021, Educ Psychol Meas 81:781) and Student's t, as
    irrCAC gives them; None for fewer than two records. Raises ValueError for counts below zero.
    """
    rated = {counts: n for counts, n in patterns.items() if n and sum(counts)}
    if any(n < 0 or min(counts) < 0 for counts, n in patterns.items()):
        raise ValueError("Patterns count votes and records: no number may be below zero.")
    if len({len(counts) for counts in rated}) > 1 or any(len(counts) < 2 for counts in rated):
        raise ValueError("Every pattern has the same two categories or more.")
    paired = {counts: n for counts, n in rated.items() if sum(counts) >= 2}
    records = sum(paired.values())
    if not records:
        return ManyRaters(0, 0, None, Estimate(None), Estimate(None), None, Estimate(None))
    numbers = {sum(counts) for counts in rated}
    raters = numbers.pop() if len(numbers) == 1 else None
    n, k = sum(rated.values()), len(next(iter(rated)))
    shares = [sum(m * counts[j] / sum(counts) for counts, m in rated.items()) / n for j in range(k)]
    chance_fleiss = sum(share * share for share in shares)
    chance_ac1 = sum(share * (1 - share) for share in shares) / (k - 1)
    weights_ac1 = [(1 - share) / (k - 1) for share in shares]
    known = raters is not None
    return ManyRaters(
        records=records,
        votes=sum(sum(counts) * m for counts, m in paired.items()),
        raters=raters,
        raw=_chance_corrected(rated, 0.0, [0.0] * k, level),
        fleiss=_chance_corrected(rated, chance_fleiss, shares, level) if known else Estimate(None),
        fleiss_se0=_fleiss_se0(shares, n, raters) if raters is not None else None,
        ac1=_chance_corrected(rated, chance_ac1, weights_ac1, level),
    )


def _chance_corrected(rated: Patterns, pe: float, weights: Sequence[float], level: float) -> Estimate:
    """(pa - pe) / (1 - pe), and its linearised variance; ``weights[j]`` is what a vote for j adds to pe."""
    if isclose(pe, 1):
        return Estimate(None)
    n = sum(rated.values())
    paired = sum(m for counts, m in rated.items() if sum(counts) >= 2)
    agreeing = {counts: _agreeing(counts) for counts in rated}
    pa = sum(agreeing[counts] * m for counts, m in rated.items()) / paired
    value = (pa - pe) / (1 - pe)
    if n < 2:
        return Estimate(value)
    squares = 0.0
    for counts, m in rated.items():
        votes = sum(counts)
        own = (n / paired) * (agreeing[counts] - (pe if votes >= 2 else 0.0)) / (1 - pe)
        own_pe = sum(count * weight for count, weight in zip(counts, weights, strict=True)) / votes
        own -= 2 * (1 - value) * (own_pe - pe) / (1 - pe)
        squares += m * (own - value) ** 2
    quantile = _t(n - 1, level)
    return _interval(value, sqrt(squares / (n * (n - 1))), quantile)


def _agreeing(counts: Sequence[int]) -> float:
    """The proportion of a record's pairs of votes that agree; 0 with a single vote."""
    votes = sum(counts)
    return sum(count * (count - 1) for count in counts) / (votes * (votes - 1)) if votes >= 2 else 0.0


def _fleiss_se0(shares: Sequence[float], n: int, raters: int) -> float | None:
    spread = sum(share * (1 - share) for share in shares)
    if raters < 2 or isclose(spread, 0, abs_tol=1e-12):
        return None
    skew = sum(share * (1 - share) * (1 - 2 * share) for share in shares)
    return sqrt(2 * (spread**2 - skew) / (n * raters * (raters - 1))) / spread


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _t(df: int, level: float) -> float:
    # scipy takes a fifth of a second to import, and the models of a later room import this module
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def _interval(value: float, se: float, quantile: float) -> Estimate:
    return Estimate(value, se, value - quantile * se, min(1.0, value + quantile * se))
