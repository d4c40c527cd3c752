"""The same question asked otherwise, in one table: fewer studies, other estimators, other measures, other methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from analysis import stats
from analysis.engine.base import Data, described
from analysis.engine.methods import (
    COUNTS,
    INVERSE_VARIANCE,
    MANTEL_HAENSZEL,
    METHOD_NAMES,
    NEEDS,
    PETO,
    PETO_MEASURES,
    has_tau2,
    measure_of,
)
from analysis.intake import MEASURES_OF, CannotAnalyse, misfit
from analysis.risk_levels import HIGH, standing_kept
from analysis.stats import StatsError

Rows = list[dict[str, Any]]
#: A study whose studentised residual is beyond this is an outlier.
OUTLYING = 3.0
ESTIMATORS = ("REML", "DL", "PM", "ML", "SJ", "HE")
TESTS = {
    "z": "Wald interval (z)",
    "knha": "Knapp-Hartung interval",
    "adhoc": "Knapp-Hartung, never narrower than z",
}
#: Measures in the units of a scale, so that all studies need the same one.
ON_ONE_SCALE = ("MD", "MC")


def sensitivity(data: Data, without_each: Any, influence: Any) -> Rows:
    """Rows for the plan's sensitivity analyses, all of them when it names none (None), in the order of CHECKS."""
    wanted = data.plan.get("sensitivity")
    checks: dict[str, Callable[[], Iterable[Mapping[str, Any]]]] = {
        "leave_one_out": lambda: _leave_one_out(data, without_each),
        "without_high_risk": lambda: [_without_high_risk(data)],
        "without_derived": lambda: [_without_derived(data)],
        "without_outliers": lambda: _without_outliers(data, influence),
        "estimators": lambda: _estimators(data),
        "tests": lambda: _tests(data),
        "common_effect": lambda: [_common_effect(data)],
        "measures": lambda: _measures(data),
        "methods": lambda: _methods(data),
    }
    return [
        {"key": key, **row}
        for key, check in checks.items()
        if wanted is None or key in wanted
        for row in check()
    ]


def _row(
    data: Data, label: str, kept: Any = None, without: Sequence[str] = (), **changes: Any
) -> dict[str, Any]:
    """One line of the table: the fit of the rows kept under ``changes`` of the plan, or why there is none."""
    plan = {**data.plan, **changes}
    try:
        same = plan["measure"] == data.measure
        fit = described(data.fit(kept, **changes) if same else Data.under(plan, data.rows).main, plan)
    except (StatsError, CannotAnalyse) as error:
        return {"label": label, "reason": str(error)}
    return {"label": label, **fit, "without": list(without)}


def _fewer(data: Data, label: str, without: list[int], nothing: str) -> dict[str, Any]:
    """The planned fit without some rows, or ``nothing`` as the reason when there are none to leave out."""
    if not without:
        return {"label": label, "reason": nothing}
    kept = np.setdiff1d(data.used, without)
    if not len(kept):
        return {"label": label, "reason": "It would leave no study."}
    return _row(data, label, kept, [data.rows[i]["study"] for i in without])


def _leave_one_out(data: Data, without_each: Any) -> Rows:
    """The refits that move the estimate most, in both directions."""
    both = ("Without the study that raises the estimate most", "Without the study that lowers it most")
    if "reason" in without_each:
        return [{"label": "Without one study at a time", "reason": without_each["reason"]}]
    known = [
        (part["estimate"], i) for i, part in zip(data.used.tolist(), without_each, strict=True) if part["se"]
    ]
    if not known:
        return [{"label": "Without one study at a time", "reason": "No fit without one study is defined."}]
    extremes = (min(known)[1], max(known)[1])
    return [_fewer(data, label, [row], "") for label, row in zip(both, extremes, strict=True)]


def _without_high_risk(data: Data) -> dict[str, Any]:
    label = "Without studies at high risk of bias"
    standings = {i: standing_kept(data.rows[i].get("risk")) for i in data.used.tolist()}
    if not any(standings.values()):
        return {"label": label, "reason": "No risk of bias is agreed about these results."}
    return _fewer(
        data, label, [i for i, found in standings.items() if found == HIGH], "No study is at high risk."
    )


def _without_derived(data: Data) -> dict[str, Any]:
    derived = [i for i in data.used.tolist() if data.rows[i].get("derived") or data.rows[i].get("converted")]
    return _fewer(
        data, "Without converted or derived values", derived, "All values are as printed in the reports."
    )


def _without_outliers(data: Data, influence: Any) -> Rows:
    labels = ("Without outliers (studentised residual beyond ±3)", "Without influential studies")
    if "reason" in influence:
        return [{"label": labels[0], "reason": influence["reason"]}]
    pairs = list(zip(data.used.tolist(), influence, strict=True))
    outliers = [i for i, one in pairs if one["rstudent"] is not None and abs(one["rstudent"]) > OUTLYING]
    flagged = [i for i, one in pairs if one["flagged"]]
    return [
        _fewer(data, labels[0], outliers, "There is none."),
        _fewer(data, labels[1], flagged, "No study is flagged by the influence diagnostics."),
    ]


def _estimators(data: Data) -> Rows:
    """Other estimators of tau2 with the plan's test; for another method than inverse variance, random effects."""
    own = data.plan["tau2_method"] if data.is_inverse_variance else ""
    return [
        _row(data, f"Between-study variance by {name}", method=INVERSE_VARIANCE, tau2_method=name)
        for name in ESTIMATORS
        if name != own
    ]


def _tests(data: Data) -> Rows:
    if not data.is_inverse_variance:
        return [{"label": "Other intervals", "reason": f"{METHOD_NAMES[data.method]} has one interval only."}]
    if not has_tau2(data.plan):
        return [
            {
                "label": "Other intervals",
                "reason": "The Knapp-Hartung adjustment is meant for random effects.",
            }
        ]
    return [_row(data, label, test=test) for test, label in TESTS.items() if test != data.plan["test"]]


def _common_effect(data: Data) -> dict[str, Any]:
    label = "Common effect, inverse variance"
    if data.is_inverse_variance and not has_tau2(data.plan):
        return {"label": label, "reason": "It is what the plan has."}
    return _row(data, label, method=INVERSE_VARIANCE, tau2_method="CE", test="z")


def _measures(data: Data) -> Rows:
    """Every other measure that all rows give, by inverse variance; one row says why there is none."""
    rows = [data.rows[i] for i in data.used.tolist()]
    kinds = {row["kind"] for row in rows}
    offered = dict.fromkeys(m for kind in MEASURES_OF if kind in kinds for m in MEASURES_OF[kind])
    common = [
        m for m in offered if m not in (data.measure, "PETO") and not any(misfit(row, m) for row in rows)
    ]
    scales = {row.get("scale") or "" for row in rows}
    table: Rows = []
    for measure in common:
        label = f"As {measure}"
        if measure in ON_ONE_SCALE and len(scales) > 1:
            table.append(
                {"label": label, "reason": f"{measure} needs one scale, and there are {len(scales)}."}
            )
        else:
            table.append(_in_measure(data, label, measure))
    return table or [
        {
            "label": "Other measures",
            "reason": "No other measure can be computed from the data of every study.",
        }
    ]


def _in_measure(data: Data, label: str, measure: str) -> dict[str, Any]:
    changes = {"measure": measure, "method": INVERSE_VARIANCE}
    if not data.is_inverse_variance:
        changes |= {} if has_tau2(data.plan) else {"tau2_method": "CE", "test": "z"}
    row = _row(data, label, **changes)
    if measure == "PFT" and "reason" not in row:
        row["size"] = stats.harmonic_mean([data.rows[i]["n1"] for i in data.used.tolist()])
    return row


def _methods(data: Data) -> Rows:
    """The other ways of pooling, in the measures they have."""
    if not any(data.measure in measures for measures in (*NEEDS.values(), PETO_MEASURES)):
        return [
            {
                "label": "Mantel-Haenszel, Peto, mixed model of counts",
                "reason": f"They pool events, rates and proportions; {data.measure} is for inverse variance only.",
            }
        ]
    return [_by(data, method) for method in (MANTEL_HAENSZEL, PETO, COUNTS) if method != data.method]


def _by(data: Data, method: str) -> dict[str, Any]:
    # what Peto's method calls PETO is an odds ratio to the others
    changes = {"method": method, "measure": "OR" if data.measure == "PETO" else data.measure}
    changes["measure"] = measure_of(changes)
    return _row(data, METHOD_NAMES[method], **changes)
