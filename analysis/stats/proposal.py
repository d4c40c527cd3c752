"""Which test of funnel asymmetry suits a measure, and whether there are studies enough for any."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.stats.asymmetry import ENOUGH, few_studies
from analysis.stats.measures import measure_named
from analysis.stats.results import Result

#: Between-study variance (of log odds ratios) above which Ruecker's test is preferred to Harbord's.
HETEROGENEOUS = 0.1

STANDARDISED = ("SMD", "SMDH", "SMD1", "SMD1H", "SMCC", "SMCR", "SMCRH", "D2ORL", "D2ORN")
TWO_GROUPS = ("OR", "PETO", "RR", "RD", "AS", "PHI", "YUQ", "YUY", "RTET", "OR2D", "OR2DN", "OR2DL", "PBIT")
SINGLE_GROUP = ("PR", "PLN", "PLO", "PAS", "PFT", "IR", "IRLN", "IRS", "IRFT")
BOUNDED = ("COR", "UCOR", "RPB", "RBIS", "PCOR", "SPCOR", "R2", "ARAW", "AHW", "ABT")


@dataclass(frozen=True)
class Proposal(Result):
    """The test to use (a name in `ASYMMETRY_TESTS`, or egger or begg), with `options` for it, and why.

    `enough`: whether there are ten studies; if not, `notes` says that no test should be run."""

    test: str
    options: dict[str, str]
    reason: str
    alternatives: tuple[str, ...]
    enough: bool
    notes: tuple[str, ...] = ()


def propose_asymmetry_test(
    measure: str, k: int, *, tau2: float | None = None, tables: bool = True, diagnostic: bool = False
) -> Proposal:
    """The test of small-study effects that suits a measure, for `k` studies.

    `tau2`: between-study variance of the log odds ratios, where known. `tables`: whether the 2x2 tables (or group
    sizes) are at hand, or only effects. `diagnostic`: a diagnostic odds ratio.

    Errors: `UnknownMeasure`. Source: Handbook 13.3.5.4; Sterne et al. 2011, doi 10.1136/bmj.d4002; Ruecker et al.
    2008; Deeks et al. 2005; Pustejovsky & Rodgers 2019; Hunter et al. 2014, doi 10.1016/j.jclinepi.2014.03.003."""
    name = measure_named(measure).name
    test, options, reason, others = _choice(name, tau2, tables, diagnostic)
    return Proposal(test, options, reason, others, enough=k >= ENOUGH, notes=few_studies(k))


Choice = tuple[str, dict[str, str], str, tuple[str, ...]]


def _choice(name: str, tau2: float | None, tables: bool, diagnostic: bool) -> Choice:
    if diagnostic:
        reason = (
            "Diagnostic odds ratios are large and depend on their standard errors; Deeks uses sample sizes."
        )
        return "deeks", {}, reason, ()
    if name in TWO_GROUPS:
        return _for_two_groups(name, tau2, tables)
    if name in STANDARDISED:
        if name.startswith("SMC") or not tables:
            reason = "The variance contains the effect, so the sample size stands for the standard error."
            return "egger", {"predictor": "sqrtninv"}, reason, ()
        reason = "The variance contains the effect; the test uses the part that depends on group sizes alone."
        return "pustejovsky-rodgers", {}, reason, ("egger",)
    if name in SINGLE_GROUP or name in BOUNDED:
        reason = (
            "The variance depends on the estimate itself, so the sample size stands for the standard error."
        )
        return "egger", {"predictor": "sqrtninv"}, reason, ("begg",)
    return (
        "egger",
        {},
        "The effect and its standard error are close to independent.",
        ("thompson-sharp", "begg"),
    )


def _for_two_groups(name: str, tau2: float | None, tables: bool) -> Choice:
    if not tables:
        reason = (
            "Without the tables only effects and standard errors are left; a small p value may come from their own "
            "dependence."
        )
        return "egger", {}, reason, ("thompson-sharp", "begg")
    if name not in ("OR", "PETO"):
        reason = (
            f"Tests for {name} are little studied; Peters' looks at the odds ratios of the same tables against "
            "sample size."
        )
        return "peters", {}, reason, ("harbord", "rucker")
    if tau2 is not None and tau2 > HETEROGENEOUS:
        reason = (
            f"With heterogeneity (tau2 above {HETEROGENEOUS:g}) Ruecker's arcsine test keeps its error rate."
        )
        return "rucker", {}, reason, ("peters", "harbord")
    reason = "Log odds ratios depend on their standard errors; Harbord's scores do not."
    return "harbord", {}, reason, ("peters", "rucker", "schwarzer", "macaskill")
