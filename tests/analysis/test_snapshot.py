"""What goes into a run, and when that has changed."""

from analysis import services
from analysis.fitting import fit_of
from analysis.snapshot import hash_of, preview, take_snapshot, take_snapshots
from extraction.models import Arm, Characteristic, Result, VocabularyTerm
from records.models import ImportBatch
from reviews.models import Review
from screening.models import Study
from tests.factories import make_arms, make_outcome, make_result, make_study


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
    with django_assert_num_queries(7):
        take_snapshots(review, plans[:2])
    with django_assert_num_queries(7):
        assert len(take_snapshots(review, plans)) == 12


# Rules


def three_arms(review, outcome, ben, label="Tri 2008"):
    """A study whose two therapies share a control, each with its result; neither is preferred."""
    study = make_study(review, label)
    therapy, control = make_arms(study)
    other = Arm.objects.create(study=study, label="Group therapy", role=Arm.Role.EXPERIMENTAL)
    first = make_result(study, outcome, ben, is_preferred=False, n1=20, n2=31)
    second = make_result(study, outcome, ben, is_preferred=False, n1=25, n2=31)
    Result.objects.filter(pk=first.pk).update(experimental=therapy, comparator=control)
    Result.objects.filter(pk=second.pk).update(experimental=other, comparator=control)
    return study


#: What a row without rules has, and nothing else; runs of before depend on it.
PLAIN_ROW = {
    **{
        "study": "Ade 2001",
        "experimental": "Therapy",
        "comparator": "Usual care",
        "kind": "means",
        "scale": "",
    },
    **{
        "time_point": "",
        "rater": "",
        "n1": 30,
        "mean1": 12.0,
        "sd1": 5.0,
        "n2": 30,
        "mean2": 15.0,
        "sd2": 6.0,
    },
    **{"events1": None, "events2": None, "effect_measure": "", "effect": None, "effect_se": None},
    **{"derived": False, "basis": "", "source": "", "version": 1},
}
PLAIN_PLAN = {
    **{"name": "All trials", "measure": "SMD", "tau2_method": "REML", "test": "knha", "level": 95.0},
    **{"subgroup_by": "", "prefer_rater": "", "leave_out_derived": False, "exclusion_note": ""},
    **{"experimental_label": "intervention", "comparator_label": "control", "prespecified": False},
}


def test_without_rules_a_snapshot_is_what_it_always_was(trials, write):
    snapshot = take_snapshot(write())
    row = {
        name: value for name, value in snapshot["rows"][0].items() if name not in ("study_id", "result_id")
    }
    assert row == PLAIN_ROW
    assert set(snapshot) == {"plan", "outcome", "rows", "left_out"}
    assert snapshot["plan"] == PLAIN_PLAN
    known = {"plan": PLAIN_PLAN, "outcome": snapshot["outcome"], "rows": [PLAIN_ROW], "left_out": []}
    assert hash_of(known) == "3ae54c73a248c3036ec44582f09bd4a381118f4c3cfdcbcef9db53e4067c6613"


def test_conversions_of_a_plan_without_rules_stay_out_of_its_snapshot(trials, write):
    Result.objects.filter(study=trials[0]).update(
        conversions=[{"name": "SD from the standard error"}], derived=True
    )
    assert "converted" not in take_snapshot(write())["rows"][0]
    ruled = take_snapshot(write("Ruled", selection={"when": "last"}))["rows"][0]
    assert (ruled["converted"], ruled["derived"]) == (["SD from the standard error"], True)


def test_rules_choose_and_rows_have_keys_and_treatments(trials, write, outcome, ben):
    make_result(trials[0], outcome, ben, scale="BDI", weeks=26.0, is_preferred=False, mean1=1.0)
    plan = write(selection={"when": "last"})
    rows = take_snapshot(plan)["rows"]
    assert [row["scale"] for row in rows] == ["BDI", "", ""]
    assert rows[0]["row"] == str(trials[0].pk)
    assert rows[0]["treatments"] == ["Therapy", "Usual care"]
    assert not {"names1", "experimental_id", "is_preferred", "year", "scale_names"} & set(rows[0])
    assert take_snapshot(plan)["plan"]["selection"] == {"when": "last"}


def test_a_multi_arm_study_is_combined_or_split_by_the_plan(trials, write, review, outcome, ben):
    study = three_arms(review, outcome, ben)
    marked = take_snapshot(write())
    assert labels(marked) == ["Ade 2001", "Bol 2005", "Cruz 2010"]
    combined = take_snapshot(write("C", selection={"multi_arm": "combine"}))["rows"][-1]
    assert (combined["study"], combined["n1"], combined["n2"]) == ("Tri 2008", 45, 31)
    assert combined["experimental"] == "Therapy + Group therapy"
    assert combined["result_ids"] == list(study.results.order_by("pk").values_list("pk", flat=True))
    split = take_snapshot(write("S", selection={"multi_arm": "split"}))["rows"][-2:]
    assert [(row["study"], row["n2"]) for row in split] == [
        ("Tri 2008 (Therapy)", 16),
        ("Tri 2008 (Group therapy)", 15),
    ]
    assert len({row["row"] for row in split}) == 2


def test_a_split_study_is_pooled_as_two_rows(review, outcome, ben, trials, run):
    three_arms(review, outcome, ben)
    found = run(selection={"multi_arm": "split"})
    assert found.result["pooled"]["k"] == 5
    assert [one["study"] for one in found.result["studies"]][-2:] == [
        "Tri 2008 (Therapy)",
        "Tri 2008 (Group therapy)",
    ]


def test_a_network_names_treatments_by_the_preferred_term(review, outcome, ben, write):
    study = three_arms(review, outcome, ben)
    term = VocabularyTerm.objects.create(review=review, kind="intervention", name="CBT")
    synonym = VocabularyTerm.objects.create(
        review=review, kind="intervention", name="Cognitive therapy", preferred=term
    )
    study.arms.filter(label="Therapy").update(intervention=synonym)
    rows = take_snapshot(write(kind="network", measure="MD"))["rows"]
    assert [row["treatments"] for row in rows] == [["CBT", "Usual care"], ["Group therapy", "Usual care"]]
    assert {row["study"] for row in rows} == {"Tri 2008"}


def test_a_scale_is_found_by_its_synonym(review, trials, write, outcome, ben):
    term = VocabularyTerm.objects.create(review=review, kind="scale", name="HAMD")
    VocabularyTerm.objects.create(review=review, kind="scale", name="HRSD", preferred=term)
    make_result(trials[0], outcome, ben, scale="hrsd", is_preferred=False)
    rows = take_snapshot(write(selection={"scales": ["HAMD"]}))["rows"]
    assert [row["scale"] for row in rows] == ["hrsd", "", ""]


def test_the_plans_rater_goes_first_among_the_rules_too(trials, write, outcome, ben):
    make_result(trials[0], outcome, ben, scale="BDI", rater="self_report", is_preferred=False)
    rows = take_snapshot(write(prefer_rater="self_report", selection={"data": "arm_first"}))["rows"]
    assert rows[0]["scale"] == "BDI"


def test_moderators_are_read_from_characteristics(trials, write):
    for study, age in zip(trials, ("41.5", "about 40", ""), strict=True):
        Characteristic.objects.create(study=study, name="age", value=age)
    Characteristic.objects.create(study=trials[1], name="setting", value="clinic")
    Study.objects.filter(pk=trials[0].pk).update(year=2001)
    given = [
        {"name": "age", "type": "number"},
        {"name": "setting", "type": "category"},
        {"name": "publication year", "type": "number"},
        {"name": "intervention tested", "type": "category"},
    ]
    snapshot = take_snapshot(write(moderators=given))
    assert [list(row["moderators"].values()) for row in snapshot["rows"]] == [
        [41.5, None, 2001.0, "Therapy"],
        [None, "clinic", None, "Therapy"],
        [None, None, None, "Therapy"],
    ]
    assert snapshot["notes"] == [
        "Bol 2005: age is “about 40”, which is not a number, so it is missing in the regression."
    ]
    assert "treatments" not in snapshot["rows"][0]


def test_a_preview_counts_what_is_eligible_and_what_needs_a_choice(trials, review, write, outcome, ben):
    three_arms(review, outcome, ben)
    make_study(review, "Nil 2012")
    found = preview(write(selection={"when": "last"}, excluded_studies=[trials[2]], exclusion_note="outlier"))
    assert found.eligible == 2
    assert [tie.study for tie in found.ties] == ["Tri 2008"]
    assert "combine or split them" in found.ties[0].why
    assert [(one.study, one.why) for one in found.left_out] == [("Cruz 2010", "outlier")]
    assert found.without_result == ["Nil 2012"]
    split = preview(write("S", selection={"multi_arm": "split"}))
    assert (split.eligible, len(split.rows)) == (4, 5)
    assert "stay correlated" in split.notes[0]


def test_a_plan_that_is_not_saved_is_previewed(trials, review, outcome):
    plan = services.draft_plan(review=review, outcome=outcome, name="Draft")
    assert preview(plan).eligible == 3
    assert preview(plan, [trials[0].pk]).left_out[0].why == "excluded by the plan"


def test_measures_fit_the_preferred_results_or_with_rules_any(trials, review, outcome, ben):
    make_result(
        trials[0],
        outcome,
        ben,
        kind="effect",
        effect=0.4,
        effect_se=0.2,
        effect_measure="OR",
        is_preferred=False,
    )
    assert fit_of(outcome, "OR").none_fits
    ruled = fit_of(outcome, "OR", {"when": "last"})
    assert (ruled.fitting, len(ruled.misfits)) == (1, 2)
    assert ruled.misfits[0].startswith("Bol 2005: means and SDs do not give OR.")
