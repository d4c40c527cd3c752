"""Every measure by hand or from a published figure, the definitions that changed, and the laws they obey."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.stats import MEASURES, InvalidValue, UnknownOption, effect_sizes
from analysis.stats.measures.base import correction_factor
from analysis.stats.measures.tetrachoric import both_below

TABLE = {"ai": [12], "bi": [30], "ci": [14], "di": [50]}
MEANS = {"m1i": [10.0], "sd1i": [2.0], "n1i": [20], "m2i": [8.0], "sd2i": [3.0], "n2i": [16]}
CHANGE = {"m1i": [10.0], "m2i": [8.0], "sd1i": [2.0], "sd2i": [3.0], "ni": [26], "ri": [0.5]}
SINGLE = {"mi": [10.0], "sdi": [2.0], "ni": [26]}
PREDICTOR = {"ti": [2.0], "ni": [40], "mi": [3], "r2i": [0.3]}
ALPHA = {"ai": [0.875], "mi": [10], "ni": [52]}
PAIRS = {"ai": [20], "bi": [15], "ci": [5], "di": [60]}

J15, J25, J34 = (float(correction_factor(np.array(m))) for m in (15, 25, 34))
D = 2 / math.sqrt((19 * 4 + 15 * 9) / 34)
G1, GC, GR = J15 * 2 / 3, J25 * 2 / math.sqrt(7), J25 * 1.0
SPREAD = 1 / 12 + 1 / 30 + 1 / 14 + 1 / 50
OR = 12 * 50 / (30 * 14)
Q, Y = (OR - 1) / (OR + 1), (math.sqrt(OR) - 1) / (math.sqrt(OR) + 1)
RPB = D / math.sqrt(D**2 + 34 / 20 + 34 / 16)
PCOR = 2 / math.sqrt(4 + 36)
SPCOR = 2 * math.sqrt(0.7 / 36)


def z_variance(r, v):
    return v / (1 - r**2) ** 2


BY_HAND = [
    ("YUQ", TABLE, Q, (1 - Q**2) ** 2 * SPREAD / 4),
    ("YUY", TABLE, Y, (1 - Y**2) ** 2 * SPREAD / 16),
    ("OR2D", TABLE, math.log(OR) * math.sqrt(3) / math.pi, SPREAD * 3 / math.pi**2),
    ("OR2DL", TABLE, math.log(OR) * math.sqrt(3) / math.pi, SPREAD * 3 / math.pi**2),
    ("OR2DN", TABLE, math.log(OR) / 1.65, SPREAD / 1.65**2),
    ("MPRR", PAIRS, math.log(35 / 25), 20 / (35 * 25)),
    (
        "MPOR",
        PAIRS,
        math.log(35 * 75 / (25 * 65)),
        1 / 35 + 1 / 65 + 1 / 25 + 1 / 75 - 2 * 100 * (1200 - 75) / (35 * 65 * 25 * 75),
    ),
    ("MPRD", PAIRS, 0.1, 0.0019),
    ("MPORC", PAIRS, math.log(3), 1 / 15 + 1 / 5),
    ("MPPETO", PAIRS, 1.0, 0.2),
    (
        "MPORM",  # the margins of PAIRS with their phi coefficient
        {"ai": [35], "n1i": [100], "ci": [25], "n2i": [100], "ri": [1125 / math.sqrt(35 * 65 * 25 * 75)]},
        math.log(35 * 75 / (25 * 65)),
        1 / 35 + 1 / 65 + 1 / 25 + 1 / 75 - 2 * 100 * (1200 - 75) / (35 * 65 * 25 * 75),
    ),
    ("SMD", MEANS, J34 * D, 1 / 20 + 1 / 16 + (J34 * D) ** 2 / 72),
    ("SMD1", MEANS, G1, 1 / 20 + 1 / 16 + G1**2 / 32),
    ("SMD1H", MEANS, G1, 4 / (9 * 19) + 1 / 15 + G1**2 / 30),
    (
        "SMDH",
        MEANS,
        J34 * 2 / math.sqrt(6.5),
        (J34 * 2) ** 2 / 6.5 * (16 / 19 + 81 / 15) / (8 * 6.5**2) + (4 / 19 + 9 / 15) / 6.5,
    ),
    (
        "ROM",
        MEANS,
        math.log(10 / 8) + (4 / 2000 - 9 / 1024) / 2,
        4 / 2000 + 9 / 1024,
    ),
    ("VR", MEANS, math.log(2 / 3) + 1 / 38 - 1 / 30, 1 / 38 + 1 / 30),
    (
        "CVR",
        MEANS,
        math.log(0.2 / 0.375) + 1 / 38 - 1 / 30 - (4 / 2000 - 9 / 1024) / 2,
        1 / 38 + 1 / 30 + 4 / 2000 + 9 / 1024,
    ),
    ("RPB", MEANS, RPB, (34 / 20 + 34 / 16) ** 2 / (D**2 + 34 / 20 + 34 / 16) ** 3 * (0.1125 + D**2 / 72)),
    ("D2ORL", MEANS, D * math.pi / math.sqrt(3), math.pi**2 / 3 * (0.1125 + D**2 / 72)),
    ("D2ORN", MEANS, D * 1.65, 1.65**2 * (0.1125 + D**2 / 72)),
    ("SMCC", CHANGE, GC, 1 / 26 + GC**2 / 52),
    ("SMCR", CHANGE, GR, 1 / 26 + GR**2 / 52),
    ("SMCRH", CHANGE, GR, 7 / (4 * 25) + GR**2 / 50),
    (
        "ROMC",
        CHANGE,
        math.log(10 / 8) + (0.04 - 0.375**2) / 52,
        (0.04 + 0.375**2 - 0.2 * 0.375) / 26,
    ),
    ("VRC", CHANGE, math.log(2 / 3), 0.75 / 25),
    ("CVRC", CHANGE, math.log(0.2 / 0.375), 0.75 / 25 + (0.04 + 0.375**2 - 0.2 * 0.375) / 26),
    ("UCOR", {"ri": [0.0], "ni": [30]}, 0.0, 1 / 29),
    ("PCOR", PREDICTOR, PCOR, (1 - PCOR**2) ** 2 / 37),
    ("ZPCOR", PREDICTOR, math.atanh(PCOR), 1 / 35),
    ("SPCOR", PREDICTOR, SPCOR, (0.09 - 0.6 + (S := 0.3 - SPCOR**2) + 1 - S**2) / 40),
    ("R2", PREDICTOR, 0.3, 4 * 0.3 * 0.49 / 40),
    ("ZR2", PREDICTOR, math.atanh(math.sqrt(0.3)), 1 / 40),
    ("ARAW", ALPHA, 0.875, 20 / 64 / (9 * 50)),
    ("AHW", ALPHA, 0.5, 180 * 51 * 0.25 / (9 * (9 * 52 - 11) ** 2)),
    ("ABT", ALPHA, math.log(8), 20 / (9 * 50)),
    ("IRFT", {"xi": [3], "ti": [12]}, 0.5 * (0.5 + math.sqrt(1 / 3)), 1 / 48),
    ("IRSD", {"x1i": [0], "t1i": [10], "x2i": [9], "t2i": [25]}, -0.6, 1 / 40 + 1 / 100),
    ("MN", SINGLE, 10.0, 4 / 26),
    ("SMN", SINGLE, J25 * 5, 1 / 26 + (J25 * 5) ** 2 / 52),
    ("MNLN", SINGLE, math.log(10), 0.04 / 26),
    ("SDLN", SINGLE, math.log(2) + 1 / 50, 1 / 50),
    ("CVLN", SINGLE, math.log(0.2) + 1 / 50, 1 / 50 + 0.04 / 26),
    ("REH", {"ai": [25], "bi": [50], "ci": [25]}, 0.0, 1 / 100 + 1 / 50 + 1 / 100),
    ("OE", {"oei": [-4.0], "voi": [8.0]}, -0.5, 0.125),
]


@pytest.mark.parametrize(("measure", "columns", "y", "v"), BY_HAND, ids=[case[0] for case in BY_HAND])
def test_by_hand(measure, columns, y, v):
    effects = effect_sizes(measure, **columns)
    assert effects.yi[0] == pytest.approx(y, rel=1e-13, abs=1e-14)
    assert effects.vi[0] == pytest.approx(v, rel=1e-12)


@pytest.mark.parametrize("first", ["PHI", "RTET", "RPB", "RBIS", "SPCOR"])
def test_fisher_z_by_the_delta_method(first):
    turned = {"PHI": "ZPHI", "RTET": "ZTET", "RPB": "ZPB", "RBIS": "ZBIS", "SPCOR": "ZSPCOR"}[first]
    columns = TABLE if first in ("PHI", "RTET") else MEANS if first.endswith(("PB", "BIS")) else PREDICTOR
    r, z = effect_sizes(first, **columns), effect_sizes(turned, **columns)
    assert z.yi == pytest.approx(np.arctanh(r.yi))
    assert z.vi == pytest.approx(z_variance(r.yi, r.vi))


# ---------------------------------------------------------------- published figures


def test_tetrachoric_correlation_of_equal_halves_is_a_sine():
    """With both margins halved the cells hold 1/4 + asin(r)/(2 pi) (Sheppard 1899)."""
    effects = effect_sizes("RTET", ai=[40], bi=[10], ci=[10], di=[40])
    assert effects.yi[0] == pytest.approx(math.sin(2 * math.pi * (0.4 - 0.25)), rel=1e-12)


def test_phi_variances_differ_by_the_sampling():
    cross, rows = (effect_sizes("PHI", **TABLE, vtype=v).vi[0] for v in ("CS", "ST"))
    assert effect_sizes("PHI", **TABLE).vi[0] == cross != rows
    assert effect_sizes("PHI", **TABLE).yi[0] == pytest.approx(
        (12 * 50 - 30 * 14) / math.sqrt(42 * 64 * 26 * 80)
    )


def test_probit_difference_of_half_and_one_in_six():
    """Half of one group and 15.87 % of the other above a threshold: one standard deviation apart."""
    effects = effect_sizes("PBIT", ai=[5000], n1i=[10000], ci=[1586.55254], n2i=[10000])
    assert effects.yi[0] == pytest.approx(1.0, abs=1e-8)


def test_unbiased_correlation_is_unbiased():
    """E of the estimate over the exact density of r for n = 10, rho = 0.5 (Hotelling 1953), and of its variance."""
    from scipy.special import gammaln, hyp2f1

    n, rho = 10, 0.5
    nodes, weights = np.polynomial.legendre.leggauss(400)
    log_density = (
        math.log(n - 2)
        + gammaln(n - 1)
        - 0.5 * math.log(2 * math.pi)
        - gammaln(n - 0.5)
        + (n - 1) / 2 * np.log(1 - rho**2)
        + (n - 4) / 2 * np.log(1 - nodes**2)
        - (n - 1.5) * np.log(1 - rho * nodes)
    )
    share = weights * np.exp(log_density) * hyp2f1(0.5, 0.5, n - 0.5, (rho * nodes + 1) / 2)
    assert share.sum() == pytest.approx(1.0, abs=1e-9)
    found = effect_sizes("UCOR", ri=nodes, ni=np.full(len(nodes), n), vtype="UB")
    mean = np.sum(share * found.yi)
    assert mean == pytest.approx(rho, abs=1e-9)
    assert np.sum(share * found.vi) == pytest.approx(np.sum(share * (found.yi - mean) ** 2), rel=1e-8)


def test_unbiased_variance_of_g_is_unbiased_for_the_null():
    """With d = 0 every variance of SMD but the averaged one is 1/n1 + 1/n2, times J^2 for LS2."""
    null = MEANS | {"m1i": [8.0]}
    for vtype, factor in (("LS", 1.0), ("UB", 1.0), ("LS2", J34**2)):
        assert effect_sizes("SMD", **null, vtype=vtype).vi[0] == pytest.approx(factor * 0.1125)


# ---------------------------------------------------------------- definitions that changed


@pytest.mark.parametrize(
    ("measure", "columns", "y", "v"),
    [
        ("ROM", MEANS, math.log(10 / 8), 4 / 2000 + 9 / 1024),
        ("ROMC", CHANGE, math.log(10 / 8), (0.04 + 0.375**2 - 0.2 * 0.375) / 26),
        ("CVR", MEANS, math.log(0.2 / 0.375) + 1 / 38 - 1 / 30, 1 / 38 + 1 / 30 + 4 / 2000 + 9 / 1024),
        ("SMD1H", MEANS, G1, 4 / (9 * 20) + 1 / 16 + G1**2 / 32),
        ("SMCRH", CHANGE, GR, J25**2 * (7 / (4 * 25) + GR**2 / 50)),
        ("PCOR", PREDICTOR, PCOR, (1 - PCOR**2) ** 2 / 36),
        ("ZPCOR", PREDICTOR, math.atanh(PCOR), 1 / 36),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_earlier_definition_is_an_option(measure, columns, y, v):
    early = effect_sizes(measure, **columns, edition="3.8")
    assert (early.yi[0], early.vi[0]) == pytest.approx((y, v), rel=1e-12)


def test_heteroscedastic_variance_differs_by_the_squared_correction():
    now, early = (effect_sizes("SMDH", **MEANS, edition=e) for e in ("5", "3.8"))
    assert early.vi[0] == pytest.approx(J34**2 * now.vi[0], rel=1e-13)
    assert early.yi[0] == now.yi[0]


CHANGED = {"ROM", "ROMC", "CVR", "SMDH", "SMD1H", "SMCRH", "PCOR", "ZPCOR"}
ARGUMENTS = {
    frozenset(columns): columns
    for columns in (
        TABLE,
        TABLE | {"ri": [0.2]},
        MEANS,
        CHANGE,
        SINGLE,
        ALPHA,
        PREDICTOR,
        {"yi": [0.1], "vi": [0.2]},
        {"xi": [3], "ni": [10]},
        {"xi": [3], "ti": [12.5]},
        {"ri": [0.3], "ni": [30]},
        {"x1i": [3], "t1i": [10], "x2i": [9], "t2i": [25]},
        {"oei": [-4.0], "voi": [8.0]},
    )
}


def columns_for(measure):
    wanted = MEASURES[measure].columns
    return next(c for c in ARGUMENTS.values() if any(set(names) <= set(c) for names in wanted))


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_editions_differ_where_the_documentation_says(measure):
    now, early = (effect_sizes(measure, **columns_for(measure), edition=e) for e in ("5", "3.8"))
    same = (now.yi[0], now.vi[0]) == (early.yi[0], early.vi[0])
    assert same == (measure not in CHANGED)
    assert now.k == 1


def test_with_one_predictor_a_partial_correlation_is_a_correlation():
    alone = {"ri": [0.4], "ni": [50], "mi": [1]}
    for partial, plain in (("PCOR", "COR"), ("ZPCOR", "ZCOR")):
        ours, theirs = effect_sizes(partial, **alone), effect_sizes(plain, ri=[0.4], ni=[50])
        assert (ours.yi[0], ours.vi[0]) == pytest.approx((theirs.yi[0], theirs.vi[0]), rel=1e-14)


def test_second_order_correction_is_a_choice_where_there_is_one():
    mean = effect_sizes("MNLN", **SINGLE, correct=True).yi[0] - effect_sizes("MNLN", **SINGLE).yi[0]
    spread = effect_sizes("CVLN", **SINGLE, correct=True).yi[0] - effect_sizes("CVLN", **SINGLE).yi[0]
    assert (mean, spread) == pytest.approx((0.04 / 52, -0.04 / 52))
    assert effect_sizes("ROM", **MEANS, correct=False).yi[0] == pytest.approx(math.log(10 / 8))
    for choice in (True, False):
        with pytest.raises(UnknownOption, match="SMD has no second-order bias correction to choose"):
            effect_sizes("SMD", **MEANS, correct=choice)
    with pytest.raises(UnknownOption, match=r"no edition '4' of the definitions; choose one of 5, 3\.8"):
        effect_sizes("ROM", **MEANS, edition="4")


# ---------------------------------------------------------------- other ways in


def test_effects_from_test_statistics():
    t = D / math.sqrt(0.1125)
    for columns in ({"di": [D]}, {"ti": [t]}):
        ours = effect_sizes("SMD", **columns, n1i=[20], n2i=[16])
        assert (ours.yi[0], ours.vi[0]) == pytest.approx((J34 * D, 0.1125 + (J34 * D) ** 2 / 72))
    r = effect_sizes("COR", ti=[2.0], ni=[38])
    assert r.yi[0] == pytest.approx(2 / math.sqrt(40))
    assert effect_sizes("PCOR", ti=[-2.0], ni=[40], mi=[3]).yi[0] == pytest.approx(-PCOR)


@pytest.mark.parametrize(
    ("measure", "columns"),
    [
        (
            "OR",
            {
                "ai": [12, 12],
                "bi": [30, None],
                "ci": [14, 14],
                "di": [50, None],
                "n1i": [42, 42],
                "n2i": [64, 64],
            },
        ),
        ("PLO", {"xi": [3, 3], "mi": [7, None], "ni": [None, 10]}),
        (
            "SMD",
            {name: [*values, None if name[0] in "ms" else values[0]] for name, values in MEANS.items()}
            | {"di": [None, D]},
        ),
        ("ZCOR", {"ri": [2 / math.sqrt(40), None], "ti": [None, 2.0], "ni": [38, 38]}),
        ("SPCOR", {"ti": [2.0, None], "ri": [None, SPCOR], "ni": [40, 40], "mi": [3, 3], "r2i": [0.3, 0.3]}),
        ("OE", {"oei": [-4.0, None], "oi": [None, 12], "ei": [None, 16], "voi": [8, 8]}),
        ("GEN", {"yi": [0.1, 0.1], "vi": [0.04, None], "sei": [None, 0.2]}),
    ],
)
def test_rows_may_differ_in_what_they_have(measure, columns):
    effects = effect_sizes(measure, **columns)
    assert effects.dropped == ()
    assert effects.yi[0] == pytest.approx(effects.yi[1], rel=1e-14)
    assert effects.vi[0] == pytest.approx(effects.vi[1], rel=1e-14)
    if effects.ni is not None:
        assert effects.ni[0] == effects.ni[1]


def test_averaged_variances_do_without_a_missing_sd():
    columns = {name: [*values, *values] for name, values in MEANS.items()} | {"sd1i": [2.0, None]}
    assert effect_sizes("ROM", **columns).k == 1
    averaged = effect_sizes("ROM", **columns, vtype="AV")
    assert averaged.k == 2
    assert averaged.vi[0] == pytest.approx(averaged.vi[1])
    assert averaged.yi[0] == pytest.approx(averaged.yi[1])


def test_only_what_a_measure_uses_is_needed():
    assert effect_sizes("SMD1", **(MEANS | {"sd1i": [None]})).k == 1
    assert effect_sizes("SMCR", **(CHANGE | {"sd2i": [None]})).k == 1
    assert effect_sizes("VRC", **(CHANGE | {"m1i": [None]})).k == 1


def test_bias_corrected_correlation_where_series_converge_slowly():
    """Against the series of F(1/2, 1/2; c; 1 - r^2) summed with 50 decimal digits."""
    effects = effect_sizes("UCOR", ri=[0.05596833901945508, 0.01], ni=[18, 22])
    assert effects.yi == pytest.approx([0.0579940152648115, 0.010281493270679551], rel=1e-13)


def test_biserial_correlation_beyond_one_counts_as_one_in_its_variance():
    far = {"m1i": [12.800038985713481], "sd1i": [1.1813665033550933], "n1i": [18]}
    far |= {"m2i": [5.693995406919827], "sd2i": [1.7876563707832247], "n2i": [13]}
    effects = effect_sizes("RBIS", **far)  # R 4.2.2, metafor 3.8-1
    assert effects.yi[0] == pytest.approx(1.1710348589292592, rel=1e-13)
    assert effects.vi[0] == pytest.approx(0.0025567327796419607, rel=1e-12)


def test_a_table_on_its_diagonal_has_phi_one_and_no_rounding_error():
    effects = effect_sizes("PHI", ai=[4], bi=[0], ci=[0], di=[2])
    assert (effects.yi[0], effects.vi[0]) == (1.0, 0.0)


def test_undefined_rows_are_named():
    assert effect_sizes("MPORC", ai=[None], bi=[2], ci=[5], di=[7]).k == 1
    assert effect_sizes("COR", ri=[0.5], ni=[3]).k == 0
    assert effect_sizes("RTET", ai=[5, 4], bi=[0, 3], ci=[2, 2], di=[6, 6]).dropped[0].row == 0
    assert effect_sizes("RTET", ai=[5], bi=[0], ci=[2], di=[6], add=0.5).k == 1
    assert effect_sizes("UCOR", ri=[0.3, 0.3], ni=[4, 5]).usable.tolist() == [False, True]
    assert effect_sizes("ZPCOR", ti=[2.0], ni=[6], mi=[4]).k == 0
    assert effect_sizes("ARAW", ai=[0.9, 0.9], mi=[1, 5], ni=[30, 2]).k == 0
    assert effect_sizes("MNLN", mi=[-1.0], sdi=[1.0], ni=[10]).k == 0
    assert effect_sizes("OE", oei=[0.0], voi=[0.0]).k == 0
    assert effect_sizes("MPORC", ai=[5], bi=[0], ci=[3], di=[9], to="none").k == 0


@pytest.mark.parametrize(
    ("sentence", "measure", "columns"),
    [
        ("r2i is 1.2, but it is an R-squared", "SPCOR", PREDICTOR | {"r2i": [1.2]}),
        ("ai is 1.1, but it is a coefficient alpha", "ARAW", ALPHA | {"ai": [1.1]}),
        ("voi is -8, but it is the variance of O - E", "OE", {"oei": [1.0], "voi": [-8.0]}),
        ("sdi is -2, but it is a standard deviation", "MN", SINGLE | {"sdi": [-2.0]}),
        ("ri is 2, but it is a correlation", "MPORM", TABLE | {"ri": [2.0]}),
        ("bi is -30, but it is a count", "REH", TABLE | {"bi": [-30]}),
    ],
)
def test_impossible_figures_are_refused(sentence, measure, columns):
    with pytest.raises(InvalidValue) as caught:
        effect_sizes(measure, **columns)
    assert sentence in str(caught.value)


# ---------------------------------------------------------------- laws

cells = st.integers(1, 400)


@settings(max_examples=60, deadline=None)
@given(a=cells, b=cells, c=cells, d=cells)
def test_swapping_the_groups_turns_the_sign(a, b, c, d):
    for measure in ("OR", "PHI", "YUQ", "YUY", "RTET", "OR2D", "PBIT", "MPRD", "MPORC", "MPOR"):
        there = effect_sizes(measure, ai=[a], bi=[b], ci=[c], di=[d])
        swapped = (a, c, b, d) if measure.startswith("MP") else (c, d, a, b)
        back = effect_sizes(
            measure, **dict(zip(("ai", "bi", "ci", "di"), ([x] for x in swapped), strict=True))
        )
        assert back.yi[0] == pytest.approx(-there.yi[0], rel=1e-9, abs=1e-11)
        assert back.vi[0] == pytest.approx(there.vi[0], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(a=cells, b=cells, c=cells, d=cells)
def test_association_lies_between_minus_one_and_one_and_agrees_in_sign(a, b, c, d):
    values = [
        float(effect_sizes(m, ai=[a], bi=[b], ci=[c], di=[d]).yi[0]) for m in ("PHI", "YUQ", "YUY", "RTET")
    ]
    assert all(-1 < v < 1 for v in values)
    assert len({np.sign(round(v, 12)) for v in values}) == 1


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_units_do_not_matter_to_standardised_measures(scale, shift):
    moved = {
        n: [v[0] * scale + (shift if n.startswith("m") else 0)] if n[0] in "ms" else v
        for n, v in MEANS.items()
    }
    for measure in ("SMD", "SMDH", "SMD1", "SMD1H", "VR", "RPB", "RBIS", "D2ORL"):
        one, two = effect_sizes(measure, **MEANS), effect_sizes(measure, **moved)
        assert two.yi[0] == pytest.approx(one.yi[0], rel=1e-7)
        assert two.vi[0] == pytest.approx(one.vi[0], rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(h=st.floats(-3, 3), k=st.floats(-3, 3), r=st.floats(-0.999, 0.999))
def test_the_four_quadrants_fill_the_plane(h, k, r):
    total = both_below(h, k, r) + both_below(-h, k, -r) + both_below(h, -k, -r) + both_below(-h, -k, r)
    assert total == pytest.approx(1.0, abs=1e-13)


def test_every_measure_keeps_the_order_of_its_rows():
    for measure in MEASURES:
        one = {name: [*values, *values] for name, values in columns_for(measure).items()}
        effects = effect_sizes(measure, **one)
        assert effects.yi[0] == effects.yi[1]
        assert effects.vi[0] == effects.vi[1] > 0


# ---------------------------------------------------------------- pinned cases


def test_pinned_measures_name_their_source():
    folder = Path(__file__).parent / "reference"
    for path in folder.glob("escalc__*.json"):
        case = json.loads(path.read_text())
        assert case["generator"]["metafor"] == "3.8.1"
        assert case["calls"]["escalc_variants"]
