"""A score is explained on demand by a key, over the record, and the next key votes again."""

import pytest
from playwright.sync_api import expect

from screening.models import Decision
from screening.services import rankings
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_key_explains_and_moves_nothing(page, live_server, as_user, review, vote, change, ben, cleo):
    titles = [
        "Psilocybin for adults",
        "Anatomy of rats",
        "Anatomy of rats again",
        "Psilocybin for adults again",
    ]
    one, two, _, likely = (make_record(review, title) for title in titles)
    for record, word in ((one, "include"), (two, "exclude")):
        vote(ben, record, word)
        vote(cleo, record, word)
    change(order="likely", scores_shown="stars")
    rankings.learn(review=review, stage=TA)
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto("/reviews/trd/screen/")
    title = page.locator(".record-title")
    expect(title).to_have_text(likely.title)
    before = title.bounding_box()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Why this score")
    expect(dialog.get_by_role("rowheader", name="psilocybin", exact=True)).to_be_visible()
    assert title.bounding_box() == before
    page.keyboard.press("i")
    expect(dialog).to_be_visible()
    assert not Decision.objects.filter(record=likely).exists()
    page.keyboard.press("f")
    expect(dialog).to_be_hidden()
    page.keyboard.press("i")
    expect(title).to_have_text("Anatomy of rats again")
    assert page.locator("#pane .likely-stars").count() == 1
