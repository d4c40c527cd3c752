"""Subgroups: each pooled on its own or with one variance between studies, and the test of their difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis import stats
from analysis.engine.base import Data, or_reason, row_key
from analysis.engine.methods import METHOD_NAMES
from analysis.stats import Pooled, Subgroup, Subgroups

SEPARATE = (
    "One variance between studies for all subgroups is there for inverse variance only; by {} each subgroup stands "
    "on its own."
)


def subgroups(data: Data) -> dict[str, Any] | None:
    """``{"by", "groups", "q_between", ...}`` or ``{"reason"}``; None without subgroups in the plan."""
    if not data.plan["subgroup_by"]:
        return None
    return or_reason(lambda: _described(data))


def _described(data: Data) -> dict[str, Any]:
    rows = data.rows
    found, shared = _found(data)
    place = {row["subgroup"]: row.get("subgroup_order", 0) for row in rows}
    return {
        "by": data.plan["subgroup_by"],
        "groups": [
            _group(data, group, shared=shared)
            for group in sorted(found.groups, key=lambda group: place[group.name])
        ],
        "q_between": found.q_between,
        "q_between_df": found.q_between_df,
        "q_between_pval": found.q_between_pval,
        "common_tau2": shared,
        "notes": list(found.notes),
    }


def _found(data: Data) -> tuple[Subgroups, bool]:
    """The subgroups, and whether they share one variance between studies."""
    wanted = bool(data.plan.get("common_tau2"))
    labels = [row["subgroup"] for row in data.rows]
    if data.is_inverse_variance:
        found = stats.subgroups(
            data.effects,
            labels,
            tau2=data.plan["tau2_method"],
            test=data.plan["test"],
            level=data.level,
            common_tau2=wanted,
        )
        return found, wanted and sum(group.pooled is not None for group in found.groups) > 1
    notes = [SEPARATE.format(METHOD_NAMES[data.method])] if wanted else []
    groups = []
    for name in sorted(set(labels)):
        member = np.array([label == name for label in labels])
        few = not data.effects.select(member).k
        groups.append(Subgroup(name, None if few else data.fit(member)))
    between = _between([group.pooled for group in groups if group.pooled is not None])
    return Subgroups(tuple(groups), *between, common_tau2=False, notes=tuple(notes)), False


def _between(pooled: list[Pooled]) -> tuple[float | None, int, float | None]:
    """Q of the subgroups' estimates under a common effect, as metafor's ``rma(b, sei=se, method="FE")``."""
    if len(pooled) < 2:
        return None, 0, None
    effects = stats.effect_sizes("GEN", yi=[p.estimate for p in pooled], vi=[p.se**2 for p in pooled])
    total = stats.pool(effects, tau2="CE")
    return total.q, total.q_df, total.q_pval


def _group(data: Data, group: Subgroup, *, shared: bool) -> Mapping[str, Any]:
    rows = [i for i, row in enumerate(data.rows) if row["subgroup"] == group.name]
    described = group.to_dict() | {
        "q_df": 0 if group.pooled is None else group.pooled.q_df,
        "members": [data.rows[i]["study"] for i in rows],
        "rows": [row_key(data.rows[i]) for i in rows],
        "poolable": group.pooled is not None and group.pooled.k > 1,
    }
    if described["poolable"] and not shared:  # with the prediction interval of the plan
        own = data.fit(np.array(rows))
        described |= {"pi_low": own.pi_low, "pi_high": own.pi_high}
    return described
