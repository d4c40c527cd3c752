"""Records left unread, and votes of a model, in files for people and programs."""

import csv
import io

import openpyxl
import pytest
from django.utils import timezone

from reporting.exports import build_export
from reporting.exports.choosing import chosen_records
from reviews.models import User
from screening.models import RemovedRecord, Stage
from tests.factories import make_record
from tests.reporting.conftest import settle, vote
from tests.reporting.test_left_unread import SENTENCE, leave_unread

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


@pytest.fixture
def member(ana, review):
    return review.memberships.select_related("review", "user").get(user=ana)


@pytest.fixture
def stopped(flowing, ana, review):
    """The record that waited is left unread; of two more one came back, and one was settled all the same."""
    back = make_record(review, "Came back", batch=flowing.medline)
    settled = make_record(review, "Settled all the same", batch=flowing.medline)
    flowing.removal = leave_unread(ana, flowing.waiting, back, settled)
    RemovedRecord.objects.filter(record=back).update(withdrawn_at=timezone.now())
    settle(settled, TA, "excluded")
    return flowing


def text(member, extension, what="records", **options) -> str:
    return "".join(build_export(membership=member, what=what, extension=extension, options=options))


def rows(said: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("which", "titles"),
    [
        ({"decision": "not_screened"}, "Nobody voted yet"),
        ({"stage": TA, "decision": "not_screened"}, "Nobody voted yet"),
        ({"stage": FT, "decision": "not_screened"}, ""),
        ({"decision": "undecided"}, "Never retrieved|Came back"),
        ({"stage": TA, "decision": "undecided"}, "Came back"),
        ({"stage": TA, "decision": "excluded"}, "Excluded on title|Site, excluded|Settled all the same"),
    ],
)
def test_they_are_chosen_by_their_decision(stopped, member, which, titles):
    assert "|".join(chosen_records(member, **which).values_list("title", flat=True)) == titles
    assert "|".join(row["title"] for row in rows(text(member, "csv", **which))) == titles


def test_the_table_says_so(stopped, member):
    said = {row["title"]: row for row in rows(text(member, "csv"))}
    assert said["Nobody voted yet"]["decision"] == "not_screened"
    assert said["Nobody voted yet"]["title_abstract"] == ""
    assert said["Came back"]["decision"] == "undecided"
    assert said["Settled all the same"]["decision"] == "excluded"


def test_references_say_so_to_each_program(stopped, member):
    which = {"stage": TA, "decision": "not_screened"}
    assert "Title and abstract: not screened (removed by automation)" in text(
        member, "ris", reader="any", **which
    )
    assert "decision: not screened (removed by automation)" in text(member, "ris", reader="zotero", **which)
    assert "ASReview_not_seen" in text(member, "ris", reader="asreview", **which)
    assert "RAYYAN-INCLUSION" not in text(member, "ris", reader="rayyan", **which)


def test_the_workbook_tells_when_each_left_and_came_back(stopped, member):
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(build_export(membership=member, what="workbook", extension="xlsx")))
    )
    header, *lines = book["Left unread"].iter_rows(values_only=True)
    told = {line[header.index("title")]: dict(zip(header, line, strict=True)) for line in lines}
    assert list(told) == ["Nobody voted yet", "Came back", "Settled all the same"]
    first = told["Nobody voted yet"]
    assert (first["removal"], first["kind"], first["by"], first["sentence"]) == (
        1,
        "stopped",
        "Ana",
        SENTENCE,
    )
    assert (bool(first["came_back_at"]), bool(told["Came back"]["came_back_at"])) == (False, True)
    decisions = {line[1]: line[6] for line in book["Title and abstract"].iter_rows(values_only=True)}
    assert decisions["Nobody voted yet"] == "not_screened"


def test_votes_of_a_model_are_told_as_such_where_they_may_be_seen(flowing, member, ben):
    robot = User.objects.create(email="model@example.invalid", name="Second reader", is_active=False)
    vote(flowing.excluded, ben, what="exclude")
    vote(flowing.excluded, robot, what="exclude", model="linear 1")
    vote(flowing.waiting, robot, what="include", model="linear 1")
    said = {row["title"]: row for row in rows(text(member, "csv"))}
    assert (
        said["Excluded on title"]["title_abstract_votes"]
        == "Ben: exclude; Second reader (automated): exclude"
    )
    assert said["Nobody voted yet"]["title_abstract_votes"] == ""
    votes = [(row["kind"], row["model"]) for row in rows(text(member, "csv", "decisions"))]
    assert votes == [("vote", ""), ("automated vote", "linear 1")]


@pytest.mark.parametrize(
    ("what", "extension"), [("records", "csv"), ("records", "ris"), ("decisions", "csv")]
)
def test_a_hidden_vote_on_what_is_left_unread_changes_no_byte(stopped, member, cleo, what, extension):
    before = text(member, extension, what)
    vote(stopped.waiting, cleo, what="include")
    settle(stopped.waiting, TA, "pending", votes=1)
    assert text(member, extension, what) == before
