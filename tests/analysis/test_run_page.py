"""The page of a run: under way, finished by an engine of before, out of date, very long."""

import pytest
from django.urls import reverse

from analysis import services
from analysis.engine import compute
from analysis.models import Run
from extraction.services import correct_result
from reviews.models import Job
from tests.factories import make_result, make_study

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
#: What a result of the first engine held.
OF_BEFORE = (
    *("pooled", "alternatives", "tau2_interval", "subgroups", "leave_one_out", "influence"),
    *("egger", "begg", "studies", "engine"),
)


def page_of(run):
    return reverse("analysis:run", args=[run.review.slug, run.pk])


def test_what_is_known_is_shown_while_the_rest_is_computed(write, trials, ana, as_user):
    run = services.request_run(plan=write(), by=ana)
    found = compute(run.snapshot, lambda *_: None)
    browser = as_user(ana)
    assert "So far" not in browser.get(page_of(run)).content.decode()
    Job.objects.filter(pk=run.job_id).update(state=Job.State.RUNNING, done=3, total=20)
    Run.objects.filter(pk=run.pk).update(partial={"pooled": found["pooled"], "studies": found["studies"]})
    page = browser.get(page_of(run)).content.decode()
    assert "So far" in page
    assert "Pooled Hedges g −1.19" in page
    assert page.count('id="so-far"') == 1
    part = browser.get(page_of(run), headers=HTMX).content.decode()
    assert '<div id="so-far" hx-swap-oob="true">' in part
    assert "Pooled Hedges g −1.19" in part
    Run.objects.filter(pk=run.pk).update(result=found, finished_at=run.created_at)
    done = browser.get(page_of(run), headers=HTMX).content.decode()
    assert '<div id="so-far" hx-swap-oob="true"></div>' in done
    assert 'id="what-if"' in done


def test_a_run_of_the_first_engine_is_read_and_drawn_still(run, ana, as_user):
    found, browser = run(), as_user(ana)
    old = {name: found.result[name] for name in OF_BEFORE}
    old["pooled"].pop("method")
    for study in old["studies"]:
        study.pop("row")
    for row in found.snapshot["rows"]:
        row.pop("row", None)
    Run.objects.filter(pk=found.pk).update(result=old, snapshot=found.snapshot)
    page = browser.get(page_of(found))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Pooled Hedges g −1.19" in text
    assert "Funnel plot" in text
    key = found.snapshot["rows"][0]["study_id"]
    tried = browser.get(f"{page_of(found)}?without={key}").content.decode()
    assert "Without Ade 2001" in tried
    assert (
        browser.get(reverse("analysis:run_file", args=["trd", found.pk, "forest", "svg"])).status_code == 200
    )


def test_the_page_says_which_datum_changed_and_what_it_would_become(run, trials, ben, ana, as_user):
    found = run()
    correct_result(
        result=trials[0].results.get(), by=ben, changes={"mean1": 13.5}, why="misread", seen_version=1
    )
    page = as_user(ana).get(page_of(found)).content.decode()
    assert "The data or the plan changed since this run." in page
    assert "Ade 2001: mean, experimental 12 → 13.5. Corrected by Ben" in page
    assert "On today&#x27;s data it would be Hedges g" in page
    assert "Run on today's data" in page
    programs = as_user(ben).get(f"/api/reviews/trd/runs/{found.pk}/changes/").json()
    assert programs["is_stale"]
    assert programs["becomes"].startswith("On today's data it would be Hedges g")


def test_long_tables_wait_until_they_are_looked_at(trials, review, outcome, ben, write, work, ana, as_user):
    for number in range(40):
        make_result(make_study(review, f"More {number:02}"), outcome, ben, mean1=8.0 + number / 10)
    found = services.request_run(plan=write(), by=ana)
    work()
    browser = as_user(ana)
    page = browser.get(page_of(found)).content.decode()
    address = reverse("analysis:run_table", args=["trd", found.pk, "influence"])
    assert f'hx-get="{address}"' in page
    assert "Studentised residual</th>" not in page
    part = browser.get(address, headers=HTMX).content.decode()
    assert "<html" not in part
    assert part.count("<tr>") >= 43
    whole = browser.get(address).content.decode()
    assert "<html" in whole
    assert "Studentised residual</th>" in whole
    assert browser.get(address.replace("influence", "nonsense")).status_code == 404
