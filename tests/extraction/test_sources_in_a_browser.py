"""A sentence becomes a source by selecting it, and two clicks from a run lead back to it."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from analysis.services import request_run, write_plan
from extraction.models import Source
from screening.models import FullText
from screening.services import attach_full_text
from tests.factories import make_result, make_study
from tests.pdfs import make_pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENTENCE = "the mean score was 8.2 (SD 4.7) in the therapy group"
RESULTS = "Results\nAt 16 weeks the mean score was 8.2 (SD 4.7) in the ther-\napy group."
#: Selects the words of a text layer from the first place of one text to the end of another.
SELECT = """([page, from, to]) => {
  const layer = document.querySelector(`[data-page="${page}"] .textLayer`);
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const {currentNode: node} = walker;
    if (node.data.includes(from)) range.setStart(node, node.data.indexOf(from));
    if (node.data.includes(to)) range.setEnd(node, node.data.indexOf(to) + to.length);
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def result(review, study, outcome, ben):
    full_text = FullText.objects.create(review=review, record=study.reports.get().record)
    file = SimpleUploadedFile("nakagawa.pdf", make_pdf("A trial", "Methods", RESULTS, ""))
    attach_full_text(review=review, record=full_text.record, file=file, by=ben)
    make_result(make_study(review, "Wiles 2013"), outcome, ben)
    return make_result(study, outcome, ben)


def test_a_selected_sentence_is_two_clicks_from_the_forest_plot(
    page, live_server, as_user, review, outcome, result, ben, ana, work
):
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    wrong = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    page.goto(f"/reviews/trd/extraction/results/{result.pk}/sources/?field=mean1")
    said = page.locator("[data-pdf-said]")
    page.get_by_role("spinbutton", name="Page of the PDF").fill("3")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("[data-page='3'] .textLayer")).to_contain_text("Results")
    page.keyboard.press("q")
    expect(said).to_contain_text("Select the words in the PDF first")
    page.evaluate(SELECT, [3, "the mean", "apy group"])
    page.get_by_role("button", name="Use as source").click()
    expect(page.get_by_label("Quote")).to_have_value(SENTENCE)
    expect(page.get_by_role("spinbutton", name=re.compile("^Page .optional"))).to_have_value("3")
    page.get_by_role("button", name="Keep the source").click()
    expect(page.get_by_text("The source is kept.")).to_be_visible()

    marking = page.get_by_role("button", name="Mark a box")
    expect(marking).to_be_enabled()
    marking.focus()
    page.keyboard.press("Enter")
    frame = page.locator(".pdf-box")
    expect(frame).to_be_focused()
    before = frame.get_attribute("aria-label")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert frame.get_attribute("aria-label") != before
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove box 1")).to_be_visible()
    expect(page.get_by_label("Table, figure or other place")).to_be_focused()
    page.keyboard.type("Figure 2")
    marking.click()
    box = (
        page.locator(".pdf-page").nth(int(page.locator("[data-pdf-number]").input_value()) - 1).bounding_box()
    )
    x, y = box["x"] + 150, max(box["y"], 0) + 240
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 80, steps=3)
    page.mouse.up()
    expect(page.get_by_role("button", name="Remove box 2")).to_be_visible()
    page.get_by_role("button", name="Keep the source").click()
    expect(page.get_by_text("The source is kept.")).to_be_visible()
    first, second = Source.objects.order_by("pk")
    assert (first.page, first.quote, first.field) == (3, SENTENCE, "mean1")
    assert (second.locator, len(second.boxes)) == ("Figure 2", 2)

    run = request_run(plan=write_plan(review=review, name="All trials", outcome=outcome, by=ana), by=ana)
    work()
    page.goto(f"/reviews/trd/analyses/runs/{run.pk}/")
    page.locator("figure svg a", has_text="Nakagawa 2017").first.click()
    page.get_by_role("link", name="p. 3", exact=True).first.click()
    expect(said).to_have_text("Found on page 3.")
    expect(page.locator("[data-page='3'] .pdf-mark-quote").first).to_be_in_viewport()
    page.get_by_role("link", name=re.compile("^Next")).click()
    expect(page.locator(".pdf-mark-quote").first).to_be_in_viewport()
    assert page.locator(".pdf-mark-quote").count() == 2
    assert wrong == []
