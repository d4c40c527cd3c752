"""One person's rating, from the draft to the complete one, and what is refused on the way."""

import pytest

from certainty import services
from certainty.grade import DOWN, Level
from certainty.models import Grade, Step
from certainty.services import (
    AlreadySettled,
    Incomplete,
    InvalidGrade,
    NeedsReason,
    NotYours,
    Outdated,
)
from reviews.errors import Conflict
from reviews.models import AuditEvent
from screening.models import Study


@pytest.fixture
def mine(finding, ben):
    return services.begin_grade(finding=finding, by=ben)


def test_a_draft_starts_where_the_designs_say(finding, ben, cleo, mine):
    assert (mine.start, mine.state, mine.run_id) == ("high", "draft", mine.evidence["run"]["id"])
    assert services.begin_grade(finding=finding, by=ben) == mine
    Study.objects.update(design="cohort")
    assert services.begin_grade(finding=finding, by=cleo).start == "low"


def test_levels_add_up(ben, mine):
    for domain, change in {"risk_of_bias": -1, "imprecision": -2, "indirectness": -1}.items():
        mine = services.rate(
            grade=mine, domain=domain, change=change, by=ben, seen_version=mine.version, reason="Because."
        )
    assert mine.level == Level.VERY_LOW
    assert mine.version == 4
    mine = services.unrate(grade=mine, domain="imprecision", by=ben, seen_version=4)
    assert mine.level == Level.LOW


def test_every_level_and_every_override_needs_a_reason(ben, mine):
    """The trials have fewer people than the optimal information size, so a level for imprecision is suggested."""
    suggested = {"grade": mine, "domain": "imprecision", "by": ben, "seen_version": 1}
    with pytest.raises(NeedsReason, match="say why the certainty changes"):
        services.rate(**suggested | {"domain": "indirectness"}, change=-1)
    with pytest.raises(NeedsReason, match="suggest -1"):
        services.rate(**suggested, change=0)
    found = services.rate(**suggested, change=0, reason="Nearly the size needed.")
    step = found.steps.get()
    assert (step.change, step.proposed) == (0, -1)
    assert "optimal information size" in step.proposal


def test_accepting_takes_the_sentence_as_the_footnote(ben, mine):
    found = services.accept_suggestion(grade=mine, domain="imprecision", by=ben, seen_version=1)
    step = found.steps.get()
    assert step.change == step.proposed == -1
    assert step.reason == step.proposal
    with pytest.raises(InvalidGrade, match="suggest nothing"):
        services.accept_suggestion(grade=found, domain="indirectness", by=ben, seen_version=2)


def test_accepting_all_leaves_what_is_rated(ben, mine):
    mine = services.rate(
        grade=mine, domain="imprecision", change=-2, by=ben, seen_version=1, reason="Far too few."
    )
    found = services.accept_suggestions(grade=mine, by=ben, seen_version=2)
    assert found.changes == {"imprecision": -2, "inconsistency": 0}
    with pytest.raises(InvalidGrade, match="not rated yet"):
        services.accept_suggestions(grade=found, by=ben, seen_version=3)


def test_what_is_no_domain_or_level_is_refused(ben, mine):
    for domain, change in (("luck", -1), ("imprecision", 1), ("large_effect", -1), ("imprecision", -4)):
        with pytest.raises(InvalidGrade):
            services.rate(grade=mine, domain=domain, change=change, by=ben, seen_version=1, reason="x")
    with pytest.raises(InvalidGrade):
        services.set_start(grade=mine, start="middling", by=ben, seen_version=1, reason="x")


def test_another_start_needs_a_reason_and_changes_what_is_suggested(ben, mine):
    with pytest.raises(NeedsReason, match="randomised trials"):
        services.set_start(grade=mine, start="low", by=ben, seen_version=1)
    found = services.set_start(
        grade=mine, start="low", by=ben, seen_version=1, reason="Broken randomisation."
    )
    found = services.accept_suggestion(grade=found, domain="large_effect", by=ben, seen_version=2)
    assert found.changes == {"large_effect": 0}
    assert found.level == Level.LOW


def test_the_latest_version_alone_is_changed(ben, cleo, mine):
    services.rate(grade=mine, domain="indirectness", change=0, by=ben, seen_version=1)
    with pytest.raises(Conflict, match="you saw 1"):
        services.rate(grade=mine, domain="indirectness", change=0, by=ben, seen_version=1)
    with pytest.raises(NotYours):
        services.rate(grade=mine, domain="indirectness", change=0, by=cleo, seen_version=2)
    assert Step.objects.count() == 1


def test_complete_when_the_five_are_rated(ben, draft, mine):
    with pytest.raises(Incomplete, match="risk of bias, inconsistency"):
        services.complete_grade(grade=mine, by=ben, seen_version=1)
    found = draft(ben, imprecision=-1)
    found = services.complete_grade(grade=found, by=ben, seen_version=found.version)
    assert found.is_complete
    assert found.level == Level.MODERATE
    assert set(found.changes) == set(DOWN)
    with pytest.raises(AlreadySettled):
        services.rate(grade=found, domain="indirectness", change=0, by=ben, seen_version=found.version)


def test_unknown_designs_need_a_word_on_the_start(finding, ben, draft):
    Study.objects.update(design="")
    found = draft(ben)
    with pytest.raises(NeedsReason, match="design is not recorded"):
        services.complete_grade(grade=found, by=ben, seen_version=found.version)


def test_evidence_that_changed_is_looked_at_first(finding, trials, agree, ben, draft):
    found = draft(ben)
    agree(trials[0], "high")
    with pytest.raises(Outdated, match="Ade 2001: its risk of bias"):
        services.complete_grade(grade=found, by=ben, seen_version=found.version)
    found = services.look_again(grade=found, by=ben, seen_version=found.version)
    assert services.complete_grade(grade=found, by=ben, seen_version=found.version).is_complete


def test_reopened_alone_it_is_a_new_draft_with_its_steps(finding, ben, complete):
    first = complete(ben, imprecision=-1)
    second = services.reopen_grade(grade=first, by=ben)
    assert second.pk != first.pk
    assert second.changes["imprecision"] == -1
    first.refresh_from_db()
    assert first.superseded_at
    assert first.is_complete
    services.discard_grade(grade=second, by=ben)
    assert Grade.objects.current().get() == first
    with pytest.raises(Conflict, match="later rating"):
        services.reopen_grade(grade=second, by=ben)


def test_compared_ratings_stay(finding, ana, ben, cleo, complete):
    first = complete(ben)
    complete(cleo)
    with pytest.raises(AlreadySettled, match="can be compared"):
        services.reopen_grade(grade=first, by=ben)
    with pytest.raises(AlreadySettled, match="would not be independent"):
        services.begin_grade(finding=finding, by=ana)
    with pytest.raises(AlreadySettled, match="Reopen"):
        services.discard_grade(grade=first, by=ben)


def test_a_consensus_begins_a_new_round(finding, ben, cleo, dora, complete, settle):
    first = complete(ben, imprecision=-1)
    complete(cleo)
    settle(dora, imprecision=-1)
    again = services.begin_grade(finding=finding, by=ben)
    assert again.pk != first.pk
    assert again.changes["imprecision"] == -1
    assert not again.is_complete
    assert Grade.objects.agreed().get().changes["imprecision"] == -1


def test_a_draft_that_was_agreed_on_without(finding, ana, ben, cleo, dora, complete, draft, settle):
    late = draft(ana)
    complete(ben)
    complete(cleo)
    settle(dora)
    with pytest.raises(AlreadySettled, match="without this draft"):
        services.complete_grade(grade=late, by=ana, seen_version=late.version)
    assert services.begin_grade(finding=finding, by=ana).pk != late.pk


def test_a_retired_finding_is_not_rated(finding, ana, ben, mine):
    services.retire_finding(finding=finding, by=ana)
    with pytest.raises(Conflict, match="out of use"):
        services.rate(grade=mine, domain="indirectness", change=0, by=ben, seen_version=1)


def test_history_tells_who_rated_but_a_draft_to_its_rater_alone(review, finding, ben, cleo, complete):
    complete(ben, imprecision=-1)
    told = AuditEvent.objects.filter(review=review, actor=ben)
    assert told.filter(verb="certainty.completed", blinded=False).count() == 1
    assert "imprecision" in " ".join(told.visible_to(ben).values_list("sentence", flat=True))
    for event in told.visible_to(cleo):
        assert "imprecision" not in event.sentence
        assert event.detail == {}
