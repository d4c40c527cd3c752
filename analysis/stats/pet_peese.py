"""PET-PEESE: the effect that a study without sampling error would have, by regression on precision."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.stats.distributions import critical_value
from analysis.stats.excess_significance import check_alpha
from analysis.stats.pooling import pool
from analysis.stats.results import Effects, RegressionTest, Result
from analysis.stats.small_study import egger
from analysis.stats.tau2 import Estimator


@dataclass(frozen=True)
class PetPeese(Result):
    """`estimate` with its interval, from `chosen` ("PET" or "PEESE"); both regressions are there to see.

    `pet_pval`: one-sided p of PET's effect, in the direction of the pooled one, on which the choice rests."""

    estimate: float
    ci_low: float
    ci_high: float
    chosen: str
    pet_pval: float
    pet: RegressionTest
    peese: RegressionTest
    k: int
    level: float
    notes: tuple[str, ...]


def pet_peese(
    effects: Effects,
    *,
    alpha: float = 0.05,
    model: str = "lm",
    tau2: str | Estimator = "REML",
    test: str = "t",
    level: float = 0.95,
) -> PetPeese:
    """Precision-effect test and precision-effect estimate with standard error.

        PET  y = b0 + b1 se;   PEESE  y = b0 + b1 se^2;   weights 1/v, effect b0

    PEESE is less biased where there is an effect, PET where there is none: PEESE is reported when PET finds an effect
    in the direction of the pooled one (one-sided p < `alpha`), else PET. `model`: lm (multiplicative dispersion, t
    with k - 2, as published) or rma (random effects with `tau2`, `test`).

    Extrapolates beyond the data; unreliable with few studies, little variation of standard errors or large
    heterogeneity (Stanley 2017). Errors: those of `egger`.
    Source: Stanley & Doucouliagos 2014, doi 10.1002/jrsm.1095. metafor: `regtest(yi, vi, predictor="sei"|"vi")`."""
    check_alpha(alpha)
    options = {"model": model, "tau2": tau2, "test": test, "level": level}
    pet = egger(effects, predictor="sei", **options)  # type: ignore[arg-type]
    peese = egger(effects, predictor="vi", **options)  # type: ignore[arg-type]
    direction = 1.0 if pool(effects, tau2="CE").estimate >= 0.0 else -1.0
    pval = _one_sided(pet, direction, level)
    chosen = peese if pval < alpha else pet
    notes = ["An extrapolation to a study without sampling error: a sensitivity analysis, not a correction."]
    if chosen.k < 20:
        notes.append(f"With {chosen.k} studies PET-PEESE is unreliable; twenty is the least that is advised.")
    return PetPeese(
        estimate=float(chosen.limit or 0.0),
        ci_low=float(chosen.limit_low or 0.0),
        ci_high=float(chosen.limit_high or 0.0),
        chosen="PEESE" if chosen is peese else "PET",
        pet_pval=pval,
        pet=pet,
        peese=peese,
        k=chosen.k,
        level=float(level),
        notes=tuple(notes),
    )


def _one_sided(line: RegressionTest, direction: float, level: float) -> float:
    """One-sided p of the limit estimate, from its interval."""
    from scipy.special import ndtr, stdtr

    limit, high = float(line.limit or 0.0), float(line.limit_high or 0.0)  # defined for both predictors
    stat = direction * limit * critical_value(level, line.df) / (high - limit)
    return float(ndtr(-stat) if line.df is None else stdtr(line.df, -stat))
