"""Orders learned from decisions: what they are learned from, when one is due, and what it says of a record."""

import pytest

from screening import ranked
from screening.models import StageSettings
from screening.services import rankings
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db

TRIAL = "A randomised trial of psilocybin for treatment-resistant depression"
OTHER = "Soil bacteria and the growth of maize in wet years"


@pytest.fixture
def likely(review):
    """The stage in the order of the most likely first."""
    return StageSettings.objects.create(review=review, stage=TA, order=StageSettings.Order.LIKELY)


@pytest.fixture
def mixed_lot(review):
    """Ten trials and ten others, in turn."""
    return [make_record(review, f"{OTHER if number % 2 else TRIAL}, part {number}") for number in range(20)]


@pytest.fixture
def settle_two(mixed_lot, vote, ben, cleo):
    """One trial included and one other excluded, by both."""
    for record, word in zip(mixed_lot[:2], ("include", "exclude"), strict=True):
        vote(ben, record, word)
        vote(cleo, record, word)


def is_trial(record_ids, lot):
    by_id = {record.pk: record for record in lot}
    return [by_id[pk].title.startswith(TRIAL) for pk in record_ids]


def test_it_ranks_what_waits_by_what_was_decided(review, likely, mixed_lot, settle_two, ben):
    ranking = rankings.learn(review=review, stage=TA)
    assert is_trial(ranking.order, mixed_lot) == [True] * 9 + [False] * 9
    assert ranking.scores == sorted(ranking.scores, reverse=True)
    assert all(0 < score < 1 for score in ranking.scores)
    assert ranking.labels == [[mixed_lot[0].pk, 1], [mixed_lot[1].pk, 0]]
    assert (ranking.n_labelled, ranking.n_included, ranking.about["start"]) == (2, 1, "decisions")
    assert list(ranked.order_for(review, TA, ben).ids) == ranking.order
