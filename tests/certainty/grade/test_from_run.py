"""From what the engine computes to the numbers of a rating, for networks and syntheses without meta-analysis."""

import math

import pytest

from analysis.engine import narrative, network, quick
from certainty.grade import suggest
from certainty.grade.differing import changes_between
from certainty.grade.from_run import numbers_of
from certainty.grade.spread import apart
from tests.analysis.networks import row, smoking, snapshot
from tests.certainty.grade.evidences import ASKED

MEANS = {"n1": 30, "mean1": 10.0, "sd1": 5.0, "n2": 30, "mean2": 12.0, "sd2": 5.0}


def quietly(done, total, message):
    """Progress of no interest."""


def whole(found):
    """Evidence as it is put together from the numbers, with nothing agreed of risk of bias."""
    for study in found["studies"]:
        study |= {"design": "", "risk": "", "judged": "", "tool": "", "critical": False, "as_in_run": True}
    return found | {"asked": ASKED, "run": None}


@pytest.fixture(scope="module")
def smokers():
    given = smoking()
    return given, network.compute(given, quietly)


def test_a_cell_of_the_league_whichever_way_it_is_asked(smokers):
    given, result = smokers
    cell = result["league"][0]
    forth = numbers_of(given, result, cell["row"], cell["column"].upper())
    back = numbers_of(given, result, cell["column"], cell["row"])
    assert forth["pooled"]["estimate"] == cell["estimate"] == -back["pooled"]["estimate"]
    assert (forth["pooled"]["ci_low"], forth["pooled"]["ci_high"]) == (cell["ci_low"], cell["ci_high"])
    assert (back["pooled"]["ci_low"], back["pooled"]["ci_high"]) == (-cell["ci_high"], -cell["ci_low"])
    assert len(forth["studies"]) == forth["network"]["direct_studies"]
    assert [one["yi"] for one in forth["studies"]] == [-one["yi"] for one in back["studies"]]
    people = {one["name"]: one["people"] for one in result["treatments"]}
    assert forth["participants"]["total"] == people[cell["row"]] + people[cell["column"]]
    suggestions = suggest(whole(forth))
    assert suggestions["risk_of_bias"].change is None
    assert suggestions["imprecision"].change is not None
    assert suggestions["inconsistency"].change in (0, -1, -2)


def test_a_comparison_that_the_network_has_not(smokers):
    found = numbers_of(*smokers, "hypnosis", "nothing")
    assert found["pooled"] is None
    assert "does not compare “hypnosis” with “nothing”" in found["reason"]


def test_votes_count_each_person_once():
    rows = [row(1, "therapy", "control", **MEANS), row(1, "therapy", "control", 2, **MEANS)]
    rows += [row(2, "therapy", "control", **MEANS | {"mean1": 14.0})]
    given = snapshot(rows, kind="narrative", measure="SMD")
    found = numbers_of(given, narrative.compute(given, quietly), "therapy", "control")
    assert found["pooled"] is None
    assert "synthesis without meta-analysis" in found["reason"]
    assert found["participants"]["total"] == 120
    assert [one["direction"] for one in found["studies"]] == [1, -1]
    assert "1 of 2 favour therapy" in suggest(whole(found))["inconsistency"].sentence


def pairwise(*rows):
    plan = {"method": "iv", "test": "z", "prediction": "as test", "measure": "MD", "kind": "pairwise"}
    given = snapshot(list(rows), **plan)
    return numbers_of(given, {"kind": "pairwise"} | quick(given), "therapy", "control")


def test_means_and_sds_of_the_comparators_on_one_scale():
    found = pairwise(
        row(1, "a", "b", scale="BDI", **MEANS),
        row(2, "a", "b", scale="bdi ", **MEANS | {"n2": 10, "mean2": 16.0}),
    )
    assert found["comparator_mean"] == pytest.approx((30 * 12 + 10 * 16) / 40)
    assert found["comparator_sd"] == pytest.approx(5.0)
    assert found["participants"] == {"total": 100, "intervention": 60, "comparator": 40, "unknown": []}
    mixed = pairwise(row(1, "a", "b", scale="BDI", **MEANS), row(2, "a", "b", scale="HDRS", **MEANS))
    assert (mixed["comparator_mean"], mixed["comparator_sd"]) == (None, None)


def test_what_changed_is_told_study_by_study():
    old = whole(pairwise(row(1, "a", "b", **MEANS), row(2, "a", "b", **MEANS)))
    new = whole(pairwise(row(1, "a", "b", **MEANS | {"mean1": 8.0}), row(3, "a", "b", **MEANS)))
    new["studies"][0]["judged"] = "High risk"
    told = changes_between(old, new)
    assert told[0].startswith("The pooled result was −2.00 (−3.79 to −0.21; 2 studies) and is −3.00 (")
    assert "New: Study 3." in told
    assert "Not in it any more: Study 2." in told
    assert any(sentence.startswith("Study 1: its effect was −2.00") for sentence in told)
    assert "Study 1: its risk of bias was agreed as “” and is “High risk” now." in told
    assert changes_between(old, old) == []
    gone = changes_between(old, numbers_gone(old))
    assert gone[0].startswith("There is no pooled result any more; it was −2.00")


def numbers_gone(old):
    return old | {"pooled": None, "reason": "No run.", "studies": old["studies"]}


def test_pairs_apart_are_all_pairs_that_share_no_value():
    ends = [(math.sin(n), math.sin(n) + 0.1 * (n % 7)) for n in range(40)]
    slow = sum(
        one[1] < other[0] or other[1] < one[0] for k, one in enumerate(ends) for other in ends[k + 1 :]
    )
    assert apart(ends) == slow
