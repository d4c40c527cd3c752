"""The highest point of a (restricted) likelihood of tau2, found by Newton's method and proved to be the only peak.

Let A and B be as in `moments`: the score has the sign of A - B. A^(-1/2) and 1/B are power means, with negative
exponents, of lines l + tau2, hence concave and increasing in tau2 (Hardy, Littlewood & Polya 1934, chapter III), and
so is B^(-1/2). A concave function lies above its chords and below its tangents. From the values and slopes of f =
A^(-1/2) and g = 1/B at both ends of a stretch of tau2 follows what holds all along it:

    no maximum, falling   f^2 > g   if the chord of f is, squared, above the tangents of g
    no maximum, rising    f^2 < g   if the tangents of f are, squared, below the chord of g
    one maximum at most   f - sqrt(g) increases   if f' at the right end > (sqrt g)' at the left end
    no maximum, a valley  f - sqrt(g) decreases   if f' at the left end < (sqrt g)' at the right end

Stretches for which none is shown are parted. Where the variances are all equal f and g are lines, and nothing
needs to be parted. Where the proof of a single peak does not come about, all peaks are found in the same way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from analysis.stats.moments import Moments

#: Newton's method has arrived when its step, relative to tau2 + the smallest variance, is below this; the last
#: step is still taken, so that the error is about the square of it.
ARRIVED = 1e-7
#: Stretches shorter than this, relative to tau2 + the smallest variance, are taken to be as their ends say.
SHORT = 0.02
STEPS = 60
#: Columns that have arrived are taken out once they are this share of those under way; until then they go on.
LEAVE = 0.2


class One(Protocol):
    """Moments of one meta-analysis, at 0 (`begin`) and elsewhere."""

    @property
    def at(self) -> Callable[[float], Moments]: ...
    @property
    def begin(self) -> Moments: ...


class Many(Protocol):
    """Moments of many meta-analyses, one a column."""

    def at(self, tau2: np.ndarray) -> Moments: ...
    def take(self, columns: np.ndarray) -> Many: ...


class Point(NamedTuple):
    """tau2, f = A^(-1/2) and g = 1/B there, and their slopes."""

    tau2: Any
    f: Any
    g: Any
    df: Any
    dg: Any


FALLING, RISING, LEFT, RIGHT = range(4)  # kinds of stretch; LEFT and RIGHT end or begin next to the maximum
#: Where a stretch of each kind is parted, on the scale of log(tau2 + the smallest variance).
PARTED = (0.5, 0.5, 0.8, 0.5)


def ceiling(least: Any, mean: Any, spread: Any, root: Callable[[Any], Any] = math.sqrt) -> Any:
    """A tau2 beyond which the score is negative; 0 or less when it is negative throughout.

    A <= R/(least + tau2)^2, R the residual sum of squares with equal weights, and B >= m/(mean + tau2) (the
    harmonic mean is below the arithmetic one); `spread` = R/m. With x = least + tau2 the score is negative once
    x^2 > spread (x + mean - least). `mean` falls below `least` by rounding only."""
    x = 0.5 * (spread + root(spread * (spread + 4.0 * abs(mean - least))))
    return x * (1.0 + 1e-9) - least


def point(tau2: Any, moments: Moments) -> Point:
    f = moments.slope**-0.5
    g = 1.0 / moments.trace
    return Point(tau2, f, g, 0.5 * f * (moments.slope_fall / moments.slope), moments.trace_fall * g * g)


def one_peak(a: Point, b: Point) -> Any:
    """f - sqrt(g) increases between a and b."""
    return b.df > 0.5 * a.dg * a.g**-0.5


def one_valley(a: Point, b: Point) -> Any:
    """f - sqrt(g) decreases between a and b, so that there is no maximum where the score is negative at a."""
    return a.df < 0.5 * b.dg * b.g**-0.5


def falls(a: Point, b: Point, low: Any = min, high: Any = max) -> Any:
    """The score is negative from a to b."""
    h = b.tau2 - a.tau2
    x = _crossing(a.g, a.dg, b.g, b.dg, h, low, high)
    rise = (b.f - a.f) / h
    bottom = _least_gap(a.f, rise, a.g, a.dg, 0.0 * x, x, low, high)
    return (bottom > 0.0) & (_least_gap(a.f, rise, b.g - b.dg * h, b.dg, x, h, low, high) > 0.0)


def rises(a: Point, b: Point, low: Any = min, high: Any = max) -> Any:
    """The score is positive from a to b."""
    h = b.tau2 - a.tau2
    x = _crossing(a.f, a.df, b.f, b.df, h, low, high)
    top = low(a.f + a.df * x, b.f - b.df * (h - x))
    return (a.f * a.f < a.g) & (b.f * b.f < b.g) & (top * top < a.g + (b.g - a.g) / h * x)


def _crossing(a: Any, da: Any, b: Any, db: Any, h: Any, low: Any, high: Any) -> Any:
    """Where the tangents at both ends of a concave function cross, from the left end."""
    return low(high((b - db * h - a) / high(da - db, 1e-300), 0.0), h)


def _least_gap(f: Any, rise: Any, level: Any, slope: Any, begin: Any, end: Any, low: Any, high: Any) -> Any:
    """The least (f + rise x)^2 - (level + slope x) for x from begin to end; rise > 0."""
    x = low(high((0.5 * slope / rise - f) / rise, begin), end)
    return (f + rise * x) ** 2 - (level + slope * x)


def newton_step(m: Moments) -> Any:
    """Newton's step towards B/A = 1, a line in tau2 when all variances are equal."""
    return (m.slope - m.trace) / (m.trace * (m.slope_fall / m.slope) - m.trace_fall)


def first_guess(begin: Moments, end: Moments, upper: Any) -> Any:
    """Where B/A = 1, from its values and slopes at 0 and at upper: Hermite's cubic for tau2 as a function of B/A."""
    ratio, last = begin.trace / begin.slope, end.trace / end.slope
    rise = ratio * (begin.slope_fall / begin.slope - begin.trace_fall / begin.trace)
    last_rise = last * (end.slope_fall / end.slope - end.trace_fall / end.trace)
    s = (1.0 - ratio) / (last - ratio)
    r = 1.0 - s
    tangents = (last - ratio) * (r / rise - s / last_rise)
    return s * s * (3.0 - 2.0 * s) * upper + s * r * tangents


def search_one(one: One, least: float, upper: float) -> list[float] | None:
    """Every tau2 at which the likelihood has a maximum, nearly always one; None when rounding blurs them.

    `least`: the smallest variance. `upper`: from `ceiling`."""
    if upper <= 0.0:
        return [0.0]
    try:
        return _search_one(one, least, upper)
    except (ZeroDivisionError, OverflowError):
        return None


def _search_one(one: One, least: float, upper: float) -> list[float] | None:
    at = one.at
    begin, end = one.begin, at(upper)
    first, last = point(0.0, begin), point(upper, end)
    if begin.slope <= begin.trace:
        proved = _proved_one(at, [(first, last, FALLING)], least)
        return [0.0] if proved else _search_all(at, first, last, least)
    found = _climb_one(at, first_guess(begin, end, upper), least, 0.0, upper)
    if found is None:
        return None
    root, near = found
    proved = _proved_one(at, [(first, near, LEFT), (near, last, RIGHT)], least)
    return [root] if proved else _search_all(at, first, last, least)


def _search_all(
    at: Callable[[float], Moments], first: Point, last: Point, least: float
) -> list[float] | None:
    """All maxima: stretches are parted until each is shown to hold one, or none."""
    found = [] if _up(first) else [0.0]
    stretches = [(first, last)]
    for _ in range(8 * STEPS):
        if not stretches:
            return found or None
        a, b = stretches.pop()
        before, after = _up(a), _up(b)
        if b.tau2 - a.tau2 <= SHORT * (a.tau2 + least) or _HOLDS[before, after](a, b):
            if before and not after:
                middle = math.sqrt((a.tau2 + least) * (b.tau2 + least)) - least
                climbed = _climb_one(at, middle, least, a.tau2, b.tau2)
                if climbed is None:
                    return None
                found.append(climbed[0])
            continue
        middle = math.sqrt((a.tau2 + least) * (b.tau2 + least)) - least
        c = point(middle, at(middle))
        stretches += [(a, c), (c, b)]
    return None


def _up(p: Point) -> bool:
    """Whether the likelihood rises at this point."""
    return bool(p.f * p.f < p.g)


def _climb_one(
    at: Callable[[float], Moments], tau2: float, least: float, low: float, high: float
) -> tuple[float, Point] | None:
    """The root of the score between low and high, from a first guess, and the point last evaluated next to it."""
    if not low <= tau2 <= high:
        tau2 = low
    m = at(tau2)
    low, high = (tau2, high) if m.slope > m.trace else (low, tau2)
    for _ in range(STEPS):
        step = newton_step(m)
        new = tau2 + step
        if abs(step) <= ARRIVED * (tau2 + least):
            return max(new, 0.0), point(tau2, m)
        if not low < new < high:
            new = math.sqrt((low + least) * (high + least)) - least
        tau2, m = new, at(new)
        low, high = (tau2, high) if m.slope > m.trace else (low, tau2)
    return None


def _proved_one(
    at: Callable[[float], Moments], stretches: list[tuple[Point, Point, int]], least: float
) -> bool:
    for _ in range(STEPS):
        if not stretches:
            return True
        a, b, kind = stretches.pop()
        if b.tau2 - a.tau2 <= SHORT * (a.tau2 + least) or _holds(kind, a, b):
            continue
        share = PARTED[kind]
        middle = (a.tau2 + least) ** (1.0 - share) * (b.tau2 + least) ** share - least
        c = point(middle, at(middle))
        if _up(c) != (kind in (RISING, LEFT)):
            return False
        stretches += [(a, c, RISING if kind == LEFT else kind), (c, b, FALLING if kind == RIGHT else kind)]
    return False


def _holds(kind: int, a: Point, b: Point) -> bool:
    if kind == FALLING:
        return bool(falls(a, b))
    return bool(rises(a, b) if kind == RISING else one_peak(a, b))


#: What has to be shown of a stretch, by whether the likelihood rises at its ends.
_HOLDS: dict[tuple[bool, bool], Callable[[Point, Point], Any]] = {
    (True, False): one_peak,
    (True, True): rises,
    (False, False): falls,
    (False, True): one_valley,
}


def search_many(
    many: Many, begin: Moments, least: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`search_one` for every column: tau2, and a mask of the columns that are not proved to have one maximum.

    `begin`: the moments at 0. `least`, `upper`: arrays (n,). All columns step together; those that have arrived are
    left out as they go."""
    tau2 = np.zeros(len(least))
    unproved = np.zeros(len(least), dtype=bool)
    rows = np.flatnonzero(upper > 0.0)
    if not rows.size:
        return tau2, unproved
    if rows.size < len(least):
        many, least, upper = many.take(rows), least[rows], upper[rows]
        begin = Moments(*(values[..., rows] for values in begin))
    end = many.at(upper)
    up = begin.slope > begin.trace
    if up.any():
        found, near, lost = _climb_many(many, begin, end, least, upper, np.flatnonzero(up))
    else:
        found, near, lost = np.zeros_like(upper), point(upper, end), np.zeros(len(upper), dtype=bool)
    lost |= ~_proved_many(many, point(np.zeros_like(upper), begin), near, point(upper, end), up, least)
    tau2[rows], unproved[rows] = found, lost | ~np.isfinite(found)
    return tau2, unproved


def _climb_many(
    many: Many, begin: Moments, end: Moments, least: np.ndarray, upper: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, Point, np.ndarray]:
    """Roots of the score, the points last evaluated, and which columns did not arrive, for the columns `rows`."""
    n = len(least)
    root, near = np.zeros(n), Point(*(np.ones(n) for _ in Point._fields))
    lost = np.zeros(n, dtype=bool)
    lost[rows] = True
    if rows.size < n:
        many, least, upper = many.take(rows), least[rows], upper[rows]
        begin, end = (Moments(*(values[..., rows] for values in m)) for m in (begin, end))
    tau2 = first_guess(begin, end, upper)
    tau2 = np.where((tau2 >= 0.0) & (tau2 <= upper), tau2, 0.0)
    m = many.at(tau2)
    rising = m.slope > m.trace
    low, high = np.where(rising, tau2, 0.0), np.where(rising, upper, tau2)
    for _ in range(STEPS):
        step = newton_step(m)
        new = np.maximum(tau2 + step, 0.0)
        arrived = np.abs(step) <= ARRIVED * (tau2 + least)
        inside = arrived | ((new > low) & (new < high))
        new = np.where(inside, new, np.sqrt((low + least) * (high + least)) - least)
        if np.count_nonzero(arrived) >= LEAVE * rows.size:
            done = rows[arrived]
            root[done], lost[done] = new[arrived], False
            here = point(tau2[arrived], Moments(*(values[..., arrived] for values in m)))
            for whole, part in zip(near, here, strict=True):
                whole[done] = part
            left = np.flatnonzero(~arrived)
            if not left.size:
                break
            rows, new, low, high, least = rows[left], new[left], low[left], high[left], least[left]
            many = many.take(left)
        tau2, m = new, many.at(new)
        rising = m.slope > m.trace
        low, high = np.where(rising, tau2, low), np.where(rising, high, tau2)
    return root, near, lost


def _proved_many(
    many: Many, first: Point, near: Point, last: Point, up: np.ndarray, least: np.ndarray
) -> np.ndarray:
    """For which columns the stretches before and after the maximum (or all, where it is at 0) are proved."""
    proved = np.ones(len(least), dtype=bool)
    above, flat = np.flatnonzero(up), np.flatnonzero(~up)
    rows = np.concatenate((above, above, flat))
    kinds = np.repeat([LEFT, RIGHT, FALLING], [len(above), len(above), len(flat)])
    a = Point(*(np.concatenate((x[above], y[above], x[flat])) for x, y in zip(first, near, strict=True)))
    b = Point(*(np.concatenate((y[above], z[above], z[flat])) for y, z in zip(near, last, strict=True)))
    for _ in range(STEPS // 3):
        short = b.tau2 - a.tau2 <= SHORT * (a.tau2 + least[rows])
        left = np.flatnonzero(~(short | _hold(kinds, a, b)))
        left = left[proved[rows[left]]]
        if not left.size:
            return proved
        rows, kinds = rows[left], kinds[left]
        a, b = (Point(*(values[left] for values in p)) for p in (a, b))
        own, share = least[rows], np.array(PARTED)[kinds]
        middle = (a.tau2 + own) ** (1.0 - share) * (b.tau2 + own) ** share - own
        c = point(middle, many.take(rows).at(middle))
        expected = (kinds == RISING) | (kinds == LEFT)
        proved[rows[(c.f * c.f < c.g) != expected]] = False
        before = np.where(kinds == LEFT, RISING, kinds)
        after = np.where(kinds == RIGHT, FALLING, kinds)
        rows, kinds = np.concatenate((rows, rows)), np.concatenate((before, after))
        a, b = (
            Point(*(np.concatenate(pair) for pair in zip(x, y, strict=True))) for x, y in ((a, c), (c, b))
        )
    proved[rows] = False
    return proved


def _hold(kinds: np.ndarray, a: Point, b: Point) -> np.ndarray:
    beside = (kinds == LEFT) | (kinds == RIGHT)
    falling = kinds == FALLING
    whole = falls(a, b, np.minimum, np.maximum)
    return np.where(
        beside, one_peak(a, b), np.where(falling, whole, rises(a, b, np.minimum, np.maximum))
    ).astype(bool)
