"""What changed since a run, who did it, and what the estimate would become."""

import pytest

from analysis import services
from analysis.models import Run
from analysis.staleness import stale_runs, what_changed
from appraisal.models import Assessment
from extraction import services as extracting
from extraction.models import Result
from records.models import ImportBatch
from screening.models import Study
from tests.factories import make_outcome, make_result, make_study

pytestmark = pytest.mark.django_db


def told(run):
    found = what_changed(Run.objects.get(pk=run.pk))
    assert found.is_stale
    return [change.sentence for change in found.changes]


def current(study):
    return Result.objects.current().get(study=study)


def test_nothing_is_said_of_a_run_on_todays_data(run):
    found = what_changed(run())
    assert (found.is_stale, found.changes, found.now, found.becomes) == (False, [], {}, "")


def test_a_corrected_number_names_its_author_its_reason_and_the_new_estimate(run, trials, cleo):
    made = run()
    old = current(trials[1])
    new = extracting.correct_result(
        result=old,
        by=cleo,
        changes={"mean1": 4.5, "source": "Table 2"},
        why="misread the table.",
        seen_version=1,
    )
    found = what_changed(made)
    [change] = found.changes
    assert change.sentence.startswith(
        "Bol 2005: mean, experimental 11 → 4.5; source empty → Table 2. Corrected by Cleo on "
    )
    assert change.sentence.endswith(": misread the table.")
    assert (change.what, change.study_id, change.result_id) == ("changed", trials[1].pk, new.pk)
    assert (change.by, change.why) == ("Cleo", "misread the table.")
    assert change.at == new.created_at
    again = services.request_run(plan=made.plan, by=cleo)
    assert again != made
    assert found.now["k"] == 3
    assert found.now["estimate"] < found.was["estimate"] < 0
    assert "On today's data it would be Hedges g" in found.becomes
    assert "This run found Hedges g" in found.becomes


def test_what_it_would_become_is_what_a_new_run_finds(run, trials, ana, work):
    made = run()
    Result.objects.filter(study=trials[1]).update(mean1=4.5)
    foretold = what_changed(made).now
    again = services.request_run(plan=made.plan, by=ana)
    work()
    again.refresh_from_db()
    assert {name: again.result["pooled"][name] for name in foretold} == foretold


def test_studies_that_come_and_go(run, trials, review, outcome, ben, cleo):
    made = run()
    make_result(make_study(review, "New 2025"), outcome, ben)
    extracting.withdraw_result(
        result=current(trials[0]), by=cleo, why="the report was retracted", seen_version=1
    )
    came, went = told(made)
    assert came.startswith("New 2025 came in. Recorded by Ben on ")
    assert went.startswith("Ade 2001 is not in any more. Its result was withdrawn by Cleo on ")
    assert went.endswith(": the report was retracted.")
    assert what_changed(made).now["k"] == 3


def test_a_study_whose_reports_left_the_review_says_so(run, trials):
    made = run()
    ImportBatch.objects.update(state=ImportBatch.State.UNDONE, undone_at="2026-01-01T00:00Z")
    assert told(made)[0] == "Ade 2001 is not in any more: none of its reports is in the review any more."
    found = what_changed(made)
    assert "cannot be computed: No study has a result" in found.becomes


def test_a_study_that_had_been_left_out_says_why(run, trials):
    Result.objects.filter(study=trials[0]).update(derived=True)
    made = run(leave_out_derived=True)
    Result.objects.filter(study=trials[0]).update(derived=False)
    assert told(made) == ["Ade 2001 came in. It had been left out: a derived value, not read off as printed."]


def test_another_result_chosen_names_who_chose_it(run, trials, outcome, ben, cleo):
    made = run()
    other = make_result(trials[0], outcome, ben, scale="BDI", is_preferred=False)
    assert not what_changed(made).is_stale
    extracting.prefer_result(result=other, by=cleo)
    [sentence] = told(made)
    assert "Ade 2001: scale empty → BDI; n, experimental 30 → 40" in sentence
    assert "This result was chosen by Cleo on " in sentence


def test_a_second_result_without_a_mark_leaves_the_study_out(run, trials, outcome, ben):
    made = run()
    Result.objects.filter(study=trials[0]).update(is_preferred=False)
    make_result(trials[0], outcome, ben, scale="BDI", is_preferred=False)
    [sentence] = told(made)
    assert sentence.startswith("Ade 2001 is not in any more: it has several results and none is marked")


def test_groups_and_moderators_name_who_set_them(run, trials, ana):
    made = run(subgroup_by="therapy", moderators=[{"name": "age", "type": "number"}])
    for name, value in (("therapy", "CBT"), ("age", "41.5"), ("setting", "clinic")):
        extracting.set_characteristic(study=trials[0], name=name, value=value, by=ana)
    [sentence] = told(made)
    assert "subgroup of the analysis not reported → CBT" in sentence
    assert "age empty → 41.5" in sentence
    assert "Set by Ana on " in sentence


def test_a_change_of_the_plan_is_told_with_its_reason(run, ana):
    made = run()
    services.change_plan(
        plan=made.plan, by=ana, seen_version=1, reason="asked by a referee", tau2_method="DL"
    )
    found = what_changed(Run.objects.get(pk=made.pk))
    [change] = found.changes
    assert (change.what, change.by, change.why) == ("setting", "Ana", "asked by a referee")
    assert "(REML) → DerSimonian-Laird (DL). Changed by Ana on " in change.sentence
    assert found.now["estimate"] != found.was["estimate"]


def test_an_amended_outcome_is_told(run, outcome):
    made = run()
    type(outcome).objects.filter(pk=outcome.pk).update(name="Depression", direction="higher")
    assert told(made) == [
        "Outcome: Depression severity → Depression.",
        "Direction of benefit of the outcome: lower → higher.",
    ]


def test_the_order_of_studies_alone_is_told(run, trials):
    made = run()
    Study.objects.filter(pk=trials[2].pk).update(year=1990)
    assert told(made) == ["The order of the studies changed: a year or a name was corrected."]


def test_agreed_risk_of_bias_is_told(run, trials, monkeypatch):
    made = run()
    Run.objects.filter(pk=made.pk).update(
        snapshot=made.snapshot
        | {
            "rows": [
                made.snapshot["rows"][0] | {"risk": {"overall": "low", "values": {}}},
                *made.snapshot["rows"][1:],
            ]
        }
    )
    made.refresh_from_db()
    made.input_hash = "changed"
    assert [change.sentence for change in what_changed(made).changes] == [
        "Ade 2001: risk of bias low → not agreed."
    ]
    assert not Assessment.objects.exists()


def test_rules_that_choose_the_same_results_are_the_only_change(run, trials, ana):
    made = run()
    services.change_plan(
        plan=made.plan, by=ana, seen_version=1, reason="all at the end", selection={"when": "last"}
    )
    [setting] = told(made)
    assert setting.startswith("Eligible results: ")


def test_the_number_of_queries_is_fixed(run, trials, django_assert_max_num_queries):
    made = run()
    Result.objects.all().update(mean1=9.0)
    with django_assert_max_num_queries(12):
        assert len(what_changed(made).changes) == 3


def test_stale_runs_are_told_from_the_others(run, trials, review, ben):
    made = run()
    other = run("Another")
    make_result(make_study(review), make_outcome(review, "Other"), ben)
    assert stale_runs([made, other]) == []
    Result.objects.filter(study=trials[0]).update(mean1=9.0)
    assert [found for found, _ in stale_runs([made, other])] == [made, other]
