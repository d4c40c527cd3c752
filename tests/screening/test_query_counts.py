"""What a vote and the next record cost in queries: a fixed number, however large the review is."""

import json
import uuid

import pytest
from django.urls import reverse

from screening.models import StageSettings
from screening.services import undo_vote
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(review, as_user, ben):
    client = as_user(ben)
    url = reverse("screening:votes", args=[review.slug, TA])

    def exchange(*records, count=1):
        votes = [
            {"record": record.pk, "vote": "include", "key": str(uuid.uuid4()), "note": ""}
            for record in records
        ]
        sent = {"as": ben.pk, "votes": votes, "ahead": {"count": count, "without": []}}
        answer = client.post(url, json.dumps(sent), content_type="application/json")
        assert answer.status_code == 200
        assert all(told["state"] == "taken" for told in answer.json()["votes"].values())
        return answer.json()

    return exchange


def test_a_vote_with_its_next_record_asks_a_fixed_number(
    review, send, vote, ben, cleo, django_assert_max_num_queries
):
    records = [make_record(review) for _ in range(4)]
    send(records[0])
    with django_assert_max_num_queries(48) as few:
        send(records[1])
    fran = join(review, make_user("fran"), "reviewer").user
    more = [make_record(review) for _ in range(30)]
    for record in more[:10]:
        vote(cleo, record, "include")
        vote(fran, record, "exclude")
    for record in more[10:20]:
        vote(cleo, record, "maybe")
        undo_vote(review=review, stage=TA, reviewer=cleo)
    with django_assert_max_num_queries(len(few)):
        send(records[2])


def test_the_settings_are_read_once_in_a_request(review, send, django_assert_max_num_queries):
    StageSettings.objects.create(review=review, stage=TA)
    record, _ = make_record(review), make_record(review)
    with django_assert_max_num_queries(60) as asked:
        send(record)
    settings = [
        query for query in asked.captured_queries if 'FROM "screening_stagesettings" WHERE' in query["sql"]
    ]
    assert len(settings) == 1


def test_five_records_ahead_cost_as_much_as_one(review, send, django_assert_max_num_queries):
    for _ in range(12):
        make_record(review)
    send()
    with django_assert_max_num_queries(40) as one:
        send(count=2)
    with django_assert_max_num_queries(len(one)):
        send(count=10)
