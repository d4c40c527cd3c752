"""The pooled effects of a forest plot and what is written about them, in the words of a style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.choices import TEST_NAMES, is_common_effect, model_label
from analysis.drawings.forest_data import RawData, Study
from analysis.figures.axis import number
from analysis.figures.forest_rows import ForestSummary, Subgroup
from analysis.figures.forest_style import (
    OURS,
    REVMAN,
    Style,
    differences_line,
    heterogeneity_line,
    overall_line,
)
from analysis.wording import has_prediction

Fit = Mapping[str, Any]
#: Methods that are named instead of the model.
METHODS = {"mh": "Mantel-Haenszel", "peto": "Peto", "glmm": "Mixed model of counts"}
SHORT_METHODS = {"mh": "M-H", "peto": "Peto", "glmm": "GLMM"}


def fit_label(fit: Fit) -> str:
    """'Random effects (REML), Knapp-Hartung', 'Mantel-Haenszel, z test': what a fit is called in our style."""
    method = METHODS.get(fit.get("method", ""))
    if method is None:
        return model_label(fit["tau2_method"], fit["test"])
    return f"{method}, {TEST_NAMES.get(fit['test'], fit['test'])}"


def beside(fit: Fit, style: Style) -> str:
    """What stands behind the measure at the head of the effects: 'IV, Random, 95% CI' in RevMan's."""
    level = style.level.format(level=fit["level"])
    if style is not REVMAN:
        return level
    method = SHORT_METHODS.get(fit.get("method", ""), "IV")
    return f"{method}, {'Random' if _has_tau2(fit) else 'Fixed'}, {level}"


def _has_tau2(fit: Fit) -> bool:
    return fit.get("method") not in ("mh", "peto") and not is_common_effect(fit["tau2_method"])


def summaries(
    result: Mapping[str, Any],
    studies: Sequence[Study],
    data: RawData,
    style: Style,
    *,
    prediction: bool,
    z_test: bool,
) -> list[ForestSummary]:
    """The planned fit; below it in our style the same fit with a z test where Knapp-Hartung was planned.

    None for a single study.
    """
    pooled = result["pooled"]
    if pooled["k"] < 2:
        return []
    ours = style is OURS
    planned = ForestSummary(
        label=fit_label(pooled) if ours else style.total.format(level=pooled["level"]),
        effect=pooled["estimate"],
        ci_low=pooled["ci_low"],
        ci_high=pooled["ci_high"],
        weight=100.0 if any(study["weight"] is not None for study in studies) else None,
        prediction=(pooled["pi_low"], pooled["pi_high"]) if prediction and has_prediction(pooled) else None,
        notes=(*_heterogeneity(pooled, style), *(() if ours else _overall(pooled, style))),
        cells=data.totals(_weighted(studies)) if style.totals else (),
    )
    return [planned, *(_with_z_test(result) if ours and z_test else [])]


def _weighted(studies: Sequence[Study]) -> list[Study]:
    """Those that were pooled; all of them where the method gives no weights."""
    return [study for study in studies if study["weight"] is not None] or list(studies)


def _with_z_test(result: Mapping[str, Any]) -> list[ForestSummary]:
    pooled = result["pooled"]
    if pooled["test"] not in {"knha", "adhoc"}:
        return []
    same = (
        one
        for one in result.get("alternatives") or ()
        if one["tau2_method"] == pooled["tau2_method"]
        and one["test"] == "z"
        and one.get("method") == pooled.get("method")
    )
    return [
        ForestSummary(
            label=fit_label(one), effect=one["estimate"], ci_low=one["ci_low"], ci_high=one["ci_high"]
        )
        for one in same
    ]


def _heterogeneity(fit: Fit, style: Style) -> tuple[str, ...]:
    if fit["q"] is None or fit["i2"] is None or fit["q_pval"] is None:
        return ()
    df = fit.get("q_df", fit["k"] - 1)
    told = fit["tau2"] if style is OURS or _has_tau2(fit) else None
    return (heterogeneity_line(q=fit["q"], df=df, p=fit["q_pval"], i2=fit["i2"], tau2=told, style=style),)


def _overall(fit: Fit, style: Style) -> tuple[str, ...]:
    if fit.get("stat") is None or fit.get("pval") is None:
        return ()
    return (overall_line(stat=fit["stat"], df=fit.get("df"), p=fit["pval"], style=style),)


def subgroups(
    result: Mapping[str, Any], studies: Sequence[Study], data: RawData, style: Style
) -> list[Subgroup]:
    """The subgroups of the plan in their order; one that cannot be pooled has no summary."""
    found = grouped(result)
    return [
        Subgroup(
            name=group["name"],
            summary=_subtotal(
                group, [study for study in studies if study.get("subgroup") == group["name"]], data, style
            ),
        )
        for group in (found or {}).get("groups", ())
    ]


def grouped(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The result by subgroups, None where there is none or it could not be computed."""
    found = result.get("subgroups")
    return found if found and "groups" in found else None


def _subtotal(group: Fit, studies: Sequence[Study], data: RawData, style: Style) -> ForestSummary | None:
    if not group["poolable"]:
        return None
    notes: tuple[str, ...] = ()
    weight: float | None = None
    cells: tuple[str, ...] = ()
    if style is OURS:
        if group["i2"] is not None:
            notes = (f"I² = {number(group['i2'], 0)}%; τ² = {number(group['tau2'], 3)}",)
        label = f"Subtotal ({group['k']} trials)"
    else:
        label = style.subtotal_label.format(level=data.plan["level"])
        known = [study["weight"] for study in studies if study["weight"] is not None]
        weight = sum(known) if known else None
        cells = data.totals(_weighted(studies))
        notes = _heterogeneity(group, style)
    return ForestSummary(
        label=label,
        effect=group["estimate"],
        ci_low=group["ci_low"],
        ci_high=group["ci_high"],
        weight=weight,
        notes=notes,
        cells=cells,
    )


def notes(result: Mapping[str, Any], style: Style, *, groups: bool) -> list[str]:
    """Remarks below the axis: the test of subgroup differences, and in journals' styles the model."""
    told = []
    found = grouped(result) if groups else None
    if found and found["q_between"] is not None:
        told.append(
            differences_line(
                by=found["by"],
                q=found["q_between"],
                df=found["q_between_df"],
                p=found["q_between_pval"],
                style=style,
            )
        )
    if style is not OURS and result["pooled"]["k"] > 1:
        told.append(f"Model: {fit_label(result['pooled'])}.")
    return told
