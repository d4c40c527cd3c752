"""The screen under real fingers: one key per vote, the next record at once, undo, notes, and no mouse."""

import time

import pytest
from playwright.sync_api import expect

from reviews.models import Criterion
from screening.models import Decision, TermList, Verdict
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


def taken(*votes):
    """Wait until the server has exactly these live votes, in the order they were cast."""
    for _ in range(300):
        found = list(Decision.objects.live().values_list("vote", flat=True))
        if found == list(votes):
            return
        time.sleep(0.05)
    raise AssertionError(f"{found} instead of {list(votes)}")


def press(screen, key):
    """Press a key once the record in view takes votes: a moment after it came, since nobody has read it before."""
    expect(screen.locator(".pane [aria-disabled=true]")).to_have_count(0)
    screen.keyboard.press(key)


def test_keys_vote_and_the_next_record_comes_at_once(screen, records):
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(title(screen)).to_be_focused()
    expect(screen.locator("#screen-status")).to_have_text("Included. 3 left.")
    expect(screen).to_have_url(f"/reviews/trd/screen/{TA}/{records[1].pk}/")
    press(screen, "e")
    expect(title(screen)).to_have_text("Trial number 3")
    press(screen, "m")
    expect(title(screen)).to_have_text("Trial number 4")
    press(screen, "2")
    expect(screen.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    taken("include", "exclude", "maybe", "exclude")
    votes = list(Decision.objects.values_list("vote", "reason__label"))
    assert votes == [("include", None), ("exclude", None), ("maybe", None), ("exclude", "Wrong design")]


def test_undo_skip_and_note_without_leaving(screen, records):
    press(screen, "s")
    expect(title(screen)).to_have_text("Trial number 2")
    press(screen, "n")
    expect(screen.get_by_role("textbox", name="Note")).to_be_focused()
    screen.keyboard.type("i e m u are letters here")
    press(screen, "Escape")
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 3")
    taken("include")
    assert Decision.objects.get().note == "i e m u are letters here"
    press(screen, "u")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.locator("#screen-status")).to_have_text("Vote taken back. 4 left.")
    taken()


def test_undo_after_a_skip_goes_back_to_what_was_skipped_and_leaves_the_vote_before(screen):
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    press(screen, "s")
    expect(title(screen)).to_have_text("Trial number 3")
    press(screen, "u")
    expect(title(screen)).to_have_text("Trial number 2")
    press(screen, "e")
    expect(title(screen)).to_have_text("Trial number 3")
    taken("include", "exclude")


def test_a_hasty_double_press_is_one_vote_per_record(screen):
    press(screen, "i")
    screen.keyboard.press("i")
    expect(title(screen)).to_have_text("Trial number 2")
    taken("include")
    screen.wait_for_timeout(400)
    taken("include")  # the second press met a record that nobody had read


def test_a_double_click_votes_on_the_record_that_was_read_only(screen):
    include = screen.get_by_role("button", name="Include").bounding_box()
    at = include["x"] + 20, include["y"] + 20
    screen.mouse.click(*at)
    expect(title(screen)).to_have_text("Trial number 2")
    screen.mouse.click(*at)  # at once again: nobody has read the second record
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.locator(".pane [aria-disabled=true]")).to_have_count(0)
    screen.mouse.click(*at, click_count=2)  # down and up twice, the second time as a double click
    expect(title(screen)).to_have_text("Trial number 3")
    taken("include", "include")


def test_closed_criteria_stay_closed(screen):
    screen.get_by_text("Criteria", exact=True).click()
    expect(screen.get_by_text("Adults in treatment")).to_be_hidden()
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.get_by_text("Adults in treatment")).to_be_hidden()


def test_back_shows_the_record_before_and_a_vote_there_changes_it(screen):
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    screen.go_back()
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen.get_by_role("button", name="Include")).to_have_attribute("aria-pressed", "true")
    press(screen, "e")
    expect(screen.locator("#screen-status")).to_have_text("Excluded. 3 left.")
    taken("exclude")


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


def test_votes_without_network_wait_and_arrive_once_each_and_in_order(screen):
    expect(screen.locator("#pane")).to_be_visible()
    screen.wait_for_load_state("networkidle")  # the next records are in hand
    screen.context.set_offline(True)
    for key, following in (("i", 2), ("e", 3), ("m", 4)):
        press(screen, key)
        expect(title(screen)).to_have_text(f"Trial number {following}")
    expect(screen.locator("#outbox")).to_contain_text("3 waiting to be sent: no connection")
    press(screen, "u")  # the last one was not sent: it is simply not sent
    expect(title(screen)).to_have_text("Trial number 3")
    expect(screen.locator("#outbox")).to_contain_text("2 waiting to be sent")
    assert not Decision.objects.exists()
    screen.context.set_offline(False)
    expect(screen.locator("#outbox")).to_be_hidden(timeout=15_000)
    taken("include", "exclude")
    assert Decision.objects.count() == 2


def test_votes_survive_a_server_that_fails_and_a_reload(screen, records):
    screen.wait_for_load_state("networkidle")
    screen.route("**/votes/", lambda route: route.fulfill(status=500, body="broken"))
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(screen.locator("#outbox")).to_contain_text("1 waiting to be sent")
    screen.unroute("**/votes/")
    assert not Decision.objects.exists()
    screen.goto(f"/reviews/trd/screen/{TA}/{records[3].pk}/")
    taken("include")
    expect(screen.locator("#outbox")).to_be_hidden()


def test_a_vote_whose_answer_was_lost_is_sent_again_and_taken_once(screen):
    screen.wait_for_load_state("networkidle")
    lost = []

    def lose(route):
        lost.append(route.fetch().status)
        route.abort()

    screen.route("**/votes/", lose, times=1)
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    taken("include")
    expect(screen.locator("#outbox")).to_be_hidden(timeout=15_000)
    press(screen, "e")
    taken("include", "exclude")
    assert lost == [200]
    assert Decision.objects.count() == 2


def test_the_next_record_waits_for_no_answer(screen):
    screen.wait_for_load_state("networkidle")
    held = []
    screen.route("**/votes/", lambda route: held.append(route))  # never answered while we look
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2", timeout=250)
    press(screen, "e")
    expect(title(screen)).to_have_text("Trial number 3", timeout=250)
    assert not Decision.objects.exists()
    for route in held:
        route.continue_()
    screen.unroute("**/votes/")
    taken("include", "exclude")


def test_votes_are_kept_while_signed_out_and_never_sent_as_somebody_else(
    screen, as_user, cleo, ben, live_server
):
    screen.wait_for_load_state("networkidle")

    def sign_in(user):
        session = as_user(user).cookies["session"].value
        screen.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])

    screen.context.clear_cookies(name="session")
    press(screen, "i")
    outbox = screen.locator("#outbox")
    expect(outbox).to_contain_text("1 waiting to be sent: you are signed out")
    expect(outbox.get_by_role("link", name="Sign in")).to_be_visible()
    sign_in(cleo)
    press(screen, "e")
    expect(outbox).to_contain_text("2 waiting to be sent: somebody else is signed in")
    assert not Decision.objects.exists()
    screen.goto("/reviews/trd/screen/")  # cleo's own page sends nothing of ben's
    expect(title(screen)).to_have_text("Trial number 1")
    screen.wait_for_load_state("networkidle")
    assert not Decision.objects.exists()
    sign_in(ben)
    screen.goto("/reviews/trd/screen/")
    taken("include", "exclude")
    assert set(Decision.objects.values_list("reviewer", flat=True)) == {ben.pk}


def test_a_refused_vote_says_so_and_leads_to_its_record(screen, records, review):
    screen.wait_for_load_state("networkidle")
    Verdict.objects.create(review=review, record=records[0], stage=TA, state="excluded", votes=2)
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    refused = screen.locator("#refused")
    expect(refused).to_contain_text("Your vote “Included” on “Trial number 1” was not taken.")
    refused.get_by_role("link", name="Open that record").click()
    expect(title(screen)).to_have_text("Trial number 1")
    expect(refused).to_contain_text("was not taken")  # until it is dismissed
    refused.get_by_role("button", name="Dismiss").click()
    screen.reload()
    expect(refused).to_be_empty()


def test_the_vote_before_is_looked_at_again_by_key_and_changed(screen, records):
    press(screen, "i")
    expect(title(screen)).to_have_text("Trial number 2")
    press(screen, "k")
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen).to_have_url(f"/reviews/trd/screen/{TA}/{records[0].pk}/")
    expect(screen.get_by_role("button", name="Include")).to_have_attribute("aria-pressed", "true")
    press(screen, "e")
    expect(title(screen)).to_have_text("Trial number 2")
    taken("exclude")
    screen.reload()  # nothing is remembered here: the server knows the vote before
    expect(title(screen)).to_have_text("Trial number 2")
    screen.wait_for_load_state("networkidle")
    press(screen, "k")
    expect(title(screen)).to_have_text("Trial number 1")
    press(screen, "j")
    expect(title(screen)).to_have_text("Trial number 2")


def test_how_the_screen_is_liked_is_kept_in_the_account(screen, ben, review):
    TermList.objects.create(review=review, name="Design", colour=2, terms=["trial*"])
    screen.reload()
    expect(screen.locator(".record-title .term-2")).to_have_text("Trial")
    press(screen, "h")
    expect(screen.locator(".record-title .term")).to_have_count(0)
    screen.get_by_text("View", exact=True).click()
    screen.get_by_label("Go on to the next record after a vote").uncheck()
    screen.get_by_label("Large", exact=True).check()
    screen.wait_for_load_state("networkidle")
    screen.reload()
    expect(screen.locator("[data-text-size=large]")).to_be_attached()
    press(screen, "i")
    expect(screen.locator("#screen-status")).to_have_text("Included. 3 left.")
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen.locator(".record .term")).to_have_count(0)
    press(screen, "j")
    expect(title(screen)).to_have_text("Trial number 2")
    taken("include")
    ben.refresh_from_db()
    assert ben.preferences["screen"] == {"highlights": False, "advance": False, "text_size": "large"}


def test_an_exclusion_at_full_text_asks_for_its_reason_in_view(screen, records, to_full_text):
    to_full_text(records[0])
    screen.goto(f"/reviews/trd/screen/{FT}/{records[0].pk}/")
    screen.set_viewport_size({"width": 360, "height": 740})
    press(screen, "e")
    wrong = screen.get_by_text("An exclusion at full text needs a reason")
    expect(wrong).to_be_in_viewport()
    expect(screen.locator("#vote-error")).to_be_focused()
    press(screen, "2")
    expect(screen.get_by_role("heading", name="Nothing left for you here")).to_be_visible()
    assert Decision.objects.get(stage=FT).reason.label == "Wrong design"


def test_a_duplicate_is_marked_and_taken_back_with_the_keyboard_alone(screen, records, review):
    twin = make_record(review, "Something else altogether", doi="10.1000/xyz")
    press(screen, "d")
    expect(screen.get_by_role("heading", name="Duplicate of …")).to_be_focused()
    press(screen, "f")
    expect(screen.get_by_role("searchbox")).to_be_focused()
    screen.keyboard.type("10.1000/xyz")
    press(screen, "Enter")
    expect(screen.get_by_role("heading", name="Found")).to_be_visible()
    press(screen, "1")
    expect(title(screen)).to_have_text("Trial number 2")
    expect(title(screen)).to_be_focused()
    records[0].refresh_from_db()
    assert records[0].duplicate_of == twin
    press(screen, "u")
    expect(title(screen)).to_have_text("Trial number 1")
    expect(screen.locator("#screen-status")).to_contain_text("both records are there again")
    records[0].refresh_from_db()
    assert records[0].duplicate_of is None
    press(screen, "d")
    expect(screen.get_by_role("heading", name="Duplicate of …")).to_be_focused()
    press(screen, "b")
    expect(title(screen)).to_have_text("Trial number 1")
    assert not Decision.objects.exists()
