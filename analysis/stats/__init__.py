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
from analysis.stats.fit_statistics import FitStatistics, LikelihoodRatio, fit_statistics, likelihood_ratio
from analysis.stats.glmm import CountRegression, PooledCounts, glmm
from analysis.stats.heterogeneity import i2_interval
from analysis.stats.influence import cumulative, influence, leave_one_out
from analysis.stats.location_scale import LocationScale, location_scale
from analysis.stats.mantel_haenszel import mantel_haenszel, peto
from analysis.stats.measures import MEASURES, Measure
from analysis.stats.pooling import PREDICTIONS, TESTS, pool
from analysis.stats.prediction import Blups, Predictions, blup, predict
from analysis.stats.regression import regress, subgroups
from analysis.stats.results import (
    Dropped,
    Effects,
    Heterogeneity,
    Influence,
    Pooled,
    PooledTables,
    QBased,
    RankTest,
    Regression,
    RegressionTest,
    Sequence,
    Subgroup,
    Subgroups,
    Tau2Interval,
)
from analysis.stats.small_study import begg, egger
from analysis.stats.table_sequences import cumulative_tables, leave_one_out_tables
from analysis.stats.tau2 import ESTIMATORS
from analysis.stats.tau2_intervals import INTERVALS, confidence_tau2
from analysis.stats.transformations import back_transform, harmonic_mean, natural_scale

__all__ = [
    "ESTIMATORS",
    "INTERVALS",
    "MEASURES",
    "PREDICTIONS",
    "TESTS",
    "Blups",
    "CountRegression",
    "Dropped",
    "Effects",
    "FitStatistics",
    "Heterogeneity",
    "Influence",
    "InvalidValue",
    "LengthMismatch",
    "LikelihoodRatio",
    "LocationScale",
    "Measure",
    "MissingColumns",
    "NegativeVariance",
    "NoStudies",
    "NonFiniteInput",
    "NonNumericInput",
    "NotConverged",
    "Pooled",
    "PooledCounts",
    "PooledTables",
    "Predictions",
    "QBased",
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
    "blup",
    "confidence_tau2",
    "cumulative",
    "cumulative_tables",
    "effect_sizes",
    "egger",
    "fit_statistics",
    "glmm",
    "harmonic_mean",
    "i2_interval",
    "influence",
    "leave_one_out",
    "leave_one_out_tables",
    "likelihood_ratio",
    "location_scale",
    "mantel_haenszel",
    "natural_scale",
    "peto",
    "pool",
    "predict",
    "regress",
    "subgroups",
]
