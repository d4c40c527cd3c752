"""The diagram beside the form follows what is chosen and typed; nothing is saved before Save."""

import pytest
from playwright.sync_api import expect

from reporting.diagram import settings_of
from reporting.models import FlowSettings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_diagram_follows_the_form(page, live_server, as_user, ana, review):
    session = as_user(ana).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/{review.slug}/prisma/drawing/")
    drawn = page.locator("#flow-look svg")
    expect(drawn).not_to_contain_text("Previous studies")
    page.get_by_label("Updated review", exact=True).check()
    expect(drawn).to_contain_text("Previous studies")
    page.get_by_text("Databases and registers", exact=True).click()
    words = page.get_by_label("Records screened")
    words.press_sequentially("Titles read")
    expect(drawn).to_contain_text("Titles read")
    expect(words).to_be_focused()
    assert not FlowSettings.objects.exists()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages, .toasts, main").first).to_contain_text("drawn so from now on")
    expect(page.locator("#flow-screened")).to_contain_text("Titles read")
    assert settings_of(review).template == "updated"
