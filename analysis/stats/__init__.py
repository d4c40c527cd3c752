"""Meta-analysis on numpy and scipy: effects in, frozen results out. No Django.

    effects = effect_sizes("SMD", m1i=[...], sd1i=[...], n1i=[...], m2i=[...], sd2i=[...], n2i=[...], slab=[...])
    pooled = pool(effects, tau2="REML", test="knha")
    pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.tau2, pooled.i2

Names and arguments follow R metafor where it has them; docs/statistics.md has the formulas, and what agrees with
metafor at which tolerance."""

from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.errors import (
    InvalidValue,
    LengthMismatch,
    MissingColumns,
    NegativeVariance,
    NonFiniteInput,
    NonNumericInput,
    NoStudies,
    NotConverged,
    RankDeficient,
    StatsError,
    TooFewStudies,
    UnknownEstimator,
    UnknownMeasure,
    UnknownOption,
    ZeroVariance,
)
from analysis.stats.heterogeneity import confidence_tau2
from analysis.stats.influence import cumulative, influence, leave_one_out
from analysis.stats.mantel_haenszel import mantel_haenszel, peto
from analysis.stats.measures import MEASURES, Measure
from analysis.stats.pooling import TESTS, pool
from analysis.stats.regression import regress, subgroups
from analysis.stats.results import (
    Dropped,
    Effects,
    Heterogeneity,
    Influence,
    Pooled,
    PooledTables,
    RankTest,
    Regression,
    RegressionTest,
    Sequence,
    Subgroup,
    Subgroups,
    Tau2Interval,
)
from analysis.stats.small_study import begg, egger
from analysis.stats.tau2 import ESTIMATORS
from analysis.stats.transformations import back_transform, harmonic_mean, natural_scale

__all__ = [
    "ESTIMATORS",
    "MEASURES",
    "TESTS",
    "Dropped",
    "Effects",
    "Heterogeneity",
    "Influence",
    "InvalidValue",
    "LengthMismatch",
    "Measure",
    "MissingColumns",
    "NegativeVariance",
    "NoStudies",
    "NonFiniteInput",
    "NonNumericInput",
    "NotConverged",
    "Pooled",
    "PooledTables",
    "RankDeficient",
    "RankTest",
    "Regression",
    "RegressionTest",
    "Sequence",
    "StatsError",
    "Subgroup",
    "Subgroups",
    "Tau2Interval",
    "TooFewStudies",
    "UnknownEstimator",
    "UnknownMeasure",
    "UnknownOption",
    "ZeroVariance",
    "back_transform",
    "begg",
    "confidence_tau2",
    "cumulative",
    "effect_sizes",
    "egger",
    "harmonic_mean",
    "influence",
    "leave_one_out",
    "mantel_haenszel",
    "natural_scale",
    "peto",
    "pool",
    "regress",
    "subgroups",
]
