"""The page of a file while something is taken back, and after its import was undone; where its words stay hidden."""

import pytest
from django.urls import reverse

from screening.models import Intake
from tests.factories import make_batch, make_record, make_search
from tests.screening.conftest import undo_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(review):
    batch = make_batch(review, make_search(review, "Rayyan"), records_read=1)
    make_record(
        review,
        "Decided before",
        batch=batch,
        earlier=[{"by": "Kim", "decision": "exclude", "reason": "", "stage": ""}],
        keywords=["anxiety", "ASReview_irrelevant"],
        extra={"N1": ['RAYYAN-INCLUSION: {"Kim"=>"Excluded"}', "a plain note"]},
    )
    return batch


@pytest.fixture
def said(review, batch, ana, as_user, work):
    url = reverse("screening:intake", args=["trd", batch.pk])
    as_user(ana).post(url, {"form": "stage", "kind": "included", "why": "2019"})
    assert [job.state for job in work()] == ["done"]
    return Intake.objects.get()


def test_while_it_is_taken_back_the_page_shows_how_far_it_is(batch, said, as_user, ana, work):
    client, url = as_user(ana), reverse("screening:intake", args=["trd", batch.pk])
    undo = reverse("screening:intake_undo", args=["trd", said.pk])
    assert undo in client.get(url).text
    page = client.post(undo, follow=True).text
    assert "reload the page" not in page
    assert 'hx-trigger="every 1s"' in page
    assert undo not in page
    assert [job.state for job in work()] == ["done"]
    assert "taken back by Ana" in client.get(url).text


def test_after_the_import_was_undone_the_page_says_so(batch, said, as_user, ana):
    undo_import(batch)
    client = as_user(ana)
    page = client.get(reverse("screening:intake", args=["trd", batch.pk])).text
    assert "The import of this file was undone" in page
    for wrong in ("None were found", "taken in", "Take it back", "Apply"):
        assert wrong not in page
    assert batch.file_name not in client.get(reverse("screening:intakes", args=["trd"])).text


@pytest.mark.parametrize("name", ["records.csv", "records.ris"])
def test_exports_hold_no_decision_that_a_keyword_or_a_tag_tells(batch, as_user, ben, name):
    what, extension = name.split(".")
    answer = as_user(ben).get(reverse("reporting:export_file", args=["trd", what, extension]))
    text = b"".join(answer).decode()
    assert "anxiety" in text
    assert "irrelevant" not in text
    assert "RAYYAN" not in text


def test_the_api_gives_no_keyword_that_tells_a_decision(batch, as_user, ben):
    record = batch.records.get()
    record.original = {"keywords": ["ASReview_irrelevant", "mood"]}
    record.save()
    answer = as_user(ben).get(f"/api/reviews/trd/records/{record.pk}/").json()
    assert answer["keywords"] == ["anxiety"]
    assert answer["original"]["keywords"] == ["mood"]


def test_a_refused_page_is_one_line_in_the_log(batch, as_user, ben, caplog):
    answer = as_user(ben).get(reverse("screening:intake", args=["trd", batch.pk]))
    assert answer.status_code == 403
    (line,) = [record for record in caplog.records if record.name == "django.request"]
    assert not line.exc_info
    assert "Traceback" not in caplog.text
