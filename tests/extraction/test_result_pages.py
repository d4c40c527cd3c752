"""The form of a result: every kind, conversions without script, the check, pasting, whose result it is."""

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from extraction import services
from extraction.models import Result
from extraction.values import FIELDS
from tests.extraction.conftest import MEANS
from tests.extraction.dual import make_extraction
from tests.extraction.test_kinds import SAMPLES
from tests.services import no_page_errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(review, study, outcome, ben, as_user):
    """``form("means", do="check", sd1="")`` sends the form of a new result; without fields it only opens it."""
    client = as_user(ben)
    experimental, comparator = study.arms.order_by("pk")

    def send(kind="means", follow=True, **typed):
        path = reverse("extraction:result_add", args=[review.slug, study.pk, kind])
        if not typed:
            return client.get(path)
        place = {"outcome": outcome.pk, "experimental": experimental.pk, "comparator": comparator.pk}
        return client.post(path, place | typed, follow=follow)

    return send


def fields(answer):
    """{name: value} of the form on the page."""
    shown = answer.context["form"]
    found = {name: shown[name].value() for name in shown.fields}
    return found | {name: json.loads(found[name] or "null") for name in ("conversions", "as_reported")}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_has_a_form_that_records_it(form, kind):
    blank = form(kind).content.decode()
    assert all(f'name="{name}"' in blank for name in SAMPLES[kind])
    answer = form(kind, **SAMPLES[kind])
    result = Result.objects.get()
    assert answer.redirect_chain[-1][0].endswith(f"/results/{result.pk}/")
    page = answer.content.decode()
    assert str(next(value for name, value in SAMPLES[kind].items() if name != "effect_measure")) in page
    assert ("How the numbers were obtained" in page) == (kind == "effect")


def test_a_standard_error_becomes_an_sd_without_script(form):
    numbers = {name: str(value) for name, value in MEANS.items()} | {"sd1": ""}
    opened = form(**numbers, do="show", way="se_ci", way_arm="1").content.decode()
    assert "Standard error of the mean" in opened
    assert "Still missing" in opened
    shown = form(**numbers, do="show", way="se_ci", way_arm="1", **{"c-se": "0.75"}).content.decode()
    assert "sd = 0.75 * sqrt(40). Result: sd = 4.74342" in shown
    assert "Cochrane Handbook" in shown
    assert Result.objects.count() == 0
    taken = form(**numbers, do="take:sd.from_se", way="se_ci", way_arm="1", **{"c-se": "0.75"})
    now = fields(taken)
    assert now["sd1"] == "4.74341649"
    assert now["conversions"][0]["key"] == "sd.from_se"
    assert now["as_reported"] == {"se1": "0.75"}
    carried = {name: json.dumps(now[name]) for name in ("conversions", "as_reported")}
    dropped = fields(form(**(numbers | carried | {"sd1": "4.74341649"}), do="drop:0"))
    assert (dropped["sd1"], dropped["conversions"]) == ("", [])
    refused = form(**(numbers | carried | {"sd1": "5"}))
    assert "gives 4.74342, but 5.0 stands here" in refused.content.decode()
    form(**(numbers | carried | {"sd1": "4.74341649"}))
    result = Result.objects.get()
    assert (result.derived, result.as_reported) == (True, {"se1": "0.75"})


@pytest.mark.parametrize(
    ("kind", "way", "given", "key", "gave"),
    [
        (
            "means",
            "median",
            {"c-q1": "5", "c-median": "8", "c-q3": "12", "n1": "40"},
            "quantile.luo_s3",
            "mean1",
        ),
        (
            "means",
            "difference",
            {"c-md": "-5", "c-t": "-3", "n1": "40", "n2": "40"},
            "sd.pooled_from_t_md",
            "sd2",
        ),
        ("means", "groups", {"c-n": "10, 20", "c-mean": "4 5", "c-sd": "1;2"}, "combine.several", "mean1"),
        (
            "events",
            "percent",
            {"c-percent1": "30", "c-percent2": "10", "n1": "40", "n2": "41"},
            "twobytwo.from_percent",
            "events1",
        ),
        ("effect", "t_or_p", {"c-t": "-2.4", "n1": "30", "n2": "31"}, "es.t_to_g", "effect_se"),
        ("oe", "hr_to_oe", {"c-hr": "0.7", "c-ci_low": "0.5", "c-ci_high": "0.98"}, "hr.from_ci", "variance"),
        (
            "change",
            "correlation",
            {"c-sd_change": "4", "baseline_sd1": "5", "sd1": "6"},
            "change.corr",
            "r1",
        ),
    ],
)
def test_each_way_fills_the_numbers_it_gives(form, kind, way, given, key, gave):
    now = fields(form(kind, do=f"take:{key}", way=way, way_arm="1", **given))
    assert now[gave]
    assert now["conversions"][0]["key"] == key
    assert key != "es.t_to_g" or now["effect_measure"] == "SMD"


def test_nonsense_in_the_part_with_conversions_is_named(form):
    answer = form(do="show", way="se_ci", way_arm="1", **{"c-se": "-2", "c-ci_low": "a lot"}).content.decode()
    assert "must be a number above 0" in answer.replace("&#x27;", "'")
    assert "must be any number" in answer
    assert form(do="show", way="nothing").status_code == 200
    assert form(do="drop:99", conversions="[1", as_reported="[]").status_code == 200
    assert form(conversions='{"key": 1}', **MEANS).status_code == 422


def test_the_check_shows_effect_and_warnings_before_anything_is_saved(form):
    told = form(do="check", scale="HAMD-17", **(MEANS | {"sd1": "0.75"})).content.decode()
    assert "These numbers give" in told
    assert "0.75 times the root of n = 40 is 4.74" in told
    assert "still missing" in form(do="check", n1="40").content.decode()
    assert "which is not a number" in form(do="check", **(MEANS | {"n1": "many"})).content.decode()
    assert Result.objects.count() == 0


def test_a_correction_starts_with_the_numbers_as_typed(review, ben, as_user, record):
    result = record(ben, values=MEANS | {"mean1": "8.20", "p_value": "<0.001"})
    path = reverse("extraction:result_correct", args=[review.slug, result.pk])
    now = fields(as_user(ben).get(path))
    assert (now["mean1"], now["p_value"], now["sd1"]) == ("8.20", "<0.001", "4.7")


def test_a_colleagues_own_result_is_not_found(review, study, ben, cleo, as_user, record):
    own = make_extraction(study, ben, complete=False)
    result = record(ben, extraction=own)
    for name in ("result", "result_correct", "result_verify"):
        address = reverse(f"extraction:{name}", args=[review.slug, result.pk])
        assert as_user(cleo).get(address).status_code == 404
    assert as_user(cleo).get(f"/api/reviews/{review.slug}/results/{result.pk}/").status_code == 404
    assert as_user(cleo).get(f"/api/reviews/{review.slug}/results/").json()["results"] == []
    mine = as_user(ben).get(reverse("extraction:result", args=[review.slug, result.pk])).content.decode()
    assert "own extraction" in mine


def test_in_dual_extraction_a_new_result_is_ones_own(review, study, ana, ben, form):
    services.set_mode(review=review, mode="dual", by=ana, seen_version=0)
    answer = form(**MEANS)
    assert b"nobody else sees it" in answer.content
    assert Result.objects.get().extraction.extractor == ben


def test_several_arms_are_combined_and_split_on_their_page(review, study, ben, record, as_user):
    other = services.add_arm(study=study, label="Tai chi", role="experimental", by=ben)
    rows = [record(ben), record(ben, experimental=other, values=MEANS | {"mean1": 10})]
    client, path = as_user(ben), reverse("extraction:several_arms", args=[review.slug, study.pk])
    assert b"Combine the arms that differ" in client.get(path).content
    assert b"two results or more" in client.post(path, {"result": rows[0].pk}, follow=True).content
    assert client.post(path, {"result": 999_999}).status_code == 404
    chosen = {"result": [row.pk for row in rows]}
    client.post(path, chosen | {"do": "combine", "label": "Any"})
    assert Result.objects.preferred().get().experimental.label == "Any"
    client.post(path, chosen | {"do": "split"})
    assert [row.n2 for row in Result.objects.current().order_by("pk")[1:]] == [20, 20]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_row_of_a_table_is_pasted_and_an_sd_converted(
    page, live_server, as_user, review, study, outcome, ben
):
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    with no_page_errors(page):
        _paste_and_convert(
            page, f"/reviews/trd/extraction/studies/{study.pk}/results/means/?outcome={outcome.pk}"
        )
    assert Result.objects.get().mean1 == -8.2


def _paste_and_convert(page, address):
    page.goto(address)
    paste = """text => { const data = new DataTransfer(); data.setData("text", text);
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true,
        cancelable: true})) }"""
    page.locator("#id_n1").focus()
    page.evaluate(paste, "40 (51%)\t−8·20 (0.75)\n41 –13.2 ± 6.9")
    values = {"n1": "40", "mean1": "−8·20", "sd1": "0.75", "n2": "41", "mean2": "−13.2", "sd2": "6.9"}
    for name, text in values.items():
        expect(page.locator(f"#id_{name}")).to_have_value(text)
    expect(page.locator("#result-check")).to_contain_text("These numbers give")
    page.get_by_text("The report gives something else").click()
    page.get_by_label("What it gives").select_option("se_ci")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Standard error of the mean").fill("0.75")
    page.get_by_role("button", name="Show what can be computed").click()
    page.get_by_role("button", name="Take over 4.74").click()
    expect(page.locator("#id_sd1")).to_have_value("4.74341649")
    page.locator("#id_sd2").press("Enter")
    expect(page.get_by_role("heading", name="How the numbers were obtained")).to_be_visible()
