"""Two people who settle one file at the same moment: one of them is told."""

from collections import Counter

import pytest

from records.models import ImportBatch, Record
from records.services import (
    NotInThisState,
    commit_import,
    discard_import,
    import_file,
    remap_import,
    reread_import,
)
from reviews import jobs
from reviews.models import Job
from tests.factories import make_search
from tests.records.conftest import ris, stored_files, uploaded
from tests.records.test_concurrency import at_once

pytestmark = [pytest.mark.core, pytest.mark.django_db(transaction=True)]
TWO = ris({"TI": "A trial of rest", "PY": "2019"}, "Yoga at work")
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n2;Yoga at work;Berg B\n"


@pytest.fixture(autouse=True)
def _no_broker(settings):
    settings.CELERY_BROKER_URL = ""


def read(review, ana, data=TWO, name="medline.ris"):
    batch = import_file(
        review=review, search=make_search(review), file=uploaded(data, name), by=ana, check_first=True
    )
    if batch.job_id:
        jobs.perform(batch.job_id)
    return batch


def test_imported_by_several_it_is_imported_once(review, ana, ben):
    batch = read(review, ana)
    answers = at_once(*[lambda by=by: commit_import(batch=batch, by=by) for by in (ana, ben, ana, ben)])
    assert Counter(type(answer) for answer in answers) == {ImportBatch: 1, NotInThisState: 3}
    assert Record.objects.live().count() == 2
    assert review.events.filter(verb="records.imported").count() == 1


def test_imported_and_discarded_it_is_one_of_both(review, ana, ben):
    for number in range(4):
        batch = read(review, ana, ris(f"Trial {number}"), f"{number}.ris")
        answers = at_once(
            lambda batch=batch: commit_import(batch=batch, by=ana),
            lambda batch=batch: discard_import(batch=batch, by=ben),
        )
        assert sum(isinstance(answer, NotInThisState) for answer in answers) == 1
        batch.refresh_from_db()
        kept = batch.state == "done"
        assert (batch.records.count(), bool(batch.file)) == ((1, True) if kept else (0, False))
    assert len(stored_files()) == review.import_batches.filter(state="done").count()


def test_imported_and_read_again_it_is_not_half_in_the_review(review, ana, ben):
    batch = read(review, ana)
    at_once(
        lambda: commit_import(batch=batch, by=ana),
        lambda: reread_import(batch=batch, encoding="cp1252", by=ben),
    )
    for job in Job.objects.filter(task="records.import"):
        jobs.perform(job.pk)
    batch.refresh_from_db()
    assert batch.state in {"done", "ready"}
    assert batch.records.count() == 2
    assert Record.objects.live().count() == (2 if batch.state == "done" else 0)


def test_columns_named_by_two_are_read_once(review, ana, ben):
    batch = read(review, ana, ODD, "hits.csv")
    answers = at_once(
        lambda: remap_import(batch=batch, mapping={"Name of paper": "title"}, by=ana),
        lambda: remap_import(batch=batch, mapping={"Who": "title"}, by=ben),
    )
    assert sum(isinstance(answer, NotInThisState) for answer in answers) == 1
    for job in Job.objects.filter(task="records.import"):
        jobs.perform(job.pk)
    assert batch.records.count() == 2
