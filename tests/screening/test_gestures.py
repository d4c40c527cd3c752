"""Random gestures of a team, and what must hold after each of them."""

import random
import uuid
from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from django.utils import timezone

from reviews.errors import Refused
from reviews.models import AuditEvent, Membership
from screening import queue, rules
from screening.models import Assignment, Claim, Decision, StageSettings, Verdict
from screening.services import allocation, cast_vote, postpone, rankings, release, undo_vote
from screening.services.claims import end_assignments
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db
WORDS = ["include", "exclude", "maybe"]


class Team:
    """Plays gestures; ``expected`` is the votes as they must stand, kept beside the application."""

    def __init__(self, review, owner, seed):
        self.review, self.owner, self.dice = review, owner, random.Random(seed)
        self.people = [join(review, make_user(f"p{n}"), "reviewer").user for n in range(4)]
        self.here = set(self.people)
        self.records = [make_record(review, f"Record {n}") for n in range(8)]
        self.given = defaultdict(list)
        self.expected = {}
        self.lowest = self.highest = 2

    def play(self):
        weights = {
            self.vote: 30,
            self.vote_on_any: 8,
            self.undo: 6,
            self.put_off: 5,
            self.give_back: 3,
            self.lapse: 4,
            self.leave: 2,
            self.come_back: 3,
            self.share_out: 2,
            self.take_back: 2,
            self.change_quorum: 2,
            self.choose_group: 1,
            self.assigned_only: 1,
            self.change_order: 3,
            self.learn: 3,
        }
        gesture = self.dice.choices(list(weights), list(weights.values()))[0]
        try:
            gesture(self.dice.choice(self.people))
        except Refused:
            if gesture == self.vote:  # what was given out can be voted on
                raise
        return gesture.__name__

    def _cast(self, person, record):
        word = self.dice.choice(WORDS)
        cast_vote(review=self.review, record=record, stage=TA, reviewer=person, vote=word, key=uuid.uuid4())
        self.expected[record.pk, person.pk] = word

    def vote(self, person):
        if person not in self.here:
            return
        records = queue.ahead(self.review, TA, person, count=self.dice.choice([1, 3]))
        allowed = {record.pk for record in queue.queue(self.review, TA, person)}
        assert {record.pk for record in records} <= allowed
        for record in records[:1]:
            self._cast(person, record)
            self.given[record.pk].append(person.pk)

    def vote_on_any(self, person):
        self._cast(person, self.dice.choice(self.records))

    def undo(self, person):
        decision = undo_vote(review=self.review, stage=TA, reviewer=person)
        del self.expected[decision.record_id, person.pk]

    def put_off(self, person):
        postpone(review=self.review, stage=TA, reviewer=person, record=self.dice.choice(self.records))

    def give_back(self, person):
        release(review=self.review, stage=TA, reviewer=person)

    def lapse(self, person):
        Claim.objects.filter(reviewer=person).update(until=timezone.now() - timedelta(seconds=1))

    def leave(self, person):
        Membership.objects.filter(review=self.review, user=person).update(left_at=timezone.now())
        end_assignments(review=self.review, user=person)
        self.here.discard(person)

    def come_back(self, person):
        Membership.objects.filter(review=self.review, user=person).update(left_at=None)
        self.here.add(person)

    def share_out(self, person):
        people = self.dice.sample(self.people, self.dice.choice([2, 3]))
        way = self.dice.choice(["pairs", "split", "count"])
        wish = allocation.Wish(
            way=way, shares={each.pk: 3 for each in people}, seed=1, anew=self.dice.random() < 0.5
        )
        allocation.request_allocation(review=self.review, stage=TA, wish=wish, by=self.owner)

    def take_back(self, person):
        lot = self.review.allocations.filter(undone_at=None).first()
        if lot:
            allocation.undo_allocation(review=self.review, allocation=lot, by=self.owner)

    def change_quorum(self, person):
        self.review.quorum_title_abstract = self.dice.choice([1, 2, 3])
        self.review.save()
        self.highest = max(self.highest, self.review.quorum_title_abstract)

    def choose_group(self, person):
        row, _ = StageSettings.objects.get_or_create(review=self.review, stage=TA)
        row.must_screen.set([person] if self.dice.random() < 0.5 else [])

    def assigned_only(self, person):
        row, _ = StageSettings.objects.get_or_create(review=self.review, stage=TA)
        row.assigned_only = not row.assigned_only
        row.save()

    def change_order(self, person):
        row, _ = StageSettings.objects.get_or_create(review=self.review, stage=TA)
        row.order = self.dice.choice(StageSettings.Order.values)
        row.save()

    def learn(self, person):
        rankings.learn(review=self.review, stage=TA, reviewer=self.dice.choice([None, person]))

    def check(self):
        live = Decision.objects.live()
        found = {(vote.record_id, vote.reviewer_id): vote.vote for vote in live}
        assert found == self.expected  # none lost, none doubled
        votes = Counter(record for record, _ in found)
        assert all(number <= self.highest for number in votes.values())
        assert dict(Verdict.objects.filter(votes__gt=0).values_list("record", "votes")) == votes
        for verdict in Verdict.objects.all():
            assert (verdict.settled_at is not None) == (verdict.state in rules.SETTLED)
        for person in self.here:
            mine = queue.queue(self.review, TA, person)
            assert queue.progress(self.review, TA, person).left == mine.count()
            assert not {record.pk for record in mine} & {pk for pk, who in found if who == person.pk}
        gone = {person.pk for person in self.people if person not in self.here}
        open_ = Assignment.objects.live().filter(reviewer__in=gone).values_list("record", "reviewer")
        assert set(open_) <= set(found)
        assert not Claim.objects.filter(reviewer__in=gone).exists()


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_team_does_votes_and_places_stay_right(review, ana, seed):
    team = Team(review, ana, seed)
    played = Counter()
    for _ in range(40):
        played[team.play()] += 1
        team.check()
    assert AuditEvent.objects.filter(verb="screening.vote_cast").exists()
    assert played["vote"] > 5
