"""The pages of this room, as each member of the cast meets them."""

import io
import json

import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from analysis import services
from analysis.choices import SENSITIVITY
from analysis.models import Plan, QuotedResult, Run
from analysis.urls import urlpatterns
from extraction.models import Characteristic, Result
from reviews.models import Job
from tests.factories import join, make_result, make_study, make_user

FIGURES = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tiff": b"II*\x00"}


def url(name, review, *args):
    return reverse(f"analysis:{name}", args=[review.slug, *args])


def text_of(response):
    return response.content.decode()


@pytest.fixture
def settings_form(outcome):
    return {
        "name": "All trials",
        "outcome": outcome.pk,
        "measure": "SMD",
        "tau2_method": "REML",
        "test": "knha",
        "method": "iv",
        "level": "95",
        "prediction": "as test",
        "sensitivity": list(SENSITIVITY),
        "experimental_label": "therapy",
        "comparator_label": "control",
    }


def test_every_address_is_404_for_a_stranger_and_leads_to_sign_in_when_signed_out(
    run, review, eve, client, as_user
):
    found = run()
    values = {
        "plan_slug": found.plan.slug,
        "pk": found.pk,
        "name": "forest",
        "extension": "svg",
        "figure": "forest",
        "kind": "gosh",
    }
    for pattern in urlpatterns:
        wanted = {name: values[name] for name in pattern.pattern.converters}
        address = reverse(f"analysis:{pattern.name}", kwargs={"slug": review.slug, **wanted})
        assert as_user(eve).get(address).status_code == 404, pattern.name
        assert as_user(eve).post(address).status_code == 404, pattern.name
        assert client.get(address).status_code == 302, pattern.name


@pytest.mark.parametrize("name", ["plan_new", "quote"])
def test_a_role_without_the_right_gets_403(name, review, ben, stan, as_user):
    assert as_user(ben).get(url(name, review)).status_code == 403
    assert as_user(stan).get(url(name, review)).status_code == 200


def test_a_reader_sees_results_and_no_buttons(run, review, as_user):
    found = run()
    reader = as_user(join(review, make_user("olga"), "observer").user)
    for address in (url("plans", review), url("plan", review, "all-trials"), url("run", review, found.pk)):
        page = reader.get(address)
        assert page.status_code == 200
        assert "plan_new" not in text_of(page)
        assert "Run again" not in text_of(page)
    assert reader.post(url("plan_run", review, "all-trials")).status_code == 403
    assert reader.post(url("run_cancel", review, found.pk)).status_code == 403
    assert reader.post(url("plan_retire", review, "all-trials")).status_code == 403


def test_another_reviews_plan_and_run_are_not_found(run, eve, as_user):
    found = run()
    other = eve.memberships.get().review
    assert as_user(eve).get(url("run", other, found.pk)).status_code == 404
    assert as_user(eve).get(url("plan", other, "all-trials")).status_code == 404
    assert as_user(eve).get(url("run_file", other, found.pk, "result", "json")).status_code == 404


def test_the_empty_room_says_what_comes_next(review, ana, ben, as_user, django_user_model):
    assert "there is none yet" in text_of(as_user(ana).get(url("plans", review)))
    review.outcomes.create(name="Depression")
    assert "Write a plan" in text_of(as_user(ana).get(url("plans", review)))
    assert "a statistician of the review writes the plans" in text_of(as_user(ben).get(url("plans", review)))


def test_from_a_plan_to_a_result_in_the_browser(trials, review, stan, as_user, settings_form, work):
    browser = as_user(stan)
    written = browser.post(url("plan_new", review), settings_form)
    assert written["Location"] == url("plan", review, "all-trials")
    assert "Not run yet" in text_of(browser.get(written["Location"]))
    asked = browser.post(url("plan_run", review, "all-trials"))
    address = asked["Location"]
    waiting = text_of(browser.get(address))
    assert "Queued" in waiting
    assert f'hx-get="{address}"' in waiting
    assert "Forest plot" not in waiting
    fragment = browser.get(address, headers={"HX-Request": "true"})
    assert "<html" not in text_of(fragment)
    assert 'hx-trigger="every 1s"' in text_of(fragment)
    work()
    done = text_of(browser.get(address, headers={"HX-Request": "true"}))
    assert "<html" not in done
    assert "every 1s" not in done
    assert "Pooled Hedges g" in done
    assert '<svg xmlns="http://www.w3.org/2000/svg" id="forest"' in done
    assert "All trials" in text_of(browser.get(url("plans", review)))


def test_the_result_page_has_every_part(run, review, trials, outcome, ana, as_user):
    for study, therapy in zip(trials, ("CBT", "CBT", "IPT"), strict=True):
        Characteristic.objects.create(study=study, name="therapy", value=therapy)
    services.quote_result(
        review=review,
        outcome=outcome,
        label="All published",
        by=ana,
        estimate=-0.49,
        ci_low=-0.63,
        ci_high=-0.34,
        k=12,
        citation="Author 2025",
    )
    found = run(subgroup_by="therapy", experimental_label="therapy")
    page = text_of(as_user(ana).get(url("run", review, found.pk)))
    for part in (
        "on the side of therapy, and the interval includes no effect",
        "Heterogeneity: τ²",
        "prediction interval",
        "The same as a table",
        "Subgroups by therapy",
        "One trial cannot be pooled. Cruz 2010 found",
        "Test of subgroup differences",
        "quoted, not ours",
        "Author 2025",
        "Random effects (DL), z test",
        "Leaving out one trial at a time",
        "Studentised residual",
        "at least 10 studies; there are 3",
        "every study with a result for this outcome is in",
        "We pooled standardised mean differences",
        found.input_hash,
        "engine 2, numpy",
        reverse("extraction:result", args=[review.slug, trials[0].results.get().pk]),
    ):
        assert part in page, part
    assert " style=" not in page


def test_studies_left_out_are_listed_with_the_reason(run, review, trials, ana, as_user):
    found = run(excluded_studies=[trials[2]], exclusion_note="the outlier")
    page = text_of(as_user(ana).get(url("run", review, found.pk)))
    assert "<dt>Cruz 2010</dt><dd>the outlier</dd>" in page


def test_a_changed_result_makes_the_run_stale_and_running_again_mends_it(
    run, review, trials, ana, as_user, work
):
    found, browser = run(), as_user(ana)
    assert "changed since" not in text_of(browser.get(url("run", review, found.pk)))
    assert "present data" in text_of(browser.get(url("plan", review, "all-trials")))
    Result.objects.filter(study=trials[0]).update(mean1=9.0)
    assert "changed since this run" in text_of(browser.get(url("run", review, found.pk)))
    assert "Data changed" in text_of(browser.get(url("plans", review)))
    assert "changed since" in text_of(browser.get(url("plan", review, "all-trials")))
    again = browser.post(url("plan_run", review, "all-trials"))
    assert again["Location"] != url("run", review, found.pk)
    work()
    assert "Data changed" not in text_of(browser.get(url("plans", review)))
    assert text_of(browser.get(again["Location"])).count("changed since") == 0


def test_results_nobody_verified_are_named(run, review, trials, cleo, ana, as_user):
    found = run()
    page = url("run", review, found.pk)
    assert "Not verified by a second person yet: the results of Ade 2001, Bol 2005, Cruz 2010." in text_of(
        as_user(ana).get(page)
    )
    Result.objects.exclude(study=trials[1]).update(verified_by=cleo, verified_at=timezone.now())
    assert "yet: the result of Bol 2005." in text_of(as_user(ana).get(page))
    Result.objects.update(verified_by=cleo, verified_at=timezone.now())
    assert "Not verified" not in text_of(as_user(ana).get(page))


def test_running_twice_shows_the_same_run(run, review, ana, as_user):
    found = run()
    again = as_user(ana).post(url("plan_run", review, "all-trials"), follow=True)
    assert again.redirect_chain[-1][0] == url("run", review, found.pk)
    assert "its result stands" in text_of(again)


def test_a_run_that_fails_shows_its_sentence_and_offers_another_try(run, review, ana, as_user):
    failed = run("Odds", measure="OR")
    page = text_of(as_user(ana).get(url("run", review, failed.pk)))
    assert "Ade 2001: means and SDs do not give OR." in page
    assert "Try again" in page
    assert as_user(ana).get(url("run_file", review, failed.pk, "result", "json")).status_code == 404


def test_cancelling_a_queued_run(write, trials, review, ana, as_user):
    found = services.request_run(plan=write(), by=ana)
    browser = as_user(ana)
    assert url("run_cancel", review, found.pk) in text_of(browser.get(url("run", review, found.pk)))
    assert browser.post(url("run_cancel", review, found.pk)).status_code == 302
    assert Job.objects.get(pk=found.job_id).state == Job.State.CANCELLED
    late = browser.post(url("run_cancel", review, found.pk), follow=True)
    assert "This run is cancelled already." in text_of(late)
    htmx = browser.post(url("run_cancel", review, found.pk), headers={"HX-Request": "true"})
    assert htmx.status_code == 409


def test_nothing_to_pool_is_said_on_the_plans_page(write, review, ana, as_user):
    write()
    answer = as_user(ana).post(url("plan_run", review, "all-trials"), follow=True)
    assert "has nothing to pool" in text_of(answer)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"measure": "XYZ"}, "XYZ is not one of the available choices"),
        ({"level": "100"}, "a percentage between 0 and 100"),
        ({"excluded": True}, "Say why these studies are left out"),
    ],
)
def test_a_plan_with_nonsense_comes_back_with_a_sentence(
    trials, review, ana, as_user, settings_form, change, sentence
):
    if change.pop("excluded", False):
        change = {"excluded_studies": [trials[0].pk]}
    answer = as_user(ana).post(url("plan_new", review), settings_form | change)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Plan.objects.exists()


def test_a_plan_may_start_from_another(write, review, ana, as_user):
    write("First", tau2_method="DL")
    page = text_of(as_user(ana).get(url("plan_new", review) + "?from=first"))
    assert 'value="First (2)"' in page
    assert '<option value="DL" selected>' in page


def test_retiring_a_plan_keeps_its_runs(run, review, ana, as_user):
    found, browser = run(), as_user(ana)
    assert browser.post(url("plan_retire", review, "all-trials")).status_code == 302
    assert "Retired plans (1)" in text_of(browser.get(url("plans", review)))
    assert "Retired on" in text_of(browser.get(url("plan", review, "all-trials")))
    assert "Run again" not in text_of(browser.get(url("run", review, found.pk)))
    assert "retired already" in text_of(browser.post(url("plan_retire", review, "all-trials"), follow=True))


def test_quoting_a_published_figure(write, review, outcome, ana, as_user):
    write()
    figures = {
        "outcome": outcome.pk,
        "label": "All studies",
        "measure": "SMD",
        "estimate": "-0.49",
        "ci_low": "-0.63",
        "ci_high": "-0.34",
        "citation": "Author 2025",
    }
    browser = as_user(ana)
    wrong = browser.post(url("quote", review), figures | {"ci_low": "-0.2"})
    assert wrong.status_code == 422
    assert "The interval must hold the estimate" in text_of(wrong)
    assert not QuotedResult.objects.exists()
    assert browser.post(url("quote", review), figures).status_code == 302
    again = browser.post(url("quote", review), figures)
    assert again.status_code == 422
    assert "quoted already" in text_of(again)
    page = text_of(browser.get(url("plans", review)))
    assert "quoted, not ours" in page
    assert "−0.63 to −0.34" in page


@pytest.mark.parametrize("extension", FIGURES)
def test_the_forest_plot_as_a_file(run, review, ben, as_user, extension):
    answer = as_user(ben).get(url("run_file", review, run().pk, "forest", extension))
    assert answer.status_code == 200
    assert answer.content.startswith(FIGURES[extension])
    assert answer["Content-Disposition"].endswith(f'-forest.{extension}"')
    if extension == "svg":
        assert b'href="http://testserver/reviews/trd/extraction/results/' in answer.content
    if extension == "pdf":
        (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        links = [one.get_object()["/A"]["/URI"] for one in page["/Annots"]]
        assert len(links) == 3
        assert links[0].startswith("http://testserver/reviews/trd/extraction/results/")
    if extension in {"png", "tiff"}:
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.width > 1500


def test_a_picture_that_would_be_too_large_is_refused_with_a_sentence(run, review, ben, as_user, monkeypatch):
    monkeypatch.setattr("reviews.figures.convert.MAX_PIXELS", 1000)
    found = run()
    answer = as_user(ben).get(url("run_file", review, found.pk, "forest", "png"), follow=True)
    assert answer.redirect_chain[-1][0] == url("run", review, found.pk)
    assert "too large for a picture; choose a lower resolution, SVG or PDF" in text_of(answer)


def test_the_result_as_json(run, review, ben, as_user):
    found = run()
    answer = as_user(ben).get(url("run_file", review, found.pk, "result", "json"))
    data = json.loads(answer.content)
    assert data["result"] == found.result
    assert data["snapshot"] == found.snapshot
    assert data["input_hash"] == found.input_hash
    for name, extension in (("forest", "exe"), ("other", "svg"), ("result", "svg")):
        assert as_user(ben).get(url("run_file", review, found.pk, name, extension)).status_code == 404


def test_a_hostile_label_stays_text(run, review, trials, ana, as_user):
    type(trials[0]).objects.filter(pk=trials[0].pk).update(label="<script>alert(1)</script>")
    found = run("<b>bold</b>")
    page = text_of(as_user(ana).get(url("run", review, found.pk)))
    assert "<script>alert" not in page
    assert "<b>bold" not in page


def test_ten_more_plans_and_studies_cost_no_more_queries(
    run, review, outcome, ben, ana, as_user, write, work, django_assert_max_num_queries
):
    browser, found = as_user(ana), run()
    addresses = [url("plans", review), url("run", review, found.pk), url("plan", review, "all-trials")]
    counts = []
    for address in addresses:
        with django_assert_max_num_queries(40) as seen:
            browser.get(address)
        counts.append(len(seen))
    for number in range(10):
        make_result(make_study(review, f"More {number}"), outcome, ben, mean1=8.0 + number)
        services.request_run(plan=write(f"Plan {number}"), by=ana)
        services.request_run(plan=found.plan, by=ana)
    work()
    newest = found.plan.runs.first()
    addresses[1] = url("run", review, newest.pk)
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_max_num_queries(count):
            assert browser.get(address).status_code == 200
