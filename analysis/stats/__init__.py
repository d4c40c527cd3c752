"""Meta-analysis on numpy and scipy: effects in, frozen results out. No Django.

    effects = effect_sizes("SMD", m1i=[...], sd1i=[...], n1i=[...], m2i=[...], sd2i=[...], n2i=[...], slab=[...])
    pooled = pool(effects, tau2="REML", test="knha")
    pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.tau2, pooled.i2

Names and arguments follow R metafor where it has them; docs/statistics.md has the formulas, and what agrees with
metafor at which tolerance."""

from analysis.stats.aggregate import aggregate, sampling_covariance
from analysis.stats.asymmetry import (
    ASYMMETRY_TESTS,
    AsymmetryTest,
    deeks,
    harbord,
    macaskill,
    peters,
    pustejovsky_rodgers,
    rucker,
    schwarzer,
    thompson_sharp,
)
from analysis.stats.batch import Batch, fit_many
from analysis.stats.bayes import Bayes, bayes
from analysis.stats.bayes_priors import PRIORS, TauPrior
from analysis.stats.beta_binomial import BetaBinomial, beta_binomial
from analysis.stats.coordinates import Baujat, Galbraith, Labbe, baujat, galbraith, labbe
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
from analysis.stats.excess_significance import ExcessSignificance, excess_significance
from analysis.stats.fail_safe import FailSafe, fail_safe_n
from analysis.stats.fit_statistics import FitStatistics, LikelihoodRatio, fit_statistics, likelihood_ratio
from analysis.stats.glmm import CountRegression, PooledCounts, glmm
from analysis.stats.gosh import Gosh, gosh
from analysis.stats.henmi_copas import HenmiCopas, henmi_copas
from analysis.stats.heterogeneity import i2_interval
from analysis.stats.influence import cumulative, influence, leave_one_out
from analysis.stats.kenward_roger import KenwardRoger, kenward_roger
from analysis.stats.location_scale import LocationScale, location_scale
from analysis.stats.mantel_haenszel import mantel_haenszel, peto
from analysis.stats.measures import MEASURES, Measure
from analysis.stats.multilevel import Multilevel, RandomIntercept, RandomStructure, multilevel
from analysis.stats.multilevel_profiles import (
    ComponentInterval,
    RandomEffects,
    compare_multilevel,
    confidence_components,
    random_effects,
)
from analysis.stats.network import (
    NETWORK_TAU2,
    Edge,
    Network,
    comparison_adjusted,
    league_table,
    network,
    p_scores,
)
from analysis.stats.network_arms import Contrasts, contrasts_from_arms
from analysis.stats.network_data import Unconnected
from analysis.stats.network_inconsistency import (
    DesignTest,
    NetHeat,
    Split,
    decompose_designs,
    net_heat,
    split_nodes,
)
from analysis.stats.p_curve import PCurve, p_curve
from analysis.stats.p_values import CombinedP, VoteCount, combine_p, one_sided_p, vote_count
from analysis.stats.permutation import Arrangements, PermutationTest, permutation_test
from analysis.stats.pet_peese import PetPeese, pet_peese
from analysis.stats.peto_conditions import PetoConditions, peto_conditions
from analysis.stats.pooling import PREDICTIONS, TESTS, pool
from analysis.stats.prediction import Blups, Predictions, blup, predict
from analysis.stats.proposal import Proposal, propose_asymmetry_test
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
from analysis.stats.robust import Robust, robust
from analysis.stats.selection import SelectionModel, selection_model
from analysis.stats.small_study import begg, egger
from analysis.stats.table_sequences import cumulative_tables, leave_one_out_tables
from analysis.stats.tau2 import ESTIMATORS
from analysis.stats.tau2_intervals import INTERVALS, confidence_tau2
from analysis.stats.transformations import back_transform, harmonic_mean, natural_scale
from analysis.stats.translations import mean_of
from analysis.stats.trim_and_fill import TrimAndFill, trim_and_fill

__all__ = [
    "ASYMMETRY_TESTS",
    "ESTIMATORS",
    "INTERVALS",
    "MEASURES",
    "NETWORK_TAU2",
    "PREDICTIONS",
    "PRIORS",
    "TESTS",
    "Arrangements",
    "AsymmetryTest",
    "Batch",
    "Baujat",
    "Bayes",
    "BetaBinomial",
    "Blups",
    "CombinedP",
    "ComponentInterval",
    "Contrasts",
    "CountRegression",
    "DesignTest",
    "Dropped",
    "Edge",
    "Effects",
    "ExcessSignificance",
    "FailSafe",
    "FitStatistics",
    "Galbraith",
    "Gosh",
    "HenmiCopas",
    "Heterogeneity",
    "Influence",
    "InvalidValue",
    "KenwardRoger",
    "Labbe",
    "LengthMismatch",
    "LikelihoodRatio",
    "LocationScale",
    "Measure",
    "MissingColumns",
    "Multilevel",
    "NegativeVariance",
    "NetHeat",
    "Network",
    "NoStudies",
    "NonFiniteInput",
    "NonNumericInput",
    "NotConverged",
    "PCurve",
    "PermutationTest",
    "PetPeese",
    "PetoConditions",
    "Pooled",
    "PooledCounts",
    "PooledTables",
    "Predictions",
    "Proposal",
    "QBased",
    "RandomEffects",
    "RandomIntercept",
    "RandomStructure",
    "RankDeficient",
    "RankTest",
    "Regression",
    "RegressionTest",
    "Robust",
    "SelectionModel",
    "Sequence",
    "Split",
    "StatsError",
    "Subgroup",
    "Subgroups",
    "Tau2Interval",
    "TauPrior",
    "TooFewStudies",
    "TrimAndFill",
    "Unconnected",
    "UnknownEstimator",
    "UnknownMeasure",
    "UnknownOption",
    "VoteCount",
    "ZeroVariance",
    "aggregate",
    "back_transform",
    "baujat",
    "bayes",
    "begg",
    "beta_binomial",
    "blup",
    "combine_p",
    "compare_multilevel",
    "comparison_adjusted",
    "confidence_components",
    "confidence_tau2",
    "contrasts_from_arms",
    "cumulative",
    "cumulative_tables",
    "decompose_designs",
    "deeks",
    "effect_sizes",
    "egger",
    "excess_significance",
    "fail_safe_n",
    "fit_many",
    "fit_statistics",
    "galbraith",
    "glmm",
    "gosh",
    "harbord",
    "harmonic_mean",
    "henmi_copas",
    "i2_interval",
    "influence",
    "kenward_roger",
    "labbe",
    "league_table",
    "leave_one_out",
    "leave_one_out_tables",
    "likelihood_ratio",
    "location_scale",
    "macaskill",
    "mantel_haenszel",
    "mean_of",
    "multilevel",
    "natural_scale",
    "net_heat",
    "network",
    "one_sided_p",
    "p_curve",
    "p_scores",
    "permutation_test",
    "pet_peese",
    "peters",
    "peto",
    "peto_conditions",
    "pool",
    "predict",
    "propose_asymmetry_test",
    "pustejovsky_rodgers",
    "random_effects",
    "regress",
    "robust",
    "rucker",
    "sampling_covariance",
    "schwarzer",
    "selection_model",
    "split_nodes",
    "subgroups",
    "thompson_sharp",
    "trim_and_fill",
    "vote_count",
]
