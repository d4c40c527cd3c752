"""Where the studies stand in the figures: funnel, Baujat, Galbraith, L'Abbe and drapery. Numbers, no pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import stats
from analysis.engine.base import Data
from analysis.engine.methods import COUNTS
from analysis.intake import people
from analysis.stats import StatsError
from analysis.stats.distributions import critical_value, z_two_sided
from analysis.stats.pooling import need_studies, prediction_interval
from analysis.stats.results import plain
from analysis.stats.transformations import arcsine, logistic, logit, sine_squared

#: Shaded bands around no effect in a contour-enhanced funnel, in percent (Peters et al. 2008).
CONTOURS = (90.0, 95.0, 99.0)
#: Measures of two proportions -> (the experimental arm's from the comparator's at a pooled effect b).
CURVES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "OR": lambda p, b: logistic(logit(p) + b),
    "PETO": lambda p, b: logistic(logit(p) + b),
    "RR": lambda p, b: p * math.exp(b),
    "RD": lambda p, b: p + b,
    "AS": lambda p, b: sine_squared(arcsine(p) + b),
}
GRID = np.linspace(0.0, 1.0, 101)
#: Standard deviations from the middle of a drapery's curves; p = 2 (1 − Phi(z)), from 1 to 0.0001, with the p values
#: that people look for among them.
DRAPERY = np.unique(
    [
        *np.arange(0.0, 3.85, 0.05),
        *(critical_value(1 - p, None) for p in (0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 0.0001)),
    ]
)


def funnel(data: Data, filled: Any) -> dict[str, Any]:
    """The studies by effect and standard error, n and subgroup, and the mirror images of ``trim_and_fill``."""
    main = data.main
    reasoned = "reason" in filled
    return {
        "centre": plain(main.estimate),
        "level": data.plan["level"],
        "critical": critical_value(data.level, None),
        "tau2": plain(main.tau2),
        "points": [
            data.names(i)
            | {
                "yi": plain(data.effects.yi[i]),
                "sei": plain(data.effects.sei[i]),
                "n": people(data.rows[i]),
                "subgroup": data.rows[i].get("subgroup", ""),
            }
            for i in data.used.tolist()
        ],
        "filled": [] if reasoned else filled["filled"],
        "filled_centre": None if reasoned else filled["pooled"]["estimate"],
        "contours": [{"level": level, "critical": critical_value(level / 100, None)} for level in CONTOURS],
    }


def baujat(data: Data, without: Any) -> dict[str, Any]:
    """x = (y − b)²/(v + tau2), each study's part of the heterogeneity; y = (b − b(−i))²/var(b(−i)), its influence.

    ``without``: the leave-one-out fits. metafor: ``baujat(rma(...))``, ``baujat(rma.mh(...))``, ``rma.peto``.
    """
    if data.method == COUNTS:
        raise StatsError("A Baujat plot is not defined for a mixed model of the counts.")
    if "reason" in without:
        raise StatsError(without["reason"])
    main, points = data.main, []
    for i, part in zip(data.used.tolist(), without, strict=True):
        x = (data.effects.yi[i] - main.estimate) ** 2 / (data.effects.vi[i] + main.tau2)
        y = None
        if part["se"]:
            y = plain(((main.estimate - part["estimate"]) / part["se"]) ** 2)
        points.append(data.names(i) | {"x": plain(x), "y": y})
    return {"points": points}


def galbraith(data: Data) -> dict[str, Any]:
    """x = 1/sqrt(v + tau2), y = effect/sqrt(v + tau2): the pooled effect is a line through 0 with its slope."""
    need_studies(data.effects, 2, "A Galbraith plot needs")
    main = data.main
    x = 1.0 / np.sqrt(data.effects.vi + main.tau2)
    return {
        "points": [
            data.names(i) | {"x": plain(x[i]), "y": plain(x[i] * data.effects.yi[i])}
            for i in data.used.tolist()
        ],
        "estimate": plain(main.estimate),
        "ci_low": plain(main.ci_low),
        "ci_high": plain(main.ci_high),
        "tau2": plain(main.tau2),
        "margin": critical_value(data.level, None),
    }


def labbe(data: Data) -> dict[str, Any]:
    """The event proportions of both arms, and what the pooled effect makes of the comparator's."""
    if data.measure not in CURVES:
        raise StatsError(
            "A L'Abbé plot shows the events of two groups; this measure is about something else."
        )
    chosen = [i for i in data.used.tolist() if data.rows[i]["kind"] == "events"]
    if not chosen:
        raise StatsError("A L'Abbé plot needs the events of both groups, and no study here gives them.")
    rows = [data.rows[i] for i in chosen]
    found = stats.labbe(
        ai=[row["events1"] for row in rows],
        n1i=[row["n1"] for row in rows],
        ci=[row["events2"] for row in rows],
        n2i=[row["n2"] for row in rows],
        slab=[row["study"] for row in rows],
    )
    share = weights(data)
    with np.errstate(divide="ignore"):
        curve = CURVES[data.measure](GRID, data.main.estimate)
    inside = (curve >= 0.0) & (curve <= 1.0)
    return {
        "points": [
            data.names(i) | {"x": x, "y": y, "size": size, "weight": share.get(i)}
            for i, x, y, size in zip(chosen, plain(found.x), plain(found.y), plain(found.size), strict=True)
        ],
        "line": [{"x": plain(x), "y": plain(y)} for x, y in zip(GRID[inside], curve[inside], strict=True)],
        "left_out": [data.rows[i]["study"] for i in data.used.tolist() if i not in chosen],
    }


def drapery(data: Data) -> dict[str, Any]:
    """The p value of every value the effect might have: a curve per study, the pooled one and the prediction.

    At ``p[i]`` a study's curve is at centre ± ``z[i]`` · se, the pooled one at ``low[i]`` and ``high[i]``: the
    ends of the interval of level 1 − p. Ruecker & Schwarzer 2021, doi 10.1002/jrsm.1410.
    """
    need_studies(data.effects, 2, "A drapery plot needs")
    main = data.main
    p = [1.0, *(z_two_sided(z) for z in DRAPERY[1:].tolist())]
    critical = np.array([0.0, *(critical_value(1.0 - one, main.df) for one in p[1:])])
    return {
        "p": p,
        "z": plain(DRAPERY),
        "pooled": {
            "centre": plain(main.estimate),
            "low": plain(main.estimate - critical * main.se),
            "high": plain(main.estimate + critical * main.se),
        },
        "prediction": _prediction_curve(data, p) if main.pi_low is not None else None,
        "studies": [
            data.names(i) | {"centre": plain(data.effects.yi[i]), "se": plain(data.effects.sei[i])}
            for i in data.used.tolist()
        ],
    }


def _prediction_curve(data: Data, p: list[float]) -> dict[str, Any]:
    main = data.main
    spread = math.sqrt(main.se**2 + main.tau2)
    low, high = [main.estimate], [main.estimate]
    for one in p[1:]:
        found = prediction_interval(
            main.estimate,
            spread,
            prediction=data.plan.get("prediction") or "as test",
            residual_df=main.k - 1,
            test_df=main.df,
            level=1.0 - one,
        )
        assert found is not None  # there is one at the plan's level
        low.append(found[0])
        high.append(found[1])
    return {"low": plain(low), "high": plain(high)}


def weights(data: Data) -> dict[int, float]:
    """Percent by row number; none for a model of the counts, where studies have no weights."""
    if not len(data.main.weights):
        return {}
    return dict(zip(data.used.tolist(), (100.0 * data.main.weights).tolist(), strict=True))
