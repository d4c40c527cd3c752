"""What tools did in the selection of records, in the report and the checklists: all of it, and nothing hidden."""

import pytest
from django.utils import timezone

from reporting.automation import in_short, left_unread, methods
from reporting.checklists.filling import filled
from reporting.checklists.prisma2020 import PRISMA2020
from reporting.report.methods import selection_sentences
from reporting.report.source import Source
from screening.automated import account
from screening.models import Ranking, RemovedRecord, Stage, StageSettings, Verdict, VoteLot
from screening.services import set_stage_settings
from tests.factories import make_record
from tests.reporting.conftest import settle, vote
from tests.reporting.test_left_unread import SENTENCE, leave_unread

TA = Stage.TITLE_ABSTRACT
FOUND = {"model": "linear 1", "included": 40, "missed": 1, "recall": 0.975, "low": 0.87, "high": 0.99}


@pytest.fixture
def source(review, ana):
    return Source(review.memberships.get(user=ana))


def fact(review, item: str) -> str:
    line = next(line for line in filled(review, PRISMA2020) if line.item.number == item)
    return line.facts[0].words


@pytest.fixture
def lot(review):
    return VoteLot.objects.create(
        review=review,
        stage=TA,
        by=account(),
        vote="exclude",
        result=FOUND | {"excluded": 400, "spared": 200, "taken": 2},
    )


def test_where_no_tool_helped_nothing_is_said(review, flowing, source):
    assert [*methods(review), *in_short(review)] == []
    assert "Automation" not in fact(review, "8")


def test_a_stop_is_told_with_what_came_back(review, flowing, ana, source):
    rows = [make_record(review, name, batch=flowing.medline) for name in ("back", "settled")]
    removal = leave_unread(ana, flowing.waiting, *rows)
    undone = leave_unread(ana, make_record(review, batch=flowing.medline), sentence="Undone.")
    undone.undone_by, undone.undone_at = ana, timezone.now()
    undone.save()
    undone.removed.update(withdrawn_at=timezone.now())
    RemovedRecord.objects.filter(record=rows[0]).update(withdrawn_at=timezone.now())
    settle(rows[1], TA, "excluded")
    assert [(each.sentence, each.out, each.back) for each in left_unread(review)] == [(SENTENCE, 1, 1)]
    said = " ".join(selection_sentences(source))
    assert said.endswith(f"{SENTENCE} Of these records, 1 was taken back into screening later.")
    assert fact(review, "8").endswith(" Automation: 1 record left unread by decision of the team.")
    assert "found, 1 marked as ineligible by automation tools, 6 screened" in fact(review, "16a")
    removal.removed.update(withdrawn_at=timezone.now())
    assert left_unread(review) == []


WORDS = {label: words.lower() for label, words in StageSettings.Order.choices}
LEARNED = "by a machine learning model (linear 1) that learned from the decisions made so far"
LIKELY = f"read in the order of how likely they were to be included, {LEARNED}"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("random", "read in random order (seed 7)"),
        ("likely", LIKELY),
        ("uncertain", f"read beginning with those whose inclusion was least certain, {LEARNED}"),
        ("mixed", f"{LIKELY}, with 20 of every 100 drawn at random"),
    ],
)
def test_the_order_of_reading_is_told(review, order, said):
    StageSettings.objects.create(review=review, stage=TA, order=order, order_seed=7, random_share=20)
    Ranking.objects.create(review=review, stage=TA, model="linear 1")
    assert [*methods(review)] == [f"Titles and abstracts were {said}."]
    assert fact(review, "8").endswith(f" Automation: order of titles and abstracts: {WORDS[order]}.")


def test_an_order_chosen_later_is_told_with_its_day(review, flowing, ana):
    Verdict.objects.filter(record=flowing.excluded).update(settled_at=timezone.now())
    set_stage_settings(review=review, stage=TA, changes={"order": "random", "order_seed": 7}, by=ana)
    today = f"{timezone.localtime():%-d %B %Y}"
    said = f"From {today} on, titles and abstracts were read in random order (seed 7)."
    assert [*methods(review)] == [said]
    set_stage_settings(review=review, stage=TA, changes={"random_share": 30}, by=ana)
    assert [*methods(review)] == [said]
    Verdict.objects.update(settled_at=timezone.now())
    assert [*methods(review)] == ["Titles and abstracts were read in random order (seed 7)."]


def test_an_order_from_a_file_is_told_as_such(review, ana):
    StageSettings.objects.create(review=review, stage=TA, order="likely")
    Ranking.objects.create(review=review, stage=TA, kind="imported", by=ana, model="File asreview.csv")
    assert "by an order that was imported (File asreview.csv)" in " ".join(methods(review))


def test_votes_of_a_model_are_told_once_their_records_are_complete(review, flowing, lot, ben):
    """A vote of it on an open record is hidden: it changes no word, nor does a colleague's."""
    vote(flowing.excluded, lot.by, what="exclude", model="linear 1", lot=lot)
    vote(flowing.excluded, ben, what="exclude")
    before = [*methods(review), *in_short(review)]
    assert before[0].startswith("A machine learning model (linear 1) cast one of the votes on 1 record ")
    assert before[1] == "a model cast one of the votes on 1 record"
    assert fact(review, "8").endswith(f" Automation: {before[1]}.")
    vote(flowing.waiting, lot.by, what="exclude", model="linear 1", lot=lot)
    vote(flowing.waiting, ben, what="include")
    settle(flowing.waiting, TA, "conflict")
    assert [*methods(review), *in_short(review)] == before


def test_a_personal_order_tells_nothing(review, ben):
    """The order that one reviewer is shown was learned from their hidden votes, too."""
    StageSettings.objects.create(review=review, stage=TA, order="likely")
    before = [*methods(review)]
    Ranking.objects.create(review=review, stage=TA, reviewer=ben, model="linear 1, of Ben")
    assert [*methods(review)] == before
