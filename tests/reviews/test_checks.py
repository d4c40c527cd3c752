"""Settings that would lose data are refused at start."""

import pytest

from reviews import checks


@pytest.fixture
def database(settings, monkeypatch):
    """Set the OPTIONS of an SQLite database and get what the check says."""

    def check(options: dict | None, engine: str = "django.db.backends.sqlite3") -> list:
        database = {"ENGINE": engine} | ({} if options is None else {"OPTIONS": options})
        monkeypatch.setitem(settings.DATABASES, "default", database)
        return checks.sqlite_keeps_votes()

    return check


SAFE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
}


def test_djangos_default_options_are_refused(database):
    (error,) = database(None)
    assert error.id == "reviews.E001"
    for word in ("IMMEDIATE", "timeout", "WAL", "FULL", "foreign_keys"):
        assert word in error.msg
    assert "IMMEDIATE" in error.hint


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"transaction_mode": "DEFERRED"}, "IMMEDIATE"),
        ({"timeout": 5}, "timeout"),
        ({"init_command": SAFE["init_command"].replace("WAL", "DELETE")}, "WAL"),
        ({"init_command": SAFE["init_command"].replace("FULL", "NORMAL")}, "FULL"),
        ({"init_command": SAFE["init_command"].replace("ON", "OFF")}, "foreign_keys"),
    ],
)
def test_each_missing_option_is_named(database, change, missing):
    (error,) = database(SAFE | change)
    assert missing in error.msg


def test_our_own_settings_and_postgresql_pass(database):
    assert checks.sqlite_keeps_votes() == []
    assert database(SAFE) == []
    assert database(None, engine="django.db.backends.postgresql") == []


def test_a_broker_in_memory_is_refused(settings):
    settings.CELERY_BROKER_URL = "memory://"
    (error,) = checks.broker_is_real()
    assert error.id == "reviews.E002"
    settings.CELERY_BROKER_URL = "redis://localhost"
    assert checks.broker_is_real() == []
