"""The linter: real data pass, typical errors are found, and each warning says what, why and what to check."""

from dataclasses import replace
from math import sqrt

import pytest

from extraction.checks import Facts, lint

# One clinician-rated scale per trial as coded in the Metapsy depression data base 24.0.2 (ODC-By 1.0,
# doi:10.5281/zenodo.7254845): study, scale, n, mean, SD of therapy, then of control.
TRIALS = [
    ("Cladder-Micus 2018", "IDS-SR", 44, 35.27, 12.66, 52, 40.52, 11.83),
    ("Garcia 2023", "BDI-II", 22, 19.95, 12.0, 23, 24.87, 14.2),
    ("Fonagy 2015", "HDRS-17", 51, 16.4, 6.2, 46, 17.9, 6.5),
    ("Nakagawa 2017", "GRID-HDRS-17", 40, 8.2, 4.7, 40, 13.2, 6.9),
    ("Röhricht 2013", "HAMD-21", 11, 20.9, 8.9, 12, 29.5, 9.1),
    ("Harley 2008", "HDRS-17", 10, 11.3, 5.31, 9, 17.11, 6.23),
    ("Lynch 2020", "HDRS-17", 121, 15.97, 8.8, 62, 19.74, 7.22),
]
NAMES = ("study", "scale", "n1", "mean1", "sd1", "n2", "mean2", "sd2")
REAL = [Facts(key=key, kind="means", **dict(zip(NAMES, row, strict=True))) for key, row in enumerate(TRIALS)]
HESHMATI = Facts(key=90, kind="means", study="Heshmati 2023", scale="WAI-D", n1=36, mean1=21.81, sd1=5.18,
                 n2=39, mean2=29.33, sd2=3.72)  # fmt: skip


def codes(facts, peers=REAL):
    return [warning.code for warning in lint(facts, peers)]


@pytest.mark.parametrize("facts", REAL, ids=lambda facts: facts.study)
def test_real_trials_raise_no_alarm(facts):
    assert codes(facts) == []


@pytest.mark.parametrize("facts", [facts for facts in REAL if facts.n1 >= 10], ids=lambda facts: facts.study)
def test_an_se_typed_as_sd_in_one_arm_is_found(facts):
    wrong = replace(facts, sd1=round(facts.sd1 / sqrt(facts.n1), 2))
    assert "sd_like_se" in codes(wrong)
    assert lint(wrong)[0].field == "sd1"


@pytest.mark.parametrize(
    "facts",
    [REAL[0], REAL[3], REAL[6]],  # in the others the wrong effect stays within the scatter of the trials
    ids=lambda facts: facts.study,
)
def test_ses_typed_in_both_arms_are_found_by_the_effect_they_make(facts):
    wrong = replace(facts, sd1=round(facts.sd1 / sqrt(facts.n1), 2), sd2=round(facts.sd2 / sqrt(facts.n2), 2))
    assert set(codes(wrong)) & {"sd_like_se", "effect_far"}


def test_a_huge_effect_alone_is_enough_to_ask_about_its_sds():
    nakagawa = replace(REAL[3], sd1=round(4.7 / sqrt(40), 2), sd2=round(6.9 / sqrt(40), 2))
    (warning,) = lint(nakagawa)
    assert warning.code == "sd_like_se"
    assert "make a standardised difference of -5" in warning.seen


def test_ses_in_both_arms_of_a_small_effect_are_found_by_other_studies_on_the_scale():
    fonagy = REAL[2]
    wrong = replace(fonagy, sd1=round(6.2 / sqrt(51), 2), sd2=round(6.5 / sqrt(46), 2))
    assert codes(wrong) == ["sd_like_se", "sd_like_se"]
    assert codes(wrong, []) == ["sd_like_se", "sd_like_se"]  # the scale's range tells it alone
    assert codes(replace(wrong, scale="A scale of our own"), []) == []


def test_a_genuine_outlier_is_pointed_out_once():
    assert codes(HESHMATI) == ["effect_far"]
    (warning,) = lint(HESHMATI, REAL)
    assert "-1.6" in warning.seen
    assert "direction of the scale" in warning.check


def test_an_outlier_among_few_studies_is_not_called_one():
    assert codes(HESHMATI, REAL[:3]) == []


def test_the_studys_own_results_are_not_its_peers():
    other_scale = replace(HESHMATI, key=91)
    assert codes(HESHMATI, [*REAL[:3], other_scale, other_scale]) == []


def test_an_effect_with_its_se_is_compared_too():
    far = Facts(key=1, study="X", kind="effect", effect=2.5, effect_se=0.2, effect_measure="SMD")
    assert codes(far) == ["effect_far"]
    assert codes(replace(far, effect=-0.4)) == []
    assert codes(replace(far, effect_measure="OR")) == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"events1": 41, "n1": 40}, "events_above_n", "events1"),
        ({"events2": 5, "n2": 4}, "events_above_n", "events2"),
        ({"n1": 41, "randomised1": 40}, "n_above_randomised", "n1"),
        ({"n2": 41, "randomised2": 40}, "n_above_randomised", "n2"),
    ],
)
def test_impossible_counts(change, code, field):
    (warning,) = lint(Facts(key=1, study="X", kind="events", **change))
    assert (warning.code, warning.field) == (code, field)
    assert warning.seen
    assert warning.why
    assert warning.check


def test_fewer_analysed_than_randomised_is_usual():
    assert codes(Facts(key=1, study="X", kind="events", events1=3, n1=38, randomised1=40)) == []
