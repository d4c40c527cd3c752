"""What the database itself refuses: rewritten history, rows torn from under others, stale and doubled writes."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import PROTECT, ProtectedError
from django.test import Client
from django.urls import reverse

from analysis.models import Run
from analysis.services import write_plan
from reviews.models import AuditEvent, Job
from reviews.services import add_exclusion_reason, invite_member
from screening.models import Decision, StageSettings, Verdict
from tests.factories import join, make_batch, make_outcome, make_record, make_result, make_study, make_user
from tests.security.tools import undone

TABLE = "reviews_auditevent"


# --- history ----------------------------------------------------------------------------------------------


REWRITES = {
    "UPDATE": f"UPDATE {TABLE} SET sentence = 'nothing happened'",
    "UPDATE of one column": f"UPDATE {TABLE} SET blinded = NOT blinded WHERE id = (SELECT max(id) FROM {TABLE})",
    "DELETE": f"DELETE FROM {TABLE}",
    "DELETE of the last": f"DELETE FROM {TABLE} WHERE id = (SELECT max(id) FROM {TABLE})",
    "UPDATE with a blank": f"/* x */ UPDATE {TABLE} SET id = id + 1000",
}
#: Ways around triggers on rows, in each database's own words.
WHOLE = {
    "all at once": {
        "sqlite": f"REPLACE INTO {TABLE} SELECT * FROM {TABLE}",
        "postgresql": f"TRUNCATE {TABLE}",
    },
    "on conflict": {
        "sqlite": f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} LIMIT 1",
        "postgresql": f"INSERT INTO {TABLE} SELECT * FROM {TABLE} ON CONFLICT (id) DO UPDATE SET sentence = ''",
    },
}
ORM = {
    "bulk_update": lambda event: AuditEvent.objects.bulk_update([event], ["sentence"]),
    "update_or_create": lambda event: AuditEvent.objects.update_or_create(
        pk=event.pk, defaults={"sentence": "nothing"}
    ),
    "bulk_create over it": lambda event: AuditEvent.objects.bulk_create(
        [AuditEvent(pk=event.pk, verb="x", sentence="nothing")],
        update_conflicts=True,
        update_fields=["sentence"],
        unique_fields=["id"],
    ),
    "raw delete": lambda event: AuditEvent.objects.all()._raw_delete(AuditEvent.objects.db),
}


def rewrite(how: str, event: AuditEvent) -> None:
    if how in ORM:
        ORM[how](event)
        return
    with connection.cursor() as cursor:
        cursor.execute(REWRITES.get(how) or WHOLE[how][connection.vendor])


@pytest.mark.core
@pytest.mark.django_db
@pytest.mark.parametrize("how", [*REWRITES, *WHOLE, *ORM])
def test_history_is_added_to_and_nothing_else(review, ana, how):
    for label in ("Wrong design", "Wrong language"):
        add_exclusion_reason(review=review, by=ana, label=label)
    event = review.events.first()
    event.sentence = "nothing happened"
    before = list(AuditEvent.objects.order_by("pk").values_list())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rewrite(how, event)
    assert list(AuditEvent.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_nothing_of_a_review_can_be_deleted_from_under_it(here):
    """Every row that others hang on is protected, up to the review and the people; history outlives them all."""
    for row in (here.review, here.owner, here.included, here.study, here.outcome, here.reason, here.plan):
        with pytest.raises(ProtectedError):
            row.delete()


def test_every_foreign_key_of_ours_protects():
    free = [
        f"{model.__name__}.{field.name}"
        for room in settings.ROOMS
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete is not PROTECT
    ]
    assert set(free) == {"AuditEvent.review", "AuditEvent.actor"}


# --- two tabs ---------------------------------------------------------------------------------------------

STALE = {
    "a protocol": (
        "owner",
        "reviews:protocol_edit",
        None,
        {
            "title": "Mine",
            "initial-title": "what stood there before",
            "framework": "PICO",
            "quorum_title_abstract": 2,
            "quorum_full_text": 2,
            "maybe_rule": "include",
        },
    ),
    "an arm": (
        "extractor",
        "extraction:arm_change",
        "arm",
        {"label": "Mine", "role": "comparator", "seen_version": 7},
    ),
    "a result": ("extractor", "extraction:result_withdraw", "result", {"why": "x", "seen_version": 7}),
    "a verification": ("statistician", "extraction:result_verify", "result", {"seen_version": 7}),
    "a characteristic": (
        "extractor",
        "extraction:characteristic_set",
        "second_study",
        {"name": "therapy", "value": "Mine", "seen": "something else"},
    ),
}


@pytest.mark.django_db
def test_a_stale_tab_overwrites_nothing(here, as_user):
    for what, (who, name, row, data) in STALE.items():
        rows = [getattr(here, row).pk] if row else []
        before = AuditEvent.objects.count()
        with undone():
            answer = as_user(here.people[who]).post(reverse(name, args=[here.review.slug, *rows]), data)
            assert answer.status_code in {302, 409, 422}, what
            assert AuditEvent.objects.count() == before, what


# --- many at once -----------------------------------------------------------------------------------------


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
def test_thirty_people_vote_three_hundred_times_at_once(review):
    """Ten for each of thirty records by the web: nothing fails, nothing is lost, nothing above the quorum."""
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
