"""Settling differences with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from extraction.models import Extraction, Result, Value
from tests.extraction.dual import BENS, CLEOS, add_result, make_dual, make_extraction, make_form
from tests.factories import make_arms, make_outcome, make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(review, ana, ben, cleo):
    make_dual(review)
    version, study, outcome = (
        make_form(review, ana),
        make_study(review, "Nakagawa 2017"),
        make_outcome(review),
    )
    make_arms(study)
    for user, values, sd in ((ben, BENS, 4.7), (cleo, CLEOS, 5.7)):
        add_result(make_extraction(study, user, version, values), outcome, sd1=sd)
    return study


def test_an_adjudicator_settles_everything_without_a_mouse(page, live_server, as_user, dora, study):
    session = as_user(dora).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/trd/extraction/studies/{study.pk}/compare/")
    current, left = page.locator(".agree.is-current"), page.locator("#agree-standing")
    expect(current).to_contain_text("Depression severity")
    page.keyboard.press("j")
    expect(current).to_contain_text("Assessors blinded")
    page.keyboard.press("k")
    page.keyboard.press("2")
    expect(left).to_contain_text("1 of 6")
    expect(current).to_contain_text("Assessors blinded")
    expect(current).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(left).to_contain_text("2 of 6")
    expect(current).to_contain_text("Wellcome")
    page.keyboard.press("o")
    expect(current.get_by_label("Funder")).to_be_focused()
    page.keyboard.type("Wellcome Trust")
    page.keyboard.press("Enter")
    expect(left).to_contain_text("3 of 6")
    page.keyboard.press("a")
    expect(left).to_contain_text("All settled")
    assert Result.objects.current().get().sd1 == 5.7
    shared = Extraction.objects.consensus().get()
    assert shared.is_complete
    kept = {(one.field, one.row): one.value for one in Value.objects.filter(extraction=shared)}
    assert (kept["blind", ""], kept["funder", "bb"], kept["age", ""]) == (True, "Wellcome Trust", "41.3")
