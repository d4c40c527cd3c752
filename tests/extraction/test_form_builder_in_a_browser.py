"""The builder under real fingers: keys, focus, dragging, the check while typing, the preview."""

import pytest
from playwright.sync_api import expect

from extraction import services
from tests.extraction.test_form_services import AGE, field, schema

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def builder(page, live_server, as_user, ana, review):
    """ana's page, signed in, in the builder of a form with two numbers."""
    form = services.create_form(
        review=review, name="Trials", by=ana, schema=schema(AGE, field("kind", "choice", options=["A", "B"]))
    )
    session = as_user(ana).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/trd/extraction/forms/{form.pk}/build/")
    page.form = form
    return page


def parts(builder):
    return [
        one.get_attribute("data-part") for one in builder.locator("[data-into='section.first'] > li").all()
    ]


def test_a_form_is_built_by_keyboard_and_mouse_without_losing_the_place(builder):
    adding = builder.get_by_label("Label of a new field in First")
    adding.fill("Weight")
    builder.get_by_label("Type of the new field in First").select_option("number")
    adding.press("Enter")
    expect(builder.locator("#part-weight")).to_be_visible()
    expect(adding).to_be_focused()
    expect(builder.get_by_label("Type of the new field in First")).to_have_value("number")
    builder.keyboard.type("Height")
    builder.keyboard.press("Enter")
    builder.keyboard.type("Typed while it was sent")
    expect(builder.locator("#part-height")).to_be_visible()
    expect(adding).to_have_value("Typed while it was sent")

    builder.get_by_label("Type of the new field in First").select_option("calculated")
    adding.fill("BMI")
    adding.press("Enter")
    expect(builder.get_by_label("What is asked")).to_be_focused()
    builder.get_by_label("Formula", exact=True).fill("weight / heigh ** 2")
    expect(builder.locator("#editor-check")).to_contain_text("no field with the key 'heigh'")
    builder.get_by_label("Formula", exact=True).fill("weight / height ** 2")
    expect(builder.locator("#editor-check")).to_contain_text("can be calculated")
    expect(builder.get_by_label("Formula", exact=True)).to_be_focused()
    preview = builder.locator("#preview")
    preview.get_by_label("Weight").fill("80")
    preview.get_by_label("Height").fill("1.6")
    preview.get_by_label("Height").press("Tab")
    expect(preview.locator("#f-bmi")).to_have_text("31.25")

    adding.fill("Not added yet")
    builder.get_by_role("button", name="Move BMI up").click()
    expect(builder.get_by_role("button", name="Move BMI up")).to_be_focused()
    builder.keyboard.press("Alt+ArrowUp")
    expect(builder.locator("[data-into='section.first'] > li").nth(2)).to_have_attribute("data-part", "bmi")
    assert draft(builder).read().field("bmi").formula == "weight / height ** 2", (
        "the button saved what was typed"
    )
    expect(preview.get_by_label("Weight")).to_have_value("80")
    expect(adding).to_have_value("Not added yet")
    adding.fill("")

    builder.locator("#part-height [data-grip]").drag_to(
        builder.locator("#part-age"), target_position={"x": 40, "y": 3}
    )
    expect(builder.locator("[data-into='section.first'] > li").first).to_have_attribute("data-part", "height")
    builder.keyboard.press("u")
    expect(builder.locator("[data-into='section.first'] > li").first).to_have_attribute("data-part", "age")

    builder.locator("#part-weight .build-name").click()
    builder.get_by_label("Field of condition 1").select_option("kind")
    builder.get_by_label("Answer of condition 1").select_option("b")
    expect(preview).to_contain_text("‘Weight’ is not shown with these answers")
    builder.get_by_role("button", name="Done").click()
    expect(builder.locator("#part-weight")).to_contain_text("Only when Kind is B")
    assert parts(builder) == ["age", "kind", "bmi", "weight", "height"]


def draft(builder):
    return builder.form.versions.open().get()


def test_a_late_answer_about_the_editor_does_not_empty_the_preview(builder):
    """The check of the editor is under way when values are tried, and answers after them."""
    adding = builder.get_by_label("Label of a new field in First")
    for label, kind in (("Weight", "number"), ("Double", "calculated")):
        adding.fill(label)
        builder.get_by_label("Type of the new field in First").select_option(kind)
        adding.press("Enter")
        expect(builder.locator(f"#part-{label.lower()}")).to_be_visible()
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)
            held.append(route.fetch())

    builder.route("**/check/", hold_the_first)
    builder.get_by_label("Formula", exact=True).fill("2 * weight")
    preview = builder.locator("#preview")
    preview.get_by_label("Weight").fill("80")
    preview.get_by_label("Weight").press("Tab")
    expect(preview.get_by_text("1 of 3 filled in")).to_be_visible()
    route, response = held
    with builder.expect_event("requestfinished"):
        route.fulfill(response=response)
    builder.wait_for_timeout(200)  # until it is on the page
    expect(preview.locator("#f-double")).to_have_text("160")
