"""Casting and undoing votes: what is taken, what is refused with which sentence, what is written down."""

import uuid

import pytest
from django.utils import timezone

from reviews.models import AuditEvent
from screening.models import Decision, FullText, Stage, Verdict
from screening.services import (
    AlreadyDecided,
    KeyUsed,
    NotAllowed,
    NotEligible,
    policy_of,
    set_full_text_state,
    undo_vote,
)
from tests.factories import join, make_reason, make_record, make_review, make_user
from tests.screening.conftest import FT, TA, undo_import

pytestmark = pytest.mark.django_db


def verdict(record, stage=TA):
    return Verdict.objects.filter(record=record, stage=stage).values_list("state", "votes").first()


def test_two_includes_settle_the_record_and_seek_its_full_text(record, vote, ben, cleo):
    vote(ben, record, "include")
    assert verdict(record) == ("pending", 1)
    assert not FullText.objects.exists()
    vote(cleo, record, "include")
    assert verdict(record) == ("included", 2)
    assert FullText.objects.get(record=record).state == "sought"


def test_maybe_goes_on_at_title_and_abstract_and_is_a_conflict_at_full_text(
    record, vote, to_full_text, ben, cleo
):
    to_full_text(record)
    vote(ben, record, "maybe", stage=FT)
    vote(cleo, record, "include", stage=FT)
    assert verdict(record, FT) == ("conflict", 2)


def test_the_first_reason_in_the_list_stands(review, record, reason, vote, ben, cleo):
    later = make_reason(review, "Wrong design", order=2)
    vote(ben, record, "exclude", reason=later)
    vote(cleo, record, "exclude", reason=reason)
    assert Verdict.objects.get(record=record).reason == reason


def test_different_reasons_are_a_conflict_at_full_text_only_when_they_must_agree(review):
    review.reasons_must_agree = True
    assert policy_of(review, Stage.FULL_TEXT).reasons_must_agree
    assert not policy_of(review, Stage.TITLE_ABSTRACT).reasons_must_agree


def test_the_same_key_again_is_the_same_decision(record, vote, ben):
    key = uuid.uuid4()
    first = vote(ben, record, "include", key=key, note="looks right")
    assert vote(ben, record, "include", key=key) == first
    assert Decision.objects.count() == 1
    assert AuditEvent.objects.filter(verb="screening.vote_cast").count() == 1


def test_a_key_is_not_used_for_another_vote(review, record, vote, ben):
    key = uuid.uuid4()
    vote(ben, record, "include", key=key)
    with pytest.raises(KeyUsed, match="another vote of yours"):
        vote(ben, record, "exclude", key=key)
    with pytest.raises(KeyUsed, match="another vote of yours"):
        vote(ben, make_record(review), "include", key=key)
    assert Decision.objects.count() == 1


def test_a_replayed_key_does_not_revive_an_undone_vote(review, record, vote, ben):
    key = uuid.uuid4()
    vote(ben, record, "include", key=key)
    undo_vote(review=review, stage=TA, reviewer=ben)
    assert vote(ben, record, "include", key=key).withdrawn_at
    assert verdict(record) == ("pending", 0)


def test_a_changed_mind_withdraws_the_old_vote_and_keeps_it(record, vote, ben):
    old = vote(ben, record, "include")
    new = vote(ben, record, "exclude")
    old.refresh_from_db()
    assert old.withdrawn_at
    assert list(Decision.objects.live()) == [new]
    event = AuditEvent.objects.get(verb="screening.vote_changed")
    assert event.detail["instead_of"]["vote"] == "include"


def test_a_mind_may_change_in_a_conflict_since_it_looks_like_waiting(record, vote, conflict, ben):
    conflict(record)
    vote(ben, record, "exclude")
    assert verdict(record) == ("excluded", 2)


def test_a_complete_record_takes_no_more_votes(record, vote, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    with pytest.raises(AlreadyDecided, match=r"complete at title and abstract: included\..*reopen"):
        vote(ben, record, "exclude")
    assert Decision.objects.live().count() == 2


def test_nobody_votes_beyond_the_quorum(review, record, vote, conflict):
    conflict(record)
    fran = join(review, make_user("fran"), "reviewer").user
    with pytest.raises(AlreadyDecided, match="already has the 2 votes it needs") as refusal:
        vote(fran, record, "include")
    assert refusal.value.status == 409


@pytest.mark.parametrize("role", ["adjudicator", "observer", "librarian", "statistician"])
def test_a_role_without_the_right_may_not_vote(review, record, vote, role):
    someone = join(review, make_user("someone"), role).user
    with pytest.raises(NotAllowed, match="may not do this"):
        vote(someone, record, "include")


def test_a_stranger_and_a_leaver_may_not_vote(review, record, vote, eve, ben):
    with pytest.raises(NotAllowed, match="not a member"):
        vote(eve, record, "include")
    review.memberships.filter(user=ben).update(left_at=timezone.now())
    with pytest.raises(NotAllowed, match="not a member"):
        vote(ben, record, "include")


def test_an_archived_review_is_read_only(review, record, vote, ben):
    review.archived_at = timezone.now()
    with pytest.raises(NotAllowed, match="archived"):
        vote(ben, record, "include")


def test_records_that_left_the_review_are_refused(review, record, vote, ben):
    twin = make_record(review, "The same trial", duplicate_of=record)
    with pytest.raises(NotEligible, match=f"merged into record {record.pk}"):
        vote(ben, twin, "include")
    undo_import(record.batch)
    with pytest.raises(NotEligible, match="import was undone"):
        vote(ben, record, "include")


def test_a_record_of_another_review_is_refused(vote, ben):
    with pytest.raises(NotEligible, match="does not belong"):
        vote(ben, make_record(make_review("elsewhere")), "include")


@pytest.mark.parametrize(
    ("word", "with_reason", "says"),
    [("perhaps", False, "not a vote"), ("include", True, "for exclusions only")],
)
def test_nonsense_is_refused_with_a_sentence(record, reason, vote, ben, word, with_reason, says):
    with pytest.raises(NotEligible, match=says):
        vote(ben, record, word, reason=reason if with_reason else None)
    assert not Decision.objects.exists()


def test_a_reason_is_of_this_review_and_not_retired(review, record, reason, vote, ben):
    foreign = make_reason(make_review("elsewhere"), "Wrong everything")
    with pytest.raises(NotEligible, match="not a reason of this review"):
        vote(ben, record, "exclude", reason=foreign)
    reason.retired_at = timezone.now()
    with pytest.raises(NotEligible, match="present list"):
        vote(ben, record, "exclude", reason=reason)


def test_full_text_comes_after_inclusion_and_retrieval(review, record, reason, vote, ben, cleo, ana):
    with pytest.raises(NotEligible, match="has not been included"):
        vote(ben, record, "include", stage=FT)
    vote(ben, record, "include")
    vote(cleo, record, "include")
    with pytest.raises(NotEligible, match="has not been retrieved yet"):
        vote(ben, record, "include", stage=FT)
    set_full_text_state(review=review, record=record, state="not_retrieved", why_not="No copy", by=ana)
    with pytest.raises(NotEligible, match=r"could not be retrieved \(No copy\)"):
        vote(ben, record, "include", stage=FT)
    set_full_text_state(review=review, record=record, state="retrieved", by=ana)
    with pytest.raises(NotEligible, match="needs a reason"):
        vote(ben, record, "exclude", stage=FT)
    assert vote(ben, record, "exclude", stage=FT, reason=reason).reason == reason


def test_undo_takes_back_the_last_vote_until_the_record_is_complete(review, record, vote, ben, cleo):
    earlier, last = record, make_record(review)
    vote(ben, earlier, "include")
    vote(ben, last, "exclude")
    assert undo_vote(review=review, stage=TA, reviewer=ben).record == last
    assert undo_vote(review=review, stage=TA, reviewer=ben).record == earlier
    with pytest.raises(NotEligible, match="no vote"):
        undo_vote(review=review, stage=TA, reviewer=ben)
    vote(ben, record, "include")
    vote(cleo, record, "include")
    with pytest.raises(AlreadyDecided, match="complete"):
        undo_vote(review=review, stage=TA, reviewer=ben, record=record)


def test_undoing_one_side_of_a_conflict_leaves_a_pending_record(review, record, conflict, ben):
    conflict(record)
    undo_vote(review=review, stage=TA, reviewer=ben, record=record)
    assert verdict(record) == ("pending", 1)


def test_a_colleagues_vote_cannot_be_undone(review, record, vote, ben, cleo):
    vote(cleo, record, "include")
    with pytest.raises(NotEligible, match="You have no vote"):
        undo_vote(review=review, stage=TA, reviewer=ben, record=record)


def test_votes_are_blinded_in_the_history_and_completion_is_not(record, vote, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    events = dict(AuditEvent.objects.order_by("pk").values_list("verb", "blinded"))
    assert events == {"screening.vote_cast": True, "screening.record_settled": False}


def test_time_in_view_is_kept_within_reason(record, vote, ben):
    assert vote(ben, record, "include", seconds=-5).seconds == 0
    assert vote(ben, record, "include", seconds=10**9).seconds == 24 * 3600
