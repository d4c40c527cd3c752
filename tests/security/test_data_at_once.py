"""Many people at the same moment: nothing is lost, nothing is done twice."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from analysis.models import Run
from analysis.services import write_plan
from reviews.models import AuditEvent, Job
from reviews.services import invite_member
from screening.models import Decision, StageSettings, Verdict
from tests.factories import join, make_batch, make_outcome, make_record, make_result, make_study, make_user


def at_once(jobs: list, threads: int) -> list:
    """Do every job in one of ``threads`` threads, all started at the same moment."""
    barrier = threading.Barrier(threads)
    queue, lock, results = list(jobs), threading.Lock(), []

    def work():
        barrier.wait(timeout=30)
        try:
            while True:
                with lock:
                    if not queue:
                        return
                    job = queue.pop()
                result = job()
                with lock:
                    results.append(result)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    return results


@pytest.mark.core
@pytest.mark.django_db(transaction=True)
def test_thirty_people_vote_three_hundred_times_at_once(review, monkeypatch):
    """Ten for each of thirty records by the web: nothing fails, nothing is lost, nothing above the quorum."""
    if connection.vendor == "sqlite":  # its queue is not fair, and the machine may do other things, too
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 60)
    people = [join(review, make_user(f"voter{number}"), "reviewer").user for number in range(30)]
    # no place is kept: each votes on what others have in view, too
    StageSettings.objects.create(review=review, stage="title_abstract", claim_minutes=0)
    batch = make_batch(review)
    records = [make_record(review, batch=batch) for _ in range(30)]
    clients = []
    for user in people:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        clients.append(client)

    def vote(person: int, record: int):
        address = reverse("screening:vote", args=[review.slug, "title_abstract", records[record].pk])
        data = {"vote": "include" if person % 2 else "exclude", "key": uuid.uuid4()}
        local = Client(raise_request_exception=False)
        local.cookies = clients[person].cookies
        answer = local.post(address, data, headers={"HX-Request": "true"})
        return answer.status_code, person, records[record].pk

    jobs = [
        lambda person=person, step=step: vote(person, (person + step) % 30)
        for step in range(10)
        for person in range(30)
    ]
    answers = at_once(jobs, 30)
    assert Counter(status for status, *_ in answers) == {200: 60, 409: 240}
    live = Decision.objects.live()
    assert Counter(live.values_list("record", flat=True)) == {record.pk: 2 for record in records}
    told = {(person, record) for status, person, record in answers if status == 200}
    kept = {(people.index(vote.reviewer), vote.record_id) for vote in live.select_related("reviewer")}
    assert told == kept
    assert AuditEvent.objects.filter(verb="screening.vote_cast").count() == 60
    for verdict in Verdict.objects.all():
        votes = set(live.filter(record=verdict.record).values_list("vote", flat=True))
        assert verdict.votes == 2
        assert verdict.state == {"include": "included", "exclude": "excluded"}.get("".join(votes), "conflict")


@pytest.mark.core
@pytest.mark.django_db(transaction=True)
def test_ten_equal_requests_for_a_run_make_one(review, ana):
    outcome = make_outcome(review)
    for number in range(3):
        make_result(make_study(review, f"Trial {number}"), outcome, ana, mean1=8.0 + number)
    plan = write_plan(review=review, name="All", outcome=outcome, by=ana)
    client = Client()
    client.force_login(ana)

    def ask():
        local = Client(raise_request_exception=False)
        local.cookies = client.cookies
        answer = local.post(reverse("analysis:plan_run", args=[review.slug, plan.slug]))
        return answer.status_code, answer.headers.get("Location")

    answers = set(at_once([ask] * 10, 10))
    run = Run.objects.get()
    assert answers == {(302, reverse("analysis:run", args=[review.slug, run.pk]))}
    assert Job.objects.count() == 1


@pytest.mark.core
@pytest.mark.django_db(transaction=True)
def test_one_invitation_and_ten_takers_make_one_member(review, ana):
    _, token = invite_member(review=review, by=ana, email="new@example.org", role="observer")
    takers = [make_user(f"taker{number}") for number in range(10)]

    def take(user):
        client = Client(raise_request_exception=False)
        client.force_login(user)
        client.get(reverse("reviews:accept_invitation", args=[token]))
        return client.post(reverse("reviews:accept_invitation")).status_code

    statuses = Counter(at_once([lambda user=user: take(user) for user in takers], 10))
    assert statuses[302] == 1
    assert set(statuses) <= {302, 410, 422}  # 422: somebody else was quicker between the page and the click
    assert review.memberships.count() == 2
