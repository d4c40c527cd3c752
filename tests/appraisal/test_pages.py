"""The usual story: it works, a colleague may, a stranger may not, nonsense is refused, more rows cost no more."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appraisal import services
from appraisal.models import Assessment, Judgement
from tests.appraisal.conftest import LOW, METAPSY
from tests.factories import make_study

KEY = METAPSY.key


@pytest.fixture
def url(review, study):
    """``url("assess", assessment)`` is the address of a page of this review."""

    def build(name, one=None, *more):
        if name in {"start", "reconcile", "settle"}:
            return reverse(f"appraisal:{name}", args=[review.slug, KEY, (one or study).pk])
        if name in {"figure", "robvis"}:
            return reverse(f"appraisal:{name}", args=[review.slug, KEY, *more])
        if name in {"overview", "figures"}:
            return reverse(f"appraisal:{name}", args=[review.slug]) + f"?instrument={KEY}"
        return reverse(f"appraisal:{name}", args=[review.slug, one.pk, *more])

    return build


def whole_form(**values):
    answers = LOW | values
    return {f"{domain}-value": value for domain, value in answers.items()} | {
        f"{domain}-support": f"about {domain}" for domain in answers
    }


@pytest.fixture
def agreed(study, ben, cleo, assess):
    assess(ben)
    assess(cleo, blinding_assessors="self_report")
    return lambda dora: services.reconcile(study=study, instrument=KEY, by=dora, values=LOW)


def test_from_the_overview_to_a_consensus_by_forms_alone(review, study, ben, cleo, dora, as_user, url):
    for assessor, itt in ((ben, "low"), (cleo, "high")):
        client = as_user(assessor)
        assert "Assess" in client.get(url("overview")).content.decode()
        opened = client.post(url("start"), follow=True)
        mine = Assessment.objects.get(assessor=assessor)
        assert opened.redirect_chain == [(url("assess", mine), 302)]
        done = client.post(url("save", mine), whole_form(itt=itt) | {"complete": "yes"}, follow=True)
        assert "is complete" in done.content.decode()

    shown = as_user(dora).get(url("reconcile")).content.decode()
    assert "about itt" in shown
    assert shown.count("rob-compare-judgement differs") == 1
    answer = as_user(dora).post(url("settle"), whole_form(itt="high") | {"seen": ""}, follow=True)
    assert "is recorded" in answer.content.decode()
    assert Assessment.objects.consensus().get().values == LOW | {"itt": "high"}
    assert "Agreed" in as_user(ben).get(url("overview")).content.decode()


def test_one_domain_is_saved_at_a_time(ben, draft, as_user, url):
    mine = draft(ben)
    data = {"itt-value": "high", "itt-support": "Completers only."}
    answer = as_user(ben).post(url("judge", mine, "itt"), data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Saved at" in answer.content.decode()
    assert "1 of 4 domains judged" in answer.content.decode()
    assert mine.judgements.get().support == "Completers only."
    assert as_user(ben).post(url("judge", mine, "itt"), data).status_code == 302


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"itt-value": "purple"}, 422, "not one of the judgements"),
        ({"itt-value": "self_report"}, 422, "not one of the judgements"),
        ({"itt-value": "low", "itt-support": "x" * 10_001}, 422, "at most 10000"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(ben, draft, as_user, url, data, status, sentence):
    answer = as_user(ben).post(url("judge", draft(ben), "itt"), data, headers={"HX-Request": "true"})
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert not Judgement.objects.exists()


def test_what_is_typed_stays_when_the_form_is_not_complete(ben, draft, as_user, url):
    mine = draft(ben)
    answer = as_user(ben).post(url("save", mine), whole_form(itt="") | {"complete": "yes"}, follow=True)
    text = answer.content.decode()
    assert "Still to be judged: Intention to treat" in text
    assert "about sequence_generation" in text
    assert mine.judgements.exclude(value="").count() == 3


def test_unknown_things_are_not_found(review, ben, draft, as_user, url):
    client = as_user(ben)
    assert client.post(url("judge", draft(ben), "weather"), {}).status_code == 404
    overview = reverse("appraisal:overview", args=[review.slug])
    assert client.get(overview + "?instrument=rob9").status_code == 404
    assert client.get(url("figure", None, "traffic-light", "svg")).status_code == 404
    assert client.get(url("overview").replace("?", "?page=zzz&")).status_code == 200


def test_a_stale_consensus_form_answers_409_and_shows_the_new_one(study, ana, dora, agreed, as_user, url):
    agreed(dora)
    answer = as_user(ana).post(url("settle"), whole_form(itt="high") | {"seen": ""})
    assert answer.status_code == 409
    assert "changed by Dora in the meantime" in answer.content.decode()
    assert Assessment.objects.consensus().get().values == LOW


@pytest.mark.parametrize("fmt", ["svg", "png", "pdf", "tiff"])
@pytest.mark.parametrize("plot", ["traffic-light", "summary"])
def test_figures_download_in_every_format(dora, agreed, as_user, url, fmt, plot):
    agreed(dora)
    answer = as_user(dora).get(url("figure", None, plot, fmt))
    assert answer.status_code == 200
    assert f'filename="trd-metapsy_rob1-{plot}.{fmt}"' in answer["Content-Disposition"]
    beginning = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "tiff": (b"II", b"MM")}[fmt]
    assert answer.content.startswith(beginning)


def test_the_plot_and_its_table_show_what_was_agreed(dora, agreed, as_user, url):
    agreed(dora)
    text = as_user(dora).get(url("figures")).content.decode()
    assert "Nakagawa 2017, Blinding of outcome assessors: Low risk" in text
    assert "The same as a table" in text
    assert "1 of 1 studies" in text


def test_before_any_consensus_the_plot_is_ones_own(ben, cleo, assess, as_user, url):
    assess(ben)
    assert "only you see them" in as_user(ben).get(url("figures")).content.decode()
    assert "appears with the first" in as_user(cleo).get(url("figures")).content.decode()


def test_robvis_gets_words_it_understands(dora, agreed, as_user, url):
    consensus = agreed(dora)
    consensus.judgements.filter(domain="blinding_assessors").update(value="self_report")
    consensus.judgements.filter(domain="itt").update(value="high")
    rows = list(csv.reader(io.StringIO(as_user(dora).get(url("robvis")).content.decode())))
    assert rows == [
        [
            "Study",
            "Sequence.generation",
            "Allocation.concealment",
            "Blinding.of.outcome.assessors",
            "Intention.to.treat.incomplete.outcome.data",
            "Overall",
        ],
        ["Nakagawa 2017", "Low", "Low", "Not applicable", "High", "No information"],
    ]


def test_agreement_is_shown_per_domain(review, ben, cleo, assess, as_user, url):
    second = make_study(review, "Fonagy 2015")
    assess(ben, itt="high")
    assess(cleo, itt="high")
    assess(ben, on=second)
    assess(cleo, on=second)
    text = as_user(ben).get(url("figures")).content.decode()
    assert "2 of 2" in text
    assert "1.00 (1.00 to 1.00)" in text
    assert "not defined: one level only" in text


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("overview", "get"),
        ("figures", "get"),
        ("start", "post"),
        ("assess", "get"),
        ("save", "post"),
        ("judge", "post"),
        ("reopen", "post"),
        ("reconcile", "get"),
        ("settle", "post"),
        ("figure", "get"),
        ("robvis", "get"),
    ],
)
def test_a_stranger_finds_nothing_and_an_observer_cannot_write(
    review, stan, eve, ben, draft, as_user, url, name, method
):
    more = {"judge": ["itt"], "figure": ["traffic-light", "svg"]}.get(name, [])
    address = url(
        name, None if name in {"overview", "figures", "start", "reconcile", "settle"} else draft(ben), *more
    )
    assert getattr(as_user(eve), method)(address).status_code == 404
    if method == "post":
        assert getattr(as_user(stan), method)(address).status_code == 403
        assert as_user(ben).get(address).status_code == 405
    else:
        assert as_user(stan).get(address).status_code in {200, 404}


@pytest.mark.parametrize("page", ["overview", "api"])
def test_ten_more_studies_cost_no_more_queries(review, ben, cleo, dora, assess, agreed, as_user, url, page):
    agreed(dora)
    address = (
        url("overview") if page == "overview" else reverse("appraisal-assessments-list", args=[review.slug])
    )
    client = as_user(dora)
    client.get(address)

    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    before = count()
    for number in range(10):
        other = make_study(review, f"More {number}")
        assess(ben, on=other)
        assess(cleo, on=other, itt="high")
        services.reconcile(study=other, instrument=KEY, by=dora, values=LOW)
    assert count() <= before
