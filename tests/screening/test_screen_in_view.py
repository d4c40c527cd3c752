"""What is in view on the screen, wide and on a phone: nothing jumps; what is asked for is asked where one looks."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from records.models import Record
from reviews.models import Criterion, ExclusionReason
from screening.models import Decision, TermList
from screening.services import attach_full_text
from tests.factories import make_reason, make_record
from tests.pdfs import make_pdf
from tests.screening.conftest import FT, TA

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 360, "height": 740}
BOTH = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
WORDS = "Adults with treatment-resistant depression were randomised to psilocybin or placebo. "


@pytest.fixture
def records(review):
    Criterion.objects.create(review=review, kind="include", element="population", text="Adults in treatment")
    make_reason(review, "Wrong population", order=1)
    records = [
        make_record(
            review,
            f"Psilocybin with psychological support for treatment-resistant depression: randomised trial {number}",
            authors=["Nakagawa, A.", "Mitsuda, D.", "Sado, M.", "Abe, T.", "Fujisawa, D."],
        )
        for number in range(1, 5)
    ]
    Record.objects.update(abstract=WORDS * 20)
    return records


@pytest.fixture
def look(page, live_server, as_user, ben, records):
    """``look(size, stage, record)``: ben's page of this record."""
    session = as_user(ben).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])

    def at(size, stage=TA, record=None):
        page.set_viewport_size(size)
        page.goto(f"/reviews/trd/screen/{stage}/{(record or records[0]).pk}/")
        page.wait_for_load_state("networkidle")
        expect(page.locator("#screen-view")).to_be_visible()
        return page

    return at


def top(page, selector):
    return page.locator(selector).bounding_box()["y"]


def end(page, selector):
    box = page.locator(selector).bounding_box()
    return box["y"] + box["height"]


def vote(page, name):
    expect(page.locator(".pane [aria-disabled=true]")).to_have_count(0)
    page.get_by_role("button", name=name).first.click()


def numbers(page):
    return [int(page.locator(f"#screen [data-{name}]").text_content()) for name in ("left", "done")]


def arrived(count):
    for _ in range(300):
        if Decision.objects.count() == count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{Decision.objects.count()} instead of {count} votes")


@BOTH
def test_nothing_moves_when_votes_wait_to_be_sent(look, size):
    page = look(size)
    places = [top(page, "#pane"), end(page, ".screen-meter")]
    page.context.set_offline(True)
    vote(page, "Include")
    expect(page.locator("#outbox")).to_have_text(
        "1 waiting to be sent: no connection; kept here, sent when it is back"
    )
    expect(page.locator("#outbox")).to_be_in_viewport(ratio=1)
    assert [top(page, "#pane"), end(page, ".screen-meter")] == places
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden(timeout=15_000)
    assert [top(page, "#pane"), end(page, ".screen-meter")] == places


def test_what_is_left_counts_votes_that_wait_across_a_reload(look, records):
    page = look(WIDE)
    assert numbers(page) == [4, 0]
    page.route("**/votes/", lambda route: route.abort())
    vote(page, "Include")
    vote(page, "Exclude")
    expect(page.locator("#outbox")).to_contain_text("2 waiting to be sent")
    assert numbers(page) == [2, 2]
    page.reload()
    expect(page.locator("#outbox")).to_contain_text("2 waiting to be sent")
    assert numbers(page) == [2, 2]
    assert not Decision.objects.exists()
    page.unroute("**/votes/")
    page.reload()
    arrived(2)
    expect(page.locator("#outbox")).to_be_hidden()
    assert numbers(page) == [2, 2]
    look(WIDE, record=records[2])
    assert numbers(page) == [2, 2]  # now as the server counts


def test_on_the_phone_the_abstract_begins_in_view_above_the_votes(look, review):
    TermList.objects.create(review=review, name="Design", colour=1, terms=["random*"])
    page = look(PHONE)
    assert top(page, "#screen") - end(page, ".topbar") < 120
    assert top(page, ".votes") - top(page, ".abstract") > 200
    assert end(page, ".votes") == 740
    legend = page.get_by_role("list", name="Marked terms")
    assert legend.bounding_box()["y"] > end(page, ".abstract")


@BOTH
def test_a_long_abstract_leaves_the_votes_in_view_and_marks_its_terms_at_once(look, review, records, size):
    Record.objects.filter(pk=records[0].pk).update(abstract=WORDS * 300)
    TermList.objects.create(review=review, name="Design", colour=1, terms=["random*", "placebo"])
    TermList.objects.create(review=review, name="People", colour=4, terms=["adult*", "depress*"])
    page = look(size)
    expect(page.locator(".abstract .term")).to_have_count(1200)
    took = page.evaluate(
        """() => {
          const start = performance.now();
          document.querySelector("[data-highlights]").click();
          document.querySelector("[data-highlights]").click();
          return performance.now() - start;
        }"""
    )
    assert took < 500  # off and on again; some 20 ms on a quiet machine
    for name in ("Include", "Maybe", "Exclude"):
        expect(page.get_by_role("button", name=name).first).to_be_in_viewport(ratio=1)


@BOTH
@pytest.mark.parametrize(
    ("name", "key", "cast"), [("Awaiting classification", "w", "awaiting"), ("Ongoing study", "g", "ongoing")]
)
def test_outcomes_that_need_a_note_say_so_before_and_lead_to_it(
    look, records, to_full_text, size, name, key, cast
):
    to_full_text(records[0])
    before = Decision.objects.count()
    page = look(size, FT)
    button = page.get_by_role("button", name=name)
    expect(button).to_have_accessible_description("Both need a note, written first: what is waited for.")
    note = page.get_by_role("textbox", name="Note (optional; needed for awaiting and ongoing)")
    page.keyboard.press(key) if size == WIDE else button.click()
    expect(note).to_be_focused()
    expect(note).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Say here what is waited for")).to_be_in_viewport(ratio=1)
    assert end(page, "textarea[form=vote-form]") <= top(page, ".votes") or size == WIDE
    assert Decision.objects.count() == before
    page.keyboard.type("No results yet, expected in 2027")
    page.keyboard.press("Escape")
    page.keyboard.press(key) if size == WIDE else button.click()
    arrived(before + 1)
    voted = Decision.objects.latest("pk")
    assert (voted.vote, voted.note) == (cast, "No results yet, expected in 2027")


@BOTH
def test_the_ring_around_a_refusal_is_whole(look, records, to_full_text, size):
    to_full_text(records[0])
    page = look(size, FT)
    page.keyboard.press("e")
    expect(page.locator("#vote-error")).to_be_focused()
    offset = page.locator("#vote-error").evaluate("each => getComputedStyle(each).outlineOffset")
    assert offset == "-2px"  # outside it would be cut off by the part that scrolls


def test_on_the_phone_the_tools_of_a_pdf_take_two_lines(look, review, records, to_full_text, ben):
    to_full_text(records[0])
    pages = ["Sham control"] * 120
    file = SimpleUploadedFile("a.pdf", make_pdf(*pages))
    attach_full_text(review=review, record=records[0], file=file, by=ben)
    page = look(PHONE, FT)
    expect(page.locator("[data-pdf-count]")).to_have_text("/ 120")
    page.get_by_role("searchbox", name="Find in the PDF").fill("sham")
    expect(page.locator("[data-pdf-found]")).to_have_text("1 of 120")
    tools = page.locator(".pdf-bar").get_by_role("button").or_(page.locator(".pdf-bar input"))
    lines = {
        round(tool.bounding_box()["y"] + tool.bounding_box()["height"] / 2) // 12 for tool in tools.all()
    }
    assert len(lines) == 2
    assert page.locator(".pdf-bar").bounding_box()["height"] < 90
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.get_by_role("button", name="Fit width")).to_be_visible()


def test_on_the_phone_a_conflict_at_full_text_is_resolved_in_two_lines(
    page, live_server, as_user, dora, records, to_full_text, conflict
):
    conflict(to_full_text(records[0]), stage=FT, reason=ExclusionReason.objects.get())
    session = as_user(dora).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page.set_viewport_size(PHONE)
    page.goto(f"/reviews/trd/conflicts/{FT}/{records[0].pk}/")
    buttons = page.locator(".votes").get_by_role("button")
    expect(buttons).to_have_text(["Include I", "Awaiting classification", "Ongoing study"])
    for button in buttons.all():
        expect(button).to_be_in_viewport(ratio=1)
        assert button.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert page.locator(".votes").bounding_box()["height"] < 120
