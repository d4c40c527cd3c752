"""From a snapshot to a result: plain data in, plain data out, no Django.

The result holds every number the page, the figures and the exports show, so none of them computes anything.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy

from analysis import stats
from analysis.intake import CannotAnalyse, one_effect, people, stats_name, why_dropped
from analysis.stats import Dropped, Effects, Pooled, StatsError
from analysis.stats.distributions import critical_value
from analysis.stats.results import plain
from analysis.stats.tau2 import COMMON_EFFECT

ENGINE_VERSION = "1"
#: The fits shown beside the planned one, as (tau2 method, test).
ALTERNATIVES = (("REML", "z"), ("REML", "knha"), ("DL", "z"), ("PM", "z"), ("CE", "z"))
SMALL_STUDY_MINIMUM = 10
Step = Callable[[int, int, str], None]


def engine_version() -> str:
    """What computed a result, for its page and its export."""
    return f"engine {ENGINE_VERSION}, numpy {np.__version__}, scipy {scipy.__version__}"


def compute(snapshot: dict[str, Any], step: Step) -> dict[str, Any]:
    """Every number of one run. ``step(done, total, message)`` is called between parts and may raise to stop.

    Raises CannotAnalyse or StatsError when the plan cannot be computed at all. What merely does not apply (one
    trial in a subgroup, too few studies for a test) is ``{"reason": sentence}`` in its place.
    """
    plan, rows = snapshot["plan"], snapshot["rows"]
    effects = study_effects(rows, plan["measure"])
    main = _pool(effects, plan, plan["tau2_method"], plan["test"])
    parts: dict[str, Callable[[], Any]] = {
        "alternatives": lambda: _alternatives(effects, plan),
        "tau2_interval": lambda: _or_reason(lambda: _tau2_interval(effects, plan)),
        "subgroups": lambda: _subgroups(effects, rows, plan) if plan["subgroup_by"] else None,
        "leave_one_out": lambda: _or_reason(lambda: stats.leave_one_out(effects, **_choices(plan)).to_dict()),
        "influence": lambda: _or_reason(lambda: _influence(effects, plan)),
        "egger": lambda: _or_reason(lambda: _egger(effects)),
        "begg": lambda: _or_reason(lambda: _begg(effects)),
    }
    result: dict[str, Any] = {"pooled": _described(main, plan)}
    if plan["measure"] == "PFT":
        result["pooled"]["size"] = stats.harmonic_mean([people(row) for row in rows])
    for number, (name, part) in enumerate(parts.items(), 1):
        step(number, len(parts) + 1, f"Computing {name.replace('_', ' ')}")
        result[name] = part()
    result["studies"] = _studies(effects, rows, plan, main)
    result["engine"] = engine_version()
    return result


def study_effects(rows: list[dict[str, Any]], measure: str) -> Effects:
    """Effects of the snapshot's rows in their order: from arm data where there are any, else as reported.

    Raises CannotAnalyse naming the study whose kind of data does not give ``measure``.
    """
    if not rows:
        raise CannotAnalyse(
            "No study has a result for this outcome under this plan, so there is nothing to pool."
        )
    single = [one_effect(row, measure) for row in rows]
    together = stats.effect_sizes(
        stats_name(measure),
        yi=[one.yi[0] for one in single],
        vi=[one.vi[0] for one in single],
        ni=[people(row) for row in rows],
        slab=[row["study"] for row in rows],
    )
    why = [why_dropped(row, one) for row, one in zip(rows, single, strict=True)]
    return replace(
        together, dropped=tuple(Dropped(lost.row, lost.label, why[lost.row]) for lost in together.dropped)
    )


def _choices(plan: dict[str, Any]) -> dict[str, Any]:
    return {"tau2": plan["tau2_method"], "test": plan["test"], "level": plan["level"] / 100}


def _pool(effects: Effects, plan: dict[str, Any], tau2: str, test: str) -> Pooled:
    return stats.pool(effects, tau2=tau2, test=test, level=plan["level"] / 100)


def _described(pooled: Pooled, plan: dict[str, Any]) -> dict[str, Any]:
    """The public keys, and what a reader of them needs beside them."""
    return pooled.to_dict() | {
        "measure": plan["measure"],
        "level": plan["level"],
        "df": pooled.df,
        "q_df": pooled.q_df,
        "pi_method": pooled.pi_method,
        "notes": list(pooled.notes),
    }


def _alternatives(effects: Effects, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The planned fit, then the same studies under other common choices: how much does the choice matter?"""
    own = plan["tau2_method"]
    choices = [(own, plan["test"]), (own, "z")]
    if own not in COMMON_EFFECT:
        choices.append((own, "knha"))
    return [
        _described(_pool(effects, plan, tau2, test), plan)
        for tau2, test in dict.fromkeys((*choices, *ALTERNATIVES))
    ]


def _tau2_interval(effects: Effects, plan: dict[str, Any]) -> dict[str, Any]:
    if plan["tau2_method"] in COMMON_EFFECT:
        return {"reason": "A common-effect model has no between-study variance."}
    return stats.confidence_tau2(effects, tau2=plan["tau2_method"], level=plan["level"] / 100).to_dict()


def _subgroups(effects: Effects, rows: list[dict[str, Any]], plan: dict[str, Any]) -> dict[str, Any]:
    found = stats.subgroups(effects, [row["subgroup"] for row in rows], **_choices(plan))
    place = {row["subgroup"]: row.get("subgroup_order", 0) for row in rows}
    groups = [
        group.to_dict()
        | {
            "members": [row["study"] for row in rows if row["subgroup"] == group.name],
            "poolable": group.pooled is not None and group.pooled.k > 1,
        }
        for group in sorted(found.groups, key=lambda group: place[group.name])
    ]
    return {
        "by": plan["subgroup_by"],
        "groups": groups,
        "q_between": found.q_between,
        "q_between_df": found.q_between_df,
        "q_between_pval": found.q_between_pval,
        "notes": list(found.notes),
    }


def _influence(effects: Effects, plan: dict[str, Any]) -> list[dict[str, Any]]:
    found = stats.influence(effects, tau2=plan["tau2_method"], test="z")
    columns = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat", "flagged")
    return [
        {"study": label} | {name: plain(getattr(found, name)[i]) for name in columns}
        for i, label in enumerate(found.slab)
    ]


def _egger(effects: Effects) -> dict[str, Any]:
    return _too_few(effects) or stats.egger(effects, model="rma", tau2="REML").to_dict()


def _begg(effects: Effects) -> dict[str, Any]:
    return _too_few(effects) or stats.begg(effects).to_dict()


def _too_few(effects: Effects) -> dict[str, Any]:
    if effects.k >= SMALL_STUDY_MINIMUM:
        return {}
    return {
        "reason": f"Tests for small-study effects need at least {SMALL_STUDY_MINIMUM} studies; there are "
        f"{effects.k} (Cochrane Handbook, 13.3.5.4)."
    }


def _studies(
    effects: Effects, rows: list[dict[str, Any]], plan: dict[str, Any], main: Pooled
) -> list[dict[str, Any]]:
    critical = critical_value(plan["level"] / 100, None)
    weights = dict(zip(np.flatnonzero(effects.usable).tolist(), main.weights.tolist(), strict=True))
    why = {dropped.row: dropped.reason for dropped in effects.dropped}
    studies = []
    numbers = zip(rows, effects.yi.tolist(), effects.vi.tolist(), strict=True)
    for i, (row, yi, vi) in enumerate(numbers):
        half = critical * vi**0.5
        studies.append(
            {
                "study": row["study"],
                "study_id": row["study_id"],
                "result_id": row["result_id"],
                "yi": plain(yi),
                "vi": plain(vi),
                "ci_low": plain(yi - half),
                "ci_high": plain(yi + half),
                "weight": plain(100 * weights[i]) if i in weights else None,
                "dropped": why.get(i, ""),
            }
        )
    return studies


def _or_reason(part: Callable[[], Any]) -> Any:
    """The part's value, or the sentence that says why it cannot be computed here."""
    try:
        return part()
    except StatsError as error:
        return {"reason": str(error)}
