"""The screen under real fingers: one key per vote, the next record at once, undo, notes, and no mouse."""

import pytest
from playwright.sync_api import expect

from reviews.models import Criterion
from screening.models import Decision
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def records(review):
    Criterion.objects.create(review=review, kind="include", element="population", text="Adults in treatment")
    make_reason(review, "Wrong population", order=1)
    make_reason(review, "Wrong design", order=2)
    return [make_record(review, f"Trial number {number}") for number in range(1, 5)]


@pytest.fixture
def screen(page, live_server, as_user, ben, records):
    """ben's page, signed in, on the first record."""
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.goto("/reviews/trd/screen/")
    expect(page.locator(".record-title")).to_have_text("Trial number 1")
    return page


def title(screen):
    return screen.locator(".record-title")


def test_keys_vote_and_the_next_record_comes_at_once(screen, records):
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(title(screen)).to_be_focused()
    expect(screen.locator("#screen-status")).to_have_text("Included. 3 left.")
    expect(screen).to_have_url(f"/reviews/trd/screen/{TA}/{records[1].pk}/")
    screen.keyboard.press("e")
    expect(title(screen)).to_have_text("Trial number 3")
    screen.keyboard.press("m")
    expect(title(screen)).to_have_text("Trial number 4")
    screen.keyboard.press("2")
    expect(screen.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    votes = list(Decision.objects.values_list("vote", "reason__label"))
    assert votes == [("include", None), ("exclude", None), ("maybe", None), ("exclude", "Wrong design")]


def test_undo_skip_and_note_without_leaving(screen, records):
    screen.keyboard.press("s")
    expect(title(screen)).to_have_text("Trial number 2")
    screen.keyboard.press("n")
    expect(screen.get_by_role("textbox", name="Note")).to_be_focused()
    screen.keyboard.type("i e m u are letters here")
    screen.keyboard.press("Escape")
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 3")
    assert Decision.objects.get().note == "i e m u are letters here"
    screen.keyboard.press("u")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.locator("#screen-status")).to_have_text("Vote taken back. 4 left.")
    assert not Decision.objects.live().exists()


def test_a_hasty_double_press_is_one_vote_per_record(screen):
    screen.keyboard.press("i")
    screen.keyboard.press("i")
    expect(screen.locator("#screen-status")).to_contain_text("Included.")
    screen.wait_for_load_state("networkidle")
    assert Decision.objects.live().count() == Decision.objects.values("record").distinct().count()


def test_a_double_click_votes_on_the_record_that_was_read_only(screen):
    include = screen.get_by_role("button", name="Include").bounding_box()
    at = include["x"] + 20, include["y"] + 20
    screen.mouse.click(*at)
    expect(title(screen)).to_have_text("Trial number 2")
    screen.mouse.click(*at, click_count=2)  # down and up twice, the second time as a double click
    screen.wait_for_load_state("networkidle")
    expect(title(screen)).to_have_text("Trial number 3")
    assert Decision.objects.live().count() == 2


def test_closed_criteria_stay_closed(screen):
    screen.get_by_text("Criteria", exact=True).click()
    expect(screen.get_by_text("Adults in treatment")).to_be_hidden()
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.get_by_text("Adults in treatment")).to_be_hidden()


def test_back_shows_the_record_before_and_a_vote_there_changes_it(screen):
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 2")
    screen.go_back()
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen.get_by_role("button", name="Include")).to_have_attribute("aria-pressed", "true")
    screen.keyboard.press("e")
    expect(screen.locator("#screen-status")).to_have_text("Excluded. 3 left.")
    assert [vote.vote for vote in Decision.objects.live()] == ["exclude"]


def test_everything_needed_is_in_view(screen):
    screen.set_viewport_size({"width": 1280, "height": 720})
    for name in ("Include", "Maybe", "Exclude", "Wrong population", "Wrong design"):
        expect(screen.get_by_role("button", name=name, exact=False).first).to_be_in_viewport()
    expect(screen.get_by_text("Adults in treatment")).to_be_in_viewport()
    screen.set_viewport_size({"width": 360, "height": 740})
    for name in ("Include", "Maybe", "Exclude"):
        box = screen.get_by_role("button", name=name).first.bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 740
    assert screen.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_vote_bar_keeps_off_the_reasons(screen):
    screen.set_viewport_size({"width": 1280, "height": 800})
    bar = screen.locator(".votes").bounding_box()
    side = screen.get_by_role("complementary", name="Criteria, reasons and note").bounding_box()
    assert bar["x"] + bar["width"] <= side["x"]


def test_on_the_phone_criteria_wait_closed_below_the_record(screen):
    screen.set_viewport_size({"width": 360, "height": 740})
    screen.reload()
    expect(screen.get_by_text("Adults in treatment")).to_be_hidden()
    screen.get_by_text("Criteria", exact=True).click()
    expect(screen.get_by_text("Adults in treatment")).to_be_visible()


@pytest.fixture
def answer_lost(screen):
    """Posts of votes reach the server, and their answer does not come back; call it to mend the line."""

    def lose(route):
        route.fetch()
        route.abort()

    screen.route("**/vote/", lose)
    return lambda: screen.unroute("**/vote/")


def test_without_network_nothing_is_shown_as_saved(screen):
    screen.context.set_offline(True)
    screen.keyboard.press("i")
    toast = screen.get_by_text("No answer from the server: this may not be saved.")
    expect(toast).to_be_visible()
    expect(title(screen)).to_have_text("Trial number 1")
    assert not Decision.objects.exists()
    screen.context.set_offline(False)
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(toast).to_be_hidden()
    assert Decision.objects.count() == 1


def test_a_vote_whose_answer_was_lost_is_shown_before_it_is_changed(screen, answer_lost):
    screen.keyboard.press("i")
    expect(screen.get_by_text("No answer from the server: this may not be saved.")).to_be_visible()
    answer_lost()
    screen.keyboard.press("e")
    expect(screen.locator(".note-warning")).to_contain_text("An earlier press on this record was saved")
    expect(screen.get_by_role("button", name="Include")).to_have_attribute("aria-pressed", "true")
    screen.keyboard.press("e")
    expect(title(screen)).to_have_text("Trial number 2")
    assert [vote.vote for vote in Decision.objects.live()] == ["exclude"]


def test_a_vote_after_the_session_ended_is_said_not_to_be_saved(screen):
    screen.context.clear_cookies(name="session")
    screen.keyboard.press("i")
    expect(screen.get_by_text("You are signed out, so nothing was saved.")).to_be_visible()
    expect(title(screen)).to_have_text("Trial number 1")
    assert not Decision.objects.exists()


def test_an_exclusion_at_full_text_asks_for_its_reason_in_view(screen, records, to_full_text):
    to_full_text(records[0])
    screen.goto(f"/reviews/trd/screen/{FT}/{records[0].pk}/")
    screen.set_viewport_size({"width": 360, "height": 740})
    screen.keyboard.press("e")
    wrong = screen.get_by_text("An exclusion at full text needs a reason")
    expect(wrong).to_be_in_viewport()
    expect(screen.locator("#vote-error")).to_be_focused()
    screen.keyboard.press("2")
    expect(screen.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    assert Decision.objects.get(stage=FT).reason.label == "Wrong design"


def test_a_duplicate_is_marked_and_taken_back_with_the_keyboard_alone(screen, records, review):
    twin = make_record(review, "Something else altogether", doi="10.1000/xyz")
    screen.keyboard.press("d")
    expect(screen.get_by_role("heading", name="Duplicate of …")).to_be_focused()
    screen.keyboard.press("f")
    expect(screen.get_by_role("searchbox")).to_be_focused()
    screen.keyboard.type("10.1000/xyz")
    screen.keyboard.press("Enter")
    expect(screen.get_by_role("heading", name="Found")).to_be_visible()
    screen.keyboard.press("1")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(title(screen)).to_be_focused()
    records[0].refresh_from_db()
    assert records[0].duplicate_of == twin
    screen.keyboard.press("u")
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen.locator("#screen-status")).to_contain_text("both records are there again")
    records[0].refresh_from_db()
    assert records[0].duplicate_of is None
    screen.keyboard.press("d")
    screen.keyboard.press("b")
    expect(title(screen)).to_have_text("Trial number 1")
    assert not Decision.objects.exists()
