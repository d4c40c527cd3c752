"""Agreed risk of bias in analyses: kept by the run, restricting it, grouping it, and beside its forest plot."""

import csv
import io
import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from analysis import services
from analysis.drawings.forest import forest_of
from analysis.models import Plan
from analysis.risk import BY_RISK, risk_columns
from analysis.snapshot import take_snapshot, take_snapshots
from appraisal.models import Assessment
from reviews.models import AuditEvent
from tests.factories import make_outcome
from tests.geometry import texts, untidiness

DOMAINS = ("D1", "D2", "D3", "D4", "D5")


@pytest.fixture
def agree(review, dora):
    """``agree(study, "high")`` is a consensus with RoB 2 (or another tool) about a study, or about its result."""

    def do(study, overall, *, tool="rob2", values=None, outcome=None, time_point=""):
        found = Assessment.objects.create(
            review=review,
            study=study,
            instrument=tool,
            outcome=outcome,
            time_point=time_point,
            kind=Assessment.Kind.CONSENSUS,
            state=Assessment.State.COMPLETE,
            completed_at=timezone.now(),
            assessor=dora,
        )
        values = dict.fromkeys(DOMAINS, "low") if values is None else values
        for domain, value in (values | ({"overall": overall} if overall else {})).items():
            found.judgements.create(domain=domain, value=value)
        return found

    return do


@pytest.fixture
def three(trials, agree, outcome):
    agree(trials[0], "low", outcome=outcome)
    agree(trials[1], "some_concerns", outcome=outcome)
    agree(trials[2], "high", outcome=outcome)
    return trials


def labels(snapshot):
    return [row["study"] for row in snapshot["rows"]]


def why(snapshot):
    return {one["study"]: one["why"] for one in snapshot["left_out"]}


def test_a_plan_may_pool_low_risk_only_or_all_but_high(three, write):
    low = take_snapshot(write("Low", risk_of_bias="low"))
    assert labels(low) == ["Ade 2001"]
    assert why(low) == {
        "Bol 2005": "its risk of bias is agreed as: some concerns; the plan pools low risk only",
        "Cruz 2010": "its risk of bias is agreed as: high risk; the plan pools low risk only",
    }
    assert labels(take_snapshot(write("Not high", risk_of_bias="not_high"))) == ["Ade 2001", "Bol 2005"]
    assert labels(take_snapshot(write("All"))) == ["Ade 2001", "Bol 2005", "Cruz 2010"]


def test_what_is_not_agreed_is_not_taken_for_low(trials, write, agree):
    agree(trials[0], "")
    snapshot = take_snapshot(write(risk_of_bias="not_high"))
    assert labels(snapshot) == []
    assert set(why(snapshot).values()) == {
        "its overall risk of bias is not agreed, and the plan leaves out high risk"
    }


def test_tools_without_an_overall_judgement_are_judged_by_their_domains(trials, write, agree):
    keys = ("sequence_generation", "allocation_concealment", "blinding_assessors", "itt")
    low = dict.fromkeys(keys, "low")
    agree(trials[0], "", tool="metapsy_rob1", values=low | {"blinding_assessors": "self_report"})
    agree(trials[1], "", tool="rob1", values={"sequence_generation": "low", "other_bias": "unclear"})
    agree(trials[2], "", tool="metapsy_rob1", values=low | {"itt": "high"})
    assert labels(take_snapshot(write("Low", risk_of_bias="low"))) == ["Ade 2001"]
    snapshot = take_snapshot(write("Not high", risk_of_bias="not_high"))
    assert labels(snapshot) == ["Ade 2001", "Bol 2005"]
    assert "high risk in a domain" in why(snapshot)["Cruz 2010"]


def test_concerns_about_applicability_are_no_bias_and_stars_say_nothing(trials, write, agree):
    bias = dict.fromkeys(("D1", "D2", "D3", "D4"), "low")
    agree(trials[0], "", tool="quadas2", values=bias | {"A1": "high"})
    agree(trials[1], "", tool="nos_cohort", values={"selection": "4", "comparability": "2", "outcome": "3"})
    assert labels(take_snapshot(write("Low", risk_of_bias="low"))) == ["Ade 2001"]


def test_the_most_specific_judgement_counts(trials, write, agree, outcome, review):
    agree(trials[0], "low")
    agree(trials[0], "high", outcome=outcome)
    agree(trials[0], "low", outcome=make_outcome(review, "Remission"))
    agree(trials[1], "high", outcome=outcome, time_point="2 years")
    agree(trials[1], "low")
    rows = {row["study"]: row.get("risk") for row in take_snapshot(write())["rows"]}
    assert (rows["Ade 2001"]["overall"], rows["Ade 2001"]["source"]) == ("high", "result")
    assert (rows["Bol 2005"]["overall"], rows["Bol 2005"]["source"]) == ("low", "study")
    assert rows["Cruz 2010"] is None
    trials[1].results.update(time_point="2 years")
    rows = {row["study"]: row.get("risk") for row in take_snapshot(write("Again"))["rows"]}
    assert (rows["Bol 2005"]["overall"], rows["Bol 2005"]["source"]) == ("high", "result")


def test_groups_go_from_best_to_worst(three, run, trials):
    found = run(subgroup_by=BY_RISK)
    names = [group["name"] for group in found.result["subgroups"]["groups"]]
    assert names == ["Low risk", "Some concerns", "High risk"]


def test_a_run_keeps_what_it_showed_and_is_stale_when_that_changes(three, run, agree, outcome):
    found = run()
    shown = risk_columns(found).judgements
    assert not services.is_stale(found)
    Assessment.objects.get(study=three[0]).judgements.filter(domain="D1").update(value="high")
    assert services.is_stale(found)
    assert risk_columns(found).judgements == shown
    Assessment.objects.get(study=three[0]).judgements.filter(domain="D1").update(value="low")
    assert not services.is_stale(found)


def test_a_setting_that_is_not_used_leaves_earlier_runs_in_date(trials, write):
    assert "risk_of_bias" not in take_snapshot(write())["plan"]
    assert "risk" not in take_snapshot(write("Again"))["rows"][0]


def test_agreed_risk_of_bias_stands_beside_the_plot(trials, run, agree, outcome):
    assert risk_columns(run("Before")) is None
    agree(trials[0], "some_concerns", values={**dict.fromkeys(DOMAINS, "low"), "D3": "high"})
    agree(trials[1], "low", outcome=outcome)
    risk = risk_columns(found := run())
    assert [domain.key for domain in risk.domains] == [*DOMAINS, "Overall"]
    assert risk.of(trials[0].pk) == ("low", "low", "high", "low", "low", "some_concerns")
    assert risk.of(trials[2].pk) == ("",) * 6
    figure = forest_of(found.snapshot, found.result, {}, risk=risk)
    assert untidiness(figure) == []
    assert {"Risk of bias", "D1", "Overall", "Low risk", "Not judged yet"} <= set(texts(figure))
    assert any("judged for the study as a whole" in text for text in texts(figure))


def test_a_study_judged_with_another_tool_shows_its_overall_judgement(trials, run, agree):
    agree(trials[0], "low")
    agree(trials[1], "high")
    agree(trials[2], "serious", tool="robins_i", values={f"D{n}": "low" for n in range(1, 8)})
    risk = risk_columns(found := run())
    assert risk.of(trials[2].pk) == (*["other_tool"] * 5, "serious")
    figure = forest_of(found.snapshot, found.result, {}, risk=risk)
    assert untidiness(figure) == []
    assert any(text.startswith("Judged with another tool: ROBINS-I") for text in texts(figure))


def test_quadas_stands_beside_in_two_blocks(trials, run, agree):
    agree(trials[0], "", tool="quadas2", values={"D1": "low", "A3": "unclear"})
    figure = forest_of((found := run()).snapshot, found.result, {}, risk=risk_columns(found))
    assert untidiness(figure) == []
    assert {"D4", "A3", "Unclear"} <= set(texts(figure))


def test_a_run_alike_is_a_plan_of_its_own_and_the_same_one_next_time(three, run, ana, work):
    first = run("All trials")
    low = services.run_alike(plan=first.plan, by=ana, risk_of_bias="low")
    assert (low.plan.name, low.plan.risk_of_bias, low.plan.measure) == (
        "All trials: low risk only",
        "low",
        "SMD",
    )
    assert not low.plan.prespecified
    assert services.run_alike(plan=first.plan, by=ana, risk_of_bias="low") == low
    assert services.run_alike(plan=low.plan, by=ana, risk_of_bias="") == first
    grouped = services.run_alike(plan=first.plan, by=ana, subgroup_by=BY_RISK)
    assert grouped.plan.name == "All trials: by overall risk of bias"
    assert Plan.objects.count() == 3
    assert AuditEvent.objects.filter(verb="analysis.plan_written").count() == 3


def test_a_run_alike_with_nothing_to_pool_leaves_no_plan_behind(trials, run, ana):
    first = run()
    with pytest.raises(services.CannotRun, match="nothing to pool"):
        services.run_alike(plan=first.plan, by=ana, risk_of_bias="low")
    with pytest.raises(services.InvalidPlan, match="Risk of bias"):
        services.run_alike(plan=first.plan, by=ana, risk_of_bias="lowish")
    with pytest.raises(services.InvalidPlan, match="Say which"):
        services.run_alike(plan=first.plan, by=ana, measure="MD")
    assert Plan.objects.count() == 1


def test_ten_more_plans_and_studies_cost_no_more_queries(three, write, review, django_assert_max_num_queries):
    plans = [write(f"Plan {number}", risk_of_bias="low", subgroup_by=BY_RISK) for number in range(8)]
    with django_assert_max_num_queries(8):
        take_snapshots(review, plans)


@pytest.fixture
def address(review):
    def do(run, name="run", *arguments):
        return reverse(f"analysis:{name}", args=[review.slug, run.pk, *arguments])

    return do


def test_low_risk_only_is_one_click_from_a_run(three, run, address, ana, as_user, work):
    found = run()
    client = as_user(ana)
    text = client.get(address(found)).content.decode()
    assert "Risk of bias, by weight" in text
    assert ">Low risk only</button>" in text
    answer = client.post(address(found, "run_alike"), {"risk_of_bias": "low"})
    low = Plan.objects.get(risk_of_bias="low").runs.get()
    assert answer.url == address(low)
    work()
    text = client.get(address(low)).content.decode()
    assert "the plan pools low risk only" in text
    assert "Only trials at low overall risk of bias were pooled." in text
    assert ">All studies</button>" in text
    assert ">Low risk only</button>" not in text
    page = client.get(reverse("analysis:plan", args=[found.review.slug, low.plan.slug])).content.decode()
    assert re.search(r"Risk of bias</dt>\s*<dd>low risk only", page, re.IGNORECASE)


def test_who_only_looks_cannot_click(three, run, address, cleo, eve, as_user):
    found = run()
    assert "Low risk only</button>" not in as_user(cleo).get(address(found)).content.decode()
    assert as_user(cleo).post(address(found, "run_alike"), {"risk_of_bias": "low"}).status_code == 403
    assert as_user(eve).post(address(found, "run_alike"), {"risk_of_bias": "low"}).status_code == 404


def test_nonsense_is_refused_on_the_page(three, run, address, ana, as_user):
    found = run()
    answer = as_user(ana).post(address(found, "run_alike"), {"risk_of_bias": "lowish"}, follow=True)
    assert "Risk of bias: Value" in answer.content.decode()
    assert Plan.objects.count() == 1


@pytest.mark.parametrize("name", ["risk-summary-weighted", "risk-summary", "risk-traffic-light"])
def test_the_figures_of_a_run_download(three, run, address, stan, as_user, name):
    found = run()
    answer = as_user(stan).get(address(found, "run_file", name, "svg"))
    assert answer["Content-Type"] == "image/svg+xml"
    assert ("Share of weight" in answer.content.decode()) == (name == "risk-summary-weighted")


def test_bars_and_robvis_have_the_weights_of_the_run(three, run, address, stan, as_user):
    found = run()
    weights = {one["study"]: one["weight"] for one in found.result["studies"]}
    text = as_user(stan).get(address(found, "run_file", "robvis-weighted", "csv")).content.decode()
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["Study", *DOMAINS, "Overall", "Weight"]
    assert {row[0]: float(row[-1]) for row in rows} == pytest.approx(weights)
    assert [row[-2] for row in rows] == ["Low", "Some concerns", "High"]
    plain = as_user(stan).get(address(found, "run_file", "robvis", "csv")).content.decode()
    assert "Weight" not in plain
    svg = as_user(stan).get(address(found, "run_file", "risk-summary-weighted", "svg")).content.decode()
    assert f"Overall: High risk {weights['Cruz 2010']:.0f}%" in svg


def test_a_run_without_judgements_has_no_such_files(trials, run, address, stan, as_user):
    found = run()
    assert "Risk of bias, by weight" not in as_user(stan).get(address(found)).content.decode()
    for name, extension in (("risk-summary", "svg"), ("robvis", "csv")):
        assert as_user(stan).get(address(found, "run_file", name, extension)).status_code == 404


def test_stars_are_not_for_robvis_and_the_page_says_so(trials, run, address, agree, stan, as_user):
    agree(trials[0], "", tool="nos_cohort", values={"selection": "4", "comparability": "2", "outcome": "3"})
    found = run()
    assert "robvis" not in as_user(stan).get(address(found)).content.decode()
    answer = as_user(stan).get(address(found, "run_file", "robvis", "csv"), follow=True)
    assert "counts stars" in answer.content.decode()


def test_a_program_and_the_shell_do_the_same(three, run, ana, as_user, review, capsys):
    found = run()
    alike = reverse("analysis-plans-alike", args=[review.slug, found.plan_id])
    answer = as_user(ana).post(alike, {"risk_of_bias": "not_high"}, content_type="application/json")
    assert answer.status_code == 202
    assert answer.json()["snapshot"]["plan"]["risk_of_bias"] == "not_high"
    assert as_user(ana).post(alike, {}, content_type="application/json").status_code == 422
    call_command("analyse", review=review.slug, plan=found.plan.slug, risk_of_bias="not_high", wait=True)
    assert "not high" not in capsys.readouterr().out.lower()
    assert Plan.objects.count() == 2
    call_command("analyse", review=review.slug, plan=found.plan.slug, subgroup_by=BY_RISK)
    assert Plan.objects.get(subgroup_by=BY_RISK).runs.count() == 1


def test_a_plan_is_written_with_the_setting(trials, ana, as_user, review, outcome):
    form = {
        "name": "Low",
        "outcome": outcome.pk,
        "measure": "SMD",
        "tau2_method": "REML",
        "test": "z",
        "level": 95,
    }
    form |= {
        "experimental_label": "a",
        "comparator_label": "b",
        "risk_of_bias": "low",
        "subgroup_by": BY_RISK,
        "kind": "pairwise",
        "method": "iv",
        "prediction": "as test",
    }
    as_user(ana).post(reverse("analysis:plan_new", args=[review.slug]), form)
    plan = Plan.objects.get()
    assert (plan.risk_of_bias, plan.subgroup_by) == ("low", BY_RISK)
    answer = as_user(ana).get(reverse("analysis-plans-detail", args=[review.slug, plan.pk]))
    assert answer.json()["risk_of_bias"] == "low"
