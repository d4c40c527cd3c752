"""Networks of treatments: against metafor's rma.mv, published results, and small networks worked out by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import stats
from tests.analysis.stats.reference_case import different

HERE = Path(__file__).parent
OPEN = HERE.parents[3] / "shared" / "reference" / "stats" / "open"
SENN = json.loads((HERE / "reference" / "network_senn2013.json").read_text())


def by_rows(rows, **options):
    """A network of (study, treatment, comparator, effect, variance)."""
    study, treatment, comparator, yi, vi = zip(*rows, strict=True)
    effects = stats.effect_sizes("GEN", yi=yi, vi=vi, slab=study)
    return stats.network(effects, study=study, treatment=treatment, comparator=comparator, **options)


def senn(tau2="DL", **options):
    contrasts = stats.contrasts_from_arms("MD", **SENN["arms"])
    return stats.network(
        contrasts.effects,
        study=contrasts.study,
        treatment=contrasts.treatment,
        comparator=contrasts.comparator,
        tau2=tau2,
        **options,
    )


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_network_with_a_multi_arm_study_agrees_with_rma_mv(method):
    fitted, expected = senn(method), SENN[method.lower()]
    against = fitted.against("placebo")
    assert fitted.q == pytest.approx(expected["q"], rel=1e-10)
    # rma.mv stops some digits short of the maximum (SCHEMA.md: 1e-4 of a variance component, 1e-5 of an estimate)
    assert fitted.tau2 == pytest.approx(expected["tau2"], rel=1e-6)
    for treatment, beta in expected["beta"].items():
        assert against[treatment]["estimate"] == pytest.approx(beta, rel=1e-6)
        assert against[treatment]["se"] == pytest.approx(expected["se"][treatment], rel=1e-6)


def test_published_results_of_the_glucose_network():
    published, fitted = SENN["published"], senn()
    tested = stats.decompose_designs(fitted)
    assert round(fitted.tau2, 4) == published["tau2"]
    assert round(fitted.i2, 1) == published["i2"]
    # published to two digits from contrasts rounded to four
    assert (fitted.q_df, tested.within_df, tested.between_df) == (18, 11, 7)
    for ours, theirs in (
        (fitted.q, published["q"]),
        (tested.within_q, published["within_q"]),
        (tested.between_q, published["between_q"]),
    ):
        assert ours == pytest.approx(theirs, abs=0.011)
    assert tested.within_q + tested.between_q == pytest.approx(fitted.q)
    assert sum(design["q"] for design in tested.designs) == pytest.approx(tested.within_q)
    scores = stats.p_scores(senn("CE"), small_values="desirable")
    assert scores == pytest.approx(published["p_scores_common"], abs=2e-4)
    assert next(iter(scores)) == "rosiglitazone"


def test_the_shared_network_agrees():
    path = OPEN / "mv_nma_linde2016.json"
    if not path.exists():
        pytest.skip("the full set of reference values is not beside the repository")
    data = json.loads(path.read_text())
    rows = data["data"]
    columns = list(zip(*(rows[name] for name in ("study", "treat1", "treat2", "yi", "vi")), strict=True))
    with pytest.raises(stats.Unconnected, match="No study connects these groups"):
        by_rows(columns)
    for method, key in (("CE", "FE"), ("REML", "RE")):
        fitted = by_rows(columns, tau2=method, unconnected="parts")
        names = {"".join(c if c.isalnum() else "." for c in name): name for name in fitted.treatments}
        theirs = data[key]
        for name, beta, se in zip(theirs["coef_names"], theirs["beta"], theirs["se"], strict=True):
            part = next(part for part in fitted.parts if names[name] in part)
            found = fitted.against("Placebo" if "Placebo" in part else "UC")[names[name]]
            tolerance = 1e-10 if method == "CE" else 1e-7
            assert different(name, found["estimate"], beta, tolerance, se) == []
            assert different(name, found["se"], se, tolerance, se) == []
        assert fitted.q == pytest.approx(theirs["QE"], rel=1e-10)
        assert math.isnan(fitted.against("Placebo")["UC"]["estimate"])


def test_a_triangle_by_hand():
    """A-B 1, B-C 1, A-C 3, each with variance 1: the loop is off by 1, shared out equally."""
    fitted = by_rows([("1", "A", "B", 1, 1), ("2", "B", "C", 1, 1), ("3", "A", "C", 3, 1)], tau2="CE")
    i, j, k = (fitted.index(name) for name in "ABC")
    assert fitted.estimate[i, j] == pytest.approx(4 / 3)
    assert fitted.estimate[i, k] == pytest.approx(8 / 3)
    # resistances 1 and 1 + 1 in parallel
    assert fitted.se[i, k] ** 2 == pytest.approx(2 / 3)
    assert fitted.q == pytest.approx(1 / 3)
    assert fitted.q_df == 1
    for method in ("back-calculation", "side-splitting"):
        split = next(
            s for s in stats.split_nodes(fitted, method=method) if (s.treatment, s.comparator) == ("A", "C")
        )
        assert (split.direct, split.indirect, split.difference) == pytest.approx((3, 2, 1))
        assert split.difference_se == pytest.approx(math.sqrt(3))
        assert split.proportion == pytest.approx(2 / 3)
    tested = stats.decompose_designs(fitted)
    assert (tested.within_df, tested.between_df) == (0, 1)
    assert tested.within_pval is None
    assert tested.between_q == pytest.approx(1 / 3)


def test_two_treatments_are_an_ordinary_meta_analysis():
    rows = [
        (str(n), "B", "A", y, v)
        for n, (y, v) in enumerate([(0.1, 0.04), (0.5, 0.02), (0.9, 0.05), (0.2, 0.03)])
    ]
    effects = stats.effect_sizes("GEN", yi=[r[3] for r in rows], vi=[r[4] for r in rows])
    for method in ("CE", "DL", "REML", "ML"):
        pooled = stats.pool(effects, tau2=method)
        found = by_rows(rows, tau2=method).against("A")["B"]
        assert (found["estimate"], found["se"]) == pytest.approx((pooled.estimate, pooled.se), rel=1e-9)


def test_a_multi_arm_study_counts_once():
    """Three arms with variances 1, 2 and 3 of their means alone: the network gives them back."""
    means, variances = {"A": 0.0, "B": 1.0, "C": 3.0}, {"A": 1.0, "B": 2.0, "C": 3.0}
    rows = [
        ("1", one, other, means[one] - means[other], variances[one] + variances[other])
        for one, other in (("A", "B"), ("C", "A"), ("B", "C"))
    ]
    fitted = by_rows(rows, tau2="CE")
    assert fitted.q_df == 0
    assert fitted.k == 1
    assert fitted.contrasts == 3
    assert fitted.estimate[2, 1] == pytest.approx(2.0)
    assert fitted.se[2, 1] ** 2 == pytest.approx(5.0)
    assert fitted.notes


def test_inconsistency_is_shown_where_it_is():
    heat = stats.net_heat(senn("CE"))
    assert float(np.sum(heat.inconsistency)) == pytest.approx(stats.decompose_designs(senn()).between_q)
    hottest = np.unravel_index(np.argmax(heat.heat), heat.heat.shape)
    assert {heat.labels[n] for n in hottest} <= {"rosiglitazone:sulfonylurea", "metformin:sulfonylurea"}
    assert heat.hat.shape == heat.heat.shape == (len(heat.labels),) * 2


def test_league_table_and_funnel():
    fitted = senn()
    table = stats.league_table(fitted, order=list(stats.p_scores(fitted, small_values="desirable")))
    network = [cell for cell in table if cell["evidence"] == "network"]
    assert len(network) == 45
    assert table[0]["row"] == "rosiglitazone"
    direct = next(
        c
        for c in table
        if c["evidence"] == "direct" and {c["row"], c["column"]} == {"placebo", "vildagliptin"}
    )
    alone = next(c for c in network if {c["row"], c["column"]} == {"placebo", "vildagliptin"})
    assert direct["estimate"] == pytest.approx(alone["estimate"])
    funnel = stats.comparison_adjusted(fitted)
    assert len(funnel) == fitted.contrasts == 28
    json.dumps(fitted.to_dict() | {"league": table, "funnel": funnel})


ARMS = st.lists(st.tuples(st.integers(0, 30), st.integers(31, 90)), min_size=3, max_size=3)


@settings(max_examples=30, deadline=None)
@given(ARMS, st.sampled_from(["OR", "RR", "RD"]))
def test_contrasts_of_one_study_always_add_up(arms, measure):
    events, people = zip(*arms, strict=True)
    made = stats.contrasts_from_arms(measure, study=["s"] * 3, treatment=list("ABC"), xi=events, ni=people)
    y = dict(zip(zip(made.treatment, made.comparator, strict=True), made.effects.yi, strict=True))
    assert y["A", "B"] + y["B", "C"] == pytest.approx(y["A", "C"], abs=1e-9)
    stats.network(made.effects, study=made.study, treatment=made.treatment, comparator=made.comparator)


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_contrasts_of_means_are_those_of_pairs_where_there_are_two_arms(measure):
    made = stats.contrasts_from_arms(
        measure, study=["s", "s"], treatment=["B", "A"], mi=[5.0, 3.0], sdi=[2.0, 3.0], ni=[20, 25]
    )
    pair = stats.effect_sizes(measure, m1i=[5.0], sd1i=[2.0], n1i=[20], m2i=[3.0], sd2i=[3.0], n2i=[25])
    assert (made.treatment, made.comparator) == (("B",), ("A",))
    assert made.effects.yi == pytest.approx(pair.yi)
    assert made.effects.vi == pytest.approx(pair.vi)


def test_rates_of_arms():
    made = stats.contrasts_from_arms("IRR", study=["s", "s"], treatment=["B", "A"], xi=[4, 8], ti=[100, 100])
    assert made.effects.yi == pytest.approx([math.log(0.5)])
    assert made.effects.vi == pytest.approx([0.375])


PAIR = ("1", "A", "B", 1.0, 1.0)


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([("1", "A", "A", 1, 1)], stats.InvalidValue, "compares A with itself"),
        ([PAIR, PAIR], stats.InvalidValue, "a second time"),
        ([("1", "A", "B", 1, 0)], stats.ZeroVariance, "variance of zero"),
        ([PAIR, ("1", "A", "C", 1, 1)], stats.InvalidValue, "no contrast of B with C"),
        ([PAIR, ("1", "A", "C", 1, 1), ("1", "B", "C", 5, 1)], stats.InvalidValue, "contradict one another"),
        (
            [PAIR, ("1", "A", "C", 1, 1), ("1", "B", "C", 0, 9)],
            stats.InvalidValue,
            "cannot belong to one study",
        ),
        ([PAIR, ("2", "C", "D", 1, 1)], stats.Unconnected, "A, B; C, D"),
        ([("1", "A", "B", None, 1)], stats.NoStudies, "no network"),
    ],
)
def test_a_network_that_cannot_be_is_refused_with_a_sentence(rows, error, says):
    with pytest.raises(error, match=says):
        by_rows(rows)


def test_options_that_do_not_exist_are_named():
    with pytest.raises(stats.UnknownOption, match="SJ"):
        by_rows([PAIR], tau2="SJ")
    fitted = by_rows([PAIR])
    with pytest.raises(stats.UnknownOption, match="no treatment 'X'"):
        fitted.against("X")
    with pytest.raises(stats.UnknownOption, match="desirable"):
        stats.p_scores(fitted, small_values="low")
    with pytest.raises(stats.UnknownOption):
        stats.split_nodes(fitted, method="guess")
    with pytest.raises(stats.TooFewStudies, match="net heat"):
        stats.net_heat(fitted)
    with pytest.raises(stats.UnknownMeasure):
        stats.contrasts_from_arms("COR", study=[], treatment=[])
    with pytest.raises(stats.MissingColumns, match="ni"):
        stats.contrasts_from_arms("OR", study=["s"], treatment=["A"], xi=[1])
    for arms, says in ((("A",), "one arm only"), (("A", "A"), "two arms of A")):
        with pytest.raises(stats.InvalidValue, match=says):
            stats.contrasts_from_arms(
                "OR", study=["s"] * len(arms), treatment=arms, xi=[1] * len(arms), ni=[9] * len(arms)
            )


@pytest.mark.parametrize("gap", [None, math.nan, "", " "])
@pytest.mark.parametrize("column", ["study", "treatment", "comparator"])
def test_a_missing_name_is_no_treatment(column, gap):
    names = {"study": [1, 2, 3], "treatment": ["a", "b", "a"], "comparator": ["b", "c", "c"]}
    names[column] = [names[column][0], gap, names[column][2]]
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.3, 0.5], vi=[0.1, 0.1, 0.1])
    with pytest.raises(stats.InvalidValue, match=f"Row 2: {column} is missing"):
        stats.network(effects, **names)
