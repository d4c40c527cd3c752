"""The scripts of static/js in a real browser, on the product's own shell and under its own security policy."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.template import engines
from django.test import Client
from playwright.sync_api import Page, expect

from tests.factories import join, make_review, make_user

pytestmark = pytest.mark.browser

SCREEN = """{% extends "base.html" %}{% block content %}
<h1>Screening</h1>
<div id="screen"><h2>First record</h2>
  <button class="vote vote-include" data-key="i" data-gesture="include" data-key-label="Include"
          hx-post="/vote" hx-target="#screen" hx-swap="outerHTML">Include <kbd>I</kbd></button></div>
<label for="note">Note</label><input id="note">
{% endblock %}"""
TOAST = '{% include "_toast.html" with text="Included. 411 left." undo_url="/undo" oob=True %}'
NEXT = f'<div id="screen"><h2 data-focus>Second record</h2></div>{TOAST}'


def policy() -> str:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render({"csrf_token": "token", **context})


@pytest.fixture
def show(page: Page) -> Callable[..., list[str]]:
    """``show(template, vote=(status, content type, body))`` opens a page whose answer to a vote is given.

    Returns the list in which the names of the received posts are kept.
    """

    def open_page(source: str = SCREEN, vote: tuple[int, str, str] | None = None, **context) -> list[str]:
        posts: list[str] = []
        headers = {"Content-Security-Policy": policy()}
        body = render(source, **context)
        page.route(
            "**/front-end/", lambda route: route.fulfill(body=body, content_type="text/html", headers=headers)
        )

        def answer(route) -> None:
            posts.append(route.request.headers.get("x-csrftoken", "no token"))
            if vote is None:
                route.abort()
            else:
                status, content_type, text = vote
                route.fulfill(status=status, content_type=content_type, body=text)

        page.route("**/vote", answer)
        page.goto("/front-end/")
        expect(page.locator("html.js")).to_be_attached()
        return posts

    return open_page


def html(source: str, status: int = 200) -> tuple[int, str, str]:
    return status, "text/html", render(source)


def test_a_key_votes_and_the_next_record_gets_the_focus(page, show):
    posts = show(vote=html(NEXT))
    page.keyboard.press("i")
    expect(page.locator("#screen h2")).to_have_text("Second record")
    expect(page.locator("#screen h2")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Included. 411 left.")).to_be_visible()
    assert posts == ["token"]  # the CSRF token travels with every htmx request


def test_keys_keep_out_of_the_way(page, show):
    """Not while typing, not with a modifier, not on repeat, not behind an open dialog."""
    posts = show(vote=html(NEXT))
    page.fill("#note", "")
    page.locator("#note").press_sequentially("iii")
    expect(page.locator("#note")).to_have_value("iii")
    page.locator("h1").click()
    page.keyboard.press("Control+i")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'i', repeat: true, bubbles: true}))"
    )
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("i")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert posts == []


def test_the_help_lists_the_keys_and_can_switch_them_off(page, show):
    posts = show(vote=html(NEXT))
    page.keyboard.press("?")
    expect(page.locator("[data-key-list]")).to_contain_text("Include")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator(".vote kbd")).to_be_hidden()
    page.reload()
    page.keyboard.press("i")
    expect(page.locator(".vote kbd")).to_be_hidden()
    assert posts == []
    page.get_by_role("button", name="Keyboard shortcuts").click()  # the way back needs no key
    page.get_by_label("Single-key shortcuts").check()
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#screen h2")).to_have_text("Second record")


def test_a_person_may_choose_other_keys(page, show):
    """The account's key takes the place of the page's, in the hint too."""
    person = {"is_authenticated": True, "preferences": {"keys": {"include": "y"}}}
    posts = show(vote=html(NEXT), request={"user": person})
    expect(page.locator(".vote kbd")).to_have_text("Y")
    page.keyboard.press("i")
    assert posts == []
    page.keyboard.press("y")
    expect(page.locator("#screen h2")).to_have_text("Second record")


def test_shortcuts_may_be_off_for_the_account(page, show):
    person = {"is_authenticated": True, "preferences": {"shortcuts": False}}
    posts = show(vote=html(NEXT), request={"user": person})
    page.keyboard.press("i")
    expect(page.locator(".vote kbd")).to_be_hidden()
    assert posts == []


def test_undo_always_means_the_last_thing(page, show):
    again = NEXT.replace(
        "<h2 data-focus>Second record</h2>", SCREEN.split('<div id="screen">')[1].split("</div>")[0]
    )
    show(vote=html(again))
    page.keyboard.press("i")
    expect(page.locator(".toast")).to_have_count(1)
    first = page.locator(".toast").element_handle()
    page.keyboard.press("i")
    page.wait_for_function("toast => !toast.isConnected", arg=first)
    expect(page.locator(".toast:has(form)")).to_have_count(1)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((409, "text/plain", "Ben changed this at 10:31."), "Ben changed this at 10:31."),
        ((422, "application/json", '{"detail": "Choose a reason."}'), "Choose a reason."),
        (
            (403, "text/html", "<!doctype html><p>403</p><main><p data-sentence>Not your role.</p></main>"),
            "Not your role.",
        ),
        ((500, "text/plain", ""), "That did not work."),
        ((422, "application/json", "{"), "That did not work."),
        (None, "No answer from the server"),
    ],
    ids=["plain", "json", "page", "silent", "broken", "no network"],
)
def test_a_failure_says_why_and_changes_nothing(page, show, answer, sentence):
    show(vote=answer)
    page.keyboard.press("i")
    expect(page.locator(".toast-error")).to_contain_text(sentence)
    expect(page.locator("#screen h2")).to_have_text("First record")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_refused_form_comes_back_in_place(page, show):
    show(vote=html('<div id="screen"><input aria-label="Reason" aria-invalid="true" data-focus></div>', 422))
    page.keyboard.press("i")
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.locator(".toast")).to_have_count(0)


def test_the_chosen_theme_stays(page, show):
    page.emulate_media(color_scheme="light")
    show()
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Use dark theme").click()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark
    page.get_by_role("button", name="Use light theme").click()
    assert page.evaluate(background) == light


def test_a_finished_job_is_read_out(page, show):
    show(vote=html('<div id="screen" data-announce="Import: Done."><h2>Second record</h2></div>'))
    page.keyboard.press("i")
    expect(page.locator("#announcer")).to_have_text("Import: Done.")


def violations(page: Page) -> list[str]:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags}).response["violations"]
    return [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]


ENTRANCE = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/"]
ACCOUNT = ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"]


def enter(page: Page, client: Client, live_server) -> None:
    """Sign the browser in as the client is."""
    cookie = client.cookies["session"]
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": live_server.url}])


def check_page(page: Page, address: str) -> None:
    """Accessible in both themes, and no sideways scrolling at 320 px (the width of WCAG's reflow)."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.goto(address)
        assert violations(page) == [], f"{address} in the {theme} theme"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    assert violations(page) == [], f"{address} at 320 px"
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("address", ENTRANCE)
def test_the_entrance_is_accessible(page, address):
    check_page(page, address)


def test_the_account_pages_are_accessible(page, as_user, live_server):
    enter(page, as_user(make_user("ana")), live_server)
    for address in ACCOUNT:
        check_page(page, address)
        expect(page.locator("#main [aria-current=page]")).to_have_count(1)


def test_the_menu_of_a_review_leads_to_the_others(page, as_user, live_server):
    ana = make_user("ana")
    for slug, title in (("trd", "Psychotherapy for depression"), ("pain", "Exercise for back pain")):
        join(make_review(slug, title=title), ana, "owner")
    enter(page, as_user(ana), live_server)
    page.goto("/reviews/trd/")
    page.locator(".menu-review summary").click()
    page.locator(".menu-review").get_by_role("link", name="Exercise for back pain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Exercise for back pain")


def test_everything_is_there_without_script(browser, live_server):
    with browser.new_context(java_script_enabled=False, base_url=live_server.url) as context:
        page = context.new_page()
        page.goto("/accounts/login/")
        expect(page.get_by_label("Email")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_role("button", name="theme")).to_have_count(0)  # no button that could not work
