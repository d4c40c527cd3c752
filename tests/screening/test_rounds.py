"""Pilot rounds: the gate, everybody on everything, nothing told too early, and what becomes of the votes."""

import pytest

from reviews.models import AuditEvent, Membership
from screening import pair_tables, queue
from screening.models import Decision, FullText, Round, StageSettings, Verdict
from screening.services import (
    AlreadyDecided,
    NotAllowed,
    NotEligible,
    begin_pilot,
    close_pilot,
    excuse,
    foreknown,
    open_discussion,
    pilot_parts,
    recount,
    undo_vote,
)
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def finn(review):
    return join(review, make_user("finn"), "reviewer").user


@pytest.fixture
def records(review):
    return [make_record(review) for _ in range(8)]


@pytest.fixture
def pilot(review, records, ana, ben, cleo, finn):
    """``pilot(size=2)``: an open one of ben, cleo and finn, with a seed."""

    def begin(**more):
        values = {"size": 2, "people": [ben, cleo, finn], "seed": 4} | more
        return begin_pilot(review=review, stage=TA, by=ana, **values)

    return begin


def sample(round):
    return [row.record for row in round.sample.select_related("record").order_by("record")]


def left(review, person):
    return list(queue.queue(review, TA, person))


@pytest.fixture
def everybody_votes(vote, ben, cleo, finn):
    """Two records: all include the first, finn excludes the second."""

    def cast(round):
        agreed, disputed = sample(round)
        for person in (ben, cleo, finn):
            vote(person, agreed, "include")
        vote(ben, disputed, "include")
        vote(cleo, disputed, "include")
        vote(finn, disputed, "exclude")
        return agreed, disputed

    return cast


def test_everybody_gets_the_whole_sample_and_nothing_else(review, records, pilot, vote, ana, ben, cleo, finn):
    round = pilot()
    both = sample(round)
    assert left(review, ben) == left(review, cleo) == left(review, finn) == both
    assert left(review, ana) == []
    for person in (ben, cleo, finn):  # the third goes beyond the quorum of two
        vote(person, both[0], "include")
    assert left(review, finn) == both[1:]
    others = [record for record in records if record not in both]
    with pytest.raises(NotEligible, match="pilot"):
        vote(ben, others[0], "include")
    with pytest.raises((NotEligible, AlreadyDecided)):
        vote(ana, both[1], "include")
    assert set(Decision.objects.values_list("round", flat=True)) == {round.pk}


def test_the_same_seed_draws_the_same_and_voted_records_are_not_drawn(review, records, pilot, vote, ana, ben):
    vote(ben, records[0], "include")
    first = pilot(size=7)
    assert set(sample(first)) == set(records[1:])
    close = {"by": ana, "why": "only to draw again"}
    for person in first.people.all():
        excuse(round=first, person=person, by=ana)
    close_pilot(round=first, passed=False, **close)
    drawn = []
    for _ in range(2):
        again = pilot(size=3)
        drawn.append([row.record_id for row in again.sample.all()])
        for person in again.people.all():
            excuse(round=again, person=person, by=ana)
        close_pilot(round=again, passed=False, **close)
    assert drawn[0] == drawn[1]
    assert again.number == 3


def test_no_outcome_is_told_while_it_is_open(review, pilot, everybody_votes, ben, cleo, finn, ana):
    everybody_votes(pilot())
    assert set(Verdict.objects.values_list("state", flat=True)) == {"pending"}
    assert not FullText.objects.exists()
    for person in (ana, ben):
        membership = Membership.objects.get(user=person, review=review)
        seen = Decision.objects.visible_to(membership)
        assert set(seen.values_list("reviewer", flat=True)) <= {person.pk}
        assert not Verdict.objects.visible_to(membership).exists()
    assert not Verdict.objects.waiting_with(2).exists()
    assert recount(review=review, by=ana) == {"changed": {}, "kept": []}


def test_the_discussion_opens_when_all_is_in_to_its_people_only(
    review, pilot, everybody_votes, vote, ana, ben, cleo, dora
):
    round = pilot()
    with pytest.raises(NotEligible, match=r"Votes are missing from Ben \(2\), Cleo \(2\), Finn \(2\)"):
        open_discussion(round=round, by=ana)
    _, disputed = everybody_votes(round)
    members = {
        person: Membership.objects.get(user=person, review=review) for person in (ana, ben, cleo, dora)
    }
    assert not pair_tables.may_see(members[ben], round)
    round = open_discussion(round=round, by=ana)
    assert {person: Decision.objects.visible_to(members[person]).count() for person in members} == {
        ana: 0, ben: 6, cleo: 6, dora: 0,
    }  # fmt: skip
    assert pair_tables.may_see(members[ben], round)
    assert pair_tables.of_round(round).disputed == [disputed.pk]
    for change in (
        lambda: vote(ben, disputed, "exclude"),
        lambda: undo_vote(review=review, stage=TA, reviewer=ben),
    ):
        with pytest.raises(NotEligible, match="discussion of pilot 1"):
            change()


def test_a_leaver_does_not_hold_it_up_and_who_dawdles_can_be_excused(
    review, pilot, vote, ana, ben, cleo, finn
):
    round = pilot()
    first, second = sample(round)
    for record in (first, second):
        vote(ben, record, "include")
    vote(finn, first, "exclude")
    member = Membership.objects.get(user=finn, review=review)
    member.left_at = member.joined_at
    member.save()
    assert [(part.person, part.left, part.waits) for part in pilot_parts(round)] == [
        (ben, 0, True),
        (cleo, 2, True),
    ]
    vote(cleo, first, "include")  # the vote of who left took no place of hers
    excuse(round=round, person=cleo, by=ana)
    round = open_discussion(round=round, by=ana)
    found = pair_tables.of_round(round)
    assert found.overall.votes == 3
    assert {str(person) for pair in found.pairs for person in (pair.first, pair.second)} == {
        "Ben",
        "Cleo",
        "Finn",
    }
    with pytest.raises(NotEligible, match="not one of the people"):
        excuse(round=round, person=ana, by=ana)


@pytest.mark.parametrize(
    ("afterwards", "live", "states"),
    [
        ("kept", 6, ["included", "conflict"]),
        ("reused", 4, ["included", "included"]),
        ("discarded", 0, ["pending", "pending"]),
    ],
)
def test_afterwards_the_votes_stand_are_reused_or_set_aside(
    afterwards, live, states, review, pilot, everybody_votes, ana, ben
):
    round = pilot(afterwards=afterwards)
    agreed, disputed = everybody_votes(round)
    round = close_pilot(round=round, passed=True, by=ana)
    assert Decision.objects.live().count() == live
    assert [Verdict.objects.get(record=record).state for record in (agreed, disputed)] == states
    assert FullText.objects.count() == states.count("included")
    found = pair_tables.of_round(round)  # whatever became of the votes
    assert (found.overall.records, found.overall.votes, found.overall.raters) == (2, 6, 3)
    assert len(left(review, ben)) == (8 if afterwards == "discarded" else 6)
    if afterwards == "discarded":  # the resolver read no conflict
        assert foreknown(review, TA, ana) == set()


def test_reused_votes_hold_one_of_a_person_who_must_screen(review, pilot, everybody_votes, ana, finn):
    settings = StageSettings.objects.create(review=review, stage=TA)
    settings.must_screen.add(finn)
    round = pilot(afterwards="reused")
    _, disputed = everybody_votes(round)
    close_pilot(round=round, passed=True, by=ana)
    assert Verdict.objects.get(record=disputed).state == "conflict"


def test_below_the_target_it_passes_with_a_reason_only(pilot, everybody_votes, ana):
    round = pilot(target=0.6)
    everybody_votes(round)
    with pytest.raises(NotEligible, match=r"Kappa is -0.20 and the target is 0.60: say why"):
        close_pilot(round=round, passed=True, by=ana)
    assert Round.objects.get().state == "open"
    round = close_pilot(round=round, passed=True, by=ana, why="Two records are too few to say")
    assert (round.state, round.why) == ("passed", "Two records are too few to say")
    event = AuditEvent.objects.get(verb="screening.pilot_closed")
    assert event.detail["kappa"] == pytest.approx(-0.2)
    with pytest.raises(AlreadyDecided, match="closed"):
        close_pilot(round=round, passed=False, by=ana)


def test_after_passing_the_stage_is_open_and_what_was_discussed_stands(
    review, records, pilot, everybody_votes, vote, ana, ben, resolve
):
    round = pilot()
    _, disputed = everybody_votes(round)
    close_pilot(round=round, passed=True, by=ana)
    assert len(left(review, ana)) == 6
    with pytest.raises(NotEligible, match="discussion of pilot 1"):
        vote(ben, disputed, "exclude")
    resolve(disputed, True)
    assert Verdict.objects.get(record=disputed).state == "included"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"size": 0}, "1 to 500 records"),
        ({"size": 501}, "1 to 500 records"),
        ({"people": []}, "two or more"),
        ({"seed": -1}, "whole number"),
        ({"target": 1.5}, "between -1 and 1"),
        ({"afterwards": "lost"}, "none of kept, reused, discarded"),
    ],
)
def test_nonsense_is_refused(pilot, more, says):
    with pytest.raises(NotEligible, match=says):
        pilot(**more)
    assert not Round.objects.exists()


def test_who_may_and_one_at_a_time(review, records, pilot, ana, ben, cleo, dora, eve):
    with pytest.raises(NotAllowed):
        begin_pilot(review=review, stage=TA, size=2, people=[ben, cleo], by=ben)
    with pytest.raises(NotEligible, match="Dora, Eve may not screen"):
        pilot(people=[ben, dora, eve])
    round = pilot()
    with pytest.raises(AlreadyDecided, match="Pilot 1 is open"):
        pilot()
    with pytest.raises(NotAllowed):
        close_pilot(round=round, passed=True, by=dora)


def test_a_stage_without_unseen_records_says_so(review, ana, ben, cleo):
    with pytest.raises(NotEligible, match="no record at title and abstract that nobody voted on"):
        begin_pilot(review=review, stage=TA, size=2, people=[ben, cleo], by=ana)
