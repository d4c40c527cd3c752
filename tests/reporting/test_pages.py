"""The PRISMA page, its files, the lists behind it, and the exports page."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from screening.models import Stage, Verdict
from tests.factories import join, make_record, make_user
from tests.reporting.conftest import settle, vote

PAGES = ["prisma", "exports"]


@pytest.mark.parametrize("page", PAGES)
def test_a_member_may_a_stranger_may_not(review, ana, eve, as_user, page):
    url = reverse(f"reporting:{page}", args=[review.slug])
    assert as_user(ana).get(url).status_code == 200
    assert as_user(eve).get(url).status_code == 404


def test_an_observer_may_see_the_flow_but_not_export(review, as_user):
    olga = join(review, make_user("olga"), "observer").user
    assert as_user(olga).get(reverse("reporting:prisma", args=[review.slug])).status_code == 200
    assert as_user(olga).get(reverse("reporting:exports", args=[review.slug])).status_code == 403
    url = reverse("reporting:export_file", args=[review.slug, "records", "csv"])
    assert as_user(olga).get(url).status_code == 403


def test_each_box_links_to_the_records_behind_it(review, ana, flowing, as_user):
    client = as_user(ana)
    page = client.get(reverse("reporting:prisma", args=[review.slug])).content.decode()
    url = reverse("reporting:box", args=[review.slug, "not_retrieved"])
    assert page.count(f'href="{url}"') >= 2  # in the diagram and in the table
    assert "Balanced" in page
    behind = client.get(url).content.decode()
    assert "Never retrieved" in behind
    assert "Excluded on title" not in behind


def test_a_line_of_a_box_links_to_its_records(review, ana, flowing, as_user):
    url = reverse("reporting:box", args=[review.slug, "reasons"])
    page = as_user(ana).get(url, {"name": "Wrong population"}).content.decode()
    assert "Excluded at full text" in page
    assert "1 record<" in page


def test_an_unknown_box_is_not_found(review, ana, as_user):
    assert as_user(ana).get(reverse("reporting:box", args=[review.slug, "nonsense"])).status_code == 404


@pytest.mark.parametrize(
    ("extension", "begins"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("csv", b"data,node")]
)
def test_the_diagram_downloads(review, ana, flowing, as_user, extension, begins):
    answer = as_user(ana).get(reverse("reporting:prisma_file", args=[review.slug, extension]))
    assert answer.content.startswith(begins)
    assert "attachment" in answer["Content-Disposition"]


def test_an_unknown_format_is_not_found(review, ana, as_user):
    assert as_user(ana).get(reverse("reporting:prisma_file", args=[review.slug, "gif"])).status_code == 404
    url = reverse("reporting:export_file", args=[review.slug, "records", "gif"])
    assert as_user(ana).get(url).status_code == 404


def test_a_review_without_records_says_zero(review, ana, as_user):
    page = as_user(ana).get(reverse("reporting:prisma", args=[review.slug])).content.decode()
    assert page.count(">0</a></td>") >= 10  # the table beside the diagram
    assert "Balanced" in page


def download(client, review, what, extension="csv") -> str:
    answer = client.get(reverse("reporting:export_file", args=[review.slug, what, extension]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_records_leave_with_source_and_standing(review, ana, flowing, as_user):
    rows = list(csv.DictReader(io.StringIO(download(as_user(ana), review, "records"))))
    by_id = {int(row["record_id"]): row for row in rows}
    assert len(rows) == 10
    assert by_id[flowing.twin.pk]["duplicate_of"] == str(flowing.included.pk)
    assert by_id[flowing.included.pk]["study"] == "Trial 2017"
    assert by_id[flowing.refused.pk]["exclusion_reason"] == "Wrong population"
    assert by_id[flowing.waiting.pk]["title_abstract"] == ""


def test_records_leave_as_ris_once_each(review, ana, flowing, as_user):
    text = download(as_user(ana), review, "records", "ris")
    assert text.count("ER  -") == review.records.unique().count()
    assert "Second report of it" in text


def test_a_formula_in_a_title_cannot_run_in_a_spreadsheet(review, ana, as_user):
    make_record(review, "=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(download(as_user(ana), review, "records"))))
    assert rows[0]["title"] == "'=HYPERLINK(1)"


def test_a_colleagues_vote_does_not_leave_before_the_record_is_complete(review, ben, cleo, flowing, as_user):
    vote(flowing.waiting, cleo, note="MARKER")
    vote(flowing.excluded, cleo, what="exclude", note="SETTLED")
    told = download(as_user(ben), review, "decisions")
    assert "MARKER" not in told
    assert "SETTLED" in told
    assert "MARKER" in download(as_user(cleo), review, "decisions")


def test_withdrawn_votes_leave_with_their_time(review, ben, flowing, as_user):
    vote(flowing.waiting, ben, Stage.TITLE_ABSTRACT, "exclude", withdrawn_at=timezone.now())
    rows = list(csv.DictReader(io.StringIO(download(as_user(ben), review, "decisions"))))
    assert [bool(row["withdrawn_at"]) for row in rows if row["person"] == "Ben"] == [True]


def test_the_api_tells_the_same_numbers(review, ana, eve, flowing, as_user):
    url = f"/api/reviews/{review.slug}/prisma/"
    answer = as_user(ana).get(url).json()
    assert answer["counts"]["duplicates"] == 1
    assert answer["problems"] == []
    assert as_user(ana).get(f"{url}records/not_retrieved/").json() == [flowing.missing.pk]
    assert as_user(eve).get(url).status_code == 404


def test_the_standing_shows_ones_own_work_first(review, ana, ben, dora, flowing, as_user):
    url = reverse("reporting:standing", args=[review.slug])
    page = as_user(ben).get(url).content.decode()
    assert page.index("titles to screen") < page.index("studies included")
    assert "to resolve" not in page
    fragment = as_user(dora).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "titles to screen" not in fragment
    assert "to resolve" in fragment


def test_an_empty_review_is_told_to_import(review, ana, ben, as_user):
    url = reverse("reporting:standing", args=[review.slug])
    assert reverse("records:upload", args=[review.slug]) in as_user(ana).get(url).content.decode()
    page = as_user(ben).get(url).content.decode()
    assert "An owner, manager or librarian imports" in page
    make_record(review, "A trial")
    assert "No records yet" not in as_user(ana).get(url).content.decode()


def test_the_overview_asks_for_the_standing(review, ana, as_user):
    page = as_user(ana).get(reverse("reviews:overview", args=[review.slug])).content.decode()
    assert f'hx-get="{reverse("reporting:standing", args=[review.slug])}"' in page


def test_the_standing_does_not_tell_a_colleagues_vote(review, ben, cleo, flowing, as_user):
    url = reverse("reporting:standing", args=[review.slug])
    before = as_user(ben).get(url, headers={"HX-Request": "true"}).content
    vote(flowing.waiting, cleo)
    settle(flowing.waiting, Stage.TITLE_ABSTRACT, Verdict.State.PENDING, votes=1)
    assert as_user(ben).get(url, headers={"HX-Request": "true"}).content == before
