"""Many counts of one moment, also while a large import or an undo is being written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Every query inside sees the same state of the database, and none waits for a writer.

    PostgreSQL: a read-only transaction with repeatable read. SQLite: a deferred transaction, which reads from one
    snapshot and takes no lock for writing. Inside a transaction that is open already it is that one's.
    """
    if connection.in_atomic_block:
        yield
        return
    sqlite: Any = connection if connection.vendor == "sqlite" else None  # only its wrapper knows modes
    mode = sqlite.transaction_mode if sqlite else None
    if sqlite:
        sqlite.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            if sqlite:
                sqlite.transaction_mode = mode
            else:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        if sqlite:
            sqlite.transaction_mode = mode
