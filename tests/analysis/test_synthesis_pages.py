"""A network and a synthesis without meta-analysis from plan to page, files, lists and exports."""

import csv
import io

import pytest
from django.urls import reverse

from analysis import services
from analysis.models import Plan
from analysis.standing import standings
from extraction.models import Arm, Result
from reporting.exports import analyses
from tests.factories import make_outcome, make_study

#: {study: {treatment: (mean, SD, n)}}
TRIALS = {
    "Ade 2001": {"CBT": (10.0, 5.0, 40), "Waiting list": (14.0, 5.5, 40)},
    "Bol 2005": {"Exercise": (11.5, 5.0, 60), "Waiting list": (14.5, 5.0, 58)},
    "Cruz 2010": {"CBT": (9.5, 4.5, 30), "Exercise": (11.0, 5.0, 32), "Waiting list": (14.0, 5.0, 31)},
    "Dahl 2012": {"CBT": (9.0, 5.0, 50), "Exercise": (10.0, 5.2, 49)},
    "Ek 2015": {"Light": (9.0, 5.0, 25), "Sham light": (10.0, 5.2, 25)},
}


@pytest.fixture
def network_data(review, ben):
    """Five trials of five treatments, one with three arms, one that nothing connects with the others."""
    outcome = make_outcome(review, "Depression severity")
    for label, arms in TRIALS.items():
        study = make_study(review, label)
        *tested, base = (
            Arm.objects.create(
                study=study,
                label=name,
                role=Arm.Role.COMPARATOR if name == [*arms][-1] else Arm.Role.EXPERIMENTAL,
            )
            for name in arms
        )
        for i, arm in enumerate(tested):
            (mean1, sd1, n1), (mean2, sd2, n2) = arms[arm.label], arms[base.label]
            Result.objects.create(
                review=review,
                study=study,
                outcome=outcome,
                experimental=arm,
                comparator=base,
                extracted_by=ben,
                kind=Result.Kind.MEANS,
                is_preferred=i == 0,
                **{"n1": n1, "mean1": mean1, "sd1": sd1, "n2": n2, "mean2": mean2, "sd2": sd2},
            )
    return outcome


@pytest.fixture
def ran(review, network_data, ana, work):
    """``ran("network", measure="MD")`` is a finished run of a new plan of that kind."""

    def do(kind, **settings):
        plan = services.write_plan(
            review=review, name=f"All {kind}", kind=kind, outcome=network_data, by=ana, **settings
        )
        run = services.request_run(plan=plan, by=ana)
        work()
        run.refresh_from_db()
        run.job.refresh_from_db()
        assert run.result, run.job.error
        return run

    return do


def page(client, run):
    response = client.get(reverse("analysis:run", args=[run.review.slug, run.pk]))
    assert response.status_code == 200
    return response.content.decode()


def figure(client, run, key):
    address = reverse("analysis:figure", args=[run.review.slug, run.pk, key])
    return client.get(address, headers={"HX-Request": "true"}).content


def table(client, run, name):
    response = client.get(reverse("analysis:run_file", args=[run.review.slug, run.pk, name, "csv"]))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_a_network_is_shown_with_its_league_table(client, cleo, ran):
    run = ran("network", measure="MD", comparator_label="waiting list")
    client.force_login(cleo)
    text = page(client, run)
    assert "5 trials, 440 participants, compare 5 treatments" in text
    assert "The network falls into 2 parts that no study connects" in text
    assert "Light and Sham light" in text
    assert "Against Waiting list" in text
    assert text.count('class="league-name"') == 5
    assert "CBT ranks first" in text
    assert "Direct and indirect evidence" in text
    assert "Design-by-treatment interaction" in text
    assert "none" not in text.partition("Studies left out")[2].partition("</section>")[0]
    for key in ("network-graph", "network-forest", "ranks", "league-table"):
        shown = client.get(
            reverse("analysis:figure", args=[run.review.slug, run.pk, key]), headers={"HX-Request": "true"}
        )
        assert b"<svg" in shown.content, key


def test_the_league_table_of_a_network_as_csv(client, cleo, ran):
    run = ran("network", measure="MD")
    client.force_login(cleo)
    league = table(client, run, "league")
    assert len(league) == 5 * 4
    pairs = {(row["treatment"], row["comparator"]): row for row in league}
    cbt, back = pairs["CBT", "Waiting list"], pairs["Waiting list", "CBT"]
    assert float(cbt["estimate"]) == pytest.approx(-float(back["estimate"]))
    assert float(cbt["ci_low"]) == pytest.approx(-float(back["ci_high"]))
    assert cbt["direct_studies"] == "2"
    assert pairs["CBT", "Light"]["estimate"] == ""
    assert table(client, run, "ranking")[0]["treatment"] == "CBT"
    assert len(table(client, run, "contrasts")) == 7
    missing = client.get(reverse("analysis:run_file", args=[run.review.slug, run.pk, "directions", "csv"]))
    assert missing.status_code == 404


def test_a_synthesis_without_meta_analysis_is_shown(client, cleo, ran):
    run = ran("narrative", measure="SMD", experimental_label="treatment", comparator_label="control")
    client.force_login(cleo)
    text = page(client, run)
    assert "5 studies, not pooled. By direction of effect, 5 of 5 studies (100%, 95% CI 48% to 100%)" in text
    assert "not a finding of no effect" in text
    assert "Fisher: sum of logarithms" in text
    assert "SWiM" in text
    for key in ("effect-direction", "harvest", "albatross"):
        shown = client.get(
            reverse("analysis:figure", args=[run.review.slug, run.pk, key]), headers={"HX-Request": "true"}
        )
        assert b"<svg" in shown.content, key
    rows = table(client, run, "directions")
    assert [row["direction"] for row in rows] == ["1"] * 5


def test_lists_and_exports_hold_results_without_a_pooled_effect(client, ana, review, ran):
    network, narrative = ran("network", measure="MD"), ran("narrative", experimental_label="treatment")
    found = {one.plan.kind: one for one in standings(review, Plan.objects.filter(review=review))}
    assert found["network"].in_short == "5 treatments, CBT ranks first of its part"
    assert found["narrative"].in_short == "5 of 5 favour treatment"
    client.force_login(ana)
    listed = client.get(reverse("analysis:plans", args=[review.slug])).content.decode()
    assert "CBT ranks first of its part" in listed
    assert "5 of 5 favour treatment" in listed
    exported = "".join(analyses.as_csv(review.memberships.get(user=ana)))
    rows = list(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))))
    assert {row["plan"]: row["k"] for row in rows} == {"All network": "5", "All narrative": "5"}
    assert [row["part"] for row in rows if row["plan"] == "All network"] == [
        "CBT against Waiting list",
        "Exercise against Waiting list",
    ]
    assert all(float(row["ci_high"]) < 0 for row in rows if row["plan"] == "All network")
    for run in (network, narrative):
        answer = client.get(f"/api/reviews/{review.slug}/runs/{run.pk}/").json()
        assert answer["result"]["kind"] == run.plan.kind


def test_a_network_without_two_treatments_says_so(review, network_data, ana, work):
    plan = services.write_plan(
        review=review, name="Nothing", kind="network", outcome=network_data, by=ana, measure="OR"
    )
    with pytest.raises(services.CannotRun, match="nothing to pool"):
        services.request_run(plan=plan, by=ana)


def test_a_network_that_is_run_again_after_a_correction_is_stale(client, cleo, ran):
    run = ran("network", measure="MD")
    Result.objects.filter(study__label="Ade 2001").update(mean1=13.0)
    client.force_login(cleo)
    assert "Ade 2001" in page(client, run).partition("in-words")[0]
