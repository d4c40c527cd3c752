"""Files that wait for a check, with keys alone, and as everybody must be able to see them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from records.models import ImportBatch, Record
from records.services import import_file
from reviews import jobs
from tests.factories import make_search
from tests.records.conftest import NOTHING_IN_IT, ris, uploaded

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019", "KW": "rest"}, {"TI": "Yoga at work"})
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n2;Yoga at work;Berg B\n"
PATHS = [
    "imports/{ready}/",
    "imports/{table}/",
    "imports/{table}/columns/",
    "imports/check/",
    "imports/{done}/undo/",
    "searches/",
    "searches/report/",
    "searches/report/edit/",
]


@pytest.fixture
def here(page, live_server, as_user, ana):
    """ana's page, signed in."""
    session = as_user(ana).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    return page


def read(review, ana, data, name, *, check_first=True):
    search = make_search(review, hits_reported=3)
    batch = import_file(
        review=review, search=search, file=uploaded(data, name), by=ana, check_first=check_first
    )
    if batch.job:
        jobs.perform(batch.job_id)
    return batch


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_pages_are_accessible_and_fit(here, review, ana, path, width):
    ready = read(review, ana, TWO + NOTHING_IN_IT, "a_rather_long_name_of_a_file_from_the_database.ris")
    table = read(review, ana, ODD, "hits.csv")
    done = read(review, ana, ris("Music for sleep"), "done.ris", check_first=False)
    done.records.update(original={"title": "Musik"})
    here.set_viewport_size({"width": width, "height": 740})
    here.goto(f"/reviews/trd/{path.format(ready=ready.pk, table=table.pk, done=done.pk)}")
    expect(here.get_by_role("heading", level=1)).to_be_visible()
    assert not here.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(here)
    assert found.violations_count == 0, found.generate_report()


def test_a_file_is_looked_at_and_imported_with_the_keyboard_alone(here, review, ana):
    batch = read(review, ana, TWO, "medline.ris")
    here.goto(f"/reviews/trd/imports/{batch.pk}/")
    summary = here.get_by_text("As it stands in the file").first
    summary.focus()
    here.keyboard.press("Enter")
    expect(here.get_by_text("TY - JOUR").first).to_be_visible()
    here.keyboard.press("i")
    expect(here.get_by_text("2 records of medline.ris are in the review.")).to_be_visible()
    assert Record.objects.live().count() == 2


def test_columns_are_named_and_the_table_is_followed(here, review, ana):
    batch = read(review, ana, ODD, "hits.csv")
    here.goto(f"/reviews/trd/imports/{batch.pk}/")
    here.keyboard.press("c")
    here.get_by_label("What “Name of paper” holds").select_option("title")
    here.get_by_label("What “Who” holds").select_option("authors")
    here.get_by_role("button", name="Read the file").click()
    expect(here.get_by_text("Waiting to be read. You may leave this page.")).to_be_visible()
    batch.refresh_from_db()
    jobs.perform(batch.job_id)
    expect(here.get_by_role("button", name="Import 2 records")).to_be_visible()


def test_polling_moves_nothing_while_a_file_is_read(here, review, ana):
    batch = import_file(
        review=review, search=make_search(review), file=uploaded(TWO), by=ana, check_first=True
    )
    here.goto(f"/reviews/trd/imports/{batch.pk}/")
    box = here.locator(".job")
    places = []
    for done, total in [(0, 0), (500, 40_000), (20_500, 41_200)]:
        message = f"{done:,} records read of about {total:,}" if total else ""
        batch.job.done, batch.job.total, batch.job.message = done, total, message
        batch.job.state = "running"
        batch.job.save()
        if message:
            expect(here.get_by_text(message)).to_be_visible()
        places.append(box.bounding_box())
    assert places[0] == places[1] == places[2]


def test_an_undo_that_loses_work_waits_for_the_tick(here, review, ana):
    batch = read(review, ana, TWO, "medline.ris", check_first=False)
    batch.records.update(original={"title": "A tral"})
    here.goto(f"/reviews/trd/imports/{batch.pk}/")
    here.get_by_role("link", name="Undo this import").click()
    expect(here.get_by_text("2 records corrected by hand")).to_be_visible()
    here.get_by_role("button", name="Undo this import").click()
    assert ImportBatch.objects.get().state == "done", "the browser wants the tick first"
    here.get_by_role("checkbox").check()
    here.get_by_role("button", name="Undo this import").click()
    expect(here.get_by_text("left the review")).to_be_visible()
    assert not Record.objects.live().exists()
