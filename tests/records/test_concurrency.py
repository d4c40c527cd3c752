"""Real threads on a real database: one file is imported once, and groups stay flat."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from records.dedup import Pair
from records.models import ImportBatch, Record
from records.services import (
    AlreadyImported,
    DecidedMeanwhile,
    deduplicate,
    deduplication,
    import_file,
    link_reports,
    mark_distinct,
    merge_all_above,
    merge_candidate,
    request_deduplication,
    set_thresholds,
)
from reviews import jobs
from reviews.errors import Refused
from reviews.models import AuditEvent, Job
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair, ris, stored_files, undo, uploaded
from tests.records.groups import check_the_groups

pytestmark = [pytest.mark.core, pytest.mark.django_db(transaction=True)]
ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"})


def at_once(*calls):
    """Run every call in a thread of its own, all released at the same moment; returns results or exceptions."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            return call()
        except Refused as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture(autouse=True)
def _no_broker(settings):
    settings.CELERY_BROKER_URL = ""


def test_the_same_file_at_the_same_moment_is_imported_once(review, ana):
    search = make_search(review)

    def bring():
        return import_file(review=review, search=search, file=uploaded(ONE), by=ana)

    answers = at_once(*[bring] * 6)
    assert Counter(type(answer) for answer in answers) == {ImportBatch: 1, AlreadyImported: 5}
    assert "exactly this file is being imported at this moment" in str(
        next(answer for answer in answers if isinstance(answer, AlreadyImported))
    )
    assert (ImportBatch.objects.count(), Job.objects.count(), len(stored_files())) == (1, 1, 1)


def test_two_workers_that_hear_the_same_bell_read_the_file_once(review, ana):
    batch = import_file(review=review, search=make_search(review), file=uploaded(ONE), by=ana)
    at_once(*[lambda: jobs.perform(batch.job_id)] * 4)
    batch.refresh_from_db()
    assert (batch.state, Record.objects.live().count()) == ("done", 1)


def test_decisions_on_one_group_at_the_same_moment_make_no_chain(review, ana, ben):
    for _ in range(5):
        a, b, c, d = (make_record(review) for _ in range(4))
        pairs = [pair(a, b), pair(b, c), pair(c, d), pair(a, d)]
        answers = at_once(*[lambda each=each: merge_candidate(candidate=each, by=ben) for each in pairs])
        assert sum(isinstance(answer, Record) for answer in answers) == 3, (
            "the fourth has nothing left to decide"
        )
        check_the_groups(review)


def test_two_searches_for_duplicates_and_an_undo_at_the_same_moment_add_up(review, ana):
    batches = [make_batch(review) for _ in range(3)]
    for batch in batches:
        for number in range(5):
            make_record(
                review, f"Trial {number} of rest", batch=batch, authors=["Silva, A."], doi=f"10.1/{number}"
            )

    def search():
        return deduplicate(review=review, by=ana)

    at_once(search, search, lambda: undo(batches[0], by=ana))
    deduplicate(review=review, by=ana)
    assert (review.records.unique().count(), review.records.duplicates().count()) == (5, 5)
    check_the_groups(review)


def test_asking_for_a_search_while_a_worker_takes_the_waiting_one_leaves_none_out(review, ana):
    """Whoever finishes an import either holds the waiting search back until its records show, or asks for another."""
    request_deduplication(review=review, by=ana)
    waiting = Job.objects.get()
    _, again = at_once(lambda: jobs.perform(waiting.pk), lambda: request_deduplication(review=review, by=ana))
    waiting.refresh_from_db()
    assert waiting.state == "done"
    assert again == waiting or Job.objects.waiting().get() == again


def test_two_people_decide_the_same_pair_at_the_same_moment(review, ana, ben):
    for _ in range(5):
        candidate = pair(make_record(review), make_record(review))
        answers = at_once(
            partial(merge_candidate, candidate=candidate, by=ana),
            partial(mark_distinct, candidate=candidate, by=ben),
            partial(link_reports, candidate=candidate, by=ben),
        )
        late = [answer for answer in answers if isinstance(answer, DecidedMeanwhile)]
        assert len(late) == 2, "one of them counts, the others are told"
        candidate.refresh_from_db()
        assert (candidate.state == "merged") == (candidate.decided_by == ana)
        check_the_groups(review)


def test_many_at_once_and_one_by_one_at_the_same_moment_add_up(review, ana, ben):
    pairs = [pair(make_record(review), make_record(review)) for _ in range(6)]
    answers = at_once(
        lambda: merge_all_above(review=review, score=0.5, by=ana),
        lambda: merge_all_above(review=review, score=0.5, by=ben),
        *[lambda each=each: mark_distinct(candidate=each, by=ben) for each in pairs[:2]],
    )
    lots = [answer for answer in answers if isinstance(answer, AuditEvent)]
    apart = review.duplicate_candidates.filter(state="distinct").count()
    assert sum(len(lot.detail["pairs"]) for lot in lots) + apart == 6
    assert review.records.duplicates().count() == 6 - apart
    check_the_groups(review)


def test_a_person_decides_while_a_search_compares(review, ana, ben, monkeypatch):
    """The word that fell while it compared stands; the search does not overrule it."""
    a, b, c, d = (make_record(review) for _ in range(4))
    told_apart, linked = pair(a, b), pair(c, d)

    def find_pairs(records, **how):
        list(records)
        at_once(
            lambda: mark_distinct(candidate=told_apart, by=ben),
            lambda: link_reports(candidate=linked, by=ben),
        )
        return [Pair(one.pk, other.pk, 1.0, "rule", ()) for one, other in ((a, b), (c, d), (b, c))]

    monkeypatch.setattr(deduplication, "find_pairs", find_pairs)
    assert deduplicate(review=review, by=ana)["merged"] == 1
    told_apart.refresh_from_db()
    linked.refresh_from_db()
    assert (told_apart.state, linked.state) == ("distinct", "linked")
    check_the_groups(review)


def test_searches_decisions_and_thresholds_at_the_same_moment_add_up(review, ana, ben):
    for batch in (make_batch(review), make_batch(review)):
        for number in range(6):
            make_record(
                review, f"Trial {number} of rest", batch=batch, authors=["Silva, A."], doi=f"10.1/{number}"
            )
    words = ("Yoga for knees", "Zinc and sleep", "Music at work", "Dance in old age")
    others = [
        pair(make_record(review, word), make_record(review, word[::-1]), score=0.9 - n / 100)
        for n, word in enumerate(words)
    ]
    at_once(
        lambda: deduplicate(review=review, by=ana),
        lambda: set_thresholds(review=review, merge_at=0.89, ask_at=0.5, by=ana),
        lambda: merge_candidate(candidate=others[2], by=ben),
        lambda: mark_distinct(candidate=others[0], by=ben),
        lambda: deduplicate(review=review, by=ben, only_new=True),
    )
    deduplicate(review=review, by=ana)
    check_the_groups(review)
    states = [review.duplicate_candidates.get(pk=each.pk).state for each in others]
    assert states[0] in ("distinct", "merged")
    assert states[1:] == ["merged", "merged", "waiting"]
