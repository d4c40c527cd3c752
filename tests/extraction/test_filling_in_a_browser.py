"""The form under real fingers: autosave, two tabs, no network, a closed tab, rows, conditions, calculation."""

import pytest
from playwright.sync_api import expect

from extraction import services
from extraction.models import Value
from tests.extraction.filling import make_form
from tests.factories import make_study
from tests.services import no_page_errors

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def extraction(review, ana, ben):
    make_form(review, ana)
    services.set_mode(review=review, mode="single", by=ana, seen_version=0)
    return services.start_extraction(study=make_study(review, "Nakagawa 2017"), by=ben)


@pytest.fixture
def form(page, live_server, as_user, ben, extraction):
    """ben's page, signed in, on the form."""
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/trd/extraction/filled/{extraction.pk}/")
    return page


def cell(form, name):
    return form.locator(f'[data-fill="{name}"]')


def type_in(form, name, text):
    box = cell(form, name).locator("[name^='v:']")
    box.fill(text)
    box.press("Tab")


def says(form, name, words):
    expect(cell(form, name).locator("[data-fill-state]")).to_contain_text(words)


def kept(field):
    return Value.objects.values_list("value", flat=True).filter(field=field).first()


def test_every_field_saves_itself_and_the_rest_of_the_form_follows(form, extraction):
    type_in(form, "enrolled.", "40")
    says(form, "enrolled.", "Saved")
    type_in(form, "women.", "10")
    expect(cell(form, "share.").locator("output")).to_have_text("25.0 %")
    expect(cell(form, "which.")).to_be_hidden()
    cell(form, "setting.").get_by_label("Another").check()
    expect(cell(form, "which.")).to_be_visible()
    expect(form.locator("[data-fill-count]")).to_have_text("3 of 8 filled in, 2 required left")
    cell(form, "setting.").get_by_role("button", name="back").click()
    expect(cell(form, "which.")).to_be_hidden()
    cell(form, "country.").get_by_label("Not reported").check()
    says(form, "country.", "Saved")
    assert kept("country") == "@not_reported"
    type_in(form, "enrolled.", "many")
    says(form, "enrolled.", "Enrolled takes a number")
    assert kept("enrolled") == "40"
    form.get_by_role("button", name="Complete").click()
    expect(cell(form, "enrolled.").locator(".errorlist")).to_contain_text("'many' is none")
    expect(form.locator("[data-fill-all]")).to_have_text("1 to look at.")
    type_in(form, "enrolled.", "44")
    says(form, "enrolled.", "Saved")
    form.get_by_role("button", name="Add a row").click()
    rows = form.locator("#rows-funders [data-fill-row]")
    expect(rows).to_have_count(2)
    rows.nth(1).locator("[name^='v:']").first.fill("MRC")
    rows.nth(1).locator("[name^='v:']").nth(1).fill("3000")
    rows.nth(1).get_by_role("button", name="Remove").click()
    expect(rows).to_have_count(1)
    form.get_by_role("button", name="Bring back: MRC").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator("[name^='v:']").first).to_have_value("MRC")


def test_two_tabs_show_the_newer_value_beside_what_was_typed(form, extraction):
    other = form.context.new_page()
    with no_page_errors(other):
        other.goto(form.url)
        type_in(other, "country.", "Chile")
        says(other, "country.", "Saved")
        type_in(form, "country.", "Peru")
        note = cell(form, "country.").locator("[data-fill-clash]")
        expect(note).to_contain_text("Ben wrote ‘Chile’ in the meantime")
        expect(cell(form, "country.").locator("[name^='v:']")).to_have_value("Peru")
        assert kept("country") == "Chile"
        note.get_by_role("button", name="Save what I typed").click()
        says(form, "country.", "Saved")
        assert kept("country") == "Peru"
        type_in(other, "country.", "Bolivia")
        cell(other, "country.").get_by_role("button", name="Take ‘Peru’").click()
        expect(cell(other, "country.").locator("[name^='v:']")).to_have_value("Peru")
        expect(other.locator("[data-fill-all]")).to_have_text("All saved.")
    assert kept("country") == "Peru"


def test_without_a_network_it_is_kept_and_sent_again_or_offered_back(form, extraction):
    form.context.set_offline(True)
    type_in(form, "country.", "Chile")
    says(form, "country.", "Not saved yet: no connection")
    expect(form.locator("[data-fill-all]")).to_contain_text("Kept in this browser")
    form.context.set_offline(False)
    says(form, "country.", "Saved")
    assert kept("country") == "Chile"

    form.context.set_offline(True)
    type_in(form, "remarks.", "Typed while the network was gone")
    says(form, "remarks.", "Not saved yet")
    again = form.context.new_page()
    form.close()  # and with it what was on the page
    again.context.set_offline(False)
    with no_page_errors(again):
        again.goto(f"/reviews/trd/extraction/filled/{extraction.pk}/")
        expect(again.locator("[data-fill-kept]")).to_contain_text("1 field has text that was typed here")
        note = cell(again, "remarks.").locator("[data-fill-clash]")
        expect(note).to_contain_text("‘Typed while the network was gone’")
        note.get_by_role("button", name="Use it").click()
        says(again, "remarks.", "Saved")
        expect(again.locator("[data-fill-kept]")).to_be_hidden()
    assert kept("remarks") == "Typed while the network was gone"


def test_signed_out_while_typing_loses_nothing(form, live_server, as_user, ben, extraction):
    form.context.clear_cookies(name="session")
    type_in(form, "country.", "Chile")
    says(form, "country.", "you are signed out")
    expect(form.locator("[data-fill-all]").get_by_role("link", name="Sign in")).to_be_visible()
    session = as_user(ben).cookies["session"].value
    form.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    type_in(form, "women.", "3")
    says(form, "women.", "Saved")
    says(form, "country.", "Saved")
    assert kept("country") == "Chile"
