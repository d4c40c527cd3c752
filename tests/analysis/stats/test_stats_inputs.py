"""What may be given by name: mappings and data frames, and what is refused with a sentence."""

import math

import numpy as np
import pytest

from analysis import stats

EFFECTS = stats.effect_sizes(
    "GEN", yi=[0.1, 0.3, 0.5, 0.2, 0.7, 0.9, 0.1], vi=[0.1, 0.1, 0.2, 0.1, 0.2, 0.3, 0.2]
)
X = [1, 2, 4, 3, 5, 7, 6]
GROUPS = list("aabbccc")


class Frame:
    """As much of a data frame as is needed: columns, items() and no truth value."""

    def __init__(self, **columns):
        self.named = {name: np.array(values) for name, values in columns.items()}
        self.columns = tuple(columns)

    def items(self):
        return self.named.items()

    def __bool__(self):
        raise ValueError("The truth value of a data frame is ambiguous.")


TAKERS = {
    "regress": lambda given: stats.regress(EFFECTS, given).to_dict(),
    "influence": lambda given: stats.influence(EFFECTS, moderators=given).to_dict(),
    "permutation_test": lambda given: stats.permutation_test(
        EFFECTS, given, exact=False, iterations=20
    ).to_dict(),
    "robust": lambda given: stats.robust(EFFECTS, GROUPS, moderators=given).to_dict(),
    "multilevel": lambda given: stats.multilevel(
        EFFECTS, random="~ 1 | g", data=Frame(g=GROUPS), moderators=given
    ).to_dict(),
    "glmm": lambda given: stats.glmm(
        "PLO", xi=[1, 2, 3, 4, 5, 2, 3], ni=[10] * 7, moderators=given
    ).to_dict(),
}


@pytest.mark.parametrize("taker", TAKERS)
def test_a_data_frame_is_as_good_as_a_mapping(taker):
    assert TAKERS[taker](Frame(x=X)) == TAKERS[taker]({"x": X})


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([1, 2, 3], stats.MissingColumns),
        ({"x": 3}, stats.LengthMismatch),
        ({"x": [1, 2]}, stats.LengthMismatch),
    ],
)
def test_other_forms_are_refused_with_a_sentence(taker, given, error):
    with pytest.raises(error, match=r"one (value )?per"):
        TAKERS[taker](given)


def test_diagnostics_check_their_moderators_as_the_regression_does():
    with pytest.raises(stats.RankDeficient):
        stats.influence(EFFECTS, moderators={"x": [1.0] * 7})
    rest = stats.influence(EFFECTS.select([0, *range(2, 7)]), moderators={"x": [X[0], *X[2:]]})
    gap = stats.influence(EFFECTS, moderators={"x": [X[0], None, *X[2:]]})
    assert gap.to_dict() == rest.to_dict()


@pytest.mark.parametrize("gap", [None, math.nan])
def test_an_order_has_no_gaps(gap):
    with pytest.raises(stats.InvalidValue, match="Row 2 has no place in the order"):
        stats.cumulative(EFFECTS, order=[1990, gap, 1992, 1993, 1994, 1995, 1996])


def test_one_step_and_one_p_value_need_no_list():
    bcg = stats.effect_sizes("GEN", yi=[0.9, 0.6, 0.1, -0.2, 0.5, 0.7], vi=[0.1, 0.05, 0.1, 0.2, 0.1, 0.08])
    assert (
        stats.selection_model(bcg, steps=0.05).to_dict() == stats.selection_model(bcg, steps=[0.05]).to_dict()
    )
    assert stats.combine_p(0.05).to_dict() == stats.combine_p([0.05]).to_dict()


def test_a_set_has_no_order():
    with pytest.raises(stats.NonNumericInput, match="yi is a set"):
        stats.effect_sizes("GEN", yi={0.1, 0.2}, vi=[0.1, 0.1])


def test_names_of_methods_in_any_case():
    assert stats.combine_p([0.01, 0.2], method="Stouffer") == stats.combine_p([0.01, 0.2], method="stouffer")
    assert stats.fail_safe_n(EFFECTS, method="rosenthal") == stats.fail_safe_n(EFFECTS)
    assert stats.trim_and_fill(EFFECTS, estimator="l0").k0 == stats.trim_and_fill(EFFECTS).k0


def test_the_interval_of_tau2_takes_the_level_of_the_result():
    pooled = stats.pool(EFFECTS, level=0.8)
    assert stats.confidence_tau2(pooled) == stats.confidence_tau2(EFFECTS, level=0.8)
    assert stats.confidence_tau2(pooled, level=0.95) == stats.confidence_tau2(EFFECTS)


def test_known_weights_have_a_likelihood_ratio_without_a_test():
    # metafor 3.8-1: selmodel(rma(yi, vi, data=dat.raudenbush1985, method="ML"), type="stepfun",
    # steps=c(0.05, 1), delta=c(1, 0.25)): LRT 5.3741783, LRTdf 0
    yi = [
        0.03,
        0.12,
        -0.14,
        1.18,
        0.26,
        -0.06,
        -0.02,
        -0.32,
        0.27,
        0.8,
        0.54,
        0.18,
        -0.02,
        0.23,
        -0.18,
        -0.06,
    ]
    yi += [0.3, 0.07, -0.07]
    vi = [
        0.0156,
        0.0216,
        0.0279,
        0.1391,
        0.1362,
        0.0106,
        0.0106,
        0.0484,
        0.0269,
        0.063,
        0.0912,
        0.0497,
        0.0835,
    ]
    vi += [0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303]
    found = stats.selection_model(stats.effect_sizes("GEN", yi=yi, vi=vi), steps=[0.05, 1], delta=[1, 0.25])
    assert (found.lrt, found.lrt_df, found.lrt_pval) == (pytest.approx(5.3741783, rel=1e-5), 0, None)


def test_no_scatter_is_no_precision():
    effects = stats.effect_sizes("GEN", yi=[0.4, 0.4, 0.4, 0.4], vi=[0.05, 0.1, 0.2, 0.1])
    for kind in ("CR0", "CR1", "CR2"):
        with pytest.raises(stats.StatsError, match="no scatter"):
            stats.robust(effects, [1, 2, 3, 4], kind=kind)


def test_a_misspelt_option_is_no_column():
    with pytest.raises(stats.UnknownOption, match="There is no column or option 'addd'"):
        stats.effect_sizes("OR", ai=[1], bi=[9], ci=[0], di=[9], addd=0.1)
    stats.effect_sizes("OR", ai=[1], bi=[9], ci=[0], di=[9], m1i=[3])  # a table may hold more than one needs
