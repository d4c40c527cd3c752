"""What a browser may keep."""

import pytest


@pytest.mark.parametrize("page", ["/reviews/", "/reviews/trd/", "/reviews/trd/history.csv", "/nowhere/"])
def test_pages_of_a_signed_in_person_are_kept_by_no_browser(review, ben, as_user, page):
    assert as_user(ben).get(page)["Cache-Control"] == "private, no-store"


def test_what_says_for_itself_how_long_it_lasts_is_left_alone(ben, as_user):
    assert "max-age=0" in as_user(ben).get("/healthz")["Cache-Control"]


def test_strangers_get_no_such_header(client):
    assert not client.get("/").has_header("Cache-Control")
