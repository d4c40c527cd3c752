"""Writing plans, asking for runs, carrying them out, cancelling, quoting."""

import pytest
from django.utils import timezone

from analysis import services
from analysis.engine import compute
from analysis.models import Plan, Run
from extraction.models import Result
from reviews import jobs
from reviews.errors import Conflict, Refused
from reviews.models import Job
from tests.factories import make_outcome, make_result, make_review, make_study


def verbs(review):
    return list(review.events.order_by("pk").values_list("verb", flat=True))


def test_a_plan_is_written_with_its_line_in_the_history(review, write, ana, outcome):
    plan = write("All trials", tau2_method="DL", prespecified=True)
    assert (plan.slug, plan.created_by, plan.tau2_method) == ("all-trials", ana, "DL")
    event = review.events.get(verb="analysis.plan_written")
    assert event.sentence == "wrote the analysis plan “All trials”, prespecified."
    assert event.detail["outcome"] == "Depression severity"


def test_two_plans_of_one_name_have_two_addresses(write):
    assert [write("Same").slug, write("Same").slug, write("一").slug] == ["same", "same-2", "plan"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"measure": "XYZ"}, "There is no measure 'XYZ'"),
        ({"tau2_method": "magic"}, "There is no tau2_method 'magic'"),
        ({"test": "chi"}, "There is no test 'chi'"),
        ({"level": 100.0}, "a percentage between 0 and 100"),
        ({"name": "  "}, "Name"),
        ({"name": "x" * 201}, "200"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(write, wrong, sentence):
    with pytest.raises(services.InvalidPlan, match=sentence):
        write(**wrong)
    assert not Plan.objects.exists()


def test_what_belongs_to_another_review_is_refused(write, review, ana, trials):
    other = make_review("elsewhere")
    with pytest.raises(services.InvalidPlan, match="another review"):
        services.write_plan(review=review, name="x", outcome=make_outcome(other), by=ana)
    with pytest.raises(services.InvalidPlan, match="not a study of this review"):
        write(excluded_studies=[make_study(other, "Far 2000")], exclusion_note="far")
    with pytest.raises(services.InvalidPlan, match="Say why"):
        write(excluded_studies=trials[:1])


def test_a_run_is_computed_once_in_the_background(run, review):
    found = run()
    assert found.job.state == Job.State.DONE
    assert found.result["pooled"]["k"] == 3
    assert found.finished_at is not None
    assert found.job.result["url"].endswith(f"/analyses/runs/{found.pk}/")
    assert verbs(review)[-2:] == ["analysis.run_requested", "analysis.run_finished"]


def test_equal_plan_and_data_are_one_run(run, trials, ana, work):
    first = run()
    again = services.request_run(plan=first.plan, by=ana)
    assert again == first
    assert work() == []
    Result.objects.filter(study=trials[0]).update(mean1=9.5)
    second = services.request_run(plan=first.plan, by=ana)
    assert second != first
    Result.objects.filter(study=trials[0]).update(mean1=12.0)
    assert services.request_run(plan=first.plan, by=ana) == first


def test_a_level_typed_as_a_whole_number_is_the_same_run(write, trials, ana):
    plan = write(level=90)
    assert services.request_run(plan=plan, by=ana) == services.request_run(
        plan=Plan.objects.get(pk=plan.pk), by=ana
    )


def test_the_longest_name_still_makes_a_job(write, trials, ana):
    found = services.request_run(plan=write("n" * 200), by=ana)
    assert len(found.job.label) == 200


def test_nothing_to_pool_is_refused(write, ana):
    with pytest.raises(services.CannotRun, match="nothing to pool"):
        services.request_run(plan=write(), by=ana)
    assert not Run.objects.exists()
    assert not Job.objects.exists()


def test_a_retired_plan_does_not_run(write, trials, ana, review):
    plan = write()
    services.retire_plan(plan=plan, by=ana)
    with pytest.raises(services.CannotRun, match="retired"):
        services.request_run(plan=plan, by=ana)
    with pytest.raises(Conflict):
        services.retire_plan(plan=plan, by=ana)
    assert verbs(review).count("analysis.plan_retired") == 1
    assert not Plan.objects.live().exists()


def test_data_that_do_not_give_the_measure_end_as_a_sentence(run, work):
    failed = run("Odds", measure="OR")
    assert failed.job.state == Job.State.FAILED
    assert failed.job.error == "Ade 2001: means and SDs do not give OR. Choose one of SMD, SMDH, MD, ROM."
    assert failed.job.traceback == ""
    assert failed.result is None


def test_an_effect_of_another_measure_is_not_pooled_silently(trials, review, outcome, ben, run):
    study = make_study(review, "Eff 2012")
    make_result(study, outcome, ben, kind="effect", effect=-0.4, effect_se=0.2, effect_measure="MD")
    assert "reported as MD, the plan pools SMD" in run().job.error


def test_a_failed_run_is_queued_again(run, ana, trials, work):
    failed = run("Odds", measure="OR")
    again = services.request_run(plan=failed.plan, by=ana)
    assert again == failed
    assert [job.pk for job in work()] == [failed.job_id]


def test_the_result_is_written_once(run):
    found = run()
    before, finished = found.result, found.finished_at
    Job.objects.filter(pk=found.job_id).update(state=Job.State.QUEUED, attempts=0)
    jobs.perform(found.job_id)
    found.refresh_from_db()
    assert (found.result, found.finished_at) == (before, finished)
    assert Job.objects.get(pk=found.job_id).state == Job.State.DONE


def test_a_worker_that_lost_its_lease_writes_nothing(write, trials, ana, monkeypatch):
    found = services.request_run(plan=write(), by=ana)
    real = compute

    def slow(snapshot, step):
        Job.objects.filter(pk=found.job_id).update(lease_until=timezone.now() - timezone.timedelta(hours=1))
        assert jobs.claim(found.job_id)  # another worker takes over
        return real(snapshot, lambda *args: None)

    monkeypatch.setattr("analysis.services.runs.compute", slow)
    jobs.perform(found.job_id)
    found.refresh_from_db()
    assert found.result is None
    assert found.finished_at is None


def test_cancelling_before_and_after(write, trials, ana, work, review):
    found = services.request_run(plan=write(), by=ana)
    services.cancel_run(run=found, by=ana)
    assert found.job.state == Job.State.CANCELLED
    assert work() == []
    with pytest.raises(Conflict, match="cancelled already"):
        services.cancel_run(run=found, by=ana)
    assert verbs(review).count("analysis.run_cancelled") == 1
    services.request_run(plan=found.plan, by=ana)
    work()
    found.refresh_from_db()
    assert found.result["pooled"]["k"] == 3


def test_cancelling_while_it_runs_stops_at_the_next_step(write, trials, ana, monkeypatch):
    found = services.request_run(plan=write(), by=ana)
    real = compute

    def cancelled_midway(snapshot, step, partial):
        services.cancel_run(run=found, by=ana)
        return real(snapshot, step, partial)

    monkeypatch.setattr("analysis.services.runs.compute", cancelled_midway)
    jobs.perform(found.job_id)
    found.refresh_from_db()
    found.job.refresh_from_db()
    assert (found.job.state, found.result) == (Job.State.CANCELLED, None)


def test_quoting_and_what_cannot_be_quoted(review, outcome, ana):
    figures = {"estimate": -0.49, "ci_low": -0.63, "ci_high": -0.34, "citation": "Author 2025"}
    services.quote_result(review=review, outcome=outcome, label="All studies", by=ana, **figures)
    with pytest.raises(Refused, match="quoted already"):
        services.quote_result(review=review, outcome=outcome, label="All studies", by=ana, **figures)
    with pytest.raises(services.InvalidQuote):
        services.quote_result(
            review=review, outcome=outcome, label="Wrong", by=ana, **(figures | {"ci_low": -0.4})
        )
    assert review.quoted_results.count() == 1
