"""Pairs decided with keys alone, and an upload that is watched until it is read."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from records.models import DuplicateCandidate, ImportBatch, Record
from reviews import jobs
from reviews.models import Job
from tests.factories import make_batch, make_record
from tests.records.conftest import NOTHING_IN_IT, pair, ris

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATHS = [
    "searches/",
    "imports/new/",
    "imports/{batch}/",
    "duplicates/",
    "duplicates/merged/",
    "duplicates/distinct/",
]


@pytest.fixture
def here(page, live_server, as_user, ana, review):
    """ana's page, signed in."""
    session = as_user(ana).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    return page


@pytest.fixture
def five_pairs(review):
    batch = make_batch(review)
    return [
        pair(
            make_record(review, f"Trial {number}", batch=batch, year=2018),
            make_record(review, f"Trial {number}!", batch=batch, abstract="Long " * 400),
            score=0.9 - number / 100,
        )
        for number in range(5)
    ]


def settled(candidate):
    candidate.refresh_from_db()
    kept = Record.objects.filter(pk__in=[candidate.left_id, candidate.right_id], duplicate_of=None)
    return candidate.state, [record.pk for record in kept]


def at(page, place):
    """The page says so and listens to keys: its scripts run after its text is seen."""
    expect(page.get_by_text(place)).to_be_visible()
    page.wait_for_load_state()


def test_each_key_does_what_it_says(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    for key, number in (("m", 0), ("n", 1), ("1", 2), ("2", 3)):
        at(here, f"Pair 1 of {5 - number}")
        here.keyboard.press(key)
    at(here, "Pair 1 of 1")
    same, apart, left, right, last = five_pairs
    assert settled(same) == ("merged", [same.right_id])
    assert settled(apart) == ("distinct", [apart.left_id, apart.right_id])
    assert settled(left) == ("merged", [left.left_id])
    assert settled(right) == ("merged", [right.right_id])
    here.keyboard.press("u")
    expect(here.get_by_text("Undone: the pair waits for a decision again.")).to_be_visible()
    at(here, "Pair 1 of 2")
    assert settled(right) == ("waiting", [right.left_id, right.right_id])
    here.keyboard.press("s")
    at(here, "Pair 2 of 2")
    here.keyboard.press("n")
    expect(here.get_by_role("heading", name="You have been through the list")).to_be_visible()
    assert settled(last)[0] == "distinct"
    assert DuplicateCandidate.objects.filter(state="waiting").count() == 1


def test_without_a_mouse_the_buttons_come_in_their_order(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    here.get_by_role("button", name="The same").focus()
    for name in ("Not a duplicate", "Keep left", "Keep right"):
        here.keyboard.press("Tab")
        expect(here.get_by_role("button", name=name)).to_be_focused()
    here.keyboard.press("Tab")
    expect(here.get_by_role("link", name="Skip S")).to_be_focused()
    here.keyboard.press("Enter")
    expect(here.get_by_text("Pair 2 of 5")).to_be_visible()


def test_an_upload_is_watched_until_it_is_read(here, tmp_path):
    (tmp_path / "medline.ris").write_bytes(ris("A trial of rest", "Yoga at work") + NOTHING_IN_IT)
    here.goto("/reviews/trd/imports/new/")
    here.get_by_label("Files").set_input_files(tmp_path / "medline.ris")
    here.get_by_label("New source").fill("MEDLINE")
    here.get_by_role("button", name="Import").click()
    expect(here.get_by_role("heading", name="medline.ris")).to_be_visible()
    expect(here.get_by_text("Waiting for a worker. You may leave this page.")).to_be_visible()
    batch = ImportBatch.objects.get()
    Job.objects.filter(pk=batch.job_id).update(message="500 records read")
    expect(here.get_by_text("500 records read")).to_be_visible()
    jobs.perform(batch.job_id)
    expect(here.get_by_role("button", name="Undo this import (2 records leave the review)")).to_be_visible()
    expect(here.get_by_role("cell", name="The record holds no field")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_pages_are_accessible_and_fit(here, five_pairs, review, path, width):
    batch = five_pairs[0].left.batch
    rejected = [{"line": 7, "cause": "The record holds no field.", "raw": "TY  - JOUR " * 30}]
    ImportBatch.objects.filter(pk=batch.pk).update(rejected=rejected, records_rejected=1, encoding="utf-8")
    for number, state in ((3, "merged"), (4, "distinct")):
        DuplicateCandidate.objects.filter(pk=five_pairs[number].pk).update(state=state)
    here.set_viewport_size({"width": width, "height": 740})
    here.goto(f"/reviews/trd/{path.format(batch=batch.pk)}")
    expect(here.get_by_role("heading", level=1)).to_be_visible()
    assert not here.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(here)
    assert found.violations_count == 0, found.generate_report()
