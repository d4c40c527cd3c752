"""What holds for every address of the API: refusals are JSON with a sentence, lists end, the schema is whole."""

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from reviews.api_pages import Pages
from tests.factories import make_record

RECORDS = "/api/reviews/trd/records/"
HUGE = "9" * 24


@pytest.fixture
def api(ana):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(ana)
    return client


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nope/", "/api/reviews/a b/", "/api/reviews/trd/prisma/records/-1/"]
)
def test_what_is_not_there_is_json(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert "/api/schema/" in answer.json()["detail"]


def test_people_get_a_page(as_user, ana):
    answer = as_user(ana).get("/nowhere/at/all/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_what_breaks_is_json(api, monkeypatch):
    def breaks(self, *args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Pages, "paginate_queryset", breaks)
    answer = api.get(RECORDS)
    assert answer.status_code == 500
    assert "log of the server" in answer.json()["detail"]
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/reviews/", RECORDS, "/api/schema/"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token nonsense"}])
def test_nobody_is_asked_for_a_token(db, path, headers):
    answer = Client().get(path, headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"
    assert b"detail" in answer.content


def test_a_page_has_at_most_a_thousand_rows(api, review, monkeypatch):
    monkeypatch.setattr(Pages, "max_limit", 2)
    for _ in range(3):
        make_record(review)
    for limit in ("3", HUGE):
        told = api.get(RECORDS, {"limit": limit}).json()
        assert (told["count"], len(told["results"])) == (3, 2)
        assert "offset=2" in told["next"]
    assert api.get(RECORDS, {"offset": HUGE}).json()["results"] == []


def test_values_beyond_storage_are_a_sentence(api):
    answer = api.get(RECORDS, {"search": HUGE})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "A number in the request is too large to be stored."


@pytest.mark.parametrize("body", ["[" * 100_000, "{bad", "[]", "7", '"text"'])
def test_a_body_that_is_no_object_is_a_sentence(api, body):
    answer = api.post("/api/reviews/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()


def test_half_a_character_is_refused(api):
    answer = api.post("/api/reviews/", r'{"title": "half \ud800 of it"}', content_type="application/json")
    assert answer.status_code == 400
    assert r"half a character (\ud800)" in answer.json()["detail"]


def test_the_schema_has_neither_errors_nor_warnings(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").stat().st_size > 10_000
