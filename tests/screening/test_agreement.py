"""Coefficients of agreement against pinned numbers.

The pinned values were computed in double precision from the published formulae by a program independent of this
one (kappa and its standard error: Cohen 1960, Fleiss, Cohen & Everitt 1969; PABAK: Byrt et al. 1993; AC1: Gwet 2008
with n - 1; intervals of proportions: Wilson 1927). The first table is the worked example of Fleiss, Levin & Paik
(Statistical Methods for Rates and Proportions, table 18.1), which prints kappa .68 and its standard error .087. Both
sides compute the same closed formulae, so a tolerance of 1e-9 only leaves room for the order of additions.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.agreement import agreement, cohen_kappa, many_raters
from screening.pair_tables import APART, WITH_INCLUDE, side

TOLERANCE = 1e-9
# table: raw (value, low, high), kappa (value, se, low, high), pabak (value, low, high), ac1 (value, se, low, high)
PINNED = {
    "worked example": (
        [[75, 1, 4], [5, 4, 1], [0, 0, 10]],
        (0.89, 0.8136870349691969, 0.9374580364293543),
        (0.676470588235294, 0.08770295347521254, 0.5045759580860855, 0.8483652183845026),
        (0.835, 0.7205305524537953, 0.9061870546440316),
        (0.8675696012039129, 0.03942786827366565, 0.7893361566103893, 0.9458030457974366),
    ),
    "screening, typical": (
        [[38, 12], [9, 441]],
        (0.958, 0.9366484142456699, 0.9723676898915483),
        (0.7602739726027395, 0.05018475835618817, 0.6619136536517652, 0.8586342915537138),
        (0.916, 0.8732968284913398, 0.9447353797830966),
        (0.9490796757587734, 0.011324171309759185, 0.92683074355791, 0.9713286079596368),
    ),
    "screening, inclusion rare": (
        [[3, 4], [6, 987]],
        (0.99, 0.9816905311296853, 0.9945592455544707),
        (0.37003905757842737, 0.15500152842403042, 0.06624164431866625, 0.6738364708381885),
        (0.98, 0.9633810622593706, 0.9891184911089415),
        (0.9898387201664824, 0.00323075288378956, 0.9834988798319457, 0.9961785605010192),
    ),
    "perfect": (
        [[20, 0], [0, 30]],
        (1.0, 0.9286524008666412, 1.0),
        (1.0, 0.0, 1.0, 1.0),
        (1.0, 0.8573048017332827, 1.0),
        (1.0, 0.0, 1.0, 1.0),
    ),
    "one never includes": (
        [[0, 5], [0, 95]],
        (0.95, 0.8882495307680819, 0.978456320845632),
        (0.0, 0.0, 0.0, 0.0),
        (0.9, 0.7764990615361616, 0.9569126416912639),
        (0.9474375821287778, 0.02417667989004228, 0.8994658040578775, 0.9954093601996782),
    ),
}


def numbers(estimate, *names):
    return tuple(getattr(estimate, name) for name in names)


@pytest.mark.parametrize("name", PINNED)
def test_pinned_numbers(name):
    table, raw, kappa, pabak, ac1 = PINNED[name]
    found = agreement(table)
    assert numbers(found.raw, "value", "low", "high") == pytest.approx(raw, abs=TOLERANCE)
    assert numbers(found.kappa, "value", "se", "low", "high") == pytest.approx(kappa, abs=TOLERANCE)
    assert numbers(found.pabak, "value", "low", "high") == pytest.approx(pabak, abs=TOLERANCE)
    assert numbers(found.ac1, "value", "se", "low", "high") == pytest.approx(ac1, abs=TOLERANCE)


REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "conversions.json"


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference folder is not beside this project")
def test_every_table_of_the_reference_file():
    entries = json.loads(REFERENCE.read_text())["entries"] if REFERENCE.exists() else []
    checked = 0
    for entry in entries:
        given_, want = entry["inputs"], entry["expected"]
        if entry["group"] != "agreement" or "table" not in given_ or "weights" in given_:
            continue
        found = agreement(given_["table"])
        pairs = {
            "percent": (
                found.raw.value and found.raw.value * 100,
                found.raw.low,
                found.raw.high,
                "wilson_ci",
            ),
            "kappa": (found.kappa.value, found.kappa.low, found.kappa.high, "ci"),
            "pabak": (found.pabak.value, found.pabak.low, found.pabak.high, "ci_wilson"),
            "ac1": (found.ac1.value, found.ac1.low, found.ac1.high, "ci_n_minus_1_t"),
        }
        for key, (value, low, high, interval) in pairs.items():
            if key in want:
                assert (value, low, high) == pytest.approx((want[key], *want[interval]), abs=TOLERANCE), entry
                checked += 1
    assert checked > 20


def test_kappa_is_not_defined_when_both_used_one_category():
    found = agreement([[0, 0], [0, 40]])
    assert found.kappa.value is None
    assert found.raw.value == 1
    assert found.ac1.value == 1


def test_no_records_no_coefficients():
    found = agreement([[0, 0], [0, 0]])
    assert (found.n, found.agreed, found.disagreed) == (0, 0, 0)
    assert [found.raw.value, found.kappa.value, found.pabak.value, found.ac1.value] == [None] * 4


def test_one_record_has_an_ac1_without_an_interval():
    assert agreement([[0, 0], [0, 1]]).ac1.low is None


@pytest.mark.parametrize(
    ("table", "says"), [([[1]], "square"), ([[1, 2], [3]], "square"), ([[1, -1], [0, 2]], "below zero")]
)
def test_nonsense_is_refused(table, says):
    with pytest.raises(ValueError, match=says):
        agreement(table)


counts = st.integers(0, 500)
two_by_two = st.tuples(st.tuples(counts, counts), st.tuples(counts, counts))


@given(two_by_two)
def test_swapping_the_reviewers_or_the_categories_changes_nothing(table):
    (a, b), (c, d) = table
    swapped = [[(a, c), (b, d)], [(d, c), (b, a)]]
    for other in swapped:
        for name in ("raw", "kappa", "pabak", "ac1"):
            one, two = getattr(agreement(table), name), getattr(agreement(other), name)
            assert numbers(one, "value", "low", "high") == pytest.approx(
                numbers(two, "value", "low", "high"), abs=1e-9
            )


@given(two_by_two)
def test_coefficients_stay_in_their_range(table):
    found = agreement(table)
    if found.n:
        assert 0 <= found.raw.low <= found.raw.value <= found.raw.high <= 1
        assert -1 <= found.pabak.low <= found.pabak.value <= found.pabak.high <= 1
        assert -1 <= found.ac1.value <= 1
    kappa = cohen_kappa(table)
    assert kappa.value is None or -1 <= kappa.value <= 1


# --- many raters ------------------------------------------------------------------------------------------------

#: Fleiss 1971 (Psychol Bull 76:378, table 1): 30 patients, 6 psychiatrists, 5 diagnoses. The paper prints .430.
FLEISS_1971 = [
    row
    for line in (
        "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006",
        "10050 11040 03300 10050 02031 00501 30012 51000 02040 10203",
        "00006 01050 02013 20040 10041 05010 40002 02040 10500 00006",
    )
    for row in line.split()
]


def test_fleiss_kappa_of_its_first_table():
    """Value and standard error (Fleiss, Nee & Landis 1979) from the closed formulae, by an independent program."""
    found = many_raters(Counter(tuple(map(int, row)) for row in FLEISS_1971))
    assert (found.records, found.votes, found.raters) == (30, 180, 6)
    assert found.raw.value == pytest.approx(0.5555555555555556, abs=TOLERANCE)
    assert found.fleiss.value == pytest.approx(0.43024452006014086, abs=TOLERANCE)
    assert found.fleiss_se0 == pytest.approx(0.024373932099411154, abs=TOLERANCE)


@pytest.mark.parametrize("name", [name for name in PINNED if len(PINNED[name][0]) == 2])
def test_two_raters_are_the_smallest_case_of_many(name):
    """AC1 of many raters and of a table are two formulae (by record, by cell) for the same number and variance."""
    (a, b), (c, d) = PINNED[name][0]
    many, table = many_raters({(2, 0): a, (1, 1): b + c, (0, 2): d}), agreement(PINNED[name][0])
    assert many.raw.value == pytest.approx(table.raw.value, abs=TOLERANCE)
    wanted = numbers(table.ac1, "value", "se", "low", "high")
    assert numbers(many.ac1, "value", "se", "low", "high") == pytest.approx(wanted, abs=TOLERANCE)


def test_missing_raters_by_hand():
    """Three records: three includes, one of each, one exclude alone.

    pa is the mean of 1 and 0 (the single vote has no pair) = 0.5; the shares of include are 1, 0.5 and 0, so pi is
    0.5 and pe = 2 * 0.5 * 0.5 / 1 = 0.5: AC1 is 0. The number of votes varies, so there is no Fleiss.
    """
    found = many_raters({(3, 0): 1, (1, 1): 1, (0, 1): 1})
    assert (found.records, found.votes, found.raters) == (2, 5, None)
    assert (found.raw.value, found.ac1.value) == (0.5, 0)
    assert found.fleiss.value is None
    assert found.fleiss_se0 is None


def test_many_raters_without_a_pair_or_with_one_answer_only():
    assert many_raters({}).records == many_raters({(1, 0): 4}).records == 0
    same = many_raters({(0, 3): 5})
    assert (same.fleiss.value, same.fleiss_se0, same.ac1.value) == (None, None, 1)
    assert many_raters({(1, 2): 1}).ac1.low is None


@pytest.mark.parametrize(
    ("patterns", "says"),
    [({(1, -1): 2}, "below zero"), ({(1,): 2}, "two categories"), ({(1, 1): -1}, "below")],
)
def test_nonsense_patterns_are_refused(patterns, says):
    with pytest.raises(ValueError, match=says):
        many_raters(patterns)


@pytest.mark.parametrize("vote", ["maybe", "awaiting", "ongoing"])
def test_what_is_neither_included_nor_excluded_counts_like_a_maybe(vote):
    """Awaiting and ongoing go on to be kept: with include in a table of two, in the middle of one of three."""
    assert side(vote, WITH_INCLUDE) == side("include", WITH_INCLUDE) == 0
    assert side(vote, APART) == 1
    assert (side("include", APART), side("exclude", APART), side("exclude", WITH_INCLUDE)) == (0, 2, 1)
