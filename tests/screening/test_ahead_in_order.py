"""Giving records out in every order a stage may have: places, pilots, assignments and batches hold in all of them."""

import pytest

from records.models import Record
from screening import coming, queue, ranked
from screening.models import Allocation, Assignment, Claim, Ranking, Round, StageSettings
from screening.services import AlreadyDecided, postpone, rankings, release, undo_vote
from tests.factories import join, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db

Order = StageSettings.Order


@pytest.fixture
def fran(review):
    return join(review, make_user("fran"), "reviewer").user


@pytest.fixture
def six(review):
    return [make_record(review, f"Record {number}") for number in range(6)]


@pytest.fixture
def rank(review):
    """``rank(six, [4, 2, 0])``: a ranking of records by their number, and the stage in its order."""

    def make(records, numbers, *, order=Order.LIKELY, stage=TA, reviewer=None, labelled=0, **fields):
        settings = StageSettings.objects.update_or_create
        settings(review=review, stage=stage, defaults={"order": order} | fields)
        return Ranking.objects.create(
            review=review,
            stage=stage,
            reviewer=reviewer,
            model="by hand",
            n_labelled=labelled,
            order=[records[number].pk for number in numbers],
            scores=[round(0.9 - 0.1 * place, 1) for place in range(len(numbers))],
        )

    return make


@pytest.fixture
def ahead(review):
    def ask(person, count=6, stage=TA, **more):
        found = queue.ahead(review, stage, person, count=count, **more)
        return [int(record.title.split()[-1]) for record in found]

    return ask


def test_the_most_likely_come_first_and_those_not_ranked_last(ahead, rank, six, ben):
    rank(six, [4, 2, 0])
    assert ahead(ben) == [4, 2, 0, 1, 3, 5]


def test_after_a_vote_the_top_comes_after_a_skip_what_follows(review, ahead, rank, six, vote, ben):
    rank(six, [4, 2, 0, 1, 3, 5])
    vote(ben, six[2], "include")
    assert ahead(ben, 2, after=six[2].pk) == [4, 0]
    release(review=review, stage=TA, reviewer=ben)
    assert ahead(ben, 3, after=six[0].pk) == [1, 3, 5]
    assert ahead(ben, 5, after=six[3].pk) == [5, 4, 0, 1, 3]


def test_what_is_in_view_does_not_come_again_however_the_order_changed(ahead, rank, six, ben):
    """As the page asks: behind the last of what it has in hand."""
    rank(six, [4, 2, 0, 1, 3, 5])
    assert ahead(ben, 2) == [4, 2]
    rank(six, [5, 3, 1, 0, 2, 4], labelled=9)
    assert ahead(ben, 2, without=[six[4].pk, six[2].pk], after=six[2].pk) == [5, 3]


def test_a_page_loaded_again_shows_what_it_showed(review, ahead, rank, six, ben, cleo):
    rank(six, [4, 2, 0, 1, 3, 5])
    assert ahead(ben, 2) == [4, 2]
    rank(six, [5, 2, 3, 1, 0, 4], labelled=9)
    assert ahead(ben, 3) == [2, 4, 5]
    assert ahead(cleo, 3) == [5, 2, 3]


def test_places_are_kept_in_a_learned_order(ahead, rank, six, vote, ben, cleo, fran):
    rank(six, [4, 2, 0, 1, 3, 5])
    assert ahead(ben, 2) == ahead(cleo, 2) == [4, 2]
    assert ahead(fran, 2) == [0, 1]
    with pytest.raises(AlreadyDecided, match="is being read by as many others"):
        vote(fran, six[4], "include")
    vote(ben, six[4], "include")
    vote(cleo, six[4], "include")
    assert ahead(fran, 3) == [0, 1, 3]


def test_put_off_comes_last(review, ahead, rank, six, vote, ben):
    rank(six, [4, 2, 0, 1, 3, 5])
    for number in (2, 4):
        postpone(review=review, stage=TA, reviewer=ben, record=six[number])
    assert ahead(ben) == [0, 1, 3, 5, 2, 4]
    vote(ben, six[0], "include")
    undo_vote(review=review, stage=TA, reviewer=ben)
    assert ahead(ben, 1) == [0]


def test_assigned_records_and_those_who_must_screen(review, ahead, rank, six, vote, ana, ben, cleo, fran):
    rank(six, [4, 2, 0, 1, 3, 5])
    lot = Allocation.objects.create(review=review, stage=TA, way="count", by=ana)
    Assignment.objects.create(allocation=lot, review=review, record=six[4], stage=TA, reviewer=fran)
    assert ahead(ben, 2) == [2, 0]
    assert ahead(fran, 2) == [4, 2]
    StageSettings.objects.get().must_screen.set([fran])
    vote(ben, six[2], "include")
    assert ahead(cleo, 1) == [1]  # ben has a place of the third and of the first record, fran's waits


def test_a_pilot_comes_in_id_order(review, ahead, rank, six, ana, ben, fran):
    rank(six, [4, 2, 0, 1, 3, 5])
    pilot = Round.objects.create(review=review, stage=TA, number=1, size=2, seed=1, by=ana)
    pilot.people.set([ben, ana])
    for record in (six[2], six[4]):
        pilot.sample.create(record=record)
    assert ahead(ben) == [2, 4]
    assert ahead(fran) == []


def test_a_sample_of_what_is_left_comes_before_the_most_likely(review, ahead, rank, six, ana, ben):
    rank(six, [4, 2, 0, 1, 3, 5])
    sample = Round.objects.create(review=review, stage=TA, number=1, size=2, seed=1, by=ana, kind="sample")
    for record in (six[1], six[3]):
        sample.sample.create(record=record)
    assert ahead(ben) == [1, 3, 4, 2, 0, 5]


def test_a_batch_keeps_the_order(ahead, rank, six, ben):
    rank(six, [4, 2, 0, 1, 3, 5])
    assert ahead(ben, within=Record.objects.filter(pk__in=[six[n].pk for n in (0, 3, 4)])) == [4, 0, 3]


def test_records_merged_away_or_gone_leave_the_order(ahead, rank, six, ben):
    rank(six, [4, 2, 0, 1, 3, 5])
    six[4].duplicate_of = six[5]
    six[4].save()
    assert ahead(ben) == [2, 0, 1, 3, 5]


def test_full_text_has_its_own_order(review, ahead, rank, six, to_full_text, ben):
    for number in (1, 3, 5):
        to_full_text(six[number])
    rank(six, [5, 1, 3], stage=FT)
    assert ahead(ben, stage=FT) == [5, 1, 3]


@pytest.mark.parametrize("order", Order)
def test_in_every_order_each_record_comes_once(review, ahead, rank, six, vote, ben, cleo, order):
    rank(six, [4, 2, 0, 1, 3], order=order, random_share=50)
    vote(ben, six[3], "exclude")
    found = ahead(ben)
    assert sorted(found) == [0, 1, 2, 4, 5]
    screened = []
    for _ in range(5):
        record = queue.next_record(review, TA, ben)
        screened.append(record.pk)
        vote(ben, record, "exclude")
    assert len(set(screened)) == 5
    assert ahead(ben) == []


def test_uncertain_mixed_and_random(review, ahead, rank, six, ben):
    rank(six, [4, 2, 0, 1, 3, 5], order=Order.UNCERTAIN)  # 0.9, 0.8, 0.7, 0.6, 0.5, 0.4
    assert ahead(ben)[0] == 3
    StageSettings.objects.update(order=Order.MIXED, random_share=50)
    release(review=review, stage=TA, reviewer=ben)
    mixed = ahead(ben)
    assert mixed[0] == 4
    assert sorted(mixed) == [0, 1, 2, 3, 4, 5]
    StageSettings.objects.update(order=Order.RANDOM, order_seed=1)
    release(review=review, stage=TA, reviewer=ben)
    first = ahead(ben)
    release(review=review, stage=TA, reviewer=ben)
    assert ahead(ben) == first
    StageSettings.objects.update(order_seed=2)
    release(review=review, stage=TA, reviewer=ben)
    assert ahead(ben) != first


def test_a_random_order_takes_new_records_among_the_others(review, six, ben, monkeypatch):
    StageSettings.objects.create(review=review, stage=TA, order=Order.RANDOM, order_seed=3)
    before = list(ranked.order_for(review, TA, ben).ids)
    for _ in range(20):
        make_record(review)
    assert list(ranked.order_for(review, TA, ben).ids) == before
    monkeypatch.setattr(ranked, "LOOK_AGAIN_SECONDS", -1)
    after = list(ranked.order_for(review, TA, ben).ids)
    assert [pk for pk in after if pk in before] == before
    assert after[: len(before)] != before


def test_nothing_ranked_yet_is_as_they_came(ahead, review, six, ben):
    StageSettings.objects.create(review=review, stage=TA, order=Order.LIKELY)
    assert ahead(ben) == [0, 1, 2, 3, 4, 5]


def test_ones_own_ranking_goes_before_when_it_was_learned_from_more(ahead, rank, six, ben, cleo):
    rank(six, [4, 2, 0, 1, 3, 5], labelled=10)
    rank(six, [5, 3, 1, 0, 2, 4], labelled=12, reviewer=ben)
    assert ahead(ben, 1) == [5]
    assert ahead(cleo, 1) == [4]
    rank(six, [0, 1, 2, 3, 4, 5], labelled=12)
    Claim.objects.all().delete()
    assert ahead(ben, 1) == [0]


def test_many_votes_in_front_cost_few_queries(
    review, ahead, rank, six, vote, ben, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(coming, "PIECES", (2, 4, 8))
    more = [make_record(review, f"Record {number + 6}") for number in range(24)]
    rank(six + more, list(range(30)))
    for record in (six + more)[:20]:
        vote(ben, record, "exclude")
    with django_assert_max_num_queries(20):  # two pieces, one's own votes between them
        assert ahead(ben, 2) == [20, 21]


def test_a_ranking_replaced_between_two_questions_is_looked_for_again(ahead, rank, six, ben, monkeypatch):
    old = rank(six, [4, 2, 0, 1, 3, 5])
    head = ranked._head
    answers = [head(old.review, TA, ben)]
    monkeypatch.setattr(ranked, "_head", lambda *asked: answers.pop() if answers else head(*asked))
    rank(six, [5, 3, 1, 0, 2, 4])
    old.delete()
    assert ahead(ben, 1) == [5]


def test_the_order_of_the_random_walk_is_learned_too(review, six, vote, ben):
    """A model of few records: no fault where everything or nothing is decided."""
    for record in six:
        vote(ben, record, "include")
    for reviewer in (None, ben):
        assert rankings.learn(review=review, stage=TA, reviewer=reviewer).pk
