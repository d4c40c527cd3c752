"""The further parts of a run in a sentence each: sensitivity, moderators, small-study effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.choices import has_no_effect, is_common_effect, model_label
from analysis.engine.methods import METHOD_NAMES, NO_TAU2
from analysis.wording.findings import sides, trials
from analysis.wording.scale import Scale, p_value, plain_number

Data = Mapping[str, Any]
#: A p value of a test for small-study effects below this is read as a sign of them; such tests have little power.
NOTABLE = 0.10
LINKED = frozenset({"SMD", "SMDH", "OR", "RR"})


def fit_label(fit: Data) -> str:
    """Random effects (REML), Knapp-Hartung; Mantel-Haenszel (common effect): how a fit is named beside others."""
    method = fit.get("method", "iv")
    if method == "iv":
        return model_label(fit["tau2_method"], fit["test"])
    common = method in NO_TAU2 or is_common_effect(fit["tau2_method"])
    return f"{METHOD_NAMES[method]} ({'common effect' if common else 'random effects'})"


def small_study_sentences(result: Data) -> list[str]:
    """Each test in a sentence, or the one reason why there is none."""
    found = result.get("small_study")
    if found is None:
        return _as_before(result)
    if "reason" in found:
        return [found["reason"]]
    return [_test(result, test) for test in found["tests"]]


def _test(result: Data, test: Data) -> str:
    if "reason" in test:
        return f"{test['name']}: not made. {test['reason']}"
    df = f" on {test['df']} degrees of freedom" if test["df"] else ""
    letter = {"tau": "Kendall's τ"}.get(test["statistic"], test["statistic"])
    told = f"{test['name']}: {letter} {plain_number(test['stat'])}{df}, {p_value(test['pval'])}. "
    told += (
        "Small trials report other effects than large ones; unpublished trials are one cause among several."
        if test["pval"] < NOTABLE
        else "No clear sign that small trials report other effects than large ones; such tests miss much."
    )
    return f"{told} {test['why']}"


def _as_before(result: Data) -> list[str]:
    """Runs of the time when the test was not chosen by measure."""
    egger, begg = result["egger"], result["begg"]
    if "reason" in egger and egger == begg:
        return [egger["reason"]]
    told = [
        egger.get("reason")
        or f"Egger's regression test (random effects, standard error as predictor): z {plain_number(egger['stat'])}, "
        f"{p_value(egger['pval'])}.",
        begg.get("reason")
        or f"Begg and Mazumdar's rank test: Kendall's τ {plain_number(begg['tau'])}, {p_value(begg['pval'])}.",
    ]
    if result["pooled"]["measure"] in LINKED:
        told.append(
            "With this measure effect and standard error are linked by their formulas, so a small p may arise "
            "without any small-study effect."
        )
    return told


def trim_and_fill_sentence(result: Data) -> str:
    """How many trials would make the funnel symmetric; "" in runs of before and where it is not defined."""
    found = result.get("trim_and_fill")
    if not found or "reason" in found:
        return (found or {}).get("reason", "")
    if not found["k0"]:
        return "Trim and fill: no trial is missing for the funnel to be symmetric."
    scale, fit = Scale.of(result["pooled"]), found["pooled"]
    count = trials(found["k0"])
    return " ".join(
        [
            f"Trim and fill: {count} would have to be added on the {found['side']} for the funnel to be symmetric; "
            f"with {'it' if found['k0'] == 1 else 'them'} {scale.label} {scale.text(fit['estimate'])} "
            f"({scale.interval(fit['ci_low'], fit['ci_high'])}). A sensitivity analysis, not a correction.",
            *found["notes"],
        ]
    )


def regression_sentence(found: Data | None) -> str:
    """What the moderators explain together; the reason where there is no regression, "" where none was planned."""
    if not found:
        return ""
    if "reason" in found:
        return found["reason"]
    explained = "" if found["r2"] is None else f"R² {plain_number(found['r2'], 0)}%, "
    if found["qm"] is None:
        return f"Meta-regression of {trials(found['k'])}: {explained}the moderators cannot be tested."
    name, df = (
        ("F", " and ".join(map(str, found["qm_df"]))) if len(found["qm_df"]) > 1 else ("Q", found["qm_df"][0])
    )
    return (
        f"Meta-regression of {trials(found['k'])}: {explained}test of moderators {name} "
        f"{plain_number(found['qm'])} on {df} degrees of freedom ({p_value(found['qm_pval'])}); residual τ² "
        f"{plain_number(found['tau2'], 3)}."
    )


def sensitivity_sentence(snapshot: Data, result: Data) -> str:
    """How many of the analyses come to the conclusion of the planned one, and which do not."""
    rows = [row for row in result.get("sensitivity") or [] if "reason" not in row]
    if not rows or not has_no_effect(result["pooled"]["measure"]):
        return ""
    own = _conclusion(result["pooled"])
    other = [row["label"] for row in rows if _conclusion(row) != own]
    below, above = sides(snapshot)
    said = {0: "the interval includes no effect", -1: f"favours {below}", 1: f"favours {above}"}[own]
    many = "The sensitivity analysis" if len(rows) == 1 else f"All {len(rows)} sensitivity analyses"
    if not other:
        return f"{many} came to the same conclusion as the planned one: {said}."
    same = len(rows) - len(other)
    return (
        f"{same} of {len(rows)} sensitivity analyses came to the same conclusion as the planned one ({said}); not "
        f"so: {'; '.join(other)}."
    )


def _conclusion(fit: Data) -> int:
    """-1, 0 or 1: the interval lies below no effect, includes it, or lies above it."""
    if fit["ci_high"] is None or fit["ci_low"] is None:
        return 0
    return -1 if fit["ci_high"] < 0 else 1 if fit["ci_low"] > 0 else 0
