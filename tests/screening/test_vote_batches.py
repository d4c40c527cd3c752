"""Votes sent together: each stands for itself."""

import uuid

import pytest

from reviews.models import AuditEvent, Criterion
from screening.models import Decision, StageSettings
from screening.services import NotEligible, cast_many
from tests.factories import make_reason, make_record, make_review
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(review, ben):
    def cast(*votes, stage=TA):
        return cast_many(review=review, stage=stage, reviewer=ben, votes=list(votes))

    return cast


def a_vote(record, word="include", **more):
    return {"record": getattr(record, "pk", record), "vote": word, "key": str(uuid.uuid4())} | more


def test_all_are_taken_once_however_often_they_come(review, send, ben):
    reason = make_reason(review)
    question = Criterion.objects.create(review=review, kind="inclusion", text="Adults?")
    votes = [a_vote(make_record(review)) for _ in range(3)]
    votes[1] |= {
        "vote": "exclude",
        "reason": reason.pk,
        "note": " why ",
        "seconds": 7.9,
        "answers": {str(question.pk): "no"},
    }
    first, second = send(*votes), send(*votes)
    assert (
        first == second == {vote["key"]: {"state": "taken", "sentence": "", "status": 200} for vote in votes}
    )
    assert Decision.objects.live().count() == 3
    assert AuditEvent.objects.filter(verb="screening.vote_cast").count() == 3
    middle = Decision.objects.get(key=votes[1]["key"])
    assert (middle.vote, middle.reason, middle.note, middle.seconds, middle.answers) == (
        "exclude",
        reason,
        "why",
        7,
        {str(question.pk): "no"},
    )


def test_a_refused_vote_never_loses_the_others(review, send, conflict, resolve):
    done = resolve(conflict(make_record(review)), True).record
    elsewhere = make_record(make_review("other"))
    alien = make_reason(elsewhere.review)
    wrong = {
        "does not belong to the review": a_vote(elsewhere),
        "“None” is not the id": a_vote(None),
        "“True” is not the id": a_vote(True),
        "is complete": a_vote(done),
        "“perhaps” is not a vote": a_vote(make_record(review), "perhaps"),
        "no reason with the id": a_vote(make_record(review), "exclude", reason=alien.pk),
        "for exclusions only": a_vote(make_record(review), reason=make_reason(review).pk),
        "at most 2,000 characters": a_vote(make_record(review), note="x" * 2001),
        "half characters": a_vote(make_record(review), note="\ud800"),
        "0 or more": a_vote(make_record(review), seconds=-1),
        "is not a criterion": a_vote(make_record(review), answers={"0": "yes"}),
        "Answers are an object": a_vote(make_record(review), answers=["yes"]),
        "is not a key": a_vote(make_record(review)) | {"key": "k"},
    }
    before, last = Decision.objects.count(), a_vote(make_record(review))
    answers = send(*wrong.values(), last)
    for sentence, vote in wrong.items():
        assert answers[vote["key"]]["state"] == "refused"
        assert sentence in answers[vote["key"]]["sentence"]
    assert answers[wrong["is complete"]["key"]]["status"] == 409
    assert answers[last["key"]]["state"] == "taken"
    assert Decision.objects.count() == before + 1


@pytest.mark.parametrize("votes", [{}, [1], [{"record": 1}], "votes"])
def test_what_is_no_list_of_votes_is_refused(review, ben, votes):
    with pytest.raises(NotEligible, match="a list of objects"):
        cast_many(review=review, stage=TA, reviewer=ben, votes=votes)


def test_fifty_at_most(send):
    with pytest.raises(NotEligible, match="51 votes came at once"):
        send(*(a_vote(1) for _ in range(51)))


def test_a_reason_is_needed_where_the_settings_say_so(review, record, send, reason):
    StageSettings.objects.create(review=review, stage=TA, reason_required=True)
    without, given = a_vote(record, "exclude"), a_vote(record, "exclude", reason=reason.pk)
    answers = send(without, given)
    assert "needs a reason" in answers[without["key"]]["sentence"]
    assert answers[given["key"]]["state"] == "taken"


def test_at_full_text_too(to_full_text, record, send):
    to_full_text(record)
    answers = send(a_vote(record), a_vote(record, "exclude"), stage=FT)
    assert [answer["state"] for answer in answers.values()] == ["taken", "refused"], answers
