"""A meta-analysis of two groups, or of one: every number its page, its figures and its exports show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis import stats
from analysis.engine.base import Data, Partial, Step, described, engine_version, or_reason, row_key
from analysis.engine.groups import subgroups
from analysis.engine.methods import INVERSE_VARIANCE, METHOD_NAMES, has_tau2
from analysis.engine.moderators import bubbles, regression
from analysis.engine.points import baujat, drapery, funnel, galbraith, labbe, weights
from analysis.engine.sensitivity import sensitivity
from analysis.engine.sequences import cumulative, leave_one_out
from analysis.engine.small_study import begg, egger, small_study, trim_and_fill
from analysis.intake import people
from analysis.stats import Pooled, StatsError
from analysis.stats.distributions import critical_value
from analysis.stats.results import plain
from analysis.stats.tau2 import COMMON_EFFECT

Numbers = dict[str, Any]
#: The fits shown beside the planned one, as (tau2 method, test).
ALTERNATIVES = (("REML", "z"), ("REML", "knha"), ("DL", "z"), ("PM", "z"), ("CE", "z"))
NO_TAU2 = "A common-effect model has no between-study variance."


def compute(snapshot: Numbers, step: Step, partial: Partial | None = None) -> Numbers:
    """The result of a pairwise plan; its keys and shapes are told in ``analysis.engine``."""
    data = Data.of(snapshot)
    result = {"kind": "pairwise"} | _first(data)
    if partial:
        partial(dict(result))
    parts: dict[str, Callable[[], Any]] = {
        "alternatives": lambda: _alternatives(data),
        "tau2_interval": lambda: or_reason(lambda: _tau2_interval(data)),
        "subgroups": lambda: subgroups(data),
        "leave_one_out": lambda: or_reason(lambda: leave_one_out(data)),
        "influence": lambda: or_reason(lambda: _influence(data)),
        "sensitivity": lambda: sensitivity(data, result["leave_one_out"], result["influence"]),
        "regression": lambda: regression(data),
        "bubbles": lambda: bubbles(data),
        "small_study": lambda: small_study(data),
        "egger": lambda: or_reason(lambda: egger(data)),
        "begg": lambda: or_reason(lambda: begg(data)),
        "trim_and_fill": lambda: or_reason(lambda: trim_and_fill(data)),
        "funnel": lambda: funnel(data, result["trim_and_fill"]),
        "cumulative": lambda: or_reason(lambda: cumulative(data)),
        "baujat": lambda: or_reason(lambda: baujat(data, result["leave_one_out"])),
        "galbraith": lambda: or_reason(lambda: galbraith(data)),
        "labbe": lambda: or_reason(lambda: labbe(data)),
        "drapery": lambda: or_reason(lambda: drapery(data)),
    }
    for number, (name, part) in enumerate(parts.items(), 1):
        step(number, len(parts) + 1, f"Computing {name.replace('_', ' ')}")
        result[name] = part()
        if partial:
            partial(dict(result))
    result["engine"] = engine_version()
    return result


def quick(snapshot: Numbers) -> Numbers:
    """Only ``pooled``, ``studies``, ``tau2_interval`` and ``subgroups``: what a page can recompute while it waits.

    Raises as ``compute`` does.
    """
    data = Data.of(snapshot)
    return (
        {"kind": "pairwise"}
        | _first(data)
        | {
            "tau2_interval": or_reason(lambda: _tau2_interval(data)),
            "subgroups": subgroups(data),
            "engine": engine_version(),
        }
    )


def _first(data: Data) -> Numbers:
    pooled = described(data.main, data.plan)
    if data.measure == "PFT":
        pooled["size"] = stats.harmonic_mean([people(data.rows[i]) for i in data.used.tolist()])
    return {"pooled": pooled, "studies": _studies(data)}


def _alternatives(data: Data) -> list[Numbers]:
    """The planned fit, then the same studies under other common choices: how much does the choice matter?"""
    own = data.plan["tau2_method"]
    planned = described(data.main, data.plan)
    choices = list(ALTERNATIVES)
    if data.is_inverse_variance:
        more = [(own, "z")] if own in COMMON_EFFECT else [(own, "z"), (own, "knha")]
        choices = [c for c in dict.fromkeys((*more, *choices)) if c != (own, data.plan["test"])]
    return [planned, *(_alternative(data, tau2, test) for tau2, test in choices)]


def _alternative(data: Data, tau2: str, test: str) -> Numbers:
    """A fit by inverse variance; one that is not defined for these data has None for its numbers and says why."""
    changes = {"method": INVERSE_VARIANCE, "tau2_method": tau2, "test": test}
    try:
        return described(data.fit(**changes), data.plan, INVERSE_VARIANCE)
    except StatsError as error:
        empty = dict.fromkeys((*Pooled.KEYS, "df", "q_df", "pi_method"))
        same = {"measure": data.measure, "level": data.plan["level"], "k": data.effects.k, "notes": []}
        return empty | same | changes | {"reason": str(error)}


def _tau2_interval(data: Data) -> Numbers:
    if not has_tau2(data.plan):
        return {"reason": NO_TAU2}
    if not data.is_inverse_variance:
        raise StatsError(f"{METHOD_NAMES[data.method]}: there is no Q-profile interval for its variance.")
    return stats.confidence_tau2(data.effects, tau2=data.plan["tau2_method"], level=data.level).to_dict()


def _influence(data: Data) -> list[Numbers]:
    if not data.is_inverse_variance:
        raise StatsError(
            "Influence diagnostics are defined for inverse-variance pooling; see them in a plan with that method."
        )
    found = stats.influence(data.effects, tau2=data.plan["tau2_method"], test="z")
    columns = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat", "flagged")
    return [
        data.names(i) | {name: plain(getattr(found, name)[n]) for name in columns}
        for n, i in enumerate(data.used.tolist())
    ]


def _studies(data: Data) -> list[Numbers]:
    critical, share = critical_value(data.level, None), weights(data)
    why = {dropped.row: dropped.reason for dropped in data.effects.dropped}
    studies = []
    numbers = zip(data.rows, data.effects.yi.tolist(), data.effects.vi.tolist(), strict=True)
    for i, (row, yi, vi) in enumerate(numbers):
        half = critical * vi**0.5
        studies.append(
            {
                "study": row["study"],
                "row": row_key(row),
                "study_id": row["study_id"],
                "result_id": row["result_id"],
                "yi": plain(yi),
                "vi": plain(vi),
                "ci_low": plain(yi - half),
                "ci_high": plain(yi + half),
                "weight": plain(share[i]) if i in share else None,
                "dropped": why.get(i, ""),
            }
        )
    return studies
