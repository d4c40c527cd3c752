"""Checks of exclusions: a random part of what others excluded is screened again, and an error rate comes of it."""

import pytest

from screening.check_tables import error_rate, result_of, sentences, wrongly_excluded
from screening.models import CheckVote, Verdict
from screening.services import (
    AlreadyDecided,
    NotAllowed,
    NotEligible,
    begin_check,
    cast_check_vote,
    close_check,
    reopen_checked,
    to_check,
    undo_check_vote,
)
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def finn(review):
    return join(review, make_user("finn"), "reviewer").user


@pytest.fixture
def excluded(review, vote, ben, cleo):
    """Six records that ben and cleo excluded."""
    records = [make_record(review) for _ in range(6)]
    for record in records:
        for person in (ben, cleo):
            vote(person, record, "exclude")
    return records


@pytest.fixture
def check(review, excluded, ana, finn):
    def begin(**more):
        return begin_check(
            review=review, stage=TA, by=ana, **({"percent": 50, "people": [finn], "seed": 3} | more)
        )

    return begin


def test_a_part_of_what_others_excluded_is_checked(
    review, check, vote, conflict, resolve, ana, ben, dora, finn
):
    make_record(review)  # not screened
    conflict(resolved := make_record(review))
    resolve(resolved, False)
    round = check(percent=50)
    assert (round.size, round.sample.count()) == (4, 4)  # half of seven, rounded up
    assert to_check(round, finn).count() == 4
    assert to_check(round, ben).count() == 0
    whole = check(percent=100)
    assert whole.sample.count() == 7
    assert to_check(whole, dora).count() == 6  # not what she resolved herself


def test_the_answers_change_no_outcome_and_give_a_rate(review, check, ana, finn):
    round = check(percent=100)
    records = list(to_check(round, finn))
    for number, record in enumerate(records[:5]):
        cast_check_vote(round=round, record=record, reviewer=finn, included=number == 0)
    assert not Verdict.objects.exclude(state="excluded").exists()
    found = result_of(round)
    assert (found.drawn, found.checked, found.left, found.wrong, found.excluded) == (6, 5, 1, 1, 6)
    assert found.rate.value == 0.2
    assert [vote.record for vote in wrongly_excluded(round)] == records[:1]
    assert undo_check_vote(round=round, reviewer=finn).record == records[4]
    assert list(to_check(round, finn)) == records[4:]
    assert sentences(review) == []  # not while it goes on
    round = close_check(round=round, by=ana)
    (said,) = sentences(review)
    assert "1 of 4 should have been included (error rate 25.0%, 95% interval 0.6 to 80.6%)" in said
    with pytest.raises(AlreadyDecided, match="Check 1 is closed"):
        cast_check_vote(round=round, record=records[4], reviewer=finn, included=False)
    reopen_checked(round=round, record=records[0], by=ana)
    assert Verdict.objects.get(record=records[0]).state == "pending"
    with pytest.raises(NotEligible, match="did not find"):
        reopen_checked(round=round, record=records[1], by=ana)


def test_only_once_and_only_by_who_had_no_part(check, excluded, ben, finn, ana):
    round = check(percent=100, people=[finn, ben])
    cast_check_vote(round=round, record=excluded[0], reviewer=finn, included=True)
    with pytest.raises(AlreadyDecided, match="checked already"):
        cast_check_vote(round=round, record=excluded[0], reviewer=finn, included=False)
    with pytest.raises(NotEligible, match="had a part"):
        cast_check_vote(round=round, record=excluded[1], reviewer=ben, included=False)
    with pytest.raises(NotEligible, match="not one of the people"):
        cast_check_vote(round=round, record=excluded[1], reviewer=ana, included=False)
    assert CheckVote.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "checked", "low", "high"),
    [
        # R: binom.test(k, n)$conf.int; 0 of 10 and 10 of 10 have the closed forms 1 - 0.025^(1/10) and 0.025^(1/10)
        (0, 10, 0.0, 1 - 0.025**0.1),
        (10, 10, 0.025**0.1, 1.0),
        (2, 50, 0.004881433, 0.1371375),  # 4 %, as textbooks tabulate: 0.5 to 13.7
    ],
)
def test_the_interval_is_exact(wrong, checked, low, high):
    found = error_rate(wrong, checked)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert error_rate(0, 0).value is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"percent": 0}, "more than 0"),
        ({"percent": 101}, "at most 100"),
        ({"people": []}, "Name somebody"),
        ({"seed": -1}, "whole number"),
        ({"stage": "full_text"}, "nothing is excluded there yet"),
    ],
)
def test_nonsense_is_refused(review, excluded, ana, finn, more, says):
    values = {"stage": TA, "percent": 50, "people": [finn]} | more
    with pytest.raises(NotEligible, match=says):
        begin_check(review=review, by=ana, **values)


def test_who_may(review, check, excluded, ben, cleo, dora, finn):
    with pytest.raises(NotAllowed):
        begin_check(review=review, stage=TA, percent=10, people=[finn], by=ben)
    with pytest.raises(NotEligible, match="Dora may not screen"):
        check(people=[dora])
    with pytest.raises(NotEligible, match="Ben, Cleo took part in every exclusion"):
        check(people=[ben, cleo])
