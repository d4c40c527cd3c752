"""The list of records and the conflicts by keys alone."""

import time

import pytest
from playwright.sync_api import expect

from screening.models import Decision, Verdict
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(page, live_server, as_user):
    def sign_in(person, path):
        session = as_user(person).cookies["session"].value
        page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        page.goto(path)
        return page

    return sign_in


def until(found, wanted):
    for _ in range(300):
        if found() == wanted:
            return
        time.sleep(0.05)
    assert found() == wanted


def test_rows_are_ticked_voted_on_and_undone_by_keys(review, signed_in, ben):
    records = [make_record(review, f"Trial {number}") for number in range(3)]

    def votes():
        return list(Decision.objects.live().values_list("record", "vote"))

    page = signed_in(ben, "/reviews/trd/records/")
    expect(page.locator("#row-keys")).not_to_have_attribute("hidden", "")
    for key in ("j", "x", "j"):
        page.keyboard.press(key)
    expect(page.locator("[data-picked]")).to_have_text("1")
    page.keyboard.press("e")
    second = page.locator(f"#record-{records[1].pk}")
    expect(second.locator(".badge-exclude")).to_be_visible()
    expect(second).to_be_focused()
    assert votes() == [(records[1].pk, "exclude")]
    page.keyboard.press("u")
    expect(second.locator(".badge-exclude")).to_have_count(0)
    until(votes, [])
    page.get_by_role("button", name="Vote on the ticked").click()
    expect(page.get_by_role("heading", name="Vote on 1 record at once")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("m")
    expect(page.get_by_text("votes taken")).to_be_visible()
    assert votes() == [(records[0].pk, "maybe")]


def test_conflicts_are_resolved_and_undone_by_keys(review, conflict, signed_in, dora):
    first, _ = (conflict(make_record(review, f"Trial {number}")) for number in range(2))

    def states():
        return list(Verdict.objects.order_by("record").values_list("state", flat=True))

    page = signed_in(dora, f"/reviews/trd/conflicts/{TA}/{first.pk}/")
    expect(page.locator(".record-title")).to_have_text("Trial 0")
    page.keyboard.press("i")
    expect(page.locator(".record-title")).to_have_text("Trial 1")
    assert states() == ["included", "conflict"]
    page.keyboard.press("u")
    expect(page.locator(".record-title")).to_have_text("Trial 0")
    assert states() == ["conflict", "conflict"]
