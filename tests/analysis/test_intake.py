"""Each kind of result gives its measures, and a sentence where it does not."""

from math import asin, atanh, log, sqrt

import pytest

from analysis.drawings.forest import forest_of
from analysis.engine import CannotAnalyse, compute, study_effects
from analysis.intake import MEASURES_OF, effects_of, misfit, one_effect, why_dropped
from analysis.wording import headline, participants
from extraction.values import FIELDS

NOTHING = dict.fromkeys(
    ("n1", "mean1", "sd1", "n2", "mean2", "sd2", "events1", "events2", "effect", "effect_se"), None
)
CHANGE = {
    **{"n1": 50, "mean1": 10.0, "sd1": 4.0, "baseline_mean1": 20.0, "baseline_sd1": 5.0, "r1": 0.5},
    **{"n2": 40, "mean2": 16.0, "sd2": 6.0, "baseline_mean2": 21.0, "baseline_sd2": 5.0, "r2": 0.25},
}
#: Of each kind, a result with effects and one where a cell is empty or an arm without events.
NUMBERS = {
    "means": [{"n1": 20, "mean1": 5.0, "sd1": 3.0, "n2": 21, "mean2": 9.0, "sd2": 4.0}],
    "events": [
        {"events1": a, "n1": 20, "events2": c, "n2": 21} for a, c in ((5, 9), (0, 9), (0, 0), (20, 21))
    ],
    "change": [CHANGE, CHANGE | {"n1": 1}],
    "rates": [
        {"events1": a, "time1": 50.0, "events2": c, "time2": 40.0} for a, c in ((5, 9), (0, 9), (0, 0))
    ],
    "oe": [{"o_minus_e": -4.0, "variance": 16.0}],
    "proportion": [{"events1": a, "n1": 40} for a in (10, 0, 40)],
    "correlation": [{"correlation": 0.5, "n1": 28}, {"correlation": 1.0, "n1": 28}],
    "diagnostic": [{"tp": 20, "fp": fp, "fn": 10, "tn": 40} for fp in (5, 0)],
}


def row(kind, number=1, **numbers):
    base = {"study_id": number, "study": f"Study {number}", "result_id": number, "kind": kind}
    return base | NOTHING | {"effect_measure": "", "comparator": "Usual care"} | numbers


def effect_of(measure, kind, **numbers):
    found = study_effects([row(kind, **numbers)], measure)
    return float(found.yi[0]), float(found.vi[0])


@pytest.mark.parametrize(
    ("measure", "kind", "numbers", "yi", "vi"),
    [
        ("IRR", "rates", {"events1": 10, "time1": 50.0, "events2": 20, "time2": 40.0}, log(0.4), 0.15),
        ("IRD", "rates", {"events1": 10, "time1": 50.0, "events2": 20, "time2": 40.0}, -0.3, 0.0165),
        ("HR", "oe", {"o_minus_e": -4.0, "variance": 16.0}, -0.25, 1 / 16),
        ("PETO", "oe", {"o_minus_e": -4.0, "variance": 16.0}, -0.25, 1 / 16),
        ("HR", "effect", {"effect": -0.25, "effect_se": 0.25, "effect_measure": "HR"}, -0.25, 1 / 16),
        ("PR", "proportion", {"events1": 10, "n1": 40}, 0.25, 0.25 * 0.75 / 40),
        ("PLO", "proportion", {"events1": 10, "n1": 40}, log(1 / 3), 1 / 10 + 1 / 30),
        ("PAS", "proportion", {"events1": 10, "n1": 40}, asin(0.5), 1 / 160),
        ("ZCOR", "correlation", {"correlation": 0.5, "n1": 28}, atanh(0.5), 1 / 25),
        (
            "DOR",
            "diagnostic",
            {"tp": 20, "fp": 5, "fn": 10, "tn": 40},
            log(16),
            1 / 20 + 1 / 5 + 1 / 10 + 1 / 40,
        ),
        ("MD", "change", CHANGE, -6.0, 16 / 50 + 36 / 40),
        # mean changes -10 and -5; variances of a change: 16 + 25 - 2 * 0.5 * 20 = 21 and 36 + 25 - 0.5 * 30 = 46
        ("MC", "change", CHANGE, -5.0, 21 / 50 + 46 / 40),
    ],
)
def test_the_effect_and_its_variance(measure, kind, numbers, yi, vi):
    assert effect_of(measure, kind, **numbers) == pytest.approx((yi, vi), rel=1e-9)


def test_changes_are_standardised_within_each_arm():
    smcc, smcr = effect_of("SMCC", "change", **CHANGE)[0], effect_of("SMCR", "change", **CHANGE)[0]
    assert smcc == pytest.approx(-10 / sqrt(21) + 5 / sqrt(46), rel=0.02)
    assert smcr == pytest.approx(-10 / 5 + 5 / 5, rel=0.02)


def test_means_that_are_changes_join_a_difference_in_mean_change():
    change = {"n1": 50, "mean1": -10.0, "sd1": 4.0, "n2": 40, "mean2": -5.0, "sd2": 6.0}
    assert effect_of("MC", "means", is_change=True, **change)[0] == -5
    with pytest.raises(CannotAnalyse, match="means and SDs do not give MC, which needs baseline"):
        effect_of("MC", "means", **change)


@pytest.mark.parametrize(
    ("measure", "kind", "numbers", "sentence"),
    [
        ("SMD", "quantiles", {"median1": 4.0}, "Convert them to means and SDs"),
        ("SMD", "rates", {}, r"events over person-time do not give SMD\. Choose one of IRR, IRD, IRSD"),
        ("PR", "events", {}, "events do not give PR"),
        ("MC", "change", CHANGE | {"r2": None}, "that of the comparator arm is not known"),
        ("PR", "effect", {"effect": 1.0, "effect_se": 1.0, "effect_measure": "OR"}, "PR is about one group"),
        ("HR", "effect", {"effect": 1.0, "effect_se": 1.0, "effect_measure": "OR"}, "reported as OR"),
    ],
)
def test_what_does_not_fit_is_named_with_a_way_out(measure, kind, numbers, sentence):
    with pytest.raises(CannotAnalyse, match=f"Study 1: .*{sentence}"):
        effect_of(measure, kind, **numbers)


def test_every_kind_gives_a_measure_or_says_why_not():
    for kind in FIELDS:
        assert kind in MEASURES_OF or misfit(row(kind, effect_measure="OR"), "SMD")


@pytest.mark.parametrize("measure", sorted({one for measures in MEASURES_OF.values() for one in measures}))
def test_rows_computed_together_are_the_same_as_one_by_one(measure):
    given = [
        row(kind, number, **numbers)
        for kind, measures in MEASURES_OF.items()
        if measure in measures
        for number, numbers in enumerate(NUMBERS[kind], 1)
    ]
    together = effects_of(given, measure)
    single = [one_effect(one, measure) for one in given]
    assert together.yi.tolist() == pytest.approx([one.yi[0] for one in single], rel=0, abs=0, nan_ok=True)
    assert together.vi.tolist() == pytest.approx([one.vi[0] for one in single], rel=0, abs=0, nan_ok=True)
    why = {lost.row: lost.reason for lost in together.dropped}
    assert [why.get(i, "") for i in range(len(given))] == [
        why_dropped(one, effect) for one, effect in zip(given, single, strict=True)
    ]


def test_a_row_that_does_not_give_the_measure_is_named_among_others():
    with pytest.raises(CannotAnalyse, match="Study 2: means and SDs do not give OR"):
        effects_of([row("events", 1, **NUMBERS["events"][0]), row("means", 2, **NUMBERS["means"][0])], "OR")


def run(measure, rows):
    plan = {
        "measure": measure,
        "tau2_method": "REML",
        "test": "z",
        "level": 95.0,
        "subgroup_by": "",
        "name": "All",
    }
    plan |= {"experimental_label": "therapy", "comparator_label": "control"}
    outcome = {"name": "Remission", "direction": "higher"}
    snapshot = {"plan": plan, "rows": rows, "outcome": outcome, "left_out": []}
    return snapshot, compute(snapshot, lambda *args: None)


@pytest.mark.parametrize("measure", ["PR", "PLO", "PAS", "PFT"])
def test_proportions_are_read_as_proportions_and_favour_nobody(measure):
    events = [(10, 40), (20, 60), (9, 50)]
    rows = [
        row("proportion", i, events1=x, n1=n, comparator="", subgroup="")
        for i, (x, n) in enumerate(events, 1)
    ]
    snapshot, result = run(measure, rows)
    told = headline(snapshot, result)
    assert "0.2" in told
    assert "150 participants." in told
    assert "favours" not in told
    assert participants(snapshot, result) == 150
    figure = forest_of(snapshot, result, {})
    texts = [item.text for item in figure.items if hasattr(item, "text")]
    assert any(text.startswith("0.2") for text in texts)
    assert not any("Favours" in text for text in texts)
