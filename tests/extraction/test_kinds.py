"""Results of every kind, what they were converted from, and studies with several arms."""

import pytest

from extraction import services
from extraction.history import changed_fields
from extraction.models import Extraction, Result, VocabularyTerm
from extraction.values import FIELDS, check_values, kind_of, typed_numbers
from tests.extraction.conftest import MEANS
from tests.extraction.dual import make_extraction

SAMPLES = {
    "means": MEANS,
    "events": {"events1": 12, "n1": 40, "events2": 4, "n2": 41},
    "effect": {"effect_measure": "HR", "estimate": "0.62", "ci_low": "0.41", "ci_high": "0.94"},
    "change": {
        **MEANS,
        **{"baseline_mean1": 20, "baseline_sd1": 4, "baseline_mean2": 21, "baseline_sd2": 4, "r1": 0.5},
    },
    "quantiles": {
        **{"n1": 40, "median1": 8, "q1_1": 5, "q3_1": 12},
        **{"n2": 41, "median2": 13, "q1_2": 9, "q3_2": 17, "low2": 0, "high2": 30},
    },
    "rates": {"events1": 50, "time1": 40.5, "events2": 60, "time2": 39, "n1": 40},
    "oe": {"o_minus_e": -4.2, "variance": 9.1, "p_value": "0.16"},
    "proportion": {"events1": 12, "n1": 40},
    "correlation": {"correlation": -0.4, "n1": 88},
    "diagnostic": {"tp": 20, "fp": 5, "fn": 10, "tn": 40},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_is_told_by_its_numbers_and_recorded(db, ben, record, kind):
    assert kind_of(SAMPLES[kind]) == kind
    alone = {"comparator": None} if kind in Result.SINGLE_GROUP else {}
    result = record(ben, kind, values={name: str(value) for name, value in SAMPLES[kind].items()}, **alone)
    result.refresh_from_db()
    stored = {
        name: value for name, value in result.values.items() if value is not False and value not in (None, "")
    }
    for name, value in SAMPLES[kind].items():
        assert stored[name] == (value if name == "effect_measure" else pytest.approx(float(value)))
        assert name == "effect_measure" or result.typed[name] == str(value)


@pytest.mark.parametrize(
    ("kind", "change", "field", "sentence"),
    [
        ("quantiles", {"q3_1": 4}, "q3_1", "below 8 as the median"),
        ("correlation", {"correlation": 1.2}, "correlation", "at most 1"),
        ("proportion", {"events1": 41}, "events1", "more than its n of 40"),
        ("rates", {"time2": 0}, "time2", "must be above 0"),
        ("diagnostic", {"tp": 0, "fp": 0, "fn": 0, "tn": 0}, "tp", "nobody was tested"),
        ("means", {"ci_low": 3, "ci_high": 1}, "ci_high", "below the lower limit"),
        ("means", {"p_below": True}, "p_value", "give that number"),
        ("events", {"estimate": 2}, "effect_measure", "say what the printed estimate is"),
        ("effect", {"effect": -0.4, "effect_se": 0.2, "estimate": -0.4}, "estimate", "a ratio is above 0"),
        ("oe", {"variance": 0}, "variance", "above 0"),
    ],
)
def test_numbers_that_contradict_each_other_are_named(kind, change, field, sentence):
    _, faults = check_values(kind, SAMPLES[kind] | change)
    assert sentence in faults[field]


def test_numbers_are_read_as_reports_print_them():
    given = {"n1": "1 240", "mean1": "−1·50", "sd1": "4.7", "n2": "41", "mean2": "–2", "sd2": "3"}
    clean, faults = check_values("means", given | {"p_value": "< 0.001"})
    assert faults == {}
    assert (clean["n1"], clean["mean1"], clean["mean2"]) == (1240, -1.5, -2)
    assert (clean["p_value"], clean["p_below"]) == (0.001, True)
    assert typed_numbers({"mean1": "−1·50", "p_value": "<0.001", "n1": 3}) == {
        "mean1": "-1.50",
        "p_value": "0.001",
    }


def test_a_printed_ratio_becomes_its_logarithm_and_keeps_the_way(ben, record):
    result = record(ben, "effect", values=SAMPLES["effect"], basis="")
    assert result.effect == pytest.approx(-0.478036, abs=1e-6)
    assert result.effect_se == pytest.approx(0.211668, abs=1e-6)
    assert result.derived
    assert [one["key"] for one in result.conversions] == ["ratio.se_from_ci"]
    assert result.as_reported["estimate"] == "0.62"
    again = services.correct_result(
        result=result, by=ben, changes={"ci_high": "0.90"}, why="misread", seen_version=1
    )
    assert again.effect_se < result.effect_se
    assert again.conversions[0]["inputs"]["ci_high"] == 0.9


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"effect_measure": "MD", "estimate": -3, "ci_low": -5, "ci_high": -1}, "ratio.se_from_ci_diff"),
        ({"effect_measure": "MD", "estimate": -3, "p_value": "0.01"}, "ratio.se_from_p_diff"),
        ({"effect_measure": "OR", "estimate": 2, "p_value": 0.04}, "ratio.se_from_p"),
    ],
)
def test_differences_and_exact_p_values_give_a_standard_error_too(ben, record, values, key):
    result = record(ben, "effect", values=values, basis="")
    assert [one["key"] for one in result.conversions] == [key]


def test_an_estimate_without_interval_is_refused_with_a_way_out(ben, record):
    with pytest.raises(services.InvalidResult, match="both limits of its confidence interval, or an exact p"):
        record(ben, "effect", values={"effect_measure": "OR", "estimate": 2, "p_value": "<0.05"}, basis="")


def test_a_group_alone_has_no_comparator_and_a_comparison_needs_one(study, ben, record):
    with pytest.raises(services.NotOfThisStudy, match="about one group"):
        record(ben, "proportion", values=SAMPLES["proportion"])
    with pytest.raises(services.NotOfThisStudy, match="comparator is missing"):
        record(ben, comparator=None)


SE = {"key": "sd.from_se", "inputs": {"se": 0.75, "n": 40}, "gave": ["sd1"]}


def test_a_conversion_is_done_again_and_must_give_the_number(ben, record):
    values = MEANS | {"sd1": 4.743416}
    result = record(ben, values=values, conversions=[SE], as_reported={"se1": "0.75"})
    (kept,) = result.conversions
    assert kept["filled"] == "sd = 0.75 * sqrt(40). Result: sd = 4.74342"
    assert kept["source"]
    assert result.derived
    for wrong, sentence in (
        ([SE | {"inputs": {"se": 0.9, "n": 40}}], "gives 5.69"),
        ([SE | {"key": "sd.from_hope"}], "no conversion"),
        ([SE | {"gave": ["tp"]}], "does not give tp"),
        (["nonsense"], "needs its key"),
    ):
        with pytest.raises(services.InvalidResult, match=sentence):
            record(ben, values=values, conversions=wrong, scale="other")


def test_a_number_corrected_by_hand_drops_its_conversion(ben, record):
    result = record(ben, values=MEANS | {"sd1": 4.743416}, conversions=[SE])
    other = services.correct_result(
        result=result, by=ben, changes={"mean1": 8.3}, why="misread", seen_version=1
    )
    assert [one["key"] for one in other.conversions] == ["sd.from_se"]
    typed = services.correct_result(
        result=other,
        by=ben,
        changes={"sd1": "4.70", "derived": False},
        why="printed in a table",
        seen_version=2,
    )
    assert typed.conversions == []
    assert not typed.derived


def test_a_zero_typed_anew_is_a_correction(ben, record):
    result = record(ben, values=MEANS | {"mean1": "8.2"})
    again = services.correct_result(
        result=result, by=ben, changes={"mean1": "8.20"}, why="digits", seen_version=1
    )
    assert [(change.old_text, change.new_text) for change in changed_fields(result, again)] == [
        ("8.2", "8.20")
    ]


def test_a_p_corrected_to_an_exact_one_is_not_below_it(ben, record):
    result = record(ben, values=MEANS | {"p_value": "<0.05"})
    again = services.correct_result(
        result=result, by=ben, changes={"p_value": "0.03"}, why="exact", seen_version=1
    )
    assert (again.p_value, again.p_below) == (0.03, False)


def test_circumstances_tell_results_apart_and_are_checked(ben, record):
    first = record(ben, population="itt", weeks="16")
    assert (first.population, first.weeks) == ("itt", 16)
    record(ben, population="per_protocol", weeks=16)
    with pytest.raises(services.AlreadyRecorded):
        record(ben, population="itt", weeks=16)
    for wrong, field in (
        ({"population": "everyone"}, "population"),
        ({"population": "subgroup"}, "subgroup"),
        ({"weeks": "soon"}, "weeks"),
        ({"weeks": -1}, "weeks"),
        ({"scale": "x" * 121}, "scale"),
    ):
        with pytest.raises(services.InvalidResult) as refusal:
            record(ben, **wrong)
        assert list(refusal.value.faults) == [field]


def test_medians_get_means_beside_them(ben, record):
    medians = record(ben, "quantiles", values=SAMPLES["quantiles"])
    means = services.convert_result(result=medians, method="luo", by=ben)
    assert [one["key"] for one in means.conversions] == ["quantile.luo_s3", "quantile.luo_s2"]
    assert means.mean1 == pytest.approx(8.355, abs=0.01)
    assert (means.is_preferred, means.derived) == (True, True)
    assert means.as_reported["median1"] == "8"
    medians.refresh_from_db()
    assert not medians.is_preferred
    bare = record(ben, "quantiles", values={"n1": 4, "median1": 1, "n2": 4, "median2": 1}, scale="BDI")
    with pytest.raises(services.NotPossible, match="neither both quartiles nor minimum and maximum"):
        services.convert_result(result=bare, method="wan", by=ben)
    with pytest.raises(services.NotPossible, match="Only a result with medians"):
        services.convert_result(result=means, method="luo", by=ben)


@pytest.fixture
def two(study, ben, record):
    """CBT and tai chi, each against the same forty people."""
    other = services.add_arm(study=study, label="Tai chi", role="experimental", by=ben, n_randomised=38)
    tai_chi = {"n1": 20, "mean1": 10.2, "sd1": 5.7, "n2": 40, "mean2": 13.2, "sd2": 6.9}
    return [record(ben), record(ben, experimental=other, values=tai_chi)]


def test_two_arms_become_one(ben, two):
    combined = services.combine_results(results=two, by=ben, label="Any exercise")
    assert (combined.n1, combined.n2) == (60, 40)
    assert combined.mean1 == pytest.approx((40 * 8.2 + 20 * 10.2) / 60)
    assert combined.experimental.label == "Any exercise"
    assert combined.is_preferred
    assert combined.conversions[0]["key"] == "combine.several"
    assert Result.objects.current().count() == 3


def test_a_shared_control_is_split_without_losing_anybody(ben, two):
    first, second = services.split_control(results=two, by=ben)
    assert (first.n2, second.n2, first.mean2, first.version) == (20, 20, 13.2, 2)
    assert first.as_reported == {"n2": "40"}
    with pytest.raises(services.NotPossible, match="split already"):
        services.split_control(results=[first, second], by=ben)


def test_what_is_not_alike_is_not_put_together(ben, two, record):
    other = record(ben, "events")
    for results, sentence in (
        (two[:1], "two results or more"),
        ([two[0], other], "differ in their kind"),
        ([two[0], record(ben, scale="BDI")], "differ in their scale"),
    ):
        with pytest.raises(services.NotPossible, match=sentence):
            services.combine_results(results=results, by=ben)
    changed = services.correct_result(
        result=two[1], by=ben, changes={"mean2": 13.3}, why="misread", seen_version=1
    )
    with pytest.raises(services.NotPossible, match=r"different numbers \(13\.2 and 13\.3\)"):
        services.combine_results(results=[two[0], changed], by=ben)


def test_an_arm_has_a_dose_a_description_and_a_word(review, study, ben):
    arm = services.add_arm(
        study=study, label="MBCT", role="experimental", by=ben, dose="8 weeks", intervention="mindfulness"
    )
    again = services.add_arm(
        study=study, label="MBSR", role="experimental", by=ben, intervention="Mindfulness"
    )
    assert arm.intervention == again.intervention == VocabularyTerm.objects.get()
    changed = services.change_arm(
        arm=arm, label="MBCT", role="experimental", n_randomised=4, by=ben, seen_version=1, intervention=""
    )
    assert (changed.dose, changed.intervention, changed.n_randomised) == ("8 weeks", None, 4)


def test_an_independent_result_is_its_extractors_alone(study, ben, cleo, record):
    own = make_extraction(study, ben, complete=False)
    result = record(ben, extraction=own)
    assert not result.is_preferred
    assert not Result.objects.current().exists()
    for verb, refusal in (
        (lambda: record(cleo, extraction=own), "colleague's own"),
        (
            lambda: services.correct_result(
                result=result, by=cleo, changes={"mean1": 1}, why="so", seen_version=1
            ),
            "colleague's own",
        ),
        (lambda: services.verify_result(result=result, by=cleo, seen_version=1), "one person's own"),
        (lambda: services.prefer_result(result=result, by=ben), "one person's own"),
    ):
        with pytest.raises(services.NotPossible, match=refusal):
            verb()
    record(cleo)  # the same numbers among the shared ones are another result
    own.state = Extraction.State.COMPLETE
    with pytest.raises(services.NotPossible, match="complete"):
        record(ben, extraction=own, scale="BDI")
