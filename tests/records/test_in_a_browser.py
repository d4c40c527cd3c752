"""Pairs decided with keys alone, and an upload that is watched until it is read."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services import mark_distinct, merge_candidate
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
    "duplicates/linked/",
    "duplicates/groups/",
    "duplicates/groups/{group}/",
    "duplicates/thresholds/?merge_at=0.85&ask_at=0.4",
    "duplicates/accept/?score=0.5",
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
    """The page shows this pair; from that moment its keys are heard."""
    expect(page.get_by_role("heading", name=place)).to_be_visible()


def test_each_key_does_what_it_says(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    here.evaluate("window.same = true")
    for key, number in (("m", 0), ("n", 1), ("l", 2), ("2", 3)):
        at(here, f"Pair 1 of {5 - number}")
        here.keyboard.press(key)
    at(here, "Pair 1 of 1")
    same, apart, linked, right, last = five_pairs
    assert settled(same) == ("merged", [same.right_id])
    assert settled(apart) == ("distinct", [apart.left_id, apart.right_id])
    assert settled(linked) == ("linked", [linked.left_id, linked.right_id])
    assert settled(right) == ("merged", [right.right_id])
    here.keyboard.press("u")
    at(here, "Pair 1 of 2")
    expect(here.get_by_text("opened again by a person")).to_be_visible()
    assert settled(right) == ("waiting", [right.left_id, right.right_id])
    here.keyboard.press("s")
    at(here, "Pair 2 of 2")
    here.keyboard.press("ArrowLeft")
    at(here, "Pair 1 of 2")
    here.keyboard.press("ArrowRight")
    at(here, "Pair 2 of 2")
    here.keyboard.press("1")
    expect(here.get_by_role("heading", name="You have been through the list")).to_be_visible()
    assert settled(last) == ("merged", [last.left_id])
    assert here.evaluate("window.same"), "the page was never left"
    assert DuplicateCandidate.objects.filter(state="waiting").count() == 1


def test_keys_as_fast_as_one_can_see_hit_the_pair_that_is_seen(here, review):
    """Each key is pressed in the very moment the next pair is in the page, before the browser has painted it."""
    batch = make_batch(review)
    pairs = [
        pair(make_record(review, batch=batch), make_record(review, batch=batch), score=0.9 - n / 1000)
        for n in range(12)
    ]
    here.goto("/reviews/trd/duplicates/")
    here.wait_for_load_state()
    here.evaluate(
        """keys => new Promise(done => {
            const press = () => {
                const key = keys.shift();
                if (!key) return done();
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            };
            new MutationObserver(changes => {
                const added = changes.flatMap(change => [...change.addedNodes]);
                if (added.some(node => node.id === "pair")) press();
            }).observe(document.getElementById("main"), { childList: true });
            press();
        })""",
        list("mnlnmmnlmn"),
    )
    at(here, "Pair 1 of 2")
    states = {"m": "merged", "n": "distinct", "l": "linked"}
    assert [settled(each)[0] for each in pairs] == [states[key] for key in "mnlnmmnlmn"] + ["waiting"] * 2


def test_a_key_held_or_hit_twice_decides_one_pair(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    at(here, "Pair 1 of 5")
    here.wait_for_load_state()
    here.evaluate(
        """for (let n = 0; n < 5; n++) document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true }))"""
    )
    at(here, "Pair 1 of 4")
    here.wait_for_timeout(300)
    at(here, "Pair 1 of 4")
    assert DuplicateCandidate.objects.filter(state="distinct").count() == 1


def test_the_place_outlives_a_reload(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    here.wait_for_load_state()
    for number in (2, 3):
        here.keyboard.press("s")
        at(here, f"Pair {number} of 5")
    here.keyboard.press("n")
    at(here, "Pair 3 of 4")
    here.reload()
    at(here, "Pair 3 of 4")
    assert settled(five_pairs[2])[0] == "distinct"


def test_without_script_it_works_as_well(browser, live_server, as_user, ana, review, five_pairs):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    session = as_user(ana).cookies["session"].value
    context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto("/reviews/trd/duplicates/")
    page.get_by_role("link", name="Skip S").click()
    at(page, "Pair 2 of 5")
    page.get_by_role("button", name="Not a duplicate").click()
    at(page, "Pair 2 of 4")
    page.get_by_role("button", name="Undo").click()
    at(page, "Pair 2 of 5")
    page.get_by_role("button", name="Same study").click()
    at(page, "Pair 2 of 4")
    assert settled(five_pairs[1])[0] == "linked"
    context.close()


def test_without_a_mouse_the_buttons_come_in_their_order(here, five_pairs):
    here.goto("/reviews/trd/duplicates/")
    here.get_by_role("button", name="The same").focus()
    for name in ("Not a duplicate", "Same study, another report", "Keep left", "Keep right"):
        here.keyboard.press("Tab")
        expect(here.get_by_role("button", name=name)).to_be_focused()
    here.keyboard.press("Tab")
    expect(here.get_by_role("link", name="Skip S")).to_be_focused()
    here.keyboard.press("Enter")
    at(here, "Pair 2 of 5")
    expect(here.get_by_role("heading", name="Pair 2 of 5")).to_be_focused()


def test_an_upload_is_watched_until_it_is_read(here, tmp_path):
    (tmp_path / "medline.ris").write_bytes(ris("A trial of rest", "Yoga at work") + NOTHING_IN_IT)
    here.goto("/reviews/trd/imports/new/")
    here.get_by_label("Files").set_input_files(tmp_path / "medline.ris")
    here.get_by_label("New source").fill("MEDLINE")
    here.get_by_role("button", name="Read and check").click()
    expect(here.get_by_role("heading", name="medline.ris")).to_be_visible()
    expect(here.get_by_text("Waiting to be read. You may leave this page.")).to_be_visible()
    batch = ImportBatch.objects.get()
    Job.objects.filter(pk=batch.job_id).update(message="500 records read")
    expect(here.get_by_text("500 records read")).to_be_visible()
    jobs.perform(batch.job_id)
    expect(here.get_by_role("button", name="Import 2 records")).to_be_visible()
    expect(here.get_by_role("cell", name="The record holds no field")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_pages_are_accessible_and_fit(here, five_pairs, ana, review, path, width):
    batch = five_pairs[0].left.batch
    rejected = [{"line": 7, "cause": "The record holds no field.", "raw": "TY  - JOUR " * 30}]
    ImportBatch.objects.filter(pk=batch.pk).update(rejected=rejected, records_rejected=1, encoding="utf-8")
    group = merge_candidate(candidate=five_pairs[3], by=ana)
    mark_distinct(candidate=five_pairs[4], by=ana)
    here.set_viewport_size({"width": width, "height": 740})
    here.goto(f"/reviews/trd/{path.format(batch=batch.pk, group=group.pk)}")
    expect(here.get_by_role("heading", level=1)).to_be_visible()
    assert not here.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = Axe().run(here)
    assert found.violations_count == 0, found.generate_report()
