"""Pooled effects, likelihoods and intervals of tau2 against a reference case.

Each check returns a list of sentences, one per value that is out of tolerance; empty means agreement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis import stats
from analysis.stats.least_squares import weighted_fit
from analysis.stats.tau2 import log_likelihood
from tests.analysis.stats.reference_case import (
    ITERATIVE,
    LIMITS,
    PERCENT,
    ROUNDED,
    Case,
    number,
    or_nan,
    refused,
)

#: metafor's default rules stop PM at an absolute 1.2e-4 and the others at 1e-5.
DEFAULT_CONTROL = 2e-4
HETEROGENEITY = {"i2": "I2", "h2": "H2", "q": "QE", "q_pval": "QEp", "q_df": "QEdf", "k": "k"}
LIKELIHOOD = {
    **{"loglik_ml": "loglik_ml", "loglik_reml": "loglik_reml", "deviance_ml": "deviance_ml"},
    **{"aic_ml": "AIC_ml", "bic_ml": "BIC_ml", "aicc_ml": "AICc_ml"},
    **{"aic_reml": "AIC_reml", "bic_reml": "BIC_reml", "aicc_reml": "AICc_reml"},
}
INTERVALS = {
    **{"estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub"},
    **{"pi_low": "pi_lb", "pi_high": "pi_ub"},
}


def pooled(case: Case, method: str, test: str, level: float = 0.95) -> Any:
    weights = _inverse_roots(case.effects.vi) if method == "GENQ" else None
    return stats.pool(case.effects, tau2=method, test=test, level=level, weights=weights)


def _inverse_roots(vi: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 1 / np.sqrt(vi)


def check_fits(case: Case) -> list[str]:
    found = []
    for fit in case.data.get("fits", []):
        method = fit["method"]
        if "tau2" not in fit:  # metafor stopped: so must we
            stopped = refused(lambda m=method: pooled(case, m, "z"))
            found += case.note(
                "refusals", stopped, f"{method}: metafor stops ({fit.get('error')}), we did not"
            )
            continue
        for test, block in fit["tests"].items():
            found += _check_pool(case, fit, test, block, 0.95)
        found += _check_default_control(case, fit)
    for fit in case.data.get("fits_level90_REML_knha", []):
        for test, block in fit.get("tests", {}).items():
            found += _check_pool(case, fit, test, block, 0.90)
    return found


def _check_pool(case: Case, fit: dict, test: str, block: dict, level: float) -> list[str]:
    if "beta" not in block:
        return case.note(
            "refusals", refused(lambda: pooled(case, fit["method"], test)), f"{test}: not refused"
        )
    method, s = fit["method"], case.scale
    ours = pooled(case, method, test, level)
    tolerance, topic = case.tolerance(method), "pooling, iterated" if method in ITERATED_OR_PM else "pooling"
    label = f"{method} {test} {level:g}"

    def compare(name: str, theirs: Any, factor: float, scale: float) -> list[str]:
        return case.compare(
            topic, f"{label} {name}", or_nan(getattr(ours, name)), theirs, factor * tolerance, scale
        )

    found = compare("tau2", fit["tau2"], 1.0, ROUNDED * s**2) + compare("se_tau2", fit["se_tau2"], 1.0, s**2)
    for name, theirs in HETEROGENEITY.items():
        found += compare(name, fit[theirs], 1.0, PERCENT if name == "i2" else 1.0)
    for name, theirs in INTERVALS.items():
        if theirs in block:
            found += compare(name, block[theirs], 1.0, s)
    sharp = abs(number(block["stat"][0]))
    sharp = max(1.0, sharp if math.isfinite(sharp) else 1.0)
    found += compare("stat", block["stat"], 1.0, 1e6)
    found += compare(
        "pval", block["pval"], sharp**2, 1.0
    )  # the far tail multiplies a relative error by stat^2
    if "df" in block:
        found += compare("df", block["df"], 1.0, 1.0)
    return found + (check_likelihood(case, fit, ours, label) if test == "z" else [])


ITERATED_OR_PM = {"ML", "REML", "EB", "PM", "PMM"}


def check_likelihood(case: Case, fit: dict, ours: Any, label: str) -> list[str]:
    """Log-likelihoods and criteria; absolute differences, for a logarithm has no natural zero."""
    if "loglik_ml" not in fit:
        return []
    mine = stats.fit_statistics(ours)
    nothing_left = fit["k"] == fit["p"]  # a criterion with log(0) observations: -Inf in metafor, nan here
    found = []
    for name, theirs in LIKELIHOOD.items():
        if fit.get(theirs) is None or (nothing_left and "reml" in name):
            continue
        if name == "deviance_ml" and math.isnan(mine.deviance_ml):  # a variance of 0: no saturated model here
            continue
        tolerance = ITERATIVE if fit["method"] in ITERATED_OR_PM else 1e-9
        scale = 1e6 * max(1.0, math.log(fit["k"]))
        found += case.compare(
            "likelihood", f"{label} {name}", getattr(mine, name), fit[theirs], tolerance, scale
        )
    return found


def _check_default_control(case: Case, fit: dict) -> list[str]:
    """What metafor prints with its default rules; where it lies further off, ours must solve the equation better."""
    theirs = fit.get("metafor_default_control", {})
    if "tau2" not in theirs:
        return []
    ours = pooled(case, fit["method"], "z")
    label, topic = f"{fit['method']} default control", "metafor's default rules"
    step = 1.2e-4 if fit["method"] in ("PM", "PMM") else 1e-5
    if abs(ours.tau2 - theirs["tau2"]) > DEFAULT_CONTROL * theirs["tau2"] + step:
        better = _misfit(case, fit["method"], ours.tau2) <= _misfit(case, fit["method"], theirs["tau2"])
        return case.note(topic, better, f"{label}: tau2 {ours.tau2}, metafor's {theirs['tau2']} fits better")
    return case.note(topic, True, "")


def _misfit(case: Case, method: str, tau2: float) -> float:
    """How far tau2 is from solving the estimator's equation: minus the log-likelihood, or |Q - target|."""
    keep = case.effects.usable
    yi, vi = case.effects.yi[keep], case.effects.vi[keep]
    design = np.ones((len(yi), 1))
    if method in ("ML", "REML"):
        return -log_likelihood(yi, vi, design, tau2, restricted=method == "REML")
    from scipy.stats import chi2

    target = chi2.ppf(0.5, len(yi) - 1) if method == "PMM" else len(yi) - 1
    return abs(float(weighted_fit(yi, design, 1 / (vi + tau2)).rss) - target)


# ---------------------------------------------------------------- intervals of tau2


def check_confidence(case: Case) -> list[str]:
    found = []
    for name, block in case.data.get("confint", {}).items():
        if name[:3] in ("QP_", "PL_"):
            found += check_interval(name, case, block, None)
    fixed = case.data.get("confint", {}).get("fixed_knha_REML", {})
    if "fixed" in fixed:
        ours = stats.pool(case.effects, tau2="REML", test="knha")
        mine, theirs = [ours.estimate, ours.ci_low, ours.ci_high], list(fixed["fixed"][0])
        found += case.compare("pooling, iterated", "fixed_knha", mine, theirs, ITERATIVE, case.scale)
    return found + _check_default_interval(case)


def _check_default_interval(case: Case) -> list[str]:
    """metafor's default search for the limits stops at about 1e-4 of a variance of 1; agreement is to that."""
    block = case.data.get("confint", {}).get("metafor_default_control_REML", {})
    if "tau2" not in block or case.effects.k < 2:
        return []
    ours = stats.confidence_tau2(case.effects)
    gap = abs(ours.tau2_low - block["tau2"][1])
    near = ours.empty or gap <= DEFAULT_CONTROL * (1.0 + abs(block["tau2"][1]))
    return case.note(
        "metafor's default rules", near, f"default QP limit {block['tau2'][1]}, ours {ours.tau2_low}"
    )


def check_interval(label: str, case: Case, block: dict, design: Any, effects: Any = None) -> list[str]:
    effects = case.effects if effects is None else effects
    kind, method = label.split()[-1].split("_")

    def run() -> Any:
        return stats.confidence_tau2(effects, tau2=method, method=kind, design=design)

    if "tau2" not in block:
        return case.note(
            "refusals", refused(run), f"{label}: metafor stops ({block.get('error')}), we did not"
        )
    ours = run()
    topic = "intervals of tau2 (Q-profile)" if kind == "QP" else "intervals of tau2 (profile likelihood)"
    if bool(block.get("null_set")):
        return case.note(topic, ours.empty, f"{label}: the set is empty in metafor, not here")
    found = case.note(topic, not ours.empty, f"{label}: the set is empty here, not in metafor")
    if block.get("ub_sign") == ">":  # metafor's search ended at its largest tau2; the limit is above it
        above = ours.tau2_high > number(block["tau2"][2])
        return found + case.note(topic, above, f"{label}: the upper limit is too low")
    mine = {
        "tau2": [ours.tau2, ours.tau2_low, ours.tau2_high],
        "tau": [ours.tau, ours.tau_low, ours.tau_high],
        "I2": [ours.i2, ours.i2_low, ours.i2_high],
        "H2": [ours.h2, ours.h2_low, ours.h2_high],
    }
    scales = {"tau2": case.scale**2, "tau": 1e6 * case.scale, "I2": 1e6, "H2": 1.0}
    for name, values in mine.items():
        found += case.compare(topic, f"{label} {name}", values, block[name], LIMITS, scales[name])
    return found
