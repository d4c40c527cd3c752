"""Beta-binomial pooling and the conditions of Peto's method: against likelihoods maximised in R, by hand, laws."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis import stats
from analysis.stats.beta_binomial import Group

PINNED = Path(__file__).parent / "reference" / "glmm"
RENAMED = {"tpos": "ai", "tneg": "bi", "cpos": "ci", "cneg": "di"}
#: R 4.2.2: the likelihood by lchoose and lbeta, nlminb at rel.tol 1e-15 (good to 1e-6 here), numDeriv::hessian.
#: log OR, se, log RR, se, RD, se, risks, rho, se, log-likelihood
IN_R = {
    "nielweise2007_OR": (
        *(-1.012136969606, 0.343296732220, -0.986964695534, 0.336015150781, -0.024496297908, 0.008293965659),
        *(0.014554462630, 0.039050760538, 0.021352256708, 0.008270268068, -79.927219581526),
    ),
    "bcg_OR": (
        *(-0.35433905851, 0.35802568929, -0.34331423081, 0.34708769229, -0.01067844188, 0.01091417605),
        *(0.02606967418, 0.03674811607, 0.05078657180, 0.01652207168, -141.61343785427),
    ),
}
few = settings(max_examples=15, deadline=None)


def columns_of(name):
    inputs = json.loads((PINNED / f"glmm_{name}.json").read_text(encoding="utf-8"))["inputs"]
    return {RENAMED.get(key, key): values for key, values in inputs.items() if key != "ablat"}


@pytest.mark.parametrize("name", IN_R)
def test_agrees_with_a_likelihood_maximised_in_r(name):
    theirs = IN_R[name]
    columns = columns_of(name)
    for at, measure in enumerate(("OR", "RR", "RD")):
        ours = stats.beta_binomial(measure, **columns)
        assert (ours.estimate, ours.se) == pytest.approx(theirs[2 * at : 2 * at + 2], rel=1e-6)
    assert (*ours.risks, ours.rho, ours.se_rho) == pytest.approx(theirs[6:10], rel=3e-6)
    assert ours.loglik == pytest.approx(theirs[10], abs=1e-9)
    assert ours.k == len(columns["ai"])  # double-zero studies included
    assert ours.lrt_pval < 1e-6


def test_derivatives_of_the_likelihood():
    group = Group(np.array([0.0, 3.0, 5.0]), np.array([7.0, 9.0, 12.0]))
    eta, phi, h = -0.7, 0.2, 1e-5

    def gradient(e, f):
        return group.loglik(e, f)[1]

    _, first, second = group.loglik(eta, phi)
    by_eta = (group.loglik(eta + h, phi)[0] - group.loglik(eta - h, phi)[0]) / (2 * h)
    by_phi = (group.loglik(eta, phi + h)[0] - group.loglik(eta, phi - h)[0]) / (2 * h)
    assert first == pytest.approx([by_eta, by_phi], rel=1e-7)
    assert second[0] == pytest.approx((gradient(eta + h, phi) - gradient(eta - h, phi)) / (2 * h), rel=1e-7)
    assert second[1] == pytest.approx((gradient(eta, phi + h) - gradient(eta, phi - h)) / (2 * h), rel=1e-7)


def test_likelihood_of_one_group_by_hand():
    # one event of two, mu = 1/2, phi = 1 (rho = 1/2): mu (1 - mu)/(1 + phi), times C(2, 1) left out
    value, _, _ = Group(np.array([1.0]), np.array([2.0])).loglik(0.0, 1.0)
    assert math.exp(value) == pytest.approx(0.25 / 2)


def test_without_extra_variation_it_is_the_pooled_table():
    ours = stats.beta_binomial("OR", ai=[2, 4, 6], n1i=[20, 40, 60], ci=[4, 8, 12], n2i=[20, 40, 60])
    assert (ours.rho, ours.se_rho, ours.lrt, ours.lrt_pval) == (0.0, None, 0.0, 1.0)
    assert ours.estimate == pytest.approx(math.log(12 * 96 / (108 * 24)))
    assert ours.se == pytest.approx(math.sqrt(1 / 12 + 1 / 108 + 1 / 24 + 1 / 96))
    assert "rho is 0" in ours.notes[0]


def test_proportions_on_three_scales():
    columns = {"xi": [1, 9, 4, 0, 12], "ni": [20, 30, 25, 18, 20]}
    logit, log, plain = (stats.beta_binomial(m, **columns) for m in ("PLO", "PLN", "PR"))
    assert plain.estimate == pytest.approx(math.exp(log.estimate))
    assert plain.estimate == pytest.approx(1 / (1 + math.exp(-logit.estimate)))
    assert plain.se == pytest.approx(logit.se * plain.estimate * (1 - plain.estimate))
    assert plain.parameters == 2
    assert logit.rho == pytest.approx(
        stats.beta_binomial("PLO", xi=columns["xi"], mi=[19, 21, 21, 18, 8]).rho
    )


tables = st.lists(
    st.tuples(st.integers(0, 8), st.integers(10, 60), st.integers(0, 8), st.integers(10, 60)),
    min_size=2,
    max_size=7,
)


def run(rows, flip=False, swap=False):
    a, n1, c, n2 = (np.array(column) for column in zip(*rows, strict=True))
    if flip:
        a, c = n1 - a, n2 - c
    if swap:
        a, n1, c, n2 = c, n2, a, n1
    assume(a.sum() > 0 and c.sum() > 0)
    return stats.beta_binomial("OR", ai=a, n1i=n1, ci=c, n2i=n2)


@few
@given(tables, st.randoms())
def test_other_outcome_other_group_and_other_order(rows, random):
    one = run(rows)
    for other in (run(rows, flip=True), run(rows, swap=True)):
        assert other.estimate == pytest.approx(-one.estimate, abs=1e-7)
        assert other.se == pytest.approx(one.se, rel=1e-6)
        assert other.rho == pytest.approx(one.rho, abs=1e-7)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert run(shuffled).estimate == pytest.approx(one.estimate, abs=1e-9)


@few
@given(tables)
def test_rho_is_a_proportion_and_never_fits_worse(rows):
    ours = run(rows)
    assert 0.0 <= ours.rho < 1.0
    assert ours.lrt >= 0.0
    assert 0.0 <= ours.lrt_pval <= 1.0


@pytest.mark.parametrize(
    ("measure", "columns", "error", "words"),
    [
        ("SMD", {}, stats.UnknownOption, "exists for"),
        ("OR", {"ai": [1]}, stats.MissingColumns, "ai bi ci di"),
        ("PR", {"xi": [1]}, stats.MissingColumns, "xi ni"),
        ("PR", {"xi": [1.5, 2], "ni": [9, 9]}, stats.InvalidValue, "whole numbers"),
        ("PR", {"xi": [10, 2], "ni": [9, 9]}, stats.InvalidValue, "whole numbers"),
        ("PR", {"xi": [0, 0], "ni": [9, 9]}, stats.InvalidValue, "no event"),
        ("PR", {"xi": [9, 9], "ni": [9, 9]}, stats.InvalidValue, "nothing but events"),
        ("PR", {"xi": [3], "ni": [9]}, stats.TooFewStudies, "at least 2"),
        ("PR", {"xi": [None], "ni": [9]}, stats.NoStudies, "nothing to pool"),
        ("PR", {"xi": [1, 0, 1], "ni": [1, 1, 1]}, stats.InvalidValue, "one person"),
        ("PR", {"xi": [5, 0, 5], "ni": [5, 5, 5]}, stats.NotConverged, "too little information"),
    ],
)
def test_refusals(measure, columns, error, words):
    with pytest.raises(error, match=words):
        stats.beta_binomial(measure, **columns)


def test_rows_left_out_are_named():
    ours = stats.beta_binomial("PR", xi=[1, None, 3], ni=[10, 10, 20], slab="XYZ")
    assert ours.slab == ("X", "Z")
    assert [d.label for d in ours.dropped] == ["Y"]
    assert json.loads(json.dumps(ours.to_dict()))["k"] == 2


# ---------------------------------------------------------------- conditions of Peto's method

GOOD = {"ai": [3, 2, 4], "n1i": [600, 500, 700], "ci": [5, 4, 3], "n2i": [610, 480, 690]}


def test_good_conditions():
    found = stats.peto_conditions(**GOOD)
    assert (found.suitable, found.rare, found.balanced, found.small_effect) == (True, True, True, True)
    assert found.risk == pytest.approx(21 / 3580)
    assert found.imbalance == pytest.approx(500 / 480)
    assert found.most_uneven == 1
    assert found.shift == pytest.approx(found.peto_odds_ratio / found.odds_ratio)
    assert found.sentence == (
        "Peto's method suits these data: events in 0.59 % of people, groups up to 1.04 to 1 in size (row 2), an "
        "odds ratio of 0.74."
    )


@pytest.mark.parametrize(
    ("change", "condition", "words"),
    [
        ({"ai": [60, 50, 70], "ci": [61, 48, 69]}, "rare", "events in 10 % of people"),
        ({"n2i": [6100, 480, 690]}, "balanced", r"groups up to 10.2 to 1 in size \(row 1\)"),
        ({"ai": [0, 0, 1], "ci": [8, 6, 7]}, "small_effect", "an odds ratio of 0.04"),
    ],
)
def test_bad_conditions_are_named(change, condition, words):
    found = stats.peto_conditions(**{**GOOD, **change})
    assert not found.suitable
    assert not getattr(found, condition)
    assert re.search(words, found.sentence)


def test_infinite_odds_ratio_falls_back_on_peto():
    found = stats.peto_conditions(ai=[0, 0], n1i=[900, 900], ci=[3, 2], n2i=[900, 900])
    assert found.shift is None
    assert found.odds_ratio == found.peto_odds_ratio


def test_conditions_refuse_nonsense():
    with pytest.raises(stats.NoStudies, match="nothing to judge"):
        stats.peto_conditions(ai=[0], n1i=[10], ci=[0], n2i=[10])
    with pytest.raises(stats.MissingColumns, match="are needed"):
        stats.peto_conditions(ai=[0])
    with pytest.raises(stats.InvalidValue, match="rare is"):
        stats.peto_conditions(rare=0, **GOOD)
