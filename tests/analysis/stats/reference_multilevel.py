"""Reference cases of rma.mv, robust and aggregate: which call of ours belongs to which key, and what is compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis import stats
from tests.analysis.stats.reference_case import different, numbers

PINNED = Path(__file__).parent / "reference" / "multilevel"
OPEN = Path(__file__).parents[4] / "shared" / "reference" / "stats" / "open"
# metafor's optimisers stop at a change of the likelihood, which leaves coefficients with 5 or 6 good digits and
# components with 4; the likelihood shows on which side the error is (`likelihood_below`).
COEFFICIENTS, COMPONENTS, P_VALUES = 1e-5, 1e-4, 1e-3


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def cases(*prefixes: str) -> list[Any]:
    """The open cases of these kinds, or [None] where they are absent."""
    return sorted(p for prefix in prefixes for p in OPEN.glob(f"{prefix}*.json")) or [None]


def effects_of(data: dict[str, Any]) -> stats.Effects:
    return stats.effect_sizes("GEN", yi=numbers(data["yi"]), vi=numbers(data["vi"]))


def check_fit(name: str, fit: stats.Multilevel, ref: dict[str, Any]) -> list[str]:
    """Coefficients, components, tests and likelihoods of a fit against those of rma.mv."""
    scale = float(np.max(fit.se))
    found = [
        *different(f"{name} beta", fit.coefficients, ref["beta"], COEFFICIENTS, scale * 1e5),
        *different(f"{name} se", fit.se, ref["se"], COEFFICIENTS, scale),
        *different(f"{name} QE", fit.q, ref["QE"], 1e-10, 1.0),
        *different(f"{name} QM", fit.qm, ref["QM"], COMPONENTS, 1.0),
        *likelihood_below(name, fit, ref),
    ]
    for ours, key in ((fit.sigma2, "sigma2"), (fit.tau2, "tau2"), (fit.rho, "rho")):
        if ours:
            found += different(f"{name} {key}", ours, ref[key], COMPONENTS, scale**2 * 1e3)
    if "pval" in ref:
        found += different(f"{name} pval", fit.pval, ref["pval"], P_VALUES, 1e-10)
        found += different(f"{name} QMp", fit.qm_pval, ref["QMp"], P_VALUES, 0.0)
        found += different(f"{name} QEp", fit.q_pval, ref["QEp"], 1e-9, 0.0)
        found += different(f"{name} vb", fit.vcov.ravel(), np.ravel(ref["vb"]).tolist(), COMPONENTS, scale**2)
        found += different(f"{name} ci_lb", fit.ci_low, ref["ci_lb"], COEFFICIENTS, scale * 1e6)
        found += different(f"{name} ci_ub", fit.ci_high, ref["ci_ub"], COEFFICIENTS, scale * 1e6)
        found += different(f"{name} AIC", fit.statistics.aic_reml, ref["AIC_reml"], COEFFICIENTS, 1e3)
        found += different(f"{name} BIC", fit.statistics.bic_ml, ref["BIC_ml"], COEFFICIENTS, 1e3)
    return found


def likelihood_below(name: str, fit: stats.Multilevel, ref: dict[str, Any]) -> list[str]:
    """Our maximum may not be lower than metafor's, beyond rounding."""
    theirs = ref["loglik_reml"] if ref["method"] == "REML" else ref["loglik_ml"]
    return [f"{name}: likelihood {fit.loglik} below {theirs}"] if fit.loglik < theirs - 1e-10 else []


def fits_of(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Arguments of `multilevel` for each key of a multilevel, multivariate, network or diagnostic case."""
    columns = data["data"]
    name = data["id"]
    if name == "mv_konstantopoulos_3level":
        nested = {"random": "~ 1 | district/school", "data": columns}
        return {
            "REML": nested,
            "ML": nested | {"method": "ML"},
            "REML_t": nested | {"test": "t"},
            "mods": nested | {"moderators": {"yearc": columns["yearc"]}},
            "CS": {"random": "~ study | district", "data": columns, "struct": "CS"},
            "two_level": {"random": "~ 1 | study", "data": columns},
        }
    if name == "mv_berkey1998_bivariate":
        return _berkey(columns, data["V"])
    if name == "mv_dta_kearon":
        common = {"random": "~ out | study", "data": columns, "struct": "UN"}
        common |= {"moderators": {"out": columns["out"]}, "intercept": False}
        return {"UN": common, "UN_ML": common | {"method": "ML"}}
    if name == "mv_riley2003":
        common = {"random": "~ outcome | study", "data": columns, "struct": "UN", "V": data["V"]}
        return {"UN": common | {"moderators": {"outcome": columns["outcome"]}, "intercept": False}}
    if name == "mv_nma_linde2016":  # metafor drops the redundant column; here it is the caller who must
        design = np.array(data["X"])
        kept = {n: design[:, i] for i, n in enumerate(data["X_names"]) if n in data["RE"]["coef_names"]}
        common = {"moderators": kept, "intercept": False}
        return {"FE": common, "RE": common | {"random": "~ 1 | study", "data": columns}}
    return {}


def _berkey(columns: dict[str, Any], covariance: Any) -> dict[str, dict[str, Any]]:
    outcome = {"outcome": columns["outcome"]}
    lipid = np.array([value == "AL" for value in columns["outcome"]], dtype=float)
    year = np.array(columns["year"]) - 1983.0
    common = {"random": "~ outcome | trial", "data": columns, "V": covariance, "intercept": False}
    common |= {"moderators": outcome}
    by_year = {**outcome, "AL x year": year * lipid, "PD x year": year * (1.0 - lipid)}
    return {
        "UN_REML": common | {"struct": "UN"},
        "UN_ML": common | {"struct": "UN", "method": "ML"},
        "CS": common,
        "HCS": common | {"struct": "HCS"},
        "DIAG": common | {"struct": "DIAG"},
        "UN_mods": common | {"struct": "UN", "method": "ML", "moderators": by_year},
        "FE": {"V": covariance, "moderators": outcome, "intercept": False},
    }


def check_robust(name: str, ours: stats.Robust, ref: dict[str, Any], tolerance: float) -> list[str]:
    """Standard errors, degrees of freedom, intervals and the F test against metafor's `robust`."""
    scale = float(np.max(ours.se)) * 1e6
    pairs = [("se", ours.se, "se"), ("stat", ours.stat, "stat"), ("p", ours.pval, "pval")]
    pairs += [("low", ours.ci_low, "ci_lb"), ("high", ours.ci_high, "ci_ub"), ("QM", ours.qm, "QM")]
    pairs += [("QMp", ours.qm_pval, "QMp"), ("QMdf", ours.qm_df, "QMdf"), ("vb", ours.vcov.ravel(), "vb")]
    found = []
    for what, value, key in pairs:
        if key in ref:
            found += different(f"{name} {what}", value, np.ravel(ref[key]).tolist(), tolerance, scale)
    if "df" in ref:
        theirs = ref["df"] if len(np.atleast_1d(ref["df"])) == len(ours.df) else [ref["df"][0]] * len(ours.df)
        found += different(f"{name} df", ours.df, theirs, tolerance, 1.0)
    return found
