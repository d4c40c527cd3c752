"""Meta-regression: all moderators of the plan in one model, and each on its own for its bubble plot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from analysis import stats
from analysis.engine.base import Data, or_reason
from analysis.engine.methods import METHOD_NAMES
from analysis.stats import Regression, StatsError
from analysis.stats.regression import present
from analysis.stats.results import plain
from analysis.stats.tau2 import COMMON_EFFECT

NUMBER = "number"
INTERCEPT = "intrcpt"
#: Studies advised for each coefficient (Cochrane Handbook, 10.11.4).
PER_COEFFICIENT = 10
LINE_POINTS = 41
Values = Mapping[str, list[Any]]


def regression(data: Data) -> dict[str, Any] | None:
    """All moderators in one model, or ``{"reason"}``; None without moderators in the plan."""
    chosen = data.plan.get("moderators") or []
    if not chosen:
        return None
    return or_reason(lambda: _told(data, chosen, _fit(data, chosen)))


def bubbles(data: Data) -> list[dict[str, Any]]:
    """A model of its own for every moderator, with the points and the line of a bubble plot."""
    chosen = data.plan.get("moderators") or []
    return [
        {"name": one["name"], "type": one["type"]} | or_reason(partial(_bubble, data, one)) for one in chosen
    ]


def _values(data: Data, chosen: list[Mapping[str, str]]) -> dict[str, list[Any]]:
    """One value per row and moderator: a number, or the text of a category; None where it is not known."""
    values: dict[str, list[Any]] = {}
    for one in chosen:
        given = [(row.get("moderators") or {}).get(one["name"]) for row in data.rows]
        if one["type"] == NUMBER:
            values[one["name"]] = [_number(value) for value in given]
        else:
            values[one["name"]] = [None if value is None else str(value).strip() for value in given]
    return values


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _fit(data: Data, chosen: list[Mapping[str, str]]) -> Regression:
    values = _values(data, chosen)
    for name, given in values.items():
        if not present(given)[data.used].any():
            raise StatsError(f"{name} is not known of any study, so it cannot explain anything.")
    if not data.is_inverse_variance:
        raise StatsError(
            f"Moderators are for inverse variance here, and this plan pools by {METHOD_NAMES[data.method]}. Write a "
            "plan by inverse variance for the meta-regression."
        )
    return stats.regress(
        data.effects, values, tau2=data.plan["tau2_method"], test=data.plan["test"], level=data.level
    )


def _told(data: Data, chosen: list[Mapping[str, str]], fit: Regression) -> dict[str, Any]:
    kept = _kept(data, _values(data, chosen))
    named = _coefficients(data, chosen, kept)
    columns = ("coefficients", "se", "ci_low", "ci_high", "stat", "pval")
    numbers = zip(*(plain(getattr(fit, name)) for name in columns), strict=True)
    keys = ("estimate", "se", "ci_low", "ci_high", "stat", "pval")
    return {
        "terms": [
            {"name": name, "level": level} | dict(zip(keys, row, strict=True))
            for (name, level), row in zip(named, numbers, strict=True)
        ],
        "references": _references(data, chosen, kept),
        "qm": plain(fit.qm),
        "qm_df": list(fit.qm_df),
        "qm_pval": plain(fit.qm_pval),
        "r2": plain(fit.r2),
        "tau2": plain(fit.tau2),
        "i2": plain(fit.i2),
        "q": plain(fit.q),
        "q_df": fit.q_df,
        "q_pval": plain(fit.q_pval),
        "k": fit.k,
        "df": fit.df,
        "tau2_method": fit.tau2_method,
        "test": fit.test,
        "level": data.plan["level"],
        "notes": [*fit.notes, *_remarks(data, chosen, fit)],
    }


def _kept(data: Data, values: Values) -> np.ndarray:
    """Which rows have an effect and every moderator."""
    return data.effects.usable & np.all([present(given) for given in values.values()], axis=0)


def _levels(data: Data, one: Mapping[str, str], kept: np.ndarray) -> list[str]:
    """The categories among the rows kept, the first being the reference."""
    given = _values(data, [one])[one["name"]]
    return sorted({given[i] for i in np.flatnonzero(kept).tolist()})


def _coefficients(
    data: Data, chosen: list[Mapping[str, str]], kept: np.ndarray
) -> list[tuple[str, str | None]]:
    """Moderator and category of each coefficient, in the model's order."""
    named: list[tuple[str, str | None]] = [(INTERCEPT, None)]
    for one in chosen:
        if one["type"] == NUMBER:
            named.append((one["name"], None))
        else:
            named += [(one["name"], level) for level in _levels(data, one, kept)[1:]]
    return named


def _references(data: Data, chosen: list[Mapping[str, str]], kept: np.ndarray) -> list[dict[str, str]]:
    """The category each of the others is compared with."""
    return [
        {"name": one["name"], "level": _levels(data, one, kept)[0]} for one in chosen if one["type"] != NUMBER
    ]


def _remarks(data: Data, chosen: list[Mapping[str, str]], fit: Regression) -> list[str]:
    remarks = []
    coefficients = len(fit.names) - 1
    if fit.k < PER_COEFFICIENT * coefficients:
        many = "1 coefficient" if coefficients == 1 else f"{coefficients} coefficients"
        remarks.append(
            f"There are {fit.k} studies for {many} beside the intercept; at least {PER_COEFFICIENT} studies for each "
            "are advised (Cochrane Handbook, 10.11.4), so read this as exploratory."
        )
    for name, given in _values(data, chosen).items():
        known = present(given)
        missing = [data.rows[i]["study"] for i in data.used.tolist() if not known[i]]
        if missing:
            remarks.append(
                f"Not in the regression, because {name} is not known of them: {', '.join(missing)}."
            )
    if fit.tau2_method in COMMON_EFFECT:
        remarks.append(
            "The plan has a common effect, so the regression takes for granted that its moderators explain every "
            "difference between studies."
        )
    return remarks


def _bubble(data: Data, one: Mapping[str, str]) -> dict[str, Any]:
    fit = _fit(data, [one])
    name, kept = one["name"], np.flatnonzero(_kept(data, _values(data, [one])))
    given = _values(data, [one])[name]
    weight = 1.0 / (data.effects.vi[kept] + fit.tau2)
    share = 100.0 * weight / weight.sum()
    points = [
        data.names(i) | {"x": given[i], "y": plain(data.effects.yi[i]), "weight": plain(percent)}
        for i, percent in zip(kept.tolist(), share, strict=True)
    ]
    return {"points": points, "line": _line(data, one, fit, [given[i] for i in kept.tolist()])} | {
        "model": _told(data, [one], fit)
    }


def _line(data: Data, one: Mapping[str, str], fit: Regression, given: list[Any]) -> list[dict[str, Any]]:
    """What the model expects: along the range of a number, or for every category."""
    name = one["name"]
    if one["type"] == NUMBER:
        places: list[Any] = np.linspace(min(given), max(given), LINE_POINTS).tolist()
        at: dict[str, list[float]] = {name: places}
    else:
        places = sorted(set(given))
        at = {f"{name}: {level}": [float(level == place) for place in places] for level in places[1:]}
    found = stats.predict(fit, at, prediction=data.plan.get("prediction") or "as test")
    columns = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    limits = {key: plain(getattr(found, key)) or [None] * len(places) for key in columns}
    return [{"x": place} | {key: limits[key][i] for key in columns} for i, place in enumerate(places)]
