"""What a finding rests on, and when it is not that any more."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis import services as analysing
from certainty import services
from certainty.evidence import Evidences, evidence_of, hash_of
from certainty.grade import suggest, suggest_start
from certainty.staleness import what_changed, what_changed_in
from screening.models import Study
from tests.factories import make_outcome, make_result, make_study


def test_the_numbers_are_those_of_the_run(review, plan, trials, agree, ana, work):
    agree(trials[0], "high")
    run = analysing.request_run(plan=plan, by=ana)
    work()
    run.refresh_from_db()
    finding = services.add_finding(review=review, by=ana, plan=plan)
    found, pooled = evidence_of(finding), run.result["pooled"]
    assert found["kind"] == "pairwise"
    assert found["measure"] == "RR"
    assert found["reason"] == ""
    assert found["pooled"]["estimate"] == pooled["estimate"]
    assert found["pooled"]["k"] == 4
    assert found["participants"] == {"total": 1360, "intervention": 680, "comparator": 680, "unknown": []}
    assert found["events"] == {
        "intervention": 76,
        "of_intervention": 680,
        "comparator": 117,
        "of_comparator": 680,
    }
    assert found["comparator_risk"] == pytest.approx(117 / 680)
    assert sum(one["weight"] for one in found["studies"]) == pytest.approx(100)
    assert json.loads(json.dumps(found)) == found
    assert found["run"]["is_today"]
    assert found["doubts"] == []
    assert suggest_start(found).start == "high"
    assert found["without_high"]["k"] == 3
    assert found["without_high"]["without"] == ["Ade 2001"]
    assert "at least 10 studies" in found["small_study"]["reason"]
    assert "of the weight is from studies at high risk" in suggest(found)["risk_of_bias"].sentence


def test_what_was_agreed_today_counts_also_after_the_run(finding, trials, agree):
    for study in trials:
        agree(study, "high" if study.label == "Dahl 2014" else "low")
    found = evidence_of(finding)
    assert [one["risk"] for one in found["studies"]] == ["low", "low", "low", "high"]
    assert "differs from what the run knew" in " ".join(found["doubts"])
    suggestion = suggest(found)["risk_of_bias"]
    assert suggestion.change == -1
    assert suggestion.numbers["high"] == 37.9


def test_a_finding_without_a_plan_or_a_run_says_so(review, outcome, plan, trials, ana):
    words = services.add_finding(
        review=review, by=ana, outcome=outcome, intervention="therapy", comparison="usual care"
    )
    found = evidence_of(words)
    assert found["kind"] == "none"
    assert "told in words" in found["reason"]
    waiting = services.add_finding(review=review, by=ana, plan=plan)
    assert "no finished run" in evidence_of(waiting)["reason"]
    for suggestion in suggest(found).values():
        assert suggestion.change is None
        assert suggestion.sentence


def test_the_protocols_difference_goes_where_it_fits(finding, outcome, ana):
    outcome.minimal_important_difference = 3.0
    outcome.save()
    found = evidence_of(finding)
    assert found["asked"]["mid"] is None
    assert "cannot be put on the scale" in found["asked"]["mid_note"]
    services.change_finding(finding=finding, by=ana, seen_version=1, minimal_important_difference=0.8)
    finding.refresh_from_db()
    assert evidence_of(finding)["asked"]["mid"] == 0.8


def test_the_same_numbers_of_another_run_are_the_same_evidence(finding):
    found = evidence_of(finding)
    other = json.loads(json.dumps(found)) | {"run": None, "doubts": ["x"]}
    other["pooled"]["estimate"] *= 1 + 1e-9
    assert hash_of(other) == hash_of(found)
    other["pooled"]["estimate"] *= 1.001
    assert hash_of(other) != hash_of(found)


def test_a_rating_is_stale_when_the_result_changes(review, finding, outcome, run, complete, ben):
    grade = complete(ben)
    assert what_changed(grade) == []
    study = make_study(review, "Eder 2020")
    Study.objects.filter(pk=study.pk).update(design=Study.Design.RANDOMISED_PARALLEL)
    make_result(study, outcome, ben, kind="events", events1=50, n1=150, events2=40, n2=150)
    assert what_changed(grade) == [
        "Data or plan changed since the run of “Relapse, all trials”, so its result may be another now. Run it again."
    ]
    run()
    told = " ".join(what_changed(grade))
    assert "The pooled result was 0.65 (0.50 to 0.85; 4 studies) and is" in told
    assert "New: Eder 2020." in told
    assert "Participants: 1,360 then, 1,660 now." in told


@pytest.mark.core
def test_a_rating_is_stale_when_a_judgement_changes(finding, trials, agree, run, complete, ben):
    for study in trials:
        agree(study)
    run()
    grade = complete(ben)
    agree(trials[0], "high")
    told = what_changed(grade)
    assert told[0] == (
        "Ade 2001: its risk of bias was agreed as “Low risk in every domain” and is “High risk in a domain” now."
    )
    agree(trials[0])
    assert what_changed(grade) == []


def test_going_back_to_earlier_data_takes_the_earlier_run(finding, plan, trials, run, ana, complete, ben):
    grade = complete(ben)
    change = {"plan": plan, "by": ana, "reason": "To see."}
    analysing.change_plan(
        **change, seen_version=1, excluded_studies=[trials[0]], exclusion_note="Not blinded."
    )
    run()
    assert what_changed(grade)
    assert evidence_of(finding)["pooled"]["k"] == 3
    analysing.change_plan(**change, seen_version=2, excluded_studies=[], exclusion_note="")
    assert evidence_of(finding)["pooled"]["k"] == 4
    assert what_changed(grade) == []


def test_many_findings_cost_no_more_queries(
    review, finding, plan, ana, complete, ben, django_assert_num_queries
):
    grades = [complete(ben)]
    for number in range(3):
        other = services.add_finding(
            review=review,
            by=ana,
            outcome=make_outcome(review, f"Outcome {number}"),
            intervention="therapy",
            comparison="usual care",
        )
        grades.append(complete(ben, on=other))
    with CaptureQueriesContext(connection) as one:
        what_changed_in(grades[:1])
    with django_assert_num_queries(len(one)):
        found = what_changed_in(grades)
    assert found == {grade.pk: [] for grade in grades}
    assert Evidences(review, []).run_of(grades[1].finding) is None
