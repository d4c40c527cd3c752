"""The plots of refits of a run: leave-one-out and cumulative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.choices import model_label
from analysis.drawings.shared import COMPUTED_BEFORE, null_of, reading_of
from analysis.figures.catalogue import Data, Table
from analysis.figures.interval_rows import NOT_ESTIMABLE, IntervalRow
from analysis.wording import NONE, Scale, p_value, plain_number

Fit = Mapping[str, Any]


def row_of(fit: Fit, label: str, href: str = "") -> IntervalRow:
    """A fit as a row; one that is not defined tells its reason, one of a single study has no heterogeneity."""
    several = fit["k"] > 1
    return IntervalRow(
        label=label,
        estimate=fit["estimate"],
        ci_low=fit["ci_low"],
        ci_high=fit["ci_high"],
        i2=fit["i2"] if several else None,
        tau2=fit["tau2"] if several else None,
        reason=fit.get("reason", ""),
        href=href,
    )


def total_of(result: Data) -> IntervalRow:
    """The planned fit of all studies."""
    pooled = result["pooled"]
    return row_of(pooled, f"All {pooled['k']} studies: {model_label(pooled['tau2_method'], pooled['test'])}")


def shown(result: Data) -> dict[str, Any]:
    """How both plots show numbers."""
    return {
        "measure_label": Scale.of(result["pooled"]).label,
        "level": result["pooled"]["level"],
        "null": null_of(result),
        "reading": reading_of(result),
    }


def table_of(fits: Sequence[Fit], result: Data, heading: str) -> Table:
    """The same numbers as a table."""
    scale = Scale.of(result["pooled"])
    rows = [
        (
            fit["label"],
            NOT_ESTIMABLE if fit["estimate"] is None else scale.text(fit["estimate"]),
            scale.interval(fit["ci_low"], fit["ci_high"]),
            p_value(fit["pval"]),
            NONE if fit["i2"] is None else f"{fit['i2']:.0f}%",
            plain_number(fit["tau2"], 3),
        )
        for fit in fits
    ]
    return Table((heading, scale.label, "Confidence interval", "P value", "I²", "τ²"), rows)


def why_none(fits: Callable[[Data], Any]) -> Callable[[Data, Data], str]:
    """``why_not`` of a plot of these fits, which may be a reason."""

    def why_not(snapshot: Data, result: Data) -> str:
        found = fits(result)
        if found is None:
            return COMPUTED_BEFORE
        if isinstance(found, Mapping):
            return str(found["reason"])
        known = any(fit["estimate"] is not None for fit in found)
        return "" if known else "None of these fits can be computed."

    return why_not
