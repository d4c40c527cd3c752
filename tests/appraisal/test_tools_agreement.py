"""Weighted kappa, of a table and per domain.

The pinned values come from a program independent of this one (Cohen 1968; Fleiss, Cohen & Everitt 1969), computed in
double precision: 1e-9 leaves room for the order of additions only.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appraisal.instruments import BUILT_IN, TOOLS
from appraisal.ordinal import kappa_by_domain, overall_scale, scale_of
from screening.agreement import cohen_kappa, weighted_kappa

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "conversions.json"
FLEISS = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
FOUR = [[12, 5, 1, 0], [3, 20, 6, 1], [0, 4, 18, 7], [0, 1, 3, 19]]
PINNED = [
    (FLEISS, "linear", 0.7222222222222223, 0.08430095392318858, 0.5569953886704021, 0.8874490557740425),
    (FLEISS, "quadratic", 0.7553191489361695, 0.08670713249380751, 0.5853762920455641, 0.9252620058267749),
    (FOUR, "linear", 0.7042963993738041, 0.049118685765686565, 0.6080255443051181, 0.80056725444249),
    (FOUR, "quadratic", 0.8127516150173201, 0.0398196024453124, 0.7347066283458047, 0.8907966016888355),
]


@pytest.mark.parametrize(("table", "weights", "value", "se", "low", "high"), PINNED)
def test_weighted_kappa_is_the_reference_value(table, weights, value, se, low, high):
    found = weighted_kappa(table, weights)
    assert (found.value, found.se, found.low, found.high) == pytest.approx((value, se, low, high), rel=1e-9)


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference values (../shared) are not here")
def test_weighted_kappa_is_every_shared_reference_value():
    entries = [
        entry
        for entry in json.loads(REFERENCE.read_text())["entries"]
        if entry["id"].startswith(("agreement.kappa_linear_", "agreement.kappa_quadratic_"))
    ]
    assert len(entries) >= 6
    for entry in entries:
        found = weighted_kappa(**entry["inputs"])
        expected, tolerance = entry["expected"], entry["rel_tol"]
        assert found.value == pytest.approx(expected["kappa"], rel=tolerance), entry["id"]
        assert found.se == pytest.approx(expected["se"], rel=tolerance), entry["id"]
        assert [found.low, found.high] == pytest.approx(expected["ci"], rel=tolerance), entry["id"]


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_with_two_categories_it_is_cohens_kappa(weights):
    table = [[38, 12], [9, 441]]
    one, other = weighted_kappa(table, weights), cohen_kappa(table)
    assert (one.value, one.se) == pytest.approx((other.value, other.se), rel=1e-12)


def test_it_is_not_defined_without_data_or_variation():
    assert weighted_kappa([[0, 0], [0, 0]]).value is None
    assert weighted_kappa([[9, 0, 0], [0, 0, 0], [0, 0, 0]]).value is None
    assert weighted_kappa([[4, 0], [0, 5]]).value == 1


@pytest.mark.parametrize(
    ("table", "weights", "message"),
    [
        ([[1, 2], [3, 4]], "cubic", "'linear' or 'quadratic', not 'cubic'"),
        ([[1, 2, 3], [3, 4, 5]], "linear", "square"),
        ([[1]], "linear", "two categories"),
        ([[1, -2], [3, 4]], "linear", "below zero"),
    ],
)
def test_nonsense_is_refused(table, weights, message):
    with pytest.raises(ValueError, match=message):
        weighted_kappa(table, weights)


def pairs_of(table, scale):
    return [
        ({"D1": scale[i]}, {"D1": scale[j]})
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        for _ in range(count)
    ]


def test_kappa_per_domain_follows_the_order_of_the_levels():
    tool = TOOLS["rob2"]
    pairs = pairs_of(FLEISS, ("low", "some_concerns", "high"))
    first, second, *_ = kappa_by_domain(tool, pairs)
    assert (first.domain.key, first.n, first.left_out) == ("D1", 100, 0)
    assert first.kappa.value == pytest.approx(0.7222222222222223, rel=1e-9)
    assert (second.kappa.value, second.n, second.left_out) == (None, 0, 100)
    assert kappa_by_domain(tool, pairs, "quadratic")[0].kappa.value == pytest.approx(
        0.7553191489361695, rel=1e-9
    )


def test_no_information_has_no_place_on_the_scale():
    tool = TOOLS["robins_i"]
    assert scale_of(tool, tool.domain("D1")) == ("low", "moderate", "serious", "critical")
    pairs = (
        pairs_of(FOUR, scale_of(tool, tool.domain("D1"))) + [({"D1": "no_information"}, {"D1": "low"})] * 3
    )
    found = kappa_by_domain(tool, pairs)[0]
    assert (found.n, found.left_out) == (100, 3)
    assert found.kappa.value == pytest.approx(0.7042963993738041, rel=1e-9)


def test_colours_order_the_levels_of_a_tool_that_does_not_itself():
    quadas, cohort = TOOLS["quadas2"], TOOLS["nos_cohort"]
    assert scale_of(quadas, quadas.domain("D1")) == ("low", "unclear", "high")
    assert scale_of(cohort, cohort.domain("comparability")) == ("0", "1", "2")
    assert overall_scale(TOOLS["jbi_cohort"]) == ("include", "seek_info", "exclude")
    draft = BUILT_IN["robins_i_v2"]
    assert "not_assessed" not in scale_of(draft, draft.domains[0])
    assert overall_scale(TOOLS["rob2"]) == ("low", "some_concerns", "high")


def test_a_tool_without_an_order_has_none():
    alike = tuple(replace(level, colour="low") for level in TOOLS["quadas2"].levels)
    tool = replace(TOOLS["quadas2"], levels=alike, severity=())
    assert kappa_by_domain(tool, [({"D1": "low"}, {"D1": "high"})]) == []
