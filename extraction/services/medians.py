"""Medians stored as they are, and the means and SDs somebody chose to estimate from them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from extraction.conversions import CONVERSIONS, ConversionError
from extraction.models import Result
from extraction.services.conversions import entry
from extraction.services.errors import NotPossible
from extraction.services.results import record_result
from reviews.models import User

#: {method: (label, {what an arm has: conversion})}; "range" is minimum and maximum, "both" with the quartiles.
METHODS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "luo": (
        "Mean by Luo, SD by Wan",
        {"quartiles": "quantile.luo_s3", "range": "quantile.luo_s1", "both": "quantile.luo_s2"},
    ),
    "mcgrath": (
        "Quantile estimation by McGrath (skewed outcomes)",
        {
            "quartiles": "quantile.mcgrath_qe_s2",
            "range": "quantile.mcgrath_qe_s1",
            "both": "quantile.mcgrath_qe_s3",
        },
    ),
    "wan": (
        "Mean and SD by Wan",
        {"quartiles": "quantile.wan_s3", "range": "quantile.wan_s1", "both": "quantile.wan_s2"},
    ),
}
FIELDS_OF = {"median": "median{}", "q1": "q1_{}", "q3": "q3_{}", "min": "low{}", "max": "high{}", "n": "n{}"}


@transaction.atomic
def convert_result(*, result: Result, method: str, by: User) -> Result:
    """A second result with means and SDs estimated from the medians of ``result``, which stays as it is.

    ``method`` is a key of METHODS; the new result is derived and takes the place of ``result`` in analyses if that is
    the one they use. Raises NotPossible when an arm has neither quartiles nor range.
    """
    entries = conversions_of(result, method)
    values: dict[str, Any] = {"n1": result.n1, "n2": result.n2}
    for one in entries:
        values |= {field: one["values"][output] for field, output in one["outputs"].items()}
    names = [name.format(arm) for arm in "12" for name in FIELDS_OF.values()]
    return record_result(
        study=result.study,
        outcome=result.outcome,
        experimental=result.experimental,
        comparator=result.comparator,
        kind=Result.Kind.MEANS,
        values=values,
        by=by,
        extraction=result.extraction,
        scale=result.scale,
        rater=result.rater,
        time_point=result.time_point,
        weeks=result.weeks,
        population=result.population,
        subgroup=result.subgroup,
        is_change=result.is_change,
        adjusted=result.adjusted,
        basis=METHODS[method][0],
        source=result.source,
        as_reported={
            name: result.typed.get(name) or f"{value:.12g}"
            for name in names
            if (value := getattr(result, name)) is not None
        },
        conversions=entries,
        preferred=True if result.is_preferred else None,
    )


def conversions_of(result: Result, method: str) -> list[dict[str, Any]]:
    """One conversion per arm, by what the arm has."""
    if result.kind != Result.Kind.QUANTILES:
        raise NotPossible("Only a result with medians is converted so.")
    if result.superseded_at:
        raise NotPossible("This version was corrected or withdrawn; convert the present one.")
    if method not in METHODS:
        raise NotPossible(f"'{method}' is not one of {', '.join(METHODS)}.", field="method")
    return [_of_arm(result, arm, METHODS[method][1]) for arm in "12"]


def _of_arm(result: Result, arm: str, keys: Mapping[str, str]) -> dict[str, Any]:
    given = {name: getattr(result, field.format(arm)) for name, field in FIELDS_OF.items()}
    quartiles = given["q1"] is not None and given["q3"] is not None
    extremes = given["min"] is not None and given["max"] is not None
    if not quartiles and not extremes:
        label = result.experimental if arm == "1" else result.comparator
        raise NotPossible(
            f"'{label}' has neither both quartiles nor minimum and maximum, so its spread is not known."
        )
    key = keys["both" if quartiles and extremes else "quartiles" if quartiles else "range"]
    inputs = {name: given[name] for name in CONVERSIONS[key].inputs}
    try:
        return entry(key, inputs, {f"mean{arm}": "mean", f"sd{arm}": "sd"})
    except ConversionError as error:
        raise NotPossible(str(error)) from error
