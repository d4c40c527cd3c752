"""An order tells nothing: whatever colleagues' hidden votes are, what one is shown stays the same to the byte."""

import json
import random

import pytest
from django.urls import reverse

from reviews.models import AuditEvent
from screening import queue, ranked
from screening.models import Claim, Decision, Ranking, Round, StageSettings, Verdict
from screening.services import rankings, undo_vote
from screening.services.rankings.asking import due
from screening.services.rankings.known import known_to, numbers
from tests.factories import join, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db

TOPICS = (
    "psilocybin for depression",
    "maize and soil bacteria",
    "exercise in insomnia",
    "bridges under load",
)
WORDS = ["include", "exclude", "maybe"]


@pytest.fixture
def fran(review):
    return join(review, make_user("fran"), "reviewer").user


@pytest.fixture
def records(review):
    review.quorum_title_abstract = 3
    review.save()
    StageSettings.objects.create(
        review=review, stage=TA, order="likely", scores_shown="probability", claim_minutes=20
    )
    return [make_record(review, f"A study of {TOPICS[number % 4]}, part {number}") for number in range(16)]


@pytest.fixture
def begun(records, vote, ben, cleo, fran):
    """Four records complete; ben has voted on four more, by himself."""
    for number, word in enumerate(["include", "exclude", "exclude", "exclude"]):
        for person in (ben, cleo, fran):
            vote(person, records[number], word)
    for number, word in enumerate(["exclude", "include", "include", "exclude"], start=4):
        vote(ben, records[number], word)


@pytest.fixture
def shown(review, as_user, records):
    """``shown(ben)``: all that an order shows this person, as one text. The orders of all are learned anew first."""

    def text(person):
        for reviewer in [None, *numbers(review, TA)]:
            who = join_of(review, reviewer)
            rankings.learn(review=review, stage=TA, reviewer=who)
        told = {
            "due": person.pk in [each.reviewer for each in due(review, TA)],
            "shared": None in [each.reviewer for each in due(review, TA)],
            "counts": [numbers(review, TA).get(who) for who in (None, person.pk)],
            "orders": {},
        }
        for order in ("uncertain", "mixed", "random"):
            StageSettings.objects.update(order=order)
            Claim.objects.all().delete()
            told["orders"][order] = [record.pk for record in queue.ahead(review, TA, person, count=16)]
        StageSettings.objects.update(order="likely")
        order = ranked.order_for(review, TA, person)
        told["ranking"] = [list(order.ids), list(order.scores)]
        told["why"] = [ranked.explain(review, TA, person, record) for record in records]
        told["rows"] = [_row(row) for row in visible(review, person)]
        told["program"] = _program(as_user(person), review)
        return json.dumps(told, sort_keys=True)

    return text


def join_of(review, pk):
    return None if pk is None else review.memberships.get(user=pk).user


def visible(review, person):
    return (
        Ranking.objects.visible_to(review.memberships.get(user=person)).filter(stage=TA).order_by("reviewer")
    )


def _row(row):
    about = {name: value for name, value in row.about.items() if name != "seconds"}
    return [
        row.reviewer_id,
        row.model,
        row.order,
        row.scores,
        row.labels,
        row.n_labelled,
        row.n_included,
        about,
    ]


def _program(client, review):
    """What programs get, but for the moment it was learned at (which ``due`` decides)."""
    one = client.get(reverse("screening-rankings-detail", args=[review.slug, TA])).json()
    file = client.get(reverse("screening-rankings-order-file", args=[review.slug, TA])).json()
    assert one["ranked"] == len(file["records"])
    return [{key: value for key, value in each.items() if key != "learned_at"} for each in (one, file)]


def disturb(review, vote, people, records, dice):
    """Colleagues cast, change and take back votes, on records that these cannot complete."""
    for _ in range(6):
        person, record = dice.choice(people), dice.choice(records)
        own = Decision.objects.live().filter(reviewer=person, record=record)
        if own.exists() and dice.random() < 0.4:
            undo_vote(review=review, stage=TA, reviewer=person, record=record)
        else:
            vote(person, record, dice.choice(WORDS))


def outcomes():
    return list(Verdict.objects.told().order_by("pk").values_list("record", "state"))


@pytest.mark.parametrize("seed", range(2))
def test_hidden_votes_of_colleagues_change_nothing(
    review, records, begun, shown, vote, ben, cleo, fran, seed
):
    """On records that ben has voted on one of the two votes, so that nothing is complete by it; elsewhere both."""
    dice = random.Random(seed)
    before, settled = shown(ben), outcomes()
    disturb(review, vote, [cleo], records[4:8], dice)
    disturb(review, vote, [cleo, fran], records[8:], dice)
    assert outcomes() == settled
    assert Decision.objects.live().filter(record__in=records[8:]).exists()
    assert shown(ben) == before


def test_one_who_has_not_voted_is_shown_what_everybody_is(
    review, records, begun, shown, vote, ben, cleo, ana
):
    """The owner screens, too; ben's and cleo's votes are hidden from her."""
    before = shown(ana)
    vote(cleo, records[9], "include")
    vote(ben, records[10], "include")
    vote(ben, records[5], "exclude")
    assert shown(ana) == before
    assert not Ranking.objects.filter(reviewer=ana).exists()


def test_a_conflict_looks_like_a_vote_of_ones_own(review, records, begun, shown, vote, ben, cleo, fran):
    review.quorum_title_abstract = 2
    review.save()
    before = shown(ben)
    vote(cleo, records[5], "exclude")  # ben included it
    assert Verdict.objects.get(record=records[5]).state == "conflict"
    assert shown(ben) == before


def test_an_open_pilot_tells_no_outcome(review, records, begun, shown, vote, ana, ben, cleo):
    pilot = Round.objects.create(review=review, stage=TA, number=1, size=2, seed=1, by=ana)
    pilot.people.set([ben, cleo])
    for record in records[8:10]:
        pilot.sample.create(record=record)
        vote(ben, record, "include")
    before = shown(ben)
    for record, word in zip(records[8:10], ("include", "exclude"), strict=True):
        vote(cleo, record, word)
    assert shown(ben) == before


def test_ones_own_votes_and_told_outcomes_do_change_it(review, records, begun, shown, vote, ben, cleo, fran):
    """So that the tests above could fail."""
    before = shown(ben)
    vote(ben, records[9], "include")
    own = shown(ben)
    assert own != before
    for person in (cleo, fran):
        vote(person, records[9], "exclude")
        vote(person, records[4], "exclude")
    told = shown(ben)
    assert told != own


def test_known_are_told_outcomes_and_ones_own_votes(review, records, begun, vote, ben, cleo):
    vote(cleo, records[11], "include")
    shared, own = known_to(review, TA), known_to(review, TA, ben)
    first = {record.pk: label for record, label in zip(records, [1, 0, 0, 0], strict=False)}
    assert shared.labels == first
    assert own.labels == first | {records[4 + n].pk: label for n, label in enumerate([0, 1, 1, 0])}
    assert records[11].pk in own.waiting
    assert set(shared.waiting) == {record.pk for record in records[4:]}
    assert set(own.waiting) == {record.pk for record in records[8:]}
    assert numbers(review, TA) == {None: (4, 1), ben.pk: (8, 3), cleo.pk: (5, 2)}


def test_a_duplicates_outcome_waits_for_its_leader(review, records, begun, ben):
    records[0].duplicate_of = records[9]
    records[0].save()
    assert records[0].pk not in known_to(review, TA).labels


def test_full_text_learns_from_its_own_and_from_what_was_excluded_before(review, records, begun, ben):
    known = known_to(review, FT)
    assert known.labels == {record.pk: label for record, label in zip(records, [1, 0, 0, 0], strict=False)}
    Verdict.objects.create(review=review, record=records[15], stage=FT, state="included", votes=2)
    Verdict.objects.create(review=review, record=records[0], stage=FT, state="excluded", votes=2)
    assert known_to(review, FT).labels == {
        records[0].pk: 0,
        records[1].pk: 0,
        records[2].pk: 0,
        records[3].pk: 0,
        records[15].pk: 1,
    }


def test_a_job_and_the_history_tell_of_the_shared_order_only(review, records, begun, as_user, ana, ben, cleo):
    from reviews.jobs import perform

    job = rankings.request_ranking(review=review, stage=TA, by=ben)
    assert rankings.request_ranking(review=review, stage=TA, by=ben) == job
    perform(job.pk)
    job.refresh_from_db()
    told = {name: job.result.pop(name) for name in ("start", "labelled", "included")}
    assert told == {"start": "decisions", "labelled": 4, "included": 1}
    assert set(job.result) <= {"url", "label"}  # the way to the page
    assert set(Ranking.objects.values_list("reviewer", flat=True)) == {None, ben.pk}
    event = AuditEvent.objects.get(verb="screening.ranking_requested")
    assert event.sentence == "asked for the order of title and abstract to be learned anew"
    assert not visible(review, cleo).filter(reviewer=ben).exists()
