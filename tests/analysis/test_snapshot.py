"""What goes into a run, and when that has changed."""

from analysis import services
from analysis.snapshot import hash_of, take_snapshot, take_snapshots
from extraction.models import Characteristic, Result
from records.models import ImportBatch
from reviews.models import Review
from screening.models import Study
from tests.factories import make_outcome, make_result, make_study


def labels(snapshot):
    return [row["study"] for row in snapshot["rows"]]


def test_one_row_per_study_in_order_of_year_and_label(trials, write, review, outcome, ben):
    Study.objects.filter(label="Cruz 2010").update(year=1999)
    assert labels(take_snapshot(write())) == ["Cruz 2010", "Ade 2001", "Bol 2005"]


def test_the_same_data_hash_the_same_also_after_a_round_trip(trials, write):
    plan = write(level=90)  # a whole number comes back from the database as 90.0
    first = hash_of(take_snapshot(type(plan).objects.get(pk=plan.pk)))
    assert hash_of(take_snapshot(type(plan).objects.get(pk=plan.pk))) == first


def test_a_study_the_plan_excludes_is_left_out_with_the_reason(trials, write):
    snapshot = take_snapshot(write(excluded_studies=[trials[2]], exclusion_note="an outlier"))
    assert labels(snapshot) == ["Ade 2001", "Bol 2005"]
    assert [(one["study"], one["why"]) for one in snapshot["left_out"]] == [("Cruz 2010", "an outlier")]


def test_derived_values_are_left_out_if_the_plan_says_so(trials, write):
    Result.objects.filter(study=trials[0]).update(derived=True)
    snapshot = take_snapshot(write(leave_out_derived=True))
    assert labels(snapshot) == ["Bol 2005", "Cruz 2010"]
    assert "derived" in snapshot["left_out"][0]["why"]


def test_the_plans_rater_comes_first(trials, write, outcome, ben):
    make_result(trials[0], outcome, ben, scale="BDI", rater="self_report", is_preferred=False, mean1=1.0)
    assert take_snapshot(write())["rows"][0]["scale"] == ""
    chosen = take_snapshot(write("Self-report", prefer_rater="self_report"))["rows"]
    assert [row["scale"] for row in chosen] == ["BDI", "", ""]


def test_several_results_and_none_preferred_is_not_guessed(trials, write, outcome, ben):
    Result.objects.filter(study=trials[0]).update(is_preferred=False)
    assert labels(take_snapshot(write())) == ["Ade 2001", "Bol 2005", "Cruz 2010"]  # one result: no doubt
    make_result(trials[0], outcome, ben, scale="BDI", is_preferred=False)
    snapshot = take_snapshot(write("Again"))
    assert labels(snapshot) == ["Bol 2005", "Cruz 2010"]
    assert "none is marked" in snapshot["left_out"][0]["why"]


def test_superseded_results_and_other_outcomes_stay_out(trials, write, review, ben):
    make_result(make_study(review, "Dee 2011"), make_outcome(review, "Quality of life"), ben)
    Result.objects.filter(study=trials[0]).update(superseded_at="2026-01-01T00:00Z")
    assert labels(take_snapshot(write())) == ["Bol 2005", "Cruz 2010"]


def test_a_study_whose_import_was_undone_is_left_out(trials, write):
    ImportBatch.objects.update(state=ImportBatch.State.UNDONE, undone_at="2026-01-01T00:00Z")
    snapshot = take_snapshot(write())
    assert snapshot["rows"] == []
    assert {one["why"] for one in snapshot["left_out"]} == {"none of its reports is in the review any more"}


def test_subgroups_come_from_the_characteristic(trials, write):
    Characteristic.objects.create(study=trials[0], name="therapy", value="CBT")
    groups = [row["subgroup"] for row in take_snapshot(write(subgroup_by="therapy"))["rows"]]
    assert groups == ["CBT", "not reported", "not reported"]


def test_stale_when_a_result_changes_and_not_before(run, trials):
    found = run()
    assert not services.is_stale(found)
    Result.objects.filter(study=trials[1]).update(mean1=9.0)
    assert services.is_stale(found)
    Result.objects.filter(study=trials[1]).update(mean1=11.0)
    assert not services.is_stale(found)


def test_stale_when_a_study_is_excluded_or_comes_in(run, trials, review, outcome, ben):
    found = run()
    found.plan.excluded_studies.add(trials[0])
    assert services.is_stale(found)
    found.plan.excluded_studies.clear()
    make_result(make_study(review, "New 2025"), outcome, ben)
    assert services.is_stale(found)


def test_ten_more_plans_cost_no_more_queries(trials, write, review, django_assert_num_queries):
    plans = [write(f"Plan {number}", subgroup_by="therapy") for number in range(12)]
    review = Review.objects.get(pk=review.pk)
    with django_assert_num_queries(6):
        take_snapshots(review, plans[:2])
    with django_assert_num_queries(6):
        assert len(take_snapshots(review, plans)) == 12
