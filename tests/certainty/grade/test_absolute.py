"""Absolute effects against numbers that were published or reckoned by hand."""

import math

import pytest

from analysis import stats
from certainty.grade.absolute import (
    CannotTell,
    Interval,
    absolute_effect,
    mean_effect,
    relative_risk,
)


def close(found: Interval, *values: float) -> bool:
    return [found.estimate, found.low, found.high] == [pytest.approx(one, abs=5e-4) for one in values]


@pytest.mark.parametrize(
    ("measure", "effect", "per_1000", "difference"),
    [
        # GRADE handbook's example: RR 0.83 (0.78 to 0.89) at 400 of 1,000: 68 fewer (88 to 44 fewer).
        ("RR", (0.83, 0.78, 0.89), 400, (-68, -88, -44)),
        # Cochrane Handbook 15.4.4.2: ACR 240, RR 0.92: 19 fewer.
        ("RR", (0.92, 0.85, 1.0), 240, (-19.2, -36, 0)),
        # By hand: odds 1/3 x 0.64 = 0.21333, so 175.824 of 1,000.
        ("OR", (0.64, 0.47, 0.89), 250, (-74.1758, -114.5533, -21.2082)),
        ("PETO", (0.64, 0.47, 0.89), 250, (-74.1758, -114.5533, -21.2082)),
        # By hand: 1 - 0.5 ** 0.5 = 0.292893; 1 - 0.5 ** 2 = 0.75.
        ("HR", (0.5, 0.5, 2.0), 500, (-207.1068, -207.1068, 250)),
        ("RD", (-0.05, -0.08, -0.02), 120, (-50, -80, -20)),
    ],
)
def test_risks_per_1000(measure, effect, per_1000, difference):
    found = absolute_effect(measure, Interval(*effect), {"per_1000": per_1000})
    assert close(found.difference, *difference)
    assert found.intervention
    assert found.intervention.estimate == pytest.approx(per_1000 + difference[0], abs=5e-4)
    assert (found.per, found.comparator, found.capped) == ("people", per_1000, False)


def test_an_arcsine_difference_is_that_of_the_two_risks():
    yi = math.asin(math.sqrt(0.10)) - math.asin(math.sqrt(0.25))
    found = absolute_effect("AS", Interval(yi), {"per_1000": 250})
    assert found.intervention
    assert found.intervention.estimate == pytest.approx(100)


def test_odds_ratios_agree_with_the_statistics_of_the_analyses():
    found = absolute_effect("OR", Interval(2.5), {"per_1000": 310})
    assert found.difference.estimate / 1000 == pytest.approx(
        stats.translations.risk_difference(math.log(2.5), 0.31)
    )


@pytest.mark.parametrize(
    ("measure", "value", "difference"),
    [("IRR", 0.75, -10), ("IRD", -0.004, -4), ("IRSD", math.sqrt(0.0225) - math.sqrt(0.04), -17.5)],
)
def test_rates_per_1000_person_years(measure, value, difference):
    found = absolute_effect(measure, Interval(value), {"per_1000": 40})
    assert found.difference.estimate == pytest.approx(difference)
    assert found.per == "person-years"


def test_a_rate_may_be_above_one_a_year():
    assert absolute_effect("IRR", Interval(1.5), {"per_1000": 2400}).difference.estimate == pytest.approx(
        1200
    )


def test_means_are_told_in_units_where_the_scale_is_known():
    smd = Interval(-0.5, -0.8, -0.2)
    assert close(absolute_effect("SMD", smd, {"mean": 20, "sd": 8}).difference, -4, -6.4, -1.6)
    assert close(mean_effect("SMD", smd, 20, 8).intervention or Interval(0), 16, 13.6, 18.4)
    assert absolute_effect("SMD", smd, {}).per == "sd"
    assert absolute_effect("MD", smd).difference == smd
    assert close(absolute_effect("ROM", Interval(0.9, 0.8, 1.0), {"mean": 50}).difference, -5, -10, 0)


def test_limits_change_places_with_the_sign():
    """A scale whose typical mean is negative turns a ratio round."""
    assert close(mean_effect("ROM", Interval(0.5, 0.4, 0.8), mean=-10).difference, 5, 2, 6)


def test_what_goes_beyond_all_people_is_drawn_back_and_said():
    found = absolute_effect("RR", Interval(1.5, 0.9, 3.0), {"per_1000": 500})
    assert found.intervention == Interval(750, 450, 1000)
    assert found.capped
    assert absolute_effect("RD", Interval(-0.1, -0.3, 0.1), {"per_1000": 200}).difference.low == -200


@pytest.mark.parametrize("measure", ["OR", "RR", "HR"])
@pytest.mark.parametrize("per_1000", [1, 100, 999])
def test_no_effect_changes_nothing(measure, per_1000):
    found = absolute_effect(measure, Interval(1.0, 1.0, 1.0), {"per_1000": per_1000})
    assert found.difference.estimate == pytest.approx(0)
    assert relative_risk(found) == pytest.approx(1)


@pytest.mark.parametrize(
    ("measure", "effect", "baseline", "words"),
    [
        ("OR", Interval(0.5), {}, "assumed risk"),
        ("OR", Interval(0.5), {"per_1000": 1000}, "between 0 and 1,000"),
        ("OR", Interval(-0.5), {"per_1000": 100}, "not possible"),
        ("RR", Interval(math.nan), {"per_1000": 100}, "not possible"),
        ("IRR", Interval(0.5), {"per_1000": 0}, "above 0"),
        ("SMD", Interval(0.5), {"sd": 0}, "above 0"),
        ("ROM", Interval(0.5), {}, "typical mean"),
        ("PLO", Interval(0.5), {"per_1000": 100}, "no absolute effect"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(measure, effect, baseline, words):
    with pytest.raises(CannotTell, match=words):
        absolute_effect(measure, effect, baseline)
