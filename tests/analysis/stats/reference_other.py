"""Location-scale models and predictions from a meta-regression against a reference case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import Case, numbers

#: metafor stops its optimiser of the scale part at about 1e-7 of the log-likelihood.
OPTIMISED = 1e-5
TRIALS = Path(__file__).parent / "reference" / "bcg__RR.json"


def check_location_scale(case: Case) -> list[str]:
    if case.data.get("kind") != "location_scale":
        return []
    size = {"ni100": numbers(case.data["ni100"])}
    models: dict[str, dict[str, Any]] = {
        "REML": {"scale": size, "moderators": size},
        "ML": {"scale": size, "tau2": "ML"},
        "int": {"scale": {}},
    }
    found = []
    for name, arguments in models.items():
        theirs, ours = case.data[name], stats.location_scale(case.effects, **arguments)
        pairs = {
            "beta": (ours.location.coefficients, "beta"),
            "se": (ours.location.se, "se"),
            "pval": (ours.location.pval, "pval"),
            "alpha": (ours.scale.coefficients, "alpha"),
            "se_alpha": (ours.scale.se, "se_alpha"),
            "tau2": (ours.tau2, "tau2"),
            "loglik": ([ours.loglik_reml, ours.loglik_ml], None),
        }
        for what, (mine, key) in pairs.items():
            reference = theirs[key] if key else [theirs["loglik_reml"], theirs["loglik_ml"]]
            found += case.compare("location-scale models", f"{name} {what}", mine, reference, OPTIMISED)
    return found


def check_predictions(case: Case) -> list[str]:
    """Risk ratios of the BCG trials by latitude and year; `exp_first2` is the same on the scale of ratios."""
    if case.data.get("kind") != "predict":
        return []
    trials = json.loads(TRIALS.read_text(encoding="utf-8"))["moderators"]
    moderators = {name: trials[name] for name in ("ablat", "year")}
    rows = np.array(case.data["newmods"], dtype=float)
    names = {"estimate": "pred", "se": "se", "ci_low": "ci.lb", "ci_high": "ci.ub"}
    intervals = {"pi_low": "pi.lb", "pi_high": "pi.ub"}
    found = []
    for block, (method, test) in {
        "REML_z": ("REML", "z"),
        "REML_knha": ("REML", "knha"),
        "DL_z": ("DL", "z"),
        "FE": ("FE", "z"),
    }.items():
        fit = stats.regress(case.effects, moderators, tau2=method, test=test)
        ours = stats.predict(fit, {"ablat": rows[:, 0], "year": rows[:, 1]})
        theirs, tolerance = case.data[block], max(1e-9, case.tolerance(method))
        for name, key in (names | ({} if method == "FE" else intervals)).items():
            mine = getattr(ours, name)
            found += case.compare(
                "predictions at moderators", f"{block} {name}", mine, theirs[key], tolerance
            )
            if name != "se":
                reference = theirs["exp_first2"][key]
                what = f"{block} exp {name}"
                found += case.compare(
                    "predictions at moderators", what, np.exp(mine[:2]), reference, tolerance
                )
        found += case.note(
            "predictions at moderators", (ours.pi_low is None) == (method == "FE"), f"{block}: pi"
        )
    return found
