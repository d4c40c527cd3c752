"""The tables of sensitivity analyses and of a meta-regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.choices import short
from analysis.report.rows import FitRow, fit_row
from analysis.wording import NONE, Scale, p_value, plain_number


class TermRow(NamedTuple):
    """A coefficient: on the scale that is pooled, and as a factor where that is a logarithm."""

    label: str
    coefficient: str
    interval: str
    p: str
    factor: str


class RegressionTable(NamedTuple):
    """``factors``: the coefficients are logarithms, whose ``factor`` is read as a ratio; ``notes``: in sentences."""

    terms: list[TermRow]
    notes: list[str]
    factors: bool


def sensitivity_rows(result: Mapping[str, Any], scale: Scale) -> list[FitRow]:
    """The planned fit, then each analysis on the scale of its own measure; none in runs of before."""
    found = result.get("sensitivity") or []
    if not found:
        return []
    rows = [fit_row(scale, result["pooled"], "As planned", planned=True)]
    for one in found:
        if "reason" in one:
            rows.append(FitRow(one["label"], "", note=one["reason"]))
            continue
        label = one["label"] + (f" ({_some(one['without'])})" if one["without"] else "")
        if one["measure"] != result["pooled"]["measure"]:
            label += f" ({short(one['measure']).lower()})"
        rows.append(fit_row(Scale.of(one), one, label))
    return rows


def _some(studies: list[str]) -> str:
    """Those left out, the first five by name."""
    more = len(studies) - 5
    return ", ".join(studies[:5]) + (f" and {more} more" if more > 0 else "")


def regression_table(result: Mapping[str, Any], scale: Scale) -> RegressionTable | None:
    """None where no regression was planned, or none could be made."""
    found = result.get("regression")
    if not found or "reason" in found:
        return None
    references = {one["name"]: one["level"] for one in found["references"]}
    terms = [
        TermRow(
            label=_label(term, references),
            coefficient=plain_number(term["estimate"], 3),
            interval=_limits(term),
            p=p_value(term["pval"]).removeprefix("p ").removeprefix("= "),
            factor=scale.text(term["estimate"]) if scale.is_ratio else "",
        )
        for term in found["terms"]
    ]
    compared = [f"{name} is compared with “{level}”." for name, level in references.items()]
    return RegressionTable(terms, [*compared, *found["notes"]], scale.is_ratio)


def _label(term: Mapping[str, Any], references: Mapping[str, str]) -> str:
    if term["name"] == "intrcpt":
        return "Intercept"
    if term["level"] is None:
        return f"{term['name']}, per unit"
    return f"{term['name']}: {term['level']} against {references[term['name']]}"


def _limits(term: Mapping[str, Any]) -> str:
    if term["ci_low"] is None or term["ci_high"] is None:
        return NONE
    return f"{plain_number(term['ci_low'], 3)} to {plain_number(term['ci_high'], 3)}"
