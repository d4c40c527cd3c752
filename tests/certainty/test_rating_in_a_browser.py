"""A rating by the keys alone: it saves itself, and the level follows."""

import pytest
from playwright.sync_api import expect

from certainty import services
from certainty.models import Grade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_finding_is_rated_by_keys(page, live_server, as_user, review, ana, ben):
    outcome = review.outcomes.create(name="Harms")
    finding = services.add_finding(
        review=review,
        by=ana,
        outcome=outcome,
        intervention="CBT",
        comparison="Usual care",
        narrative="None seen.",
    )
    grade = services.begin_grade(finding=finding, by=ben)
    services.set_start(grade=grade, start="high", by=ben, seen_version=grade.version, reason="Trials only.")
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    page.goto(f"/reviews/{review.slug}/certainty/grades/{grade.pk}/")
    live, saved = page.locator("#live"), page.locator("#saved-risk_of_bias")
    page.keyboard.press("2")
    expect(saved).to_contain_text("say why")
    expect(live).to_contain_text("High")
    page.keyboard.press("r")
    page.keyboard.type("Nobody was blinded.")
    expect(saved).to_have_text("Saved.")
    expect(live).to_contain_text("Moderate")
    expect(page.locator("#reason_risk_of_bias")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("1")
    expect(page.locator("#saved-inconsistency")).to_have_text("Saved.")
    expect(page.locator("#to-rate")).to_contain_text("3 domains still to rate")
    assert Grade.objects.get().changes == {"risk_of_bias": -1, "inconsistency": 0}
    assert wrong == []
