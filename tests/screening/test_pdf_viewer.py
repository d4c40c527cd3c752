"""The viewer in a real browser: words as text, terms and found places marked, nothing that the policy refuses."""

import hashlib
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from screening.models import FullText, TermList
from screening.services import attach_full_text
from tests.factories import make_record
from tests.pdfs import make_pdf

VENDORED = settings.BASE_DIR / "static" / "VENDORED.md"
PAGES = [
    "Psilocybin for depression\nA randomised trial",
    *(f"Page {n} of the report\nsham control" for n in range(2, 31)),
]


def test_the_vendored_files_are_the_published_ones():
    found = re.findall(
        r"^\| `((?:pdf|wasm/)[^`]+)` \| `([0-9a-f]{64})` \|$", VENDORED.read_text("utf-8"), re.M
    )
    assert len(found) == 4
    for name, digest in found:
        data = (settings.BASE_DIR / "static" / "vendor" / "pdfjs" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest, name


@pytest.fixture
def read_pdf(page, live_server, as_user, review, ben):
    """``read_pdf(bytes)``: the full-text page with this PDF; ``page.wrong`` is what the browser complained about."""

    def open_page(data: bytes):
        record = make_record(review, "Psilocybin for depression: a randomised trial")
        FullText.objects.create(review=review, record=record)
        attach_full_text(review=review, record=record, file=SimpleUploadedFile("a.pdf", data), by=ben)
        session = as_user(ben).cookies["session"].value
        page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
        page.wrong = []
        page.on(
            "console",
            lambda said: page.wrong.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.asked = []
        page.on("request", lambda asked: page.asked.append(asked) if asked.url.endswith("/pdf/") else None)
        page.goto(f"/reviews/trd/full-texts/{record.pk}/")
        return page

    return open_page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_words_zoom_jump_and_find(read_pdf):
    page = read_pdf(make_pdf(*PAGES, junk=4_000_000))
    pane = page.locator("[data-pdf]")
    expect(pane.locator("[data-page='1'] .textLayer")).to_contain_text("Psilocybin for depression")
    assert pane.locator(".pdf-page canvas").count() < 12
    pieces = [asked for asked in page.asked if "range" in asked.headers]
    assert 0 < len(pieces) < 6
    box = pane.locator("[data-page='1']")
    before = box.bounding_box()["width"]
    pane.get_by_role("button", name="Larger").click()
    expect(pane.locator("[data-page='1'] .textLayer")).to_contain_text("Psilocybin")
    assert box.bounding_box()["width"] > before
    pane.get_by_role("button", name="Fit width").click()
    pane.get_by_role("spinbutton", name="Page of the PDF").fill("20")
    page.keyboard.press("Enter")
    expect(pane.locator("[data-page='20'] .textLayer")).to_contain_text("Page 20 of the report")
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    expect(pane.get_by_role("spinbutton", name="Page of the PDF")).to_have_value("21")
    page.keyboard.press("/")
    page.keyboard.type("SHAM  contról")
    expect(pane.locator("[data-pdf-found]")).to_have_text("20 of 29")
    page.keyboard.press("Enter")
    expect(pane.locator("[data-pdf-found]")).to_have_text("21 of 29")
    expect(pane.locator("[data-page='22'] .textLayer")).to_contain_text("sham control")
    assert page.evaluate("CSS.highlights.get('pdf-found-here').size") == 1
    page.reload()
    expect(pane.get_by_role("spinbutton", name="Page of the PDF")).to_have_value("22")
    assert page.wrong == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (make_pdf("secret words", password="x"), "protected by a password"),
        (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", "damaged"),
    ],
    ids=["encrypted", "damaged"],
)
def test_a_pdf_that_cannot_be_shown_says_why(read_pdf, data, says):
    page = read_pdf(data)
    expect(page.get_by_role("alert").filter(has_text=says)).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_terms_are_marked_in_the_text_of_the_pdf(read_pdf, review):
    TermList.objects.create(review=review, name="Design", kind="include", colour=2, terms=["random*"])
    page = read_pdf(make_pdf("A randomised trial of psilocybin"))
    layer = page.locator("[data-page='1'] .textLayer")
    expect(layer).to_contain_text("A randomised trial")
    expect(layer.locator(".term.term-2")).to_have_text("randomised")
    page.get_by_role("button", name="Larger").click()
    expect(layer.locator(".term.term-2")).to_have_text("randomised")
    assert page.wrong == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_quote_is_found_again_in_spite_of_hyphens_and_lines_and_its_loss_is_said(read_pdf):
    split = "Of 80 patients, 40 were ran-\ndomised to therapy and 40\nto usual care (12\u00b73 points)."
    page = read_pdf(make_pdf("A trial", "Methods", split, "Discussion"))
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    look, said = f"/reviews/trd/full-texts/{number}/look/", page.locator("[data-pdf-said]")
    page.goto(f"{look}?page=3&quote=40 were random\u00ad-ised to therapy … (12.3 points)")
    expect(said).to_have_text("Found on page 3.")
    marks = page.locator("[data-page='3'] .pdf-mark-quote")
    expect(marks.first).to_be_in_viewport()
    assert marks.count() == 3
    page.goto(f"{look}?page=2&quote=40 were randomised to therapy")
    expect(said).to_have_text("Found on page 3, not on page 2.")
    page.goto(f"{look}?page=4&quote=Discussion of something else")
    expect(said).to_contain_text("was not found in this PDF again; this is page 4")
    expect(page.locator("[data-page='4']")).to_be_in_viewport()
    expect(page.get_by_text("Discussion of something else")).to_be_visible()
    page.goto(f"{look}?page=nonsense")
    expect(said).to_have_text("Page 1.")
    assert page.wrong == []
