"""Evidence as certainty.evidence tells it, with what a case is about."""

import math
from typing import Any

from certainty.grade.from_run import nothing

ASKED: dict[str, Any] = {
    "outcome": "Relapse",
    "outcome_kind": "dichotomous",
    "direction": "lower",
    "intervention": "therapy",
    "comparison": "usual care",
    "time_point": "",
    "scale": "",
    "unit": "",
    "mid": None,
    "mid_from": "",
    "mid_note": "",
    "ois": None,
}


def study(name: str = "Ade 2001", weight: float | None = 25.0, **fields: Any) -> dict[str, Any]:
    return {
        "id": hash(name) % 1000,
        "study": name,
        "row": name,
        "design": "randomised_parallel",
        "yi": -0.4,
        "ci_low": -0.8,
        "ci_high": 0.0,
        "weight": weight,
        "dropped": False,
        "direction": None,
        "people": 200,
        "risk": "low",
        "judged": "Low risk",
        "tool": "rob2",
        "critical": False,
        "as_in_run": True,
    } | fields


def evidence(low: float = 0.5, high: float = 0.85, *, measure: str = "RR", **fields: Any) -> dict[str, Any]:
    """A pooled ratio with this interval (a difference for other measures), of four studies at low risk."""
    ratio = measure in ("RR", "OR", "HR", "IRR", "PETO")
    ends = (math.log(low), math.log(high)) if ratio else (low, high)
    pooled = dict.fromkeys(("se", "pi_low", "pi_high", "size", "method"))
    pooled |= {"estimate": sum(ends) / 2, "ci_low": ends[0], "ci_high": ends[1], "k": 4}
    pooled |= {"i2": 10.0, "tau2": 0.01, "q": 3.3, "q_df": 3, "q_pval": 0.35}
    found = nothing("") | {
        "kind": "pairwise",
        "measure": measure,
        "level": 95.0,
        "pooled": pooled | fields.pop("pooled", {}),
        "studies": [study(name) for name in "ABCD"],
        "participants": {"total": 5000, "intervention": 2500, "comparator": 2500, "unknown": []},
        "comparator_risk": 0.2,
        "asked": ASKED | fields.pop("asked", {}),
    }
    return found | fields
