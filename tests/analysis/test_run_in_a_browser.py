"""What moves on the page of a run: choices are computed at once, figures come into view, settings are tried."""

import re

import pytest
from playwright.sync_api import expect

from analysis.models import FigureSettings, Plan, Run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_studies_are_left_out_and_figures_drawn_without_leaving_the_page(
    page, live_server, as_user, run, ana
):
    found = run()
    session = as_user(ana).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    wrong = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    address = f"/reviews/trd/analyses/runs/{found.pk}/"

    page.goto(address)
    told = page.locator("#tried")
    expect(told).to_contain_text("the run")
    page.keyboard.press("s")
    box = page.get_by_label("Leave out Cruz 2010")
    box.focus()
    before, height = box.bounding_box(), told.bounding_box()["height"]
    page.keyboard.press("Space")
    expect(told).to_contain_text("Without Cruz 2010")
    expect(told).to_contain_text("2 trials")
    expect(page.locator("#tried-figure")).not_to_contain_text("Cruz 2010")
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile(r"/runs/\d+/\?without="))
    assert abs(box.bounding_box()["y"] - before["y"]) < 2, "the box moved under the pointer"
    assert abs(told.bounding_box()["height"] - height) < 2

    page.keyboard.press("w")
    expect(page.get_by_label("Measure")).to_be_focused()
    page.get_by_label("Between-study variance").select_option("DL")
    expect(told).to_contain_text("Random effects (DL), Knapp-Hartung")
    page.reload()
    expect(told).to_contain_text("Without Cruz 2010; Random effects (DL), Knapp-Hartung")
    expect(box).to_be_checked()
    assert (Run.objects.count(), Plan.objects.count()) == (1, 1)

    page.locator("#figures").scroll_into_view_if_needed()
    page.locator("#figure-funnel").evaluate("figure => figure.scrollIntoView()")
    expect(page.locator("#figure-funnel svg")).to_be_visible()

    page.goto(f"{address}figures/forest/")
    names = page.locator("#preview svg")
    expect(names).to_contain_text("Ade 2001")
    page.get_by_label("Title in the figure").uncheck()
    expect(names.locator("text", has_text="Depression severity")).to_have_count(0)
    assert not FigureSettings.objects.exists()
    page.get_by_role("button", name="Draw it so in every run").click()
    expect(page.get_by_text("is drawn so in every run")).to_be_visible()
    assert FigureSettings.objects.get().settings == {"title": False}
    assert wrong == []
