"""/healthz and /readyz: true when all is well, and each fault is seen and named."""

import time

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from reviewapp import health
from tests.servers import wait_for


@pytest.fixture(autouse=True)
def _forget_the_last_report(monkeypatch):
    monkeypatch.setattr(health, "_latest", None)


@pytest.fixture
def only(monkeypatch):
    """``only("database")`` leaves out the other checks."""

    def choose(*names):
        monkeypatch.setattr(health, "CHECKS", {name: health.CHECKS[name] for name in names})

    return choose


def test_healthz_answers_without_database_or_broker(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.core
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ready_with_a_worker_and_not_without(client, start_worker):
    worker = start_worker()
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert set(answer.json()["checks"].values()) == {"ok"}
    worker.kill()
    wait_for(lambda: client.get("/readyz").status_code == 503, "not ready", seconds=10)
    assert client.get("/readyz").json()["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
        "worker": "failed",
    }


@pytest.mark.django_db
def test_a_broker_that_is_down_is_named_within_seconds(client, only, broker):
    only("database", "broker", "worker")
    broker.kill()
    started = time.monotonic()
    answer = client.get("/readyz")
    assert time.monotonic() - started < 5
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "broker": "failed", "worker": "failed"}


@pytest.mark.core
@pytest.mark.django_db
def test_a_migration_that_is_missing_is_named(client, only):
    only("database", "migrations")
    assert client.get("/readyz").status_code == 200
    health._latest = None
    MigrationRecorder(connection).migration_qs.filter(app="reviews").delete()
    assert client.get("/readyz").json()["checks"] == {"database": "ok", "migrations": "failed"}


@pytest.mark.core
@pytest.mark.django_db
def test_the_trial_write_leaves_no_row(client, only):
    only("database")
    before = MigrationRecorder(connection).migration_qs.count()
    assert client.get("/readyz").status_code == 200
    assert MigrationRecorder(connection).migration_qs.count() == before


@pytest.mark.django_db
def test_a_database_that_refuses_writes_is_named_and_the_reason_stays_in_the_log(client, only, caplog):
    only("database")
    refuse = (
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON django_migrations"
        " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    if connection.vendor != "sqlite":
        refuse = "SET TRANSACTION READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "disk full" not in answer.text
    assert "readyz: database failed" in caplog.text
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse")


def test_many_callers_share_one_run_of_the_checks(client, monkeypatch):
    runs = []
    monkeypatch.setattr(health, "CHECKS", {"database": lambda: bool(runs.append(1)) or True})
    assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert len(runs) == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed_and_nothing_is_cached(client, path, monkeypatch):
    monkeypatch.setattr(health, "CHECKS", {})
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path)["Cache-Control"]
