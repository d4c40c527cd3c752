"""Effect sizes: checked by hand where a hand can, and refusing what cannot be a trial's figures."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.stats import (
    MEASURES,
    InvalidValue,
    LengthMismatch,
    MissingColumns,
    NegativeVariance,
    NonFiniteInput,
    NonNumericInput,
    StatsError,
    UnknownMeasure,
    UnknownOption,
    effect_sizes,
)

TABLE = {"ai": [12, 0], "n1i": [100, 50], "ci": [24, 5], "n2i": [100, 52]}
MEANS = {"m1i": [10.0], "sd1i": [2.0], "n1i": [20], "m2i": [9.0], "sd2i": [2.0], "n2i": [20]}


def test_odds_ratio_by_hand():
    effects = effect_sizes("OR", **TABLE)
    assert effects.yi[0] == pytest.approx(math.log(12 * 76 / (88 * 24)), rel=1e-14)
    assert effects.vi[0] == pytest.approx(1 / 12 + 1 / 88 + 1 / 24 + 1 / 76, rel=1e-14)
    assert effects.yi[1] == pytest.approx(math.log(0.5 * 47.5 / (50.5 * 5.5)), rel=1e-14)
    assert effects.ni.tolist() == [200, 102]


def test_hedges_g_uses_the_exact_correction():
    effects = effect_sizes("SMD", **MEANS)
    m = 38
    j = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    assert effects.yi[0] == pytest.approx(j * 0.5, rel=1e-13)
    assert effects.vi[0] == pytest.approx(0.1 + (j * 0.5) ** 2 / 80, rel=1e-13)
    assert j != pytest.approx(1 - 3 / (4 * m - 1), rel=1e-6)  # the usual approximation


def test_cells_may_be_given_either_way_and_must_agree():
    by_cells = effect_sizes("RR", ai=[12], bi=[88], ci=[24], di=[76])
    by_totals = effect_sizes("RR", ai=[12], n1i=[100], ci=[24], n2i=[100])
    assert (by_cells.yi, by_cells.vi) == (by_totals.yi, by_totals.vi)
    with pytest.raises(InvalidValue, match=r"Row 1: ai \+ bi is 100 but n1i is 90"):
        effect_sizes("RR", ai=[12], bi=[88], ci=[24], di=[76], n1i=[90], n2i=[100])


def test_labels_and_frozen_results():
    effects = effect_sizes("OR", slab=["Ito 2001", "Berg 2004"], **TABLE)
    assert effects.slab == ("Ito 2001", "Berg 2004")
    assert effect_sizes("OR", **TABLE).slab == ("Study 1", "Study 2")
    with pytest.raises(ValueError, match="read-only"):
        effects.yi[0] = 3.0
    with pytest.raises(AttributeError):
        effects.measure = "RR"


def test_missing_figures_leave_the_row_out_with_a_reason():
    effects = effect_sizes("MD", **(MEANS | {"sd1i": [None]}), slab=["Ito 2001"])
    assert effects.k == 0
    assert effects.dropped == ((0, "Ito 2001", "sd1i is missing."),)
    assert math.isnan(effects.yi[0])
    assert math.isnan(effects.vi[0])


def test_pandas_columns_with_missing_values_are_read():
    frame = pd.DataFrame({"yi": [0.1, None, 0.3], "vi": pd.array([0.02, 0.03, None], dtype="Float64")})
    effects = effect_sizes("GEN", yi=frame["yi"], vi=frame["vi"])
    assert effects.usable.tolist() == [True, False, False]


def test_undefined_effects_are_left_out_with_the_figures():
    effects = effect_sizes("ZCOR", ri=[0.5, 1.0, 0.2], ni=[20, 30, 3])
    assert effects.usable.tolist() == [True, False, False]
    assert "not defined for ri 1, ni 30" in effects.dropped[0].reason


def test_rows_without_raw_figures_take_the_effect_beside_them():
    both = {name: [*values, None] for name, values in MEANS.items()}
    effects = effect_sizes("SMD", **both, yi=[9.9, 0.4], sei=[9.9, 0.2])
    assert effects.yi[0] == effect_sizes("SMD", **MEANS).yi[0]
    assert (effects.yi[1], effects.vi[1]) == (0.4, pytest.approx(0.04))
    assert effects.dropped == ()


def test_effects_already_computed_keep_their_measure():
    effects = effect_sizes("OR", yi=[-0.4], sei=[0.2], ni=[90])
    assert effects.measure == "OR"
    assert effects.vi[0] == pytest.approx(0.04)
    assert effects.ni.tolist() == [90]


def test_ratio_of_means_bias_correction_is_an_option():
    plain, corrected = (effect_sizes("ROM", **MEANS, correct=c).yi[0] for c in (False, True))
    assert corrected - plain == pytest.approx((4 / (20 * 100) - 4 / (20 * 81)) / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("error", "sentence", "measure", "columns"),
    [
        (UnknownMeasure, "There is no effect measure 'XYZ'; choose one of OR, RR", "XYZ", TABLE),
        (
            MissingColumns,
            "SMD needs the columns m1i sd1i n1i m2i sd2i n2i or di n1i n2i or ti n1i n2i or yi vi or yi sei",
            "SMD",
            TABLE,
        ),
        (MissingColumns, "given: none", "OR", {}),
        (LengthMismatch, "ai has 3", "OR", TABLE | {"ai": [1, 2, 3]}),
        (NonNumericInput, "Row 2: ai is '5', which is not a number", "OR", TABLE | {"ai": [1, "5"]}),
        (NonFiniteInput, "Row 1: m1i is infinite", "MD", MEANS | {"m1i": [math.inf]}),
        (NonFiniteInput, "Row 1: m1i is infinite", "MD", MEANS | {"m1i": np.array([math.inf])}),
        (NonFiniteInput, "Row 1: m1i is infinite", "MD", MEANS | {"m1i": [10**400]}),
        (NonNumericInput, "which is not a number", "MD", MEANS | {"m1i": np.array([True])}),
        (NonNumericInput, "Row 1: m1i is array", "MD", MEANS | {"m1i": np.ones((1, 2))}),
        (NegativeVariance, "Row 2: vi is -0.1", "GEN", {"yi": [1, 2], "vi": [0.1, -0.1]}),
        (NegativeVariance, "Row 1: sei is -0.1", "GEN", {"yi": [1], "sei": [-0.1]}),
        (
            InvalidValue,
            "Row 1: ai is 12 but n1i is 10; there cannot be more events",
            "OR",
            TABLE | {"n1i": [10, 50]},
        ),
        (InvalidValue, "Row 1: ci is -1, but it is a count", "OR", TABLE | {"ci": [-1, 5]}),
        (InvalidValue, "sd1i is -2, but it is a standard deviation", "MD", MEANS | {"sd1i": [-2]}),
        (InvalidValue, "n1i is 0, but it is a number of people", "MD", MEANS | {"n1i": [0]}),
        (InvalidValue, "ri is 1.2, but it is a correlation", "COR", {"ri": [1.2], "ni": [20]}),
        (InvalidValue, "xi is 12 but ni is 10", "PLO", {"xi": [12], "ni": [10]}),
        (
            InvalidValue,
            "t1i is 0, but it is person-time",
            "IRR",
            {"x1i": [1], "t1i": [0], "x2i": [2], "t2i": [5]},
        ),
        (UnknownOption, "OR has no variance type 'UB'; choose one of LS", "OR", TABLE | {"vtype": "UB"}),
        (UnknownOption, "no zero-cell policy to='some'", "OR", TABLE | {"to": "some"}),
        (InvalidValue, "add is -1", "OR", TABLE | {"add": -1}),
        (LengthMismatch, "1 study labels for 2 rows", "OR", TABLE | {"slab": ["Ito 2001"]}),
    ],
)
def test_nonsense_is_refused_with_a_sentence(error, sentence, measure, columns):
    with pytest.raises(error) as caught:
        effect_sizes(measure, **columns)
    assert sentence in str(caught.value)
    assert isinstance(caught.value, StatsError)
    assert isinstance(caught.value, ValueError)


def test_an_error_about_a_cell_names_it():
    with pytest.raises(InvalidValue) as caught:
        effect_sizes("OR", **(TABLE | {"ci": [24, -5]}))
    assert (caught.value.column, caught.value.row) == ("ci", 1)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_says_what_it_is_and_refuses_nothing_given(measure):
    assert MEASURES[measure].label
    assert MEASURES[measure].compute.__doc__
    with pytest.raises(MissingColumns):
        effect_sizes(measure, r2i=[0.1])


def test_a_subset_keeps_what_belongs_to_it():
    effects = effect_sizes("GEN", yi=[1, None, 3], vi=[0.1, 0.2, 0.3], ni=[10, 20, 30], slab="abc")
    subset = effects.select([2, 1])
    assert subset.slab == ("c", "b")
    assert subset.ni.tolist() == [30, 20]
    assert subset.dropped == ((1, "b", "yi is missing."),)
    assert np.isnan(subset.yi[1])
