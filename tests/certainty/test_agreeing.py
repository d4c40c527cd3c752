"""Who sees which rating when, comparing two, and agreeing on one."""

import pytest

from certainty import services
from certainty.comparison import agreement_in_review, comparison
from certainty.grade import DOWN, Level
from certainty.models import Grade
from certainty.services import Incomplete, NeedsReason, NotYours
from reviews.errors import Conflict
from reviews.models import Membership
from tests.factories import make_outcome


def seen_by(user, finding):
    membership = Membership.objects.get(user=user, review=finding.review)
    return set(Grade.objects.visible_to(membership))


def compared(user, finding):
    return comparison(finding, Membership.objects.get(user=user, review=finding.review))


def test_one_complete_rating_is_its_raters_alone(finding, ana, ben, cleo, dora, complete):
    mine = complete(ben)
    assert seen_by(ben, finding) == {mine}
    for colleague in (ana, cleo, dora):
        assert seen_by(colleague, finding) == set()
        assert compared(colleague, finding).ratings == ()
    assert "second person's" in compared(dora, finding).waiting


def test_two_complete_ones_are_open_but_not_to_who_still_rates(
    finding, ana, ben, cleo, dora, complete, draft
):
    own = draft(dora)
    pair = {complete(ben), complete(cleo)}
    for member in (ana, ben, cleo):
        assert seen_by(member, finding) == pair
    assert seen_by(dora, finding) == {own}
    assert "Complete your own" in compared(dora, finding).waiting


@pytest.mark.core
def test_a_new_round_is_blinded_again(finding, ben, cleo, dora, complete, settle):
    first = {complete(ben), complete(cleo, imprecision=-1)}
    agreed = settle(dora, imprecision=-1)
    assert seen_by(dora, finding) == first | {agreed}
    again = complete(ben, imprecision=-2)
    assert again not in seen_by(cleo, finding)
    assert again not in seen_by(dora, finding)
    draft = services.begin_grade(finding=finding, by=cleo)
    assert again not in seen_by(cleo, finding)
    services.complete_grade(grade=draft, by=cleo, seen_version=draft.version)
    assert again in seen_by(cleo, finding)
    assert again in seen_by(dora, finding)


def test_a_draft_that_a_consensus_left_behind_hides_nothing(
    finding, ana, ben, cleo, dora, complete, draft, settle
):
    left = draft(ana)
    complete(ben)
    complete(cleo)
    settle(dora)
    pair = {complete(ben), complete(cleo)}
    assert pair <= seen_by(ana, finding)
    assert settle(ana, imprecision=-1).rater == ana
    left.refresh_from_db()
    assert not left.is_complete


def test_a_stranger_to_the_review_sees_nothing(finding, eve, ben, cleo, complete):
    complete(ben)
    complete(cleo)
    assert set(Grade.objects.visible_to(Membership.objects.get(user=eve))) == set()


def test_what_differs_is_named(finding, ben, cleo, complete):
    complete(ben, imprecision=-1)
    complete(cleo, imprecision=-1, large_effect=1)
    found = compared(ben, finding)
    assert [grade.rater for grade in found.ratings] == [ben, cleo]
    assert found.differing == ("large_effect",)
    assert found.waiting == ""
    assert found.consensus is None


@pytest.mark.core
def test_the_consensus_keeps_both(finding, ben, cleo, dora, complete, settle):
    complete(ben, imprecision=-1)
    complete(cleo)
    agreed = settle(dora, imprecision=-2)
    assert agreed.level == Level.LOW
    assert Grade.objects.agreed().get() == agreed
    assert agreed.steps.get(domain="imprecision").proposed == -1
    found = compared(dora, finding)
    assert len(found.ratings) == 2
    assert found.consensus == agreed
    event = finding.review.events.get(verb="certainty.reconciled")
    assert event.detail["differed"] == ["imprecision"]
    assert event.detail["new"]["level"] == "low"


def test_a_later_consensus_takes_the_place_of_the_earlier(finding, ben, cleo, dora, complete, settle):
    complete(ben)
    complete(cleo)
    first, second = settle(dora), settle(dora, imprecision=-1)
    assert Grade.objects.agreed().get() == second
    first.refresh_from_db()
    assert first.superseded_at


def test_two_are_needed_and_nothing_is_forgotten(finding, ben, cleo, dora, complete, settle):
    with pytest.raises(Incomplete, match="there is none"):
        settle(dora)
    complete(ben)
    with pytest.raises(Incomplete, match="there is one"):
        settle(dora)
    complete(cleo)
    given = {"finding": finding, "by": dora, "start": "high", "stamp": compared(dora, finding).stamp}
    with pytest.raises(Incomplete, match="still lacks: publication bias"):
        services.reconcile_grades(**given, changes=dict.fromkeys(DOWN[:-1], 0), reasons={})
    with pytest.raises(NeedsReason, match="Imprecision"):
        services.reconcile_grades(**given, changes=dict.fromkeys(DOWN, 0), reasons={})
    assert not Grade.objects.agreed().exists()


def test_raters_confirm_what_they_agree_on_and_no_more(finding, ben, cleo, stan, complete, settle):
    complete(ben, imprecision=-1)
    complete(cleo, imprecision=-1)
    with pytest.raises(NotYours, match="imprecision"):
        settle(ben)
    assert settle(ben, imprecision=-1).rater == ben
    with pytest.raises(NotYours, match="has its consensus"):
        settle(cleo, imprecision=-1)


def test_differences_are_settled_by_who_may(finding, ben, cleo, ana, complete, settle):
    complete(ben, imprecision=-1)
    complete(cleo)
    with pytest.raises(NotYours, match="differ on: imprecision"):
        settle(cleo)
    assert settle(ana).level == Level.HIGH


def test_what_changed_since_the_page_was_shown_is_a_conflict(
    finding, trials, agree, ben, cleo, dora, complete, settle
):
    complete(ben)
    complete(cleo)
    stamp = compared(dora, finding).stamp
    given = {
        "finding": finding,
        "by": dora,
        "start": "high",
        "changes": dict.fromkeys(DOWN, 0),
        "reasons": dict.fromkeys(DOWN, "Agreed."),
    }
    agree(trials[0], "high")
    with pytest.raises(Conflict, match="the evidence changed"):
        services.reconcile_grades(**given, stamp=stamp)
    stamp = compared(dora, finding).stamp
    services.reconcile_grades(**given, stamp=stamp)
    with pytest.raises(Conflict):
        services.reconcile_grades(**given, stamp=stamp)


def test_agreement_is_of_the_ratings_before_the_consensus(
    review, finding, ana, ben, cleo, dora, complete, settle
):
    membership = Membership.objects.get(user=dora)
    assert agreement_in_review(membership) == []
    complete(ben, imprecision=-1)
    complete(cleo, imprecision=-1)
    other = services.add_finding(
        review=review,
        by=ana,
        outcome=make_outcome(review, "Death"),
        intervention="therapy",
        comparison="usual care",
    )
    complete(ben, on=other, imprecision=-2)
    complete(cleo, on=other)
    settle(dora, imprecision=-1)
    found = {one.key: one for one in agreement_in_review(membership)}
    assert (found["level"].n, found["level"].same) == (2, 1)
    assert found["imprecision"].same == 1
    assert found["indirectness"].same == 2
    # 2 ratings of moderate by both, low against high: po = (1 + 1/3)/2, pe = (3 cells at 2/3, 1 at 1/3) / 4
    po, pe = (1 + 1 / 3) / 2, (1 + 2 / 3 + 2 / 3 + 1 / 3) / 4
    assert found["level"].kappa.value == pytest.approx((po - pe) / (1 - pe))
