"""A network of treatments from a snapshot: the numbers of a network meta-analysis. Plain data in and out, no Django.

Ranks are drawn from the joint normal distribution of the estimates, with a fixed seed, so that the same snapshot
gives the same result. Sources: Salanti, Ades & Ioannidis 2011, doi 10.1016/j.jclinepi.2010.03.016 (SUCRA); Ruecker &
Schwarzer 2015, doi 10.1186/s12874-015-0060-8 (P-scores, which need no draws).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analysis import stats
from analysis.engine.base import Partial, Step, engine_version, or_reason
from analysis.engine.network_rows import Contrast, Gathered, effects_of, gather, treatments_of
from analysis.intake import CannotAnalyse
from analysis.stats import Network, StatsError
from analysis.stats.distributions import critical_value
from analysis.stats.network import NETWORK_TAU2
from analysis.stats.results import plain

DRAWS = 10_000
SEED = 20_110_208
#: Below this many comparisons small-study effects are not tested (Cochrane Handbook, 13.3.5.4).
SMALL_STUDY_MINIMUM = 10
Numbers = dict[str, Any]


def compute(snapshot: Mapping[str, Any], step: Step, partial: Partial | None = None) -> Numbers:
    """Every number of a network run; ``pooled`` is None, for no single effect answers the question.

    ``league``: every pair of treatments once, better ranked first, with ``direct`` (None where no study compared the
    two). ``parts``: treatments that studies connect; comparisons between parts are None. What does not apply is
    ``{"reason": sentence}``. ``step(done, total, message)`` may raise to stop; ``partial`` gets what is known early.
    Raises CannotAnalyse or StatsError when there is no network to fit.
    """
    plan = snapshot["plan"]
    gathered = gather(snapshot["rows"], plan["measure"])
    if not gathered.contrasts:
        raise CannotAnalyse(_nothing(gathered))
    fitted = _fit(gathered, plan, plan["tau2_method"])
    better = "desirable" if snapshot["outcome"]["direction"] == "lower" else "undesirable"
    result: Numbers = {
        "kind": "network",
        "pooled": None,
        "measure": plan["measure"],
        "level": plan["level"],
        "k": fitted.k,
        "reference": _reference(snapshot, fitted, gathered),
        "parts": [list(part) for part in fitted.parts],
        "treatments": _treatments(fitted, gathered),
        "heterogeneity": _heterogeneity(fitted),
        "edges": _edges(fitted, gathered),
    }
    if partial:
        partial(dict(result))
    order = [
        name for part in fitted.parts for name in stats.p_scores(fitted, small_values=better) if name in part
    ]
    parts: dict[str, Callable[[], Any]] = {
        "league": lambda: _league(fitted, order),
        "ranking": lambda: _ranking(fitted, order, better),
        "design_test": lambda: or_reason(lambda: _design_test(fitted)),
        "splits": lambda: or_reason(lambda: [_plain(one.to_dict()) for one in stats.split_nodes(fitted)]),
        "funnel": lambda: _funnel(fitted, result["reference"]),
        "alternatives": lambda: _alternatives(gathered, plan, result["reference"]),
    }
    for number, (name, part) in enumerate(parts.items(), 1):
        step(number, len(parts) + 1, f"Computing {name.replace('_', ' ')}")
        result[name] = part()
    result["funnel_test"] = or_reason(lambda: _funnel_test(result["funnel"]))
    result["contrasts"] = _contrasts(gathered, plan["level"])
    result["left_out"] = gathered.left_out
    result["engine"] = engine_version()
    return result


def _nothing(gathered: Gathered) -> str:
    if not gathered.left_out:
        return "No study has a result for this outcome under this plan, so there is no network."
    told = "; ".join(f"{one['study']}: {one['why']}" for one in gathered.left_out[:3])
    return f"No study can be part of a network. {told}."


def _fit(gathered: Gathered, plan: Mapping[str, Any], tau2: str) -> Network:
    contrasts = gathered.contrasts
    return stats.network(
        effects_of(contrasts, plan["measure"]),
        study=[one.study for one in contrasts],
        treatment=[one.treatment for one in contrasts],
        comparator=[one.comparator for one in contrasts],
        tau2=tau2,
        level=plan["level"] / 100,
        unconnected="parts",
    )


def _reference(snapshot: Mapping[str, Any], fitted: Network, gathered: Gathered) -> str:
    """The comparator the plan names, where the network has it; else what most studies of the largest part have, of
    several that which is most often the comparator."""
    plan = snapshot["plan"]
    wanted = (plan.get("selection") or {}).get("comparator") or []
    named = [*([wanted] if isinstance(wanted, str) else wanted), plan.get("comparator_label", "")]
    known = {name.casefold(): name for name in fitted.treatments}
    for name in named:
        if str(name).casefold() in known:
            return known[str(name).casefold()]
    in_studies = Counter(name for arms in gathered.people.values() for name in arms)
    compared_with = Counter(treatments_of(row)[1] for row in snapshot["rows"])
    return min(fitted.parts[0], key=lambda name: (-in_studies[name], -compared_with[name], name))


def _treatments(fitted: Network, gathered: Gathered) -> list[Numbers]:
    """Each treatment with the studies and people it was given to; people None where a study does not say."""
    found = []
    for name in fitted.treatments:
        sizes = [arms[name] for arms in gathered.people.values() if name in arms]
        known = [size for size in sizes if size]
        people = sum(known) if len(known) == len(sizes) else None
        part = next(place for place, names in enumerate(fitted.parts) if name in names)
        found.append({"name": name, "studies": len(sizes), "people": people, "part": part})
    return found


def _heterogeneity(fitted: Network) -> Numbers:
    names = ("tau2", "tau2_method", "i2", "q", "q_df", "q_pval", "contrasts")
    return {name: plain(getattr(fitted, name)) for name in names} | {"notes": list(fitted.notes)}


def _edges(fitted: Network, gathered: Gathered) -> list[Numbers]:
    """The comparisons that studies made, with the people in them and the direct estimate."""
    z = critical_value(fitted.level, None)
    found = []
    for edge in fitted.edges:
        pair = (edge.treatment, edge.comparator)
        sizes = [
            one + other if one and other else None
            for arms in gathered.people.values()
            if pair[0] in arms and pair[1] in arms
            for one, other in [(arms[pair[0]], arms[pair[1]])]
        ]
        found.append(
            _plain(edge.to_dict())
            | {
                "ci_low": edge.estimate - z * edge.se,
                "ci_high": edge.estimate + z * edge.se,
                "people": None if None in sizes else sum(size or 0 for size in sizes),
            }
        )
    return found


def _league(fitted: Network, order: list[str]) -> list[Numbers]:
    names = ("estimate", "se", "ci_low", "ci_high", "pval", "pi_low", "pi_high")
    z = critical_value(fitted.level, None)
    direct = {frozenset((edge.treatment, edge.comparator)): edge for edge in fitted.edges}
    table = []
    for place, row in enumerate(order):
        for column in order[place + 1 :]:
            at = fitted.index(row), fitted.index(column)
            numbers = {name: plain(float(getattr(fitted, name)[at])) for name in names}
            edge = direct.get(frozenset((row, column)))
            own = None
            if edge is not None:
                y = edge.estimate if edge.treatment == row else -edge.estimate
                own = {
                    "estimate": y,
                    "se": edge.se,
                    "ci_low": y - z * edge.se,
                    "ci_high": y + z * edge.se,
                    "studies": edge.studies,
                    "proportion": edge.proportion,
                }
            table.append({"row": row, "column": column, **numbers, "direct": own})
    return table


def _ranking(fitted: Network, order: list[str], better: str) -> Numbers:
    """P-scores, and ranks with their uncertainty, within each part; ``ranks``: the probability of each rank."""
    scores = stats.p_scores(fitted, small_values=better)
    drawn: dict[str, Numbers] = {}
    for part in fitted.parts:
        if len(part) > 1:
            drawn |= _ranks(fitted, part, better)
    rows = [
        {
            "treatment": name,
            "part": next(place for place, names in enumerate(fitted.parts) if name in names),
            "p_score": plain(scores[name]),
            **drawn.get(name, {}),
        }
        for name in order
    ]
    return {"small_values": better, "draws": DRAWS, "seed": SEED, "treatments": rows}


def _ranks(fitted: Network, part: tuple[str, ...], better: str) -> dict[str, Numbers]:
    at = [fitted.index(name) for name in part]
    d = fitted.estimate[at, at[0]][1:]
    v = fitted.se[np.ix_(at, at)] ** 2
    covariance = (v[1:, :1] + v[:1, 1:] - v[1:, 1:]) / 2.0
    normal = np.random.default_rng(SEED).standard_normal((DRAWS, len(d)))
    draws = np.column_stack([np.zeros(DRAWS), d + normal @ np.linalg.cholesky(covariance).T])
    sign = 1.0 if better == "desirable" else -1.0
    ranks = np.argsort(np.argsort(sign * draws, axis=1, kind="stable"), axis=1) + 1
    tail = (1.0 - fitted.level) / 2.0
    found = {}
    for column, name in enumerate(part):
        own = ranks[:, column]
        shares = [float(np.mean(own == rank)) for rank in range(1, len(part) + 1)]
        low, middle, high = np.quantile(own, [tail, 0.5, 1.0 - tail], method="inverted_cdf").tolist()
        found[name] = {
            "sucra": float(np.mean(np.cumsum(shares)[:-1])),
            "mean_rank": float(np.mean(own)),
            "median_rank": int(middle),
            "rank_low": int(low),
            "rank_high": int(high),
            "ranks": shares,
        }
    return found


def _design_test(fitted: Network) -> Numbers:
    return _plain(stats.decompose_designs(fitted).to_dict())


def _funnel(fitted: Network, reference: str) -> list[Numbers]:
    """Contrasts less the direct mean of their comparison, the reference always as the comparator. Without those of
    comparisons that one study made: they are 0 by definition."""
    made = {(edge.treatment, edge.comparator): edge.studies for edge in fitted.edges}
    points = []
    for point in stats.comparison_adjusted(fitted):
        if made[point["treatment"], point["comparator"]] == 1:
            continue
        if point["treatment"] == reference:
            point = point | {
                "treatment": point["comparator"],
                "comparator": reference,
                "centred": -point["centred"],
            }
        points.append(_plain(point))
    return points


def _funnel_test(points: list[Numbers]) -> Numbers:
    if len(points) < SMALL_STUDY_MINIMUM:
        return {
            "reason": f"A test for small-study effects needs at least {SMALL_STUDY_MINIMUM} comparisons that several "
            f"studies made; there are {len(points)}."
        }
    effects = stats.effect_sizes(
        "GEN",
        yi=[point["centred"] for point in points],
        vi=[point["se"] ** 2 for point in points],
        slab=[point["study"] for point in points],
    )
    return _plain(stats.egger(effects).to_dict())


def _alternatives(gathered: Gathered, plan: Mapping[str, Any], reference: str) -> list[Numbers]:
    """The planned fit, then the same contrasts under the other estimators: what each says against the reference."""
    planned = plan["tau2_method"]
    fits = []
    for method in dict.fromkeys((planned, *NETWORK_TAU2)):
        try:
            fitted = _fit(gathered, plan, method)
        except StatsError as error:
            fits.append({"tau2_method": method, "reason": str(error)})
            continue
        against = fitted.against(reference)
        names = ("estimate", "ci_low", "ci_high")
        fits.append(
            {
                "tau2_method": fitted.tau2_method,
                "tau2": fitted.tau2,
                "against": [
                    {"treatment": name} | {key: plain(one[key]) for key in names}
                    for name, one in against.items()
                ],
            }
        )
    return fits


def _contrasts(gathered: Gathered, level: float) -> list[Numbers]:
    z = critical_value(level / 100, None)
    return [_told(one, z, gathered) for one in gathered.contrasts]


def _told(one: Contrast, z: float, gathered: Gathered) -> Numbers:
    se = one.vi**0.5
    sizes = [gathered.people[one.study].get(name) for name in (one.treatment, one.comparator)]
    return {
        "study": one.study,
        "study_id": one.study_id,
        "treatment": one.treatment,
        "comparator": one.comparator,
        "yi": one.yi,
        "vi": one.vi,
        "ci_low": one.yi - z * se,
        "ci_high": one.yi + z * se,
        "people": None if None in sizes else sum(size or 0 for size in sizes),
    }


def _plain(value: Any) -> Any:
    """Numbers that JSON holds: nan becomes None, arrays lists."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return plain(value)
