"""From the snapshot of a network to its numbers and sentences: published networks, and what cannot be computed."""

import json

import pytest

from analysis.engine import CannotAnalyse, network
from analysis.engine.network_rows import gather
from analysis.network_words import (
    against,
    connection,
    headline,
    heterogeneity,
    inconsistency,
    league_grid,
    methods,
    ranking,
    small_study,
)
from tests.analysis.networks import SENN, SMOKING, many, row, senn, smoking, snapshot


def computed(given):
    return network.compute(given, lambda done, total, message: None)


@pytest.fixture(scope="module")
def glucose():
    return computed(senn())


def means(mean1, mean2, n=50):
    return {"n1": n, "mean1": mean1, "sd1": 2.0, "n2": n, "mean2": mean2, "sd2": 2.0}


def test_the_glucose_network_agrees_with_rma_mv(glucose):
    expected = SENN["reml"]
    rows = {one["treatment"]: one for one in against(glucose, "placebo")}
    assert glucose["reference"] == "placebo"
    assert glucose["heterogeneity"]["tau2"] == pytest.approx(expected["tau2"], rel=1e-6)
    assert rows.keys() == expected["beta"].keys()
    for name, beta in expected["beta"].items():
        assert rows[name]["estimate"] == pytest.approx(beta, rel=1e-6)
        assert rows[name]["se"] == pytest.approx(expected["se"][name], rel=1e-6)


def test_the_glucose_network_agrees_with_what_was_published():
    published, result = SENN["published"], computed(senn(tau2_method="CE"))
    test = result["design_test"]
    for ours, theirs in (
        (result["heterogeneity"]["q"], published["q"]),
        (test["within_q"], published["within_q"]),
        (test["between_q"], published["between_q"]),
    ):
        assert ours == pytest.approx(theirs, abs=0.011)
    scores = {one["treatment"]: one["p_score"] for one in result["ranking"]["treatments"]}
    assert scores == pytest.approx(published["p_scores_common"], abs=2e-4)


def test_a_network_of_events_agrees_with_rma_mv():
    result = computed(smoking())
    rows = {one["treatment"]: one for one in against(result, "no_contact")}
    assert result["heterogeneity"]["tau2"] == pytest.approx(SMOKING["tau2"], rel=1e-5)
    assert result["heterogeneity"]["q"] == pytest.approx(SMOKING["q"], rel=1e-9)
    assert result["heterogeneity"]["q_df"] == SMOKING["df"]
    for name, beta in SMOKING["beta"].items():
        assert rows[name]["estimate"] == pytest.approx(beta, rel=1e-5)
        assert rows[name]["se"] == pytest.approx(SMOKING["se"][name], rel=1e-5)


def test_ranks_drawn_agree_with_p_scores_and_are_the_same_each_time(glucose):
    for one in glucose["ranking"]["treatments"]:
        assert one["sucra"] == pytest.approx(one["p_score"], abs=0.01)
        assert sum(one["ranks"]) == pytest.approx(1)
        assert one["rank_low"] <= one["median_rank"] <= one["rank_high"]
    assert computed(senn())["ranking"] == glucose["ranking"]


@pytest.mark.parametrize(
    ("plan", "reference"),
    [
        ({"comparator_label": "Placebo"}, "placebo"),
        ({"selection": {"comparator": ["metformin"]}}, "metformin"),
        ({"selection": {"comparator": ["aspirin"]}, "comparator_label": "control"}, "placebo"),
    ],
)
def test_the_reference_is_what_the_plan_compares_with_else_what_most_studies_have(plan, reference):
    assert computed(senn(tau2_method="DL", **plan))["reference"] == reference


def test_people_of_a_multi_arm_study_count_once(glucose):
    arms = {
        (s, t): n for s, t, n in zip(*(SENN["arms"][x] for x in ("study", "treatment", "ni")), strict=True)
    }
    assert sum(one["people"] for one in glucose["treatments"]) == sum(arms.values())
    assert glucose["k"] == 26
    assert len(glucose["contrasts"]) == 28


def test_the_result_is_json_without_nan(glucose):
    assert json.loads(json.dumps(glucose, allow_nan=False)) == glucose
    assert json.loads(json.dumps(computed(many(6, 12, parts=2)), allow_nan=False))["kind"] == "network"


def test_progress_is_told_and_what_is_known_early_is_handed_out():
    told, early = [], []
    network.compute(senn(), lambda *args: told.append(args), early.append)
    assert [done for done, *_ in told] == list(range(1, len(told) + 1))
    assert early[0]["heterogeneity"]["tau2"] > 0
    assert "league" not in early[0]


def test_glucose_in_words(glucose):
    given = senn()
    assert headline(given, glucose).startswith("26 trials, ")
    assert "rosiglitazone" in headline(given, glucose)
    assert "7 of 9 (7 better, 0 worse)" in headline(given, glucose)
    assert "τ² 0.100 for all comparisons" in heterogeneity(glucose)
    assert ranking(glucose)[0].startswith("Rosiglitazone ranks first (P-score 0.90, 95% of ranks 1 to ")
    assert inconsistency(glucose)[0].startswith(
        "Design-by-treatment interaction: Q between designs 22.53 on 7 degrees of freedom (p = 0.002)"
    )
    assert connection(glucose) == ""
    assert "restricted maximum likelihood" in methods(given, glucose)
    assert "Egger" in small_study(glucose)


def test_the_league_table_holds_every_pair_both_ways(glucose):
    names, grid = league_grid(glucose)
    assert names[0] == "rosiglitazone"
    assert len(glucose["league"]) == 45
    last = names.index("placebo")
    assert grid[last][0]["estimate"] == pytest.approx(1.2337387, rel=1e-6)
    assert grid[last][0]["ci_low"] < grid[last][0]["estimate"] < grid[last][0]["ci_high"]
    assert grid[0][last]["studies"] == 6
    assert grid[0][last]["estimate"] < 0
    assert grid[names.index("metformin")][names.index("metformin")] is None


def test_treatments_that_nothing_connects_are_named():
    result = computed(many(6, 14, parts=2))
    assert [len(part) for part in result["parts"]] == [3, 3]
    assert connection(result).startswith(
        "The network falls into 2 parts that no study connects: (1) Treatment 0, Treatment 1 and Treatment 2; (2)"
    )
    apart = [cell for cell in result["league"] if cell["estimate"] is None]
    assert len(apart) == 9
    assert all("ranks" in one and len(one["ranks"]) == 3 for one in result["ranking"]["treatments"])
    assert len(ranking(result)) == 3


def test_a_network_without_loops_says_that_nothing_can_be_checked():
    star = snapshot(
        [row(1, "A", "C", **means(1, 2)), row(2, "B", "C", **means(1.5, 2)), row(3, "A", "C", **means(1, 3))]
    )
    result = computed(star)
    assert inconsistency(result) == [
        "No closed loop of different designs: nothing in this network can show whether direct and indirect evidence "
        "agree."
    ]
    assert "at least 10 comparisons that several studies made; there are 2" in small_study(result)


def test_arms_are_gathered_from_all_rows_of_a_study():
    rows = [
        row(1, "A", "C", 1, label="Ade 2001 (A)", **means(1, 2)),
        row(1, "B", "C", 2, label="Ade 2001 (B)", **means(1.5, 2)),
    ]
    found = gather(rows, "MD")
    assert found.people == {"Ade 2001": {"A": 50, "C": 50, "B": 50}}
    assert [(one.treatment, one.comparator, one.yi) for one in found.contrasts] == [
        ("A", "C", -1.0),
        ("A", "B", -0.5),
        ("C", "B", 0.5),
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            [row(1, "A", "C", **means(1, 2)), row(1, "B", "C", 2, **means(1, 2.5))],
            "different numbers for C (mean 2 and 2.5)",
        ),
        ([row(1, "A", "A", **means(1, 2))], "two arms of the same treatment (A)"),
        (
            [row(1, a, "C", i, kind="effect", effect=-0.5, effect_se=0.2) for i, a in enumerate("AB")],
            "no contrast of A with B",
        ),
        (
            [row(1, "A", "B", i, kind="effect", effect=-0.5, effect_se=0.2) for i in range(2)],
            "two results for A against B",
        ),
    ],
)
def test_a_study_that_does_not_fit_is_left_out_with_the_reason(rows, why):
    others = [row(2, "A", "C", **means(1, 2)), row(3, "B", "C", **means(1.5, 2))]
    result = computed(snapshot([*rows, *others]))
    assert [one["study"] for one in result["left_out"]] == ["Study 1"]
    assert why in result["left_out"][0]["why"]
    assert result["k"] == 2
    assert why in methods(snapshot([]), result)


def test_a_study_without_any_event_says_nothing_about_a_ratio():
    none = row(1, "A", "C", kind="events", n1=20, n2=20, events1=0, events2=0)
    some = row(2, "A", "C", kind="events", n1=20, n2=20, events1=3, events2=5)
    result = computed(snapshot([none, some], measure="OR"))
    assert result["left_out"] == [
        {"study": "Study 1", "study_id": 1, "why": "No events in any arm, which says nothing about a ratio"}
    ]


def test_effects_as_reported_and_arms_stand_side_by_side():
    effects = [
        row(1, one, other, i, kind="effect", effect=y, effect_se=0.3, n1=40, n2=40)
        for i, (one, other, y) in enumerate((("A", "C", -0.5), ("B", "C", -0.2), ("A", "B", -0.3)))
    ]
    result = computed(snapshot([*effects, row(2, "A", "C", **means(1, 2))], measure="MD"))
    assert result["k"] == 2
    assert result["left_out"] == []
    assert {one["name"]: one["people"] for one in result["treatments"]} == {"A": 90, "B": 40, "C": 90}


@pytest.mark.parametrize(
    ("rows", "measure", "sentence"),
    [
        ([], "MD", "No study has a result"),
        ([row(1, "A", "C", **means(1, 2))], "PLO", "measured in one group"),
        (
            [row(1, "A", "C", kind="events", n1=9, n2=9, events1=1, events2=2)],
            "SMD",
            "Study 1: events do not give SMD",
        ),
        ([row(1, "A", "C", 1, **means(1, 2)), row(1, "B", "C", 2, **means(1, 2))], "SMDH", "do not add up"),
        (
            [row(1, "A", "A", **means(1, 2))],
            "MD",
            "No study can be part of a network. Study 1: it compares two arms",
        ),
    ],
)
def test_what_cannot_be_a_network_is_a_sentence(rows, measure, sentence):
    with pytest.raises(CannotAnalyse, match=sentence.replace("(", r"\(").replace(".", r"\.")):
        computed(snapshot(rows, measure=measure))


def test_measures_that_add_up_come_from_any_arms():
    rows = [
        row(1, "A", "C", 1, **means(1.2, 2)),
        row(1, "B", "C", 2, **means(1.5, 2)),
        row(2, "A", "B", **means(1, 2)),
    ]
    result = computed(snapshot(rows, measure="ROM"))
    assert result["k"] == 2
    assert len(result["contrasts"]) == 4
