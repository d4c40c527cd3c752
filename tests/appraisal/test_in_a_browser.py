"""Judging under real fingers: every choice saves itself, and what could not be saved says so."""

import pytest
from playwright.sync_api import expect

from appraisal import services
from appraisal.models import Judgement
from tests.factories import make_outcome

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sheet(page, live_server, as_user, ben, draft):
    """ben's page, signed in, on his empty assessment."""
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/trd/risk-of-bias/assessments/{draft(ben).pk}/")
    expect(page.locator(".is-current")).to_be_visible()
    return page


def choose(sheet, domain, level):
    sheet.get_by_role("group", name=domain).get_by_text(level).click()


def saved(sheet, domain):
    return sheet.get_by_role("group", name=domain).locator(".saved")


def stored() -> dict[str, str]:
    return dict(Judgement.objects.values_list("domain", "value"))


def test_keys_judge_and_each_choice_is_saved_at_once(sheet):
    for key in "1j2":
        sheet.keyboard.press(key)
    expect(saved(sheet, "Allocation concealment")).to_contain_text("Saved at")
    expect(sheet.get_by_text("2 of 4 domains judged")).to_be_visible()
    assert stored() == {"sequence_generation": "low", "allocation_concealment": "high"}


def test_support_is_saved_while_it_is_written(sheet):
    sheet.keyboard.press("s")
    sheet.keyboard.type("Random number table, p. 3")
    expect(saved(sheet, "Sequence generation")).to_contain_text("Saved at")
    assert Judgement.objects.get().support == "Random number table, p. 3"


def test_what_could_not_be_saved_says_so_and_is_sent_when_the_network_is_back(sheet):
    sheet.context.set_offline(True)
    choose(sheet, "Sequence generation", "Low risk")
    expect(saved(sheet, "Sequence generation")).to_contain_text("Not saved yet.")
    asked = []
    sheet.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    sheet.close(run_before_unload=True)
    sheet.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    assert not stored()
    sheet.context.set_offline(False)
    expect(saved(sheet, "Sequence generation")).to_contain_text("Saved at")
    expect(sheet.get_by_text("No answer from the server")).to_be_hidden()
    assert stored() == {"sequence_generation": "low"}


def test_completing_takes_the_last_words_along(sheet):
    for domain in ("Sequence generation", "Allocation concealment", "Blinding of", "Intention to treat"):
        choose(sheet, domain, "Low risk")
    sheet.get_by_role("group", name="Intention to treat").get_by_role("textbox").fill("LOCF, p. 5")
    refused = []
    sheet.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    sheet.get_by_role("button", name="Complete the assessment").click()
    expect(sheet.get_by_text("Your assessment of Nakagawa 2017 is complete.")).to_be_visible()
    assert refused == []
    assert Judgement.objects.get(domain="itt").support == "LOCF, p. 5"


@pytest.fixture
def result(page, live_server, as_user, ben, study):
    """ben's page, signed in, on his empty RoB 2 assessment of an outcome."""
    given = {"study": study, "instrument": "rob2", "assessor": ben}
    mine = services.start_assessment(**given, outcome=make_outcome(study.review))
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto(f"/reviews/trd/risk-of-bias/assessments/{mine.pk}/")
    expect(page.locator(".is-current")).to_be_visible()
    return page


def test_questions_appear_and_proposals_are_taken_over_or_overridden_by_keys(result):
    for key in "1j1j3":
        result.keyboard.press(key)
    judgement = result.locator("#part-1 .rob-judge")
    expect(judgement).to_contain_text("The allocation was concealed")
    result.keyboard.press("j")
    result.keyboard.press("a")
    expect(result.locator("#saved-part-1")).to_contain_text("Saved at")
    assert Judgement.objects.get().value == "low"
    reason = result.get_by_label("Why it differs from the proposal").first
    expect(reason).to_be_hidden()
    result.keyboard.press("3")
    expect(result.locator("#saved-part-1")).to_contain_text("Not saved: ")
    reason.fill("Envelopes were opened early.")
    expect(result.locator("#saved-part-1")).to_contain_text("Saved at")
    assert Judgement.objects.get().value == "high"
    asked = result.get_by_text("Did deviations from the intervention arise because of the trial?")
    expect(asked).to_be_hidden()
    result.keyboard.press("Escape")
    result.keyboard.press("j")
    result.keyboard.press("1")
    expect(asked).to_be_visible()
    expect(result.locator("#judged")).to_contain_text("4 of 13 questions answered")


def test_a_late_answer_of_the_server_does_not_undo_what_was_shown_since(result):
    """Three answers given quickly are saved in their order: the first one's late reply never comes last."""
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)
            held.append(route.fetch())

    result.route("**/questions/**", hold_the_first)
    for key in "1j1j3":
        result.keyboard.press(key)
    for _ in range(100):  # the server may be slow to answer the first
        result.wait_for_timeout(100)
        if len(held) == 2:
            break
    route, response = held
    route.fulfill(response=response)
    expect(result.locator("#part-1 .rob-judge")).to_contain_text("The allocation was concealed")
