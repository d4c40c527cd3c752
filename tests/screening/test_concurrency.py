"""Real threads on a real database: never a vote beyond the quorum, never one vote twice."""

import threading
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from reviews.models import AuditEvent
from screening import queue
from screening.models import (
    AutomaticRemoval,
    Claim,
    Decision,
    FullText,
    RemovedRecord,
    Report,
    Study,
    Verdict,
)
from screening.services import AlreadyDecided, NotEligible, cast_vote, set_full_text_state, stopping
from screening.services.removals import NothingToRemove
from tests.factories import join, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = [pytest.mark.core, pytest.mark.django_db(transaction=True)]


def at_once(calls):
    """Run every call in a thread of its own, all released at the same moment; returns results or exceptions."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def casting(review, record, reviewer, word="include", stage=TA, key=None):
    return lambda: cast_vote(
        review=review, record=record, stage=stage, reviewer=reviewer, vote=word, key=key or uuid.uuid4()
    )


@pytest.fixture
def reviewers(review):
    return [join(review, make_user(f"reviewer{number}"), "reviewer").user for number in range(10)]


def test_ten_reviewers_on_one_record_fill_exactly_the_quorum(review, reviewers):
    record = make_record(review)
    answers = at_once([casting(review, record, reviewer) for reviewer in reviewers])
    assert Counter(type(answer) for answer in answers) == {Decision: 2, AlreadyDecided: 8}
    assert {answer.status for answer in answers if isinstance(answer, AlreadyDecided)} == {409}
    assert Decision.objects.live().count() == 2
    assert Verdict.objects.values_list("state", "votes").get() == ("included", 2)
    assert FullText.objects.count() == 1


def test_the_same_request_ten_times_at_once_is_one_vote(review, reviewers):
    record, key = make_record(review), uuid.uuid4()
    answers = at_once([casting(review, record, reviewers[0], key=key)] * 10)
    assert {answer.pk for answer in answers} == {Decision.objects.get().pk}
    assert AuditEvent.objects.filter(verb="screening.vote_cast").count() == 1


def test_opposite_votes_at_the_same_moment_make_one_conflict(review, reviewers):
    for _ in range(10):
        record = make_record(review)
        answers = at_once(
            [casting(review, record, reviewers[0]), casting(review, record, reviewers[1], "exclude")]
        )
        assert [type(answer) for answer in answers] == [Decision, Decision]
        assert Verdict.objects.get(record=record).state == "conflict"


def test_inclusions_at_the_same_moment_make_studies_with_names_of_their_own(review, reviewers):
    ben, cleo = reviewers[:2]
    records = [make_record(review, authors=["Nakagawa, A."]) for _ in range(6)]
    for record in records:
        for stage in (TA, FT):
            casting(review, record, ben, stage=stage)()
            if stage == TA:
                casting(review, record, cleo)()
                set_full_text_state(review=review, record=record, state="retrieved", by=ben)
    answers = at_once([casting(review, record, cleo, stage=FT) for record in records])
    assert [type(answer) for answer in answers] == [Decision] * 6
    assert sorted(Study.objects.values_list("label", flat=True)) == [
        "Nakagawa 2017",
        *(f"Nakagawa 2017{letter}" for letter in "bcdef"),
    ]
    assert Report.objects.count() == 6


def test_ten_people_ask_and_vote_at_once_and_none_is_beyond_the_quorum(review, reviewers):
    """Each takes records and votes until none comes; the others' places are never given away."""
    for number in range(12):
        make_record(review, f"Record {number}")
    given, lock = defaultdict(set), threading.Lock()

    def screen(reviewer):
        refused = 0
        for _ in range(40):
            records = queue.ahead(review, TA, reviewer, count=2)
            if not records and queue.progress(review, TA, reviewer).left == 0:
                break
            for record in records:
                with lock:
                    given[record.pk].add(reviewer.pk)
                try:
                    casting(review, record, reviewer)()
                except AlreadyDecided:
                    refused += 1
        return refused

    answers = at_once([lambda reviewer=reviewer: screen(reviewer) for reviewer in reviewers])
    assert answers == [0] * 10  # nobody was given what could not be voted on
    assert Decision.objects.live().count() == 24
    assert {len(people) for people in given.values()} == {2}
    assert set(Verdict.objects.values_list("state", "votes")) == {("included", 2)}
    assert not Claim.objects.exists()


def test_of_two_stops_and_votes_at_once_no_record_is_both_voted_on_and_left_unread(review, reviewers):
    leads = [join(review, make_user(f"lead{number}"), "manager").user for number in range(2)]
    records = [make_record(review) for _ in range(8)]
    votes = [
        casting(review, record, reviewer) for record, reviewer in zip(records, reviewers[:8], strict=True)
    ]
    stops = [lambda by=by: stopping.stop(review=review, by=by, rule="other", why="Enough") for by in leads]
    answers = at_once([stops[0], *votes[:4], stops[1], *votes[4:]])
    kinds = Counter(type(answer) for answer in answers)
    assert set(kinds) <= {Decision, AutomaticRemoval, NotEligible, stopping.StoppedAlready, NothingToRemove}
    assert kinds[AutomaticRemoval] <= 1
    voted = set(Decision.objects.live().values_list("record", flat=True))
    out = set(RemovedRecord.objects.live().values_list("record", flat=True))
    assert not voted & out
    assert voted | out == {record.pk for record in records}
