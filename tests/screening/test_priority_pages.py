"""The order of screening as people meet it: its page, scores only where they are shown, and why a record has one."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from reviews.jobs import perform
from reviews.models import Job
from screening.found import curve
from screening.models import Ranking
from screening.services import rankings
from tests.factories import make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
PAGE = "/reviews/trd/priority/"
LIST = "/reviews/trd/records/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def records(review):
    return [make_record(review, f"Trial number {number}") for number in range(1, 5)]


@pytest.fixture
def ranking(review, records):
    """The third record first, the last one unknown to it."""
    order = [records[2].pk, records[0].pk, records[1].pk]
    return Ranking.objects.create(
        review=review,
        stage=TA,
        model="linear 1",
        order=order,
        scores=[0.83, 0.41, 0.02],
        labels=[[1, 1], [2, 0]],
        n_labelled=12,
        n_included=3,
        about={"start": "decisions", "terms": [["psilocybin", 1.5], ["rats", -0.7]]},
    )


def text(answer):
    return " ".join(answer.content.decode().split())


def pane(client, record):
    return text(client.get(f"/reviews/trd/screen/{TA}/{record.pk}/"))


# --- the page --------------------------------------------------------------------------------------------


def test_an_order_that_is_not_learned_says_so(records, as_user, stan, eve):
    page = text(as_user(stan).get(PAGE))
    assert "Nothing is learned." in page
    assert "Nothing included yet" in page
    assert "Learn it now" not in page
    assert as_user(eve).get(PAGE).status_code == 404


def test_the_page_tells_what_the_order_of_this_person_was_learned_from(
    review, ranking, change, as_user, ben, cleo
):
    change(order="mixed", random_share=20, order_seed=7)
    own = {"labels": [], "n_labelled": 15, "n_included": 4, "about": {"start": "decisions"}}
    Ranking.objects.create(
        review=review, stage=TA, reviewer=ben, model="m", order=ranking.order[:2], scores=[0.9, 0.1], **own
    )
    page = text(as_user(ben).get(PAGE))
    assert "20 are random ones" in page
    assert "(seed 7)" in page
    assert ">15</span>" in page
    assert "or your own" in page
    page = text(as_user(cleo).get(PAGE))
    assert ">12</span>" in page
    assert "or your own" not in page
    assert "psilocybin" in page
    assert "Nobody who screens sees a score." in page


def test_the_curve_counts_told_outcomes_in_their_order(records, vote, as_user, stan, ben, cleo):
    for record, word in zip(records, ["exclude", "include", "include", "exclude"], strict=True):
        vote(ben, record, word)
        if record != records[3]:
            vote(cleo, record, word)
    page = text(as_user(stan).get(PAGE))
    assert "2 included among the first 3 complete records" in page


def test_the_curve_is_steps_with_a_table():
    drawn = curve([False, True, False, False] * 25)
    assert (drawn.screened, drawn.included) == (100, 25)
    assert [(row.screened, row.included) for row in drawn.rows[:2]] == [(10, 3), (20, 5)]
    assert [number for _, number in drawn.marks_x] == [0, 50, 100]
    first, last = drawn.line.split()[0], drawn.line.split()[-1]
    assert (first, last) == (f"{drawn.left},{drawn.base}", f"{drawn.right},10.0")
    assert curve([False, False]) is None
    assert curve([True]) is None


def test_who_screens_asks_for_a_new_order_once(review, records, change, as_user, ben, stan):
    change(order="likely")
    for _ in range(2):
        page = as_user(ben).post(f"{PAGE}{TA}/learn/", follow=True)
        assert "Learn the order of title and abstract" in text(page)
    job = Job.objects.get(task="screening.rank")
    perform(job.pk)
    job.refresh_from_db()
    assert job.result["url"] == f"{PAGE}?stage={TA}"
    refused = as_user(stan).post(f"{PAGE}{TA}/learn/", follow=True)
    assert "for who screens or leads" in text(refused)


def test_choosing_a_learned_order_has_it_learned_by_each_way(review, records, as_user, ana):
    call_command(
        "stage_settings", review="trd", stage=TA, set=["order=likely", "random_share=5"], stdout=StringIO()
    )
    assert Job.objects.filter(task="screening.rank").count() == 1
    answer = as_user(ana).patch(
        f"/api/reviews/trd/stage-settings/{FT}/",
        {"order": "uncertain", "scores_shown": "stars"},
        content_type="application/json",
    )
    assert answer.json()["order"] == "uncertain"
    assert Job.objects.filter(task="screening.rank").count() == 2
    form = as_user(ana).get(f"/reviews/trd/screening/settings/?stage={FT}").context["form"]
    assert (form["order"].value(), form["scores_shown"].value()) == ("uncertain", "stars")


# --- scores ----------------------------------------------------------------------------------------------


def test_the_screen_has_nothing_of_scores_unless_the_stage_shows_them(
    ranking, records, change, as_user, ben, ana
):
    for settings in ({"order": "likely"}, {"order": "oldest", "scores_shown": "stars"}):
        change(**settings)
        page = pane(as_user(ben), records[2])
        assert "likely-" not in page
        assert "data-explain" not in page
        assert 'id="why"' not in page
        listed = as_user(ben).get(LIST)
        assert "Likely</th>" not in text(listed)
        assert "likely-stars" not in text(listed)
        assert "likely" not in dict(listed.context["filter"].form.fields["sort"].choices)
    assert "likely-" not in pane(as_user(ana), records[2])  # who leads asks for it, or does without


def test_stars_and_probabilities_with_their_words(ranking, records, change, as_user, ben):
    change(order="likely", scores_shown="stars")
    page = pane(as_user(ben), records[2])
    assert "The model finds it very likely: 5 of 5 stars" in page
    assert "0.83" not in page
    assert 'data-key="f" data-gesture="explain"' in page
    assert 'id="why"' in page
    assert "likely-stars" not in pane(as_user(ben), records[3])  # not in the ranking
    change(scores_shown="probability")
    page = pane(as_user(ben), records[0])
    assert 'hard to say: <span class="num">0.41</span>' in page


def test_the_list_sorts_by_likelihood_where_it_is_shown(ranking, records, change, as_user, ben):
    change(order="likely", scores_shown="probability")
    page = as_user(ben).get(f"{LIST}?sort=likely")
    assert [row.pk for row in page.context["page_obj"]] == [*ranking.order, records[3].pk]
    assert 'data-label="Likely"><span class="num">0.83</span>' in text(page)
    change(scores_shown="hidden")
    assert "sort" in as_user(ben).get(f"{LIST}?sort=likely").context["filter"].form.errors


def test_why_is_told_where_scores_are_shown_and_to_who_leads(review, vote, change, as_user, ben, cleo, ana):
    titles = ["Psilocybin trial in adults", "Anatomy of rats", "Psilocybin trial again", "Rats in mazes"]
    one, two, three, _ = (make_record(review, title) for title in titles)
    for record, word in ((one, "include"), (two, "exclude")):
        vote(ben, record, word)
        vote(cleo, record, word)
    change(order="likely")
    why = f"{PAGE}{TA}/{three.pk}/why/"
    assert "Nothing is ranked yet" in as_user(ana).get(why, headers=JSON).json()["detail"]
    rankings.learn(review=review, stage=TA)
    hidden = as_user(ben).get(why, headers=JSON)
    assert hidden.status_code == 403
    assert "not shown at this stage" in hidden.json()["detail"]
    assert "not shown at this stage" in text(as_user(ben).get(why, follow=True))
    assert "psilocybin" in text(as_user(ana).get(why))
    link = f'{why}?back=record">What the model says'
    assert link in text(as_user(ana).get(f"{LIST}{three.pk}/"))
    assert link not in text(as_user(ben).get(f"{LIST}{three.pk}/"))
    assert f'href="{LIST}{three.pk}/"' in text(as_user(ana).get(f"{why}?back=record"))
    change(scores_shown="stars")
    answer = as_user(ben).get(why, headers=JSON).json()
    assert answer["user"] == ben.pk
    assert "psilocybin" in answer["html"]
    assert "for it" in answer["html"]
    assert "<h1" not in answer["html"]
    assert f"/screen/{TA}/{three.pk}/" in text(as_user(ben).get(why))


# --- files -----------------------------------------------------------------------------------------------


def test_an_order_goes_out_and_comes_in_as_a_file(review, ranking, records, change, as_user, ana, ben):
    change(order="likely")
    assert "not shown at this stage" in text(as_user(ben).get(f"{PAGE}{TA}/file/", follow=True))
    written = as_user(ana).get(f"{PAGE}{TA}/file/")
    assert 'filename="trd-order-title_abstract.json"' in written["Content-Disposition"]
    assert [row["record_id"] for row in written.json()["records"]] == ranking.order

    def bring(name, data, person=ana):
        file = SimpleUploadedFile(name, data)
        return as_user(person).post(f"{PAGE}{TA}/import/", {"file": file}, follow=True)

    table = f"record_id,place\n{records[3].pk},1\n{records[0].pk},2\n999999,3\n".encode()
    page = text(bring("mine.csv", table))
    assert "The order of 2 records was taken" in page
    assert "1 of its rows name no record" in page
    assert "This order was taken from a file by Ana" in page
    assert Ranking.objects.get(reviewer=None).order == [records[3].pk, records[0].pk]
    assert "no column names the record" in text(bring("x.csv", b"a,b\n1,2\n"))
    assert "The submitted file is empty" in text(bring("x.csv", b""))
    assert bring("x.csv", table, ben).status_code == 403
