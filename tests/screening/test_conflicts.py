"""Resolving conflicts, and opening again what was closed."""

import pytest

from reviews.models import AuditEvent
from screening.models import Adjudication, FullText, Report, Study, Verdict
from screening.services import AlreadyDecided, NotAllowed, NotEligible, reopen
from tests.factories import join, make_arms, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


def state(record, stage=TA):
    return Verdict.objects.get(record=record, stage=stage).state


def test_a_third_person_resolves_and_the_word_stands(record, conflict, resolve):
    conflict(record)
    resolve(record, True, comment="Adults, randomised.")
    assert state(record) == "included"
    assert FullText.objects.filter(record=record).exists()
    event = AuditEvent.objects.get(verb="screening.conflict_resolved")
    assert event.detail["comment"] == "Adults, randomised."
    assert not event.blinded


def test_the_resolvers_reason_stands(record, reason, conflict, resolve):
    conflict(record)
    resolve(record, False, reason=reason)
    assert Verdict.objects.get(record=record).reason == reason


def test_a_voter_may_not_resolve(review, record, vote, ana, cleo, resolve):
    vote(ana, record, "include")
    vote(cleo, record, "exclude")
    with pytest.raises(NotEligible, match=r"You voted on .* yourself"):
        resolve(record, True, by=ana)


def test_a_reviewer_may_not_resolve(review, record, conflict, resolve):
    conflict(record)
    with pytest.raises(NotAllowed):
        resolve(record, True, by=join(review, make_user("fran"), "reviewer").user)


def test_only_conflicts_are_resolved_and_only_once(record, vote, conflict, resolve, ben):
    vote(ben, record, "include")
    with pytest.raises(AlreadyDecided, match="not in conflict"):
        resolve(record, True)
    conflict(record)
    resolve(record, True)
    with pytest.raises(AlreadyDecided, match="not in conflict"):
        resolve(record, False)


def test_full_text_needs_a_reason_to_exclude(record, reason, to_full_text, conflict, resolve):
    conflict(to_full_text(record), stage=FT, reason=reason)
    with pytest.raises(NotEligible, match="needs a reason"):
        resolve(record, False, stage=FT)
    with pytest.raises(NotEligible, match="for exclusions only"):
        resolve(record, True, stage=FT, reason=reason)
    resolve(record, False, stage=FT, reason=reason)
    assert state(record, FT) == "excluded"


def test_reopening_a_resolved_conflict_withdraws_the_word(review, record, conflict, resolve, dora):
    conflict(record)
    resolve(record, True)
    reopen(review=review, record=record, stage=TA, by=dora, why="New information")
    assert state(record) == "conflict"
    assert Adjudication.objects.get().withdrawn_at
    assert not FullText.objects.exists()


def test_reopening_an_agreed_record_returns_it_to_the_queue(review, record, vote, ben, cleo, dora):
    for reviewer in (ben, cleo):
        vote(reviewer, record, "exclude")
    reopen(review=review, record=record, stage=TA, by=dora, why="Both misread the population")
    assert Verdict.objects.filter(record=record).values_list("state", "votes").get() == ("pending", 0)
    vote(ben, record, "include")


def test_reopening_needs_a_why_a_right_and_a_complete_record(review, record, vote, ben, cleo, dora):
    vote(ben, record, "include")
    with pytest.raises(AlreadyDecided, match="is not complete"):
        reopen(review=review, record=record, stage=TA, by=dora, why="x")
    vote(cleo, record, "include")
    with pytest.raises(NotEligible, match="Say why"):
        reopen(review=review, record=record, stage=TA, by=dora, why="  ")
    with pytest.raises(NotAllowed):
        reopen(review=review, record=record, stage=TA, by=ben, why="x")


def test_title_and_abstract_stays_closed_while_full_text_votes_stand(
    review, record, to_full_text, vote, ben, dora
):
    vote(ben, to_full_text(record), "include", stage=FT)
    with pytest.raises(NotEligible, match="already has full-text votes"):
        reopen(review=review, record=record, stage=TA, by=dora, why="x")
    assert state(record) == "included"


def test_reopening_full_text_removes_the_study(review, record, include, dora):
    include(record)
    reopen(review=review, record=record, stage=FT, by=dora, why="x")
    assert not Report.objects.exists()
    assert not Study.objects.exists()


def test_a_study_with_data_is_not_removed(review, record, include, dora):
    make_arms(include(record))
    with pytest.raises(NotEligible, match=r"data hang on it \(2 arms\)"):
        reopen(review=review, record=record, stage=FT, by=dora, why="x")
    assert state(record, FT) == "included"
    assert Report.objects.filter(record=record).exists()
