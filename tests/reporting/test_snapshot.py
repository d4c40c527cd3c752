"""The counts of the flow are of one moment, also while somebody writes."""

import threading

import pytest
from django.db import connection

from records.models import Record
from reporting.prisma import flow_counts
from reporting.snapshot import one_moment
from tests.factories import make_batch, make_record, make_review


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_not_seen():
    batch = make_batch(make_review())
    make_record(batch.review, batch=batch)

    def write():
        make_record(batch.review, batch=batch)
        connection.close()

    with one_moment():
        before = Record.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive()  # reading keeps nobody from writing
        assert Record.objects.count() == before == 1
    assert Record.objects.count() == 2
    assert flow_counts(batch.review).screened == flow_counts(batch.review).excluded == 0


@pytest.mark.django_db(transaction=True)
def test_afterwards_transactions_are_as_they_were():
    mode = getattr(connection, "transaction_mode", None)
    with one_moment():
        assert connection.in_atomic_block
    assert getattr(connection, "transaction_mode", None) == mode
    with pytest.raises(ZeroDivisionError), one_moment():
        1 / 0  # noqa: B018
    assert getattr(connection, "transaction_mode", None) == mode
