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


def test_answers_that_cross_on_their_way_do_not_leave_the_preview_behind(builder):
    """The check of the editor is under way when a value is tried; its answer comes first and has another preview."""
    adding = builder.get_by_label("Label of a new field in First")
    for label, kind in (("Weight", "number"), ("Double", "calculated")):
        adding.fill(label)
        builder.get_by_label("Type of the new field in First").select_option(kind)
        adding.press("Enter")
        expect(builder.locator(f"#part-{label.lower()}")).to_be_visible()
    held = {}

    def hold(route):
        asks = route.request.headers.get("hx-trigger")
        if asks == "preview-form" and asks in held:
            route.continue_()
        else:
            held[asks] = route

    builder.route("**/check/", hold)
    builder.get_by_label("Formula", exact=True).fill("2 * weight")
    preview = builder.locator("#preview")
    preview.get_by_label("Weight").focus()
    builder.wait_for_timeout(
        500
    )  # the editor asks when it is left, and once more some time after the last key
    preview.get_by_label("Weight").fill("80")
    preview.get_by_label("Weight").press("Tab")
    builder.wait_for_timeout(100)
    held["editor"].continue_()
    expect(builder.locator("#editor-check")).to_contain_text("can be calculated")
    held["preview-form"].continue_()
    expect(preview.locator("#f-double")).to_have_text("160")
